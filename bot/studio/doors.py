"""The three doors: what a command, a message or a pressed button means, and which verb it goes to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from bot import intents, replies
from bot.cards import Card
from bot.errors import AlreadySeen, BadInput, NotFound, NotShown, RetouchError
from bot.intents import Edit, Gallery, Help, Imagine, Info, New, NotForUs, Paint, Panel, PictureAlone, Sheet, Vary
from bot.models import (
    Action,
    Command,
    Job,
    JobStatus,
    Kind,
    Message,
    Place,
    Policy,
    Request,
    Thread,
    ThreadMode,
    User,
    Version,
    new_id,
)
from bot.moderation import policy_for
from bot.queue import Queue
from bot.replies.privacy import FORGET
from bot.replies.private import ONLY_ITS_ASKER
from bot.replies.review import hidden
from bot.studio.admin import admin_command
from bot.studio.conversation import Conversation
from bot.studio.desk import Desk
from bot.studio.gate import enter, note_refusal, readable
from bot.studio.looking import gallery_command
from bot.studio.marks import check_unmarked, sent_first
from bot.studio.own import OWN, press
from bot.studio.privacy import forget_button, privacy_command
from bot.studio.private import check_no_answer
from bot.studio.quota import quota_card
from bot.studio.references import mentioned, ref_command
from bot.studio.regions import region_of
from bot.studio.review import DECISIONS, decide, report
from bot.studio.show import show
from bot.studio.spot import Spot
from bot.studio.submit import submit
from bot.studio.turn import Turn
from bot.studio.usage import learn_names
from bot.studio.wishes import Wish, repeating, reuse

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Request)


class Studio:
    """The three doors of `ports.Doors`, over one desk and its queue."""

    def __init__(self, desk: Desk, queue: Queue) -> None:
        self._desk = desk
        self._queue = queue

    async def command(self, command: Command) -> None:
        """Take a slash command."""
        await self._answer(command, self._command)
        await learn_names(self._desk, command)

    async def message(self, message: Message) -> None:
        """Take something someone said."""
        await self._answer(message, self._message)

    async def action(self, action: Action) -> None:
        """Take a pressed button or a submitted form."""
        await self._answer(action, self._action)

    async def ask(self, asked: Action | Command) -> Card | None:
        """Take what was done on a web page; what would be whispered is the answer."""
        told: list[Card] = []
        if isinstance(asked, Command):
            await self._answer(asked, self._command, told.append)
        else:
            await self._answer(asked, self._action, told.append)
        return told[0] if told else None

    async def settings(self, user: User, workspace: str) -> Policy | None:
        """A workspace's settings, to fill in a form; None for who may not change them."""
        return await self._desk.store.policy(workspace) if user.is_admin else None

    async def _answer(
        self, asked: T, handle: Callable[[T, Turn], Awaitable[None]], whisper: Callable[[Card], None] | None = None
    ) -> None:
        """Do it once; tell the asker, and nobody else, why not."""
        asked = readable(asked)
        turn = Turn(self._desk, asked, whisper)
        try:
            if not await self._desk.store.saw(asked.place.platform, asked.event_id):
                await handle(asked, turn)
        except AlreadySeen:
            pass
        except NotShown as error:
            turn.is_ours()  # the reservation remembered the event
            await turn.tell(replies.problem(error))
        except RetouchError as error:
            log.info("refused: event=%s error=%s", asked.event_id, type(error).__name__)
            await note_refusal(self._desk, asked, error)
            is_free = isinstance(asked, Command) and asked.name in ("admin", "privacy", "quota")
            await turn.tell(replies.problem(error, prompt=asked.text, is_free=is_free))
        except Exception:
            error_id = new_id(8)
            log.exception("broken: event=%s error_id=%s", asked.event_id, error_id)
            await turn.tell(replies.broken(error_id))

    async def _submit(self, wish: Wish) -> None:
        if await submit(self._desk, wish):
            self._queue.wake()

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, command: Command, turn: Turn) -> None:
        if command.name == "ref":
            await turn.tell(await ref_command(self._desk, command))
            return
        if command.name == "quota":
            await turn.tell(await quota_card(self._desk, command))
            return
        if command.name == "admin":
            await admin_command(self._desk, command, turn)
            return
        if command.name == "privacy":
            await privacy_command(self._desk, command, turn)
            return
        if command.name == "gallery":
            await turn.tell(gallery_command(self._desk, command))
            return
        intent = intents.command_intent(command.text, command.flags)
        if isinstance(intent, Help):
            await turn.tell(replies.help_card())
            return
        await enter(self._desk, command)
        thread = await self._desk.store.thread_at(command.place)
        words = f"{intent.prompt}\n{intent.flags.get('series', '')}"
        references = await mentioned(self._desk, words, command.place, thread)
        is_edit = command.name == "edit"
        attachments, flags = command.attachments, intent.flags
        if is_edit:
            attachments, flags = sent_first(attachments, flags)
        else:
            check_unmarked(flags)
        prompt, region = region_of(intent.prompt if is_edit else "", flags)
        await self._submit(
            Wish(
                asked=command,
                place=command.place,
                prompt=prompt if is_edit else intent.prompt,
                region=region,
                kind=Kind.EDIT if is_edit else Kind.GENERATE,
                flags=flags,
                thread=thread,
                references=references,
                attachments=attachments,
                reply_to=command.reply_to,
            )
        )

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _message(self, message: Message, turn: Turn) -> None:
        meant = await self._meant_version(message)
        thread = await self._thread_of(message, meant)
        if thread is None and not message.mentions_bot:
            return
        policy = policy_for(await self._desk.store.policy(message.place.workspace), message.place.channel)
        intent = intents.message_intent(
            message.text,
            mode=ThreadMode.MENTION_ONLY if thread and thread.guest and not meant else policy.thread_mode,
            mentions_bot=message.mentions_bot,
            mentions_others=message.mentions_others,
            has_pictures=bool(message.attachments),
        )
        if isinstance(intent, NotForUs):
            log.debug("not for us: event=%s reason=%s", message.event_id, intent.reason)
        elif isinstance(intent, PictureAlone):
            await self._hint_once(message, thread, turn)
        elif isinstance(intent, Help):
            await turn.tell(replies.help_card())
        elif thread is None:
            await check_no_answer(self._desk, message)
            await enter(self._desk, message)
            await self._first_words(message, intent)
        else:
            if not isinstance(intent, Info | Gallery):
                await enter(self._desk, message)
            await Conversation(Spot(self._desk, message, thread, meant, self._submit, turn)).follow(intent)

    async def _hint_once(self, message: Message, thread: Thread | None, turn: Turn) -> None:
        """Say what pictures are good for, to each person once in a thread."""
        if thread and await self._desk.store.see(message.place.platform, f"alone:{thread.id}:{message.user.id}"):
            await turn.tell(replies.notice(replies.PICTURE_ALONE))

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
        attachments, flags = message.attachments, intent.flags
        if attachments and not isinstance(intent, New):
            attachments, flags = sent_first(attachments, flags)
        else:
            check_unmarked(flags)
        prompt, region = region_of(intent.prompt if attachments else "", flags)
        references = await mentioned(self._desk, intent.prompt, message.place, None)
        await self._submit(
            Wish(
                asked=message,
                place=message.place,
                references=references,
                prompt=prompt if attachments else intent.prompt,
                region=region,
                flags=flags,
                attachments=attachments,
                reply_to=message.id,
            )
        )

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _action(self, action: Action, turn: Turn) -> None:
        if action.name == "cancel":
            await self._cancel(action)
        elif action.name == "try_again":
            await self._try_again(action, JobStatus.FAILED, JobStatus.CANCELLED)
        elif action.name == "make_new":
            await self._try_again(action, JobStatus.OFFERED)
        elif action.name == "use_same":
            await self._use_same(action)
        elif action.name == FORGET:
            await forget_button(self._desk, action, turn)
        else:
            await self._version_action(action, turn)

    async def _cancel(self, action: Action) -> None:
        job = await self._job(action)
        if not _is_by(job, action) and not action.user.is_admin:
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
        if job.alone and not _is_by(job, action):
            raise BadInput(ONLY_ITS_ASKER)
        thread = await self._desk.store.thread(job.thread)
        parent = await self._desk.store.version(job.parent) if job.parent else None
        wish = Wish(
            asked=replace(action, event_id=f"again:{job.id}"),
            place=thread.place if thread and thread.place.thread else action.place,
            prompt=job.prompt,
            kind=job.kind,
            thread=thread,
            reply_to=job.reply_to,
            address=job.address,
        )
        await self._submit(repeating(wish, job, parent))

    async def _use_same(self, action: Action) -> None:
        """Take the picture that was offered, once."""
        await enter(self._desk, action)
        job = await self._job(action)
        made = await self._desk.store.version(job.version) if job.version else None
        if made and not made.is_open:
            raise BadInput(hidden(made))
        if job.status is JobStatus.OFFERED and made:
            reused = reuse(job, made, now=self._desk.now())
            if await self._desk.store.accept(job.id, reused):
                await show(self._desk, job.id)

    async def _version_action(self, action: Action, turn: Turn) -> None:
        version = await self._desk.store.version(action.target)
        thread = await self._desk.store.thread(version.thread) if version else None
        if version and action.name in OWN:  # in Discord's direct messages, that is in no workspace
            await press(self._desk, action, version, turn)
            return
        if version is None or thread is None or not _same_workspace(thread.place, action.place):
            raise NotFound("That picture is gone.")
        if action.name in DECISIONS:
            await decide(self._desk, action, version, turn)
            return
        if not version.is_open:
            raise BadInput(hidden(version))
        if action.name == "report":
            await report(self._desk, action, version, thread, turn)
            return
        if action.name == "prompt":
            await turn.tell(replies.prompt_card(version))
            return
        await enter(self._desk, action)
        conversation = Conversation(Spot(self._desk, action, thread, version, self._submit, turn))
        name, _, detail = action.name.partition("_")
        number = int(detail) if detail.isdecimal() and len(detail) < 4 else None
        if name == "undo":
            await conversation.undo()
        elif name == "reroll":
            await conversation.again({})
        elif name == "rebase":
            await conversation.rebase(action.text)
        elif name == "finalize":
            await conversation.finalize()
        elif name == "pick" and number:
            await conversation.pick(number)
        elif name == "vary":
            await conversation.vary(Vary(action.text))
        elif name == "edit":
            await conversation.follow(_meaning_of(action.text))
        elif name == "paint":  # with a number it comes from the page, and brings the mask
            await conversation.follow(_painted(action.text, number) if number else Paint())
        elif name == "panel":
            await conversation.follow(_panel_of(action.text))
        elif name == "sheet":
            await conversation.follow(Sheet())
        elif name == "drop" and detail:
            await conversation.drop(detail)
        else:
            raise NotFound("This button is from an older version of the bot. Reply in the thread instead.")


def _is_by(job: Job, action: Action) -> bool:
    return (job.user.platform, job.user.id) == (action.user.platform, action.user.id)


def _same_workspace(one: Place, other: Place) -> bool:
    """A button pressed elsewhere with an id from here does nothing."""
    return (one.platform, one.workspace) == (other.platform, other.workspace)


def _meaning_of(text: str) -> intents.Intent:
    """What words in a picture's form mean: the same as in a reply to it. Raises `BadInput` where they mean nothing."""
    intent = intents.message_intent(
        text, mode=ThreadMode.EVERY_REPLY, mentions_bot=False, mentions_others=False, has_pictures=False
    )
    if isinstance(intent, NotForUs | Help):
        raise BadInput(replies.NO_WORDS)
    return intent


def _painted(text: str, image: int) -> Edit:
    """What is to change where somebody painted on this picture. Raises `BadInput` for words about anything else."""
    intent = _meaning_of(text)
    if not isinstance(intent, Edit) or intent.version is not None or intent.image is not None:
        raise BadInput("Say only what should change where you painted, for example: a red boat.")
    return replace(intent, image=image)


def _panel_of(text: str) -> Panel:
    """What a form for one panel says: "2", or "2: it finds a ring"."""
    number, _, words = text.replace("：", ":").partition(":")
    if not (number.strip().isdecimal() and len(number.strip()) < 3):
        raise BadInput("Type the number of the panel, for example 2, or 2: it finds a ring.")
    prompt, flags = intents.split_flags(words)
    return Panel(int(number), prompt, flags)
