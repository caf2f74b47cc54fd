"""Words and flags of a text, told apart."""

from __future__ import annotations

import re
import unicodedata

_CLOSING = {"“": "”", "„": "“”", "«": "»", '"': '"', "「": "」", "『": "』"}
_OPENING = re.compile(f"[{''.join(_CLOSING)}]")
_LONGEST_QUOTATION = 2000  # characters; thousands of opening marks without a closing one must not take seconds
_QUOTED = re.compile("|".join(f"{mark}[^{ends}]{{0,2000}}[{ends}]" for mark, ends in _CLOSING.items()))
# "--" as phones and full-width keyboards write it, too.
_FLAG = re.compile(r"(?:(?<=\s)|^)(?:[-－]{2}|-?[—–]{1,2})(?P<name>[A-Za-z][A-Za-z_]*)(?:=|\s+|$)")
_VALUELESS = frozenset({"tile", "raw", "draft", "fast", "relax", "turbo", "video", "web", "unlocked", "private", "mask",
                         "markup"})  # fmt: skip


_LISTED = r"(?:png|jpe?g|webp|\d{2,5}|[124]k)"
_LIST = re.compile(rf"(?i){_LISTED}(?:\s{{0,3}},\s{{0,3}}{_LISTED}){{1,9}}(?![\w:])")  # what `export` takes


def split_flags(text: str) -> tuple[str, dict[str, str]]:
    """The words and the flags of a text. A flag's value ends at the next flag or, for most, at the next space.

    `--no` and `--series` take everything up to the next flag. The same flag twice: the last one counts.
    """
    marks = list(_FLAG.finditer(shielded(text)))
    if not marks:
        return _tidy(text), {}
    words, flags = [text[: marks[0].start()]], {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        rest = text[mark.end() : following.start() if following else len(text)]
        value, left_over = _value(mark["name"].lower(), rest)
        flags[mark["name"].lower()] = value
        words.append(left_over)
    return " ".join(part for one in words if (part := _tidy(one))), flags


def shielded(text: str) -> str:
    """The text, as long as it is, with everything in quotation marks blotted out."""
    parts, at = [], 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue  # a mark within a quotation
        start, last = opening.end(), opening.end() + _LONGEST_QUOTATION + 1
        ends = [end for mark in _CLOSING[opening[0]] if (end := text.find(mark, start, last)) >= 0]
        if ends:
            parts += [text[at : opening.start()], "\0" * (min(ends) + 1 - opening.start())]
            at = min(ends) + 1
    return "".join([*parts, text[at:]])


def _value(name: str, rest: str) -> tuple[str, str]:
    rest = rest.strip()
    if name in _VALUELESS:
        word, left_over = _first(rest)
        return (word, left_over) if name in ("web", "unlocked") and word.lower() in ("on", "off") else ("", rest)
    if name == "no":
        return rest.strip('"“”'), ""
    if name == "series":
        return _panels(rest)
    if name in ("format", "size") and (several := _LIST.match(rest)):
        return several[0], rest[several.end() :]
    quoted = _QUOTED.match(rest)
    if quoted:
        return quoted[0][1:-1], rest[quoted.end() :]
    value, left_over = _first(rest)
    return unicodedata.normalize("NFKC", value).strip(",;"), left_over


def _first(rest: str) -> tuple[str, str]:
    """The first word and what follows it; any space ends a word, be it a line's end or a wide one."""
    parts = rest.split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")


def _panels(rest: str) -> tuple[str, str]:
    """The panels of a series go on to the next flag; the marks round all of them are no part of them."""
    quoted = _QUOTED.match(rest)
    if quoted and "|" not in rest[quoted.end() :]:
        return quoted[0][1:-1], rest[quoted.end() :]
    marked = not quoted and len(rest) > 1 and rest[0] in '"“„«' and rest[-1] in '"”“»'
    return (rest[1:-1] if marked else rest), ""


def _tidy(words: str) -> str:
    return words.strip().strip("\u200b\ufeff").strip()
