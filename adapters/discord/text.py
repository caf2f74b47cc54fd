"""People's words and our sentences as Discord text that is read, never obeyed."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from bot.cards import Channel, Live, Person, pieces

_MARKED = re.compile(f"([{re.escape(string.punctuation)}])")
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def inert(text: str) -> str:
    r"""Text that Discord shows as typed: no markup, mention, link, emoji, timestamp or spoiler.

    Every ASCII punctuation mark gets a backslash. Discord drops the backslash and shows the mark; everything
    its parser knows (`**`, `||`, `<@…>`, `<t:…>`, `@everyone`, `[x](y)`, `https://`, `-# `, `1. `) needs at
    least one unescaped mark. `discord.utils.escape_markdown` leaves links, headings, lists, mentions and
    timestamps alone.
    """
    return _MARKED.sub(r"\\\1", _plain(text))


def inert_within(text: str, room: int) -> str:
    """`inert`, cut with "…" so that the result takes at most `room` characters; never inside an escape."""
    plain = _plain(text)
    whole = inert(plain)
    if length(whole) <= room:
        return whole
    kept: list[str] = []
    left = room - 1
    for letter in plain[:room]:
        piece = inert(letter)
        left -= length(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def told(text: str, live: Sequence[Live], room: int) -> str:
    """`inert_within`, with moments in the reader's own time, people and channels as links, if there is room."""
    whole = "".join(inert(one) if isinstance(one, str) else _shown(one) for one in pieces(_plain(text), live))
    return whole if length(whole) <= room else inert_within(text, room)


def _shown(piece: Live) -> str:
    if isinstance(piece, Person):
        mention = f"<@{'&' if piece.is_role else ''}{piece.id}>"
        return mention if piece.id.isdecimal() else inert(piece.words)
    if isinstance(piece, Channel):
        return f"<#{piece.id}>" if piece.id.isdecimal() else inert(piece.words)
    return f"<t:{piece.at // 1000}:{'R' if piece.relative else 'f'}>"


def _plain(text: str) -> str:
    """One kind of line end, and no control characters, which nobody sees."""
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def quoted(text: str) -> str:
    """A block quote, every line of it. Takes two more characters a line."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


def small(text: str) -> str:
    """Discord's small grey text, every line of it."""
    return "\n".join(f"-# {line}" for line in text.split("\n") if line.strip())


def one_line(text: str) -> str:
    """The words with every run of white space as one space."""
    return " ".join(text.split())


def shortened(text: str, room: int) -> str:
    """One plain line of at most `room` characters, cut at a word where that costs little."""
    line = one_line(_CONTROLS.sub("", text))
    if length(line) <= room:
        return line
    line = line[:room]
    while length(line) >= room:
        line = line[:-1]
    head, _, tail = line.rpartition(" ")
    return (head if head and len(tail) < len(line) // 3 else line).rstrip() + "…"


def length(text: str) -> int:
    """Characters as UTF-16 units: never fewer than Discord counts, whichever way it counts."""
    return len(text) + sum(letter > "\uffff" for letter in text)
