"""What somebody has used and may still use."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Card, Channel, Moment
from bot.limits import Meter, words
from bot.models import Measure, Options, Policy, Tier, Used


def quota(meters: Sequence[Meter], used: Used, tier: Tier, policy: Policy, *, now: int, is_admin: bool) -> Card:
    """Each limit that counts with what is used, left and when there is more; what may be asked for; who to ask."""
    limits = [_limit(one, used, now) for one in meters if not one.is_budget]
    budgets = [_budget(one, used, now, is_admin=is_admin) for one in meters if one.is_budget]
    tiers = _tier(tier)
    ask = _whom_to_ask(policy, is_admin=is_admin) if meters or tiers or is_admin else ""
    lines = [*limits, *budgets, _on_the_way(used.in_flight, policy.in_flight), tiers, ask]
    return Card(
        title="What you can make here" if meters else "You can make as many pictures here as you like.",
        body="\n".join(filter(None, lines)),
        live=(*_moments(meters, now), *_channels(policy)),
    )


def _whom_to_ask(policy: Policy, *, is_admin: bool) -> str:
    if is_admin:
        return "Admins change this with /imagine-admin."
    there = "".join(f" in {one.words}" for one in _channels(policy))
    return f"For more, ask an admin{there}."


def _channels(policy: Policy) -> tuple[Channel, ...]:
    return (Channel(f"channel {policy.admin_channel}", policy.admin_channel),) if policy.admin_channel else ()


def _moments(meters: Sequence[Meter], now: int) -> tuple[Moment, ...]:
    found = [
        moment
        for one in meters
        if not one.rolling
        for moment in (Moment(words.at_words(one), one.ends), Moment(_wait(one, now), one.ends, relative=True))
    ]
    return tuple(dict.fromkeys(found))


def _wait(meter: Meter, now: int) -> str:
    return f"in {duration(meter.ends - now)}"


def _limit(meter: Meter, used: Used, now: int) -> str:
    what = "Pictures" if meter.measure is Measure.IMAGES else "Money"
    there = " in this channel" if meter.where else ""
    taken, left = _amount(meter, meter.used(used)), _amount(meter, meter.left(used))
    return (
        f"{what} {words.span_words(meter)}{there}: {taken} of {_amount(meter, meter.amount)} used, {left} left."
        f" {_resets(meter, now)}"
    )


def _budget(meter: Meter, used: Used, now: int, *, is_admin: bool) -> str:
    name = words.budget_name(meter)
    taken = meter.used(used)
    share = f"{min(100, 100 * taken // meter.amount)}%" if meter.amount else "all"
    money = f" ({words.money(taken)} of {words.money(meter.amount)})" if is_admin else ""
    return f"{name[0].upper()}{name[1:]}: {share} used{money}. {_resets(meter, now)}"


def _amount(meter: Meter, value: int) -> str:
    return str(value) if meter.measure is Measure.IMAGES else words.money(value)


def _resets(meter: Meter, now: int) -> str:
    if meter.rolling:
        return "It comes back bit by bit."
    return f"Resets {words.at_words(meter)}, {_wait(meter, now)}."


def duration(milliseconds: int) -> str:
    """A time to wait in its two largest units: "3 days 4 h", "5 h 12 min", "1 min"."""
    minutes = max(1, -(-milliseconds // 60_000))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = (f"{days} day{'s' if days > 1 else ''}" if days else "", f"{hours} h" if hours else "",
             f"{rest} min" if rest and not days else "")  # fmt: skip
    return " ".join(part for part in parts if part)


def _on_the_way(count: int, most: int | None) -> str:
    if most is None:
        return f"On the way: {count}." if count else ""
    return f"On the way: {count} of at most {most}."


def _tier(tier: Tier) -> str:
    facts = [
        f"models {', '.join(tier.models)}" if tier.models else "",
        f"quality {', '.join(tier.qualities)}" if tier.qualities else "",
        f"up to {tier.pixels / 1e6:.1f} megapixels" if tier.pixels is not None else "",
        f"up to {tier.n} at once" if tier.n is not None else "",
        "" if tier.thinking else "no thinking",
    ]
    told = "; ".join(filter(None, facts))
    return f"You may ask for: {told}." if told else ""


def within_tier(options: Options) -> str:
    """Something nobody asked for was chosen so that it is allowed."""
    size = "" if options.size == "auto" else f", {options.size.replace('x', '×')}"
    return f"Made at {options.quality} quality{size}, as your limits have it."
