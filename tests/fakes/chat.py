"""A chat that keeps a transcript: implements the platform port, with faults that can be switched on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cards import Card, Tone
from bot.errors import BadAttachment, CannotPost, MessageGone, PlatformProblem
from bot.models import Address, Attachment, Place, Request, User
from bot.ports import Doors


@dataclass
class Posted:
    """A message of the bot's and every state it went through."""

    address: Address
    history: list[Card]
    reply_to: str | None

    @property
    def card(self) -> Card:
        return self.history[-1]


class FakeChat:
    """Implements `ports.ChatPlatform`. `files` are people's attachments by ref."""

    seconds_between_edits = 0.0

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.posted: list[Posted] = []
        self.whispers: list[tuple[Request, Card]] = []
        self.files: dict[str, bytes] = {}
        self.edit_fault: PlatformProblem | None = None
        self.post_fault: Exception | None = None
        self.post_fault_in = ""  # a channel
        self.gone: set[str] = set()  # messages that people deleted
        self._keys: dict[str, Address] = {}

    async def run(self, doors: Doors) -> None:
        await asyncio.Event().wait()

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        if self.post_fault:
            raise self.post_fault
        if place.channel == self.post_fault_in:
            raise CannotPost("The bot may not speak there.")
        if key in self._keys:
            return self._keys[key]
        message = f"m{len(self.posted) + 1}"
        address = Address(replace(place, thread=place.thread or message), message)
        self._keys[key] = address
        self.posted.append(Posted(address, [card], reply_to))
        return address

    async def edit(self, address: Address, card: Card) -> None:
        if self.edit_fault:
            raise self.edit_fault
        if address.message in self.gone:
            raise MessageGone("The message was deleted.")
        next(one for one in self.posted if one.address == address).history.append(card)

    async def whisper(self, asked: Request, card: Card) -> None:
        self.whispers.append((asked, card))

    async def alone(self, place: Place, user: User) -> Place:
        return place if place.channel.startswith("dm-") else Place(place.platform, place.workspace, f"dm-{user.id}")

    async def permalink(self, address: Address) -> str:
        return f"https://chat.example/{address.message}"

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        data = self.files.get(attachment.ref)
        if data is None or len(data) > limit:
            raise BadAttachment("This file cannot be fetched.")
        into.write_bytes(data)

    async def settled(self) -> None:
        """Wait until nothing is in progress on any message."""
        async with asyncio.timeout(30):
            while any(one.card.tone is Tone.PROGRESS for one in self.posted):
                await asyncio.sleep(0.005)
