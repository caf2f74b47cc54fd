"""What was not marked stays as it was, however wildly a model repaints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFilter, ImageOps, ImageStat

from bot import pictures
from bot.errors import BadAttachment
from bot.locking import Locked, lock_outside

Box = tuple[int, int, int, int]


@cache
def photo(size: tuple[int, int] = (400, 300), seed: int = 1) -> Image.Image:
    """Light and shade, shapes of many sizes, writing, and the grain of a camera."""
    random = Random(seed)
    shade = Image.linear_gradient("L").point(lambda v: 40 + v // 2)
    image = Image.merge("RGB", [shade.rotate(turn).resize(size) for turn in (0, 90, 180)])
    draw = ImageDraw.Draw(image)
    for _ in range(size[0] * size[1] // 1500):
        x, y, r = random.randrange(size[0]), random.randrange(size[1]), random.randrange(3, 30)
        colour = tuple(random.randrange(30, 225) for _ in "rgb")
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)((x, y, x + r, y + r * 2 // 3), fill=colour)
    draw.text((size[0] // 10, size[1] // 3), "Bakery & Tea", fill=(250, 245, 230), font_size=max(12, size[1] // 8))
    grain = Image.effect_noise(size, 6)
    soft = image.filter(ImageFilter.GaussianBlur(0.8))
    return ImageChops.add(soft, Image.merge("RGB", [grain] * 3), 1, -128)


@cache
def noise(size: tuple[int, int], mode: str = "RGB", seed: int = 7) -> Image.Image:
    return Image.frombytes(mode, size, Random(seed).randbytes(size[0] * size[1] * len(mode)))


def mask(size: tuple[int, int], boxes: Iterable[Box]) -> Image.Image:
    """Transparent within the boxes; both of their corners belong to them."""
    return Image.merge("RGBA", [Image.new("L", size)] * 3 + [beyond(size, boxes, 0)])


class Bench:
    """A folder with a parent, a drawn picture and a mask, and what comes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out.png"

    def lock(self, *given: Image.Image, feather: int | None = None, format_: str = "PNG", quality: int = 90) -> Locked:
        self.write(*given, format_=format_, quality=quality)
        locked = self.run(feather)
        assert locked is not None
        return locked

    def write(self, *given: Image.Image, format_: str = "PNG", quality: int = 90) -> None:
        """Parent, drawn and mask; only the drawn picture comes in other formats."""
        for name, image, kind in zip(("parent.png", "drawn", "mask.png"), given, ("PNG", format_, "PNG"), strict=True):
            image.save(self.folder / name, kind, quality=quality, compress_level=1)

    def run(self, feather: int | None = None) -> Locked | None:
        parent, drawn, marks = (self.folder / name for name in ("parent.png", "drawn", "mask.png"))
        return lock_outside(parent, drawn, marks, self.out, feather=feather)

    @property
    def result(self) -> Image.Image:
        with Image.open(self.out) as image:
            return image.copy()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def beyond(size: tuple[int, int], boxes: Iterable[Box], feather: int) -> Image.Image:
    """255 at every pixel that is more than `feather` off every box."""
    far = Image.new("L", size, 255)
    for left, top, right, bottom in boxes:
        far.paste(0, (left - feather, top - feather, right + feather + 1, bottom + feather + 1))
    return far


def differing(one: Image.Image, other: Image.Image, where: Image.Image) -> int:
    """How many pixels of `where` differ in any channel, by however little."""
    assert (one.mode, one.size) == (other.mode, other.size)
    most = Image.new("L", one.size)
    for a, b in zip(one.split(), other.split(), strict=True):
        most = ImageChops.lighter(most, ImageChops.difference(a, b))
    return sum(ImageChops.darker(most.point(lambda v: 255 if v else 0), where).histogram()[1:])


def inside(size: tuple[int, int], boxes: Iterable[Box]) -> Image.Image:
    return ImageChops.invert(beyond(size, boxes, 0))


def check_locked(bench: Bench, parent: Image.Image, drawn: Image.Image, boxes: list[Box], feather: int = 5) -> None:
    """Beyond the feather all is the parent's, within the boxes all is drawn."""
    assert differing(bench.result, parent, beyond(parent.size, boxes, feather)) == 0
    assert differing(bench.result, drawn, inside(parent.size, boxes)) == 0


ISLANDS = {
    "in the middle": [(100, 80, 220, 200)],
    "in the corner": [(0, 0, 60, 60)],
    "along an edge": [(340, 0, 399, 299)],
    "one pixel": [(200, 150, 200, 150)],
    "many": [(x, y, x + 7, y + 5) for x in range(5, 390, 60) for y in range(5, 290, 50)],
}


@pytest.mark.parametrize("boxes", ISLANDS.values(), ids=ISLANDS)
@pytest.mark.parametrize("feather", [None, 0, 17])
def test_a_model_that_scribbles_everywhere_changes_nothing_outside(
    bench: Bench, boxes: list[Box], feather: int | None
) -> None:
    parent, drawn = photo(), noise((400, 300))
    locked = bench.lock(parent, drawn, mask(parent.size, boxes), feather=feather)
    reach = 5 if feather is None else feather
    check_locked(bench, parent, drawn, boxes, reach)
    assert locked.drift > 0.98
    assert locked.shift == (0, 0)


@pytest.mark.parametrize("feather", [1, 2, 3, 250, 600])
def test_beyond_a_feather_of_any_width_all_is_kept(bench: Bench, feather: int) -> None:
    parent, drawn, boxes = photo(), noise((400, 300)), [(200, 150, 200, 150)]
    bench.lock(parent, drawn, mask(parent.size, boxes), feather=feather)
    check_locked(bench, parent, drawn, boxes, feather)


def test_the_feather_falls_evenly_from_the_mask_to_its_end(bench: Bench) -> None:
    white, black = Image.new("RGB", (200, 100), "white"), Image.new("RGB", (200, 100))
    bench.lock(black, white, mask(black.size, [(0, 0, 99, 99)]), feather=20)
    row = [bench.result.getpixel((x, 50))[0] for x in range(200)]  # type: ignore[index]
    assert row == sorted(row, reverse=True)
    assert row[99] == 255 and row[120] == 0
    assert 100 < row[109] < 155
    assert max(a - b for a, b in pairwise(row)) < 30


@pytest.mark.parametrize(("size", "reach"), [((100, 80), 4), ((1000, 500), 12), ((6000, 20), 48)])
def test_the_feather_grows_with_the_picture(bench: Bench, size: tuple[int, int], reach: int) -> None:
    white, black = Image.new("RGB", size, "white"), Image.new("RGB", size)
    bench.lock(black, white, mask(size, [(0, 0, 9, size[1] - 1)]))
    row = [bench.result.getpixel((x, 5))[0] for x in range(80)]  # type: ignore[index]
    assert reach - 3 <= max(x for x, value in enumerate(row) if value) - 9 <= reach


@pytest.mark.parametrize(("format_", "quality"), [("JPEG", 85), ("WEBP", 80)])
def test_what_a_lossy_picture_loses_is_put_back_and_is_little_drift(bench: Bench, format_: str, quality: int) -> None:
    parent, boxes = photo(), [(100, 80, 220, 200)]
    locked = bench.lock(parent, parent, mask(parent.size, boxes), format_=format_, quality=quality)
    assert differing(bench.result, parent, beyond(parent.size, boxes, 5)) == 0
    assert differing(bench.result, parent, inside(parent.size, boxes)) > 1000, "there the drawn picture is taken"
    assert locked.drift < 0.1
    assert locked.shift == (0, 0)


def test_an_untouched_outside_has_not_drifted(bench: Bench) -> None:
    parent, boxes = photo(), [(100, 80, 220, 200)]
    drawn = parent.copy()
    drawn.paste((200, 30, 30), (100, 80, 221, 201))
    locked = bench.lock(parent, drawn, mask(parent.size, boxes))
    assert (locked.drift, locked.shift, locked.picture) == (0.0, (0, 0), pictures.inspect(bench.out))
    assert differing(bench.result, drawn, inside(parent.size, boxes)) == 0


@pytest.mark.parametrize("share", [0.1, 0.37])
def test_drift_is_the_share_that_was_scribbled_over(bench: Bench, share: float) -> None:
    parent, box = photo(), (100, 80, 220, 200)
    far = beyond(parent.size, [box], 5)
    cells = [(x, y) for x in range(0, 400, 10) for y in range(0, 300, 10)]
    drawn, scribbled, contrary = parent.copy(), Image.new("L", parent.size), parent.point(lambda v: 255 * (v < 128))
    for x, y in Random(3).sample(cells, round(len(cells) * share)):
        drawn.paste(contrary.crop((x, y, x + 10, y + 10)), (x, y))
        scribbled.paste(255, (x, y, x + 10, y + 10))
    truth = ImageChops.darker(scribbled, far).histogram()[255] / far.histogram()[255]
    assert bench.lock(parent, drawn, mask(parent.size, [box])).drift == pytest.approx(truth, abs=0.01)


def moved(image: Image.Image, x: int, y: int) -> Image.Image:
    """Moved right and down; what comes in is grey."""
    result = Image.new(image.mode, image.size, (128, 128, 128))
    result.paste(image, (x, y))
    return result


@pytest.mark.parametrize("by", [(5, -3), (0, 4), (-8, 8), (-1, -1)])
@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_a_picture_that_was_moved_is_moved_back(bench: Bench, by: tuple[int, int], format_: str) -> None:
    parent, box = photo(), (150, 100, 250, 200)
    wanted = parent.copy()
    ImageDraw.Draw(wanted).ellipse(box, fill=(220, 60, 60))
    locked = bench.lock(parent, moved(wanted, *by), mask(parent.size, [box]), format_=format_)
    assert locked.shift == by
    assert locked.drift < (0.001 if format_ == "PNG" else 0.1)
    assert differing(bench.result, parent, beyond(parent.size, [box], 5)) == 0
    off = ImageStat.Stat(ImageChops.difference(bench.result, wanted).crop((150, 100, 251, 201))).mean
    assert max(off) < (0.01 if format_ == "PNG" else 6)


def test_a_move_is_seen_though_a_third_was_repainted_and_all_is_brighter(bench: Bench) -> None:
    parent = photo((900, 675))
    drawn = moved(parent, -17, 12).point(lambda v: min(255, v + 8))
    drawn.paste(photo((300, 675), seed=9), (0, 0))
    locked = bench.lock(parent, drawn, mask(parent.size, [(400, 200, 480, 260)]))
    assert locked.shift == (-17, 12)
    assert 0.25 < locked.drift < 0.4


def test_what_was_moved_out_is_mirrored_at_the_edge(bench: Bench) -> None:
    bench.lock(photo(), moved(photo(), 6, 0), mask((400, 300), [(300, 0, 399, 299)]))
    strip, beside = bench.result.crop((394, 0, 400, 300)), bench.result.crop((388, 0, 394, 300))
    assert differing(ImageOps.mirror(strip), beside, Image.new("L", strip.size, 255)) == 0


def stripes(size: tuple[int, int], step: int) -> Image.Image:
    image = Image.new("RGB", size, (200, 190, 170))
    for x in range(0, size[0], step):
        image.paste((60, 80, 120), (x, 0, x + step // 2, size[1]))
    return image


STILL = {
    "flat": (Image.new("RGB", (400, 300), "teal"), Image.new("RGB", (400, 300), "teal")),
    "noise on flat": (Image.new("RGB", (400, 300), "teal"), noise((400, 300))),
    "noise on noise": (noise((400, 300), seed=1), noise((400, 300), seed=2)),
    "another photo": (photo(), photo(seed=2)),
    "blurred": (photo(), photo().filter(ImageFilter.GaussianBlur(2))),
    "darker": (photo(), photo().point(lambda v: v * 3 // 4)),
    "stripes": (stripes((400, 300), 8), stripes((400, 300), 8)),
}


@pytest.mark.parametrize(("parent", "drawn"), STILL.values(), ids=STILL)
def test_no_move_is_invented(bench: Bench, parent: Image.Image, drawn: Image.Image) -> None:
    for format_, box in (("PNG", (150, 100, 250, 200)), ("JPEG", (0, 0, 399, 279))):
        assert bench.lock(parent, drawn, mask(parent.size, [box]), format_=format_).shift == (0, 0)


def test_a_move_that_explains_little_is_not_taken_for_one(bench: Bench) -> None:
    drawn = moved(photo(), 5, -3)
    drawn.paste(photo(seed=9).crop((0, 0, 360, 300)), (0, 0))
    assert bench.lock(photo(), drawn, mask(drawn.size, [(150, 100, 250, 200)])).shift == (0, 0)


def test_stripes_are_moved_across_and_not_along(bench: Bench) -> None:
    parent = stripes((400, 300), 40)
    grainy = ImageChops.add(moved(parent, 5, 0), Image.merge("RGB", [Image.effect_noise((400, 300), 8)] * 3), 1, -128)
    assert bench.lock(parent, grainy, mask(parent.size, [(150, 100, 250, 200)])).shift == (5, 0)


def gradient(size: tuple[int, int] = (400, 300)) -> Image.Image:
    bands = [Image.linear_gradient("L").rotate(turn).resize(size, Image.Resampling.BICUBIC) for turn in (0, 90, 0)]
    return Image.merge("RGB", [band.point(lambda v: 60 + v // 2) for band in bands])


def largest_step(image: Image.Image, box: Box) -> int:
    """Between neighbours, across and down."""
    left, top, right, bottom = box
    beside = [image.crop((left + x, top + y, right + x - 1, bottom + y - 1)) for x, y in ((0, 0), (1, 0), (0, 1))]
    steps = [ImageChops.difference(beside[0], other).getextrema() for other in beside[1:]]
    return max(int(high) for step in steps for _, high in step)  # type: ignore[misc]


def colour_distance(one: Image.Image, other: Image.Image) -> float:
    """Mean ΔE (CIE76): the Euclidean distance in Lab."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    data = [lab.tobytes() for image in (one, other) if (lab := ImageCms.applyTransform(image, to_lab))]
    total = 0.0
    for at in range(0, len(data[0]), 3):
        light = (data[0][at] - data[1][at]) * 100 / 255
        a, b = (((data[0][at + i] ^ 128) - (data[1][at + i] ^ 128)) for i in (1, 2))
        total += (light**2 + a**2 + b**2) ** 0.5
    return total / (len(data[0]) // 3)


@pytest.mark.parametrize("tone", [(6, 6, 6), (6, 0, -6), (-11, -11, -11)])
def test_a_shift_of_colour_leaves_no_seam(bench: Bench, tone: tuple[int, int, int]) -> None:
    parent, box = gradient(), (120, 90, 260, 200)
    curve = [min(255, max(0, level + by)) for by in tone for level in range(256)]
    bench.lock(parent, parent.point(curve), mask(parent.size, [box]))
    around = (100, 70, 280, 220)
    assert largest_step(bench.result, around) <= largest_step(parent, around) + 2
    assert colour_distance(bench.result.crop(around), parent.crop(around)) <= 2
    assert colour_distance(parent.point(curve).crop(around), parent.crop(around)) > 2, "else this shows nothing"


def test_a_change_of_contrast_leaves_no_seam(bench: Bench) -> None:
    parent, box = gradient(), (40, 40, 360, 260)
    drawn = parent.point(lambda v: round(124 + (v - 124) * 1.12))
    bench.lock(parent, drawn, mask(parent.size, [box]), feather=4)
    assert largest_step(bench.result, (0, 0, 400, 300)) <= largest_step(parent, (0, 0, 400, 300)) + 2
    assert colour_distance(bench.result, parent) < 1 < colour_distance(drawn, parent)


def test_new_light_or_new_grain_is_no_shift_of_colour(bench: Bench) -> None:
    flat, box = Image.new("RGB", (400, 300), (120, 130, 140)), (120, 90, 260, 200)
    grain = Image.merge("RGB", [Image.effect_noise((400, 300), 13)] * 3)
    bright = gradient().point(lambda v: min(255, v + 30))
    for parent, drawn in ((gradient(), bright), (flat, ImageChops.add(flat, grain, 1, -123))):
        bench.lock(parent, drawn, mask(parent.size, [box]))
        assert differing(bench.result, drawn, inside(parent.size, [box])) == 0


def test_a_transparent_parent_keeps_its_very_pixels(bench: Bench) -> None:
    parent, drawn, box = noise((400, 300), "RGBA"), noise((400, 300), "RGBA", seed=8), (100, 80, 220, 200)
    bench.lock(parent, drawn, mask(parent.size, [box]))
    assert bench.result.mode == "RGBA"
    check_locked(bench, parent, drawn, [box])


@pytest.mark.parametrize("modes", [("RGBA", "RGB"), ("RGB", "RGBA")])
def test_one_transparent_picture_makes_the_result_transparent(bench: Bench, modes: tuple[str, str]) -> None:
    parent, drawn, box = photo().convert(modes[0]), noise((400, 300), modes[1]), (100, 80, 220, 200)
    bench.lock(parent, drawn, mask(parent.size, [box]))
    check_locked(bench, parent.convert("RGBA"), drawn.convert("RGBA"), [box])


def test_colours_nobody_can_see_do_not_count_as_drift_nor_bleed_into_the_feather(bench: Bench) -> None:
    parent, drawn = Image.new("RGBA", (200, 200), (0, 255, 0, 0)), Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    drawn.paste((255, 0, 0, 255), (42, 42, 159, 159))
    locked = bench.lock(parent, drawn, mask(parent.size, [(50, 50, 150, 150)]), feather=12)
    assert locked.drift == 0.0
    assert 0 < bench.result.getpixel((156, 100))[3] < 255  # type: ignore[index]
    assert bench.result.getpixel((156, 100))[:2] == (255, 0)  # type: ignore[index]


@pytest.mark.parametrize("scale", [0.5, 0.77, 1.5, 2.0])
def test_a_picture_of_another_resolution_is_brought_to_the_parents(bench: Bench, scale: float) -> None:
    parent, box = photo(), (100, 80, 220, 200)
    drawn = parent.resize((round(400 * scale), round(300 * scale)), Image.Resampling.LANCZOS)
    locked = bench.lock(parent, drawn, mask(parent.size, [box]))
    assert bench.result.size == (locked.picture.width, locked.picture.height) == (400, 300)
    assert differing(bench.result, parent, beyond(parent.size, [box], 5)) == 0
    assert locked.drift < 0.01
    assert locked.shift == (0, 0)


def test_a_picture_of_another_shape_cannot_be_locked(bench: Bench) -> None:
    parent, marks = photo(), mask((400, 300), [(100, 80, 220, 200)])
    for size, fits in (((300, 300), False), ((420, 300), False), ((412, 300), True), ((400, 304), True)):
        bench.write(parent, parent.resize(size), marks)
        assert (bench.run() is not None, bench.out.exists()) == (fits, fits)


def test_where_all_may_change_the_drawn_picture_is_taken_as_it_is(bench: Bench) -> None:
    parent, drawn = photo(), photo(seed=5)
    locked = bench.lock(parent, drawn, mask(parent.size, [(0, 0, 399, 299)]))
    assert differing(bench.result, drawn, Image.new("L", parent.size, 255)) == 0
    assert (locked.drift, locked.shift) == (0.0, (0, 0))


@pytest.mark.parametrize("marks", [mask((400, 300), []), Image.new("RGB", (400, 300)), Image.new("L", (400, 300), 255)])
def test_where_nothing_may_change_nothing_does(bench: Bench, marks: Image.Image) -> None:
    parent = photo()
    assert bench.lock(parent, noise((400, 300)), marks).drift > 0.98
    assert differing(bench.result, parent, Image.new("L", parent.size, 255)) == 0


def test_a_half_transparent_mask_counts_by_its_alpha(bench: Bench) -> None:
    marks = Image.new("RGBA", (40, 40), (255, 255, 255, 128))
    marks.paste((255, 255, 255, 127), (0, 0, 10, 40))
    bench.lock(Image.new("RGB", (40, 40)), Image.new("RGB", (40, 40), "white"), marks, feather=0)
    assert bench.result.convert("L").getbbox() == (0, 0, 10, 40)


def test_even_a_single_pixel_can_be_locked(bench: Bench) -> None:
    for size, boxes, expected in (((1, 1), [(0, 0, 0, 0)], (9, 9, 9)), ((16, 16), [], (1, 2, 3))):
        bench.lock(Image.new("RGB", (1, 1), (1, 2, 3)), Image.new("RGB", size, (9, 9, 9)), mask((1, 1), boxes))
        assert (bench.result.size, bench.result.getpixel((0, 0))) == ((1, 1), expected)


@pytest.mark.parametrize("size", [(1, 60), (2, 2), (3, 200), (900, 1), (17, 5)])
def test_slivers_can_be_locked(bench: Bench, size: tuple[int, int]) -> None:
    parent, drawn = noise(size, seed=1), noise(size)
    bench.lock(parent, drawn, mask(size, [(0, 0, 0, 0)]), feather=0)
    check_locked(bench, parent, drawn, [(0, 0, 0, 0)], 0)


def test_a_mask_of_another_size_is_refused(bench: Bench) -> None:
    with pytest.raises(BadAttachment, match="200×150"):
        bench.lock(photo(), photo(), mask((200, 150), [(0, 0, 10, 10)]))


@pytest.mark.parametrize("broken", ["parent.png", "drawn", "mask.png"])
def test_what_cannot_be_decoded_is_said_so(bench: Bench, broken: str) -> None:
    bench.write(photo(), photo(), mask((400, 300), [(0, 0, 10, 10)]))
    path = bench.folder / broken
    for data in (path.read_bytes()[: path.stat().st_size // 2], b"hello", b""):
        path.write_bytes(data)
        with pytest.raises(BadAttachment):
            bench.run()
