"""An open connection to one Slack workspace: Bolt's listeners, the Web API, and what is remembered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import form, incoming
from adapters.slack.blocks import card_blocks, form_view, prefilled
from adapters.slack.files import Pictures
from adapters.slack.problems import error_code, ours
from bot.cards import Card, CardImage
from bot.errors import PlatformProblem, SetupProblem
from bot.menu import Menu
from bot.models import User, new_id
from bot.ports import Doors

log = logging.getLogger(__name__)

REMEMBERED = 1000
GRACE_SECONDS = 10.0
FORM_TOO_LATE = "Slack did not open the form in time. Press the button again, or reply in the thread with your words."
YOUNG_FILE_SECONDS = 10.0  # how long Slack may call a fresh file invalid
Body = dict[str, Any]
Ack = Callable[..., Awaitable[object]]


class Connection:
    """Bolt and the Web API of one workspace, and what is remembered while they are open."""

    def __init__(
        self, client: AsyncWebClient, session: aiohttp.ClientSession, who: Body, doors: Doors, menu: Menu | None
    ) -> None:
        self.client = client
        self.workspace = str(who["team_id"])
        self.bot_user = str(who["user_id"])
        self.bot_id = who.get("bot_id")
        self.pictures = Pictures(client, session)
        self.response_urls: OrderedDict[str, str] = OrderedDict()
        self.app: AsyncApp
        self._session = session
        self._doors = doors
        self._menu = menu
        self._previews: dict[str, tuple[CardImage, ...]] = {}
        self._users: OrderedDict[str, User] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    # cards

    async def with_card(
        self, card: Card, send: Callable[[list[Body]], Awaitable[Any]], patience: float = YOUNG_FILE_SECONDS
    ) -> Any:
        """Upload a card's pictures and send its blocks; Slack may call a young file invalid for some seconds."""
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
                    self._later(self.pictures.delete([image for image in card.images if not image.asset]))
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
            self._later(self.pictures.delete(gone))

    async def _sent(self, send: Callable[[list[Body]], Awaitable[Any]], blocks: list[Body]) -> Any:
        try:
            return await send(blocks)
        except SlackApiError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PlatformProblem("Slack could not be reached.") from error

    async def respond(self, url: str, text: str, blocks: list[Body]) -> None:
        """Answer by a request's own URL, to its sender alone."""
        body = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": blocks}
        async with ours(), self._session.post(url, json=body) as answer:
            if answer.status != 200:
                raise PlatformProblem(f"Slack did not take the answer ({answer.status}).")

    # listening

    def listen(self, app: AsyncApp, command: str) -> None:
        """Register every listener. Each acknowledges first and does the rest in its own task."""
        self.app = app
        app.command(command)(self._on_command)
        app.event("message")(self._on_message)
        app.event("app_mention")(self._on_message)
        app.action(re.compile(r"^v1:"))(self._on_action)
        app.view("retouch_form")(self._on_form)
        app.view(form.CALLBACK)(self._on_imagine_form)
        app.action(form.MODEL)(self._on_model)
        app.error(_on_error)

    async def _on_command(self, ack: Ack, body: Body) -> None:
        await ack()
        self._later(self._command(body))

    async def _on_message(self, event: Body) -> None:
        self._later(self._message(event))

    async def _on_action(self, ack: Ack, body: Body) -> None:
        await ack()
        self._later(self._action(body))

    async def _on_form(self, ack: Ack, body: Body) -> None:
        await ack()
        self._later(self._form(body))

    async def _on_imagine_form(self, ack: Ack, body: Body) -> None:
        await ack()
        self._later(self._imagine_form(body))

    async def _on_model(self, ack: Ack, body: Body) -> None:
        await ack()
        self._later(self._change_model(body))

    async def _command(self, body: Body) -> None:
        if self._menu and not body.get("text", "").strip() and await self._open_imagine(body, self._menu):
            return
        command = incoming.command(body, self.workspace, await self._user(body["user_id"]))
        self._remember(command.event_id, body.get("response_url"))
        await self._doors.command(command)

    async def _open_imagine(self, body: Body, menu: Menu) -> bool:
        """The form for words and options; False when Slack would not open it (help is the next best)."""
        view = form.imagine_view(menu, channel=body["channel_id"], response_url=body.get("response_url"))
        try:
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("form not opened: %s", error_code(error) if isinstance(error, SlackApiError) else error)
            return False
        return True

    async def _change_model(self, body: Body) -> None:
        view = body.get("view") or {}
        if self._menu is None or view.get("callback_id") != form.CALLBACK:
            return
        try:
            await self.client.views_update(
                view_id=view["id"], hash=view.get("hash"), view=form.reopened(body, self._menu)
            )
        except SlackApiError as error:
            log.warning("form not updated: %s", error_code(error))

    async def _imagine_form(self, body: Body) -> None:
        command = form.command(body, self.workspace, await self._user(body["user"]["id"]))
        if command:
            self._remember(command.event_id, form.response_url(body))
            await self._doors.command(command)

    async def _message(self, event: Body) -> None:
        if not event.get("user") or event["user"] == self.bot_user:
            return
        someone = User("slack", event["user"], event["user"])
        message = incoming.message(event, self.workspace, someone, self.bot_user)
        if message:
            await self._doors.message(replace(message, user=await self._user(someone.id)))

    async def _action(self, body: Body) -> None:
        if incoming.opens_form(body):
            await self._open_form(body)
            return
        action = incoming.action(body, self.workspace, await self._user(body["user"]["id"]))
        if action:
            self._remember(action.event_id, body.get("response_url"))
            await self._doors.action(action)

    async def _open_form(self, body: Body) -> None:
        someone = User("slack", body["user"]["id"], "")
        pressed = incoming.action(body, self.workspace, someone)
        if pressed is None:
            return
        view = form_view(body["actions"][0]["action_id"], prefilled(body), pressed.place, pressed.message)
        try:
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            log.warning("form not opened: %s", error_code(error))
            if url := body.get("response_url"):
                await self.respond(url, FORM_TOO_LATE, card_blocks(Card(FORM_TOO_LATE), [], key=new_id(6)))

    async def _form(self, body: Body) -> None:
        action = incoming.submission(body, self.workspace, await self._user(body["user"]["id"]))
        if action:
            await self._doors.action(action)

    def _remember(self, event_id: str, response_url: str | None) -> None:
        if response_url:
            self.response_urls[event_id] = response_url
            if len(self.response_urls) > REMEMBERED:
                self.response_urls.popitem(last=False)

    async def _user(self, user_id: str) -> User:
        """A person with name and rank; both are remembered while we are connected."""
        if user_id in self._users:
            return self._users[user_id]
        try:
            found = (await self.client.users_info(user=user_id))["user"]
        except (SlackApiError, aiohttp.ClientError, TimeoutError):
            return User("slack", user_id, user_id)
        profile = found.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or found.get("name") or user_id
        is_admin = bool(found.get("is_admin") or found.get("is_owner"))
        self._users[user_id] = User("slack", user_id, str(name), is_admin=is_admin)
        if len(self._users) > REMEMBERED:
            self._users.popitem(last=False)
        return self._users[user_id]

    # tasks

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
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
    token: str, secret: str | None, api_url: str, command: str, doors: Doors, menu: Menu | None = None
) -> AsyncIterator[Connection]:
    """Introduce ourselves to Slack and listen. Raises `SetupProblem` when Slack refuses the token."""
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
        connection = Connection(client, session, who, doors, menu)

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
        connection.listen(app, command)
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
