"""Letting go of what is older than each workspace keeps: once a day while serving, and on the command line."""

from __future__ import annotations

import asyncio
import logging

from bot.app.house import House, open_store_only
from bot.errors import BadInput
from bot.models import now_ms
from bot.settings import Settings
from bot.studio.privacy import purge, report

log = logging.getLogger(__name__)

DAY = 86_400.0  # seconds


async def purge_daily(house: House) -> None:
    """Purge at once and then once a day, until cancelled. What was interrupted goes on with the next start."""
    while True:
        try:
            done = await purge(house.store, house.store.privacy, now=now_ms())
        except Exception:
            log.exception("the daily purge failed; it is tried again tomorrow")
        else:
            for line in report(done, dry=False) if done else ():
                log.info("purged: %s", line)
        await asyncio.sleep(DAY)


async def purge_now(settings: Settings, workspace: str | None, *, dry: bool) -> str:
    """Purge one workspace or all, or say what would go. Raises `BadInput` for a workspace without anything."""
    from bot.auditing import account  # which opens the store by way of this package

    async with open_store_only(settings) as store:
        known = await store.privacy.workspaces()
        if workspace and workspace not in known:
            raise BadInput(f"There is nothing of a workspace {workspace}. There are: {', '.join(known) or 'none'}.")
        done = await purge(store, store.privacy, now=now_ms(), workspace=workspace, dry=dry, by=("cli", account()))
    return "\n".join(report(done, dry=dry))
