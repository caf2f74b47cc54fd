"""Quotas: pure rules on facts the caller brings. Days are calendar days in UTC."""

from __future__ import annotations

from bot.errors import OverQuota
from bot.models import Policy, Spent
from bot.ports import Rule

DAY_MS = 86_400_000


def day_start(now: int) -> int:
    """The last midnight, milliseconds UTC."""
    return now - now % DAY_MS


def next_day(now: int) -> int:
    """The coming midnight, milliseconds UTC."""
    return day_start(now) + DAY_MS


def images_left(policy: Policy, spent: Spent) -> int | None:
    """How many images a person may still ask for today; None: as many as they like."""
    if policy.images_per_day is None:
        return None
    return max(0, policy.images_per_day - spent.images)


def rule_for(n: int, *, now: int) -> Rule:
    """The check for a request of `n` images, to be called inside the reserving transaction."""

    def rule(policy: Policy, spent: Spent) -> None:
        left = images_left(policy, spent)
        if left is not None and left < n:
            raise OverQuota(_sentence(n, left, policy.images_per_day or 0), resets=next_day(now))

    return rule


def _sentence(n: int, left: int, limit: int) -> str:
    if limit == 0:
        return "Image making is switched off for members of this workspace; ask an admin."
    if left == 0:
        images = "your image" if limit == 1 else f"all {limit} of your images"
        return f"You've used {images} for today. More at 00:00 UTC."
    return f"{n} pictures asked, {left} left today. Ask for {left}, or wait until 00:00 UTC."
