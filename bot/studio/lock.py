"""After an edit: what changed is found and named, and the rest is put back from the parent, as models repaint it, too.

The rest is what lies outside the mask, or, where the words said "change only …", outside of what changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot import changed, locking, replies
from bot.changed import Changes
from bot.models import Asset, Job, Kind, new_id
from bot.studio.desk import Desk
from bot.studio.intake import as_asset

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Locked:
    """What became of the drawn pictures.

    `images` are asset ids, composites where something was put back; empty where nothing was. `drift` is the worst of
    the composites. `changed` names the parts that differ from the parent; `notes` are sentences for the card.
    """

    images: tuple[str, ...] = ()
    drift: float = 0.0
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


async def lock(desk: Desk, job: Job, drawn: Sequence[Asset]) -> Locked:
    """Put back what was not to change, in every picture. What was paid for is never lost by trouble here."""
    try:
        before = await _before(desk, job)
        if job.mask and job.options.locked:
            return await _outside_mask(desk, job, before, drawn)
        if before is None or job.kind not in (Kind.EDIT, Kind.VARIATION):
            return Locked()
        if job.kind is Kind.EDIT and not job.mask and changed.says_only(job.prompt):
            return await _outside_changes(desk, job, before, drawn)
        return Locked(changed=await _names(desk, job, before, drawn))
    except Exception:
        log.exception("not locked: job=%s", job.id)
        return Locked(notes=(replies.NOT_PUT_BACK,) if job.mask and job.options.locked else ())


async def _before(desk: Desk, job: Job) -> Asset | None:
    """The picture that was changed; None where there was none, or it is gone."""
    parent = await desk.store.version(job.parent) if job.parent and job.kind is not Kind.GENERATE else None
    if parent is None:
        return None
    return await desk.store.asset(job.canvas or parent.images[min(job.parent_image, len(parent.images)) - 1])


# ── Outside a mask ───────────────────────────────────────────────────────────────────────────────────────────────


async def _outside_mask(desk: Desk, job: Job, before: Asset | None, drawn: Sequence[Asset]) -> Locked:
    mask = await desk.store.asset(job.mask or "")
    if before is None or mask is None:
        return Locked(notes=(replies.NOT_PUT_BACK,)) if job.parent else Locked()
    kept, drifts = [], []
    for one in drawn:
        found = await _composite(desk, before, one, desk.store.asset_path(mask))
        if found is None:
            return Locked(notes=(replies.NOT_LOCKED,))
        kept.append(found[0])
        drifts.append(found[1])
    names = await _names(desk, job, before, kept) if job.kind is Kind.EDIT else ()
    return Locked(tuple(one.id for one in kept), max(drifts, default=0.0), _otherwise(drawn, kept), names)


def _otherwise(drawn: Sequence[Asset], kept: Sequence[Asset]) -> tuple[str, ...]:
    """What is to be said where a composite has another format or size than what was drawn."""
    return tuple(dict.fromkeys(
        replies.locked_as(now.media_type, now.width, now.height)
        for was, now in zip(drawn, kept, strict=True)
        if (now.media_type, now.width, now.height) != (was.media_type, was.width, was.height)
    ))  # fmt: skip


async def _composite(desk: Desk, before: Asset, drawn: Asset, mask: Path) -> tuple[Asset, float] | None:
    """One picture with its outside put back, kept as derived from it, and its drift; None for another shape."""
    parent, picture = (desk.store.asset_path(one) for one in (before, drawn))
    out = desk.tmp / f"lock-{new_id()}.png"
    try:
        found = await asyncio.to_thread(locking.lock_outside, parent, picture, mask, out)
        if found is None:
            return None
        asset = as_asset(found.picture, derived_from=drawn.id)
        kept = await desk.store.put_asset(out, replace(asset, derived_from=drawn.id))
    finally:
        await asyncio.to_thread(out.unlink, missing_ok=True)
    return kept, found.drift


# ── Outside of what changed ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Rest:
    """One picture after "change only …". `changes`: None where not known; `drift`: None where nothing was put back."""

    asset: Asset
    changes: Changes | None = None
    drift: float | None = None


async def _outside_changes(desk: Desk, job: Job, before: Asset, drawn: Sequence[Asset]) -> Locked:
    done = [await _rest_put_back(desk, job, before, one) for one in drawn]
    names = _all_names(one.changes for one in done if one.changes)
    drifts = [one.drift for one in done if one.drift is not None]
    whys = _whys(job, done)
    if not drifts:
        told = [replies.changed_only(names, None)] if names and not whys else []
        return Locked(notes=(*told, *whys), changed=names)
    kept = [one.asset for one in done]
    notes = (replies.changed_only(names, max(drifts)), *whys, *_otherwise(drawn, kept))
    return Locked(tuple(one.id for one in kept), max(drifts), notes, names)


def _whys(job: Job, done: Sequence[_Rest]) -> list[str]:
    """Why the rest of a picture was not put back: a sentence each, with its number where only some were not."""
    whys = [_why_not(job, one.changes) if one.drift is None else "" for one in done]
    if len(set(whys)) == 1:
        return list(filter(None, whys[:1]))
    return [f"Picture {number}: {why}" for number, why in enumerate(whys, start=1) if why]


def _why_not(job: Job, changes: Changes | None) -> str:
    """Why the rest of one picture was not put back; "": it need not be."""
    if changes is None:
        return replies.REST_NOT_PUT_BACK
    if not changes.same_shape:
        return replies.REST_OF_OTHER_SHAPE
    if not changes.boxes:
        return replies.NOTHING_CHANGED
    if not job.options.locked:
        return ""
    return replies.MOST_CHANGED if changes.share > changed.MOST else replies.REST_NOT_PUT_BACK


async def _rest_put_back(desk: Desk, job: Job, before: Asset, drawn: Asset) -> _Rest:
    """The picture as it is where the rest cannot be put back, whatever the reason: it is paid for."""
    mask = desk.tmp / f"changed-{new_id()}.png"
    changes = None
    try:
        parent, picture = (desk.store.asset_path(one) for one in (before, drawn))
        changes = await asyncio.to_thread(changed.find_changes, parent, picture, mask if job.options.locked else None)
        if changes.mask and changes.share <= changed.MOST:
            found = await _composite(desk, before, drawn, mask)
            return _Rest(drawn, changes) if found is None else _Rest(found[0], changes, found[1])
    except Exception:
        log.exception("the rest was not put back: job=%s picture=%s", job.id, drawn.id)
    finally:
        await asyncio.to_thread(mask.unlink, missing_ok=True)
    return _Rest(drawn, changes)


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _names(desk: Desk, job: Job, before: Asset, drawn: Sequence[Asset]) -> tuple[str, ...]:
    """The parts that differ from the picture before; none where that cannot be found out."""
    parent = desk.store.asset_path(before)
    try:
        found = [await asyncio.to_thread(changed.find_changes, parent, desk.store.asset_path(one)) for one in drawn]
    except Exception:
        log.warning("what changed is not known: job=%s", job.id, exc_info=True)
        return ()
    return _all_names(found)


def _all_names(found: Iterable[Changes]) -> tuple[str, ...]:
    """Each name once; "everywhere" says it all."""
    names = tuple(dict.fromkeys(name for changes in found for name in changes.names))
    return ("everywhere",) if "everywhere" in names else names
