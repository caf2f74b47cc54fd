"""Two people at one chat, for long stories: what they say, what they come to see, and the pages they open."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp import web

from adapters.web.server import serve
from bot.models import Thread, Version
from tests.contracts.chat import ChatDriver, File, Seen
from tests.drivers.web import WebDriver
from tests.fakes.painter import Painter
from tests.harness import TestHouse

PATIENCE = 20.0  # seconds


@dataclass
class People:
    """Alice and Bob in one thread. `cards` are the newest messages about each version, by number."""

    driver: ChatDriver
    house: TestHouse
    provider: Painter
    stack: AsyncExitStack
    cards: dict[int, Seen] = field(default_factory=dict)

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────

    async def say(self, text: str, *, on: int, files: Sequence[File] = (), who: str = "alice") -> None:
        """Answer in the thread; where a chat knows what an answer is to, to the newest card of version `on`."""
        await self.driver.reply(text, to=self.cards[on], files=files, who=who)

    async def press(self, label: str, *, on: int, text: str = "", who: str = "alice") -> None:
        """Press the button that begins with this label on the newest card of a version."""
        button = next(one for one in self.cards[on].buttons if one.startswith(label))
        await self.driver.press(self.cards[on], button, text=text, who=who)

    async def restart(self) -> None:
        """An admin sets the address of the pages and starts the bot anew."""
        await self.house.restart()
        if not isinstance(self.driver, WebDriver):  # its pages are on its own server
            app = web.Application()
            self.house.pages().add_to(app)
            self.house.url = f"http://127.0.0.1:{await self.stack.enter_async_context(serve(app, '127.0.0.1', 0))}"
        await self.driver.restart(self.house)

    # ── what they see ────────────────────────────────────────────────────────────────────────────────────────────

    async def version(self, number: int, title: str) -> Seen:
        """The finished card of a version."""
        self.cards[number] = await self.shown(title)
        return self.cards[number]

    async def back(self, number: int, word: str) -> Seen:
        """The card of a version that became the head again."""
        self.cards[number] = await self.shown(f"{word} v{number}.")
        return self.cards[number]

    async def shown(self, words: str, who: str = "alice") -> Seen:
        """The newest message that everybody sees, is finished and has these words."""
        return await self._until(
            f"a message with “{words}”",
            who,
            lambda one: not one.private and words in one.text and "Cancel" not in one.buttons,
        )

    async def whispered(self, words: str, who: str) -> Seen:
        """What only this person was told."""
        told = await self._until(f"a whisper with “{words}”", who, lambda one: one.private and words in one.text)
        other = "bob" if who == "alice" else "alice"
        theirs = [(one.text, one.links) for one in await self.driver.seen(other) if one.private]
        assert (told.text, told.links) not in theirs, f"{other} sees it, too"
        return told

    async def _until(self, what: str, who: str, fits: Callable[[Seen], bool]) -> Seen:
        seen: list[Seen] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    seen = await self.driver.seen(who)
                    if found := [one for one in seen if fits(one)]:
                        return found[-1]
                    await asyncio.sleep(0.1)
        except TimeoutError:
            last = "\n---\n".join(one.text for one in seen[-4:])
            raise AssertionError(f"{who} never saw {what}; the last messages are:\n{last}") from None

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────

    def address(self, seen: Seen, label: str) -> str:
        """The whole address behind a link."""
        url = next(url for name, url in seen.links if name == label)
        return urljoin(self.driver.url, url) if isinstance(self.driver, WebDriver) else url

    async def download(self, url: str) -> bytes:
        """What a browser gets there."""
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            data = await answer.read()
            assert answer.status == 200, data[:300]
            return data

    async def get(self, url: str) -> Any:
        """The same, read as JSON."""
        return json.loads(await self.download(url))

    async def post(self, url: str, **fields: str | bytes) -> Any:
        """Send a form from a page; bytes are a PNG."""
        form = aiohttp.FormData()
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename=f"{name}.png", content_type="image/png")
            else:
                form.add_field(name, value)
        async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return said

    async def export(self, what: str) -> dict[str, bytes]:
        """What is in the zip of an export: behind its link, or a file on the message or on the next one (Slack)."""
        card = await self.shown(f"{what} to take away.")
        seen = card if card.links else await self._until("a file", "alice", lambda one: bool(one.files))
        data = seen.files[0][1] if seen.files else await self.download(self.address(seen, "Download the zip"))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    # ── what the store says ──────────────────────────────────────────────────────────────────────────────────────

    async def thread(self) -> Thread:
        """The one thread of the story."""
        with self.house.store._engine._connection() as db:  # no port asks for all threads
            (row,) = db.execute("SELECT id FROM thread").fetchall()
        thread = await self.house.store.thread(row[0])
        assert thread
        return thread

    async def versions(self) -> Sequence[Version]:
        """All versions by number."""
        return await self.house.store.versions((await self.thread()).id)

    async def head(self) -> int:
        """The number of the current version."""
        thread = await self.thread()
        return next(one.number for one in await self.versions() if one.id == thread.head)

    async def bytes_of(self, asset_id: str) -> bytes:
        """A kept picture's file."""
        asset = await self.house.store.asset(asset_id)
        assert asset, asset_id
        return self.house.store.asset_path(asset).read_bytes()
