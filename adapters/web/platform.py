"""The web chat as `ports.ChatPlatform`: posts go into the transcript and to every open page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from adapters.web.api import Api
from adapters.web.feed import Feed
from adapters.web.files import Files
from adapters.web.previews import Previews
from adapters.web.rooms import Rooms
from adapters.web.security import Guard, add_headers
from adapters.web.server import healthz
from adapters.web.tell import Teller
from adapters.web.uploads import Uploads
from adapters.web.views import Views
from bot.cards import Card
from bot.errors import MessageGone
from bot.links import Links
from bot.models import Address, Attachment, Place, Request, User, now_ms
from bot.ports import Doors, Said, Store, Transcript

log = logging.getLogger(__name__)


class WebPlatform:
    """One web chat. `app` is its aiohttp application, to be served by `server.serve`.

    `host` is what the server listens on and `port` where it is meant to be served; `names` are further host names
    people open the page by (a reverse proxy's). `hints` are the options offered while typing, by flag; `engine` one
    line on what draws. With `links` the page leads to the gallery, which somebody else serves on `app`.
    """

    name = "web"
    seconds_between_edits = 0.3

    def __init__(
        self,
        *,
        store: Store,
        transcript: Transcript,
        tmp: Path,
        host: str = "127.0.0.1",
        port: int = 8080,
        hints: dict[str, object],
        engine: str,
        names: Collection[str] = (),
        links: Links | None = None,
    ) -> None:
        self.port = port
        self._store = store
        self._transcript = transcript
        self._feed = Feed()
        self._previews = Previews()
        self._uploads = Uploads(store, tmp)
        views = Views(store, transcript, self._previews)
        rooms = Rooms(store, transcript)
        self._teller = Teller(self._feed, views, transcript, rooms)
        self._tasks: set[asyncio.Task[None]] = set()
        self._api = Api(
            transcript=transcript,
            views=views,
            teller=self._teller,
            feed=self._feed,
            uploads=self._uploads,
            rooms=rooms,
            about={"hints": hints, "engine": engine},
            start=self._start,
            links=links,
        )
        files = Files(store, transcript, self._previews, tmp)
        self.app = self._application(files, host, names)

    def _application(self, files: Files, host: str, names: Collection[str]) -> web.Application:
        routes = [*self._api.routes(files), *files.routes()]
        guard = Guard(host, frozenset(names), frozenset(route.path for route in routes))
        self._api.people_are_admins = guard.is_local
        app = web.Application(middlewares=[guard.middleware])
        app.add_routes([web.get("/healthz", healthz), *routes])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._feed.close)
        return app

    @property
    def is_busy(self) -> bool:
        """Whether something a person sent is still on its way through the doors."""
        return bool(self._tasks)

    # ── ports.ChatPlatform ───────────────────────────────────────────────────────────────────────────────────────

    async def run(self, doors: Doors) -> None:
        """Let people in until cancelled; then finish what they asked for and end their pages' feeds."""
        self._api.doors = doors
        try:
            await asyncio.Event().wait()
        finally:
            self._api.doors = None
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._feed.close()

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Put a card into a thread, or start one with it. The message's id is `key`."""
        known = await self._transcript.said(key)
        if known is None:
            job = await self._store.job(key)
            asker = (job.user.id, job.user.name) if job else ("", "")
            said = Said(key, place.channel, place.thread, *asker, now_ms(), card=without_files(card))
            await self._previews.show(key, card.images)
            await self._transcript.say(said)
            await self._teller.said(said)
        return Address(replace(place, thread=place.thread or key), key)

    async def edit(self, address: Address, card: Card) -> None:
        """Replace a card. Raises `MessageGone`."""
        said = await self._transcript.said(address.message)
        if said is None or said.card is None:
            raise MessageGone("This message is not in the web chat any more.")
        await self._previews.show(said.id, card.images)
        said = replace(said, card=without_files(card))
        await self._transcript.say(said)
        await self._teller.said(said)

    async def whisper(self, asked: Request, card: Card) -> None:
        """Show a card to its asker alone, at the composer they used."""
        self._teller.whisper(asked, card)

    async def alone(self, place: Place, user: User) -> Place:
        """The channel that is called like somebody is theirs alone: `Rooms`."""
        return place if place.channel == user.id else Place(place.platform, place.workspace, user.id)

    async def permalink(self, address: Address) -> str:
        """Where the page shows a message: its thread."""
        return f"/?channel={quote(address.place.channel)}#thread={address.place.thread or address.message}"

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Copy an uploaded file to `into`. Raises `BadAttachment`."""
        await self._uploads.fetch(attachment, into, limit)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        """Answer at once, work on: `run` waits for what was started here."""
        task = asyncio.create_task(_logged(work), name="web-door")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("a request from the web chat failed")


def without_files(card: Card) -> Card:
    """What is kept of a card: pictures by their asset, no previews, no paths of this machine."""
    images = tuple(replace(image, path=Path()) for image in card.images if image.asset)
    pair = card.pair and (replace(card.pair[0], path=Path()), replace(card.pair[1], path=Path()))
    return replace(card, images=images, pair=pair)
