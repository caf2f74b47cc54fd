"""Discord as a `bot.ports.ChatPlatform`."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import ui
from discord.gateway import DiscordWebSocket
from yarl import URL

from adapters.discord.client import RetouchClient
from adapters.discord.files import DEFAULT_LIMIT, Cdn, DiscordCdn, save
from adapters.discord.incoming import DM
from adapters.discord.outgoing import (
    Room,
    Rooms,
    missing_permissions,
    nonce_of,
    open_thread,
    room_limit,
    send,
)
from adapters.discord.problems import ARCHIVED, FAILURES, NO_HISTORY, problem
from bot.cards import Card
from bot.errors import MessageGone, PlatformProblem, SetupProblem
from bot.menu import Menu, ModelMenu
from bot.models import Address, Attachment, Message, Place, Request, User
from bot.ports import Doors

log = logging.getLogger(__name__)

REMOVED_NAME = "Removed picture"
_NOBODY = discord.AllowedMentions.none()
_GRACE = 20.0  # seconds for the requests in hand at the end
_LOGIN = 30.0  # seconds a message may wait for the login
_LINK = 3.0  # seconds a link may take: a page waits for it
_WHISPER_SECONDS = 60.0  # how long a whisper stays that had to be said aloud


class DiscordPlatform:
    """Discord, over the gateway (in) and REST (out).

    `threads` opens a thread for each new picture where the bot may.
    """

    name = "discord"
    seconds_between_edits = 2.0  # about 5 edits in 5 s for a whole channel

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None = None,
        gateway_url: str | None = None,
        message_content: bool = False,
        threads: bool = True,
        menu: Menu | None = None,
        cdn: Cdn | None = None,
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._gateway_url = gateway_url
        self._threads = threads
        self._cdn = cdn or DiscordCdn()
        self.client = RetouchClient(
            message_content=message_content,
            menu=menu or Menu((ModelMenu("sketch", backgrounds=("opaque", "transparent")),)),
        )
        self._rooms = Rooms(self.client)

    # ── listening ───────────────────────────────────────────────────────────────────────────────────────────

    def listen(self, doors: Doors) -> None:
        """Say who takes what people do. `run` calls it; so do tests that bring their own connection."""
        self.client.doors = doors

    async def run(self, doors: Doors) -> None:
        """Connect, reconnect, call the doors until cancelled. Raises `SetupProblem`, `PlatformProblem`."""
        self.listen(doors)
        with _pointed_at(self._api_url, self._gateway_url):
            try:
                await self.client.start(self._token)
            except (discord.LoginFailure, discord.PrivilegedIntentsRequired) as error:
                raise _setup_problem(error) from error
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                raise PlatformProblem("Discord cannot be reached.") from error
            finally:
                await self.client.finish(_GRACE)
                await self.client.close()

    # ── speaking ────────────────────────────────────────────────────────────────────────────────────────────

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Post in the place's thread, or in its channel with a new thread for the replies.

        Without a thread of Discord's the address names the message itself as thread: replies to it mean it.
        """
        await self._online()
        try:
            room, in_thread = await self._rooms.of(place)
        except FAILURES as error:
            raise problem(error) from error
        answer_to = reply_to or (None if in_thread else place.thread)
        message = await self._posted(room, card, answer_to, nonce_of(key))
        if self._threads and place.thread is None:
            await open_thread(room, message, card)
        thread = place.thread or str(message.id)
        return Address(Place(place.platform, place.workspace, place.channel, thread), str(message.id))

    async def _posted(self, room: Room, card: Card, answer_to: str | None, nonce: str) -> discord.Message:
        self._remember_values(card)
        reference = _reference(room, answer_to)

        def attempt(view: ui.LayoutView, files: list[discord.File]) -> Awaitable[discord.Message]:
            return room.send(view=view, files=files, nonce=nonce, **reference)

        try:
            return await send(card, room_limit(room), attempt)
        except FAILURES as error:
            if answer_to and isinstance(error, discord.HTTPException) and error.code == NO_HISTORY:
                return await self._posted(room, card, None, nonce)
            raise problem(error, missing=missing_permissions(room)) from error

    async def edit(self, address: Address, card: Card) -> None:
        """Replace text, pictures and buttons. An archived thread is opened first."""
        await self._online()
        try:
            await self._edited(address, card)
        except discord.NotFound as error:
            raise MessageGone("The message was deleted.") from error
        except FAILURES as error:
            raise problem(error) from error
        if card.gone and address.place.thread == address.message:
            await self._unname(address.place)

    async def _unname(self, place: Place) -> None:
        """A thread is called by what somebody asked for: such words go with their picture. Best effort."""
        try:
            room, _ = await self._rooms.of(place)
            if isinstance(room, discord.Thread) and room.owner_id == getattr(self.client.user, "id", None):
                await room.edit(name=REMOVED_NAME)
        except FAILURES as error:
            log.info("a thread keeps its name: error=%s", type(error).__name__)

    async def _edited(self, address: Address, card: Card) -> None:
        self._remember_values(card)
        room, _ = await self._home_of(address)
        known = room if isinstance(room, discord.Thread | discord.TextChannel) else None
        message = discord.PartialMessage(channel=room, id=int(address.message))  # type: ignore[arg-type]

        def attempt(view: ui.LayoutView, files: list[discord.File]) -> Awaitable[discord.Message]:
            # The client's own allowed_mentions reach an edit only with `content`, and there is none here.
            return message.edit(view=view, attachments=files, allowed_mentions=_NOBODY)

        try:
            await send(card, room_limit(room), attempt)
        except discord.HTTPException as error:
            if error.code != ARCHIVED or not isinstance(known, discord.Thread):
                raise
            await known.edit(archived=False)
            await send(card, room_limit(room), attempt)

    async def _home_of(self, address: Address) -> tuple[Room, bool]:
        """A thread's first message lives in the channel, under the thread's own id."""
        if address.place.thread == address.message:
            return self._rooms.channel(address.place), False
        return await self._rooms.of(address.place)

    def _remember_values(self, card: Card) -> None:
        for button in card.buttons:
            if button.form and button.value:
                self.client.prefills.keep(button.id, button.value)

    # ── whispering ──────────────────────────────────────────────────────────────────────────────────────────

    async def whisper(self, asked: Request, card: Card) -> None:
        """Tell only the asker: within the interaction, else by direct message, else aloud for a minute."""
        await self._online()
        for way in (self._whisper_there, self._whisper_directly, self._say_for_a_minute):
            try:
                if await way(asked, card):
                    return
            except FAILURES as error:
                log.info("whisper failed: way=%s error=%s", way.__name__, type(error).__name__)
        log.warning("nobody was told: event=%s", asked.event_id)

    async def _whisper_there(self, asked: Request, card: Card) -> bool:
        opened = self.client.opened.get(asked.event_id)
        if opened is None or opened.interaction.is_expired():
            return False
        first, opened.thinking = opened.thinking, False

        async def attempt(view: ui.LayoutView, files: list[discord.File]) -> discord.Message:
            if first:
                whisper = opened.interaction.edit_original_response
                return await whisper(view=view, attachments=files, allowed_mentions=_NOBODY)
            return await opened.interaction.followup.send(view=view, files=files, ephemeral=True, wait=True)

        await send(card, DEFAULT_LIMIT, attempt)
        return True

    async def _whisper_directly(self, asked: Request, card: Card) -> bool:
        if asked.place.workspace == DM:
            room = self._rooms.channel(asked.place)
        else:
            room = await self.client.create_dm(discord.Object(int(asked.user.id)))
        await send(card, DEFAULT_LIMIT, lambda view, files: room.send(view=view, files=files))
        return True

    async def _say_for_a_minute(self, asked: Request, card: Card) -> bool:
        if card.links or card.files or not isinstance(asked, Message):  # a key, or an answer, of the asker's own
            card = Card(title="I cannot send you this alone. Allow direct messages from here, then ask again.")
        room, _ = await self._rooms.of(asked.place)
        reference = _reference(room, asked.id if isinstance(asked, Message) else None)

        def attempt(view: ui.LayoutView, files: list[discord.File]) -> Awaitable[discord.Message]:
            return room.send(view=view, files=files, delete_after=_WHISPER_SECONDS, **reference)

        await send(card, room_limit(room), attempt)
        return True

    async def alone(self, place: Place, user: User) -> Place:
        """The direct message with somebody. Whether they take any is known when one is sent."""
        if place.workspace == DM:
            return place
        await self._online()
        try:
            room = await self.client.create_dm(discord.Object(int(user.id)))
        except FAILURES as error:
            raise problem(error) from error
        return Place(place.platform, DM, str(room.id))

    # ── links and files ────────────────────────────────────────────────────────────────────────────────────────────

    async def permalink(self, address: Address) -> str:
        """Where people find a message. "" also while Discord cannot say what is a thread and what a channel."""
        place = address.place
        numbers = [place.channel, place.thread or place.channel, address.message]
        if place.workspace != DM:
            numbers.append(place.workspace)
        if place.platform != self.name or not all(re.fullmatch("[0-9]{1,20}", number) for number in numbers):
            return ""
        try:
            async with asyncio.timeout(_LINK):
                room = await self._rooms.number_of(address)
        except FAILURES:
            return ""
        guild = "@me" if place.workspace == DM else place.workspace
        return f"https://discord.com/channels/{guild}/{room}/{address.message}" if room else ""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Stream a person's file from Discord's CDN to `into`."""
        await save(attachment, self._cdn, into, limit)

    async def _online(self) -> None:
        if self.client.is_closed():
            raise PlatformProblem("The bot is going offline.")
        try:
            async with asyncio.timeout(_LOGIN):
                await self.client.online.wait()
        except TimeoutError as error:
            raise PlatformProblem("Discord cannot be reached right now. Try again in a minute.") from error


def _reference(room: Room, message: str | None) -> dict[str, Any]:
    """What a message answers to. A message that is gone, or elsewhere, is no reason to fail."""
    if message is None:
        return {}
    channel = getattr(room, "id", 0)
    reference = discord.MessageReference(message_id=int(message), channel_id=channel, fail_if_not_exists=False)
    return {"reference": reference, "mention_author": False}


def _setup_problem(error: Exception) -> SetupProblem:
    sentence = "The bot is not set up for Discord. Ask an admin."
    if isinstance(error, discord.LoginFailure):
        return SetupProblem(
            sentence,
            for_admin="Discord does not accept DISCORD_TOKEN: copy it again from the Bot page.",
        )
    return SetupProblem(
        sentence,
        for_admin="DISCORD_MESSAGE_CONTENT is set, but the Message Content intent is off: switch it on in "
        "Discord's developer portal (Bot page), or unset the variable.",
    )


@contextmanager
def _pointed_at(api_url: str | None, gateway_url: str | None) -> Iterator[None]:
    """Send discord.py to another server while this lasts.

    Its addresses are two class attributes, `Route.BASE` (REST, webhooks, interactions) and
    `DiscordWebSocket.DEFAULT_GATEWAY`: documented nowhere else, and one for the whole process.
    """
    base, gateway = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    if api_url:
        discord.http.Route.BASE = _api_base(api_url)
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
    try:
        yield
    finally:
        discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


def _api_base(url: str) -> str:
    """A proxy's address with the API's version, which may be left out."""
    address = URL(url)
    return str(address.with_path("/api/v10") if address.path in ("", "/") else address).rstrip("/")
