"""After an edit under a mask: the pixels outside it are put back from the parent, as models repaint them, too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import locking, replies
from bot.models import Asset, Job, new_id
from bot.studio.desk import Desk
from bot.studio.intake import as_asset

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Locked:
    """The composites, as asset ids; empty where nothing could be locked. `drift` is the worst of them."""

    images: tuple[str, ...]
    drift: float
    notes: tuple[str, ...] = ()


async def lock(desk: Desk, job: Job, drawn: Sequence[Asset]) -> Locked | None:
    """Put back what lies outside the job's mask, in every picture. What was paid for is never lost by trouble here."""
    parent = await desk.store.version(job.parent) if job.parent else None
    mask = await desk.store.asset(job.mask) if job.mask else None
    if parent is None or mask is None:
        return None
    before = await desk.store.asset(job.canvas or parent.images[min(job.parent_image, len(parent.images)) - 1])
    if before is None:
        return Locked((), 0.0, (replies.NOT_PUT_BACK,))
    images, drifts, notes = [], [], []
    for one in drawn:
        try:
            found = await _composite(desk, before, one, mask)
        except Exception:
            log.exception("not locked: job=%s picture=%s", job.id, one.id)
            return Locked((), 0.0, (replies.NOT_PUT_BACK,))
        if found is None:
            return Locked((), 0.0, (replies.NOT_LOCKED,))
        kept, drift = found
        images.append(kept.id)
        drifts.append(drift)
        if (kept.media_type, kept.width, kept.height) != (one.media_type, one.width, one.height):
            notes.append(replies.locked_as(kept.media_type, kept.width, kept.height))
    return Locked(tuple(images), max(drifts, default=0.0), tuple(dict.fromkeys(notes)))


async def _composite(desk: Desk, before: Asset, drawn: Asset, mask: Asset) -> tuple[Asset, float] | None:
    """One picture with its outside put back, kept as derived from it, and its drift."""
    parent, picture, opened = (desk.store.asset_path(one) for one in (before, drawn, mask))
    out = desk.tmp / f"lock-{new_id()}.png"
    try:
        found = await asyncio.to_thread(locking.lock_outside, parent, picture, opened, out)
        if found is None:
            return None
        asset = as_asset(found.picture, derived_from=drawn.id)
        kept = await desk.store.put_asset(out, replace(asset, derived_from=drawn.id))
    finally:
        await asyncio.to_thread(out.unlink, missing_ok=True)
    return kept, found.drift
