"""How a person may read a text, whatever was done to its letters. Linear in its length."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial

from bot.moderation.lookalikes import LOOK_ALIKES, LOOK_CYRILLIC

# Marks that only decorate letters: accents, points that Hebrew and Arabic may leave out, variation selectors.
# Others are letters of their own: a Thai vowel, a Hindi one, the two strokes that make は a ば.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_BLANKS = "\u115f\u1160\u17b4\u17b5\u2800"  # letters and signs that nobody sees
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Me")

MARKS = (
    "\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ece\u102b-\u103e"
    "\u17b6-\u17d3\u3099\u309a"
)
"""For a character class: signs inside of words that `\\w` does not know."""

_GAP = rf"(?:[^\w{MARKS}]|_)"
_GAPS = re.compile(rf"{_GAP}+")
_INSIDE = re.compile(rf"(?<=[^\W_])(?:[^\w\s{MARKS}]|_){{1,3}}(?=[^\W_])")  # "bo-mb", "b*o*m*b"
_SPELLED = re.compile(rf"(?<![^\W_])[^\W_](?:{_GAP}{{1,3}}[^\W_](?![^\W_])){{2,}}")  # "b o m b", "b. o. m. b"
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # "boooomb"
_DIGITS = re.compile(r"[\w@$€£|]{3,}")
_WORD = re.compile(r"[^\W_]+")
_OVERRIDES = re.compile("[\u202d\u202e\u2066-\u2068]")
_LETTERS_OF = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
               "@": "a", "$": "s", "€": "e", "£": "l", "|": "i"}  # fmt: skip
_WITH_I, _WITH_L = str.maketrans(_LETTERS_OF), str.maketrans({**_LETTERS_OF, "1": "l", "|": "l"})


def folded(text: str) -> str:
    """A text with everything removed that does not change how it reads: case, width, accents, what nobody sees."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", re.sub(r"\s+", " ", text)).casefold())
    unseen = {letter for letter in set(text) if letter in _BLANKS or unicodedata.category(letter) in _UNSEEN}
    text = _ACCENTS.sub("", text.translate(dict.fromkeys(map(ord, unseen))))
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def unmasked(text: str, *, doubtful: bool = True) -> str:
    """A folded text, letters that look like Latin ones made Latin: in words that mix scripts.

    A word of one other script is that script's own: "сор" is Russian. `doubtful`: but not where nothing else tells that
    anybody writes Russian here.
    """
    if text.isascii():
        return text
    own = _scripts_in_use(text) if doubtful else None

    def latin(found: re.Match[str]) -> str:
        scripts = _scripts(found[0])
        is_own = len(scripts) == 1 and "LATIN" not in scripts and (own is None or scripts <= own)
        return found[0] if is_own else found[0].translate(LOOK_ALIKES)

    return _WORD.sub(latin, text).translate(_SIGNS)


def _as_cyrillic(text: str) -> str:
    """The same for Russian words with Latin letters amid theirs."""

    def cyrillic(found: re.Match[str]) -> str:
        return found[0].translate(LOOK_CYRILLIC) if len(_scripts(found[0])) > 1 else found[0]

    return text if text.isascii() else _WORD.sub(cyrillic, text)


def _scripts_in_use(text: str) -> set[str]:
    """The scripts that at least as many words are surely written in as words that may be disguised Latin ones."""
    sure: Counter[str] = Counter()
    for word, count in Counter(_WORD.findall(text)).items():
        scripts = _scripts(word)
        if len(scripts) == 1:
            sure[scripts.pop()] += (
                count if any(letter.isalpha() and letter not in _DISGUISES for letter in word) else -count
            )
    return {script for script, more in sure.items() if more >= 0}


def _scripts(word: str) -> set[str]:
    return {_script(letter) for letter in set(word)} - {""}


@lru_cache(maxsize=8192)
def _script(letter: str) -> str:
    """The script of a letter, by its name: LATIN, CYRILLIC …; "" for digits and for letters in circles and boxes."""
    if not letter.isalpha():
        return ""
    name = unicodedata.name(letter, "").split(" ")[0]
    return "" if name in ("NEGATIVE", "REGIONAL", "SQUARED", "CIRCLED") else name


_SIGNS = {code: letter for code, letter in LOOK_ALIKES.items() if not chr(code).isalpha()}  # such as 🅱: no words
_DISGUISES = {chr(code) for code in LOOK_ALIKES} - set("бгь")  # which nobody would take for Latin on second thoughts


def readings(text: str) -> tuple[list[str], list[str]]:
    """How somebody may read a text: as it stands, and with what people do to words undone; and what is spelled out.

    Undone are: letters that look like others, signs inside of words, digits for letters, stretched words, and text
    turned round by a direction mark. Spelled out is what stands letter by letter, each run without its gaps.
    """
    plain = folded(text)
    found: dict[str, None] = {}
    for base in dict.fromkeys((plain, unmasked(plain), _as_cyrillic(plain))):
        found |= dict.fromkeys(_undone(base))
    runs = [run for reading in list(found) for run in _runs(reading)]
    if _OVERRIDES.search(text):
        found |= {reading[::-1]: None for reading in list(found)}
    return list(found), list(dict.fromkeys(runs))


def _undone(plain: str) -> Iterator[str]:
    yield plain
    yield _GAPS.sub(" ", plain).strip()
    whole = _INSIDE.sub("", plain)
    for text in (plain, whole):
        yield text
        for letters in (_WITH_I, _WITH_L):
            spelled = _DIGITS.sub(partial(_with_letters, letters), text)
            yield spelled
            if _STRETCHED.search(spelled):
                yield _STRETCHED.sub(r"\1", spelled)
                yield _STRETCHED.sub(r"\1\1", spelled)


def _with_letters(letters: dict[int, str], found: re.Match[str]) -> str:
    """The word "b0mb" as "bomb"; what is mostly digits, such as a size or a year, stays."""
    word = found[0]
    count = sum(one.isalpha() for one in word)
    return word.translate(letters) if 2 * count >= len(word) > count else word


def _runs(reading: str) -> Iterator[str]:
    for found in _SPELLED.finditer(reading):
        run = _GAPS.sub("", found[0])
        yield run
        if 3 * sum(one.isalpha() for one in run) >= 2 * len(run):  # "b 0 m b", and not "P (3, 3)"
            yield run.translate(_WITH_I)
            yield run.translate(_WITH_L)
