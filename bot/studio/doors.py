"""The three doors: what a command, a message or a pressed button means, and which verb it goes to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import intents, replies
from bot.cards import Card
from bot.errors import AlreadySeen, BadInput, NotFound, RetouchError
from bot.intents import Edit, Help, Imagine, New, NotForUs
from bot.models import (
    Action,
    Command,
    Job,
    JobStatus,
    Kind,
    Message,
    Place,
    Request,
    Role,
    Thread,
    ThreadMode,
    Version,
    new_id,
)
from bot.queue import Queue
from bot.studio.conversation import Conversation
from bot.studio.desk import Desk
from bot.studio.regions import region_of
from bot.studio.show import show
from bot.studio.submit import Wish, repeated, reuse, submit

log = logging.getLogger(__name__)


class Studio:
    """The three doors of `ports.Doors`, over one desk and its queue."""

    def __init__(self, desk: Desk, queue: Queue) -> None:
        self._desk = desk
        self._queue = queue

    async def command(self, command: Command) -> None:
        """Take a slash command."""
        await self._answer(command, lambda: self._command(command))

    async def message(self, message: Message) -> None:
        """Take something someone said."""
        await self._answer(message, lambda: self._message(message))

    async def action(self, action: Action) -> None:
        """Take a pressed button or a submitted form."""
        await self._answer(action, lambda: self._action(action))

    async def _answer(self, asked: Request, handle: Callable[[], Awaitable[None]]) -> None:
        """Do it once; tell the asker, and nobody else, why not."""
        try:
            if not await self._desk.store.saw(asked.place.platform, asked.event_id):
                await handle()
        except AlreadySeen:
            pass
        except RetouchError as error:
            log.info("refused: event=%s error=%s", asked.event_id, type(error).__name__)
            await self._tell(asked, replies.problem(error, prompt=asked.text))
        except Exception:
            error_id = new_id(8)
            log.exception("broken: event=%s error_id=%s", asked.event_id, error_id)
            await self._tell(asked, replies.broken(error_id))

    async def _tell(self, asked: Request, card: Card) -> None:
        """Whisper, once for an event however often it is delivered."""
        try:
            if await self._desk.store.see(asked.place.platform, asked.event_id):
                await self._desk.platforms[asked.place.platform].whisper(asked, card)
        except Exception:
            log.exception("could not tell the asker: event=%s", asked.event_id)

    async def _submit(self, wish: Wish) -> None:
        if await submit(self._desk, wish):
            self._queue.wake()

    def _conversation(self, asked: Message | Action, thread: Thread, meant: Version | None) -> Conversation:
        return Conversation(self._desk, asked, thread, meant, submit=self._submit, tell=self._tell)

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, command: Command) -> None:
        intent = intents.command_intent(command.text, command.flags)
        if isinstance(intent, Help):
            await self._tell(command, replies.help_card())
            return
        thread = await self._desk.store.thread_at(command.place)
        is_edit = command.name == "edit"
        prompt, region = region_of(intent.prompt if is_edit else "", intent.flags)
        await self._submit(
            Wish(
                asked=command,
                place=command.place,
                prompt=prompt if is_edit else intent.prompt,
                region=region,
                kind=Kind.EDIT if is_edit else Kind.GENERATE,
                flags=intent.flags,
                thread=thread,
                attachments=command.attachments,
                reply_to=command.reply_to,
            )
        )

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _message(self, message: Message) -> None:
        meant = await self._meant_version(message)
        thread = await self._thread_of(message, meant)
        if thread is None and not message.mentions_bot:
            return
        policy = await self._desk.store.policy(message.place.workspace)
        intent = intents.message_intent(
            message.text,
            mode=ThreadMode.MENTION_ONLY if thread and thread.guest and not meant else policy.thread_mode,
            mentions_bot=message.mentions_bot,
            mentions_others=message.mentions_others,
            has_pictures=bool(message.attachments),
        )
        if isinstance(intent, NotForUs):
            log.debug("not for us: event=%s reason=%s", message.event_id, intent.reason)
        elif isinstance(intent, Help):
            await self._tell(message, replies.help_card())
        elif thread is None:
            await self._first_words(message, intent)
        else:
            await self._conversation(message, thread, meant).follow(intent)

    async def _meant_version(self, message: Message) -> Version | None:
        if message.replied_to is None:
            return None
        return await self._desk.store.version_shown_at(message.place, message.replied_to)

    async def _thread_of(self, message: Message, meant: Version | None) -> Thread | None:
        if meant:
            return await self._desk.store.thread(meant.thread)
        return await self._desk.store.thread_at(message.place)

    async def _first_words(self, message: Message, intent: intents.Intent) -> None:
        """Somebody addressed the bot where there is no picture of its yet."""
        if not isinstance(intent, Edit | Imagine | New):
            raise BadInput(replies.NOTHING_HERE)
        attachments = message.attachments
        if attachments and not isinstance(intent, New) and all(one.role is not Role.IMAGE for one in attachments):
            attachments = (replace(attachments[0], role=Role.IMAGE), *attachments[1:])
        prompt, region = region_of(intent.prompt if attachments else "", intent.flags)
        await self._submit(
            Wish(
                asked=message,
                place=message.place,
                prompt=prompt if attachments else intent.prompt,
                region=region,
                flags=intent.flags,
                attachments=attachments,
                reply_to=message.id,
            )
        )

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _action(self, action: Action) -> None:
        if action.name == "cancel":
            await self._cancel(action)
        elif action.name == "try_again":
            await self._try_again(action, JobStatus.FAILED, JobStatus.CANCELLED)
        elif action.name == "make_new":
            await self._try_again(action, JobStatus.OFFERED)
        elif action.name == "use_same":
            await self._use_same(action)
        else:
            await self._version_action(action)

    async def _cancel(self, action: Action) -> None:
        job = await self._job(action)
        if (job.user.platform, job.user.id) != (
            action.user.platform,
            action.user.id,
        ) and not action.user.is_admin:
            raise BadInput(replies.NOT_YOURS)
        if not await self._queue.cancel(job):
            raise BadInput(replies.TOO_LATE_TO_CANCEL)

    async def _job(self, action: Action) -> Job:
        job = await self._desk.store.job(action.target)
        if job is None or not _same_workspace(job.place, action.place):
            raise NotFound("That request is gone.")
        return job

    async def _try_again(self, action: Action, *statuses: JobStatus) -> None:
        """Once for each failure or offer, however many press the button: the next one has a button of its own."""
        job = await self._job(action)
        if job.status not in statuses:
            return
        thread = await self._desk.store.thread(job.thread)
        parent = await self._desk.store.version(job.parent) if job.parent else None
        await self._submit(
            Wish(
                asked=replace(action, event_id=f"again:{job.id}"),
                place=thread.place if thread and thread.place.thread else action.place,
                prompt=job.prompt,
                kind=job.kind,
                thread=thread,
                parent=parent,
                parent_image=job.parent_image,
                base=job.options,
                flags=repeated(job.options),
                references=job.references,
                mask=None if job.kind is Kind.EXTEND else job.mask,
                where="" if job.kind is Kind.EXTEND else job.region,
                extend=job.region if job.kind is Kind.EXTEND else "",
                markup=job.markup,
                avoid=job.avoid,
                reply_to=job.reply_to,
                address=job.address,
                may_offer=False,
            )
        )

    async def _use_same(self, action: Action) -> None:
        """Take the picture that was offered, once."""
        job = await self._job(action)
        made = await self._desk.store.version(job.version) if job.version else None
        if job.status is JobStatus.OFFERED and made:
            reused = reuse(job, made, now=self._desk.now())
            if await self._desk.store.accept(job.id, reused):
                await show(self._desk, job.id)

    async def _version_action(self, action: Action) -> None:
        version = await self._desk.store.version(action.target)
        thread = await self._desk.store.thread(version.thread) if version else None
        if version is None or thread is None or not _same_workspace(thread.place, action.place):
            raise NotFound("That picture is gone.")
        conversation = self._conversation(action, thread, version)
        if action.name == "undo":
            await conversation.undo()
        elif action.name == "reroll":
            await conversation.again({})
        elif action.name == "prompt":
            await self._tell(action, replies.prompt_card(version))
        elif action.name == "rebase":
            await conversation.rebase(action.text)
        elif action.name == "finalize":
            await conversation.finalize()
        elif (number := action.name.removeprefix("pick_")) != action.name and number.isdecimal() and len(number) < 4:
            await conversation.pick(int(number))
        elif action.name == "vary":
            await conversation.vary(action.text)
        elif action.name == "edit":
            await conversation.follow(_edit_of(action.text))
        else:
            raise NotFound("This button is from an older version of the bot. Reply in the thread instead.")


def _same_workspace(one: Place, other: Place) -> bool:
    """A button pressed elsewhere with an id from here does nothing."""
    return (one.platform, one.workspace) == (other.platform, other.workspace)


def _edit_of(text: str) -> Edit:
    intent = intents.command_intent(text, {})
    if isinstance(intent, Help):
        raise BadInput(replies.NO_WORDS)
    return Edit(intent.prompt, intent.flags)
