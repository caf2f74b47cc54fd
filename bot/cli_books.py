"""`retouch usage` and `retouch audit`: who used how much, and who did what."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.auditing import Wanted


def add_to(main: click.Group) -> None:
    """Add these commands to `retouch`."""
    main.add_command(usage)
    main.add_command(audit)


@click.command()
@click.option("--by", type=click.Choice(["person", "role", "channel", "model", "gateway", "day"]), default="person",
              show_default=True)  # fmt: skip
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=30,
    show_default=True,
    help="Today and the days before it, so many in all.",
)
@click.option("--workspace", help="Only of this one: a Slack team id, a Discord guild id, or `local`.")
@click.option("--csv", "form", flag_value="csv", help="For spreadsheets.")
@click.option("--json", "form", flag_value="json", help="For scripts.")
def usage(by: str, days: int, workspace: str | None, form: str | None) -> None:
    """Print who or what used how much.

    A request counts on the day it was asked for, whenever its cost became known; days are those of the workspace's
    time zone, UTC without --workspace. By role, somebody with two roles counts in both. Refusals are not counted by
    model and gateway.
    """
    from bot import admin
    from bot.cli import _quiet_settings, _run

    click.echo(_run(admin.usage(_quiet_settings(), by, days, workspace, form or "table")).rstrip("\n"))


@click.group()
def audit() -> None:
    """Who did what: changed settings, refusals, reviews, removals."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--workspace", help="Only of this one: a Slack team id, a Discord guild id, or `local`."),
        click.option("--who", default="", metavar="PLATFORM:ID", help="Only by this person; `cli`: from here."),
        click.option("--what", default="", help="Only of this sort, such as policy, refused or remove."),
        click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Only since then, UTC."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@audit.command("list")
@_filters
@click.option("--lines", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many at most.")
def audit_list(workspace: str | None, who: str, what: str, since: dt.datetime | None, lines: int) -> None:
    """Print the last lines."""
    from bot import auditing
    from bot.cli import _quiet_settings, _run

    click.echo(_run(auditing.audit_list(_quiet_settings(), _wanted(workspace, who, what, since), lines)))


@audit.command("verify")
@click.option("--expect", default="", metavar="HASH", help="A last hash that was noted earlier.")
def audit_verify(expect: str) -> None:
    """Check that no line was edited, removed or put in. Exit code 1: something does not hold."""
    from bot import auditing
    from bot.cli import _quiet_settings, _run

    found, sentence = _run(auditing.audit_verify(_quiet_settings(), expect))
    is_bad = bool(found.broken or found.cut)
    click.echo(sentence, err=is_bad)
    sys.exit(1 if is_bad else 0)


@audit.command("export")
@_filters
@click.option("--csv", "form", flag_value="csv", default=True, help="For spreadsheets.  [default]")
@click.option("--json", "form", flag_value="jsonl", help="A JSON object per line.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
def audit_export(
    workspace: str | None, who: str, what: str, since: dt.datetime | None, form: str, output: Path | None
) -> None:
    """Print or write lines with their hashes, oldest first."""
    from bot import auditing
    from bot.cli import _quiet_settings, _run

    wanted = _wanted(workspace, who, what, since)
    sentence = _run(auditing.audit_export(_quiet_settings(), wanted, form, output, _write))
    if sentence:
        click.echo(sentence)


def _write(text: str) -> None:
    click.echo(text, nl=False)


def _wanted(workspace: str | None, who: str, what: str, since: dt.datetime | None) -> Wanted:
    from bot.auditing import Wanted

    moment = int(since.replace(tzinfo=dt.UTC).timestamp() * 1000) if since else 0
    return Wanted(workspace, who, what, moment)
