"""The REST side: find the room, send and edit cards, whisper."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import discord
from discord import ui

from adapters.discord.client import RetouchClient
from adapters.discord.files import DEFAULT_LIMIT, Parcel, open_files, outgoing
from adapters.discord.memory import Recent
from adapters.discord.problems import INVALID, UNKNOWN_CHANNEL, persist, too_large
from adapters.discord.text import shortened
from adapters.discord.view import card_view
from bot.cards import Card, Tone
from bot.models import Address, Place

log = logging.getLogger(__name__)

Room = discord.abc.Messageable

MAX_THREAD_NAME = 100
MAX_NONCE = 25
_NEEDED = ("view_channel", "send_messages", "attach_files", "read_message_history")


# ── Rooms ───────────────────────────────────────────────────────────────────────────────────────────────────


class Rooms:
    """Where messages go. A place's thread may be no thread of Discord's, but the message people reply to."""

    def __init__(self, client: RetouchClient) -> None:
        self._client = client
        self._is_thread: Recent[str, bool] = Recent(10_000)  # links to old threads then cost no request

    async def of(self, place: Place) -> tuple[Room, bool]:
        """The channel or thread to speak in, and whether it is a thread of Discord's."""
        if place.thread:
            thread = self._client.get_channel(int(place.thread)) or await self._fetched(place.thread)
            if isinstance(thread, discord.Thread):
                self._is_thread.keep(place.thread, True)
                return thread, True
        return self.channel(place), False

    async def number_of(self, address: Address) -> str:
        """The id of the channel or thread a message is in; "" when it cannot be told which.

        A thread's first message is in the channel.
        """
        place = address.place
        if place.thread is None or place.thread == address.message:
            return place.channel
        known = self._is_thread.get(place.thread)
        if known is None and (self._client.is_closed() or not self._client.online.is_set()):
            return ""
        if not known:
            await self.of(place)
            known = self._is_thread.get(place.thread)
        return place.thread if known else "" if known is None else place.channel

    def channel(self, place: Place) -> Room:
        """The channel itself, known or not."""
        known = self._client.get_channel(int(place.channel))
        if isinstance(known, discord.abc.Messageable):
            return known
        guild_id = int(place.workspace) if place.workspace.isdecimal() else None
        return self._client.get_partial_messageable(int(place.channel), guild_id=guild_id)

    async def _fetched(self, thread: str) -> object:
        """An archived thread is in no cache."""
        if self._is_thread.get(thread) is False:
            return None
        try:
            return await self._client.fetch_channel(int(thread))
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:
                self._is_thread.keep(thread, False)
            return None
        except discord.Forbidden:
            return None


def room_limit(room: Room) -> int:
    """How many bytes a file may have there."""
    guild = getattr(room, "guild", None)
    return guild.filesize_limit if isinstance(guild, discord.Guild) and not guild.unavailable else DEFAULT_LIMIT


def missing_permissions(room: Room) -> tuple[str, ...]:
    """What the bot lacks there, in the words of Discord's settings; empty when it cannot be told."""
    guild = getattr(room, "guild", None)
    if not isinstance(room, discord.abc.GuildChannel | discord.Thread) or not isinstance(guild, discord.Guild):
        return ()
    mine = room.permissions_for(guild.me)
    needed = list(_NEEDED)
    if isinstance(room, discord.Thread):
        needed[1] = "send_messages_in_threads"
    return tuple(name.replace("_", " ").title() for name in needed if not getattr(mine, name))


async def open_thread(room: Room, message: discord.Message, card: Card) -> bool:
    """A thread for the replies, where the bot may open one. Elsewhere it must not try: refusals count.

    None for a sentence of the bot's own, such as what admins are told: there is no picture to talk about.
    """
    if card.tone is not Tone.PROGRESS and not (card.prompt or card.images or card.buttons):
        return False
    guild = getattr(room, "guild", None)
    if not isinstance(room, discord.TextChannel) or not isinstance(guild, discord.Guild):
        return False
    if not room.permissions_for(guild.me).create_public_threads:
        return False
    name = shortened(card.prompt or card.title, MAX_THREAD_NAME) or "Picture"
    try:
        await message.create_thread(name=name)
    except discord.HTTPException:
        return False
    return True


# ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────────

Send = Callable[[ui.LayoutView, list[discord.File]], Awaitable[discord.Message]]
"""One attempt. The files are fresh for each: sending closes them."""


async def send(card: Card, limit: int, attempt: Send) -> discord.Message:
    """Send a card with files of at most `limit` bytes each.

    When Discord finds them too large all the same (a proxy, or the whole request counted), once more with all
    files together under the smallest limit there is. When it finds something malformed, once more without the
    links: they depend on the installation's own address, which Discord may not take for one.
    """
    try:
        return await _send(card, limit, attempt)
    except discord.HTTPException as error:
        carried = len(card.images) + len(card.files)
        if carried and too_large(error):
            return await _send(card, DEFAULT_LIMIT * 9 // 10 // carried, attempt)
        if card.links and error.code == INVALID:
            log.warning("sent without links: error=%s", error.text)
            return await _send(replace(card, links=()), limit, attempt)
        raise


async def _send(card: Card, limit: int, attempt: Send) -> discord.Message:
    async with _scratch() as folder:
        parcel = await outgoing(card, folder, limit)
        return await persist(lambda: _attempt(card, parcel, attempt))


async def _attempt(card: Card, parcel: Parcel, attempt: Send) -> discord.Message:
    files = await asyncio.to_thread(open_files, (*parcel.pictures, *parcel.files))
    try:
        return await attempt(card_view(card, parcel), files)
    finally:
        for file in files:
            file.close()


@asynccontextmanager
async def _scratch() -> AsyncIterator[Path]:
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="retouch-discord-")
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)


def nonce_of(key: str) -> str:
    """A key as a nonce, at most 25 characters. By it Discord knows a message sent twice within minutes."""
    return key if len(key) <= MAX_NONCE else hashlib.sha256(key.encode()).hexdigest()[:MAX_NONCE]
