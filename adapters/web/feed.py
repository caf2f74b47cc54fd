"""What open pages are told as it happens: server-sent events, and whispers kept a while for a reload."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from bot.models import Place, User, now_ms

HEARTBEAT_SECONDS = 15.0
BACKLOG = 300  # events a page may lag behind; then it is cut off, comes back and reads everything anew
WHISPER_MS = 10 * 60 * 1000
MOST_WHISPERS = 500

Event = dict[str, object]


@dataclass(eq=False)
class Page:
    """One open page of a person. None in the queue ends it."""

    user: User
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG))


@dataclass(frozen=True, slots=True)
class Whisper:
    """Something only one person may see. `place` is where they asked; `buttons` are the ids of those it still has."""

    user: str
    place: Place
    at: int
    view: Event
    buttons: frozenset[str] = frozenset()


class Feed:
    """The open pages, and the whispers of the last minutes."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._whispers: OrderedDict[str, Whisper] = OrderedDict()
        self._closed = False

    def publish(self, event: Event, to: Callable[[User], bool]) -> None:
        """Tell the open pages of these people."""
        for page in [one for one in self._pages if to(one.user)]:
            if page.queue.full():
                _end(page)
            else:
                page.queue.put_nowait(event)

    def whisper(self, whisper_id: str, whisper: Whisper) -> None:
        """Tell one person, and keep it for their next reload."""
        self._whispers[whisper_id] = whisper
        self._whispers.move_to_end(whisper_id)
        while len(self._whispers) > MOST_WHISPERS:
            self._whispers.popitem(last=False)
        self._tell(whisper, {"type": "whisper", "whisper": whisper.view})

    def whispers(self, user: str, channel: str) -> list[Event]:
        """What this person was told lately in this channel and did not dismiss, oldest first."""
        limit = now_ms() - WHISPER_MS
        for key in [key for key, one in self._whispers.items() if one.at < limit]:
            del self._whispers[key]
        return [one.view for one in self._whispers.values() if (one.user, one.place.channel) == (user, channel)]

    def dismiss(self, whisper_id: str, user: str) -> None:
        """Forget a whisper, on all pages of its person; a stranger's stays."""
        whisper = self._whispers.get(whisper_id)
        if whisper and whisper.user == user:
            del self._whispers[whisper_id]
            self._tell(whisper, {"type": "dismissed", "id": whisper_id})

    def press(self, whisper_id: str, user: str, button: str) -> Whisper | None:
        """Take a button of a whisper, once; None for a stranger's, or one that is not there (any more).

        The answer comes as a whisper of its own, so this one goes, or keeps its pictures and loses its buttons.
        """
        whisper = self._whispers.get(whisper_id)
        if whisper is None or whisper.user != user or button not in whisper.buttons:
            return None
        card = whisper.view["card"]
        if isinstance(card, dict) and card["images"]:
            spent = replace(whisper, view={**whisper.view, "card": {**card, "buttons": []}}, buttons=frozenset())
            self.whisper(whisper_id, spent)
        else:
            self.dismiss(whisper_id, user)
        return whisper

    def _tell(self, whisper: Whisper, event: Event) -> None:
        self.publish({**event, "channel": whisper.place.channel}, lambda user: user.id == whisper.user)

    async def stream(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer one page with events until it goes away or the server stops."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        with self._page(user) as page, contextlib.suppress(ConnectionError):
            await response.write(b"retry: 1000\nevent: hello\ndata: {}\n\n")
            while (event := await _next(page)) is not None:
                data = json.dumps(event, separators=(",", ":")) if event else ""
                await response.write(f"data: {data}\n\n".encode() if data else b": still here\n\n")
        return response

    @contextmanager
    def _page(self, user: User) -> Iterator[Page]:
        page = Page(user)
        if self._closed:
            page.queue.put_nowait(None)
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.discard(page)

    async def close(self, _: web.Application | None = None) -> None:
        """End every stream, now and from now on, so that the server can stop."""
        self._closed = True
        for page in self._pages:
            _end(page)


async def _next(page: Page) -> Event | None:
    """The next event; an empty one as a sign of life; None at the end."""
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            return await page.queue.get()
    except TimeoutError:
        return {}


def _end(page: Page) -> None:
    while page.queue.full():
        page.queue.get_nowait()
    page.queue.put_nowait(None)
