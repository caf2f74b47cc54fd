"""When no word is known: designed compositions from a palette and chance."""

from __future__ import annotations

import math

from PIL import Image

from adapters.sketch.colours import RGB, darken, lighten, mix
from adapters.sketch.paint.canvas import Canvas, smooth

Colours = tuple[RGB, ...]


def abstract(canvas: Canvas, colours: Colours) -> None:
    """One of three kinds of composition."""
    kind = canvas.rng("abstract").choice((_waves, _arches, _paper))
    kind(canvas, colours)


def mesh(canvas: Canvas, colours: Colours, key: str = "mesh") -> None:
    """A soft field of colours."""
    rng = canvas.rng(key)
    small = Image.new("RGB", (5, 4))
    for x in range(5):
        for y in range(4):
            pair = rng.sample(colours, 2)
            small.putpixel((x, y), mix(pair[0], pair[1], rng.uniform(0.2, 0.8)))
    middle = small.resize((80, 64), Image.Resampling.BICUBIC)
    canvas.image.paste(middle.resize(canvas.image.size, Image.Resampling.BICUBIC))


def backing(canvas: Canvas, colours: Colours) -> None:
    """A calm ground for words: a deep or pale field with large shapes at its edges."""
    rng = canvas.rng("backing")
    pale = rng.random() < 0.4
    ground = lighten(colours[3], 0.2) if pale else mix(colours[0], colours[1], 0.25)
    canvas.gradient(0, canvas.h, (lighten(ground, 0.08), darken(ground, 0.06 if pale else 0.25)))
    canvas.glow(canvas.w * 0.5, canvas.h * 0.42, canvas.unit * 1.1, mix(ground, colours[2], 0.4), 0.35)
    spots = [(0.0, 0.04), (1.0, 0.97), (0.98, 0.06), (0.03, 0.95)]
    for place, (x, y) in enumerate(spots[: 2 + rng.randrange(3)]):
        colour = colours[(4, 2, 1, 4)[place]]
        cx, cy, reach = canvas.w * x, canvas.h * y, canvas.unit * rng.uniform(0.2, 0.34)
        draw = canvas.draw()
        for ring, alpha in ((1.0, 255), (1.28, 70), (1.56, 34)):
            r = reach * ring
            if ring == 1.0:
                shape = [(cx + r * math.cos(s / 45 * math.pi), cy + r * math.sin(s / 45 * math.pi)) for s in range(90)]
                canvas.fill(shape, (lighten(colour, 0.14), colour))
            else:
                width = max(1, round(canvas.unit * 0.006))
                draw.ellipse((cx - r, cy - r, cx + r, cy + r), outline=(*colour, alpha + 40), width=width)
    for _ in range(14):
        x, y, r = (
            canvas.w * rng.random(),
            canvas.h * rng.choice((rng.uniform(0.04, 0.18), rng.uniform(0.8, 0.96))),
            canvas.unit * 0.006,
        )
        canvas.draw().ellipse((x - r, y - r, x + r, y + r), fill=(*colours[2 if pale else 3], 200))


def _waves(canvas: Canvas, colours: Colours) -> None:
    """A disc of light above flowing layers."""
    rng = canvas.rng("waves")
    dark, *others = colours
    canvas.gradient(0, canvas.h, (lighten(others[-2], 0.3), others[1], others[-1]))
    x, y, r = canvas.w * rng.uniform(0.3, 0.7), canvas.h * 0.34, canvas.unit * 0.19
    canvas.glow(x, y, r * 3.4, lighten(others[2], 0.4), 0.7)
    points = [(x + r * math.cos(s / 60 * math.tau), y + r * math.sin(s / 60 * math.tau)) for s in range(60)]
    canvas.fill(points, (lighten(others[2], 0.5), others[-1]))
    layers = 6
    for layer in range(layers):
        depth = layer / (layers - 1)
        colour = mix(mix(others[1], others[-1], 0.4), mix(others[0], dark, depth), depth)
        base = canvas.h * (0.46 + 0.47 * depth)
        swing, phase, waves = canvas.unit * rng.uniform(0.04, 0.1), rng.uniform(0, 6.3), rng.uniform(1.2, 2.4)
        top = [(canvas.w * s / 40, base + swing * math.sin(s / 40 * waves * math.pi + phase)) for s in range(41)]
        shadow = [(px, py - canvas.unit * 0.012) for px, py in top]
        canvas.fill([*shadow, (canvas.w, canvas.h), (0, canvas.h)], (darken(colour, 0.4), colour), 0.22)
        canvas.fill([*top, (canvas.w, canvas.h), (0, canvas.h)], (lighten(colour, 0.16), colour, darken(colour, 0.15)))


def _arches(canvas: Canvas, colours: Colours) -> None:
    """A grid of circles, arches and quarter discs, as on mid-century posters."""
    rng = canvas.rng("arches")
    rows = max(2, round(4 * canvas.h / canvas.unit * 0.8))
    cell = canvas.h / rows
    columns = math.ceil(canvas.w / cell)
    left = (canvas.w - columns * cell) / 2
    draw = canvas.draw()
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * cell, row * cell
            ground, figure, dot = rng.sample(colours, 3)
            draw.rectangle((x, y, x + cell + 1, y + cell + 1), fill=ground)
            kind = rng.randrange(5)
            if kind == 0:
                draw.ellipse((x + cell * 0.1, y + cell * 0.1, x + cell * 0.9, y + cell * 0.9), fill=figure)
                draw.ellipse((x + cell * 0.36, y + cell * 0.36, x + cell * 0.64, y + cell * 0.64), fill=dot)
            elif kind == 1:
                turn = rng.choice((0, 90, 180, 270))
                cx, cy = x + (cell if turn in (90, 180) else 0), y + (cell if turn in (180, 270) else 0)
                draw.pieslice((cx - cell, cy - cell, cx + cell, cy + cell), turn, turn + 90, fill=figure)
            elif kind == 2:
                for step, tone in enumerate((figure, ground, dot)):
                    inset = cell * (0.06 + 0.14 * step)
                    draw.pieslice(
                        (x + inset, y + inset + cell * 0.2, x + cell - inset, y + cell * 1.8 - inset),
                        180,
                        360,
                        fill=tone,
                    )
            elif kind == 3:
                draw.polygon([(x, y + cell), (x + cell, y + cell), (x + cell, y)], fill=figure)
            else:
                for step in range(4):
                    draw.rectangle((x, y + cell * step / 4, x + cell, y + cell * (step + 0.5) / 4), fill=figure)
    canvas.glow(canvas.w * 0.3, canvas.h * 0.2, canvas.unit * 1.1, lighten(colours[3], 0.4), 0.22)


def _paper(canvas: Canvas, colours: Colours) -> None:
    """Layers of cut paper over a soft field."""
    rng = canvas.rng("paper")
    mesh(canvas, colours[2:])
    for layer in range(5):
        colour = colours[layer % len(colours)]
        x, y = canvas.w * rng.uniform(0.05, 0.95), canvas.h * rng.uniform(0.1, 0.95)
        reach = canvas.unit * rng.uniform(0.2, 0.4)
        corners = 7
        knots = [
            (x + reach * rng.uniform(0.65, 1.15) * math.cos(s / corners * math.tau),
             y + reach * rng.uniform(0.65, 1.15) * math.sin(s / corners * math.tau))
            for s in range(corners)
        ]  # fmt: skip
        shape = smooth(knots, closed=True)
        lift = canvas.unit * 0.014
        canvas.soft(
            lambda draw, scale, shape=shape, lift=lift: draw.polygon(  # type: ignore[misc]
                [((px + lift) * scale, (py + lift * 1.4) * scale) for px, py in shape], fill=110
            ),
            (darken(colours[0], 0.6), darken(colours[0], 0.6)),
            canvas.unit * 0.018,
        )
        canvas.fill(shape, (lighten(colour, 0.2), colour))
    draw = canvas.draw()
    for _ in range(9):
        x, y, r = canvas.w * rng.random(), canvas.h * rng.random(), canvas.unit * rng.uniform(0.006, 0.03)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=rng.choice(colours))
