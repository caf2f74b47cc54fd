"""An open connection to one Slack workspace: the Web API, and what is remembered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.blocks import card_blocks
from adapters.slack.files import Pictures
from adapters.slack.people import People
from adapters.slack.problems import error_code, ours
from bot.cards import Card, CardImage, Person
from bot.errors import PlatformProblem, RetouchError, SetupProblem
from bot.models import Address, new_id

log = logging.getLogger(__name__)

REMEMBERED = 1000
GRACE_SECONDS = 10.0
PERMALINK_SECONDS = 5.0
YOUNG_FILE_SECONDS = 10.0  # how long Slack may call a fresh file invalid
Body = dict[str, Any]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Connection:
    """The Web API of one workspace, and what is remembered while they are open."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, who: Body) -> None:
        self.client = client
        self.workspace = str(who["team_id"])
        self.bot_user = str(who["user_id"])
        self.bot_id = who.get("bot_id")
        self.pictures = Pictures(client, session)
        self.people = People(client, self.workspace)
        self.response_urls: OrderedDict[str, str] = OrderedDict()
        self.app: AsyncApp
        self._session = session
        self._permalinks: OrderedDict[Address, str] = OrderedDict()
        self._shared: OrderedDict[tuple[Address, str], None] = OrderedDict()
        self._previews: dict[str, tuple[CardImage, ...]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # cards

    async def with_card(
        self, card: Card, send: Callable[[list[Body]], Awaitable[Any]], patience: float = YOUNG_FILE_SECONDS
    ) -> Any:
        """Upload a card's pictures and send its blocks; Slack may call a young file invalid for some seconds.

        People are named by their ids in it: a mention in a message, unlike one in a whisper, rings for them.
        """
        card = replace(card, live=tuple(one for one in card.live if not isinstance(one, Person)))
        with tempfile.TemporaryDirectory(prefix="retouch-slack-") as scratch:
            files = [await self.pictures.upload(image, Path(scratch)) for image in card.images]
        pause, deadline = 0.5, asyncio.get_running_loop().time() + patience
        while True:
            try:
                return await self._sent(send, card_blocks(card, files, key=new_id(6)))
            except SlackApiError as error:
                late = asyncio.get_running_loop().time() > deadline
                if not files or error_code(error) not in ("invalid_blocks", "invalid_attachments") or late:
                    for image in card.images:
                        self.pictures.forget(image)
                    self.later(self.pictures.delete([image for image in card.images if not image.asset]))
                    async with ours():
                        raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)

    def previews_are(self, message: str, images: Sequence[CardImage]) -> None:
        """These passing pictures are on a message now: the ones before them are deleted, off the path."""
        paths = {image.path for image in images}
        gone = [image for image in self._previews.pop(message, ()) if image.path not in paths]
        if images:
            self._previews[message] = tuple(images)
        if gone:
            self.later(self.pictures.delete(gone))

    async def _sent(self, send: Callable[[list[Body]], Awaitable[Any]], blocks: list[Body]) -> Any:
        try:
            return await send(blocks)
        except SlackApiError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PlatformProblem("Slack could not be reached.") from error

    async def permalink(self, address: Address) -> str:
        """The address of a message, "" where Slack tells none; asked for once."""
        if address in self._permalinks:
            return self._permalinks[address]
        try:
            async with ours(), asyncio.timeout(PERMALINK_SECONDS):
                found = await self.client.chat_getPermalink(channel=address.place.channel, message_ts=address.message)
        except (RetouchError, RuntimeError) as error:  # RuntimeError: the session was closed meanwhile
            log.info("no permalink: %s", error)
            return ""
        link = str(found.get("permalink") or "")
        if link:
            _keep(self._permalinks, address, link)
        return link

    async def lend(self, card: Card, address: Address | None = None) -> dict[str, str]:
        """Upload a card's files, but those that already stand under that message: Slack's ids and their names."""
        wanted = [file for file in card.files if (address, str(file.path)) not in self._shared]
        return {await self.pictures.lend(file): file.name for file in wanted}

    async def share(self, card: Card, lent: Mapping[str, str], address: Address) -> None:
        """Show lent files in the message's thread."""
        if lent:
            await self.pictures.share(lent, address.place)
            for file in card.files:
                _keep(self._shared, (address, str(file.path)), None)

    async def respond(self, url: str, text: str, blocks: list[Body]) -> None:
        """Answer by a request's own URL, to its sender alone."""
        body = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": blocks}
        async with ours(), self._session.post(url, json=body) as answer:
            if answer.status != 200:
                raise PlatformProblem(f"Slack did not take the answer ({answer.status}).")

    # memory

    def remember(self, event_id: str, response_url: str | None) -> None:
        """Keep where the sender of a request, and nobody else, can be answered."""
        if response_url:
            _keep(self.response_urls, event_id, response_url)

    # tasks

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it after the acknowledgement; closing waits for it."""
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Let the requests in hand end."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _keep(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("a Slack request failed")


async def _on_error(error: Exception) -> BoltResponse:
    """Events nobody listens to get a 200: with anything else Slack would send them again and again."""
    if type(error).__name__ != "BoltUnhandledRequestError":
        log.error("a Slack listener failed", exc_info=error)
    return BoltResponse(status=200, body="")


@contextlib.asynccontextmanager
async def connect(
    token: str, secret: str | None, api_url: str, listen: Callable[[AsyncApp, Connection], None]
) -> AsyncIterator[Connection]:
    """Introduce ourselves to Slack and `listen`. Raises `SetupProblem` when Slack refuses the token."""
    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.ERROR)  # at INFO and DEBUG Bolt logs whole payloads; its warnings are about its own defaults
    timeout = aiohttp.ClientTimeout(total=300, connect=10, sock_read=60)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        # Only rate limits are retried: a retried connection error could post a message twice.
        client = AsyncWebClient(
            token=token,
            base_url=api_url,
            session=session,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=3)],
        )
        who = await _introduced(client)
        connection = Connection(client, session, who)

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=who.get("enterprise_id"),
                team_id=connection.workspace,
                bot_token=token,
                bot_id=connection.bot_id,
                bot_user_id=connection.bot_user,
            )

        app = AsyncApp(
            client=client,
            authorize=authorize,
            signing_secret=secret or "",
            request_verification_enabled=bool(secret),
            raise_error_for_unhandled_request=True,
            logger=quiet,
        )
        connection.app = app
        app.error(_on_error)
        listen(app, connection)
        try:
            yield connection
        finally:
            await connection.finish()


async def _introduced(client: AsyncWebClient) -> Body:
    try:
        return dict((await client.auth_test()).data)  # type: ignore[arg-type]
    except SlackApiError as error:
        raise SetupProblem(f"Slack refuses SLACK_BOT_TOKEN ({error_code(error)}).") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SetupProblem("Slack could not be reached; check the network and SLACK_API_URL.") from error


@contextlib.asynccontextmanager
async def socket_mode(connection: Connection, app_token: str) -> AsyncIterator[None]:
    """Listen over a WebSocket. The token is tried first: the SDK itself would try a wrong one for ever."""
    try:
        await connection.client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        raise SetupProblem(f"Slack refuses SLACK_APP_TOKEN ({error_code(error)}).") from error
    handler = AsyncSocketModeHandler(connection.app, app_token, web_client=connection.client)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
