"""What admins ask from the command line: usage, prices, backup. Sentences and tables in, sentences and tables out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bot.app import open_store_only
from bot.auditing import cli_act
from bot.catalog import Catalog, Model, Planner
from bot.config import DEFAULT_PLANNER
from bot.errors import BadInput
from bot.models import Options, now_ms
from bot.options import decide
from bot.panels import panels_of, quotes_before
from bot.ports import By
from bot.pricing import Quote, quote
from bot.reports import said_days, usage_csv, usage_json, usage_table
from bot.settings import Settings
from bot.studio.usage import usage_report


async def usage(settings: Settings, by: str, days: int, workspace: str | None, form: str) -> str:
    """Who or what (`By`) used how much today and on the days before, `days` in all, as "table", "csv" or "json".

    Raises `BadInput` for a workspace that nothing is known of.
    """
    async with open_store_only(settings) as store:
        found = await usage_report(store, By(by), days=days, now=now_ms(), workspace=workspace)
        known = await store.privacy.workspaces()
    if workspace is not None and workspace not in known and not found.rows:
        raise BadInput(f"There is nothing of a workspace {workspace}. There are: {', '.join(known) or 'none'}.")
    if form == "csv":
        return usage_csv(found)
    if form == "json":
        return usage_json(found)
    return usage_table(found) if found.rows else f"Nothing was made {said_days(days)}."


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
        await store.record(cli_act("", "backup", str(target)))
        secret = settings.data / "secret"
        if secret.exists():
            shutil.copy2(secret, target / "secret")
    return f"Backed up to {target}. To use it, start with RETOUCH_DATA={target}."
