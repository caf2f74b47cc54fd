"""Blocked and watched words, compared the way people get round them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from bot.errors import BadInput, Refused
from bot.models import Policy
from bot.moderation import patterns
from bot.moderation.reading import MARKS, folded, readings, unmasked

_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\uac00-\ud7a3"  # words are told apart, but what they do in a sentence is written onto their end
_TIED = re.compile(r"(?<=\w)[-_.'’/](?=\w)")
_SHORTEST_SPELLED = 3  # letters: shorter ones are in every alphabet
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
    found = dict.fromkeys(term for text in texts for term in _words_in(text, words))
    regexes = [term for term in terms if patterns.is_pattern(term)]
    if regexes and len(found) < most:
        found |= dict.fromkeys(patterns.matching(regexes, [one for text in texts for one in _for_patterns(text)]))
    return list(found)[:most]


def _for_patterns(text: str) -> Iterable[str]:
    plain = folded(text)
    return dict.fromkeys((text, plain, unmasked(plain)))


def blocked_term(text: str, terms: Iterable[str]) -> str | None:
    """The first of these terms found in a text, as the admin wrote it, or None.

    Whole words and phrases; in scripts written without spaces, anywhere. Case, width, accents, invisible characters,
    letters that look like others, digits for letters, signs between letters, words that are stretched or spelled out
    letter by letter, and text turned round by a direction mark make no difference.
    """
    return next(iter(_words_in(text, tuple(terms))), None)


def _words_in(text: str, terms: tuple[str, ...]) -> Iterator[str]:
    """The terms in a text, the longest first."""
    originals = _originals(terms)
    if not originals:
        return
    texts, runs = readings(text)
    for plain, term in originals.items():
        if _is_spelled(plain, runs) or any(_is_in(plain, reading) for reading in texts):
            yield term


def _is_in(plain: str, reading: str) -> bool:
    return plain in reading and bool(re.search(_bounded(plain), reading))  # most are not even part of a word


def _is_spelled(plain: str, runs: Sequence[str]) -> bool:
    letters = plain.replace(" ", "")
    return len(letters) >= _SHORTEST_SPELLED and any(letters in run for run in runs)


@lru_cache(maxsize=64)
def _originals(terms: tuple[str, ...]) -> dict[str, str]:
    """The terms by their folded forms, longest first: "car-bomb" is found as "car bomb", too."""
    found: dict[str, str] = {}
    for term in terms:
        if plain := normalised(term):
            found |= {plain: term, _TIED.sub(" ", plain): term}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=4096)
def _bounded(term: str) -> str:
    """The term as a whole word, where its ends are letters of a script with spaces."""
    before, after = rf"(?<![^\W\d_])(?<![{MARKS}])", rf"(?![^\W\d_]|[{MARKS}])"
    if re.match(r"\d", term):
        before = r"(?<!\d)"
    elif re.match(rf"[{_NO_SPACES}\W]", term):
        before = ""
    if re.search(r"\d$", term):
        after = r"(?!\d)"
    elif re.search(rf"[{_NO_SPACES}{_HANGUL}]$", term):
        after = rf"(?![{MARKS}])"
    elif re.search(rf"[^\w{MARKS}]$", term):
        after = ""
    return before + re.escape(term) + after


def normalised(term: str) -> str:
    """A term in the form in which it is looked for: its letters are what they are, unless a word mixes scripts."""
    return unmasked(folded(term), doubtful=False)
