"""Edits restricted to a part of the picture by words, and larger canvases: both become masks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot import extending, replies
from bot.errors import BadInput
from bot.locking import SHAPE
from bot.models import Job, Options, Version, new_id
from bot.options import ALIASES, decide
from bot.regions import Region, leading_region, parse_region, write_mask
from bot.sizes import SizeRule, edges
from bot.studio.desk import Desk
from bot.studio.intake import as_asset


def region_of(prompt: str, flags: Mapping[str, str]) -> tuple[str, Region | None]:
    """The words without "left half:" in front, and the region that this or `--region` names.

    Raises `BadOption`, and `BadInput` where nothing is said of the region.
    """
    found = leading_region(prompt)
    if "region" in flags:
        if found:
            raise BadInput(f"Two parts are named, {found[0].name} and --region; name one of them.")
        return prompt, parse_region(flags["region"])
    if found and not found[1]:
        raise BadInput(replies.NO_WORDS)
    return (found[1], found[0]) if found else (prompt, None)


def check_extendable(flags: Mapping[str, str]) -> None:
    """Raise `BadInput` for flags that a larger canvas decides itself, rather than leave them out unsaid."""
    said = [name for name in flags if ALIASES.get(name, name) in ("size", "ar", "region")]
    if said:
        raise BadInput(f"How much canvas is added decides the size; leave out --{', --'.join(said)}.")


async def check_lockable(desk: Desk, version: Version, image: int, flags: Mapping[str, str], base: Options) -> None:
    """Raise `BadInput` where the rest of the picture cannot be kept, because it would come in another shape."""
    model = desk.model_for(flags, base)
    others = [desk.catalog.model(name) for name in desk.model_names()]
    options = decide(flags, model, base=base, moderation=base.moderation, others=others).options
    asset = await desk.store.asset(version.images[min(image, len(version.images)) - 1])
    if asset is None or options.size == "auto" or not options.locked:
        return
    width, height = edges(options.size)
    if abs(asset.width * height / (asset.height * width) - 1) > SHAPE:
        raise BadInput(replies.would_not_lock(f"{asset.width}x{asset.height}", options.size))


async def extended(desk: Desk, job: Job, parent: Version, how: str, rule: SizeRule) -> Job:
    """The job with the parent's picture on a larger canvas, and a mask for what is new. Raises `BadInput`."""
    asset = await desk.store.asset(parent.images[min(job.parent_image, len(parent.images)) - 1])
    if asset is None:
        raise BadInput("The picture this is about was removed.")
    canvas = extending.plan((asset.width, asset.height), how, rule)
    scratch = [desk.tmp / f"canvas-{new_id()}.png" for _ in range(2)]
    try:
        made = await asyncio.to_thread(extending.write_canvas, desk.store.asset_path(asset), canvas, *scratch)
        kept = [
            await desk.store.put_asset(path, as_asset(picture, derived_from=asset.id))
            for path, picture in zip(scratch, made, strict=True)
        ]
    finally:
        for path in scratch:
            await asyncio.to_thread(path.unlink, missing_ok=True)
    size = f"{canvas.size[0]}x{canvas.size[1]}"
    options = replace(job.options, size=size)
    return replace(job, canvas=kept[0].id, mask=kept[1].id, region=how, options=options)


async def mask_of(desk: Desk, region: Region, parent: Version, image: int) -> str:
    """The region as a kept mask of the parent picture's size: its asset id. Raises `BadInput`."""
    asset = await desk.store.asset(parent.images[min(image, len(parent.images)) - 1])
    if asset is None:
        raise BadInput("The picture this is about was removed.")
    scratch = desk.tmp / f"mask-{new_id()}.png"
    try:
        mask = await asyncio.to_thread(write_mask, region, (asset.width, asset.height), scratch)
        kept = await desk.store.put_asset(scratch, as_asset(mask))
    finally:
        await asyncio.to_thread(scratch.unlink, missing_ok=True)
    return kept.id
