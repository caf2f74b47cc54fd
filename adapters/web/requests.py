"""What the page sends, checked: JSON in, small frozen nouns out. Everything here is a claim until it was looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.errors import BadInput

CHANNEL = "general"
LONGEST_TEXT = 40_000  # characters; models read less, and the core then says so
MOST_ATTACHMENTS = 16
EVERYBODY = ("all", "channel", "everyone", "here")
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_FRESH = re.compile(r"[A-Za-z0-9]{8,64}")  # the bot's own have a hyphen ("report-VERSION"): nobody can take them first
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SLASH = re.compile(r"/([A-Za-z][A-Za-z-]*)(?:\s+(.*))?", re.DOTALL)
_MENTION = re.compile(r"@retouch\b[\s,:]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Saying:
    """Words a person sent. `id` was made by the page, so that sending twice is harmless."""

    id: str
    channel: str
    thread: str | None
    text: str
    uploads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button on a `message`, or on a whisper (an id with "w-").

    `seen_in` is the thread the person had open beside, or None: where to answer privately.
    """

    id: str
    button: str
    message: str
    text: str = ""
    seen_in: str | None = None


async def body_of(request: web.Request) -> Mapping[str, object]:
    """The JSON object in a request. Raises 415 for any type a plain HTML form could send, and `BadInput`."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(
            text='{"error": "Send this as application/json."}', content_type="application/json"
        )
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadInput("This request is not JSON.") from error
    if not isinstance(body, dict):
        raise BadInput("This request is not a JSON object.")
    return body


def saying(body: Mapping[str, object]) -> Saying:
    """A message from the composer. Raises `BadInput`."""
    uploads = body.get("attachments") or []
    if not isinstance(uploads, list) or not all(isinstance(one, str) for one in uploads):
        raise BadInput("The attachments are not a list of ids.")
    if len(uploads) > MOST_ATTACHMENTS:
        raise BadInput(f"{len(uploads)} pictures are too many; {MOST_ATTACHMENTS} is the most. Remove some.")
    text = _text(body, "text").strip()
    if not text and not uploads:
        raise BadInput("There is nothing to send yet. Type what you want to see.")
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"That is {len(text):,} characters; {LONGEST_TEXT:,} is the most. Use fewer words.")
    return Saying(
        a_fresh_id(body.get("id")), channel_of(body.get("channel")), _thread(body.get("thread")), text, tuple(uploads)
    )


def press(body: Mapping[str, object]) -> Press:
    """A pressed button. Raises `BadInput`."""
    text = _text(body, "text").strip()
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"That is {len(text):,} characters; {LONGEST_TEXT:,} is the most. Use fewer words.")
    return Press(
        a_fresh_id(body.get("id")), _text(body, "button")[:200], _text(body, "message")[:100], text,
        _thread(body.get("seen_in")),
    )  # fmt: skip


def an_id(value: object) -> str:
    """An id of a message or event. Raises `BadInput`."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise BadInput("This request has no proper id. Reload the page.")


def a_fresh_id(value: object) -> str:
    """An id that the page made. Raises `BadInput`."""
    if isinstance(value, str) and _FRESH.fullmatch(value):
        return value
    raise BadInput("This request has no proper id. Reload the page.")


def channel_of(value: object) -> str:
    """A channel's name; "general" where none is given. Raises `BadInput`."""
    if value is None or value == "":
        return CHANNEL
    if isinstance(value, str) and is_channel(value):
        return value
    raise BadInput("There is no such channel: names are of small letters, digits and hyphens. Go back to #general.")


def is_channel(name: str) -> bool:
    """Whether a channel of this chat can be called so."""
    return bool(_CHANNEL.fullmatch(name))


def moment_of(value: str | None) -> int | None:
    """Milliseconds since 1970; None where none are given. Raises `BadInput`."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,15}", value, re.ASCII):
        return int(value)
    raise BadInput("There is no such moment.")


def _thread(value: object) -> str | None:
    return None if value is None or value == "" else an_id(value)


def _text(body: Mapping[str, object], key: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str):
        raise BadInput(f"“{key}” is not text.")
    return value.replace("\x00", "").encode("utf-8", "replace").decode()  # half an emoji cannot be stored


def slash(text: str) -> tuple[str, str] | None:
    """The name and the words of a slash command, or None. "//" is people's own talk, not a command."""
    found = _SLASH.fullmatch(text)
    return (found.group(1).lower(), (found.group(2) or "").strip()) if found else None


def without_mention(text: str) -> str | None:
    """The words after "@retouch", or None when it does not start with that."""
    found = _MENTION.match(text)
    return text[found.end() :].strip() if found else None


def addresses(text: str, names: Iterable[str]) -> bool:
    """Whether it begins with "@" and one of these people, or everybody: "@ann what do you think?"."""
    words = text.removeprefix("@").casefold()
    if words == text.casefold():
        return False
    called = {name.casefold() for name in (*EVERYBODY, *names) if name}
    return any(words.startswith(name) and not words[len(name) : len(name) + 1].isalnum() for name in called)
