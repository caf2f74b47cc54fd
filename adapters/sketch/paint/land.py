"""Below and at the horizon: mountains, hills, sea, forests, fields, roads."""

from __future__ import annotations

import math
from random import Random

from PIL import Image

from adapters.sketch.colours import RGB, darken, lighten, mix
from adapters.sketch.paint.canvas import Canvas, Pen, Point, ridge
from adapters.sketch.paint.sky import Stage


def mountains(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Three misty ranges, the middle one with lit and shaded faces and snow."""
    rng = canvas.rng("mountains")
    palette = canvas.palette
    high = min(canvas.unit * 0.5, stage.horizon * 0.62) * (0.9 + 0.1 * min(amount, 3))
    far = mix(palette.land, palette.haze, 0.62)
    _range(
        canvas,
        rng,
        stage.horizon,
        high * 0.95,
        (mix(far, palette.sky[-2], 0.35), mix(far, palette.haze, 0.75)),
    )
    _peaks(canvas, rng, stage.horizon, high)
    near = mix(palette.land, palette.haze, 0.28)
    _range(canvas, rng, stage.horizon + canvas.unit * 0.03, high * 0.38, (near, mix(near, palette.haze, 0.35)))
    mist(canvas, stage.horizon, canvas.unit * 0.05, 0.5)


def _range(canvas: Canvas, rng: Random, base: float, high: float, colours: tuple[RGB, RGB]) -> None:
    heights = ridge(rng, 0.52)
    top = [(canvas.w * step / (len(heights) - 1), base - high * (0.25 + 0.75 * y)) for step, y in enumerate(heights)]
    canvas.fill([(0, base), *top, (canvas.w, base)], colours)


def _peaks(canvas: Canvas, rng: Random, base: float, high: float) -> None:
    palette = canvas.palette
    body = mix(palette.land, palette.haze, 0.42)
    lit = mix(lighten(body, 0.1), palette.light, 0.16)
    shade = mix(darken(body, 0.12), palette.sky[0], 0.28)
    count = max(3, round(canvas.w / (high * 1.35)))
    order = sorted(range(count + 1), key=lambda _: rng.random())
    for place in order:
        x = canvas.w * (place + rng.uniform(-0.3, 0.3)) / count
        tall = high * rng.uniform(0.6, 1.0)
        _peak(canvas, rng, (x, base), tall, (lit, shade))


def _peak(canvas: Canvas, rng: Random, foot: Point, tall: float, colours: tuple[RGB, RGB]) -> None:
    x, base = foot
    palette = canvas.palette
    wide = tall * rng.uniform(0.85, 1.15)
    top = (x, base - tall)
    left = _jagged(rng, top, (x - wide, base), tall * 0.035)
    right = _jagged(rng, top, (x + wide, base), tall * 0.035)
    middle = _jagged(rng, top, (x + wide * rng.uniform(-0.2, 0.2), base), tall * 0.07)
    mistier = [mix(colour, palette.haze, 0.4) for colour in colours]
    lit_side, dark_side = (right, left) if canvas.w * 0.5 < x else (left, right)
    canvas.fill([*lit_side, *reversed(middle)], (colours[0], mistier[0]))
    canvas.fill([*dark_side, *reversed(middle)], (colours[1], mistier[1]))
    snow = mix((255, 255, 255), palette.sky[0], 0.34 if palette.dark else 0.05)
    for side, colour in (
        (lit_side, mix(snow, palette.light, 0.2)),
        (dark_side, mix(snow, palette.sky[0], 0.3)),
    ):
        canvas.fill(_snowcap(rng, side, middle, tall), (colour, colour))


def _snowcap(rng: Random, side: list[Point], middle: list[Point], tall: float) -> list[Point]:
    """The upper third between the outline and the middle line, its lower rim in zigzag."""
    cut = max(3, len(side) // 3)
    (x0, y0), (x1, y1) = side[cut], middle[cut]
    rim = []
    for step in range(1, 5):
        drop = tall * (0.05 if step % 2 else -0.015) * rng.uniform(0.6, 1.3)
        rim.append((x0 + (x1 - x0) * step / 5, y0 + (y1 - y0) * step / 5 + drop))
    return [*side[: cut + 1], *rim, *reversed(middle[: cut + 1])]


def _jagged(rng: Random, start: Point, end: Point, reach: float, steps: int = 14) -> list[Point]:
    points = [start]
    for step in range(1, steps):
        share = step / steps
        x = start[0] + (end[0] - start[0]) * share + rng.uniform(-reach, reach) * math.sin(share * math.pi)
        points.append((x, start[1] + (end[1] - start[1]) * share))
    return [*points, end]


def mist(canvas: Canvas, y: float, high: float, strength: float) -> None:
    """A soft band in the colour of the horizon."""
    colour = lighten(canvas.palette.haze, 0.12)
    level = round(255 * strength)
    canvas.soft(
        lambda draw, scale: draw.rectangle(
            (-99, (y - high * 0.5) * scale, canvas.w * scale + 99, (y + high * 0.5) * scale), fill=level
        ),
        (colour, colour),
        high * 0.6,
    )


def hills(canvas: Canvas, stage: Stage, amount: int, tone: RGB | None = None) -> None:
    """Rolling ground, lighter far away, a meadow near."""
    rng = canvas.rng("hills")
    palette = canvas.palette
    land = tone or palette.land
    rows = 4
    for row in range(rows):
        depth = row / (rows - 1)
        base = stage.horizon + stage.lower(canvas) * (depth**1.25) * 0.62
        swell = canvas.unit * (0.045 + 0.045 * depth) * (0.8 + 0.2 * min(amount, 3))
        phase, waves = rng.uniform(0, 6.3), rng.uniform(0.7, 1.5) * canvas.w / canvas.unit * 0.75
        top = [
            (canvas.w * step / 48, base - swell * (0.6 + math.sin(step / 48 * waves * math.pi + phase) * 0.6))
            for step in range(49)
        ]
        colour = mix(mix(land, palette.haze, 0.6), land, depth**0.8)
        lit = mix(lighten(colour, 0.16), palette.light, 0.14)
        canvas.fill([*top, (canvas.w, canvas.h), (0, canvas.h)], (lit, colour, darken(colour, 0.18)))


def field(canvas: Canvas, stage: Stage, amount: int) -> None:
    """A field with furrows that run to the horizon."""
    gold = mix(canvas.palette.land, (226, 180, 80), 0.55)
    canvas.gradient(stage.horizon, canvas.h, (mix(gold, canvas.palette.haze, 0.5), gold, darken(gold, 0.35)))
    draw = canvas.draw()
    middle = canvas.w * 0.56
    for step in range(-14, 15):
        end = middle + step * canvas.w * 0.13
        thick = canvas.w * 0.011
        points = [
            (middle + step * canvas.w * 0.012, stage.horizon),
            (end - thick, canvas.h),
            (end + thick * 2, canvas.h),
        ]
        draw.polygon(points, fill=(*darken(gold, 0.45), 70))
    mist(canvas, stage.horizon, canvas.unit * 0.05, 0.4)


def desert(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Dunes with a lit and a shaded side."""
    rng = canvas.rng("desert")
    sand = mix(canvas.palette.land, (232, 168, 96), 0.72 if not canvas.palette.dark else 0.4)
    for row in range(4):
        base = stage.horizon + stage.lower(canvas) * (row / 4) ** 1.2
        crest = canvas.w * rng.uniform(0.15, 0.85)
        tall = canvas.unit * (0.05 + 0.04 * row)
        colour = mix(mix(sand, canvas.palette.haze, 0.5), sand, row / 3)
        left = [(canvas.w * s / 24 - canvas.w * 0.1, 0.0) for s in range(30)]
        curve = [(x, base - tall * math.exp(-(((x - crest) / (canvas.w * 0.34)) ** 2))) for x, _ in left]
        canvas.fill(
            [*curve, (canvas.w, canvas.h), (0, canvas.h)],
            (lighten(colour, 0.16), colour, darken(colour, 0.12)),
        )
        away = [(x, y) for x, y in curve if x >= crest]
        inner = [
            (crest + (x - crest) * 0.55, y + tall * 0.9 + canvas.h * 0.06 * (x - crest) / canvas.w)
            for x, y in reversed(away)
        ]
        canvas.fill([(crest, base - tall), *away, *inner], (darken(colour, 0.3), darken(colour, 0.1)), 0.45)


def snowfield(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Snowy ground."""
    snow = mix((250, 252, 255), canvas.palette.sky[0], 0.42 if canvas.palette.dark else 0.06)
    hills(canvas, stage, amount, snow)


def sea(canvas: Canvas, stage: Stage, _amount: int) -> None:
    """Water to the horizon, with the light's path on it."""
    palette = canvas.palette
    deep = mix(palette.sky[0], (8, 40, 74), 0.55)
    canvas.gradient(stage.horizon, canvas.h, (mix(palette.haze, deep, 0.28), mix(palette.sky[1], deep, 0.45), deep))
    _waves(canvas, stage, deep)
    _light_path(canvas, stage)
    mist(canvas, stage.horizon, canvas.unit * 0.02, 0.35)


def _waves(canvas: Canvas, stage: Stage, deep: RGB) -> None:
    rng = canvas.rng("waves")
    draw = canvas.draw()
    for _ in range(150):
        near = rng.random() ** 0.7
        y = stage.horizon + stage.lower(canvas) * near
        x, long = rng.random() * canvas.w, canvas.unit * (0.012 + 0.09 * near) * rng.uniform(0.5, 1.4)
        high = max(0.5, canvas.unit * 0.0028 * (0.25 + near))
        light = rng.random() < 0.55
        colour = lighten(canvas.palette.sky[-2], 0.2) if light else darken(deep, 0.35)
        draw.ellipse((x - long, y - high, x + long, y + high), fill=(*colour, 50 if light else 60))


def _light_path(canvas: Canvas, stage: Stage) -> None:
    rng = canvas.rng("path")
    draw = canvas.draw()
    light = lighten(canvas.palette.light, 0.15)
    for step in range(90):
        near = (step / 90) ** 1.4
        y = stage.horizon + canvas.unit * 0.006 + stage.lower(canvas) * near
        spread = canvas.unit * (0.02 + 0.12 * near)
        x = stage.light[0] + rng.gauss(0, 0.5) * spread
        long, high = spread * rng.uniform(0.2, 0.75), max(0.5, canvas.unit * (0.0012 + 0.0035 * near))
        draw.ellipse((x - long, y - high, x + long, y + high), fill=(*light, round(170 * (1 - near * 0.75))))


def lake(canvas: Canvas, stage: Stage, amount: int) -> None:
    """A lake that mirrors what stands behind it, between two shores."""
    top = stage.horizon + canvas.unit * 0.035
    bottom = min(canvas.h, top + stage.lower(canvas) * 0.62)
    high = round(min(bottom - top, top))
    if high > 2:
        mirror = canvas.image.crop((0, round(top) - high, canvas.w, round(top))).transpose(
            Image.Transpose.FLIP_TOP_BOTTOM
        )
        canvas.image.paste(mirror, (0, round(top)))
        canvas.fill([(0, top), (canvas.w, top), (canvas.w, bottom), (0, bottom)],
                    (canvas.palette.sky[1], darken(canvas.palette.sky[0], 0.3)), 0.38)  # fmt: skip
    _waves(canvas, stage, darken(canvas.palette.sky[0], 0.3))
    _light_path(canvas, stage)
    shore = [(0.0, canvas.h * 1.0)]
    rng = canvas.rng("shore")
    phase = rng.uniform(0, 6)
    shore += [(canvas.w * s / 30, bottom - canvas.unit * 0.035 * math.sin(s / 30 * 7 + phase)) for s in range(31)]
    canvas.fill(
        [*shore, (canvas.w, canvas.h)],
        (mix(canvas.palette.land, canvas.palette.light, 0.12), darken(canvas.palette.land, 0.3)),
    )


def beach(canvas: Canvas, stage: Stage, _amount: int) -> None:
    """Sand and foam before the sea."""
    sand = mix((240, 210, 160), canvas.palette.sky[0], 0.4 if canvas.palette.dark else 0.06)
    rng = canvas.rng("beach")
    phase = rng.uniform(0, 6)
    foam, wet, dry = (
        (lighten(sand, 0.7), lighten(sand, 0.6)),
        (mix(sand, (150, 120, 100), 0.35), sand),
        (sand, darken(sand, 0.12)),
    )
    for lift, colours in ((0.024, foam), (0.0, wet), (-0.03, dry)):
        edge = []
        for step in range(41):
            line = stage.horizon + stage.lower(canvas) * (0.62 + 0.1 * math.sin(step / 40 * 3 + phase))
            ripple = canvas.unit * (lift + 0.008 * math.sin(step * 0.9 + phase))
            edge.append((canvas.w * step / 40, line - ripple))
        canvas.fill([*edge, (canvas.w, canvas.h), (0, canvas.h)], colours)


def road(canvas: Canvas, stage: Stage, _amount: int) -> None:
    """A road that winds to the horizon."""
    palette = canvas.palette
    grey = mix((70, 72, 86), palette.sky[0], 0.3)
    sway = canvas.rng("road").choice((-1, 1)) * canvas.w * 0.05

    def middle(share: float) -> float:
        return canvas.w * 0.5 + sway * math.sin((1 - share) * 4.2) * (1 - share * 0.5)

    def edge(share: float, side: float) -> Point:
        half = canvas.unit * (0.006 + 0.36 * share**1.7)
        return middle(share) + side * half, stage.horizon + stage.lower(canvas) * share

    shares = [step / 40 for step in range(41)]
    canvas.fill([*(edge(s, -1.08) for s in shares), *(edge(s, 1.08) for s in reversed(shares))],
                (mix(palette.haze, grey, 0.4), lighten(grey, 0.3)), 0.8)  # fmt: skip
    canvas.fill(
        [*(edge(s, -1) for s in shares), *(edge(s, 1) for s in reversed(shares))],
        (mix(palette.haze, grey, 0.55), grey),
    )
    draw = canvas.draw()
    for step in range(1, 12):
        a, b = (step / 12) ** 1.8, ((step + 0.5) / 12) ** 1.8
        points = [edge(a, -0.022), edge(a, 0.022), edge(b, 0.022), edge(b, -0.022)]
        draw.polygon(points, fill=(*mix((255, 226, 150), palette.haze, 0.2), 235))


def forest(canvas: Canvas, stage: Stage, amount: int) -> None:
    """Rows of pines that fade into mist."""
    rng = canvas.rng("forest")
    palette = canvas.palette
    rows = 5
    for row in range(rows):
        depth = row / (rows - 1)
        base = stage.horizon + canvas.unit * 0.02 + stage.lower(canvas) * 0.78 * depth**1.4
        colour = mix(mix(palette.land, palette.haze, 0.62), darken(palette.land, 0.12), depth)
        tall = canvas.unit * (0.13 + 0.3 * depth**1.3) * (0.9 + 0.1 * min(amount, 3))
        count = round(canvas.w / (tall * 0.3))
        for index in range(count + 1):
            x = canvas.w * (index + rng.uniform(-0.4, 0.4)) / count
            _pine_flat(canvas, x, base + tall * 0.06, tall * rng.uniform(0.62, 1.08), colour, palette.light)
        canvas.fill([(0, base), (canvas.w, base), (canvas.w, canvas.h), (0, canvas.h)], (colour, darken(colour, 0.25)))
        if row < rows - 1:
            mist(canvas, base, tall * 0.25, 0.34)


def _pine_flat(canvas: Canvas, x: float, base: float, tall: float, colour: RGB, light: RGB) -> None:
    half = tall * 0.2
    draw = canvas.draw()
    for tier, (top, bottom, wide) in enumerate(((0.0, 0.4, 0.5), (0.2, 0.68, 0.75), (0.45, 1.0, 1.0))):
        y0, y1 = base - tall * (1 - top), base - tall * (1 - bottom)
        tone = mix(colour, light, 0.07 * (2 - tier))
        draw.polygon([(x, y0), (x + half * wide, y1), (x, y1 - tall * 0.04), (x - half * wide, y1)], fill=tone)


# ── Single plants, as stamps ────────────────────────────────────────────────────────────────────────────────


def tree(pen: Pen, leaf: RGB, trunk: RGB = (104, 72, 58)) -> None:
    """A round tree in a square box: trunk, branches, three tones of leaves."""
    pen.poly("46.5,100 48,55 52,55 53.5,100", trunk)
    pen.line([(0.5, 0.72), (0.62, 0.56)], 0.022, trunk)
    pen.line([(0.5, 0.78), (0.38, 0.6)], 0.022, trunk)
    for x, y, r in ((0.5, 0.3, 0.27), (0.32, 0.44, 0.2), (0.68, 0.44, 0.2), (0.5, 0.5, 0.22)):
        pen.ellipse(x, y, r, r * 0.95, darken(leaf, 0.22))
    for x, y, r in ((0.47, 0.27, 0.225), (0.31, 0.41, 0.155), (0.64, 0.4, 0.15)):
        pen.ellipse(x, y, r, r * 0.92, leaf)
    for x, y, r in ((0.41, 0.2, 0.11), (0.27, 0.37, 0.07), (0.6, 0.35, 0.075)):
        pen.ellipse(x, y, r, r * 0.85, lighten(leaf, 0.2))


def pine(pen: Pen, leaf: RGB) -> None:
    """A fir with a lit and a shaded half in a square box."""
    pen.rect(0.465, 0.86, 0.535, 1, (96, 68, 58))
    for top, bottom, half in ((0.42, 0.9, 0.3), (0.2, 0.64, 0.235), (0.0, 0.4, 0.165)):
        pen.poly([(0.5, top), (0.5 + half, bottom), (0.5, bottom + 0.03), (0.5 - half, bottom)], leaf)
        pen.poly([(0.5, top), (0.5 + half, bottom), (0.5, bottom + 0.03)], darken(leaf, 0.25))


def palm(pen: Pen, leaf: RGB) -> None:
    """A leaning palm."""
    trunk = [(0.46, 1.0), (0.5, 0.75), (0.53, 0.5), (0.6, 0.28)]
    pen.line(trunk, 0.05, (134, 98, 72))
    for angle in (-170, -205, -130, -95, -50, -15, 15):
        reach = math.radians(angle)
        tip = (0.6 + 0.36 * math.cos(reach), 0.3 + 0.24 * math.sin(reach) + 0.12)
        mid = (0.6 + 0.2 * math.cos(reach), 0.22 + 0.2 * math.sin(reach))
        pen.blob(
            [(0.6, 0.27), (mid[0], mid[1] - 0.03), tip, (mid[0], mid[1] + 0.04)],
            leaf if angle % 2 else darken(leaf, 0.2),
        )
    pen.ellipse(0.58, 0.31, 0.03, 0.03, (120, 78, 50))
    pen.ellipse(0.63, 0.32, 0.03, 0.03, (120, 78, 50))


def cactus(pen: Pen, leaf: RGB) -> None:
    """A saguaro."""
    dark = darken(leaf, 0.22)
    pen.line("26,42 26,58 36,66 48,66", 0.1, dark)
    pen.line("76,30 76,48 66,56 52,56", 0.1, dark)
    pen.rect(0.41, 0.05, 0.59, 1, leaf, 0.09)
    for x in (0.46, 0.5, 0.545):
        pen.line([(x, 0.14), (x, 0.96)], 0.01, dark)
    pen.ellipse(0.5, 0.05, 0.045, 0.035, (240, 120, 150))
