"""Parts of the picture, said in words: "left half", "oben rechts", "right 40%", "10%,20%–60%,80%".

Every part is an upright rectangle. Words are read in six languages, one language at a time, so that "do right" is not
taken for Portuguese. Names are always English, and can be read again.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from bot.errors import BadOption
from bot.pictures import Picture

MAX_PHRASE = 40  # characters before the colon; "in the top left corner of the picture" has 37
_MAX_TEXT = 200  # of a flag's value: anything longer is no region, and is not looked at

_SAY = (
    'say "left half", "top right", "bottom third", "right 40%", "top left corner", "centre", "middle third" '
    'or two corners such as "10%,20%–60%,80%"'
)
_NO_PIXELS = f"A part of the picture is measured in percent, not in pixels; {_SAY}."
_NO_EDGES = f"A part of the picture is a rectangle, never a border or all its edges; {_SAY}."
_BAD_CORNERS = f"Corners lie between 0% and 100% and at least 1% apart, across and down; {_SAY}."
_BAD_SHARE = f"A share of the picture is between 1% and 100%; {_SAY}."
_UNKNOWN = f"I don't know this part of the picture; {_SAY}."

_NUMBER = r"(\d{1,3}(?:\.\d{1,12})?) ?%?"
_CORNERS = re.compile(rf"{_NUMBER} ?, ?{_NUMBER} ?(?:[-‐–—−]|to) ?{_NUMBER} ?, ?{_NUMBER}", re.ASCII)
_LIKE_CORNERS = re.compile(r"[-+\d., %‐–—−to]*,[-+\d., %‐–—−to]*", re.ASCII)
_PIXELS = re.compile(r"\d ?(?:px|pixels?|pixeln|pixeles)\b", re.ASCII)
_EDGES = frozenset(("border", "borders", "edge", "edges", "rand", "rander", "bord", "bords", "borde", "bordes", "borda",
                    "bordas", "bordo", "bordi"))  # fmt: skip
_PERCENT = re.compile(r" ?(?:%|\b(?:percent|per cent|prozent|pour cent|por ciento|por cento|per cento)\b)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,12})?)%", re.ASCII)
_SPLITS = re.compile(r"[-‐_'’]")
_BEFORE_COLON = re.compile(rf"([^:：]{{1,{MAX_PHRASE}}})[:：]")
_OF_THE_PICTURE = re.compile(r" (?:of|in)(?: the)? picture$")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle as fractions of the picture, 0.0–1.0: left, top, right, bottom; `name` how people call it."""

    left: float
    top: float
    right: float
    bottom: float
    name: str


def parse_region(text: str) -> Region:
    """Read a part of the picture. Raises `BadOption`: one sentence naming what can be said."""
    folded = _folded(text) if len(text) <= _MAX_TEXT else ""
    region = _read(folded)
    if region is None:
        raise BadOption(_why_not(folded))
    return region


def leading_region(text: str) -> tuple[Region, str] | None:
    """The region and the rest of "REGION: words"; None when the text does not begin with one.

    Only a phrase of at most 40 characters that is a region from end to end counts; the words may be empty.
    """
    text = text.strip()
    found = _BEFORE_COLON.match(text)
    region = _read(_folded(found[1])) if found else None
    return (region, text[found.end() :].strip()) if found and region else None


def write_mask(region: Region, size: tuple[int, int], out: Path) -> Picture:
    """Write the API's mask: an RGBA PNG of `size` (pixels), transparent where the picture may change.

    Edges fall on the nearest pixel, so that two halves neither overlap nor leave a gap; at least one pixel is marked.
    """
    left, right = _pixels(region.left, region.right, size[0])
    top, bottom = _pixels(region.top, region.bottom, size[1])
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (left, top, right, bottom))
    data = io.BytesIO()
    mask.save(data, "PNG", optimize=True)
    out.write_bytes(data.getvalue())
    return Picture("image/png", *size, len(data.getvalue()), hashlib.sha256(data.getvalue()).hexdigest())


def _pixels(low: float, high: float, length: int) -> tuple[int, int]:
    first = min(int(low * length + 0.5), length - 1)
    return first, min(max(int(high * length + 0.5), first + 1), length)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _folded(text: str) -> str:
    """Small letters without accents or invisible signs, one space between words: "Metà  Sinistra" → "meta sinistra"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    seen = "".join(one for one in plain if unicodedata.category(one) not in ("Mn", "Cf"))
    return " ".join(seen.replace("\u2044", "/").split())  # "½" comes apart into 1, U+2044 and 2


def _read(folded: str) -> Region | None:
    if corners := _CORNERS.fullmatch(folded):
        return _between(*(round(float(number), 2) for number in corners.groups()))
    words = _SPLITS.sub(" ", _PERCENT.sub("% ", folded)).split()
    for language in _languages():
        kinds = list(_kinds(words, language))
        if "" not in kinds and (region := _place(kinds)):
            return region
    return None


def _why_not(folded: str) -> str:
    if _PIXELS.search(folded):
        return _NO_PIXELS
    if not _EDGES.isdisjoint(_SPLITS.sub(" ", folded).split()):
        return _NO_EDGES
    if _LIKE_CORNERS.fullmatch(folded):
        return _BAD_CORNERS
    shares = re.findall(r"([\d.]{1,20})%", _PERCENT.sub("%", folded), re.ASCII)
    return _BAD_SHARE if shares and not any(_share(f"{share}%") for share in shares) else _UNKNOWN


def _between(x: float, y: float, other_x: float, other_y: float) -> Region | None:
    """The rectangle between two corners in percent, to a hundredth: less than half a pixel of the largest picture."""
    (left, right), (top, bottom) = sorted((x, other_x)), sorted((y, other_y))
    if right > 100 or bottom > 100 or right - left < 0.995 or bottom - top < 0.995:  # 1, but for rounding
        return None
    name = f"{left:g}%,{top:g}%–{right:g}%,{bottom:g}%"
    return Region(left / 100, top / 100, right / 100, bottom / 100, name)


def _kinds(words: list[str], language: dict[str, str]) -> Iterator[str]:
    """What each word stands for, the longest phrases first; "" for one that is not of the language."""
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            phrase = " ".join(words[at : at + length])
            kind = language.get(phrase) or (phrase if _SHARE.fullmatch(phrase) else "")
            if kind:
                break
        yield from kind.split() or [""]
        at += length


def _place(kinds: list[str]) -> Region | None:
    """The rectangle that kinds of words make together, in any order; None when they make none, or more than one."""
    phrase, of_the_picture = _OF_THE_PICTURE.subn("", " ".join(["", *kinds]))
    said = [kind for kind in phrase.split() if kind not in ("the", "in", "of")]
    places = [kind.lstrip("~") for kind in said if kind.lstrip("~") in _PLACES]
    others = [kind for kind in said if kind.lstrip("~") not in _PLACES]
    if len(said) == 1 and said[0].startswith("~") and not of_the_picture:
        return None  # "Rechte:", "droit:", "superior:" alone are of the law, or of quality
    counted = " ".join(sorted(kind for kind in others if kind in _COUNTED or "%" in kind))
    if " of " in phrase and len(places) > 1 and ("middle" in places or counted not in ("", "half")):
        return None  # "the centre of the left half", "the left third of the top": other places than "centre left"
    rest = [kind for kind in others if kind not in _COUNTED and "%" not in kind and kind != "part"]
    share = _share(counted)
    if not share or len({*places}) != len(places) or len({*rest}) != len(rest):
        return None
    return _middle(share, {*rest}) if places == ["middle"] else _side({*places}, share, {*rest})


def _share(counted: str) -> tuple[float, str] | None:
    """How much, as a fraction and in words; (0.0, "") when nothing was said, None when it cannot be."""
    if percent := _SHARE.fullmatch(counted):
        value = round(float(percent[1]), 2)
        return (value / 100, f"{value:g}%") if 1 <= value <= 100 else None
    return _SHARES.get(counted)


def _middle(share: tuple[float, str], rest: set[str]) -> Region | None:
    """The centre, or a strip through it: upright, unless said otherwise."""
    lying, upright = rest & {"row", "horizontal"}, rest & {"column", "vertical"}
    if (lying and upright) or rest - lying - upright - {"strip"}:
        return None
    if not rest and not share[0]:
        return Region(0.25, 0.25, 0.75, 0.75, "centre")
    part, word = share if share[0] else (1 / 3, "third")
    low, high = _span("middle", part)
    if lying:
        return Region(0.0, low, 1.0, high, f"horizontal middle {word}")
    return Region(low, 0.0, high, 1.0, f"middle {word}")


def _side(places: set[str], share: tuple[float, str], rest: set[str]) -> Region | None:
    """A side, where two sides meet, or the middle of a side. A share is of both edges, but for a quarter of two."""
    x, y = " ".join(places & {"left", "right"}), " ".join(places & {"top", "bottom"})
    middle = " ".join(places & {"middle"})
    if not places or " " in x + y or (x and y and middle) or rest - {"corner"} or (rest and not (x and y)):
        return None
    part, word = share if share[0] else (0.5, "half")
    if x and y:
        part, word = _OF_TWO_SIDES.get("corner" if rest and not share[0] else word, (part, word))
    elif middle and word == "half":
        word = ""
    (left, right), (top, bottom) = _span(x or middle, part), _span(y or middle, part)
    name = " ".join(filter(None, (y or middle, x or middle, word))).replace("middle", "centre")
    return Region(left, top, right, bottom, name)


def _span(place: str, share: float) -> tuple[float, float]:
    if place == "middle":
        return (1 - share) / 2, (1 + share) / 2
    if place in ("right", "bottom"):
        return 1 - share, 1.0
    return 0.0, share if place else 1.0


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────

_PLACES = frozenset(("left", "right", "top", "bottom", "middle"))
_COUNTED = frozenset(("half", "third", "quarter", "two", "three"))
_SHARES = {"": (0.0, ""), "half": (1 / 2, "half"), "third": (1 / 3, "third"), "third two": (2 / 3, "two thirds"),
           "quarter": (1 / 4, "quarter"), "quarter three": (3 / 4, "three quarters")}  # fmt: skip
_OF_TWO_SIDES = {"half": (1 / 2, "quarter"), "quarter": (1 / 2, "quarter"),
                 "third": (1 / 3, "corner"), "corner": (1 / 3, "corner")}  # fmt: skip
_DIGITS = {"1/2": "half", "1/3": "third", "2/3": "two third", "1/4": "quarter", "3/4": "three quarter"}


@cache
def _languages() -> tuple[dict[str, str], ...]:
    """What phrases mean, language by language."""
    tables = (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _ITALIAN)
    return tuple(
        _DIGITS | {_folded(phrase): kind for kind, phrases in table.items() for phrase in phrases.split(", ")}
        for table in tables
    )


# A kind with ~ is a word that must not stand alone, for it means much else: an adjective, or "haut", "meio", "mezzo".
_ENGLISH = {
    "left": "left", "right": "right", "top": "top, upper", "bottom": "bottom, lower",
    "middle": "middle, centre, center", "half": "half, hand half", "third": "third, thirds, hand third",
    "quarter": "quarter, quarters, hand quarter", "two": "two", "three": "three", "corner": "corner, hand corner",
    "part": "side, part, hand side, hand part", "row": "row", "column": "column", "strip": "strip",
    "horizontal": "horizontal", "vertical": "vertical", "the": "the", "in": "in the, on the, at the", "of": "of",
    "picture": "picture, image, photo",
}  # fmt: skip
_GERMAN = {
    "left": "links", "~left": "linke, linken, linker, linkes, linkem", "right": "rechts",
    "~right": "rechte, rechten, rechter, rechtes, rechtem", "top": "oben",
    "~top": "obere, oberen, oberer, oberes, oberem", "bottom": "unten",
    "~bottom": "untere, unteren, unterer, unteres, unterem", "middle": "mitte, bildmitte, mittig",
    "~middle": "mittlere, mittleren, mittlerer, mittleres, mittlerem",
    "half": "hälfte, haelfte, bildhälfte, bildhaelfte", "third": "drittel, dritteln, bilddrittel",
    "quarter": "viertel, vierteln, bildviertel", "two": "zwei", "three": "drei", "corner": "ecke, eck, bildecke",
    "part": "seite, teil, bereich, bildseite, bildteil, bildbereich", "row": "zeile, reihe", "column": "spalte",
    "strip": "streifen",
    "horizontal": "horizontal, horizontale, horizontalen, horizontaler, horizontales, waagerecht, waagerechter",
    "vertical": "vertikal, vertikale, vertikalen, vertikaler, vertikales, senkrecht, senkrechter",
    "the": "der, die, das, den, dem", "in": "in, im, auf, am, an", "of": "des, vom, von",
    "picture": "bild, bildes, bilds, foto, fotos",
}  # fmt: skip
_FRENCH = {
    "left": "gauche", "~left": "gauches", "right": "droite", "~right": "droites, droit, droits",
    "top": "en haut, du haut", "~top": "haut, haute, supérieur, supérieure, supérieurs, supérieures",
    "bottom": "en bas, du bas", "~bottom": "bas, basse, inférieur, inférieure, inférieurs, inférieures",
    "middle": "milieu, centre", "~middle": "central, centrale, centraux", "half": "moitié", "third": "tiers",
    "quarter": "quart, quarts", "two": "deux", "three": "trois", "corner": "coin", "part": "côté, partie, zone",
    "row": "rangée, ligne", "column": "colonne", "strip": "bande", "horizontal": "horizontal, horizontale",
    "vertical": "vertical, verticale", "the": "le, la, les, l", "in": "à, au, aux, dans, sur", "of": "de, du, des",
    "picture": "image, photo",
}  # fmt: skip
_SPANISH = {
    "left": "izquierda", "~left": "izquierdas, izquierdo, izquierdos", "right": "derecha",
    "~right": "derechas, derecho, derechos", "top": "arriba", "~top": "superior, superiores, alta", "bottom": "abajo",
    "~bottom": "inferior, inferiores, baja", "middle": "centro, en medio, en el medio",
    "~middle": "medio, central, centrales", "half": "mitad", "third": "tercio, tercios", "quarter": "cuarto, cuartos",
    "two": "dos", "three": "tres", "corner": "esquina", "part": "lado, parte, zona", "row": "fila",
    "column": "columna", "strip": "franja", "horizontal": "horizontal", "vertical": "vertical",
    "the": "el, la, los, las", "in": "a, al, en", "of": "de, del", "picture": "imagen, foto",
}  # fmt: skip
_PORTUGUESE = {
    "left": "esquerda", "~left": "esquerdas, esquerdo, esquerdos", "right": "direita",
    "~right": "direitas, direito, direitos", "top": "topo, em cima, de cima, no alto", "~top": "superior, superiores",
    "bottom": "embaixo, em baixo, de baixo", "~bottom": "inferior, inferiores", "middle": "centro, no meio, ao meio",
    "~middle": "meio, central, centrais", "half": "metade", "third": "terço, terços", "quarter": "quarto, quartos",
    "two": "dois", "three": "três", "corner": "canto", "part": "lado, parte, zona", "row": "linha, fila",
    "column": "coluna", "strip": "faixa", "horizontal": "horizontal", "vertical": "vertical", "the": "o, a, os, as",
    "in": "à, ao, em, no, na, nos, nas", "of": "de, do, da, dos, das", "picture": "imagem, foto",
}  # fmt: skip
_ITALIAN = {
    "left": "sinistra", "~left": "sinistre, sinistro, sinistri", "right": "destra",
    "~right": "destre, destro, destri", "top": "in alto", "~top": "alto, alta, superiore, superiori",
    "bottom": "in basso", "~bottom": "basso, bassa, inferiore, inferiori", "middle": "centro, in mezzo, nel mezzo",
    "~middle": "mezzo, centrale, centrali", "half": "metà", "third": "terzo, terzi", "quarter": "quarto, quarti",
    "two": "due", "three": "tre", "corner": "angolo", "part": "lato, parte, zona", "row": "riga, fila",
    "column": "colonna", "strip": "striscia, fascia", "horizontal": "orizzontale", "vertical": "verticale",
    "the": "il, la, i, le, lo, l", "in": "a, al, alla, in, nel, nella, nell, sul, sulla, sull",
    "of": "di, del, della, dell", "picture": "immagine, foto",
}  # fmt: skip
