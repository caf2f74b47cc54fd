"""Slack for tests: the `emulate` Web API emulator (npm, nobody here wrote it) behind a shim of ours.

The shim mends what the emulator lacks for Python's SDK (GET and query arguments) and is strict where it is lenient,
as Slack is: a fresh file has no type yet and is refused in a block, WebP is refused, 50 blocks at most. It records
every call, keeps whispers and opened forms, and serves Socket Mode.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

EMULATE = Path(__file__).parents[1] / "peers" / "node_modules" / "emulate" / "dist" / "index.js"
TOKEN = "test_token_admin"
BOT_USER = "U000000001"
TEAM = "T000000001"
CHANNEL = "C000000001"
Call = dict[str, Any]


@dataclass
class SlackWorld:
    """A running emulator with the shim in front. `faults`: per method, answers to give instead, first to last.

    `admins` are the names of people who may manage the workspace.
    """

    url: str
    upstream: str
    session: aiohttp.ClientSession
    calls: list[tuple[str, Call]] = field(default_factory=list)
    whispers: list[Call] = field(default_factory=list)
    views: list[Call] = field(default_factory=list)
    faults: dict[str, list[Call]] = field(default_factory=dict)
    young: set[str] = field(default_factory=set)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    acks: dict[str, asyncio.Event] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    groups: list[Call] = field(default_factory=list)
    people: dict[str, Call] = field(default_factory=dict)  # more of what `users.info` tells, by name
    names: dict[str, str] = field(default_factory=dict)  # display names of people who have another
    direct: dict[str, dict[str, Call]] = field(default_factory=dict)  # direct messages, by channel and ts

    def called(self, method: str) -> list[Call]:
        """The arguments of every call of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    async def api(self, method: str, **arguments: Any) -> Call:
        """Ask the emulator itself."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.session.post(f"{self.upstream}/api/{method}", json=arguments, headers=headers) as answer:
            return dict(await answer.json())

    async def file(self, name: str, data: bytes) -> str:
        """A person's upload; its file id."""
        ticket = await self.api("files.getUploadURLExternal", filename=name, length=len(data))
        async with self.session.post(ticket["upload_url"], data=io.BytesIO(data)) as answer:
            assert answer.status == 200
        await self.api("files.completeUploadExternal", files=[{"id": ticket["file_id"], "title": name}])
        return str(ticket["file_id"])

    async def bytes_of(self, file_id: str) -> bytes:
        """What somebody who clicks the picture downloads."""
        info = await self.api("files.info", file=file_id)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.session.get(info["file"]["url_private"], headers=headers) as answer:
            assert answer.status == 200
            return await answer.read()

    async def envelope(self, kind: str, payload: Call, envelope_id: str) -> None:
        """Deliver over Socket Mode and wait for the acknowledgement."""
        self.acks[envelope_id] = asyncio.Event()
        body = {"type": kind, "envelope_id": envelope_id, "payload": payload, "accepts_response_payload": True}
        await self.sockets[-1].send_json(body)
        async with asyncio.timeout(5):
            await self.acks[envelope_id].wait()


@asynccontextmanager
async def open_slack_world() -> AsyncIterator[SlackWorld]:
    """Start the emulator and the shim on free ports."""
    node = shutil.which("node")
    if node is None or not EMULATE.exists():
        if os.environ.get("RETOUCH_REQUIRE_PEERS"):
            pytest.fail("node and the npm peers are required here; run `make test`")
        pytest.skip("node or the npm peer `emulate` is not installed")
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        node, str(EMULATE), "start", "--service", "slack", "--port", str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            await _until_up(session, port)
            world = SlackWorld("", f"http://localhost:{port}", session)
            async with _serve(_shim(world)) as url:
                world.url = url
                yield world
    finally:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_up(session: aiohttp.ClientSession, port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                async with session.post(f"http://localhost:{port}/api/auth.test") as answer:
                    if answer.status < 500:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def _serve(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _shim(world: SlackWorld) -> web.Application:
    app = web.Application(client_max_size=100_000_000)

    async def api(request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        world.calls.append((method, arguments))
        if world.faults.get(method):
            return web.json_response(world.faults[method].pop(0))
        answer = _ours(world, method, arguments) or await _strict(world, method, arguments)
        if answer := answer or _directly(world, method, arguments):
            return web.json_response(answer)
        return await _forward(world, request, method, arguments)

    async def respond(request: web.Request) -> web.Response:
        asker, _, _ = request.match_info["id"].partition("-")
        world.whispers.append(await request.json() | {"user": asker})
        return web.Response(text="ok")

    async def link(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        world.sockets.append(ws)
        await ws.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async for frame in ws:
            if frame.type is aiohttp.WSMsgType.TEXT and frame.data.startswith("{"):
                world.acks[json.loads(frame.data)["envelope_id"]].set()
        return ws

    async def elsewhere(request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() in ("authorization", "content-type")}
        url = world.upstream + request.path_qs
        body = io.BytesIO(await request.read()) if request.can_read_body else None  # aiohttp warns of large bytes
        async with world.session.request(request.method, url, data=body, headers=headers) as answer:
            kind = answer.headers.get("Content-Type", "")
            return web.Response(status=answer.status, body=await answer.read(), headers={"Content-Type": kind})

    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/respond/{id}", respond)
    app.router.add_get("/link", link)
    app.router.add_route("*", "/{path:.*}", elsewhere)
    return app


async def _arguments(request: web.Request) -> Call:
    arguments: Call = dict(request.query)
    if request.content_type == "application/json":
        arguments |= await request.json()
    elif request.can_read_body:
        arguments |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for name in ("blocks", "files", "view"):
        if isinstance(arguments.get(name), str):
            arguments[name] = json.loads(arguments[name])
    return arguments


def _ours(world: SlackWorld, method: str, arguments: Call) -> Call | None:
    """What the emulator does not have, or keeps nowhere."""
    if method == "apps.connections.open":
        return {"ok": True, "url": world.url.replace("http", "ws") + "/link"}
    if method == "users.info" and (name := str(arguments.get("user", "")).removeprefix("U").lower()).isalpha():
        is_admin = name in world.admins
        return {"ok": True, "user": {"id": arguments["user"], "name": name, "is_admin": is_admin,
                                     "profile": {"display_name": world.names.get(name, name)}}
                | world.people.get(name, {})}  # fmt: skip
    if method == "usergroups.list":
        return {"ok": True, "usergroups": world.groups}
    if method == "chat.postEphemeral":
        world.whispers.append(arguments)
        return {"ok": True, "message_ts": "1.1"}
    if method.startswith("views.") and (why := _wrong_with(arguments["view"])):
        return {"ok": False, "error": "invalid_arguments", "why": why}
    if method == "views.open":
        world.views.append(arguments["view"])
        return {"ok": True, "view": {"id": f"V{len(world.views)}"}}
    if method == "views.update":
        world.views.append(arguments["view"])
        return {"ok": True, "view": {"id": arguments["view_id"]}}
    return None


def _directly(world: SlackWorld, method: str, arguments: Call) -> Call | None:
    """Direct messages: one is posted to a person's id, and is known by its channel's ("D…") from then on."""
    channel = str(arguments.get("channel", ""))
    if method == "chat.postMessage" and channel.startswith("U"):
        there = world.direct.setdefault(f"D{channel[1:]}", {})
        ts = f"1700000000.{len(there) + 1:06}"
        there[ts] = {**arguments, "ts": ts}
        return {"ok": True, "channel": f"D{channel[1:]}", "ts": ts}
    if method == "chat.update" and channel.startswith("U"):
        return {"ok": False, "error": "channel_not_found"}
    if method == "chat.update" and arguments["ts"] in world.direct.get(channel, {}):
        world.direct[channel][arguments["ts"]] |= arguments
        return {"ok": True, "channel": channel, "ts": arguments["ts"]}
    return None


def _wrong_with(view: Call) -> str:
    """What Slack would not like about a form."""
    ids = [block["block_id"] for block in view["blocks"]]
    texts = [view[part]["text"] for part in ("title", "submit", "close")]
    if any(not 1 <= len(text) <= 24 for text in texts):
        return "title, submit or close"
    if len(view["private_metadata"]) > 3000 or len(ids) != len(set(ids)):
        return "metadata or ids"
    if len(view["blocks"]) > 100 or any(len(block.get("hint", {}).get("text", "")) > 2000 for block in view["blocks"]):
        return "blocks or hints"
    for element in (block["element"] for block in view["blocks"] if "element" in block):
        labels = [one["text"]["text"] for one in element.get("options", [])]
        if len(labels) > 100 or any(not 1 <= len(label) <= 75 for label in labels):
            return "options"
        if len(element.get("initial_value", "")) > element.get("max_length", 3000):
            return "value"
    return ""


def _wrong_with_row(row: Call) -> str:
    """What Slack would not like about a row of buttons."""
    ids = [one["action_id"] for one in row["elements"]]
    if not 1 <= len(ids) <= 25 or len(ids) != len(set(ids)):
        return "too many buttons, or two alike"
    long = any(len(one["text"]["text"]) > 75 or len(one.get("url", "")) > 3000 for one in row["elements"])
    return "a long button" if long else ""


async def _strict(world: SlackWorld, method: str, arguments: Call) -> Call | None:
    """Refuse what Slack refuses."""
    if method not in ("chat.postMessage", "chat.update"):
        return None
    blocks = arguments.get("blocks") or []
    if len(blocks) > 50:
        return {"ok": False, "error": "invalid_blocks", "why": "more than 50"}
    for block in blocks:
        if block["type"] == "actions" and (why := _wrong_with_row(block)):
            return {"ok": False, "error": "invalid_blocks", "why": why}
        if block["type"] != "image":
            continue
        file = block["slack_file"]["id"]
        info = (await world.api("files.info", file=file)).get("file", {})
        if file in world.young or info.get("mimetype") == "image/webp" or not info:
            return {"ok": False, "error": "invalid_blocks", "why": "invalid slack file"}
        if not 1 <= len(block["alt_text"]) <= 2000:
            return {"ok": False, "error": "invalid_blocks", "why": "alt text"}
    return None


async def _forward(world: SlackWorld, request: web.Request, method: str, arguments: Call) -> web.Response:
    headers = {"Authorization": request.headers.get("Authorization", "")}
    async with world.session.post(f"{world.upstream}/api/{method}", json=arguments, headers=headers) as answer:
        text = (await answer.text()).replace(world.upstream, world.url)
    body = json.loads(text)
    if method == "files.completeUploadExternal":
        world.young |= {file["id"] for file in body.get("files", [])}
    if method == "files.info" and body.get("file", {}).get("id") in world.young:
        world.young.discard(body["file"]["id"])  # still processing this time, ready the next
        body["file"].pop("mimetype", None)
    return web.json_response(body)
