"""People's files on their way in: fetched, checked, cleaned, kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import pictures
from bot.errors import BadAttachment
from bot.models import Asset, Attachment, Reference, Role, new_id
from bot.pictures import Picture
from bot.studio.desk import Desk

MAX_PICTURES = 16  # the image API's limit per request


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A person's files by what they are for. `image` is what is to be edited."""

    image: Reference | None = None
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    markup: str | None = None


async def take_in(
    desk: Desk, platform: str, attachments: Sequence[Attachment], *, target: str | None = None
) -> TakenIn:
    """Fetch, check and keep a person's files. A mask belongs to the picture sent along, else to the asset `target`.

    The original bytes are kept untouched; what goes on from here is a cleaned copy (upright, RGB(A), without
    location data or other metadata). Raises `BadAttachment` naming the file.
    """
    if len(attachments) > MAX_PICTURES:
        raise BadAttachment(f"{len(attachments)} pictures were sent; {MAX_PICTURES} is the most. Send fewer.")
    image: Reference | None = None
    references: list[Reference] = []
    masks: list[Attachment] = []
    markups: list[Attachment] = []
    for attachment in attachments:
        if attachment.role is Role.MASK:
            masks.append(attachment)
        elif attachment.role is Role.MARKUP:
            markups.append(attachment)
        elif attachment.role is Role.IMAGE and image is None:
            image = await _take_picture(desk, platform, attachment)
        else:
            references.append(await _take_picture(desk, platform, attachment))
    mask = await _take_mask(desk, platform, masks[0], image.asset if image else target) if masks else None
    markup = await _take_markup(desk, platform, markups[0], image) if markups else None
    return TakenIn(image, tuple(references), mask, markup)


async def _take_picture(desk: Desk, platform: str, attachment: Attachment) -> Reference:
    raw, cleaned = _scratch(desk), _scratch(desk)
    try:
        original = await _fetch(desk, platform, attachment, raw)
        clean = await asyncio.to_thread(pictures.normalise, raw, cleaned)
        kept = await desk.store.put_asset(raw, as_asset(original))
        asset = await desk.store.put_asset(cleaned, as_asset(clean, derived_from=kept.id))
    finally:
        await asyncio.to_thread(_remove, raw, cleaned)
    role = attachment.role if attachment.role is not Role.IMAGE else Role.REFERENCE
    return Reference(asset.id, attachment.name, role)


async def _take_mask(desk: Desk, platform: str, attachment: Attachment, image: str | None) -> str:
    target = await desk.store.asset(image) if image else None
    if target is None:
        raise BadAttachment("A mask needs the picture it belongs to; send both.")
    raw, cleaned = _scratch(desk), _scratch(desk)
    try:
        await _fetch(desk, platform, attachment, raw)
        size = (target.width, target.height)
        mask = await asyncio.to_thread(pictures.mask_for, raw, size, cleaned)
        asset = await desk.store.put_asset(cleaned, as_asset(mask))
    finally:
        await asyncio.to_thread(_remove, raw, cleaned)
    return asset.id


async def _take_markup(desk: Desk, platform: str, attachment: Attachment, image: Reference | None) -> str:
    target = await desk.store.asset(image.asset) if image else None
    if target is None:
        raise BadAttachment("A markup needs the picture it is drawn over; send both.")
    reference = await _take_picture(desk, platform, attachment)
    drawn = await desk.store.asset(reference.asset)
    if drawn is None or (drawn.width, drawn.height) != (target.width, target.height):
        raise BadAttachment("The markup must have the picture's own size; draw over a copy of it.")
    if not await asyncio.to_thread(pictures.is_transparent, desk.store.asset_path(drawn)):
        raise BadAttachment("The markup must be transparent but for what is drawn; save it as a PNG with transparency.")
    return reference.asset


async def _fetch(desk: Desk, platform: str, attachment: Attachment, into: Path) -> Picture:
    try:
        await desk.platforms[platform].fetch(attachment, into, pictures.MAX_BYTES)
        return await asyncio.to_thread(pictures.inspect, into)
    except BadAttachment as error:
        if attachment.name and attachment.name not in str(error):
            raise BadAttachment(f"{shortened(attachment.name)}: {error}") from error
        raise


def shortened(name: str, length: int = 60) -> str:
    """A file name fit for a sentence: one line, no control characters, at most `length` characters."""
    clean = "".join(letter for letter in name if letter.isprintable())
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def as_asset(picture: Picture, *, derived_from: str | None = None) -> Asset:
    """The row for a measured file."""
    return Asset(picture.sha256, picture.media_type, picture.width, picture.height, picture.bytes, derived_from)


def _scratch(desk: Desk) -> Path:
    return desk.tmp / f"in-{new_id()}"


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
