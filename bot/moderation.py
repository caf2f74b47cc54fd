"""What may be asked: blocked words, compared the way people get round them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from bot.errors import Refused
from bot.models import Policy

# Letters that look like Latin ones (the common Cyrillic and Greek look-alikes; Unicode TR39 has the full list).
_LOOK_ALIKES = str.maketrans(
    "абвекмнорстухіїјѕԁԛԝɡɑɩоαβγεικνορτυχω",
    "abbekmhopctyxiijsdqwgaioaβyeikvoptuxw".replace("β", "b"),
)
_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"


def check_prompt(prompt: str, policy: Policy) -> None:
    """Raise `Refused` when the words contain a term that the workspace blocks."""
    term = blocked_term(prompt, policy.blocked_terms)
    if term is not None:
        raise Refused(
            f"This workspace does not allow “{term}” in a picture. Nothing was charged. Try other words.",
            category="blocked term",
            stage="policy",
        )


def moderation_level(policy: Policy) -> str:
    """The image API's own `moderation` parameter for this workspace: "auto" or "low"."""
    return "low" if policy.moderation == "low" else "auto"


def blocked_term(text: str, terms: Iterable[str]) -> str | None:
    """The first blocked term found in a text, as the admin wrote it, or None.

    Whole words and phrases; in scripts written without spaces, anywhere. Case, width, accents, zero-width
    characters and common look-alike letters make no difference.
    """
    pattern, originals = _compiled(tuple(terms))
    if pattern is None:
        return None
    found = pattern.search(normalised(text))
    return originals[found.group(0)] if found else None


@lru_cache(maxsize=64)
def _compiled(terms: tuple[str, ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    originals = {plain: term for term in terms if (plain := normalised(term))}
    if not originals:
        return None, {}
    longest_first = sorted(originals, key=len, reverse=True)
    return re.compile("|".join(_bounded(term) for term in longest_first)), originals


def _bounded(term: str) -> str:
    """The term as a whole word, where its ends are letters of a script with spaces."""
    before = "" if re.match(rf"[{_NO_SPACES}\W]", term) else r"(?<!\w)"
    after = "" if re.search(rf"[{_NO_SPACES}\W]$", term) else r"(?!\w)"
    return before + re.escape(term) + after


def normalised(text: str) -> str:
    """A text with everything removed that does not change how it reads: linear in its length."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(letter for letter in folded if unicodedata.category(letter) not in ("Mn", "Cf", "Me"))
    return re.sub(r"\s+", " ", kept.translate(_LOOK_ALIKES)).strip()
