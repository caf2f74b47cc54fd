"""What can be done with a series: one panel anew, all of it again, picking, changing, comparing, a sheet of it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from bot.cards import Tone
from bot.errors import OutcomeUnknown, ProviderProblem, Refused
from bot.models import Attachment, Kind, Policy, Role
from tests.fakes.provider import png
from tests.talk import Talk
from tests.test_series import EACH, FOX, file_of, inputs_for, only_version, panelist, request_for, spent, talk

__all__ = ["talk"]  # the fixture


@pytest.fixture
async def series(talk: Talk) -> Talk:
    """A series of three is there."""
    await talk.imagine(FOX)
    panelist(talk).begun.clear()
    return talk


# ── One panel ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_panel_is_drawn_anew_with_other_words_and_the_others_stay(series: Talk) -> None:
    await series.reply("panel 2: it finds a ring")
    first, second = await series.versions()
    assert (second.parent, second.kind, second.panel_of) == (first.id, Kind.SERIES, (1, 2, 3))
    assert second.panels == ("the fox wakes", "it finds a ring", "it buys bread")
    assert second.images[::2] == first.images[::2]
    assert second.images[1] != first.images[1]
    assert panelist(series).begun == [2]
    assert inputs_for(series, 2) == [file_of(series, first.images[0])]
    assert request_for(series, 2).prompt.startswith("a fox in the snow, ink drawing\nit finds a ring\n")
    assert series.chat.posted[1].history[0].title == "Redoing panel 2 of v1"
    assert series.last.title == "v2 · panel 2 of v1 anew"
    used = await spent(series)
    assert (used.images, used.cost) == (4, 4 * EACH)
    assert second.cost == EACH


async def test_a_panel_is_drawn_anew_with_its_own_words(series: Talk) -> None:
    await series.reply("redo panel 3")
    first, second = await series.versions()
    assert second.panels == first.panels
    assert second.images[:2] == first.images[:2]


async def test_when_the_first_panel_is_drawn_anew_it_keeps_to_the_second(series: Talk) -> None:
    await series.reply("redo panel 1")
    first, _ = await series.versions()
    assert inputs_for(series, 1) == [file_of(series, first.images[1])]
    assert [(one.name, one.role) for one in request_for(series, 1).images] == [("panel 2", Role.SUBJECT)]


async def test_the_button_asks_for_a_number_and_takes_words_behind_a_colon(series: Talk) -> None:
    await series.press("Redo a panel", series.chat.posted[0], text="2: it finds a ring")
    assert (await series.versions())[1].panels[1] == "it finds a ring"
    await series.press("Redo a panel", series.chat.posted[0], text="3")
    third = (await series.versions())[2]
    assert third.panels == ("the fox wakes", "it finds a coin", "it buys bread")
    assert third.panel_of == (1, 2, 3)


async def test_a_missing_panel_is_filled_by_asking_for_it(talk: Talk) -> None:
    panelist(talk).errors[2] = Refused("no", category="violence")
    await talk.imagine(FOX)
    await talk.reply("redo panel 2")
    holed, whole = await talk.versions()
    assert (holed.panel_of, whole.panel_of) == ((1, 3), (1, 2, 3))
    assert (whole.images[0], whole.images[2]) == holed.images
    assert whole.missing == ()
    used = await spent(talk)
    assert (used.images, used.cost) == (3, 3 * EACH)


@pytest.mark.parametrize("words", ["redo panel 4", "redo panel 0", "panel 99: a ring"])
async def test_a_panel_that_is_not_there_is_one_sentence(series: Talk, words: str) -> None:
    await series.reply(words)
    assert "v1 has 3 panels; there is no panel" in series.chat.whispers[-1][1].title
    assert series.provider.paid == 3


async def test_a_picture_that_is_no_series_has_no_panels(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("redo panel 1")
    assert "v1 is not a series" in talk.chat.whispers[-1][1].title
    assert talk.provider.paid == 1


async def test_a_panel_too_long_or_a_series_in_a_panel_is_one_sentence(series: Talk) -> None:
    await series.reply("panel 2: " + "x" * 1001)
    assert "1,000 is the most" in series.chat.whispers[-1][1].title
    await series.reply("panel 2: a ring --series a | b")
    assert "leave out --series" in series.chat.whispers[-1][1].title
    assert series.provider.paid == 3


async def test_a_panel_over_the_quota_is_refused(series: Talk) -> None:
    await series.house.store.set_policy("team", Policy(images_per_day=3))
    await series.reply("redo panel 2")
    assert "used all 3" in series.chat.whispers[-1][1].title


@pytest.mark.parametrize(
    ("error", "cost"), [(ProviderProblem("It failed."), False), (OutcomeUnknown("No answer."), True)]
)
async def test_a_panel_that_fails_alone_leaves_the_series_as_it_was(series: Talk, error: Exception, cost: bool) -> None:
    panelist(series).errors[2] = error
    await series.reply("redo panel 2")
    await only_version(series)
    assert series.last.tone is Tone.FAILURE
    used = await spent(series)
    assert used.images == 3
    assert (used.cost > 3 * EACH) is cost
    await series.press("Try again", series.chat.posted[1])
    assert (await series.versions())[1].panel_of == (1, 2, 3)


async def test_two_panels_drawn_anew_at_once_are_two_branches_and_both_are_told(series: Talk) -> None:
    gate = panelist(series).waits[2] = panelist(series).waits[3] = asyncio.Event()
    asking = [asyncio.create_task(series.reply(f"redo panel {panel}")) for panel in (2, 3)]
    async with asyncio.timeout(20):
        while len(panelist(series).begun) < 2:
            await asyncio.sleep(0.005)
    gate.set()
    await asyncio.gather(*asking)
    _, one, other = await series.versions()
    assert one.parent == other.parent
    assert any("both are kept" in posted.card.body for posted in series.chat.posted)


# ── The whole, and one of it ─────────────────────────────────────────────────────────────────────────────────────


async def test_again_draws_the_whole_series(series: Talk) -> None:
    await series.reply("again")
    first, second = await series.versions()
    assert sorted(panelist(series).begun) == [1, 2, 3]
    assert (second.parent, second.panels) == (None, first.panels)


async def test_again_after_a_panel_was_drawn_anew_draws_all_with_its_words(series: Talk) -> None:
    await series.reply("panel 2: it finds a ring")
    await series.reply("again")
    third = (await series.versions())[2]
    assert (third.parent, third.panels[1], len(third.images)) == (None, "it finds a ring", 3)
    assert not set(third.images) & set((await series.versions())[1].images)


async def test_again_on_a_picked_panel_draws_that_panel_only(series: Talk) -> None:
    await series.reply("pick 2")
    await series.reply("again")
    first, _, third = await series.versions()
    assert panelist(series).begun == [2]
    assert (third.parent, third.panel_of) == (first.id, (1, 2, 3))


async def test_again_of_a_series_of_a_picture_takes_that_picture_along_once(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("the same --series it wakes | it eats")
    await talk.reply("again")
    assert [len(one.images) for one in talk.provider.requests[-2:]] == [1, 2]
    assert [one.parent for one in (await talk.versions())[1:]] == [(await talk.versions())[0].id] * 2


async def test_a_series_is_not_varied_before_a_panel_is_picked(series: Talk) -> None:
    await series.reply("vary")
    assert "Pick a panel first: pick 2." in series.chat.whispers[-1][1].title
    await series.reply("pick 3")
    await series.reply("vary")
    assert series.provider.paid == 4


async def test_undo_redo_and_compare_know_series(series: Talk) -> None:
    await series.reply("redo panel 1")
    await series.reply("undo")
    assert await series.head() == 1
    assert len(series.last.images) == 3
    await series.reply("redo")
    await series.reply("compare")
    assert series.last.title.startswith("v1 → v2")


async def test_a_panel_is_edited_by_its_number(series: Talk) -> None:
    await series.reply("2: make it night")
    first, edit = await series.versions()
    assert (edit.kind, edit.parent_image, edit.panels) == (Kind.EDIT, 2, ())
    assert inputs_for(series, 0) == [file_of(series, first.images[1])]


async def test_info_tells_of_a_series(series: Talk) -> None:
    await series.reply("info")
    assert "A series by Alice" in series.chat.whispers[-1][1].body


# ── Sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


async def test_a_contact_sheet_shows_all_panels_for_nothing(series: Talk) -> None:
    await series.press("Contact sheet", series.chat.posted[0])
    (sheet,) = series.last.images
    assert sheet.alt == "Contact sheet of v1: 3 panels, AI-made."
    assert max(size_of(sheet.path)) <= 2400
    assert (await spent(series)).images == 3
    await series.reply("sheet")
    assert series.last.images[0].asset == sheet.asset, "the same pictures give the same sheet"


async def test_a_sheet_of_a_thread_has_every_version(talk: Talk) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply("pick 2")
    await talk.reply("make it night")
    await talk.reply("contact sheet")
    assert talk.last.images[0].alt == "Contact sheet of this thread: 3 pictures of 3 versions, AI-made."


async def test_a_card_with_more_pictures_than_a_chat_shows_begins_with_all_of_them_on_one(talk: Talk) -> None:
    await talk.imagine("a fox --series " + "|".join(f"scene {one}" for one in range(1, 13)))
    images = talk.last.images
    assert len(images) == 13
    assert images[0].alt == "Contact sheet of v1: 12 panels, AI-made."
    assert images[0].number == 0
    assert images[12].alt == "AI-made, panel 12 of 12: scene 12"
    assert len(talk.last.buttons) <= 25


async def test_a_series_of_a_picture_that_was_sent(talk: Talk) -> None:
    talk.chat.files = {"f1": png(80, 60)}
    await talk.imagine(
        "my cat --series it wakes | it eats", name="edit", attachments=(Attachment("cat.png", "f1", role=Role.IMAGE),)
    )
    upload, version = await talk.versions()
    assert (upload.kind, version.kind, version.parent) == (Kind.UPLOAD, Kind.SERIES, upload.id)
    with Image.open(io.BytesIO(inputs_for(talk, 2)[1])) as image:
        assert image.size == (80, 60)
