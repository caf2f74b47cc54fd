"""What the image engine shows people, the same in every chat: offers, prompts, planned pictures, refusals, prices."""

from __future__ import annotations

import asyncio

import pytest

from bot.models import Planning, Policy, Source
from tests.contracts.chat import Seen
from tests.test_conversation import Chat, chat

__all__ = ["chat"]  # the fixture


async def until(chat: Chat, index: int, button: str) -> Seen:
    """Wait until a message has a button."""
    async with asyncio.timeout(30):
        while True:
            found = (await chat.pictures(index + 1))[index]
            if button in found.buttons:
                return found
            await asyncio.sleep(0.05)


async def offer(chat: Chat) -> Seen:
    """The same words twice: the second card offers the picture of the first."""
    await chat.driver.imagine("a red fox")
    await chat.pictures(1)
    await chat.driver.imagine("a red fox")
    found = await chat.pictures(2)
    return found[1]


async def test_the_same_words_again_offer_the_picture_that_is_there(chat: Chat) -> None:
    offered = await offer(chat)
    assert "made before" in offered.text
    assert offered.buttons[:2] == ("Use this one", "Make a new one")
    assert chat.provider.paid == 1
    await chat.driver.press(offered, "Use this one")
    used = await until(chat, 1, "Vary")
    assert "nothing was charged" in used.text
    assert chat.provider.paid == 1


async def test_a_new_one_is_made_when_that_is_wanted_and_once(chat: Chat) -> None:
    offered = await offer(chat)
    await chat.driver.press(offered, "Make a new one")
    await chat.driver.again()
    made = await until(chat, 1, "Vary")
    assert "Use this one" not in made.buttons
    assert chat.provider.paid == 2


async def test_a_workspace_that_wants_no_offers_gets_pictures(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    await chat.pictures(1)
    with chat.house.store._engine._connection() as db:  # each chat has a workspace id of its own
        (workspace,) = db.execute("SELECT workspace FROM thread").fetchone()
    await chat.house.store.set_policy(workspace, Policy(offer_same=False))
    await chat.driver.imagine("a red fox")
    await chat.pictures(2)
    assert chat.provider.paid == 2


async def test_show_prompt_tells_the_asker_alone_what_was_sent(chat: Chat) -> None:
    await chat.driver.imagine('a poster reading "NIGHT TRAIN" --no people')
    (seen,) = await chat.pictures(1)
    await chat.driver.press(seen, "Show prompt")
    (whisper,) = await chat.whispers()
    assert "This was sent for v1." in whisper.text
    assert "Do not add: people." in whisper.text
    assert "letter for letter" in whisper.text
    assert "gpt-image-2" in whisper.text


async def test_a_planned_picture_names_its_sources_and_its_words(chat: Chat) -> None:
    chat.provider.result = {
        "sources": (Source("Weather <b>today</b> @everyone", "https://weather.example/today"),),
        "revised": "a red fox under low clouds",
        "planning": Planning("gpt-5.4", 3000, 500, 2),
    }
    await chat.driver.imagine("a red fox in the weather of today --think high --web")
    (seen,) = await chat.pictures(1)
    assert "https://weather.example/today" in seen.text
    await chat.driver.press(seen, "Show prompt")
    (whisper,) = await chat.whispers()
    assert "a red fox under low clouds" in whisper.text
    assert "gpt-5.4 planned it" in whisper.text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("a fox --background transparent", "add --model gpt-image-2.5-sunburst"),
        ("a fox --quality max", "add --model gpt-image-2.5-sunburst"),
        ("a fox --size 1920x1080", "Nearest: 1920x1088"),
        ("a fox --fidelity high", "gpt-image-2 has no --fidelity"),
        ("a fox --model gpt-image-3", "Did you mean gpt-image-2"),
        ("a fox --think deeply", "--think is low, medium, high"),
    ],
)
async def test_what_the_model_lacks_is_refused_with_what_to_do_next(chat: Chat, words: str, says: str) -> None:
    await chat.driver.imagine(words)
    (whisper,) = await chat.whispers()
    assert says in whisper.text
    assert "Nothing was charged." in whisper.text
    assert chat.provider.requests == []
