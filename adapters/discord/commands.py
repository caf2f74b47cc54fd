"""What people find in Discord's menus: `/imagine`, `/imagine-gallery`, "Edit image", the form that asks for words."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import discord
from discord import app_commands, ui

from adapters.discord.incoming import PICTURES, WORDS, command_of
from adapters.discord.text import shortened
from bot.cards import parse_button_id
from bot.menu import Menu, ModelMenu
from bot.models import Command
from bot.replies.forms import question

MAX_CHOICES = 25
MAX_WORDS = 4000  # of a text field in a form; the prompt option of /imagine takes 6000

Take = Callable[[discord.Interaction[Any], Command], Awaitable[None]]
"""Acknowledges a slash command and hands it to the core."""
Completion = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
OnMessage = Callable[[discord.Interaction[Any], discord.Message], Awaitable[None]]
"""Answers an entry of a message's Apps menu."""


def imagine_command(menu: Menu, take: Take) -> app_commands.Command[Any, ..., None]:
    """`/imagine` with typed options, each under the name of its flag; what no model here has is not among them."""

    async def callback(interaction: discord.Interaction[Any], prompt: str, **given: Any) -> None:
        flags = {flag: given.get(option) for option, flag in _FLAGS.items()}
        images = tuple(given.get(f"image{number}") for number in range(1, 5))
        await take(interaction, command_of(interaction, prompt, flags, images))

    annotations = _annotations(menu)
    callback.__signature__ = _signature(annotations)  # type: ignore[attr-defined]  # read by discord.py
    callback.__annotations__ = annotations
    described = app_commands.describe(**{name: _ABOUT[name] for name in annotations if name in _ABOUT})(callback)
    lists = {name: values for name, values in _lists(menu).items() if name in annotations}
    changing = {name for name in lists if name in _BY_MODEL and len(menu.models) > 1}
    fixed = {name: _choices(values) for name, values in lists.items() if name not in changing}
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="imagine",
        description="Make a picture from words",
        callback=app_commands.choices(**fixed)(described),
    )
    for name in changing:
        command.autocomplete(name)(_completion(menu, name))
    return command


_FLAGS = {
    "aspect": "ar", "size": "size", "quality": "quality", "count": "n", "format": "format", "background": "background",
    "model": "model", "think": "think", "web": "web", "private": "private",
}  # fmt: skip
_ABOUT = {
    "prompt": "What you want to see",
    "aspect": "Shape of the picture, width:height",
    "size": "How large",
    "quality": "Higher is finer, slower and dearer",
    "count": "How many pictures",
    "format": "File format",
    "background": "Opaque or transparent",
    "model": "Which image model",
    "think": "Let a text model plan the picture first; slower and dearer",
    "web": "Let it search the web first",
    "private": "Only you see it until you share it",
    "image1": "A picture to use",
    "image2": "A second picture to use",
    "image3": "A third picture to use",
    "image4": "A fourth picture to use",
}
_BY_MODEL = ("quality", "format", "background")


def _annotations(menu: Menu) -> dict[str, Any]:
    """The options by name, with their types as discord.py reads them."""
    text, picture = str | None, discord.Attachment | None
    most = max(one.max_n for one in menu.models)
    options: dict[str, Any] = {
        "interaction": discord.Interaction,
        "prompt": app_commands.Range[str, 1, 6000],
        "aspect": text,
        "size": text,
        "quality": text,
        "count": app_commands.Range[int, 1, most] | None,
        "format": text,
    }
    if any(one.backgrounds for one in menu.models):
        options["background"] = text
    if len(menu.models) > 1:
        options["model"] = text
    if menu.efforts:
        options |= {"think": text, "web": bool | None}
    options["private"] = bool | None
    return options | {f"image{number}": picture for number in range(1, 5)}


def _signature(annotations: Mapping[str, Any]) -> inspect.Signature:
    required = ("interaction", "prompt")
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if name in required else None,
                annotation=kind,
            )
            for name, kind in annotations.items()
        ]
    )


def _lists(menu: Menu) -> dict[str, tuple[str, ...]]:
    return {
        "aspect": menu.aspects,
        "size": menu.sizes,
        "model": tuple(one.name for one in menu.models),
        "think": menu.efforts,
        **_model_lists(menu.default),
    }


def _model_lists(model: ModelMenu) -> dict[str, tuple[str, ...]]:
    return {"quality": model.qualities, "format": model.formats, "background": model.backgrounds}


def _completion(menu: Menu, option: str) -> Completion:
    """Suggests what the chosen model has: choices that are fixed cannot follow it."""

    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        model = menu.of(getattr(interaction.namespace, "model", None))
        return _choices(tuple(one for one in _model_lists(model)[option] if one.startswith(typed.lower())))

    return suggest


def _choices(values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=value, value=value) for value in values[:MAX_CHOICES]]


def gallery_command(take: Take) -> app_commands.Command[Any, ..., None]:
    """`/imagine-gallery`."""

    async def callback(interaction: discord.Interaction[Any]) -> None:
        await take(interaction, command_of(interaction, "", name="gallery"))

    description = "See the pictures made here"
    return app_commands.Command(name="imagine-gallery", description=description, callback=callback)


def edit_image_menu(edit_image: OnMessage) -> app_commands.ContextMenu:
    """The entry in any message's Apps menu: the one way in that always delivers its pictures."""

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await edit_image(interaction, message)

    return app_commands.ContextMenu(name="Edit image", callback=callback)


def form(custom_id: str, title: str, value: str = "") -> ui.Modal:
    """The form that a button, or "Edit image", opens. Its answer is read by id: `incoming.form_of`."""
    asks = question((parse_button_id(custom_id) or ("", ""))[0])
    modal = ui.Modal(title=shortened(title, 45), custom_id=custom_id)
    words = ui.TextInput[ui.Modal](
        style=discord.TextStyle.paragraph,
        custom_id=WORDS,
        default=value[:MAX_WORDS] or None,
        max_length=MAX_WORDS,
        placeholder=asks.example or None,
        required=not asks.optional,
    )
    modal.add_item(ui.Label(text=asks.label, component=words))
    if asks.pictures:
        files = ui.FileUpload[ui.Modal](custom_id=PICTURES, required=False, min_values=0, max_values=4)
        modal.add_item(ui.Label(text="Pictures to use", description="If you like: a logo, a style.", component=files))
    modal.stop()
    return modal
