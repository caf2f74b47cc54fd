"""Somebody with a link to the mask page: the pages served for real, a version to paint on, doors that write down."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import web
from PIL import Image

from adapters.pages import Pages
from adapters.web.server import serve
from bot.links import Grant, Links, Page
from bot.models import Asset, Kind, Options, Place, Thread, User, Version, new_id, now_ms
from storage.sqlite import SqliteStore, open_store
from tests.fakes.doors import FakeDoors

ALICE = User("slack", "U1", "Alice")
THREAD = Place("slack", "T1", "C1", "17.5")


@dataclass
class Served:
    """A running server with the pages alone, and the store behind it."""

    url: str
    pages: Pages
    links: Links
    store: SqliteStore
    doors: FakeDoors = field(default_factory=FakeDoors)

    async def version(self, *pictures: bytes, prompt: str = "a red fox") -> Version:
        """A thread whose first version has these pictures."""
        assets = [await self.keep(data) for data in pictures]
        thread = Thread(new_id(), replace(THREAD, thread=new_id()), None, now_ms())
        images = tuple(one.id for one in assets)
        version = Version(new_id(), thread.id, 1, None, Kind.UPLOAD, prompt, Options("test"), images, ALICE, now_ms())
        await self.store.start_upload(thread, version)
        return version

    async def keep(self, data: bytes) -> Asset:
        """A picture in the store."""
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        path = self.store.tmp / new_id()
        path.write_bytes(data)
        return await self.store.put_asset(
            path, Asset(hashlib.sha256(data).hexdigest(), "image/png", width, height, len(data))
        )

    def link(self, version: Version | str, *, image: int = 1, page: Page = Page.MASK) -> str:
        """The whole address of a page for Alice, asked for in `THREAD`."""
        target = version if isinstance(version, str) else version.id
        return self.links.make(page, Grant(ALICE, THREAD, target, image))


@asynccontextmanager
async def open_mask_pages(folder: Path) -> AsyncIterator[Served]:
    """Pages over a store in this folder."""
    store = await open_store(folder)
    try:
        pages = Pages(links=Links(b"secret"), store=store, shelf=store.shelf, tmp=store.tmp)
        app = web.Application()
        pages.add_to(app)
        async with serve(app, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            served = Served(url, pages, Links(b"secret", url), store)
            pages.doors = served.doors
            yield served
    finally:
        await store.close()
