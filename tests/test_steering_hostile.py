"""Steering by words where it hurts: what only looks like a command, odd sizes, hostile ids, prices that hold."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.catalog import Catalog
from bot.extending import plan
from bot.intents import Compare, Edit, Extend, Help, Info, Intent, Pick, Undo, message_intent
from bot.models import Attachment, Kind, Message, Role, ThreadMode, Version, new_id
from bot.ports import Drawn, ImageRequest
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.talk import ALICE, Talk

RULE = Catalog.load().model("gpt-image-2").size_rule


class Painter(FakeProvider):
    """Draws the size and format it is asked for; `draws` makes it draw another size."""

    draws: tuple[int, int] | None = None

    def _draw(self, request: ImageRequest, index: int) -> Drawn:
        width, height = self.draws or tuple(map(int, request.options.size.split("x")))
        out = io.BytesIO()
        image = Image.new("RGB", (width, height), (len(self.requests) * 40 % 256, index * 30, 160))
        image.save(out, request.options.output_format.upper())
        path = request.folder / f"{index}.{request.options.output_format}"
        path.write_bytes(out.getvalue())
        return Drawn(path, hashlib.sha256(out.getvalue()).hexdigest(), len(out.getvalue()))


@pytest.fixture
async def painted(tmp_path: Path) -> AsyncIterator[Talk]:
    """A thread with a first picture, of a service that draws what it is asked for."""
    provider, chat = Painter(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a red fox --quality low")
        yield talk


async def last(talk: Talk) -> Version:
    return (await talk.versions())[-1]


async def spent_and_made(talk: Talk) -> tuple[int, int]:
    """What the ledger says the workspace spent, and what its versions cost together."""
    spent = await talk.house.store.spent("team", ALICE, since=0)
    return spent.cost, sum(one.cost for one in await talk.versions())


def told(talk: Talk) -> str:
    return talk.chat.whispers[-1][1].title


def meaning(text: str) -> Intent:
    return message_intent(text, mode=ThreadMode.EVERY_REPLY, mentions_bot=False, mentions_others=False,
                          has_pictures=False)  # fmt: skip


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("zoom out, please", Extend("zoom 2")),
        ("Could you zoom out 1.5x?", Extend("zoom 1.5")),
        ("MAKE IT WIDE!!!", Extend("wide")),
        ("pan left… thanks", Extend("pan left")),
        ("make  square", Extend("square")),
        ("bitte zoom out", Extend("zoom 2")),
        ("pan up: a kite, please!", Extend("pan up", "a kite, please!")),
        ("v2: zoom out", Extend("zoom 2", version=2)),
        ("2: pan left: a tree", Extend("pan left", "a tree", image=2)),
        ("compare?", Compare()),
        ("pick 2?", Pick(2)),
        ("info?", Info()),
        ("undo?", Undo()),
        ("help?", Help()),
        ("2: pick 1", Help()),
        ("2: undo", Help()),
    ],
)
def test_politeness_marks_and_numbers_in_front_do_not_turn_a_command_into_a_paid_edit(
    words: str, intent: Intent
) -> None:
    assert meaning(words) == intent


@pytest.mark.parametrize(
    "words",
    ["zoom out a bit",
     "zoom out and add trees", "zoom out 3x", "make it wider", "make it wide and blue", "pan left a bit",
     "pick 2 apples", "pick the second one", "compare the two", "more info", "info: phone 123", "finalize the design",
     "make the square red", "please", "zoom out please the trees", "undo the red tint?", "pick up 2"],
)  # fmt: skip
def test_a_sentence_that_goes_on_is_an_edit(words: str) -> None:
    assert meaning(words) == Edit(words)


@given(st.text(max_size=60), st.sampled_from(["zoom out", "pan left", "make it wide", "pick 2", "v1:", "2:", "info"]))
def test_no_words_crash_the_grammar(more: str, start: str) -> None:
    assert meaning(f"{start}{more}")
    assert meaning(f"{more} {start}")


def test_thirty_thousand_spaces_are_read_at_once() -> None:
    assert isinstance(meaning(f"zoom out{' ' * 30_000}x"), Edit)
    assert isinstance(meaning(f"{'please ' * 5_000}zoom out{' please' * 5_000}x"), Edit)


async def test_more_canvas_is_for_the_version_and_picture_that_were_said(painted: Talk) -> None:
    await painted.reply("make it night --n 2")
    await painted.reply("v1: pan left")
    version = await last(painted)
    assert (version.kind, version.parent) == (Kind.EXTEND, (await painted.versions())[0].id)
    await painted.reply("v2: zoom out")
    await painted.reply("back to v2")
    await painted.reply("2: zoom out 1.5x")
    assert ((await last(painted)).parent, (await last(painted)).parent_image) == ((await painted.versions())[1].id, 2)
    await painted.reply("back to v2")
    await painted.reply("3: zoom out")
    assert "there is no picture 3" in told(painted)


# ── Regions and the lock ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("flags", ["--ar 16:9", "--size 1536x1024", "--model gpt-image-1.5 --size 1024x1536"])
async def test_a_part_of_a_picture_that_would_get_another_shape_is_refused_before_it_is_paid(
    painted: Talk, flags: str
) -> None:
    await painted.reply(f"left half: make it blue {flags}")
    assert "--unlocked" in told(painted)
    assert painted.provider.paid == 1
    await painted.reply(f"left half: make it blue {flags} --unlocked")
    assert (await last(painted)).region == "left half"


async def test_a_flag_that_is_wrong_is_what_is_said_of_a_region_with_another_shape(painted: Talk) -> None:
    await painted.reply("left half: make it blue --ar 16:9 --background transparent")
    assert "add --model gpt-image-2.5-sunburst" in told(painted)


async def test_a_larger_size_or_another_format_that_the_lock_undoes_is_said(painted: Talk) -> None:
    await painted.reply("left half: make it blue --size 2048x2048 --format jpeg")
    version = await last(painted)
    asset = await painted.house.store.asset(version.images[0])
    assert asset
    assert (asset.width, asset.media_type) == (1024, "image/png")
    assert "a PNG of 1024×1024" in painted.last.body
    await painted.reply("v1: left half: make it red")
    assert "PNG" not in painted.last.body


async def test_a_part_of_each_of_several_pictures_is_locked_to_the_one_it_is_of(painted: Talk) -> None:
    await painted.reply("make it night --n 2")
    await painted.reply("2: top right: add a sun --n 3")
    version = await last(painted)
    assert (version.parent_image, version.region, len(version.images)) == (2, "top right quarter", 3)
    assert version.drift is not None
    paths = [painted.house.store.asset_path(one) for one in [await painted.house.store.asset(i) for i in
             ((await painted.versions())[1].images[1], version.images[2])] if one]  # fmt: skip
    with Image.open(paths[0]) as parent, Image.open(paths[1]) as edited:
        assert parent.getpixel((10, 1000)) == edited.getpixel((10, 1000))
        assert parent.getpixel((1000, 10)) != edited.getpixel((1000, 10))
    booked, cost = await spent_and_made(painted)
    assert booked == cost


@pytest.mark.parametrize("size", [(64, 64), (4000, 300), (1, 1), (3840, 1280), (300, 4000)])
async def test_a_part_of_an_upload_of_an_odd_size_comes_back_and_what_could_not_be_kept_is_said(
    painted: Talk, size: tuple[int, int]
) -> None:
    painted.chat.files["ref"] = png(*size)
    attachment = Attachment("odd.png", "ref", role=Role.IMAGE)
    await painted.imagine("left half: make it blue", name="edit", attachments=(attachment,))
    card = painted.last
    assert card.images, card
    if max(size) / min(size) > 3.1:
        assert "another shape" in card.body
    else:
        assert (card.images[0].width, card.images[0].height) == size
    assert painted.provider.paid == 2


async def test_what_was_paid_is_kept_when_the_picture_before_is_gone_or_broken(painted: Talk) -> None:
    gate = painted.provider.gate = asyncio.Event()
    place = painted.chat.posted[0].address.place
    await painted.doors.message(Message(new_id(), place, ALICE, "left half: make it blue", id=new_id()))
    while len(painted.provider.requests) < 2:
        await asyncio.sleep(0.01)
    asset = await painted.house.store.asset((await painted.versions())[0].images[0])
    assert asset
    painted.house.store.asset_path(asset).unlink()
    gate.set()
    await painted.chat.settled()
    version = await last(painted)
    assert (version.number, version.originals, version.drift) == (2, (), None)
    assert "could not be put back" in painted.last.body
    assert "another shape" not in painted.last.body


async def test_an_upload_with_only_a_part_and_no_words_is_not_sent(painted: Talk) -> None:
    painted.chat.files["ref"] = png()
    attachment = Attachment("odd.png", "ref", role=Role.IMAGE)
    for said in ("left half:", "left half: --quality low"):
        await painted.imagine(said, name="edit", attachments=(attachment,))
    assert painted.provider.paid == 1


async def test_what_can_be_seen_through_stays_so_outside_the_part(painted: Talk) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (1024, 1024), (10, 20, 30, 0)).save(out, "PNG")
    painted.chat.files["ref"] = out.getvalue()
    attachment = Attachment("cut.png", "ref", role=Role.IMAGE)
    await painted.imagine("left half: a red fox", name="edit", attachments=(attachment,))
    with Image.open(painted.last.images[0].path) as image:
        assert image.mode == "RGBA"
        assert [image.getpixel((x, 500))[3] for x in (10, 1000)] == [255, 0]  # type: ignore[index]


async def test_a_part_said_and_a_mask_sent_are_too_much_and_references_are_not(painted: Talk) -> None:
    painted.chat.files |= {"ref": png(), "mask": png(64, 64, (255, 255, 255))}
    attachments = (Attachment("a.png", "ref", role=Role.IMAGE), Attachment("m.png", "mask", role=Role.MASK))
    await painted.imagine("left half: make it blue", name="edit", attachments=attachments)
    assert "A mask and a region together" in told(painted)
    await painted.reply("left half: this cat", attachments=(Attachment("cat.png", "ref"),))
    assert [one.name for one in painted.provider.requests[-1].images] == ["v1", "cat.png"]
    assert (await last(painted)).drift is not None


async def test_a_service_without_masks_says_no_before_anything_is_drawn(painted: Talk) -> None:
    painted.provider.refuses = "This service takes no mask."
    for words in ("left half: make it blue", "zoom out"):
        await painted.reply(words)
        assert "takes no mask" in told(painted)
    assert painted.provider.paid == 1
    assert (await spent_and_made(painted))[0] == (await painted.versions())[0].cost


# ── More canvas ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_picture_zoomed_out_twice_is_half_of_the_canvas_and_not_a_speck() -> None:
    canvas = plan((64, 64), "zoom 2", RULE)
    left, _, right, _ = canvas.box
    assert 0.45 < (right - left) / canvas.size[0] < 0.55


@given(st.integers(16, 3840), st.integers(16, 3840), st.sampled_from(["zoom 1.5", "zoom 2"]))
def test_zooming_out_shows_as_much_more_as_was_said(width: int, height: int, how: str) -> None:
    if max(width, height) > min(width, height) * 2.9:
        return
    canvas = plan((width, height), how, RULE)
    share = (canvas.box[2] - canvas.box[0]) / canvas.size[0]
    assert abs(share * float(how.split()[1]) - 1) < 0.13


@pytest.mark.parametrize("flags", ["--size 4k", "--ar 16:9", "--aspect 2:3", "--region left"])
async def test_a_size_of_ones_own_and_more_canvas_are_not_silently_one(painted: Talk, flags: str) -> None:
    await painted.reply(f"zoom out {flags}")
    assert f"{flags.split()[0]}" in told(painted)
    assert painted.provider.paid == 1


async def test_twice_more_canvas_then_undo_then_again_adds_up(painted: Talk) -> None:
    await painted.reply("pan left")
    await painted.reply("pan up")
    await painted.reply("undo")
    assert await painted.head() == 2
    await painted.reply("again")
    versions = await painted.versions()
    assert [one.kind for one in versions[1:]] == [Kind.EXTEND] * 3
    assert versions[3].parent == versions[0].id
    assert (versions[1].options.size, versions[2].options.size) == ("1536x1024", "1536x1536")
    booked, cost = await spent_and_made(painted)
    assert booked == cost


async def test_a_model_with_three_sizes_extends_within_them_and_says_where_it_cannot(tmp_path: Path) -> None:
    provider, chat = Painter(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-1.5") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a red fox")
        await talk.reply("make wide")
        assert (await last(talk)).options.size == "1536x1024"
        await talk.reply("make wide")
        assert "there is nothing to add" in told(talk)
        assert provider.paid == 2


async def test_a_picture_sent_along_with_more_canvas_goes_along(painted: Talk) -> None:
    painted.chat.files["ref"] = png()
    await painted.reply("pan left: this cat", attachments=(Attachment("cat.png", "ref"),))
    assert [one.name for one in painted.provider.requests[-1].images] == ["v1", "cat.png"]


async def test_again_with_another_shape_is_refused_as_the_first_time(painted: Talk) -> None:
    await painted.reply("left half: make it blue")
    await painted.reply("again --ar 16:9")
    assert "--unlocked" in told(painted)
    await painted.reply("pan left")
    await painted.reply("again --size 2k")
    assert "leave out --size" in told(painted)
    assert painted.provider.paid == 3
