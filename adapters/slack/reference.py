"""The form that keeps a picture under a name, and the command it stands for. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.slack.incoming import attachments
from adapters.slack.opened import Opened, fitting, packed, unpacked
from adapters.slack.parts import Block, choice, chosen, field, filled, modal, shortened, typed, words_input
from bot.models import Attachment, Command, Role, User

CALLBACK = "retouch_reference"
MAX_NAME = 100
KINDS = {
    Role.REFERENCE: "Anything",
    Role.SUBJECT: "Who or what is shown",
    Role.STYLE: "How it looks (style)",
    Role.LOGO: "A logo",
    Role.BACKGROUND: "A background",
}
FILE_TYPES = ["png", "jpg", "jpeg", "gif", "webp"]
"""A convenience of Slack's file dialog only; the bytes are looked at when they are fetched."""

_ADD = re.compile(r"add\b\s*(?P<name>\S*)(?:\s+(?:as|for)\s+(?P<role>\w+))?", re.IGNORECASE)


def wants_form(text: str) -> bool:
    """Whether the words of `/imagine-ref` ask for a picture, which a slash command cannot carry."""
    return text.lower().split(maxsplit=1)[:1] == ["add"]


def view(opened: Opened, text: str = "") -> Block:
    """The form. `text` ("add @logo as logo") fills it in; without pictures in `opened` it takes a file."""
    opened = fitting(opened)
    words = _ADD.match(text)
    name, role = (words["name"], (words["role"] or "").lower()) if words else ("", "")
    kinds = choice(
        "role", [(kind.value, label) for kind, label in KINDS.items()], role if role in KINDS else "reference"
    )
    blocks = [
        field("name", "Name", words_input("name", "@logo", name, limit=MAX_NAME, lines=False)),
        field("role", "What it is for", kinds),
        *_picture(opened.pictures),
    ]
    return modal(CALLBACK, "Save a reference", "Save", packed(opened), blocks)


def command(payload: Mapping[str, Any], workspace: str, user: User) -> Command | None:
    """The submitted form; None when it is not one of ours. The name is passed on as typed: the core judges it."""
    sent = payload["view"]
    opened = unpacked(sent)
    if opened is None:
        return None
    name, role = typed(sent, "name"), chosen(sent, "role")
    return Command(
        event_id=f"view:{sent['id']}",
        place=opened.place(workspace),
        user=user,
        text=f"add {name if name.startswith('@') else f'@{name}'}{_for(role)}",
        name="ref",
        attachments=_chosen_picture(sent, opened.pictures),
    )


def _picture(pictures: tuple[Attachment, ...]) -> list[Block]:
    if len(pictures) > 1:
        options = [(str(index), shortened(one.name, 75)) for index, one in enumerate(pictures)]
        return [field("picture", "Which picture", choice("picture", options, "0"))]
    if pictures:
        return []
    return [
        field("file", "Picture", {"type": "file_input", "action_id": "file", "filetypes": FILE_TYPES, "max_files": 1})
    ]


def _chosen_picture(sent: Mapping[str, Any], pictures: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    if not pictures:
        return attachments(filled(sent, "file").get("files") or ())[:1]
    index = chosen(sent, "picture") or "0"
    return pictures[int(index) :][:1] if index.isdecimal() else pictures[:1]


def _for(role: str | None) -> str:
    """What it is for, where that was chosen: "Anything" leaves it to the name ("@logo")."""
    return f" as {role}" if role in KINDS and role != Role.REFERENCE else ""
