"""From a draft to the finished picture: the same again, at high quality and up to 4K, at a price known before."""

from __future__ import annotations

from bot import replies
from bot.briefs import Input, brief
from bot.models import Asset, Kind, Role, Version
from bot.options import decide
from bot.pricing import quote
from bot.sizes import edges, size_for_ratio
from bot.studio.desk import Desk

_LARGER = 1.1  # less than a tenth more pixels is not worth a bill


async def final_flags(desk: Desk, version: Version) -> dict[str, str] | None:
    """The flags of the final drawing; None where the picture is final already, or cannot be drawn from."""
    asset = await desk.store.asset(version.images[0]) if len(version.images) == 1 else None
    model = desk.model_for({}, version.options)
    if asset is None or version.kind in (Kind.FINAL, Kind.UPLOAD) or not desk.provider_for(model).costs_money:
        return None
    if not model.size_rule.fixed and _ratio(asset) > model.size_rule.max_ratio:
        return None  # some gateways send shapes that cannot be asked for
    quality = "high" if "high" in model.qualities else model.qualities[-1]
    size = size_for_ratio(asset.width, asset.height, "4k", model.size_rule)  # the largest of its own shape
    width, height = edges(size)
    if quality == version.options.quality and width * height < asset.width * asset.height * _LARGER:
        return None
    return {"quality": quality, "size": size}


def _ratio(asset: Asset) -> float:
    return max(asset.width, asset.height) / min(asset.width, asset.height)


async def final_price(desk: Desk, version: Version) -> int | None:
    """What that would cost at most, in micro-dollars; None where there is nothing to finalize."""
    flags = await final_flags(desk, version)
    if flags is None:
        return None
    model = desk.model_for({}, version.options)
    options = decide(flags, model, base=version.options, moderation=version.options.moderation).options
    thread = await desk.store.thread(version.thread)
    policy = await desk.store.policy(thread.place.workspace if thread else "")
    inputs = [Input(Role.IMAGE, f"v{version.number}")]
    words = brief(replies.FINAL_WORDS, kind=Kind.FINAL, inputs=inputs, most=model.max_prompt)
    return quote(model, options, prompt=words, inputs=1, previews=desk.previews_for(model, policy)).cost
