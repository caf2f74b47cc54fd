"""Which limits and budgets count for somebody in a channel, each with the sum of the ledger it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.limits.spans import began, ends, zone_of
from bot.models import Budget, Grant, Limit, Measure, Policy, Span, Used, User, Window


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit or budget that counts, grants included. `amount` is images or micro-dollars.

    `window` began when its span did; `ends` (milliseconds) is when that begins anew, of a rolling one when the first
    may come back.
    """

    amount: int
    measure: Measure
    span: Span
    rolling: bool
    where: str
    is_budget: bool
    window: Window
    ends: int
    zone: dt.tzinfo

    def used(self, used: Used) -> int:
        """What of it is used, in its own measure."""
        spent = used.sums[self.window]
        return spent.images if self.measure is Measure.IMAGES else spent.cost

    def left(self, used: Used) -> int:
        """What is left of it, at least 0."""
        return max(0, self.amount - self.used(used))


def meters(policy: Policy, user: User, channel: str, now: int) -> tuple[Meter, ...]:
    """Everything that counts for this person in this channel; exemptions are left out."""
    zone = zone_of(policy.zone)
    personal = [
        _limit_meter(one, one.amount, policy.grants, user, channel, now, zone)
        for one in applying(policy, user, channel)
        if one.amount is not None
    ]
    shared = [_budget_meter(one, policy.grants, now, zone) for one in policy.budgets if one.where in ("", channel)]
    return (*personal, *shared)


def applying(policy: Policy, user: User, channel: str) -> list[Limit]:
    """The one limit that counts for each measure and span (see the table of this package)."""
    plain = [Limit(policy.images_per_day)] if policy.images_per_day is not None else []
    found = []
    for measure in Measure:
        for span in Span:
            same = [one for one in policy.limits if one.measure is measure and one.span is span]
            most = most_specific(same, user, channel)
            if not most and (measure, span) == (Measure.IMAGES, Span.DAY):
                most = plain
            if most:
                found.append(max(most, key=_generosity))
    return found


def _generosity(limit: Limit) -> tuple[bool, int]:
    return limit.amount is None, limit.amount or 0


def most_specific(rules: Iterable[Limit], user: User, channel: str) -> Sequence[Limit]:
    """Those of the highest rank among the ones that are about this person in this channel."""
    ranked = [(rank, one) for one in rules if (rank := rank_of(one.who, one.where, user, channel)) >= 0]
    top = max((rank for rank, _ in ranked), default=-1)
    return [one for rank, one in ranked if rank == top]


def rank_of(who: str, where: str, user: User, channel: str) -> int:
    """How specific a rule is, from 0; -1: it is about somebody else, or another channel."""
    if where not in ("", channel):
        return -1
    kind, _, name = who.partition(":")
    if who == "":
        person = 0
    elif kind == "role" and name in user.roles:
        person = 1
    elif kind == "user" and name == user.id:
        person = 2
    else:
        return -1
    return 2 * person + (1 if where else 0)


def _limit_meter(
    limit: Limit, amount: int, grants: Iterable[Grant], user: User, channel: str, now: int, zone: dt.tzinfo
) -> Meter:
    start = began(limit.span, now, zone, rolling=limit.rolling)
    more = sum(
        one.amount
        for one in grants
        if one.who == f"user:{user.id}"
        and one.measure is limit.measure
        and one.where in ("", channel)
        and now < one.until
    )
    return Meter(
        amount=amount + more,
        measure=limit.measure,
        span=limit.span,
        rolling=limit.rolling,
        where=limit.where,
        is_budget=False,
        window=Window(True, start, limit.where),
        ends=ends(limit.span, now, zone, rolling=limit.rolling),
        zone=zone,
    )


def _budget_meter(budget: Budget, grants: Iterable[Grant], now: int, zone: dt.tzinfo) -> Meter:
    start = began(budget.span, now, zone)
    more = sum(
        one.amount
        for one in grants
        if one.who == "" and one.measure is Measure.DOLLARS and one.where == budget.where and now < one.until
    )
    return Meter(
        amount=budget.amount + more,
        measure=Measure.DOLLARS,
        span=budget.span,
        rolling=False,
        where=budget.where,
        is_budget=True,
        window=Window(False, start, budget.where),
        ends=ends(budget.span, now, zone),
        zone=zone,
    )
