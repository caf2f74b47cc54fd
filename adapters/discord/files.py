"""Pictures on their way to Discord (small enough, safely named) and people's files on their way in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp
import discord
from yarl import URL

from adapters.discord.text import shortened
from bot import pictures
from bot.cards import Card, CardImage, Tone
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
    """A file to attach, by the name the message's gallery refers to."""

    path: Path
    filename: str
    alt: str


async def outgoing(card: Card, folder: Path, limit: int) -> tuple[tuple[Outgoing, ...], tuple[str, ...]]:
    """The card's pictures as files of at most `limit` bytes, and sentences about what is not the original.

    Smaller copies are written to `folder`.
    """
    shown, notes = card.images[:MAX_FILES], []
    if len(card.images) > MAX_FILES:
        notes.append(f"{len(card.images) - MAX_FILES} more pictures did not fit in one message.")
    sent: list[Outgoing] = []
    for index, image in enumerate(shown, start=1):
        taken = {one.filename for one in sent}
        size = (await asyncio.to_thread(image.path.stat)).st_size
        preview = card.tone is Tone.PROGRESS
        most = min(limit, PREVIEW_LIMIT) if preview else limit
        if size <= most:
            sent.append(Outgoing(image.path, _filename(image.name, image.media_type, taken), _alt(image)))
            continue
        copy = folder / str(index)
        await asyncio.to_thread(copy.mkdir)
        edge = PREVIEW_EDGE if preview else None
        path, smaller = await asyncio.to_thread(pictures.fit, image.path, copy, max_bytes=most, max_edge=edge)
        sent.append(Outgoing(path, _filename(image.name, smaller.media_type, taken), _alt(image)))
        if not preview:
            notes.append(
                f"{image.name}: a smaller copy. The original ({_megabytes(size)}) is kept; "
                f"files here may have {_megabytes(limit)}."
            )
    return tuple(sent), tuple(notes)


def open_files(sent: Sequence[Outgoing]) -> list[discord.File]:
    """Fresh files for one send, which closes them. Blocks: call it off the event loop."""
    return [discord.File(one.path, filename=one.filename, description=one.alt) for one in sent]


def _filename(name: str, media_type: str, taken: set[str]) -> str:
    """A name that Discord keeps as it is: it rewrites others, and the gallery then misses the file."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rsplit(".", 1)[0]).strip("-_")[:60]
    stem = re.sub(r"^(SPOILER_)+", "", stem) or "picture"  # that prefix blurs a picture
    extension = _EXTENSIONS.get(media_type, "png")  # it alone decides whether Discord shows a picture
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
