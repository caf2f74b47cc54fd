"""Telling open pages what was said: one message, its thread's summary, a whisper."""

from __future__ import annotations

from collections import OrderedDict

from adapters.web.feed import Event, Feed, Whisper
from adapters.web.rooms import Rooms
from adapters.web.views import Views, thread_summary
from bot.cards import Card
from bot.models import Request, now_ms
from bot.ports import Said, Transcript

MOST_SPOTS = 2000
WHISPER = "w-"  # a whisper's id: this and its event's


class Teller:
    """Between the transcript and the feed."""

    def __init__(self, feed: Feed, views: Views, transcript: Transcript, rooms: Rooms) -> None:
        self._feed = feed
        self._views = views
        self._transcript = transcript
        self._rooms = rooms
        self._spots: OrderedDict[str, str | None] = OrderedDict()

    async def said(self, said: Said) -> None:
        """A message is new or changed."""
        view = await self._views.message(said)
        readers = await self._rooms.readers(said.channel)
        self._feed.publish({"type": "said", "channel": said.channel, "message": view}, readers)
        if said.thread:
            replies = await self._transcript.replies(said.channel, said.thread)
            summary = {"type": "thread", "channel": said.channel, "root": said.thread}
            self._feed.publish(summary | thread_summary(replies), readers)

    def remember_spot(self, event_id: str, thread: str | None) -> None:
        """Note where a person pressed: the thread beside, or the channel (None). A whisper answers there."""
        self._spots[event_id] = thread
        while len(self._spots) > MOST_SPOTS:
            self._spots.popitem(last=False)

    def whisper(self, asked: Request, card: Card, *, suggest: str = "") -> None:
        """Tell only the asker. `suggest` are words the page offers to send instead."""
        whisper_id = f"{WHISPER}{asked.event_id}"
        at = now_ms()
        view: Event = {
            "id": whisper_id,
            "thread": self._spots.get(asked.event_id, asked.place.thread),
            "at": at,
            "card": self._views.card(card),
            "suggest": suggest,
        }
        buttons = frozenset(button.id for button in card.buttons)
        self._feed.whisper(whisper_id, Whisper(asked.user.id, asked.place, at, view, buttons))
