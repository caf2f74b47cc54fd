"""Slack payloads → Command, Message, Action. Pure: what Slack must be asked for (names) is passed in.

The text of an event is escaped (`&amp;`) and carries `<@U…>`, `<#C…|name>`, `<!here>` and `<url|label>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.cards import parse_button_id
from bot.models import Action, Attachment, Command, Message, Place, User

Payload = Mapping[str, Any]

_MARK = re.compile(r"<([^<>]*)>")
_NO_NAMES = ("directmessage", "privategroup")  # what Slack says in place of a name that not everybody may see


def command(
    payload: Payload,
    workspace: str,
    user: User,
    name: str = "imagine",
    groups: Mapping[str, str] = MappingProxyType({}),
) -> Command:
    """A slash command's form, `name` for the core; `groups` are handles by id. Slack never sends one again."""
    channel = payload.get("channel_name") or ""
    names = {one: f"@{handle}" for one, handle in groups.items() if one in user.roles}
    if channel and channel not in _NO_NAMES:
        names[payload["channel_id"]] = f"#{channel}"
    return Command(
        event_id=f"command:{payload['trigger_id']}",
        place=Place("slack", workspace, payload["channel_id"]),
        user=user,
        text=payload.get("text", "").strip(),  # as typed: the manifest sets should_escape to false
        name=name,
        names=names,
    )


def message(event: Payload, workspace: str, user: User, bot_user: str) -> Message | None:
    """A `message` or `app_mention` event; None when it is not something a person said here.

    Both arrive for one mention: the message's own address is the event id, so that it counts once. Words to the bot
    outside a thread start a thread under themselves, and so does every direct message.
    """
    if event.get("bot_id") or event.get("subtype") not in (None, "file_share", "thread_broadcast"):
        return None
    text, mentioned, others = read_text(event.get("text") or "", bot_user)
    direct = event.get("channel_type") == "im"
    thread = event.get("thread_ts")
    if not thread and not mentioned and not direct:
        return None
    return Message(
        event_id=f"{event['channel']}:{event['ts']}",
        place=Place("slack", workspace, event["channel"], thread or event["ts"]),
        user=user,
        text=text,
        id=event["ts"],
        mentions_bot=mentioned or (direct and not thread),
        mentions_others=others,
        attachments=attachments(event.get("files") or ()),
    )


def action(payload: Payload, workspace: str, user: User) -> Action | None:
    """A pressed button; None when it is not one of ours."""
    pressed = payload["actions"][0]
    meaning = parse_button_id(pressed.get("action_id", ""))
    if meaning is None:
        return None
    carrier = payload.get("message") or {}
    channel = (payload.get("channel") or payload.get("container") or {}).get("id") or ""
    ts = carrier.get("ts") or (payload.get("container") or {}).get("message_ts") or ""
    return Action(
        event_id=f"action:{payload.get('trigger_id') or pressed.get('action_ts')}",
        place=Place("slack", workspace, channel, carrier.get("thread_ts") or ts or None),
        user=user,
        name=meaning[0],
        target=meaning[1],
        message=ts or None,
    )


def attachments(files: Sequence[Payload]) -> tuple[Attachment, ...]:
    """The files of a message; deleted ones and those hidden by Slack's own limits are gone already."""
    return tuple(
        Attachment(
            name=file.get("name") or file.get("title") or "file",
            ref=file["id"],
            content_type=file.get("mimetype") or "",
            size=file.get("size"),
        )
        for file in files
        if file.get("id") and file.get("mode") not in ("tombstone", "hidden_by_limit")
    )


def read_text(text: str, bot_user: str) -> tuple[str, bool, bool]:
    """Plain words, whether the bot is mentioned, whether anybody else is."""
    mentioned = others = False

    def plain(mark: re.Match[str]) -> str:
        nonlocal mentioned, others
        inner = mark[1]
        if inner.split("|")[0] == f"@{bot_user}":
            mentioned = True
            return " "
        if inner.startswith(("@", "!subteam", "!here", "!channel", "!everyone")):
            others = True
        return _reading(inner)

    return _unescape(" ".join(_MARK.sub(plain, text).split(" "))).strip(), mentioned, others


def named(text: str) -> str:
    """Escaped words in which people, groups and channels stand as the core knows them: user:U1, role:S1, C1."""
    return _unescape(_MARK.sub(lambda mark: _known_as(mark[1]), text)).strip()


def _known_as(inner: str) -> str:
    target = inner.partition("|")[0]
    if target.startswith("!subteam^"):
        return f"role:{target.removeprefix('!subteam^')}"
    if target.startswith("@"):
        return f"user:{target[1:]}"
    return target[1:] if target.startswith("#") else _reading(inner)


def _reading(inner: str) -> str:
    """What a person sees of `<…>`: the label, else the link itself, else the name."""
    target, _, label = inner.partition("|")
    if label:
        return label
    return target.lstrip("@#!") if target[:1] in "@#!" else target


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
