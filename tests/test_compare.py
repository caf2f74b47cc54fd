"""Two versions of a picture: what changed is found, framed, coloured and shown in turns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from bot import compare
from bot.errors import BadAttachment

LABELS = ("v2", "v5")
Pixel = tuple[int, int, int]


def photo(size: tuple[int, int] = (300, 200), *, grain: int = 0) -> Image.Image:
    """A landscape with a house and a sign; at will with the grain of a sensor."""
    w, h = size
    sky = Image.linear_gradient("L").resize(size)
    image = Image.merge("RGB", [sky.point(lambda v, low=low: low + v * 0.4) for low in (70, 110, 150)])
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, h), (0, h * 0.6), (w * 0.4, h * 0.45), (w, h * 0.7), (w, h)], fill="#3c6a44")
    draw.rectangle((w * 0.2, h * 0.5, w * 0.4, h * 0.8), fill="#e8d9b8")
    draw.polygon([(w * 0.17, h * 0.5), (w * 0.3, h * 0.35), (w * 0.43, h * 0.5)], fill="#a33b2a")
    draw.text((w * 0.22, h * 0.55), "CAFE", fill="#333333", font=ImageFont.load_default(size=h * 0.06))
    return ImageChops.add(image, Image.merge("RGB", [Image.effect_noise(size, grain)] * 3), 1, -128)


def painted(image: Image.Image, *boxes: tuple[float, float, float, float], colour: str = "#ff00ff") -> Image.Image:
    """A copy with rectangles over it, given as fractions."""
    result = image.copy()
    for left, top, right, bottom in boxes:
        w, h = image.size
        ImageDraw.Draw(result).rectangle((left * w, top * h, right * w - 1, bottom * h - 1), fill=colour)
    return result


def saved(path: Path, image: Image.Image) -> Path:
    image.save(path, compress_level=1, quality=75)  # one for PNG, one for JPEG
    return path


def near(box: tuple[float, float, float, float]) -> object:
    return pytest.approx(box, abs=0.03)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.copy()


def at(image: Image.Image, x: float, y: float) -> Pixel:
    """The colour at a place given in fractions."""
    pixel = image.convert("RGB").getpixel((min(int(x * image.width), image.width - 1), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel[0], pixel[1], pixel[2]


def compared(tmp_path: Path, before: Image.Image, after: Image.Image) -> compare.Comparison:
    """Both ways of comparing, which must find the same."""
    one, other = saved(tmp_path / "before.png", before), saved(tmp_path / "after.png", after)
    framed = compare.side_by_side(one, other, tmp_path / "side.png", labels=LABELS)
    heated = compare.heat_map(one, other, tmp_path / "heat.png")
    for name, found in (("side", framed), ("heat", heated)):
        assert opened(tmp_path / f"{name}.png").size == found.size
        assert max(found.size) <= compare.MAX_EDGE
    assert (framed.changed, framed.boxes) == (heated.changed, heated.boxes)
    return framed


def orange(image: Image.Image) -> int:
    """How many pixels have exactly the colour of a frame."""
    return image.convert("RGB").tobytes("raw", "RGBX").count(b"\xff\x6a\x00\xff")


def coloured(image: Image.Image) -> int:
    """How many pixels are not grey."""
    saturation = image.convert("HSV").getchannel("S").histogram()
    return sum(saturation[40:])


def frames(path: Path) -> list[Image.Image]:
    with Image.open(path) as image:
        result = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            result.append(image.convert("RGB"))
    return result


def test_a_picture_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = compared(tmp_path, photo(grain=12), photo(grain=12))
    assert found.changed < 0.005, "another grain is not a change"
    found = compared(tmp_path, image := photo(), image)
    assert (found.changed, found.boxes) == (0.0, ())
    assert orange(opened(tmp_path / "side.png")) == 0
    assert coloured(opened(tmp_path / "heat.png")) == 0


@pytest.mark.parametrize(
    "box", [(0.25, 0.3, 0.5, 0.6), (0.0, 0.0, 0.2, 0.2), (0.7, 0.05, 0.98, 0.95), (0.513, 0.487, 0.553, 0.547)]
)
def test_a_repainted_rectangle_is_measured_and_framed(tmp_path: Path, box: tuple[float, float, float, float]) -> None:
    before = photo((300, 400))
    found = compared(tmp_path, before, painted(before, box))
    assert found.changed == pytest.approx((box[2] - box[0]) * (box[3] - box[1]), abs=0.01)
    assert len(found.boxes) == 1
    assert found.boxes[0] == near(box)
    assert orange(opened(tmp_path / "side.png")) > 100


def test_a_frame_is_drawn_in_both_pictures(tmp_path: Path) -> None:
    before = Image.new("RGB", (500, 600), "#224466")
    compared(tmp_path, before, painted(before, (0.4, 0.4, 0.6, 0.6)))
    sheet = opened(tmp_path / "side.png")
    left, right = (orange(sheet.crop((x, 0, x + sheet.width // 2, sheet.height))) for x in (0, sheet.width // 2))
    assert left == right > 500


def test_a_heat_map_is_red_where_much_changed_yellow_where_little_and_grey_elsewhere(tmp_path: Path) -> None:
    before = Image.new("RGB", (400, 400), "#405060")
    after = painted(before, (0.1, 0.1, 0.3, 0.3), colour="#ffffff")
    compared(tmp_path, before, painted(after, (0.6, 0.6, 0.8, 0.8), colour="#607080"))
    heat = opened(tmp_path / "heat.png")
    much, little, nothing = at(heat, 0.2, 0.2), at(heat, 0.7, 0.7), at(heat, 0.2, 0.8)
    assert much[0] > 180 > 90 > much[1]
    assert min(little[:2]) > 180 > 90 > little[2]
    assert nothing[0] == nothing[1] == nothing[2]


def test_two_changes_far_apart_get_a_frame_each_the_larger_first(tmp_path: Path) -> None:
    before, small, large = photo(), (0.05, 0.1, 0.15, 0.2), (0.6, 0.6, 0.9, 0.9)
    found = compared(tmp_path, before, painted(before, small, large))
    assert list(found.boxes) == [near(large), near(small)]
    assert [compare.where(box) for box in found.boxes] == ["bottom right", "top left"]


def test_neighbouring_changes_share_a_frame(tmp_path: Path) -> None:
    before = photo()
    found = compared(tmp_path, before, painted(before, (0.3, 0.3, 0.39, 0.5), (0.425, 0.3, 0.5, 0.5)))
    assert list(found.boxes) == [near((0.3, 0.3, 0.5, 0.5))]


def test_frames_never_cross(tmp_path: Path) -> None:
    before = photo((240, 240))
    corner = [(0.1, 0.1, 0.9, 0.15), (0.1, 0.1, 0.15, 0.9)]  # an L …
    found = compared(tmp_path, before, painted(before, *corner, (0.5, 0.5, 0.6, 0.6)))  # … around a square
    assert list(found.boxes) == [near((0.1, 0.1, 0.9, 0.9))]


def test_specks_get_no_frame(tmp_path: Path) -> None:
    before = Image.new("RGB", (480, 480), "#202020")
    dotted = before.copy()
    ImageDraw.Draw(dotted).point([(x, y) for x in range(25, 480, 60) for y in range(25, 480, 60)], fill="#e8e8e8")
    found = compared(tmp_path, before, dotted)
    assert 0 < found.changed < 0.01
    assert found.boxes == ()
    large = (0.5, 0.5, 0.95, 0.95)
    found = compared(tmp_path, before, painted(before, large, (0.1, 0.1, 0.115, 0.115)))
    assert list(found.boxes) == [near(large)], "next to a large change a tiny one says nothing"


def test_of_many_changes_the_six_largest_are_framed(tmp_path: Path) -> None:
    before = photo((300, 300))
    spots = [(0.05 + x * 0.25, 0.05 + y * 0.3, 0.09 + x * 0.25 + y * 0.03, 0.1 + y * 0.32)
             for x in range(4) for y in range(3)]  # fmt: skip
    found = compared(tmp_path, before, painted(before, *spots))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in found.boxes]
    assert len(areas) == compare.MAX_BOXES
    assert areas == sorted(areas, reverse=True)
    assert min(areas) > 0.003, "the four smallest have 0.002"


@pytest.mark.parametrize("quality", [60, 75, 92])
def test_saving_as_jpeg_is_no_change(tmp_path: Path, quality: int) -> None:
    before = photo(grain=12)
    before.save(tmp_path / "again.jpg", quality=quality)
    assert compared(tmp_path, before, opened(tmp_path / "again.jpg")).changed < 0.005


def test_only_what_is_visible_counts(tmp_path: Path) -> None:
    before = Image.new("RGB", (100, 100), (100, 100, 100))
    for colour, changed in (((124, 100, 100), 0.0), ((100, 100, 125), 1.0), ((100, 75, 100), 1.0)):
        assert compared(tmp_path, before, Image.new("RGB", (100, 100), colour)).changed == changed


def test_another_size_is_no_change(tmp_path: Path) -> None:
    large = photo((453, 302), grain=12)
    for pair in ((large, large.resize((300, 200))), (large.resize((151, 101)), large)):
        found = compared(tmp_path, *pair)
        assert (found.changed < 0.005, found.boxes) == (True, ())


def test_a_change_is_found_across_sizes(tmp_path: Path) -> None:
    before, box = photo((600, 400)), (0.5, 0.2, 0.7, 0.5)
    assert list(compared(tmp_path, before, painted(before, box).resize((300, 200))).boxes) == [near(box)]


def test_another_shape_is_a_change_of_everything_and_both_are_shown_whole(tmp_path: Path) -> None:
    wide = painted(Image.new("RGB", (600, 400), "#224466"), (0, 0, 0.1, 1), (0.9, 0, 1, 1), colour="#00ff00")
    square = wide.crop((100, 0, 500, 400))
    for pair in ((wide, square), (square, wide)):
        found = compared(tmp_path, *pair)
        assert (found.changed, found.boxes) == (1.0, ()), "what both show is the same"
        sheet = opened(tmp_path / "side.png")
        green = sum(sheet.getpixel((x, sheet.height // 2)) == (0, 255, 0) for x in range(sheet.width))
        assert green == pytest.approx(120, abs=4)


def test_a_box_is_a_part_of_the_after_picture(tmp_path: Path) -> None:
    wide = photo((300, 200))
    square = wide.crop((50, 0, 250, 200))
    changed = (0.45, 0.4, 0.55, 0.6)  # of the wide one, so 0.425 to 0.575 of the square
    assert list(compared(tmp_path, square, painted(wide, changed)).boxes) == [near(changed)]
    narrow = painted(wide, changed).crop((50, 0, 250, 200))
    assert list(compared(tmp_path, wide, narrow).boxes) == [near((0.425, 0.4, 0.575, 0.6))]


def test_a_slightly_other_shape_is_compared_where_both_are(tmp_path: Path) -> None:
    before = photo((300, 200))
    assert compared(tmp_path, before, before.crop((3, 0, 297, 200))).changed < 0.005
    assert compared(tmp_path, before, before.crop((10, 0, 290, 200))).changed == 1.0


def test_what_can_be_seen_through_is_shown_on_a_checkerboard(tmp_path: Path) -> None:
    before = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    after = painted(before, (0.6, 0.6, 0.9, 0.9), colour="#ffffff")
    found = compared(tmp_path, before, after)
    assert list(found.boxes) == [near((0.6, 0.6, 0.9, 0.9))], "white and clear are not the same"
    for name in ("side", "heat"):
        image = opened(tmp_path / f"{name}.png").convert("L")
        region = image.crop((40, 150, 200, 250))
        assert sum(count > region.width * region.height * 0.4 for count in region.histogram()) == 2


def test_colours_nobody_can_see_do_not_differ(tmp_path: Path) -> None:
    before, after = Image.new("RGBA", (90, 90), (255, 0, 0, 0)), Image.new("RGBA", (90, 90), (0, 255, 0, 0))
    assert compared(tmp_path, before, after).changed == 0.0
    assert compared(tmp_path, photo().convert("RGBA"), opened(tmp_path / "before.png")).changed == 1.0


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 900), (900, 1), (5000, 13)])
def test_pictures_of_any_size_can_be_compared(tmp_path: Path, size: tuple[int, int]) -> None:
    red, blue = Image.new("RGB", size, "red"), Image.new("RGB", size, "blue")
    assert compared(tmp_path, red, red).changed == 0.0
    assert compared(tmp_path, red, blue).boxes == ((0.0, 0.0, 1.0, 1.0),)
    assert compared(tmp_path, red, photo((80, 80))).changed == 1.0
    for suffix in ("gif", "webp"):
        out = tmp_path / f"flip.{suffix}"
        compare.flip(tmp_path / "before.png", tmp_path / "after.png", out, labels=LABELS)
        assert len(frames(out)) == 2


def test_wide_pictures_stand_above_each_other_others_side_by_side(tmp_path: Path) -> None:
    for size, stacked in (((390, 260), True), ((360, 270), False), ((180, 270), False)):
        width, height = compared(tmp_path, photo(size), photo(size)).size
        assert (height > 2 * size[1] and width < 2 * size[0]) is stacked
        assert (width > 2 * size[0] and height < 2 * size[1]) is not stacked


def run_apart(call: str, tmp_path: Path) -> tuple[int, float]:
    """The memory (bytes) a call takes on top of an idle interpreter, and its processor time (seconds)."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom bot import compare\n"
        "usage = lambda: resource.getrusage(resource.RUSAGE_SELF)\n"
        f"here, idle = Path(sys.argv[1]), usage()\n{call}\ndone = usage()\n"
        "print(done.ru_maxrss - idle.ru_maxrss, done.ru_utime + done.ru_stime - idle.ru_utime - idle.ru_stime)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    memory, seconds = run.stdout.split()
    return int(memory) * 1024, float(seconds)  # Linux counts kibibytes


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise")
def test_huge_pictures_take_little_memory_and_time(tmp_path: Path) -> None:
    before = photo((960, 540)).resize((3840, 2160))
    saved(tmp_path / "a.png", before)
    saved(tmp_path / "b.jpg", painted(before, (0.1, 0.1, 0.3, 0.3)))
    memory, seconds = run_apart(
        "compare.side_by_side(here / 'a.png', here / 'b.jpg', here / 'o.png', labels=('a', 'b'))", tmp_path
    )
    assert memory < 150_000_000
    assert seconds < 3


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_a_flip_shows_both_in_turns_for_ever(tmp_path: Path, suffix: str) -> None:
    before = photo((1080, 720))
    one, other = saved(tmp_path / "a.png", before), saved(tmp_path / "b.png", painted(before, (0.5, 0.5, 0.9, 0.9)))
    out = tmp_path / f"flip.{suffix}"
    picture = compare.flip(one, other, out, labels=LABELS)
    assert (picture.media_type, picture.width, picture.height) == (f"image/{suffix}", 1024, 683)
    assert picture.bytes == out.stat().st_size < 4_000_000
    first, second = frames(out)
    assert at(second, 0.7, 0.7)[0] > 220 > 40 > at(second, 0.7, 0.7)[1]
    assert at(first, 0.7, 0.7)[1] > 60
    with Image.open(out) as image:
        assert image.info["loop"] == 0
        image.seek(1)
        image.load()
        assert image.info["duration"] == 1000


def test_a_flip_of_noise_is_not_too_heavy(tmp_path: Path) -> None:
    """A quarter of the largest, so it may have a quarter of 4 MB."""
    noise = [Image.merge("RGB", [Image.effect_noise((512, 512), 99) for _ in "RGB"]) for _ in LABELS]
    one, other = (saved(tmp_path / f"{i}.png", image) for i, image in enumerate(noise))
    assert compare.flip(one, other, tmp_path / "flip.gif", labels=LABELS).bytes < 1_000_000


def test_what_stayed_does_not_glitter_when_it_flips(tmp_path: Path) -> None:
    before = photo(grain=12)
    one, other = saved(tmp_path / "a.png", before), saved(tmp_path / "b.png", painted(before, (0.6, 0.6, 0.9, 0.9)))
    compare.flip(one, other, tmp_path / "flip.gif", labels=LABELS)
    first, second = (frame.crop((90, 184, 300, 200)) for frame in frames(tmp_path / "flip.gif"))
    assert first.tobytes() == second.tobytes()


def test_a_flip_of_two_shapes_shows_each_whole_in_the_middle(tmp_path: Path) -> None:
    one = saved(tmp_path / "a.png", Image.new("RGB", (600, 400), "red"))
    other = saved(tmp_path / "b.png", Image.new("RGB", (400, 400), "blue"))
    compare.flip(one, other, tmp_path / "flip.gif", labels=LABELS)
    first, second = frames(tmp_path / "flip.gif")
    assert [at(first, x, 0.5)[0] > 200 > 50 > at(first, x, 0.5)[2] for x in (0.05, 0.5, 0.95)] == [True] * 3
    assert [min(at(second, x, 0.5)) > 240 for x in (0.05, 0.5, 0.95)] == [True, False, True]


HOSTILE = ["\x00\x07\x1b[31m\r\n", "W" * 1000, "\u202eשלום\u202c", "\u0301" * 500, "\ud800", "", "👩‍👩‍👧‍👦", "<b>&"]


@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_does_no_harm(tmp_path: Path, label: str) -> None:
    for size in ((300, 300), (3, 200)):
        path = saved(tmp_path / "a.png", Image.new("RGB", size, "#224466"))
        sheet = compare.side_by_side(path, path, tmp_path / "out.png", labels=(label, "v5"))
        calm = compare.side_by_side(path, path, tmp_path / "calm.png", labels=("v2", "v5"))
        assert sheet.size == calm.size
        half = sheet.size[0] // 2
        one, other = (opened(tmp_path / name).crop((half, 0, *sheet.size)) for name in ("out.png", "calm.png"))
        assert one == other, "it stays above its own picture"
        compare.flip(path, path, tmp_path / "flip.gif", labels=(label, "v5"))
        assert frames(tmp_path / "flip.gif")[0].width == max(size[0] if size[0] > 3 else 0, 160)


def test_of_a_label_only_twenty_printable_characters_are_drawn(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (300, 360)))

    def drawn(label: str) -> bytes:
        compare.side_by_side(path, path, tmp_path / "out.png", labels=(label, "v5"))
        return opened(tmp_path / "out.png").tobytes()

    assert drawn("v2\x00\x1b\u202e\u200b") == drawn("v2") != drawn("v3")
    assert drawn("a" * 1000) == drawn("a" * 20) != drawn("a" * 19)
    assert drawn("two\n\t words ") == drawn("two words")


def test_labels_stand_on_white_above_the_pictures(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (900, 1000)))
    compare.side_by_side(path, path, tmp_path / "out.png", labels=("v2", ""))
    band = opened(tmp_path / "out.png").crop((0, 0, 1800, 60)).convert("L")
    assert band.getextrema() == (0x44, 255)
    assert band.crop((200, 0, *band.size)).getextrema() == (255, 255), "there is one label, on the left"


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    good, bad, out = saved(tmp_path / "a.png", photo()), tmp_path / "b.png", tmp_path / "out.png"
    bad.write_text("hello")
    for pair in ((good, bad), (bad, good), (good, tmp_path / "gone.png")):
        with pytest.raises(BadAttachment):
            compare.side_by_side(*pair, out, labels=LABELS)
        with pytest.raises(BadAttachment):
            compare.heat_map(*pair, out)
        with pytest.raises(BadAttachment):
            compare.flip(*pair, out, labels=LABELS)
    assert not out.exists()


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0.0, 0.0, 0.2, 0.2), "top left"), ((0.4, 0.0, 0.6, 0.2), "top"), ((0.8, 0.0, 1.0, 0.2), "top right"),
        ((0.0, 0.4, 0.2, 0.6), "left"), ((0.4, 0.4, 0.6, 0.6), "centre"), ((0.8, 0.4, 1.0, 0.6), "right"),
        ((0.0, 0.8, 0.2, 1.0), "bottom left"), ((0.4, 0.8, 0.6, 1.0), "bottom"),
        ((0.8, 0.8, 1.0, 1.0), "bottom right"), ((0.0, 0.0, 0.5, 0.5), "top left"),
        ((0.0, 0.0, 0.5, 1.0), "the left half"), ((0.48, 0.02, 1.0, 0.97), "the right half"),
        ((0.0, 0.0, 1.0, 0.5), "the top half"), ((0.05, 0.45, 0.9, 1.0), "the bottom half"),
        ((0.0, 0.0, 0.1, 1.0), "the left edge"), ((0.85, 0.0, 1.0, 1.0), "the right edge"),
        ((0.0, 0.0, 1.0, 0.2), "the top edge"), ((0.0, 0.9, 1.0, 1.0), "the bottom edge"),
        ((0.0, 0.4, 1.0, 0.6), "across the middle"), ((0.35, 0.0, 0.65, 1.0), "down the middle"),
        ((0.15, 0.15, 0.85, 0.85), "centre"), ((0.05, 0.05, 0.95, 0.95), "everywhere"),
        ((0.0, 0.0, 1.0, 1.0), "everywhere"), ((0.5, 0.5, 0.5, 0.5), "centre"),
    ],
)  # fmt: skip
def test_a_region_has_a_name(box: tuple[float, float, float, float], words: str) -> None:
    assert compare.where(box) == words
