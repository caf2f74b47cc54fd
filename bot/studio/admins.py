"""What admins must know: in the log always, and in their channel once a day."""

from __future__ import annotations

import hashlib
import logging

from bot import replies
from bot.catalog import WARN_DAYS, Model
from bot.errors import PlatformProblem
from bot.models import Place
from bot.studio.desk import Desk

log = logging.getLogger(__name__)

ONE_SHOT = "cli."  # how the command line names itself, once per process: it has no channels


async def tell_admins(desk: Desk, place: Place, sentence: str) -> None:
    """Log a sentence, and post it to the workspace's admin channel unless it stands there since today."""
    log.error("an admin must act: %s", sentence)
    policy = await desk.store.policy(place.workspace)
    platform = desk.platforms.get(place.platform)
    if not policy.admin_channel or platform is None or place.platform.startswith(ONE_SHOT):
        return
    today = desk.today().isoformat()
    key = hashlib.sha256(f"{place.workspace} {today} {sentence}".encode()).hexdigest()[:24]
    if not await desk.store.see(place.platform, f"admins:{key}"):
        return
    channel = Place(place.platform, place.workspace, policy.admin_channel)
    try:
        await platform.post(channel, replies.for_admins(sentence), reply_to=None, key=f"admins-{key}")
    except PlatformProblem:
        log.warning("the admin channel %s cannot be posted to", policy.admin_channel, exc_info=True)


async def warn_of_shutdown(desk: Desk, place: Place, model: Model) -> None:
    """Tell admins in time that a model in use will be gone."""
    left = model.days_left(desk.today())
    if left is not None and left <= WARN_DAYS:
        await tell_admins(desk, place, replies.shutdown_warning(model, left))
