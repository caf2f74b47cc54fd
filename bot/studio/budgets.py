"""Budgets and what is used of them, for whoever may ask."""

from __future__ import annotations

from collections.abc import Sequence

from bot import limits
from bot.limits import Meter
from bot.models import Policy, User
from bot.ports import Store

_NOBODY = User("", "", "")


async def budgets_used(store: Store, workspace: str, policy: Policy, now: int) -> Sequence[tuple[Meter, int]]:
    """Every budget of a workspace and its channels, grants included, with what is used of it in micro-dollars."""
    places = dict.fromkeys(one.where for one in policy.budgets)
    meters = dict.fromkeys(
        meter
        for where in places
        for meter in limits.meters(policy, _NOBODY, where, now)
        if meter.is_budget and meter.where == where
    )
    used = await store.used(workspace, _NOBODY, {one.window for one in meters})
    return [(one, one.used(used)) for one in meters]
