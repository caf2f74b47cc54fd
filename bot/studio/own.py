"""What people decide about pictures that only they see; how these come to them is in `private.py`."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot import moderation, replies
from bot.errors import BadInput
from bot.models import Act, Action, Job, ReviewKind, Ruling, Standing, Version
from bot.replies import private as said
from bot.studio.audit import who
from bot.studio.desk import Desk
from bot.studio.review import go_on_telling
from bot.studio.show import own_card
from bot.studio.turn import Turn

log = logging.getLogger(__name__)

OWN = ("share", "discard", "show_me")
"""Buttons on such a picture's cards. Only its asker may press them: no moderator, and no admin."""


async def press(desk: Desk, action: Action, version: Version, turn: Turn) -> None:
    """Take the asker's decision, once however often they press, wherever the button is: also in a direct message."""
    if (action.user.platform, action.user.id) != (version.author.platform, version.author.id):
        await turn.tell(replies.notice(said.ONLY_ITS_ASKER))
        return
    review = await desk.store.reviews.find(ReviewKind.PRIVATE, version.id)
    job = await desk.store.job(review.job) if review else None
    if job is None or not (version.private and version.standing is Standing.WAITING):
        await turn.tell(replies.notice(said.already(review)))
        return
    if action.name == "show_me":
        card = await own_card(desk, job, version)
        url = await desk.platforms[job.place.platform].permalink(review.address) if review and review.address else ""
        await turn.tell(said.shown_again(card, url))
        return
    if action.name == "share":
        await _check_may_share(desk, job)
    if not await turn.take():
        return
    ruling = Ruling.APPROVED if action.name == "share" else Ruling.REJECTED
    act = Act(desk.now(), job.place.workspace, who(action.user), action.user.name, action.name, version.id)
    ruled = await desk.store.reviews.rule(ReviewKind.PRIVATE, version.id, ruling, act)
    if ruled is None:
        before = await desk.store.reviews.find(ReviewKind.PRIVATE, version.id)
        await turn.tell(replies.notice(said.already(before)))
        return
    log.info("decided by its asker: version=%s ruling=%s", version.id, ruling)
    await go_on_telling(desk, ruled)
    if ruled.address is None or ruled.address.message != action.message:  # else that card says it
        await turn.tell(replies.notice(said.ruled(ruled, version, "").title))


async def _check_may_share(desk: Desk, job: Job) -> None:
    """Raise `Refused` where the asker may not show pictures there any more, and `BadInput` where others decide now."""
    policy = moderation.policy_for(await desk.store.policy(job.place.workspace), job.place.channel)
    anywhere = replace(policy, roles_allowed=(), guests=True)  # a direct message does not tell: they were, when asking
    moderation.check_person(job.user, anywhere, desk.now())
    moderation.check_place(job.place, policy)
    if policy.review:
        raise BadInput(said.REVIEWED_MEANWHILE)
