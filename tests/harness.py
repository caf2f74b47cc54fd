"""A whole house in a temporary folder: the real core and the real store; what is outside is up to the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalog import Catalog
from bot.links import Links
from bot.models import new_id, now_ms
from bot.ports import ChatPlatform, Doors, ImageProvider, PromptChecker
from bot.queue import Queue
from bot.studio.desk import Desk
from bot.studio.doors import Studio
from storage.sqlite import open_store

if TYPE_CHECKING:
    from adapters.pages import Pages
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
    url: str = ""
    checker: PromptChecker | None = None
    now: Callable[[], int] = now_ms
    queues: list[tuple[Queue, asyncio.Task[None]]] = field(default_factory=list)
    opened_pages: list[Pages] = field(default_factory=list)

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
        studio = Studio(desk, queue)
        for pages in self.opened_pages:
            pages.doors = studio
        return studio

    def pages(self) -> Pages:
        """The web pages over this store, to be added to an application; what people send goes to the next studio."""
        from adapters.pages import Pages

        links = Links(b"salt", self.url)
        pages = Pages(links=links, store=self.store, shelf=self.store.shelf, tmp=self.store.tmp,
                      privacy=self.store.privacy)  # fmt: skip
        self.opened_pages.append(pages)
        return pages

    def desk(self, *platforms: ChatPlatform) -> Desk:
        return Desk(
            store=self.store,
            shelf=self.store.shelf,
            privacy=self.store.privacy,
            links=Links(b"salt", self.url),
            platforms={platform.name: platform for platform in platforms},
            providers=self.providers,
            catalog=Catalog.load(),
            default_model=self.model,
            tmp=self.store.tmp,
            secret=b"salt",
            owner=new_id(),
            lease_ms=self.lease_ms,
            concurrency=self.concurrency,
            checker=self.checker,
            now=self.now,
        )

    async def restart(self) -> None:
        """End as a process does, and begin again on the same folder. Chats and pages must be plugged in anew."""
        await self.stop()
        await self.store.close()
        self.opened_pages.clear()
        self.store = await open_store(self.folder)

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
        await house.store.close()
