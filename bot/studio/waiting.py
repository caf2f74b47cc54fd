"""Pictures that wait for a moderator: why, and how they are brought before one."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot import moderation, replies
from bot.cards import Card
from bot.errors import BadInput, CannotPost, MessageGone, PlatformProblem
from bot.models import Address, Job, Kind, Place, Policy, Review, ReviewKind, Ruling, Standing, Version
from bot.replies import review as said
from bot.studio.admins import ONE_SHOT, tell_admins
from bot.studio.desk import Desk
from bot.studio.disclosed import disclosed
from bot.studio.sheet import with_sheet

log = logging.getLogger(__name__)


def review_channel(policy: Policy) -> str:
    """Where pictures wait; "": nowhere, as nobody named a channel."""
    return policy.review_channel or policy.report_channel or policy.admin_channel


def why_review(policy: Policy, place: Place, flagged: Sequence[str] = ()) -> tuple[str, ...]:
    """Why a request's pictures must be approved first; empty: they need not.

    `policy` is the channel's own (`moderation.policy_for`), `flagged` are sentences about the words. The command line
    is an admin's, and has no channels. Raises `BadInput` when nobody could approve anything.
    """
    if not policy.review or place.platform.startswith(ONE_SHOT):
        return ()
    if not review_channel(policy):
        raise BadInput(said.NO_REVIEWERS)
    return (said.BY_POLICY, *flagged)


def held_back(job: Job, policy: Policy, watched: Sequence[str]) -> Job:
    """The job with why its picture must be approved first; of such a one nobody sees a preview. Raises `BadInput`."""
    flagged = [said.watched(term) for term in watched]
    review = why_review(policy, job.place, flagged)
    return replace(job, review=review, previews=0) if review else job


async def takes_reports(desk: Desk, version: Version) -> bool:
    """Whether somebody in this version's workspace takes reports."""
    thread = await desk.store.thread(version.thread)
    return bool(thread and moderation.report_channel(await desk.store.policy(thread.place.workspace)))


async def wait_for_review(desk: Desk, job: Job, version: Version) -> None:
    """Tell who asked that it waits, and bring it before the moderators; who cannot be reached now is reached later.

    May be repeated; raises `PlatformProblem` where the asker cannot be told.
    """
    await _say_it_waits(desk, job, version)
    new = Review(ReviewKind.REVIEW, version.id, job.place, desk.now(), why=job.review, job=job.id, settled=False)
    review, _ = await desk.store.reviews.ask(new)
    if review.address is None and review.ruling is Ruling.OPEN and not await before_moderators(desk, review, version):
        await _say_it_waits(desk, job, version, said.NOT_REACHED)


async def _say_it_waits(desk: Desk, job: Job, version: Version, *more: str) -> None:
    if job.address:
        try:
            card = said.waiting_for_review(version, (*job.review, *more))
            await desk.platforms[job.place.platform].edit(job.address, card)
        except MessageGone:
            log.info("nobody sees that it waits: job=%s (its message was deleted)", job.id)


# ── The moderators' cards ────────────────────────────────────────────────────────────────────────────────────────


async def go_on_asking(desk: Desk, review: Review, version: Version) -> None:
    """Bring before the moderators what could not be, and once a day what they did not decide. Raises nothing."""
    was_known = review.address is not None
    if await before_moderators(desk, review, version) and not was_known and review.kind is ReviewKind.REVIEW:
        job = await desk.store.job(review.job)
        now = await desk.store.version(version.id)
        if job and now and now.standing is Standing.WAITING:
            with contextlib.suppress(PlatformProblem):
                await _say_it_waits(desk, job, version)


async def before_moderators(desk: Desk, review: Review, version: Version) -> bool:
    """Put a card before the moderators, or renew the one there is. False: they could not be reached."""
    try:
        as_shown = replace(version, standing=Standing.OPEN)  # all on one where they are many: none is approved unseen
        card = await with_sheet(desk, as_shown, await _card(desk, review, version))
        address = await _put(desk, review, await disclosed(desk, card, version))
    except (PlatformProblem, ValueError) as error:  # ValueError: a channel's name where an id should be
        log.warning("moderators not reached: version=%s error=%s", version.id, type(error).__name__)
        if not isinstance(error, PlatformProblem) or isinstance(error, CannotPost):
            channel = await _channel(desk, review)
            await tell_admins(desk, review.place, said.nobody_listens(review.kind, channel))
        await desk.store.reviews.place(review.kind, review.version, None)
        return False
    await desk.store.reviews.place(review.kind, review.version, address)
    now = await desk.store.reviews.find(review.kind, review.version)
    if now and now.reporters != review.reporters and now.ruling is Ruling.OPEN:  # they reported it at the same moment
        return await before_moderators(desk, now, version)
    return True


async def _put(desk: Desk, review: Review, card: Card) -> Address:
    platform = desk.platforms[review.place.platform]
    if review.address:
        try:
            await platform.edit(review.address, card)
            return review.address
        except MessageGone:
            log.info("the moderators' card was deleted: version=%s", review.version)
    place = Place(review.place.platform, review.place.workspace, await _channel(desk, review))
    if not place.channel:
        raise CannotPost(said.NOBODY_LISTENS)
    anew = f"-{review.address.message}" if review.address else ""
    return await platform.post(place, card, reply_to=None, key=f"{review.kind}-{review.version}{anew}")


async def _channel(desk: Desk, review: Review) -> str:
    policy = await desk.store.policy(review.place.workspace)
    return review_channel(policy) if review.kind is ReviewKind.REVIEW else moderation.report_channel(policy)


async def _card(desk: Desk, review: Review, version: Version) -> Card:
    shown = await _pictures_of(desk, version.images)
    platform = desk.platforms[review.place.platform]
    if review.kind is ReviewKind.REPORT:
        at = await desk.shelf.where_shown(version.id)
        return said.report_card(review, version, shown, await platform.permalink(at) if at else "")
    job = await desk.store.job(review.job)
    url = await platform.permalink(job.address) if job and job.address else ""
    parent = await desk.store.version(version.parent) if version.parent else None
    along = [*parent.images] if parent and parent.kind is Kind.UPLOAD else []
    sent = await _pictures_of(desk, [*along, *(one.asset for one in version.references)])
    return said.review_card(review, version, shown, said.Origin(job, parent, sent, url))


async def _pictures_of(desk: Desk, images: Sequence[str]) -> list[replies.Shown]:
    """What moderators see, and nobody else."""
    assets = [await desk.store.asset(one) for one in images]
    return [replies.Shown(asset, desk.store.asset_path(asset)) for asset in assets if asset]
