"""Putting fitted text on a picture so that it can be read: a soft ground, a colour with enough contrast."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter, ImageStat

from adapters.sketch.colours import INK, PAPER, RGB, contrast, mix
from adapters.sketch.lettering.layout import LINE, Block
from adapters.sketch.lettering.runs import direction

ENOUGH = 4.5  # WCAG's contrast for text
_MARGIN = 0.35  # of the font size, around the words, for the soft ground


def write(image: Image.Image, block: Block, x: float, y: float, *, colour: RGB | None = None) -> RGB:
    """Write centred on `x`, from `y` down, by default in the more legible of ink and paper; return that."""
    mask, place = _mask(image, block, x, y)
    box = _inside(image, (place[0], place[1], place[0] + mask.width, place[1] + mask.height))
    if box is None:
        return colour or INK
    ground = _average(image, box)
    chosen = colour or max((INK, PAPER), key=lambda tone: contrast(tone, ground))
    _soften(image, mask, place, block.size, chosen, _strength(image, box, chosen))
    image.paste((*chosen, 255) if image.mode == "RGBA" else chosen, place, mask)
    return chosen


def _mask(image: Image.Image, block: Block, x: float, y: float) -> tuple[Image.Image, tuple[int, int]]:
    """The words alone, and where they go."""
    pad = round(block.size * _MARGIN) + 2
    wide = min(round(block.width) + 2 * pad, image.width + 2 * pad)
    mask = Image.new("L", (wide, round(block.height) + 2 * pad), 0)
    draw = ImageDraw.Draw(mask)
    size = max(1, round(block.size))
    for number, line in enumerate(block.lines):
        along = (mask.width - sum(run.width(block.size) for run in line)) / 2
        baseline = pad + number * block.size * LINE + block.size * 0.94
        for run in line:
            draw.text(
                (along, baseline),
                run.text,
                fill=255,
                font=run.face.at(size),
                anchor="ls",
                direction=direction(run),
            )
            along += run.width(block.size)
    return mask, (round(x - mask.width / 2), round(y - pad))


def _inside(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    left, top, right, bottom = (
        max(0, box[0]),
        max(0, box[1]),
        min(image.width, box[2]),
        min(image.height, box[3]),
    )
    return (left, top, right, bottom) if right > left and bottom > top else None


def _average(image: Image.Image, box: tuple[int, int, int, int]) -> RGB:
    patch = image.crop(box)
    if patch.mode == "RGBA":  # nothing behind the words: they will mostly be seen on white
        white = Image.new("RGBA", patch.size, (255, 255, 255, 255))
        patch = Image.alpha_composite(white, patch)
    red, green, blue = ImageStat.Stat(patch.convert("RGB").reduce(max(1, min(patch.size) // 48))).mean[:3]
    return round(red), round(green), round(blue)


def _strength(image: Image.Image, box: tuple[int, int, int, int], colour: RGB) -> float:
    """How much ground the words need (0–1): little on a calm contrasting sky, much on a busy one."""
    patch = image.crop(box).convert("L").reduce(max(1, min(box[2] - box[0], box[3] - box[1]) // 64))
    busy = ImageStat.Stat(patch).stddev[0]
    lacking = max(0.0, ENOUGH + 2.5 - contrast(colour, _average(image, box))) / ENOUGH
    return min(1.0, 0.04 + busy / 110 + lacking * 0.55)


def _soften(
    image: Image.Image, mask: Image.Image, place: tuple[int, int], size: float, colour: RGB, strength: float
) -> None:
    """A blurred ground in the opposite tone, wider than the letters, and one that follows their edges."""
    tone = PAPER if contrast(colour, PAPER) > contrast(colour, INK) else mix(INK, (0, 0, 0), 0.4)
    margin = round(size * 0.6)
    wide = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    wide.paste(mask, (margin, margin))
    for radius, share in ((0.34, 0.62), (0.07, 0.8)):
        shrink = max(1, round(size * radius / 6))
        small = (
            wide.reduce(shrink)
            .filter(ImageFilter.MaxFilter(3))
            .filter(ImageFilter.GaussianBlur(size * radius / shrink))
        )
        soft = small.resize(wide.size, Image.Resampling.BICUBIC).point(
            [min(255, round(v * 2 * share * strength)) for v in range(256)]
        )
        image.paste((*tone, 255) if image.mode == "RGBA" else tone, (place[0] - margin, place[1] - margin), soft)
