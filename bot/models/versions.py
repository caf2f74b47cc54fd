"""What is kept: pictures, versions, threads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.models.chat import Place, Role, User


class Kind(StrEnum):
    """How a version came to be."""

    GENERATE = "generate"
    EDIT = "edit"
    VARIATION = "variation"
    UPLOAD = "upload"
    PICK = "pick"  # one of several pictures, made the current one
    EXTEND = "extend"  # the same picture on a larger canvas
    FINAL = "final"  # the same picture, drawn again large and in detail
    SERIES = "series"  # panels that belong together, each with words of its own


class Standing(StrEnum):
    """Whether people may see a version. Its place in the tree and its numbers stay, whatever it is."""

    OPEN = "open"
    WAITING = "waiting"  # for a moderator's approval, or `private`: until its asker shares it
    REJECTED = "rejected"  # a moderator did not approve it
    DISCARDED = "discarded"  # its asker did not share it
    REMOVED = "removed"  # a moderator took it away
    PURGED = "purged"  # older than things are kept here, or deleted by who made it


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
class NamedReference:
    """A reference that a workspace keeps: `@name` in any prompt. `name` is small letters, digits, - and _."""

    name: str
    reference: Reference
    added_by: User
    created: int


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
    pictures and `drift` is the share (0.0–1.0) of the rest that it had changed. `changed` names the parts that differ
    from the parent's picture. `panels` are the words of each panel of a series, and `panel_of` the panel (from 1) that
    each picture is. `strong`: a variation that keeps only subject and style. Of a version that is not `OPEN` nobody may
    see a picture; `hidden_why` is a moderator's reason. `private`: it waits for its asker, not for moderators. `purged`
    names what is not kept any more: "pictures", "prompts", "attachments". `prices` is the version of the price table
    that `cost` comes from. `doubtful` are the micro-dollars of it that stand for missing pictures
    which may be billed all the same.
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
    changed: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    panel_of: tuple[int, ...] = ()
    strong: bool = False
    standing: Standing = Standing.OPEN
    private: bool = False
    hidden_why: str = ""
    purged: tuple[str, ...] = ()
    prices: str = ""
    doubtful: int = 0

    @property
    def is_open(self) -> bool:
        """Whether people may see it."""
        return self.standing is Standing.OPEN


@dataclass(frozen=True, slots=True)
class Found:
    """A version as the gallery lists it: where it was made, and whether the one who looks starred it."""

    version: Version
    place: Place
    starred: bool = False
