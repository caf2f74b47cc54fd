"""More of what can go wrong while steering: picking, again, vary, comparing, knowing, finalizing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Action, Attachment, Kind, Message, Policy, Role, new_id
from bot.studio.final import final_flags, final_price
from tests.fakes.chat import Posted
from tests.fakes.provider import png
from tests.talk import ALICE, BOB, Talk
from tests.test_steering_hostile import RULE, Painter, last, painted, spent_and_made, told

__all__ = ["painted"]  # the fixture


# ── Picking, again, vary ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_people_picking_at_once_get_one_version(talk: Talk) -> None:
    await talk.imagine("a red fox --n 3")
    place = talk.chat.posted[0].address.place
    await asyncio.gather(*(
        talk.doors.message(Message(new_id(), place, who, "pick 2", id=new_id())) for who in (ALICE, BOB)
    ))  # fmt: skip
    assert [one.kind for one in await talk.versions()] == [Kind.GENERATE, Kind.PICK]
    assert await talk.head() == 2


async def test_a_re_roll_of_a_pick_asks_again_for_what_it_was_picked_from(talk: Talk) -> None:
    await talk.imagine("a red fox --n 3 --no cats")
    await talk.reply("pick 2")
    await talk.reply("again")
    version, request = await last(talk), talk.provider.requests[-1]
    assert (version.kind, version.parent, len(version.images)) == (Kind.GENERATE, None, 1)
    assert (version.avoid, request.images) == (("cats",), ())


@pytest.mark.parametrize("words", ["zoom out", "finalize"])
async def test_a_variation_of_a_larger_or_final_picture_is_of_what_is_seen_on_it(painted: Talk, words: str) -> None:
    await painted.reply(words)
    await painted.reply("vary")
    request = painted.provider.requests[-1]
    assert "a red fox" in request.prompt
    assert "Change nothing" not in request.prompt
    assert "Continue the picture" not in request.prompt


@pytest.mark.parametrize(
    "name", ["pick_", "pick_x", "pick_-1", "pick_99999999999999", "pick_0", "pick_\u0663", "finalize", "pick_1"]
)
async def test_a_hostile_button_is_answered_with_one_sentence(talk: Talk, name: str) -> None:
    await talk.imagine("a red fox --n 2")
    version, place = await last(talk), talk.chat.posted[0].address.place
    elsewhere = replace(place, workspace="another")
    await talk.doors.action(Action(new_id(), elsewhere, BOB, name, version.id, "m1"))
    await talk.doors.action(Action(new_id(), elsewhere, BOB, name, "x" * 80, "m1"))
    assert [card.title for _, card in talk.chat.whispers] == ["That picture is gone. Nothing was charged."] * 2
    if name != "pick_1":
        await talk.doors.action(Action(new_id(), place, BOB, name, version.id, "m1"))
        assert len(talk.chat.whispers) == 3
        assert len(await talk.versions()) == 1


async def test_every_button_s_id_fits_a_platform(painted: Talk) -> None:
    await painted.imagine("a red fox --n 10 --quality low")
    await painted.reply("pick 10", to=painted.chat.posted[-1])
    assert all(len(one.id) <= 100 for posted in painted.chat.posted for one in posted.card.buttons)


# ── Comparing and knowing ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pick_is_compared_with_the_picture_it_is_of(painted: Talk) -> None:
    await painted.reply("make it night --n 3")
    await painted.reply("pick 3")
    await painted.reply("compare")
    assert painted.last.title == "v2 → v3 · 0 % of the picture changed"
    await painted.reply("compare v3 v2")
    assert painted.last.title == "v3 → v2 · 0 % of the picture changed"


async def test_comparing_a_version_with_itself_is_refused_in_true_words(painted: Talk) -> None:
    await painted.reply("make it night")
    await painted.reply("compare v1 v1")
    assert "is the current version" not in told(painted)
    assert "compare v1 v2" in told(painted)


async def test_comparing_twice_at_once_and_by_a_person_elsewhere_shows_it_twice(painted: Talk) -> None:
    await painted.reply("make it night")
    place, before = painted.chat.posted[0].address.place, len(painted.chat.posted)
    same = Message(new_id(), place, ALICE, "compare", id=new_id())
    other = Message(new_id(), place, BOB, "compare", id=new_id())
    await asyncio.gather(*(painted.doors.message(one) for one in (same, same, other)))
    assert len(painted.chat.posted) == before + 2


async def test_comparing_what_was_removed_from_disk_is_one_sentence(painted: Talk) -> None:
    await painted.reply("make it night")
    asset = await painted.house.store.asset((await painted.versions())[0].images[0])
    assert asset
    painted.house.store.asset_path(asset).unlink()
    await painted.reply("compare")
    assert len(painted.chat.whispers) == 1
    assert "our side" not in told(painted)


@pytest.mark.parametrize("words", ["vary", "2: make it blue", "zoom out"])
async def test_info_offers_no_words_that_would_ask_for_something_else(painted: Talk, words: str) -> None:
    await painted.reply("make it night --n 2")
    await painted.reply(words)
    await painted.reply("info")
    assert "Again:" not in painted.chat.whispers[-1][1].body


async def test_the_words_that_info_offers_make_the_same_options(painted: Talk) -> None:
    await painted.reply("left 40%: make it blue --format webp --compression 40 --no cats, dogs --quality high")
    await painted.reply("info")
    again = painted.chat.whispers[-1][1].body.partition("Again: ")[2]
    await painted.reply(again)
    first, second = (await painted.versions())[-1], painted.last
    assert second.title.startswith("This was made before")
    assert first.region == "left 40%"


async def test_info_of_an_upload_a_pick_and_an_offer_taken_over_is_whispered(painted: Talk) -> None:
    painted.chat.files["ref"] = png()
    attachment = Attachment("<!channel> @everyone.png", "ref", role=Role.IMAGE)
    await painted.imagine("make it blue", name="edit", attachments=(attachment,))
    thread = painted.chat.posted[-1]
    await painted.reply("info v1", to=thread)
    assert "Uploaded by Alice" in painted.chat.whispers[-1][1].body
    await painted.reply("v1: make it blue", to=thread)
    await painted.press("Use this one", painted.chat.posted[-1])
    await painted.reply("info", to=painted.chat.posted[-1])
    assert "An edit of v1 by Alice" in painted.chat.whispers[-1][1].body


@pytest.mark.parametrize("words", ["finalize --size 2k", "left half: make it blue --region right"])
async def test_what_contradicts_itself_is_asked_about_before_it_is_paid(painted: Talk, words: str) -> None:
    await painted.reply(words)
    assert words.split(" --")[1].split()[0] in told(painted)
    assert painted.provider.paid == 1


# ── Finalizing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def price_on(posted: Posted) -> str:
    return next(one.label.removeprefix("Finalize · ") for one in posted.card.buttons if one.action == "finalize")


@pytest.mark.parametrize("previews", [None, 0, 3])
async def test_no_more_is_reserved_than_the_button_said(painted: Talk, previews: int | None) -> None:
    await painted.house.store.set_policy("team", Policy(previews=previews))
    desk = painted.house.desk(painted.chat)
    version = await last(painted)
    price = await final_price(desk, version)
    before = (await painted.house.store.spent("team", ALICE, since=0)).cost
    gate = painted.provider.gate = asyncio.Event()
    place = painted.chat.posted[0].address.place
    await painted.doors.message(Message(new_id(), place, ALICE, "finalize", id=new_id()))
    reserved = (await painted.house.store.spent("team", ALICE, since=0)).cost - before
    gate.set()
    await painted.chat.settled()
    assert price is not None
    assert reserved == price


@pytest.mark.parametrize("size", [(2000, 600), (600, 2000), (3840, 1280), (1, 1), (1281, 3840)])
async def test_a_picture_of_any_shape_that_came_is_shown(painted: Talk, size: tuple[int, int]) -> None:
    assert isinstance(painted.provider, Painter)
    painted.provider.draws = size
    await painted.reply("make it night")
    assert painted.last.images
    assert painted.last.title.startswith("v2")
    painted.provider.draws = None
    await painted.reply("finalize")
    assert painted.chat.whispers or (await last(painted)).kind is Kind.FINAL


async def test_a_picture_of_a_model_that_was_shut_down_is_finalized_with_the_one_used_now(painted: Talk) -> None:
    desk = replace(painted.house.desk(painted.chat), now=lambda: 1_800_000_000_000)  # January 2027
    version = await last(painted)
    version = replace(version, options=replace(version.options, model="gpt-image-1.5"))
    assert await final_flags(desk, version) == {"quality": "high", "size": "2880x2880"}
    assert await final_price(desk, version)


async def test_a_locked_composite_is_finalized_like_any_other_and_adds_up(painted: Talk) -> None:
    await painted.reply("left half: make it blue")
    await painted.reply("finalize")
    version = await last(painted)
    assert (version.kind, version.options.size, version.mask, version.drift) == (Kind.FINAL, "2880x2880", None, None)
    booked, cost = await spent_and_made(painted)
    assert booked == cost


@given(st.integers(1, 3840), st.integers(1, 3840))
def test_the_final_size_of_any_shape_is_legal(width: int, height: int) -> None:
    from bot.sizes import edges, size_for_ratio

    if max(width, height) <= min(width, height) * RULE.max_ratio:
        assert RULE.allows(*edges(size_for_ratio(width, height, "4k", RULE)))
