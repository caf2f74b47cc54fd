"""What lies over everything: rain, snow, fog, confetti, bubbles, and the finish of the whole picture."""

from __future__ import annotations

import math

from PIL import Image, ImageFilter

from adapters.sketch.colours import darken, lighten, mix
from adapters.sketch.paint.canvas import Canvas
from adapters.sketch.paint.land import mist
from adapters.sketch.paint.sky import Stage


def rain(canvas: Canvas, _stage: Stage, amount: int) -> None:
    """Slanting strokes, near ones longer."""
    rng = canvas.rng("rain")
    draw = canvas.draw()
    colour = lighten(canvas.palette.haze, 0.4)
    for _ in range(220 * min(amount, 6)):
        near = rng.random() ** 2
        x, y = rng.uniform(-0.1, 1.1) * canvas.w, rng.random() * canvas.h
        long = canvas.unit * (0.018 + 0.05 * near)
        width = max(1, round(canvas.unit * (0.0012 + 0.002 * near)))
        draw.line((x, y, x - long * 0.28, y + long), fill=(*colour, round(70 + 90 * near)), width=width)


def snow(canvas: Canvas, _stage: Stage, amount: int) -> None:
    """Flakes: many far and small, some near and soft."""
    rng = canvas.rng("snow")
    draw = canvas.draw()
    for _ in range(170 * min(amount, 6)):
        near = rng.random() ** 3
        x, y = rng.random() * canvas.w, rng.random() * canvas.h
        size = canvas.unit * (0.0018 + 0.007 * near)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 255, 255, round(235 - 110 * near)))
    for _ in range(5 * min(amount, 6)):
        x, y = rng.random() * canvas.w, rng.random() * canvas.h
        canvas.glow(x, y, canvas.unit * rng.uniform(0.012, 0.028), (255, 255, 255), 0.7)


def fog(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Banks of fog."""
    rng = canvas.rng("fog")
    for _ in range(2 + min(amount, 4)):
        y = stage.horizon + stage.lower(canvas) * rng.uniform(-0.25, 0.6)
        mist(canvas, y, canvas.unit * rng.uniform(0.08, 0.16), 0.42)


def lightning(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Forked bolts."""
    rng = canvas.rng("lightning")
    for _ in range(min(amount, 3)):
        x, y = canvas.w * rng.uniform(0.25, 0.8), 0.0
        path = [(x, y)]
        while y < stage.horizon:
            x, y = x + canvas.unit * rng.uniform(-0.05, 0.05), y + canvas.unit * rng.uniform(0.03, 0.08)
            path.append((x, y))
        canvas.glow(path[0][0], 0, canvas.unit * 0.7, (226, 226, 255), 0.55)
        for wide, alpha in ((0.016, 60), (0.009, 120), (0.004, 255)):
            width = max(1, round(canvas.unit * wide))
            canvas.draw().line(path, fill=(250, 248, 255, alpha), width=width, joint="curve")


def hearts(canvas: Canvas, _stage: Stage, amount: int) -> None:
    """Confetti in the picture's accents."""
    rng = canvas.rng("confetti")
    draw = canvas.draw()
    for _ in range(70 * min(amount, 5)):
        x, y = rng.random() * canvas.w, rng.random() ** 1.4 * canvas.h
        size, angle = canvas.unit * rng.uniform(0.006, 0.013), rng.uniform(0, math.pi)
        dx, dy = size * math.cos(angle), size * math.sin(angle)
        points = [
            (x - dx, y - dy),
            (x + dy * 0.5, y - dx * 0.5),
            (x + dx, y + dy),
            (x - dy * 0.5, y + dx * 0.5),
        ]
        draw.polygon(points, fill=(*rng.choice(canvas.palette.accents), 225))


def bubbles(canvas: Canvas, _stage: Stage, amount: int) -> None:
    """Rising bubbles, and shafts of light from the surface."""
    rng = canvas.rng("bubbles")
    for _ in range(4):
        x, wide = canvas.w * rng.random(), canvas.w * rng.uniform(0.04, 0.1)
        shape = [
            (x, -9.0),
            (x + wide, -9.0),
            (x + wide * 2.6, canvas.h * 0.9),
            (x - wide * 0.2, canvas.h * 0.9),
        ]
        canvas.fill(shape, (lighten(canvas.palette.sky[0], 0.6), canvas.palette.sky[-1]), 0.13)
    draw = canvas.draw()
    for _ in range(26 * min(amount + 1, 5)):
        x, y, r = (
            rng.random() * canvas.w,
            rng.random() * canvas.h,
            canvas.unit * (0.004 + 0.014 * rng.random() ** 3),
        )
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(230, 250, 255, 40), outline=(235, 252, 255, 150),
                     width=max(1, round(r * 0.14)))  # fmt: skip


def finish(canvas: Canvas) -> None:
    """Darken the corners a little and lay a fine grain over all, which also hides the steps of gradients."""
    corner = darken(canvas.palette.sky[0], 0.55)
    shade = Image.radial_gradient("L").point(
        [round(58 * max(0.0, (step / 255 - 0.52) / 0.48) ** 1.6) for step in range(256)]
    )
    canvas.image.paste(corner, (0, 0), shade.resize(canvas.image.size, Image.Resampling.BICUBIC))
    grain(canvas)


def grain(canvas: Canvas) -> None:
    """A fine repeatable noise."""
    tile = Image.frombytes("L", (256, 256), canvas.rng("grain").randbytes(256 * 256))
    tile = tile.filter(ImageFilter.GaussianBlur(0.6))
    for level, tone in ((9, (255, 255, 255)), (9, (0, 0, 0))):
        specks = tile.point(
            [level if (step > 150) == (tone[0] > 0) and abs(step - 128) > 14 else 0 for step in range(256)]
        )
        mask = Image.new("L", canvas.image.size)
        for x in range(0, canvas.w, 256):
            for y in range(0, canvas.h, 256):
                mask.paste(specks, (x, y))
        canvas.image.paste(mix(tone, canvas.palette.haze, 0.1), (0, 0), mask)
