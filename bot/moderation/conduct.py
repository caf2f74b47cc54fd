"""Three refusals in a row slow a person down. Times are milliseconds."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import Refused
from bot.models import Conduct

MOST_REFUSALS = 3
SLOW_FOR = 30 * 60_000
BETWEEN = 5 * 60_000
MEMORY = 24 * 3_600_000  # a refusal longer ago does not count as "in a row"


def asked(conduct: Conduct, *, now: int, event: str) -> Conduct:
    """The conduct after one more request. Raises `Refused` when it comes too soon for somebody who was slowed down.

    `event` tells the same request that arrives twice.
    """
    if now >= conduct.slow_until or event == conduct.event:
        return conduct
    wait = min(conduct.asked + BETWEEN, conduct.slow_until) - now
    if wait > 0:
        raise Refused(
            f"{MOST_REFUSALS} of your requests in a row were refused, so for {_minutes(conduct.slow_until - now)} min "
            f"you may ask once in {_minutes(BETWEEN)}. Nothing was charged. Try again in {_minutes(wait)} min.",
            category="slowed down",
            stage="pace",
        )
    return replace(conduct, asked=now, event=event)


def _minutes(ms: int) -> int:
    return -(-ms // 60_000)


def refused(conduct: Conduct, *, now: int) -> Conduct:
    """The conduct after a request was refused for what it asked."""
    count = 1 if now - conduct.asked > MEMORY else conduct.refused + 1
    if count < MOST_REFUSALS:
        return replace(conduct, refused=count, asked=now)
    return Conduct(0, now + SLOW_FOR, now)


def behaved(conduct: Conduct) -> Conduct:
    """The conduct after a picture was made: refusals in a row begin anew, the time of being slow does not end."""
    return replace(conduct, refused=0)
