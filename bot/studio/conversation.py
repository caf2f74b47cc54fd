"""One request inside a picture's thread: edit, undo, redo, again, vary, pick, back to, start over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot import replies
from bot.errors import BadInput, NotFound
from bot.intents import (
    About,
    AboutPicture,
    Again,
    BackTo,
    Compare,
    Edit,
    Export,
    Extend,
    Finalize,
    Gallery,
    Imagine,
    Info,
    Intent,
    Misused,
    New,
    Paint,
    Panel,
    Pick,
    Redo,
    SaveAs,
    Sheet,
    Show,
    Star,
    Tray,
    Undo,
    Vary,
)
from bot.models import Kind, Reference, Version, new_id
from bot.panels import words_of
from bot.replies.privacy import WORDS_GONE
from bot.studio.final import final_flags
from bot.studio.looking import look
from bot.studio.marks import Taken, check_unmarked, take_along, unmarked
from bot.studio.rebase import changes, merged, references_of
from bot.studio.references import change_tray, drop, made_as, mentioned, save_as, tray_of
from bot.studio.regions import check_extendable, check_lockable, region_of
from bot.studio.series import again_wish, panel_wish
from bot.studio.show import bring_back
from bot.studio.spot import Spot
from bot.studio.wishes import picked_from, repeating, together


class Conversation:
    """What one message or button asks of a thread.

    Every method raises the error to whisper when the answer is no.
    """

    def __init__(self, spot: Spot) -> None:
        self._spot = spot
        self._desk = spot.desk

    async def follow(self, intent: Intent) -> None:
        """Do what the words mean."""
        if not isinstance(intent, Edit):
            check_unmarked(getattr(intent, "flags", {}))
        match intent:
            case Edit():
                await self.edit(intent)
            case Undo():
                await self.undo()
            case Redo():
                await self.redo()
            case Again(flags):
                await self.again(flags)
            case Vary():
                await self.vary(intent)
            case BackTo(number):
                await self._bring_back(await self._spot.numbered(number), "Back to")
            case Pick(image, number):
                await self.pick(image, number)
            case New(prompt, flags) | Imagine(prompt, flags):
                await self._start_over(prompt, flags)
            case Finalize(flags):
                await self.finalize(flags)
            case Extend():
                await self.extend(intent)
            case Panel():
                await self._panel(intent)
            case Tray():
                await change_tray(self._spot, intent)
            case SaveAs():
                await save_as(self._spot, intent)
            case Compare() | Export() | Gallery() | Info() | Paint() | Sheet() | Show() | Star():
                await look(self._spot, intent)
            case About(number, command):
                await Conversation(self._spot.about(await self._spot.numbered(number))).follow(command)
            case AboutPicture(number, command):
                version, image = await made_as(self._spot, number)
                await Conversation(self._spot.about(version)).follow(replace(command, image=image))
            case Misused(command, flags):
                raise BadInput(replies.misused(command, tuple(flags)))
            case _:
                await self._spot.tell(replies.help_card())

    # ── moving the head ──────────────────────────────────────────────────────────────────────────────────────────

    async def undo(self) -> None:
        """Move the head to the parent, once however often it is pressed."""
        version = await self._spot.version()
        if version.parent is None:
            raise BadInput(replies.FIRST_VERSION)
        parent = await self._desk.store.version(version.parent)
        while parent and not parent.is_open and parent.parent:
            parent = await self._desk.store.version(parent.parent)
        if parent is None or not parent.is_open:
            raise NotFound("The version before this one was removed.")
        if self._spot.thread.head == parent.id:
            await self._spot.tell(replies.already_back(parent))
            return
        await self._bring_back(parent, "Back to")

    async def redo(self) -> None:
        """Move the head to the newest version made from it."""
        head = await self._spot.version()
        versions = await self._desk.store.versions(self._spot.thread.id)
        children = [one for one in versions if one.parent == head.id and one.is_open]
        if not children:
            raise BadInput(replies.NOTHING_TO_REDO)
        await self._bring_back(children[-1], "Forward to")

    async def pick(self, image: int, number: int | None = None) -> None:
        """Make one of several pictures a version of its own, and the current one."""
        version = await self._spot.version(number)
        version = await self._spot.drawn(version, Kind.PICK)  # after "pick 1", "pick 2" means the other of the same
        if len(version.images) < 2:
            raise BadInput(f"v{version.number} has one picture only; there is nothing to pick.")
        if not 1 <= image <= len(version.images):
            raise BadInput(f"v{version.number} has {len(version.images)} pictures; there is no picture {image}.")
        if await self._spot.first_time():
            picked = await self._desk.store.branch(picked_from(version, image, self._spot.user, self._desk.now()))
            await self._show_as_head(picked, f"Picture {image} of v{version.number} is now")

    async def _bring_back(self, version: Version, word: str) -> None:
        if await self._spot.first_time():
            await self._show_as_head(version, word)

    async def _show_as_head(self, version: Version, word: str) -> None:
        spot = self._spot
        await bring_back(self._desk, version, spot.home, word=word, key=f"back-{new_id()}", reply_to=spot.reply_to)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def edit(self, edit: Edit) -> None:
        """Change a picture: the one meant, the one that "v2: 2:" names, or the one that was drawn on and sent back."""
        spot = self._spot
        version = await spot.pictured(edit.version, edit.image)
        prompt, region = region_of(edit.prompt, edit.flags)
        if not prompt:
            raise BadInput(replies.NO_WORDS)
        named = edit.version is not None or edit.image is not None
        taken = await take_along(spot, version, edit.image or 1, edit.flags, named=named)
        version, flags = taken.version, unmarked(edit.flags)
        if region or taken.mask:
            await check_lockable(self._desk, version, taken.image, flags, version.options)
        wish = replace(
            spot.wish(prompt, Kind.EDIT),
            parent=version,
            parent_image=taken.image,
            base=(await spot.drawn(version, Kind.PICK, Kind.FINAL)).options,  # a reply to a final is a draft again
            flags=flags,
            region=region,
            references=await self._along(taken, prompt, flags),
            mask=taken.mask,
            markup=taken.markup,
            notes=taken.notes,
        )
        await spot.submit(wish)

    async def _along(self, taken: Taken, prompt: str, flags: Mapping[str, str]) -> tuple[Reference, ...]:
        """What goes along with an edit: the version's tray, what the words name, what was sent."""
        tray = await tray_of(self._desk, taken.version)
        edited = taken.version.images[taken.image - 1]
        return together(tray, await self._mentioned(prompt, flags), taken.references, but=edited)

    async def _mentioned(self, prompt: str, flags: Mapping[str, str]) -> tuple[Reference, ...]:
        words = f"{prompt}\n{flags.get('series', '')}"
        return await mentioned(self._desk, words, self._spot.home, self._spot.thread)

    async def again(self, flags: Mapping[str, str]) -> None:
        """The same request once more, as a sibling."""
        meant = await self._spot.version()
        version = await self._spot.drawn(meant, Kind.PICK)
        one = {"n": "1"} if meant.kind is Kind.PICK else {}
        if version.kind is Kind.UPLOAD:
            raise BadInput("This picture was uploaded, not made here. Say what should change instead.")
        parent = await self._desk.store.version(version.parent) if version.parent else None
        wish = repeating(self._spot.wish(version.prompt, version.kind), version, parent)
        wish = replace(wish, flags={**wish.flags, **one, **flags})
        if version.kind is Kind.SERIES:
            wish = await again_wish(self._desk, wish, meant, version)
        if wish.extend:
            check_extendable(wish.flags)
        elif parent and version.mask:
            await check_lockable(self._desk, parent, version.parent_image, wish.flags, version.options)
        await self._spot.submit(wish)

    async def vary(self, asked: Vary) -> None:
        """Another picture like this one, as its child."""
        version = await self._spot.version()
        subject = await self._spot.drawn(version, Kind.PICK, Kind.EXTEND, Kind.FINAL)
        if len(version.images) > 1 and version.kind is Kind.SERIES:
            raise BadInput(f"v{version.number} is a series. Pick a panel first: pick 2.")
        wish = replace(
            self._spot.wish(asked.prompt or _words_for(version, subject), Kind.VARIATION),
            parent=version,
            base=version.options,
            flags=asked.flags,
            references=together(
                await tray_of(self._desk, version),
                await self._mentioned(asked.prompt, asked.flags),
                but=version.images[0],
            ),
            attachments=self._spot.attachments,
            avoid=subject.avoid,
            strong=asked.strong,
            may_offer=False,
        )
        await self._spot.submit(wish)

    async def rebase(self, prompt: str) -> None:
        """All changes that led here in one request, from the picture they began with."""
        version = await self._spot.version()
        steps = await changes(self._desk, version)
        first = await self._desk.store.version(steps[0].parent) if steps and steps[0].parent else None
        if first is None:
            raise BadInput(f"v{version.number} did not come from edits that can be done again in one go.")
        words = prompt.strip() or await merged(self._desk, version)  # a form may lose its words over a restart
        if not words:
            raise BadInput(replies.NO_WORDS)
        edited = first.images[steps[0].parent_image - 1]
        wish = replace(
            self._spot.wish(words, Kind.EDIT),
            parent=first,
            parent_image=steps[0].parent_image,
            base=version.options,
            references=together(references_of(steps), await self._mentioned(words, {}), but=edited),
        )
        await self._spot.submit(wish)

    async def finalize(self, asked: Mapping[str, str] | None = None) -> None:
        """The same picture at high quality and up to 4K. Flags that were `asked` for cannot be."""
        version = await self._spot.version()
        if asked:
            raise BadInput(replies.misused("finalize", tuple(asked)))
        flags = await final_flags(self._desk, version)
        if flags is None:
            raise BadInput(f"v{version.number} is as large and fine as {version.options.model} draws it.")
        wish = self._spot.wish(replies.FINAL_WORDS, Kind.FINAL)
        await self._spot.submit(replace(wish, parent=version, base=version.options, flags=flags, may_offer=False))

    async def extend(self, asked: Extend) -> None:
        """The same picture on a larger canvas, its border drawn anew."""
        version = await self._spot.pictured(asked.version, asked.image)
        check_extendable(asked.flags)
        words = asked.prompt or replies.extending(asked.how)
        wish = replace(
            self._spot.wish(words, Kind.EXTEND),
            parent=version,
            parent_image=asked.image or 1,
            base=version.options,
            flags=asked.flags,
            references=await self._mentioned(words, {}),
            attachments=self._spot.attachments,
            extend=asked.how,
        )
        await self._spot.submit(wish)

    async def _panel(self, asked: Panel) -> None:
        """One panel of a series anew."""
        version = await self._spot.drawn(await self._spot.version(), Kind.PICK)
        if "prompts" in version.purged:
            raise NotFound(WORDS_GONE)
        wish = self._spot.wish(version.prompt, Kind.SERIES)
        await self._spot.submit(panel_wish(wish, version, asked.number, asked.prompt, asked.flags))

    async def drop(self, asset: str) -> None:
        """Take one picture out of the references."""
        await drop(self._spot, asset)

    async def _start_over(self, prompt: str, flags: Mapping[str, str]) -> None:
        references = await self._mentioned(prompt, flags)
        wish = self._spot.wish(prompt, Kind.GENERATE)
        await self._spot.submit(replace(wish, flags=flags, references=references, attachments=self._spot.attachments))


def _words_for(version: Version, drawn: Version) -> str:
    """The words a picture was drawn by; for a panel picked out of a series with the panel's own. Raises `NotFound`."""
    if "prompts" in drawn.purged:
        raise NotFound(WORDS_GONE)
    if drawn.panels and len(version.panel_of) == 1:
        return words_of(drawn.prompt, drawn.panels[version.panel_of[0] - 1])
    return drawn.prompt
