"""Pictures on their way out: originals, light copies, previews, and the page's own files."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from adapters.web.previews import Previews
from bot import pictures
from bot.errors import BadAttachment
from bot.models import Asset, new_id
from bot.ports import Store, Transcript

EDGE = 1024  # pixels: sharp in a card on a dense screen
AT_ONCE = 2  # pictures being decoded for a light copy: up to 256 MB each
PAGE = Path(__file__).parent / "page"
ASK_FIRST = "private, no-cache"  # kept by the browser, shown once we said that it is still there: it may be removed
_ASSET = re.compile(r"[0-9a-f]{64}")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
          ".webmanifest": "application/manifest+json"}  # fmt: skip


class Files:
    """Handlers for everything that is not JSON. Light copies are kept under `tmp`."""

    def __init__(self, store: Store, transcript: Transcript, previews: Previews, tmp: Path) -> None:
        self._store = store
        self._transcript = transcript
        self._previews = previews
        self._tmp = tmp
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._page = {path.name: path for path in PAGE.iterdir() if path.suffix in _TYPES}

    def routes(self) -> list[web.RouteDef]:
        """What is served here."""
        return [
            web.get("/page/{name}", self.page),
            web.get("/files/{asset}", self.original),
            web.get("/thumbs/{asset}", self.light_copy),
            web.get("/attached/{message}/{index}", self.attached),
            web.get("/previews/{preview}", self.preview),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """One of the page's own files; any other name is not there."""
        return self.page_file(request.match_info["name"])

    def page_file(self, name: str) -> web.FileResponse:
        """A file of the page, checked for changes at every visit. Raises 404."""
        path = self._page.get(name)
        if path is None:
            raise web.HTTPNotFound
        kind = f"{_TYPES[path.suffix]}; charset=utf-8"
        return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})

    async def original(self, request: web.Request) -> web.StreamResponse:
        """A picture as it was made, byte for byte; `?download=NAME` to save it under that name."""
        asset = await self._asset(request.match_info["asset"])
        headers = {"Content-Type": asset.media_type, "Cache-Control": ASK_FIRST}
        if name := request.query.get("download"):
            headers["Content-Disposition"] = disposition(name)
        return web.FileResponse(self._store.asset_path(asset), headers=headers)

    async def light_copy(self, request: web.Request) -> web.StreamResponse:
        """A WebP of at most 1024 pixels, without metadata."""
        return await self._light(await self._asset(request.match_info["asset"]))

    async def attached(self, request: web.Request) -> web.StreamResponse:
        """A light copy of what a person attached; the file itself, which may say where it was taken, stays here."""
        said = await self._transcript.said(request.match_info["message"])
        index = request.match_info["index"]
        if said is None or not re.fullmatch(r"\d{1,2}", index, re.ASCII) or int(index) >= len(said.attachments):
            raise web.HTTPNotFound
        return await self._light(await self._asset(said.attachments[int(index)]))

    async def preview(self, request: web.Request) -> web.StreamResponse:
        """A passing picture."""
        preview = self._previews.get(request.match_info["preview"])
        if preview is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": preview.media_type, "Cache-Control": "no-store"}
        return web.Response(body=preview.data, headers=headers)

    async def _asset(self, asset_id: str) -> Asset:
        asset = await self._store.asset(asset_id) if _ASSET.fullmatch(asset_id) else None
        if asset is None:
            raise web.HTTPNotFound
        return asset

    async def _light(self, asset: Asset) -> web.StreamResponse:
        path = self._tmp / f"thumb-{EDGE}-{asset.id}.webp"
        try:
            async with self._turns:
                if not await asyncio.to_thread(path.exists):
                    await asyncio.to_thread(_make, self._store.asset_path(asset), path)
        except (BadAttachment, OSError) as error:
            raise web.HTTPNotFound from error
        return web.FileResponse(path, headers={"Content-Type": "image/webp", "Cache-Control": ASK_FIRST})


def _make(source: Path, path: Path) -> None:
    """Whole or absent: two people may ask at once."""
    fresh = path.with_name(f"{path.name}.{new_id(6)}")
    try:
        pictures.thumbnail(source, fresh, EDGE)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def disposition(name: str) -> str:
    """A Content-Disposition that saves under this name, whatever is in it (RFC 6266: plain ASCII, then UTF-8)."""
    clean = "".join(letter for letter in name if letter.isprintable() and letter not in '\\/:*?"<>|')[:100].strip(". ")
    clean = clean or "picture.png"
    plain = "".join(letter if letter.isascii() and letter not in "%;'" else "_" for letter in clean)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
