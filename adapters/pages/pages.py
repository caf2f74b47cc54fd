"""The door of this room: every page's routes, to be added to the application that people reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from adapters.pages.admin import AdminPage
from adapters.pages.common import Common, shown
from adapters.pages.export import ExportPage
from adapters.pages.gallery import GalleryPage
from adapters.pages.mask import MaskPage
from adapters.pages.thread import ThreadPage
from bot.links import Links
from bot.models import Address
from bot.ports import Doors, Privacy, Shelf, Store


async def _nowhere(_: Address) -> str:
    return ""


class Pages:
    """All pages, under /p/. `doors` is None while nobody is listening: then nothing can be sent from a page."""

    def __init__(
        self,
        *,
        links: Links,
        store: Store,
        shelf: Shelf,
        tmp: Path,
        permalink: Callable[[Address], Awaitable[str]] = _nowhere,
        privacy: Privacy | None = None,
    ) -> None:
        self._common = Common(links=links, store=store, shelf=shelf, tmp=tmp, permalink=permalink)
        self._common.privacy = privacy
        self._pages = (
            MaskPage(self._common),
            GalleryPage(self._common),
            ThreadPage(self._common),
            ExportPage(self._common),
            AdminPage(self._common),
        )

    @property
    def doors(self) -> Doors | None:
        """Where what people send goes."""
        return self._common.doors

    @doors.setter
    def doors(self, doors: Doors | None) -> None:
        self._common.doors = doors

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        return [
            web.get("/p/page/{name}", shown(self._file, cache="no-cache")),
            *(route for page in self._pages for route in page.routes()),
        ]

    def add_to(self, app: web.Application) -> None:
        """Serve the pages with `app`, which must not be running yet."""
        app.add_routes(self.routes())

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._common.page_file(request.match_info["name"])
