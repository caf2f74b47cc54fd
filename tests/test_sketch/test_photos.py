"""The sketch engine changes people's photos, places references and keeps inside masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bot.errors import ProviderProblem
from bot.models import Role
from bot.ports import InputImage
from tests.contracts.provider import opened, photo
from tests.test_sketch.studio import Studio, differ, jpeg, kinds, pink, recipe_of


@pytest.mark.parametrize(
    "words",
    ["warmer", "cooler", "brighter", "more contrast", "sepia", "sharpen", "flip it", "pixelate", "vignette", "night",
     "add a frame", 'write "HELLO"', "background green", "invert", "watercolor", "pencil drawing", "add a cat", "snow"],
)  # fmt: skip
async def test_a_photo_is_retouched(studio: Studio, words: str) -> None:
    parent = await jpeg(studio)
    after = await studio.edit(parent, words)
    assert opened(after).size == (160, 120)
    assert differ(parent, after)
    assert recipe_of(after).caption == ""


async def test_text_on_a_photo_is_replaced_and_removed(studio: Studio) -> None:
    written = await studio.edit(await jpeg(studio), 'add the text "ONE"')
    assert recipe_of(written).texts == ("ONE",)
    changed = await studio.edit(written, 'change the text to "TWO"')
    assert recipe_of(changed).texts == ("TWO",)
    removed = await studio.edit(changed, "remove the text")
    assert recipe_of(removed).texts == ()
    assert differ(changed, removed)


async def test_a_reference_lies_where_the_words_say(studio: Studio, tmp_path: Path) -> None:
    logo = replace(photo(tmp_path, (40, 40), (255, 0, 255)), name="logo.png", role=Role.REFERENCE)
    Image.new("RGB", (40, 40), (255, 0, 255)).save(logo.path)
    first = await studio.draw("a beach")
    for words, corner in (("put @logo top left", (0, 0)), ("put the logo bottom right", (72, 72))):
        after = await studio.edit(first, words, logo)
        assert pink(opened(after).crop((*corner, corner[0] + 72, corner[1] + 72))) > 100
        assert pink(opened(after)) == pink(opened(after).crop((*corner, corner[0] + 72, corner[1] + 72)))


async def test_a_reference_stays_through_later_edits(studio: Studio, tmp_path: Path) -> None:
    logo = replace(photo(tmp_path, (40, 40)), name="logo.png", role=Role.REFERENCE)
    Image.new("RGB", (40, 40), (255, 0, 255)).save(logo.path)
    first = await studio.draw("a poster of the sea with this logo top left", logo)
    assert "sea" in kinds(first)
    night = await studio.edit(await studio.edit(first, "make it night"), 'add the title "SEA"')
    assert recipe_of(night).mood == "night"
    assert pink(opened(night).crop((0, 0, 72, 72))) > 100


@pytest.mark.parametrize(
    "words", ["add a cat", "make it night", "remove this", "something strange", 'write "HEY"', "blur"]
)
async def test_a_mask_bounds_the_change_to_the_pixel(studio: Studio, tmp_path: Path, words: str) -> None:
    parent = await studio.draw("a city", size="160x120")
    hole = Image.new("L", (160, 120), 255)
    hole.paste(0, (50, 30, 130, 100))
    mask = Image.new("RGBA", (160, 120), (0, 0, 0, 255))
    mask.putalpha(hole)
    mask.save(tmp_path / "mask.png")
    after = await studio.edit(parent, words, mask=tmp_path / "mask.png")
    difference = ImageChops.difference(opened(parent).convert("RGB"), opened(after).convert("RGB"))
    assert difference.getbbox() is not None
    difference.paste((0, 0, 0), (50, 30, 130, 100))
    assert difference.getbbox() is None


async def test_a_file_that_is_no_picture_is_a_clear_problem(studio: Studio, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n not really")
    with pytest.raises(ProviderProblem, match="could not be read"):
        await studio.draw("warmer", InputImage(bad, "image/png", "v1"))
