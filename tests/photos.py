"""Thirty pictures of many kinds, real photos and drawn ones, and pens to draw on them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PHOTOS = ("astronaut", "brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "horse",
          "hubble_deep_field", "ihc", "moon", "motorcycle_left", "motorcycle_right", "page", "retina", "rocket",
          "color", "text")  # fmt: skip
Mask = NDArray[np.bool_]


@cache
def picture(name: str) -> Image.Image:
    """One picture of the set, at most 1024 px; RGB, or RGBA for the sticker."""
    return _DRAWN[name]() if name in _DRAWN else _photo(name)


def names() -> list[str]:
    return [*PHOTOS, *_DRAWN]


def _photo(name: str) -> Image.Image:
    folder = Path(skimage.__file__).parent / "data"
    path = next(path for path in (folder / f"{name}.png", folder / f"{name}.jpg") if path.exists())
    with Image.open(path) as file:
        image = file.convert("RGB")
        image.info = {}  # its own profile would be written again
    scale = 1024 / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def _sunset() -> Image.Image:
    ramp = Image.linear_gradient("L").resize((1024, 683))
    return Image.merge("RGB", [ramp.point(lambda v: 250 - v // 3), ramp.point(lambda v: 60 + v // 2), ramp])


def _spotlight() -> Image.Image:
    return Image.merge("RGB", [Image.radial_gradient("L").resize((768, 1024))] * 2 + [Image.new("L", (768, 1024), 90)])


def _lettered(size: tuple[int, int], paper: str, ink: str, lines: list[str]) -> Image.Image:
    image = Image.new("RGB", size, paper)
    draw, high = ImageDraw.Draw(image), size[1] / (len(lines) + 1)
    for row, line in enumerate(lines):
        font = ImageFont.load_default(size=min(high * 0.7, size[0] * 1.6 / len(line)))
        draw.text((size[0] / 2, high * (row + 0.8)), line, fill=ink, font=font, anchor="mm")
    return image


def _poster() -> Image.Image:
    return _lettered((683, 1024), "#f7f2e8", "#22304a", ["SUMMER", "SALE", "up to 50 %", "Saturday", "only"])


def _notice() -> Image.Image:
    return _lettered((1024, 683), "#ffffff", "#000000", ["Please close the door", "quietly, people sleep", "Thank you"])


def _night_sign() -> Image.Image:
    return _lettered((1024, 1024), "#0b0f1a", "#39d0d8", ["OPEN", "ALL NIGHT", "24 h"])


def _noise(seed: int, *, coarse: int, colour: bool, size: tuple[int, int] = (1024, 768)) -> Image.Image:
    generator = np.random.default_rng(seed)
    shape = size[1] // coarse, size[0] // coarse, 3 if colour else 1
    values = np.clip(generator.normal(128, 45, shape), 0, 255).astype(np.uint8)
    return Image.fromarray(np.broadcast_to(values, (*shape[:2], 3)).copy()).resize(size, Image.Resampling.BICUBIC)


def _flat_logo() -> Image.Image:
    image = Image.new("RGB", (1024, 1024), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.ellipse((180, 180, 844, 844), fill="#0050b0")
    draw.polygon([(512, 260), (740, 700), (284, 700)], fill="#ffd000")
    draw.rectangle((470, 440, 554, 640), fill="#0050b0")
    return image


def _two_halves() -> Image.Image:
    image = Image.new("RGB", (1024, 576), "#e4572e")
    draw = ImageDraw.Draw(image)
    draw.rectangle((512, 0, 1024, 576), fill="#17bebb")
    draw.ellipse((412, 188, 612, 388), fill="#ffffff")
    return image


def _cellar() -> Image.Image:
    return _photo("brick").convert("RGB").point(lambda value: value * 0.16)


def _snow() -> Image.Image:
    return _photo("gravel").rotate(180).point(lambda value: 205 + value * 0.19)


def _tiles() -> Image.Image:
    image = Image.new("RGB", (1024, 768), "#f0ead6")
    draw = ImageDraw.Draw(image)
    for x in range(0, 1024, 64):
        for y in range(0, 768, 64):
            draw.ellipse((x + 8, y + 8, x + 56, y + 56), fill="#457b9d" if (x + y) // 64 % 2 else "#a8dadc")
    return image


def _stripes() -> Image.Image:
    image = Image.new("RGB", (1024, 768), "#ffffff")
    draw = ImageDraw.Draw(image)
    for x in range(-768, 1024, 48):
        draw.line((x, 768, x + 768, 0), fill="#c1121f", width=17)
    return image


def _sticker() -> Image.Image:
    image = Image.new("RGBA", (900, 900))
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 80, 820, 820), fill="#ffcb05", outline="#3c5aa6", width=24)
    for x in (320, 580):
        draw.ellipse((x - 40, 300, x + 40, 420), fill="#222222")
    draw.arc((280, 380, 620, 680), 20, 160, fill="#222222", width=26)
    return image


def _chart() -> Image.Image:
    image = Image.new("RGB", (1024, 640), "#fafafa")
    draw = ImageDraw.Draw(image)
    for index, value in enumerate((310, 420, 180, 520, 470, 260, 390)):
        draw.rectangle((90 + index * 130, 580 - value, 180 + index * 130, 580), fill="#2a9d8f")
        draw.text((100 + index * 130, 590), f"Q{index + 1}", fill="#333333", font=ImageFont.load_default(size=30))
    return image


_DRAWN: dict[str, Callable[[], Image.Image]] = {
    "sunset": _sunset, "spotlight": _spotlight, "poster": _poster, "notice": _notice, "night sign": _night_sign,
    "fine noise": lambda: _noise(1, coarse=1, colour=False), "coarse noise": lambda: _noise(2, coarse=6, colour=True),
    "flat logo": _flat_logo, "two halves": _two_halves, "cellar": _cellar, "snow": _snow, "tiles": _tiles,
    "stripes": _stripes, "sticker": _sticker, "chart": _chart,
}  # fmt: skip


# ── Pens ─────────────────────────────────────────────────────────────────────────────────────────────────────────

COLOURS = ("#ff0000", "#ffffff", "#000000", "#ffee00", "#00d000", "#0060ff", "#ff00ff")
KINDS = ("marker", "pen", "highlighter", "arrow", "circle", "scribble")
_OPACITY = {"highlighter": 0.45}
_WIDTH = {"marker": 0.05, "pen": 0.016, "highlighter": 0.06, "arrow": 0.018, "circle": 0.014, "scribble": 0.022}


def drawn_on(image: Image.Image, kind: str, chance: random.Random) -> tuple[Image.Image, Mask]:
    """The picture as RGB with something drawn on it in a colour that shows, and where (True on every drawn pixel)."""
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    large = Image.new("L", (image.width * 2, image.height * 2))
    _draw(ImageDraw.Draw(large), kind, large.size, chance)
    shape = large.resize(image.size, Image.Resampling.BOX)
    where = np.asarray(shape) > 127
    opacity = _OPACITY.get(kind, 1.0)
    layer = Image.new("RGB", image.size, _visible(flat, where, chance))
    return Image.composite(layer, flat, shape.point(lambda value: value * opacity)), where


def _visible(image: Image.Image, where: Mask, chance: random.Random) -> str:
    """A colour that stands out from what it is drawn over, as people choose it."""
    under = np.asarray(image, dtype=np.int16)[where]
    usable = []
    for colour in COLOURS:
        ink = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        hidden = np.mean(np.abs(under - ink).max(axis=1) < 60)
        usable.append((float(hidden), colour))
    good = [colour for hidden, colour in usable if hidden < 0.02]
    return chance.choice(good) if good else min(usable)[1]


def _draw(draw: ImageDraw.ImageDraw, kind: str, size: tuple[int, int], chance: random.Random) -> None:
    width, edge = round(_WIDTH[kind] * max(size)), min(size)
    cx, cy = (chance.uniform(0.35, 0.65) * length for length in size)
    radius = edge * chance.uniform(0.16, 0.28)
    if kind == "circle":
        turns = [math.tau * step / 60 for step in range(60)]  # closed but for a little
        points = [(cx + radius * math.cos(t) * (1 + t / 90), cy + radius * 0.8 * math.sin(t)) for t in turns]
    elif kind == "scribble":
        points = [(cx + radius * (step / 6 - 1), cy + radius * 0.7 * (-1) ** step) for step in range(13)]
    else:
        bend = chance.uniform(-0.5, 0.5)
        turn = chance.uniform(0, math.tau)
        points = [
            (cx + radius * 1.3 * (t * math.cos(turn) - bend * t * t * math.sin(turn)),
             cy + radius * 1.3 * (t * math.sin(turn) + bend * t * t * math.cos(turn)))
            for t in (step / 10 for step in range(-10, 11))
        ]  # fmt: skip
    _line(draw, points, width)
    if kind == "arrow":
        (x, y), (x2, y2) = points[-1], points[-4]
        back = math.atan2(y2 - y, x2 - x)
        for side in (-0.5, 0.5):
            tip = x + 5 * width * math.cos(back + side), y + 5 * width * math.sin(back + side)
            _line(draw, [(x, y), tip], width)


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], width: int) -> None:
    draw.line(points, fill=255, width=width, joint="curve")
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
