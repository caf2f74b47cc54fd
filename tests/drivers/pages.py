"""People at the web pages: a store with pictures in it, links to look at them, and a server that shows them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web
from PIL import Image

from adapters.pages import Pages
from bot import pictures
from bot.links import Grant, Links, Page
from bot.models import Address, Asset, Kind, Options, Place, Thread, User, Version, new_id
from storage.sqlite import SqliteStore, open_store

HERE = Place("slack", "T1", "C1", "1.1")
ANN, BEN = User("slack", "U1", "Ann"), User("slack", "U2", "Ben")
NOON = 1_790_000_000_000


@dataclass
class Shelves:
    """A store, and links into it. `base` is the application's address once it is served."""

    store: SqliteStore
    links: Links
    app: web.Application
    made: int = 0

    async def picture(self, colour: tuple[int, int, int] = (90, 140, 200), size: tuple[int, int] = (64, 48)) -> Asset:
        """A kept picture of one colour."""
        out = io.BytesIO()
        Image.new("RGB", size, colour).save(out, "PNG")
        return await self.keep(out.getvalue())

    async def keep(self, data: bytes) -> Asset:
        """A kept file."""
        path = self.store.tmp / new_id()
        path.write_bytes(data)
        seen = pictures.inspect(path, max_bytes=50_000_000)
        return await self.store.put_asset(
            path, Asset(seen.sha256, seen.media_type, seen.width, seen.height, seen.bytes)
        )

    async def version(
        self,
        prompt: str = "a red fox",
        *,
        parent: Version | None = None,
        place: Place = HERE,
        by: User = ANN,
        assets: Sequence[Asset] = (),
        **more: object,
    ) -> Version:
        """A version: the first of a new thread in `place`, or one made of `parent`."""
        self.made += 1
        colour = (self.made * 37 % 256, self.made * 91 % 256, 120)
        images = tuple(one.id for one in assets or [await self.picture(colour)])
        thread = parent.thread if parent else new_id()
        fresh = Version(
            id=new_id(), thread=thread, number=0, parent=parent.id if parent else None,
            kind=Kind.EDIT if parent else Kind.GENERATE, prompt=prompt, options=Options("gpt-image-2"), images=images,
            author=by, created=NOON + self.made * 60_000,
        )  # fmt: skip
        fresh = replace(fresh, **more)  # type: ignore[arg-type]  # a test names fields
        if parent:
            return await self.store.branch(fresh)
        await self.store.start_upload(Thread(thread, replace(place, thread=new_id()), None, fresh.created), fresh)
        kept = await self.store.version(fresh.id)
        assert kept
        return kept

    def gallery(self, user: User = ANN, place: Place = HERE) -> str:
        """The path of somebody's gallery, opened in a place."""
        return self._path(Page.GALLERY, Grant(user, place))

    def thread(self, version: Version, user: User = ANN, place: Place = HERE) -> str:
        """The path of a thread's page."""
        return self._path(Page.THREAD, Grant(user, place, target=version.thread))

    def _path(self, page: Page, grant: Grant) -> str:
        return self.links.make(page, grant)


async def in_chat(address: Address) -> str:
    """Where messages of the chat are found."""
    return f"https://chat.example.org/{address.place.channel}/{address.message}"


@asynccontextmanager
async def open_shelves(folder: Path) -> AsyncIterator[Shelves]:
    """An empty store with the pages in front of it, not served yet."""
    store = await open_store(folder)
    links = Links(b"secret")
    app = web.Application()
    Pages(links=links, store=store, shelf=store.shelf, tmp=store.tmp, permalink=in_chat).add_to(app)
    try:
        yield Shelves(store, links, app)
    finally:
        await store.close()
