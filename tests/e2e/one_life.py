"""One life of the bot in a process of its own, killed with SIGKILL at a chosen step: `one_life.py FOLDER STEP`.

STEP is "after reserve", "before keep", …: a moment before or after a method of the store, or "in generate" (the
picture is paid for, the answer not here yet) or "after edit" (the card is shown). "none" lives to the end. The chat
and what was paid are files in FOLDER, as a real chat and a real bill survive our crash.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.cards import Card, Tone
from bot.models import Address, Attachment, Command, Place, Request, User
from bot.ports import Doors, ImageRequest, Preview, Result, Step
from bot.queue import Queue
from bot.studio.doors import Studio
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house

COMMAND = Command("e1", Place("fake", "team", "general"), User("fake", "U1", "Alice"), "a red fox")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """A store that takes the process with it at a step."""

    def __init__(self, store: Any, step: str) -> None:
        self._store, self._step = store, step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if f" {name}" not in self._step:
            return method

        async def deadly(*args: Any, **kwargs: Any) -> Any:
            if self._step == f"before {name}":
                die()
            result = await method(*args, **kwargs)
            if name != "claim" or result:
                die()
            return result

        return deadly


class FileChat:
    """A chat in a file: `ports.ChatPlatform`."""

    name = "fake"
    seconds_between_edits = 0.0

    def __init__(self, path: Path, step: str) -> None:
        self._path, self._step = path, step

    async def run(self, doors: Doors) -> None:
        await asyncio.Event().wait()

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        self._write(key, card)
        return Address(replace(place, thread=key), key)

    async def edit(self, address: Address, card: Card) -> None:
        self._write(address.message, card)
        if self._step == "after edit" and card.tone is not Tone.PROGRESS:
            die()

    async def whisper(self, asked: Request, card: Card) -> None:
        self._write(f"whisper {asked.event_id}", card)

    async def alone(self, place: Place, user: User) -> Place:
        return place

    async def permalink(self, address: Address) -> str:
        return ""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        raise NotImplementedError

    def is_quiet(self) -> bool:
        """Whether something was said and nothing is in progress."""
        said = self.messages().values()
        return bool(said) and all(one["tone"] != Tone.PROGRESS for one in said)

    def messages(self) -> dict[str, Any]:
        return dict(json.loads(self._path.read_text())) if self._path.exists() else {}

    def _write(self, key: str, card: Card) -> None:
        said = self.messages() | {key: {"tone": card.tone, "title": card.title, "images": len(card.images)}}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(said))
        part.replace(self._path)


class BilledProvider(FakeProvider):
    """Writes down every picture the moment it is paid for."""

    def __init__(self, bill: Path, step: str) -> None:
        super().__init__()
        self._bill, self._step = bill, step

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        assert await request.may_send()
        with self._bill.open("a") as bill:
            bill.write("paid\n")
        if self._step == "in generate":
            die()
        async for one in super().generate(request):
            yield one


async def live(folder: Path, step: str) -> None:
    """Take the command (again, as a platform re-delivers it) and work until nothing is in progress."""
    chat = FileChat(folder / "chat.json", step)
    provider = BilledProvider(folder / "bill", step)
    async with open_test_house(folder / "data", provider, model="gpt-image-2", lease_ms=300) as house:
        desk = replace(house.desk(chat), store=Dying(house.store, step))
        queue = Queue(desk)
        working = asyncio.create_task(queue.run())
        await Studio(desk, queue).command(COMMAND)
        async with asyncio.timeout(20):
            while not chat.is_quiet() or await house.store.undelivered(before=2**62):
                await asyncio.sleep(0.02)
        await queue.drain(5)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
