"""What somebody wants drawn, before it is judged; and wishes made from what was drawn before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot import replies
from bot.errors import NotFound
from bot.models import (
    Address,
    Attachment,
    Job,
    Kind,
    Options,
    Place,
    Reference,
    Request,
    Role,
    Thread,
    User,
    Version,
    new_id,
)
from bot.regions import Region
from bot.replies.privacy import WORDS_GONE


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants, before it is judged.

    `thread` None starts a new session at `place`. `parent` is Image 1. `references` are already kept,
    `attachments` not yet. `base` are options to start from. `address` is a message of ours to use again. `may_offer`:
    a picture that the same request made before may be offered instead. `region` restricts an edit; `where` is the
    name of a region whose `mask` is there already; `extend` is a way of `extending.plan`. `panels` are a series', and
    `only` those of them (from 1) that are to be drawn, the others being the parent's. `notes` are sentences for the
    card. `strong`: a variation that keeps only subject and style. `private`: for its asker's eyes alone, whatever is
    usual here.
    """

    asked: Request
    place: Place
    prompt: str
    kind: Kind = Kind.GENERATE
    flags: Mapping[str, str] = field(default_factory=dict)
    thread: Thread | None = None
    parent: Version | None = None
    parent_image: int = 1
    base: Options | None = None
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    address: Address | None = None
    markup: str | None = None
    avoid: tuple[str, ...] = ()
    may_offer: bool = True
    region: Region | None = None
    extend: str = ""
    where: str = ""
    panels: tuple[str, ...] = ()
    only: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    strong: bool = False
    private: bool = False


def repeating(wish: Wish, source: Version | Job, parent: Version | None) -> Wish:
    """A wish for the same once more. A larger canvas is laid out anew: its mask belongs to the canvas.

    Raises `NotFound` where the words are not kept any more.
    """
    if "prompts" in source.purged:
        raise NotFound(WORDS_GONE)
    is_larger = source.kind is Kind.EXTEND
    return replace(
        wish,
        parent=parent,
        parent_image=source.parent_image,
        base=source.options,
        flags=repeated(source.options),
        references=source.references,
        mask=None if is_larger else source.mask,
        where="" if is_larger else source.region,
        extend=source.region if is_larger else "",
        markup=source.markup,
        avoid=source.avoid,
        panels=source.panels,
        only=source.only if isinstance(source, Job) else (),
        strong=source.strong,
        private=isinstance(source, Job) and source.alone is not None,
        may_offer=False,
    )


def repeated(options: Options) -> dict[str, str]:
    """The flags that make the same request again: those that are never taken over from a picture being edited."""
    flags = {"n": str(options.n)}
    if options.think:
        flags["think"] = options.think
    if not options.locked:
        flags["unlocked"] = "on"
    return {**flags, "web": "on"} if options.web else flags


def picked_from(version: Version, image: int, who: User, now: int) -> Version:
    """One of a version's pictures as a version of its own."""
    return replace(
        version,
        id=new_id(),
        number=0,
        parent=version.id,
        parent_image=image,
        kind=Kind.PICK,
        panel_of=version.panel_of[image - 1 : image],
        images=(version.images[image - 1],),
        originals=version.originals[image - 1 : image],
        options=replace(version.options, n=1),
        author=who,
        created=now,
        usage=None,
        planning=None,
        cost=0,
        cost_is_estimate=False,
        missing=(),
        notes=(),
        changed=(),
        mask=None,
        region="",
        fingerprint="",
    )


def reuse(job: Job, made: Version, *, now: int) -> Version:
    """A picture made before, as the answer to a job that asked for the same.

    Somebody else's does not become the asker's own: or it would be offered wherever they ask for it next.
    """
    is_theirs = (made.author.platform, made.author.id) == (job.user.platform, job.user.id)
    return replace(
        made,
        id=new_id(),
        thread=job.thread,
        number=0,
        parent=job.parent,
        parent_image=job.parent_image,
        author=job.user,
        created=now,
        usage=None,
        planning=None,
        cost=0,
        cost_is_estimate=False,
        missing=(),
        notes=(replies.REUSED,),
        fingerprint=made.fingerprint if is_theirs else "",
    )


def together(*groups: Sequence[Reference], but: str = "") -> tuple[Reference, ...]:
    """References as one row, each picture once; what is said of it last counts. `but` is the picture being edited."""
    row: dict[str, Reference] = {}
    for one in (one for group in groups for one in group if one.asset != but):
        known = row.get(one.asset)
        plain = known is not None and one.role is Role.REFERENCE
        row[one.asset] = replace(one, role=known.role) if known and plain else one
    return tuple(row.values())
