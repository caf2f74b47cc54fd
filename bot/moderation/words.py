"""Blocked and watched words, compared the way people get round them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.errors import BadInput, Refused
from bot.models import Policy
from bot.moderation import patterns
from bot.moderation.lookalikes import LOOK_ALIKES

_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_OVERRIDES = re.compile("[\u202d\u202e\u2066-\u2068]")
_SPELLED = re.compile(r"(?<![^\W_])[^\W_]([\W_])[^\W_](?:\1[^\W_])+(?![^\W_])")  # "b o m b", "b.o.m.b", "b_o_m_b"
_MIXED = re.compile(r"[\w@$!]{4,}")
_LETTERS_OF = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s",
                             "!": "i"})  # fmt: skip
_LONGEST_TERM = 100


def check_prompt(prompt: str, policy: Policy) -> None:
    """Raise `Refused` when the words contain a term that the workspace blocks."""
    check_words([prompt], policy)


def check_words(texts: Iterable[str], policy: Policy) -> None:
    """The same for several texts, none of which is read together with the next."""
    if found := found_terms(texts, policy.blocked_terms, most=1):
        term = found[0]
        what = "something that its rules name" if patterns.is_pattern(term) else f"“{term}”"
        raise Refused(
            f"This workspace does not allow {what} in a picture. Nothing was charged. Try other words.",
            category=f"blocked term {term}",
            stage="policy",
        )


def check_term(term: str) -> None:
    """Raise `BadInput` for what cannot be a term: nothing to compare, too long, a pattern that RE2 cannot read."""
    if patterns.is_pattern(term):
        patterns.check_pattern(term)
    elif len(term) > _LONGEST_TERM:
        raise BadInput(f"A term has up to {_LONGEST_TERM} characters: {term[:30]}… is longer.")
    elif not normalised(term):
        raise BadInput("A term needs at least one letter, digit or sign that can be seen.")


def found_terms(texts: Iterable[str], terms: Sequence[str], *, most: int = 20) -> list[str]:
    """The terms that the texts contain, as the admin wrote them; at most `most`.

    Raises `Refused` where patterns take longer than `patterns.SECONDS` together.
    """
    words = tuple(term for term in terms if not patterns.is_pattern(term))
    texts = [text for text in texts if text]
    found = dict.fromkeys(_words_in(texts, words, most))
    regexes = [term for term in terms if patterns.is_pattern(term)]
    if regexes and len(found) < most:
        readings = [reading for text in texts for reading in dict.fromkeys((text, normalised(text)))]
        found |= dict.fromkeys(patterns.matching(regexes, readings))
    return list(found)[:most]


def _words_in(texts: Sequence[str], words: tuple[str, ...], most: int) -> Iterable[str]:
    """Those of these words that are there; each is looked for without the ones found before."""
    left = words
    for text in texts:
        while most and (term := blocked_term(text, left)) is not None:
            yield term
            left = tuple(one for one in left if normalised(one) != normalised(term))
            most -= 1


def blocked_term(text: str, terms: Iterable[str]) -> str | None:
    """The first of these terms found in a text, as the admin wrote it, or None.

    Whole words and phrases; in scripts written without spaces, anywhere. Case, width, accents, invisible characters,
    letters that look like Latin ones, digits for letters inside a word, words spelled out letter by letter and text
    turned round by a direction mark make no difference.
    """
    originals = _originals(tuple(terms))
    if not originals:
        return None
    for reading in _readings(text):
        there = [plain for plain in originals if plain in reading]  # a hundred times as fast as one long pattern
        if there and (found := re.search("|".join(map(_bounded, there)), reading)):
            return originals[found[0]]
    return None


@lru_cache(maxsize=64)
def _originals(terms: tuple[str, ...]) -> dict[str, str]:
    """The terms by their folded form, longest first."""
    folded = {plain: term for term in terms if (plain := normalised(term))}
    return dict(sorted(folded.items(), key=lambda pair: -len(pair[0])))


def _bounded(term: str) -> str:
    """The term as a whole word, where its ends are letters of a script with spaces."""
    before = "" if re.match(rf"[{_NO_SPACES}\W]", term) else r"(?<!\w)"
    after = "" if re.search(rf"[{_NO_SPACES}\W]$", term) else r"(?!\w)"
    return before + re.escape(term) + after


def _readings(text: str) -> Iterable[str]:
    """How somebody may read a text: as it stands, and with what people do to words undone."""
    plain = normalised(text)
    readings = {plain: None}
    readings[_SPELLED.sub(lambda found: found[0][::2], plain)] = None
    readings[_SPELLED.sub(lambda found: f"{found[0][0]} {found[0][2::2]}", plain)] = None  # "a b o m b"
    readings[_MIXED.sub(_without_digits, plain)] = None
    if _OVERRIDES.search(text):
        readings |= {reading[::-1]: None for reading in list(readings)}
    return readings


def _without_digits(found: re.Match[str]) -> str:
    """The word "b0mb" as "bomb"; what is mostly digits, such as a size or a year, stays."""
    word = found[0]
    letters = sum(one.isalpha() for one in word)
    return word.translate(_LETTERS_OF) if 2 * letters >= len(word) > letters else word


def normalised(text: str) -> str:
    """A text with everything removed that does not change how it reads: linear in its length."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(letter for letter in folded if unicodedata.category(letter) not in ("Mn", "Cf", "Me"))
    kept = unicodedata.normalize("NFKD", kept.translate(LOOK_ALIKES))
    return re.sub(r"\s+", " ", kept).strip()
