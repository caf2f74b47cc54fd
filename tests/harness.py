"""A whole house in a temporary folder: the real core and the real store; what is outside is up to the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalog import Catalog
from bot.models import new_id
from bot.ports import ChatPlatform, Doors, ImageProvider
from bot.queue import Queue
from bot.studio.desk import Desk
from bot.studio.doors import Studio
from storage.sqlite import open_store

if TYPE_CHECKING:
    from bot.ports import Transcript
    from storage.sqlite import SqliteStore


@dataclass
class TestHouse:
    """Everything but a chat platform. `studio` may be called for several platforms or several times (a restart)."""

    __test__ = False

    folder: Path
    store: SqliteStore
    providers: Mapping[str, ImageProvider]
    model: str
    lease_ms: int = 30_000
    concurrency: int = 4
    queues: list[tuple[Queue, asyncio.Task[None]]] = field(default_factory=list)

    @property
    def tmp(self) -> Path:
        return self.store.tmp

    @property
    def transcript(self) -> Transcript:
        return self.store.transcript

    def studio(self, *platforms: ChatPlatform) -> Doors:
        """The doors for these platforms, with a queue running behind them."""
        desk = self.desk(*platforms)
        queue = Queue(desk)
        self.queues.append((queue, asyncio.create_task(queue.run(), name="queue")))
        return Studio(desk, queue)

    def desk(self, *platforms: ChatPlatform) -> Desk:
        return Desk(
            store=self.store,
            platforms={platform.name: platform for platform in platforms},
            providers=self.providers,
            catalog=Catalog.load(),
            default_model=self.model,
            tmp=self.store.tmp,
            secret=b"salt",
            owner=new_id(),
            lease_ms=self.lease_ms,
            concurrency=self.concurrency,
        )

    async def stop(self, grace: float = 10.0) -> None:
        """Let running jobs finish, then stop every queue."""
        for queue, task in self.queues:
            await queue.drain(grace)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.queues.clear()


@asynccontextmanager
async def open_test_house(
    folder: Path, *providers: ImageProvider, model: str = "sketch", lease_ms: int = 30_000, concurrency: int = 4
) -> AsyncIterator[TestHouse]:
    """A house whose pictures come from these providers (by default the sketch engine, without delay)."""
    if not providers:
        from adapters.sketch import SketchProvider

        providers = (SketchProvider(seconds=0),)
    store = await open_store(folder)
    house = TestHouse(folder, store, {one.name: one for one in providers}, model, lease_ms, concurrency)
    try:
        yield house
    finally:
        await house.stop()
        await store.close()
