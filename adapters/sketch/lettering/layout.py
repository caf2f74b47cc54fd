"""Fitting words into a box: the largest size at which they break into lines that fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from adapters.sketch.lettering.fonts import FontBook
from adapters.sketch.lettering.runs import REFERENCE, Run, is_rtl, runs_of

LINE = 1.18  # line height, in font sizes
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """Fitted text: its lines as runs, the font size in pixels, and the widest line's width in pixels."""

    lines: tuple[tuple[Run, ...], ...]
    size: float
    width: float
    rtl: bool

    @property
    def height(self) -> float:
        """Height of all lines in pixels."""
        return len(self.lines) * self.size * LINE


def fitted(
    text: str,
    book: FontBook,
    width: float,
    height: float,
    *,
    largest: float,
    bold: bool = True,
    least: float = 9.0,
) -> Block:
    """The text as large as fits the box, at most `largest`; cut with an ellipsis only below `least`."""
    pieces = _pieces(text)
    rtl = is_rtl(text)
    measured: dict[str, float] = {}

    def measure(line: str) -> float:
        if line not in measured:
            measured[line] = sum(run.width(REFERENCE) for run in runs_of(line, book, bold=bold, base_rtl=rtl))
        return measured[line]

    widths = [measure(piece) for piece in pieces]
    low, high = min(least, largest), max(least, largest)
    lines = _broken(pieces, widths, width * REFERENCE / low)
    if len(lines) * low * LINE > height:
        return _cut(lines, low, height, book, bold, rtl, width)
    for _ in range(14):
        middle = (low + high) / 2
        trial = _broken(pieces, widths, width * REFERENCE / middle, whole=True)
        if trial and len(trial) * middle * LINE <= height:
            low, lines = middle, trial
        else:
            high = middle
    lines = _balanced(pieces, widths, width * REFERENCE / low, lines)
    return _block([line.strip() for line in lines], low, book, bold, rtl, width)


def _block(lines: list[str], size: float, book: FontBook, bold: bool, rtl: bool, width: float) -> Block:
    runs = tuple(tuple(runs_of(line, book, bold=bold, base_rtl=rtl)) for line in lines if line)
    widest = max((sum(run.width(size) for run in line) for line in runs), default=0.0)
    if widest > width > 0:  # kerning across pieces, or one letter wider than the box
        size, widest = max(1.0, size * width / widest), width
    return Block(runs, size, widest, rtl)


def _pieces(text: str) -> list[str]:
    """Where lines may break: after spaces, and around each Chinese, Japanese or Thai letter."""
    pieces = [""]
    for letter in text:
        pieces[-1] += letter
        if letter == " " or _breaks_anywhere(letter):
            pieces.append("")
    joined = [piece for piece in pieces if piece]
    for place in range(len(joined) - 1, 0, -1):  # closing signs never begin a line
        if joined[place][0] in "、。，．！？」』）】…·ー":
            joined[place - 1 : place + 1] = [joined[place - 1] + joined[place]]
    return joined


def _breaks_anywhere(letter: str) -> bool:
    return "\u3000" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff" or "\uff00" <= letter <= "\uffef"


def _broken(pieces: list[str], widths: list[float], limit: float, *, whole: bool = False) -> list[str]:
    """Greedy lines no wider than `limit`. A wider piece is split or, with `whole`, spoils all (empty)."""
    lines, line, used = [], "", 0.0
    for piece, wide in zip(pieces, widths, strict=True):
        if used + wide > limit and line:
            lines.append(line)
            line, used = "", 0.0
        if wide > limit:
            if whole:
                return []
            parts = math.ceil(wide / limit)
            step = max(1, len(piece) // parts)
            chunks = [piece[start : start + step] for start in range(0, len(piece), step)]
            lines += chunks[:-1]
            piece, wide = chunks[-1], wide / parts
        line, used = line + piece, used + wide
    return [*lines, line] if line else lines


def _balanced(pieces: list[str], widths: list[float], limit: float, lines: list[str]) -> list[str]:
    """The same number of lines, as even as can be: no lonely last word."""
    if len(lines) < 2:
        return lines
    low, high = limit * 0.5, limit
    best = lines
    for _ in range(8):
        middle = (low + high) / 2
        trial = _broken(pieces, widths, middle, whole=True)
        if trial and len(trial) <= len(lines):
            best, high = trial, middle
        else:
            low = middle
    return best


def _cut(lines: list[str], size: float, height: float, book: FontBook, bold: bool, rtl: bool, width: float) -> Block:
    keep = max(1, int(height / (size * LINE)))
    kept = [line.strip() for line in lines[:keep]]
    if keep < len(lines):
        kept[-1] = kept[-1][:-1].rstrip() + _ELLIPSIS
    return _block(kept, size, book, bold, rtl, width)
