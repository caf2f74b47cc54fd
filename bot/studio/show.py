"""Cards on a platform: finished versions, versions brought back, last words of failed jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot import pictures, replies
from bot.cards import Card
from bot.compare import flip, heat_map, side_by_side, where
from bot.errors import MessageGone, NotFound, PlatformProblem
from bot.models import Job, JobStatus, Place, Standing, Version, new_id
from bot.replies.private import own
from bot.replies.review import tombstone
from bot.studio.desk import Desk
from bot.studio.disclosed import disclosed
from bot.studio.final import final_price
from bot.studio.intake import as_asset
from bot.studio.private import wait_for_asker
from bot.studio.quota import left_words
from bot.studio.rebase import merged
from bot.studio.references import numbers_of
from bot.studio.removal import hide_if_removed
from bot.studio.sheet import with_sheet
from bot.studio.waiting import takes_reports, wait_for_review

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
        if version.standing is Standing.WAITING:
            if version.private:
                await wait_for_asker(desk, job, version, await own_card(desk, job, version))
            else:
                await wait_for_review(desk, job, version)
        else:
            await desk.store.showed(version.id, job.address)  # before people see it: their reply may be quick
            await platform.edit(job.address, await finished_card(desk, job, version))
    except MessageGone:
        log.info("nowhere to show: job=%s (its message was deleted)", job.id)
    except PlatformProblem:
        log.warning("not shown yet: job=%s", job.id, exc_info=True)
        return False
    await desk.store.finish(job.id)
    await hide_if_removed(desk, version, job.address)
    return True


async def finished_card(desk: Desk, job: Job, version: Version) -> Card:
    """The card of what a job made; its tombstone where it was removed meanwhile."""
    if not version.is_open:
        return tombstone(version.standing, version.hidden_why, version.author.name)
    parent = await desk.store.version(version.parent) if version.parent else None
    left = await left_words(desk, job.place, job.user, version.cost // max(1, len(version.images)))
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
    return await disclosed(desk, await with_sheet(desk, version, card), version)


async def own_card(desk: Desk, job: Job, version: Version) -> Card:
    """The card of a picture that nobody but its asker sees, for them."""
    platform = desk.platforms[job.place.platform]
    card = await finished_card(desk, job, replace(version, standing=Standing.OPEN))
    return own(card, version, await platform.permalink(job.address) if job.address else "")


async def _around(desk: Desk, version: Version, platform: str) -> replies.Around:
    return replies.Around(
        numbers=await numbers_of(desk, version),
        final=await final_price(desk, version),
        paint=desk.links.reaches(platform),
        report=await takes_reports(desk, version),
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
    return await disclosed(desk, await with_sheet(desk, version, card), version)


async def offer_card(desk: Desk, job: Job) -> Card:
    """The card that offers a picture made before. Raises `NotFound` when it was removed in the meantime."""
    made = await desk.store.version(job.version) if job.version else None
    if made is None or not made.is_open:
        raise NotFound("The picture made before was removed. Ask again.")
    return await disclosed(desk, replies.offer(job, made, await shown(desk, made)), made)


async def shown(desk: Desk, version: Version) -> list[replies.Shown]:
    """A version's pictures with their files. Pictures that were removed, or that wait for review, are left out."""
    if not version.is_open:
        return []
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
        for one in made:
            await desk.store.reviews.made_of(one.asset.id, [origin.asset.id for origin in originals])
    finally:
        for path in scratch:
            await asyncio.to_thread(path.unlink, missing_ok=True)
    places = [where(box) for box in found.boxes]
    card = replies.compared(before, after, made, originals=originals, changed=found.changed, where=places)
    return await disclosed(desk, card, before, after)


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
    card = await disclosed(desk, await with_sheet(desk, version, card), version)
    address = await desk.platforms[place.platform].post(place, card, reply_to=reply_to, key=key)
    await desk.store.showed(version.id, address)
    await hide_if_removed(desk, version, address)


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
