"""Somebody draws on a picture from the chat and sends it back: the version is found, and what was drawn."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage  # type: ignore[import-untyped]

from bot.errors import BadAttachment
from bot.strokes import Strokes, find_strokes
from tests import photos
from tests.photos import Mask, drawn_on, picture

LOOK_ALIKE = ["motorcycle_left", "motorcycle_right", "sticker", "flat logo", "color", "retina", "two halves", "cell"]


def test_the_set_is_large_enough() -> None:
    assert len(photos.names()) >= 20 and len(photos.PHOTOS) >= 15


# ── What was drawn ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", photos.names())
def test_what_is_drawn_on_a_picture_becomes_the_mask(name: str, tmp_path: Path) -> None:
    chance = random.Random(f"{name}0")
    kind = photos.KINDS[photos.names().index(name) % len(photos.KINDS)]
    drawn, where = drawn_on(picture(name), kind, chance)
    sent = through_chat(drawn, tmp_path / "sent", chance)

    strokes = found(sent, saved(picture(name), tmp_path / "v1.png"))

    assert strokes and strokes.mask and strokes.markup
    assert overlap(marked(tmp_path), meant(where, kind)) >= 0.8
    assert overlap(inked(tmp_path), where) >= 0.65  # thin lines at quality 40 are smeared


def test_a_circle_means_what_is_in_it(tmp_path: Path) -> None:
    base = picture("coffee")
    drawn = base.copy()
    ImageDraw.Draw(drawn).ellipse((400, 150, 700, 420), outline="#00ff00", width=14)
    strokes = found(through_chat(drawn, tmp_path / "sent", random.Random(1)), saved(base, tmp_path / "v1.png"))
    assert strokes and strokes.box
    assert marked(tmp_path)[285, 550]
    assert not inked(tmp_path)[285, 550], "the markup has the line alone"
    assert strokes.box == pytest.approx((400, 150, 701, 421), abs=16)
    assert strokes.share == pytest.approx(marked(tmp_path).mean(), abs=1e-6)


def test_the_mask_is_as_large_as_the_version_and_the_markup_has_the_colours(tmp_path: Path) -> None:
    base = picture("chelsea").resize((2048, 1362))
    drawn = base.resize((900, 599))
    ImageDraw.Draw(drawn).line((200, 300, 600, 300), fill="#0000ff", width=30)
    drawn.save(tmp_path / "sent", "JPEG", quality=85)
    strokes = found(tmp_path / "sent", saved(base, tmp_path / "v1.png"))
    assert strokes and strokes.mask and strokes.markup
    assert (strokes.mask.width, strokes.mask.height) == (strokes.markup.width, strokes.markup.height) == base.size
    red, green, blue, alpha = opened(tmp_path / "markup.png").getpixel((900, 682))  # type: ignore[misc]
    assert (red < 40, green < 40, blue > 200, alpha) == (True, True, True, 255)


@pytest.mark.parametrize("name", ["astronaut", "grass", "notice", "sunset", "fine noise", "sticker", "stripes"])
@pytest.mark.parametrize("quality", [40, 75])
def test_a_picture_sent_back_as_it_was_has_no_strokes(name: str, quality: int, tmp_path: Path) -> None:
    small = on_white(picture(name)).resize((700, 700 * picture(name).height // picture(name).width))
    small.save(tmp_path / "sent", "JPEG", quality=quality)
    strokes = found(tmp_path / "sent", saved(picture(name), tmp_path / "v1.png"))
    assert strokes == Strokes(0, 0.0, None, None, None)
    assert not (tmp_path / "mask.png").exists() and not (tmp_path / "markup.png").exists()


def test_a_slightly_cropped_screenshot_is_recognised(tmp_path: Path) -> None:
    base = picture("astronaut")
    drawn = base.copy()
    ImageDraw.Draw(drawn).line((300, 500, 700, 500), fill="#00ff00", width=50)
    sent = drawn.crop((30, 20, 1000, 990)).resize((760, 760))
    sent.save(tmp_path / "sent", "JPEG", quality=85)
    strokes = found(tmp_path / "sent", saved(base, tmp_path / "v1.png"))
    assert strokes and strokes.box == pytest.approx((300, 475, 701, 525), abs=14)


def test_bars_around_a_screenshot_do_not_matter(tmp_path: Path) -> None:
    base = picture("coffee")
    drawn = base.copy()
    ImageDraw.Draw(drawn).line((300, 300, 700, 300), fill="#00ff00", width=50)
    screen = Image.new("RGB", (700, 1200))
    screen.paste(drawn.resize((700, 467)), (0, 366))
    screen.save(tmp_path / "sent", "JPEG", quality=85)
    strokes = found(tmp_path / "sent", saved(base, tmp_path / "v1.png"))
    assert strokes and strokes.box == pytest.approx((300, 275, 701, 325), abs=14)


# ── Which version ────────────────────────────────────────────────────────────────────────────────────────────────


def edits(base: Image.Image) -> list[Image.Image]:
    """A picture, and it with a part repainted, in warmer tones, and with words on it."""
    repainted, lettered = base.copy(), base.copy()
    ImageDraw.Draw(repainted).ellipse((600, 100, 820, 320), fill="#7a5cff")
    ImageDraw.Draw(lettered).text((60, 60), "GRAND OPENING", fill="white", font_size=60)
    warmer = Image.merge("RGB", [base.getchannel(i).point(lambda v, i=i: v * (1.08, 1.0, 0.9)[i]) for i in range(3)])
    return [base, repainted, warmer, lettered]


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
@pytest.mark.parametrize("true", range(4))
def test_of_versions_that_are_edits_of_each_other_the_right_one_is_found(name: str, true: int, tmp_path: Path) -> None:
    versions = edits(picture(name))
    chance = random.Random(f"{name}{true}")
    drawn, _ = drawn_on(versions[true], photos.KINDS[true], chance)
    sent = through_chat(drawn, tmp_path / "sent", chance)
    strokes = found(sent, *(saved(one, tmp_path / f"v{i}.png") for i, one in enumerate(versions)))
    assert strokes and strokes.candidate == true
    assert strokes.share < 0.25


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Twenty-one of the set as small files, those most easily mistaken for each other first."""
    folder, result = tmp_path_factory.mktemp("shelf"), {}
    for name in list(dict.fromkeys(LOOK_ALIKE + photos.names()))[:21]:
        small = picture(name).copy()
        small.thumbnail((320, 320))
        result[name] = saved(small, folder / f"{name}.png")
    return result


def test_unrelated_pictures_are_never_taken_for_a_version(shelf: dict[str, Path], tmp_path: Path) -> None:
    pairs, wrong = 0, []
    for index, (name, path) in enumerate(shelf.items()):
        chance, image = random.Random(name), on_white(opened(path))
        if index % 2:
            image, _ = drawn_on(image, chance.choice(photos.KINDS), chance)
        if index % 3 == 0:
            image = image.crop((image.width // 12, 0, image.width, image.height * 9 // 10))
        sent = through_chat(image, tmp_path / "sent", chance)
        others = {other: path for other, path in shelf.items() if other != name}
        pairs += len(others)
        if strokes := found(sent, *others.values()):
            wrong.append((name, list(others)[strokes.candidate]))
    assert pairs >= 400
    assert len(wrong) <= pairs * 0.01, wrong


def test_another_photo_of_the_same_thing_is_another_picture(tmp_path: Path) -> None:
    left = saved(picture("motorcycle_left"), tmp_path / "left.png")
    assert found(left, saved(picture("motorcycle_right"), tmp_path / "right.png")) is None


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.FLIP_LEFT_RIGHT])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "notice", "chart"])
def test_a_turned_or_mirrored_picture_comes_from_none(name: str, turn: Image.Transpose, tmp_path: Path) -> None:
    sent = saved(picture(name).transpose(turn), tmp_path / "sent.png")
    assert found(sent, saved(picture(name), tmp_path / "v1.png")) is None


def test_a_picture_painted_over_almost_everywhere_comes_from_none(tmp_path: Path) -> None:
    drawn = picture("coffee").copy()
    ImageDraw.Draw(drawn).rectangle((0, 0, 1024, 560), fill="red")
    assert found(saved(drawn, tmp_path / "sent.png"), saved(picture("coffee"), tmp_path / "v1.png")) is None


# ── Odd files ────────────────────────────────────────────────────────────────────────────────────────────────────


def as_palette(image: Image.Image, path: Path) -> None:
    image.quantize(256).save(path, "PNG")


def as_cmyk(image: Image.Image, path: Path) -> None:
    image.convert("CMYK").save(path, "JPEG", quality=90)


def as_animation(image: Image.Image, path: Path) -> None:
    image.save(path, "GIF", save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_180)])


def as_turned_by_exif(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path, "JPEG", quality=90, exif=exif)


def as_sixteen_bits(image: Image.Image, path: Path) -> None:
    grey = np.asarray(image.convert("L"), dtype=np.uint16) * 257
    Image.fromarray(grey).save(path, "PNG")


@pytest.mark.parametrize("save", [as_palette, as_cmyk, as_animation, as_turned_by_exif, as_sixteen_bits])
def test_every_kind_of_file_is_read(save: Callable[[Image.Image, Path], None], tmp_path: Path) -> None:
    base = picture("camera").resize((768, 768)).crop((0, 0, 768, 600))
    drawn = base.copy()
    ImageDraw.Draw(drawn).line((150, 400, 500, 400), fill="white", width=40)
    ImageDraw.Draw(drawn).line((150, 440, 500, 440), fill="black", width=40)
    save(drawn, tmp_path / "sent")
    strokes = found(tmp_path / "sent", saved(base, tmp_path / "v1.png"))
    assert strokes and strokes.box == pytest.approx((130, 380, 520, 460), abs=25)


@pytest.mark.parametrize("size", [(1, 1), (900, 1), (1, 900), (5, 7)])
def test_a_tiny_picture_comes_from_none_and_has_none(size: tuple[int, int], tmp_path: Path) -> None:
    tiny = saved(Image.new("RGB", size, "red"), tmp_path / "tiny.png")
    usual = saved(picture("coffee"), tmp_path / "v1.png")
    assert found(tiny, usual) is None
    assert found(usual, tiny) is None


def test_there_may_be_no_candidate(tmp_path: Path) -> None:
    assert found(saved(picture("coffee"), tmp_path / "sent.png")) is None


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_broken_file_is_refused_with_one_sentence(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(data)
    with pytest.raises(BadAttachment, match=r"[Ss]end"):
        found(tmp_path / "sent", saved(picture("coffee"), tmp_path / "v1.png"))
    assert not (tmp_path / "mask.png").exists()


# ── Helpers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def found(sent: Path, *candidates: Path) -> Strokes | None:
    return find_strokes(sent, candidates, sent.parent / "mask.png", sent.parent / "markup.png")


def through_chat(image: Image.Image, path: Path, chance: random.Random) -> Path:
    """Resized to 40–100 % and recompressed at quality 40–90, as chats do."""
    scale, quality = chance.uniform(0.4, 1), chance.randint(40, 90)
    kernel = chance.choice([Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX])
    small = image.resize((round(image.width * scale), round(image.height * scale)), kernel)
    small.save(path, chance.choice(["JPEG", "JPEG", "WEBP"]), quality=quality)
    return path


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path, compress_level=1)
    return path


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.copy()


def on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def marked(folder: Path) -> Mask:
    return np.asarray(np.asarray(opened(folder / "mask.png").getchannel("A")) == 0, dtype=bool)


def inked(folder: Path) -> Mask:
    return np.asarray(np.asarray(opened(folder / "markup.png").getchannel("A")) > 127, dtype=bool)


def meant(where: Mask, kind: str) -> Mask:
    """The drawn pixels themselves; of a circle also what it surrounds, though it lacks a little to be closed."""
    if kind != "circle":
        return where
    closed = ndimage.binary_closing(np.pad(where, 60), disc(16))[60:-60, 60:-60]
    filled: Mask = np.logical_or(ndimage.binary_fill_holes(closed), where)
    return filled


@cache
def disc(radius: int) -> Mask:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(x * x + y * y <= radius * radius, dtype=bool)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))
