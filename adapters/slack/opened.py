"""Where a form was opened, and for which pictures: it travels in the form itself and survives a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bot.models import Attachment, Place

MAX_METADATA = 3000
_NAME = 60  # characters of a picture's name that travel along


@dataclass(frozen=True, slots=True)
class Opened:
    """A spot in Slack. `id` is the button that opened the form, `message` the one it stands on."""

    channel: str
    thread: str | None = None
    message: str | None = None
    id: str | None = None
    response_url: str | None = None
    pictures: tuple[Attachment, ...] = ()

    def place(self, workspace: str) -> Place:
        """The same as a Place."""
        return Place("slack", workspace, self.channel, self.thread)


def fitting(opened: Opened) -> Opened:
    """With as many of its pictures, at least one, as a form can carry."""
    while len(opened.pictures) > 1 and len(packed(opened)) > MAX_METADATA:
        opened = replace(opened, pictures=opened.pictures[:-1])
    return opened


def packed(opened: Opened) -> str:
    """For a form's `private_metadata`."""
    spot = {field.name: getattr(opened, field.name) for field in fields(opened) if field.name != "pictures"}
    pictures = [[one.ref, one.name[:_NAME], one.content_type[:_NAME]] for one in opened.pictures]
    return json.dumps(
        {name: value for name, value in spot.items() if value} | ({"pictures": pictures} if pictures else {})
    )


def unpacked(view: Mapping[str, Any]) -> Opened | None:
    """What a submitted form carries; None when it is not one of ours."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("channel"), str) or not found["channel"]:
        return None
    spot = {
        name: value for name in ("thread", "message", "id", "response_url") if isinstance(value := found.get(name), str)
    }
    pictures = tuple(Attachment(name, ref, kind) for ref, name, kind in found.get("pictures") or ())
    return Opened(found["channel"], pictures=pictures, **spot)
