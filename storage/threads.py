"""Threads, versions, the messages that show them, assets, events and policies: their SQL."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.errors import NotFound
from bot.models import Address, Asset, Place, Policy, Thread, User, Version, now_ms
from storage import gallery, pictured
from storage.rows import from_json, thread_of, to_json, version_of

Connection = sqlite3.Connection


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────


def saw(db: Connection, platform: str, event_id: str) -> bool:
    """Whether an event is known."""
    return db.execute("SELECT 1 FROM event WHERE platform = ? AND id = ?", (platform, event_id)).fetchone() is not None


def see(db: Connection, platform: str, event_id: str) -> bool:
    """Remember an event; False when it was known."""
    found = db.execute(
        "INSERT INTO event (platform, id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (platform, event_id, now_ms()),
    )
    return found.rowcount == 1


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────


def thread(db: Connection, thread_id: str) -> Thread | None:
    """A thread by id."""
    row = db.execute("SELECT * FROM thread WHERE id = ?", (thread_id,)).fetchone()
    return thread_of(row) if row else None


def thread_at(db: Connection, place: Place) -> Thread | None:
    """The session in a chat thread."""
    row = db.execute(
        "SELECT * FROM thread WHERE platform = ? AND workspace = ? AND channel = ? AND thread = ?",
        (place.platform, place.workspace, place.channel, place.thread),
    ).fetchone()
    return thread_of(row) if row else None


def add_thread(db: Connection, new: Thread) -> None:
    """Save a thread unless it is there; `head` is set by `move_head`."""
    place = new.place
    db.execute(
        "INSERT INTO thread (id, platform, workspace, channel, thread, head, created, guest)"
        " VALUES (?, ?, ?, ?, ?, NULL, ?, ?) ON CONFLICT (id) DO NOTHING",
        (new.id, place.platform, place.workspace, place.channel, place.thread, new.created, int(new.guest)),
    )


def settle_place(db: Connection, thread_id: str, chat_thread: str | None) -> None:
    """Give a thread its chat thread, once that is known."""
    db.execute("UPDATE thread SET thread = ? WHERE id = ? AND thread IS NULL", (chat_thread, thread_id))


def move_head(db: Connection, thread_id: str, version_id: str) -> None:
    """Point a thread at one of its versions. Raises `NotFound`."""
    moved = db.execute(
        "UPDATE thread SET head = :version WHERE id = :thread"
        " AND EXISTS (SELECT 1 FROM version WHERE id = :version AND thread = :thread)",
        {"thread": thread_id, "version": version_id},
    )
    if moved.rowcount != 1:
        raise NotFound("That version does not belong to this thread.")


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def version(db: Connection, version_id: str) -> Version | None:
    """A version by id."""
    row = db.execute("SELECT doc FROM version WHERE id = ?", (version_id,)).fetchone()
    return version_of(row) if row else None


def versions(db: Connection, thread_id: str) -> list[Version]:
    """A thread's versions by number."""
    rows = db.execute("SELECT doc FROM version WHERE thread = ? ORDER BY number", (thread_id,))
    return [version_of(row) for row in rows]


def add_version(db: Connection, new: Version, job_id: str | None = None) -> Version:
    """Number a version and save it as its thread's head; one that only its asker sees must not hold up the others."""
    (last,) = db.execute("SELECT coalesce(max(number), 0) FROM version WHERE thread = ?", (new.thread,)).fetchone()
    numbered = replace(new, number=last + 1)
    db.execute(
        "INSERT INTO version (id, thread, number, job, fingerprint, doc) VALUES (?, ?, ?, ?, ?, ?)",
        (numbered.id, numbered.thread, numbered.number, job_id, numbered.fingerprint, to_json(numbered)),
    )
    if not (numbered.private and numbered.parent):
        move_head(db, numbered.thread, numbered.id)
    home = thread(db, numbered.thread)
    pictured.note(db, numbered)
    if home and numbered.is_open:
        gallery.hang(db, numbered, home.place)
    return numbered


def branch(db: Connection, new: Version) -> Version:
    """Save a version that nothing was paid for, once: an equal one that exists becomes the head instead."""
    rows = db.execute(
        "SELECT doc FROM version WHERE thread = ? AND json_extract(doc, '$.parent') IS ? ORDER BY number",
        (new.thread, new.parent),
    )
    for row in rows:
        known = version_of(row)
        if (known.kind, known.images) == (new.kind, new.images):
            move_head(db, known.thread, known.id)
            return known
    return add_version(db, new)


def start_upload(db: Connection, new_thread: Thread, upload: Version) -> None:
    """A person's own picture as the first version of a thread."""
    add_thread(db, new_thread)
    add_version(db, upload)


def made_before(db: Connection, fingerprint: str, place: Place, user: User) -> Version | None:
    """The newest whole version of an equal request that this person may see: their own, or of the same channel."""
    rows = db.execute(
        "SELECT version.doc FROM version JOIN thread ON thread.id = version.thread"
        " WHERE version.fingerprint = ? AND version.fingerprint != '' AND thread.platform = ? AND thread.workspace = ?"
        " AND (thread.channel = ? OR json_extract(version.doc, '$.author.id') = ?)"
        " AND coalesce(json_array_length(version.doc, '$.missing'), 0) = 0"
        " AND coalesce(json_extract(version.doc, '$.standing'), 'open') = 'open'"
        " ORDER BY json_extract(version.doc, '$.created') DESC LIMIT 1",
        (fingerprint, place.platform, place.workspace, place.channel, user.id),
    )
    row = rows.fetchone()
    return version_of(row) if row else None


def version_of_job(db: Connection, job_id: str) -> Version | None:
    """What a job made."""
    row = db.execute("SELECT doc FROM version WHERE job = ?", (job_id,)).fetchone()
    return version_of(row) if row else None


def show(db: Connection, version_id: str, address: Address) -> None:
    """Remember that a message shows a version."""
    place = address.place
    db.execute(
        "INSERT INTO shown (platform, workspace, channel, message, version, turn)"
        " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM shown WHERE version = ?))"
        " ON CONFLICT DO UPDATE SET version = excluded.version, turn = excluded.turn",
        (place.platform, place.workspace, place.channel, address.message, version_id, version_id),
    )


def version_shown_at(db: Connection, place: Place, message: str) -> Version | None:
    """The version on a message."""
    row = db.execute(
        "SELECT version.doc FROM shown JOIN version ON version.id = shown.version"
        " WHERE shown.platform = ? AND shown.workspace = ? AND shown.channel = ? AND shown.message = ?",
        (place.platform, place.workspace, place.channel, message),
    ).fetchone()
    return version_of(row) if row else None


# ── assets and policies ──────────────────────────────────────────────────────────────────────────────────────────


def add_asset(db: Connection, new: Asset) -> Asset:
    """Save an asset's row; the first one stays, as young as the last."""
    db.execute(
        "INSERT INTO asset (id, media_type, width, height, bytes, derived_from, created) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET created = excluded.created",
        (new.id, new.media_type, new.width, new.height, new.bytes, new.derived_from, now_ms()),
    )
    return asset(db, new.id) or new


def asset(db: Connection, asset_id: str) -> Asset | None:
    """An asset by its hash."""
    row = db.execute("SELECT * FROM asset WHERE id = ?", (asset_id,)).fetchone()
    if row is None:
        return None
    return Asset(row["id"], row["media_type"], row["width"], row["height"], row["bytes"], row["derived_from"])


def policy(db: Connection, workspace: str) -> Policy:
    """A workspace's settings, or the defaults."""
    row = db.execute("SELECT doc FROM policy WHERE workspace = ?", (workspace,)).fetchone()
    return from_json(Policy, row["doc"]) if row else Policy()


def set_policy(db: Connection, workspace: str, new: Policy) -> None:
    """Replace a workspace's settings."""
    db.execute(
        "INSERT INTO policy (workspace, doc) VALUES (?, ?) ON CONFLICT DO UPDATE SET doc = excluded.doc",
        (workspace, to_json(new)),
    )
