"""What the core needs from a service that judges words and pictures before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.ports.pictures import InputImage


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one category. `picture` counts from 1, 0: the words. `score` is 0.0–1.0."""

    picture: int
    category: str
    score: float
    flagged: bool


class PromptChecker(Protocol):
    """A Moderations API, or several in order of preference. Free, so nothing here is billed or booked."""

    async def check(self, words: str, pictures: Sequence[InputImage]) -> Sequence[Finding]:
        """What is in the words and in each picture (small files). Takes seconds at the most.

        Raises `errors.Unavailable` when nobody answered in time, `errors.SetupProblem` when no service here can check.
        """

    async def close(self) -> None:
        """Let go of connections."""
