"""A line of text as runs: each in one font and one direction, in the order they stand on the picture."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from adapters.sketch.lettering.fonts import Face, FontBook, is_invisible

REFERENCE = 64  # pixels; widths are measured once at this size and scaled, for text grows in proportion


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that one face draws in one direction."""

    text: str
    face: Face
    rtl: bool = False

    def width(self, size: float) -> float:
        """Width in pixels at a font size."""
        font = self.face.at(REFERENCE)
        return font.getlength(self.text, direction=direction(self)) * size / REFERENCE


def direction(run: Run) -> str | None:
    """What Pillow wants to know; only with raqm may it be told."""
    from PIL import features

    if not features.check("raqm"):
        return None
    return "rtl" if run.rtl else "ltr"


def runs_of(line: str, book: FontBook, *, bold: bool = True, base_rtl: bool | None = None) -> list[Run]:
    """The line's runs from left to right; letters that no font has are left out."""
    hint = _east_asian(line)
    rtl_line = is_rtl(line) if base_rtl is None else base_rtl
    directed = _directed(line, rtl_line)
    runs: list[Run] = []
    for place, letter in enumerate(line):
        if unicodedata.category(letter) == "Cc" or "\ufe00" <= letter <= "\ufe0f":
            continue
        last = runs[-1] if runs else None
        neutral = is_invisible(letter) or unicodedata.category(letter)[0] in "MPZ"
        if last and neutral and last.face.has(letter) and last.rtl == directed[place]:
            face: Face | None = last.face
        else:
            face = book.face(letter, bold=bold, hint=hint)
        if face is None:
            continue
        if last and last.face is face and last.rtl == directed[place]:
            runs[-1] = Run(last.text + letter, face, last.rtl)
        else:
            runs.append(Run(letter, face, directed[place]))
    return _in_order(runs, rtl_line)


def is_rtl(text: str) -> bool:
    """Whether the text's first letter with a direction goes to the left."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)


def _directed(line: str, base: bool) -> list[bool]:
    """For each letter whether it goes to the left; signs between two of a kind go with them."""
    strong: list[bool | None] = []
    for letter in line:
        kind = unicodedata.bidirectional(letter)
        strong.append(True if kind in ("R", "AL") else False if kind in ("L", "EN", "AN") else None)
    directed: list[bool] = []
    for place, known in enumerate(strong):
        if known is not None:
            directed.append(known)
            continue
        before = next((side for side in reversed(strong[:place]) if side is not None), base)
        after = next((side for side in strong[place + 1 :] if side is not None), base)
        directed.append(before if before == after else base)
    return directed


def _in_order(runs: list[Run], base_rtl: bool) -> list[Run]:
    """From the order of reading to the order on the picture: stretches against the line turn around."""
    ordered: list[Run] = []
    stretch: list[Run] = []
    for run in [*runs, None]:
        if run is not None and run.rtl != base_rtl:
            stretch.append(run)
            continue
        ordered += reversed(stretch)
        stretch = []
        if run is not None:
            ordered.append(run)
    return ordered[::-1] if base_rtl else ordered


def _east_asian(line: str) -> str:
    """Whose shapes Chinese signs take in this line."""
    if any("\u3040" <= letter <= "\u30ff" for letter in line):
        return "JP"
    return "KR" if any("\uac00" <= letter <= "\ud7af" for letter in line) else "SC"
