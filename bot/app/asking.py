"""`retouch imagine` and `retouch edit`: one request through the same core and ledger as every chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app.house import House, open_house
from bot.cards import Card
from bot.models import Command, Version
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.terminal import TerminalPlatform

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request from the command line. `version` None: there is no picture."""

    card: Card
    version: Version | None


async def ask(settings: Settings, command: Callable[[str], Command], on_card: Callable[[Card], None]) -> Answer:
    """Run one command through the same core and ledger as every chat. `command` gets the platform's name."""
    from adapters.terminal import TerminalPlatform

    async with open_house(settings) as house:
        terminal = TerminalPlatform(on_card)
        studio, queue = house.studio({terminal.name: terminal})
        work = asyncio.create_task(queue.run(), name="queue")
        try:
            await studio.command(command(terminal.name))
            card = await _answer_or_failure(terminal, work)
            await queue.drain(settings.grace)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await queue.drain(0)
        return Answer(card, await _version_of(house, terminal))


async def _answer_or_failure(terminal: TerminalPlatform, work: asyncio.Task[None]) -> Card:
    answer = asyncio.create_task(terminal.answer())
    await asyncio.wait([answer, work], return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        await work  # raises what stopped the queue
    return await answer


async def _version_of(house: House, terminal: TerminalPlatform) -> Version | None:
    if terminal.address is None:
        return None
    return await house.store.version_shown_at(terminal.address.place, terminal.address.message)
