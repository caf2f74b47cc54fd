"""Edits restricted to a part of the picture by words, and larger canvases: both become masks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot import extending
from bot.errors import BadInput
from bot.models import Job, Version, new_id
from bot.regions import Region, leading_region, parse_region, write_mask
from bot.sizes import SizeRule
from bot.studio.desk import Desk
from bot.studio.intake import as_asset


def region_of(prompt: str, flags: Mapping[str, str]) -> tuple[str, Region | None]:
    """The words without "left half:" in front, and the region that this or `--region` names. Raises `BadOption`."""
    if "region" in flags:
        return prompt, parse_region(flags["region"])
    found = leading_region(prompt)
    return (found[1], found[0]) if found else (prompt, None)


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
