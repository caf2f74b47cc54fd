"""Changes of a workspace's settings and their lines in the audit: one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from bot.models import Act, Ban, Policy
from storage import audit, threads
from storage.rows import from_json


def change(
    db: sqlite3.Connection,
    workspace: str,
    make: Callable[[Policy], Policy],
    acts: Callable[[Policy, Policy], Sequence[Act]],
) -> tuple[Policy, Policy]:
    """Replace the settings by what `make` makes of them. The caller's transaction holds the write lock."""
    before = threads.policy(db, workspace)
    after = make(before)
    if after != before:
        threads.set_policy(db, workspace, after)
    for act in acts(before, after):
        audit.record(db, act)
    return before, after


def bans(db: sqlite3.Connection, who: str) -> list[Ban]:
    """Somebody's bans in every workspace."""
    rows = db.execute("SELECT doc FROM policy WHERE instr(doc, ?)", (who,))
    return [ban for row in rows for ban in from_json(Policy, row["doc"]).bans if ban.who == who]
