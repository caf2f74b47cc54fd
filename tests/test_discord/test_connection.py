"""`run`, the real transport and the real way to the CDN: what simcord replaces, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from adapters.discord import DiscordPlatform
from adapters.discord.files import DiscordCdn, save
from bot.cards import Card, CardFile, CardImage
from bot.errors import BadAttachment, PlatformProblem, SetupProblem
from bot.models import Attachment, Message, Place
from tests.test_discord.loopback import CHANNEL, TOKEN, Loopback, open_loopback
from tests.test_discord.scene import SmallDoors, png

PLACE = Place("discord", "dm", CHANNEL)


def platform_for(loopback: Loopback, **settings: Any) -> DiscordPlatform:
    settings = {"token": TOKEN, **settings}
    return DiscordPlatform(api_url=loopback.api_url, gateway_url=loopback.gateway_url, **settings)


@asynccontextmanager
async def running(loopback: Loopback, folder: Path) -> AsyncIterator[SmallDoors]:
    """The platform connected, and cancelled at the end."""
    platform = platform_for(loopback)
    doors = SmallDoors(platform, folder)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(platform.run(doors))
        await loopback.ready.wait()
        yield doors
        task.cancel()


async def test_it_connects_answers_and_closes_cleanly(tmp_path: Path) -> None:
    async with open_loopback() as loopback:
        async with running(loopback, tmp_path) as doors:
            await loopback.says("a fox")
            await loopback.until(lambda: len(loopback.sent) == 2)
        assert loopback.commands == [
            "imagine",
            "imagine-gallery",
            "imagine-ref",
            "imagine-quota",
            "imagine-privacy",
            "imagine-admin",
            "Edit image",
            "Save as reference",
        ]
        [asked] = doors.taken
        assert isinstance(asked, Message)
        assert (asked.text, asked.place) == ("a fox", PLACE)
        placeholder, finished = loopback.sent
        assert (placeholder["nonce"], placeholder["enforce_nonce"]) == ("900", True)
        assert placeholder["flags"] & (1 << 15)
        assert finished["allowed_mentions"]["parse"] == []
        assert loopback.files == [("v1.png", png())]
        assert finished["attachments"][0]["description"] == "AI-made picture: a fox"
        await loopback.until(lambda: loopback.closed_with == [1000])
        assert discord.http.Route.BASE == "https://discord.com/api/v10"


async def test_a_cut_connection_is_tried_once_more_under_the_same_nonce(tmp_path: Path) -> None:
    async with open_loopback() as loopback, running(loopback, tmp_path) as doors:
        loopback.cuts = 1
        picture = tmp_path / "x.png"
        picture.write_bytes(png())
        card = Card("v1", images=(CardImage(picture, "image/png", 32, 24, "x", "x.png"),))
        await doors.platform.post(PLACE, card, reply_to=None, key="a key that is longer than a nonce may be")
        first, second = loopback.sent
        assert first["nonce"] == second["nonce"]
        assert len(first["nonce"]) == 25
        assert loopback.files == [("x.png", png())] * 2
        loopback.cuts = 2
        with pytest.raises(PlatformProblem, match="cannot be reached"):
            await doors.platform.post(PLACE, card, reply_to=None, key="k")


async def test_an_export_goes_along_under_the_name_its_message_shows(tmp_path: Path) -> None:
    async with open_loopback() as loopback, running(loopback, tmp_path) as doors:
        file = tmp_path / "export"
        file.write_bytes(b"PK")
        card = Card("Your export", files=(CardFile(file, "SPOILER_my export.zip", "application/zip"),))
        await doors.platform.post(PLACE, card, reply_to=None, key="k")
        [sent] = loopback.sent
        [_, shown] = sent["components"][0]["components"]
        assert (shown["type"], shown["file"]["url"]) == (13, "attachment://my-export.zip")
        assert loopback.files == [("my-export.zip", b"PK")]


@dataclass
class SlowDoors(SmallDoors):
    """Takes its time until told."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def message(self, message: Message) -> None:
        self.came.set()
        await self.go.wait()
        await super().message(message)


async def test_a_request_in_hand_is_finished_before_closing(tmp_path: Path) -> None:
    async with open_loopback() as loopback:
        platform = platform_for(loopback)
        doors = SlowDoors(platform, tmp_path)
        task = asyncio.create_task(platform.run(doors))
        await loopback.ready.wait()
        await loopback.says("a fox")
        await doors.came.wait()
        task.cancel()
        await asyncio.sleep(0)
        doors.go.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert len(loopback.sent) == 2
        assert doors.problems == []
        with pytest.raises(PlatformProblem, match="going offline"):
            await platform.post(PLACE, Card("late"), reply_to=None, key="k")


async def test_a_wrong_token_is_a_matter_for_the_admin(tmp_path: Path) -> None:
    async with open_loopback() as loopback:
        platform = platform_for(loopback, token="wrong")
        with pytest.raises(SetupProblem) as caught:
            await platform.run(SmallDoors(platform, tmp_path))
        assert "DISCORD_TOKEN" in caught.value.for_admin
        assert "wrong" not in caught.value.for_admin


async def test_an_intent_that_was_not_granted_is_a_matter_for_the_admin(tmp_path: Path) -> None:
    async with open_loopback() as loopback:
        platform = platform_for(loopback, message_content=True)
        with pytest.raises(SetupProblem) as caught:
            await platform.run(SmallDoors(platform, tmp_path))
        assert "Message Content intent" in caught.value.for_admin


async def test_no_discord_at_all_is_a_platform_problem(tmp_path: Path, unused_tcp_port: int) -> None:
    platform = DiscordPlatform(token=TOKEN, api_url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(PlatformProblem):
        await platform.run(SmallDoors(platform, tmp_path))


# ── the CDN ─────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def files_server() -> AsyncIterator[BaseTestServer]:
    async def here(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1000)

    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("/here")

    async def short(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b"x" * 10)
        assert request.transport
        request.transport.abort()
        return answer

    app = web.Application()
    app.add_routes([web.get("/here", here), web.get("/elsewhere", elsewhere), web.get("/short", short)])
    async with TestServer(app) as server:
        yield server


async def test_files_come_from_discords_cdn_in_bounds(tmp_path: Path) -> None:
    async with files_server() as server:
        local = DiscordCdn(hosts=frozenset({f"127.0.0.1:{server.port}"}), schemes=frozenset({"http"}))
        here = Attachment("a.png", str(server.make_url("/here")))
        await save(here, local, tmp_path / "a", 1000)
        assert (tmp_path / "a").stat().st_size == 1000
        with pytest.raises(BadAttachment, match="larger than"):
            await save(here, local, tmp_path / "a", 999)
        for path in ("/elsewhere", "/missing", "/short"):
            with pytest.raises(BadAttachment):
                await save(Attachment("a.png", str(server.make_url(path))), local, tmp_path / "a", 1000)


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/x.png",
        "https://cdn.discordapp.com.evil.example/x.png",
        "https://user@evil.example/cdn.discordapp.com",
        "https://cdn.discordapp.com@evil.example/x.png",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "https://cdn.discordapp.com:8443/x.png",
        "https://[::1]/x.png",
        "nonsense",
        "",
    ],
)
async def test_nothing_else_is_ever_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadAttachment, match="not on Discord"):
        await save(Attachment("a.png", url), DiscordCdn(), tmp_path / "a", 1000)
