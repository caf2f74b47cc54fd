"""The check of a request against everything that counts, inside the transaction that reserves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import OverQuota
from bot.limits import words
from bot.limits.meters import Meter, meters
from bot.models import Measure, Policy, Used, User, Window

ALERT = 0.8  # the share of a budget at which admins are told


@dataclass(frozen=True, slots=True)
class Cheaper:
    """Another way to ask for the same: in words ("low quality"), with the price of one picture in micro-dollars.

    The words go behind "at".
    """

    words: str
    cost: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of `n` images for at most `cost` micro-dollars, as a `ports.Rule`.

    `now` is milliseconds. `cheaper` are other ways to ask, dearest first; they are offered where the money is short.
    `least` is 1, or of a series how many panels it must have.
    """

    user: User
    channel: str
    now: int
    n: int = 1
    cost: int = 0
    cheaper: tuple[Cheaper, ...] = ()
    least: int = 1

    @property
    def each(self) -> int:
        """What one picture may cost, in micro-dollars."""
        return -(-self.cost // max(1, self.n))

    def windows(self, policy: Policy) -> Sequence[Window]:
        """The sums that are needed."""
        return tuple(dict.fromkeys(one.window for one in meters(policy, self.user, self.channel, self.now)))

    def check(self, policy: Policy, used: Used) -> None:
        """Raises `OverQuota` for the limit of which the least is left; of equal ones, that which lasts longest."""
        if policy.in_flight is not None and used.in_flight >= policy.in_flight:
            raise OverQuota(words.in_flight(policy.in_flight), resets=self.now)
        found = meters(policy, self.user, self.channel, self.now)
        over = [one for one in found if self._passes(one, used)]
        if not over:
            return
        worst = min(over, key=lambda one: (pictures_left(one, used, self.each), -one.ends))
        sentence = words.refusal(worst, worst.left(used), self, lambda cost: _fitting(found, used, cost))
        raise OverQuota(
            sentence,
            resets=worst.ends,
            when=words.moment_in(sentence, worst),
            for_admin=words.budget_gone(worst) if worst.is_budget else "",
        )

    def _passes(self, meter: Meter, used: Used) -> bool:
        wanted = self.n if meter.measure is Measure.IMAGES else self.cost
        return wanted > 0 and meter.used(used) + wanted > meter.amount


def _fitting(found: Sequence[Meter], used: Used, each: int) -> int:
    """How many pictures of this price everything that counts leaves room for."""
    count = [pictures_left(one, used, each) for one in found if one.measure is Measure.IMAGES or each]
    return min(count, default=0)


def pictures_left(meter: Meter, used: Used, each: int) -> int:
    """How many pictures of this price (micro-dollars) are left of a limit."""
    left = meter.left(used)
    return left if meter.measure is Measure.IMAGES else left // max(1, each)


def tightest(found: Sequence[Meter], used: Used, each: int) -> Meter | None:
    """The one that will be used up first by pictures of this price; free pictures (0) use up no dollars."""
    count = [one for one in found if one.measure is Measure.IMAGES or each]
    return min(count, key=lambda one: (pictures_left(one, used, each), -one.ends), default=None)


def alerts(policy: Policy, user: User, channel: str, used: Used, now: int) -> list[tuple[str, str]]:
    """What admins should know of the budgets after a reservation: a key each, equal once per budget and span, and why.

    `used` has the sums of `Asked.windows`.
    """
    found = []
    for one in meters(policy, user, channel, now):
        if one.is_budget and one.amount and one.window in used.sums and one.used(used) >= ALERT * one.amount:
            key = f"budget:{one.where}:{one.span.value}:{one.window.since}:{one.amount}"
            found.append((key, words.budget_alert(one)))
    return found
