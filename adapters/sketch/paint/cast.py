"""Who can appear: each layer of scenery and each single thing, with how to paint it."""

from __future__ import annotations

from collections.abc import Callable

from adapters.sketch.colours import RGB
from adapters.sketch.paint import creatures, land, sky, things, town, weather
from adapters.sketch.paint.canvas import Canvas, Pen
from adapters.sketch.paint.sky import Stage

Layer = Callable[[Canvas, Stage, int], None]
"""Paints scenery on a whole canvas; the number is how much of it."""

Stamp = Callable[[Pen, RGB | None, int, bool], None]
"""Paints one thing in its box: its colour (None: its own), its place in the row, whether lights are on."""


_PLAIN: dict[str, tuple[Callable[[Pen, RGB], None], tuple[RGB, ...], float]] = {
    "owl": (creatures.owl, ((150, 110, 84),), 0.8),
    "penguin": (creatures.penguin, ((52, 62, 90),), 0.75),
    "bird": (creatures.bird, ((86, 152, 206), (236, 120, 96), (246, 196, 84)), 1.0),
    "fish": (creatures.fish, ((244, 136, 62), (246, 196, 84), (110, 196, 196)), 1.5),
    "whale": (creatures.whale, ((74, 118, 168),), 1.7),
    "person": (creatures.person, ((214, 88, 76), (74, 124, 160), (236, 178, 80)), 0.5),
    "robot": (creatures.robot, ((128, 160, 196),), 1.0),
    "boat": (things.boat, ((204, 84, 70), (62, 110, 150)), 1.0),
    "rocket": (things.rocket, ((226, 84, 74),), 0.7),
    "balloon": (things.balloon, ((232, 96, 82), (246, 184, 72), (82, 148, 180)), 0.8),
    "plane": (things.plane, ((226, 92, 78),), 1.8),
    "coffee": (things.coffee, ((226, 110, 84),), 1.0),
    "flower": (things.flower, ((240, 118, 132), (250, 250, 246), (168, 130, 220), (246, 150, 84)), 0.6),
    "tulip": (things.tulip, ((232, 78, 96), (246, 184, 72), (214, 110, 180)), 0.6),
    "mushroom": (things.mushroom, ((214, 66, 62),), 1.0),
    "cake": (things.cake, ((240, 138, 164),), 1.0),
    "book": (things.book, ((70, 110, 150), (180, 72, 70)), 1.4),
    "umbrella": (things.umbrella, ((222, 84, 84), (250, 190, 80)), 1.0),
    "pumpkin": (things.pumpkin, ((240, 134, 48),), 1.0),
    "gift": (things.gift, ((206, 68, 76), (70, 136, 116)), 1.0),
    "tent": (things.tent, ((226, 122, 72), (74, 136, 130)), 1.5),
    "snowman": (things.snowman, ((210, 70, 72),), 0.7),
    "lamp": (things.lamp, ((50, 52, 70),), 0.4),
    "heart": (things.heart, ((226, 66, 88),), 1.0),
    "star": (things.star, ((250, 196, 74),), 1.0),
    "tree": (land.tree, ((92, 156, 84), (124, 166, 76)), 1.0),
    "blossom": (land.tree, ((246, 178, 200), (250, 200, 214)), 1.0),
    "pine": (land.pine, ((52, 122, 92),), 1.0),
    "palm": (land.palm, ((70, 146, 96),), 1.0),
    "cactus": (land.cactus, ((82, 146, 96),), 1.0),
}
"""Things without lights: how to paint them, the colours they take in turn, and how wide they are."""


def layers() -> dict[str, Layer]:
    """The scenery, by kind."""
    return {
        "stars": sky.stars,
        "aurora": sky.aurora,
        "planet": sky.planets,
        "comet": sky.comets,
        "sun": sky.sun,
        "moon": sky.moon,
        "rainbow": sky.rainbow,
        "cloud": sky.clouds,
        "fireworks": sky.fireworks,
        "birds": sky.birds,
        "mountain": land.mountains,
        "city": town.city,
        "sea": land.sea,
        "lake": land.lake,
        "beach": land.beach,
        "desert": land.desert,
        "field": land.field,
        "hill": land.hills,
        "snowfield": land.snowfield,
        "forest": land.forest,
        "road": land.road,
        "fog": weather.fog,
        "rain": weather.rain,
        "snow": weather.snow,
        "lightning": weather.lightning,
        "confetti": weather.hearts,
        "bubbles": weather.bubbles,
    }


def stamps() -> dict[str, tuple[Stamp, float]]:
    """Each single thing: how to paint it, and how wide its box is for a height of 1."""
    table: dict[str, tuple[Stamp, float]] = {name: (_sitting(name), 1.0) for name in creatures.LOOKS}
    for name, (painter, own, aspect) in _PLAIN.items():
        table[name] = (_coloured_stamp(painter, own), aspect)
    table["train"] = (lambda pen, colour, _i, dark: things.train(pen, colour or (176, 56, 62), lit=dark), 4.6)
    table["car"] = (lambda pen, colour, _i, dark: things.car(pen, colour or (226, 92, 74), lit=dark), 2.1)
    table["house"] = (
        lambda pen, colour, _i, dark: town.house(pen, colour or (248, 232, 208), (190, 82, 66), lit=dark),
        1.2,
    )
    table["lighthouse"] = (
        lambda pen, colour, _i, dark: town.lighthouse(pen, colour or (206, 66, 62), lit=dark),
        0.6,
    )
    table["castle"] = (
        lambda pen, colour, _i, dark: town.castle(pen, colour or (190, 184, 190), (186, 70, 84), lit=dark),
        1.3,
    )
    return table


def _coloured_stamp(painter: Callable[[Pen, RGB], None], own: tuple[RGB, ...]) -> Stamp:
    return lambda pen, colour, index, _dark: painter(pen, colour or own[index % len(own)])


def _sitting(name: str) -> Stamp:
    return lambda pen, colour, index, _dark: creatures.sitting(pen, name, colour or creatures.fur(name, index))
