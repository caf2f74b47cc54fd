"""Larger canvases: zoom out, pan, other shapes. The old pixels stay; a mask opens the new border to the model.

`plan` is arithmetic on pixels; `write_canvas` is synchronous, file to file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFilter

from bot import pictures
from bot.errors import BadInput
from bot.pictures import Picture
from bot.sizes import SizeRule, edges, nearest

ZOOMS = {"1.5": 1.5, "2": 2.0}
_PAN = 1.5  # a pan grows its side by half
_SHAPES = {"square": (1, 1), "wide": (16, 9), "tall": (9, 16)}
_SAME = 1.1  # a canvas this little larger than wished leaves the old pixels as they are
_LEAST_NEW = 1.02  # less than 2 % more canvas is nothing to extend


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canvas of `size` pixels with the old picture at `box` (left, top, right, bottom) on it."""

    size: tuple[int, int]
    box: tuple[int, int, int, int]


def plan(size: tuple[int, int], how: str, rule: SizeRule) -> Canvas:
    """The canvas for "zoom 2", "zoom 1.5", "pan left" (right, up, down), "square", "wide" or "tall".

    The old picture keeps its pixels unless the model cannot draw so much, or so little; then it is scaled. Raises
    `BadInput` where there is nothing to add, or the model's shapes do not allow it.
    """
    width, height = size
    wished = _wished(width, height, how)
    ratio = max(wished) / min(wished)
    if not rule.fixed and ratio > rule.max_ratio:
        raise BadInput(f"That would be too narrow; {rule.max_ratio:g}:1 is the most. Extend another side first.")
    if wished[0] * wished[1] < width * height * _LEAST_NEW:
        raise BadInput(f"The picture is {how} already; there is nothing to add.")
    canvas = edges(nearest(*wished, rule))
    if rule.fixed and how in _SHAPES and _off(canvas, how) >= _off(size, how) / _LEAST_NEW:
        raise BadInput(f"This model draws nothing more {how}; there is nothing to add.")
    scale = min(canvas[0] / wished[0], canvas[1] / wished[1])
    if 1 < scale < _SAME:
        scale = 1.0
    old = (max(1, min(canvas[0], round(width * scale))), max(1, min(canvas[1], round(height * scale))))
    left, top = _corner(canvas, old, how)
    return Canvas(canvas, (left, top, left + old[0], top + old[1]))


def _off(size: tuple[int, int], how: str) -> float:
    """How far a size is from a shape: the factor between the two ratios, 1.0 for none."""
    factor = size[0] * _SHAPES[how][1] / (size[1] * _SHAPES[how][0])
    return max(factor, 1 / factor)


def _wished(width: int, height: int, how: str) -> tuple[float, float]:
    word, _, value = how.partition(" ")
    if word == "zoom":
        return width * ZOOMS[value], height * ZOOMS[value]
    if word == "pan":
        return (width * _PAN, height) if value in ("left", "right") else (width, height * _PAN)
    across, down = _SHAPES[how]
    unit = max(width / across, height / down)
    return unit * across, unit * down


def _corner(canvas: tuple[int, int], old: tuple[int, int], how: str) -> tuple[int, int]:
    """Where the old picture goes: away from the side it is panned to, else the middle."""
    spare = (canvas[0] - old[0], canvas[1] - old[1])
    left, top = math.floor(spare[0] / 2), math.floor(spare[1] / 2)
    places = {"pan left": (spare[0], top), "pan right": (0, top), "pan up": (left, spare[1]), "pan down": (left, 0)}
    return places.get(how, (left, top))


def write_canvas(path: Path, canvas: Canvas, out: Path, mask: Path) -> tuple[Picture, Picture]:
    """Write the picture on its canvas, the border filled with its own blurred colours, and the API's mask for it.

    Raises `BadAttachment` when the picture cannot be read.
    """
    pictures.inspect(path, max_bytes=200_000_000)
    left, top, right, bottom = canvas.box
    with Image.open(path) as opened:
        old = opened.convert("RGBA" if "A" in opened.mode or "transparency" in opened.info else "RGB")
    if old.size != (right - left, bottom - top):
        old = old.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    whole = _filled(old, canvas)
    whole.paste(old, (left, top))
    whole.save(out, "PNG", compress_level=3)
    cut = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    cut.paste((0, 0, 0, 255), canvas.box)
    cut.save(mask, "PNG", optimize=True)
    return pictures.inspect(out, max_bytes=200_000_000), pictures.inspect(mask)


def _filled(old: Image.Image, canvas: Canvas) -> Image.Image:
    """The canvas in the picture's colours: its edges drawn out, then softened, done small and enlarged."""
    factor = max(1, max(canvas.size) // 256)
    small_size = (max(1, canvas.size[0] // factor), max(1, canvas.size[1] // factor))
    left, top, right, bottom = (round(edge / factor) for edge in canvas.box)
    small_old = old.resize((max(1, right - left), max(1, bottom - top)), Image.Resampling.BOX)
    small = old.resize(small_size, Image.Resampling.BOX)
    small.paste(small_old, (left, top))
    radius = max(small_size) / 24
    return small.filter(ImageFilter.GaussianBlur(radius)).resize(canvas.size, Image.Resampling.BICUBIC)
