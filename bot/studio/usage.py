"""Usage reports for whoever may ask: the command line, the admin command, the admin page."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bot.ports import By, Store
from bot.reports import Report, report

DAY = 86_400_000  # milliseconds


async def usage_report(store: Store, by: By, *, days: int, now: int, workspace: str | None = None) -> Report:
    """What was used in the last `days` days before `now` (ms); of all workspaces with None.

    By day the first one is whole; days are those of the workspace's time zone, UTC for all workspaces.
    """
    zone = (await store.policy(workspace)).zone if workspace is not None else "UTC"
    since = max(0, now - days * DAY)
    if by is By.DAY:
        since = _midnight(since, zone)
    return report(by, await store.tallies(by, since=since, until=now + DAY, workspace=workspace), zone)


def _midnight(moment: int, zone: str) -> int:
    local = dt.datetime.fromtimestamp(moment / 1000, ZoneInfo(zone))
    return int(dt.datetime.combine(local.date(), dt.time(), local.tzinfo).timestamp() * 1000)
