"""A recipe as a landscape: its mood, its layers of land, and where each kind of thing belongs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.sketch.recipe import Recipe
from adapters.sketch.vocabulary import SUBJECTS

BEHIND = ("stars", "aurora", "planet", "comet", "sun", "moon", "rainbow", "cloud", "fireworks", "birds")
LAND = ("mountain", "city", "sea", "lake", "beach", "desert", "field", "hill", "snowfield", "forest", "road")
BEFORE = ("fog", "rain", "snow", "lightning", "confetti", "bubbles")
AFLOAT = ("boat", "whale", "lighthouse", "fish")
EMBLEMS = ("logo", "icon", "sticker")
FLYING = ("balloon", "plane", "rocket", "heart", "star")
BEDS = ("flower", "tulip", "mushroom")
SWIMMING = ("fish", "whale")


def mood_of(recipe: Recipe) -> str:
    """The mood named or, failing that, the one the things suggest."""
    kinds = {thing.kind for thing in recipe.things}
    if recipe.mood:
        return recipe.mood
    if kinds & {"moon", "stars", "aurora", "comet", "fireworks"}:
        return "night"
    if kinds & {"planet"} or kinds == {"rocket"}:
        return "space"
    if kinds & {"lightning"}:
        return "storm"
    if kinds & {"snow", "snowfield", "snowman"}:
        return "winter"
    if kinds & {"rain"}:
        return "storm"
    if kinds & {"blossom"}:
        return "spring"
    if kinds and kinds <= {*SWIMMING, "bubbles"}:
        return "underwater"
    return "day"


def lands_of(recipe: Recipe) -> list[str]:
    """The layers of land from back to front; there is always ground, but in space."""
    kinds = {thing.kind for thing in recipe.things}
    lands = kinds & set(LAND)
    if mood_of(recipe) == "underwater":
        return ["hill"]
    if "whale" in kinds or "boat" in kinds or "beach" in kinds:
        lands |= set() if "lake" in lands else {"sea"}
    if "sea" in lands and kinds & SUBJECTS - {*AFLOAT, *FLYING}:
        lands |= {"beach"}
    if lands <= {"city", "mountain"} and "city" in lands:
        lands |= {"lake"}
    if lands == {"lake"}:
        lands |= {"hill"}
    if {"mountain", "sea"} <= lands or {"forest", "sea"} <= lands:
        lands = lands - {"hill"}
    if not lands & set(_FLAT.split()) and mood_of(recipe) != "space":
        lands |= {"snowfield"} if mood_of(recipe) == "winter" else {"hill"}
    if (mood_of(recipe) == "winter" or "snow" in kinds) and lands & {"hill", "field"}:
        lands = lands - {"hill", "field"} | {"snowfield"}
    if "forest" in lands and lands & {"hill", "snowfield"}:
        return [kind for kind in _FOREST_LATER.split() if kind in lands]
    return [kind for kind in _BACK_TO_FRONT.split() if kind in lands]


def is_portrait(recipe: Recipe) -> bool:
    """Whether the things are shown alone, before a plain wall."""
    kinds = {thing.kind for thing in recipe.things}
    scenic = {*LAND, *BEHIND, *_OUTDOORS.split()}
    return (
        bool(kinds) and not kinds & scenic and recipe.mood in ("", "pastel", "day", "neon") and not kinds <= set(BEFORE)
    )


def spots(count: int) -> Iterator[float]:
    """Shares of the width, well apart, the first a little off the middle."""
    rows: dict[int, tuple[float, ...]] = {
        0: (),
        1: (0.52,),
        2: (0.32, 0.7),
        3: (0.22, 0.52, 0.8),
        4: (0.16, 0.4, 0.63, 0.86),
    }
    yield from rows.get(count) or [(index + 0.6) / (count + 0.2) for index in range(count)]


def distance(kind: str) -> float:
    """How far back a thing stands: 0 in front, 1 on the horizon."""
    return _number_for(kind, _DISTANCES, 0.04)


def height(kind: str) -> float:
    """How tall a thing stands in a landscape, as a share of the canvas's unit."""
    return _number_for(kind, _HEIGHTS, 0.32)


def _number_for(kind: str, table: str, otherwise: float) -> float:
    words = table.split()
    return float(words[words.index(kind) + 1]) if kind in words else otherwise


_FLAT = "sea lake desert field hill snowfield forest city"
_BACK_TO_FRONT = "mountain city forest field desert hill snowfield sea lake beach road"
_FOREST_LATER = "mountain city hill snowfield forest field desert sea lake beach road"
_OUTDOORS = "boat whale train rocket lighthouse castle balloon plane tent house snowman car"
_DISTANCES = (
    "castle 0.9 lighthouse 0.72 house 0.6 tree 0.6 pine 0.66 blossom 0.5 palm 0.3 tent 0.4 boat 0.5 whale "
    "0.35 train 0.14 cactus 0.45 snowman 0.2 car 0.16 lamp 0.3"
)
_HEIGHTS = (
    "castle 0.46 lighthouse 0.56 house 0.34 tree 0.4 pine 0.4 blossom 0.5 palm 0.56 tent 0.24 boat 0.3 "
    "whale 0.26 train 0.2 cactus 0.3 car 0.2 lamp 0.46 snowman 0.38 fish 0.2 flower 0.24 tulip 0.24 "
    "mushroom 0.18 coffee 0.3 bird 0.16 owl 0.24"
)
