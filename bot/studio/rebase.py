"""After many edits quality decays: all changes at once, from the first picture."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models import Kind, Reference, Version
from bot.studio.desk import Desk
from bot.studio.wishes import together

DEEP = 4  # edits in a row from which on it is offered
_LONGEST = 1500  # characters of all changes together: what a form of every platform holds
_MOST_STEPS = 60


async def changes(desk: Desk, version: Version) -> list[Version]:
    """The edits that led to this version, oldest first; what they began with is the parent of the first of them."""
    steps: list[Version] = []
    current: Version | None = version
    while current is not None and current.parent and len(steps) < _MOST_STEPS:
        if current.kind is Kind.EDIT and current.mask is None:
            steps.append(current)
        elif current.kind not in (Kind.PICK, Kind.FINAL):
            break  # a variation, another canvas, a masked part: what comes after it cannot be done from before it
        current = await desk.store.version(current.parent)
    return steps[::-1]


async def merged(desk: Desk, version: Version) -> str:
    """All changes as one instruction, a line each; "" where there is nothing to gain."""
    steps = await changes(desk, version)
    words = "\n".join(f"{number}. {' '.join(step.prompt.split())}" for number, step in enumerate(steps, start=1))
    return words if len(steps) >= DEEP and len(words) <= _LONGEST else ""


def references_of(steps: Sequence[Version]) -> tuple[Reference, ...]:
    """Every reference that was used on the way, once."""
    return together(*(step.references for step in steps))
