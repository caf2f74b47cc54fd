"""Doors that write down what came through them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.cards import Card
from bot.models import Action, Command, Message, Policy, User


@dataclass
class FakeDoors:
    """Implements `ports.Doors`. `refusals` are answered first, one for each question; `gate` holds answers back."""

    asked: list[Action] = field(default_factory=list)
    refusals: list[Card] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def command(self, command: Command) -> None:
        raise AssertionError("no page sends a command")

    async def message(self, message: Message) -> None:
        raise AssertionError("no page sends a message")

    async def action(self, action: Action) -> None:
        raise AssertionError("a page wants an answer: it calls ask")

    async def settings(self, user: User, workspace: str) -> Policy | None:
        raise AssertionError("a page reads the settings itself")

    async def ask(self, asked: Action | Command) -> Card | None:
        assert isinstance(asked, Action)
        self.asked.append(asked)
        if self.gate:
            await self.gate.wait()
        return self.refusals.pop(0) if self.refusals else None
