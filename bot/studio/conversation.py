"""One request inside a picture's thread: edit, undo, redo, again, vary, back to, start over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot import replies
from bot.cards import Card
from bot.errors import BadInput, NotFound
from bot.intents import Again, BackTo, Edit, Imagine, Intent, New, Redo, Show, Undo, Vary
from bot.models import Action, Kind, Message, Place, Request, Thread, Version, new_id
from bot.studio.desk import Desk
from bot.studio.show import bring_back
from bot.studio.submit import Wish, repeated


class Conversation:
    """What one message or button asks of a thread. `meant` is the version it is about; None: the head.

    Every method raises the error to whisper when the answer is no.
    """

    def __init__(
        self,
        desk: Desk,
        asked: Message | Action,
        thread: Thread,
        meant: Version | None,
        *,
        submit: Callable[[Wish], Awaitable[None]],
        tell: Callable[[Request, Card], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._submit = submit
        self._tell = tell
        self._asked = asked
        self._thread = thread
        self._meant = meant

    async def follow(self, intent: Intent) -> None:
        """Do what the words mean."""
        match intent:
            case Undo():
                await self.undo()
            case Redo():
                await self.redo()
            case Again(flags):
                await self.again(flags)
            case Vary(prompt, _):
                await self.vary(prompt)
            case BackTo(number) | Show(number) if number is not None:
                await self.back_to(number)
            case New(prompt, flags) | Imagine(prompt, flags):
                await self._start_over(prompt, flags)
            case Edit(prompt, flags, number, image):
                await self._edit(prompt, flags, number, image)
            case _:
                await self._tell(self._asked, replies.help_card())

    async def undo(self) -> None:
        """Move the head to the parent, once however often it is pressed."""
        version = await self._version()
        if version.parent is None:
            raise BadInput(replies.FIRST_VERSION)
        parent = await self._desk.store.version(version.parent)
        if parent is None:
            raise NotFound("The version before this one was removed.")
        if self._thread.head == parent.id:
            await self._tell(self._asked, replies.already_back(parent))
            return
        await self._bring_back(parent, "Back to")

    async def redo(self) -> None:
        """Move the head to the newest version made from it."""
        head = await self._version()
        children = [one for one in await self._desk.store.versions(self._thread.id) if one.parent == head.id]
        if not children:
            raise BadInput(replies.NOTHING_TO_REDO)
        await self._bring_back(children[-1], "Forward to")

    async def back_to(self, number: int) -> None:
        """Make a numbered version the head."""
        await self._bring_back(await self._numbered(number), "Back to")

    async def again(self, flags: Mapping[str, str]) -> None:
        """The same request once more, as a sibling."""
        version = await self._version()
        if version.kind is Kind.UPLOAD:
            raise BadInput("This picture was uploaded, not made here. Say what should change instead.")
        parent = await self._desk.store.version(version.parent) if version.parent else None
        wish = replace(
            self._wish(version.prompt, version.kind),
            parent=parent,
            parent_image=version.parent_image,
            base=version.options,
            flags={**repeated(version.options), **flags},
            references=version.references,
            mask=version.mask,
            markup=version.markup,
            avoid=version.avoid,
            may_offer=False,
        )
        await self._submit(wish)

    async def vary(self, prompt: str) -> None:
        """Another picture like this one, as its child."""
        version = await self._version()
        wish = self._wish(prompt or version.prompt, Kind.VARIATION)
        await self._submit(replace(wish, parent=version, base=version.options, avoid=version.avoid, may_offer=False))

    async def _edit(self, prompt: str, flags: Mapping[str, str], number: int | None, image: int | None) -> None:
        version = await self._numbered(number) if number is not None else await self._version()
        if not prompt:
            raise BadInput(replies.NO_WORDS)
        if image is not None and not 1 <= image <= len(version.images):
            raise BadInput(f"v{version.number} has {len(version.images)} pictures; there is no picture {image}.")
        wish = replace(
            self._wish(prompt, Kind.EDIT),
            parent=version,
            parent_image=image or 1,
            base=version.options,
            flags=flags,
            attachments=self._asked.attachments,
        )
        await self._submit(wish)

    async def _start_over(self, prompt: str, flags: Mapping[str, str]) -> None:
        wish = self._wish(prompt, Kind.GENERATE)
        await self._submit(replace(wish, flags=flags, attachments=self._asked.attachments))

    async def _version(self) -> Version:
        version = self._meant
        if version is None and self._thread.head:
            version = await self._desk.store.version(self._thread.head)
        if version is None:
            raise BadInput(replies.STILL_DRAWING)
        return version

    async def _numbered(self, number: int) -> Version:
        for version in await self._desk.store.versions(self._thread.id):
            if version.number == number:
                return version
        raise BadInput(replies.unknown_version(number))

    async def _bring_back(self, version: Version, word: str) -> None:
        asked = self._asked
        if await self._desk.store.see(asked.place.platform, asked.event_id):
            await bring_back(
                self._desk,
                version,
                self._home(),
                word=word,
                key=f"back-{new_id()}",
                reply_to=self._reply_to(),
            )

    def _wish(self, prompt: str, kind: Kind) -> Wish:
        return Wish(
            asked=self._asked,
            place=self._home(),
            prompt=prompt,
            kind=kind,
            thread=self._thread,
            reply_to=self._reply_to(),
        )

    def _home(self) -> Place:
        """Where the session lives; answers go there, wherever in the channel it was spoken of."""
        return self._thread.place if self._thread.place.thread else self._asked.place

    def _reply_to(self) -> str | None:
        same_spot = self._asked.place == self._thread.place
        return self._asked.id if isinstance(self._asked, Message) and same_spot else None
