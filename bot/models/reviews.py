"""What moderators decide: pictures that wait for them, that were reported, that were removed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.models.chat import Address, Place
from bot.models.versions import Standing


class ReviewKind(StrEnum):
    """Why moderators look at a picture, or its asker."""

    REVIEW = "review"  # it waits until one of them approves it
    REPORT = "report"  # somebody who saw it reported it
    PRIVATE = "private"  # none of them does: it waits until its own asker shares it


class Ruling(StrEnum):
    """What came of it."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    REMOVED = "removed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who reported a picture: "PLATFORM:ID", their name, and what they wrote."""

    who: str
    name: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One picture before the moderators; there is at most one of a kind for a version.

    `place` is where the picture belongs, `job` what made it (of a review). `why` are sentences. `address` is the
    moderators' card. `by` ("PLATFORM:ID") ruled at `at`; `settled`: everybody who must be told was told. Where a
    picture is not kept any more it is removed by nobody.
    """

    kind: ReviewKind
    version: str
    place: Place
    created: int
    why: tuple[str, ...] = ()
    reporters: tuple[Reporter, ...] = ()
    job: str = ""
    address: Address | None = None
    ruling: Ruling = Ruling.OPEN
    by: str = ""
    by_name: str = ""
    reason: str = ""
    at: int = 0
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Removal:
    """A picture that is taken away everywhere. `version` was meant; `versions` are all that show it.

    `assets` are its pictures and what was made of them. Its steps: hidden (with this row), `erased`, every message in
    `told`, `done`; each may be repeated.
    """

    version: str
    place: Place
    standing: Standing
    reason: str
    by: str
    by_name: str
    at: int
    versions: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    erased: bool = False
    told: tuple[str, ...] = ()
    done: bool = False
