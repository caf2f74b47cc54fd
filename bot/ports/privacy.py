"""What is kept, for how long, and how it goes: what the core needs from memory for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.models import Address, Job, NamedReference, Place, User, Version


@dataclass(frozen=True, slots=True)
class Before:
    """What was made before these moments (milliseconds) is to go; 0: nothing of it.

    `attachments` are what people sent: uploaded pictures, references, masks and what was drawn over pictures.
    """

    pictures: int = 0
    prompts: int = 0
    attachments: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether everything stays."""
        return not (self.pictures or self.prompts or self.attachments)


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: requests without their pictures, words and attachments, and the `files` (`bytes`) that nobody needs.

    Bytes that something younger shows as well stay, so `files` may be fewer.
    """

    pictures: int = 0
    prompts: int = 0
    attachments: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(
            self.pictures + other.pictures,
            self.prompts + other.prompts,
            self.attachments + other.attachments,
            self.files + other.files,
            self.bytes + other.bytes,
        )

    def __bool__(self) -> bool:
        return self != Purged()


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger as its person gets it. `cost` is micro-dollars, `at` milliseconds."""

    at: int
    entry: str
    images: int
    cost: int
    channel: str
    job: str
    model: str


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is kept about one person in one workspace. `stars` are version ids; `jobs` are their requests."""

    versions: Sequence[Version]
    jobs: Sequence[Job]
    ledger: Sequence[LedgerLine]
    stars: Sequence[str]
    named: Sequence[NamedReference]


class Why(StrEnum):
    """Why a message is to be changed."""

    OLD = "old"  # its picture is older than pictures are kept
    OWN = "own"  # who made its picture deleted it
    PART = "part"  # one of several pictures on it is not kept any more


@dataclass(frozen=True, slots=True)
class Outdated:
    """A message that still shows what was let go of at `since` (milliseconds). `assets` are pictures on it."""

    address: Address
    why: Why
    since: int
    assets: tuple[str, ...] = ()


class Privacy(Protocol):
    """What is kept about whom, and letting go of it. What was begun may be begun again: the end is the same."""

    async def workspaces(self) -> Sequence[str]:
        """The workspaces that have a picture or a request."""

    async def purge(self, workspace: str, before: Before, *, dry: bool = False) -> Purged:
        """Let go of what a workspace made before some moments, in batches, each of them one transaction.

        Versions keep their number and their place in the tree (`Standing.PURGED` without pictures); named references
        and the ledger stay. `dry`: only say what would go.
        """

    async def sweep(self, *, unused_before: int = 0, dry: bool = False) -> Purged:
        """Delete the files that were let go of and that nothing needs, with their light copies; give back the room.

        And files that no request ever used, because it was refused, if they came before `unused_before` (ms). `dry`:
        only say how many.
        """

    async def belongings(self, place: Place, user: User) -> Belongings:
        """What is kept about a person in the workspace of `place`."""

    async def outdated(self, platforms: Collection[str], *, limit: int) -> Sequence[Outdated]:
        """Messages of these platforms that still show what was let go of; those not tried for the longest time."""

    async def told(self, address: Address, *, again: bool = False) -> None:
        """Such a message was changed, or cannot be. `again`: it is tried once more, after all others."""

    async def forget(self, place: Place, user: User) -> Purged:
        """Let go of a person's pictures, words and attachments in this workspace, and of their name beside them.

        What others made of them stays. The ledger and the audit keep their member id. Requests on their way stay.
        """
