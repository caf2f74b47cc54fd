"""What is said of AI: on cards in an admin's words, in files in IPTC's.

The terms are IPTC's "Digital Source Type" NewsCodes (cv.iptc.org/newscodes/digitalsourcetype).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bot.errors import BadOption
from bot.models import Kind, Policy, Version

USUAL = Policy().disclosure
MAX_WORDS = 100  # characters: it stands in the small print of every card
# Letters and marks by their category that show nothing: fillers, joiners, selectors.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_SIGNS = frozenset(" .,:;!?'’\"“”„«»()/&+%·…–—-©®™")

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = TERMS + "trainedAlgorithmicMedia"
EDITED = TERMS + "compositeWithTrainedAlgorithmicMedia"


def checked(words: str, *, required: bool = False) -> str:
    """An admin's wording, trimmed; "" says nothing. Raises `BadOption`."""
    trimmed = " ".join(filter(None, words.split(" "))).strip()
    if required and not any(map(str.isalnum, trimmed)):
        raise BadOption(f"The disclosure cannot be empty while it is required; write for example: {USUAL}.")
    if len(trimmed) > MAX_WORDS:
        raise BadOption(f"The disclosure has {len(trimmed)} characters; {MAX_WORDS} is the most.")
    if not all(_is_plain(letter) for letter in trimmed):
        raise BadOption("The disclosure is one line of letters, digits and plain punctuation; leave out markup.")
    return trimmed


def _is_plain(letter: str) -> bool:
    """Letters, digits and the marks that belong to them; nothing unseen, nothing that could be markup or a mention."""
    return letter in _SIGNS or (unicodedata.category(letter)[0] in "LMN" and not _UNSEEN.match(letter))


def said(policy: Policy) -> str:
    """The words for the small print of a drawn picture. Whatever was stored: one plain line, and never too little."""
    try:
        return checked(policy.disclosure, required=policy.disclosure_required)
    except BadOption:
        return USUAL


def source_type(version: Version, family: Mapping[str, Version]) -> str:
    """How a version's pictures came to be, as an IPTC term; "" where no AI had a part.

    `family` are the versions of its thread by id. What goes back to an upload, or to a version that is gone, counts
    as edited: that some of it is a person's own cannot be ruled out.
    """
    one: Version | None = version
    drawn = False
    while one is not None and one.kind is not Kind.UPLOAD:
        drawn = drawn or one.kind is not Kind.PICK
        if one.kind is Kind.GENERATE or one.parent is None:
            return GENERATED
        one = family.get(one.parent)
    return EDITED if drawn or one is None else ""
