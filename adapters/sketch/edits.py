"""What people write under a picture, read as a change of its recipe. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.sketch.recipe import (
    MOST_ADJUSTMENTS,
    MOST_TEXTS,
    MOST_THINGS,
    Adjust,
    Recipe,
    Thing,
    clean,
    place_in,
    quoted,
    seed_for,
    things_in,
)
from adapters.sketch.vocabulary import SUBJECTS, Found, find, tokens

REMOVE = frozenset(["remove", "delete", "erase", "without", "no", "drop", "hide", "clear", "lose", "take", "minus"])
LESS = frozenset(["less", "fewer", "weaker", "lighter_on"])
REPLACE = frozenset(["replace", "swap", "change", "turn", "instead"])
BIGGER = frozenset(["bigger", "larger", "big", "large", "huge", "giant", "enlarge", "increase"])
SMALLER = frozenset(["smaller", "small", "tiny", "shrink", "decrease"])
_VERBS = (
    REMOVE
    | LESS
    | REPLACE
    | frozenset(
        [
            "add",
            "put",
            "make",
            "more",
            "set",
            "give",
            "use",
            "place",
            "include",
            "draw",
            "write",
            "insert",
            "keep",
        ]
    )
)
_TEXT = frozenset(
    [
        "text",
        "title",
        "words",
        "lettering",
        "headline",
        "caption",
        "slogan",
        "letters",
        "font",
        "subtitle",
        "heading",
    ]
)
_BACKGROUND = frozenset(["background", "backdrop", "wall"])
_STRONG = frozenset(["much", "lot", "very", "way", "far", "really", "super", "extremely"])
_SLIGHT = frozenset(["slightly", "little", "bit", "subtle", "subtly", "somewhat", "touch"])
_OPPOSITES = "warmer cooler, darker brighter, contrast softer, vivid muted, blur sharpen"
_OPPOSITE = {one: other for pair in _OPPOSITES.split(", ") for one, other in (pair.split(), pair.split()[::-1])}
_DAYLIGHT = frozenset(("sun", "rainbow"))
_NIGHTLIGHT = frozenset(("moon", "stars", "aurora", "comet", "fireworks"))
_CLAUSE = re.compile(r"[,.;:!?\n]+|\b(?:and|but|then|also|plus)\b", re.IGNORECASE)


def edited(recipe: Recipe, words: str) -> Recipe:
    """The recipe after these words. Words that change nothing give a wash of colour and a caption."""
    before = replace(recipe, caption="")
    plain, texts = quoted(words[:8_000])
    plain = re.sub(r"black\s*(?:and|&|/)\s*white", "monochrome", plain, flags=re.IGNORECASE)
    queue, verb, after = list(texts), "", before
    for clause in _CLAUSE.split(plain):
        said = tokens(clause)
        its_texts = [queue.pop(0) for _ in range(clause.count("¶")) if queue]
        verb = next((word for word in said if word in _VERBS), verb)
        after = _clause(after, said, its_texts, verb)
    return after if after != before else treated(before, words)


def treated(recipe: Recipe, words: str) -> Recipe:
    """The answer to words nobody here understands: a wash with a hue of their own, and the words."""
    hue = int(seed_for(words)[:6], 16) % 900 / 100
    caption = clean(words)[:120] or "edited"
    return replace(recipe, adjust=_added(recipe.adjust, Adjust("treatment", hue)), caption=caption)


def varied(recipe: Recipe) -> Recipe:
    """The same scene with other chance: palette, arrangement and sizes."""
    return replace(recipe, variant=recipe.variant + 1, caption="")


def erases(words: str) -> bool:
    """Whether the words want something gone."""
    return any(word in REMOVE for word in tokens(quoted(words)[0]))


def is_edit(words: str) -> bool:
    """Whether the words speak about a picture that is there, rather than describe a new one."""
    said = tokens(quoted(words)[0])
    if not said:
        return True
    return said[0] in (_VERBS | BIGGER | SMALLER) - {"draw"} or {hit.family for hit in find(said)} == {"adjust"}


# ── One clause ──────────────────────────────────────────────────────────────────────────────────────────────


def _clause(recipe: Recipe, words: list[str], texts: list[str], verb: str) -> Recipe:
    if not words and not texts:
        return recipe
    if texts or _TEXT & set(words):
        return _lettering(recipe, words, texts, verb)
    found = find(words)
    if _BACKGROUND & set(words):
        return _background(recipe, found, verb)
    things = _things(recipe, found, words, verb)
    recipe = replace(recipe, things=things) if things != recipe.things else _tinted(recipe, found, verb)
    recipe = _mood(recipe, found, verb)
    recipe = _adjusted(recipe, found, words, verb)
    layout = next((hit.name for hit in found if hit.family == "layout"), "")
    return replace(recipe, layout="" if verb in REMOVE else layout) if layout else recipe


def _lettering(recipe: Recipe, words: list[str], texts: list[str], verb: str) -> Recipe:
    said = set(words)
    colours = [hit.name for hit in find(words) if hit.family == "colour"]
    recipe = replace(recipe, texts=_texts(recipe.texts, texts, verb, said)[:MOST_TEXTS])
    if said & BIGGER:
        recipe = replace(recipe, text_scale=round(min(3.0, recipe.text_scale * 1.35), 3))
    if said & SMALLER:
        recipe = replace(recipe, text_scale=round(max(0.35, recipe.text_scale * 0.72), 3))
    place = place_in(words)
    return replace(
        recipe,
        text_place=place or recipe.text_place,
        text_colour=colours[0] if colours else recipe.text_colour,
    )


def _texts(old: tuple[str, ...], new: list[str], verb: str, said: set[str]) -> tuple[str, ...]:
    if verb in REMOVE:
        gone = {text.casefold() for text in new}
        return tuple(text for text in old if gone and text.casefold() not in gone)
    if not new:
        return old
    if len(new) >= 2 and (verb in REPLACE or "with" in said or "from" in said):
        swapped = tuple(new[1] if text.casefold() == new[0].casefold() else text for text in old)
        return swapped if swapped != old else (*new[1:], *old[1:])
    if said & {"subtitle", "below", "underneath", "under", "second"} or (
        verb in ("add", "include", "insert", "put") and old
    ):
        return (*old, *new)
    return (*new, *old[1:]) if len(new) < 2 else tuple(new)


def _background(recipe: Recipe, found: list[Found], verb: str) -> Recipe:
    colours = [hit.name for hit in found if hit.family == "colour"]
    if colours:
        return replace(recipe, background=colours[0])
    if verb in REMOVE:
        kept = tuple(thing for thing in recipe.things if thing.kind in SUBJECTS)
        return replace(recipe, background="white", mood="", things=kept or recipe.things)
    return _mood(replace(recipe, things=_things(recipe, found, [], "add")), found, verb)


def _things(recipe: Recipe, found: list[Found], words: list[str], verb: str) -> tuple[Thing, ...]:
    """The recipe's things after a clause that names some."""
    things = {thing.kind: thing for thing in recipe.things}
    named = things_in(found, words)
    if len(named) >= 2 and (verb in REPLACE) and named[0].kind in things:
        old, new, *others = named
        kept = things.pop(old.kind)
        return (*things.values(), Thing(new.kind, kept.count, new.colour, kept.scale), *others)[:MOST_THINGS]
    for thing in named:
        if "instead" in words and len(things) == 1 and thing.kind not in things:
            things.clear()
        changed = _changed(things.get(thing.kind), thing, set(words), verb)
        if changed is None:
            things.pop(thing.kind, None)
        else:
            things[thing.kind] = changed
    return tuple(things.values())[:MOST_THINGS]


def _changed(old: Thing | None, named: Thing, said: set[str], verb: str) -> Thing | None:
    if verb in REMOVE:
        return None
    if verb in LESS:
        return replace(old, count=old.count - 1) if old and old.count > 1 else None
    if old is None:
        return named
    if said & BIGGER:
        return replace(old, scale=round(min(2.5, old.scale * 1.35), 3))
    if said & SMALLER:
        return replace(old, scale=round(max(0.3, old.scale * 0.7), 3))
    if named.colour:
        return replace(old, colour=named.colour)
    grown = max(old.count + (named.count if verb in ("add", "more", "put", "") else 0), named.count)
    return replace(old, count=min(6, grown + ("more" in said and verb != "more")))


def _tinted(recipe: Recipe, found: Sequence[Found], verb: str) -> Recipe:
    """Bare colours ("make it blue") tint the whole picture."""
    colours = [hit.name for hit in found if hit.family == "colour"]
    if not colours or any(hit.family == "thing" for hit in found):
        return recipe
    if verb in REMOVE | LESS:
        return replace(recipe, colours=tuple(name for name in recipe.colours if name not in colours))
    return replace(recipe, colours=tuple(dict.fromkeys([*colours, *recipe.colours]))[:3])


def _mood(recipe: Recipe, found: Sequence[Found], verb: str) -> Recipe:
    mood = next((hit.name for hit in reversed(found) if hit.family == "mood"), "")
    if not mood:
        return recipe
    if verb in REMOVE:
        return replace(recipe, mood="day" if mood == recipe.mood else recipe.mood)
    named = {hit.name for hit in found if hit.family == "thing"}
    wrong = (
        _DAYLIGHT if mood in ("night", "space") else _NIGHTLIGHT if mood in ("day", "dawn", "sunset") else frozenset()
    ) - named
    return replace(recipe, mood=mood, things=tuple(thing for thing in recipe.things if thing.kind not in wrong))


def _adjusted(recipe: Recipe, found: Sequence[Found], words: list[str], verb: str) -> Recipe:
    if recipe.texts == () and not found:
        return recipe
    strength = 1.8 if _STRONG & set(words) else 0.5 if _SLIGHT & set(words) else 1.0
    adjust = recipe.adjust
    for hit in found:
        if hit.family != "adjust":
            continue
        if verb in REMOVE:
            adjust = tuple(one for one in adjust if one.name != hit.name)
        else:
            name = _OPPOSITE.get(hit.name, hit.name) if verb in LESS else hit.name
            adjust = _added(adjust, Adjust(name, strength))
    return replace(recipe, adjust=adjust)


def _added(adjust: tuple[Adjust, ...], one: Adjust) -> tuple[Adjust, ...]:
    if one.name in ("mirror", "invert", "upside down") and any(other.name == one.name for other in adjust):
        return tuple(other for other in adjust if other.name != one.name)  # twice is back again
    if one.name in ("black and white", "sepia", "frame", "pencil", "treatment"):
        adjust = tuple(other for other in adjust if other.name != one.name)
    return (*adjust, one)[-MOST_ADJUSTMENTS:]
