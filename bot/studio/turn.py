"""One event on its way through the studio: whether it is answered here, and the whisper to who asked."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.cards import Card
from bot.models import Request
from bot.studio.desk import Desk

log = logging.getLogger(__name__)


class Turn:
    """One delivery of an event. Chats deliver events twice, also at the same moment: only one of them answers."""

    def __init__(self, desk: Desk, asked: Request, whisper: Callable[[Card], None] | None = None) -> None:
        self._desk = desk
        self._asked = asked
        self._whisper = whisper  # where whispers go instead of to the platform
        self._is_ours = False

    async def take(self) -> bool:
        """Remember the event; False when another delivery of it is being answered, or was."""
        if not self._is_ours:
            self._is_ours = await self._desk.store.see(self._asked.place.platform, self._asked.event_id)
        return self._is_ours

    def is_ours(self) -> None:
        """Note that this delivery is the one that was taken."""
        self._is_ours = True

    async def tell(self, card: Card) -> None:
        """Whisper to who asked, unless another delivery answers them. What goes wrong here is only logged."""
        try:
            if not await self.take():
                return
            if self._whisper:
                self._whisper(card)
            else:
                await self._desk.platforms[self._asked.place.platform].whisper(self._asked, card)
        except Exception:
            log.exception("could not tell the asker: event=%s", self._asked.event_id)
