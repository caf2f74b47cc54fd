"""What a person can do in any chat, and what they see: the driver every chat platform's tests provide.

A driver talks to the platform the way a person's client would (a browser's requests, signed Slack payloads, a
simulated Discord), never to our own objects behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.harness import TestHouse

File = tuple[str, bytes]
"""A file a person attaches: name and bytes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One of the bot's messages as it stands now. `images` are the bytes a person would be shown or download."""

    id: str
    text: str
    images: tuple[bytes, ...] = ()
    alts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    in_thread: bool = False
    private: bool = False
    links: tuple[tuple[str, str], ...] = ()  # label and address of buttons that open a page
    files: tuple[tuple[str, bytes], ...] = ()  # files to take away that are no pictures


class ChatDriver(Protocol):
    """One person at one chat. `who` names a person; the same name is the same account."""

    async def imagine(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        """Type `/imagine TEXT` in the channel."""

    async def reply(self, text: str, *, to: Seen | None = None, files: Sequence[File] = (), who: str = "alice") -> None:
        """Answer in the picture's thread (to that message where the platform knows such a thing)."""

    async def ref(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        """Type `/imagine-ref TEXT` in the channel, with a picture where it asks for one."""

    async def run(self, name: str, text: str = "", who: str = "alice") -> None:
        """Type one of the further commands: `/imagine-NAME TEXT` (quota, privacy, admin).

        "@bob" in it is a mention where the chat knows such a thing.
        """

    async def promote(self, who: str = "alice") -> None:
        """Make somebody an admin of the workspace, before they do anything here."""

    async def mention(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        """Address the bot in the channel, outside any thread."""

    async def press(self, seen: Seen, label: str, *, text: str = "", who: str = "alice") -> None:
        """Press the button with this label; where it opens a form, type `text` and submit."""

    async def seen(self, who: str = "alice") -> list[Seen]:
        """All of the bot's messages this person can see, whispers to them included, oldest first."""

    async def again(self) -> None:
        """Let the platform deliver the very last event once more, as platforms do."""

    async def restart(self, house: TestHouse) -> None:
        """The bot's process ends and another one starts, with nothing in memory; the platform stays."""
