"""Pictures that go along: the tray of a version, the numbered pictures of a thread, a workspace's named ones."""

from __future__ import annotations

import asyncio
import difflib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot import intents, moderation, replies
from bot.cards import Card
from bot.errors import AlreadySeen, BadAttachment, BadInput, Refused
from bot.intents import RefCommand, SaveAs, Tray
from bot.models import (
    Asset,
    Command,
    Kind,
    NamedReference,
    Place,
    Policy,
    Reference,
    Role,
    Thread,
    User,
    Version,
    Who,
    new_id,
)
from bot.replies.review import hidden
from bot.sheets import contact_sheet
from bot.studio.audit import acted, person_acted
from bot.studio.desk import Desk
from bot.studio.disclosed import told_of
from bot.studio.gate import ALONE, enter
from bot.studio.intake import MAX_PICTURES, as_asset, take_in
from bot.studio.spot import Spot
from bot.studio.wishes import together

log = logging.getLogger(__name__)

MAX_NAMED = 500  # of a workspace
GONE = "gone-"  # a mark in place of a picture that is not kept any more
_CALLS = frozenset({"everyone", "here", "channel", "group", "all"})
_CLOSE = 0.75  # how like a known name a word must be to be taken for a slip of the pen


# ── What a request takes along ───────────────────────────────────────────────────────────────────────────────────


async def tray_of(desk: Desk, version: Version) -> tuple[Reference, ...]:
    """The references that go along when this version is edited: those it was made with, unless the tray was changed.

    Without pictures that are gone: who edits what was made with them goes on without them.
    """
    changed = await desk.store.tray(version.id)
    along = await _untouched(desk, version) if changed is None else changed
    return tuple([one for one in along if await desk.store.asset(one.asset)])


async def _untouched(desk: Desk, version: Version) -> tuple[Reference, ...]:
    """A tray that nobody changed. Who picks, finalizes or extends goes on with the picture before and its tray."""
    goes_on = version.kind in (Kind.PICK, Kind.FINAL, Kind.EXTEND)
    parent = await desk.store.version(version.parent) if goes_on and version.parent else None
    made_with = tuple(one for one in version.references if not one.asset.startswith(GONE))
    return together(await tray_of(desk, parent), made_with) if parent else made_with


async def numbered(desk: Desk, thread_id: str) -> dict[str, int]:
    """The pictures seen in a thread: asset ids with their numbers. The first is #1.

    A number never changes: a version's references come before its pictures, and versions are only added.
    """
    seen: dict[str, int] = {}
    for version in await desk.store.versions(thread_id):
        for asset in (*(one.asset for one in version.references), *version.images):
            seen.setdefault(asset, len(seen) + 1)
    return seen


async def numbers_of(desk: Desk, version: Version) -> str:
    """How a version's pictures are called in its thread, in their order: "#4", "#4–#7", or "#1, #5, #3–#4"."""
    seen = await numbered(desk, version.thread)
    runs: list[list[int]] = []
    for number in (seen[one] for one in version.images if one in seen):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]}–#{run[-1]}" for run in runs)


async def made_as(spot: Spot, number: int) -> tuple[Version, int]:
    """The version whose picture a thread numbers so, and which of its pictures it is (from 1). Raises `BadInput`."""
    seen = await numbered(spot.desk, spot.thread.id)
    asset = next((one for one, known in seen.items() if known == number), None)
    if asset is None:
        raise BadInput(f"There is no picture #{number} in this thread; the newest is #{len(seen)}.")
    for version in await spot.desk.store.versions(spot.thread.id):
        if asset in version.images:
            if not version.is_open:
                raise BadInput(hidden(version))
            return version, version.images.index(asset) + 1
    raise BadInput(f"#{number} was sent along, not made here. Use it in an edit: use #{number} as style.")


async def mentioned(desk: Desk, words: str, place: Place, thread: Thread | None) -> tuple[Reference, ...]:
    """The pictures that words name: `#3` of the thread, `@logo` of the workspace.

    Raises `BadInput` for a number that the thread does not have, and for a name that looks like a slip of the pen.
    """
    found = intents.mentions(words)
    if not found:
        return ()
    assets = list(await numbered(desk, thread.id)) if thread else []
    named = {one.name: one.reference for one in await desk.store.named(_cupboard(place))}
    references = []
    for mention in found:
        known = _number(mention.text, assets, thread) if mention.text[0] == "#" else _name(mention.text, named)
        if known:
            references.append(replace(known, role=mention.role or known.role))
    await _check_open(desk, references, thread)
    return tuple(references)


async def _check_open(desk: Desk, references: Sequence[Reference], thread: Thread | None) -> None:
    """Raise `BadInput` for a picture of the thread that nobody may see."""
    assets = {one.asset for one in references}
    for version in await desk.store.versions(thread.id) if thread and assets else ():
        if not version.is_open and assets & {*version.images}:
            raise BadInput(hidden(version))


def _number(text: str, assets: Sequence[str], thread: Thread | None) -> Reference | None:
    if thread is None:
        return None  # outside a thread "#1" is nothing but a word
    number = int(text[1:])
    if number > len(assets):
        last = f"the newest is #{len(assets)}" if assets else "there is none yet"
        raise BadInput(f"There is no picture {text} in this thread; {last}. Put it in quotation marks if it is text.")
    return Reference(assets[number - 1], text)


def _name(text: str, named: dict[str, Reference]) -> Reference | None:
    name = text[1:]
    if name in named:
        return named[name]
    if close := difflib.get_close_matches(name, named, 1, _CLOSE):
        raise BadInput(
            f"There is no reference {text}. Did you mean @{close[0]}? Put it in quotation marks if it is text."
        )
    return None  # "@summersale" on a poster


# ── The tray ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def change_tray(spot: Spot, change: Tray) -> None:
    """Show or change what goes along with the next edits of a version. Raises `BadInput`."""
    version = await spot.version()
    if change.change == "show" and spot.attachments:
        change = replace(change, change="add")
    if change.change == "show":
        await spot.say_once(await _tray_card(spot, version, await tray_of(spot.desk, version), replies.TRAY))
        return
    which = await _which(spot, change)
    edited = version.images[0] if len(version.images) == 1 else ""
    words = replies.tray_changed(spot.user.name, change.change, [one.name for one in which])
    await _change(spot, version, lambda before: _changed(before, change, which, but=edited), words)


async def drop(spot: Spot, beginning: str) -> None:
    """Take one picture out of the tray, by the beginning of its asset id."""
    version = await spot.version()
    gone = next((one for one in await tray_of(spot.desk, version) if one.asset.startswith(beginning)), None)
    if gone is None:
        raise BadInput("That picture is not among the references any more.")
    words = replies.tray_changed(spot.user.name, "remove", [gone.name])
    await _change(spot, version, lambda before: tuple(one for one in before if one.asset != gone.asset), words)


async def _change(
    spot: Spot, version: Version, change: Callable[[Sequence[Reference]], tuple[Reference, ...]], words: str
) -> None:
    """Change the tray in one go, so that nobody's change is lost, and show it."""
    if await spot.first_time():
        untouched = await _untouched(spot.desk, version)
        after = await spot.desk.store.change_tray(
            version.id, lambda before: change(untouched if before is None else before)
        )
        await spot.say(await _tray_card(spot, version, after, words))


async def _which(spot: Spot, change: Tray) -> tuple[Reference, ...]:
    """The pictures a change is about: named, or sent along."""
    named = await mentioned(spot.desk, ", ".join(change.which), spot.home, spot.thread)
    names = {one.name for one in named}
    if missing := [one for one in change.which if one not in names]:
        raise BadInput(f"There is no reference {missing[0]} here. {replies.REFS_HINT}")
    sent = await take_in(spot.desk, spot.asked.place.platform, spot.attachments) if change.change == "add" else None
    which = together(named, sent.references if sent else ())
    if not which and change.change != "clear":
        raise BadInput(replies.REFS_HINT)
    return tuple(replace(one, role=Role(change.role)) for one in which) if change.role else which


def _changed(
    before: Sequence[Reference], change: Tray, which: Sequence[Reference], *, but: str
) -> tuple[Reference, ...]:
    assets = {one.asset for one in which}
    if change.change == "clear":
        return ()
    if change.change == "add":
        if assets == {but}:
            raise BadInput(f"{which[0].name} is the picture to change; it goes along anyway.")
        after = together(before, which, but=but)
        if len(after) > MAX_PICTURES - 1:
            raise BadInput(replies.tray_full(MAX_PICTURES))
        return after
    if absent := [one for one in which if one.asset not in {known.asset for known in before}]:
        raise BadInput(f"{absent[0].name} is not among the references. Add it: refs add {absent[0].name}.")
    if change.change == "remove":
        return tuple(one for one in before if one.asset not in assets)
    if change.change == "role":
        return tuple(replace(one, role=Role(change.role)) if one.asset in assets else one for one in before)
    named = {one.asset: one for one in before}
    return (*(named[one.asset] for one in which), *(one for one in before if one.asset not in assets))


async def _tray_card(spot: Spot, version: Version, references: Sequence[Reference], words: str) -> Card:
    """The tray with its pictures on one sheet."""
    numbers = await numbered(spot.desk, version.thread)
    tray = [replies.InTray(one, numbers.get(one.asset)) for one in references]
    assets = [asset for one in references if (asset := await spot.desk.store.asset(one.asset))]
    labels = {one.reference.asset: one.label for one in tray}
    sheet = await _sheet(spot.desk, assets, [labels[asset.id] for asset in assets]) if assets else None
    drawn = bool(await spot.desk.store.drawn([one.id for one in assets]))
    card = replies.tray(version, tray, words, sheet, most=MAX_PICTURES, drawn=drawn)
    return await told_of(spot.desk, card, spot.home.workspace) if sheet and drawn else card


async def _sheet(desk: Desk, assets: Sequence[Asset], labels: Sequence[str]) -> replies.Shown | None:
    """The pictures on one; None where none of them can be read: the list is worth showing all the same."""
    scratch = desk.tmp / f"tray-{new_id()}.png"
    paths = [desk.store.asset_path(asset) for asset in assets]
    try:
        made = await asyncio.to_thread(contact_sheet, paths, scratch, labels=labels)
        kept = await desk.store.put_asset(scratch, as_asset(made, derived_from=assets[0].id))
        await desk.store.reviews.made_of(kept.id, [one.id for one in assets])
    except (BadAttachment, OSError):
        log.warning("no sheet of a tray", exc_info=True)
        return None
    finally:
        await asyncio.to_thread(scratch.unlink, missing_ok=True)
    return replies.Shown(kept, desk.store.asset_path(kept))


# ── Named references ─────────────────────────────────────────────────────────────────────────────────────────────


def _cupboard(place: Place) -> Place:
    """Where the named references of a place are kept: with its workspace.

    Strangers who talk to the bot alone share one there; what they keep stays in their own conversation.
    """
    return replace(place, workspace=f"{ALONE} {place.channel}") if place.workspace == ALONE else place


async def ref_command(desk: Desk, command: Command) -> Card:
    """What `/imagine-ref` answers. Raises `BadInput`."""
    asked = intents.ref_command(command.text)
    if asked is None:
        raise BadInput(replies.REF_HINT)
    if asked.change == "list":
        return replies.named_references(await desk.store.named(_cupboard(command.place)))
    if not asked.name:
        raise BadInput(replies.REF_HINT)
    if asked.change != "show":
        await enter(desk, command)
    if asked.change == "add":
        _check_name(asked.name)
        return await _add(desk, command, asked)
    known = await _known(desk, command.place, asked.name)
    if asked.change == "show":
        drawn = bool(await desk.store.drawn([known.reference.asset]))
        card = replies.named_reference(known, await _shown_reference(desk, known.reference), drawn=drawn)
        return await told_of(desk, card, command.place.workspace) if card.images and drawn else card
    policy = await desk.store.policy(command.place.workspace)
    _check_may(policy.deletes_references, command.user, known.added_by, "delete named references")
    if await desk.store.remove_named(_cupboard(command.place), known.name):
        await acted(desk, command, "named.delete", f"@{known.name}", before=known.reference.asset)
    return replies.notice(f"@{known.name} is deleted. Pictures made with it keep it.")


async def save_as(spot: Spot, asked: SaveAs) -> None:
    """Keep a picture of the thread as `@name`. Raises `BadInput`."""
    _check_name(asked.name)
    reference = await _picture_to_save(spot, asked.which)
    policy = await spot.desk.store.policy(spot.home.workspace)
    if await spot.first_time():
        reference = replace(reference, role=_role(asked))
        await spot.tell(await _keep_named(spot.desk, policy, spot.home, spot.user, reference, asked.name))


async def _picture_to_save(spot: Spot, which: str) -> Reference:
    if which.startswith("#"):
        return (await mentioned(spot.desk, which, spot.home, spot.thread))[0]
    version = await spot.version(int(which[1:]) if which else None)
    if len(version.images) > 1:
        raise BadInput(f"v{version.number} has {len(version.images)} pictures. Pick one first: pick 1.")
    return Reference(version.images[0])


async def _add(desk: Desk, command: Command, asked: RefCommand) -> Card:
    policy = await desk.store.policy(command.place.workspace)
    _check_may(policy.adds_references, command.user, None, "add named references")
    if len(command.attachments) != 1:
        raise BadInput(replies.REF_NEEDS_PICTURE)
    if taken := next((one for one in await desk.store.named(_cupboard(command.place)) if one.name == asked.name), None):
        raise BadInput(replies.name_taken(taken))
    if not await desk.store.see(command.place.platform, f"ref:{command.event_id}"):
        raise AlreadySeen
    one = replace(command.attachments[0], role=Role.REFERENCE)
    found = await take_in(desk, command.place.platform, (one,))
    reference = replace(found.references[0], role=_role(asked))
    return await _keep_named(desk, policy, command.place, command.user, reference, asked.name)


async def _keep_named(desk: Desk, policy: Policy, place: Place, user: User, reference: Reference, name: str) -> Card:
    _check_may(policy.adds_references, user, None, "add named references")
    moderation.check_prompt(name.replace("-", " ").replace("_", " "), policy)
    if len(await desk.store.named(_cupboard(place))) >= MAX_NAMED:
        raise BadInput(f"{MAX_NAMED} named references are the most. Delete one first: /imagine-ref delete @name.")
    new = NamedReference(name, replace(reference, name=f"@{name}"), user, desk.now())
    if not await desk.store.add_named(_cupboard(place), new):
        raise BadInput(replies.name_taken(await _known(desk, place, name)))
    await person_acted(desk, place, user, "named.add", f"@{name}", after=reference.asset)
    return replies.saved_as(new)


async def _known(desk: Desk, place: Place, name: str) -> NamedReference:
    named = {one.name: one for one in await desk.store.named(_cupboard(place))}
    if name in named:
        return named[name]
    close = difflib.get_close_matches(name, named, 1)
    raise BadInput(
        f"There is no reference @{name[:40]}. " + (f"Did you mean @{close[0]}?" if close else replies.REF_HINT)
    )


async def _shown_reference(desk: Desk, reference: Reference) -> list[replies.Shown]:
    asset = await desk.store.asset(reference.asset)
    return [replies.Shown(asset, desk.store.asset_path(asset))] if asset else []


def _check_name(name: str) -> None:
    """Raise `BadInput` for what no prompt can say, and for what calls people in a chat."""
    if not intents.is_name(name):
        raise BadInput(replies.BAD_NAME)
    if name in _CALLS:
        raise BadInput(f"@{name} calls people in a chat. Choose another name.")


def _role(asked: RefCommand | SaveAs) -> Role:
    """What was said, else what the name says."""
    if asked.role:
        return Role(asked.role)
    return Role.LOGO if "logo" in asked.name else Role.STYLE if "style" in asked.name else Role.REFERENCE


def _check_may(who: Who, user: User, owner: User | None, what: str) -> None:
    """Raise `Refused` where the workspace's policy does not let them."""
    is_owner = owner is not None and (owner.platform, owner.id) == (user.platform, user.id)
    if user.is_admin or who is Who.EVERYONE or (who is Who.OWNER and is_owner):
        return
    whom = "who added it, or an admin," if who is Who.OWNER else "admins"
    raise Refused(f"Only {whom} may {what} here. Ask one of them.", category="named references", stage="rights")
