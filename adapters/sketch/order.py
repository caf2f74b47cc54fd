"""What exactly is to be drawn: a new scene, the parent's scene changed, or somebody's photo retouched."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.sketch import edits, files
from adapters.sketch.recipe import Recipe, recipe_for, seed_for
from adapters.sketch.vocabulary import tokens
from bot.errors import ProviderProblem
from bot.models import Role
from bot.ports import ImageRequest

VARIATION = "a variation of image 1"  # how the studio begins the words of a variation
DEFAULT = (1024, 1024)
SMALLEST = 16  # pixels of an edge


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to draw, as decided from the words. `size` is width and height in pixels.

    `recipe` is what to show; `before` what the parent shows (None: nothing was there). `cards` are people's
    pictures to be laid on it, at `spot`. `erase`: what is under the mask shall go.
    """

    recipe: Recipe
    size: tuple[int, int]
    words: str
    before: Recipe | None = None
    parent: Path | None = None
    cards: tuple[Path, ...] = ()
    spot: str = ""
    small_cards: bool = False
    mask: Path | None = None
    transparent: bool = False
    erase: bool = False

    def nth(self, index: int) -> Order:
        """The order for another of several pictures: the same wish, other chance."""
        return replace(self, recipe=replace(self.recipe, variant=self.recipe.variant + index)) if index else self


def order_for(request: ImageRequest) -> Order:
    """Read the words and the parent's file. Raises `ProviderProblem` for a picture or size that cannot be."""
    words = request.words or request.prompt
    images = [image.path for image in request.images]
    said = set(tokens(words))
    common = Order(
        recipe=Recipe(seed=""),
        size=DEFAULT,
        words=words,
        spot=_spot(said),
        small_cards=bool(said & {"logo", "watermark", "badge", "icon", "corner", "small", "stamp"}),
        transparent=request.options.background == "transparent" and request.options.output_format != "jpeg",
    )
    new = bool(images) and request.images[0].role is Role.REFERENCE and not edits.is_edit(words)
    if not images or (new and not request.mask):
        return replace(common, recipe=recipe_for(words), size=_size(request.options.size, DEFAULT), cards=tuple(images))
    parent, *cards = images
    size = _size(request.options.size, _size_of(parent))
    before = files.recipe_in(parent) or Recipe(seed=seed_for(parent.name), flat=True)
    order = replace(common, size=size, before=before, parent=parent, cards=tuple(cards), mask=request.mask)
    return _edit(order, words)


def _edit(order: Order, words: str) -> Order:
    """The order for a change of `order.before`."""
    before = order.before or Recipe(seed="", flat=True)
    if order.mask:
        started = Recipe(seed=seed_for(words), flat=True)
        return replace(order, recipe=edits.edited(started, words), before=started, erase=edits.erases(words))
    if words.lower().startswith(VARIATION):
        recipe = edits.varied(before)
        return replace(order, recipe=edits.treated(recipe, f"variation {recipe.variant}") if before.flat else recipe)
    if order.cards:
        only_cards = replace(before, caption="")
        rest = edits.edited(before, _without_cards(words))
        return replace(order, recipe=only_cards if rest.caption else rest)
    return replace(order, recipe=edits.edited(before, words))


def different(order: Order) -> Order:
    """The same order with a change that cannot fail to be seen, for words that changed no pixel."""
    base = order.before or order.recipe
    return replace(order, recipe=edits.treated(order.recipe if order.recipe.flat else base, order.words))


def _without_cards(words: str) -> str:
    """The words but for the clause that says where the attached picture goes."""
    verbs = r"\b(?:put|place|add|use|insert|with|include)\b"
    nouns = r"(?:@\w+|image\s*\d|logo|photo|picture|reference|this)"
    return re.sub(f"{verbs}[^,.;]*?{nouns}[^,.;]*", " ", words, flags=re.IGNORECASE) or " "


def _spot(said: set[str]) -> str:
    """Where people want their picture: "top left", "bottom", "middle" or ""."""
    row = "top" if said & {"top", "upper"} else "bottom" if said & {"bottom", "lower"} else ""
    column = "left" if "left" in said else "right" if "right" in said else ""
    middle = "middle" if said & {"middle", "center", "centre"} else ""
    return f"{row} {column}".strip() or middle


def _size(text: str, otherwise: tuple[int, int]) -> tuple[int, int]:
    if text == "auto" or not text:
        return otherwise
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(width, height) < SMALLEST or width * height > files.LARGEST:
        raise ProviderProblem(f"The sketch engine cannot draw {text[:20]}. Choose a size from 16x16 to 3840x2160.")
    return width, height


def _size_of(path: Path) -> tuple[int, int]:
    width, height = files.read(path).size
    return max(SMALLEST, width), max(SMALLEST, height)
