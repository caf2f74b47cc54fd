"""Contact sheets on cards: a version's pictures, or a thread's, all at a glance."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot import pictures, replies
from bot.cards import Card, CardImage
from bot.errors import NotFound, RetouchError
from bot.models import Asset, Kind, Version, new_id
from bot.sheets import MOST, contact_sheet
from bot.studio.desk import Desk
from bot.studio.disclosed import disclosed
from bot.studio.intake import as_asset

log = logging.getLogger(__name__)

CROWDED = 10  # pictures: Discord shows no more in one message


async def sheet_card(desk: Desk, versions: Sequence[Version]) -> Card:
    """The contact sheet of one version's pictures, or of a thread's. Raises `NotFound` where there is none."""
    card = replies.sheet_card(versions, await _sheet(desk, versions), most=MOST)
    return await disclosed(desk, card, *versions)


async def with_sheet(desk: Desk, version: Version, card: Card) -> Card:
    """A card with more pictures than every platform shows begins with all of them on one."""
    if len(version.images) <= CROWDED:
        return card
    try:
        return replace(card, images=(await _sheet(desk, [version]), *card.images))
    except (RetouchError, OSError):
        log.exception("no contact sheet: version=%s", version.id)
        return card


async def _sheet(desk: Desk, versions: Sequence[Version]) -> CardImage:
    """The newest pictures, at most 64, as one; kept as a derived one."""
    found = await _pictures(desk, versions)
    if not found:
        raise NotFound("There is no picture to put on a sheet.")
    out = desk.tmp / f"sheet-{new_id()}.jpg"
    try:
        paths = [desk.store.asset_path(asset) for _, asset in found]
        await asyncio.to_thread(contact_sheet, paths, out, labels=[label for label, _ in found])
        picture = await asyncio.to_thread(pictures.inspect, out)
        kept = await desk.store.put_asset(out, as_asset(picture, derived_from=found[0][1].id))
        await desk.store.reviews.made_of(kept.id, [asset.id for _, asset in found])
    finally:
        await asyncio.to_thread(out.unlink, missing_ok=True)
    return replies.sheet_image(versions, len(found), replies.Shown(kept, desk.store.asset_path(kept)))


async def _pictures(desk: Desk, versions: Sequence[Version]) -> list[tuple[str, Asset]]:
    """Each picture with its label; a picked one is there already, in the version it was picked from."""
    alone = len(versions) == 1
    named = [
        (replies.picture_label(version, index, alone=alone), asset_id)
        for version in versions
        if (alone or version.kind is not Kind.PICK) and version.is_open
        for index, asset_id in enumerate(version.images, start=1)
    ]
    found = [(label, await desk.store.asset(asset_id)) for label, asset_id in named[-MOST:]]
    return [(label, asset) for label, asset in found if asset]
