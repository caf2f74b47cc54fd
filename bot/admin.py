"""What admins ask from the command line: policy, usage, backup. Sentences and tables in, sentences and tables out."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bot.app import open_store_only
from bot.catalog import Catalog, Model, Planner
from bot.config import DEFAULT_PLANNER
from bot.errors import BadOption
from bot.models import Options, Policy, ThreadMode, Who
from bot.options import decide
from bot.panels import panels_of, quotes_before
from bot.pricing import Quote, format_cost, quote
from bot.settings import Settings


async def describe_policy(settings: Settings, workspace: str) -> str:
    """A workspace's settings, one `name: value` per line, named as `policy set` takes them."""
    async with open_store_only(settings) as store:
        return _described(await store.policy(workspace))


async def change_policy(settings: Settings, workspace: str, setting: str, value: str) -> str:
    """Change one setting and describe the result. Raises `BadOption` for an unknown one or an impossible value."""
    change = _SETTINGS.get(setting)
    if change is None:
        raise BadOption(f"There is no setting {setting}. There are: {', '.join(_SETTINGS)}.")
    async with open_store_only(settings) as store:
        policy = change(await store.policy(workspace), value.strip())
        await store.set_policy(workspace, policy)
    return _described(policy)


async def usage_table(settings: Settings, days: int) -> str:
    """Who used how much in the last `days` days."""
    since = (time.time_ns() // 1_000_000) - days * 86_400_000
    async with open_store_only(settings) as store:
        rows = await store.usage(since=since)
    if not rows:
        return f"Nothing was made in the last {days} days."
    lines = [("who", "where", "images", "cost", "of it perhaps not billed")]
    lines += [
        (row.user_name, f"{row.platform} {row.workspace}", str(row.images), format_cost(row.cost),
         format_cost(row.unknown_cost) if row.unknown_cost else "")
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)  # fmt: skip


def price_table(
    settings: Settings,
    model_name: str,
    flags: Mapping[str, str],
    *,
    refs: int,
    previews: int | None,
    prompt: str,
    as_json: bool = False,
) -> str:
    """What a request costs at most, in tokens and dollars. Raises `BadOption` for one that cannot be."""
    catalog = Catalog.load(settings.config_file)
    model = catalog.model(model_name)
    others = [catalog.model(one) for one in catalog.names()]
    options = decide(flags, model, base=None, moderation="auto", others=others).options
    passing = (settings.previews if previews is None else previews) if model.previews else 0
    planner = catalog.planner(DEFAULT_PLANNER) if options.is_planned else None
    words = prompt or "x" * 200
    found = [quote(model, options, prompt=words, inputs=refs, previews=passing, planner=planner)]
    if "series" in flags:
        panels, one = panels_of(flags["series"]), replace(options, n=1)
        found = quotes_before(words, panels, one, inputs=refs, previews=passing, model=model, planner=planner)
    if as_json:
        cost = sum(one.cost for one in found)
        each = asdict(found[0]) if len(found) == 1 else {"n": len(found), "panels": [asdict(one) for one in found]}
        facts = {"model": model.name, "size": options.size, "quality": options.quality, **each, "cost": cost}
        return json.dumps({**facts, "cost_usd": cost / 1e6, "known_model": model.known})
    return "\n".join(_price_lines(model, options, found, planner))


def _price_lines(model: Model, options: Options, found: Sequence[Quote], planner: Planner | None) -> Iterator[str]:
    count, cost = sum(one.n for one in found), sum(one.cost for one in found)
    several = f" × {count}" if count > 1 else ""
    yield f"{model.name} · {options.size.replace('x', '×')} · {options.quality}{several}"
    parts = [("picture", [one.image_out * one.n for one in found], model.prices["image_out"]),
             ("previews", [one.previews * one.n for one in found], model.prices["image_out"]),
             ("prompt", [one.text_in * one.n for one in found], model.prices["text_in"]),
             ("references", [one.image_in * one.n for one in found], model.prices["image_in"])]  # fmt: skip
    if planner:
        parts += [("plan, read", [one.plan_in * one.n for one in found], planner.text_in),
                  ("plan, written", [one.plan_out * one.n for one in found], planner.text_out)]  # fmt: skip
    for name, counts, dollars in parts:
        if tokens := sum(counts):
            yield _row(name, f"{tokens:,} tokens", f"at ${dollars:g} per million", tokens * dollars)
    if planner and (searches := sum(one.searches * one.n for one in found)):
        yield _row("searches", f"{searches}", f"at ${planner.search:g} each", searches * planner.search * 1e6)
    is_most = planner or "auto" in (options.size, options.quality)
    yield _row("total, at most" if is_most else "total", "", "", cost)
    if count > 1:
        yield _row("each", "", "", cost / count)
    if not model.known:
        yield f"{model.name} is not in the catalogue: the prices of gpt-image-2 are assumed."
    if planner and not planner.known:
        yield f"The price of {planner.name} is not known: a dear model is assumed."


def _row(name: str, count: str, rate: str, micro_dollars: float) -> str:
    """One line of the price table; four decimals, as one picture at low quality is half a cent."""
    return f"  {name:15}{count:>16}  {rate:22}{f'${micro_dollars / 1e6:.4f}':>10}"


async def back_up(settings: Settings, target: Path) -> str:
    """Copy everything to a new folder; says how to put it back."""
    async with open_store_only(settings) as store:
        await store.backup(target)
        secret = settings.data / "secret"
        if secret.exists():
            shutil.copy2(secret, target / "secret")
    return f"Backed up to {target}. To use it, start with RETOUCH_DATA={target}."


def _described(policy: Policy) -> str:
    limit = "no limit" if policy.images_per_day is None else str(policy.images_per_day)
    terms = ", ".join(policy.blocked_terms) or "none"
    return "\n".join(
        (
            f"images-per-day: {limit}",
            f"moderation: {policy.moderation}",
            f"blocked-terms: {terms}",
            f"thread-mode: {policy.thread_mode}",
            f"previews: {'as installed' if policy.previews is None else policy.previews}",
            f"offer-same: {'on' if policy.offer_same else 'off'}",
            f"admin-channel: {policy.admin_channel or 'none'}",
            f"adds-references: {policy.adds_references}",
            f"deletes-references: {policy.deletes_references}",
        )
    )


def _images_per_day(policy: Policy, value: str) -> Policy:
    if value.lower() in ("none", "no limit", "unlimited"):
        return replace(policy, images_per_day=None)
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise BadOption(f"images-per-day is a whole number or `none`, not {value}.")
    return replace(policy, images_per_day=int(value))


def _moderation(policy: Policy, value: str) -> Policy:
    if value not in ("auto", "low"):
        raise BadOption(f"moderation is auto or low, not {value}.")
    return replace(policy, moderation=value)


def _blocked_terms(policy: Policy, value: str) -> Policy:
    terms = tuple(dict.fromkeys(term for part in value.split(",") if (term := part.strip())))
    return replace(policy, blocked_terms=() if terms == ("none",) else terms)


def _thread_mode(policy: Policy, value: str) -> Policy:
    try:
        return replace(policy, thread_mode=ThreadMode(value.replace("-", " ")))
    except ValueError as error:
        raise BadOption(f"thread-mode is one of: {', '.join(ThreadMode)}.") from error


def _previews(policy: Policy, value: str) -> Policy:
    if value.lower() in ("none", "as installed"):
        return replace(policy, previews=None)
    if value not in ("0", "1", "2", "3"):
        raise BadOption(f"previews is 0, 1, 2, 3 or `none`, not {value}.")
    return replace(policy, previews=int(value))


def _offer_same(policy: Policy, value: str) -> Policy:
    if value.lower() not in ("on", "off"):
        raise BadOption(f"offer-same is on or off, not {value}.")
    return replace(policy, offer_same=value.lower() == "on")


def _admin_channel(policy: Policy, value: str) -> Policy:
    if value.lower() == "none":
        return replace(policy, admin_channel="")
    if not value or not value.isascii() or not value.isalnum() or len(value) > 40:
        raise BadOption(f"admin-channel is a channel's id such as C0123ABCD, or `none`, not {value}.")
    return replace(policy, admin_channel=value)


def _adds_references(policy: Policy, value: str) -> Policy:
    if value not in (Who.EVERYONE, Who.ADMINS):
        raise BadOption(f"adds-references is everyone or admins, not {value}.")
    return replace(policy, adds_references=Who(value))


def _deletes_references(policy: Policy, value: str) -> Policy:
    if value not in tuple(Who):
        raise BadOption(f"deletes-references is everyone, owner or admins, not {value}.")
    return replace(policy, deletes_references=Who(value))


_SETTINGS: dict[str, Callable[[Policy, str], Policy]] = {
    "images-per-day": _images_per_day,
    "moderation": _moderation,
    "blocked-terms": _blocked_terms,
    "thread-mode": _thread_mode,
    "previews": _previews,
    "offer-same": _offer_same,
    "admin-channel": _admin_channel,
    "adds-references": _adds_references,
    "deletes-references": _deletes_references,
}
