"""What every page needs: who may come in, the protecting headers, problems as a page or as JSON, light copies."""

from __future__ import annotations

import asyncio
import html
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from bot import pictures
from bot.errors import BadAttachment, BadInput, NotFound, RetouchError
from bot.links import Grant, Links, Page
from bot.models import Address, Asset, new_id
from bot.ports import Doors, Privacy, Shelf, Store

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "page"
AT_ONCE = 2  # pictures being decoded: up to 256 MB each
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the address is a key
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
STARTING = "Retouch is starting or stopping. Try again in a moment."
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Common:
    """What the pages share. `doors` is None while nobody is listening; `permalink` finds a message in its chat."""

    def __init__(
        self, *, links: Links, store: Store, shelf: Shelf, tmp: Path, permalink: Callable[[Address], Awaitable[str]]
    ) -> None:
        self.links = links
        self.store = store
        self.shelf = shelf
        self.tmp = tmp
        self.permalink = permalink
        self.privacy: Privacy | None = None
        self.doors: Doors | None = None
        self.turns = asyncio.Semaphore(AT_ONCE)
        self._files = {path.name: path for path in FOLDER.iterdir() if path.suffix in _TYPES}

    def grant(self, page: Page, request: web.Request) -> Grant:
        """What the token in the address allows. Raises `NotFound`."""
        return self.links.read(page, request.match_info["token"])

    def page_file(self, name: str) -> web.FileResponse:
        """A file of the pages. Raises `NotFound`."""
        path = self._files.get(name)
        if path is None:
            raise NotFound("There is nothing at this address.")
        return web.FileResponse(path, headers={"Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8"})

    async def light_copy(self, asset: Asset, edge: int) -> web.FileResponse:
        """A WebP of at most `edge` pixels, without metadata. Raises `NotFound`."""
        path = self.tmp / f"light-{edge}-{asset.id}.webp"
        try:
            async with self.turns:
                if not await asyncio.to_thread(path.exists):
                    await asyncio.to_thread(_shrink, self.store.asset_path(asset), path, edge)
        except (BadAttachment, OSError) as error:
            raise NotFound("This picture is gone. Open the link from the chat again.") from error
        return web.FileResponse(path, headers={"Content-Type": "image/webp"})


def _shrink(source: Path, path: Path, edge: int) -> None:
    """Whole or absent: two people may ask at once."""
    fresh = path.with_name(f"{path.name}.{new_id(6)}")
    try:
        pictures.thumbnail(source, fresh, edge)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(handler: Handler, *, cache: str = "no-store") -> Handler:
    """For what a browser visits: problems on purpose become a small page. `cache` is the Cache-Control."""
    return _answered(handler, _problem_page, cache)


def told(handler: Handler) -> Handler:
    """For what a page's script asks: problems on purpose become {"error": sentence}."""
    return _answered(handler, _problem_json, "no-store")


def _answered(handler: Handler, problem: Callable[[str, int], web.Response], cache: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse
        try:
            _check_origin(request)
            response = await handler(request)
            response.headers["Cache-Control"] = cache
        except RetouchError as error:
            response = problem(str(error), 404 if isinstance(error, NotFound) else 400)
            response.headers["Cache-Control"] = "no-store"
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        except Exception:
            error_id = new_id(8)
            log.exception("a page failed: error_id=%s", error_id)
            response = problem(f"Something broke here. Try again; if it stays, tell an admin the id {error_id}.", 500)
        response.headers.update(HEADERS)
        return response

    return answer


def _check_origin(request: web.Request) -> None:
    """Only our own pages may write. Raises 403."""
    if request.method in ("GET", "HEAD"):
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    ours = (None, f"http://{request.host}", f"https://{request.host}")
    if origin not in ours or site not in (None, "same-origin", "none"):
        body = '{"error": "This request came from another web page."}'
        raise web.HTTPForbidden(text=body, content_type="application/json")


def _problem_json(sentence: str, status: int) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _problem_page(sentence: str, status: int) -> web.Response:
    text = f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Retouch</title>
  <link rel="icon" href="/p/page/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/p/page/base.css">
</head>
<body>
  <main class="sorry"><img src="/p/page/icon.svg" alt="" width="56" height="56"><h1>{html.escape(sentence)}</h1></main>
</body>
</html>
"""
    return web.Response(text=text, status=status, content_type="text/html")


async def body_of(request: web.Request) -> dict[str, object]:
    """The JSON object that a page's script sent. Raises `BadInput`."""
    if request.content_type != "application/json":  # which no plain HTML form can send
        raise BadInput("Send this as application/json.")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadInput("This request is not JSON.") from error
    if not isinstance(body, dict):
        raise BadInput("This request is not a JSON object.")
    return body
