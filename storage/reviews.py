"""Pictures before the moderators: their SQL. What takes a picture away is in `removal.py`."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.models import Act, Address, Kind, Review, ReviewKind, Ruling, Standing, Version, now_ms
from storage import audit, gallery, removal, threads
from storage.rows import from_json, readable, to_json

Connection = sqlite3.Connection

DAY_MS = 86_400_000


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


def place(db: Connection, kind: ReviewKind, version_id: str, address: Address | None) -> None:
    """Remember the moderators' card, and that they know; without an address, that it was tried in vain."""
    found = find(db, kind, version_id)
    if found is None:
        return
    knows = found.settled or (found.ruling is Ruling.OPEN and address is not None)
    _save(db, replace(found, address=address or found.address, settled=knows))


def rule(
    db: Connection, kind: ReviewKind, version_id: str, ruling: Ruling, act: Act, reason: str, blank: bool
) -> Review | None:
    """Decide once, with everything that must be true from this moment on."""
    found = find(db, kind, version_id)
    version = threads.version(db, version_id)
    if found is None or version is None or found.ruling is not Ruling.OPEN:
        return None
    if kind is not ReviewKind.REPORT and version.standing is not Standing.WAITING:
        return None  # it is not kept any more
    if kind is not ReviewKind.PRIVATE:  # what people do with what is theirs is no administrative act
        audit.record(db, act)
    ruled = replace(found, ruling=ruling, by=act.who, by_name=act.who_name, reason=reason, at=act.at, settled=False)
    _save(db, ruled)
    along = _sent_along(db, version)
    if ruling is Ruling.APPROVED:
        for one in (*along, version):
            _open(db, one)
    elif ruling is Ruling.REJECTED and kind is ReviewKind.PRIVATE:
        removal.begin(db, version, [version, *along], Standing.DISCARDED, act, reason, blank)
    elif ruling is Ruling.REJECTED:
        removal.begin(db, version, [version, *along], Standing.REJECTED, act, reason, blank)
        removal.give_back(db, found.job, version)
    elif ruling is Ruling.REMOVED:
        removal.begin(db, version, removal.family(db, version), Standing.REMOVED, act, reason, blank)
    return ruled


def _sent_along(db: Connection, version: Version) -> list[Version]:
    """Somebody's own picture that waits together with what was made from it."""
    parent = threads.version(db, version.parent) if version.parent else None
    return [parent] if parent and (parent.kind, parent.standing) == (Kind.UPLOAD, Standing.WAITING) else []


def settle(db: Connection, kind: ReviewKind, version_id: str) -> None:
    """Everybody was told."""
    if found := find(db, kind, version_id):
        _save(db, replace(found, settled=True))


def unsettled(db: Connection, before: int) -> list[Review]:
    """Decided, but not told, or asked, and no moderator knows; and once a day those that nobody decided.

    Reviews of one that somebody is telling just now are left out.
    """
    rows = db.execute(
        "SELECT * FROM (SELECT version, doc, touched FROM review WHERE settled = 0 AND touched <= ? UNION ALL"
        " SELECT version, doc, touched FROM review WHERE ruling = 'open' AND settled = 1 AND touched <= ?)"
        " ORDER BY touched LIMIT 200",
        (before, before - DAY_MS),
    )
    return readable(Review, rows)


def _save(db: Connection, one: Review) -> None:
    db.execute(
        "INSERT INTO review (kind, version, ruling, settled, touched, doc) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
        " DO UPDATE SET ruling = excluded.ruling, settled = excluded.settled, touched = excluded.touched,"
        " doc = excluded.doc",
        (one.kind.value, one.version, one.ruling.value, int(one.settled), now_ms(), to_json(one)),
    )


def _open(db: Connection, version: Version) -> None:
    """Let people see what waited."""
    opened = replace(version, standing=Standing.OPEN, private=False)
    removal.save_version(db, opened)
    if version.private:
        threads.move_head(db, version.thread, version.id)
    home = threads.thread(db, version.thread)
    if home:
        gallery.hang(db, opened, home.place)
