"""`--think` and `--web` as people meet them: what it may cost, what is told meanwhile, what stands on the card."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from bot.cards import Card, Tone
from bot.catalog import Catalog
from bot.errors import OutcomeUnknown
from bot.models import Address, Options, Planning, Source, Usage
from bot.ports import By, ImageRequest, Preview, Result, Step
from bot.pricing import PLAN_TOKENS, actual_cost, format_cost, planning_cost, quote
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import BOB, Talk

CATALOG = Catalog.load()
MODEL = CATALOG.model("gpt-image-2")
PLANNER = CATALOG.planner("gpt-5.4")
USED = Usage(20, 0, 2000, 0)
PLANNED = Planning("gpt-5.4-2026-03-05", 12_000, 3_000, 2)
PAGES = (Source("Foxes", "https://example.org/foxes"), Source("Snow", "https://example.org/snow"))


class Thinker(FakeProvider):
    """Tells what it does, each step once the test says so."""

    def __init__(self, *steps: str) -> None:
        super().__init__()
        self.steps = steps
        self.seen = asyncio.Event()

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        for sentence in self.steps if request.options.is_planned else ():
            self.seen.clear()
            yield Step(sentence)
            await asyncio.wait_for(self.seen.wait(), 10)
        async for one in super().generate(request):
            yield one


class Onlooker(FakeChat):
    """Tells the thinker that its step was shown."""

    def __init__(self, thinker: Thinker) -> None:
        super().__init__()
        self.thinker = thinker

    async def edit(self, address: Address, card: Card) -> None:
        await super().edit(address, card)
        self.thinker.seen.set()


@pytest.fixture
def planned(talk: Talk) -> Talk:
    """Whatever is asked, a plan with all its news comes back."""
    talk.provider.usage = USED
    talk.provider.result = {"revised": "a red fox in deep snow, at dawn", "sources": PAGES, "planning": PLANNED}
    return talk


def estimate_on(posted: Posted) -> float:
    """Dollars."""
    fact = next(fact for fact in posted.history[0].footer.split(" · ") if fact.startswith("est. $"))
    return float(fact.removeprefix("est. $").split()[0])


def sources_on(posted: Posted) -> list[str]:
    """The lines below the word; what else stands there is none of this module's business."""
    return posted.card.body.partition("Sources:\n")[2].splitlines()


# ── Before ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "think", "web"),
    [
        ("--think low", "low", False),
        ("--think high", "high", False),
        ("--web", "", True),
        ("--think high --web", "high", True),
    ],
)
async def test_the_placeholder_counts_the_plan_at_its_dearest(planned: Talk, words: str, think: str, web: bool) -> None:
    await planned.imagine(f"a red fox {words}")
    (request,) = planned.provider.requests
    assert (request.options.think, request.options.web) == (think, web)
    worst = quote(MODEL, request.options, prompt=request.prompt, inputs=0, previews=request.previews, planner=PLANNER)
    plain = quote(MODEL, Options("gpt-image-2", request.options.size, request.options.quality),
                  prompt=request.prompt, inputs=0, previews=request.previews)  # fmt: skip
    assert estimate_on(planned.chat.posted[0]) == float(format_cost(worst.cost).removeprefix("$"))
    assert worst.cost > plain.cost
    planned_words = 5 * PLAN_TOKENS[think]  # the image model reads what the plan makes of the prompt
    assert worst.plan_cost + plain.cost + planned_words == pytest.approx(worst.cost, abs=2)


async def test_each_of_several_pictures_is_estimated_with_a_plan_of_its_own(planned: Talk) -> None:
    await planned.imagine("a red fox --think high --n 3")
    await planned.imagine("a red hare --think high")
    three, one = (estimate_on(posted) for posted in planned.chat.posted)
    assert three == pytest.approx(3 * one, rel=0.02)


async def test_thinking_is_said_to_take_longer(planned: Talk) -> None:
    await planned.imagine("a red fox")
    await planned.imagine("a red fox --think high --web")
    plain, thought = (posted.history[0].footer for posted in planned.chat.posted)
    assert _seconds(thought) > _seconds(plain) + 30


def _seconds(footer: str) -> int:
    return int(next(fact for fact in footer.split(" · ") if fact.startswith("about ")).split()[1])


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"think": "deeply"}, "--think is low, medium, high, not “deeply”."),
        ({"web": "maybe"}, "--web is on or off, not “maybe”."),
    ],
)
async def test_an_effort_that_does_not_exist_is_one_clear_sentence(
    talk: Talk, flags: dict[str, str], sentence: str
) -> None:
    await talk.imagine("a red fox", flags=flags)
    ((_, card),) = talk.chat.whispers
    assert card.title == f"{sentence} Nothing was charged."
    assert talk.provider.requests == []


# ── Meanwhile ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def thinking(tmp_path: Path) -> AsyncIterator[Talk]:
    provider = Thinker("Planning the picture", "Searched the web: red foxes", "Drawing")
    chat = Onlooker(provider)
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        yield Talk(house, chat, provider, house.studio(chat))


async def test_its_steps_appear_on_the_card_one_after_the_other_and_are_gone_at_the_end(thinking: Talk) -> None:
    await thinking.imagine("a red fox --think high --web")
    (posted,) = thinking.chat.posted
    bodies = [card.body for card in posted.history if card.tone is Tone.PROGRESS]
    steps = list(dict.fromkeys(body for body in bodies if body))
    assert steps == ["Planning the picture", "Searched the web: red foxes", "Drawing"]
    assert posted.card.tone is Tone.DONE
    assert not any(step in posted.card.body for step in steps)


async def test_who_does_not_ask_for_thinking_sees_no_steps(thinking: Talk) -> None:
    await thinking.imagine("a red fox")
    assert {card.body for card in thinking.chat.posted[0].history if card.tone is Tone.PROGRESS} == {""}


# ── After ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_card_names_the_pages_and_what_drawing_thinking_and_searching_came_to(planned: Talk) -> None:
    await planned.imagine("a red fox --think high --web")
    (posted,) = planned.chat.posted
    assert sources_on(posted) == ["Foxes https://example.org/foxes", "Snow https://example.org/snow"]
    cost = actual_cost(MODEL, USED) + math.ceil(planning_cost(PLANNER, PLANNED))
    assert cost == (20 * 5 + 2000 * 30) + (12_000 * 2.5 + 3_000 * 15 + 2 * 10_000)
    assert format_cost(cost) in posted.card.footer.split(" · ")
    (version,) = await planned.versions()
    assert (version.cost, version.cost_is_estimate) == (cost, False)
    (row,) = await planned.house.store.tallies(By.MODEL, since=0, until=2**60)
    assert (row.cost, row.unknown_cost) == (cost, 0)


async def test_a_plan_that_does_not_say_what_it_used_is_an_about(planned: Talk) -> None:
    planned.provider.result["planning"] = None
    await planned.imagine("a red fox --think low")
    assert "about $" in planned.last.footer


async def test_a_planner_nobody_knows_is_an_about(planned: Talk) -> None:
    planned.provider.result["planning"] = Planning("thinker-9", 1000, 1000, 0)
    await planned.imagine("a red fox --think low")
    assert "about $" in planned.last.footer


async def test_only_five_pages_stand_on_the_card(planned: Talk) -> None:
    planned.provider.result["sources"] = tuple(Source(f"P{n}", f"https://example.org/{n}") for n in range(8))
    await planned.imagine("a red fox --web")
    assert len(sources_on(planned.chat.posted[0])) == 5
    (version,) = await planned.versions()
    assert len(version.sources) == 8


async def test_show_prompt_whispers_what_was_sent_what_became_of_it_and_who_planned(planned: Talk) -> None:
    await planned.imagine('a red fox, "HELLO" --think high --web')
    await planned.press("Show prompt", planned.chat.posted[0], BOB)
    ((asked, card),) = planned.chat.whispers
    assert asked.user == BOB
    assert planned.provider.requests[0].prompt in card.prompt + card.body
    assert "“HELLO”" in card.prompt + card.body
    assert card.title == "This was sent for v1. gpt-5.4-2026-03-05 planned it. It searched the web 2 times."
    assert "It was drawn from these words: a red fox in deep snow, at dawn" in card.body
    assert "think high" in card.footer
    assert len(planned.chat.posted) == 1


async def test_a_plan_without_a_search_says_nothing_of_the_web(planned: Talk) -> None:
    planned.provider.result["planning"] = Planning("gpt-5.4", 10, 10, 0)
    await planned.imagine("a red fox --think low")
    await planned.press("Show prompt", planned.chat.posted[0])
    assert planned.chat.whispers[0][1].title == "This was sent for v1. gpt-5.4 planned it."


# ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_re_roll_thinks_and_searches_again(planned: Talk) -> None:
    await planned.imagine("a red fox --think high --web")
    await planned.press("Re-roll", planned.chat.posted[0])
    again = planned.provider.requests[1].options
    assert (again.think, again.web) == ("high", True)
    assert estimate_on(planned.chat.posted[1]) == estimate_on(planned.chat.posted[0])


async def test_again_in_words_thinks_again_and_may_be_told_to_think_less(planned: Talk) -> None:
    await planned.imagine("a red fox --think high --web")
    await planned.reply("again --think low")
    again = planned.provider.requests[1]
    assert (again.words, again.options.think, again.options.web) == ("a red fox", "low", True)


@pytest.mark.parametrize(
    ("words", "think", "web"), [("make it night", "", False), ("make it night --think medium", "medium", False),
                                ("make it night --web", "", True)],
)  # fmt: skip
async def test_an_edit_thinks_only_when_asked(planned: Talk, words: str, think: str, web: bool) -> None:
    await planned.imagine("a red fox --think high --web")
    await planned.reply(words)
    edit = planned.provider.requests[1].options
    assert (edit.think, edit.web) == (think, web)


async def test_a_failed_plan_is_tried_again_as_a_plan(planned: Talk) -> None:
    planned.provider.faults = [OutcomeUnknown("The image service had a fault of its own.")]
    await planned.imagine("a red fox --think high --web")
    assert "may still be billed" in planned.last.title
    await planned.press("Try again", planned.chat.posted[0])
    again = planned.provider.requests[1].options
    assert (again.think, again.web) == ("high", True)
    assert planned.last.tone is Tone.DONE


async def test_the_same_words_without_thinking_are_another_request(planned: Talk) -> None:
    await planned.imagine("a red fox --think high")
    await planned.imagine("a red fox")
    assert len(planned.provider.requests) == 2
    await planned.imagine("a red fox --think high")
    assert planned.last.title.startswith("This was made before")
    assert len(planned.provider.requests) == 2


async def test_titles_and_addresses_stay_as_they_are_and_long_words_are_kept(planned: Talk) -> None:
    planned.provider.result["revised"] = "a fox\n" * 5000
    planned.provider.result["sources"] = (Source("*x* <@U1> & [y](z)", "https://a.example/?q=1&r=<b>"),)
    await planned.imagine("a red fox --think low")
    assert sources_on(planned.chat.posted[0]) == ["*x* <@U1> & [y](z) https://a.example/?q=1&r=<b>"]
    (version,) = await planned.versions()
    assert version.revised == "a fox\n" * 5000


# ── Offline ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["--think high", "--web", "--think low --web"])
async def test_the_sketch_engine_cannot_think_and_says_so_for_nothing(tmp_path: Path, words: str) -> None:
    chat = FakeChat()
    async with open_test_house(tmp_path) as house:
        doors = house.studio(chat)
        talk = Talk(house, chat, FakeProvider(), doors)
        await talk.imagine(f"a red fox {words}")
        assert chat.posted == []
        ((_, card),) = chat.whispers
        assert await house.store.tallies(By.MODEL, since=0, until=2**60) == []
    assert card.title == (
        "The offline sketch engine cannot think or search first. Leave out --think and --web. Nothing was charged."
    )


async def test_an_image_service_without_a_planner_says_so_for_nothing(talk: Talk) -> None:
    talk.provider.refuses = "The image service here cannot think or search first. Leave out --think and --web."
    talk.doors = talk.house.studio(talk.chat)
    await talk.imagine("a red fox --think high")
    assert talk.chat.posted == []
    assert talk.chat.whispers[0][1].title == f"{talk.provider.refuses} Nothing was charged."
    assert await talk.house.store.tallies(By.MODEL, since=0, until=2**60) == []
