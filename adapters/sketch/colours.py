"""Colours as plain numbers: mixing, contrast and the names people use for them."""

from __future__ import annotations

import colorsys

RGB = tuple[int, int, int]
"""Red, green and blue, 0–255 each."""

INK: RGB = (22, 24, 34)
PAPER: RGB = (253, 250, 243)
WINDOW: RGB = (255, 214, 132)
"""Lamplight. Pixels of exactly this colour on a thing stay bright when it is shaded for the night."""

NAMED: dict[str, RGB] = {
    "red": (214, 58, 60),
    "crimson": (176, 28, 52),
    "orange": (242, 132, 48),
    "amber": (245, 168, 50),
    "yellow": (250, 204, 72),
    "gold": (222, 172, 66),
    "golden": (222, 172, 66),
    "green": (70, 156, 96),
    "lime": (158, 206, 72),
    "olive": (122, 128, 62),
    "mint": (142, 214, 182),
    "teal": (32, 138, 140),
    "turquoise": (58, 190, 186),
    "cyan": (70, 196, 220),
    "blue": (54, 110, 206),
    "navy": (28, 44, 96),
    "indigo": (68, 62, 152),
    "purple": (128, 74, 172),
    "violet": (142, 92, 200),
    "lavender": (186, 168, 226),
    "magenta": (206, 52, 142),
    "pink": (242, 142, 174),
    "coral": (246, 122, 104),
    "peach": (252, 190, 156),
    "brown": (128, 84, 56),
    "beige": (228, 210, 180),
    "cream": (250, 240, 218),
    "white": (248, 248, 246),
    "silver": (190, 196, 204),
    "gray": (136, 142, 152),
    "grey": (136, 142, 152),
    "black": (34, 34, 42),
}


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """The colour `share` (0–1) of the way from one to the other."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def lighten(colour: RGB, share: float) -> RGB:
    """The colour, moved towards white."""
    return mix(colour, (255, 255, 255), share)


def darken(colour: RGB, share: float) -> RGB:
    """The colour, moved towards a deep blue-black, which looks less dead than black."""
    return mix(colour, (12, 12, 28), share)


def turned(colour: RGB, degrees: float) -> RGB:
    """The colour with its hue turned around the colour wheel."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    red, green, blue = colorsys.hsv_to_rgb((hue + degrees / 360) % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def luminance(colour: RGB) -> float:
    """Relative luminance, 0–1, as WCAG 2 defines it."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio, 1–21, as WCAG 2 defines it; 4.5 is the least for text."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
