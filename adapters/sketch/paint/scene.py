"""From a recipe to a scene: which kind of picture, and its layers from back to front."""

from __future__ import annotations

import threading
from dataclasses import replace

from PIL import Image, ImageDraw

from adapters.sketch.colours import NAMED, RGB, darken, lighten, mix
from adapters.sketch.paint import abstract, sky, weather
from adapters.sketch.paint.canvas import Canvas
from adapters.sketch.paint.cast import layers
from adapters.sketch.paint.plan import BEFORE, BEHIND, EMBLEMS, is_portrait, lands_of, mood_of
from adapters.sketch.paint.sky import Stage
from adapters.sketch.paint.stand import group, stand, subjects
from adapters.sketch.palettes import Palette, abstract_colours, backdrop, palette_for
from adapters.sketch.recipe import Recipe, Thing


def paint(recipe: Recipe, size: tuple[int, int], stop: threading.Event | None = None) -> Image.Image:
    """The scene of a recipe as an RGB picture of this size in pixels, without its lettering."""
    palette = palette_for(mood_of(recipe), recipe.colours, recipe.key)
    canvas = Canvas(Image.new("RGB", size, palette.haze), palette, recipe.key, stop)
    if recipe.layout in EMBLEMS:
        _emblem(canvas, recipe)
    elif not recipe.things and not recipe.mood:
        _ground(canvas, recipe)
    elif is_portrait(recipe):
        _portrait(canvas, recipe)
    else:
        _landscape(canvas, recipe)
    weather.finish(canvas)
    return canvas.image


def paint_subject(recipe: Recipe, size: tuple[int, int], stop: threading.Event | None = None) -> Image.Image:
    """Only the single things, on a transparent RGBA picture; scenery alone is cut out as a disc."""
    palette = palette_for(mood_of(recipe), recipe.colours, recipe.key)
    if recipe.layout in EMBLEMS:
        badge = Canvas(Image.new("RGBA", size, (0, 0, 0, 0)), palette, recipe.key, stop)
        _badge(badge, recipe)
        return badge.image
    if not subjects(recipe):
        scene = paint(recipe, size, stop)
        return _disc_of(scene)
    canvas = Canvas(Image.new("RGBA", size, (0, 0, 0, 0)), palette, recipe.key, stop)
    group(canvas, recipe, canvas.h * 0.9, 0.78)
    return canvas.image


def overlay(
    recipe: Recipe, image: Image.Image, stop: threading.Event | None = None, *, fill: bool = False
) -> Image.Image:
    """The recipe's things painted over somebody's RGB picture. With `fill` they take its whole height."""
    palette = palette_for(recipe.mood or "day", recipe.colours, recipe.key)
    canvas = Canvas(image, palette, recipe.key, stop)
    stage = stage_for(canvas, recipe)
    for thing in recipe.things:
        layer = layers().get(thing.kind)
        if layer and thing.kind in (*BEHIND, *BEFORE):
            layer(canvas, stage, thing.count)
    if subjects(recipe):
        if fill:
            group(canvas, recipe, canvas.h * 0.93, 0.9)
        else:
            stand(canvas, recipe, stage)
    return canvas.image


# ── Kinds of picture ────────────────────────────────────────────────────────────────────────────────────────


def _ground(canvas: Canvas, recipe: Recipe) -> None:
    colours = abstract_colours(recipe.colours, recipe.key)
    if recipe.background:
        _wall(canvas, NAMED[recipe.background])
    elif recipe.texts:
        abstract.backing(canvas, colours)
    else:
        abstract.abstract(canvas, colours)


def _wall(canvas: Canvas, colour: RGB) -> None:
    canvas.gradient(0, canvas.h, (lighten(colour, 0.1), colour, darken(colour, 0.12)))
    canvas.glow(canvas.w * 0.5, canvas.h * 0.4, canvas.unit * 0.9, lighten(colour, 0.5), 0.35)


def _portrait(canvas: Canvas, recipe: Recipe) -> None:
    """One subject before a plain wall, on a soft floor, with a disc of light behind."""
    palette = canvas.palette
    wall, disc, floor = backdrop(palette, recipe.background or next(iter(recipe.colours), ""), recipe.key)
    lower = recipe.texts and recipe.text_place != "bottom"
    base = canvas.h * (0.9 if lower else 0.84)
    canvas.gradient(0, canvas.h, (lighten(wall, 0.22), wall))
    tall = canvas.unit * (0.62 if recipe.texts else 0.76)
    middle = base - tall * 0.52
    for grow, strength in ((1.0, 0.4), (0.8, 0.75)):
        radius = tall * 0.62 * grow
        box = (canvas.w / 2 - radius, middle - radius, canvas.w / 2 + radius, middle + radius)
        canvas.draw().ellipse(box, fill=mix(wall, disc, strength))
    canvas.gradient(base - tall * 0.1, canvas.h, (floor, darken(floor, 0.16)))
    canvas.glow(canvas.w * 0.32, canvas.h * 0.1, canvas.unit * 0.9, lighten(wall, 0.65), 0.4)
    _backs(canvas, recipe, Stage(base - tall * 0.1, (canvas.w * 0.78, canvas.h * 0.2), base))
    group(canvas, recipe, base, tall / canvas.unit)
    _fronts(canvas, recipe, Stage(base, (canvas.w * 0.7, canvas.h * 0.2), base))


def _landscape(canvas: Canvas, recipe: Recipe) -> None:
    stage = stage_for(canvas, recipe)
    if recipe.background:
        canvas.palette = _coloured(canvas.palette, NAMED[recipe.background])
    sky.sky(canvas, stage)
    _backs(canvas, recipe, stage)
    present = {thing.kind: thing for thing in recipe.things}
    for kind in lands_of(recipe):
        layers()[kind](canvas, stage, present.get(kind, Thing(kind)).count)
    stand(canvas, recipe, stage)
    _fronts(canvas, recipe, stage)


def _emblem(canvas: Canvas, recipe: Recipe) -> None:
    """A badge on paper."""
    colours = abstract_colours(recipe.colours, recipe.key)
    paper = NAMED[recipe.background] if recipe.background else mix(colours[3], (255, 255, 255), 0.55)
    canvas.gradient(0, canvas.h, (lighten(paper, 0.3), paper))
    radius, (x, y) = _badge_place(canvas, recipe)
    canvas.shadow(x, y + radius * 1.16, radius * 0.8, 0.3)
    _badge(canvas, recipe)


def _badge(canvas: Canvas, recipe: Recipe) -> None:
    """A round (an icon: square) badge with the subject, or a small landscape, inside."""
    radius, (x, y) = _badge_place(canvas, recipe)
    side, rim = max(8, round(radius * 2)), round(radius * 0.07)
    plain = replace(recipe, layout="", background="", texts=(), adjust=())
    corner = 0.23 if recipe.layout == "icon" else 0.5
    inner = Image.new("L", (side, side), 0)
    outer = Image.new("L", (side + 2 * rim, side + 2 * rim), 0)
    _shape(inner, corner)
    _shape(outer, corner)
    tone = (255, 255, 255) if recipe.layout == "sticker" else abstract_colours(recipe.colours, recipe.key)[0]
    left, top = round(x - radius), round(y - radius)
    canvas.image.paste((*tone, 255) if canvas.image.mode == "RGBA" else tone, (left - rim, top - rim), outer)
    canvas.image.paste(paint(plain, (side, side)), (left, top), inner)


def _badge_place(canvas: Canvas, recipe: Recipe) -> tuple[float, tuple[float, float]]:
    """The badge's radius and middle."""
    share = 0.3 if recipe.texts else 0.4
    return canvas.unit * share, (canvas.w / 2, canvas.h * (0.4 if recipe.texts else 0.5))


def _shape(mask: Image.Image, corner: float) -> None:
    side = mask.width
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side - 1, side - 1), side * corner, fill=255)


def _disc_of(scene: Image.Image) -> Image.Image:
    side = round(min(scene.size) * 0.92)
    mask = Image.new("L", (side, side), 0)
    _shape(mask, 0.5)
    whole = Image.new("L", scene.size, 0)
    whole.paste(mask, ((scene.width - side) // 2, (scene.height - side) // 2))
    scene = scene.convert("RGBA")
    scene.putalpha(whole)
    return scene


def stage_for(canvas: Canvas, recipe: Recipe) -> Stage:
    """Where horizon, light and foreground are for this recipe."""
    lands = set(lands_of(recipe))
    share = 0.6 if lands & {"sea", "lake", "beach"} else 0.68 if lands & {"city"} else 0.62
    if mood_of(recipe) == "space" and not lands:
        share = 1.02
    if recipe.texts and recipe.text_place in ("", "top"):
        share = min(share + 0.06, 1.02)
    horizon = canvas.h * share
    rng = canvas.rng("stage")
    side = rng.choice((0.28, 0.36, 0.66, 0.74))
    low = recipe.mood in ("sunset", "dawn")
    high = 0.8 if low else 0.7 if recipe.texts else 0.3
    high = high if "mountain" not in lands or not low else 0.5
    return Stage(horizon, (canvas.w * side, horizon * high), canvas.h * 0.93)


def _backs(canvas: Canvas, recipe: Recipe, stage: Stage) -> None:
    present = {thing.kind: thing.count for thing in recipe.things}
    mood = mood_of(recipe)
    if mood in ("night", "space") and not is_portrait(recipe):
        present.setdefault("stars", 1)
    if mood == "night" and not is_portrait(recipe) and not present.keys() & {"aurora", "fireworks"}:
        present.setdefault("moon", 1)
    if (
        mood in ("sunset", "dawn", "day", "autumn", "spring", "neon")
        and not is_portrait(recipe)
        and "moon" not in present
    ):
        present.setdefault("sun", 1)
    if mood == "space" and not recipe.texts:
        present.setdefault("planet", 1)
    if mood in ("storm", "winter", "day", "spring") and not is_portrait(recipe) and "rainbow" not in present:
        present.setdefault("cloud", 1)
    for kind in BEHIND:
        if present.get(kind):
            layers()[kind](canvas, stage, present[kind])


def _fronts(canvas: Canvas, recipe: Recipe, stage: Stage) -> None:
    present = {thing.kind: thing.count for thing in recipe.things}
    if mood_of(recipe) == "underwater":
        present.setdefault("bubbles", 1)
    for kind in BEFORE:
        if present.get(kind):
            layers()[kind](canvas, stage, present[kind])


def _coloured(palette: Palette, colour: RGB) -> Palette:
    sky_colours = tuple(mix(step, colour, 0.82) for step in palette.sky)
    return Palette(
        (darken(sky_colours[0], 0.12), *sky_colours[1:-1], lighten(sky_colours[-1], 0.3)),
        mix(palette.land, darken(colour, 0.6), 0.5),
        palette.light,
        palette.accents,
        palette.ambient,
        palette.dark,
    )
