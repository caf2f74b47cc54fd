"""What admins ask from the command line: policy, usage, backup. Sentences and tables in, sentences and tables out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.app import open_store_only
from bot.errors import BadOption
from bot.models import Policy, ThreadMode
from bot.pricing import format_cost
from bot.settings import Settings


async def describe_policy(settings: Settings, workspace: str) -> str:
    """A workspace's settings, one `name: value` per line, named as `policy set` takes them."""
    async with open_store_only(settings) as store:
        return _described(await store.policy(workspace))


async def change_policy(settings: Settings, workspace: str, setting: str, value: str) -> str:
    """Change one setting and describe the result. Raises `BadOption` for an unknown one or an impossible value."""
    change = _SETTINGS.get(setting)
    if change is None:
        raise BadOption(f"There is no setting {setting}. There are: {', '.join(_SETTINGS)}.")
    async with open_store_only(settings) as store:
        policy = change(await store.policy(workspace), value.strip())
        await store.set_policy(workspace, policy)
    return _described(policy)


async def usage_table(settings: Settings, days: int) -> str:
    """Who used how much in the last `days` days."""
    since = (time.time_ns() // 1_000_000) - days * 86_400_000
    async with open_store_only(settings) as store:
        rows = await store.usage(since=since)
    if not rows:
        return f"Nothing was made in the last {days} days."
    lines = [("who", "where", "images", "cost", "of it perhaps not billed")]
    lines += [
        (row.user_name, f"{row.platform} {row.workspace}", str(row.images), format_cost(row.cost),
         format_cost(row.unknown_cost) if row.unknown_cost else "")
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)  # fmt: skip


async def back_up(settings: Settings, target: Path) -> str:
    """Copy everything to a new folder; says how to put it back."""
    async with open_store_only(settings) as store:
        await store.backup(target)
        secret = settings.data / "secret"
        if secret.exists():
            shutil.copy2(secret, target / "secret")
    return f"Backed up to {target}. To use it, start with RETOUCH_DATA={target}."


def _described(policy: Policy) -> str:
    limit = "no limit" if policy.images_per_day is None else str(policy.images_per_day)
    terms = ", ".join(policy.blocked_terms) or "none"
    return "\n".join(
        (
            f"images-per-day: {limit}",
            f"moderation: {policy.moderation}",
            f"blocked-terms: {terms}",
            f"thread-mode: {policy.thread_mode}",
        )
    )


def _images_per_day(policy: Policy, value: str) -> Policy:
    if value.lower() in ("none", "no limit", "unlimited"):
        return replace(policy, images_per_day=None)
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise BadOption(f"images-per-day is a whole number or `none`, not {value}.")
    return replace(policy, images_per_day=int(value))


def _moderation(policy: Policy, value: str) -> Policy:
    if value not in ("auto", "low"):
        raise BadOption(f"moderation is auto or low, not {value}.")
    return replace(policy, moderation=value)


def _blocked_terms(policy: Policy, value: str) -> Policy:
    terms = tuple(dict.fromkeys(term for part in value.split(",") if (term := part.strip())))
    return replace(policy, blocked_terms=() if terms == ("none",) else terms)


def _thread_mode(policy: Policy, value: str) -> Policy:
    try:
        return replace(policy, thread_mode=ThreadMode(value.replace("-", " ")))
    except ValueError as error:
        raise BadOption(f"thread-mode is one of: {', '.join(ThreadMode)}.") from error


_SETTINGS: dict[str, Callable[[Policy, str], Policy]] = {
    "images-per-day": _images_per_day,
    "moderation": _moderation,
    "blocked-terms": _blocked_terms,
    "thread-mode": _thread_mode,
}
