"""Words as the gallery compares them: folded, so that people need not type a prompt exactly as it was written.

Case and accents don't count. Scripts without spaces between words (Chinese, Japanese, Thai …) are taken apart into
single characters, and so are emoji: any piece of them is found. Everything else separates words.
"""

from __future__ import annotations

import unicodedata

LONGEST_WORD = 64  # characters; longer ones are cut alike in prompts and searches
LONGEST_SEARCH = 1000  # characters; a search beyond it, or of more than MOST_WORDS, looks for its beginning
MOST_WORDS = 24

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# NFKD has taken accents off their letters; the marks of other scripts mean something and stay.
_NO_ACCENTS = dict.fromkeys(range(0x300, 0x370), "")
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0xA4CF),  # Han, Kana, Bopomofo, Yi
    (0xAC00, 0xD7AF),  # Hangul: its words have spaces, their parts don't
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),  # more Han
)


class _Letters(dict[int, str]):
    """For `str.translate`: a letter, digit or mark stays, a symbol stands alone, the rest is a space."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _letter(chr(code))
        return found


def _letter(char: str) -> str:
    category, code = unicodedata.category(char), ord(char)
    if code < 0x80:
        return char if char.isalnum() else " "
    if 0xFE00 <= code <= 0xFE0F:  # whether an emoji is coloured
        return ""
    if category[0] in "LNM":
        return f" {char} " if any(first <= code <= last for first, last in _WITHOUT_SPACES) else char
    return f" {char} " if category in ("So", "Sk") else " "


_LETTERS = _Letters()


def folded(text: str) -> str:
    """Its words, each with a space before it: a word begins with "fo" where " fo" is in this text."""
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_PLAIN)
    composed = unicodedata.normalize("NFC", plain.translate(_NO_ACCENTS))
    return "".join(f" {word[:LONGEST_WORD]}" for word in composed.translate(_LETTERS).split())


def sought(search: str) -> list[str]:
    """What must be in a folded prompt, for each word of a search (" fo", " t shirt", " 東 京"); without doubles."""
    needles = (folded(word) for word in search[:LONGEST_SEARCH].split())
    return list(dict.fromkeys(needle for needle in needles if needle))[:MOST_WORDS]
