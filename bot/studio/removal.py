"""Taking a picture away: hidden at once, then its files, then every message that showed it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.cards import Card
from bot.errors import MessageGone, NotFound, PlatformProblem
from bot.models import Act, Address, Removal, Standing, Version
from bot.replies import review as said
from bot.studio.desk import Desk

log = logging.getLogger(__name__)

PATIENCE_MS = 24 * 3_600_000  # a message that cannot be changed for so long is left as it is


async def remove(
    desk: Desk, version_id: str, *, who: str, who_name: str, reason: str, blank: bool = False
) -> Removal | None:
    """Remove a picture everywhere; `who` is "PLATFORM:ID", "cli" for the command line. None: it is removed already.

    With `blank` its words are deleted, too. Messages of chats that are not plugged in here are changed by the process
    that has them. Raises `NotFound`.
    """
    version = await desk.store.version(version_id)
    thread = await desk.store.thread(version.thread) if version else None
    if version is None or thread is None:
        raise NotFound("There is no picture of that id.")
    words = said.one_line(reason)
    act = Act(desk.now(), thread.place.workspace, who, who_name, "remove", version_id, str(version.standing),
              f"removed: {words}")  # fmt: skip
    removal = await desk.store.reviews.remove(version_id, act, reason=words, blank=blank)
    if removal:
        await go_on_removing(desk, removal)
    return removal


async def go_on_removing(desk: Desk, removal: Removal | None) -> None:
    """What is left of a removal. May be repeated, and is until nothing shows the picture."""
    if removal is None or removal.done:
        return
    gone = await desk.store.reviews.erase(removal.version)
    if gone:
        log.info("removed: version=%s files=%s", removal.version, gone)
    if removal.place.platform not in desk.platforms:
        return
    is_late = desk.now() - removal.at > PATIENCE_MS
    if await _take_from_messages(desk, removal) or is_late:
        await desk.store.reviews.done(removal.version)


async def _take_from_messages(desk: Desk, removal: Removal) -> bool:
    """Put a tombstone on every message; False when one could not be changed."""
    first = await desk.store.version(removal.version)
    all_told = True
    for address in await desk.store.reviews.shown_at(removal.version):
        version = await desk.store.version_shown_at(address.place, address.message)
        card = said.tombstone(removal.standing, removal.reason, _asker(version or first), removal.assets)
        try:
            await desk.platforms[address.place.platform].edit(address, card)
        except MessageGone:
            pass
        except (PlatformProblem, KeyError):
            log.warning("a removed picture is still shown: version=%s", removal.version, exc_info=True)
            all_told = False
            continue
        await desk.store.reviews.told(removal.version, address)
    return all_told


async def hide_if_removed(desk: Desk, version: Version, address: Address) -> None:
    """Put a tombstone on a message that came to show a version while that was removed. Raises nothing."""
    now = await desk.store.version(version.id)
    if now and now.standing in (Standing.REMOVED, Standing.REJECTED, Standing.DISCARDED):
        card = said.tombstone(now.standing, now.hidden_why, now.author.name, now.images)
        await _hide(desk, card, address)


async def hide_if_gone(desk: Desk, assets: Sequence[str], address: Address) -> None:
    """The same of a message that shows pictures of several versions, or was made of them.

    It is known to show them by now: who removes one later finds it. Raises nothing.
    """
    gone = [one for one in assets if await desk.store.asset(one) is None]
    if gone:
        await _hide(desk, said.gone_meanwhile(gone), address)


async def _hide(desk: Desk, card: Card, address: Address) -> None:
    try:
        await desk.platforms[address.place.platform].edit(address, card)
    except PlatformProblem:
        log.warning("a removed picture may still be shown", exc_info=True)


def _asker(version: Version | None) -> str:
    return version.author.name if version else ""
