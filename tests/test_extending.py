"""Larger canvases: where the old picture goes, what is legal, and that its pixels stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.catalog import Catalog
from bot.errors import BadInput
from bot.extending import Canvas, plan, write_canvas
from bot.intents import Edit, Extend, Intent, message_intent
from bot.models import Kind, ThreadMode
from tests.talk import Talk

RULE = Catalog.load().model("gpt-image-2").size_rule
WAYS = ["zoom 1.5", "zoom 2", "pan left", "pan right", "pan up", "pan down", "square", "wide", "tall"]


@pytest.mark.parametrize(
    ("size", "how", "canvas"),
    [
        ((1024, 1024), "zoom 2", Canvas((2048, 2048), (512, 512, 1536, 1536))),
        ((1024, 1024), "zoom 1.5", Canvas((1536, 1536), (256, 256, 1280, 1280))),
        ((1024, 1024), "pan left", Canvas((1536, 1024), (512, 0, 1536, 1024))),
        ((1024, 1024), "pan right", Canvas((1536, 1024), (0, 0, 1024, 1024))),
        ((1024, 1024), "pan up", Canvas((1024, 1536), (0, 512, 1024, 1536))),
        ((1024, 1536), "square", Canvas((1536, 1536), (256, 0, 1280, 1536))),
    ],
)
def test_the_canvas_grows_and_the_old_picture_keeps_its_pixels(size: tuple[int, int], how: str, canvas: Canvas) -> None:
    assert plan(size, how, RULE) == canvas


@pytest.mark.parametrize(
    ("size", "how", "says"),
    [((1024, 1024), "square", "there is nothing to add"), ((3072, 1024), "pan left", "too narrow")],
)
def test_what_cannot_be_is_one_sentence(size: tuple[int, int], how: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        plan(size, how, RULE)


@given(st.integers(16, 3840), st.integers(16, 3840), st.sampled_from(WAYS))
def test_every_canvas_is_legal_and_holds_the_old_picture(width: int, height: int, how: str) -> None:
    try:
        canvas = plan((width, height), how, RULE)
    except BadInput:
        return
    assert RULE.allows(*canvas.size)
    left, top, right, bottom = canvas.box
    assert 0 <= left < right <= canvas.size[0]
    assert 0 <= top < bottom <= canvas.size[1]
    assert abs((right - left) / (bottom - top) / (width / height) - 1) < 0.2 or min(right - left, bottom - top) < 16


def test_a_canvas_too_large_for_the_model_scales_the_old_picture_down() -> None:
    canvas = plan((3840, 2160), "zoom 2", RULE)
    assert canvas.size == (3840, 2160)
    assert canvas.box == (960, 540, 2880, 1620)


def test_the_old_pixels_are_on_the_canvas_and_the_mask_opens_the_rest(tmp_path: Path) -> None:
    Image.linear_gradient("L").convert("RGB").resize((800, 816)).save(tmp_path / "old.png")
    canvas = plan((800, 816), "pan left", RULE)
    whole, mask = write_canvas(tmp_path / "old.png", canvas, tmp_path / "c.png", tmp_path / "m.png")
    assert (whole.width, whole.height) == (mask.width, mask.height) == canvas.size
    with Image.open(tmp_path / "c.png") as drawn, Image.open(tmp_path / "old.png") as old:
        difference = ImageChops.difference(drawn.crop(canvas.box).resize(old.size), old)
        assert max(difference.convert("L").tobytes()) < 10
    with Image.open(tmp_path / "m.png") as cut:
        alpha = cut.getchannel("A")
        assert alpha.getpixel((canvas.box[0], canvas.box[1])) == 255
        assert alpha.getpixel((0, 0)) == 0
        assert sum(alpha.histogram()[128:]) == (canvas.box[2] - canvas.box[0]) * (canvas.box[3] - canvas.box[1])


def meant(text: str) -> Intent:
    return message_intent(text, mode=ThreadMode.EVERY_REPLY, mentions_bot=False, mentions_others=False,
                          has_pictures=False)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("zoom out", Extend("zoom 2")),
        ("Zoom out 1.5x", Extend("zoom 1.5")),
        ("please zoom out 2x!", Extend("zoom 2")),
        ("pan left: a lighthouse", Extend("pan left", "a lighthouse")),
        ("make it wide", Extend("wide")),
        ("make square --quality high", Extend("square", "", {"quality": "high"})),
    ],
)
def test_words_that_ask_for_more_canvas(text: str, intent: Extend) -> None:
    assert meant(text) == intent


@pytest.mark.parametrize(
    "text", ["zoom out of the window", "make it wider", "make tall trees", "pan left and right", "zoom out 3x"]
)
def test_sentences_that_only_begin_like_it_are_edits(text: str) -> None:
    assert isinstance(meant(text), Edit)


async def test_zooming_out_sends_the_larger_canvas_and_keeps_the_old_picture(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("zoom out: a whole forest")
    request = talk.provider.requests[-1]
    assert request.mask
    assert "a larger canvas" in request.prompt or "continue the picture" in request.prompt
    version = (await talk.versions())[-1]
    assert (version.kind, version.prompt, version.region) == (Kind.EXTEND, "a whole forest", "zoom 2")
    with Image.open(request.images[0].path) as canvas:
        assert f"{canvas.width}x{canvas.height}" == request.options.size == version.options.size
    assert talk.last.title == "v2 · larger canvas of v1"


async def test_again_extends_again(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("pan left")
    await talk.reply("again")
    first, second = (await talk.versions())[-2:]
    assert (second.kind, second.parent, second.options.size) == (Kind.EXTEND, first.parent, first.options.size)
    assert talk.provider.requests[-1].mask
