"""The nouns: frozen dataclasses that every room shares.

Times are integers, milliseconds since 1970 in UTC. Money is integers, micro-dollars ($1 = 1,000,000).
Pixels are integers. Ids of our own are short random strings from `new_id`; ids of a platform are kept as text.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from enum import StrEnum

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_id(length: int = 12) -> str:
    """A fresh random id that is safe in a URL, a button id and a file name (31 letters: about 59 bits at 12)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def now_ms() -> int:
    """The wall clock in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


# ── Where and who ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a chat. `workspace` is the Slack team or Discord guild; `thread` is None outside a thread."""

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
    """A person. `roles` are Discord role ids or Slack user-group ids."""

    platform: str
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    is_admin: bool = False


# ── What people send ─────────────────────────────────────────────────────────────────────────────────────────────


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

    `content_type` and `size` (bytes) are claims; nothing is believed before the bytes were looked at.
    """

    name: str
    ref: str
    content_type: str = ""
    size: int | None = None
    role: Role = Role.REFERENCE


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, or the same request from another door.

    `event_id` is unique per platform and equal on every re-delivery. `text` is as typed; `flags` were given by other
    means, by name ({"ar": "2:3"}), and win. `name` is "imagine", or "edit" when the attachment with `Role.IMAGE` is
    to be edited. `reply_to` is the message to answer to, if any.
    """

    event_id: str
    place: Place
    user: User
    text: str
    name: str = "imagine"
    flags: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None


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


Request = Command | Message | Action


# ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────────


class Kind(StrEnum):
    """How a version came to be."""

    GENERATE = "generate"
    EDIT = "edit"
    VARIATION = "variation"
    UPLOAD = "upload"
    PICK = "pick"  # one of several pictures, made the current one
    EXTEND = "extend"  # the same picture on a larger canvas
    FINAL = "final"  # the same picture, drawn again large and in detail


@dataclass(frozen=True, slots=True)
class Options:
    """The image API's own parameters, fully decided. `size` is "WIDTHxHEIGHT" in pixels, or "auto".

    Empty texts leave the model its own way. `think` ("low", "medium", "high") and `web` let a text model plan the
    picture first, and search. `locked`: outside a mask, the parent's pixels are put back.
    """

    model: str
    size: str = "auto"
    quality: str = "auto"
    background: str = "auto"
    output_format: str = "png"
    output_compression: int | None = None
    moderation: str = "auto"
    n: int = 1
    input_fidelity: str = ""
    complexity: str = ""
    think: str = ""
    web: bool = False
    locked: bool = True

    @property
    def is_planned(self) -> bool:
        """Whether a text model works on it before the image model does."""
        return bool(self.think) or self.web


@dataclass(frozen=True, slots=True)
class Asset:
    """The bytes of one picture, addressed by `id`, their SHA-256 in hex. `derived_from`: made by us from that one."""

    id: str
    media_type: str
    width: int
    height: int
    bytes: int
    derived_from: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """An asset used as input beside the parent picture. `name` is how people call it ("logo.png")."""

    asset: str
    name: str = ""
    role: Role = Role.REFERENCE


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the image service reported them; `output_text_tokens` is 0 where it does not tell them apart."""

    input_text_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    output_text_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Planning:
    """What a text model used up while it planned a picture. `searches` are web searches that are billed."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A page on the web that a planned picture draws on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Thread:
    """One image session. `place.thread` is None until its first message is posted; `head` is a version id.

    `guest`: it began by a mention where people were talking already; only words addressed to the bot are for it.
    """

    id: str
    place: Place
    head: str | None
    created: int
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One node of a thread's tree. `images` are asset ids; `cost` is micro-dollars; `cost_is_estimate` marks guesses.

    `number` counts from 1 in its thread. `missing` are sentences about pictures that were asked for and failed;
    `notes` are sentences about what came out otherwise than asked. `prompt` is what the person wrote, `sent` what went
    to the image service, `revised` what a planning model made of it. `fingerprint` is equal for equal requests.
    `region` names what the mask leaves open ("left half"). Where the rest was locked, `originals` are the service's own
    pictures and `drift` is the share (0.0–1.0) of the rest that it had changed.
    """

    id: str
    thread: str
    number: int
    parent: str | None
    kind: Kind
    prompt: str
    options: Options
    images: tuple[str, ...]
    author: User
    created: int
    parent_image: int = 1
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    provider: str = ""
    usage: Usage | None = None
    cost: int = 0
    cost_is_estimate: bool = False
    missing: tuple[str, ...] = ()
    markup: str | None = None
    gateway: str = ""
    sent: str = ""
    revised: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    planning: Planning | None = None
    fingerprint: str = ""
    avoid: tuple[str, ...] = ()
    region: str = ""
    originals: tuple[str, ...] = ()
    drift: float | None = None


class JobStatus(StrEnum):
    """Where a job stands. Only these moves exist: queued → running → delivering → done; and to failed or cancelled."""

    QUEUED = "queued"  # reserved and saved; waits for its placeholder and its turn
    RUNNING = "running"  # a worker owns it until `lease_until`
    DELIVERING = "delivering"  # picture, version and settled ledger are kept; the chat may not show it yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OFFERED = "offered"  # never reserved: the picture exists already, and the asker may choose


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted request, from reservation to delivery.

    `place` is where the answer goes and `reply_to` which message it answers. `estimate` is micro-dollars, reserved.
    `parent_image` counts from 1 among the parent's pictures. `address` is the placeholder, once posted. `owner` and
    `lease_until` say who runs it. `sent` is when the paid request went out: before that a lost job may run again,
    after that it must fail as unknown. `version` is the result, or the picture offered instead; `error` the sentence
    people were told. `notes` are sentences for the card ("ignored --seed 7"). `avoid` is what must not be in the
    picture, `brief` what goes to the image service. `canvas` is the parent's picture on a larger canvas; its `region`
    is how it was extended. `previews` is how many passing pictures are asked for, and
    `previews_cost` what they add to the estimate.
    """

    id: str
    event_id: str
    place: Place
    user: User
    thread: str
    kind: Kind
    prompt: str
    options: Options
    provider: str
    estimate: int
    created: int
    parent: str | None = None
    parent_image: int = 1
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    reply_to: str | None = None
    notes: tuple[str, ...] = ()
    status: JobStatus = JobStatus.QUEUED
    address: Address | None = None
    owner: str | None = None
    lease_until: int = 0
    sent: int | None = None
    version: str | None = None
    error: str = ""
    markup: str | None = None
    avoid: tuple[str, ...] = ()
    brief: str = ""
    previews: int = 0
    previews_cost: int = 0
    fingerprint: str = ""
    region: str = ""
    canvas: str | None = None


class ThreadMode(StrEnum):
    """When words in a picture's thread are an edit."""

    EVERY_REPLY = "every reply"
    MENTION_ONLY = "mention only"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Policy:
    """An admin's settings for a workspace. `images_per_day` is per user and calendar day in UTC; None: no limit.

    `previews` (0-3) None: as the installation has it. `offer_same`: whether a picture made by the same request is
    offered before a new one is paid for. `admin_channel` is where the bot tells admins what they must know; "": only
    the log.
    """

    images_per_day: int | None = 100
    moderation: str = "auto"
    blocked_terms: tuple[str, ...] = ()
    thread_mode: ThreadMode = ThreadMode.EVERY_REPLY
    previews: int | None = None
    offer_same: bool = True
    admin_channel: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger says a person used in the current window, reservations included."""

    images: int
    cost: int


class Entry(StrEnum):
    """One line of the ledger. Lines are appended, never edited; each carries the change it makes."""

    RESERVE = "reserve"  # + n images, + estimate
    SETTLE = "settle"  # corrects both to what was delivered and billed
    RELEASE = "release"  # takes both back: nothing was billed
    UNKNOWN = "unknown"  # gives the person the images back, leaves the money: it may have been billed
