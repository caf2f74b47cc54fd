"""`/imagine-admin` without words opens a form of the settings, a group at a time; what changed becomes commands. Pure.

The form carries a digest of every value it was opened with: only what this person changed is set, so that two admins
at the same moment do not undo each other's work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from adapters.slack.opened import Opened, packed, unpacked
from adapters.slack.parts import Block, choice, chosen, field, filled, modal, plain, shortened, typed, words_input
from bot.errors import BadOption
from bot.models import Command, Policy, User
from bot.policies import GROUPS, SETTINGS, Setting, apply

Payload = Mapping[str, Any]

CALLBACK = "retouch_admin"
GROUP = "group"
"""Also the action that Slack reports when another group is chosen."""

MAX_VALUE = 3000  # characters of a text field
MAX_HINT = 150
MAX_LABEL = 70
MAX_ERROR = 150


def view(policy: Policy, opened: Opened, group: str = "") -> Block:
    """The form for one group of settings, the first where none is named."""
    group = group if group in GROUPS else GROUPS[0]
    here = [one for one in SETTINGS.values() if one.group == group]
    chooser = field(GROUP, "Settings about", choice(GROUP, [(one, shortened(one, 75)) for one in GROUPS], group))
    metadata = json.loads(packed(opened)) | {"was": {one.name: _digest(one.show(policy)) for one in here}}
    blocks = [{**chooser, "dispatch_action": True}, *(_block(one, one.show(policy)) for one in here)]
    return modal(CALLBACK, "Retouch settings", "Save", json.dumps(metadata, separators=(",", ":")), blocks)


def reopened(payload: Payload, policy: Policy) -> Block | None:
    """The form again, after another group was chosen in it; None when it is not one of ours."""
    opened = unpacked(payload["view"])
    return view(policy, opened, chosen(payload["view"], GROUP) or "") if opened else None


def errors(payload: Payload, policy: Policy) -> dict[str, str]:
    """What is wrong with a submitted form, by field; empty when all of it can be set."""
    found = {}
    for name, value in changes(payload["view"]).items():
        try:
            apply(policy, name, value)
        except BadOption as error:
            found[name] = shortened(str(error), MAX_ERROR)
    return found


def commands(payload: Payload, workspace: str, user: User) -> list[Command]:
    """The changed settings, in the order of the form, as the commands they stand for."""
    sent = payload["view"]
    opened = unpacked(sent)
    if opened is None:
        return []
    place = opened.place(workspace)
    return [
        Command(f"view:{sent['id']}:{name}", place, user, f"set {name} {value}", name="admin")
        for name, value in changes(sent).items()
    ]


def changes(sent: Mapping[str, Any]) -> dict[str, str]:
    """What was changed in a form: values by setting. An emptied field means nothing there."""
    was = _was(sent)
    values = {name: _value(sent, SETTINGS[name]) for name in was if name in SETTINGS and filled(sent, name)}
    return {name: value for name, value in values.items() if _digest(value) != was[name]}


def _was(sent: Mapping[str, Any]) -> dict[str, str]:
    try:
        found = json.loads(sent.get("private_metadata") or "{}")
    except ValueError:
        return {}
    was = found.get("was") if isinstance(found, dict) else None
    return {str(name): str(digest) for name, digest in was.items()} if isinstance(was, dict) else {}


def _value(sent: Mapping[str, Any], setting: Setting) -> str:
    return (chosen(sent, setting.name) if setting.choices else typed(sent, setting.name)) or setting.empty


def _digest(value: str) -> str:
    """Short, as 3,000 characters of metadata must do for all settings of a group."""
    return hashlib.sha256(value.strip().encode()).hexdigest()[:10]


def _block(setting: Setting, value: str) -> Block:
    label = shortened(setting.name.replace("-", " ").capitalize(), MAX_LABEL)
    if len(value) > MAX_VALUE:  # cut, it would lose what is beyond
        text = f"{label} is too long for this form: change it on the admin page, or in the command line."
        return {"type": "section", "block_id": setting.name, "text": plain(text)}
    block = field(setting.name, label, _element(setting, value), optional=True)
    return block | {"hint": plain(shortened(setting.about, MAX_HINT))}


def _element(setting: Setting, value: str) -> Block:
    if setting.choices:
        return choice(setting.name, [(str(one), shortened(one, 75)) for one in setting.choices], value)
    shown = "" if value == setting.empty else value
    lines = setting.kind in ("lines", "list")
    return words_input(setting.name, setting.empty or "…", shown, limit=MAX_VALUE, lines=lines)
