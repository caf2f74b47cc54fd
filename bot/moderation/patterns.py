"""An admin's own patterns, such as /b[o0]mbs?/: matched by RE2, which cannot backtrack.

Python's own engine can be held for hours by (a+)+$, with the interpreter. RE2's time is bounded by text × pattern, and
the pattern by its memory; it lets other threads run meanwhile. It knows no look-around and no back-references.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache

import re2  # type: ignore[import-untyped]

from bot.errors import BadInput, Refused

SECONDS = 1.0
"""What all patterns together may take for one request; one alone takes 0.4 s for 32,000 characters at the worst."""

_MEMORY = 1 << 16  # bytes of a compiled pattern: what bounds its time
_LONGEST = 200
_HARMLESS = ("", "a red fox in the snow", "two cups by my blue window", "ночной город", "夏の海")


def is_pattern(term: str) -> bool:
    """Whether a term is written /like this/."""
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def check_pattern(term: str) -> None:
    """Raise `BadInput` for a pattern that cannot be read, is too large, or matches almost everything."""
    if len(term) > _LONGEST:
        raise BadInput(f"A pattern has up to {_LONGEST} characters: {term[:30]}… is longer.")
    try:
        found = [bool(_compiled(term).search(text.encode())) for text in _HARMLESS]
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise BadInput(f"{term} is not a pattern that can be used here ({why}).") from error
    if found[0] or sum(found) > 1:
        raise BadInput(f"{term} is found in almost every text; make it narrower.")


def matching(terms: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    """Those of these patterns that are found in one of the texts. Raises `Refused` when that takes too long."""
    deadline = time.monotonic() + SECONDS
    for term in terms:
        if any(_is_in(term, text) for text in _in_time(texts, deadline)):
            yield term


def _in_time(texts: Sequence[str], deadline: float) -> Iterator[str]:
    for text in texts:
        if time.monotonic() > deadline:
            raise Refused(
                "These words take too long to compare with this workspace's rules. Use fewer words, or ask an admin.",
                category="slow pattern",
                stage="policy",
            )
        yield text


def _is_in(term: str, text: str) -> bool:
    try:
        return bool(_compiled(term).search(text.encode("utf-8", "replace")))
    except re2.error:  # it came in by another way than `check_pattern`
        return False


@lru_cache(maxsize=256)
def _compiled(term: str) -> re2._Regexp:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(term[1:-1], options)
