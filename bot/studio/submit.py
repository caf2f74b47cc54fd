"""From a wish to a job: may it be, what does it cost, reserve, put up the placeholder."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot import limits, moderation, replies
from bot.catalog import Model, decide
from bot.errors import BadInput, MessageGone, PlatformProblem
from bot.models import (
    Address,
    Attachment,
    Card,
    Entry,
    Job,
    Kind,
    Message,
    Options,
    Place,
    Policy,
    Reference,
    Request,
    Thread,
    Version,
    new_id,
)
from bot.pricing import estimate_cost, typical_seconds
from bot.studio import intake
from bot.studio.desk import Desk

log = logging.getLogger(__name__)

VARIATION = "A variation of Image 1: keep its subject and style, change the composition."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants, before it is judged.

    `thread` None starts a new session at `place`. `parent` is Image 1. `references` are already kept,
    `attachments` not yet. `base` are options to start from. `address` is a message of ours to use again.
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


async def submit(desk: Desk, wish: Wish) -> Job | None:
    """Judge a wish, reserve its cost, save its job and post its placeholder.

    Raises the error to whisper when the answer is no; then nothing was posted or reserved. None: it was accepted, but
    the platform would not take the placeholder, and the asker was told.
    """
    policy = await desk.store.policy(wish.place.workspace)
    model = desk.model_for(wish.flags, wish.base)
    draft = _draft(desk, wish, model, policy)
    moderation.check_prompt(draft.prompt, policy)  # what is sent, with what `--no` added
    await _early_no(desk, draft, policy)
    job, new_thread = await _with_pictures(desk, wish, draft)
    job = replace(job, estimate=_estimate(desk, job, model))
    now = desk.now()
    rule = limits.rule_for(job.options.n, now=now)
    await desk.store.reserve(job, rule, since=limits.day_start(now), new_thread=new_thread)
    log.info("job accepted: id=%s kind=%s n=%s estimate=%s", job.id, job.kind, job.options.n, job.estimate)
    return await _put_up_or_tell(desk, job, wish.asked)


def _draft(desk: Desk, wish: Wish, model: Model, policy: Policy) -> Job:
    decision = decide(wish.flags, model, base=wish.base, moderation=moderation.moderation_level(policy))
    prompt = wish.prompt
    if decision.avoid:
        prompt = f"{prompt}\nDo not include: {', '.join(decision.avoid)}."
    if len(prompt) > model.max_prompt:
        raise BadInput(f"That is {len(prompt):,} characters; {model.name} reads {model.max_prompt:,}. Use fewer words.")
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
        reply_to=wish.reply_to,
        notes=(*decision.notes, replies.AS_GUEST) if not wish.thread and is_guest(wish.asked) else decision.notes,
        address=wish.address,
    )


async def _early_no(desk: Desk, job: Job, policy: Policy) -> None:
    """Refuse before anything is fetched. The exact check is the one inside `reserve`."""
    now = desk.now()
    spent = await desk.store.spent(job.place.workspace, job.user, since=limits.day_start(now))
    limits.rule_for(job.options.n, now=now)(policy, spent)


async def _with_pictures(desk: Desk, wish: Wish, job: Job) -> tuple[Job, Thread | None]:
    """Take in the attached files; a picture to be edited becomes v1 of a new thread."""
    taken = await intake.take_in(desk, wish.place.platform, wish.attachments)
    references = (*wish.references, *taken.references)
    inputs = len(references) + (1 if wish.parent or taken.image else 0)
    if inputs > intake.MAX_PICTURES:
        raise BadInput(f"{inputs} pictures together are too many; {intake.MAX_PICTURES} is the most.")
    job = replace(job, references=references, mask=taken.mask or wish.mask)
    if taken.image:
        upload = await _start_from_upload(desk, wish, job, taken.image)
        return replace(job, kind=Kind.EDIT, parent=upload.id, options=_sized_like(desk, wish, job, upload)), None
    return job, None if wish.thread else Thread(job.thread, wish.place, None, job.created, is_guest(wish.asked))


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


def _estimate(desk: Desk, job: Job, model: Model) -> int:
    if not desk.provider_for(model).costs_money:
        return 0
    inputs = len(job.references) + (1 if job.parent else 0)
    return estimate_cost(model, job.options, prompt=job.prompt, inputs=inputs, previews=desk.previews)


async def _put_up_or_tell(desk: Desk, job: Job, asked: Request) -> Job | None:
    try:
        return await put_up(desk, job)
    except PlatformProblem as error:
        log.warning("placeholder not posted: job=%s error=%s", job.id, type(error).__name__)
        await desk.store.fail(job.id, Entry.RELEASE, str(error))
        await desk.platforms[job.place.platform].whisper(asked, replies.problem(error))
        return None


async def put_up(desk: Desk, job: Job) -> Job:
    """Post a job's placeholder, or turn the message it was given into one; from then on it may run.

    Raises `PlatformProblem`.
    """
    parent = await desk.store.version(job.parent) if job.parent else None
    ahead = max(0, await desk.store.line_before(job.id) - desk.concurrency + 1)
    seconds = typical_seconds(desk.catalog.model(job.options.model), job.options)
    card = replies.working(job, seconds=seconds, ahead=ahead, parent=parent)
    return await desk.store.place_job(job.id, await _posted(desk, job, card))


async def _posted(desk: Desk, job: Job, card: Card) -> Address:
    platform = desk.platforms[job.place.platform]
    if job.address:
        with contextlib.suppress(MessageGone):
            await platform.edit(job.address, card)
            return job.address
    return await platform.post(job.place, card, reply_to=job.reply_to, key=job.id)
