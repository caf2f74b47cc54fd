"""Where the versions of a thread stand when its tree is drawn: pure arithmetic on ids and parents.

A step away from the first picture is a column to the right. The first thing made from a version goes on in its row;
each further one begins a branch in a row of its own, below everything that grew from its elder siblings. So a line that
goes down in the gap before a column, and then right, never meets another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a version stands, in columns and rows from 0."""

    column: int
    row: int


def laid_out(parents: Iterable[tuple[str, str | None]]) -> Mapping[str, Spot]:
    """A spot for each of these (version id, its parent's id), which come in the order they were made.

    One whose parent did not come before it begins a tree of its own, below the others.
    """
    children: dict[str, list[str]] = {}
    roots: list[str] = []
    for version, parent in parents:
        children.get(parent or "", roots).append(version)
        children[version] = []
    spots: dict[str, Spot] = {}
    rows = 0
    waiting = [(root, 0) for root in reversed(roots)]
    while waiting:  # a stack, not recursion: a thread may be a thousand edits deep
        version, column = waiting.pop()
        while True:
            spots[version] = Spot(column, rows)
            if not children[version]:
                break
            first, *others = children[version]
            waiting += [(other, column + 1) for other in reversed(others)]
            version, column = first, column + 1
        rows += 1
    return spots
