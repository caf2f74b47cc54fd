"""Pictures that wait for a moderator: why, and how they are brought before one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot import moderation, replies
from bot.cards import Card
from bot.errors import BadInput, CannotPost, MessageGone
from bot.models import Job, Place, Policy, Review, ReviewKind, Ruling, Version
from bot.replies import review as said
from bot.studio.admins import ONE_SHOT, tell_admins
from bot.studio.desk import Desk

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
    """Bring a kept picture before the moderators, and tell who asked. May be repeated; raises `PlatformProblem`."""
    platform = desk.platforms[job.place.platform]
    if job.address:
        try:
            await platform.edit(job.address, said.waiting_for_review(version, job.review))
        except MessageGone:
            log.info("nobody sees that it waits: job=%s (its message was deleted)", job.id)
    new = Review(ReviewKind.REVIEW, version.id, job.place, desk.now(), why=job.review, job=job.id)
    review, _ = await desk.store.reviews.ask(new)
    if review.address is None and review.ruling is Ruling.OPEN:
        shown = await pictures_of(desk, version)
        await tell_moderators(desk, review, said.review_card(review, version, shown, job, ""))


async def pictures_of(desk: Desk, version: Version) -> list[replies.Shown]:
    """What moderators see, and nobody else."""
    assets = [await desk.store.asset(one) for one in version.images]
    return [replies.Shown(asset, desk.store.asset_path(asset)) for asset in assets if asset]


async def tell_moderators(desk: Desk, review: Review, card: Card) -> None:
    """Put a card before the moderators, or renew the one there is."""
    policy = await desk.store.policy(review.place.workspace)
    is_review = review.kind is ReviewKind.REVIEW
    channel = review_channel(policy) if is_review else moderation.report_channel(policy)
    place = Place(review.place.platform, review.place.workspace, channel)
    platform = desk.platforms[place.platform]
    try:
        if review.address:
            await platform.edit(review.address, card)
            return
        address = await platform.post(place, card, reply_to=None, key=f"{review.kind}-{review.version}")
    except CannotPost:
        await tell_admins(desk, review.place, said.nobody_reviews(channel))
        raise
    await desk.store.reviews.place(review.kind, review.version, address)
