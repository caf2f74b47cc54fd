"""What stands on the message a shortcut was chosen for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.slack.incoming import attachments
from adapters.slack.opened import Opened
from bot.cards import parse_button_id
from bot.models import Attachment

Payload = Mapping[str, Any]

SAVE = "save_reference"
EDIT = "edit_image"

_PICTURE_NAMES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_FILE_ID = re.compile(r"\bF[A-Z0-9]{6,}\b")


def opened_on(payload: Payload, pictures: tuple[Attachment, ...] = (), button: str | None = None) -> Opened:
    """Where the shortcut was chosen. A message outside a thread starts one under itself."""
    message = payload["message"]
    return Opened(
        channel=payload["channel"]["id"],
        thread=message.get("thread_ts") or message["ts"],
        message=message["ts"],
        id=button,
        response_url=payload.get("response_url"),
        pictures=pictures,
    )


def is_ours(message: Payload, bot_user: str, bot_id: str | None) -> bool:
    """Whether the bot itself posted it."""
    return message.get("user") == bot_user or (bot_id is not None and message.get("bot_id") == bot_id)


def pictures_on(message: Payload, *, ours: bool) -> tuple[Attachment, ...]:
    """The pictures of a message: its files, and on one of ours the files its blocks show.

    Blocks of other apps are not read: they could name files that only we can see.
    """
    files = tuple(one for one in attachments(message.get("files") or ()) if _is_picture(one))
    return tuple({one.ref: one for one in (*_shown(message), *files)}.values()) if ours else files


def edit_button_on(message: Payload) -> str | None:
    """The id of the Edit button on a message of ours."""
    for block in message.get("blocks") or ():
        for element in block.get("elements") or () if block.get("type") == "actions" else ():
            found = str(element.get("action_id") or "")
            if (parse_button_id(found) or ("",))[0] == "edit":
                return found
    return None


def _is_picture(file: Attachment) -> bool:
    return file.content_type.startswith("image/") or file.name.lower().endswith(_PICTURE_NAMES)


def _shown(message: Payload) -> Iterator[Attachment]:
    """Slack may hand a block back with the id it was given, or with the file's address, which holds the id."""
    blocks = [block for block in message.get("blocks") or () if block.get("type") == "image"]
    for number, block in enumerate(blocks, start=1):
        shown = block.get("slack_file") or {}
        known = " ".join(str(part) for part in (shown.get("id"), shown.get("url"), block.get("image_url")) if part)
        if file := _FILE_ID.search(known):
            yield Attachment(f"Picture {number}", file[0])
