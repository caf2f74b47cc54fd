"""Implements `ports.Reviews`, whose docstrings hold here. The SQL is in `reviews.py` and `removal.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.errors import NotFound
from bot.models import Act, Address, Removal, Review, ReviewKind, Ruling
from storage import removal, reviews
from storage.engine import Engine


class SqliteReviews:
    """What moderators decide, in a SQLite file and its folder."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    async def ask(self, review: Review) -> tuple[Review, bool]:  # noqa: D102
        return await self._engine.write(reviews.ask, review)

    async def place(self, kind: ReviewKind, version_id: str, address: Address | None) -> None:  # noqa: D102
        await self._engine.write(reviews.place, kind, version_id, address)

    async def find(self, kind: ReviewKind, version_id: str) -> Review | None:  # noqa: D102
        return await self._engine.read(reviews.find, kind, version_id)

    async def rule(  # noqa: D102
        self, kind: ReviewKind, version_id: str, ruling: Ruling, act: Act, *, reason: str = "", blank: bool = False
    ) -> Review | None:
        return await self._engine.write(reviews.rule, kind, version_id, ruling, act, reason, blank)

    async def settle(self, kind: ReviewKind, version_id: str) -> None:  # noqa: D102
        await self._engine.write(reviews.settle, kind, version_id)

    async def unsettled(self, *, before: int) -> Sequence[Review]:  # noqa: D102
        return await self._engine.read(reviews.unsettled, before)

    # removal

    async def remove(self, version_id: str, act: Act, *, reason: str, blank: bool = False) -> Removal | None:  # noqa: D102
        return await self._engine.write(removal.remove, version_id, act, reason, blank)

    async def removal(self, version_id: str) -> Removal | None:  # noqa: D102
        return await self._engine.read(removal.find, version_id)

    async def erase(self, version_id: str) -> int:  # noqa: D102
        return await self._engine.write(removal.erase, self._folder, version_id)

    async def shown_at(self, version_id: str) -> Sequence[Address]:  # noqa: D102
        return await self._engine.read(removal.shown_at, version_id)

    async def told(self, version_id: str, address: Address) -> None:  # noqa: D102
        await self._engine.write(removal.told, version_id, address)

    async def done(self, version_id: str) -> None:  # noqa: D102
        await self._engine.write(removal.done, version_id)

    async def unfinished(self, *, before: int) -> Sequence[Removal]:  # noqa: D102
        return await self._engine.read(removal.unfinished, before)

    # what else shows pictures

    async def displayed(self, address: Address, assets: Sequence[str]) -> None:  # noqa: D102
        await self._engine.write(removal.displayed, address, assets)

    async def made_of(self, asset_id: str, origins: Sequence[str]) -> None:  # noqa: D102
        if not await self._engine.write(removal.made_of, asset_id, origins):
            raise NotFound("One of these pictures was removed meanwhile.")
