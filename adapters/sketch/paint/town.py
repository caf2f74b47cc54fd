"""What people built: skylines, houses, lighthouses."""

from __future__ import annotations

from random import Random

from adapters.sketch.colours import RGB, WINDOW, darken, lighten, mix
from adapters.sketch.paint.canvas import Canvas, Pen, Point
from adapters.sketch.paint.land import mist
from adapters.sketch.paint.sky import Stage


def city(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Three rows of towers; their windows are lit when it is dark."""
    rng = canvas.rng("city")
    palette = canvas.palette
    for row, (share, tone) in enumerate(((0.5, 0.62), (0.42, 0.36), (0.28, 0.06))):
        body = mix(palette.land, palette.haze, tone)
        tall = min(canvas.unit, stage.horizon) * share * (0.9 + 0.12 * min(amount, 3))
        base = stage.horizon + canvas.unit * (0.01 + 0.022 * row)
        x = -canvas.unit * rng.uniform(0, 0.06)
        while x < canvas.w:
            wide = canvas.unit * rng.uniform(0.055, 0.12)
            _tower(canvas, rng, (x, base - tall * rng.uniform(0.42, 1.0), x + wide, base), body, row)
            x += wide + canvas.unit * rng.choice((0, 0, 0.006, 0.02))
        if row < 2:
            mist(canvas, base, tall * 0.3, 0.4)
    ground = mix(palette.land, palette.haze, 0.06)
    canvas.gradient(stage.horizon + canvas.unit * 0.052, canvas.h, (ground, darken(ground, 0.4)))


def _tower(canvas: Canvas, rng: Random, box: tuple[float, float, float, float], body: RGB, row: int) -> None:
    left, top, right, bottom = box
    wide = right - left
    roof = rng.randrange(5)
    outlines: tuple[tuple[Point, ...], ...] = (
        ((0, 0), (1, 0)),
        ((0, 0.4), (1, 0)),
        ((0, 0), (0.2, 0), (0.2, -0.25), (0.8, -0.25), (0.8, 0), (1, 0)),
        ((0, 0), (0.5, -0.7), (1, 0)),
        ((0, 0), (1, 0)),
    )
    shape = [(left, bottom), *((left + x * wide, top + y * wide) for x, y in outlines[roof]), (right, bottom)]
    canvas.fill(shape, (body, mix(body, canvas.palette.haze, 0.28 if row < 2 else 0.05)))
    draw = canvas.draw()
    draw.rectangle((right - wide * 0.22, top + wide * 0.4, right, bottom), fill=(*darken(body, 0.4), 70))
    if roof in (2, 4):
        middle = (left + right) / 2
        draw.line((middle, top - wide * 0.9, middle, top), fill=body, width=max(1, round(canvas.unit * 0.003)))
    _windows(canvas, rng, (left, top + wide * 0.45, right, bottom), body, row)


def _windows(canvas: Canvas, rng: Random, box: tuple[float, float, float, float], body: RGB, row: int) -> None:
    left, top, right, bottom = box
    draw = canvas.draw()
    columns = rng.choice((3, 4, 5))
    step = (right - left) / (columns + 0.6)
    glass = mix(lighten(body, 0.35), canvas.palette.sky[1], 0.3)
    late = canvas.palette.dark or canvas.palette.ambient != (255, 255, 255)
    lit_share, alpha = (0.5, (120, 190, 235)[row]) if late else (0.12, (90, 130, 170)[row])
    rows = min(60, int((bottom - top) / (step * 1.25)))
    for line in range(rows):
        for column in range(columns):
            x, y = left + step * (column + 0.55), top + line * step * 1.25
            is_lit = rng.random() < lit_share
            warm = mix(WINDOW, (255, 170, 96), rng.random() * 0.6)
            colour = (*warm, alpha) if is_lit else (*glass, 40 if late else alpha)
            draw.rectangle((x, y, x + step * 0.52, y + step * 0.68), fill=colour)


def house(pen: Pen, wall: RGB, roof: RGB, *, lit: bool) -> None:
    """A small house in a box 1.2 wide: gable, door, windows, chimney."""
    glass = WINDOW if lit else (176, 214, 230)
    pen.rect(0.82, 0.14, 0.93, 0.5, darken(roof, 0.25))
    pen.rect(0.8, 0.12, 0.95, 0.17, darken(roof, 0.4))
    pen.rect(0.2, 0.48, 1.0, 1, wall)
    pen.poly("20,50 60,14 100,50", wall)
    pen.rect(0.2, 0.9, 1.0, 1, darken(wall, 0.18))
    pen.poly("10,53 60,6 110,53 104,58 60,19 16,58", roof)
    pen.poly("60,6 110,53 104,58 60,19", darken(roof, 0.22))
    pen.ellipse(0.6, 0.4, 0.075, 0.075, (250, 246, 236))
    pen.ellipse(0.6, 0.4, 0.055, 0.055, glass)
    pen.rect(0.52, 0.66, 0.68, 1, mix(roof, (60, 40, 40), 0.4), 0.02)
    pen.ellipse(0.65, 0.84, 0.012, 0.012, (240, 210, 120))
    for x in (0.27, 0.77):
        pen.rect(x, 0.63, x + 0.17, 0.82, (250, 246, 236), 0.01)
        pen.rect(x + 0.015, 0.645, x + 0.155, 0.805, glass)
        pen.rect(x + 0.079, 0.645, x + 0.091, 0.805, (250, 246, 236))
        pen.rect(x + 0.015, 0.719, x + 0.155, 0.731, (250, 246, 236))
    for x in (0.24, 0.34, 0.78, 0.88, 0.98):
        pen.ellipse(x, 0.97, 0.06, 0.05, (84, 140, 92))


def lighthouse(pen: Pen, band: RGB, *, lit: bool) -> None:
    """A striped lighthouse on its rock, in a box 0.6 wide."""
    pen.blob("2,102 10,90 30,86 50,90 60,102", (86, 84, 96))
    pen.poly("19,92 23,26 37,26 41,92", (248, 244, 236))
    for top in (0.34, 0.54, 0.74):
        bottom = top + 0.1
        inset = [0.19 + (0.92 - y) / 0.66 * 0.04 for y in (top, bottom)]
        pen.poly([(inset[0], top), (0.6 - inset[0], top), (0.6 - inset[1], bottom), (inset[1], bottom)], band)
    pen.rect(0.2, 0.235, 0.4, 0.265, (60, 62, 76))
    pen.rect(0.245, 0.13, 0.355, 0.24, (255, 230, 150) if lit else (200, 224, 232))
    pen.poly("22.5,13.5 30,5 37.5,13.5", band)
    pen.rect(0.275, 0.83, 0.325, 0.92, (96, 70, 62), 0.02)


def castle(pen: Pen, wall: RGB, flag: RGB, *, lit: bool) -> None:
    """A castle with three towers, in a box 1.3 wide."""
    glass = WINDOW if lit else (90, 96, 120)
    for x, top, wide in ((0.1, 0.36, 0.24), (0.96, 0.36, 0.24), (0.5, 0.22, 0.3)):
        pen.rect(x, top, x + wide, 1, darken(wall, 0.1))
        pen.rect(x, top, x + wide * 0.6, 1, wall)
        pen.poly([(x - 0.04, top), (x + wide / 2, top - 0.26), (x + wide + 0.04, top)], flag)
        pen.rect(x + wide * 0.4, top + 0.1, x + wide * 0.62, top + 0.24, glass, 0.02)
    pen.rect(0.26, 0.58, 1.04, 1, lighten(wall, 0.06))
    for step in range(6):
        pen.rect(0.26 + step * 0.14, 0.52, 0.34 + step * 0.14, 0.6, lighten(wall, 0.06))
    pen.rect(0.54, 0.74, 0.76, 1.05, (84, 58, 50), 0.1)
