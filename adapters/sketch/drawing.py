"""From an order to a finished picture: scene or photo, tone, people's pictures, lettering, label, mask."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

from PIL import Image, ImageChops, ImageDraw, ImageOps

from adapters.sketch import files, marks, retouch
from adapters.sketch.colours import INK, PAPER
from adapters.sketch.lettering import FontBook
from adapters.sketch.order import Order, different
from adapters.sketch.paint import scene
from adapters.sketch.paint.plan import EMBLEMS
from adapters.sketch.recipe import Adjust, Inset, Recipe

SMOOTH_BELOW = 2_300_000  # pixels; smaller pictures are painted twice as large, so that edges are smooth
LEAST_EDGE = 160  # pixels; a smaller picture is painted larger and reduced

Stop = threading.Event | None


def draw(order: Order, book: FontBook, stop: Stop = None) -> tuple[Image.Image, Recipe]:
    """The finished picture and the recipe to keep in it. An edit never gives back its parent's pixels."""
    image, recipe = _drawn(order, book, stop)
    if order.parent and not order.mask and _same(image, fitted_to(files.read(order.parent), order.size)):
        image, recipe = _drawn(different(order), book, stop)
    return image, recipe


def fitted_to(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture filling this size, cropped around its middle where the shape differs."""
    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _drawn(order: Order, book: FontBook, stop: Stop) -> tuple[Image.Image, Recipe]:
    if order.mask and order.parent:
        return _masked(order, book, stop)
    if order.recipe.flat:
        return _photo(order, book, stop)
    return _sketch(order, book, stop)


# ── A scene from its recipe ─────────────────────────────────────────────────────────────────────────────────


def _sketch(order: Order, book: FontBook, stop: Stop) -> tuple[Image.Image, Recipe]:
    recipe = order.recipe
    image = _painted(recipe, order.size, order.transparent, stop)
    image = retouch.adjusted(image, [one for one in recipe.adjust if one.name in retouch.SPATIAL])
    image = _old_cards(image, order)
    image, insets = _new_cards(image, order)
    marks.letter(image, recipe, book)
    image = retouch.adjusted(image, [one for one in recipe.adjust if one.name not in retouch.SPATIAL])
    marks.footnotes(image, recipe, book)
    if any(one.name == "black and white" for one in recipe.adjust):
        image = retouch.grey(image)  # the label and the cards, too
    return image, replace(recipe, insets=(*recipe.insets, *insets)[:8])


def _painted(recipe: Recipe, size: tuple[int, int], transparent: bool, stop: Stop) -> Image.Image:
    grow = 2 if size[0] * size[1] <= SMOOTH_BELOW else 1
    grow = max(grow, math.ceil(LEAST_EDGE / min(size)))
    large = (size[0] * grow, size[1] * grow)
    if transparent:
        image = _text_only(large) if _is_text_only(recipe) else scene.paint_subject(recipe, large, stop)
    else:
        image = scene.paint(recipe, large, stop)
    return image.reduce(grow) if grow > 1 else image


def _is_text_only(recipe: Recipe) -> bool:
    return bool(recipe.texts) and not (recipe.things or recipe.mood or recipe.layout in EMBLEMS)


def _text_only(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGBA", size, (0, 0, 0, 0))


# ── A photo, or a picture whose scene is not known ──────────────────────────────────────────────────────────


def _photo(order: Order, book: FontBook, stop: Stop) -> tuple[Image.Image, Recipe]:
    recipe, before = order.recipe, order.before or Recipe(seed="", flat=True)
    image = fitted_to(files.read(order.parent), order.size) if order.parent else Image.new("RGB", order.size, PAPER)
    if before.texts and not recipe.texts:
        marks.uncover_band(image, before)
    image = _changed(image, recipe, before, stop, fill=False)
    image, _ = _new_cards(image, order)
    if recipe.texts and _lettering(recipe) != _lettering(before):
        marks.caption_band(image, recipe, book)
    marks.footnotes(image, recipe, book)
    return image, _baked(recipe)


def _changed(image: Image.Image, recipe: Recipe, before: Recipe, stop: Stop, *, fill: bool) -> Image.Image:
    """What the recipe adds to a picture that is there: background, mood, things, tone."""
    if recipe.background and recipe.background != before.background:
        image = retouch.on_background(image, recipe.background)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    plain = image.convert("RGB")
    if recipe.mood and recipe.mood != before.mood:
        plain = retouch.in_mood(plain, recipe.mood)
    if set(recipe.colours) - set(before.colours):
        plain = retouch.tinted(plain, recipe.colours[0])
    if recipe.things:
        plain = scene.overlay(recipe, plain.copy(), stop, fill=fill)
    plain = retouch.adjusted(plain, _fresh(recipe, before))
    if alpha is not None:
        plain.putalpha(alpha)
    return plain


def _fresh(recipe: Recipe, before: Recipe) -> list[Adjust]:
    """The adjustments that the parent does not show yet."""
    known = list(before.adjust)
    fresh = []
    for one in recipe.adjust:
        if one in known:
            known.remove(one)
        else:
            fresh.append(one)
    return fresh


def _baked(recipe: Recipe) -> Recipe:
    """What a later edit of these pixels must know: only the lettering can still be told apart."""
    return replace(
        recipe,
        things=(),
        mood="",
        background="",
        colours=(),
        adjust=(),
        insets=(),
        caption="",
        layout="",
        flat=True,
    )


def _lettering(recipe: Recipe) -> tuple[object, ...]:
    return recipe.texts, recipe.text_scale, recipe.text_place, recipe.text_colour


# ── Only inside a mask ──────────────────────────────────────────────────────────────────────────────────────


def _masked(order: Order, book: FontBook, stop: Stop) -> tuple[Image.Image, Recipe]:
    """The parent, changed only where the mask is transparent; everywhere else its very pixels."""
    if order.parent is None or order.mask is None:
        raise AssertionError("a masked order has both")
    parent = fitted_to(files.read(order.parent), order.size)
    region = _region(order, parent)
    box = region.getbbox()
    recipe = _baked(order.recipe)
    if box is None:
        return parent, replace(recipe, texts=())
    inside = parent.crop(box)
    if order.erase:
        inside = retouch.erased(parent, region).crop(box).convert(inside.mode)
    inside = _changed(
        inside,
        order.recipe if not order.erase else replace(order.recipe, adjust=()),
        Recipe(seed="", flat=True),
        stop,
        fill=True,
    )
    inside, _ = _new_cards(inside, order)
    if order.recipe.texts and not order.erase:
        marks.letter(inside, replace(order.recipe, text_place="middle", layout=""), book)
    noted = replace(order.recipe, caption="") if order.erase else order.recipe
    marks.footnotes(inside, noted, book, region.crop(box))
    whole = parent.copy()
    whole.paste(inside, box[:2])
    return Image.composite(whole, parent, region), replace(recipe, texts=())


def _region(order: Order, parent: Image.Image) -> Image.Image:
    """Where the picture may change (255), from the mask's transparency."""
    if order.mask is None:
        return Image.new("L", parent.size, 255)
    mask = files.read(order.mask)
    alpha = mask.getchannel("A") if mask.mode == "RGBA" else Image.new("L", mask.size, 255)
    return ImageOps.invert(alpha.resize(parent.size, Image.Resampling.NEAREST) if alpha.size != parent.size else alpha)


# ── People's pictures, laid on as cards ─────────────────────────────────────────────────────────────────────


def _old_cards(image: Image.Image, order: Order) -> Image.Image:
    """Cards the parent already carried, cut from it where they lie: their files are not known any more."""
    if not order.recipe.insets or order.parent is None or order.before is None:
        return image
    parent = files.read(order.parent)
    fresh = [one for one in _fresh(order.recipe, order.before) if one.name not in ("mirror", "upside down")]
    for inset in order.recipe.insets:
        source = _pixels(inset, parent.size)
        place = _pixels(inset, image.size)
        card = parent.crop(source).resize((place[2] - place[0], place[3] - place[1]), Image.Resampling.LANCZOS)
        spatial = [one for one in fresh if one.name in retouch.SPATIAL]
        card = retouch.adjusted(card, spatial)
        image.paste(card, place[:2], card if card.mode == "RGBA" else None)
    return image


def _pixels(inset: Inset, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top = round(inset.left * size[0]), round(inset.top * size[1])
    return left, top, max(left + 1, round(inset.right * size[0])), max(top + 1, round(inset.bottom * size[1]))


def _new_cards(image: Image.Image, order: Order) -> tuple[Image.Image, list[Inset]]:
    """Lay the request's pictures on as prints with a shadow, side by side from the place people named."""
    insets: list[Inset] = []
    count = len(order.cards)
    side = min(image.size) * (
        0.2 if order.small_cards else 0.36 if count == 1 else max(0.1, min(0.3, 0.86 / max(1, count)))
    )
    for index, path in enumerate(order.cards[:8]):
        card = _print(files.read(path), side)
        left, top = _corner(order, image.size, card.size, index, count)
        box = (left, top, left + card.width, top + card.height)
        retouch.lay_shadow(image, box, INK)
        image.paste(card, (left, top))
        insets.append(Inset(max(0, left / image.width), max(0, top / image.height),
                            min(1, box[2] / image.width), min(1, box[3] / image.height)))  # fmt: skip
    return image, insets


def _print(picture: Image.Image, side: float) -> Image.Image:
    """The picture within a square of this side, on paper with a rim."""
    rim = max(1, round(side * 0.035))
    inner = max(2, round(side) - 2 * rim)
    small = ImageOps.contain(picture, (inner, inner), Image.Resampling.LANCZOS)
    card = Image.new("RGB", (small.width + 2 * rim, small.height + 2 * rim), PAPER)
    card.paste(small, (rim, rim), small if small.mode == "RGBA" else None)
    ImageDraw.Draw(card).rectangle((0, 0, card.width - 1, card.height - 1), outline=(214, 208, 198))
    return card


def _corner(order: Order, size: tuple[int, int], card: tuple[int, int], index: int, count: int) -> tuple[int, int]:
    """Where a card's upper left corner goes."""
    margin = round(min(size) * 0.05)
    step = index * (card[0] + margin // 2)
    spot = order.spot
    row = (count - 1) * (card[0] + margin // 2)
    if "left" in spot:
        x = margin + step
    elif "right" in spot or (order.small_cards and not spot):
        x = size[0] - margin - card[0] - row + step
    else:
        x = (size[0] - card[0] - row) // 2 + step
    if "top" in spot:
        y = margin
    elif spot == "middle" or (spot in ("left", "right")):
        y = (size[1] - card[1]) // 2
    else:
        y = size[1] - margin - round(min(size) * 0.03) - card[1]
    return max(0, min(x, size[0] - card[0])), max(0, min(y, size[1] - card[1]))


def _same(one: Image.Image, other: Image.Image) -> bool:
    """Whether nobody could see a difference (a lossy file differs by a little from what was drawn)."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    alike = max(high for _, high in difference.getextrema()) <= 24  # type: ignore[misc]
    return alike and one.mode == other.mode
