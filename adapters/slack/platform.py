"""Slack as a chat platform: acknowledge at once, translate, hand on; post, update and whisper cards."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from adapters.slack.blocks import card_blocks, fallback_text
from adapters.slack.connection import Connection, connect, socket_mode
from adapters.slack.listening import Listener
from adapters.slack.parts import Block
from adapters.slack.problems import ours
from bot.cards import Card, Tone
from bot.errors import PlatformProblem
from bot.menu import Menu
from bot.models import Address, Attachment, Command, Place, Request, User
from bot.ports import Doors

log = logging.getLogger(__name__)

API = "https://slack.com/api/"


MOST_PREVIEWS = 4
PREVIEW_PATIENCE = 3.0  # seconds for Slack to accept a fresh preview: the next one, or the picture, is on its way


class SlackPlatform:
    """Implements `ports.ChatPlatform` for one workspace's bot token.

    With `app_token` it listens over Socket Mode, else over HTTP on the routes of `add_routes`.
    """

    name = "slack"
    seconds_between_edits = 3.0  # chat.update allows about 50 a minute

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str | None = None,
        signing_secret: str | None = None,
        api_url: str | None = None,
        command: str = "/imagine",
        menu: Menu | None = None,
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._api_url = (api_url or API).rstrip("/") + "/"
        self._command = command
        self._menu = menu
        self._open: Connection | None = None
        self._ready = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Take Slack's HTTP requests at /slack/events of a shared server."""
        app.router.add_post("/slack/events", self._http)

    async def run(self, doors: Doors) -> None:
        """Listen until cancelled. Raises `SetupProblem` when Slack refuses the tokens."""

        def listening(app: AsyncApp, connection: Connection) -> None:
            Listener(connection, doors, self._menu).listen(app, self._command)

        async with contextlib.AsyncExitStack() as stack:
            connection = await stack.enter_async_context(
                connect(self._bot_token, self._signing_secret, self._api_url, listening)
            )
            self._open = connection
            stack.callback(self._close)
            if self._app_token:
                await stack.enter_async_context(socket_mode(connection, self._app_token))
            self._ready.set()
            log.info("Slack is connected: team=%s", connection.workspace)
            await asyncio.Event().wait()

    def _close(self) -> None:
        self._ready.clear()
        self._open = None

    async def _http(self, request: web.Request) -> web.Response:
        if self._open is None:
            return web.Response(status=503)  # Slack tries again
        answer = await self._open.app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def _connection(self) -> Connection:
        try:
            async with asyncio.timeout(30):
                await self._ready.wait()
        except TimeoutError as error:
            raise PlatformProblem("Slack is not connected.") from error
        if self._open is None:
            raise PlatformProblem("Slack is not connected.")
        return self._open

    # ── the port ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Post a message in the channel or thread; `reply_to` has no meaning of its own in Slack."""
        connection = await self._connection()
        # Files go first, unseen: what Slack refuses is known before there is a message that promises it.
        lent = await connection.lend(card)
        answer = await connection.with_card(
            card,
            lambda blocks: connection.client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=fallback_text(card),
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
                parse="none",
            ),
        )
        ts = str(answer["ts"])
        channel = str(answer.get("channel") or place.channel)  # of a person: the direct message with them
        address = Address(replace(place, channel=channel, thread=place.thread or ts), ts)
        await connection.share(card, lent, address)
        return address

    async def edit(self, address: Address, card: Card) -> None:
        """Replace a message's blocks. Previews are shown while they pass; one that Slack does not take is left out."""
        connection = await self._connection()

        async def send(blocks: list[Block]) -> object:
            return await connection.client.chat_update(
                channel=address.place.channel,
                ts=address.message,
                text=fallback_text(card),
                blocks=blocks,
                link_names=False,
                parse="none",
            )

        passing = card.images[:MOST_PREVIEWS] if card.tone is Tone.PROGRESS else ()
        if passing:
            with contextlib.suppress(PlatformProblem, OSError):
                await connection.with_card(replace(card, images=passing), send, PREVIEW_PATIENCE)
                connection.previews_are(address.message, passing)
                return
        taken = await connection.pictures.files_at(address, card.gone) if card.gone else []
        lent = await connection.lend(card, address)
        await connection.with_card(replace(card, images=()) if card.tone is Tone.PROGRESS else card, send)
        connection.previews_are(address.message, ())
        if card.gone:
            connection.later(connection.pictures.take_back(card.gone, taken))
        await connection.share(card, lent, address)

    async def whisper(self, asked: Request, card: Card) -> None:
        """An ephemeral message to the asker: by the request's own URL, else in the thread, else as direct message."""
        connection = await self._connection()
        text, blocks = fallback_text(card), card_blocks(replace(card, images=()))
        if url := connection.response_urls.get(asked.event_id):
            with contextlib.suppress(PlatformProblem):
                await connection.respond(url, text, blocks)
                return
        place = asked.place
        in_thread = None if isinstance(asked, Command) else place.thread
        try:
            async with ours():
                await connection.client.chat_postEphemeral(
                    channel=place.channel, user=asked.user.id, thread_ts=in_thread, text=text, blocks=blocks
                )
        except PlatformProblem:
            async with ours():
                await connection.client.chat_postMessage(channel=asked.user.id, text=text, blocks=blocks)

    async def alone(self, place: Place, user: User) -> Place:
        """The direct message with somebody, by their id: posting there opens it."""
        return place if place.channel.startswith("D") else Place(place.platform, place.workspace, user.id)

    async def permalink(self, address: Address) -> str:
        """Where people find a message; "" while not connected or when Slack does not tell. Raises nothing."""
        return await self._open.permalink(address) if self._open else ""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Download a person's file by its Slack id."""
        connection = await self._connection()
        hosts = (
            frozenset() if self._api_url == API else frozenset({urlsplit(self._api_url).hostname or "", "localhost"})
        )
        await connection.pictures.download(attachment.ref, into, limit, self._bot_token, hosts)
