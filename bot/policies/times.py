"""Until when, in words: read and said in a workspace's time zone. Moments are milliseconds since 1970, UTC."""

from __future__ import annotations

import datetime as dt
import re

from bot.errors import BadOption
from bot.limits import zone_of
from bot.policies import words

LONGEST_DAYS = 3660

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LENGTH = r"[0-9]{1,5} ?(?:m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?)"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
WHEN = rf"(?:today|tomorrow|this (?:day|week|month)|{_LENGTH}\b|{_DAY}(?:{_CLOCK})?)"
"""A regular expression of what `moment` takes; ignore the case."""

EXAMPLES = "today, 2 hours, 3 days, 2026-12-01 or 2026-12-01 18:00"


def moment(text: str, now: int, zone_name: str) -> int:
    """The end of what was said: "today", "2 hours", "2026-12-01" (that day included), "2026-12-01 18:00".

    Raises `BadOption` for what is no time, is over, or is more than ten years away.
    """
    said = " ".join(text.split())
    if not re.fullmatch(WHEN, said, re.IGNORECASE):
        raise BadOption(f"“{words.short(said)}” is no time. Write for example: {EXAMPLES}.")
    try:
        found = _found(said, now, zone_of(zone_name))
    except (ValueError, OverflowError, OSError) as error:
        raise BadOption(f"“{words.short(said)}” is not in any calendar. Write for example: {EXAMPLES}.") from error
    if found <= now:
        raise BadOption(f"“{words.short(said)}” is over already. Write for example: {EXAMPLES}.")
    if found > now + LONGEST_DAYS * 86_400_000:
        raise BadOption(f"“{words.short(said)}” is too far away; ten years are the most.")
    return found


def _found(said: str, now: int, zone: dt.tzinfo) -> int:
    word = said.lower()
    here = dt.datetime.fromtimestamp(now / 1000, zone)
    if length := re.fullmatch(r"([0-9]+) ?([a-z]+)", word):
        return now + int(length[1]) * _UNITS[length[2][0]] * 1000
    if word[:1].isdigit() and len(word) > 10:
        at = dt.datetime.fromisoformat(said.upper().replace(" ", "T"))
        return _ms(at if at.tzinfo else at.replace(tzinfo=zone))
    last = dt.date.fromisoformat(word) if word[:1].isdigit() else _last_day(word, here.date())
    return _ms(dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone))


def _last_day(word: str, today: dt.date) -> dt.date:
    match word:
        case "tomorrow":
            return today + dt.timedelta(days=1)
        case "this week":
            return today + dt.timedelta(days=6 - today.weekday())
        case "this month":
            return (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return today


def _ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


def said(moment: int, zone_name: str) -> str:
    """As `moment` reads it, with the zone behind it: "2026-12-01 18:00 (Europe/Berlin)"."""
    zone = zone_of(zone_name)
    return f"{dt.datetime.fromtimestamp(moment / 1000, zone):%Y-%m-%d %H:%M} ({zone})"
