"""Drawing on the picture and sending it back: which version it was, and what was drawn.

What comes back was recompressed and resized by the chat, perhaps cropped a little or framed by a screenshot. So it is
first laid on each candidate (`registration`), then what differs beyond what compression does there is a stroke.
Everything is synchronous and from file to file; sizes are pixels. At most one picture is open at its full size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bot import pictures, registration
from bot.pictures import Picture
from bot.registration import Array, Box, Mask, Sent, box_mean

MAX_EDGE = 1024  # of the copies that are compared
MAX_SHARE = 0.6  # of the picture: who draws over more of it has sent another one
MARGIN = 0.01  # of the longer edge: how far the mask reaches beyond what is marked, if that is thick
_GAP = 0.016  # of the longer edge: half of what a loop may lack to be closed
_NOTHING = 0.0006  # of the picture: a dot of 25 pixels in 1024; less is a smear at a hard edge
_LEAST = 0.008  # of the longer edge: the side of the smallest square that is no speck
_SURE = 1.5  # times the threshold: what every stroke reaches somewhere
_QUIET, _LOUD = 9.0, 50.0  # levels between which the threshold adapts to the noise
_BUSY = (0.5, 1, 2, 4, 8, 16, 32, 64, 96, 128)  # levels from pixel to pixel: the groups in which noise is measured
_NOISE = 3.6  # times the usual difference
_MOST_TONED = 24.0  # levels; a larger change of a whole picture is another version
_TOO_FLAT = 25.0  # variance of levels
_EDGE = 0.55  # of the strength inside a stroke, at its edge
_TOO_FEW = 64  # pixels that say nothing of a colour
_ORIENTATION = 0x0112  # of EXIF
_ANY = [0] + [255] * 255
_BETTER = 0.02  # by which another place must agree more
_AGREE = 0.6  # share of the details that must agree; strokes may cover the others …
_AGREE_ELSEWHERE = 0.65  # … where the picture was cropped or framed: of many places one looks alike by chance
_FEW = 0.25  # … and where a logo has few details, most of them drawn over, its tones must agree as well
_PLAIN = 5.0  # levels by which equal tones may differ
_SEAM = 4  # pixels along the edges that are not compared in a crop or screenshot
_CAP = 64.0  # levels; a pixel that differs by more says no more about which candidate it is


@dataclass(frozen=True, slots=True)
class Strokes:
    """What somebody drew on a picture.

    `candidate` is an index into the candidates. `share` is the part of the picture that is marked; 0.0: it is the very
    same picture and nothing was drawn, then `box`, `mask` and `markup` are None. `box` is left, top, right, bottom of
    the marks in the candidate's pixels.
    """

    candidate: int
    share: float
    box: tuple[int, int, int, int] | None
    mask: Picture | None
    markup: Picture | None


@dataclass(frozen=True, slots=True)
class _Match:
    """The sent picture laid on a candidate: `difference` in levels, `limit` what compression may do, of each pixel."""

    candidate: int
    size: tuple[int, int]  # of the candidate
    cost: float
    colours: NDArray[np.uint8]  # height × width × 3, as sent
    difference: Array
    limit: Array


def find_strokes(sent: Path, candidates: Sequence[Path], mask_out: Path, markup_out: Path) -> Strokes | None:
    """Find the candidate that was drawn on and write the strokes; None when the picture comes from none of them.

    `mask_out` becomes the API's mask, an RGBA PNG of the candidate's size, transparent where the picture may change:
    what is drawn, closed loops filled, and a margin. `markup_out` becomes an RGBA PNG of that size with nothing but
    the drawn pixels. Neither is written when nothing was drawn. Raises `BadAttachment` for what cannot be decoded.
    """
    drawn = _flat(pictures.pixels(sent, MAX_EDGE))
    grey = Sent(drawn.convert("L"))
    best: tuple[_Match, Mask] | None = None
    for index, path in enumerate(candidates):
        match = _matched(grey, drawn, path, index, search=best is None)
        if match and (best is None or match.cost < best[0].cost):
            marked = _marked(match)
            if marked.mean() <= MAX_SHARE:
                best = match, marked
    return _written(*best, mask_out, markup_out) if best else None


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _full_size(path: Path) -> tuple[int, int]:
    """Of a picture that was read before, upright."""
    with Image.open(path) as image:
        sideways = image.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
        return (image.height, image.width) if sideways else image.size


def _flat(image: Image.Image, paper: str | tuple[int, ...] = "white") -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("RGB")


# ── Comparing ────────────────────────────────────────────────────────────────────────────────────────────────────


def _matched(sent: Sent, drawn: Image.Image, path: Path, index: int, *, search: bool) -> _Match | None:
    """The sent picture laid on a candidate where it fits best, or None if it comes from another picture."""
    candidate = pictures.pixels(path, MAX_EDGE)
    grey = _flat(candidate).convert("L")
    box = _best_box(sent.grey, grey, registration.whole(sent.grey, grey), _AGREE)
    if box is None and search:
        box = _best_box(sent.grey, grey, registration.searched(sent, grey), _AGREE_ELSEWHERE)
    return _compared(drawn, candidate, box, index, _full_size(path)) if box else None


def _best_box(sent: Image.Image, candidate: Image.Image, boxes: Iterable[Box], least: float) -> Box | None:
    best: tuple[float, Box] | None = None
    for box in boxes:
        share = registration.agreement(sent, candidate, box)
        if share is None:
            return box if least == _AGREE and _is_toned_alike(sent, candidate, box, 50) else None
        enough = share >= least or (least == _AGREE and share >= _FEW and _is_toned_alike(sent, candidate, box, 75))
        if enough and (best is None or share >= best[0] + _BETTER):
            best = share, box
    if best is None or registration.is_mirrored(sent, candidate, best[0]):
        return None
    return best[1]


def _is_toned_alike(sent: Image.Image, candidate: Image.Image, box: Box, percent: int) -> bool:
    """Whether so much of a picture has the same tones in the same place: of gradients and logos nothing else tells."""
    size = max(1, min(64, candidate.width)), max(1, min(64, candidate.height))
    pair = registration.cut(sent, box, size), candidate.resize(size)
    one, other = (np.asarray(image, dtype=np.float32) for image in pair)
    return float(np.percentile(np.abs(one - other), percent)) <= _PLAIN


def _compared(drawn: Image.Image, candidate: Image.Image, box: Box, index: int, full: tuple[int, int]) -> _Match:
    scale = min(1.0, (box[2] - box[0]) / candidate.width, (box[3] - box[1]) / candidate.height)
    size = max(1, round(candidate.width * scale)), max(1, round(candidate.height * scale))
    seen = registration.seen_part(drawn, box, size)
    if box != (0, 0, *drawn.size):  # what lies around a picture must not shine in
        seen[:_SEAM] = seen[-_SEAM:] = seen[:, :_SEAM] = seen[:, -_SEAM:] = False
    colours = np.asarray(registration.cut(drawn, box, size))
    small = candidate.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    theirs = np.asarray(_flat(small, _paper(small, colours, seen)), dtype=np.float32)
    raw = (colours - theirs) * seen[..., None]
    cost = float(np.minimum(np.abs(raw).max(axis=2), _CAP).sum() / max(1, np.count_nonzero(seen)))
    difference = _strength(_toned(raw, theirs))
    return _Match(index, full, cost, colours, difference, _limit(difference, theirs))


def _paper(candidate: Image.Image, colours: NDArray[np.uint8], seen: Mask) -> tuple[int, ...]:
    """The colour that a chat or an editor has put behind a transparent picture: the usual one where it is clear."""
    if candidate.mode == "RGBA":
        clear = (np.asarray(candidate.getchannel("A")) < 8) & seen
        if np.count_nonzero(clear) >= _TOO_FEW:
            return (*(int(level) for level in np.median(colours[clear], axis=0)), 255)
    return (255, 255, 255, 255)


def _toned(raw: Array, theirs: Array) -> Array:
    """The difference without a small change of brightness or contrast of the whole picture, channel by channel."""
    result = raw.copy()
    for channel in range(3):
        at, off = (values[..., channel].ravel()[::7].astype(np.float64) for values in (theirs, raw))
        slope, offset, kept = 0.0, 0.0, np.abs(off) <= _MOST_TONED
        for _ in range(3):
            if np.count_nonzero(kept) < off.size / 4:  # most of the picture differs: that is no change of tone
                slope, offset = 0.0, 0.0
                break
            slope, offset = _line(at[kept], off[kept])
            rest = np.abs(slope * at + offset - off)
            kept = rest <= max(6.0, 2.5 * float(np.median(rest)))
        result[..., channel] -= (slope * theirs[..., channel] + offset).astype(np.float32)
    return result


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset by least squares; level where x hardly varies."""
    spread = float(x.var())
    slope = float(np.mean((x - x.mean()) * (y - y.mean()))) / spread if spread > _TOO_FLAT else 0.0
    return slope, float(y.mean() - slope * x.mean())


def _strength(signed: Array) -> Array:
    """How much each pixel differs, in levels: brightness and colour apart, both without the noise of single pixels."""
    red, green, blue = (signed[..., channel] for channel in range(3))
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    parts = light, (red - light) * 0.9, (blue - light) * 0.8
    return np.asarray(np.sqrt(sum(box_mean(part, 1) ** 2 for part in parts)), dtype=np.float32)


def _limit(difference: Array, theirs: Array) -> Array:
    """What compression may do to each pixel: more where there is more detail, measured on this very pair."""
    steps = np.abs(np.diff(theirs, axis=0, prepend=theirs[:1])) + np.abs(np.diff(theirs, axis=1, prepend=theirs[:, :1]))
    busy = box_mean(steps.max(axis=2), 3)
    groups = np.digitize(busy, _BUSY)
    middles, limits = [], []
    for group in range(len(_BUSY) + 1):
        inside = groups == group
        if np.count_nonzero(inside) >= _TOO_FEW:
            middles.append(float(np.median(busy[inside])))
            limits.append(float(np.median(difference[inside])) * _NOISE)
    if not limits:
        return np.full_like(difference, _QUIET)
    limit = np.interp(busy, middles, np.clip(limits, _QUIET, _LOUD))
    return np.asarray(limit, dtype=np.float32)


# ── Marking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _marked(match: _Match) -> Mask:
    """The drawn pixels, at the size of the comparison."""
    edge = max(match.difference.shape)
    strong = box_mean(match.difference, 2) > match.limit * _SURE
    weak = match.difference > match.limit
    kept = _without_specks(weak, strong, max(12.0, (edge * _LEAST) ** 2))
    return _sharpened(match.difference, kept)


def _without_specks(weak: Mask, strong: Mask, least: float) -> Mask:
    """The patches of `weak` with something `strong` in them that are large enough."""
    labels, count = _patches(weak)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels[strong], minlength=count + 1)
    good = (size >= least) & (sure >= least / 2)
    good[0] = False
    return good[labels]


def _sharpened(difference: Array, kept: Mask) -> Mask:
    """The patches cut where their strength has fallen to half: compression has smeared their edges."""
    strength = difference * kept
    usual = box_mean(strength**2, 4) / np.maximum(box_mean(strength, 4), 1e-3)  # mostly the strong ones'
    return kept & (difference > _EDGE * usual)


def _patches(mask: Mask, *, corners: bool = True) -> tuple[NDArray[np.int32], int]:
    """Number the connected patches from 1, touching corners included or not; 0 where there is none."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1).ravel()
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)  # of runs, row after row
    below, reach = width + 1, int(corners)
    first = np.searchsorted(ends, starts + below - reach, "right")
    last = np.searchsorted(starts, ends + below + reach, "left")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(starts)), counts)
    lower = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    names = _joined(len(starts), upper, lower)
    marks = np.zeros(height * (width + 1) + 1, dtype=np.int32)
    np.add.at(marks, starts, names)
    np.add.at(marks, ends, -names)
    labels = np.cumsum(marks[:-1], dtype=np.int32).reshape(height, width + 1)[:, :width]
    return labels, int(names.max(initial=0))


def _joined(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.int32]:
    """Names from 1 for `count` things, the same for those that are joined by pairs."""
    parent = np.arange(count)
    while True:
        low = np.minimum(parent[one], parent[other])
        before = parent.copy()
        np.minimum.at(parent, before[one], low)
        np.minimum.at(parent, before[other], low)
        while not np.array_equal(parent, parent[parent]):
            parent = parent[parent]
        if np.array_equal(parent, before):
            return (np.unique(parent, return_inverse=True)[1] + 1).astype(np.int32)


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(match: _Match, drawn: Mask, mask_out: Path, markup_out: Path) -> Strokes:
    if drawn.mean() < _NOTHING:
        return Strokes(match.candidate, 0.0, None, None, None)
    edge = max(drawn.shape)
    meant = _with_margin(_filled(drawn, max(1, round(edge * _GAP))), edge)
    large = _image(meant).resize(match.size, Image.Resampling.BICUBIC).point(lambda level: 255 * (level > 127))
    box = large.getbbox()
    if box is None:
        return Strokes(match.candidate, 0.0, None, None, None)
    share = large.histogram()[255] / (match.size[0] * match.size[1])
    mask = Image.new("RGBA", match.size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), mask=large)
    markup = Image.fromarray(match.colours).resize(match.size, Image.Resampling.BICUBIC)
    ink = _image(drawn).resize(match.size, Image.Resampling.BICUBIC).point(lambda level: 255 * (level > 127))
    clear = Image.new("RGBA", match.size)
    clear.paste(markup, mask=ink)
    return Strokes(match.candidate, share, box, _saved(mask, mask_out), _saved(clear, markup_out))


def _filled(drawn: Mask, gap: int) -> Mask:
    """With what closed loops surround; a loop may lack a little."""
    closed = _shrunk(_grown(drawn, gap), gap)
    labels, count = _patches(~closed, corners=False)
    outside = np.zeros(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[edge] = True
    outside[0] = True
    return drawn | ~outside[labels]


def _with_margin(meant: Mask, edge: int) -> Mask:
    """Grown by up to `MARGIN`, thin strokes by less: for them that would be most of the mask."""
    result = meant
    for margin in (MARGIN, MARGIN / 2, MARGIN / 4):
        radius = max(1, round(margin * edge))
        thick = _grown(_shrunk(meant, 8 * radius), 8 * radius) & meant
        result = result | _grown(thick, radius)
    return result


def _grown(mask: Mask, radius: int) -> Mask:
    """A square dilation. One row, then one column: so a single pixel of the window still shows in its mean."""
    image = _image(mask)
    for window in ((radius, 0), (0, radius)):
        image = image.filter(ImageFilter.BoxBlur(window)).point(_ANY)
    return np.asarray(image) > 0


def _shrunk(mask: Mask, radius: int) -> Mask:
    """What lies beyond the picture's edge counts as marked."""
    return ~_grown(~mask, radius)


def _image(mask: Mask) -> Image.Image:
    return Image.fromarray(mask.astype(np.uint8) * 255)


def _saved(image: Image.Image, out: Path) -> Picture:
    image.save(out, "PNG", compress_level=3)
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Picture("image/png", *image.size, out.stat().st_size, digest)
