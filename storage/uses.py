"""Which versions have a picture, and which pictures AI drew.

For `retouch verify` every version is read: no index is kept for a rare question.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from bot.models import Found
from storage.rows import thread_of, version_of

Connection = sqlite3.Connection


def versions_with(db: Connection, asset_id: str) -> list[Found]:
    """The versions that name an asset; where none does, those that name its source or what was made from it."""
    if not asset_id:
        return []
    return _naming(db, asset_id) or [found for kin in _kin(db, asset_id) for found in _naming(db, kin)]


def drawn(db: Connection, assets: Collection[str]) -> frozenset[str]:
    """Of these assets the pictures of versions that are no uploads; a pick's picture is that of the one before."""
    rows = db.execute(
        "SELECT DISTINCT pictured.asset AS id FROM pictured JOIN version ON version.id = pictured.version"
        " WHERE pictured.asset IN (SELECT value FROM json_each(?)) AND pictured.role IN ('image', 'original')"
        " AND json_extract(version.doc, '$.kind') NOT IN ('upload', 'pick')",
        (json.dumps(list(assets)),),
    )
    return frozenset(row["id"] for row in rows)


def _naming(db: Connection, asset_id: str) -> list[Found]:
    rows = db.execute(
        "SELECT version.doc, version.thread AS thread_id FROM version WHERE instr(doc, ?) ORDER BY version.rowid",
        (f'"{asset_id}"',),
    ).fetchall()
    return [Found(version_of(row), thread_of(_thread(db, row["thread_id"])).place) for row in rows]


def _thread(db: Connection, thread_id: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM thread WHERE id = ?", (thread_id,)).fetchone()
    return row


def _kin(db: Connection, asset_id: str) -> list[str]:
    """What an asset was made from, and what was made from it. Once in each direction."""
    rows = db.execute(
        "SELECT derived_from AS id FROM asset WHERE id = ? AND derived_from IS NOT NULL"
        " UNION SELECT id FROM asset WHERE derived_from = ?",
        (asset_id, asset_id),
    )
    return [row["id"] for row in rows]
