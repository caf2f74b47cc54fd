"""One life of the bot that draws a series, killed with SIGKILL at a chosen step: `one_series.py FOLDER STEP`.

STEP is "panel 2" (it is paid for, the answer not here yet), a step of `one_life`, or "none". One panel at a time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from bot.models import Command
from bot.ports import ImageRequest, Preview, Result, Step
from bot.queue import Queue
from bot.studio.doors import Studio
from tests.e2e.one_life import COMMAND, BilledProvider, Dying, FileChat, die
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house

SERIES: Command = replace(COMMAND, text='a fox --series "it wakes | it eats | it naps"')


class BilledPanels(BilledProvider):
    """Writes down every panel the moment it is paid for."""

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        assert await request.may_send()
        panel = request.prompt.rpartition("\nPanel ")[2].partition(" ")[0]
        with self._bill.open("a") as bill:
            bill.write(f"{panel}\n")
        if self._step == f"panel {panel}":
            die()
        async for one in FakeProvider.generate(self, request):
            yield one


async def live(folder: Path, step: str) -> None:
    """Take the command (again, as a platform re-delivers it) and work until nothing is in progress."""
    chat = FileChat(folder / "chat.json", step)
    provider = BilledPanels(folder / "bill", step)
    async with open_test_house(folder / "data", provider, model="gpt-image-2", lease_ms=300, concurrency=1) as house:
        desk = replace(house.desk(chat), store=Dying(house.store, step))
        queue = Queue(desk)
        working = asyncio.create_task(queue.run())
        await Studio(desk, queue).command(SERIES)
        async with asyncio.timeout(20):
            while not chat.is_quiet() or await house.store.undelivered(before=2**62):
                await asyncio.sleep(0.02)
        await queue.drain(5)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
