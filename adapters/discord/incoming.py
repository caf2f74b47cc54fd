"""Discord's payloads as our nouns. Pure: nothing is asked, fetched or remembered here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import discord
from yarl import URL

from bot.cards import parse_button_id
from bot.models import Action, Attachment, Command, Message, Place, Role, User

PLATFORM = "discord"
DM = "dm"
WORDS, PICTURES = "words", "pictures"  # ids of the form's fields
ASKS = "form:"  # before the id of a button that asks for words first: nothing but the id travels
SAID = frozenset({discord.MessageType.default, discord.MessageType.reply})

_PICTURE_NAMES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_FORWARD = discord.MessageReferenceType.forward
_USER_MENTION, _ROLE_MENTION = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")

Context = discord.Interaction[Any] | discord.Message
"""What tells where something happened."""


# ── Where and who ───────────────────────────────────────────────────────────────────────────────────────────


def place_of(context: Context) -> Place:
    """The spot: a thread's place names its parent channel; a direct message's workspace is "dm"."""
    channel = context.channel
    workspace = str(context.guild.id) if context.guild else DM
    if isinstance(context, discord.Interaction) and context.guild_id:
        workspace = str(context.guild_id)
    if isinstance(channel, discord.Thread):
        return Place(PLATFORM, workspace, str(channel.parent_id), str(channel.id))
    channel_id = channel.id if channel else context.channel_id if isinstance(context, discord.Interaction) else None
    return Place(PLATFORM, workspace, str(channel_id))


def user_of(context: Context) -> User:
    """The person. An admin is who may manage the server."""
    person = context.author if isinstance(context, discord.Message) else context.user
    roles = frozenset(str(role.id) for role in person.roles) if isinstance(person, discord.Member) else frozenset()
    is_guest = isinstance(person, discord.Member) and bool(person.pending)  # did not accept the rules yet
    return User(PLATFORM, str(person.id), person.display_name, roles, _is_admin(context), is_guest)


def names_of(context: Context) -> dict[str, str]:
    """What the channel, a thread's own one, and the person's roles are called, by id."""
    person = context.author if isinstance(context, discord.Message) else context.user
    channel = context.channel.parent if isinstance(context.channel, discord.Thread) else context.channel
    called = getattr(channel, "name", None) if context.guild else None
    found = {str(role.id): role.name for role in person.roles} if isinstance(person, discord.Member) else {}
    return found | ({str(channel.id): f"#{called}"} if channel and called else {})


def adults_in(context: Context) -> bool:
    """Whether the channel, or a thread's, is age-restricted."""
    channel = context.channel
    return bool(getattr(channel, "nsfw", False) or getattr(getattr(channel, "parent", None), "nsfw", False))


def _is_admin(context: Context) -> bool:
    if context.guild is None:
        return False
    if isinstance(context, discord.Interaction):
        return _manages(context.permissions)
    return isinstance(context.author, discord.Member) and _manages(context.author.guild_permissions)


def _manages(permissions: discord.Permissions) -> bool:
    return permissions.manage_guild or permissions.administrator


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────


def attachment_of(file: discord.Attachment, role: Role = Role.REFERENCE) -> Attachment:
    """A file. Its `ref` is the signed CDN address, good for about a day."""
    return Attachment(file.filename, file.url, file.content_type or "", file.size, role)


def pictures_of(message: discord.Message) -> tuple[Attachment, ...]:
    """What claims to be a picture on somebody's message: the first is to be edited, the others go along."""
    sent = _in_galleries(message.components) or [attachment_of(file) for file in message.attachments]
    shown = [file for file in sent if _is_picture(file)]
    return tuple(replace(file, role=Role.REFERENCE if index else Role.IMAGE) for index, file in enumerate(shown))


def _in_galleries(components: Iterable[Any]) -> list[Attachment]:
    """The uploads that a message of components shows (ours, other bots'); pictures linked to from elsewhere are not."""
    found: list[Attachment] = []
    for component in components:
        items = component.items if isinstance(component, discord.MediaGalleryComponent) else ()
        media = [item.media for item in items if item.media.attachment_id]
        found += [Attachment(URL(one.url).name, one.url, one.content_type or "") for one in media]
        found += _in_galleries(getattr(component, "children", ()))
    return found


def _is_picture(file: Attachment) -> bool:
    return file.content_type.startswith("image/") or file.name.lower().endswith(_PICTURE_NAMES)


# ── Commands, buttons, forms ────────────────────────────────────────────────────────────────────────────────


def command_of(
    interaction: discord.Interaction[Any],
    text: str,
    flags: Mapping[str, str | int | None] = MappingProxyType({}),
    images: Iterable[discord.Attachment | None] = (),
    *,
    name: str = "imagine",
) -> Command:
    """A slash command. Options that were left out are dropped."""
    return Command(
        event_id=str(interaction.id),
        place=place_of(interaction),
        user=user_of(interaction),
        adults=adults_in(interaction),
        text=text,
        name=name,
        flags={name: str(value) for name, value in flags.items() if value is not None},
        attachments=tuple(attachment_of(image) for image in images if image),
        names=names_of(interaction),
    )


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and uploaded in a form."""

    words: str
    attachments: tuple[Attachment, ...]


def custom_id_of(interaction: discord.Interaction[Any]) -> str:
    """The id of the pressed button or submitted form; empty for a command."""
    data: Mapping[str, Any] = interaction.data or {}
    return str(data.get("custom_id", ""))


def fields_of(interaction: discord.Interaction[Any]) -> dict[str, Mapping[str, Any]]:
    """A submitted form's fields by id, from the payload itself: it needs nothing in memory and survives a restart."""
    data: Mapping[str, Any] = interaction.data or {}
    return {str(field.get("custom_id")): field for field in _fields(data.get("components", ()))}


def form_of(interaction: discord.Interaction[Any]) -> Form:
    """The words and files of the form that asks for them."""
    data: Mapping[str, Any] = interaction.data or {}
    fields = fields_of(interaction)
    files = data.get("resolved", {}).get("attachments", {})
    chosen = [files[number] for number in fields.get(PICTURES, {}).get("values", ()) if number in files]
    return Form(
        words=str(fields.get(WORDS, {}).get("value") or "").strip(),
        attachments=tuple(
            Attachment(file["filename"], file["url"], file.get("content_type") or "", file.get("size"))
            for file in chosen
        ),
    )


def _fields(components: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for component in components:
        if "component" in component:  # a label around one field
            yield component["component"]
        yield from component.get("components", ())


def action_of(interaction: discord.Interaction[Any], name: str, target: str, form: Form | None = None) -> Action:
    """A pressed button, or its form."""
    return Action(
        event_id=str(interaction.id),
        place=place_of(interaction),
        user=user_of(interaction),
        adults=adults_in(interaction),
        name=name,
        target=target,
        message=str(interaction.message.id) if interaction.message else None,
        text=form.words if form else "",
        attachments=form.attachments if form else (),
    )


def edit_command_of(
    interaction: discord.Interaction[Any], form: Form, pictures: tuple[Attachment, ...], message_id: str
) -> Command:
    """The "Edit image" form on somebody else's message."""
    return Command(
        event_id=str(interaction.id),
        place=place_of(interaction),
        user=user_of(interaction),
        adults=adults_in(interaction),
        text=form.words,
        name="edit",
        attachments=(*pictures, *form.attachments),
        reply_to=message_id,
    )


def button_target(message: discord.Message, action: str) -> str | None:
    """What the button for this action on a message of ours points at; None when it has no such button."""
    for button in _buttons(message.components):
        parsed = parse_button_id((button.custom_id or "").removeprefix(ASKS))
        if parsed and parsed[0] == action:
            return parsed[1]
    return None


def label_of(message: discord.Message | None, custom_id: str) -> str:
    """What stands on the button with this id; empty when it cannot be told."""
    buttons = _buttons(message.components) if message else ()
    return next((button.label or "" for button in buttons if button.custom_id == custom_id), "")


def _buttons(components: Iterable[Any]) -> Iterable[discord.Button]:
    for component in components:
        if isinstance(component, discord.Button):
            yield component
        yield from _buttons(getattr(component, "children", ()))


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────


def answered(message: discord.Message) -> discord.Message | None:
    """The message this one replies to, where Discord sent it along."""
    reference = message.reference
    if reference is None or reference.type is _FORWARD:
        return None
    return reference.resolved if isinstance(reference.resolved, discord.Message) else None


def mentions(message: discord.Message, me: discord.abc.Snowflake) -> bool:
    """Whether it names or pings the bot. Its own role counts: people pick that by mistake."""
    named = any(user.id == me.id for user in message.mentions)
    return named or bool(_our_role_ids(message).intersection(_role_ids(message)))


def replies_to_bot(message: discord.Message, me: discord.abc.Snowflake) -> bool:
    """Whether it is a reply to one of the bot's messages."""
    original = answered(message)
    return original is not None and original.author.id == me.id


def is_blank(message: discord.Message) -> bool:
    """Nothing to read. Without the Message Content intent Discord blanks what does not ping the bot."""
    return not message.content and not message.attachments and not message.stickers and not message.poll


def message_of(message: discord.Message, me: discord.abc.Snowflake, pictures: tuple[Attachment, ...] = ()) -> Message:
    """Something said. `pictures` are those of the message it replies to, where that is somebody else's."""
    reference = message.reference if message.reference and message.reference.type is not _FORWARD else None
    addressed = message.guild is None or mentions(message, me) or replies_to_bot(message, me)
    return Message(
        event_id=str(message.id),
        place=place_of(message),
        user=user_of(message),
        adults=adults_in(message),
        text=_without(message, me),
        id=str(message.id),
        replied_to=str(reference.message_id) if reference and reference.message_id else None,
        mentions_bot=addressed,
        mentions_others=_mentions_others(message, me, addressed=addressed),
        attachments=(*pictures, *(attachment_of(file) for file in message.attachments)),
    )


def _mentions_others(message: discord.Message, me: discord.abc.Snowflake, *, addressed: bool) -> bool:
    """Words to a third person or to everybody; or a reply to somebody else that does not name the bot."""
    named = {number for number in map(int, _USER_MENTION.findall(message.content)) if number != me.id}
    roles = set(_role_ids(message)) - _our_role_ids(message)
    original = answered(message)
    to_another = original is not None and original.author.id != me.id and not addressed
    return bool(named or roles or message.mention_everyone or to_another)


def _role_ids(message: discord.Message) -> list[int]:
    return [int(number) for number in _ROLE_MENTION.findall(message.content)]


def _our_role_ids(message: discord.Message) -> set[int]:
    role = message.guild.self_role if message.guild else None
    return {role.id} if role else set()


def _without(message: discord.Message, me: discord.abc.Snowflake) -> str:
    """The words with the bot's own mention cut."""
    ours = "|".join([rf"<@!?{me.id}>", *(f"<@&{role}>" for role in _our_role_ids(message))])
    return re.sub(rf"[ \t]*(?:{ours})[ \t]*", " ", message.content).strip()
