"""A person at Slack: signed payloads in, the emulator's messages out."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
    async with open_slack_world() as world:
        platform = SlackPlatform(bot_token=TOKEN, signing_secret=SECRET, api_url=f"{world.url}/api/", menu=menu)
        app = web.Application()
        platform.add_routes(app)
        running = asyncio.create_task(platform.run(house.studio(platform)))
        async with TestClient(TestServer(app)) as client:
            driver = SlackDriver(world, platform, client)
            await driver.until_ready()
            try:
                yield driver
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


class SlackDriver:
    """Implements `ChatDriver`."""

    def __init__(self, world: SlackWorld, platform: SlackPlatform, client: TestClient[Any, Any]) -> None:
        self.world = world
        self.platform = platform
        self._client = client
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
        number = next(self._numbers)
        form = {"command": "/imagine", "text": text, "user_id": user(who), "user_name": who, "channel_id": CHANNEL,
                "team_id": TEAM, "trigger_id": f"t{number}", "response_url": f"{self.world.url}/respond/{number}",
                "api_app_id": "A1"}  # fmt: skip
        await self.deliver(urlencode(form), "application/x-www-form-urlencoded")

    async def reply(self, text: str, *, to: Seen | None = None, files: Sequence[File] = (), who: str = "alice") -> None:
        thread = (await self._messages())[0]["ts"]
        await self._say(escape(text), who=who, files=files, thread=thread)

    async def mention(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        await self._say(f"<@{BOT_USER}> {escape(text)}", who=who, files=files, thread=None)

    async def _say(self, text: str, *, who: str, files: Sequence[File], thread: str | None) -> None:
        uploads = [{"id": await self.world.file(name, data), "name": name} for name, data in files]
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
        message = next(one for one in await self._messages() if one["ts"] == seen.id)
        button = next(one for one in buttons(message) if one["text"]["text"] == label)
        number = next(self._numbers)
        payload = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user(who), "team_id": TEAM},
                   "channel": {"id": CHANNEL}, "message": message, "trigger_id": f"t{number}", "api_app_id": "A1",
                   "container": {"type": "message", "message_ts": seen.id, "channel_id": CHANNEL},
                   "response_url": f"{self.world.url}/respond/{number}",
                   "actions": [button | {"action_ts": str(number), "block_id": "b"}]}  # fmt: skip
        opened = len(self.world.views)
        await self.interact(payload)
        if button["value"].startswith("form:"):
            async with asyncio.timeout(5):
                while len(self.world.views) == opened:
                    await asyncio.sleep(0.01)
            await self.submit(self.world.views[-1], text, who)

    async def submit(self, view: dict[str, Any], text: str, who: str) -> None:
        """Fill a form's one field and send it."""
        payload = {"type": "view_submission", "team": {"id": TEAM}, "user": {"id": user(who), "team_id": TEAM},
                   "api_app_id": "A1", "trigger_id": "t0",
                   "view": view | {"id": f"V{next(self._numbers)}", "type": "modal",
                                   "state": {"values": {"words": {"words": {"value": text}}}}}}  # fmt: skip
        await self.interact(payload)

    async def interact(self, payload: dict[str, Any]) -> None:
        """One interaction: a form field `payload`."""
        await self.deliver(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    async def again(self) -> None:
        await self.deliver(*self._last)

    async def seen(self, who: str = "alice") -> list[Seen]:
        messages = [await self._seen(one) for one in await self._messages()]
        whispers = [Seen(f"w{index}", words(one), private=True) for index, one in enumerate(self.world.whispers)]
        return [*messages, *whispers]

    async def _seen(self, message: dict[str, Any]) -> Seen:
        pictures = [block for block in message.get("blocks") or [] if block["type"] == "image"]
        images = [await self.world.bytes_of(one["slack_file"]["id"]) for one in pictures]
        return Seen(
            id=message["ts"],
            text=words(message),
            images=tuple(images),
            alts=tuple(one["alt_text"] for one in pictures),
            buttons=tuple(one["text"]["text"] for one in buttons(message)),
            in_thread=message.get("thread_ts") not in (None, message["ts"]),
        )

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
    """Every button on a message."""
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [element for row in rows for element in row["elements"]]


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
