"""What a thread shows without drawing anything: versions, comparisons, sheets, pages, exports, stars."""

from __future__ import annotations

import asyncio
import json

from bot import replies
from bot.cards import Card, CardFile
from bot.errors import BadInput
from bot.exporting import spec_of
from bot.intents import Compare, Export, Gallery, Info, Paint, Sheet, Show, Star
from bot.links import SECONDS, Grant, Page
from bot.models import Command, Place, User, Version, new_id
from bot.ports import Viewer
from bot.studio.desk import Desk
from bot.studio.export import write_export
from bot.studio.removal import hide_if_gone
from bot.studio.sheet import sheet_card
from bot.studio.show import compared, shown_again_card
from bot.studio.spot import Spot

Look = Compare | Export | Gallery | Info | Paint | Sheet | Show | Star


async def look(spot: Spot, asked: Look) -> None:
    """Answer what changes nothing. Raises the error to whisper when it cannot be."""
    match asked:
        case Show(number):
            version = await spot.numbered(number)
            await spot.say_once(await shown_again_card(spot.desk, version, spot.home.platform), shows=version)
        case Compare(first, second):
            await spot.say_once(await _comparison(spot, first, second))
        case Info(number):
            await spot.tell(await _info(spot, number))
        case Sheet(number):
            await spot.say_once(await sheet_card(spot.desk, await _on_sheet(spot, number)))
        case Star(number, on):
            await _star(spot, await spot.version(number), on=on)
        case Paint(number, image):
            version = await spot.pictured(number, image)
            await spot.tell(_paint(spot, version, image or 1))
        case Gallery(tree):
            target = spot.thread.id if tree else ""
            await spot.tell(gallery(spot.desk, spot.user, spot.home, target))
        case Export():
            await _export(spot, asked)


async def _comparison(spot: Spot, first: int | None, second: int | None) -> Card:
    after = await spot.version(second)
    if first is not None:
        before = await spot.numbered(first)
    else:
        parent = await spot.desk.store.version(after.parent) if after.parent else None
        if parent is None or not parent.is_open:
            raise BadInput(f"v{after.number} was not made from another version. Say which two: compare v1 v2.")
        before = parent
    if before.id == after.id:
        raise BadInput(f"Both are v{before.number}. Say which two to compare: compare v1 v2.")
    return await compared(spot.desk, before, after)


async def _info(spot: Spot, number: int | None) -> Card:
    version = await spot.version(number)
    parent = await spot.desk.store.version(version.parent) if version.parent else None
    return replies.info(version, parent)


async def _on_sheet(spot: Spot, number: int | None) -> list[Version]:
    """One version's pictures, or the newest of the thread where it has only one."""
    version = await spot.version(number)
    if number is not None or len(version.images) > 1:
        return [version]
    return [one for one in await spot.desk.store.versions(spot.thread.id) if one.is_open]


async def _star(spot: Spot, version: Version, *, on: bool) -> None:
    place = spot.home
    viewer = Viewer(spot.user, place.platform, place.workspace, place.channel)
    await spot.desk.shelf.star(viewer, version.id, on=on)
    await spot.tell(replies.notice(replies.starred(version, on=on)))


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _paint(spot: Spot, version: Version, image: int) -> Card:
    grant = Grant(spot.user, spot.home, version.id, image)
    url = _link(spot.desk, Page.MASK, grant)
    return replies.paint_page(version, image, url, SECONDS[Page.MASK] // 60)


def gallery(desk: Desk, user: User, place: Place, thread_id: str = "") -> Card:
    """The way to the gallery, or to a thread's page. Raises `BadInput` where people cannot open pages."""
    page = Page.THREAD if thread_id else Page.GALLERY
    url = _link(desk, page, Grant(user, place, thread_id))
    return replies.thread_page(url) if thread_id else replies.gallery_page(url)


def gallery_command(desk: Desk, command: Command) -> Card:
    """What `/imagine-gallery` answers."""
    return gallery(desk, command.user, command.place)


def _link(desk: Desk, page: Page, grant: Grant) -> str:
    if not desk.links.reaches(grant.place.platform):
        raise BadInput(replies.NO_PAGES)
    return desk.links.make(page, grant)


# ── Export ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _export(spot: Spot, asked: Export) -> None:
    """A link where people can open one, else the file itself."""
    spec = spec_of(asked.flags)
    version = None if asked.everything else await spot.version(asked.version)
    target = version.id if version else spot.thread.id
    what = f"v{version.number}" if version else "The whole thread"
    if spot.desk.links.reaches(spot.home.platform):
        grant = Grant(spot.user, spot.home, target, more=json.dumps([spec.formats, spec.edges]))
        await spot.say_once(replies.export_page(what, spot.desk.links.make(Page.EXPORT, grant)))
        return
    if not await spot.first_time():
        return
    out = spot.desk.tmp / f"export-{new_id()}.zip"
    versions = [version] if version else await spot.desk.store.versions(spot.thread.id)
    images = [image for one in versions if one.is_open for image in one.images]
    try:
        await write_export(spot.desk.store, target, spec, out)
        name = f"retouch-{f'v{version.number}' if version else 'thread'}.zip"
        address = await spot.say(replies.export_file(what, CardFile(out, name, "application/zip")))
        await spot.desk.store.reviews.displayed(address, images)
        await hide_if_gone(spot.desk, images, address)
    finally:
        await asyncio.to_thread(out.unlink, missing_ok=True)
