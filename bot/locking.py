"""What lies outside the mask stays as it was: put the parent's pixels back after a model repainted everything.

Image models paint the whole picture anew even when they are given a mask, move it by a few pixels and shift its
colours a little. So the drawn picture is first moved back and toned to the parent, then laid over it through the
mask, with a feather that ends at a known distance. Everything is synchronous and from file to file; sizes are pixels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot import pictures
from bot.errors import BadAttachment

VISIBLE = 16  # levels of 255 in one channel; JPEG at 75 or more mostly stays below, but not at hard coloured edges

SHAPE = 0.04  # ratios this close are one shape: models draw in multiples of 16 pixels, and squeeze the rest
_REACH = 0.02  # of the longer edge: how far a model may have moved the picture
_SEARCHED = 256  # longer edge of the thumbnail on which every shift is tried
_CLEARLY = 0.85  # a shift must lower the difference to this share …
_BARELY = 0.97  # … and each of its two directions to this one, or it is left out
_TOO_FEW = 64  # pixels that say nothing of colours …
_TOO_SMALL = 1000  # … and of moves: so few look alike by chance
_TONED = 12  # levels; a larger shift of colour is what was asked for
_SETTLED = 8  # levels around the median within which …
_MOST = 0.6  # … this share of the ring lies, unless it was repainted
_APART = 24  # levels between the dark and the bright half of a ring from which on they are toned apart


@dataclass(frozen=True, slots=True)
class Locked:
    """What was kept, and from what.

    `drift` is the share (0.0–1.0) of pixels outside the mask that the model had changed visibly; `shift` what it had
    moved them by, in parent pixels (right, down). `picture` is of the written composite.
    """

    picture: pictures.Picture
    drift: float
    shift: tuple[int, int]


def lock_outside(parent: Path, drawn: Path, mask: Path, out: Path, *, feather: int | None = None) -> Locked | None:
    """Write `drawn` inside the mask and `parent` outside it, as PNG of the parent's size; None for another shape.

    `mask` is transparent (alpha below 128) where the picture may change. There the drawn picture is taken fully; from
    `feather` pixels off it the result is the parent, pixel by pixel. Without `feather`: 1.2 % of the longer edge, 4 to
    48. Raises `BadAttachment` for what cannot be decoded and for a mask of another size.
    """
    kept, painted = _pixels(parent), _pixels(drawn)
    if not _is_same_shape(kept.size, painted.size):
        return None
    marked = _marked(mask, kept.size)
    reach = _default_feather(kept.size) if feather is None else max(0, feather)
    weights = _feathered(marked, reach)
    kept, painted = _in_one_mode(kept, painted)
    seen, painted = _equally_sharp(kept, painted)
    shift = _shift(seen, painted, _where(weights, 0))
    painted = _moved(painted, (-shift[0], -shift[1]))
    known = _known(kept.size, shift)
    drift = _drift(seen, painted, ImageChops.darker(_where(weights, 0), known))
    painted = _toned(painted, seen, ImageChops.darker(_ring(marked, reach), known))
    result = _laid_over(kept, painted, weights)
    result.save(out, "PNG", compress_level=2)
    return Locked(_measured(out, result.size), drift, shift)


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _pixels(path: Path) -> Image.Image:
    """A picture as RGB or RGBA, without anything else that its file says."""
    pictures.inspect(path)
    with Image.open(path) as image:
        result = image.convert("RGBA" if image.has_transparency_data else "RGB")
    result.info = {}
    return result


def _marked(mask: Path, size: tuple[int, int]) -> Image.Image:
    """255 where the picture may change, else 0."""
    image = _pixels(mask)
    if image.size != size:
        raise BadAttachment(
            f"The mask is {image.width}×{image.height}, the picture {size[0]}×{size[1]}; make it the same size."
        )
    if image.mode != "RGBA":
        return Image.new("L", size)
    return image.getchannel("A").point(lambda value: 255 if value < 128 else 0)


def _is_same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= SHAPE


def _in_one_mode(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Image.Image]:
    mode = "RGBA" if "RGBA" in (one.mode, other.mode) else "RGB"
    return one.convert(mode), other.convert(mode)


def _equally_sharp(kept: Image.Image, painted: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both at the parent's size, the parent as coarse as what was drawn: detail that could not be kept is no change."""
    if painted.size == kept.size:
        return kept, painted
    coarse = kept
    if painted.width < kept.width or painted.height < kept.height:
        coarse = kept.resize(painted.size, Image.Resampling.LANCZOS).resize(kept.size, Image.Resampling.LANCZOS)
    return coarse, painted.resize(kept.size, Image.Resampling.LANCZOS)


# ── The mask's surroundings ──────────────────────────────────────────────────────────────────────────────────────


def _default_feather(size: tuple[int, int]) -> int:
    return min(48, max(4, round(max(size) * 0.012)))


def _feathered(marked: Image.Image, reach: int) -> Image.Image:
    """Weights: 255 on what is marked, then falling, exactly 0 from beyond `reach` pixels."""
    soft = reach // 2
    weights = _grown(marked, reach - soft)  # by at least what the blur takes away again
    for radius in (soft // 2, soft - soft // 2):
        weights = weights.filter(ImageFilter.BoxBlur(radius))
    return weights


def _ring(marked: Image.Image, reach: int) -> Image.Image:
    """What lies around the marked area, as far as the feather and as much again."""
    return ImageChops.subtract(_grown(marked, reach + max(8, reach)), marked)


def _grown(marked: Image.Image, by: int) -> Image.Image:
    """A square dilation. One row, then one column: so a single pixel of the window still shows in its mean."""
    while by > 0:
        step = min(by, 100)  # a 201st of 255 is still more than nothing
        for radius in ((step, 0), (0, step)):
            marked = marked.filter(ImageFilter.BoxBlur(radius)).point(lambda value: 255 if value else 0)
        by -= step
    return marked


def _where(image: Image.Image, value: int) -> Image.Image:
    return image.point([255 if one == value else 0 for one in range(256)])


def _known(size: tuple[int, int], shift: tuple[int, int]) -> Image.Image:
    """255 where a picture moved back still has pixels of its own."""
    left, top = max(0, -shift[0]), max(0, -shift[1])
    right, bottom = size[0] - max(0, shift[0]), size[1] - max(0, shift[1])
    known = Image.new("L", size)
    known.paste(255, (left, top, right, bottom))
    return known


# ── Moving ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _shift(kept: Image.Image, painted: Image.Image, outside: Image.Image) -> tuple[int, int]:
    """By how much the painted picture is moved against the kept one; (0, 0) unless that clearly explains it.

    Every shift is tried on a thumbnail; the best is followed up to the full size.
    """
    limit = int(max(kept.size) * _REACH)
    most = min(limit, kept.width // 4), min(limit, kept.height // 4)
    levels = list(_levels(kept.convert("L"), painted.convert("L"), outside, most))
    best, spread = (0, 0), max(levels[-1].most)
    for level in reversed(levels):
        best = level.best(_around((best[0] * 2, best[1] * 2), spread, level.most))
        spread = 1
    return _clearly(levels[0], best)


@dataclass(frozen=True, slots=True)
class _Level:
    """Two pictures' fine detail at one scale. Compared without a margin of `most`, so that shifts are comparable."""

    kept: Image.Image
    painted: Image.Image
    outside: Image.Image
    most: tuple[int, int]

    def best(self, shifts: Iterable[tuple[int, int]]) -> tuple[int, int]:
        return min(shifts, key=lambda shift: (self.cost(shift), abs(shift[0]) + abs(shift[1])))

    def cost(self, shift: tuple[int, int]) -> float:
        box = self._box()
        moved = self.painted.crop((box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]))
        difference = ImageChops.difference(self.kept.crop(box), moved)
        return _sum(ImageChops.darker(difference, self.outside.crop(box)))

    def compared(self) -> int:
        return self.outside.crop(self._box()).histogram()[255]

    def _box(self) -> tuple[int, int, int, int]:
        (wide, high), (width, height) = self.most, self.kept.size
        return wide, high, width - wide, height - high


def _levels(kept: Image.Image, painted: Image.Image, outside: Image.Image, most: tuple[int, int]) -> Iterator[_Level]:
    """From the full size down by halves."""
    yield _Level(_detail(kept), _detail(painted), outside, most)
    if max(kept.size) > _SEARCHED:
        kept, painted, outside = kept.reduce(2), painted.reduce(2), _where(outside.reduce(2), 255)
        fewer = min((most[0] + 1) // 2, kept.width // 4), min((most[1] + 1) // 2, kept.height // 4)
        yield from _levels(kept, painted, outside, fewer)


def _around(shift: tuple[int, int], spread: int, most: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for x, y in product(range(-spread, spread + 1), repeat=2):
        if abs(shift[0] + x) <= most[0] and abs(shift[1] + y) <= most[1]:
            yield shift[0] + x, shift[1] + y


def _clearly(level: _Level, shift: tuple[int, int]) -> tuple[int, int]:
    """The shift, without a direction that hardly matters (stripes look the same all along), or none."""
    if level.compared() < _TOO_SMALL:
        return 0, 0
    x, y = shift
    if level.cost((0, y)) * _BARELY <= level.cost((x, y)):
        x = 0
    if level.cost((x, 0)) * _BARELY <= level.cost((x, y)):
        y = 0
    return (x, y) if level.cost((x, y)) < level.cost((0, 0)) * _CLEARLY else (0, 0)


def _detail(grey: Image.Image) -> Image.Image:
    """Edges and textures around a middle grey: neither single pixels of noise nor light and shade."""
    fine, coarse = (grey.filter(ImageFilter.BoxBlur(radius)) for radius in (1, 4))
    return ImageChops.subtract(fine, coarse, 0.5, 128)


def _moved(image: Image.Image, by: tuple[int, int]) -> Image.Image:
    """The picture moved right and down; what comes in at the edges is its mirror image."""
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


# ── Toning ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _toned(painted: Image.Image, kept: Image.Image, ring: Image.Image) -> Image.Image:
    """The painted picture in the parent's tones, if all of the ring differs by little and by nearly the same."""
    for image in (painted, kept):
        if image.mode == "RGBA":
            ring = ImageChops.darker(ring, _where(image.getchannel("A"), 255))
    box = ring.getbbox()
    if box is None:
        return painted
    ring, curves = ring.crop(box), []
    for ours, theirs in zip(painted.crop(box).split()[:3], kept.crop(box).split()[:3], strict=True):
        curve = _curve(ours, theirs, ring)
        if curve is None:
            return painted
        curves += curve
    alpha = list(range(256)) if painted.mode == "RGBA" else []
    return painted.point(curves + alpha)


def _curve(painted: Image.Image, kept: Image.Image, ring: Image.Image) -> list[int] | None:
    """What each level of one channel becomes; None when the ring was repainted.

    The darker and the brighter half are measured apart, so that a change of contrast is taken back as well.
    """
    difference = ImageChops.subtract(painted, kept, 1, 128)
    both = ImageChops.add(painted, kept, 2)  # to go by one of them would favour its noise
    middle = _median(both.histogram(ring))
    dark = ImageChops.darker(ring, both.point([255 * (level <= middle) for level in range(256)]))
    halves = [half for half in (dark, ImageChops.subtract(ring, dark)) if _sum(half) >= 255 * _TOO_FEW]
    offsets = [_offset(difference.histogram(half)) for half in halves]
    levels = [_mean(painted.histogram(half)) for half in halves]
    if len(halves) < 2 or levels[1] - levels[0] < _APART:
        offsets, levels = [_offset(difference.histogram(ring))], [0]
    known = [offset for offset in offsets if offset is not None]
    if len(known) < len(offsets):
        return None
    return [min(255, max(0, round(level - _between(level, levels, known)))) for level in range(256)]


def _offset(histogram: Sequence[int]) -> float | None:
    """The usual difference, from a histogram around 128; None if it is large or there is no usual one."""
    count = sum(histogram)
    if count < _TOO_FEW:
        return None
    median = _median(histogram)
    near = [n if abs(level - median) <= _SETTLED else 0 for level, n in enumerate(histogram)]
    offset = _mean(near) - 128
    return offset if sum(near) >= count * _MOST and abs(offset) <= _TONED else None


def _between(level: int, levels: Sequence[float], offsets: Sequence[float]) -> float:
    """The offset at a level: a straight line between the measured ones, beyond them as they are."""
    share = (level - levels[0]) / (levels[-1] - levels[0]) if len(levels) > 1 else 0.0
    return offsets[0] + min(1.0, max(0.0, share)) * (offsets[-1] - offsets[0])


# ── Counting and laying over ─────────────────────────────────────────────────────────────────────────────────────


def _drift(kept: Image.Image, painted: Image.Image, compared: Image.Image) -> float:
    """The share of the compared pixels that differ visibly. Colours that cannot be seen through alpha do not count."""
    total = compared.histogram()[255]
    if total == 0:
        return 0.0
    if kept.mode == "RGBA":
        kept, painted = kept.convert("RGBa"), painted.convert("RGBa")
    most = Image.new("L", kept.size)
    for ours, theirs in zip(kept.split(), painted.split(), strict=True):
        most = ImageChops.lighter(most, ImageChops.difference(ours, theirs))
    return sum(ImageChops.darker(most, compared).histogram()[VISIBLE + 1 :]) / total


def _laid_over(kept: Image.Image, painted: Image.Image, weights: Image.Image) -> Image.Image:
    """The parent where the weight is 0, the painted picture where it is 255, both between."""
    if kept.mode == "RGB":
        return Image.composite(painted, kept, weights)
    mixed = Image.composite(painted.convert("RGBa"), kept.convert("RGBa"), weights).convert("RGBA")
    mixed.paste(kept, mask=_where(weights, 0))  # the detour over premultiplied colours is not exact
    mixed.paste(painted, mask=_where(weights, 255))
    return mixed


def _sum(image: Image.Image) -> int:
    return sum(level * n for level, n in enumerate(image.histogram()))


def _mean(histogram: Sequence[int]) -> float:
    return sum(level * n for level, n in enumerate(histogram)) / max(1, sum(histogram))


def _median(histogram: Sequence[int]) -> int:
    """The level that half of the pixels do not exceed."""
    half, seen = sum(histogram) / 2, 0
    for level, n in enumerate(histogram):
        seen += n
        if seen >= half:
            return level
    return 255


def _measured(path: Path, size: tuple[int, int]) -> pictures.Picture:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return pictures.Picture("image/png", *size, path.stat().st_size, digest)
