"""The rules against a naive model: any people, limits, budgets, grants and moments, in any order."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.errors import NotFound, OverQuota
from bot.limits import Asked
from bot.models import (
    Address,
    Budget,
    Entry,
    Grant,
    Job,
    Kind,
    Limit,
    Measure,
    PanelNote,
    Policy,
    Span,
    Spent,
    Thread,
    Used,
    User,
    Window,
)
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import job as a_job
from tests.contracts.store import version as a_version

T = TypeVar("T")
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


# ── The store's sums, whatever becomes of a request ──────────────────────────────────────────────────────────────

EACH = 10  # micro-dollars that one picture may cost
IMAGES, DOLLARS, BUDGET = 9, 80, 200
NOW = 1_800_000_000_000


@dataclass
class Request:
    """A job, and what it should have come to: for its person, and in the team's books."""

    job: Job
    images: int
    mine: int
    cost: int
    state: str = "running"
    panels: tuple[PanelNote, ...] = ()
    is_open: bool = False  # nobody knows yet whether all of it is billed

    @property
    def sent(self) -> int:
        """What of it may be billed."""
        return sum(one.cost for one in self.panels) if self.job.panels else self.job.estimate


def is_unanswered(panel: PanelNote) -> bool:
    """Sent, but no answer came."""
    return not panel.asset and not panel.why


def costs_of(count: int) -> st.SearchStrategy[int]:
    """What so many pictures may come to."""
    return st.integers(0, count * EACH)


class Books(RuleBasedStateMachine):
    """People ask, cancel, wait in vain; pictures come late; admins resolve: each sum is that of the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.requests: list[Request] = []
        self.store: SqliteStore = self.run(open_store(self.folder))
        limits = (Limit(IMAGES, span=Span.MONTH), Limit(DOLLARS, Measure.DOLLARS, Span.MONTH))
        self.policy = Policy(images_per_day=None, limits=limits, budgets=(Budget(BUDGET),))
        self.run(self.store.set_policy("T1", self.policy))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def of(self, data: st.DataObject, *states: str) -> Request:
        return data.draw(st.sampled_from([one for one in self.requests if one.state in states]))

    @rule(user=st.sampled_from(PEOPLE[:2]), n=st.integers(1, 4), series=st.booleans())
    def somebody_asks(self, user: User, n: int, series: bool) -> None:
        series = series and n > 1
        more: dict[str, Any] = {"panels": ("x",) * n, "kind": Kind.SERIES} if series else {}
        asked = a_job(user, n=n, created=NOW, estimate=n * EACH, **more)
        fits = (
            self._mine(user, "images") + n <= IMAGES
            and self._mine(user, "mine") + n * EACH <= DOLLARS
            and sum(one.cost for one in self.requests) + n * EACH <= BUDGET
        )
        rule_ = Asked(user, "C1", NOW, n, n * EACH)
        try:
            self.run(self.store.reserve(asked, rule_, new_thread=Thread(asked.thread, asked.place, None, NOW)))
        except OverQuota:
            assert not fits
            return
        assert fits
        self.run(self._begin(asked))
        self.requests.append(Request(asked, n, n * EACH, n * EACH))

    async def _begin(self, asked: Job) -> None:
        await self.store.place_job(asked.id, Address(asked.place, f"ts-{asked.id}"))
        claimed = await self.store.claim("w1", platforms=("slack",), now=NOW, lease_until=NOW * 2)
        assert claimed
        await self.store.mark_sent(asked.id, "w1", now=NOW)

    @precondition(lambda self: any(one.job.panels and one.state == "running" for one in self.requests))
    @rule(data=st.data(), end=st.sampled_from(("sent", "here", "lost", "refused")), cost=costs_of(1))
    def a_panel_goes_on(self, data: st.DataObject, end: str, cost: int) -> None:
        one = data.draw(st.sampled_from([it for it in self.requests if it.job.panels and it.state == "running"]))
        known = {panel.number: panel for panel in one.panels if not is_unanswered(panel)}
        number = data.draw(st.integers(1, one.job.options.n)) if one.panels else 1
        if number in known or (not one.panels and end in ("lost", "refused")):  # then the series fails
            return
        note = {
            "sent": PanelNote(number, cost=EACH),
            "here": PanelNote(number, asset="ab", cost=cost),
            "lost": PanelNote(number, cost=EACH, why="It took too long."),
            "refused": PanelNote(number, why="It was refused."),
        }[end]
        if end in ("lost", "refused") and not any(panel.asset for panel in one.panels):
            return
        self._note(one, note)

    def _note(self, one: Request, note: PanelNote) -> None:
        assert self.run(self.store.note_panel(one.job.id, "w1", note))
        one.panels = (*(panel for panel in one.panels if panel.number != note.number), note)

    @precondition(lambda self: any(one.state == "running" for one in self.requests))
    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        """What was sent counts for them."""
        one = self.of(data, "running")
        if self.run(self.store.stop(one.job.id)):
            one.state = "stopped"
            return
        assert not any(panel.asset for panel in one.panels)
        assert self.run(self.store.fail(one.job.id, Entry.UNKNOWN, "cancelled", counts=True))
        one.state, one.is_open = "cancelled", True
        one.images = len(one.panels) if one.job.panels else one.job.options.n
        one.mine = one.cost = one.sent

    @precondition(lambda self: any(one.state == "running" for one in self.requests))
    @rule(data=st.data(), billed=st.booleans())
    def it_fails(self, data: st.DataObject, billed: bool) -> None:
        one = self.of(data, "running")
        assert self.run(self.store.fail(one.job.id, Entry.UNKNOWN if billed else Entry.RELEASE, "lost"))
        one.state, one.is_open, one.images, one.mine, one.cost = "failed", billed, 0, 0, one.sent if billed else 0

    @precondition(lambda self: any(one.state in ("running", "stopped", "cancelled", "failed") for one in self.requests))
    @rule(data=st.data())
    def it_is_kept(self, data: st.DataObject) -> None:
        """In time, cut short, or after all."""
        one = self.of(data, "running", "stopped", "cancelled", "failed")
        if one.job.panels:
            self._keep_panels(data, one)
            return
        n = one.job.options.n
        here = data.draw(st.integers(1, n))
        doubtful = EACH * data.draw(st.integers(0, n - here))
        cost = data.draw(costs_of(here)) + doubtful
        kept = replace(a_version(one.job, images=here, cost=cost), doubtful=doubtful)
        self.run(self.store.keep(one.job.id, kept))
        one.images, one.mine, one.cost = here, cost - doubtful, cost
        one.state, one.is_open = "kept", doubtful > 0

    def _keep_panels(self, data: st.DataObject, one: Request) -> None:
        late = [panel for panel in one.panels if is_unanswered(panel)]
        comes_late = data.draw(st.booleans())
        if late and comes_late:
            self._note(one, replace(late[0], asset="ab", cost=data.draw(costs_of(1))))
        here = [panel for panel in one.panels if panel.asset]
        if not here:
            return
        lost = [panel for panel in one.panels if not panel.asset]
        counts = one.state in ("stopped", "cancelled") and one.images
        forgone = [panel for panel in lost if is_unanswered(panel)] if counts else []
        doubtful = sum(panel.cost for panel in lost)
        made = a_version(one.job, images=len(here), cost=one.sent)
        made = replace(made, doubtful=doubtful, panel_of=tuple(panel.number for panel in here))
        self.run(self.store.keep(one.job.id, made))
        one.images = len(here) + len(forgone)
        one.mine = sum(panel.cost for panel in (*here, *forgone))
        one.cost, one.state, one.is_open = one.sent, "kept", doubtful > 0

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), share=st.integers(0, 4))
    def an_admin_says_what_it_cost(self, data: st.DataObject, share: int) -> None:
        one = data.draw(st.sampled_from(self.requests))
        cost = one.cost * share // 4
        if not one.is_open:
            return
        try:
            self.run(self.store.resolve_unknown(one.job.id, cost, "cli"))
        except NotFound:
            pytest.fail("it cannot be resolved")
        one.cost = cost

    @invariant()
    def every_sum_is_that_of_the_rules(self) -> None:
        for user in PEOPLE[:2]:
            used = self.run(self.store.used("T1", user, (Window(True, 0), Window(False, 0), Window(True, NOW, "C1"))))
            mine = Spent(self._mine(user, "images"), self._mine(user, "mine"))
            assert used.sums[Window(True, 0)] == used.sums[Window(True, NOW, "C1")] == mine
            assert used.sums[Window(False, 0)] == self._ledger()
        assert self._ledger() == Spent(sum(it.images for it in self.requests), sum(it.cost for it in self.requests))
        assert self._ledger().cost <= BUDGET

    def _mine(self, user: User, what: str) -> int:
        return sum(int(getattr(one, what)) for one in self.requests if one.job.user == user)

    def _ledger(self) -> Spent:
        db = sqlite3.connect(self.folder / "retouch.db")
        found = db.execute("SELECT coalesce(sum(images), 0), coalesce(sum(cost), 0) FROM ledger").fetchone()
        db.close()
        return Spent(*found)


Books.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None,
                                   suppress_health_check=list(HealthCheck))  # fmt: skip
TestBooks = Books.TestCase
