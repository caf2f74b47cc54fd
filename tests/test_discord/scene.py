"""A simulated Discord with a core of a few lines behind our platform."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from PIL import Image

from bot.cards import Button, Card, CardImage, Link, Tone
from bot.errors import BadAttachment, PlatformProblem
from bot.models import Action, Address, Command, Message, Policy, Request, User
from bot.ports import ChatPlatform
from tests.drivers.discord import DiscordDriver, open_simulation


def png(colour: str = "teal", size: tuple[int, int] = (32, 24)) -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


@dataclass
class SmallDoors:
    """A core of a few lines: it draws at once, refuses on request, and notes what came in."""

    platform: ChatPlatform
    folder: Path
    taken: list[Request] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    addresses: list[Address] = field(default_factory=list)
    problems: list[PlatformProblem] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)

    async def command(self, command: Command) -> None:
        if command.name not in ("imagine", "edit"):
            await self._answer(command)
            return
        await self._take(command, command.text, command.reply_to)

    async def message(self, message: Message) -> None:
        await self._take(message, message.text, message.id)

    async def ask(self, asked: Action | Command) -> Card | None:
        raise NotImplementedError

    async def settings(self, user: User, workspace: str) -> Policy | None:
        return self.policy if user.is_admin else None

    async def action(self, action: Action) -> None:
        await self._take(action, action.text or action.name, None)

    async def _take(self, asked: Request, words: str, reply_to: str | None) -> None:
        if asked.event_id in self.known:
            return
        self.known.add(asked.event_id)
        self.taken.append(asked)
        if words.startswith("refuse"):
            await self.platform.whisper(asked, Card("Not that. Nothing was charged.", tone=Tone.REFUSAL))
        elif words != "stay silent":
            await self._draw(asked, words, reply_to)

    async def _answer(self, command: Command) -> None:
        """What the core answers to its asker alone; a picture to keep is fetched first."""
        if command.event_id in self.known:
            return
        self.known.add(command.event_id)
        self.taken.append(command)
        try:
            for attachment in command.attachments:
                await self.platform.fetch(attachment, self.folder / "kept", 1_000_000)
        except BadAttachment as problem:
            await self.platform.whisper(command, Card(str(problem), tone=Tone.REFUSAL))
            return
        links = (Link("Gallery", "https://pictures.example/gallery?t=abc"),) if command.name == "gallery" else ()
        await self.platform.whisper(command, Card(f"Heard: {command.text}", links=links))

    async def _draw(self, asked: Request, words: str, reply_to: str | None) -> None:
        try:
            working = Card("Making your image", tone=Tone.PROGRESS, prompt=words)
            address = await self.platform.post(asked.place, working, reply_to=reply_to, key=asked.event_id)
            self.addresses.append(address)
            await self.platform.edit(address, self.finished(words))
        except PlatformProblem as problem:
            self.problems.append(problem)
            await self.platform.whisper(asked, Card(str(problem), tone=Tone.FAILURE))

    def finished(self, words: str, data: bytes | None = None) -> Card:
        """A finished card with one picture and the usual buttons."""
        number = len(self.addresses)
        path = self.folder / f"{number}.png"
        path.write_bytes(data or png())
        image = CardImage(path, "image/png", 32, 24, f"AI-made picture: {words}", f"v{number}.png")
        target = f"version{number}"
        buttons = (
            Button("Edit", "edit", target, style="primary", form=True, value=words),
            Button("Vary", "vary", target),
            Button("Undo", "undo", target),
        )
        return Card(f"v{number}", tone=Tone.DONE, prompt=words, footer="1024×1024", images=(image,), buttons=buttons)


@dataclass
class SmallHouse:
    """What the driver asks for."""

    folder: Path
    opened: list[SmallDoors] = field(default_factory=list)

    def studio(self, platform: ChatPlatform, /) -> SmallDoors:
        self.opened.append(SmallDoors(platform, self.folder))
        return self.opened[-1]

    @property
    def taken(self) -> list[Request]:
        return [asked for doors in self.opened for asked in doors.taken]


@dataclass
class Scene:
    """A simulated Discord and what our doors were given."""

    house: SmallHouse
    driver: DiscordDriver

    @property
    def doors(self) -> SmallDoors:
        return self.house.opened[-1]

    @property
    def last(self) -> Request:
        return self.house.taken[-1]

    def admins(self) -> Any:
        """A role that may do anything."""
        permissions = discord.Permissions(administrator=True)
        return self.driver.guild.create_role("admins", permissions=permissions)

    def calls(self, method: str, part: str) -> list[Any]:
        return [one for one in self.driver.env.http_requests if one.method == method and part in one.path]


@asynccontextmanager
async def discord_with(tmp_path: Path, **how: Any) -> AsyncIterator[Scene]:
    house = SmallHouse(tmp_path)
    async with open_simulation(house, **how) as driver:
        driver.person("alice")
        yield Scene(house, driver)
