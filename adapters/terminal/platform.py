"""A chat with one person who says one thing and waits for one answer."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.cards import Card, Tone
from bot.errors import BadAttachment
from bot.models import Address, Attachment, Place, Request, User, new_id
from bot.ports import Doors


class TerminalPlatform:
    """Implements `ports.ChatPlatform`. `on_card` is called with each card, progress included.

    The name is unique to the process ("cli.ab12cd"), so that two commands at the same time never take each other's
    jobs from the queue.
    """

    seconds_between_edits = 0.2

    def __init__(self, on_card: Callable[[Card], None]) -> None:
        self.name = f"cli.{new_id(6)}"
        self.address: Address | None = None
        self._on_card = on_card
        self._answer: asyncio.Future[Card] = asyncio.get_running_loop().create_future()

    async def answer(self) -> Card:
        """The last word on the request: a finished picture, a refusal or a failure."""
        return await asyncio.shield(self._answer)

    async def run(self, doors: Doors) -> None:
        """Nothing arrives from outside; the command line calls the door itself."""
        await asyncio.Event().wait()

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Show a card; the key serves as its id."""
        self.address = Address(replace(place, thread=key), key)
        self._show(card)
        return self.address

    async def edit(self, address: Address, card: Card) -> None:
        """Show the card as it is now."""
        self._show(card)

    async def whisper(self, asked: Request, card: Card) -> None:
        """Everything here is between two; a whisper ends the request."""
        self._settle(card)

    async def alone(self, place: Place, user: User) -> Place:
        """Here everything is."""
        return place

    async def permalink(self, address: Address) -> str:
        """The command line keeps no messages."""
        return ""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Copy a local file. Raises `BadAttachment` when it cannot be read or is over `limit` bytes."""
        await asyncio.to_thread(_copy, Path(attachment.ref), into, limit)

    def _show(self, card: Card) -> None:
        if card.tone is Tone.PROGRESS:
            self._on_card(card)
        else:
            self._settle(card)

    def _settle(self, card: Card) -> None:
        if not self._answer.done():
            self._answer.set_result(card)


def _copy(source: Path, into: Path, limit: int) -> None:
    try:
        size = source.stat().st_size
        if size > limit:
            raise BadAttachment(
                f"{source.name} has {size / 1e6:.0f} MB; {limit / 1e6:.0f} MB is the most. Send a smaller one."
            )
        shutil.copyfile(source, into)
    except OSError as error:
        raise BadAttachment(f"{source} cannot be read ({error.strerror}).") from error
