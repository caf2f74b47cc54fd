"""A picture being painted: gradients, soft light, filled shapes, and stamps of things from their own box."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.colours import RGB, WINDOW, darken, lighten, mix
from adapters.sketch.palettes import Palette

Point = tuple[float, float]
Points = Sequence[Point] | str
"""Points of a shape; as text "x,y x,y …" in hundredths of the box's height."""

RADIAL_EDGE = 180  # what Pillow's radial_gradient says in the middle of each side; its corners are 255


class Stopped(Exception):
    """Nobody waits for this picture any more."""


class Canvas:
    """An RGB (for cut-outs RGBA) picture with its palette and repeatable chance for each layer.

    Everything is placed in pixels of this canvas but decided in shares of it, so that a small preview shows
    the same picture as the large one.
    """

    def __init__(self, image: Image.Image, palette: Palette, key: str, stop: threading.Event | None = None) -> None:
        self.image = image
        self.palette = palette
        self._key = key
        self._stop = stop

    @property
    def w(self) -> int:
        """Width in pixels."""
        return self.image.width

    @property
    def h(self) -> int:
        """Height in pixels."""
        return self.image.height

    @property
    def unit(self) -> float:
        """A length that suits both wide and tall pictures, in pixels; sizes of things are shares of it."""
        return min(self.w, self.h, math.sqrt(self.w * self.h) * 0.8)

    def rng(self, layer: str) -> Random:
        """Chance that is the same for the same words and layer, whatever else is on the picture."""
        if self._stop is not None and self._stop.is_set():
            raise Stopped
        return Random(f"{self._key}:{layer}")  # noqa: S311 - repeatable on purpose

    def draw(self) -> ImageDraw.ImageDraw:
        """Pillow's drawing tool; colours with four parts are blended, not written over."""
        return ImageDraw.Draw(self.image, "RGBA")

    def gradient(self, top: float, bottom: float, colours: Sequence[RGB]) -> None:
        """Fill the whole width between two heights."""
        upper, lower = max(0, math.floor(top)), min(self.h, math.ceil(bottom))
        if lower > upper:
            self.image.paste(vertical((self.w, lower - upper), colours), (0, upper))

    def fill(self, points: Sequence[Point], colours: Sequence[RGB], opacity: float = 1.0) -> None:
        """Fill a shape with a gradient from its top to its bottom."""
        left, top = (math.floor(min(point[axis] for point in points)) for axis in (0, 1))
        right, bottom = (math.ceil(max(point[axis] for point in points)) for axis in (0, 1))
        left, top, right, bottom = max(left, 0), max(top, 0), min(right + 1, self.w), min(bottom + 1, self.h)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top), 0)
        shifted = [(x - left, y - top) for x, y in points]
        ImageDraw.Draw(mask).polygon(shifted, fill=round(255 * opacity))
        self.image.paste(vertical(mask.size, colours), (left, top), mask)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float = 1.0, flat: float = 1.0) -> None:
        """Soft light around a point; `flat` below 1 squeezes it. Drawn small and enlarged."""
        scale = max(1.0, max(self.w, self.h) / 256)
        small = Image.new("L", (max(1, round(self.w / scale)), max(1, round(self.h / scale))), 0)
        radius *= 1.25
        wide, high = max(2, round(2 * radius / scale)), max(2, round(2 * radius * flat / scale))
        levels = [round(_falloff(step / RADIAL_EDGE) * 255 * strength) for step in range(256)]
        light = Image.radial_gradient("L").point(levels)
        light = light.resize((wide, high), Image.Resampling.BICUBIC)
        small.paste(light, (round(x / scale - wide / 2), round(y / scale - high / 2)))
        self.image.paste(colour, (0, 0), small.resize(self.image.size, Image.Resampling.BICUBIC))

    def soft(self, paint: Callable[[ImageDraw.ImageDraw, float], None], colours: Sequence[RGB], blur: float) -> None:
        """Paint a blurred shape: `paint` gets a small mask's drawing tool and its scale to this canvas."""
        scale = min(1.0, 640 / max(self.w, self.h))
        mask = Image.new("L", (max(1, round(self.w * scale)), max(1, round(self.h * scale))), 0)
        paint(ImageDraw.Draw(mask), scale)
        mask = mask.filter(ImageFilter.GaussianBlur(max(0.3, blur * scale))).resize(
            self.image.size, Image.Resampling.BICUBIC
        )
        box = mask.getbbox()
        if box:
            inside = vertical((box[2] - box[0], box[3] - box[1]), colours)
            self.image.paste(inside, box[:2], mask.crop(box))

    def stamp(
        self,
        paint: Callable[[Pen], None],
        x: float,
        base: float,
        height: float,
        *,
        aspect: float = 1.0,
        shadow: float = 0.0,
        lit: bool = True,
        flip: bool = False,
    ) -> None:
        """Paint a thing in its own box, shade it with this mood's light, stand it at `x` on the line `base`.

        `height` in pixels; the box is `height × aspect` wide. `shadow` (0–1) is how dark it is below.
        """
        size = (max(4, round(height * aspect)), max(4, round(height)))
        layer = Image.new("RGBA", size, (0, 0, 0, 0))
        paint(Pen(layer, self.palette))
        if lit:
            layer = _shaded(layer, self.palette.ambient)
        if flip:
            layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if shadow:
            self.shadow(x, base, size[0] * 0.46, shadow)
        place = (round(x - size[0] / 2), round(base - size[1]))
        if self.image.mode == "RGBA":
            whole = Image.new("RGBA", self.image.size, (0, 0, 0, 0))
            whole.paste(layer, place)
            self.image.alpha_composite(whole)
        else:
            self.image.paste(layer, place, layer)

    def shadow(self, x: float, y: float, radius: float, strength: float) -> None:
        """A soft flat shadow on the ground."""
        if self.image.mode == "RGB":
            self.glow(x, y, radius * 1.35, darken(self.palette.land, 0.5), strength, flat=0.2)


class Pen:
    """Draws one thing in a box of height 1: x from 0 to `aspect`, y downwards; the thing stands on y = 1."""

    def __init__(self, image: Image.Image, palette: Palette) -> None:
        self._draw = ImageDraw.Draw(image)
        self._scale = image.height
        self.aspect = image.width / image.height
        self.palette = palette

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: RGB) -> None:
        """An ellipse by its centre and radii."""
        scale = self._scale
        self._draw.ellipse(((x - rx) * scale, (y - ry) * scale, (x + rx) * scale, (y + ry) * scale), fill=fill)

    def rect(self, left: float, top: float, right: float, bottom: float, fill: RGB, radius: float = 0.0) -> None:
        """A rectangle, its corners rounded by `radius`."""
        scale = self._scale
        box = (left * scale, top * scale, max(left, right) * scale, max(top, bottom) * scale)
        self._draw.rounded_rectangle(box, radius * scale, fill=fill)

    def poly(self, points: Points, fill: RGB) -> None:
        """A polygon with sharp corners."""
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in _parsed(points)], fill=fill)

    def blob(self, points: Points, fill: RGB) -> None:
        """A closed smooth shape through all points."""
        self.poly(smooth(_parsed(points), closed=True), fill)

    def line(self, points: Points, width: float, fill: RGB) -> None:
        """A smooth line through all points, with round ends."""
        knots = _parsed(points)
        path = [(x * self._scale, y * self._scale) for x, y in (smooth(knots) if len(knots) > 2 else knots)]
        thick = max(1, round(width * self._scale))
        self._draw.line(path, fill=fill, width=thick, joint="curve")
        if thick > 2:
            for x, y in (path[0], path[-1]):
                self._draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float, end: float, width: float, fill: RGB) -> None:
        """Part of an ellipse's outline, degrees clockwise from three o'clock."""
        steps = [start + (end - start) * step / 24 for step in range(25)]
        points = [(x + rx * math.cos(math.radians(step)), y + ry * math.sin(math.radians(step))) for step in steps]
        self.line(points, width, fill)


def vertical(size: tuple[int, int], colours: Sequence[RGB]) -> Image.Image:
    """An RGB picture that goes through the colours from top to bottom."""
    column = Image.new("RGB", (1, 256))
    last = len(colours) - 1
    for y in range(256):
        place = y / 255 * last
        step = min(int(place), max(0, last - 1))
        column.putpixel((0, y), mix(colours[step], colours[min(step + 1, last)], place - step))
    return column.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.BICUBIC)


def smooth(points: Sequence[Point], *, closed: bool = False, steps: int = 10) -> list[Point]:
    """More points on a Catmull-Rom curve through the given ones."""
    count = len(points)
    path: list[Point] = []
    for index in range(count if closed else count - 1):
        around = [index - 1, index, index + 1, index + 2]
        a, b, c, d = (points[i % count] if closed else points[min(max(i, 0), count - 1)] for i in around)
        path += [_catmull(a, b, c, d, step / steps) for step in range(steps)]
    return path if closed else [*path, points[-1]]


def ridge(rng: Random, rough: float, levels: int = 7) -> list[float]:
    """Heights of a ridge, 0–1, by midpoint displacement; `rough` (0–1) is how much small steps count."""
    heights = [rng.random(), rng.random()]
    reach = 1.0
    for _ in range(levels):
        reach *= rough
        between = [(a + b) / 2 + rng.uniform(-reach, reach) / 2 for a, b in pairwise(heights)]
        heights = [height for pair in zip(heights, between, strict=False) for height in pair] + [heights[-1]]
    low, high = min(heights), max(heights)
    return [(height - low) / ((high - low) or 1) for height in heights]


def _parsed(points: Points) -> Sequence[Point]:
    if not isinstance(points, str):
        return points
    pairs = (pair.split(",") for pair in points.split())
    return [(float(x) / 100, float(y) / 100) for x, y in pairs]


def _catmull(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def axis(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3)

    return axis(a[0], b[0], c[0], d[0]), axis(a[1], b[1], c[1], d[1])


def _falloff(distance: float) -> float:
    """Light by distance (0–1) from its source: full in the middle, no edge at the rim."""
    return float(max(0.0, 1 - distance) ** 2.2)


def _shaded(layer: Image.Image, ambient: RGB) -> Image.Image:
    """The thing under this light: a little brighter above, deeper below."""
    light = vertical(layer.size, (lighten(ambient, 0.35), ambient, mix(ambient, (120, 110, 150), 0.35)))
    shaded = ImageChops.multiply(layer.convert("RGB"), light)
    shaded.paste(WINDOW, (0, 0), _equal(layer, WINDOW))
    shaded.putalpha(layer.getchannel("A"))
    return shaded


def _equal(layer: Image.Image, colour: RGB) -> Image.Image:
    """A mask of the pixels of exactly this colour."""
    same = [
        band.point([255 if level == wanted else 0 for level in range(256)])
        for band, wanted in zip(layer.split(), colour, strict=False)
    ]
    return ImageChops.darker(ImageChops.darker(same[0], same[1]), same[2])
