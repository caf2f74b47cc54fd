"""Where one picture lies in another: the same picture resized, recompressed, cropped a little or with bars added.

Only scale and place are looked for; a picture that was turned or mirrored is another picture. Everything works on small
copies (`grey`), in pixels of the sent one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TURNS = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.ROTATE_180)

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Spectrum = NDArray[np.complex64]
Box = tuple[float, float, float, float]

_SHAPE = 0.025  # ratios this close may be one shape: a picture of 700 px is rounded by less
_COARSE = 96  # longer edge of the candidate while all scales are tried
_SCALES = 1.03 ** np.arange(-12, 32)  # the sent picture's longer edge against the candidate's: cropped to 2.5 times
_PEAKS = 2  # places that are looked at closely
_PROMISING = 0.3  # agreement from which on a place is worth a closer look
_LEAST_SEEN = 0.7  # of the candidate's width and of its height, in the sent picture
_CHECKED = 400  # longer edge at which two pictures are held against each other
_CELL = 16  # pixels of that
_TEXTURED = 2.5  # levels of detail (standard deviation) from which a cell says something
_ALIKE = 0.55  # correlation of two cells; 1 in 100 by chance
_BEYOND_DOUBT = 0.95
_ENOUGH = 12  # cells


class Sent:
    """The picture that came back. `grey` is 0–255; it is transformed for the search once, when that is needed."""

    def __init__(self, grey: Image.Image) -> None:
        self.grey = grey

    @cached_property
    def spectra(self) -> tuple[tuple[float, tuple[int, int], Spectrum], ...]:
        """At every scale: the scale, the size there, the spectrum."""
        result = []
        for scale in _SCALES:
            factor = _COARSE * float(scale) / max(self.grey.size)
            values, size = _small(self.grey, factor)
            result.append((factor, size, _spectrum(values, _padded(size))))
        return tuple(result)


def whole(sent: Image.Image, candidate: Image.Image) -> list[Box]:
    """The boxes to try first: all of the sent picture, if the shapes are alike, and the same moved to fit better.

    A box says where all of the candidate lies: left, top, right, bottom in the sent picture's pixels. One that reaches
    beyond the sent picture means that this was cropped.
    """
    if abs(sent.width * candidate.height / (sent.height * candidate.width) - 1) > _SHAPE:
        return []
    box = (0.0, 0.0, float(sent.width), float(sent.height))
    return [box, _refined(sent, candidate, box)]


def searched(sent: Sent, candidate: Image.Image) -> Iterator[Box]:
    """The best few places of all scales and shifts: crops, and screenshots with something around the picture."""
    factor = _COARSE / max(candidate.size)
    values, size = _small(candidate, factor)
    spectra: dict[tuple[int, int], Spectrum] = {}
    found: list[tuple[float, Box]] = []
    for scale, there, spectrum in sent.spectra:
        shape = _padded(there)
        if shape not in spectra:
            spectra[shape] = np.conj(_spectrum(values, shape))
        score, (x, y) = _best(
            np.asarray(np.fft.irfft2(spectrum * spectra[shape], shape[::-1]), dtype=np.float32), size, there
        )
        found.append((score, (x / scale, y / scale, (x + size[0]) / scale, (y + size[1]) / scale)))
    for score, box in sorted(found, reverse=True)[:_PEAKS]:
        if score > 0:
            near = _refined(sent.grey, candidate, box)
            if (agreement(sent.grey, candidate, near) or 0.0) > _PROMISING:
                yield _refined(sent.grey, candidate, near)


def agreement(sent: Image.Image, candidate: Image.Image, box: Box) -> float | None:
    """The share (0.0–1.0) of the candidate's details that the sent picture has too; None when it has no details."""
    ours, theirs, seen = _pair(sent, candidate, box, _CHECKED)
    one, other = _detail(ours, 4), _detail(theirs, 4)
    cells = _cells(one * one), _cells(other * other), _cells(one * other)
    textured = (cells[1] > _TEXTURED**2) & (_cells(seen.astype(np.float32)) > 0.99)
    if np.count_nonzero(textured) < _ENOUGH:
        return None
    alike = cells[2] > _ALIKE * np.sqrt(cells[0] * cells[1])
    return float(np.count_nonzero(alike & textured) / np.count_nonzero(textured))


def is_mirrored(sent: Image.Image, candidate: Image.Image, share: float) -> bool:
    """Whether all of a candidate turned round or mirrored would agree better than by this share."""
    box = (0.0, 0.0, float(sent.width), float(sent.height))
    turned = (candidate.transpose(turn) for turn in _TURNS)
    return share < _BEYOND_DOUBT and any((agreement(sent, one, box) or 0.0) > share + 0.02 for one in turned)


def cut(image: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    """What lies in a box, at `size`; black where the box reaches beyond the picture."""
    left, top = int(np.floor(box[0])), int(np.floor(box[1]))
    right, bottom = max(left + 1, int(np.ceil(box[2]))), max(top + 1, int(np.ceil(box[3])))
    if (left, top, right, bottom) != (0, 0, *image.size):
        image = image.crop((left, top, right, bottom))
    inner = box[0] - left, box[1] - top, box[2] - left, box[3] - top
    return image.resize(size, Image.Resampling.LANCZOS, box=inner, reducing_gap=3.0)


def seen_part(image: Image.Image, box: Box, size: tuple[int, int]) -> Mask:
    """Which pixels of `cut` come from the picture, and not from beyond its edges."""
    across = box[0] + (np.arange(size[0]) + 0.5) * (box[2] - box[0]) / size[0]
    down = box[1] + (np.arange(size[1]) + 0.5) * (box[3] - box[1]) / size[1]
    inside = (down > 0.5) & (down < image.height - 0.5), (across > 0.5) & (across < image.width - 0.5)
    return inside[0][:, None] & inside[1][None, :]


def box_mean(values: Array, radius: int) -> Array:
    """The mean over a square of 2 × radius + 1 pixels; edges are repeated."""
    for axis in (0, 1):
        padding = [(0, 0)] * values.ndim
        padding[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float32)
        span = 2 * radius + 1
        count = values.shape[axis]
        high, low = np.take(sums, range(span, span + count), axis), np.take(sums, range(count), axis)
        values = (high - low) / np.float32(span)
    return values


# ── Searching ────────────────────────────────────────────────────────────────────────────────────────────────────


def _small(grey: Image.Image, factor: float) -> tuple[Array, tuple[int, int]]:
    size = max(8, round(grey.width * factor)), max(8, round(grey.height * factor))
    return _even(_array(grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))), size


def _best(correlation: Array, size: tuple[int, int], there: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """The shift with the highest correlation per pixel, among those that show enough of the candidate."""
    height, width = correlation.shape
    xs, across = _weights(width, size[0], there[0])
    ys, down = _weights(height, size[1], there[1])
    score = correlation * down[:, None] * across[None, :]
    row, column = divmod(int(np.argmax(score)), width)
    return float(score[row, column]), (int(xs[column]), int(ys[row]))


def _weights(count: int, length: int, there: int) -> tuple[NDArray[np.intp], Array]:
    """The shifts along one edge, and what makes sums over different overlaps comparable; 0 for too small ones."""
    shifts = (np.arange(count) + length) % count - length  # those to the left are at the end
    overlap = np.minimum(shifts + length, there) - np.maximum(shifts, 0)
    weights = np.where(overlap >= _LEAST_SEEN * length, 1 / np.sqrt(np.maximum(overlap, 1) * length), 0)
    return shifts, weights.astype(np.float32)


def _padded(size: tuple[int, int]) -> tuple[int, int]:
    """Room for the picture and for what a shifted candidate reaches beyond it; few different sizes."""
    return -(-(size[0] + _COARSE) // 64) * 64, -(-(size[1] + _COARSE) // 64) * 64


def _spectrum(values: Array, size: tuple[int, int]) -> Spectrum:
    return np.fft.rfft2(values, size[::-1]).astype(np.complex64)


def _even(values: Array) -> Array:
    """Details, the faint as strong as the bold, so that a thick stroke does not outweigh a picture."""
    detail = _detail(values, 4)
    strength = np.sqrt(box_mean(detail * detail, 6))
    return np.asarray(np.clip(detail / (strength + 2), -2, 2), dtype=np.float32)


# ── Refining ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _refined(sent: Image.Image, candidate: Image.Image, box: Box) -> Box:
    """A box that fits better: parts of the picture are looked up near where they should be, and most must agree."""
    ours, theirs, seen = _pair(sent, candidate, box, 640)
    height, width = theirs.shape
    side = max(32, min(128, min(width, height) // 3))
    if min(width, height) < side:
        return box
    one, other = _detail(ours, 5) * seen, _detail(theirs, 5)
    found = [
        (x + side / 2, y + side / 2, *shift)
        for y in np.linspace(0, height - side, 6).astype(int)
        for x in np.linspace(0, width - side, 6).astype(int)
        if (shift := _shift(one[y : y + side, x : x + side], other[y : y + side, x : x + side]))
    ]
    if len(found) < 6:
        return box
    x, y, dx, dy = np.array(found).T
    (low_x, high_x), (low_y, high_y) = _line(x, dx, width), _line(y, dy, height)
    across, down = (box[2] - box[0]) / width, (box[3] - box[1]) / height
    return box[0] + low_x * across, box[1] + low_y * down, box[2] + high_x * across, box[3] + high_y * down


def _shift(one: Array, other: Array) -> tuple[float, float] | None:
    """By how much a part is moved against its counterpart (right, down), to a fraction of a pixel; None if unsure."""
    if other.std() < _TEXTURED or one.std() < _TEXTURED:
        return None
    window = np.hanning(one.shape[0])[:, None] * np.hanning(one.shape[1])[None, :]
    a, b = (np.fft.rfft2((part - part.mean()) * window) for part in (one, other))
    cross = a * np.conj(b)
    peaks = np.fft.irfft2(cross / (np.abs(cross) ** 0.5 + 1e-6), one.shape)
    row, column = divmod(int(np.argmax(peaks)), one.shape[1])
    if peaks[row, column] < 6 * peaks.std():
        return None
    return _between(peaks[row], column), _between(peaks[:, column], row)


def _between(values: NDArray[np.float64], at: int) -> float:
    """The top of the parabola through a peak and its neighbours, as a shift around 0."""
    count = len(values)
    left, middle, right = values[at - 1], values[at], values[(at + 1) % count]
    bend = left - 2 * middle + right
    offset = 0.5 * (left - right) / bend if bend else 0.0
    return float((at + count // 2) % count - count // 2 + offset)


def _line(at: NDArray[np.float64], shifts: NDArray[np.float64], length: int) -> tuple[float, float]:
    """The shifts at both ends of an edge: a straight line through most of the shifts measured."""
    kept = np.abs(shifts - np.median(shifts)) <= max(4.0, length * 0.03)
    line = np.array([0.0, float(np.median(shifts))])
    for _ in range(4):
        if np.count_nonzero(kept) < 4 or np.ptp(at[kept]) < length / 4:
            break
        line = np.polyfit(at[kept], shifts[kept], 1)
        off = np.abs(np.polyval(line, at) - shifts)
        kept = off <= max(0.4, 2.5 * float(np.median(off)))
    return float(np.polyval(line, 0)), float(np.polyval(line, length))


def _pair(sent: Image.Image, candidate: Image.Image, box: Box, edge: int) -> tuple[Array, Array, Mask]:
    """Both pictures at one size, the sent one as the box cuts it, and which pixels it has."""
    spans = min(box[2] - box[0], candidate.width), min(box[3] - box[1], candidate.height)
    scale = min(1.0, edge / max(spans))
    size = max(_CELL, round(spans[0] * scale)), max(_CELL, round(spans[1] * scale))
    small = candidate.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _array(cut(sent, box, size)), _array(small), seen_part(sent, box, size)


def _detail(values: Array, radius: int) -> Array:
    """Edges and textures around zero: neither single pixels of noise nor light and shade."""
    return box_mean(values, 1) - box_mean(values, radius)


def _cells(values: Array) -> Array:
    """Means over squares of `_CELL` pixels; what is left at the right and at the bottom is left out."""
    high, wide = values.shape[0] // _CELL, values.shape[1] // _CELL
    whole = values[: high * _CELL, : wide * _CELL].reshape(high, _CELL, wide, _CELL)
    return np.asarray(whole.mean(axis=(1, 3)), dtype=np.float32)


def _array(grey: Image.Image) -> Array:
    return np.asarray(grey, dtype=np.float32)
