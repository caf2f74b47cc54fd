"""What Slack tells us → the doors. Each listener acknowledges first and does the rest in its own task."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from adapters.slack import admin, editing, form, incoming, reference, shortcuts
from adapters.slack.blocks import card_blocks
from adapters.slack.connection import Body, Connection
from adapters.slack.opened import Opened, unpacked
from adapters.slack.parts import Block
from adapters.slack.problems import error_code
from bot.cards import Card
from bot.menu import Menu
from bot.models import Command, Policy, User, new_id
from bot.ports import Doors

log = logging.getLogger(__name__)

FORM_TOO_LATE = "Slack did not open the form in time. Press the button again, or reply in the thread with your words."
SHORTCUT_TOO_LATE = "Slack did not open the form in time. Choose it in the message's menu again."
NO_PICTURE = "There is no picture on that message."
ACK_SECONDS = 2.0  # of the three that Slack waits for what a form's fields are told

Ack = Callable[..., Awaitable[object]]
Handler = Callable[[Body], Coroutine[Any, Any, None]]


class Listener:
    """Hands everything that arrives on one connection to `doors`."""

    def __init__(self, connection: Connection, doors: Doors, menu: Menu | None) -> None:
        self._connection = connection
        self._doors = doors
        self._menu = menu

    def listen(self, app: AsyncApp, command: str) -> None:
        """Register every listener. The names of the other commands derive from `command`."""
        app.command(command)(self._later(self._command))
        app.command(f"{command}-ref")(self._later(self._reference_command))
        app.command(f"{command}-gallery")(self._later(functools.partial(self._hand_on, name="gallery")))
        app.command(f"{command}-quota")(self._later(functools.partial(self._hand_on, name="quota")))
        app.command(f"{command}-privacy")(self._later(functools.partial(self._hand_on, name="privacy")))
        app.command(f"{command}-admin")(self._later(self._admin_command))
        app.event("message")(self._later(self._message))
        app.event("app_mention")(self._later(self._message))
        app.message_shortcut(shortcuts.SAVE)(self._later(self._save_shortcut))
        app.message_shortcut(shortcuts.EDIT)(self._later(self._edit_shortcut))
        app.action(re.compile(r"^v1:"))(self._later(self._action))
        app.action(re.compile(r"^link:"))(_acknowledge)
        app.action(form.MODEL)(self._later(self._change_model))
        app.action(admin.GROUP)(self._later(self._change_group))
        app.view(admin.CALLBACK)(self._admin_form)
        app.view(form.CALLBACK)(self._later(self._imagine_form))
        app.view(editing.BUTTON_FORM)(self._later(self._button_form))
        app.view(editing.PICTURE_FORM)(self._later(self._picture_form))
        app.view(reference.CALLBACK)(self._later(self._reference_form))

    def _later(self, handle: Handler) -> Callable[..., Awaitable[None]]:
        async def listener(ack: Ack, body: Body) -> None:
            await ack()
            self._connection.later(handle(body))

        return listener

    # ── slash commands ───────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, body: Body) -> None:
        blank = not body.get("text", "").strip()
        if blank and self._menu and await self._open(body, form.imagine_view(self._menu, _typed_at(body))):
            return
        await self._hand_on(body, "imagine")

    async def _reference_command(self, body: Body) -> None:
        """A slash command carries no file: a form asks for it. Where none opens, the core says what to do."""
        text = body.get("text", "").strip()
        if reference.wants_form(text) and await self._open(body, reference.view(_typed_at(body), text)):
            return
        await self._hand_on(body, "ref")

    async def _admin_command(self, body: Body) -> None:
        """Without words admins get the form of the settings; others, and words, are the core's."""
        text = incoming.named(body.get("text", ""))
        policy = None if text else await self._settings(body["user_id"])
        if policy is None or not await self._open_settings(body, policy):
            await self._hand_on(body | {"text": text}, "admin")

    async def _open_settings(self, body: Body, policy: Policy) -> bool:
        """Slack refuses a list with a channel or person in it that is gone: then everything is typed."""
        groups = await self._connection.people.groups()
        views = (admin.view(policy, _typed_at(body), groups=groups, pick=pick) for pick in (True, False))
        for view in views:
            if await self._open(body, view):
                return True
        return False

    async def _settings(self, user_id: str) -> Policy | None:
        """The settings, for who is an admin at this very moment."""
        someone = await self._connection.people.user(user_id, fresh=True)
        return await self._doors.settings(someone, self._connection.workspace)

    async def _hand_on(self, body: Body, name: str) -> None:
        someone = await self._connection.people.user(body["user_id"], fresh=name == "admin")
        groups = (await self._connection.people.groups()).names
        command = incoming.command(body, self._connection.workspace, someone, name, groups)
        self._connection.remember(command.event_id, body.get("response_url"))
        await self._doors.command(command)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _message(self, body: Body) -> None:
        event = body["event"]
        if not event.get("user") or event["user"] == self._connection.bot_user:
            return
        someone = User("slack", event["user"], event["user"])
        message = incoming.message(event, self._connection.workspace, someone, self._connection.bot_user)
        if message:
            await self._doors.message(replace(message, user=await self._connection.people.user(someone.id)))

    # ── buttons ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _action(self, body: Body) -> None:
        someone = await self._connection.people.user(body["user"]["id"])
        action = incoming.action(body, self._connection.workspace, someone)
        if action is None:
            return
        if not editing.opens_form(body):
            self._connection.remember(action.event_id, body.get("response_url"))
            await self._doors.action(action)
            return
        pressed = body["actions"][0]
        opened = Opened(action.place.channel, action.place.thread, action.message, pressed["action_id"])
        label = (pressed.get("text") or {}).get("text") or ""
        if not await self._open(body, editing.button_view(opened, label, editing.prefilled(body))):
            await self._say(body, FORM_TOO_LATE)

    async def _change_model(self, body: Body) -> None:
        view = body.get("view") or {}
        if self._menu and view.get("callback_id") == form.CALLBACK:
            await self._reopen(view, form.reopened(body, self._menu))

    async def _change_group(self, body: Body) -> None:
        view = body.get("view") or {}
        policy = await self._settings(body["user"]["id"])
        if policy is None or view.get("callback_id") != admin.CALLBACK:
            return
        groups = await self._connection.people.groups()
        if not await self._reopen(view, admin.reopened(body, policy, groups)):
            await self._reopen(view, admin.reopened(body, policy, groups, pick=False))

    async def _reopen(self, view: Body, again: Block | None) -> bool:
        """Show a form anew in its place; False when Slack would not take it."""
        try:
            if again:
                await self._connection.client.views_update(view_id=view["id"], hash=view.get("hash"), view=again)
        except SlackApiError as error:
            log.warning("form not updated: %s", error_code(error))
            return error_code(error) == "hash_conflict"  # something newer is shown already
        return True

    # ── shortcuts on messages ────────────────────────────────────────────────────────────────────────────────────

    async def _save_shortcut(self, body: Body) -> None:
        pictures = shortcuts.pictures_on(body["message"], ours=self._is_ours(body))
        if not pictures:
            await self._say(body, NO_PICTURE)
        elif not await self._open(body, reference.view(shortcuts.opened_on(body, pictures))):
            await self._say(body, SHORTCUT_TOO_LATE)

    async def _edit_shortcut(self, body: Body) -> None:
        """On a picture of ours it is that version's Edit button."""
        ours = self._is_ours(body)
        button = shortcuts.edit_button_on(body["message"]) if ours else None
        pictures = () if button else shortcuts.pictures_on(body["message"], ours=ours)
        if not (button or pictures):
            await self._say(body, NO_PICTURE)
            return
        opened = shortcuts.opened_on(body, pictures, button)
        view = editing.button_view(opened, "") if button else editing.picture_view(opened)
        if not await self._open(body, view):
            await self._say(body, SHORTCUT_TOO_LATE)

    def _is_ours(self, body: Body) -> bool:
        return shortcuts.is_ours(body["message"], self._connection.bot_user, self._connection.bot_id)

    # ── submitted forms ──────────────────────────────────────────────────────────────────────────────────────────

    async def _imagine_form(self, body: Body) -> None:
        await self._submitted(body, form.command(body, self._connection.workspace, await self._sender(body)))

    async def _picture_form(self, body: Body) -> None:
        await self._submitted(body, editing.command(body, self._connection.workspace, await self._sender(body)))

    async def _reference_form(self, body: Body) -> None:
        await self._submitted(body, reference.command(body, self._connection.workspace, await self._sender(body)))

    async def _admin_form(self, ack: Ack, body: Body) -> None:
        """Impossible values are shown at their fields, and nothing is changed."""
        try:
            async with asyncio.timeout(ACK_SECONDS):
                someone = await self._connection.people.user(body["user"]["id"], fresh=True)
                policy = await self._doors.settings(someone, self._connection.workspace)
        except TimeoutError:
            await ack(response_action="errors", errors={admin.GROUP: admin.TOO_SLOW})
            return
        if policy and (wrong := admin.errors(body, policy)):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        self._connection.later(self._submitted(body, admin.command(body, self._connection.workspace, someone)))

    async def _submitted(self, body: Body, command: Command | None) -> None:
        opened = unpacked(body["view"])
        if command and opened:
            self._connection.remember(command.event_id, opened.response_url)
            await self._doors.command(command)

    async def _button_form(self, body: Body) -> None:
        action = editing.action(body, self._connection.workspace, await self._sender(body))
        if action:
            await self._doors.action(action)

    # ── answering ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _sender(self, body: Body) -> User:
        return await self._connection.people.user(body["user"]["id"])

    async def _open(self, body: Body, view: Block) -> bool:
        """Open a form; False when Slack would not."""
        try:
            await self._connection.client.views_open(trigger_id=body["trigger_id"], view=view)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("form not opened: %s", error_code(error) if isinstance(error, SlackApiError) else error)
            return False
        return True

    async def _say(self, body: Body, sentence: str) -> None:
        """Tell the person who pressed or chose something, and nobody else."""
        if url := body.get("response_url"):
            await self._connection.respond(url, sentence, card_blocks(Card(sentence), key=new_id(6)))


async def _acknowledge(ack: Ack) -> None:
    """A link button opens its page by itself."""
    await ack()


def _typed_at(body: Body) -> Opened:
    return Opened(body["channel_id"], response_url=body.get("response_url"))
