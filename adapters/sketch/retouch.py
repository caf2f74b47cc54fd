"""Changes of a picture's pixels: tone, colour, focus, and washes over pictures whose scene is not known."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from adapters.sketch.colours import NAMED, PAPER, RGB, darken, lighten
from adapters.sketch.recipe import Adjust

Change = Callable[[Image.Image, float], Image.Image]

SPATIAL = frozenset(("blur", "pixelate", "watercolour", "pencil", "mirror", "upside down"))  # would hurt lettering

_MOOD_TINTS: dict[str, RGB] = {
    "sunset": (255, 168, 110),
    "dawn": (255, 206, 190),
    "storm": (150, 164, 178),
    "winter": (206, 222, 246),
    "autumn": (255, 196, 130),
    "spring": (255, 230, 236),
    "neon": (226, 120, 236),
    "pastel": (250, 226, 246),
    "underwater": (96, 190, 214),
    "day": (255, 250, 228),
}


def adjusted(image: Image.Image, changes: Sequence[Adjust]) -> Image.Image:
    """The picture after all changes in order; transparency stays as it is, but for flips."""
    table = _changes()
    for change in changes:
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        image = table[change.name](image.convert("RGB"), change.strength)
        if alpha is not None:
            image.putalpha(table[change.name](alpha, 0) if change.name in ("mirror", "upside down") else alpha)
    return image


def grey(image: Image.Image) -> Image.Image:
    """The picture without colour."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    plain = ImageOps.grayscale(image.convert("RGB")).convert("RGB")
    if alpha is not None:
        plain.putalpha(alpha)
    return plain


def as_night(image: Image.Image) -> Image.Image:
    """A photo as if taken by moonlight."""
    blue = ImageChops.multiply(ImageEnhance.Color(image).enhance(0.55), Image.new("RGB", image.size, (104, 122, 196)))
    return _vignette(ImageEnhance.Contrast(blue).enhance(1.08), 0.8)


def in_mood(image: Image.Image, mood: str) -> Image.Image:
    """A photo tinted for a time of day or season."""
    if mood in ("night", "space"):
        return as_night(image)
    tint = _MOOD_TINTS.get(mood, _MOOD_TINTS["day"])
    if mood in ("pastel", "spring", "day"):
        toned = ImageChops.screen(image, Image.new("RGB", image.size, darken(tint, 0.72)))
    else:
        toned = ImageChops.multiply(image, Image.new("RGB", image.size, tint))
    return Image.blend(image, toned, 0.85)


def on_background(image: Image.Image, colour: str) -> Image.Image:
    """A cut-out laid on the colour; a full photo laid as a print on a sheet of the colour."""
    tone = NAMED.get(colour, PAPER)
    sheet = Image.new("RGB", image.size, tone)
    if image.mode == "RGBA" and image.getchannel("A").reduce(4).point(lambda level: 255 - level).getbbox():
        sheet.paste(image, (0, 0), image)
        return sheet
    wide, high = max(1, round(image.width * 0.84)), max(1, round(image.height * 0.84))
    place = ((image.width - wide) // 2, (image.height - high) // 2)
    lay_shadow(sheet, (*place, place[0] + wide, place[1] + high), darken(tone, 0.6))
    sheet.paste(image.convert("RGB").resize((wide, high), Image.Resampling.LANCZOS), place)
    return sheet


def tinted(image: Image.Image, colour: str) -> Image.Image:
    """A photo washed with a colour; its lights and darks stay."""
    tone = NAMED.get(colour, PAPER)
    wash = ImageOps.colorize(ImageOps.grayscale(image), darken(tone, 0.85), lighten(tone, 0.85), mid=tone)
    return Image.blend(image, wash, 0.6)


def lay_shadow(image: Image.Image, box: tuple[int, int, int, int], tone: RGB) -> None:
    """A soft shadow under a rectangle that will be pasted there."""
    reach = max(2, round((box[2] - box[0]) * 0.03))
    mask = Image.new("L", (box[2] - box[0] + 4 * reach, box[3] - box[1] + 4 * reach), 0)
    mask.paste(130, (2 * reach, 2 * reach, mask.width - 2 * reach, mask.height - 2 * reach))
    shrink = max(1, reach // 4)
    soft = (
        mask.reduce(shrink).filter(ImageFilter.GaussianBlur(reach / shrink)).resize(mask.size, Image.Resampling.BICUBIC)
    )
    image.paste(
        (*tone, 255) if image.mode == "RGBA" else tone,
        (box[0] - 2 * reach, box[1] - 2 * reach + reach // 2),
        soft,
    )


def erased(image: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture with the masked part (255) filled smoothly from what surrounds it."""
    known = image.convert("RGB").convert("RGBA")
    known.putalpha(ImageOps.invert(mask))
    levels = [known.convert("RGBa")]
    while max(levels[-1].size) > 1:
        last = levels[-1]
        levels.append(last.resize((max(1, last.width // 2), max(1, last.height // 2)), Image.Resampling.BOX))
    filled = Image.new("RGBA", (1, 1), (128, 128, 128, 255))
    for level in reversed(levels):
        solid = level.convert("RGBA")
        solid.putalpha(solid.getchannel("A").point([min(255, value * 6) for value in range(256)]))
        filled = Image.alpha_composite(filled.resize(level.size, Image.Resampling.BICUBIC), solid)
    return filled.convert("RGB")


# ── The table ───────────────────────────────────────────────────────────────────────────────────────────────


def _changes() -> dict[str, Change]:
    return {
        "warmer": lambda image, by: _channels(image, 1 + 0.12 * by, 1 + 0.02 * by, 1 - 0.14 * by),
        "cooler": lambda image, by: _channels(image, 1 - 0.13 * by, 1 - 0.01 * by, 1 + 0.13 * by),
        "darker": lambda image, by: _gamma(image, 1 + 0.45 * by, 1 - 0.14 * by),
        "brighter": lambda image, by: _gamma(image, 1 / (1 + 0.4 * by), 1 + 0.04 * by),
        "contrast": lambda image, by: ImageEnhance.Contrast(image).enhance(1 + 0.32 * by),
        "softer": lambda image, by: ImageEnhance.Contrast(image).enhance(max(0.2, 1 - 0.28 * by)),
        "vivid": lambda image, by: ImageEnhance.Color(image).enhance(1 + 0.5 * by),
        "muted": lambda image, by: ImageEnhance.Color(image).enhance(max(0.1, 1 - 0.45 * by)),
        "black and white": lambda image, _: ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=0.5).convert("RGB"),
        "sepia": lambda image, _: ImageOps.colorize(
            ImageOps.grayscale(image), (38, 24, 18), (255, 246, 222), mid=(164, 122, 84)
        ),
        "blur": lambda image, by: _blurred(image, 0.011 * by),
        "sharpen": lambda image, by: image.filter(
            ImageFilter.UnsharpMask(max(1.0, min(image.size) / 500), round(160 * by), 2)
        ),
        "mirror": lambda image, _: ImageOps.mirror(image),
        "upside down": lambda image, _: ImageOps.flip(image),
        "pixelate": _pixelated,
        "vignette": _vignette,
        "invert": lambda image, _: ImageOps.invert(image),
        "watercolour": _watercolour,
        "pencil": _pencil,
        "posterize": lambda image, _: ImageEnhance.Color(ImageOps.posterize(_smoothed(image, 5), 3)).enhance(1.25),
        "frame": _framed,
        "treatment": _treatment,
        "tint": _treatment,
    }


def _channels(image: Image.Image, *factors: float) -> Image.Image:
    table = [min(255, max(0, round(value * factor))) for factor in factors for value in range(256)]
    return image.point(table)


def _gamma(image: Image.Image, power: float, scale: float) -> Image.Image:
    return image.point([min(255, max(0, round(255 * scale * (value / 255) ** power))) for value in range(256)] * 3)


def _blurred(image: Image.Image, share: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(0.8, min(image.size) * share)))


def _smoothed(image: Image.Image, size: int) -> Image.Image:
    """Flattened areas; worked out on at most about a megapixel, for median filters are slow."""
    shrink = max(1, round((image.width * image.height / 1_000_000) ** 0.5))
    small = image.reduce(shrink).filter(ImageFilter.MedianFilter(size))
    return small.resize(image.size, Image.Resampling.BICUBIC)


def _pixelated(image: Image.Image, by: float) -> Image.Image:
    cells = max(8, round(64 / max(0.4, by)))
    scale = max(image.size) / cells
    small = image.resize(
        (max(1, round(image.width / scale)), max(1, round(image.height / scale))), Image.Resampling.BOX
    )
    return small.resize(image.size, Image.Resampling.NEAREST)


def _vignette(image: Image.Image, by: float) -> Image.Image:
    shade = Image.radial_gradient("L").point(
        [round(min(235, 190 * by * max(0.0, (v / 255 - 0.35) / 0.65) ** 1.8)) for v in range(256)]
    )
    dark = image.copy()
    dark.paste((8, 8, 18), (0, 0), shade.resize(image.size, Image.Resampling.BICUBIC))
    return dark


def _watercolour(image: Image.Image, _: float) -> Image.Image:
    washed = ImageEnhance.Color(_smoothed(image, 7)).enhance(1.12)
    edges = (
        ImageOps.grayscale(image)
        .filter(ImageFilter.FIND_EDGES)
        .filter(ImageFilter.GaussianBlur(max(1.0, min(image.size) / 700)))
    )
    washed.paste(darken((90, 70, 90), 0.1), (0, 0), edges.point([min(70, value) for value in range(256)]))
    paper = Image.new("RGB", image.size, PAPER)
    return ImageChops.multiply(Image.blend(washed, paper, 0.16), paper)


def _pencil(image: Image.Image, _: float) -> Image.Image:
    """Colour dodge of the grey picture with its own blurred negative: the classic pencil drawing."""
    grey = ImageOps.grayscale(image)
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(max(1.5, min(image.size) / 170)))
    lines = ImageChops.add(grey, soft, scale=1.0).point(
        [round(255 * max(0.0, (v - 150) / 105) ** 1.5) for v in range(256)]
    )
    return ImageOps.colorize(lines, (52, 50, 60), PAPER)


def _framed(image: Image.Image, _: float) -> Image.Image:
    rim = max(1, round(min(image.size) * 0.045))
    framed = Image.new("RGB", image.size, PAPER)
    line = max(1, rim // 10)
    inner = ImageOps.fit(
        image, (max(1, image.width - 2 * rim), max(1, image.height - 2 * rim)), Image.Resampling.LANCZOS
    )
    framed.paste(darken(PAPER, 0.25), (rim - line, rim - line, image.width - rim + line, image.height - rim + line))
    framed.paste(inner, (rim, rim))
    return framed


def _treatment(image: Image.Image, hue: float) -> Image.Image:
    """A light two-tone wash; `hue` 0–9 goes once round the colour wheel."""
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(abs(hue) / 9 % 1, 0.55, 0.9))
    grey = ImageOps.grayscale(image)
    tone = ImageOps.colorize(
        grey, darken((red, green, blue), 0.82), lighten((red, green, blue), 0.78), mid=(red, green, blue)
    )
    return Image.blend(image, tone, 0.5)
