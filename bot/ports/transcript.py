"""The web chat's own memory; Slack and Discord keep theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.cards import Card


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the built-in web chat: a person's (`text`, `attachments` as asset ids) or the bot's (`card`)."""

    id: str
    channel: str
    thread: str | None
    user: str
    user_name: str
    at: int
    text: str = ""
    attachments: tuple[str, ...] = ()
    card: Card | None = None


class Transcript(Protocol):
    """What was said in the web chat."""

    async def say(self, said: Said) -> Said:
        """Append a message; one with a known id is replaced in place (its time and position stay)."""

    async def said(self, message_id: str) -> Said | None:
        """One message."""

    async def channel(self, channel: str, *, before: int | None = None, limit: int = 50) -> Sequence[Said]:
        """The newest messages outside threads, oldest first."""

    async def channels(self) -> Sequence[str]:
        """The channels in which anything was said, at most 100 of them, by name."""

    async def replies(self, channel: str, thread: str) -> Sequence[Said]:
        """A thread's replies, oldest first (the root message is not among them)."""
