"""A person at Slack: signed payloads in, the emulator's messages out."""

from __future__ import annotations

import asyncio
import itertools
import json
import mimetypes
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_sdk.signature import SignatureVerifier

from adapters.slack import SlackPlatform
from bot.menu import Menu
from bot.ports import ChatPlatform, Doors
from tests.contracts.chat import ChatDriver, File, Seen
from tests.fakes.slack import BOT_USER, CHANNEL, TEAM, TOKEN, SlackWorld, open_slack_world

SECRET = "signing-secret"


class House(Protocol):
    """The core that the platform is plugged into."""

    def studio(self, platform: ChatPlatform, /) -> Doors:
        """Doors that post through this platform."""


@asynccontextmanager
async def open_slack(house: House) -> AsyncIterator[ChatDriver]:
    """A workspace with one channel and our app in it, over HTTP."""
    async with open_slack_http(house) as driver:
        yield driver


@asynccontextmanager
async def open_slack_http(house: House, menu: Menu | None = None) -> AsyncIterator[SlackDriver]:
    """The same, by its own type."""
    async with open_slack_world() as world, AsyncExitStack() as stack:
        platform, client = await stack.enter_async_context(_served(house, world, menu))
        driver = SlackDriver(world, platform, client, menu)
        driver.server = stack.pop_all()
        try:
            await driver.until_ready()
            yield driver
        finally:
            await driver.server.aclose()


@asynccontextmanager
async def _served(
    house: House, world: SlackWorld, menu: Menu | None
) -> AsyncIterator[tuple[SlackPlatform, TestClient[Any, Any]]]:
    """Our app behind its address, listening."""
    platform = SlackPlatform(bot_token=TOKEN, signing_secret=SECRET, api_url=f"{world.url}/api/", menu=menu)
    app = web.Application()
    platform.add_routes(app)
    running = asyncio.create_task(platform.run(house.studio(platform)))
    async with TestClient(TestServer(app)) as client:
        try:
            yield platform, client
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class SlackDriver:
    """Implements `ChatDriver`."""

    def __init__(
        self, world: SlackWorld, platform: SlackPlatform, client: TestClient[Any, Any], menu: Menu | None
    ) -> None:
        self.world = world
        self.platform = platform
        self.server = AsyncExitStack()
        self._client = client
        self._menu = menu
        self._files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._last: tuple[str, str] = ("", "")

    async def until_ready(self) -> None:
        """Wait until the platform answers."""
        async with asyncio.timeout(10):
            while await self.post(json.dumps({"type": "url_verification", "challenge": "x"})) == 503:
                await asyncio.sleep(0.02)

    async def post(self, body: str, kind: str = "application/json", **headers: str) -> int:
        """One signed request, as Slack sends it; the status of the answer."""
        stamp = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
        sent = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature or "",
            "Content-Type": kind,
        } | headers
        async with self._client.post("/slack/events", data=body.encode(), headers=sent) as answer:
            return answer.status

    async def deliver(self, body: str, kind: str = "application/json") -> None:
        """A request that Slack would repeat if it were not answered with 200."""
        self._last = (body, kind)
        assert await self.post(body, kind) == 200

    async def imagine(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        assert not files, "Slack's slash commands take no files"
        await self.command("/imagine", text, who)

    async def ref(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        opened = len(self.world.views)
        await self.command("/imagine-ref", text, who)
        if files:
            view = await self.form(opened)
            (upload,) = [await self.upload(name, data) for name, data in files]
            await self.fill(view, who, file={"file": {"type": "file_input", "files": [upload]}})

    async def run(self, name: str, text: str = "", who: str = "alice") -> None:
        if name == "admin":  # its text arrives escaped, with mentions
            text = re.sub(r"@([a-z]+)", lambda found: f"<@{user(found[1])}|{found[1]}>", escape(text))
        await self.command(f"/imagine-{name}", text, who)

    async def promote(self, who: str = "alice") -> None:
        self.world.admins.add(who)

    async def command(self, command: str, text: str, who: str = "alice") -> None:
        """Type any slash command."""
        number = next(self._numbers)
        form = {"command": command, "text": text, "user_id": user(who), "user_name": who, "channel_id": CHANNEL,
                "team_id": TEAM, "trigger_id": f"t{number}",
                "response_url": f"{self.world.url}/respond/{user(who)}-{number}",
                "api_app_id": "A1"}  # fmt: skip
        await self.deliver(urlencode(form), "application/x-www-form-urlencoded")

    async def reply(self, text: str, *, to: Seen | None = None, files: Sequence[File] = (), who: str = "alice") -> None:
        thread = (await self._messages())[0]["ts"]
        await self._say(escape(text), who=who, files=files, thread=thread)

    async def mention(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        await self._say(f"<@{BOT_USER}> {escape(text)}", who=who, files=files, thread=None)

    async def _say(self, text: str, *, who: str, files: Sequence[File], thread: str | None) -> None:
        uploads = [await self.upload(name, data) for name, data in files]
        event: dict[str, Any] = {"type": "message", "channel": CHANNEL, "user": user(who), "text": text,
                                 "ts": self._now(), "channel_type": "channel"}  # fmt: skip
        if thread:
            event["thread_ts"] = thread
        if uploads:
            event |= {"files": uploads, "subtype": "file_share"}
        await self.event(event)

    def _now(self) -> str:
        """A fresh message time."""
        return f"{int(time.time())}.{next(self._numbers):06}"

    async def event(self, event: dict[str, Any]) -> None:
        """One event of the Events API."""
        body = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event": event,
                "event_id": f"Ev{next(self._numbers)}"}  # fmt: skip
        await self.deliver(json.dumps(body))

    async def press(self, seen: Seen, label: str, *, text: str = "", who: str = "alice") -> None:
        channel = f"D{user(who)[1:]}" if seen.private else CHANNEL
        said = list(self.world.direct[channel].values()) if seen.private else await self._messages()
        message = next(one for one in said if one["ts"] == seen.id)
        button = next(one for one in buttons(message) if one["text"]["text"] == label)
        number = next(self._numbers)
        payload = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user(who), "team_id": TEAM},
                   "channel": {"id": channel}, "message": message, "trigger_id": f"t{number}", "api_app_id": "A1",
                   "container": {"type": "message", "message_ts": seen.id, "channel_id": channel},
                   "response_url": f"{self.world.url}/respond/{user(who)}-{number}",
                   "actions": [button | {"action_ts": str(number), "block_id": "b"}]}  # fmt: skip
        opened = len(self.world.views)
        await self.interact(payload)
        if button["value"].startswith("form:"):
            await self.fill(await self.form(opened), who, words={"words": {"value": text}})

    async def shortcut(self, callback: str, message: dict[str, Any], who: str = "alice") -> None:
        """Choose one of our entries in a message's menu."""
        number = next(self._numbers)
        await self.interact(
            {"type": "message_action", "callback_id": callback, "team": {"id": TEAM}, "api_app_id": "A1",
             "user": {"id": user(who), "team_id": TEAM}, "channel": {"id": CHANNEL, "name": "general"},
             "message": {"type": "message"} | message, "message_ts": message["ts"], "action_ts": f"{number}.0",
             "trigger_id": f"t{number}", "response_url": f"{self.world.url}/respond/{user(who)}-{number}"}
        )  # fmt: skip

    async def form(self, opened: int) -> dict[str, Any]:
        """The form that Slack shows after `opened` others."""
        async with asyncio.timeout(5):
            while len(self.world.views) == opened:
                await asyncio.sleep(0.01)
        return self.world.views[-1]

    async def fill(self, view: dict[str, Any], who: str = "alice", **changed: dict[str, Any]) -> None:
        """Send a form as it is prefilled, but for the fields given by block id."""
        state = as_opened(view) | changed
        await self.interact(
            {"type": "view_submission", "team": {"id": TEAM}, "user": {"id": user(who), "team_id": TEAM},
             "api_app_id": "A1", "trigger_id": "t0",
             "view": view | {"id": f"V{next(self._numbers)}", "type": "modal", "state": {"values": state}}}
        )  # fmt: skip

    async def upload(self, name: str, data: bytes) -> dict[str, Any]:
        """A person's file, as Slack describes it on a message or in a form."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {"id": await self.world.file(name, data), "name": name, "mimetype": kind, "size": len(data)}

    async def interact(self, payload: dict[str, Any]) -> None:
        """One interaction: a form field `payload`."""
        await self.deliver(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    async def again(self) -> None:
        await self.deliver(*self._last)

    async def restart(self, house: House) -> None:
        """Our app's process ends and a new one starts; Slack keeps what was posted."""
        await self.server.aclose()
        self.platform, self._client = await self.server.enter_async_context(_served(house, self.world, self._menu))
        await self.until_ready()

    async def seen(self, who: str = "alice") -> list[Seen]:
        messages = [await self._seen(one) for one in await self._messages()]
        whispers = [
            Seen(f"w{index}", words(one), private=True, links=links(one))
            for index, one in enumerate(self.world.whispers)
            if one["user"] == user(who)
        ]
        direct = [await self._seen(one) for one in self.world.direct.get(f"D{user(who)[1:]}", {}).values()]
        return [*messages, *whispers, *(replace(one, private=True) for one in direct)]

    async def _seen(self, message: dict[str, Any]) -> Seen:
        pictures = [block for block in message.get("blocks") or [] if block["type"] == "image"]
        images = [await self._bytes_of(one["slack_file"]["id"]) for one in pictures]
        files = [(one["name"], await self._bytes_of(one["id"])) for one in message.get("files") or ()]
        return Seen(
            id=message["ts"],
            text=words(message),
            images=tuple(images),
            alts=tuple(one["alt_text"] for one in pictures),
            buttons=tuple(one["text"]["text"] for one in buttons(message)),
            in_thread=message.get("thread_ts") not in (None, message["ts"]),
            links=links(message),
            files=tuple(files),
        )

    async def _bytes_of(self, file_id: str) -> bytes:
        """A file, downloaded once: Slack never changes one."""
        if file_id not in self._files:
            self._files[file_id] = await self.world.bytes_of(file_id)
        return self._files[file_id]

    async def _messages(self) -> list[dict[str, Any]]:
        """The bot's messages, oldest first, replies behind all roots."""
        roots = (await self.world.api("conversations.history", channel=CHANNEL))["messages"]
        found = {one["ts"]: one for one in roots}
        threads = {call.get("thread_ts") for call in self.world.called("chat.postMessage")} - {None}
        for thread in [*found, *threads]:
            replies = await self.world.api("conversations.replies", channel=CHANNEL, ts=thread)
            found |= {one["ts"]: one for one in replies.get("messages", [])}
        return [found[ts] for ts in sorted(found, key=float)]


def user(who: str) -> str:
    """A stable id for a name."""
    return f"U{who.upper()}"


def escape(text: str) -> str:
    """What Slack's client makes of typed text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Every button on a message that does something here."""
    return [one for one in _elements(message) if "url" not in one]


def links(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Label and address of every button that opens a page."""
    return tuple((one["text"]["text"], one["url"]) for one in _elements(message) if "url" in one)


def _elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [element for row in rows for element in row["elements"]]


def as_opened(view: dict[str, Any]) -> dict[str, Any]:
    """What Slack reports of a form that nobody touched."""
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if "element" in block}
    return {block: {element["action_id"]: _as_opened(element)} for block, element in elements.items()}


_KEPT: dict[str, tuple[str, str, Any]] = {
    "static_select": ("selected_option", "initial_option", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "multi_users_select": ("selected_users", "initial_users", []),
    "plain_text_input": ("value", "initial_value", None),
    "file_input": ("files", "initial_files", []),
}


def _as_opened(element: dict[str, Any]) -> dict[str, Any]:
    """What Slack reports of a field that nobody touched."""
    key, initial, nothing = _KEPT[element["type"]]
    return {"type": element["type"], key: element.get(initial, nothing)}


def words(message: dict[str, Any]) -> str:
    """Everything a person can read on a message."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") in ("text", "plain_text"):
                found.append(node["text"])
            else:
                for key, value in node.items():
                    if key != "alt_text":
                        walk(value)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    walk([block for block in message.get("blocks") or [] if block["type"] != "actions"])
    return "\n".join(found)
