"""Contact sheets: any number of pictures of any shape on one, in their order, each under its label."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageColor

from bot.errors import BadAttachment, BadInput
from bot.sheets import MAX_EDGE, MOST, contact_sheet

COLOURS = ["red", "green", "blue", "orange", "purple", "teal"]


def picture(folder: Path, index: int, size: tuple[int, int] = (300, 200), mode: str = "RGB") -> Path:
    path = folder / f"{index}.png"
    Image.new(mode, size, COLOURS[index % len(COLOURS)]).save(path)
    return path


def sheet_of(folder: Path, paths: list[Path]) -> Image.Image:
    out = folder / "sheet.jpg"
    found = contact_sheet(paths, out, labels=[str(number) for number in range(1, len(paths) + 1)])
    with Image.open(out) as image:
        assert image.size == (found.width, found.height)
        assert found.media_type == "image/jpeg"
        return image.convert("RGB")


def runs(line: list[str]) -> list[str]:
    """The colours met along a line, each once."""
    return [one for index, one in enumerate(line) if one and (index == 0 or line[index - 1] != one)]


def tone(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return tuple(int(one) for one in pixel)


def nearest(pixel: tuple[int, ...]) -> str:
    if min(pixel) > 200:
        return ""
    table = {name: ImageColor.getrgb(name) for name in COLOURS}
    far = {name: sum(abs(a - b) for a, b in zip(pixel, table[name], strict=True)) for name in COLOURS}
    close = min(far, key=far.__getitem__)
    return close if far[close] < 60 else ""


def test_the_pictures_stand_in_rows_in_their_order(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, [picture(tmp_path, index) for index in range(6)])
    lines = range(0, sheet.height, 10)
    found = [runs([nearest(tone(sheet, x, y)) for x in range(0, sheet.width, 3)]) for y in lines]
    rows: list[str] = []
    for row in found:
        if row and row != rows[-len(row) :]:
            rows += row
    assert rows == COLOURS


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12, 13, 40, MOST])
@pytest.mark.parametrize("size", [(1600, 1600), (3000, 200), (200, 3000), (1, 1)])
def test_any_number_of_any_shape_stays_within_bounds(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    one = picture(tmp_path, 0, size)
    sheet = sheet_of(tmp_path, [one] * count)
    assert max(sheet.size) <= MAX_EDGE
    reds = [pixel for _, pixel in sheet.getcolors(maxcolors=2**24) or [] if isinstance(pixel, tuple)]
    assert "red" in {nearest(pixel) for pixel in reds}


def test_every_shape_is_seen_whole_among_others(tmp_path: Path) -> None:
    sizes = [(900, 300), (300, 900), (600, 600), (40, 40)]
    paths = [picture(tmp_path, index, size) for index, size in enumerate(sizes)]
    sheet = sheet_of(tmp_path, paths)
    for index, (width, height) in enumerate(sizes):
        tone = Image.new("RGB", sheet.size, COLOURS[index])
        near = ImageChops.difference(sheet, tone).convert("L").point(lambda value: 255 if value < 12 else 0)
        box = near.getbbox()
        assert box
        assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(width / height, rel=0.06)


def test_what_can_be_seen_through_is_white(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    clear = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (100, 100, 300, 300))
    clear.save(path)
    sheet = sheet_of(tmp_path, [path])
    assert min(tone(sheet, sheet.width // 2, sheet.height - 60)) > 245
    assert nearest(tone(sheet, sheet.width // 2, sheet.height // 2 + 10)) == "red"


def test_labels_are_dark_on_white_above_their_picture_and_within_its_width(tmp_path: Path) -> None:
    path, out = picture(tmp_path, 2, (400, 400)), tmp_path / "sheet.jpg"
    contact_sheet([path, path], out, labels=["1", "v12 · a very long \u202e\n\0 label " * 20])
    with Image.open(out) as image:
        band = image.convert("L").crop((0, 0, image.width, 50))
    dark = [x for x in range(band.width) if min(band.crop((x, 0, x + 1, 50)).tobytes()) < 100]
    half = band.width // 2
    assert [x for x in dark if x < half]
    assert max(dark) < band.width - 16
    assert not [x for x in dark if half - 4 < x < half + 4], "a gap stays between labels"


def test_damaged_and_hostile_files_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(BadAttachment):
        contact_sheet([picture(tmp_path, 0), bad], tmp_path / "out.jpg", labels=["1", "2"])


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_none_and_too_many_are_refused_in_one_sentence(tmp_path: Path, count: int) -> None:
    with pytest.raises(BadInput, match="1 to 64"):
        contact_sheet([tmp_path / "x.png"] * count, tmp_path / "out.jpg", labels=["1"] * count)


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [picture(tmp_path, index) for index in range(5)]
    first = contact_sheet(paths, tmp_path / "a.jpg", labels=list("12345"))
    assert contact_sheet(paths, tmp_path / "b.jpg", labels=list("12345")) == first
