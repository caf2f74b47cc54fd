"""Settings, grants, bans and budgets from the command line: words in, sentences and tables out."""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot import limits
from bot.app import open_store_only
from bot.auditing import cli_act
from bot.errors import BadInput
from bot.models import Policy, User, now_ms
from bot.policies import SETTINGS, setting, times, toml, words
from bot.policies.changing import Clerk, ban_line, differences, grant_line, grant_target, pruned
from bot.ports import Store
from bot.replies.admin import budget_words
from bot.replies.quota import quota
from bot.reports import table
from bot.settings import Settings
from bot.studio.budgets import budgets_used


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody in a channel, as a limit sees them. `roles` are ids."""

    person: str
    platform: str
    roles: Sequence[str]
    channel: str


@asynccontextmanager
async def _open(settings: Settings, workspace: str) -> AsyncIterator[tuple[Store, Clerk]]:
    async with open_store_only(settings) as store:
        yield store, Clerk(store, workspace, partial(cli_act, workspace), now_ms())


# ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def describe(settings: Settings, workspace: str, name: str = "") -> str:
    """A workspace's settings, one `name: value` each, named as `policy set` takes them; with a name only that."""
    async with open_store_only(settings) as store:
        policy = await store.policy(workspace)
    names = [setting(name).name] if name else list(SETTINGS)
    return "\n".join(_line(one, policy) for one in names)


def _line(name: str, policy: Policy) -> str:
    value = SETTINGS[name].show(policy)
    return f"{name}: {value}" if "\n" not in value else f"{name}:\n  " + value.replace("\n", "\n  ")


async def change(settings: Settings, workspace: str, name: str, value: str) -> str:
    """Change one setting and say what it is. Raises `BadOption`."""
    async with _open(settings, workspace) as (_, clerk):
        _, after = await clerk.set([(name, value)])
    return _line(setting(name).name, after)


async def export(settings: Settings, workspace: str) -> str:
    """All settings as TOML."""
    async with open_store_only(settings) as store:
        return toml.export(await store.policy(workspace), workspace)


async def bring_in(settings: Settings, workspace: str, text: str, *, only_show: bool) -> str:
    """Set what a TOML file says, all or nothing; what changes. Raises `BadInput` with the line that is wrong."""
    async with _open(settings, workspace) as (store, clerk):
        before = await store.policy(workspace)
        after = toml.read(text, before)
        if not only_show:
            before, after = await clerk.set([(name, value) for name, _, value in differences(before, after)])
    changes = "\n".join(_difference(*one) for one in differences(before, after))
    done = "Nothing was changed: this only showed what would be." if only_show else f"{workspace} has these settings."
    return f"{changes}\n{done}" if changes else f"{workspace} has these settings already."


def _difference(name: str, was: str, now_is: str) -> str:
    """A setting's change, line by line where it has several."""
    if "\n" not in was + now_is:
        return f"{name}: {was} → {now_is}"
    lines = difflib.ndiff(was.splitlines(), now_is.splitlines())
    return "\n".join([f"{name}:", *(f"  {line}" for line in lines if line[0] in "+-")])


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def grant(settings: Settings, workspace: str, text: str) -> str:
    """Allow somebody, or a budget, more for a while: see `changing.grant_of`."""
    async with _open(settings, workspace) as (_, clerk):
        _, after, made = await clerk.grant(text)
    return f"Granted to {grant_target(made)}: {grant_line(made, after.zone)}."


async def ban(settings: Settings, workspace: str, text: str) -> str:
    """Ban somebody: see `changing.ban_of`."""
    async with _open(settings, workspace) as (_, clerk):
        _, after, made = await clerk.ban(text, "cli", lambda policy, new: None)
    return f"{made.who} is banned {ban_line(made, after.zone)}"


async def unban(settings: Settings, workspace: str, person: str) -> str:
    """End a ban. Raises `BadInput` when there is none."""
    async with _open(settings, workspace) as (_, clerk):
        _, _, ended = await clerk.unban(person, lambda policy, old: None)
    return f"{ended.who} may make pictures again."


async def bans(settings: Settings, workspace: str) -> str:
    """Who is banned, until when and why."""
    async with open_store_only(settings) as store:
        policy = pruned(await store.policy(workspace), now_ms())
    lines = [f"{one.who} {ban_line(one, policy.zone)} (by {one.by})" for one in policy.bans]
    return "\n".join(lines) or "Nobody is banned."


async def quotas(settings: Settings, workspace: str) -> str:
    """The limits, and the grants that have not ended."""
    async with open_store_only(settings) as store:
        policy = pruned(await store.policy(workspace), now_ms())
    names = ("images-per-day", "limits", "in-flight", "tiers")
    grants = [f"granted to {grant_target(one)}: {grant_line(one, policy.zone)}" for one in policy.grants]
    return "\n".join([*(_line(name, policy) for name in names), *grants])


async def quota_of(settings: Settings, workspace: str, whose: Whose) -> str:
    """What somebody has used and may still use. Raises `BadOption` for nobody."""
    user = User(whose.platform or platform_of(workspace), words.someone(whose.person).removeprefix("user:"), "",
                frozenset(whose.roles))  # fmt: skip
    async with open_store_only(settings) as store:
        policy, now = await store.policy(workspace), now_ms()
        found = limits.meters(policy, user, whose.channel, now)
        used = await store.used(workspace, user, {one.window for one in found})
    tier = limits.tier_for(policy, user, whose.channel)
    card = quota(found, used, tier, now=now, in_flight=policy.in_flight, is_admin=True)
    return card.body or "There is no limit for them."


def platform_of(workspace: str) -> str:
    """Which chat a workspace belongs to, by how its id looks."""
    if workspace.isdecimal():
        return "discord"
    return "slack" if re.fullmatch(r"[TE][A-Z0-9]{4,}", workspace) else "web"


# ── budgets ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def budgets(settings: Settings, workspace: str) -> str:
    """Every budget with what is used of it, and what was granted."""
    async with open_store_only(settings) as store:
        policy = pruned(await store.policy(workspace), now_ms())
        found = await budgets_used(store, workspace, policy, now_ms())
        unknown = len(await store.unknowns(workspace))
    lines = [budget_words(meter, used) for meter, used in found]
    lines += [f"granted: {grant_line(one, policy.zone)}" for one in policy.grants if not one.who]
    if unknown:
        lines.append(f"{unknown} requests were perhaps billed: see `retouch budget unknown --workspace {workspace}`.")
    return "\n".join(lines) or "There is no budget. Set one: retouch policy set budgets '$50 a month'."


async def unknown(settings: Settings, workspace: str) -> str:
    """Requests that were perhaps billed, with what stands in the books for them."""
    async with open_store_only(settings) as store:
        found = await store.unknowns(workspace)
        zone = (await store.policy(workspace)).zone
    if not found:
        return "There is no request of which nobody knows whether it was billed."
    when = [times.said(one.at, zone) for one in found]
    rows = [(one.job, at, one.name or one.person, one.channel, one.model, words.dollars(one.cost))
            for one, at in zip(found, when, strict=True)]  # fmt: skip
    return table(("request", "when", "who", "channel", "model", "in the books"), rows)


async def resolve(settings: Settings, workspace: str, job: str, amount: str) -> str:
    """Correct such a request's cost to what the bill says. Raises `BadInput`."""
    cost = words.money(amount if amount.strip().startswith("$") else f"${amount.strip()}")
    async with _open(settings, workspace) as (store, clerk):
        found = {one.job: one for one in await store.unknowns(workspace)}
        if job not in found:
            raise BadInput(f"There is no such open request: {words.short(job)}. See `retouch budget unknown`.")
        await store.resolve_unknown(job, cost, "cli")
        was = words.dollars(found[job].cost)
        await store.record(clerk.sign("budget.resolve", job, was, words.dollars(cost)))
    return f"The request {job} stands at {words.dollars(cost)} in the books."


def read_file(path: Path) -> str:
    """The text of a settings file. Raises `BadInput`."""
    try:
        with path.open("rb") as file:
            return file.read(4 * toml.LARGEST + 1).decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text.") from error
