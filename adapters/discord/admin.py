"""`/imagine-quota`, `/imagine-privacy` for everybody; `/imagine-admin` for who may manage the server."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from adapters.discord.commands import MAX_CHOICES, Take
from adapters.discord.incoming import command_of
from bot.models import Policy
from bot.policies import SETTINGS, Setting, words

MAX_VALUE = 4000  # characters; a server's list of blocked words is longer than a prompt's options
MAX_CHOICE = 100
Settings = Callable[[discord.Interaction[Any]], Awaitable[Policy | None]]
"""A server's settings for who may change them, None for others."""
_DAYS = app_commands.Range[int, 1, 366]
_TEXT = app_commands.Range[str, 1, 100]
_VALUE = app_commands.Range[str, 1, MAX_VALUE]
_REASON = app_commands.Range[str, 1, 200]
_Mentionable = discord.User | discord.Role
_MARK = re.compile(r"<(@!?|@&|#)(\d+)>")
_KNOWN_AS = {"@": "user:", "@!": "user:", "@&": "role:", "#": ""}
_PRIVACY = {"Show what is kept about me": "", "Export it": "export", "Delete mine": "delete mine"}
_SPANS = {"an hour": "an hour", "a day": "a day", "a month": "a month",
          "any 60 minutes": "per rolling hour", "any 24 hours": "per rolling day",
          "any 30 days": "per rolling month"}  # fmt: skip
_UNTIL = "Until when: today, 2 hours, 2026-12-31; nothing: today"
_ROOMS = {
    "Pictures wait there for moderators": "set review-channel",
    "Reports of pictures go there": "set report-channel",
    "Admins are told there what they must know": "set admin-channel",
    "Pictures are made there, and only in such channels": "add channels-allowed",
    "Not only there any more": "remove channels-allowed",
    "No pictures there": "add channels-denied",
    "Pictures there again": "remove channels-denied",
}


class _Room(app_commands.Transformer):
    """A channel where pictures may be made, also one that the bot does not see."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        kinds = discord.ChannelType
        return [kinds.text, kinds.news, kinds.voice, kinds.forum]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> str:
        return str(value.id)


class _TalkingRoom(_Room):
    """A channel where the bot can say something by itself: a forum takes nothing but whole threads."""

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return [kind for kind in super().channel_types if kind is not discord.ChannelType.forum]


_Channel = app_commands.Transform[str, _Room]
_TalkingChannel = app_commands.Transform[str, _TalkingRoom]


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


def admin_commands(take: Take, settings: Settings) -> app_commands.Group:
    """`/imagine-admin`. Discord offers it to who may manage the server; the core checks again."""
    group = app_commands.Group(
        name="imagine-admin",
        description="Settings, limits, bans and usage of this server",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    )
    _add_settings(group, take, settings)
    _add_lists(group, take, settings)
    _add_limits(group, take)
    _add_people(group, take)
    _add_reports(group, take)
    return group


def _add_settings(group: app_commands.Group, take: Take, settings: Settings) -> None:
    @app_commands.describe(setting="Which one; nothing: an overview")
    @app_commands.autocomplete(setting=_settings)
    async def show(interaction: discord.Interaction[Any], setting: _TEXT | None = None) -> None:
        await take(interaction, command_of(interaction, f"show {setting}" if setting else "", name="admin"))

    @app_commands.describe(setting="Which one", value="What it should be; several in one line, with ; between them")
    @app_commands.autocomplete(setting=_settings, value=_values(settings))
    async def change(interaction: discord.Interaction[Any], setting: _TEXT, value: _VALUE) -> None:
        await take(interaction, command_of(interaction, f"set {setting} {named(value)}", name="admin"))

    group.command(name="show", description="See the settings and budgets, or one setting")(show)
    group.command(name="set", description="Change a setting")(change)


def _add_lists(group: app_commands.Group, take: Take, settings: Settings) -> None:
    @app_commands.describe(setting="Which list", value="What more; @people, @roles and #channels may be mentioned")
    @app_commands.autocomplete(setting=_lists)
    async def add(interaction: discord.Interaction[Any], setting: _TEXT, value: _VALUE) -> None:
        await take(interaction, command_of(interaction, f"add {setting} {named(value)}", name="admin"))

    @app_commands.describe(setting="Which list", value="What should go")
    @app_commands.autocomplete(setting=_lists, value=_parts(settings))
    async def remove(interaction: discord.Interaction[Any], setting: _TEXT, value: _VALUE) -> None:
        await take(interaction, command_of(interaction, f"remove {setting} {named(value)}", name="admin"))

    @app_commands.describe(what="What it is for", channel="Which one")
    @app_commands.choices(what=[app_commands.Choice(name=name, value=name) for name in _ROOMS])
    async def channel(interaction: discord.Interaction[Any], what: str, channel: _TalkingChannel) -> None:
        await take(interaction, command_of(interaction, f"{_ROOMS[what]} {channel}", name="admin"))

    @app_commands.describe(who="A person or a role", stop="They are no moderators any more")
    async def moderator(interaction: discord.Interaction[Any], who: _Mentionable, stop: bool | None = None) -> None:
        verb = "remove" if stop else "add"
        await take(interaction, command_of(interaction, f"{verb} moderators {_id_of(who)}", name="admin"))

    group.command(name="add", description="Add to a list: limits, blocked-terms, moderators and so on")(add)
    group.command(name="remove", description="Take something out of a list")(remove)
    group.command(name="channel", description="Say what a channel is for")(channel)
    group.command(name="moderator", description="Name who may approve, remove and ban; admins always may")(moderator)


def _add_limits(group: app_commands.Group, take: Take) -> None:
    @app_commands.describe(
        amount="How much one person may use: 20 images, $5",
        per="For how long that is",
        who="A person or a role; nothing: everybody",
        channel="Only what is used there counts; nothing: everywhere",
    )
    @app_commands.choices(per=[app_commands.Choice(name=name, value=name) for name in _SPANS])
    async def limit(
        interaction: discord.Interaction[Any],
        amount: _TEXT,
        per: str,
        who: _Mentionable | None = None,
        channel: _Channel | None = None,
    ) -> None:
        unit = "" if amount.strip().startswith("$") or " " in amount.strip() else " images"
        words_of_it = f"{amount}{unit} {_SPANS[per]}{f' for {_id_of(who)}' if who else ''}{_there(channel)}"
        await take(interaction, command_of(interaction, f"add limits {words_of_it}", name="admin"))

    @app_commands.describe(
        amount="How many dollars more: +$20", until=_UNTIL, channel="Whose budget; nothing: the server's"
    )
    async def budget(
        interaction: discord.Interaction[Any],
        amount: _TEXT,
        until: _TEXT | None = None,
        channel: _Channel | None = None,
    ) -> None:
        words_of_it = f"grant budget {_dollars(amount)}{_there(channel)} {until or 'today'}"
        await take(interaction, command_of(interaction, words_of_it, name="admin"))

    group.command(name="limit", description="Limit what one person may use: everybody, a role, a person")(limit)
    group.command(name="budget", description="Raise what everybody together may spend, for a while")(budget)


def _add_people(group: app_commands.Group, take: Take) -> None:
    @app_commands.describe(amount="How much: +20 images, +$5", until=_UNTIL, person="Whom")
    async def grant(
        interaction: discord.Interaction[Any], person: discord.User, amount: _TEXT, until: _TEXT | None = None
    ) -> None:
        words_of_it = f"grant user:{person.id} {amount} {until or 'today'}"
        await take(interaction, command_of(interaction, words_of_it, name="admin"))

    @app_commands.rename(span="for")
    @app_commands.describe(
        person="Whom", reason="Why; they read it", span="How long: 2 hours, 7 days; nothing: for good"
    )
    async def ban(
        interaction: discord.Interaction[Any], person: discord.User, reason: _REASON, span: _TEXT | None = None
    ) -> None:
        words_of_it = f"ban user:{person.id} {span or 'for good'}: {named(reason)}"
        await take(interaction, command_of(interaction, words_of_it, name="admin"))

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

    async def unknown(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "unknown", name="admin"))

    @app_commands.describe(request="Which one, as unknown names it", amount="What it cost: $0.04")
    async def resolve(interaction: discord.Interaction[Any], request: _TEXT, amount: _TEXT) -> None:
        await take(interaction, command_of(interaction, f"resolve {request} {amount}", name="admin"))

    async def page(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "page", name="admin"))

    async def export(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "export", name="admin"))

    async def helps(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "help", name="admin"))

    group.command(name="usage", description="Who used how much")(usage)
    group.command(name="unknown", description="See the requests that were perhaps billed")(unknown)
    group.command(name="resolve", description="Say what a request cost whose outcome nobody knew")(resolve)
    group.command(name="export", description="See all settings as a file's text")(export)
    group.command(name="help", description="What admins can do, with examples")(helps)
    group.command(name="page", description="Get a link to the admin page")(page)


def named(text: str) -> str:
    """Words in which people, roles and channels stand as the core knows them: user:1, role:1, 1."""
    return _MARK.sub(lambda mark: f"{_KNOWN_AS[mark[1]]}{mark[2]}", text).strip()


def _id_of(who: discord.abc.Snowflake) -> str:
    return f"{'role' if isinstance(who, discord.Role) else 'user'}:{who.id}"


def _there(channel: str | None) -> str:
    return f" in {channel}" if channel else ""


def _dollars(amount: str) -> str:
    """As dollars, where nothing else can be meant: "20", "+20"."""
    return re.sub(r"^\+?(?=[0-9])", "+$", amount.strip())


# ── what is offered while somebody types ────────────────────────────────────────────────────────────────────────

_Complete = Callable[[discord.Interaction[Any], str], Any]


def _names(typed: str, names: list[str]) -> list[app_commands.Choice[str]]:
    """Names that have what was typed, those that begin with it first; Discord shows at most 25."""
    start = typed.lower().strip().replace(" ", "-")
    found = sorted((name for name in names if start in name), key=lambda name: not name.startswith(start))
    return [app_commands.Choice(name=name, value=name) for name in found[:MAX_CHOICES]]


async def _settings(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    return _names(typed, list(SETTINGS))


async def _lists(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    return _names(typed, [name for name, one in SETTINGS.items() if one.kind in ("list", "lines")])


def _chosen(interaction: discord.Interaction[Any]) -> Setting | None:
    return SETTINGS.get(str(getattr(interaction.namespace, "setting", "")))


def _values(settings: Settings) -> _Complete:
    """What the chosen setting can be, where that is a short list; else what it is, to be changed."""

    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        setting = _chosen(interaction)
        if setting is None or setting.choices:
            return _offered(typed, setting.choices if setting else ())
        policy = await settings(interaction)
        return _offered(typed, (*([setting.show(policy)] if policy else ()), setting.empty))

    return suggest


def _parts(settings: Settings) -> _Complete:
    """What stands in the chosen list."""

    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        setting, policy = _chosen(interaction), await settings(interaction)
        if setting is None or policy is None:
            return []
        now = setting.show(policy)
        parts = words.items(now) if setting.kind == "list" else now.split("\n")
        return _offered(typed, [words.joined([one]) if setting.kind == "list" else one for one in parts])

    return suggest


def _offered(typed: str, values: Any) -> list[app_commands.Choice[str]]:
    """Values that have what was typed; one too long for a choice is left out, as cut it would be another."""
    fitting = [one for one in values if 0 < len(one) <= MAX_CHOICE and "\n" not in one]
    found = dict.fromkeys(one for one in fitting if typed.lower() in one.lower())
    return [app_commands.Choice(name=one, value=one) for one in found][:MAX_CHOICES]
