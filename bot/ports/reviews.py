"""What moderation needs from memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.models import Act, Address, Removal, Review, ReviewKind, Ruling


class Reviews(Protocol):
    """Pictures before the moderators, and taking pictures away. Every method is one transaction."""

    async def ask(self, review: Review) -> tuple[Review, bool]:
        """Save it, or add its reporters to the one there is; returns what stands there and whether anything is new."""

    async def place(self, kind: ReviewKind, version_id: str, address: Address | None) -> None:
        """Remember the moderators' card, by which they know: it is settled. None: they could not be reached yet."""

    async def find(self, kind: ReviewKind, version_id: str) -> Review | None:
        """The review of this kind of a version."""

    async def rule(
        self, kind: ReviewKind, version_id: str, ruling: Ruling, act: Act, *, reason: str = "", blank: bool = False
    ) -> Review | None:
        """Decide, once: None when it was decided before, or is not kept any more.

        It is `unsettled` then, and `act` stands in the audit. Approved: the version is open, and hangs in the gallery.
        Rejected: it begins to be removed, and the asker gets the images back; the money stays. Removed: as `remove`.
        An asker's decision on a `PRIVATE` one is in no audit, and gives nothing back: or pictures would be free.
        """

    async def settle(self, kind: ReviewKind, version_id: str) -> None:
        """Everybody was told what was decided."""

    async def unsettled(self, *, before: int) -> Sequence[Review]:
        """Decided, but not told, or open and not before the moderators; last touched before `before` (ms).

        And those that are before them and were not touched for a day: their card may be gone.
        """

    # removal
    async def remove(self, version_id: str, act: Act, *, reason: str, blank: bool = False) -> Removal | None:
        """Hide a version and every other of its workspace that shows one of its pictures; `act` goes to the audit.

        They are out of the gallery, of the named references and of what is offered; heads move to what is left. With
        `blank` their words are deleted, too. Open reviews of them are decided. None: it was hidden before. Raises
        `errors.NotFound`.
        """

    async def removal(self, version_id: str) -> Removal | None:
        """The removal that began with this version."""

    async def erase(self, version_id: str) -> int:
        """Delete the files of a removal that nothing else shows; returns how many. Doing it twice is harmless."""

    async def shown_at(self, version_id: str) -> Sequence[Address]:
        """The messages with a picture of this removal on them, those not told yet."""

    async def told(self, version_id: str, address: Address) -> None:
        """One of these messages shows the picture no more."""

    async def done(self, version_id: str) -> None:
        """The removal is complete."""

    async def unfinished(self, *, before: int) -> Sequence[Removal]:
        """Removals that are not, last touched before `before` (ms)."""

    # what else shows pictures
    async def displayed(self, address: Address, assets: Sequence[str]) -> None:
        """A message shows these pictures and no version (a comparison, a sheet)."""

    async def made_of(self, asset_id: str, origins: Sequence[str]) -> None:
        """A picture was put together from others. Raises `errors.NotFound` where one is gone: then it goes, too."""
