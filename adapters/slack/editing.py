"""The form for words on a picture: opened by a button of ours, or by the shortcut on anybody's message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.slack.opened import Opened, fitting, packed, unpacked
from adapters.slack.parts import Block, field, modal, typed, words_input
from bot.cards import parse_button_id
from bot.models import Action, Command, Role, User
from bot.replies.forms import question

Payload = Mapping[str, Any]

BUTTON_FORM = "retouch_form"
PICTURE_FORM = "retouch_edit_picture"

_WORDS = "words"
_MAX_PREFILLED = 2000


def opens_form(payload: Payload) -> bool:
    """Whether the pressed button first asks for words: its value says so."""
    return str(payload["actions"][0].get("value", "")).startswith("form:")


def prefilled(payload: Payload) -> str:
    """The words a form button carries for its field."""
    return str(payload["actions"][0].get("value", "")).removeprefix("form:")


def button_view(opened: Opened, label: str, value: str = "") -> Block:
    """The form of the button `opened.id`: an edit's own, or one titled with the button's label."""
    meaning = parse_button_id(opened.id or "")
    if meaning and meaning[0] == "edit":
        return _edit_view(BUTTON_FORM, opened, value)
    asks = question(meaning[0] if meaning else "")
    element = words_input(_WORDS, asks.example or "…", value[:_MAX_PREFILLED])
    words = field(_WORDS, asks.label, element, optional=asks.optional)
    return modal(BUTTON_FORM, label, "Send", packed(opened), [words])


def picture_view(opened: Opened) -> Block:
    """The form for the pictures of somebody's message; they travel along."""
    return _edit_view(PICTURE_FORM, fitting(opened), "")


def action(payload: Payload, workspace: str, user: User) -> Action | None:
    """The submitted form of a button; None when it is not one of ours."""
    view = payload["view"]
    opened = unpacked(view)
    meaning = parse_button_id(opened.id or "") if opened else None
    if opened is None or meaning is None:
        return None
    return Action(
        event_id=f"view:{view['id']}",
        place=opened.place(workspace),
        user=user,
        name=meaning[0],
        target=meaning[1],
        message=opened.message,
        text=typed(view, _WORDS),
    )


def command(payload: Payload, workspace: str, user: User) -> Command | None:
    """The submitted form for somebody's pictures: the first is edited, the others go along."""
    view = payload["view"]
    opened = unpacked(view)
    if opened is None or not opened.pictures:
        return None
    first, *others = opened.pictures
    return Command(
        event_id=f"view:{view['id']}",
        place=opened.place(workspace),
        user=user,
        text=typed(view, _WORDS),
        name="edit",
        attachments=(replace(first, role=Role.IMAGE), *others),
        reply_to=opened.message,
    )


def _edit_view(callback: str, opened: Opened, value: str) -> Block:
    asks = question("edit")
    words = field(_WORDS, asks.label, words_input(_WORDS, asks.example, value[:_MAX_PREFILLED]))
    return modal(callback, "Edit this picture", "Edit", packed(opened), [words])
