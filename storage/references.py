"""References beside a version: its tray, and the ones a workspace keeps by name. Their SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from bot.errors import NotFound
from bot.models import NamedReference, Place, Reference
from storage.rows import from_json, to_json

Connection = sqlite3.Connection


def tray(db: Connection, version_id: str) -> tuple[Reference, ...] | None:
    """What goes along when this version is edited; None when nobody changed it."""
    row = db.execute("SELECT doc FROM tray WHERE version = ?", (version_id,)).fetchone()
    return from_json(tuple[Reference, ...], row["doc"]) if row else None


def change_tray(
    db: Connection, version_id: str, change: Callable[[Sequence[Reference] | None], Sequence[Reference]]
) -> tuple[Reference, ...]:
    """Replace it by what `change` makes of it; an empty one stays empty. Raises `NotFound` and what `change` raises."""
    if db.execute("SELECT 1 FROM version WHERE id = ?", (version_id,)).fetchone() is None:
        raise NotFound("That version is gone.")
    after = tuple(change(tray(db, version_id)))
    db.execute(
        "INSERT INTO tray (version, doc) VALUES (?, ?) ON CONFLICT DO UPDATE SET doc = excluded.doc",
        (version_id, to_json(after)),
    )
    return after


def named(db: Connection, place: Place) -> list[NamedReference]:
    """A workspace's named references, by name."""
    rows = db.execute(
        "SELECT doc FROM named WHERE platform = ? AND workspace = ? ORDER BY name", (place.platform, place.workspace)
    )
    return [from_json(NamedReference, row["doc"]) for row in rows]


def add_named(db: Connection, place: Place, new: NamedReference) -> bool:
    """Add one; False when the name is taken."""
    added = db.execute(
        "INSERT INTO named (platform, workspace, name, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (place.platform, place.workspace, new.name, to_json(new)),
    )
    return added.rowcount == 1


def remove_named(db: Connection, place: Place, name: str) -> bool:
    """Take one out; False when there is none."""
    removed = db.execute(
        "DELETE FROM named WHERE platform = ? AND workspace = ? AND name = ?", (place.platform, place.workspace, name)
    )
    return removed.rowcount == 1
