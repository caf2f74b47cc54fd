"""A contact sheet: several pictures on one, each under its label.

Synchronous, from file to file; callers run it in a thread. It takes what `pictures.thumbnail` takes.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot import pictures
from bot.errors import BadInput

MOST = 64  # pictures; more would be too small to tell apart
MAX_EDGE = 2400  # pixels of the sheet

_GAP = 16
_SMALLEST = 160  # a cell's long edge; tiny pictures are enlarged to it
_WIDEST = 2.5  # of a cell, width to height; a panorama gets a cell of this shape, and room above and below
_PAPER, _INK, _HAIRLINE = "#ffffff", "#222222", "#dddddd"
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def contact_sheet(paths: Sequence[Path], out: Path, *, labels: Sequence[str]) -> pictures.Picture:
    """Write a JPEG with all pictures in their order, row by row, on white; the longest edge is at most 2400 px.

    One picture is decoded at a time. Raises `BadInput` for none or more than 64, `BadAttachment` for a file that is
    no picture; trouble with writing comes through as `OSError`.
    """
    if not 1 <= len(paths) <= MOST:
        raise BadInput(f"{len(paths)} pictures do not go on one sheet; it takes 1 to {MOST}.")
    with tempfile.TemporaryDirectory(prefix="retouch-sheet-") as folder:
        edge = math.ceil(MAX_EDGE / math.isqrt(len(paths)))
        small = [Path(folder) / f"{index}.webp" for index in range(len(paths))]
        sizes = []
        for path, copy in zip(paths, small, strict=True):
            picture = pictures.thumbnail(path, copy, edge)
            sizes.append((picture.width, picture.height))
        _drawn(small, labels, _grid_for(sizes)).save(out, "JPEG", quality=90)
    return pictures.inspect(out)


@dataclass(frozen=True, slots=True)
class _Grid:
    columns: int
    rows: int
    cell: tuple[int, int]  # pixels, without the label
    band: int  # pixels that a label takes above its picture

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.cell
        return (self.columns * (width + _GAP) + _GAP, self.rows * (height + self.band + _GAP) + _GAP)

    def corner(self, index: int) -> tuple[int, int]:
        row, column = divmod(index, self.columns)
        return _GAP + column * (self.cell[0] + _GAP), _GAP + row * (self.cell[1] + self.band + _GAP)


def _grid_for(sizes: Sequence[tuple[int, int]]) -> _Grid:
    """The grid with the largest cells that fits; cells have the shape of most pictures."""
    ratio = min(_WIDEST, max(1 / _WIDEST, statistics.median(width / height for width, height in sizes)))
    largest = max(_SMALLEST, *(max(size) for size in sizes), 0)
    grids = [_grid(columns, len(sizes), ratio, largest) for columns in range(1, len(sizes) + 1)]
    return max(grids, key=lambda grid: (grid.cell[0], -abs(grid.size[0] - grid.size[1])))


def _grid(columns: int, count: int, ratio: float, largest: int) -> _Grid:
    rows = -(-count // columns)
    wide = (MAX_EDGE - _GAP) / columns - _GAP
    high = (MAX_EDGE - _GAP) / rows - _GAP
    band = _type_size(high) * 3 // 2
    width = min(wide, (high - band) * ratio, largest * min(1.0, ratio))
    cell = (max(1, math.floor(width)), max(1, math.floor(width / ratio)))
    return _Grid(columns, rows, cell, band)


def _type_size(height: float) -> int:
    return min(44, max(16, int(height) // 10))


def _drawn(paths: Sequence[Path], labels: Sequence[str], grid: _Grid) -> Image.Image:
    sheet = Image.new("RGB", grid.size, _PAPER)
    draw, size = ImageDraw.Draw(sheet), grid.band * 2 // 3
    font = ImageFont.load_default(size=size)
    for index, (path, label) in enumerate(zip(paths, labels, strict=True)):
        x, y = grid.corner(index)
        draw.text((x, y + size), _fitting(label, font, grid.cell[0]), fill=_INK, font=font, anchor="ls")
        with Image.open(path, formats=("WEBP",)) as image:
            picture = _on_paper(ImageOps.contain(image, grid.cell))
        left, top = x + (grid.cell[0] - picture.width) // 2, y + grid.band + (grid.cell[1] - picture.height) // 2
        sheet.paste(picture, (left, top))
        draw.rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=_HAIRLINE)
    return sheet


def _on_paper(image: Image.Image) -> Image.Image:
    """What can be seen through is white."""
    if image.mode == "RGB":
        return image
    clear = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _PAPER)
    paper.paste(clear, (0, 0), clear)
    return paper


def _fitting(label: str, font: _Font, width: int) -> str:
    """A label as it can be drawn: one line, printable, within `width` pixels."""
    whole = "".join(char for char in " ".join(label[:200].split()) if char.isprintable())[:40]
    texts = (whole, *(f"{whole[:length]}…" for length in range(len(whole) - 1, 0, -1)))
    return next((text for text in texts if font.getlength(text) <= width), "")
