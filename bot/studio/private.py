"""Pictures that only their asker sees until they share them: when, and how they come to them.

They wait as for a moderator, sealed everywhere; what becomes of them is in `own.py`. They come as a direct message, not
as a whisper: a message stays, can be changed later, and is there after a restart.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.cards import Card
from bot.errors import BadInput, CannotPost, MessageGone, PlatformProblem
from bot.models import Job, Message, Policy, Review, ReviewKind, Ruling, Version
from bot.options import wants_private
from bot.replies import private as said
from bot.studio.desk import Desk
from bot.studio.wishes import Wish

log = logging.getLogger(__name__)


async def kept_alone(desk: Desk, wish: Wish, job: Job, policy: Policy) -> Job:
    """The job with where its asker sees the result first, if nobody else is to; of such a one nobody sees a preview.

    `policy` is the channel's own. Where moderators look first, they alone decide. Raises `PlatformProblem`.
    """
    if job.review or not (policy.private or wish.private or wants_private(wish.flags)):
        return job
    alone = await desk.platforms[job.place.platform].alone(job.place, job.user)
    return job if alone.channel == job.place.channel else replace(job, alone=alone, previews=0)


async def wait_for_asker(desk: Desk, job: Job, version: Version, card: Card) -> None:
    """Tell the channel that there is a picture, and send `card` to its asker alone. May be repeated.

    The channel comes first: as soon as they have it they may share it. Raises `PlatformProblem` where the channel
    cannot be told.
    """
    new = Review(ReviewKind.PRIVATE, version.id, job.place, desk.now(), job=job.id, settled=False)
    review, _ = await desk.store.reviews.ask(new)
    if review.ruling is Ruling.OPEN:
        await _tell_channel(desk, job, version, reached=True)
        if review.address is None:
            await send_alone(desk, job, version, card)


async def send_alone(desk: Desk, job: Job, version: Version, card: Card) -> None:
    """Send it. Who takes no direct messages gets it by the button of the channel's card."""
    reviews, platform = desk.store.reviews, desk.platforms[job.place.platform]
    try:
        address = await platform.post(job.alone or job.place, card, reply_to=None, key=f"private-{version.id}")
    except CannotPost:
        await _tell_channel(desk, job, version, reached=False)
        await reviews.settle(ReviewKind.PRIVATE, version.id)  # trying again would not help
        return
    except PlatformProblem:
        log.warning("the asker is not reached yet: version=%s", version.id, exc_info=True)
        await reviews.place(ReviewKind.PRIVATE, version.id, None)
        return
    await desk.store.see(platform.name, _known(address.place.channel, address.message))
    await reviews.place(ReviewKind.PRIVATE, version.id, address)
    now = await reviews.find(ReviewKind.PRIVATE, version.id)
    if now and now.ruling is not Ruling.OPEN:  # decided, or taken away, at the same moment
        await platform.edit(address, said.ruled(now, version, ""))


async def _tell_channel(desk: Desk, job: Job, version: Version, *, reached: bool) -> None:
    if job.address:
        try:
            card = said.seen_by_its_asker(version, reached=reached)
            await desk.platforms[job.place.platform].edit(job.address, card)
        except MessageGone:
            log.info("nobody sees that it waits: job=%s (its message was deleted)", job.id)


async def check_no_answer(desk: Desk, message: Message) -> None:
    """Raise `BadInput` for a reply to such a card: it would be taken for the words of a new picture."""
    answered = message.replied_to or message.place.thread
    if answered and await desk.store.saw(message.place.platform, _known(message.place.channel, answered)):
        raise BadInput(said.REPLY_THERE)


def _known(channel: str, message: str) -> str:
    return f"own:{channel}:{message}"
