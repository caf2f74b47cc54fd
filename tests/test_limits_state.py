"""The rules against a naive model: any people, limits, budgets, grants and moments, in any order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.errors import OverQuota
from bot.limits import Asked
from bot.models import Budget, Grant, Limit, Measure, Policy, Span, Spent, Used, User, Window

PEOPLE = (User("chat", "U1", "Alice", frozenset({"a", "b"})), User("chat", "U2", "Bob", frozenset({"b"})),
          User("chat", "U3", "Cleo"))  # fmt: skip
CHANNELS = ("C1", "C2")
QUARTER = 900_000
LENGTH = {Span.HOUR: 4 * QUARTER, Span.DAY: 96 * QUARTER, Span.MONTH: 30 * 96 * QUARTER}
WHO = st.sampled_from(("", "role:a", "role:b", "user:U1", "user:U2"))
WHERE = st.sampled_from(("", "", "C1", "C2"))
LIMITS = st.builds(Limit, st.none() | st.integers(0, 12), st.sampled_from(Measure), st.sampled_from(Span),
                   st.booleans(), WHO, WHERE)  # fmt: skip
BUDGETS = st.builds(Budget, st.integers(0, 40), st.sampled_from(Span), WHERE)


@dataclass
class Line:
    """What one request used."""

    at: int
    user: User
    channel: str
    images: int
    cost: int


class Rules(RuleBasedStateMachine):
    """Small numbers: a cost of 3 is three micro-dollars."""

    @initialize(start=st.integers(1_700_000_000_000, 1_900_000_000_000), plain=st.none() | st.integers(0, 10))
    def begin(self, start: int, plain: int | None) -> None:
        self.now = start
        self.policy = Policy(images_per_day=plain)
        self.lines: list[Line] = []
        self.flying: list[Line] = []

    @rule(limit=LIMITS)
    def an_admin_sets_a_limit(self, limit: Limit) -> None:
        self.policy = replace(self.policy, limits=(*self.policy.limits, limit)[-6:])

    @rule(budget=BUDGETS)
    def an_admin_sets_a_budget(self, budget: Budget) -> None:
        self.policy = replace(self.policy, budgets=(*self.policy.budgets, budget)[-3:])

    @rule(most=st.none() | st.integers(1, 3))
    def an_admin_bounds_requests_in_flight(self, most: int | None) -> None:
        self.policy = replace(self.policy, in_flight=most)

    @rule(amount=st.integers(1, 9), hours=st.integers(1, 40), measure=st.sampled_from(Measure),
          who=st.sampled_from(("", "user:U1", "user:U2")), where=WHERE)  # fmt: skip
    def an_admin_grants_more(self, amount: int, hours: int, measure: Measure, who: str, where: str) -> None:
        grant = Grant(amount, self.now + hours * LENGTH[Span.HOUR], measure, who, where)
        self.policy = replace(self.policy, grants=(*self.policy.grants, grant)[-3:])

    @rule(minutes=st.integers(1, 3000))
    def time_goes_by(self, minutes: int) -> None:
        self.now += minutes * 60_000

    @rule(user=st.sampled_from(PEOPLE), channel=st.sampled_from(CHANNELS), n=st.integers(1, 4),
          cost=st.integers(0, 9))  # fmt: skip
    def somebody_asks(self, user: User, channel: str, n: int, cost: int) -> None:
        asked = Asked(user, channel, self.now, n, cost)
        expected = self._naive(user, channel, n, cost)
        try:
            asked.check(self.policy, self._used(asked))
        except OverQuota as error:
            assert not expected, f"refused, but naive allows: {error}"
            assert str(error).endswith(".")
            return
        assert expected, "passed, but naive refuses"
        line = Line(self.now, user, channel, n, cost)
        self.lines.append(line)
        self.flying.append(line)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), kept=st.booleans())
    def a_request_ends(self, data: st.DataObject, kept: bool) -> None:
        line = data.draw(st.sampled_from(self.flying))
        self.flying = [one for one in self.flying if one is not line]
        if not kept:
            line.images = line.cost = 0

    @invariant()
    def nobody_used_less_than_nothing(self) -> None:
        assert all(one.images >= 0 and one.cost >= 0 for one in getattr(self, "lines", ()))

    def _used(self, asked: Asked) -> Used:
        sums = {one: self._sum(one, asked.user) for one in asked.windows(self.policy)}
        return Used(sums, sum(one.user == asked.user for one in self.flying))

    def _sum(self, window: Window, user: User) -> Spent:
        since = window.since - window.since % QUARTER
        found = [one for one in self.lines
                 if one.at >= since and (not window.person or one.user == user)
                 and window.channel in ("", one.channel)]  # fmt: skip
        return Spent(sum(one.images for one in found), sum(one.cost for one in found))

    # ── The naive model: each rule spelled out, one at a time ───────────────────────────────────────────────────

    def _naive(self, user: User, channel: str, n: int, cost: int) -> bool:
        policy = self.policy
        if policy.in_flight is not None and sum(one.user == user for one in self.flying) >= policy.in_flight:
            return False
        for measure in Measure:
            for span in Span:
                limit = self._chosen(measure, span, user, channel)
                if limit is None or limit.amount is None:
                    continue
                mine = [one for one in self.lines if one.user == user and limit.where in ("", one.channel)]
                more = sum(g.amount for g in policy.grants if g.who == f"user:{user.id}" and g.measure == measure
                           and g.where in ("", channel) and g.until > self.now)  # fmt: skip
                if self._over(mine, measure, self._start(span, limit.rolling), limit.amount + more, n, cost):
                    return False
        for budget in policy.budgets:
            if budget.where in ("", channel):
                ours = [one for one in self.lines if budget.where in ("", one.channel)]
                more = sum(g.amount for g in policy.grants if g.who == "" and g.measure == "dollars"
                           and g.where == budget.where and g.until > self.now)  # fmt: skip
                start = self._start(budget.span, False)
                if self._over(ours, Measure.DOLLARS, start, budget.amount + more, n, cost):
                    return False
        return True

    def _chosen(self, measure: Measure, span: Span, user: User, channel: str) -> Limit | None:
        same = [one for one in self.policy.limits if (one.measure, one.span) == (measure, span)]
        steps = [
            ({f"user:{user.id}"}, channel), ({f"user:{user.id}"}, ""),
            ({f"role:{role}" for role in user.roles}, channel), ({f"role:{role}" for role in user.roles}, ""),
            ({""}, channel), ({""}, ""),
        ]  # fmt: skip
        for who, where in steps:
            found = [one for one in same if one.who in who and one.where == where]
            if found:
                return max(found, key=lambda one: 10**9 if one.amount is None else one.amount)
        plain = self.policy.images_per_day
        return Limit(plain) if plain is not None and (measure, span) == ("images", "day") else None

    def _start(self, span: Span, rolling: bool) -> int:
        if rolling:
            return (self.now - LENGTH[span]) // QUARTER * QUARTER
        moment = dt.datetime.fromtimestamp(self.now / 1000, dt.UTC)
        start = moment.replace(minute=0, second=0, microsecond=0)
        start = start if span is Span.HOUR else start.replace(hour=0)
        start = start.replace(day=1) if span is Span.MONTH else start
        return int(start.timestamp()) * 1000

    def _over(self, lines: list[Line], measure: Measure, start: int, most: int, n: int, cost: int) -> bool:
        inside = [one for one in lines if one.at >= start]
        if measure is Measure.IMAGES:
            return sum(one.images for one in inside) + n > most
        return cost > 0 and sum(one.cost for one in inside) + cost > most


Rules.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestRules = Rules.TestCase


def test_rolling_limits_never_let_more_through_in_any_stretch_of_their_length() -> None:
    """By brute force over four hours, minute by minute."""
    policy = Policy(images_per_day=None, limits=(Limit(3, span=Span.HOUR, rolling=True),))
    taken: list[int] = []
    for minute in range(240):
        now = 1_800_000_123_456 + minute * 60_000
        asked = Asked(PEOPLE[0], "C1", now)
        (window,) = asked.windows(policy)
        used = Used({window: Spent(sum(one >= window.since for one in taken), 0)})
        try:
            asked.check(policy, used)
        except OverQuota:
            continue
        taken.append(now)
    assert len(taken) >= 9
    assert all(later - earlier >= LENGTH[Span.HOUR] for earlier, later in zip(taken, taken[3:], strict=False))


def test_a_refusal_changes_nothing() -> None:
    policy, asked = Policy(images_per_day=0), Asked(PEOPLE[0], "C1", 0)
    used = Used({one: Spent(0, 0) for one in asked.windows(policy)})
    for _ in range(2):
        with pytest.raises(OverQuota):
            asked.check(policy, used)
