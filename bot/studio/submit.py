"""From a wish to a job: may it be, what does it cost, reserve, put up the placeholder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from dataclasses import asdict, replace
from functools import partial

from bot import moderation, replies
from bot.briefs import Input, brief, least, shown_name
from bot.cards import Card
from bot.catalog import Model
from bot.changed import says_only
from bot.errors import BadInput, MessageGone, NotFound, NotShown, PlatformProblem
from bot.models import (
    Address,
    Entry,
    Job,
    JobStatus,
    Kind,
    Message,
    Options,
    Policy,
    Reference,
    Request,
    Role,
    Standing,
    Thread,
    Version,
    new_id,
)
from bot.options import decide
from bot.panels import check_series, panels_of, series_quotes, words_of
from bot.pricing import quote, typical_seconds
from bot.regions import Region
from bot.replies.review import hidden
from bot.studio import intake
from bot.studio.admins import warn_of_shutdown
from bot.studio.cheaper import cheaper
from bot.studio.desk import Desk
from bot.studio.gate import Admitted, admit, precheck, tell_what_is_watched
from bot.studio.private import kept_alone
from bot.studio.quota import check_limits, least_of, model_within, reserve, within_tier
from bot.studio.regions import extended, mask_of
from bot.studio.show import offer_card
from bot.studio.waiting import held_back
from bot.studio.wishes import Wish

log = logging.getLogger(__name__)


async def submit(desk: Desk, wish: Wish) -> Job | None:
    """Judge a wish, reserve its cost, save its job and post its placeholder.

    Raises the error to whisper when the answer is no; then nothing was posted or reserved. None: it was accepted, but
    there is nothing to draw: the platform would not take the placeholder, or the same picture exists and is offered.
    """
    policy = moderation.policy_for(await desk.store.policy(wish.place.workspace), wish.place.channel)
    model = model_within(desk, wish, policy)
    draft, admitted = await _admitted(desk, wish, model, policy)
    job, new_thread, upload = await _with_pictures(desk, wish, draft, model)
    parent = upload or await _open_parent(desk, job)
    job = _worded(job, parent, model)
    await precheck(desk, job, parent, policy)
    if upload and new_thread:  # what was refused is on no page
        standing = Standing.WAITING if job.is_held else Standing.OPEN  # it is approved with what is made from it
        upload = replace(upload, standing=standing, private=job.alone is not None)
        await desk.store.start_upload(new_thread, upload)
        new_thread = None
    if made := await _made_before(desk, wish, job, policy):
        await desk.store.offer(replace(job, status=JobStatus.OFFERED, version=made.id), new_thread=new_thread)
        await _put_up_or_take_back(desk, replace(job, status=JobStatus.OFFERED, version=made.id))
        return None
    job = _estimated(desk, within_tier(job, {"quality", "size"}, model, policy), parent, model)
    others = partial(cheaper, job, model, policy, lambda other: _estimated(desk, other, parent, model))
    await reserve(desk, job, others, new_thread)
    log.info("job accepted: id=%s kind=%s n=%s estimate=%s", job.id, job.kind, job.options.n, job.estimate)
    placed = await _put_up_or_take_back(desk, job)
    await tell_what_is_watched(desk, wish.asked, placed, policy, admitted)
    await warn_of_shutdown(desk, wish.place, model)
    return placed


# ── Judging ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _admitted(desk: Desk, wish: Wish, model: Model, policy: Policy) -> tuple[Job, Admitted]:
    """The job without its pictures, if its words, its asker and their limits allow it: before anything is fetched."""
    draft = _draft(desk, wish, model, policy)
    words = [draft.prompt, *draft.panels, *draft.avoid, *_names(wish)]
    admitted = await admit(desk, wish.asked, wish.place, policy, words)
    draft = held_back(within_tier(draft, wish.flags.keys(), model, policy), policy, admitted.watched)
    costs = desk.provider_for(model).costs_money
    await check_limits(desk, draft.place, draft.user, draft.options.n, costs=costs, least=least_of(draft))
    return await kept_alone(desk, wish, draft, policy), admitted


async def _open_parent(desk: Desk, job: Job) -> Version | None:
    """The version that is changed. Raises `BadInput` for one that may not be seen."""
    parent = await desk.store.version(job.parent) if job.parent and job.kind is not Kind.GENERATE else None
    if parent and not parent.is_open and not _waits_for_this(parent):
        raise BadInput(hidden(parent))
    return parent


def _worded(job: Job, parent: Version | None, model: Model) -> Job:
    """The job with the words that are sent, and without options that its pictures leave no sense."""
    if job.panels and not job.only and parent:
        first = parent.images[min(job.parent_image, len(parent.images)) - 1]
        along = Reference(first, f"v{parent.number}", Role.SUBJECT)
        job = replace(job, references=tuple(dict.fromkeys((along, *job.references))))
    if job.options.input_fidelity and not parent and not job.references and not job.panels:
        job = replace(job, options=replace(job.options, input_fidelity=""), notes=(*job.notes, replies.NO_INPUTS))
    if not job.options.locked and not job.mask and not (job.kind is Kind.EDIT and says_only(job.prompt)):
        job = replace(job, options=replace(job.options, locked=True), notes=(*job.notes, replies.NO_MASK))
    return replace(job, brief="" if job.panels else _brief(job, parent, model), fingerprint=_fingerprint(job, parent))


def _waits_for_this(parent: Version) -> bool:
    """Whether it was sent along, to be approved with what is made from it; words in its thread do not come so far."""
    return parent.kind is Kind.UPLOAD and parent.standing is Standing.WAITING


def _draft(desk: Desk, wish: Wish, model: Model, policy: Policy) -> Job:
    others = [desk.catalog.model(name) for name in desk.model_names()]
    level = moderation.level_for(policy, wish.asked.adults, wish.place.platform)
    panels = _panels(wish, model)
    flags = {name: value for name, value in wish.flags.items() if name != "n"} if panels else wish.flags
    decision = decide(flags, model, base=wish.base, moderation=level, others=others)
    prompt, avoid = wish.prompt, decision.avoid or wish.avoid
    longest = max((words_of(prompt, one) for one in panels), key=len, default=prompt)
    if (length := len(least(longest, avoid))) > model.max_prompt:
        raise BadInput(f"That is {length:,} characters; {model.name} reads {model.max_prompt:,}. Use fewer words.")
    notes = [*wish.notes, *decision.notes]
    if panels and "series" in wish.flags and wish.flags.get("n", "1") != "1":
        notes.append(replies.NO_N_IN_SERIES)
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
        kind=Kind.SERIES if panels else wish.kind,
        prompt=prompt,
        options=replace(decision.options, n=len(wish.only or panels)) if panels else decision.options,
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
        strong=wish.strong,
        previews=desk.previews_for(model, policy),
        address=wish.address,
        panels=panels,
        only=wish.only,
        prices=desk.catalog.prices,
    )


def _panels(wish: Wish, model: Model) -> tuple[str, ...]:
    """The panels of a series, typed or repeated. Raises `BadInput` for what cannot be one."""
    panels = panels_of(wish.flags["series"]) if "series" in wish.flags else wish.panels
    roles = {one.role for one in wish.attachments}
    if panels:
        masked = wish.region or wish.mask or wish.markup or roles & {Role.MASK, Role.MARKUP}
        check_series(model, wish.kind, masked=bool(masked))
    return panels


def _names(wish: Wish) -> list[str]:
    """The names of the pictures that go along: they are among the words that are sent."""
    names = [*(one.name for one in wish.attachments), *(one.name for one in wish.references)]
    return [shown_name(name) for name in names]


async def _with_pictures(desk: Desk, wish: Wish, job: Job, model: Model) -> tuple[Job, Thread | None, Version | None]:
    """Take in the attached files: the job, its thread where that is not kept yet, and a picture to be edited as v1."""
    provider = desk.provider_for(model)
    roles = [one.role for one in wish.attachments]
    count = len(wish.references) + len(roles) + (1 if wish.parent else 0)
    count += 1 if job.panels and not job.only else 0  # the first panel goes along with the others
    count -= sum(role in (Role.MASK, Role.MARKUP) for role in roles)
    mask = bool(wish.mask or wish.region or wish.extend) or Role.MASK in roles
    markup = bool(wish.markup) or Role.MARKUP in roles
    _check_inputs(model, count, mask, markup)
    at_once = replace(job.options, n=1) if job.panels else job.options
    if why := provider.why_not(at_once, images=count, mask=mask, markup=markup):
        raise BadInput(why)
    taken = await intake.take_in(desk, wish.place.platform, wish.attachments)
    references = (*wish.references, *taken.references)
    job = replace(job, references=references, mask=taken.mask or wish.mask, markup=taken.markup or wish.markup)
    if taken.image:
        upload = await _upload_of(desk, wish, job, taken.image)
        thread = wish.thread or Thread(job.thread, wish.place, upload.id, job.created, is_guest(wish.asked))
        options = replace(_sized_like(desk, wish, job, upload), n=job.options.n)
        job = replace(job, kind=job.kind if job.panels else Kind.EDIT, parent=upload.id, options=options)
        return await _restricted(desk, wish.region, job, upload), thread, upload
    job = await _restricted(desk, wish.region, job, wish.parent)
    if wish.extend and wish.parent:
        job = await extended(desk, job, wish.parent, wish.extend, model.size_rule)
    new_thread = None if wish.thread else Thread(job.thread, wish.place, None, job.created, is_guest(wish.asked))
    return job, new_thread, None


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
        strong=job.strong,
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
            job.canvas, job.markup, asdict(job.options), *([job.panels, job.only] if job.panels else []),
            *(["strong"] if job.strong else [])]  # fmt: skip
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]


async def _made_before(desk: Desk, wish: Wish, job: Job, policy: Policy) -> Version | None:
    """The picture that the same request made, where it may be offered. Free engines simply draw again."""
    if job.alone or not (
        wish.may_offer and policy.offer_same and desk.provider_for(desk.catalog.model(job.options.model)).costs_money
    ):
        return None
    made = await desk.store.made_before(job.fingerprint, job.place, job.user)
    thread = await desk.store.thread(made.thread) if made and job.review else None
    if thread and thread.place.channel != job.place.channel:
        return None  # nobody reviewed it for this channel
    return made


def is_guest(asked: Request) -> bool:
    """Whether the bot was called into a thread where people were talking already."""
    return isinstance(asked, Message) and asked.place.thread not in (None, asked.id)


async def _upload_of(desk: Desk, wish: Wish, job: Job, image: Reference) -> Version:
    asset = await desk.store.asset(image.asset)
    size = f"{asset.width}x{asset.height}" if asset else "auto"
    return Version(
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


def _sized_like(desk: Desk, wish: Wish, job: Job, upload: Version) -> Options:
    """The options again, with the uploaded picture's own shape where nobody asked for another."""
    model = desk.catalog.model(job.options.model)
    base = replace(upload.options, quality=job.options.quality)
    return decide(wish.flags, model, base=base, moderation=job.options.moderation).options


def _estimated(desk: Desk, job: Job, parent: Version | None, model: Model) -> Job:
    provider = desk.provider_for(model)
    if not provider.costs_money:
        return job
    inputs = len(job.references) + (1 if job.parent and job.kind is not Kind.GENERATE else 0) + (1 if job.markup else 0)
    planner = desk.catalog.planner(provider.planner_for(job.options)) if job.options.is_planned else None
    if job.panels:
        found = series_quotes(job, parent, model, planner)
    else:
        found = [quote(model, job.options, prompt=job.brief, inputs=inputs, previews=job.previews, planner=planner)]
    return replace(job, estimate=sum(one.cost for one in found), previews_cost=sum(one.previews_cost for one in found))


async def _put_up_or_take_back(desk: Desk, job: Job) -> Job:
    """Raises `NotShown` when the platform does not take the placeholder; then nothing is reserved any more."""
    try:
        return await put_up(desk, job)
    except (PlatformProblem, NotFound) as error:
        log.warning("placeholder not posted: job=%s error=%s", job.id, type(error).__name__)
        await desk.store.fail(job.id, Entry.RELEASE, str(error))
        raise NotShown(str(error)) from error


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
