"""Usage reports for whoever may ask: the command line, the admin command, the admin page."""

from __future__ import annotations

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from bot.models import Command
from bot.ports import By, Store
from bot.reports import Report, report
from bot.studio.desk import Desk

log = logging.getLogger(__name__)

DAY = 86_400_000  # milliseconds


async def usage_report(store: Store, by: By, *, days: int, now: int, workspace: str | None = None) -> Report:
    """What was used by requests made today (at `now`, ms) and on the `days` - 1 days before; None: in all workspaces.

    Days are whole ones of the workspace's time zone, UTC for all workspaces: every report of as many days has the same
    total.
    """
    zone = (await store.policy(workspace)).zone if workspace is not None else "UTC"
    since = _midnight(now, zone, days - 1)
    tallies = await store.tallies(by, since=since, until=now + DAY, workspace=workspace)
    names = await store.names(workspace) if by in (By.CHANNEL, By.ROLE) else {}
    return report(by, tallies, zone, names)


async def learn_names(desk: Desk, command: Command) -> None:
    """Remember what the chat calls the channel and the roles of a command. Raises nothing: only reports need it."""
    try:
        if command.names:
            await desk.store.learn_names(command.place.workspace, command.names)
    except Exception:
        log.exception("names were not remembered: event=%s", command.event_id)


def _midnight(moment: int, zone_name: str, days_before: int) -> int:
    """When the day of a moment began, or one before it."""
    zone = ZoneInfo(zone_name)
    day = dt.datetime.fromtimestamp(moment / 1000, zone).date() - dt.timedelta(days_before)
    return max(0, int(dt.datetime.combine(day, dt.time(), zone).timestamp() * 1000))
