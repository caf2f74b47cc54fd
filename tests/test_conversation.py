"""One conversation, every chat: what a person does is the same, so the thread in the store must be the same."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from bot.models import Policy
from tests.contracts.chat import ChatDriver, Seen
from tests.drivers.discord import open_discord
from tests.drivers.slack import open_slack
from tests.drivers.web import open_web
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse, open_test_house

CHATS = {"slack": open_slack, "discord": open_discord, "web": open_web}


@dataclass
class Chat:
    """A person at a chat, and the house behind it."""

    driver: ChatDriver
    house: TestHouse
    provider: FakeProvider

    async def pictures(self, count: int) -> list[Seen]:
        """Wait until the person sees this many messages with finished pictures."""
        async with asyncio.timeout(30):
            while True:
                found = [one for one in await self.driver.seen() if one.images and "Cancel" not in one.buttons]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.05)

    async def whispers(self, count: int = 1) -> list[Seen]:
        """Wait until something was said to this person alone."""
        async with asyncio.timeout(30):
            while True:
                found = [one for one in await self.driver.seen() if one.private]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.05)

    async def tree(self) -> list[tuple[int, int | None, str, str]]:
        """Every version in the store: number, parent's number, kind, words."""
        rows = []
        with self.house.store._engine._connection() as db:  # the test reads all threads, which no port offers
            ids = [row[0] for row in db.execute("SELECT id FROM thread ORDER BY created, rowid")]
        for thread in ids:
            versions = await self.house.store.versions(thread)
            number = {one.id: one.number for one in versions}
            rows += [(one.number, number.get(one.parent or ""), str(one.kind), one.prompt) for one in versions]
        return rows


@pytest.fixture(params=CHATS)
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    opened: Callable[[TestHouse], AbstractAsyncContextManager[ChatDriver]] = CHATS[request.param]
    provider = FakeProvider()
    async with (
        open_test_house(tmp_path, provider, model="gpt-image-2") as house,
        opened(house) as driver,
    ):
        yield Chat(driver, house, provider)


def photo() -> bytes:
    """A JPEG as phones make them: turned by EXIF, with a place in it."""
    out = io.BytesIO()
    image = Image.new("RGB", (900, 1200), (200, 120, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_the_same_conversation_gives_the_same_thread_everywhere(chat: Chat) -> None:
    driver = chat.driver
    await driver.imagine("a red fox --ar 2:3")
    (first,) = await chat.pictures(1)
    assert "a red fox" in first.text
    await driver.reply("make it night", to=first)
    await chat.pictures(2)
    await driver.reply("like this one", to=first, files=[("me.jpg", photo())])
    third = (await chat.pictures(3))[-1]
    await driver.press(third, "Undo")
    await chat.pictures(4)
    await driver.press(first, "Edit", text="add snow")
    await chat.pictures(5)
    branch = 1 if driver.__class__.__name__ == "DiscordDriver" else 2  # Discord's replies name the picture
    assert await chat.tree() == [
        (1, None, "generate", "a red fox"),
        (2, 1, "edit", "make it night"),
        (3, branch, "edit", "like this one"),
        (4, 1, "edit", "add snow"),
    ]
    assert chat.provider.paid == 4
    assert all(b"GPS" not in data and b"Exif" not in data for inputs in chat.provider.inputs for data in inputs)


async def test_the_bytes_people_get_are_the_bytes_in_the_store(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    (seen,) = await chat.pictures(1)
    (asset_id,) = [name.stem for name in chat.house.folder.glob("blobs/*/*/*.png")]
    asset = await chat.house.store.asset(asset_id)
    assert asset
    assert seen.images[0] == chat.house.store.asset_path(asset).read_bytes()
    assert seen.alts[0].endswith("a red fox")


async def test_a_photo_sent_to_the_bot_is_edited(chat: Chat) -> None:
    await chat.driver.mention("make it night", files=[("me.jpg", photo())])
    await chat.pictures(1)
    assert [(number, kind) for number, _, kind, _ in await chat.tree()] == [(1, "upload"), (2, "edit")]
    (sent,) = chat.provider.inputs[0]
    with Image.open(io.BytesIO(sent)) as image:
        assert image.size == (1200, 900), "upright, as the camera meant it"
        assert not image.getexif()


async def test_a_second_delivery_of_the_same_event_costs_nothing(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    for _ in range(3):
        await chat.driver.again()
    await chat.pictures(1)
    await asyncio.sleep(0.2)
    assert len([one for one in await chat.driver.seen() if not one.private]) == 1
    assert chat.provider.paid == 1


async def test_a_refusal_is_for_the_asker_alone(chat: Chat) -> None:
    for workspace in ("local", "T000000001"):
        await chat.house.store.set_policy(workspace, Policy(blocked_terms=("dragon",)))
    await chat.driver.imagine("a red fox --size banana")
    (whisper,) = await chat.whispers()
    assert "banana" in whisper.text
    assert [one for one in await chat.driver.seen("bob") if one.images] == []
    assert chat.provider.paid == 0


async def test_buttons_work_after_a_restart_of_the_core(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    (first,) = await chat.pictures(1)
    await chat.driver.press(first, "Vary")
    second = (await chat.pictures(2))[-1]
    await chat.driver.press(second, "Re-roll")
    await chat.pictures(3)
    assert [(number, kind) for number, _, kind, _ in await chat.tree()] == [
        (1, "generate"),
        (2, "variation"),
        (3, "variation"),
    ]


HOSTILE = [
    "<!channel> @everyone <@U123>",
    "[click](javascript:alert(1)) <https://evil.example|bank>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "*bold* _it_ ~no~ `code` ```block``` ||spoiler||",
    "&lt;b&gt; &amp; & < >",
    "\u202etxet\u202c zero\u200bwidth",
]


@pytest.mark.parametrize("words", HOSTILE)
async def test_words_are_shown_as_they_were_typed(chat: Chat, words: str) -> None:
    await chat.driver.imagine(words)
    (seen,) = await chat.pictures(1)
    assert chat.provider.requests[0].prompt == words
    letters = [letter for letter in words if letter.isalnum()]
    shown = iter(seen.text)
    assert all(letter in shown for letter in letters), "nothing of it was eaten as markup"
