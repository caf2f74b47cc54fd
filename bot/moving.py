"""How a model moved a picture against its parent, and moving it back. Everything is synchronous; sizes are pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

_REACH = 0.02  # of the longer edge: how far a model may have moved the picture
_SEARCHED = 256  # longer edge of the thumbnail on which every shift is tried
_CLEARLY = 0.85  # a shift must lower the difference to this share …
_BARELY = 0.97  # … and each of its two directions to this one, or it is left out
_TOO_SMALL = 1000  # pixels that say nothing of moves: so few look alike by chance
_WHOLE = 1024  # shorter edge; of a larger picture samples are compared to find how it was moved
_SQUARE = 192  # edge of such a sample
_BLOCK = 4  # by 4 squares, of which the busiest is a sample
_COARSE = 8  # times smaller is the picture on which busy squares are sought
_BLURRED = 5  # pixels: what lies beyond an edge would show as far in the fine detail

Box = tuple[int, int, int, int]  # left, top, right, bottom


def shift_between(kept: Image.Image, painted: Image.Image, outside: Image.Image) -> tuple[int, int]:
    """By how much the painted picture is moved against the kept one; (0, 0) unless that clearly explains it.

    Every shift is tried on a thumbnail; the best is followed up to the full size.
    """
    limit = int(max(kept.size) * _REACH)
    most = min(limit, kept.width // 4), min(limit, kept.height // 4)
    scales = list(_scales(_Scale(kept.convert("L"), painted.convert("L"), outside, most)))
    best, spread, parts = (0, 0), max(scales[-1].most), _Parts(())
    for scale in reversed(scales):
        near = best[0] * 2, best[1] * 2
        parts = scale.parts(near)
        best, spread = parts.best(_around(near, spread, scale.most)), 1
    return _clearly(parts, best)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Two grey pictures at one scale. They may be moved by `most` against each other."""

    kept: Image.Image
    painted: Image.Image
    outside: Image.Image
    most: tuple[int, int]

    def parts(self, near: tuple[int, int]) -> _Parts:
        """What is compared to tell shifts within a pixel of `near`: all of a small picture, samples of a large one."""
        if min(self.kept.size) <= _WHOLE:
            return _Parts((_Part(_detail(self.kept), _detail(self.painted), self.outside, self.most),))
        margin = abs(near[0]) + 1 + _BLURRED, abs(near[1]) + 1 + _BLURRED
        return _Parts(tuple(self._part(box, margin) for box in _busiest(self.kept, self.outside, margin)))

    def _part(self, box: Box, margin: tuple[int, int]) -> _Part:
        box = grown_box(box, margin, self.kept.size)
        return _Part(_detail(self.kept.crop(box)), _detail(self.painted.crop(box)), self.outside.crop(box), margin)


def _scales(scale: _Scale) -> Iterator[_Scale]:
    """From the full size down by halves."""
    yield scale
    kept, (wide, high) = scale.kept, scale.most
    if max(kept.size) > _SEARCHED:
        fewer = min((wide + 1) // 2, kept.width // 4), min((high + 1) // 2, kept.height // 4)
        outside = where_is(scale.outside.reduce(2), 255)
        yield from _scales(_Scale(kept.reduce(2), scale.painted.reduce(2), outside, fewer))


def _busiest(kept: Image.Image, outside: Image.Image, margin: tuple[int, int]) -> Iterator[Box]:
    """Squares with much to see outside the mask, `margin` off the edges.

    The busiest of each block of squares: what lies apart is not repainted all at once, and a poster is mostly paper.
    """
    side = _SQUARE // _COARSE
    left, top = (-(-length // _COARSE) for length in margin)
    busy = np.abs(np.asarray(_detail(kept.reduce(_COARSE)), np.int16) - 128)
    busy[np.asarray(outside.reduce(_COARSE)) < 255] = 0
    rows, columns = ((length - 2 * edge) // side for length, edge in zip(busy.shape, (top, left), strict=True))
    inner = busy[top : top + rows * side, left : left + columns * side]
    squares = inner.reshape(rows, side, columns, side).sum(axis=(1, 3))
    for row, column in product(range(0, rows, _BLOCK), range(0, columns, _BLOCK)):
        block = squares[row : row + _BLOCK, column : column + _BLOCK]
        down, right = divmod(int(block.argmax()), block.shape[1])
        x, y = (left + (column + right) * side) * _COARSE, (top + (row + down) * side) * _COARSE
        if block[down, right] > 0:
            yield x, y, x + _SQUARE, y + _SQUARE


@dataclass(frozen=True, slots=True)
class _Part:
    """Two pictures' fine detail. Compared without a margin of `most`, so that shifts are comparable."""

    kept: Image.Image
    painted: Image.Image
    outside: Image.Image
    most: tuple[int, int]

    def cost(self, shift: tuple[int, int]) -> int:
        left, top, right, bottom = box = self._box()
        moved = self.painted.crop((left + shift[0], top + shift[1], right + shift[0], bottom + shift[1]))
        difference = ImageChops.difference(self.kept.crop(box), moved)
        return summed(ImageChops.darker(difference, self.outside.crop(box)))

    def compared(self) -> int:
        return self.outside.crop(self._box()).histogram()[255]

    def _box(self) -> Box:
        (wide, high), (width, height) = self.most, self.kept.size
        return wide, high, width - wide, height - high


@dataclass(frozen=True, slots=True)
class _Parts:
    """All that is compared at one scale."""

    parts: tuple[_Part, ...]

    def best(self, shifts: Iterable[tuple[int, int]]) -> tuple[int, int]:
        return min(shifts, key=lambda shift: (self.cost(shift), abs(shift[0]) + abs(shift[1])))

    def cost(self, shift: tuple[int, int]) -> int:
        return sum(part.cost(shift) for part in self.parts)

    def compared(self) -> int:
        return sum(part.compared() for part in self.parts)


def _around(shift: tuple[int, int], spread: int, most: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for x, y in product(range(-spread, spread + 1), repeat=2):
        if abs(shift[0] + x) <= most[0] and abs(shift[1] + y) <= most[1]:
            yield shift[0] + x, shift[1] + y


def _clearly(parts: _Parts, shift: tuple[int, int]) -> tuple[int, int]:
    """The shift, without a direction that hardly matters (stripes look the same all along), or none."""
    if parts.compared() < _TOO_SMALL:
        return 0, 0
    x, y = shift
    if parts.cost((0, y)) * _BARELY <= parts.cost((x, y)):
        x = 0
    if parts.cost((x, 0)) * _BARELY <= parts.cost((x, y)):
        y = 0
    return (x, y) if parts.cost((x, y)) < parts.cost((0, 0)) * _CLEARLY else (0, 0)


def _detail(grey: Image.Image) -> Image.Image:
    """Edges and textures around a middle grey: neither single pixels of noise nor light and shade."""
    fine, coarse = (grey.filter(ImageFilter.BoxBlur(radius)) for radius in (1, 4))
    return ImageChops.subtract(fine, coarse, 0.5, 128)


def moved(image: Image.Image, by: tuple[int, int]) -> Image.Image:
    """The picture moved right and down by so many pixels; what comes in at the edges is its mirror image."""
    x, y = by
    if not (x or y):
        return image
    width, height = image.size
    across = Image.new(image.mode, image.size)
    across.paste(image, (x, 0))
    strip = (0, 0, x, height) if x > 0 else (width + x, 0, width, height)
    across.paste(ImageOps.mirror(image.crop(strip)), strip[:2])
    result = Image.new(image.mode, image.size)
    result.paste(across, (0, y))
    strip = (0, 0, width, y) if y > 0 else (0, height + y, width, height)
    result.paste(ImageOps.flip(across.crop(strip)), strip[:2])
    return result


def moved_back(painted: Image.Image, shift: tuple[int, int], box: Box) -> Image.Image:
    """The part of the painted picture that belongs into the box. Only what is needed for it is moved."""
    x, y = shift
    wide = grown_box(box, (abs(x), abs(y)), painted.size)
    left, top, right, bottom = box
    return moved(painted.crop(wide), (-x, -y)).crop((left - wide[0], top - wide[1], right - wide[0], bottom - wide[1]))


def own(size: tuple[int, int], shift: tuple[int, int]) -> Box:
    """Where a picture moved back still has pixels of its own."""
    x, y = shift
    return max(0, -x), max(0, -y), size[0] - max(0, x), size[1] - max(0, y)


# ── What `locking` needs as well ─────────────────────────────────────────────────────────────────────────────────


def grown_box(box: Box, by: tuple[int, int], size: tuple[int, int]) -> Box:
    """The box with so many pixels more on each side, within a picture of this size."""
    left, top, right, bottom = box
    return max(0, left - by[0]), max(0, top - by[1]), min(size[0], right + by[0]), min(size[1], bottom + by[1])


def where_is(image: Image.Image, value: int) -> Image.Image:
    """255 where a grey picture has this level, else 0."""
    return image.point([255 if one == value else 0 for one in range(256)])


def summed(image: Image.Image) -> int:
    """All levels of a grey picture together."""
    return sum(level * n for level, n in enumerate(image.histogram()))
