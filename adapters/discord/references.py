"""Pictures a server keeps under a name: `/imagine-ref`, "Save as reference" in any message's menu, and its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui

from adapters.discord.commands import MAX_CHOICES, OnMessage, Take
from adapters.discord.incoming import command_of, fields_of
from adapters.discord.text import shortened
from bot.models import Attachment, Command, Role

MAX_NAME = 100  # as much as an option's value; the core says what a name may be
NAME, ROLE, PICTURE = "name", "role", "picture"  # ids of the form's fields
_ROLES = {
    Role.REFERENCE: "in general",
    Role.SUBJECT: "who or what is shown",
    Role.STYLE: "how it looks",
    Role.LOGO: "shown as it is",
    Role.BACKGROUND: "what is behind",
}
_NAME_OPTION = app_commands.Range[str, 1, MAX_NAME]


def reference_commands(take: Take) -> app_commands.Group:
    """`/imagine-ref add`, `list` and `delete`."""
    group = app_commands.Group(name="imagine-ref", description="Pictures to use by name in any prompt")

    @app_commands.rename(purpose="for")
    @app_commands.describe(name="What to call it: @logo", image="The picture", purpose="What it is for")
    @app_commands.choices(purpose=[app_commands.Choice(name=role, value=role) for role in _ROLES])
    async def add(
        interaction: discord.Interaction[Any],
        name: _NAME_OPTION,
        image: discord.Attachment,
        purpose: str | None = None,
    ) -> None:
        await take(interaction, command_of(interaction, _adding(name, purpose), images=(image,), name="ref"))

    async def show(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "", name="ref"))

    @app_commands.describe(name="Which one: @logo")
    async def delete(interaction: discord.Interaction[Any], name: _NAME_OPTION) -> None:
        await take(interaction, command_of(interaction, f"delete {_at(name)}", name="ref"))

    group.command(name="add", description="Keep a picture under a name")(add)
    group.command(name="list", description="Show the pictures kept here and their names")(show)
    group.command(name="delete", description="Forget a picture; what was made with it stays")(delete)
    return group


def save_reference_menu(save: OnMessage) -> app_commands.ContextMenu:
    """The entry in any message's Apps menu."""

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await save(interaction, message)

    return app_commands.ContextMenu(name="Save as reference", callback=callback)


def reference_form(custom_id: str, pictures: Sequence[Attachment]) -> ui.Modal:
    """Asks for a name, what it is for, and which picture if there are several."""
    modal = ui.Modal(title="Save as reference", custom_id=custom_id)
    name = ui.TextInput[ui.Modal](custom_id=NAME, max_length=MAX_NAME, placeholder="@logo")
    modal.add_item(ui.Label(text="Name", description="Anybody here can use the picture by this name.", component=name))
    roles = [
        discord.SelectOption(label=role, value=role, description=about, default=role is Role.REFERENCE)
        for role, about in _ROLES.items()
    ]
    modal.add_item(ui.Label(text="What is it for?", component=_select(ROLE, roles)))
    if len(pictures) > 1:
        choices = [
            discord.SelectOption(label=shortened(f"{index + 1}. {one.name}", 100), value=str(index), default=not index)
            for index, one in enumerate(pictures[:MAX_CHOICES])
        ]
        modal.add_item(ui.Label(text="Which picture?", component=_select(PICTURE, choices)))
    modal.stop()
    return modal


def _select(custom_id: str, options: list[discord.SelectOption]) -> ui.Select[ui.Modal]:
    return ui.Select(custom_id=custom_id, options=options, required=True)


def saving_command_of(interaction: discord.Interaction[Any], pictures: Sequence[Attachment]) -> Command | None:
    """The submitted form as a command; None when its picture is no longer among those known."""
    fields = fields_of(interaction)
    chosen = {str(index): one for index, one in enumerate(pictures)}.get(_chosen(fields.get(PICTURE)) or "0")
    if chosen is None:
        return None
    text = _adding(str(fields.get(NAME, {}).get("value") or ""), _chosen(fields.get(ROLE)))
    return replace(command_of(interaction, text, name="ref"), attachments=(replace(chosen, role=Role.REFERENCE),))


def _chosen(field: Mapping[str, Any] | None) -> str:
    return next((str(value) for value in (field or {}).get("values", ())), "")


def _adding(name: str, purpose: str | None) -> str:
    return f"add {_at(name)} as {purpose}" if purpose else f"add {_at(name)}"


def _at(name: str) -> str:
    """The name with its "@". It is passed on as typed otherwise: the core knows which names are good."""
    return f"@{name.strip().removeprefix('@')}"
