"""The sketch engine draws from words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sketch import SketchProvider
from adapters.sketch.recipe import recipe_for
from bot.errors import ProviderProblem
from bot.models import Options
from bot.ports import ImageRequest
from tests.contracts.provider import ProviderContract, answer, opened
from tests.test_sketch.studio import SMALL, Studio, alpha, average, detail, differ, image_size


@pytest.fixture
async def provider() -> AsyncIterator[SketchProvider]:
    sketch = SketchProvider()
    yield sketch
    await sketch.close()


class TestSketchIsAProvider(ProviderContract):
    model = "sketch"
    square = "96x96"
    wide = "144x96"


async def test_the_same_words_give_the_same_bytes(studio: Studio) -> None:
    words = 'a fox in the mountains at night, "HELLO"'
    assert (await studio.draw(words)).sha256 == (await studio.draw(words)).sha256


async def test_other_words_give_another_picture(studio: Studio) -> None:
    assert differ(await studio.draw("synergy of ideas"), await studio.draw("a feeling of monday"))


async def test_several_pictures_of_one_prompt_differ(studio: Studio) -> None:
    one, two, three = await studio.draw_all("mountains at dawn", size=SMALL, n=3)
    assert differ(one, two)
    assert differ(two, three)
    assert differ(one, three)


async def test_without_a_size_it_is_a_square_of_1024(studio: Studio) -> None:
    assert opened(await studio.draw("a cat", size="auto")).size == (1024, 1024)


@pytest.mark.parametrize("size", ["16x16", "300x100", "100x300", "17x211", "1x1"])
async def test_extreme_sizes_are_exact_or_refused_in_a_sentence(studio: Studio, size: str) -> None:
    if size == "1x1":
        with pytest.raises(ProviderProblem, match="Choose a size"):
            await studio.draw("a city at night", size=size)
    else:
        picture = opened(await studio.draw('a city at night "HI"', size=size))
        assert f"{picture.width}x{picture.height}" == size


async def test_red_words_make_a_redder_picture_than_blue_words(studio: Studio) -> None:
    red, blue = await studio.draw("a red landscape"), await studio.draw("a blue landscape")
    assert average(red)[0] - average(red)[2] > average(blue)[0] - average(blue)[2] + 20


async def test_night_is_darker_than_day(studio: Studio) -> None:
    assert sum(average(await studio.draw("hills at night"))) < sum(average(await studio.draw("hills by day"))) - 150


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a fox in the mountains", {"fox", "mountain"}),
        ("three cats and a red car on a road", {"cat", "car", "road"}),
        ("лиса в горы и снег", {"fox", "mountain", "snow"}),
        ("富士山と桜と猫", {"mountain", "blossom", "cat"}),
        ("eine Katze und ein Hund im Wald", {"cat", "dog", "forest"}),
        ('a poster that reads "NIGHT TRAIN"', {"train"}),
        ("nothing we know", set()),
    ],
)
def test_words_become_things(words: str, expected: set[str]) -> None:
    assert {thing.kind for thing in recipe_for(words).things} == expected


def test_numbers_and_colours_belong_to_the_thing_they_stand_before() -> None:
    things = {thing.kind: thing for thing in recipe_for("three cats and a blue car").things}
    assert things["cat"].count == 3
    assert things["cat"].colour == ""
    assert things["car"].colour == "blue"


@pytest.mark.parametrize(
    "words",
    [
        "",
        " \n\t ",
        "word " * 6_400,
        '"' + "long " * 6_000 + '"',
        "\x00\x07\x1b[31m\u202e bell",
        "😀🏔️👨‍👩‍👧",
        '"',
        '"unbalanced',
        "''\"\"",
        '"" "  "',
        "שלום לכולם",
        '"\U000e0041\ud83d"'.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "\ud800 lone surrogate",
    ],
)
async def test_no_words_break_it(studio: Studio, words: str) -> None:
    assert opened(await studio.draw(words, size="96x64")).size == (96, 64)


async def test_a_transparent_background_leaves_only_the_subject(studio: Studio) -> None:
    picture = opened(await studio.draw("a fox", background="transparent"))
    assert picture.getpixel((2, 2)) == (0, 0, 0, 0)
    assert alpha(picture, (72, 90)) == 255


async def test_jpeg_has_no_transparency_and_smaller_files_for_more_compression(studio: Studio) -> None:
    fine = await studio.draw("a forest", background="transparent", output_format="jpeg", output_compression=95)
    coarse = await studio.draw("a forest", background="transparent", output_format="jpeg", output_compression=10)
    assert coarse.bytes < fine.bytes
    assert alpha(opened(fine), (0, 0)) == 255


async def test_previews_are_small_and_become_clearer(tmp_path: Path) -> None:
    request = ImageRequest("a city", Options(model="sketch", size="640x640"), tmp_path, previews=3)
    got = await answer(SketchProvider(), request)
    sizes = [image_size(preview.path) for preview in got.previews]
    assert len(sizes) == 3
    assert all(max(size) <= 512 for size in sizes)
    details = [detail(preview.path) for preview in got.previews]
    assert details == sorted(details)


async def test_it_can_be_slowed_and_is_cancelled_at_once(tmp_path: Path) -> None:
    provider = SketchProvider(seconds=10_000)
    request = ImageRequest("a city", Options(model="sketch", size=SMALL), tmp_path, previews=3)
    asked = asyncio.create_task(answer(provider, request))
    await asyncio.sleep(0.05)
    assert not asked.done()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert list(tmp_path.iterdir()) == []


async def test_every_picture_says_offline_sketch(studio: Studio) -> None:
    """The label's corner holds both letters' dark and its ground's light, on plain white paper too."""
    picture = opened(await studio.draw("a logo, white background", size="400x400")).convert("L")
    tones = [level for level, count in enumerate(picture.crop((300, 380, 400, 400)).histogram()) if count]
    assert tones[-1] - tones[0] > 120
