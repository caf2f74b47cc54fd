"""Who is let through, who is told why not, and what the audit and the moderators hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.errors import Refused
from bot.models import Act, Action, Attachment, Ban, ChannelPolicy, Command, Place, Policy, ThreadMode, User, new_id
from bot.ports import ImageRequest, Preview, Result, Step
from storage.sqlite import open_store
from tests.contracts.store_conduct import ConductContract
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house
from tests.moderators import until
from tests.talk import ALICE, BOB, CHANNEL, Talk

MINUTE = 60_000


class TestConduct(ConductContract):
    @pytest.fixture
    async def store(self, tmp_path: Path):  # type: ignore[no-untyped-def]
        store = await open_store(tmp_path)
        yield store
        await store.close()


@dataclass
class Clock:
    at: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.at


def plug_in(house: TestHouse, provider: FakeProvider) -> tuple[Talk, Clock]:
    """A fake chat over this house whose time the test turns."""
    clock, chat = Clock(), FakeChat()
    house.now = clock
    return Talk(house, chat, provider, house.studio(chat)), clock


def whispers(talk: Talk) -> list[str]:
    return [card.title for _, card in talk.chat.whispers]


async def refusals(talk: Talk) -> list[Act]:
    return [act for act in await talk.house.store.acts() if act.what == "refused"]


async def set_policy(talk: Talk, **policy: object) -> None:
    await talk.house.store.set_policy("team", Policy(**policy))  # type: ignore[arg-type]


# ── where and who ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_banned_person_reads_why_and_until_when(talk: Talk) -> None:
    await set_policy(talk, bans=(Ban("user:U1", 4_102_444_800_000, "Rude pictures", "user:U9"),))
    await talk.imagine("a fox")
    assert whispers(talk) == [
        "You may not make pictures here until 1 January 2100, 00:00 (UTC): Rude pictures. Nothing was charged. "
        "Ask an admin."
    ]
    await talk.imagine("a fox", who=BOB)
    assert talk.provider.paid == 1


async def test_a_ban_holds_for_replies_buttons_and_forms(talk: Talk) -> None:
    await talk.imagine("a fox")
    (shown,) = talk.chat.posted
    await set_policy(talk, bans=(Ban("user:U1", None, "", "user:U9"),))
    await talk.reply("warmer")
    version = (await talk.versions())[0]
    await talk.doors.action(Action(new_id(), shown.address.place, ALICE, "edit", version.id, text="colder"))
    await talk.chat.settled()
    assert talk.provider.paid == 1
    assert set(whispers(talk)) == {"You may not make pictures here any more. Nothing was charged. Ask an admin."}


@pytest.mark.parametrize(
    "words",
    ["undo", "pick 1", "compare v1 v2", "show v1", "save as @fox", "refs add @fox", "star", "again", "vary",
     "v1: blue", "sheet", "finalize", "export", "back to v1", "refs"],
)  # fmt: skip
async def test_a_banned_person_shows_and_changes_nothing_in_a_thread(talk: Talk, words: str) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply("warmer")
    await set_policy(talk, bans=(Ban("user:U1", None, "", "user:U9"),))
    before = len(talk.chat.posted), await talk.head(), talk.provider.paid
    await talk.reply(words)
    assert whispers(talk)[-1].startswith("You may not make pictures here any more.")
    assert (len(talk.chat.posted), await talk.head(), talk.provider.paid) == before


async def test_a_banned_person_keeps_no_named_reference_and_takes_no_offer(talk: Talk) -> None:
    talk.chat.files["f"] = png()
    for _ in range(2):
        await talk.imagine("a fox")
    offer = talk.chat.posted[-1]
    await set_policy(talk, bans=(Ban("user:U1", None, "", "user:U9"),))
    await talk.imagine("add @fox", name="ref", attachments=(Attachment("f.png", "f"),))
    await talk.press("Use this one", offer)
    assert len(whispers(talk)) == 2
    assert all(one.startswith("You may not make pictures here any more.") for one in whispers(talk))
    assert len(await talk.versions()) == 1


async def test_a_banned_person_may_still_ask_look_and_report(talk: Talk) -> None:
    await talk.imagine("a fox")
    await set_policy(talk, bans=(Ban("user:U1", None, "", "user:U9"),), report_channel="C0MODS")
    await talk.imagine("", name="quota")
    await talk.imagine("", name="privacy")
    await talk.imagine("list", name="ref")
    await talk.reply("info")
    await talk.reply("help")
    version = (await talk.versions())[0]
    await talk.doors.action(Action(new_id(), talk.chat.posted[0].address.place, ALICE, "report", version.id))
    assert len(whispers(talk)) == 6
    assert [one for one in whispers(talk) if "You may not" in one] == []


async def test_what_waits_is_not_drawn_for_somebody_who_is_banned_meanwhile(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.gate = asyncio.Event()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        house.concurrency = 1
        chat = FakeChat()
        talk = Talk(house, chat, provider, house.studio(chat))
        for name, who in (("one", BOB), ("two", ALICE), ("three", ALICE)):
            await talk.doors.command(Command(new_id(), CHANNEL, who, f"a fox {name}"))
        await until(lambda: bool(provider.requests))
        await set_policy(talk, bans=(Ban("user:U1", None, "Rude pictures", "user:U9"),))
        provider.gate.set()
        await chat.settled()
        titles = [one.card.title for one in chat.posted]
    assert provider.paid == 1
    assert titles[1:] == 2 * [
        "Who asked for this may not make pictures here any more, so it was not made. Nothing was charged."
    ]


async def test_a_ban_holds_in_a_conversation_with_the_bot_alone(talk: Talk) -> None:
    await set_policy(talk, bans=(Ban("user:U1", None, "", "user:U9"),))
    alone = Place("fake", "dm", "D1")
    await talk.imagine("a fox", place=alone)
    assert whispers(talk) == ["You may not make pictures here any more. Nothing was charged. Ask an admin."]
    await talk.imagine("a fox", who=BOB, place=alone)
    assert talk.provider.paid == 1


@pytest.mark.parametrize(
    ("policy", "who"),
    [
        (Policy(channels_denied=("general",)), ALICE),
        (Policy(channels_allowed=("art",)), ALICE),
        (Policy(roles_allowed=("role:artists",)), ALICE),
        (Policy(denied=("role:trolls",)), replace(ALICE, roles=frozenset({"trolls"}))),
        (Policy(guests=False), replace(ALICE, is_guest=True)),
    ],
)
async def test_where_and_who_is_a_refusal_that_costs_nothing_and_is_written_down(
    talk: Talk, policy: Policy, who: User
) -> None:
    await talk.house.store.set_policy("team", policy)
    await talk.imagine("a fox", who=who)
    assert "Nothing was charged." in whispers(talk)[0]
    assert (talk.provider.requests, talk.chat.posted) == ([], [])
    (act,) = await refusals(talk)
    assert (act.who, act.channel, act.words) == ("fake:U1", "general", "a fox")


async def test_a_paused_channel_is_paused_and_its_neighbour_is_not(talk: Talk) -> None:
    await set_policy(talk, channels=(ChannelPolicy("general", thread_mode=ThreadMode.PAUSED),))
    await talk.imagine("a fox")
    await talk.reply("warmer")
    assert talk.provider.paid == 1
    await set_policy(talk, channels=(ChannelPolicy("art", thread_mode=ThreadMode.PAUSED),))
    await talk.reply("warmer")
    assert talk.provider.paid == 2


@pytest.mark.parametrize(("adults", "level"), [(True, "low"), (False, "auto"), (None, "low")])
async def test_low_moderation_is_for_age_restricted_channels(talk: Talk, adults: bool | None, level: str) -> None:
    await set_policy(talk, channels=(ChannelPolicy("general", moderation="low"),), admin_channel="C0ADMINS")
    for _ in range(2):
        await talk.imagine("a fox --no cats", adults=adults)
    assert [one.options.moderation for one in talk.provider.requests][:1] == [level]
    told = [one.card.body for one in talk.chat.posted if one.address.place.channel == "C0ADMINS"]
    assert len(told) == (adults is False), "admins hear of it once a day, where it does not count"


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    ["a B0MB", "a fox --no bombs,bomb", "a story --series a fox | the bomb", "a fox\u200b b\u200bomb", "b.o.m.b"],
)
async def test_a_blocked_word_is_refused_wherever_it_stands(talk: Talk, text: str) -> None:
    await set_policy(talk, blocked_terms=("bomb", "/war(s|fare)/"))
    await talk.imagine(text)
    assert whispers(talk) == [
        "This workspace does not allow “bomb” in a picture. Nothing was charged. Try other words."
    ]
    assert talk.provider.requests == []


async def test_a_pattern_is_refused_without_being_shown(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("/war(s|fare)/",))
    await talk.imagine("star WARS")
    assert whispers(talk) == [
        "This workspace does not allow something that its rules name in a picture. Nothing was charged. "
        "Try other words."
    ]
    (act,) = await refusals(talk)
    assert act.target == "blocked term /war(s|fare)/", "who reads the audit sees which"


async def test_a_blocked_word_in_a_file_s_name_is_refused_before_it_is_fetched(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    talk.chat.files["f"] = png()
    await talk.imagine("like this", attachments=(Attachment("bоmb.png", "f"),))
    assert len(whispers(talk)) == 1
    assert talk.provider.requests == []


async def test_a_catastrophic_pattern_holds_nobody_up(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("/(a+)+$/", "/(x+x+)+y/", "/(/"))
    await talk.imagine("x" * 30_000 + "!")
    assert talk.provider.paid == 1


async def test_a_watched_word_is_drawn_and_moderators_hear_of_it_once(talk: Talk) -> None:
    await set_policy(talk, watched_terms=("dragon", "knight"), report_channel="C0MODS", admin_channel="C0ADMINS")
    await talk.imagine("a DRAGON and a knight <!channel>", event="e1")
    await talk.imagine("a DRAGON and a knight <!channel>", event="e1")
    assert talk.provider.paid == 1
    (told,) = [one.card for one in talk.chat.posted if one.address.place.channel == "C0MODS"]
    assert (told.title, told.asker) == ("Watched: dragon, knight", "Alice")
    assert told.prompt == "a DRAGON and a knight <!channel>"
    (act,) = [act for act in await talk.house.store.acts() if act.what == "watched"]
    assert act.channel == "general"


async def test_blocked_words_of_a_planner_are_not_shown(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    talk.provider.result = {"revised": "A poster about the B0MB in the news"}
    await talk.imagine("a poster of today's news --web")
    assert talk.last.images == ()
    assert talk.last.title.startswith("The text model that planned this picture used words that this workspace")
    assert "It does not count against your images." in talk.last.title
    assert await talk.house.store.thread_at(talk.chat.posted[0].address.place) is None or await talk.versions() == []
    (act,) = await refusals(talk)
    assert act.target == "blocked term in the plan"


async def test_a_moderators_channel_that_is_gone_harms_nobody(talk: Talk) -> None:
    talk.chat.post_fault_in = "C0MODS"
    await set_policy(talk, watched_terms=("dragon",), report_channel="C0MODS")
    await talk.imagine("a dragon")
    assert (talk.provider.paid, whispers(talk)) == (1, [])


# ── the audit ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_long_words_the_beginning_is_written_down(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    await talk.imagine("a bomb " + "x" * 1000)
    (act,) = await refusals(talk)
    assert len(act.words) == 500


async def test_an_event_delivered_twice_is_one_refusal(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    await asyncio.gather(*(talk.imagine("a bomb", event="same") for _ in range(8)))
    assert (len(await refusals(talk)), len(whispers(talk))) == (1, 1)


async def test_what_the_image_service_refuses_is_written_down(talk: Talk) -> None:
    talk.provider.faults = [Refused("It was refused.", category="violence", stage="prompt")]
    await talk.imagine("a fight")
    (act,) = await refusals(talk)
    assert (act.who, act.target, act.words) == ("fake:U1", "violence", "a fight")


# ── slowing down ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_three_refusals_in_a_row_slow_a_person_down_also_after_a_restart(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk, clock = plug_in(house, provider)
        await set_policy(talk, blocked_terms=("bomb",))
        for _ in range(3):
            await talk.imagine("a bomb")
        await house.restart()
        talk, clock = plug_in(house, provider)
        await talk.imagine("a fox")
        assert whispers(talk) == [
            "3 of your requests in a row were refused, so for 30 min you may ask once in 5. Nothing was charged. "
            "Try again in 5 min."
        ]
        await talk.imagine("a fox", who=BOB)
        assert provider.paid == 1
        clock.at += 5 * MINUTE
        await talk.imagine("a fox two")
        await talk.imagine("a fox three")
        assert (provider.paid, len(whispers(talk))) == (2, 2)
        clock.at += 25 * MINUTE
        await talk.imagine("a fox four")
        await talk.imagine("a fox five")
        assert (provider.paid, len(whispers(talk))) == (4, 2)


async def test_only_what_was_asked_counts_and_a_picture_in_between_forgives(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk, _ = plug_in(house, provider)
        await set_policy(talk, blocked_terms=("bomb",), images_per_day=2)
        for text in ("a bomb", "a bomb", "a fox", "a bomb", "a bomb", "a cat"):
            await talk.imagine(text)
        for _ in range(4):
            await talk.imagine("over the quota")
        assert provider.paid == 2
        await set_policy(talk, channels_denied=("general",))
        for _ in range(4):
            await talk.imagine("the wrong channel")
        await set_policy(talk)
        await talk.imagine("a dog")
        assert provider.paid == 3


async def test_an_admin_who_tries_the_rules_out_is_not_slowed_down(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    for _ in range(4):
        await talk.imagine("a bomb", who=replace(ALICE, is_admin=True))
    await talk.imagine("a fox", who=replace(ALICE, is_admin=True))
    assert talk.provider.paid == 1


async def test_ten_refusals_at_the_same_moment_slow_down_once(talk: Talk) -> None:
    await set_policy(talk, blocked_terms=("bomb",))
    await asyncio.gather(*(talk.imagine("a bomb") for _ in range(10)))
    await talk.imagine("a fox")
    assert "in a row were refused" in whispers(talk)[-1]
    assert talk.provider.requests == []


async def test_refusals_of_the_image_service_count_too(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk, _ = plug_in(house, provider)
        for number in range(3):
            provider.faults = [Refused("It was refused.", category="violence", stage="prompt")]
            await talk.imagine(f"a fight {number}")
        await talk.imagine("a fox")
        assert "in a row were refused" in whispers(talk)[0]


async def test_refused_panels_of_a_series_count_once_for_each_request(tmp_path: Path) -> None:
    provider = _RefusesPanelTwo()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk, _ = plug_in(house, provider)
        await set_policy(talk, offer_same=False)
        for _ in range(3):
            await talk.imagine("a story --series one | two | three")
        assert len(await refusals(talk)) == 3
        await talk.imagine("a fox")
        assert "in a row were refused" in whispers(talk)[-1]


class _RefusesPanelTwo(FakeProvider):
    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        if "two" in request.words:
            raise Refused("It was refused.", category="violence", stage="result")
        async for step in super().generate(request):
            yield step


async def test_many_requests_at_the_same_moment_pass_the_slow_lane_once(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk, clock = plug_in(house, provider)
        await set_policy(talk, blocked_terms=("bomb",))
        for _ in range(3):
            await talk.imagine("a bomb")
        clock.at += 6 * MINUTE
        await asyncio.gather(*(talk.imagine(f"fox {number}") for number in range(8)))
        assert provider.paid == 1
