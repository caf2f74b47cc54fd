"""Settings, grants, bans and budgets from the command line: words in, sentences and tables out."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bot import limits
from bot.app import open_store_only
from bot.auditing import cli_act
from bot.catalog import Catalog
from bot.errors import BadInput
from bot.models import Policy, User, now_ms
from bot.policies import SETTINGS, apply, setting, times, toml, words
from bot.policies.advice import advice, platform_of
from bot.policies.changing import Clerk, ban_line, differences, grant_line, grant_target, pruned
from bot.policies.parts import add, remove
from bot.ports import Store
from bot.replies.admin import NOTHING_UNKNOWN, budget_words
from bot.replies.quota import quota
from bot.reports import table
from bot.settings import Settings
from bot.studio.budgets import budgets_used
from bot.studio.gate import ALONE

HERE = "local"  # the workspace of the web page and of this command line


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody in a channel, as a limit sees them. `roles` are ids."""

    person: str
    platform: str
    roles: Sequence[str]
    channel: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answers, and what is worth knowing beside it."""

    text: str
    notes: Sequence[str] = ()


@asynccontextmanager
async def _open(settings: Settings, workspace: str) -> AsyncIterator[tuple[Store, Clerk, list[str]]]:
    async with open_store_only(settings) as store:
        if not workspace.strip():
            raise BadInput("Name a workspace: a Slack team id (T…), a Discord server id (digits), or local.")
        notes = _notes(await store.privacy.workspaces(), workspace)
        yield store, Clerk(store, workspace, partial(cli_act, workspace), now_ms()), notes


# ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def describe(settings: Settings, workspace: str, name: str = "", *, as_json: bool = False) -> Said:
    """A workspace's settings, one `name: value` each, named as `policy set` takes them; with a name only that."""
    async with _open(settings, workspace) as (store, _, notes):
        policy = await store.policy(workspace)
    names = [setting(name).name] if name else list(SETTINGS)
    if as_json:
        values = {one: toml.data(SETTINGS[one], policy) for one in names}
        return Said(json.dumps({"workspace": workspace, "settings": values}, ensure_ascii=False, indent=2))
    return Said("\n".join(_line(one, policy) for one in names), notes)


def _notes(workspaces: Sequence[str], workspace: str) -> list[str]:
    """Whether this may be another workspace than was meant: a mistyped one would be set up in silence."""
    known = [one for one in workspaces if one != ALONE]
    if workspace in (*known, ALONE):
        return []
    others = f" Pictures were made in: {', '.join(known)}." if known else ""
    if workspace != HERE and platform_of(workspace) == "web":
        return [f"{words.short(workspace)} is no id of a Slack team (T…) or a Discord server (digits).{others}"]
    if not known:
        return []
    if workspace == HERE:
        return [f"This is about {HERE}, the web page and the command line.{others} Name one of them with --workspace."]
    return [f"No picture was made in {words.short(workspace)} yet.{others}"]


def _advice(settings: Settings, names: Sequence[str], policy: Policy, workspace: str) -> list[str]:
    return advice(names, policy, platform_of(workspace), Catalog.load(settings.config_file))


def _line(name: str, policy: Policy) -> str:
    value = SETTINGS[name].show(policy)
    return f"{name}: {value}" if "\n" not in value else f"{name}:\n  " + value.replace("\n", "\n  ")


_HOW: Mapping[str, Callable[[Policy, str, str], Policy]] = {"set": apply, "add": add, "remove": remove}


async def change(settings: Settings, workspace: str, how: str, name: str, value: str) -> Said:
    """Set one setting, or "add" to it or "remove" from it, and say what it is. Raises `BadOption`."""
    async with _open(settings, workspace) as (_, clerk, notes):
        before, after = await clerk.change(lambda policy: _HOW[how](policy, name, value))
    names = [one[0] for one in differences(before, after)]
    if "limits" in names and re.search(r"(?<![$\d.,])\d+ ?(?:/|an?\b|per\b|each\b)", value):
        notes.append("A number alone counts images; for dollars write '$5 a month', in single quotes.")
    return Said(_line(setting(name).name, after), [*notes, *_advice(settings, names, after, workspace)])


async def export(settings: Settings, workspace: str) -> str:
    """All settings as TOML."""
    async with open_store_only(settings) as store:
        return toml.export(await store.policy(workspace), workspace)


async def bring_in(settings: Settings, workspace: str, text: str, *, only_show: bool) -> Said:
    """Set what a TOML file says, all or nothing; what changes, or nothing where all is so already.

    Raises `BadInput` with the line that is wrong.
    """
    async with _open(settings, workspace) as (store, clerk, notes):
        if only_show:
            before = await store.policy(workspace)
            after = toml.read(text, before)
        else:
            before, after = await clerk.change(lambda policy: toml.read(text, policy))
    changed = differences(before, after)
    names = [one[0] for one in changed]
    return Said("\n".join(_difference(*one) for one in changed), [*notes, *_advice(settings, names, after, workspace)])


def _difference(name: str, was: str, now_is: str) -> str:
    """A setting's change, line by line where it has several."""
    if "\n" not in was + now_is:
        return f"{name}: {was} → {now_is}"
    lines = difflib.ndiff(was.splitlines(), now_is.splitlines())
    return "\n".join([f"{name}:", *(f"  {line}" for line in lines if line[0] in "+-")])


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def grant(settings: Settings, workspace: str, text: str) -> Said:
    """Allow somebody, or a budget, more for a while: see `changing.grant_of`."""
    async with _open(settings, workspace) as (_, clerk, notes):
        _, after, made = await clerk.grant(text)
    return Said(f"Granted to {grant_target(made)}: {grant_line(made, after.zone)}.", notes)


async def ban(settings: Settings, workspace: str, text: str) -> Said:
    """Ban somebody: see `changing.ban_of`."""
    async with _open(settings, workspace) as (_, clerk, notes):
        _, after, made = await clerk.ban(text, "cli", lambda policy, new: None)
    return Said(f"{made.who} is banned {ban_line(made, after.zone)}", notes)


async def unban(settings: Settings, workspace: str, person: str) -> Said:
    """End a ban. Raises `BadInput` when there is none."""
    async with _open(settings, workspace) as (_, clerk, _):
        _, _, ended = await clerk.unban(person, lambda policy, old: None)
    return Said(f"{ended.who} may make pictures again.")


async def bans(settings: Settings, workspace: str, *, as_json: bool = False) -> Said:
    """Who is banned, until when and why."""
    async with _open(settings, workspace) as (store, _, notes):
        policy = pruned(await store.policy(workspace), now_ms())
    if as_json:
        return Said(json.dumps([asdict(one) for one in policy.bans], ensure_ascii=False))
    lines = [f"{one.who} {ban_line(one, policy.zone)} (by {one.by})" for one in policy.bans]
    return Said("\n".join(lines) or "Nobody is banned.", notes)


async def quotas(settings: Settings, workspace: str) -> Said:
    """The limits, and the grants that have not ended."""
    async with _open(settings, workspace) as (store, _, notes):
        policy = pruned(await store.policy(workspace), now_ms())
    names = ("images-per-day", "limits", "in-flight", "tiers")
    grants = [f"granted to {grant_target(one)}: {grant_line(one, policy.zone)}" for one in policy.grants]
    return Said("\n".join([*(_line(name, policy) for name in names), *grants]), notes)


async def quota_of(settings: Settings, workspace: str, whose: Whose) -> Said:
    """What somebody has used and may still use. Raises `BadOption` for nobody."""
    platform = whose.platform or platform_of(workspace)
    user = User(platform, words.someone(whose.person).removeprefix("user:"), "", frozenset(whose.roles))
    async with _open(settings, workspace) as (store, _, notes):
        policy, now = await store.policy(workspace), now_ms()
        found = limits.meters(policy, user, whose.channel, now)
        used = await store.used(workspace, user, {one.window for one in found})
    tier = limits.tier_for(policy, user, whose.channel)
    card = quota(found, used, tier, policy, now=now, is_admin=True)
    where = f", channel {whose.channel}" if whose.channel else ""
    head = f"user:{user.id} on {_CHATS[platform]}, workspace {workspace}{where}:"
    if not whose.roles and "role:" in _line("limits", policy) + _line("tiers", policy):
        notes.append(
            "Who has which role only the chat knows: name theirs with --role ID, or limits for roles are left out."
        )
    return Said(f"{head}\n{card.body or 'There is no limit for them.'}", notes)


_CHATS = {"slack": "Slack", "discord": "Discord", "web": "the web page"}


# ── budgets ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def budgets(settings: Settings, workspace: str, *, as_json: bool = False) -> Said:
    """Every budget with what is used of it, and what was granted."""
    async with _open(settings, workspace) as (store, _, notes):
        policy = pruned(await store.policy(workspace), now_ms())
        found = await budgets_used(store, workspace, policy, now_ms())
        unknown = len(await store.unknowns(workspace))
    if as_json:
        rows = [{"span": meter.span, "channel": meter.where, "amount_usd": meter.amount / 1e6, "used_usd": used / 1e6}
                for meter, used in found]  # fmt: skip
        return Said(json.dumps({"budgets": rows, "perhaps_billed": unknown}))
    lines = [budget_words(meter, used) for meter, used in found]
    lines += [f"granted: {grant_line(one, policy.zone)}" for one in policy.grants if not one.who]
    if unknown:
        lines.append(f"{unknown} requests were perhaps billed: see `retouch budget unknown --workspace {workspace}`.")
    to_set = f"retouch policy set budgets '$50 a month' --workspace {workspace}"
    return Said("\n".join(lines) or f"There is no budget. Set one: {to_set}", notes)


async def unknown(settings: Settings, workspace: str, *, as_json: bool = False) -> Said:
    """Requests that were perhaps billed, with what stands in the books for them."""
    async with _open(settings, workspace) as (store, _, notes):
        found = await store.unknowns(workspace)
        zone = (await store.policy(workspace)).zone
    if as_json:
        return Said(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    if not found:
        return Said(NOTHING_UNKNOWN, notes)
    when = [times.said(one.at, zone) for one in found]
    rows = [(one.job, at, one.name or one.person, one.channel, one.model, words.dollars(one.cost))
            for one, at in zip(found, when, strict=True)]  # fmt: skip
    text = table(("request", "when", "who", "channel", "model", "in the books"), rows)
    how = f"retouch budget resolve REQUEST '$0.04' --workspace {workspace}"
    return Said(text, [*notes, f"Look up what the whole request cost, then: {how} ($0 if nothing was billed)."])


async def resolve(settings: Settings, workspace: str, job: str, amount: str) -> Said:
    """Correct such a request's cost to what the bill says. Raises `BadInput`."""
    cost = words.money(amount, bare=True)
    async with _open(settings, workspace) as (store, clerk, _):
        if job not in {one.job for one in await store.unknowns(workspace)}:
            see = f"`retouch budget unknown --workspace {words.short(workspace)}`"
            raise BadInput(f"There is no such open request: {words.short(job)}. See {see}.")
        await store.resolve_unknown(job, cost, "cli", clerk.resolved(job, cost))
    return Said(f"The request {job} stands at {words.dollars(cost)} in the books.")


def read_file(path: Path) -> str:
    """The text of a settings file. Raises `BadInput`."""
    try:
        with path.open("rb") as file:
            return file.read(4 * toml.LARGEST + 1).decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text.") from error
