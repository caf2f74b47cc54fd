"""Limits at work: the early check, the reservation with its alerts, what is left, the quota command."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from bot import limits, replies
from bot.cards import Card
from bot.catalog import Model
from bot.errors import OverQuota
from bot.limits import Asked, Cheaper
from bot.models import Command, Job, Place, Policy, Thread, User
from bot.options import ALIASES
from bot.panels import LEAST
from bot.studio.admins import tell_admins
from bot.studio.desk import Desk
from bot.studio.wishes import Wish


async def check_limits(
    desk: Desk, place: Place, user: User, n: int = 1, *, costs: bool = False, least: int = 1
) -> None:
    """Refuse before anything is fetched or priced; `costs`: it is not free. The exact check is inside `reserve`."""
    policy = await desk.store.policy(place.workspace)
    asked = Asked(user, place.channel, desk.now(), n, 1 if costs else 0, least=least)
    used = await desk.store.used(place.workspace, user, asked.windows(policy))
    try:
        asked.check(policy, used)
    except OverQuota as error:
        await _tell_of(desk, place, error)
        raise


async def reserve(desk: Desk, job: Job, cheaper: Callable[[], Sequence[Cheaper]], new_thread: Thread | None) -> None:
    """Accept a job, and tell admins of a budget that comes to its end. Raises `OverQuota`."""
    now, n = desk.now(), job.options.n
    asked = Asked(job.user, job.place.channel, now, n, job.estimate, least=least_of(job))
    policy = await desk.store.policy(job.place.workspace)
    try:
        used = await desk.store.reserve(job, asked, new_thread=new_thread)
    except OverQuota as error:
        await _tell_of(desk, job.place, error)
        if asked.cost:  # other ways are only priced for who needs them
            offering = replace(asked, cheaper=tuple(cheaper()))
            offering.check(policy, await desk.store.used(job.place.workspace, job.user, asked.windows(policy)))
        raise
    for key, sentence in limits.alerts(policy, job.user, job.place.channel, used, asked.now):
        await _tell_once(desk, job.place, key, sentence)


def least_of(job: Job) -> int:
    """How many pictures it cannot do without: a whole series has at least two panels."""
    return LEAST if job.panels and not job.only else 1


async def _tell_of(desk: Desk, place: Place, error: OverQuota) -> None:
    if error.for_admin:
        await _tell_once(desk, place, f"gone:{error.for_admin}:{error.resets}", error.for_admin)


async def _tell_once(desk: Desk, place: Place, key: str, sentence: str) -> None:
    """Told, then remembered: a crash in between tells again rather than never."""
    event = f"{place.workspace}:{key}"
    if not await desk.store.saw(place.platform, event):
        await tell_admins(desk, place, sentence)
        await desk.store.see(place.platform, event)


def model_within(desk: Desk, wish: Wish, policy: Policy) -> Model:
    """The model of a wish; where nobody named one, one that its asker may use. Raises `BadOption`."""
    model = desk.model_for(wish.flags, wish.base)
    allowed = limits.tier_for(policy, wish.asked.user, wish.place.channel).models
    if not allowed or model.name in allowed or wish.flags.get("model"):
        return model
    usable = [one for one in desk.model_names() if one in allowed]
    return desk.catalog.model(usable[0]) if usable else model


def within_tier(draft: Job, asked: Set[str], model: Model, policy: Policy) -> Job:
    """The draft with what was not `asked` for brought into its asker's tier. Raises `Refused` for the rest."""
    tier = limits.tier_for(policy, draft.user, draft.place.channel)
    named = {ALIASES.get(one.lower(), one.lower()) for one in asked}
    options = limits.fitted(tier, draft.options, named, model.qualities)
    limits.check_tier(tier, options, model.qualities)
    if options == draft.options:
        return draft
    return replace(draft, options=options, notes=(*draft.notes, replies.within_tier(options)))


async def left_words(desk: Desk, place: Place, user: User, each: int) -> str:
    """What a person has left, by the limit that pictures of this price (micro-dollars) use up first; "": no limit."""
    policy = await desk.store.policy(place.workspace)
    found = limits.meters(policy, user, place.channel, desk.now())
    used = await desk.store.used(place.workspace, user, {one.window for one in found})
    tightest = limits.tightest(found, used, each)
    return limits.left_words(tightest, tightest.left(used)) if tightest else ""


async def quota_card(desk: Desk, command: Command) -> Card:
    """What whoever asks has used and may still use here."""
    policy = await desk.store.policy(command.place.workspace)
    user, place, now = command.user, command.place, desk.now()
    found = limits.meters(policy, user, place.channel, now)
    used = await desk.store.used(place.workspace, user, {one.window for one in found})
    tier = limits.tier_for(policy, user, place.channel)
    return replies.quota(found, used, tier, policy, now=now, is_admin=user.is_admin)
