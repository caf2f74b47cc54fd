"""What is kept about whom: telling them, handing it over, deleting it, and letting go of what is too old."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from bot import replies
from bot.cards import Card
from bot.errors import BadInput, PlatformProblem, SetupProblem
from bot.exporting import MAX_BYTES, MAX_PICTURES, Entry, Spec, write_zip
from bot.links import Grant, Page
from bot.models import Act, Action, Address, Asset, Command, Kind, Place, Policy, User, Version
from bot.ports import Before, Belongings, Privacy, Purged, Store
from bot.replies import privacy as said
from bot.studio.audit import acted
from bot.studio.desk import Desk
from bot.studio.export import entries_of
from bot.studio.turn import Turn

log = logging.getLogger(__name__)

MINE = "mine"  # the target of a link to all that is somebody's: no version's id has four letters
DAY_MS = 86_400_000


# ── /imagine-privacy ─────────────────────────────────────────────────────────────────────────────────────────────


async def privacy_command(desk: Desk, command: Command, turn: Turn) -> None:
    """What `/imagine-privacy` does: tells, exports, or deletes. Raises `BadInput`."""
    words = " ".join(command.text.casefold().split())
    found = await desk.privacy.belongings(command.place, command.user)
    if not words:
        await turn.tell(said.kept(found, await desk.store.policy(command.place.workspace)))
    elif words == "export":
        await turn.tell(_export(desk, command))
    elif words in ("delete", "delete mine"):
        await turn.tell(said.sure(found))
    elif words in ("delete mine yes", "delete yes"):
        await _forget(desk, command, found, turn)
    else:
        raise BadInput(said.EXPORT_OR_DELETE)


async def forget_button(desk: Desk, action: Action, turn: Turn) -> None:
    """The button that deletes, once its form says yes: always what is the presser's own. Raises `BadInput`."""
    found = await desk.privacy.belongings(action.place, action.user)
    if said.means_yes(action.text):
        await _forget(desk, action, found, turn)
    else:
        await turn.tell(said.sure(found))


def _export(desk: Desk, command: Command) -> Card:
    """A link, as a file in a channel would be everybody's. Raises `BadInput` where people cannot open pages."""
    if not desk.links.reaches(command.place.platform):
        raise BadInput(replies.NO_PAGES)
    return said.mine_page(desk.links.make(Page.EXPORT, Grant(command.user, command.place, MINE)))


async def _forget(desk: Desk, asked: Command | Action, found: Belongings, turn: Turn) -> None:
    """First the messages, then the store: whoever is interrupted finds both again. Raises `BadInput`."""
    if any(said.is_open_job(one.status) for one in found.jobs):
        raise BadInput(said.NOT_WHILE_DRAWING)
    if not await turn.take():
        return
    for address in await desk.privacy.messages(asked.place, asked.user):
        await _take_down(desk, address)
    done = await desk.privacy.forget(asked.place, asked.user)
    done += await desk.privacy.sweep()
    counts = f"{done.pictures} pictures, {done.prompts} prompts, {done.attachments} attachments, {done.files} files"
    await acted(desk, asked, "forget", target=f"{asked.user.platform}:{asked.user.id}", after=counts)
    log.info("forgotten on request: pictures=%s files=%s", done.pictures, done.files)
    await turn.tell(said.forgotten(done) if found.versions or found.jobs else replies.notice(said.NOTHING_KEPT))


async def _take_down(desk: Desk, address: Address) -> None:
    """One message that cannot be reached must not keep anything from being deleted."""
    platform = desk.platforms.get(address.place.platform)
    if platform is None:
        return
    try:
        async with asyncio.timeout(30):
            await platform.edit(address, said.deleted_card())
    except (PlatformProblem, TimeoutError) as error:
        log.info("a message still shows what was deleted: error=%s", type(error).__name__)
    except Exception:
        log.exception("a message still shows what was deleted")


# ── Export ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def write_mine(store: Store, privacy: Privacy, place: Place, user: User, out: Path) -> None:
    """Write the zip of all that is somebody's in a workspace: the newest pictures up to what a zip may hold.

    Raises `SetupProblem` where there is no room for it.
    """
    found = await privacy.belongings(place, user)
    pictures = [one async for one in _pictures(store, found)]
    entries, left_out = _fitting(pictures)
    sent = [store.asset_path(one) async for one in _attachments(store, found)]
    facts = _facts(found, user, left_out)
    try:
        await asyncio.to_thread(_write, out, entries, sent, facts)
    except OSError as error:
        why = f"An export could not be written: {error.strerror or type(error).__name__}."
        raise SetupProblem(
            "There is no room for this zip now. Ask an admin to look at the disk.", for_admin=why
        ) from error


async def _pictures(store: Store, found: Belongings) -> AsyncIterator[Entry]:
    """The newest first. A picked picture is there already."""
    family = {one.id: one for one in found.versions}
    for version in reversed([one for one in found.versions if one.kind is not Kind.PICK]):
        for entry in await entries_of(store, version, family):
            yield entry


def _fitting(entries: Sequence[Entry]) -> tuple[list[Entry], int]:
    size, fitting = 0, list[Entry]()
    for one in entries[:MAX_PICTURES]:
        size += one.bytes
        if size > MAX_BYTES:
            break
        fitting.append(one)
    return fitting, len(entries) - len(fitting)


async def _attachments(store: Store, found: Belongings) -> AsyncIterator[Asset]:
    """What was sent, as it was sent."""
    seen: set[str] = set()
    for version in found.versions:
        for name in (*(one.asset for one in version.references), version.mask, version.markup):
            asset = await store.asset(name) if name else None
            original = await store.asset(asset.derived_from) if asset and asset.derived_from else None
            kept = original or asset
            if kept and kept.id not in seen:
                seen.add(kept.id)
                yield kept


def _write(out: Path, entries: Sequence[Entry], sent: Sequence[Path], facts: str) -> None:
    if entries:
        try:
            write_zip(entries, Spec(), out, {"of": "one person"})
        except BadInput:  # none can be read any more: the rest is worth having
            out.unlink(missing_ok=True)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        for path in sent:
            if path.exists():
                archive.write(path, f"attachments/{path.name}")
        archive.writestr("mine.json", facts, zipfile.ZIP_DEFLATED)


def _facts(found: Belongings, user: User, left_out: int) -> str:
    told = {
        "person": {"platform": user.platform, "id": user.id, "name": user.name},
        "pictures left out": left_out,
        "versions": [_version_facts(one) for one in found.versions],
        "requests": [
            {"made": _time(one.created), "words": one.prompt, "panels": one.panels, "status": str(one.status)}
            for one in found.jobs
        ],
        "ledger": [dataclasses.asdict(one) | {"at": _time(one.at)} for one in found.ledger],
        "stars": list(found.stars),
        "named references": [{"name": f"@{one.name}", "made": _time(one.created)} for one in found.named],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _version_facts(version: Version) -> dict[str, object]:
    return {
        "id": version.id, "made": _time(version.created), "kind": str(version.kind), "words": version.prompt,
        "panels": version.panels, "sent": version.sent, "revised": version.revised, "avoid": version.avoid,
        "references": [one.name for one in version.references], "pictures": version.images, "cost": version.cost,
        "not kept any more": version.purged,
    }  # fmt: skip


def _time(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment / 1000, dt.UTC).isoformat(timespec="seconds")


# ── Retention ────────────────────────────────────────────────────────────────────────────────────────────────────


def before(policy: Policy, now: int) -> Before:
    """The moments before which things go, by a workspace's settings."""
    return Before(
        *(
            0 if days is None else max(0, now - days * DAY_MS)
            for days in (policy.keep_pictures_days, policy.keep_prompts_days, policy.keep_attachments_days)
        )
    )


async def purge(
    store: Store, privacy: Privacy, *, now: int, workspace: str | None = None, dry: bool = False, who: str = "bot"
) -> dict[str, Purged]:
    """Let go of what is older than each workspace keeps; what went, by workspace, and under "" the files.

    A dry run counts the files with their workspace. What went is written to the audit.
    """
    done: dict[str, Purged] = {}
    for name in [workspace] if workspace else await privacy.workspaces():
        moments = before(await store.policy(name), now)
        if went := await privacy.purge(name, moments, dry=dry):
            done[name] = went
            if not dry:
                await store.record(_act(now, name, who, went))
    if not dry and (freed := await privacy.sweep()):
        done[""] = freed
    return done


def _act(now: int, workspace: str, who: str, went: Purged) -> Act:
    counts = f"{went.pictures} pictures, {went.prompts} prompts, {went.attachments} attachments"
    return Act(now, workspace, who, "Retouch" if who == "bot" else who, "purge", after=counts)


def report(done: dict[str, Purged], *, dry: bool) -> Iterator[str]:
    """What `retouch purge` prints."""
    for name, went in done.items():
        if name:
            yield said.purge_line(name, went, dry=dry)
    if freed := done.get(""):
        yield f"{freed.files} files deleted, {freed.bytes / 1e6:.1f} MB freed."
    if not done:
        yield "Nothing is older than it is kept."
