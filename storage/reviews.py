"""Pictures before the moderators: their SQL. What takes a picture away is in `removal.py`."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.models import Act, Address, Review, ReviewKind, Ruling, Standing, Version, now_ms
from storage import audit, gallery, jobs, ledger, removal, threads
from storage.rows import from_json, to_json

Connection = sqlite3.Connection


def ask(db: Connection, new: Review) -> tuple[Review, bool]:
    """Save a review, or add its reporters to the one there is."""
    known = find(db, new.kind, new.version)
    if known is None:
        _save(db, new)
        return new, True
    here = {one.who for one in known.reporters}
    fresh = tuple(one for one in new.reporters if one.who not in here)
    if fresh:
        known = replace(known, reporters=(*known.reporters, *fresh))
        _save(db, known)
    return known, bool(fresh)


def find(db: Connection, kind: ReviewKind, version_id: str) -> Review | None:
    """A review by its kind and version."""
    row = db.execute("SELECT doc FROM review WHERE kind = ? AND version = ?", (kind.value, version_id)).fetchone()
    return from_json(Review, row["doc"]) if row else None


def place(db: Connection, kind: ReviewKind, version_id: str, address: Address) -> None:
    """Remember the moderators' card."""
    if found := find(db, kind, version_id):
        _save(db, replace(found, address=address))


def rule(
    db: Connection, kind: ReviewKind, version_id: str, ruling: Ruling, act: Act, reason: str, blank: bool
) -> Review | None:
    """Decide once, with everything that must be true from this moment on."""
    found = find(db, kind, version_id)
    version = threads.version(db, version_id)
    if found is None or version is None or found.ruling is not Ruling.OPEN:
        return None
    audit.record(db, act)
    ruled = replace(found, ruling=ruling, by=act.who, by_name=act.who_name, reason=reason, at=act.at, settled=False)
    _save(db, ruled)
    if ruling is Ruling.APPROVED:
        _open(db, version)
    elif ruling is Ruling.REJECTED:
        removal.begin(db, version, [version], Standing.REJECTED, act, reason, blank)
        _give_back(db, found.job, version)
    elif ruling is Ruling.REMOVED:
        removal.begin(db, version, removal.family(db, version), Standing.REMOVED, act, reason, blank)
    return ruled


def settle(db: Connection, kind: ReviewKind, version_id: str) -> None:
    """Everybody was told."""
    if found := find(db, kind, version_id):
        _save(db, replace(found, settled=True))


def unsettled(db: Connection, before: int) -> list[Review]:
    """Decided, but not told; reviews of one that somebody is telling just now are left out."""
    rows = db.execute("SELECT doc FROM review WHERE settled = 0 AND touched <= ? ORDER BY touched LIMIT 200", (before,))
    return [from_json(Review, row["doc"]) for row in rows]


def _save(db: Connection, one: Review) -> None:
    db.execute(
        "INSERT INTO review (kind, version, ruling, settled, touched, doc) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
        " DO UPDATE SET ruling = excluded.ruling, settled = excluded.settled, touched = excluded.touched,"
        " doc = excluded.doc",
        (one.kind.value, one.version, one.ruling.value, int(one.settled), now_ms(), to_json(one)),
    )


def _open(db: Connection, version: Version) -> None:
    """Let people see what waited."""
    opened = replace(version, standing=Standing.OPEN)
    removal.save_version(db, opened)
    home = threads.thread(db, version.thread)
    if home:
        gallery.hang(db, opened, home.place)


def _give_back(db: Connection, job_id: str, version: Version) -> None:
    job = jobs.job(db, job_id) if job_id else None
    if job:
        drawn = sum(panel in version.panel_of for panel in job.only) if job.only else len(version.images)
        ledger.give_back(db, job, drawn)
