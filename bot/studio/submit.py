"""From a wish to a job: may it be, what does it cost, reserve, put up the placeholder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from bot import limits, moderation, replies
from bot.briefs import Input, brief, least, shown_name
from bot.cards import Card
from bot.catalog import Model
from bot.errors import BadInput, MessageGone, NotFound, PlatformProblem
from bot.models import (
    Address,
    Attachment,
    Entry,
    Job,
    JobStatus,
    Kind,
    Message,
    Options,
    Place,
    Policy,
    Reference,
    Request,
    Role,
    Thread,
    User,
    Version,
    new_id,
)
from bot.options import decide
from bot.pricing import quote, typical_seconds
from bot.regions import Region
from bot.studio import intake
from bot.studio.admins import warn_of_shutdown
from bot.studio.desk import Desk
from bot.studio.regions import extended, mask_of
from bot.studio.show import offer_card

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants, before it is judged.

    `thread` None starts a new session at `place`. `parent` is Image 1. `references` are already kept,
    `attachments` not yet. `base` are options to start from. `address` is a message of ours to use again. `may_offer`:
    a picture that the same request made before may be offered instead. `region` restricts an edit; `where` is the
    name of a region whose `mask` is there already; `extend` is a way of `extending.plan`.
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


async def submit(desk: Desk, wish: Wish) -> Job | None:
    """Judge a wish, reserve its cost, save its job and post its placeholder.

    Raises the error to whisper when the answer is no; then nothing was posted or reserved. None: it was accepted, but
    there is nothing to draw: the platform would not take the placeholder, or the same picture exists and is offered.
    """
    policy = await desk.store.policy(wish.place.workspace)
    model = desk.model_for(wish.flags, wish.base)
    draft = _draft(desk, wish, model, policy)
    moderation.check_prompt(" ".join([draft.prompt, *draft.avoid, *_names(wish)]), policy)
    await _early_no(desk, draft, policy)
    job, new_thread = await _with_pictures(desk, wish, draft, model)
    parent = await desk.store.version(job.parent) if job.parent and job.kind is not Kind.GENERATE else None
    if job.options.input_fidelity and not parent and not job.references:
        job = replace(job, options=replace(job.options, input_fidelity=""), notes=(*job.notes, replies.NO_INPUTS))
    if not job.options.locked and not job.mask:
        job = replace(job, options=replace(job.options, locked=True), notes=(*job.notes, replies.NO_MASK))
    job = replace(job, brief=_brief(job, parent, model), fingerprint=_fingerprint(job, parent))
    if made := await _made_before(desk, wish, job, policy):
        await desk.store.offer(replace(job, status=JobStatus.OFFERED, version=made.id), new_thread=new_thread)
        await _put_up_or_tell(desk, replace(job, status=JobStatus.OFFERED, version=made.id), wish.asked)
        return None
    job = _estimated(desk, job, model)
    now = desk.now()
    rule = limits.rule_for(job.options.n, now=now)
    await desk.store.reserve(job, rule, since=limits.day_start(now), new_thread=new_thread)
    log.info("job accepted: id=%s kind=%s n=%s estimate=%s", job.id, job.kind, job.options.n, job.estimate)
    placed = await _put_up_or_tell(desk, job, wish.asked)
    await warn_of_shutdown(desk, wish.place, model)
    return placed


def _draft(desk: Desk, wish: Wish, model: Model, policy: Policy) -> Job:
    others = [desk.catalog.model(name) for name in desk.model_names()]
    level = moderation.moderation_level(policy)
    decision = decide(wish.flags, model, base=wish.base, moderation=level, others=others)
    prompt, avoid = wish.prompt, decision.avoid or wish.avoid
    if (length := len(least(prompt, avoid))) > model.max_prompt:
        raise BadInput(f"That is {length:,} characters; {model.name} reads {model.max_prompt:,}. Use fewer words.")
    notes = list(decision.notes)
    if not model.known:
        notes.append(f"{model.name} is not in the catalogue; its price is a guess.")
    if not wish.thread and is_guest(wish.asked):
        notes.append(replies.AS_GUEST)
    return Job(
        id=new_id(),
        event_id=wish.asked.event_id,
        place=wish.place,
        user=wish.asked.user,
        thread=wish.thread.id if wish.thread else new_id(),
        kind=wish.kind,
        prompt=prompt,
        options=decision.options,
        provider=model.provider,
        estimate=0,
        created=desk.now(),
        parent=wish.parent.id if wish.parent else None,
        parent_image=wish.parent_image,
        references=wish.references,
        mask=wish.mask,
        markup=wish.markup,
        region=wish.where,
        avoid=avoid,
        reply_to=wish.reply_to,
        notes=tuple(notes),
        previews=desk.previews_for(model, policy),
        address=wish.address,
    )


def _names(wish: Wish) -> list[str]:
    """The names of the pictures that go along: they are among the words that are sent."""
    names = [*(one.name for one in wish.attachments), *(one.name for one in wish.references)]
    return [shown_name(name) for name in names]


async def _early_no(desk: Desk, job: Job, policy: Policy) -> None:
    """Refuse before anything is fetched. The exact check is the one inside `reserve`."""
    now = desk.now()
    spent = await desk.store.spent(job.place.workspace, job.user, since=limits.day_start(now))
    limits.rule_for(job.options.n, now=now)(policy, spent)


async def _with_pictures(desk: Desk, wish: Wish, job: Job, model: Model) -> tuple[Job, Thread | None]:
    """Take in the attached files; a picture to be edited becomes v1 of a new thread."""
    provider = desk.provider_for(model)
    roles = [one.role for one in wish.attachments]
    count = len(wish.references) + len(roles) + (1 if wish.parent else 0)
    count -= sum(role in (Role.MASK, Role.MARKUP) for role in roles)
    mask = bool(wish.mask or wish.region or wish.extend) or Role.MASK in roles
    markup = bool(wish.markup) or Role.MARKUP in roles
    _check_inputs(model, count, mask, markup)
    if why := provider.why_not(job.options, images=count, mask=mask, markup=markup):
        raise BadInput(why)
    taken = await intake.take_in(desk, wish.place.platform, wish.attachments)
    references = (*wish.references, *taken.references)
    job = replace(job, references=references, mask=taken.mask or wish.mask, markup=taken.markup or wish.markup)
    if taken.image:
        upload = await _start_from_upload(desk, wish, job, taken.image)
        job = replace(job, kind=Kind.EDIT, parent=upload.id, options=_sized_like(desk, wish, job, upload))
        return await _restricted(desk, wish.region, job, upload), None
    job = await _restricted(desk, wish.region, job, wish.parent)
    if wish.extend and wish.parent:
        job = await extended(desk, job, wish.parent, wish.extend, model.size_rule)
    return job, None if wish.thread else Thread(job.thread, wish.place, None, job.created, is_guest(wish.asked))


async def _restricted(desk: Desk, region: Region | None, job: Job, parent: Version | None) -> Job:
    """The job with its region as a mask."""
    if region is None:
        return job
    if parent is None:
        raise BadInput("A region needs a picture to edit. Reply in the picture's thread, or send one.")
    if job.mask:
        raise BadInput("A mask and a region together are too much; send one of them.")
    return replace(job, mask=await mask_of(desk, region, parent, job.parent_image), region=region.name)


def _check_inputs(model: Model, count: int, mask: bool, markup: bool) -> None:
    most = min(intake.MAX_PICTURES, model.max_references)
    if count > most:
        raise BadInput(f"{count} pictures together are too many; {most} is the most.")
    if mask and not model.masks:
        raise BadInput(f"{model.name} takes no mask. Say in words where to change the picture.")
    if markup and not model.markup:
        raise BadInput(f"{model.name} cannot read what is drawn over a picture. Say it in words, or use a mask.")
    if mask and markup:
        raise BadInput("Send a mask or a markup, not both.")


def _brief(job: Job, parent: Version | None, model: Model) -> str:
    """The words that will be sent, with what each picture is for."""
    inputs = [Input(Role.IMAGE, f"v{parent.number}")] if parent else []
    inputs += [Input(one.role, one.name) for one in job.references]
    return brief(
        job.prompt,
        kind=job.kind,
        inputs=inputs,
        avoid=job.avoid,
        mask=bool(job.mask),
        region=job.region,
        markup=bool(job.markup),
        most=model.max_prompt,
    )


def _fingerprint(job: Job, parent: Version | None) -> str:
    """Equal for requests that nothing tells apart: place, words, options, and every picture by its bytes.

    Where lines end counts: it is how labels are told from words, and what a poster's text looks like.
    """
    words = [" ".join(line.split()) for line in job.prompt.strip().splitlines()]
    image = parent.images[min(job.parent_image, len(parent.images)) - 1] if parent else ""
    references = [(one.asset, one.role) for one in job.references]
    told = [job.place.platform, job.place.workspace, job.kind, words, job.avoid, image, references, job.mask,
            job.canvas, job.markup, asdict(job.options)]  # fmt: skip
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]


async def _made_before(desk: Desk, wish: Wish, job: Job, policy: Policy) -> Version | None:
    """The picture that the same request made, where it may be offered. Free engines simply draw again."""
    if not (
        wish.may_offer and policy.offer_same and desk.provider_for(desk.catalog.model(job.options.model)).costs_money
    ):
        return None
    return await desk.store.made_before(job.fingerprint, job.place, job.user)


def is_guest(asked: Request) -> bool:
    """Whether the bot was called into a thread where people were talking already."""
    return isinstance(asked, Message) and asked.place.thread not in (None, asked.id)


async def _start_from_upload(desk: Desk, wish: Wish, job: Job, image: Reference) -> Version:
    asset = await desk.store.asset(image.asset)
    size = f"{asset.width}x{asset.height}" if asset else "auto"
    version = Version(
        id=new_id(),
        thread=job.thread,
        number=1,
        parent=None,
        kind=Kind.UPLOAD,
        prompt=intake.shortened(image.name),
        options=replace(job.options, size=size, n=1),
        images=(image.asset,),
        author=wish.asked.user,
        created=job.created,
    )
    thread = wish.thread or Thread(job.thread, wish.place, version.id, job.created, is_guest(wish.asked))
    await desk.store.start_upload(thread, version)
    return version


def _sized_like(desk: Desk, wish: Wish, job: Job, upload: Version) -> Options:
    """The options again, with the uploaded picture's own shape where nobody asked for another."""
    model = desk.catalog.model(job.options.model)
    base = replace(upload.options, quality=job.options.quality)
    return decide(wish.flags, model, base=base, moderation=job.options.moderation).options


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


def _estimated(desk: Desk, job: Job, model: Model) -> Job:
    provider = desk.provider_for(model)
    if not provider.costs_money:
        return job
    inputs = len(job.references) + (1 if job.parent and job.kind is not Kind.GENERATE else 0) + (1 if job.markup else 0)
    planner = desk.catalog.planner(provider.planner_for(job.options)) if job.options.is_planned else None
    found = quote(model, job.options, prompt=job.brief, inputs=inputs, previews=job.previews, planner=planner)
    return replace(job, estimate=found.cost, previews_cost=found.previews_cost)


async def _put_up_or_tell(desk: Desk, job: Job, asked: Request) -> Job | None:
    try:
        return await put_up(desk, job)
    except (PlatformProblem, NotFound) as error:
        log.warning("placeholder not posted: job=%s error=%s", job.id, type(error).__name__)
        await desk.store.fail(job.id, Entry.RELEASE, str(error))
        await desk.platforms[job.place.platform].whisper(asked, replies.problem(error))
        return None


async def put_up(desk: Desk, job: Job) -> Job:
    """Post a job's placeholder, or turn the message it was given into one; from then on it may run.

    Raises `PlatformProblem`.
    """
    if job.status is JobStatus.OFFERED:
        return await desk.store.place_job(job.id, await _posted(desk, job, await offer_card(desk, job)))
    card = await waiting_card(desk, job, await desk.store.line_before(job.id))
    return await desk.store.place_job(job.id, await _posted(desk, job, card))


async def waiting_card(desk: Desk, job: Job, before: int) -> Card:
    """A job's placeholder with its place in line, `before` jobs being older."""
    parent = await desk.store.version(job.parent) if job.parent else None
    seconds = typical_seconds(desk.catalog.model(job.options.model), job.options)
    return replies.working(job, seconds=seconds, ahead=max(0, before - desk.concurrency + 1), parent=parent)


async def _posted(desk: Desk, job: Job, card: Card) -> Address:
    platform = desk.platforms[job.place.platform]
    if job.address:
        with contextlib.suppress(MessageGone):
            await platform.edit(job.address, card)
            return job.address
    return await platform.post(job.place, card, reply_to=job.reply_to, key=job.id)
