"""`retouch policy`, `retouch quota` and `retouch budget`: who may do what, for how much, and what is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from bot.governing import Said

Command = TypeVar("Command", bound=Callable[..., None])

_HERE = "local"
_workspace = click.option("--workspace", metavar="ID", default=_HERE, show_default=True,
                          help="Slack team id (T…), Discord server id (digits), or `local`.")  # fmt: skip
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def add_to(main: click.Group) -> None:
    """Add these commands to `retouch`."""
    for group in (policy, quota, budget):
        main.add_command(group)


def _of(command: Command) -> Command:
    """A workspace by position or by --workspace."""
    return click.argument("place", metavar="[WORKSPACE]", default="")(_workspace(command))


def _say(work: Callable[..., Coroutine[object, object, Said]], *words: object, **more: object) -> str:
    """Print the answer; what is worth knowing beside it goes to stderr. Returns the answer."""
    from bot.cli import _quiet_settings, _run

    said = _run(work(_quiet_settings(), *words, **more))
    if said.text:
        click.echo(said.text)
    for note in said.notes:
        click.echo(f"Note: {note}", err=True)
    return said.text


def _group(name: str, examples: str) -> Callable[[Callable[[], None]], click.Group]:
    """A group that alone prints its help, which ends in examples."""

    def made(function: Callable[[], None]) -> click.Group:
        def alone() -> None:
            context = click.get_current_context()
            if context.invoked_subcommand is None:
                click.echo(context.get_help())

        epilog = "\b\nExamples:\n" + "\n".join(f"  retouch {line}" for line in examples.strip().splitlines())
        return click.Group(name, callback=alone, help=function.__doc__, epilog=epilog, invoke_without_command=True)

    return made


# ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────


@_group("policy", """
policy settings                              # what can be set, what each does
policy set images-per-day 20                 # each person, each calendar day
policy set budgets '$50 a month'             # everybody together
policy add limits "5 images a day for role:456 in C012"
policy add tiers "role:456: quality low, medium; up to 2k; n 4"
policy add blocked-terms "competitor, /gor[ey]/"
policy set review on                         # and review-channel, and:
policy add moderators user:U0123ABCD
policy remove limits "5 images a day for role:456 in C012"
policy ban user:U0123ABCD --for "1 day" --reason "floods the channel"
policy export > policy.toml                  # and: policy import policy.toml
""")  # fmt: skip
def policy() -> None:
    """Show or change what members may do.

    Without --workspace it is about `local`, the web page and this command line. For Slack name the team's id (T…), for
    Discord the server's (digits). More of something for a while: `retouch quota`, `retouch budget`.
    """


@policy.command("show")
@click.argument("what", metavar="[SETTING | WORKSPACE]", default="")
@click.option("--setting", "name", default="", metavar="NAME", help="Only this one.")
@_workspace
@_json
def policy_show(what: str, name: str, workspace: str, as_json: bool) -> None:
    """Print a workspace's settings, or one of them, for example: `retouch policy show limits`."""
    from bot import governing
    from bot.policies import SETTINGS

    plain = what.lower().replace("_", "-")
    if what and plain not in SETTINGS:
        workspace = what
    _say(governing.describe, workspace, name or (plain if plain in SETTINGS else ""), as_json=as_json)


@policy.command("set")
@click.argument("setting")
@click.argument("value")
@_workspace
def policy_set(setting: str, value: str, workspace: str) -> None:
    """Change one setting, for example: `retouch policy set images-per-day 20`.

    Of several lines (limits, budgets, tiers, channels) each stands in a line of VALUE, or after a `;` where it has no
    `;` itself. They replace those there were: to keep those, use `add` and `remove`.
    """
    from bot import governing

    _say(governing.change, workspace, "set", setting, value)


@policy.command("add")
@click.argument("setting")
@click.argument("value")
@_workspace
def policy_add(setting: str, value: str, workspace: str) -> None:
    """Add to a list, for example: `retouch policy add moderators user:U1`.

    What is there stays; a limit, budget, tier or channel about the same is replaced.
    """
    from bot import governing

    _say(governing.change, workspace, "add", setting, value)


@policy.command("remove")
@click.argument("setting")
@click.argument("value")
@_workspace
def policy_remove(setting: str, value: str, workspace: str) -> None:
    """Remove from a list, for example: `retouch policy remove blocked-terms competitor`."""
    from bot import governing

    _say(governing.change, workspace, "remove", setting, value)


@policy.command("settings")
def policy_settings() -> None:
    """Print what can be set, what each does, and what it is without being set."""
    from bot.models import Policy
    from bot.policies import GROUPS, SETTINGS

    for group in GROUPS:
        click.echo(group)
        for one in SETTINGS.values():
            if one.group == group:
                choices = f" ({', '.join(one.choices)})" if one.choices else ""
                click.echo(f"  {one.name:22}{one.about}{choices} [{one.show(Policy())}]")
    click.echo("\nIn [] is what counts until you set something else: retouch policy set NAME VALUE")


@policy.command("export")
@_of
def policy_export(place: str, workspace: str) -> None:
    """Print all settings as TOML, for `policy import`."""
    from bot import governing
    from bot.cli import _quiet_settings, _run

    click.echo(_run(governing.export(_quiet_settings(), place or workspace)), nl=False)


@policy.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_workspace
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask first, for scripts.")
def policy_import(file: Path, workspace: str, dry_run: bool, yes: bool) -> None:
    """Set what a TOML file says, all of it or nothing, after showing what changes. Settings it does not name stay."""
    from bot import governing
    from bot.cli import _fail, _quiet_settings, _run

    text = _run(_read(file))
    shown = _say(governing.bring_in, workspace, text, only_show=True)
    if not shown:
        click.echo(f"{workspace} has these settings already.")
    elif dry_run:
        click.echo("Nothing was changed: this only showed what would be.")
    elif not yes and not sys.stdin.isatty():
        _fail("Nothing was changed. Say --yes to set this without being asked.", 2)
    elif yes or _agreed(f"Set this in {workspace}?"):
        done = _run(governing.bring_in(_quiet_settings(), workspace, text, only_show=False)).text
        if done != shown:  # somebody changed something in between
            click.echo(f"Changed was:\n{done}" if done else "Somebody else set the same a moment ago.")
        click.echo(f"{workspace} has these settings.")
    else:
        click.echo("Nothing was changed.")


def _agreed(question: str) -> bool:
    from bot.cli import _fail

    try:
        return click.confirm(question)
    except click.Abort:
        _fail("\nInterrupted. Nothing was changed.", 130)


async def _read(file: Path) -> str:
    from bot import governing

    return governing.read_file(file)


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
@_of
@_json
def policy_bans(place: str, workspace: str, as_json: bool) -> None:
    """Print who is banned, until when and why."""
    from bot import governing

    _say(governing.bans, place or workspace, as_json=as_json)


# ── quota ────────────────────────────────────────────────────────────────────────────────────────────────────────


@_group("quota", """
quota show                                   # the limits, and what was granted
quota show user:U0123ABCD --workspace T0123   # what somebody has left
quota grant user:U0123ABCD "+20 images"      # for today
quota grant user:U0123ABCD '+$5' --until 2026-12-01
""")  # fmt: skip
def quota() -> None:
    """What people have used, what is left, and more of it for a while. Limits are set with `retouch policy`."""


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
@click.option("--until", default="today", show_default=True, metavar="TIME",
              help="`2 hours`, `this month`, `2026-12-01`, `2026-12-01 18:00`.")  # fmt: skip
@_workspace
def quota_grant(person: str, amount: str, until: str, workspace: str) -> None:
    """Allow somebody more, for example: `retouch quota grant user:U1 "+20 images"`."""
    from bot import governing

    _say(governing.grant, workspace, f"{person} {amount} until {until}")


# ── budget ───────────────────────────────────────────────────────────────────────────────────────────────────────


@_group("budget", """
policy set budgets '$50 a month; $5 a day in C012'
budget show                                  # what is used of each
budget raise '$20' --until "this month"
budget unknown                               # what was perhaps billed, and:
budget resolve REQUEST '$0.04'
""")  # fmt: skip
def budget() -> None:
    """What everybody together spends. Budgets are set with `retouch policy set budgets '$50 a month'`."""


@budget.command("show")
@_of
@_json
def budget_show(place: str, workspace: str, as_json: bool) -> None:
    """Print each budget and what is used of it."""
    from bot import governing

    _say(governing.budgets, place or workspace, as_json=as_json)


@budget.command("raise")
@click.argument("amount", metavar="$AMOUNT")
@click.option("--until", default="today", show_default=True, metavar="TIME", help="`this month`, `2026-12-01`.")
@click.option("--channel", default="", metavar="ID", help="The budget of this channel.")
@_workspace
def budget_raise(amount: str, until: str, channel: str, workspace: str) -> None:
    """Let a budget be passed by so much, for a while."""
    from bot import governing

    where = f" in {channel}" if channel else ""
    _say(governing.grant, workspace, f"budget{where} {amount} until {until}")


@budget.command("unknown")
@_of
@_json
def budget_unknown(place: str, workspace: str, as_json: bool) -> None:
    """Print the requests that were perhaps billed: the answer was lost after they were sent."""
    from bot import governing

    _say(governing.unknown, place or workspace, as_json=as_json)


@budget.command("resolve")
@click.argument("request")
@click.argument("amount", metavar="$AMOUNT")
@_workspace
def budget_resolve(request: str, amount: str, workspace: str) -> None:
    """Put into the books what such a request has cost by the bill; $0 when it is not on it."""
    from bot import governing

    _say(governing.resolve, workspace, request, amount)
