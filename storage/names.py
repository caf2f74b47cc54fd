"""What channels and roles were called last, by their ids. Names change; what is booked under an id does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

Connection = sqlite3.Connection

LONGEST = 100  # characters

NAMES = """
CREATE TABLE name (
    workspace TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID
"""


def unknown(db: Connection, workspace: str, told: Mapping[str, str]) -> dict[str, str]:
    """Those of them that are not known, or by another name."""
    kept = {one: _clean(name) for one, name in told.items() if name}
    query = "SELECT name FROM name WHERE workspace = ? AND id = ?"
    known = {one: db.execute(query, (workspace, one)).fetchone() for one in kept}
    return {one: name for one, name in kept.items() if known[one] is None or known[one]["name"] != name}


def learn(db: Connection, workspace: str, told: Mapping[str, str]) -> None:
    """Remember these names."""
    db.executemany(
        "INSERT INTO name (workspace, id, name) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
        [(workspace, one, _clean(name)) for one, name in told.items()],
    )


def names(db: Connection, workspace: str | None) -> dict[tuple[str, str], str]:
    """All names by workspace and id, of all workspaces with None."""
    rows = db.execute("SELECT workspace, id, name FROM name WHERE ?1 IS NULL OR workspace = ?1", (workspace,))
    return {(row["workspace"], row["id"]): row["name"] for row in rows}


def _clean(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("\0", "�")[:LONGEST]
