"""Two versions of a picture held against each other: beside each other, as a heat map, or flipping.

All functions are synchronous and work from file to file; callers run them in a thread. They take whatever
`pictures.fit` takes and raise `BadAttachment` for the rest; trouble with writing `out` comes through as `OSError`.
Pictures are laid on each other at the same height, centre on centre; what both cover is compared.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from bot import pictures

MAX_BOXES = 6
MAX_EDGE = 2048  # of what is written; chats show no more
MAX_COMPARED = 1024  # the difference of larger pictures is not worth its time
MAX_FLIP_EDGE = 1024
MAX_LABEL = 20  # characters
VISIBLE = 24  # of 255 in a channel, after a blur of one pixel: more than what JPEG does to a photo
OTHER_SHAPE = 1.05  # between the ratios of width to height

_CELLS = 48  # on the long edge of the grid in which changes are gathered
_SPECK = 5  # of 255: cells with less than 2 % changed are noise
_REACH = 2  # cells: changes with one clean cell between them are one change
_MINOR = 200  # a region this many times weaker than the strongest is not worth a frame

_GAP = 24
_READ_EDGE = 1792  # in a sheet of MAX_EDGE no picture of a usual shape is shown larger
_SMALLEST = 256  # shorter than this on its long edge, a picture is enlarged to be seen at all
_COLUMN = 160  # what a label gets above a very narrow picture
_STACKED_FROM = 1.4  # mean width to height; 3:2 is stacked, 4:3 is not
_PAPER, _INK, _HAIRLINE, _ORANGE = "#ffffff", "#444444", "#dddddd", "#ff6a00"
_CHECKS, _CHECK = (255, 222), 12  # tones of grey; pixels

Box = tuple[float, float, float, float]
_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two pictures.

    `changed` is the share (0.0–1.0) of pixels that differ visibly, 1.0 for pictures of different shapes; `boxes` the
    regions that changed most, as fractions (left, top, right, bottom) of the after picture, largest first, at most 6;
    `size` that of the written picture.
    """

    changed: float
    boxes: tuple[Box, ...]
    size: tuple[int, int]


def side_by_side(before: Path, after: Path, out: Path, *, labels: tuple[str, str]) -> Comparison:
    """Write one PNG: both pictures at the same height under their labels, with what differs framed in both.

    Wide pictures stand one above the other. At most 2048 px.
    """
    pair = (_read(before, _READ_EDGE), _read(after, _READ_EDGE))
    difference = _difference(*pair)
    stacked = sum(_ratio(image.size) for image in pair) / 2 >= _STACKED_FROM
    height = _common_height(pair, stacked)
    parts = zip(pair, labels, difference.boxes, strict=True)
    sheet = _arranged([_panel(image, height, label, boxes) for image, label, boxes in parts], stacked)
    sheet.save(out, "PNG", compress_level=3)
    return Comparison(difference.changed, difference.boxes[1], sheet.size)


def heat_map(before: Path, after: Path, out: Path) -> Comparison:
    """Write a PNG of the after picture in grey, what changed coloured from yellow (little) to red (much).

    At most 1792 px. Where the after picture is wider than the one before, its sides stay grey.
    """
    pair = (_read(before, _READ_EDGE), _read(after, _READ_EDGE))
    difference = _difference(*pair)
    sheet = _heated(_on_checks(_resized(pair[1], _shown_size(pair[1].size))), difference)
    sheet.save(out, "PNG", compress_level=3)
    return Comparison(difference.changed, difference.boxes[1], sheet.size)


def flip(before: Path, after: Path, out: Path, *, labels: tuple[str, str]) -> pictures.Picture:
    """Write an animation that shows one picture after the other, a second each, for ever.

    A GIF, or WebP when `out` ends in .webp. At most 1024 px, and so 4 MB even for noise, which no format can pack.
    Two pictures that are the same under the same label become a single frame.
    """
    pair = (_read(before, MAX_FLIP_EDGE), _read(after, MAX_FLIP_EDGE))
    frames = _frames(pair, labels)
    options = {"save_all": True, "duration": 1000, "loop": 0}
    if out.suffix.lower() == ".webp":
        frames[0].save(out, "WEBP", append_images=frames[1:], quality=82, **options)
    else:
        first, second = _in_256_colours(frames)
        first.save(out, "GIF", append_images=[second], **options)
    return pictures.inspect(out)


def where(box: Box) -> str:
    """A region in words: "top left", "centre", "the left half", "the top edge", "down the middle", "everywhere"."""
    across = _stretch(box[0], box[2], ("left", "", "right"))
    down = _stretch(box[1], box[3], ("top", "", "bottom"))
    if across is not None and down is not None:
        return f"{down} {across}".strip() or "centre"
    if across is down:
        return "everywhere"
    if side := across or down:
        return f"the {side} {'edge' if min(box[2] - box[0], box[3] - box[1]) < 0.25 else 'half'}"
    return "across the middle" if across is None else "down the middle"


def _stretch(low: float, high: float, words: tuple[str, str, str]) -> str | None:
    """The word for a part of an edge; it is at an end where the room left there is less than half the other's."""
    if high - low >= 0.8:
        return None
    if low < (1 - high) / 2:
        return words[0]
    return words[2] if 1 - high < low / 2 else words[1]


# ── Comparing ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Difference:
    strength: Image.Image  # L; 0 where nothing visible changed
    place: Box  # what `strength` covers of the after picture
    changed: float
    boxes: tuple[tuple[Box, ...], tuple[Box, ...]]  # fractions of the picture before, of the one after


def _read(path: Path, edge: int) -> Image.Image:
    """The pixels as RGB or RGBA, by way of a clean copy: only `pictures` opens what comes from outside."""
    with tempfile.TemporaryDirectory(prefix="retouch-compare-") as folder:
        copy, _ = pictures.fit(
            path, Path(folder), max_bytes=pictures.MAX_BYTES, max_edge=edge, media_types=("image/png",)
        )
        with Image.open(copy, formats=("PNG",)) as image:
            image.load()
            return image


def _difference(before: Image.Image, after: Image.Image) -> _Difference:
    ratio = min(_ratio(before.size), _ratio(after.size))
    windows = (_window(before.size, ratio), _window(after.size, ratio))
    size = _compared_size(_in_pixels(windows[0], before.size), _in_pixels(windows[1], after.size))
    mode = "RGBA" if "RGBA" in (before.mode, after.mode) else "RGB"
    one, other = _softened(before.convert(mode), windows[0], size), _softened(after.convert(mode), windows[1], size)
    strength = _strongest(one, other).point(lambda value: value if value > VISIBLE else 0)
    same_shape = windows == (_WHOLE, _WHOLE) or max(_ratio(before.size), _ratio(after.size)) <= ratio * OTHER_SHAPE
    changed = 1 - strength.histogram()[0] / (size[0] * size[1]) if same_shape else 1.0
    found = _boxes(strength)
    boxes = tuple(_onto(box, windows[0]) for box in found), tuple(_onto(box, windows[1]) for box in found)
    return _Difference(strength, windows[1], changed, boxes)


def _window(size: tuple[int, int], ratio: float) -> Box:
    """The middle of a picture, as high as it is and `ratio` times as wide. Less than a pixel is rounding."""
    margin = (size[0] - size[1] * ratio) / 2
    return (margin / size[0], 0.0, 1 - margin / size[0], 1.0) if margin >= 0.5 else _WHOLE


def _in_pixels(box: Box, size: tuple[int, int]) -> Box:
    return box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1]


def _compared_size(*windows: Box) -> tuple[int, int]:
    """The smaller one's: enlarging it would make up differences from the sharpness of the other."""
    width, height = (min(window[i + 2] - window[i] for window in windows) for i in (0, 1))
    return _scaled((width, height), min(1.0, MAX_COMPARED / max(width, height)))


def _scaled(size: tuple[float, float], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _strongest(one: Image.Image, other: Image.Image) -> Image.Image:
    """Of each pixel the channel that differs most, as L."""
    return reduce(ImageChops.lighter, ImageChops.difference(one, other).split())


def _softened(image: Image.Image, window: Box, size: tuple[int, int]) -> Image.Image:
    """Blurred by a pixel, and colours weighted by alpha: what cannot be seen does not differ."""
    small = image.resize(size, Image.Resampling.LANCZOS, box=_in_pixels(window, image.size), reducing_gap=2.0)
    if small.mode == "RGBA":
        small = Image.merge("RGBA", small.convert("RGBa").split())
    return small.filter(ImageFilter.GaussianBlur(1))


def _boxes(strength: Image.Image) -> tuple[Box, ...]:
    """The regions that changed most, as fractions, largest first."""
    mask = strength.point(lambda value: 255 if value else 0)
    grid = _scaled(mask.size, min(1.0, _CELLS / max(mask.size)))
    coarse = mask.resize(grid, Image.Resampling.BOX).tobytes()
    cells = {divmod(i, grid[0])[::-1]: value for i, value in enumerate(coarse) if value >= _SPECK}
    regions = [(sum(cells[cell] for cell in region), region) for region in _regions(cells)]
    strongest = max((weight for weight, _ in regions), default=0)
    bounds = [_bounds(region, grid) for weight, region in regions if weight * _MINOR >= strongest]
    tight = [_tightened(box, mask) for box in _joined(bounds)]
    return tuple(sorted(tight, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), reverse=True)[:MAX_BOXES])


def _regions(cells: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Groups of cells that lie within reach of each other."""
    left = set(cells)
    steps = [(x, y) for x in range(-_REACH, _REACH + 1) for y in range(-_REACH, _REACH + 1)]
    while left:
        region = [left.pop()]
        for x, y in region:  # grows while it is walked
            near = {(x + dx, y + dy) for dx, dy in steps} & left
            left -= near
            region.extend(near)
        yield region


def _bounds(region: list[tuple[int, int]], grid: tuple[int, int]) -> Box:
    xs, ys = [x for x, _ in region], [y for _, y in region]
    return min(xs) / grid[0], min(ys) / grid[1], (max(xs) + 1) / grid[0], (max(ys) + 1) / grid[1]


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap as one, so that frames do not cross."""
    result: list[Box] = []
    for a, b, c, d in boxes:
        while other := next((box for box in result if a < box[2] and box[0] < c and b < box[3] and box[1] < d), None):
            result.remove(other)
            a, b, c, d = min(a, other[0]), min(b, other[1]), max(c, other[2]), max(d, other[3])
        result.append((a, b, c, d))
    return result


def _tightened(box: Box, mask: Image.Image) -> Box:
    """From whole cells to the pixels that changed in them."""
    left, top, right, bottom = _in_pixels(box, mask.size)
    area = math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
    inner = mask.crop(area).getbbox() or (0, 0, area[2] - area[0], area[3] - area[1])
    x, y, (width, height) = area[0], area[1], mask.size
    return (x + inner[0]) / width, (y + inner[1]) / height, (x + inner[2]) / width, (y + inner[3]) / height


def _onto(box: Box, window: Box) -> Box:
    """A part of a window as a part of the whole picture. They have the same height."""
    width = window[2] - window[0]
    return window[0] + box[0] * width, box[1], window[0] + box[2] * width, box[3]


# ── Drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _ratio(size: tuple[int, int]) -> float:
    return size[0] / size[1]


def _shown_size(size: tuple[int, int]) -> tuple[int, int]:
    return _scaled(size, max(1.0, _SMALLEST / max(size)))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Smooth, but for tiny pictures, whose pixels are to be seen."""
    if image.size == size:
        return image
    tiny = max(image.size) * 4 <= max(size)
    return image.resize(size, Image.Resampling.NEAREST if tiny else Image.Resampling.LANCZOS)


def _on_checks(image: Image.Image) -> Image.Image:
    """What can be seen through is shown on a checkerboard."""
    if image.mode == "RGB":
        return image
    wide, high = -(-image.width // _CHECK), -(-image.height // _CHECK)
    checks = Image.frombytes("L", (wide, high), bytes(_CHECKS[(x + y) % 2] for y in range(high) for x in range(wide)))
    board = checks.resize((wide * _CHECK, high * _CHECK), Image.Resampling.NEAREST).convert("RGB")
    board.paste(image, (0, 0), image)
    return board.crop((0, 0, *image.size))


def _common_height(pair: tuple[Image.Image, Image.Image], stacked: bool) -> int:
    """The height of both pictures: that of the larger one, as far as there is room."""
    wanted, ratios = max(_shown_size(image.size)[1] for image in pair), [_ratio(image.size) for image in pair]
    room, band = MAX_EDGE - 3 * _GAP - 4, _type_size(MAX_EDGE) * 3 // 2
    if stacked:
        return max(1, math.floor(min(wanted, (room - 2 * band) / 2, room / max(ratios))))
    high = room / sum(ratios)
    if min(ratios) * high < _COLUMN:
        high = (room - _COLUMN) / max(ratios)
    return max(1, math.floor(min(wanted, room - band, high)))


def _type_size(height: int) -> int:
    return min(36, max(18, height // 28))


def _panel(image: Image.Image, height: int, label: str, boxes: Iterable[Box]) -> Image.Image:
    """A picture under its label, its changes framed, in a hairline that shows where a white picture ends."""
    width, size = max(1, round(height * _ratio(image.size))), _type_size(height)
    band = size * 3 // 2
    panel = Image.new("RGB", (max(width + 2, _COLUMN), band + height + 2), _PAPER)
    font, draw = ImageFont.load_default(size=size), ImageDraw.Draw(panel)
    draw.text((1, size), _lettered(label, font, panel.width), fill=_INK, font=font, anchor="ls")
    draw.rectangle((0, band, width + 1, panel.height - 1), fill=_PAPER, outline=_HAIRLINE)
    panel.paste(_framed(_on_checks(_resized(image, (width, height))), boxes), (1, band + 1))
    return panel


def _lettered(label: str, font: _Font, width: int) -> str:
    """A label as it can be drawn: printable, short, within `width` pixels."""
    whole = "".join(char for char in " ".join(label[:1000].split()) if char.isprintable())[:MAX_LABEL]
    texts = (whole, *(f"{whole[:length]}…" for length in range(len(whole) - 1, 0, -1)))
    return next((text for text in texts if font.getlength(text) <= width), "")


def _framed(image: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """Three pixels of orange between thin white lines, a little outside of what changed."""
    image, edges = image.copy(), (image.width - 1, image.height - 1)
    draw = ImageDraw.Draw(image)
    for box in boxes:
        left, top, right, bottom = _in_pixels(box, image.size)
        x, y = max(0, math.floor(left) - 8), max(0, math.floor(top) - 8)
        x2, y2 = min(edges[0], math.ceil(right) + 7), min(edges[1], math.ceil(bottom) + 7)
        if min(x2 - x, y2 - y) >= 12:  # else it would hide all of the picture
            draw.rectangle((x, y, x2, y2), outline=_PAPER, width=5)
            draw.rectangle((x + 1, y + 1, x2 - 1, y2 - 1), outline=_ORANGE, width=3)
    return image


def _arranged(panels: list[Image.Image], stacked: bool) -> Image.Image:
    first, second = panels
    x, y = (_GAP, 2 * _GAP + first.height) if stacked else (2 * _GAP + first.width, _GAP)
    size = max(_GAP + first.width, x + second.width) + _GAP, max(_GAP + first.height, y + second.height) + _GAP
    sheet = Image.new("RGB", size, _PAPER)
    sheet.paste(first, (_GAP, _GAP))
    sheet.paste(second, (x, y))
    return sheet


def _heated(shown: Image.Image, difference: _Difference) -> Image.Image:
    """A pale grey picture with the difference over it, in its place."""
    grey = shown.convert("L").point(lambda value: 70 + value * 0.65).convert("RGB")
    left, _, right, _ = (round(value) for value in _in_pixels(difference.place, shown.size))
    strength = Image.new("L", shown.size)
    size = max(1, right - left), shown.height
    strength.paste(difference.strength.resize(size, Image.Resampling.BILINEAR), (left, 0))
    opacity = strength.point(lambda value: min(225, value * 225 // VISIBLE))
    soft, points = strength.filter(ImageFilter.GaussianBlur(2)), (VISIBLE, 160, 80)
    return Image.composite(ImageOps.colorize(soft, "#ffd900", "#d90429", "#ff7a00", *points), grey, opacity)


def _frames(pair: tuple[Image.Image, Image.Image], labels: tuple[str, str]) -> list[Image.Image]:
    """Both pictures at the same height in the middle of the same paper, each with its label."""
    wanted, ratios = max(_shown_size(image.size)[1] for image in pair), [_ratio(image.size) for image in pair]
    height = max(1, min(wanted, MAX_FLIP_EDGE, math.floor(MAX_FLIP_EDGE / max(ratios))))
    widths = [max(1, round(height * ratio)) for ratio in ratios]
    frames = [Image.new("RGB", (max(_COLUMN, *widths), max(height, 48)), _PAPER) for _ in pair]
    for frame, image, width in zip(frames, pair, widths, strict=True):
        shown = _on_checks(_resized(image, (width, height)))
        frame.paste(shown, ((frame.width - width) // 2, (frame.height - height) // 2))
    _tag(frames, labels)
    return frames


def _tag(frames: list[Image.Image], labels: tuple[str, str]) -> None:
    """A small white plate in the corner, as wide for both labels, so that it does not jump."""
    size = _type_size(frames[0].height)
    font, pad, high = ImageFont.load_default(size=size), size // 2, size * 3 // 2
    texts = [_lettered(label, font, frames[0].width - 4 * pad) for label in labels]
    wide = math.ceil(max(font.getlength(text) for text in texts))
    for frame, text in zip(frames, texts, strict=True):
        if wide:
            draw = ImageDraw.Draw(frame)
            draw.rounded_rectangle((pad, pad, 3 * pad + wide, pad + high), pad // 2, _PAPER, _HAIRLINE)
            draw.text((2 * pad + wide / 2, pad + high / 2), text, fill=_INK, font=font, anchor="mm")


def _in_256_colours(frames: list[Image.Image]) -> tuple[Image.Image, Image.Image]:
    """Both in one palette, and dithered alike where they are alike: else the whole picture would glitter."""
    both = Image.new("RGB", (frames[0].width * 2, frames[0].height))
    both.paste(frames[0])
    both.paste(frames[1], (frames[0].width, 0))
    palette = both.quantize(256, method=Image.Quantize.MEDIANCUT)
    first, second = (frame.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for frame in frames)
    one, other = (frame.filter(ImageFilter.GaussianBlur(1)) for frame in frames)
    second.paste(first, mask=_strongest(one, other).point(lambda value: 255 if value <= 6 else 0))
    return first, second
