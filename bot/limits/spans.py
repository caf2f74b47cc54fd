"""When a span began and when it ends. Moments are milliseconds since 1970, UTC."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bot.models import Span

STEP_MS = 900_000  # rolling spans move in quarters of an hour
_LENGTH_MS = {Span.HOUR: 3_600_000, Span.DAY: 86_400_000, Span.MONTH: 30 * 86_400_000}


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of this name; UTC for one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # not there, or no name at all
        return dt.UTC


def began(span: Span, now: int, zone: dt.tzinfo, *, rolling: bool = False) -> int:
    """Where the span that `now` lies in began.

    A rolling one is that long back, to the beginning of a quarter of an hour: it counts up to 15 minutes too much.
    """
    if rolling:
        back = now - _LENGTH_MS[span]
        return max(0, back - back % STEP_MS)
    local = dt.datetime.fromtimestamp(now / 1000, zone)
    if span is Span.HOUR:
        return now - (local.minute * 60 + local.second) * 1000 - now % 1000
    return _ms(_first(span, local.date()), zone)


def ends(span: Span, now: int, zone: dt.tzinfo, *, rolling: bool = False) -> int:
    """When it begins anew; of a rolling one, when the first of it may come back."""
    if rolling:
        return now - now % STEP_MS + STEP_MS
    if span is Span.HOUR:
        return began(span, now, zone) + _LENGTH_MS[Span.HOUR]
    day = _first(span, dt.datetime.fromtimestamp(now / 1000, zone).date())
    after = day + dt.timedelta(days=1 if span is Span.DAY else 32)
    coming = _first(span, after)
    return max(_ms(coming, zone), _ms(coming, zone, fold=1))


def _first(span: Span, day: dt.date) -> dt.date:
    return day.replace(day=1) if span is Span.MONTH else day


def _ms(day: dt.date, zone: dt.tzinfo, *, fold: int = 0) -> int:
    """Midnight. Where clocks jump over it, the moment they jump; where it comes twice, the first (`fold` 1: second)."""
    midnight = dt.datetime.combine(day, dt.time(fold=fold), zone)
    return int(midnight.timestamp()) * 1000
