"""Finding pictures again: implements `ports.Shelf`, whose docstrings hold here. The SQL is in `gallery.py`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models import Address, Found
from bot.ports import Viewer, Wall
from storage import gallery
from storage.engine import Engine


class SqliteShelf:
    """The gallery of a SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def search(
        self, viewer: Viewer, wall: Wall, *, words: str = "", before: str = "", limit: int = 60
    ) -> Sequence[Found]:
        """Versions with pictures, newest first, at most 200 at once.

        Picked pictures (`Kind.PICK`) are left out unless they are starred: the version they were picked from shows
        them. The words of a series' panels count as its prompt's. Words without a letter, digit or emoji find
        everything; of very long searches the beginning counts.
        """
        return await self._engine.read(gallery.search, viewer, wall, words, before, limit)

    async def may_see(self, viewer: Viewer, version_id: str) -> bool:
        """Whether this version has a picture and was made by them in this workspace, or in this channel."""
        return await self._engine.read(gallery.may_see, viewer, version_id)

    async def star(self, viewer: Viewer, version_id: str, *, on: bool) -> None:
        """Star or unstar a version. Raises `errors.NotFound` where they may not see it."""
        await self._engine.write(gallery.star, viewer, version_id, on)

    async def stars(self, viewer: Viewer, thread_id: str) -> frozenset[str]:
        """The versions of a thread that they starred and may see."""
        return await self._engine.read(gallery.stars, viewer, thread_id)

    async def where_shown(self, version_id: str) -> Address | None:
        """The newest message that shows a version."""
        return await self._engine.read(gallery.where_shown, version_id)
