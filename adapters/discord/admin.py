"""`/imagine-quota`, `/imagine-privacy` for everybody; `/imagine-admin` for who may manage the server."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands

from adapters.discord.commands import MAX_CHOICES, Take
from adapters.discord.incoming import command_of
from bot.policies import SETTINGS

MAX_VALUE = 4000  # characters; a server's list of blocked words is longer than a prompt's options
_DAYS = app_commands.Range[int, 1, 366]
_TEXT = app_commands.Range[str, 1, 100]
_MARK = re.compile(r"<(@!?|@&|#)(\d+)>")
_KNOWN_AS = {"@": "user:", "@!": "user:", "@&": "role:", "#": ""}
_PRIVACY = {"Show what is kept about me": "", "Export it": "export", "Delete mine": "delete mine"}


def people_commands(take: Take) -> tuple[app_commands.Command[Any, ..., None], ...]:
    """`/imagine-quota` and `/imagine-privacy`."""

    async def quota(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "", name="quota"))

    @app_commands.describe(what="Nothing: show what is kept")
    @app_commands.choices(what=[app_commands.Choice(name=name, value=name) for name in _PRIVACY])
    async def privacy(interaction: discord.Interaction[Any], what: str | None = None) -> None:
        await take(interaction, command_of(interaction, _PRIVACY.get(what or "", ""), name="privacy"))

    about = "What is kept about you: see it, take it along, delete it"
    return (
        app_commands.Command(name="imagine-quota", description="What you have used and what is left", callback=quota),
        app_commands.Command(name="imagine-privacy", description=about, callback=privacy),
    )


def admin_commands(take: Take) -> app_commands.Group:
    """`/imagine-admin`. Discord offers it to who may manage the server; the core checks again."""
    group = app_commands.Group(
        name="imagine-admin",
        description="Settings, limits, bans and usage of this server",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    )
    _add_settings(group, take)
    _add_people(group, take)
    _add_reports(group, take)
    return group


def _add_settings(group: app_commands.Group, take: Take) -> None:
    @app_commands.describe(setting="Which one; nothing: an overview")
    @app_commands.autocomplete(setting=_settings)
    async def show(interaction: discord.Interaction[Any], setting: _TEXT | None = None) -> None:
        await take(interaction, command_of(interaction, f"show {setting}" if setting else "", name="admin"))

    @app_commands.describe(setting="Which one", value="What it should be; several of a list in one line, with ;")
    @app_commands.autocomplete(setting=_settings, value=_values)
    async def change(
        interaction: discord.Interaction[Any], setting: _TEXT, value: app_commands.Range[str, 1, MAX_VALUE]
    ) -> None:
        await take(interaction, command_of(interaction, f"set {setting} {named(value)}", name="admin"))

    group.command(name="show", description="See the settings and budgets, or one setting")(show)
    group.command(name="set", description="Change a setting")(change)


def _add_people(group: app_commands.Group, take: Take) -> None:
    @app_commands.describe(
        amount="How much: +20 images, +$5", until="Until when: today, 2 hours, 2026-12-31", person="Whom"
    )
    async def grant(
        interaction: discord.Interaction[Any], person: discord.User, amount: _TEXT, until: _TEXT | None = None
    ) -> None:
        words = f"grant user:{person.id} {amount} {until or 'today'}"
        await take(interaction, command_of(interaction, words, name="admin"))

    @app_commands.rename(span="for")
    @app_commands.describe(
        person="Whom", reason="Why; they read it", span="How long: 2 hours, 7 days; nothing: for good"
    )
    async def ban(
        interaction: discord.Interaction[Any],
        person: discord.User,
        reason: app_commands.Range[str, 1, 300],
        span: _TEXT | None = None,
    ) -> None:
        words = f"ban user:{person.id} {span or 'for good'}: {named(reason)}"
        await take(interaction, command_of(interaction, words, name="admin"))

    @app_commands.describe(person="Whom")
    async def unban(interaction: discord.Interaction[Any], person: discord.User) -> None:
        await take(interaction, command_of(interaction, f"unban user:{person.id}", name="admin"))

    group.command(name="grant", description="Give somebody more than the limits allow, for a while")(grant)
    group.command(name="ban", description="Let somebody make no pictures")(ban)
    group.command(name="unban", description="Let somebody make pictures again")(unban)


def _add_reports(group: app_commands.Group, take: Take) -> None:
    @app_commands.describe(days="How many days back; nothing: 30")
    async def usage(interaction: discord.Interaction[Any], days: _DAYS | None = None) -> None:
        await take(interaction, command_of(interaction, f"usage {days or 30}", name="admin"))

    async def page(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "page", name="admin"))

    group.command(name="usage", description="Who used how much")(usage)
    group.command(name="page", description="Get a link to the admin page, good for an hour")(page)


def named(text: str) -> str:
    """Words in which people, roles and channels stand as the core knows them: user:1, role:1, 1."""
    return _MARK.sub(lambda mark: f"{_KNOWN_AS[mark[1]]}{mark[2]}", text).strip()


# ── what is offered while somebody types ────────────────────────────────────────────────────────────────────────


async def _settings(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """Settings whose name has what was typed, those that begin with it first; Discord shows at most 25."""
    words = typed.lower().strip().replace(" ", "-")
    found = sorted((name for name in SETTINGS if words in name), key=lambda name: not name.startswith(words))
    return [app_commands.Choice(name=name, value=name) for name in found[:MAX_CHOICES]]


async def _values(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """What the chosen setting can be, where that is a short list."""
    setting = SETTINGS.get(str(getattr(interaction.namespace, "setting", "")))
    values = setting.choices if setting else ()
    return [
        app_commands.Choice(name=value, value=value) for value in values[:MAX_CHOICES] if typed.lower() in value.lower()
    ]
