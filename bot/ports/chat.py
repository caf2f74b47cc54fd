"""What the core needs from a chat platform, and what a platform calls."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.cards import Card
from bot.models import (
    Action,
    Address,
    Attachment,
    Command,
    Message,
    Place,
    Policy,
    Request,
    User,
)


class Doors(Protocol):
    """The three doors of the studio. A platform calls them after it has acknowledged.

    They never raise for what a person did wrong: they whisper. They return when the request is accepted, answered or
    ignored, not when the picture is drawn.
    """

    async def command(self, command: Command) -> None:
        """Take a slash command."""

    async def message(self, message: Message) -> None:
        """Take something someone said. One indexed query, no reply, when it is not for us."""

    async def action(self, action: Action) -> None:
        """Take a pressed button or a submitted form."""

    async def ask(self, asked: Action | Command) -> Card | None:
        """The same, for a web page: what would be whispered comes back instead. None: it was accepted."""

    async def settings(self, user: User, workspace: str) -> Policy | None:
        """A workspace's settings, to fill in a form; None for who may not change them."""


class ChatPlatform(Protocol):
    """One chat service. Raises `errors.PlatformProblem` and its kin, nothing else of its SDK's."""

    name: str
    seconds_between_edits: float
    """How often a message may be edited with progress; the service's own limits decide."""

    async def run(self, doors: Doors) -> None:
        """Listen and call the doors until cancelled; then finish the requests in hand and close."""

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Post a new message. The same `key` posted twice gives one message where the service can tell.

        Raises `errors.CannotPost` when the bot may not speak there.
        """

    async def edit(self, address: Address, card: Card) -> None:
        """Replace a message's whole content. Doing it twice is harmless. Raises `errors.MessageGone`."""

    async def whisper(self, asked: Request, card: Card) -> None:
        """Tell only the person who asked. Best effort: falls back to the most private way there is."""

    async def alone(self, place: Place, user: User) -> Place:
        """Where only this person sees what is posted: `place` itself if that is such a one.

        Raises `errors.PlatformProblem`.
        """

    async def permalink(self, address: Address) -> str:
        """The address at which people find a message in their chat; "" where there is none. Raises nothing."""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Stream a person's file to `into`. Raises `errors.BadAttachment` beyond `limit` bytes or if unavailable."""
