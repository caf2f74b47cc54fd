"""A recipe: what a sketch shows. It is kept in the picture's metadata, so that edits know the scene.

Pure: no files, no pixels. `recipe_for` reads a new prompt; `dump` and `load` turn a recipe into text and
back. A loaded recipe came out of a stranger's file, so every field is checked and bounded.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields

from adapters.sketch.colours import NAMED
from adapters.sketch.vocabulary import ADJUSTMENTS, LAYOUTS, MOODS, NUMBERS, SUBJECTS, THINGS, Found, find, tokens

LONGEST_TEXT = 2_000  # letters of one quoted text; more would not be legible on any picture
MOST_THINGS = 24
MOST_TEXTS = 8
MOST_ADJUSTMENTS = 24

_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|„([^“”\n]+)[“”]|«([^»\n]+)»|「([^」\n]+)」|『([^』\n]+)』"
                     r"|(?<!\w)'([^'\n]+)'(?!\w)|(?<!\w)‘([^’\n]+)’(?!\w)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """Something on the picture: how many or how much, its colour ("" for its own), its relative size."""

    kind: str
    count: int = 1
    colour: str = ""
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Adjust:
    """A change of the whole picture's pixels; `strength` 1 is the usual amount."""

    name: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Inset:
    """Where a person's own picture lies on the sketch, as shares of its size (0–1)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a sketch is composed from.

    `seed` stands for the words of the prompt, which are not kept. `variant` chooses another palette and
    arrangement. `flat` marks a picture whose scene cannot be painted anew (a photo, a masked edit): edits
    then change its pixels.
    """

    seed: str
    variant: int = 0
    mood: str = ""
    layout: str = ""
    things: tuple[Thing, ...] = ()
    colours: tuple[str, ...] = ()
    background: str = ""
    texts: tuple[str, ...] = ()
    text_scale: float = 1.0
    text_place: str = ""
    text_colour: str = ""
    adjust: tuple[Adjust, ...] = ()
    insets: tuple[Inset, ...] = ()
    caption: str = ""
    flat: bool = False

    @property
    def key(self) -> str:
        """What all chance on this picture starts from."""
        return f"{self.seed}:{self.variant}"


def seed_for(words: str) -> str:
    """A short fingerprint of the words."""
    return hashlib.sha256(words.strip().encode("utf-8", "replace")).hexdigest()[:16]


def recipe_for(prompt: str) -> Recipe:
    """What to paint for these words. Never fails: unknown words give an abstract picture of their own."""
    plain, texts = quoted(prompt)
    words = tokens(plain[:4_000])
    found = find(words)
    if not any(hit.family in ("thing", "mood") for hit in found):
        hints = find(tokens(" ".join(texts)[:400]), ("thing", "mood"))  # a poster that reads "NIGHT TRAIN"
        things, mood = things_in(hints, []), mood_in(hints)
    else:
        things, mood = things_in(found, words), mood_in(found)
    layout = next((hit.name for hit in found if hit.family == "layout"), "")
    background, tints = _colours_in(found, words)
    return Recipe(
        seed=seed_for(prompt),
        mood=mood,
        layout=layout,
        things=things,
        colours=tints,
        background=background,
        texts=texts,
        text_place=place_in(words) if texts else "",
        adjust=_styles_in(found),
    )


def quoted(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its quoted parts, and those parts, verbatim but for control characters."""
    found = ["".join(groups) for groups in _QUOTED.findall(text)]
    cleaned = (clean(part)[:LONGEST_TEXT] for part in found)
    return _QUOTED.sub(" ¶ ", text), tuple(part for part in cleaned if part)[:MOST_TEXTS]


def clean(text: str) -> str:
    """The text without control characters, white space made single spaces."""
    return " ".join(
        "".join(letter if letter.isprintable() or letter in "\u200c\u200d" else " " for letter in text).split()
    )


def things_in(found: list[Found], words: list[str]) -> tuple[Thing, ...]:
    """The things among known words, with the number before and the colour before or after each."""
    things: dict[str, Thing] = {}
    for hit in found:
        if hit.family == "thing":
            before = words[max(0, hit.start - 3) : hit.start]
            count = next((NUMBERS[word] for word in reversed(before) if word in NUMBERS), 1)
            colour = _colour_of(hit, found)
            count = max(count, 2) if hit.plural and count == 1 else count
            things.setdefault(hit.name, Thing(hit.name, count, colour))
    return tuple(things.values())[:MOST_THINGS]


def mood_in(found: list[Found]) -> str:
    """The last mood named, or ""."""
    return next((hit.name for hit in reversed(found) if hit.family == "mood"), "")


def place_in(words: list[str]) -> str:
    """Where on the picture something is wanted: "top", "bottom", "middle" or ""."""
    for word in words:
        if word in ("top", "above", "upper"):
            return "top"
        if word in ("bottom", "below", "lower", "underneath"):
            return "bottom"
        if word in ("middle", "center", "centre", "centered", "centred"):
            return "middle"
    return ""


def _colour_of(hit: Found, found: list[Found]) -> str:
    """The colour right before a thing, or soon after it ("the car is green") unless that is before another."""
    if hit.name not in SUBJECTS:
        return ""
    starts = {other.start for other in found if other.family == "thing"}
    colours = [other for other in found if other.family == "colour"]
    before = next((other.name for other in colours if other.end == hit.start), "")
    after = (other for other in colours if 0 <= other.start - hit.end <= 1 and other.end not in starts)
    return before or next((other.name for other in after), "")


def _colours_in(found: list[Found], words: list[str]) -> tuple[str, tuple[str, ...]]:
    """The background's colour, and the colours that belong to no thing."""
    background, tints = "", []
    bound = {thing.colour for thing in things_in(found, words)}
    for hit in found:
        if hit.family != "colour":
            continue
        if "background" in words[hit.end : hit.end + 1] or "background" in words[max(0, hit.start - 2) : hit.start]:
            background = hit.name
        elif hit.name not in bound:
            tints.append(hit.name)
    return background, tuple(dict.fromkeys(tints))[:3]


def _styles_in(found: list[Found]) -> tuple[Adjust, ...]:
    styles = (
        "black and white",
        "sepia",
        "blur",
        "pixelate",
        "watercolour",
        "pencil",
        "posterize",
        "vivid",
        "muted",
        "frame",
    )
    return tuple(Adjust(hit.name) for hit in found if hit.family == "adjust" and hit.name in styles)[:3]


# ── In the picture's metadata ───────────────────────────────────────────────────────────────────────────────


def dump(recipe: Recipe) -> str:
    """The recipe as one line of ASCII."""
    return json.dumps({"v": 1, **asdict(recipe)}, separators=(",", ":"))


def load(text: str) -> Recipe | None:
    """A recipe from untrusted text; None when anything about it is not as we write it."""
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("v", None) != 1 or set(data) != {f.name for f in fields(Recipe)}:
            return None
        return _checked(data)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _checked(data: dict[str, object]) -> Recipe:
    return Recipe(
        seed=_text(data["seed"], 64),
        variant=int(_number(data["variant"], 0, 1_000_000)),
        mood=_one_of(data["mood"], MOODS),
        layout=_one_of(data["layout"], LAYOUTS),
        things=tuple(
            Thing(
                _one_of(row["kind"], THINGS),
                int(_number(row["count"], 0, 12)),
                _one_of(row["colour"], NAMED),
                _number(row["scale"], 0.2, 4),
            )
            for row in _rows(data["things"], MOST_THINGS)
        ),
        colours=tuple(_one_of(name, NAMED) for name in _items(data["colours"], 3)),
        background=_one_of(data["background"], NAMED),
        texts=tuple(clean(_text(part, LONGEST_TEXT)) for part in _items(data["texts"], MOST_TEXTS)),
        text_scale=_number(data["text_scale"], 0.2, 4),
        text_place=_one_of(data["text_place"], ("top", "middle", "bottom")),
        text_colour=_one_of(data["text_colour"], NAMED),
        adjust=tuple(
            Adjust(_one_of(row["name"], (*ADJUSTMENTS, "treatment", "tint")), _number(row["strength"], -9, 9))
            for row in _rows(data["adjust"], MOST_ADJUSTMENTS)
        ),
        insets=tuple(
            Inset(*(_number(row[side], 0, 1) for side in ("left", "top", "right", "bottom")))
            for row in _rows(data["insets"], MOST_TEXTS)
        ),
        caption=clean(_text(data["caption"], 200)),
        flat=data["flat"] is True,
    )


def _items(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _rows(value: object, most: int) -> list[dict[str, object]]:
    rows = [row for row in _items(value, most) if isinstance(row, dict)]
    if len(rows) != len(_items(value, most)):
        raise ValueError
    return rows


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError
    return value


def _one_of(value: object, known: object) -> str:
    if not isinstance(value, str) or (value and value not in known):  # type: ignore[operator]
        raise ValueError
    return value
