"""`/imagine-admin` without words opens a form of the settings, a group at a time; what changed is one command. Pure.

The form carries a digest of every value it was opened with: only what this person changed is set, so that two admins
at the same moment do not undo each other's work. Channels, people and user groups are picked from Slack's own lists,
where all that is set can stand in them; otherwise they are typed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from adapters.slack.opened import Opened, packed, unpacked
from adapters.slack.parts import MAX_CHOICES, Block, choice, chosen, field, filled, modal, plain, shortened, typed
from adapters.slack.parts import words_input as text_input
from adapters.slack.people import Groups
from bot.errors import BadOption
from bot.models import Command, Policy, User
from bot.policies import GROUPS, SETTINGS, Setting, apply, words
from bot.replies.admin import HELP

Payload = Mapping[str, Any]

CALLBACK = "retouch_admin"
GROUP = "group"
"""Also the action that Slack reports when another group is chosen."""

MAX_VALUE = 3000  # characters of a text field
MAX_HINT = 2000
MAX_LABEL = 70
MAX_ERROR = 150
MAX_PICKED = 100

TOO_SLOW = "Slack or the database did not answer in time, and nothing was changed. Press Save again."
MEANWHILE = "Somebody else changed this while the form was open. Close it and open it again to see what it is now."
_SAVE_FIRST = "Save before you choose another: what was changed above would be lost."
_BE_THERE = "The bot must be in it: type /invite @Retouch there."
_WITH_WORDS = (
    "Instead of an id, mention somebody: /imagine-admin takes words, as in "
    "add limits 20 images a day for @group in #channel."
)
_EXAMPLE = re.compile(r",? such as [^.]*(?=\.)")  # of ids, which nobody types who picks

_CHANNEL, _CHANNELS, _PEOPLE, _ROLES = "channel", "channels", "people", "roles"
_PICKED = {
    "review-channel": _CHANNEL, "report-channel": _CHANNEL, "admin-channel": _CHANNEL, "channels-allowed": _CHANNELS,
    "channels-denied": _CHANNELS, "moderators": _PEOPLE, "denied": _PEOPLE, "roles-allowed": _ROLES,
}  # fmt: skip
_THEIR_GROUPS = "-groups"
_CHANNEL_ID, _USER_ID = re.compile(r"[CG][A-Z0-9]{2,20}"), re.compile(r"user:[UW][A-Z0-9]{2,20}")


def view(policy: Policy, opened: Opened, group: str = "", *, groups: Groups | None = None, pick: bool = True) -> Block:
    """The form for one group of settings, the first where none is named.

    `groups` are the workspace's user groups; without `pick` everything is typed.
    """
    group = group if group in GROUPS else GROUPS[0]
    groups = groups or Groups()
    here = [one for one in SETTINGS.values() if one.group == group]
    chooser = field(GROUP, "Settings about", choice(GROUP, [(one, shortened(one, 75)) for one in GROUPS], group))
    metadata = json.loads(packed(opened)) | {"was": {one.name: _digest(one, one.show(policy)) for one in here}}
    blocks = [
        {**chooser, "dispatch_action": True, "hint": plain(_SAVE_FIRST)},
        *([_note("no-groups", groups.problem)] if groups.problem else []),
        *(block for one in here for block in _blocks(one, one.show(policy), groups if pick else None)),
        _note("words", f"{_WITH_WORDS} {HELP}"),
    ]
    return modal(CALLBACK, "Retouch settings", "Save", json.dumps(metadata, separators=(",", ":")), blocks)


def reopened(payload: Payload, policy: Policy, groups: Groups | None = None, *, pick: bool = True) -> Block | None:
    """The form again, after another group was chosen in it; None when it is not one of ours."""
    opened = unpacked(payload["view"])
    group = chosen(payload["view"], GROUP) or ""
    return view(policy, opened, group, groups=groups, pick=pick) if opened else None


def errors(payload: Payload, policy: Policy) -> dict[str, str]:
    """What is wrong with a submitted form, by field; empty when all of it can be set together."""
    found, was, now = {}, _was(payload["view"]), policy
    for name, value in changes(payload["view"]).items():
        if _digest(SETTINGS[name], SETTINGS[name].show(now)) != was[name]:
            found[name] = MEANWHILE
            continue
        try:
            policy = apply(policy, name, value)
        except BadOption as error:
            found[name] = shortened(str(error), MAX_ERROR)
    return found


def command(payload: Payload, workspace: str, user: User) -> Command | None:
    """All changed settings as one command, which sets all of them or none; None where nothing was changed."""
    sent = payload["view"]
    opened, changed = unpacked(sent), changes(sent)
    if opened is None or not changed:
        return None
    return Command(f"view:{sent['id']}", opened.place(workspace), user, "set", name="admin", flags=changed)


def changes(sent: Mapping[str, Any]) -> dict[str, str]:
    """What was changed in a form: values by setting. An emptied field means nothing there."""
    was = _was(sent)
    here = [SETTINGS[name] for name in was if name in SETTINGS and filled(sent, name)]
    values = {one.name: _value(sent, one) for one in here}
    return {name: value for name, value in values.items() if _digest(SETTINGS[name], value) != was[name]}


def _was(sent: Mapping[str, Any]) -> dict[str, str]:
    try:
        found = json.loads(sent.get("private_metadata") or "{}")
    except ValueError:
        return {}
    was = found.get("was") if isinstance(found, dict) else None
    return {str(name): str(digest) for name, digest in was.items()} if isinstance(was, dict) else {}


def _value(sent: Mapping[str, Any], setting: Setting) -> str:
    if setting.choices:
        return chosen(sent, setting.name) or setting.empty
    element = filled(sent, setting.name)
    if "value" in element or setting.name not in _PICKED:
        return typed(sent, setting.name) or setting.empty
    picked = [*_picked(element), *_picked(filled(sent, f"{setting.name}{_THEIR_GROUPS}"))]
    return words.joined(picked) if picked else setting.empty


def _picked(element: Mapping[str, Any]) -> list[str]:
    """What was chosen in one of Slack's own lists, as the core names it."""
    return [
        *filter(None, [element.get("selected_conversation")]),
        *(element.get("selected_conversations") or ()),
        *(f"user:{one}" for one in element.get("selected_users") or ()),
        *(one["value"] for one in element.get("selected_options") or ()),
    ]


def _digest(setting: Setting, value: str) -> str:
    """Short, as 3,000 characters of metadata must do for all settings of a group. Lists have no order."""
    plain_value = "\n".join(sorted(words.items(value))) if setting.kind == "list" else value.strip()
    return hashlib.sha256(plain_value.encode()).hexdigest()[:10]


def _blocks(setting: Setting, value: str, groups: Groups | None) -> list[Block]:
    label = shortened(setting.name.replace("-", " ").capitalize(), MAX_LABEL)
    picked = _pickers(setting, value, groups) if groups and setting.name in _PICKED else []
    if not picked and len(value) > MAX_VALUE:  # cut, it would lose what is beyond
        about = f"{label} is too long for this form: change it on the admin page, or with /imagine-admin"
        text = f"{about} add {setting.name} … and remove {setting.name} …"
        return [{"type": "section", "block_id": setting.name, "text": plain(text)}]
    about = _EXAMPLE.sub("", setting.about) if picked else setting.about
    about += f" {_BE_THERE}" if _PICKED.get(setting.name) == _CHANNEL else ""
    first, *more = picked or [_element(setting, value)]
    found = field(setting.name, label, first, optional=True) | {"hint": plain(shortened(about, MAX_HINT))}
    name = f"{setting.name}{_THEIR_GROUPS}"
    return [found, *(field(name, shortened(f"{label}: user groups", MAX_LABEL), one, optional=True) for one in more)]


def _element(setting: Setting, value: str) -> Block:
    if setting.choices:
        return choice(setting.name, [(str(one), shortened(one, 75)) for one in setting.choices], value)
    shown = "" if value == setting.empty else value
    lines = setting.kind in ("lines", "list")
    return text_input(setting.name, setting.empty or "…", shown, limit=MAX_VALUE, lines=lines)


# ── Slack's own lists ────────────────────────────────────────────────────────────────────────────────────────────────


def _pickers(setting: Setting, value: str, groups: Groups) -> list[Block]:
    """Lists in which all that is set can stand; none where there are no such lists."""
    kind, now = _PICKED[setting.name], [] if value == setting.empty else list(words.items(value))
    if len(now) > MAX_PICKED:
        return []
    if kind in (_CHANNEL, _CHANNELS):
        return [_conversations(setting, now)] if all(map(_CHANNEL_ID.fullmatch, now)) else []
    options = [(f"role:{one}", shortened(f"@{name}", 75)) for one, name in groups.names.items()][:MAX_CHOICES]
    people = [one for one in now if _USER_ID.fullmatch(one)] if kind == _PEOPLE else []
    theirs = [one for one in now if one in dict(options)]
    if len(people) + len(theirs) != len(now) or (kind == _ROLES and not options):
        return []
    users = [_list(setting.name, "multi_users_select", initial_users=[one.removeprefix("user:") for one in people])]
    return [*(users if kind == _PEOPLE else ()), *([_roles(setting, kind, options, theirs)] if options else ())]


def _conversations(setting: Setting, now: list[str]) -> Block:
    include = {"include": ["public", "private"]}
    if _PICKED[setting.name] == _CHANNELS:
        return _list(setting.name, "multi_conversations_select", initial_conversations=now) | {"filter": include}
    first = now[0] if now else ""
    return _list(setting.name, "conversations_select", initial_conversation=first) | {"filter": include}


def _roles(setting: Setting, kind: str, options: list[tuple[str, str]], now: list[str]) -> Block:
    action = setting.name if kind == _ROLES else f"{setting.name}{_THEIR_GROUPS}"
    listed = choice(action, options)["options"]
    initial = [one for one in listed if one["value"] in now]
    return _list(action, "multi_static_select", initial_options=initial) | {"options": listed}


def _list(action: str, kind: str, **initial: Any) -> Block:
    """An element of a form. Slack refuses an empty list of what is chosen at first."""
    block: Block = {"type": kind, "action_id": action, "placeholder": plain("none")}
    return block | {name: value for name, value in initial.items() if value}


def _note(block_id: str, text: str) -> Block:
    return {"type": "context", "block_id": block_id, "elements": [plain(text)]}
