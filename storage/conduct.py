"""How people behave, where somebody was refused. Its SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from bot.models import Conduct, User
from storage.rows import from_json, to_json

Connection = sqlite3.Connection


def conduct(db: Connection, workspace: str, user: User) -> Conduct:
    """A person's conduct in a workspace."""
    row = db.execute(
        "SELECT doc FROM conduct WHERE platform = ? AND workspace = ? AND user = ?", (user.platform, workspace, user.id)
    ).fetchone()
    return from_json(Conduct, row["doc"]) if row else Conduct()


def change(db: Connection, workspace: str, user: User, how: Callable[[Conduct], Conduct]) -> Conduct:
    """Replace it by what `how` makes of it. Raises what `how` raises."""
    after = how(conduct(db, workspace, user))
    db.execute(
        "INSERT INTO conduct (platform, workspace, user, doc) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET doc = excluded.doc",
        (user.platform, workspace, user.id, to_json(after)),
    )
    return after
