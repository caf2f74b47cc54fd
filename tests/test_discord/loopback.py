"""A Discord on loopback, as small as it can be: real HTTP, real multipart, a real gateway socket.

simcord replaces discord.py's transport; what happens in that transport is shown here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

TOKEN = "good"
ME = {"id": "1", "username": "retouch", "discriminator": "0", "avatar": None, "bot": True}
ALICE = {"id": "2", "username": "alice", "discriminator": "0", "avatar": None}
CHANNEL = "50"
APPLICATION = {
    "id": "1",
    "name": "Retouch",
    "icon": None,
    "description": "",
    "summary": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "00",
    "owner": ALICE,
    "flags": 0,
}
CONTENT_INTENT = 1 << 15


@dataclass
class Loopback:
    """What the bot sent, and how to misbehave: `cuts` sends lose their connection after they arrived."""

    server: TestServer
    sent: list[dict[str, Any]] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    closed_with: list[int | None] = field(default_factory=list)
    cuts: int = 0
    gateway: web.WebSocketResponse | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def api_url(self) -> str:
        return str(self.server.make_url("/api/v10"))

    @property
    def gateway_url(self) -> str:
        return str(self.server.make_url("/gateway")).replace("http", "ws", 1)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something the bot does."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(holds)

    async def _noticed(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def says(self, content: str, number: str = "900") -> None:
        """Alice writes to the bot."""
        assert self.gateway
        message = {**_message(number, ALICE), "content": content}
        await self.gateway.send_json({"op": 0, "t": "MESSAGE_CREATE", "s": 2, "d": message})

    # ── REST ────────────────────────────────────────────────────────────────────────────────────────────────

    async def me(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"code": 0, "message": "401: Unauthorized"}, status=401)
        return _json(ME)

    async def application(self, _: web.Request) -> web.Response:
        return _json(APPLICATION)

    async def register(self, request: web.Request) -> web.Response:
        self.commands = [command["name"] for command in await request.json()]
        return _json([])

    async def take_message(self, request: web.Request) -> web.Response:
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            payload = json.loads(str(form["payload_json"]))
            files = [part for part in form.values() if isinstance(part, web.FileField)]
            self.files += [(file.filename, file.file.read()) for file in files]
        else:
            payload = await request.json()
        self.sent.append(payload)
        await self._noticed()
        if self.cuts:
            self.cuts -= 1
            assert request.transport
            request.transport.abort()
        return _json(_message(str(1000 + len(self.sent)), ME))

    # ── gateway ─────────────────────────────────────────────────────────────────────────────────────────────

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = self.gateway = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        async for frame in socket:
            event = json.loads(frame.data) if frame.type is WSMsgType.TEXT else {}
            if event.get("op") == 2:
                await self._identified(socket, event["d"])
        self.closed_with.append(socket.close_code)
        await self._noticed()
        return socket

    async def _identified(self, socket: web.WebSocketResponse, identify: dict[str, Any]) -> None:
        if identify["intents"] & CONTENT_INTENT:
            await socket.close(code=4014)
            return
        ready = {
            "v": 10,
            "user": ME,
            "guilds": [],
            "session_id": "s",
            "resume_gateway_url": self.gateway_url,
            "application": {"id": "1", "flags": 0},
        }
        await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
        self.ready.set()


def _json(body: Any, status: int = 200) -> web.Response:
    """discord.py reads JSON only under this very content type."""
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def _message(number: str, author: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "channel_id": CHANNEL,
        "author": author,
        "content": "",
        "timestamp": "2026-11-21T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "components": [],
        "flags": 0,
    }


@asynccontextmanager
async def open_loopback() -> AsyncIterator[Loopback]:
    """Run it while this lasts."""
    app = web.Application()
    server = TestServer(app)
    loopback = Loopback(server)
    app.add_routes(
        [
            web.get("/api/v10/users/@me", loopback.me),
            web.get("/api/v10/oauth2/applications/@me", loopback.application),
            web.put("/api/v10/applications/1/commands", loopback.register),
            web.post("/api/v10/channels/{channel}/messages", loopback.take_message),
            web.patch("/api/v10/channels/{channel}/messages/{message}", loopback.take_message),
            web.get("/gateway/", loopback.connect),
            web.get("/gateway", loopback.connect),
        ]
    )
    async with server:
        yield loopback
