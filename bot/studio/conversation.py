"""One request inside a picture's thread: edit, undo, redo, again, vary, back to, start over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot import replies
from bot.cards import Card
from bot.errors import BadInput, NotFound
from bot.intents import (
    Again,
    BackTo,
    Compare,
    Edit,
    Extend,
    Finalize,
    Imagine,
    Info,
    Intent,
    New,
    Pick,
    Redo,
    Show,
    Undo,
    Vary,
)
from bot.models import Action, Kind, Message, Place, Request, Thread, Version, new_id
from bot.studio.desk import Desk
from bot.studio.final import final_flags, final_price
from bot.studio.rebase import changes, merged, references_of
from bot.studio.regions import check_extendable, check_lockable, region_of
from bot.studio.show import bring_back, compared, shown
from bot.studio.submit import Wish, picked_from, repeated


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
            case BackTo(number):
                await self.back_to(number)
            case Show(number):
                await self.show_again(number)
            case Pick(image, number):
                await self.pick(image, number)
            case Compare(first, second):
                await self.compare(first, second)
            case Info(number):
                await self.info(number)
            case New(prompt, flags) | Imagine(prompt, flags):
                await self._start_over(prompt, flags)
            case Finalize(flags):
                await self.finalize(flags)
            case Extend():
                await self.extend(intent)
            case Edit():
                await self._edit(intent)
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

    async def show_again(self, number: int) -> None:
        """Post a version's card once more; nothing else changes."""
        version = await self._numbered(number)
        card = replies.shown_again(
            version, await shown(self._desk, version), final=await final_price(self._desk, version)
        )
        await self._say_once(card, shows=version)

    async def pick(self, image: int, number: int | None = None) -> None:
        """Make one of several pictures a version of its own, and the current one."""
        version = await self._numbered(number) if number is not None else await self._version()
        version = await self._drawn(version, Kind.PICK)  # after "pick 1", "pick 2" means the other of the same
        if len(version.images) < 2:
            raise BadInput(f"v{version.number} has one picture only; there is nothing to pick.")
        if not 1 <= image <= len(version.images):
            raise BadInput(f"v{version.number} has {len(version.images)} pictures; there is no picture {image}.")
        if not await self._desk.store.see(self._asked.place.platform, self._asked.event_id):
            return
        picked = await self._desk.store.branch(picked_from(version, image, self._asked.user, self._desk.now()))
        await bring_back(self._desk, picked, self._home(), word=f"Picture {image} of v{version.number} is now",
                         key=f"pick-{new_id()}", reply_to=self._reply_to())  # fmt: skip

    async def compare(self, first: int | None, second: int | None) -> None:
        """Two versions side by side, and where they differ."""
        after = await self._numbered(second) if second is not None else await self._version()
        if first is not None:
            before = await self._numbered(first)
        else:
            parent = await self._desk.store.version(after.parent) if after.parent else None
            if parent is None:
                raise BadInput(f"v{after.number} was not made from another version. Say which two: compare v1 v2.")
            before = parent
        if before.id == after.id:
            raise BadInput(f"Both are v{before.number}. Say which two to compare: compare v1 v2.")
        await self._say_once(await compared(self._desk, before, after))

    async def info(self, number: int | None) -> None:
        """Everything about a version, to the asker."""
        version = await self._numbered(number) if number is not None else await self._version()
        parent = await self._desk.store.version(version.parent) if version.parent else None
        await self._tell(self._asked, replies.info(version, parent))

    async def _say_once(self, card: Card, *, shows: Version | None = None) -> None:
        """Post a card in the thread that costs nothing, once for an event."""
        asked = self._asked
        if not await self._desk.store.see(asked.place.platform, asked.event_id):
            return
        platform = self._desk.platforms[self._home().platform]
        address = await platform.post(self._home(), card, reply_to=self._reply_to(), key=f"say-{new_id()}")
        if shows:
            await self._desk.store.showed(shows.id, address)

    async def again(self, flags: Mapping[str, str]) -> None:
        """The same request once more, as a sibling."""
        meant = await self._version()
        version = await self._drawn(meant, Kind.PICK)
        one = {"n": "1"} if meant.kind is Kind.PICK else {}
        if version.kind is Kind.UPLOAD:
            raise BadInput("This picture was uploaded, not made here. Say what should change instead.")
        parent = await self._desk.store.version(version.parent) if version.parent else None
        flags = {**repeated(version.options), **one, **flags}
        if version.kind is Kind.EXTEND:
            check_extendable(flags)
        elif parent and version.region:
            await check_lockable(self._desk, parent, version.parent_image, flags, version.options)
        wish = replace(
            self._wish(version.prompt, version.kind),
            parent=parent,
            parent_image=version.parent_image,
            base=version.options,
            flags=flags,
            references=version.references,
            mask=None if version.kind is Kind.EXTEND else version.mask,
            where="" if version.kind is Kind.EXTEND else version.region,
            extend=version.region if version.kind is Kind.EXTEND else "",
            markup=version.markup,
            avoid=version.avoid,
            may_offer=False,
        )
        await self._submit(wish)

    async def vary(self, prompt: str) -> None:
        """Another picture like this one, as its child."""
        version = await self._version()
        subject = await self._drawn(version, Kind.PICK, Kind.EXTEND, Kind.FINAL)
        wish = self._wish(prompt or subject.prompt, Kind.VARIATION)
        await self._submit(replace(wish, parent=version, base=version.options, avoid=subject.avoid, may_offer=False))

    async def rebase(self, prompt: str) -> None:
        """All changes that led here in one request, from the picture they began with."""
        version = await self._version()
        steps = await changes(self._desk, version)
        first = await self._desk.store.version(steps[0].parent) if steps and steps[0].parent else None
        if first is None:
            raise BadInput(f"v{version.number} did not come from edits that can be done again in one go.")
        words = prompt.strip() or await merged(self._desk, version)  # a form may lose its words over a restart
        if not words:
            raise BadInput(replies.NO_WORDS)
        wish = replace(
            self._wish(words, Kind.EDIT),
            parent=first,
            parent_image=steps[0].parent_image,
            base=version.options,
            references=references_of(steps),
        )
        await self._submit(wish)

    async def finalize(self, asked: Mapping[str, str] | None = None) -> None:
        """The same picture at high quality and up to 4K. Flags that were `asked` for cannot be."""
        version = await self._version()
        if asked:
            raise BadInput(f"finalize takes no options; leave out --{', --'.join(asked)}.")
        flags = await final_flags(self._desk, version)
        if flags is None:
            raise BadInput(f"v{version.number} is as large and fine as {version.options.model} draws it.")
        wish = self._wish(replies.FINAL_WORDS, Kind.FINAL)
        await self._submit(replace(wish, parent=version, base=version.options, flags=flags, may_offer=False))

    async def extend(self, asked: Extend) -> None:
        """The same picture on a larger canvas, its border drawn anew."""
        version = await self._about(asked)
        check_extendable(asked.flags)
        wish = replace(
            self._wish(asked.prompt or replies.extending(asked.how), Kind.EXTEND),
            parent=version,
            parent_image=asked.image or 1,
            base=version.options,
            flags=asked.flags,
            attachments=self._asked.attachments,
            extend=asked.how,
        )
        await self._submit(wish)

    async def _edit(self, edit: Edit) -> None:
        version = await self._about(edit)
        prompt, region = region_of(edit.prompt, edit.flags)
        if not prompt:
            raise BadInput(replies.NO_WORDS)
        if region:
            await check_lockable(self._desk, version, edit.image or 1, edit.flags, version.options)
        wish = replace(
            self._wish(prompt, Kind.EDIT),
            parent=version,
            parent_image=edit.image or 1,
            base=(await self._drawn(version, Kind.PICK, Kind.FINAL)).options,  # a reply to a final is a draft again
            flags=edit.flags,
            region=region,
            attachments=self._asked.attachments,
        )
        await self._submit(wish)

    async def _about(self, asked: Edit | Extend) -> Version:
        """The version that "v2: …" names, else the one meant; it has the picture that "2: …" names."""
        version = await self._numbered(asked.version) if asked.version is not None else await self._version()
        if asked.image is not None and not 1 <= asked.image <= len(version.images):
            raise BadInput(f"v{version.number} has {len(version.images)} pictures; there is no picture {asked.image}.")
        return version

    async def _start_over(self, prompt: str, flags: Mapping[str, str]) -> None:
        wish = self._wish(prompt, Kind.GENERATE)
        await self._submit(replace(wish, flags=flags, attachments=self._asked.attachments))

    async def _drawn(self, version: Version, *but: Kind) -> Version:
        """The version itself, or the next one before it that is not of these kinds: what they show was drawn there."""
        while version.kind in but and version.parent:
            before = await self._desk.store.version(version.parent)
            if before is None:
                break
            version = before
        return version

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
