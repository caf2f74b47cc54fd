"""Taking a picture away: its SQL and its files. Each step may be repeated, so that a restart half-way finishes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from bot.errors import NotFound
from bot.models import Act, Address, Kind, Place, Removal, Review, ReviewKind, Ruling, Standing, Version, now_ms
from storage import audit, files, gallery, jobs, ledger, threads
from storage.rows import from_json, readable, to_json

Connection = sqlite3.Connection

_THERE = (Standing.OPEN, Standing.WAITING)  # versions whose pictures people see, or may come to see

# ── Hiding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def remove(db: Connection, version_id: str, act: Act, reason: str, blank: bool) -> Removal | None:
    """Begin to remove a version. None: it is hidden already. Raises `NotFound`."""
    version = threads.version(db, version_id)
    if version is None:
        raise NotFound("There is no picture of that id.")
    if version.standing in (Standing.REMOVED, Standing.REJECTED, Standing.DISCARDED):
        return None
    audit.record(db, act)
    return begin(db, version, family(db, version), Standing.REMOVED, act, reason, blank)


def family(db: Connection, version: Version) -> list[Version]:
    """The version, and every other of its workspace that shows one of its pictures: a picked one, one used again."""
    home = _home(db, version)
    rows = db.execute(
        "SELECT DISTINCT version.doc, version.rowid FROM pictured JOIN version ON version.id = pictured.version"
        " JOIN thread ON thread.id = version.thread WHERE pictured.asset IN (SELECT value FROM json_each(?))"
        " AND pictured.role = 'image' AND thread.platform = ? AND thread.workspace = ? AND version.id != ?"
        " ORDER BY version.rowid",
        (json.dumps(version.images), home.platform, home.workspace, version.id),
    )
    return [version, *(one for row in rows if (one := from_json(Version, row["doc"])).standing in _THERE)]


def begin(
    db: Connection,
    version: Version,
    versions: Sequence[Version],
    standing: Standing,
    act: Act,
    reason: str,
    blank: bool,
) -> Removal:
    """Hide versions everywhere, and note what is left to do."""
    for one in versions:
        hidden = replace(one, standing=standing, hidden_why=reason)
        save_version(db, _blanked(hidden) if blank else hidden)
        if blank:
            _blank_jobs(db, one.id)
        gallery.take_down(db, one.id)
    for one in versions:
        move_head(db, one.thread)
        close_reviews(db, one.id, by=act.who, by_name=act.who_name, reason=reason, at=act.at)
    home = _home(db, version)
    assets = _assets_of(db, versions)
    _forget_named(db, home, {image for one in versions for image in one.images})
    made = Removal(version.id, home, standing, reason, act.who, act.who_name, act.at,
                   tuple(one.id for one in versions), tuple(assets))  # fmt: skip
    _save(db, made)
    return made


def _home(db: Connection, version: Version) -> Place:
    home = threads.thread(db, version.thread)
    if home is None:
        raise NotFound("That picture's thread is gone.")
    return home.place


def save_version(db: Connection, version: Version) -> None:
    """Replace a version's document."""
    db.execute(
        "UPDATE version SET fingerprint = ?, doc = ? WHERE id = ?", (version.fingerprint, to_json(version), version.id)
    )


def _blanked(version: Version) -> Version:
    """Without anything that a person or a model wrote."""
    return replace(version, prompt="", sent="", revised="", panels=("",) * len(version.panels), avoid=(), notes=(),
                   sources=(), fingerprint="")  # fmt: skip


def _blank_jobs(db: Connection, version_id: str) -> None:
    """The same of the request."""
    db.execute(
        "UPDATE job SET doc = json_set(doc, '$.prompt', '', '$.brief', '', '$.avoid', json('[]'))"
        " WHERE id = (SELECT job FROM version WHERE id = ?)",
        (version_id,),
    )


def move_head(db: Connection, thread_id: str) -> None:
    """From a hidden head to the next version before it that people may see; where there is none it stays."""
    thread = threads.thread(db, thread_id)
    head = threads.version(db, thread.head) if thread and thread.head else None
    while head is not None and not head.is_open and head.parent:
        head = threads.version(db, head.parent)
    if thread and head and head.is_open and head.id != thread.head:
        threads.move_head(db, thread_id, head.id)


def close_reviews(db: Connection, version_id: str, *, by: str = "", by_name: str = "", reason: str = "",
                  at: int = 0) -> None:  # fmt: skip
    """Whatever moderators were asked about it is decided, as it is taken away; by nobody where it is not kept longer.

    Who asked for a picture that a moderator took away unseen has its images back.
    """
    rows = db.execute("SELECT doc FROM review WHERE version = ? AND ruling = 'open'", (version_id,)).fetchall()
    for found in (from_json(Review, row["doc"]) for row in rows):
        ruled = replace(found, ruling=Ruling.REMOVED, by=by, by_name=by_name, reason=reason, at=at, settled=False)
        db.execute(
            "UPDATE review SET ruling = 'removed', settled = 0, touched = ?, doc = ? WHERE version = ? AND kind = ?",
            (now_ms(), to_json(ruled), version_id, ruled.kind.value),
        )
        unseen = threads.version(db, version_id) if by and found.kind is ReviewKind.REVIEW else None
        if unseen:
            give_back(db, found.job, unseen)


def give_back(db: Connection, job_id: str, version: Version) -> None:
    """The images of a picture that nobody came to see; the money stays."""
    job = jobs.job(db, job_id) if job_id else None
    if job:
        drawn = sum(panel in version.panel_of for panel in job.only) if job.only else len(version.images)
        ledger.give_back(db, job, drawn)


def _forget_named(db: Connection, home: Place, images: Collection[str]) -> None:
    db.execute(
        "DELETE FROM named WHERE platform = ? AND (workspace = ? OR workspace LIKE ? || ' %')"
        " AND json_extract(doc, '$.reference.asset') IN (SELECT value FROM json_each(?))",
        (home.platform, home.workspace, home.workspace, json.dumps(sorted(images))),
    )


def _assets_of(db: Connection, versions: Sequence[Version]) -> list[str]:
    """Their pictures, what was made of these, and of an uploaded one the file as it came."""
    found = dict.fromkeys(asset for one in versions for asset in (*one.images, *one.originals))
    for upload in (one for one in versions if one.kind is Kind.UPLOAD):
        for image in upload.images:
            kept = threads.asset(db, image)
            if kept and kept.derived_from:
                found[kept.derived_from] = None
    queue = list(found)
    while queue:
        origin = queue.pop()
        rows = db.execute(
            "SELECT id FROM asset WHERE derived_from = ?1 UNION SELECT asset FROM made_of WHERE origin = ?1", (origin,)
        )
        fresh = [row[0] for row in rows if row[0] not in found]
        found.update(dict.fromkeys(fresh))
        queue += fresh
    return [asset for asset in found if not _is_shown(db, asset)]


def _is_shown(db: Connection, asset: str) -> bool:
    """Whether a version that people see, or may come to see, shows this picture, or has it behind a locked one."""
    return (
        db.execute(
            "SELECT 1 FROM pictured JOIN version ON version.id = pictured.version WHERE pictured.asset = ?"
            " AND role IN ('image', 'original')"
            " AND coalesce(json_extract(doc, '$.standing'), 'open') IN ('open', 'waiting')",
            (asset,),
        ).fetchone()
        is not None
    )


# ── Erasing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def erase(db: Connection, folder: Path, version_id: str) -> int:
    """Delete the files and rows that nobody else needs. A kill in the middle leaves rows, and so another try."""
    found = find(db, version_id)
    if found is None or found.erased:
        return 0
    gone = 0
    for asset_id in found.assets:
        asset = threads.asset(db, asset_id)
        if asset is None or _is_needed(db, asset_id, found.place):
            continue
        files.blob_path(folder, asset).unlink(missing_ok=True)
        for copy in (folder / "tmp").glob(f"*{asset_id}*"):  # light copies of the pages and the web chat
            copy.unlink(missing_ok=True)
        db.execute("DELETE FROM asset WHERE id = ?", (asset_id,))
        gone += 1
    for zipped in (folder / "tmp").glob("export-*.zip"):  # any of them may hold a copy; they are made again
        zipped.unlink(missing_ok=True)
    _save(db, replace(found, erased=True))
    return gone


def _is_needed(db: Connection, asset: str, home: Place) -> bool:
    """Whether somebody else has the same picture: a version that is shown, or anybody of another workspace."""
    if _is_shown(db, asset):
        return True
    used = db.execute(
        "SELECT 1 FROM pictured JOIN version ON version.id = pictured.version JOIN thread ON thread.id = version.thread"
        " WHERE pictured.asset = ? AND role = 'reference' AND (thread.platform != ? OR thread.workspace != ?)",
        (asset, home.platform, home.workspace),
    ).fetchone()
    named = db.execute("SELECT 1 FROM named WHERE json_extract(doc, '$.reference.asset') = ?", (asset,)).fetchone()
    return used is not None or named is not None


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_at(db: Connection, version_id: str) -> list[Address]:
    """The messages with one of its pictures on them, but for those told."""
    found = find(db, version_id)
    if found is None:
        return []
    rows = db.execute(
        "SELECT shown.platform, shown.workspace, shown.channel, thread.thread, shown.message FROM shown"
        " JOIN version ON version.id = shown.version JOIN thread ON thread.id = version.thread"
        " WHERE shown.version IN (SELECT value FROM json_each(?1))"
        " UNION SELECT platform, workspace, channel, thread, message FROM displayed"
        " WHERE asset IN (SELECT value FROM json_each(?2))",
        (json.dumps(found.versions), json.dumps(found.assets)),
    ).fetchall()
    addresses = [Address(Place(*row[:4]), row["message"]) for row in rows]
    offered = db.execute(
        "SELECT json_extract(doc, '$.address') AS address FROM job WHERE status = 'offered'"
        " AND json_extract(doc, '$.version') IN (SELECT value FROM json_each(?))",
        (json.dumps(found.versions),),
    ).fetchall()
    addresses += [from_json(Address, row["address"]) for row in offered if row["address"]]
    return [one for one in dict.fromkeys(addresses) if _key(one) not in found.told]


def told(db: Connection, version_id: str, address: Address) -> None:
    """One message is done."""
    if found := find(db, version_id):
        _save(db, replace(found, told=tuple(dict.fromkeys((*found.told, _key(address))))))


def done(db: Connection, version_id: str) -> None:
    """All is."""
    if found := find(db, version_id):
        _save(db, replace(found, done=True))


def find(db: Connection, version_id: str) -> Removal | None:
    """A removal by the version it began with."""
    row = db.execute("SELECT doc FROM removal WHERE version = ?", (version_id,)).fetchone()
    return from_json(Removal, row["doc"]) if row else None


def unfinished(db: Connection, before: int) -> list[Removal]:
    """Those that are not done, but for what somebody touched just now."""
    rows = db.execute(
        "SELECT version, doc FROM removal WHERE done = 0 AND touched <= ? ORDER BY touched LIMIT 200", (before,)
    )
    return readable(Removal, rows)


def displayed(db: Connection, address: Address, assets: Sequence[str]) -> None:
    """A message shows these pictures."""
    place = address.place
    db.executemany(
        "INSERT INTO displayed (asset, platform, workspace, channel, thread, message) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(one, place.platform, place.workspace, place.channel, place.thread, address.message) for one in assets],
    )


def made_of(db: Connection, asset_id: str, origins: Sequence[str]) -> bool:
    """A picture was put together from others. False: one of these was taken away meanwhile, and it goes, too."""
    db.executemany(
        "INSERT INTO made_of (origin, asset) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(origin, asset_id) for origin in origins if origin != asset_id],
    )
    if not any(_is_going(db, origin) for origin in origins):
        return True
    db.execute("INSERT INTO freed (asset, at) VALUES (?, ?) ON CONFLICT DO NOTHING", (asset_id, now_ms()))
    return False


def _is_going(db: Connection, asset: str) -> bool:
    """Whether a picture is gone, or a removal that has not erased it yet will do so."""
    if threads.asset(db, asset) is None:
        return True
    going = db.execute(
        "SELECT 1 FROM removal JOIN json_each(removal.doc, '$.assets') AS one ON one.value = ?"
        " WHERE done = 0 AND NOT coalesce(json_extract(removal.doc, '$.erased'), 0)",
        (asset,),
    ).fetchone()
    return going is not None


def _key(address: Address) -> str:
    return f"{address.place.channel} {address.message}"


def _save(db: Connection, one: Removal) -> None:
    db.execute(
        "INSERT INTO removal (version, done, touched, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET done = excluded.done, touched = excluded.touched, doc = excluded.doc",
        (one.version, int(one.done), now_ms(), to_json(one)),
    )
