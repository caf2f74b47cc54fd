"""What limits say. One sentence each, with what is still possible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.models import Measure, Span
from bot.pricing import format_cost

if TYPE_CHECKING:
    from bot.limits.meters import Meter
    from bot.limits.rules import Asked

Fitting = Callable[[int], int]
_THIS = {Span.HOUR: "this hour", Span.DAY: "today", Span.MONTH: "this month"}
_ROLLING = {Span.HOUR: "within an hour", Span.DAY: "within 24 hours", Span.MONTH: "within 30 days"}


def in_flight(most: int) -> str:
    """Too many requests of one person are on their way."""
    what = "A request of yours is" if most == 1 else f"{most} requests of yours are"
    if most == 0:
        return "Image making is switched off for members of this workspace; ask an admin."
    return f"{what} still on the way. Wait until one is done, or cancel it."


def refusal(meter: Meter, left: int, asked: Asked, fitting: Fitting) -> str:
    """Why a request passes a limit, what is left of it, and what to do.

    `fitting` tells how many pictures of a price (micro-dollars) all limits together leave room for.
    """
    if meter.is_budget:
        return _over_budget(meter, left, asked, fitting)
    if meter.amount == 0:
        return f"Image making is switched off for members of {_where(meter)}; ask an admin."
    if meter.measure is Measure.IMAGES:
        return _over_images(meter, left, asked)
    if left == 0:
        return f"You've used all {money(meter.amount)} of yours {span_words(meter)}{_there(meter)}. {more_at(meter)}"
    return (
        f"This may cost {money(asked.cost)}; you have {money(left)} left {span_words(meter)}{_there(meter)}."
        f" {_instead(asked, fitting) or more_at(meter)}"
    )


def _over_images(meter: Meter, left: int, asked: Asked) -> str:
    if left == 0:
        images = "your image" if meter.amount == 1 else f"all {meter.amount} of your images"
        when = "for today" if (meter.span, meter.rolling) == (Span.DAY, False) else span_words(meter)
        return f"You've used {images} {when}{_there(meter)}. {more_at(meter)}"
    what = "pictures" if asked.least == 1 else "panels"
    there = f"{asked.n} {what} asked, {left} left {span_words(meter)}{_there(meter)}."
    if left < asked.least:
        return f"{there} {more_at(meter)}"
    wait = "" if meter.rolling else f", or wait until {when_words(meter.ends, meter.zone, meter.span)}"
    return f"{there} Ask for {left}{wait}."


def _over_budget(meter: Meter, left: int, asked: Asked, fitting: Fitting) -> str:
    cure = "raise it, or grant more." if asked.user.is_admin else "ask an admin."
    if left and (instead := _instead(asked, fitting)):
        return f"This may cost {money(asked.cost)}; {budget_name(meter)} has {money(left)} left. {instead}"
    if left:
        return f"This may cost {money(asked.cost)}; {budget_name(meter)} has {money(left)} left: {cure}"
    name = budget_name(meter)
    return f"{name[0].upper()}{name[1:]} is used up; {cure}"


def _instead(asked: Asked, fitting: Fitting) -> str:
    """The best that the money is still enough for: fewer pictures, else cheaper ones."""
    panels = " panels" if asked.least > 1 else ""
    if asked.least <= (most := fitting(asked.each)) < asked.n:
        return f"Ask for {most}{panels}."
    for one in asked.cheaper:
        if 0 < one.cost < asked.each and (count := fitting(one.cost)) >= asked.least:
            return f"{count}{panels} left at {one.words}."
    return ""


def left_words(meter: Meter, left: int) -> str:
    """What is left, for a footer: "7 left today", "$0.20 left this month"."""
    amount = str(left) if meter.measure is Measure.IMAGES else money(left)
    if meter.is_budget:
        return f"{amount} left in {budget_name(meter)}"
    return f"{amount} left {span_words(meter)}{_there(meter)}"


def span_words(meter: Meter) -> str:
    """As in "today", "this hour", "within 24 hours"."""
    return (_ROLLING if meter.rolling else _THIS)[meter.span]


def budget_name(meter: Meter) -> str:
    """As in "this workspace's budget for November"."""
    start = dt.datetime.fromtimestamp(meter.window.since / 1000, meter.zone)
    when = {Span.MONTH: f"for {start:%B}", Span.DAY: "for today", Span.HOUR: "for this hour"}[meter.span]
    return f"this {'channel' if meter.where else 'workspace'}'s budget {when}"


def budget_alert(meter: Meter) -> str:
    """For admins, once: most of a budget is used."""
    return f"80% of the {_told_name(meter)} ({money(meter.amount)}) is used. At 100% nobody can make pictures on it."


def budget_gone(meter: Meter) -> str:
    """For admins, once: a budget refuses people."""
    return f"The {_told_name(meter)} ({money(meter.amount)}) does not cover what is asked. Raise it, or grant more."


def _told_name(meter: Meter) -> str:
    """The budget for those who read of it elsewhere."""
    start = dt.datetime.fromtimestamp(meter.window.since / 1000, meter.zone)
    when = {Span.MONTH: f"{start:%B}", Span.DAY: f"{start.day} {start:%B}",
            Span.HOUR: f"{start:%H:%M} on {start.day} {start:%B}"}[meter.span]  # fmt: skip
    return f"budget of {f'the channel {meter.where}' if meter.where else 'this workspace'} for {when}"


def more_at(meter: Meter) -> str:
    """When there is more."""
    return "More comes back bit by bit." if meter.rolling else f"More {at_words(meter)}."


def at_words(meter: Meter) -> str:
    """When a calendar limit begins anew, as in "at 00:00 UTC", "on 1 December"."""
    return f"{'on' if meter.span is Span.MONTH else 'at'} {when_words(meter.ends, meter.zone, meter.span)}"


def moment_in(sentence: str, meter: Meter) -> str:
    """The words of a refusal that tell when its limit begins anew; "": it does not tell."""
    told = (at_words(meter), when_words(meter.ends, meter.zone, meter.span))
    return next((words for words in told if words in sentence and not meter.is_budget), "")


def when_words(moment: int, zone: dt.tzinfo, span: Span) -> str:
    """As in "00:00 UTC", "15:00 Europe/Berlin", "1 December"."""
    local = dt.datetime.fromtimestamp(moment / 1000, zone)
    if span is Span.MONTH:
        return f"{local.day} {local:%B}"
    return f"{local:%H:%M} {zone_name(zone)}"


def zone_name(zone: dt.tzinfo) -> str:
    """As in "UTC", "Europe/Berlin"."""
    return str(zone)


def money(micro_dollars: int) -> str:
    """An amount in dollars; nothing is "$0"."""
    return format_cost(micro_dollars) if micro_dollars else "$0"


def _where(meter: Meter) -> str:
    return "this channel" if meter.where else "this workspace"


def _there(meter: Meter) -> str:
    return " in this channel" if meter.where else ""
