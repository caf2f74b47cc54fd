"""What the gallery needs from memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.models import Address, Found, User


class Wall(StrEnum):
    """Which pictures a gallery shows."""

    MINE = "mine"  # made by the one who looks, in this workspace
    CHANNEL = "channel"  # made in the channel the gallery was opened from
    STARRED = "starred"  # starred by the one who looks, among both


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and from where: what is shown was made by them in this workspace, or in this channel."""

    user: User
    platform: str
    workspace: str
    channel: str


class Shelf(Protocol):
    """Finding pictures again. Nobody gets a version back that `may_see` denies."""

    async def search(
        self, viewer: Viewer, wall: Wall, *, words: str = "", before: str = "", limit: int = 60
    ) -> Sequence[Found]:
        """Versions with pictures, newest first, whose prompt has all of `words` (each may be the beginning of a word).

        `words` are a person's: no syntax, nothing in them is an error. `before` is the id of the last version of the
        page before.
        """

    async def may_see(self, viewer: Viewer, version_id: str) -> bool:
        """Whether this version was made by them in this workspace, or in this channel."""

    async def star(self, viewer: Viewer, version_id: str, *, on: bool) -> None:
        """Star or unstar a version, once however often. Raises `errors.NotFound` where they may not see it."""

    async def stars(self, viewer: Viewer, thread_id: str) -> frozenset[str]:
        """The versions of a thread that they starred."""

    async def where_shown(self, version_id: str) -> Address | None:
        """The newest message that shows a version."""
