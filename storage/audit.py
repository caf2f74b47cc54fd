"""The audit's SQL: lines that are only appended, each chained to the one before by a hash.

There is one chain per database. Ids count from 1 without a gap, so that a missing line can be named.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace

from bot.models import Act
from bot.ports import AuditCheck

Connection = sqlite3.Connection

LONGEST = 200  # characters of a name; of what it was before and after:
LONGEST_TEXT = 2000

_COLUMNS = "id, at, workspace, who, who_name, what, target, before, after, previous, hash"


def record(db: Connection, act: Act) -> Act:
    """Append a line. The caller's transaction holds the write lock, so nobody else continues the same line."""
    row = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    last, previous = (row["id"], row["hash"]) if row else (0, "")
    line = replace(_storable(act), id=last + 1, previous=previous)
    line = replace(line, hash=hash_of(line))
    db.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (line.id, line.at, line.workspace, line.who, line.who_name, line.what, line.target, line.before, line.after,
         line.previous, line.hash),
    )  # fmt: skip
    return line


def acts(
    db: Connection,
    workspace: str | None,
    who: str,
    what: str,
    since: int,
    after: int,
    limit: int,
    newest_first: bool,
    before: int = 0,
) -> list[Act]:
    """Some lines, in order or the newest first."""
    order = "DESC" if newest_first else "ASC"
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM audit WHERE id > :after AND at >= :since"  # noqa: S608
        + (" AND workspace = :workspace" if workspace is not None else "")
        + (" AND who = :who" if who else "")
        + (" AND id < :before" if before else "")
        + (" AND (what = :what OR substr(what, 1, length(:what) + 1) = :what || '.')" if what else "")
        + f" ORDER BY id {order} LIMIT :limit",
        {"after": after, "before": before, "since": since, "workspace": workspace, "who": who, "what": what,
         "limit": limit},
    )  # fmt: skip
    return [_act(row) for row in rows]


def check(db: Connection, expect: str) -> AuditCheck:
    """Walk the whole chain; stop at the first line that is not as it was written."""
    lines, head, found = 0, "", not expect
    for row in db.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY id"):  # noqa: S608
        line = _act(row)
        if why := _fault(line, lines + 1, head):
            return AuditCheck(lines, head, broken=lines + 1, why=why)
        lines, head = line.id, line.hash
        found = found or line.hash == expect
    if not found:
        return AuditCheck(lines, head, broken=lines + 1, why="the line with the expected hash is gone")
    return AuditCheck(lines, head)


def _fault(line: Act, expected_id: int, previous: str) -> str:
    """What is wrong with a line that should have this id and follow this hash; "" when nothing is."""
    if line.id != expected_id:
        return "it is missing"
    if line.previous != previous:
        return "it does not follow the line before it: a line was put in, taken out or moved"
    if line.hash != hash_of(line):
        return "it was edited"
    return ""


def hash_of(line: Act) -> str:
    """SHA-256 (hex) over the hash before and the line as canonical JSON."""
    names = ("id", "at", "workspace", "who", "who_name", "what", "target", "before", "after")
    facts = {name: getattr(line, name) for name in names}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{line.previous}\n{text}".encode()).hexdigest()


def _storable(act: Act) -> Act:
    """Cut to what the table takes, and without the halves of characters that no database keeps."""
    return replace(
        act,
        workspace=_cut(act.workspace, LONGEST),
        who=_cut(act.who, LONGEST),
        who_name=_cut(act.who_name, LONGEST),
        what=_cut(act.what, LONGEST),
        target=_cut(act.target, LONGEST),
        before=_cut(act.before, LONGEST_TEXT),
        after=_cut(act.after, LONGEST_TEXT),
    )


def _cut(text: str, longest: int) -> str:
    clean = text.encode("utf-8", "replace").decode().replace("\0", "�")
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _act(row: sqlite3.Row) -> Act:
    return Act(
        at=row["at"],
        workspace=row["workspace"],
        who=row["who"],
        who_name=row["who_name"],
        what=row["what"],
        target=row["target"],
        before=row["before"],
        after=row["after"],
        id=row["id"],
        previous=row["previous"],
        hash=row["hash"],
    )
