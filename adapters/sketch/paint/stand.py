"""Placing single things: side by side, or each where it belongs in a landscape."""

from __future__ import annotations

from adapters.sketch.colours import NAMED, darken, lighten, mix
from adapters.sketch.paint.canvas import Canvas
from adapters.sketch.paint.cast import stamps
from adapters.sketch.paint.plan import AFLOAT, BEDS, FLYING, distance, height, lands_of, spots
from adapters.sketch.paint.sky import Stage
from adapters.sketch.recipe import Recipe, Thing


def subjects(recipe: Recipe) -> list[Thing]:
    """Foreground things, one entry for each to be drawn, at most nine."""
    table = stamps()
    return [thing for thing in recipe.things if thing.kind in table for _ in range(min(thing.count, 6))][:9]


def group(canvas: Canvas, recipe: Recipe, base: float, share: float) -> None:
    """Subjects side by side, as large as fits."""
    shown = subjects(recipe)
    table = stamps()
    widths = [table[thing.kind][1] for thing in shown]
    share *= max(thing.scale for thing in shown)
    tall = min(canvas.unit * share, canvas.h * 0.86, canvas.w * 0.88 / max(0.6, sum(widths) * 0.86))
    x = canvas.w / 2 - sum(widths) * tall * 0.43
    for index, thing in enumerate(shown):
        wide = widths[index] * tall * 0.86
        size = tall * (1.0, 0.88, 0.94, 0.84)[index % 4] if len(shown) > 1 else tall
        _place(canvas, thing, x + wide / 2, base, size, index)
        x += wide


def stand(canvas: Canvas, recipe: Recipe, stage: Stage) -> None:
    """Each thing where it belongs: what flies in the sky, houses and trees further back, animals near."""
    shown = subjects(recipe)
    flying = [thing for thing in shown if thing.kind in FLYING]
    beds = {thing.kind: thing for thing in shown if thing.kind in BEDS and thing.count > 1}
    grounded = [thing for thing in shown if thing.kind not in FLYING and thing.kind not in beds]
    _fly(canvas, flying, stage, 0.64 if recipe.texts else 0.5)
    for bed in beds.values():
        _scatter(canvas, bed, stage)
    _ground(canvas, grounded, stage, shore=bool({"sea", "lake"} & set(lands_of(recipe))))


def _fly(canvas: Canvas, flying: list[Thing], stage: Stage, share: float) -> None:
    crowd = 1.0 if len(flying) < 3 else 0.75
    for spot, thing in zip(spots(len(flying)), flying, strict=True):
        tall = canvas.unit * {"rocket": 0.5, "balloon": 0.3, "plane": 0.17}.get(thing.kind, 0.2) * crowd * thing.scale
        tall *= 1 - 0.25 * (spot * 5 % 1) if len(flying) > 1 else 1
        middle = stage.horizon * (share + 0.16 * (0.5 - (spot * 7 % 1)))
        if thing.kind == "rocket":
            _trail(canvas, canvas.w * spot, middle + tall * 0.42, tall)
        _place(canvas, thing, canvas.w * spot, middle + tall / 2, tall, round(spot * 40), shadow=False)


def _ground(canvas: Canvas, grounded: list[Thing], stage: Stage, *, shore: bool) -> None:
    """The far ones first, so that near ones stand before them."""
    placed: list[tuple[float, int, float, float, Thing]] = []
    table = stamps()
    wide = sum(height(thing.kind) * thing.scale * table[thing.kind][1] for thing in grounded) * canvas.unit
    crowd = min(1.15 if len(grounded) == 1 else 1.0, canvas.w * 0.96 / max(1.0, wide))
    for index, (spot, thing) in enumerate(zip(spots(len(grounded)), grounded, strict=True)):
        if thing.kind == "train":
            _rails(canvas, _base(thing, stage, shore=shore))
        tall = min(canvas.unit * height(thing.kind) * thing.scale * crowd, stage.horizon * 0.9)
        placed.append((_base(thing, stage, shore=shore), index, spot, tall, thing))
    for base, index, spot, tall, thing in sorted(placed, key=lambda row: row[:2]):
        _place(canvas, thing, canvas.w * spot, base, tall, index)


def _base(thing: Thing, stage: Stage, *, shore: bool) -> float:
    """The line a thing stands on: before water it keeps to the near shore, unless it belongs there."""
    back = distance(thing.kind) * (0.12 if shore and thing.kind not in AFLOAT else 1.0)
    return stage.near - (stage.near - stage.horizon) * back


def _scatter(canvas: Canvas, thing: Thing, stage: Stage) -> None:
    """Many of a small plant over the meadow, larger towards the front."""
    rng = canvas.rng(f"bed:{thing.kind}")
    many = 7 * thing.count
    places = sorted((rng.random() ** 0.7, rng.random()) for _ in range(many))
    for index, (near, across) in enumerate(places):
        base = stage.horizon + (canvas.h * 1.01 - stage.horizon) * (0.16 + 0.84 * near)
        tall = canvas.unit * (0.035 + 0.12 * near**1.4) * thing.scale
        _place(canvas, thing, canvas.w * across, base, tall, index, shadow=False)


def _trail(canvas: Canvas, x: float, y: float, tall: float) -> None:
    for step in range(14):
        drop = step / 13
        size = tall * (0.06 + 0.2 * drop**1.3)
        sway = canvas.rng(f"trail{step}").uniform(-0.4, 0.4) * size
        canvas.glow(
            x + sway,
            y + drop * tall * 0.9,
            size * 1.9,
            mix((255, 214, 150), lighten(canvas.palette.haze, 0.45), drop),
            0.8,
        )
    canvas.glow(x, y, tall * 0.42, (255, 190, 96), 0.8)


def _rails(canvas: Canvas, base: float) -> None:
    draw = canvas.draw()
    bed = mix(canvas.palette.land, (90, 80, 84), 0.35)
    high = canvas.unit * 0.022
    top, bottom = base - high * 0.4, base + high * 1.7
    shape = [(0, top), (canvas.w, top), (canvas.w, bottom), (0, bottom)]
    canvas.fill(shape, (lighten(bed, 0.1), darken(bed, 0.4)))
    step = canvas.unit * 0.045
    for index in range(int(canvas.w / step) + 1):
        draw.rectangle(
            (index * step, base + high * 0.1, index * step + step * 0.5, base + high * 0.75),
            fill=darken(bed, 0.45),
        )
    draw.rectangle(
        (0, base - high * 0.16, canvas.w, base + high * 0.1),
        fill=mix((200, 200, 214), canvas.palette.haze, 0.4),
    )


def _place(
    canvas: Canvas, thing: Thing, x: float, base: float, tall: float, index: int, *, shadow: bool = True
) -> None:
    painter, aspect = stamps()[thing.kind]
    colour = NAMED.get(thing.colour)
    dark = canvas.palette.dark or canvas.palette.ambient != (255, 255, 255)
    if dark and thing.kind in ("house", "tent", "lighthouse", "lamp", "castle"):
        canvas.glow(
            x,
            base - tall * (0.8 if thing.kind in ("lighthouse", "lamp") else 0.3),
            tall * 0.75,
            (255, 200, 110),
            0.5,
        )
    if dark and thing.kind == "train":
        canvas.glow(x + tall * 2.2, base - tall * 0.35, tall * 1.3, (255, 236, 170), 0.7)
    canvas.stamp(
        lambda pen: painter(pen, colour, index, dark),
        x,
        base,
        tall,
        aspect=aspect,
        shadow=0.45 if shadow else 0.0,
    )
