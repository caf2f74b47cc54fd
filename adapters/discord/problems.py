"""Discord's errors as ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.errors import CannotPost, MessageGone, PlatformProblem

T = TypeVar("T")

TOO_LARGE = 40005
ARCHIVED = 50083
TOO_LATE = 10062
ALREADY_ACKNOWLEDGED = 40060
NO_HISTORY = 160002
UNKNOWN_CHANNEL = 10003
INVALID = 50035

_CUT = (aiohttp.ClientError, ConnectionError, TimeoutError)
"""A connection that broke. discord.py retries it on macOS and Windows only: it knows errno 54 and 10054."""

_NO_ENTRY = "I may not post in this channel. Ask an admin to give me these permissions here: {}."
_BY_CODE: dict[int, tuple[type[PlatformProblem], str]] = {
    10003: (CannotPost, "This channel is gone, or I cannot see it. Ask an admin to let me in."),
    10004: (CannotPost, "I am not a member of this server. Ask an admin to add me."),
    10008: (MessageGone, "The message was deleted."),
    20009: (CannotPost, "Discord's filter for explicit pictures did not let this one through."),
    20016: (CannotPost, "Slow mode is on in this channel. Try again in a moment."),
    40005: (PlatformProblem, "The picture is too large for Discord here, even as a smaller copy."),
    50001: (CannotPost, _NO_ENTRY),
    50007: (CannotPost, "I may not send you direct messages. Allow them in this server's privacy settings."),
    50013: (CannotPost, _NO_ENTRY),
    50083: (CannotPost, "This thread is archived and I may not open it again. Ask an admin."),
    160005: (CannotPost, "This thread is locked. Ask an admin to unlock it, or start a new one."),
    200000: (CannotPost, "This server's AutoMod did not let my message through."),
}
_BY_STATUS: dict[int, tuple[type[PlatformProblem], str]] = {
    403: (CannotPost, _NO_ENTRY),
    404: (MessageGone, "The message was deleted."),
    413: _BY_CODE[40005],
}
_NEEDED = ("View Channel", "Send Messages", "Attach Files", "Read Message History")


def problem(error: Exception, *, missing: tuple[str, ...] = ()) -> PlatformProblem:
    """What an exception of discord.py's means for us. `missing` are permissions known to be lacking."""
    if not isinstance(error, discord.HTTPException):
        return PlatformProblem("Discord cannot be reached right now. Try again in a minute.")
    kind, sentence = _BY_CODE.get(error.code) or _BY_STATUS.get(error.status) or (PlatformProblem, "")
    sentence = sentence or f"Discord did not take that (error {error.code or error.status}). Try again in a minute."
    return kind(sentence.format(", ".join(missing or _NEEDED)))


def too_large(error: discord.HTTPException) -> bool:
    """Whether Discord found a file too large."""
    return error.code == TOO_LARGE or error.status == 413


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Do it once more after a cut connection. For what may be done twice: edits, and posts with a nonce."""
    try:
        return await attempt()
    except _CUT:
        await asyncio.sleep(0.5)
        return await attempt()


FAILURES = (discord.HTTPException, *_CUT)
"""What a call to Discord may raise."""
