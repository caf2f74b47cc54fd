"""Cards on a platform: finished versions, versions brought back, last words of failed jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from bot import limits, pictures, replies
from bot.cards import Card
from bot.compare import flip, heat_map, side_by_side, where
from bot.errors import MessageGone, NotFound, PlatformProblem
from bot.models import Job, JobStatus, Place, User, Version, new_id
from bot.studio.desk import Desk
from bot.studio.final import final_price
from bot.studio.intake import as_asset
from bot.studio.rebase import merged
from bot.studio.references import numbers_of
from bot.studio.sheet import with_sheet

log = logging.getLogger(__name__)


async def show(desk: Desk, job_id: str) -> bool:
    """Turn a kept job's placeholder into its finished card. May be repeated; False: try again later."""
    job = await desk.store.job(job_id)
    if job is None or job.status is not JobStatus.DELIVERING or not job.address or not job.version:
        return True
    version = await desk.store.version(job.version)
    platform = desk.platforms.get(job.place.platform)
    if version is None or platform is None:
        return False
    try:
        await platform.edit(job.address, await _finished_card(desk, job, version))
    except MessageGone:
        log.info("nowhere to show: job=%s (its message was deleted)", job.id)
    except PlatformProblem:
        log.warning("not shown yet: job=%s", job.id, exc_info=True)
        return False
    await desk.store.finish(job.id)
    return True


async def _finished_card(desk: Desk, job: Job, version: Version) -> Card:
    parent = await desk.store.version(version.parent) if version.parent else None
    left = await images_left(desk, job.place, job.user)
    all_at_once = await merged(desk, version)
    card = replies.finished(
        version,
        await shown(desk, version),
        parent=parent,
        around=await _around(desk, version, job.place.platform),
        notes=(*job.notes, *await meanwhile(desk, job, version)),
        left=left,
        all_at_once=all_at_once,
    )
    return await with_sheet(desk, version, card)


async def _around(desk: Desk, version: Version, platform: str) -> replies.Around:
    return replies.Around(
        numbers=await numbers_of(desk, version),
        final=await final_price(desk, version),
        paint=desk.links.reaches(platform),
    )


async def meanwhile(desk: Desk, job: Job, version: Version) -> list[str]:
    """Somebody else changed the same picture at the same time: the later one says that there are two branches."""
    others = await desk.store.versions(version.thread) if version.parent else []
    for other in others:
        if other.parent == version.parent and other.number < version.number and other.created > job.created:
            return [replies.meanwhile(other)]
    return []


async def shown_again_card(desk: Desk, version: Version, platform: str) -> Card:
    """A version's card once more; nothing else changes."""
    around = await _around(desk, version, platform)
    card = replies.shown_again(version, await shown(desk, version), around=around)
    return await with_sheet(desk, version, card)


async def offer_card(desk: Desk, job: Job) -> Card:
    """The card that offers a picture made before. Raises `NotFound` when it was removed in the meantime."""
    made = await desk.store.version(job.version) if job.version else None
    if made is None:
        raise NotFound("The picture made before was removed. Ask again.")
    return replies.offer(job, made, await shown(desk, made))


async def images_left(desk: Desk, place: Place, user: User) -> int | None:
    """How many images a person has left today; None where there is no limit."""
    policy = await desk.store.policy(place.workspace)
    spent = await desk.store.spent(place.workspace, user, since=limits.day_start(desk.now()))
    return limits.images_left(policy, spent)


async def shown(desk: Desk, version: Version) -> list[replies.Shown]:
    """A version's pictures with their files. Pictures that were removed are left out."""
    assets = [await desk.store.asset(asset_id) for asset_id in version.images]
    return [replies.Shown(asset, desk.store.asset_path(asset)) for asset in assets if asset]


async def compared(desk: Desk, before: Version, after: Version) -> Card:
    """The card that puts two versions side by side; its pictures are kept as derived ones. Raises `NotFound`."""
    first, second = await shown(desk, before), await shown(desk, after)
    if not first or not second:
        raise NotFound("One of these pictures was removed.")
    labels = (f"v{before.number}", f"v{after.number}")
    originals = (_of(first, before, after), _of(second, after, before))
    pair = (originals[0].path, originals[1].path)
    scratch = [desk.tmp / f"compare-{new_id()}.{kind}" for kind in ("png", "png", "gif")]
    try:
        found = await asyncio.to_thread(side_by_side, *pair, scratch[0], labels=labels)
        await asyncio.to_thread(heat_map, *pair, scratch[1])
        await asyncio.to_thread(flip, *pair, scratch[2], labels=labels)
        made = [await _derived(desk, path, second[0].asset.id) for path in scratch]
    finally:
        for path in scratch:
            await asyncio.to_thread(path.unlink, missing_ok=True)
    places = [where(box) for box in found.boxes]
    return replies.compared(before, after, made, originals=originals, changed=found.changed, where=places)


def _of(pictures_shown: Sequence[replies.Shown], version: Version, other: Version) -> replies.Shown:
    """The picture to compare: of several, the one that the other version was made from."""
    number = other.parent_image if other.parent == version.id else 1
    return pictures_shown[min(number, len(pictures_shown)) - 1]


async def _derived(desk: Desk, path: Path, origin: str) -> replies.Shown:
    picture = await asyncio.to_thread(pictures.inspect, path, max_bytes=200_000_000)
    asset = await desk.store.put_asset(path, as_asset(picture, derived_from=origin))
    return replies.Shown(asset, desk.store.asset_path(asset))


async def bring_back(desk: Desk, version: Version, place: Place, *, word: str, key: str, reply_to: str | None) -> None:
    """Make a version the head and post its card again in the thread. Raises `PlatformProblem`."""
    await desk.store.move_head(version.thread, version.id)
    around = await _around(desk, version, place.platform)
    card = replies.brought_back(version, await shown(desk, version), word=word, around=around)
    card = await with_sheet(desk, version, card)
    address = await desk.platforms[place.platform].post(place, card, reply_to=reply_to, key=key)
    await desk.store.showed(version.id, address)


async def edit_quietly(desk: Desk, job: Job, card: Card) -> None:
    """Edit a job's placeholder where a miss loses nothing: progress, and the last words of a failed job."""
    platform = desk.platforms.get(job.place.platform)
    if platform is None or job.address is None:
        return
    try:
        async with asyncio.timeout(30):
            await platform.edit(job.address, card)
    except (PlatformProblem, TimeoutError) as error:
        log.info("card not updated: job=%s error=%s", job.id, type(error).__name__)
