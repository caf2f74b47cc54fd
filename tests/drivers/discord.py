"""A person at Discord: simcord's members and channels, with our real discord.Client on the other side."""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import discord
import simcord

from adapters.discord import DiscordPlatform
from bot.errors import BadAttachment
from bot.ports import ChatPlatform, Doors
from tests.contracts.chat import ChatDriver, File, Seen

SETTLE_SECONDS = 30.0  # of real time: comparing large pictures on a busy machine takes some


class House(Protocol):
    """The core that the platform is plugged into."""

    def studio(self, platform: ChatPlatform, /) -> Doors:
        """Doors that post through this platform."""


@asynccontextmanager
async def open_discord(house: House, **settings: Any) -> AsyncIterator[ChatDriver]:
    """A server with one channel and our bot in it. `settings` go to the platform."""
    async with open_simulation(house, **settings) as driver:
        yield driver


@asynccontextmanager
async def open_simulation(
    house: House, *, check_errors: bool = True, approved: discord.Intents | None = None, **settings: Any
) -> AsyncIterator[DiscordDriver]:
    """The same, by its own type: for tests of Discord alone."""
    cdn = SimulatedCdn()
    platform = DiscordPlatform(token="simulated", cdn=cdn, **settings)
    env = cdn.env = simcord.Env(platform.client, approved_intents=approved, settle_timeout=SETTLE_SECONDS)
    await env.start()
    try:
        guild = env.create_guild("Studio")
        driver = DiscordDriver(env, platform, guild, guild.create_text_channel("pictures"), dict(settings))
        driver.plug_into(house)
        env.backend.subscribers.append(driver.record)
        yield driver
    finally:
        await env.shutdown()
    if check_errors:
        env.raise_errors()


class SimulatedCdn:
    """simcord's file store, behind the platform's own port."""

    env: simcord.Env

    async def chunks(self, url: str) -> AsyncIterator[bytes]:
        """The file in two pieces."""
        data = self.env.backend.cdn.get(url)
        if data is None:
            raise BadAttachment("Discord no longer has this file. Attach it again.")
        half = len(data) // 2
        yield data[:half]
        yield data[half:]


@dataclass
class DiscordDriver:
    """`tests.contracts.chat.ChatDriver`, and what only Discord has."""

    env: simcord.Env
    platform: DiscordPlatform
    guild: Any
    channel: Any
    settings: dict[str, Any]
    people: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    last: tuple[str, Any] | None = None

    def person(self, who: str = "alice", **how: Any) -> Any:
        """Simcord's actor for this person; new names join the server."""
        if who not in self.people:
            self.people[who] = self.guild.add_member(self.env.create_user(who), **how)
        return self.people[who]

    def record(self, event: str, payload: Any) -> None:
        """Keep the last thing a person did, as Discord sent it."""
        by_bot = isinstance(payload, dict) and payload.get("author", {}).get("bot")
        if event in ("INTERACTION_CREATE", "MESSAGE_CREATE") and not by_bot:
            self.last = event, copy.deepcopy(payload)

    def plug_into(self, house: House) -> None:
        """Start the core. Its own tasks then live by simcord's clock and connection, like the bot's."""
        with self.env.time_context():
            self.platform.listen(house.studio(self.platform))

    # ── what a person does ──────────────────────────────────────────────────────────────────────────────────

    async def imagine(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        images = {f"image{number}": file for number, file in enumerate(files, start=1)}
        await self.person(who).slash(self.channel, "imagine", prompt=text, **images)

    async def reply(self, text: str, *, to: Seen | None = None, files: Sequence[File] = (), who: str = "alice") -> None:
        target = self.message(to.id) if to else self.pictures()[-1]
        room = next(room for room in self.rooms() if room.id == target.channel.id)
        await self.person(who).send(room, text, reply_to=target, attachments=files)

    async def ref(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        """Take "add @logo as logo", "delete @logo", or nothing for the list."""
        verb, _, rest = text.partition(" ")
        name, _, role = rest.partition(" as ")
        options: dict[str, Any] = {"name": name} if name else {}
        if role:
            options["for"] = role
        if verb == "add":
            options["image"] = files[0]
        await self.person(who).slash(self.channel, f"imagine-ref {verb or 'list'}", **options)

    async def run(self, name: str, text: str = "", who: str = "alice") -> None:
        if name == "admin":
            path, options = self._subcommand(text)
        else:
            path, options = f"imagine-{name}", {"what": _PRIVACY[text]} if text else {}
        await self.person(who).slash(self.channel, path, **options)

    def _subcommand(self, text: str) -> tuple[str, dict[str, Any]]:
        """The words of `/imagine-admin` as the command of its group and the options they are."""
        verb, _, rest = (text or "show").partition(" ")
        options: dict[str, Any] = {}
        if verb in ("grant", "ban", "unban"):
            name, _, rest = rest.partition(" ")
            options["person"] = self.person(name.removeprefix("@"))
        if verb == "set":
            options["setting"], _, options["value"] = rest.partition(" ")
        elif rest:
            key = {"show": "setting", "usage": "days", "ban": "reason", "grant": "amount"}[verb]
            options[key] = int(rest) if key == "days" else rest
        if verb == "grant":
            *amount, options["until"] = rest.split(" ")
            options["amount"] = " ".join(amount)
        return f"imagine-admin {verb}", options

    async def promote(self, who: str = "alice") -> None:
        if "admins" not in self.roles:
            self.roles["admins"] = self.guild.create_role("admins", permissions=discord.Permissions(manage_guild=True))
        self.env.backend.add_member_role(self.guild.id, self.person(who).id, self.roles["admins"].id)
        await self.env.settle()

    async def mention(self, text: str, *, files: Sequence[File] = (), who: str = "alice") -> None:
        me = self.env.bot.user
        await self.person(who).send(self.channel, f"<@{me.id if me else 0}> {text}", attachments=files)

    async def press(self, seen: Seen, label: str, *, text: str = "", who: str = "alice") -> None:
        person, message = self.person(who), self.message(seen.id)
        person = person.user if message.channel.id == person.user.dm_channel.id else person
        result = await person.click(message, label=label)
        if result.modal:
            await person.submit_modal(result, {"words": text})

    async def again(self) -> None:
        assert self.last, "nothing happened yet"
        event, payload = self.last
        self.env.backend.emit(event, copy.deepcopy(payload))
        await self.env.settle()

    async def restart(self, house: House) -> None:
        """The bot's process ends and a new one starts, with nothing in memory."""
        cdn = SimulatedCdn()
        cdn.env = self.env
        self.platform = DiscordPlatform(token="simulated", cdn=cdn, **self.settings)
        await self.env.restart_bot(self.platform.client)
        self.plug_into(house)

    # ── what a person sees ──────────────────────────────────────────────────────────────────────────────────

    async def seen(self, who: str = "alice") -> list[Seen]:
        await self.env.settle()
        messages = [message for room in self.rooms() for message in room.history(viewer=self.person(who))]
        direct = self.person(who).user.dm_channel.history()
        ours = [message for message in (*messages, *direct) if self._is_ours(message)]
        return [self._seen(message) for message in sorted(ours, key=lambda message: message.id)]

    def rooms(self) -> list[Any]:
        """The channel and its threads."""
        return [self.channel, *self.channel.threads]

    def pictures(self) -> list[discord.Message]:
        """The bot's messages that everybody sees, oldest first."""
        found = [
            message
            for room in self.rooms()
            for message in room.history()
            if self._is_ours(message) and not message.flags.ephemeral
        ]
        return sorted(found, key=lambda message: message.id)

    def message(self, number: str) -> discord.Message:
        """A message by its id, whoever sees it."""
        people = self.people.values()
        said = [one for room in self.rooms() for person in people for one in room.history(viewer=person)]
        direct = [one for person in people for one in person.user.dm_channel.history()]
        found: discord.Message = next(one for one in (*said, *direct) if str(one.id) == number)
        return found

    def lose_files(self) -> None:
        """Discord forgets all files: their links have expired, or their messages are gone."""
        self.env.backend.cdn = type(self.env.backend.cdn)()

    def _is_ours(self, message: discord.Message) -> bool:
        return bool(self.env.bot.user and message.author.id == self.env.bot.user.id and message.components)

    def _seen(self, message: discord.Message) -> Seen:
        parts = list(_walk(message.components))
        items = [item for part in parts if isinstance(part, discord.MediaGalleryComponent) for item in part.items]
        blobs = [self.env.backend.cdn.get(item.media.url) for item in items]
        buttons = [part for part in parts if isinstance(part, discord.Button)]
        files = [part for part in parts if isinstance(part, discord.FileComponent)]
        return Seen(
            id=str(message.id),
            text="\n".join(as_read(part.content) for part in parts if isinstance(part, discord.TextDisplay)),
            images=tuple(blob for blob in blobs if blob is not None),
            alts=tuple(item.description or "" for item in items),
            buttons=tuple(button.label or "" for button in buttons if not button.url),
            in_thread=isinstance(message.channel, discord.Thread),
            private=message.flags.ephemeral or message.guild is None,
            links=tuple((button.label or "", button.url) for button in buttons if button.url),
            files=tuple((file.name or "", self.env.backend.cdn.get(file.media.url) or b"") for file in files),
        )


_PRIVACY = {"export": "Export it", "delete mine": "Delete mine"}


def _walk(components: Sequence[Any]) -> Iterator[Any]:
    for component in components:
        yield component
        yield from _walk(getattr(component, "children", ()))


def as_read(markdown: str) -> str:
    """What a person reads where we wrote this: the few marks we use are gone, and so are the escapes."""
    lines = [re.sub(r"^(> |-# )", "", line) for line in markdown.split("\n")]
    return re.sub(r"\\([^\sA-Za-z0-9])|\*\*", lambda match: match.group(1) or "", "\n".join(lines))
