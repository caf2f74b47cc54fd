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
from bot.errors import BadInput, MessageGone, PlatformProblem, SetupProblem
from bot.exporting import MAX_BYTES, MAX_PICTURES, Entry, Spec, write_zip
from bot.links import Grant, Page
from bot.models import Act, Action, Asset, Command, Kind, Place, Policy, User, Version
from bot.ports import Before, Belongings, Outdated, Privacy, Purged, Store
from bot.replies import privacy as said
from bot.studio.audit import acted, who
from bot.studio.desk import Desk
from bot.studio.export import entries_of
from bot.studio.turn import Turn

log = logging.getLogger(__name__)

MINE = "mine"  # the target of a link to all that is somebody's: no version's id has four letters
DAY_MS = 86_400_000
MESSAGES_AT_ONCE = 5  # every ten seconds: Slack takes some fifty changes in a minute
PATIENCE_MS = 7 * DAY_MS


# ── /imagine-privacy ─────────────────────────────────────────────────────────────────────────────────────────────


async def privacy_command(desk: Desk, command: Command, turn: Turn) -> None:
    """What `/imagine-privacy` does: tells, exports, or deletes. Raises `BadInput`."""
    words = " ".join(command.text.casefold().split())
    found = await desk.privacy.belongings(command.place, command.user)
    if not words:
        await turn.tell(said.kept(found, await desk.store.policy(command.place.workspace)))
    elif words == "export":
        card = _export(desk, command)
        await acted(desk, command, "export", target=who(command.user))
        await turn.tell(card)
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
    """At once from the store, then from the messages: those left over are the queue's. Raises `BadInput`."""
    if any(said.is_open_job(one.status) for one in found.jobs):
        raise BadInput(said.NOT_WHILE_DRAWING)
    if not await turn.take():
        return
    done = await desk.privacy.forget(asked.place, asked.user)
    done += await desk.privacy.sweep()
    counts = f"{done.pictures} pictures, {done.prompts} prompts, {done.attachments} attachments, {done.files} files"
    nameless = dataclasses.replace(asked, user=dataclasses.replace(asked.user, name="somebody", roles=frozenset()))
    await acted(desk, nameless, "forget", target=who(asked.user), after=counts)
    log.info("forgotten on request: pictures=%s files=%s", done.pictures, done.files)
    await turn.tell(said.forgotten(done) if found.versions or found.jobs else replies.notice(said.NOTHING_KEPT))
    await correct_messages(desk)


# ── Messages that still show it ──────────────────────────────────────────────────────────────────────────────────


async def correct_messages(desk: Desk) -> None:
    """Change some of the messages that still show what was let go of; few, as chats limit how many may be changed.

    One that cannot be changed is tried again for a week, and keeps none of the others waiting.
    """
    for one in await desk.privacy.outdated(tuple(desk.platforms), limit=MESSAGES_AT_ONCE):
        is_late = desk.now() - one.since > PATIENCE_MS
        await desk.privacy.told(one.address, again=not (await _corrected(desk, one) or is_late))


async def _corrected(desk: Desk, one: Outdated) -> bool:
    place = one.address.place
    shows = await desk.store.version_shown_at(place, one.address.message)
    if shows and shows.is_open:  # something else stands there by now
        return True
    policy = await desk.store.policy(place.workspace)
    try:
        async with asyncio.timeout(30):
            await desk.platforms[place.platform].edit(one.address, said.gone_card(one, policy))
    except MessageGone:
        return True
    except (PlatformProblem, TimeoutError) as error:
        log.info("a message still shows what was deleted: error=%s", type(error).__name__)
        return False
    except Exception:
        log.exception("a message still shows what was deleted")
        return False
    return True


# ── Export ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def write_mine(store: Store, privacy: Privacy, place: Place, user: User, out: Path) -> None:
    """Write the zip of all that is somebody's in a workspace: the newest pictures up to what a zip may hold.

    Raises `SetupProblem` where there is no room for it.
    """
    found = await privacy.belongings(place, user)
    pictures = [one async for one in _pictures(store, found)]
    entries, left_out = _fitting(pictures)
    sent = [store.asset_path(one) async for one in _attachments(store, found)]
    facts = _facts(found, user, left_out) | await _noted(store, place, user)
    try:
        await asyncio.to_thread(_write, out, entries, sent, json.dumps(facts, ensure_ascii=False, indent=2))
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


async def _noted(store: Store, place: Place, user: User) -> dict[str, object]:
    """What was noted of somebody: how often they were refused, bans, and the audit's lines by them and about them."""
    conduct, policy, key = await store.conduct(place.workspace, user), await store.policy(place.workspace), who(user)
    about = (key, f"user:{user.id}")
    acts = [one async for one in _acts(store, place.workspace) if one.who == key or one.target in about]
    return {
        "refused in a row": conduct.refused,
        "slowed down until": _time(conduct.slow_until) if conduct.slow_until else "",
        "bans": [{"until": _time(one.until) if one.until else "", "reason": one.reason}
                 for one in policy.bans if one.who == f"user:{user.id}"],
        "audit": [_act_facts(one) for one in acts],
    }  # fmt: skip


async def _acts(store: Store, workspace: str) -> AsyncIterator[Act]:
    after = 0
    while page := await store.acts(workspace=workspace, after=after):
        for one in page:
            yield one
        after = page[-1].id


def _act_facts(one: Act) -> dict[str, str]:
    """A line of the audit, without who did it: they may be others."""
    return {"at": _time(one.at), "what": one.what, "target": one.target, "before": one.before, "after": one.after,
            "words": one.words}  # fmt: skip


def _facts(found: Belongings, user: User, left_out: int) -> dict[str, object]:
    return {
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


def _version_facts(version: Version) -> dict[str, object]:
    pictures = version.images if version.is_open else ()  # in the web chat a picture's id is all it takes to see it
    return {
        "id": version.id, "made": _time(version.created), "kind": str(version.kind), "words": version.prompt,
        "panels": version.panels, "sent": version.sent, "revised": version.revised, "avoid": version.avoid,
        "references": [one.name for one in version.references], "pictures": pictures, "cost": version.cost,
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
    store: Store,
    privacy: Privacy,
    *,
    now: int,
    workspace: str | None = None,
    dry: bool = False,
    by: tuple[str, str] = ("bot", "Retouch"),
) -> dict[str, Purged]:
    """Let go of what is older than each workspace keeps; what went, by workspace, and under "" the files.

    A dry run counts the files with their workspace. What went is written to the audit as done `by` (id and name).
    Files whose request was refused go after a day, whatever is kept. What fails in one workspace is raised at the end.
    """
    done, failed = dict[str, Purged](), list[Exception]()
    for name in [workspace] if workspace else await privacy.workspaces():
        try:
            moments = before(await store.policy(name), now)
            if went := await privacy.purge(name, moments, dry=dry):
                done[name] = went
                if not dry:
                    await store.record(_act(now, name, by, went))
        except Exception as error:  # noqa: BLE001  # raised below
            log.warning("not purged: workspace=%s error=%s", name, type(error).__name__)
            failed.append(error)
    if freed := await privacy.sweep(unused_before=max(1, now - DAY_MS), dry=dry):
        done[""] = freed
    if failed:
        raise failed[0]
    return done


def _act(now: int, workspace: str, by: tuple[str, str], went: Purged) -> Act:
    counts = f"{went.pictures} pictures, {went.prompts} prompts, {went.attachments} attachments"
    return Act(now, workspace, *by, "purge", after=counts)


def report(done: dict[str, Purged], *, dry: bool) -> Iterator[str]:
    """What `retouch purge` prints."""
    for name, went in done.items():
        if name:
            yield said.purge_line(name, went, dry=dry)
    if freed := done.get(""):
        yield said.swept_line(freed, dry=dry)
    if not done:
        yield "Nothing is older than it is kept."
