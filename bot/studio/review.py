"""What moderators decide, and reports to them; how a picture comes to wait for them is in `waiting.py`."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot import moderation, replies
from bot.cards import Card, Tone
from bot.errors import BadInput, MessageGone, PlatformProblem
from bot.models import (
    Act,
    Action,
    Address,
    Place,
    Policy,
    Reporter,
    Review,
    ReviewKind,
    Ruling,
    Standing,
    Thread,
    User,
    Version,
)
from bot.replies import review as said
from bot.replies.private import ruled
from bot.studio.audit import acted, who
from bot.studio.desk import Desk
from bot.studio.private import send_alone
from bot.studio.removal import PATIENCE_MS, go_on_removing, hide_if_removed
from bot.studio.show import finished_card, own_card
from bot.studio.turn import Turn
from bot.studio.waiting import before_moderators, go_on_asking

log = logging.getLogger(__name__)

MOST_REPORTS = 20  # of one person in an hour: each is a card that moderators read
HOUR_MS = 3_600_000

DECISIONS = ("approve", "reject", "remove", "remove_words", "dismiss")
"""Buttons on the moderators' cards. Everybody's is "report"."""

_KINDS = {"approve": ReviewKind.REVIEW, "reject": ReviewKind.REVIEW}
_RULINGS = {"approve": Ruling.APPROVED, "reject": Ruling.REJECTED, "remove": Ruling.REMOVED,
            "remove_words": Ruling.REMOVED, "dismiss": Ruling.DISMISSED}  # fmt: skip
_ACTS = {"approve": "review.approve", "reject": "review.reject", "remove": "remove", "remove_words": "remove",
         "dismiss": "report.dismiss"}  # fmt: skip


def may_moderate(policy: Policy, user: User) -> bool:
    """Whether somebody is a moderator: an admin, or named in the settings by their id or one of their roles."""
    names = {f"user:{user.id}", *(f"role:{role}" for role in user.roles)}
    return user.is_admin or bool(names & set(policy.moderators))


# ── Reporting ────────────────────────────────────────────────────────────────────────────────────────────────────


async def report(desk: Desk, action: Action, version: Version, thread: Thread, turn: Turn) -> None:
    """Tell the moderators of a picture, once for a person. Raises `BadInput` where nobody listens."""
    policy = await desk.store.policy(action.place.workspace)
    if not moderation.report_channel(policy):
        raise BadInput(said.NOBODY_LISTENS)
    since = desk.now() - HOUR_MS
    before = await desk.store.acts(
        workspace=action.place.workspace, who=who(action.user), what="report", since=since, limit=MOST_REPORTS
    )
    if len(before) >= MOST_REPORTS:
        raise BadInput(said.ENOUGH_REPORTS)
    if not await turn.take():
        return
    person = Reporter(who(action.user), action.user.name, said.one_line(action.text))
    place = replace(thread.place, thread=action.place.thread)
    new = Review(ReviewKind.REPORT, version.id, place, desk.now(), reporters=(person,), settled=False)
    review, is_new = await desk.store.reviews.ask(new)
    if is_new:
        await acted(desk, action, "report", version.id, words=person.words)
    if review.ruling is not Ruling.OPEN:
        await turn.tell(replies.notice(said.REPORTED_BEFORE))
        return
    reached = True
    if is_new and (review.address or review.reporters == (person,)):  # else who was first is just posting the card
        reached = await before_moderators(desk, review, version)
    await turn.tell(replies.notice(said.REPORTED if reached else said.REPORTED_IN_VAIN))


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def decide(desk: Desk, action: Action, version: Version, turn: Turn) -> None:
    """Take a moderator's decision, once however many press; everybody is told, also after a restart."""
    kind = _KINDS.get(action.name, ReviewKind.REPORT)
    policy = await desk.store.policy(action.place.workspace)
    if refusal := _refusal(policy, action, version):
        await _refuse(desk, action, refusal, turn)
        return
    reason = said.one_line(action.text)
    if action.name not in ("approve", "dismiss") and not reason:
        raise BadInput(said.SAY_WHY)
    review = await desk.store.reviews.rule(
        kind, version.id, _RULINGS[action.name], _act(desk, action, version, reason), reason=reason,
        blank=action.name == "remove_words",
    )  # fmt: skip
    if review is None:
        before = await desk.store.reviews.find(kind, version.id)
        await turn.tell(replies.notice(said.already_ruled(before)))
        return
    await turn.take()
    log.info("ruled: version=%s ruling=%s", version.id, review.ruling)
    await go_on_telling(desk, review)


def _refusal(policy: Policy, action: Action, version: Version) -> str:
    """Why this person may not decide; "" when they may.

    Their own picture they may reject, but not approve; only an admin where no moderators are named: there may be nobody
    else.
    """
    if not may_moderate(policy, action.user):
        return said.NOT_A_MODERATOR
    alone = action.user.is_admin and not policy.moderators
    if action.name in ("approve", "dismiss") and _is_own(action.user, version) and not alone:
        return said.NOT_YOUR_OWN
    return ""


def _is_own(user: User, version: Version) -> bool:
    return (user.platform, user.id) == (version.author.platform, version.author.id)


async def _refuse(desk: Desk, action: Action, sentence: str, turn: Turn) -> None:
    if await turn.take():
        await acted(desk, action, "refused", action.target, before=_ACTS[action.name], after=sentence)
        await turn.tell(Card(sentence, Tone.REFUSAL))


def _act(desk: Desk, action: Action, version: Version, reason: str) -> Act:
    own = " (their own picture)" if _is_own(action.user, version) else ""
    return Act(
        at=desk.now(),
        workspace=action.place.workspace,
        who=who(action.user),
        who_name=action.user.name,
        what=_ACTS[action.name],
        target=version.id,
        before=str(version.standing),
        after=f"{_RULINGS[action.name]}{own}{f': {reason}' if reason else ''}",
    )


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def go_on_telling(desk: Desk, review: Review) -> None:
    """Show everybody what was decided. May be repeated, and is until it is done."""
    version = await desk.store.version(review.version)
    platform = desk.platforms.get(review.place.platform)
    if version is None or platform is None:
        return
    if review.ruling is Ruling.OPEN:
        await (_go_on_waiting if review.kind is ReviewKind.PRIVATE else go_on_asking)(desk, review, version)
        return
    try:
        if review.ruling is Ruling.APPROVED:
            await _show_approved(desk, review, version)
        elif review.ruling in (Ruling.REJECTED, Ruling.REMOVED):
            await go_on_removing(desk, await desk.store.reviews.removal(version.id))
        if review.kind is ReviewKind.REVIEW:
            await _tell_asker(desk, review, version)
        if review.address:
            await _edit_if_there(desk, review.address, await _ruled_card(desk, review, version))
    except PlatformProblem:
        log.warning("not everybody was told yet: version=%s", version.id, exc_info=True)
        if desk.now() - review.at < PATIENCE_MS:
            return
    await desk.store.reviews.settle(review.kind, version.id)


async def _go_on_waiting(desk: Desk, review: Review, version: Version) -> None:
    """Send its asker what they could not be sent; what they have they need not be reminded of."""
    job = await desk.store.job(review.job)
    if job and not review.settled:
        await send_alone(desk, job, version, await own_card(desk, job, version))
    else:
        await desk.store.reviews.place(review.kind, version.id, review.address)


async def _ruled_card(desk: Desk, review: Review, version: Version) -> Card:
    if review.kind is ReviewKind.PRIVATE:
        job = await desk.store.job(review.job)
        url = await desk.platforms[review.place.platform].permalink(job.address) if job and job.address else ""
        return ruled(review, version, url)
    removal = await desk.store.reviews.removal(version.id)
    others = await desk.store.versions(version.thread) if review.ruling is Ruling.REMOVED else ()
    made = [one.number for one in others if one.parent == version.id and one.is_open]
    return said.ruled_card(review, version, made=made, gone=removal.assets if removal else ())


async def _edit_if_there(desk: Desk, address: Address, card: Card) -> bool:
    try:
        await desk.platforms[address.place.platform].edit(address, card)
    except MessageGone:
        return False
    return True


async def _show_approved(desk: Desk, review: Review, version: Version) -> None:
    """The finished card where the picture was asked for, or anew where that message is gone."""
    job = await desk.store.job(review.job)
    if job is None:
        log.error("approved, but its request is gone: version=%s", version.id)
        return
    card = await finished_card(desk, job, version)
    address = job.address
    if address is None or not await _edit_if_there(desk, address, card):
        home = await _home(desk, version, job.place)
        address = await desk.platforms[home.platform].post(home, card, reply_to=None, key=f"approved-{version.id}")
        await desk.store.showed(version.id, address)
    await hide_if_removed(desk, version, address)


async def _tell_asker(desk: Desk, review: Review, version: Version) -> None:
    home = await _home(desk, version, review.place)
    known = f"reviewed:{version.id}"
    if version.standing not in (Standing.WAITING, Standing.PURGED) and not await desk.store.saw(home.platform, known):
        await desk.platforms[home.platform].post(
            home, said.reviewed(version), reply_to=None, key=f"reviewed-{version.id}"
        )
        await desk.store.see(home.platform, known)


async def _home(desk: Desk, version: Version, place: Place) -> Place:
    thread = await desk.store.thread(version.thread)
    return thread.place if thread and thread.place.thread else place
