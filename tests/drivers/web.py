"""A person at the web chat: a browser's requests against the running server, and nothing behind it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.web import WebPlatform
from adapters.web.server import serve
from bot.catalog import Catalog
from bot.menu import hints, menu_for
from tests.contracts.chat import ChatDriver, File, Seen
from tests.harness import TestHouse

SETTLE_SECONDS = 20.0


@asynccontextmanager
async def open_web(house: TestHouse) -> AsyncIterator[ChatDriver]:
    """A served web chat in front of this house."""
    async with open_browser(house) as driver:
        yield driver


@asynccontextmanager
async def open_browser(house: TestHouse, *, at_port: int = 0, **settings: Any) -> AsyncIterator[WebDriver]:
    """The same, by its own type: for tests of the web chat alone. `settings` go to the platform."""
    async with AsyncExitStack() as stack:
        platform, port = await stack.enter_async_context(_served(house, at_port, settings))
        driver = WebDriver(f"http://127.0.0.1:{port}", platform, house, settings=settings)
        driver.server = stack.pop_all()
        try:
            yield driver
        finally:
            await driver.close()
            await driver.server.aclose()


@asynccontextmanager
async def _served(
    house: TestHouse, at_port: int, settings: Mapping[str, Any]
) -> AsyncIterator[tuple[WebPlatform, int]]:
    """A running web chat with the pages beside it, as in the product: the platform and its port."""
    platform = new_platform(house, **settings)
    house.pages().add_to(platform.app)
    async with serve(platform.app, "127.0.0.1", at_port) as port:
        running = asyncio.create_task(platform.run(house.studio(platform)))
        try:
            yield platform, port
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


def new_platform(house: TestHouse, **settings: Any) -> WebPlatform:
    """A web chat over this house's store."""
    catalog = Catalog.load()
    return WebPlatform(
        store=house.store,
        transcript=house.transcript,
        tmp=house.tmp,
        hints=hints(menu_for(catalog, catalog.names(), default=house.model)),
        engine="test engine",
        **settings,
    )


@dataclass
class WebDriver:
    """`tests.contracts.chat.ChatDriver`, and what only a browser has."""

    url: str
    platform: WebPlatform
    house: TestHouse
    people: dict[str, aiohttp.ClientSession] = field(default_factory=dict)
    last: tuple[str, str, dict[str, Any]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    server: AsyncExitStack = field(default_factory=AsyncExitStack)
    pictures: dict[str, bytes] = field(default_factory=dict)

    # ── what a person does ──────────────────────────────────────────────────────────────────────────────────

    async def imagine(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        await self.say(f"/imagine {text}", files=files, who=who)

    async def reply(self, text: str, *, to: Seen | None = None, files: Sequence[File] = (), who: str = "alice") -> None:
        await self.settled(who)
        thread = (await self._thread_of(to.id, who)) if to else await self._newest_thread(who)
        await self.say(text, thread=thread, files=files, who=who)

    async def ref(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        await self.say(f"/imagine-ref {text}".strip(), files=files, who=who)

    async def run(self, name: str, text: str = "", who: str = "alice") -> None:
        for known in set(re.findall("@([a-z]+)", text)) & set(self.people):
            text = text.replace(f"@{known}", f"user:{(await self.get('/api/me', who=known))['user']}")
        await self.say(f"/imagine-{name} {text}".strip(), who=who)

    async def promote(self, who: str = "alice") -> None:
        """Everybody at this machine is one."""

    async def mention(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        await self.say(f"@retouch {text}", files=files, who=who)

    async def press(self, seen: Seen, label: str, *, text: str = "", who: str = "alice") -> None:
        said = await (self.alone(who) if seen.private else self.messages(who))
        message = next(one for one in said if one["id"] == seen.id)
        button = next(one for one in message["card"]["buttons"] if one["label"] == label)
        body = {"id": new_id(), "button": button["id"], "message": seen.id, "text": text}
        await self._send(who, "/api/act", body)

    async def again(self) -> None:
        assert self.last, "nothing happened yet"
        await self._send(*self.last)

    async def restart(self, house: TestHouse) -> None:
        """Another server on the same port; the pages stay open in their browsers."""
        await self.server.aclose()
        port = int(self.url.rsplit(":", 1)[1])
        self.house = house
        self.platform, _ = await self.server.enter_async_context(_served(house, port, self.settings))

    async def say(
        self,
        text: str,
        *,
        thread: str | None = None,
        files: Sequence[File] = (),
        who: str = "alice",
    ) -> str:
        """Type into a composer; returns the message's id."""
        attachments = [(await self.upload(*file, who=who))["id"] for file in files]
        body = {"id": new_id(), "thread": thread, "text": text, "attachments": attachments}
        await self._send(who, "/api/say", body)
        return str(body["id"])

    async def upload(self, name: str, data: bytes, *, who: str = "alice") -> dict[str, Any]:
        """Attach a file. Raises `AssertionError` with the server's sentence when it was not taken."""
        form = aiohttp.FormData(quote_fields=False)  # names go as they are, as from a browser
        form.add_field("file", io.BytesIO(data), filename=name, content_type="application/octet-stream")
        status, body = await self.request("POST", "/api/uploads", data=form, who=who)
        assert status == 200, body
        return body

    # ── what a person sees ──────────────────────────────────────────────────────────────────────────────────

    async def seen(self, who: str = "alice") -> list[Seen]:
        await self.settled(who)
        messages = await self.messages(who)
        found = [(one["at"], await self._seen(one, who)) for one in messages if one["card"]]
        found += [(one["at"], await self._seen(one, who, private=True)) for one in await self.alone(who)]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    async def messages(self, who: str = "alice") -> list[dict[str, Any]]:
        """Everything that was said in #general, with the replies behind their root."""
        found = []
        for root in (await self.get("/api/history", who=who))["messages"]:
            found.append(root)
            if root["replies"]:
                found += (await self.get("/api/thread", who=who, thread=root["id"]))["messages"]
        return found

    async def whispers(self, who: str = "alice") -> list[dict[str, Any]]:
        """What only this person was told there."""
        whispers: list[dict[str, Any]] = (await self.get("/api/history", who=who))["whispers"]
        return whispers

    async def alone(self, who: str = "alice") -> list[dict[str, Any]]:
        """The whispers, and what stands in the channel that is this person's alone."""
        own = (await self.get("/api/me", who=who))["user"]
        return [*await self.whispers(who), *(await self.get("/api/history", who=who, channel=own))["messages"]]

    async def settled(self, who: str = "alice") -> None:
        """Wait until the doors have answered and nothing is being drawn."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while self.platform.is_busy or (not self._is_held() and await self._is_drawing(who)):
                await asyncio.sleep(0.01)

    async def _is_drawing(self, who: str) -> bool:
        cards = [one["card"] for one in await self.messages(who) if one["card"]]
        return any(card["tone"] == "progress" for card in cards)

    def _is_held(self) -> bool:
        """Whether a test holds the image service back: then a picture on its way is what there is to see."""
        gates = [getattr(one, "gate", None) for one in self.house.providers.values()]
        return any(gate is not None and not gate.is_set() for gate in gates)

    # ── requests ────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, path: str, *, who: str = "alice", **query: str) -> dict[str, Any]:
        """JSON from the server."""
        status, body = await self.request("GET", path, params=query, who=who)
        assert status == 200, body
        return body

    async def request(
        self,
        method: str,
        path: str,
        *,
        who: str = "alice",
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> tuple[int, dict[str, Any]]:
        """Any request from this person's browser: the status and the JSON, or {"text": …}."""
        session = await self.session(who)
        origin = {} if method == "GET" else {"Origin": self.url}
        async with session.request(method, self.url + path, headers={**origin, **(headers or {})}, **how) as answer:
            if answer.content_type == "application/json":
                body: dict[str, Any] = await answer.json()
                return answer.status, body
            return answer.status, {"text": await answer.text(errors="replace")}

    async def bytes_of(self, path: str, *, who: str = "alice") -> bytes:
        """A picture."""
        session = await self.session(who)
        async with session.get(self.url + path) as answer:
            assert answer.status == 200, path
            return await answer.read()

    async def _picture(self, path: str, who: str) -> bytes:
        """A picture, downloaded once where its address is its hash."""
        if path not in self.pictures:
            data = await self.bytes_of(path, who=who)
            if not path.startswith("/files/"):
                return data
            self.pictures[path] = data
        return self.pictures[path]

    async def session(self, who: str) -> aiohttp.ClientSession:
        """This person's browser; a new one has opened the page once, and typed a name."""
        if who not in self.people:
            session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # it keeps an IP's cookies
            self.people[who] = session
            await (await session.get(self.url + "/api/me")).read()
            await self.request("POST", "/api/me", json={"name": who}, who=who)
        return self.people[who]

    async def close(self) -> None:
        """Close every browser."""
        for session in self.people.values():
            await session.close()

    async def _send(self, who: str, path: str, body: dict[str, Any]) -> None:
        self.last = who, path, body
        status, answer = await self.request("POST", path, json=body, who=who)
        assert status == 200, answer

    async def _thread_of(self, message_id: str, who: str) -> str:
        message = next(one for one in await self.messages(who) if one["id"] == message_id)
        return str(message["thread"] or message["id"])

    async def _newest_thread(self, who: str) -> str:
        message = [one for one in await self.messages(who) if one["card"]][-1]
        return str(message["thread"] or message["id"])

    async def _seen(self, message: dict[str, Any], who: str, *, private: bool = False) -> Seen:
        card = message["card"]
        return Seen(
            id=message["id"],
            text=_text(card),
            images=tuple([await self._picture(image["full"], who) for image in card["images"]]),
            alts=tuple(image["alt"] for image in card["images"]),
            buttons=tuple(button["label"] for button in card["buttons"]),
            in_thread=message["thread"] is not None and not private,
            private=private,
            links=_links(card),
        )


def new_id() -> str:
    """As the page makes them."""
    return secrets.token_hex(12)


def _links(card: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((link["label"], link["url"]) for link in card["links"])


def _text(card: dict[str, Any]) -> str:
    return "\n".join(part for part in (card["prompt"], card["title"], card["body"], card["footer"]) if part)
