"""Where and who, and what people send."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a chat. `thread` is None outside a thread.

    `workspace` is the Slack team or Discord guild, or "dm" where people talk to the bot alone outside of any.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """One message the bot posted. `place.thread` is the thread in which replies to it will arrive."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class User:
    """A person. `roles` are Discord role ids or Slack user-group ids.

    `is_guest`: of another organisation, invited to some channels only, or not a full member yet.
    """

    platform: str
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    is_admin: bool = False
    is_guest: bool = False


class Role(StrEnum):
    """What an input picture is for."""

    IMAGE = "image"  # the picture to be edited
    REFERENCE = "reference"
    SUBJECT = "subject"  # a reference for who or what is shown
    STYLE = "style"  # a reference for how it looks
    LOGO = "logo"
    BACKGROUND = "background"
    MASK = "mask"  # where the picture may change
    MARKUP = "markup"  # what somebody drew over the picture to say what they mean


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file a person sent. `ref` means something to its own platform only, which gets it back in `fetch`.

    `content_type` and `size` (bytes) are claims; nothing is believed before the bytes were looked at. `asset`: it is
    kept here already, under this id, and need not be fetched (a painted mask, a picture of the thread).
    """

    name: str
    ref: str
    content_type: str = ""
    size: int | None = None
    role: Role = Role.REFERENCE
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, or the same request from another door.

    `event_id` is unique per platform and equal on every re-delivery. `text` is as typed; `flags` were given by other
    means, by name ({"ar": "2:3"}), and win. `name` is "imagine", "edit" when the attachment with `Role.IMAGE` is to be
    edited, "ref" for the workspace's named references ("add @logo"), "gallery", "quota", "admin" or "privacy".
    `reply_to` is the message to answer to, if any. `adults`: whether the channel is age-restricted; None where the chat
    has no such channels. `names`: what the channel and the person's roles are called, by id, as far as the chat says.
    """

    event_id: str
    place: Place
    user: User
    text: str
    name: str = "imagine"
    flags: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    adults: bool | None = None
    names: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Message:
    """Something someone said, where the bot can hear it.

    `id` is the message's own, `replied_to` the one it answers (Discord). `mentions_bot`: it addresses the bot; the
    mention is already cut from `text`. `mentions_others`: it addresses somebody else, or everybody.
    """

    event_id: str
    place: Place
    user: User
    text: str
    id: str
    replied_to: str | None = None
    mentions_bot: bool = False
    mentions_others: bool = False
    attachments: tuple[Attachment, ...] = ()
    adults: bool | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A pressed button or a submitted form.

    `target` is the version or job id in the button, on `message`. `text` and `attachments` are the form's.
    """

    event_id: str
    place: Place
    user: User
    name: str
    target: str
    message: str | None = None
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    adults: bool | None = None


Request = Command | Message | Action
