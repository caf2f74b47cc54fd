"""What people send with an edit, told apart: references, masks, and our own pictures drawn on and sent back."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot import replies
from bot.errors import BadAttachment, BadInput
from bot.models import Asset, Attachment, Reference, Role, Version, new_id
from bot.strokes import Strokes, find_strokes
from bot.studio.desk import Desk
from bot.studio.intake import as_asset, shortened, take_in
from bot.studio.quota import check_limits
from bot.studio.spot import Spot

log = logging.getLogger(__name__)

_FLAGS = ("mask", "markup")
_NOT_BOTH = "Send a mask or a markup, not both."
CANDIDATES = 12  # pictures of a thread that what is sent is compared with, the newest first
_MASK_NAME = re.compile(r"(?i)(?<![a-z])(?:mask|maske|masque|mascara|maschera)(?![a-z])")


@dataclass(frozen=True, slots=True)
class Taken:
    """What an edit is about and what goes along. `mask` and `markup` are asset ids."""

    version: Version
    image: int
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    markup: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    version: Version
    image: int
    asset: Asset


def check_unmarked(flags: Mapping[str, str]) -> None:
    """Raise `BadInput` for flags about a picture that is sent along, where none is changed by it."""
    for flag in _FLAGS:
        if flag in flags:
            raise BadInput(f"--{flag} goes with a picture and with words for what should change there; leave it out.")


def unmarked(flags: Mapping[str, str]) -> dict[str, str]:
    """The flags without those that are about what is sent along."""
    return {name: value for name, value in flags.items() if name not in _FLAGS}


def sent_first(
    attachments: Sequence[Attachment], flags: Mapping[str, str]
) -> tuple[tuple[Attachment, ...], Mapping[str, str]]:
    """Pictures that begin a session by being edited, told apart; and the flags that are not about them.

    One is what is edited; a mask for it is known by its role, its name, or where `--mask` says so by being the last.
    Raises `BadInput`.
    """
    if "markup" in flags:
        raise BadInput("--markup is about a picture of mine that was drawn on; send it in that picture's thread.")
    pictures = [one for one in attachments if not _is_mask(one)]
    masks = [one for one in attachments if _is_mask(one)]
    if not pictures:
        pictures, masks = masks, []  # a picture of a mask
    if "mask" in flags and not masks:
        if len(pictures) < 2:
            raise BadInput("--mask needs two pictures: the one to change and, behind it, its mask.")
        masks = [pictures.pop()]
    _check_one(masks)
    if pictures and all(one.role is not Role.IMAGE for one in pictures):
        pictures[0] = replace(pictures[0], role=Role.IMAGE)
    return (*pictures, *(replace(one, role=Role.MASK) for one in masks)), unmarked(flags)


async def take_along(spot: Spot, version: Version, image: int, flags: Mapping[str, str], *, named: bool) -> Taken:
    """Fetch and keep what was sent along. `named`: the person said which version; only it can have been drawn on.

    A picture of the thread with something drawn on it makes that version the one to edit, and the drawing its mask
    (with `--markup` it goes to the model as it is). Raises `BadInput` and `BadAttachment`.
    """
    _check_flags(flags, spot.attachments)
    taken = Taken(version, image)
    if not spot.attachments:
        return taken
    await check_limits(spot.desk, spot.home, spot.user)
    masks, pictures = _told_apart(spot.attachments, is_mask="mask" in flags)
    _check_one(masks)
    if masks and "markup" in flags:
        raise BadInput(_NOT_BOTH)
    if masks:
        notes = () if masks[0].asset else (replies.TAKEN_AS_MASK,)  # who painted it knows
        taken = replace(taken, mask=await _mask(spot, masks[0], version, image), notes=notes)
    found = await take_in(spot.desk, spot.asked.place.platform, pictures)
    return await _drawn_on(spot, taken, found.references, named=named, as_markup="markup" in flags)


def _check_flags(flags: Mapping[str, str], attachments: Sequence[Attachment]) -> None:
    for flag in _FLAGS:
        if flag in flags and not attachments:
            raise BadInput(f"--{flag} is about a picture that is sent along; there is none.")
    if all(flag in flags for flag in _FLAGS):
        raise BadInput(_NOT_BOTH)


def _check_one(masks: Sequence[Attachment]) -> None:
    if len(masks) > 1:
        raise BadInput("Several masks are too many; send one.")


def _told_apart(attachments: Sequence[Attachment], *, is_mask: bool) -> tuple[list[Attachment], list[Attachment]]:
    """Masks, by their role, by their name, or the first one where `--mask` says so; and all the others."""
    masks = [one for one in attachments if _is_mask(one)] or ([attachments[0]] if is_mask else [])
    return masks, [replace(one, role=Role.REFERENCE) for one in attachments if one not in masks]


def _is_mask(one: Attachment) -> bool:
    named = one.role is not Role.IMAGE and _MASK_NAME.search(one.name.rsplit(".", 1)[0])
    return one.role is Role.MASK or bool(named)


async def _mask(spot: Spot, attachment: Attachment, version: Version, image: int) -> str:
    """The mask as a kept picture of the version's size."""
    if attachment.asset:
        return await _kept_mask(spot.desk, attachment.asset, version, image)
    mask = replace(attachment, role=Role.MASK)
    try:
        taken = await take_in(spot.desk, spot.asked.place.platform, (mask,), target=version.images[image - 1])
    except BadAttachment as error:
        hint = " If it is no mask, give the file another name." if _is_mask(attachment) else ""
        name = shortened(attachment.name)
        raise BadAttachment(f"{str(error) if name in str(error) else f'{name}: {error}'}{hint}") from error
    if taken.mask is None:
        raise BadAttachment("The mask could not be read. Send it again.")
    return taken.mask


async def _kept_mask(desk: Desk, asset_id: str, version: Version, image: int) -> str:
    mask, target = await desk.store.asset(asset_id), await desk.store.asset(version.images[image - 1])
    if mask is None or target is None or (mask.width, mask.height) != (target.width, target.height):
        raise BadAttachment("This mask does not belong to this picture. Paint it again.")
    return mask.id


# ── Drawn on and sent back ───────────────────────────────────────────────────────────────────────────────────────


async def _drawn_on(spot: Spot, taken: Taken, sent: Sequence[Reference], *, named: bool, as_markup: bool) -> Taken:
    """The same, with the first of our own pictures among them taken for what it is."""
    most = max(1, CANDIDATES // max(1, len(sent)))  # each look takes up to half a second
    candidates = await _candidates(spot, taken, most, named=named) if sent and not taken.mask else []
    for one in sent if candidates else ():
        found = await _compared(spot.desk, one, candidates)
        if found is None:
            continue
        candidate, mask, markup = found
        others = tuple(other for other in sent if other is not one)
        about = replace(taken, version=candidate.version, image=candidate.image, references=others)
        if mask is None and spot.meant and candidate.version.id != spot.meant.id:
            continue  # who points at one picture and sends another means it as a reference
        if mask is None:
            return replace(about, notes=(replies.sent_back(candidate.version),))
        if as_markup:
            return replace(about, markup=markup, notes=(replies.drawn_on(candidate.version, as_markup=True),))
        return replace(about, mask=mask, notes=(replies.drawn_on(candidate.version),))
    if as_markup:
        raise BadInput("I don't recognise the picture you drew on. Draw on one of this thread, and send it back.")
    return replace(taken, references=tuple(sent))


async def _candidates(spot: Spot, taken: Taken, most: int, *, named: bool) -> list[_Candidate]:
    """The pictures it may have been drawn on: the one meant first, then the newest of the thread."""
    rest = [] if named else [one for one in reversed(await spot.desk.store.versions(spot.thread.id)) if one.is_open]
    found: dict[str, _Candidate] = {}
    for version in (taken.version, *rest):
        for image, asset_id in enumerate(version.images, start=1):
            if len(found) < most and asset_id not in found and (asset := await spot.desk.store.asset(asset_id)):
                found[asset_id] = _Candidate(version, image, asset)
    return list(found.values())


async def _compared(
    desk: Desk, sent: Reference, candidates: Sequence[_Candidate]
) -> tuple[_Candidate, str | None, str | None] | None:
    """Which candidate was sent back, with its mask and its markup; None where it is none of them.

    Trouble here makes it a reference like any other.
    """
    asset = await desk.store.asset(sent.asset)
    same = next((one for one in candidates if one.asset.id == sent.asset), None)
    if asset is None or same:
        return (same, None, None) if same else None
    scratch = [desk.tmp / f"strokes-{new_id()}.png" for _ in range(2)]
    paths = [desk.store.asset_path(one.asset) for one in candidates]
    try:
        found = await asyncio.to_thread(find_strokes, desk.store.asset_path(asset), paths, *scratch)
        if found is None:
            return None
        return candidates[found.candidate], *await _kept(desk, found, scratch[0], scratch[1])
    except Exception:
        log.exception("strokes not looked for: asset=%s", sent.asset)
        return None
    finally:
        for path in scratch:
            await asyncio.to_thread(path.unlink, missing_ok=True)


async def _kept(desk: Desk, found: Strokes, mask: Path, markup: Path) -> tuple[str | None, str | None]:
    """The ids of what was written; None twice where nothing is drawn on it."""
    if found.mask is None or found.markup is None:
        return None, None
    kept = [
        await desk.store.put_asset(path, as_asset(picture))
        for path, picture in ((mask, found.mask), (markup, found.markup))
    ]
    return kept[0].id, kept[1].id
