"""Pictures on their way to Discord (small enough, safely named) and people's files on their way in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

import aiohttp
import discord
from yarl import URL

from adapters.discord.text import shortened
from bot import pictures
from bot.cards import Card, CardFile, CardImage, Tone
from bot.errors import BadAttachment
from bot.models import Attachment

MAX_FILES = 10  # per message
MAX_ALT = 1024
DEFAULT_LIMIT = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES  # 10 MiB; boosted servers take more
PREVIEW_LIMIT = 1_000_000  # a passing picture is replaced in seconds: not worth a long upload
PREVIEW_EDGE = 1024
_CHUNK = 256 * 1024
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


# ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to attach, by the name the message's own parts refer to. `alt` is empty for what is no picture."""

    path: Path
    filename: str
    alt: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes along with a card, and sentences about what is left out or no original."""

    pictures: tuple[Outgoing, ...] = ()
    files: tuple[Outgoing, ...] = ()
    notes: tuple[str, ...] = ()


async def outgoing(card: Card, folder: Path, limit: int) -> Parcel:
    """The card's pictures and files, each of at most `limit` bytes, together as many as a message takes.

    Smaller copies of pictures are written to `folder`; files to take away go as they are, or not at all.
    """
    files, about_files = await _takeaways(card.files, limit)
    pictures, about_pictures = await _shown(card, folder, limit, {one.filename for one in files})
    return Parcel(pictures, files, (*about_files, *about_pictures))


async def _takeaways(files: Sequence[CardFile], limit: int) -> tuple[tuple[Outgoing, ...], list[str]]:
    sent: list[Outgoing] = []
    notes = _left_out(len(files) - MAX_FILES, "file")
    for file in files[:MAX_FILES]:
        try:
            size = (await asyncio.to_thread(file.path.stat)).st_size
        except OSError:
            notes.append("The export is no longer kept. Ask for it again: export.")
            continue
        if size > limit:
            notes.append(
                f"The export is {_megabytes(size)}; Discord takes files up to {_megabytes(limit)} here. "
                "Ask for fewer: export v3."
            )
            continue
        extension = re.sub(r"[^a-z0-9]", "", PurePosixPath(file.name).suffix.lower())[:10] or "bin"
        sent.append(Outgoing(file.path, _filename(file.name, extension, {one.filename for one in sent}), ""))
    return tuple(sent), notes


async def _shown(card: Card, folder: Path, limit: int, taken: set[str]) -> tuple[tuple[Outgoing, ...], list[str]]:
    room = MAX_FILES - len(taken)
    notes = _left_out(len(card.images) - room, "picture")
    sent: list[Outgoing] = []
    for index, image in enumerate(card.images[:room], start=1):
        taken = taken | {one.filename for one in sent}
        size = (await asyncio.to_thread(image.path.stat)).st_size
        preview = card.tone is Tone.PROGRESS
        most = min(limit, PREVIEW_LIMIT) if preview else limit
        if size <= most:
            sent.append(Outgoing(image.path, _picture_name(image, image.media_type, taken), _alt(image)))
            continue
        copy = folder / str(index)
        await asyncio.to_thread(copy.mkdir)
        edge = PREVIEW_EDGE if preview else None
        path, smaller = await asyncio.to_thread(pictures.fit, image.path, copy, max_bytes=most, max_edge=edge)
        sent.append(Outgoing(path, _picture_name(image, smaller.media_type, taken), _alt(image)))
        if not preview:
            notes.append(
                f"{image.name}: a smaller copy. The original ({_megabytes(size)}) is kept; "
                f"files here may have {_megabytes(limit)}."
            )
    return tuple(sent), notes


def _left_out(count: int, noun: str) -> list[str]:
    return [f"{count} more {noun}{'s' if count > 1 else ''} did not fit in one message."] if count > 0 else []


def open_files(sent: Sequence[Outgoing]) -> list[discord.File]:
    """Fresh files for one send, which closes them. Blocks: call it off the event loop."""
    return [discord.File(one.path, filename=one.filename, description=one.alt or None) for one in sent]


def _picture_name(image: CardImage, media_type: str, taken: set[str]) -> str:
    """The extension alone decides whether Discord shows a picture."""
    return _filename(image.name, _EXTENSIONS.get(media_type, "png"), taken)


def _filename(name: str, extension: str, taken: set[str]) -> str:
    """A name that Discord keeps as it is: it rewrites others, and the message then misses the file."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rsplit(".", 1)[0]).strip("-_")[:60]
    stem = re.sub(r"^(SPOILER_)+", "", stem) or "picture"  # that prefix blurs a picture
    while f"{stem}.{extension}" in taken:
        stem += "-b"
    return f"{stem}.{extension}"


def _alt(image: CardImage) -> str:
    return shortened(image.alt, MAX_ALT)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


# ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Cdn(Protocol):
    """Where Discord keeps people's files."""

    def chunks(self, url: str) -> AsyncIterator[bytes]:
        """The file's bytes. Raises `errors.BadAttachment`."""


@dataclass(frozen=True, slots=True)
class DiscordCdn:
    """The real one. Nothing but `https` from these hosts is asked for, and no redirect is followed.

    A host stands without its port where that is the usual one.
    """

    hosts: frozenset[str] = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
    schemes: frozenset[str] = frozenset({"https"})
    timeout: float = 120.0

    async def chunks(self, url: str) -> AsyncIterator[bytes]:
        """The file's bytes, at most 256 KiB at a time."""
        address = URL(url)
        if address.scheme not in self.schemes or address.host_port_subcomponent not in self.hosts:
            raise BadAttachment("This file is not on Discord. Attach the picture itself.")
        try:
            async with AsyncExitStack() as stack:
                limits = aiohttp.ClientTimeout(total=self.timeout)
                session = await stack.enter_async_context(aiohttp.ClientSession(timeout=limits))
                answer = await stack.enter_async_context(session.get(address, allow_redirects=False))
                if answer.status != 200:
                    raise BadAttachment("Discord no longer has this file. Attach it again.")
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BadAttachment("This file could not be fetched from Discord. Try again.") from error


async def save(attachment: Attachment, cdn: Cdn, into: Path, limit: int) -> None:
    """Stream a person's file to `into`. Raises `BadAttachment` beyond `limit` bytes, claimed or real."""
    if attachment.size is not None and attachment.size > limit:
        raise _too_large(limit)
    written = 0
    file = await asyncio.to_thread(into.open, "wb")
    try:
        async for chunk in cdn.chunks(attachment.ref):
            written += len(chunk)
            if written > limit:
                raise _too_large(limit)
            await asyncio.to_thread(file.write, chunk)
    finally:
        await asyncio.to_thread(file.close)


def _too_large(limit: int) -> BadAttachment:
    return BadAttachment(f"This file is larger than {_megabytes(limit)}. Send a smaller one.")
