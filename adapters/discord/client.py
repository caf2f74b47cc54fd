"""The gateway side: acknowledge what people do, translate it, call the doors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import discord
from discord import app_commands, ui

from adapters.discord import incoming
from adapters.discord.admin import admin_commands, people_commands
from adapters.discord.commands import edit_image_menu, form, gallery_command, imagine_command
from adapters.discord.memory import Open, Recent
from adapters.discord.problems import ALREADY_ACKNOWLEDGED, FAILURES, TOO_LATE, persist
from adapters.discord.references import reference_commands, reference_form, save_reference_menu, saving_command_of
from adapters.discord.view import card_view
from bot.cards import Card, parse_button_id
from bot.menu import Menu
from bot.models import Attachment, Command, Policy
from bot.ports import Doors

log = logging.getLogger(__name__)

# Forms from a message's menu, by message: these names never reach the core.
_EDIT_OTHERS = "edit_message"
_SAVE = "save_reference"
_HINT_EVERY = timedelta(hours=1)
_HINT_SECONDS = 60

NO_PICTURE = "There is no picture on that message."
FORM_EXPIRED = "This form is too old. Open it again from the message's Apps menu."
CANNOT_READ = "I can't read replies here unless they ping me: mention me, or press Edit."
COMMAND_CHANGED = "This command has changed. Reload Discord (Ctrl+R, or close the app), then try again."
CANNOT_SEE = "I can't see the picture you are answering. Choose Apps › Edit image in that message's menu."


class RetouchClient(discord.Client):
    """A `discord.Client` that hands everything to `doors`.

    Buttons and forms are read from their ids in `on_interaction`, not from registered views: so those of
    messages sent before a restart work like any other, and no message costs memory.
    """

    def __init__(self, *, message_content: bool, menu: Menu) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=message_content)
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,  # nothing here reads the message cache
        )
        self.doors: Doors | None = None
        self.online = asyncio.Event()
        self.opened: Recent[str, Open] = Recent()
        self.prefills: Recent[str, str] = Recent()
        self._pictures: Recent[str, tuple[Attachment, ...]] = Recent()
        self._hinted: Recent[int, datetime] = Recent()
        self._in_hand: set[asyncio.Task[Any]] = set()
        self.tree = self._command_tree(menu)

    def _command_tree(self, menu: Menu) -> app_commands.CommandTree[Any]:
        tree: app_commands.CommandTree[Any] = app_commands.CommandTree(
            self,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        )
        tree.error(self._unfit)
        tree.add_command(imagine_command(menu, self._command))
        tree.add_command(gallery_command(self._command))
        tree.add_command(reference_commands(self._command))
        for command in people_commands(self._command):
            tree.add_command(command)
        tree.add_command(admin_commands(self._command, self._settings))
        tree.add_command(edit_image_menu(self._edit_image))
        tree.add_command(save_reference_menu(self._save_reference))
        return tree

    # ── life ────────────────────────────────────────────────────────────────────────────────────────────────

    async def setup_hook(self) -> None:
        """Register the commands, once a process. After a failure those of an earlier start still work."""
        self.online.set()
        try:
            await self.tree.sync()
        except (*FAILURES, app_commands.AppCommandError):
            log.warning("commands not registered; those of an earlier start still work", exc_info=True)

    async def on_ready(self) -> None:
        """Say so. This fires again after reconnects: nothing else belongs here."""
        log.info("connected to Discord: guilds=%s", len(self.guilds))

    async def finish(self, grace: float) -> None:
        """Wait up to `grace` seconds for the requests in hand, then let go of them."""
        if not self._in_hand:
            return
        _, late = await asyncio.wait(self._in_hand, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    @contextmanager
    def _handling(self) -> Iterator[Doors]:
        task = asyncio.current_task()
        if self.doors is None or task is None:
            raise RuntimeError("an event came before the doors were opened")
        self._in_hand.add(task)
        try:
            yield self.doors
        finally:
            self._in_hand.discard(task)

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, interaction: discord.Interaction[Any], command: Command) -> None:
        with self._handling() as doors:
            if await self._acknowledge(interaction, thinking=True):
                async with self._thinking(interaction):
                    await doors.command(command)

    async def _unfit(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
        """A command as an older or newer version of the bot has it: Discord's own words for that say nothing."""
        if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.TransformerError):
            log.warning("command not understood: error=%s", type(error).__name__)
            await self._refuse(interaction, COMMAND_CHANGED)
        else:
            await app_commands.CommandTree.on_error(self.tree, interaction, error)

    async def _settings(self, interaction: discord.Interaction[Any]) -> Policy | None:
        """The server's settings, where this person may change them: they are offered while they type."""
        if self.doors is None or interaction.guild_id is None:
            return None
        return await self.doors.settings(incoming.user_of(interaction), str(interaction.guild_id))

    async def _edit_image(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Open the form. On a picture of ours it is that version's Edit button."""
        with self._handling():
            ours = self.user is not None and message.author.id == self.user.id
            version = incoming.button_target(message, "edit") if ours else None
            pictures = incoming.pictures_of(message)
            if version:
                await self._ask_words(interaction, f"v1:edit:{version}", "Edit image")
            elif pictures and not ours:
                self._pictures.keep(str(message.id), pictures)
                await self._ask_words(interaction, f"v1:{_EDIT_OTHERS}:{message.id}", "Edit image")
            else:
                await self._refuse(interaction, NO_PICTURE)

    async def _save_reference(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Open the form that asks for a name."""
        with self._handling():
            if pictures := incoming.pictures_of(message):
                self._pictures.keep(str(message.id), pictures)
                await self._ask(interaction, reference_form(f"v1:{_SAVE}:{message.id}", pictures))
            else:
                await self._refuse(interaction, NO_PICTURE)

    # ── buttons and forms ───────────────────────────────────────────────────────────────────────────────────

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take a pressed button or a submitted form; commands went through the tree."""
        custom_id = incoming.custom_id_of(interaction)
        button_id = custom_id.removeprefix(incoming.ASKS)
        parsed = parse_button_id(button_id)
        if parsed is None:
            return
        name, target = parsed
        with self._handling() as doors:
            if interaction.type is discord.InteractionType.modal_submit:
                # A form that a button opened leaves its message alone; one from the menu has no message.
                if await self._acknowledge(interaction, thinking=interaction.message is None):
                    async with self._thinking(interaction):
                        await self._submitted(doors, interaction, name, target)
            elif custom_id != button_id:
                title = incoming.label_of(interaction.message, custom_id) or name.replace("_", " ").capitalize()
                await self._ask_words(interaction, button_id, title)
            elif await self._acknowledge(interaction, thinking=False):
                await doors.action(incoming.action_of(interaction, name, target))

    async def _submitted(self, doors: Doors, interaction: discord.Interaction[Any], name: str, target: str) -> None:
        words = incoming.form_of(interaction)
        if name not in (_EDIT_OTHERS, _SAVE):
            await doors.action(incoming.action_of(interaction, name, target, words))
            return
        pictures = self._pictures.get(target) or ()
        if name == _SAVE:
            command = saving_command_of(interaction, pictures)
        else:
            command = incoming.edit_command_of(interaction, words, pictures, target) if pictures else None
        if command:
            await doors.command(command)
        else:
            await self._tell(interaction, FORM_EXPIRED)

    # ── messages ────────────────────────────────────────────────────────────────────────────────────────────

    async def on_message(self, message: discord.Message) -> None:
        """Take what a person said to the bot, to a picture of its, in a thread or in a direct message."""
        me = self.user
        if me is None or message.author.bot or message.webhook_id or message.type not in incoming.SAID:
            return
        mentioned, reply = incoming.mentions(message, me), incoming.replies_to_bot(message, me)
        in_thread = isinstance(message.channel, discord.Thread)
        if not (mentioned or reply or in_thread or message.guild is None):
            return
        if incoming.is_blank(message):
            if reply or (isinstance(message.channel, discord.Thread) and message.channel.owner_id == me.id):
                await self._hint(message, CANNOT_READ)
            return
        await self._said(message, me, mentioned=mentioned and not reply)

    async def _said(self, message: discord.Message, me: discord.ClientUser, *, mentioned: bool) -> None:
        with self._handling() as doors:
            original = incoming.answered(message)
            pictures: tuple[Attachment, ...] = ()
            if mentioned and original is not None:
                pictures = incoming.pictures_of(original) or await self._fetched_pictures(original)
                if not pictures and not message.attachments and incoming.is_blank(original):
                    await self._hint(message, CANNOT_SEE)
                    return
            await doors.message(incoming.message_of(message, me, pictures))

    async def _fetched_pictures(self, original: discord.Message) -> tuple[Attachment, ...]:
        """Ask for a message that came blanked. Discord blanks the answer too unless the intent is granted."""
        if not incoming.is_blank(original):
            return ()
        try:
            return incoming.pictures_of(await original.channel.fetch_message(original.id))
        except FAILURES:
            return ()

    async def _hint(self, message: discord.Message, sentence: str) -> None:
        """Where the intent is lacking, say why nothing happens: for a minute, once per channel and hour."""
        last = self._hinted.get(message.channel.id)
        if self.intents.message_content or (last and message.created_at - last < _HINT_EVERY):
            return
        self._hinted.keep(message.channel.id, message.created_at)
        try:
            view = card_view(Card(sentence))
            await message.reply(view=view, mention_author=False, delete_after=_HINT_SECONDS)
        except FAILURES as error:
            log.info("hint not posted: error=%s", type(error).__name__)

    # ── answering an interaction ────────────────────────────────────────────────────────────────────────────

    async def _acknowledge(self, interaction: discord.Interaction[Any], *, thinking: bool) -> bool:
        """Within 3 seconds. False: Discord has told the person that nothing happened, so nothing must."""
        if self.opened.get(str(interaction.id)):
            return True  # delivered again: the doors know it too
        try:
            await persist(lambda: interaction.response.defer(ephemeral=True, thinking=thinking))
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:
                log.warning("not acknowledged: code=%s late=%s", error.code, error.code == TOO_LATE)
                return False
        except FAILURES as error:
            log.warning("not acknowledged: error=%s", type(error).__name__)
            return False
        self.opened.keep(str(interaction.id), Open(interaction, thinking))
        return True

    @asynccontextmanager
    async def _thinking(self, interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
        """At the end take "… is thinking" away, unless a whisper took its place."""
        try:
            yield
        finally:
            await self._stop_thinking(interaction)

    async def _stop_thinking(self, interaction: discord.Interaction[Any]) -> None:
        opened = self.opened.get(str(interaction.id))
        # An event delivered twice has two handlers: only the one that put it up may take it away.
        if opened is None or opened.interaction is not interaction or not opened.thinking:
            return
        opened.thinking = False
        try:
            await interaction.delete_original_response()
        except FAILURES as error:
            log.info("still thinking: error=%s", type(error).__name__)

    async def _ask_words(self, interaction: discord.Interaction[Any], custom_id: str, title: str) -> None:
        await self._ask(interaction, form(custom_id, title, self.prefills.get(custom_id) or ""))

    async def _ask(self, interaction: discord.Interaction[Any], modal: ui.Modal) -> None:
        """Open a form. This is the acknowledgement: a form cannot come after one."""
        try:
            await interaction.response.send_modal(modal)
        except FAILURES as error:
            log.warning("form not opened: error=%s", type(error).__name__)

    async def _refuse(self, interaction: discord.Interaction[Any], sentence: str) -> None:
        try:
            await interaction.response.send_message(view=card_view(Card(sentence)), ephemeral=True)
        except FAILURES as error:
            log.warning("not answered: error=%s", type(error).__name__)

    async def _tell(self, interaction: discord.Interaction[Any], sentence: str) -> None:
        opened = self.opened.get(str(interaction.id))
        if opened:
            opened.thinking = False
        try:
            await interaction.edit_original_response(view=card_view(Card(sentence)))
        except FAILURES as error:
            log.warning("not answered: error=%s", type(error).__name__)
