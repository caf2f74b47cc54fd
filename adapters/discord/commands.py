"""What people find in Discord's menus: `/imagine`, "Edit image", and the form that asks for words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands, ui

from adapters.discord.incoming import PICTURES, WORDS
from adapters.discord.text import shortened

MAX_CHOICES = 25
MAX_WORDS = 4000  # of a text field in a form; the prompt option of /imagine takes 6000

Flags = Mapping[str, str | int | None]
Images = tuple[discord.Attachment | None, ...]
Imagine = Callable[[discord.Interaction[Any], str, Flags, Images], Awaitable[None]]
EditImage = Callable[[discord.Interaction[Any], discord.Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class CommandChoices:
    """What `/imagine` offers in its option lists, at most 25 each. `app.py` fills it from the catalogue."""

    aspects: tuple[str, ...] = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")
    qualities: tuple[str, ...] = ("low", "medium", "high")
    sizes: tuple[str, ...] = ("1k", "2k", "4k")
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    backgrounds: tuple[str, ...] = ("opaque", "transparent")
    max_count: int = 10


def imagine_command(choices: CommandChoices, imagine: Imagine) -> app_commands.Command[Any, ..., None]:
    """`/imagine` with typed options, each under the name of its flag."""

    async def callback(
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, 6000],
        aspect: str | None = None,
        size: str | None = None,
        quality: str | None = None,
        count: int | None = None,
        format: str | None = None,  # noqa: A002 — the option's name
        background: str | None = None,
        image1: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
    ) -> None:
        flags: Flags = {
            "ar": aspect,
            "size": size,
            "quality": quality,
            "n": count,
            "format": format,
            "background": background,
        }
        await imagine(interaction, prompt, flags, (image1, image2, image3, image4))

    # A range that is only known now cannot stand in the signature above, where a type checker reads it.
    callback.__annotations__["count"] = app_commands.Range[int, 1, choices.max_count] | None
    described = app_commands.describe(
        prompt="What you want to see",
        aspect="Shape of the picture, width:height",
        size="How large",
        quality="Higher is finer, slower and dearer",
        count="How many pictures",
        format="File format",
        background="Opaque or transparent",
        image1="A picture to use",
        image2="A second picture to use",
        image3="A third picture to use",
        image4="A fourth picture to use",
    )(callback)
    chosen = app_commands.choices(
        aspect=_choices(choices.aspects),
        size=_choices(choices.sizes),
        quality=_choices(choices.qualities),
        format=_choices(choices.formats),
        background=_choices(choices.backgrounds),
    )(described)
    return app_commands.Command(name="imagine", description="Make a picture from words", callback=chosen)


def _choices(values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=value, value=value) for value in values[:MAX_CHOICES]]


def edit_image_menu(edit_image: EditImage) -> app_commands.ContextMenu:
    """The entry in any message's Apps menu: the one way in that always delivers its pictures."""

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await edit_image(interaction, message)

    return app_commands.ContextMenu(name="Edit image", callback=callback)


def form(custom_id: str, title: str, value: str = "") -> ui.Modal:
    """The form that asks what should change. Its answer is read by id: `incoming.form_of`."""
    modal = ui.Modal(title=shortened(title, 45), custom_id=custom_id)
    words = ui.TextInput[ui.Modal](
        style=discord.TextStyle.paragraph,
        custom_id=WORDS,
        default=value[:MAX_WORDS] or None,
        max_length=MAX_WORDS,
        placeholder="make it night",
    )
    files = ui.FileUpload[ui.Modal](custom_id=PICTURES, required=False, min_values=0, max_values=4)
    modal.add_item(ui.Label(text="What should change?", component=words))
    modal.add_item(ui.Label(text="Pictures to use", description="If you like: a logo, a style.", component=files))
    modal.stop()
    return modal
