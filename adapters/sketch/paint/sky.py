"""Above the horizon: sky, sun, moon, stars, clouds and what flies or shines there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from adapters.sketch.colours import RGB, lighten, mix
from adapters.sketch.paint.canvas import Canvas, Pen, Point


@dataclass(frozen=True, slots=True)
class Stage:
    """Where things are on this picture, in pixels. `light` is the middle of the sun or moon."""

    horizon: float
    light: Point
    near: float  # the line on which things in the foreground stand

    def lower(self, canvas: Canvas) -> float:
        """How high the land below the horizon is."""
        return canvas.h - self.horizon


def sky(canvas: Canvas, stage: Stage) -> None:
    """The gradient behind everything, warmer where the light stands."""
    canvas.gradient(0, canvas.h, (*canvas.palette.sky, canvas.palette.haze))
    canvas.gradient(0, stage.horizon + 1, canvas.palette.sky)
    x, y = stage.light
    canvas.glow(x, y, canvas.unit * 0.95, lighten(canvas.palette.haze, 0.25), 0.55)


def stars(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Many faint stars, a few bright ones, and a breath of the Milky Way."""
    rng = canvas.rng("stars")
    draw = canvas.draw()
    tilt = rng.uniform(-0.5, 0.5)
    for step in range(7):
        along = step / 6 - 0.5
        x, y = canvas.w * (0.5 + along), stage.horizon * (0.42 + along * tilt)
        canvas.glow(x, y, canvas.unit * rng.uniform(0.22, 0.36), lighten(canvas.palette.sky[2], 0.25), 0.16)
    for _ in range(110 + 110 * amount):
        x, y = rng.random() * canvas.w, rng.random() ** 1.3 * stage.horizon
        size = canvas.unit * (0.0009 + 0.0022 * rng.random() ** 4)
        alpha = round(255 * (0.25 + 0.75 * rng.random()) * (1 - 0.75 * y / stage.horizon))
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 250, 235, alpha))
    for _ in range(5 + 2 * amount):
        _twinkle(
            canvas,
            rng.random() * canvas.w,
            rng.random() * stage.horizon * 0.7,
            canvas.unit * rng.uniform(0.008, 0.016),
        )


def _twinkle(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.glow(x, y, size * 2.2, (255, 246, 220), 0.5)
    points = []
    for step in range(8):
        reach = size if step % 2 == 0 else size * 0.16
        points.append((x + reach * math.cos(step * math.pi / 4), y + reach * math.sin(step * math.pi / 4)))
    canvas.draw().polygon(points, fill=(255, 252, 240, 235))


def sun(canvas: Canvas, stage: Stage, amount: int) -> None:
    """A disc in its halo."""
    x, y = stage.light
    radius = canvas.unit * (0.082 + 0.025 * min(amount, 3))
    light = canvas.palette.light
    canvas.glow(x, y, radius * 5.5, light, 0.75)
    canvas.glow(x, y, radius * 2.2, lighten(light, 0.3), 0.8)
    _disc(canvas, x, y, radius, (lighten(light, 0.55), light))


def moon(canvas: Canvas, stage: Stage, amount: int) -> None:
    """A full moon with its seas."""
    x, y = stage.light
    radius = canvas.unit * (0.07 + 0.025 * min(amount, 3))
    light = canvas.palette.light
    canvas.glow(x, y, radius * 6, mix(light, canvas.palette.haze, 0.4), 0.55)
    canvas.glow(x, y, radius * 2.4, light, 0.45)
    _disc(canvas, x, y, radius, (lighten(light, 0.5), mix(light, canvas.palette.sky[1], 0.12)))
    draw = canvas.draw()
    shade = (*mix(light, canvas.palette.sky[1], 0.35), 70)
    for dx, dy, size in (
        (-0.32, -0.2, 0.26),
        (0.22, 0.28, 0.2),
        (0.3, -0.38, 0.13),
        (-0.12, 0.42, 0.14),
        (-0.55, 0.22, 0.1),
    ):
        cx, cy, r = x + dx * radius, y + dy * radius, size * radius
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=shade)


def _disc(canvas: Canvas, x: float, y: float, radius: float, colours: tuple[RGB, RGB]) -> None:
    points = [
        (x + radius * math.cos(step * math.pi / 60), y + radius * math.sin(step * math.pi / 60)) for step in range(120)
    ]
    canvas.fill(points, colours)


def clouds(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Flat-bottomed clouds, larger and paler as they come near."""
    rng = canvas.rng("clouds")
    palette = canvas.palette
    for index in range(3 + 2 * min(amount, 4)):
        size = canvas.unit * rng.uniform(0.14, 0.3)
        x = canvas.w * ((index + rng.uniform(0.1, 0.9)) / (3 + 2 * min(amount, 4)))
        y = stage.horizon * rng.uniform(0.14, 0.72)
        white = mix(lighten(palette.haze, 0.55), palette.sky[1], 0.38 if palette.dark else 0.06)
        under = mix(white, palette.sky[min(2, len(palette.sky) - 1)], 0.5)
        _cloud(canvas, x, y, size, (white, mix(white, under, 0.4), under), rng.uniform(0, 9))


def _cloud(canvas: Canvas, x: float, y: float, size: float, colours: tuple[RGB, ...], turn: float) -> None:
    top: list[Point] = []
    steps = 36
    for step in range(steps + 1):
        along = step / steps
        arch = math.sin(along * math.pi) ** 0.75
        bump = 0.72 + 0.28 * abs(math.sin(along * math.pi * 3.5 + turn)) + 0.08 * math.sin(along * 17 + turn * 2)
        top.append((x + (along - 0.5) * 2 * size, y - arch * bump * size * 0.52))
    canvas.fill([*top, (x + size * 0.9, y + size * 0.05), (x - size * 0.9, y + size * 0.05)], colours, 0.88)


def rainbow(canvas: Canvas, stage: Stage, _amount: int) -> None:
    """Seven translucent arches."""
    bands = (
        (226, 74, 74),
        (243, 146, 66),
        (250, 210, 90),
        (104, 190, 120),
        (84, 150, 226),
        (98, 98, 200),
        (158, 98, 200),
    )
    radius, width = canvas.unit * 0.66, canvas.unit * 0.017
    draw = canvas.draw()
    x, y = canvas.w * 0.5, stage.horizon + canvas.unit * 0.1
    for step, colour in enumerate(bands):
        reach = radius - step * width
        draw.arc(
            (x - reach, y - reach, x + reach, y + reach),
            180,
            360,
            fill=(*colour, 130),
            width=round(width) + 1,
        )


def aurora(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Curtains of green and violet light."""
    rng = canvas.rng("aurora")
    for index in range(2 + amount):
        colour = ((92, 240, 170), (110, 220, 230), (186, 120, 240))[index % 3]
        base = stage.horizon * rng.uniform(0.38, 0.72)
        phase, waves = rng.uniform(0, 6), rng.uniform(1.2, 2.4)
        line = [
            (
                canvas.w * step / 30,
                base + math.sin(step / 30 * waves * math.pi + phase) * stage.horizon * 0.14,
            )
            for step in range(-1, 32)
        ]
        tall = stage.horizon * rng.uniform(0.26, 0.4)
        upper = [(x, y - tall) for x, y in reversed(line)]
        shape = [*line, *upper]
        canvas.soft(
            lambda draw, scale, shape=shape: draw.polygon([(x * scale, y * scale) for x, y in shape], fill=120),  # type: ignore[misc]
            (mix(colour, canvas.palette.sky[0], 0.75), colour),
            canvas.unit * 0.04,
        )


def comets(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Shooting stars with a fading tail."""
    rng = canvas.rng("comets")
    draw = canvas.draw()
    for _ in range(amount):
        x, y = canvas.w * rng.uniform(0.3, 0.9), stage.horizon * rng.uniform(0.1, 0.4)
        length, thick = canvas.unit * rng.uniform(0.2, 0.34), canvas.unit * 0.005
        for step in range(40):
            left = 1 - step / 40
            cx, cy, r = x - length * step / 40, y - length * 0.45 * step / 40, thick * left
            draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(255, 248, 226, round(200 * left**1.5)))
        canvas.glow(x, y, thick * 7, (255, 248, 226), 0.8)


def planets(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Planets, the first one ringed."""
    rng = canvas.rng("planets")
    for index in range(min(amount + 1, 5)):
        colour = canvas.palette.accents[index % len(canvas.palette.accents)]
        size = canvas.unit * (0.26 if index == 0 else rng.uniform(0.07, 0.13))
        x = canvas.w * (0.2, 0.8, 0.66, 0.12, 0.9)[index] + canvas.unit * rng.uniform(-0.05, 0.05)
        y = stage.horizon * (rng.uniform(0.2, 0.5) if index else rng.uniform(0.5, 0.66))
        canvas.glow(x, y, size * 1.3, colour, 0.5)
        canvas.stamp(partial(planet, colour=colour, ring=index == 0), x, y + size / 2, size, aspect=1.8)


def planet(pen: Pen, colour: RGB, *, ring: bool) -> None:
    """A banded ball in a box 1.8 wide."""
    dark = mix(colour, (30, 20, 70), 0.45)
    if ring:
        pen.arc(0.9, 0.5, 0.84, 0.2, 180, 360, 0.035, lighten(colour, 0.5))
    pen.ellipse(0.9, 0.5, 0.46, 0.46, dark)
    pen.ellipse(0.86, 0.46, 0.41, 0.41, colour)
    for y, reach, high in ((0.3, 0.3, 0.022), (0.46, 0.39, 0.03), (0.64, 0.32, 0.02)):
        pen.ellipse(0.86, y, reach, high, lighten(colour, 0.3))
    if ring:
        pen.arc(0.9, 0.5, 0.84, 0.2, 0, 180, 0.035, lighten(colour, 0.5))


def birds(canvas: Canvas, stage: Stage, amount: int) -> None:
    """A far flock: each bird two strokes."""
    rng = canvas.rng("birds")
    draw = canvas.draw()
    ink = (*mix(canvas.palette.land, canvas.palette.sky[0], 0.15), 230)
    x0, y0 = canvas.w * rng.uniform(0.3, 0.6), stage.horizon * 0.42
    for _ in range(4 + 3 * min(amount, 4)):
        x, y = x0 + canvas.unit * rng.uniform(-0.28, 0.28), y0 + canvas.unit * rng.uniform(-0.14, 0.14)
        size = canvas.unit * rng.uniform(0.012, 0.026)
        shape = ((-1, -0.3), (-0.45, -0.5), (0, 0), (0.45, -0.5), (1, -0.3))
        wing = [(x + dx * size, y + dy * size) for dx, dy in shape]
        draw.line(wing, fill=ink, width=max(1, round(size * 0.16)), joint="curve")


def fireworks(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Bursts of light."""
    rng = canvas.rng("fireworks")
    draw = canvas.draw()
    for index in range(2 + min(amount, 4)):
        colour = lighten(canvas.palette.accents[index % len(canvas.palette.accents)], 0.2)
        x, y = canvas.w * rng.uniform(0.15, 0.85), stage.horizon * rng.uniform(0.15, 0.55)
        reach = canvas.unit * rng.uniform(0.09, 0.19)
        canvas.glow(x, y, reach * 1.4, colour, 0.5)
        for ray in range(22):
            angle = ray / 22 * math.tau
            for dot in range(4, 15):
                far = reach * dot / 14
                cx, cy = x + far * math.cos(angle), y + far * math.sin(angle) + reach * 0.1 * (dot / 14) ** 2
                size = canvas.unit * 0.0011 * (1 + dot / 7)
                draw.ellipse((cx - size, cy - size, cx + size, cy + size), fill=(*colour, 60 + 13 * dot))
