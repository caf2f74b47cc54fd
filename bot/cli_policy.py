"""`retouch policy`, `retouch quota` and `retouch budget`: who may do what, for how much, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])

_workspace = click.option("--workspace", default="local", show_default=True, metavar="ID",
                          help="Slack team id or Discord guild id.")  # fmt: skip


def add_to(main: click.Group) -> None:
    """Add these commands to `retouch`."""
    for group in (policy, quota, budget):
        main.add_command(group)


def _say(work: Callable[..., Coroutine[object, object, str]], *words: object, **more: object) -> None:
    from bot.cli import _quiet_settings, _run

    click.echo(_run(work(_quiet_settings(), *words, **more)))


# ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────


@click.group()
def policy() -> None:
    """Show or change what members may do. WORKSPACE is a Slack team id, a Discord guild id, or `local`."""


@policy.command("show")
@click.argument("workspace", default="local")
@click.option("--setting", "name", default="", metavar="NAME", help="Only this one.")
def policy_show(workspace: str, name: str) -> None:
    """Print a workspace's settings."""
    from bot import governing

    _say(governing.describe, workspace, name)


@policy.command("set")
@click.argument("setting")
@click.argument("value")
@_workspace
def policy_set(setting: str, value: str, workspace: str) -> None:
    """Change one setting, for example: `retouch policy set images-per-day 20`.

    Of several lines (limits, budgets, tiers, channels) each stands in a line of VALUE, or after a `;` where it has no
    `;` itself. They replace those there were.
    """
    from bot import governing

    _say(governing.change, workspace, setting, value)


@policy.command("settings")
def policy_settings() -> None:
    """Print what can be set, and what each does."""
    from bot.policies import GROUPS, SETTINGS

    for group in GROUPS:
        click.echo(group)
        for one in SETTINGS.values():
            if one.group == group:
                choices = f" ({', '.join(one.choices)})" if one.choices else ""
                click.echo(f"  {one.name:22}{one.about}{choices}")


@policy.command("export")
@click.argument("workspace", default="local")
def policy_export(workspace: str) -> None:
    """Print all settings as TOML, for `policy import`."""
    from bot import governing

    _say(governing.export, workspace)


@policy.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_workspace
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
def policy_import(file: Path, workspace: str, dry_run: bool) -> None:
    """Set what a TOML file says, all of it or nothing, and print what changed. Settings it does not name stay."""
    from bot import governing
    from bot.cli import _run

    async def read() -> str:
        return governing.read_file(file)

    _say(governing.bring_in, workspace, _run(read()), only_show=dry_run)


@policy.command("ban")
@click.argument("person", metavar="user:ID")
@click.option("--for", "span", default="", metavar="TIME", help="`2 days`, `today`, `2026-12-01`.  [default: for good]")
@click.option("--reason", required=True, help="Why; they read it.")
@_workspace
def policy_ban(person: str, span: str, reason: str, workspace: str) -> None:
    """Let somebody make no pictures for a while."""
    from bot import governing

    _say(governing.ban, workspace, f"{person} {span or 'for good'}: {reason}")


@policy.command("unban")
@click.argument("person", metavar="user:ID")
@_workspace
def policy_unban(person: str, workspace: str) -> None:
    """Let somebody make pictures again."""
    from bot import governing

    _say(governing.unban, workspace, person)


@policy.command("bans")
@click.argument("workspace", default="local")
def policy_bans(workspace: str) -> None:
    """Print who is banned, until when and why."""
    from bot import governing

    _say(governing.bans, workspace)


# ── quota ────────────────────────────────────────────────────────────────────────────────────────────────────────


@click.group()
def quota() -> None:
    """What people have used, what is left, and more of it for a while."""


@quota.command("show")
@click.argument("person", default="", metavar="[user:ID]")
@_workspace
@click.option("--channel", default="", metavar="ID", help="As it is in this channel.")
@click.option("--role", "roles", multiple=True, metavar="ID", help="A role or user group they have; may be repeated.")
@click.option("--platform", type=click.Choice(["slack", "discord", "web"]), help="[default: by the workspace's id]")
def quota_show(person: str, workspace: str, channel: str, roles: tuple[str, ...], platform: str | None) -> None:
    """Print what a person has used and has left; without one, the limits and what was granted."""
    from bot import governing

    if person:
        _say(governing.quota_of, workspace, governing.Whose(person, platform or "", roles, channel))
    else:
        _say(governing.quotas, workspace)


@quota.command("grant")
@click.argument("person", metavar="user:ID")
@click.argument("amount")
@click.option("--until", required=True, metavar="TIME", help="`today`, `2 hours`, `2026-12-01`, `2026-12-01 18:00`.")
@_workspace
def quota_grant(person: str, amount: str, until: str, workspace: str) -> None:
    """Allow somebody more, for example: `retouch quota grant user:U1 "+20 images" --until today`."""
    from bot import governing

    _say(governing.grant, workspace, f"{person} {amount} until {until}")


# ── budget ───────────────────────────────────────────────────────────────────────────────────────────────────────


@click.group()
def budget() -> None:
    """What everybody together spends. Budgets are set with `retouch policy set budgets "$50 a month"`."""


@budget.command("show")
@click.argument("workspace", default="local")
def budget_show(workspace: str) -> None:
    """Print each budget and what is used of it."""
    from bot import governing

    _say(governing.budgets, workspace)


@budget.command("raise")
@click.argument("amount", metavar="$AMOUNT")
@click.option("--until", required=True, metavar="TIME", help="`today`, `this month`, `2026-12-01`.")
@click.option("--channel", default="", metavar="ID", help="The budget of this channel.")
@_workspace
def budget_raise(amount: str, until: str, channel: str, workspace: str) -> None:
    """Let a budget be passed by so much, for a while."""
    from bot import governing

    where = f" in {channel}" if channel else ""
    _say(governing.grant, workspace, f"budget{where} {amount} until {until}")


@budget.command("unknown")
@click.argument("workspace", default="local")
def budget_unknown(workspace: str) -> None:
    """Print the requests that were perhaps billed: the answer was lost after they were sent."""
    from bot import governing

    _say(governing.unknown, workspace)


@budget.command("resolve")
@click.argument("request")
@click.argument("amount", metavar="$AMOUNT")
@_workspace
def budget_resolve(request: str, amount: str, workspace: str) -> None:
    """Put into the books what such a request has cost by the bill; $0 when it is not on it."""
    from bot import governing

    _say(governing.resolve, workspace, request, amount)
