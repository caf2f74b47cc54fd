"""The audit's SQL: lines that are only appended, each chained to the one before by a hash.

There is one chain per database. Ids count from 1 without a gap, so that a missing line can be named. What people wrote
stands in `audit_words`, beside the chain: it can be let go of, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from dataclasses import fields, replace
from typing import Any

from bot.models import Act
from bot.ports import AuditCheck

Connection = sqlite3.Connection

LONGEST = 200  # characters of a name; of what it was before and after, and of the words:
LONGEST_TEXT = 2000

_COLUMNS = ("id", "at", "workspace", "who", "who_name", "what", "target", "before", "after", "previous", "hash",
            "channel", "roles", "digest")  # fmt: skip
_LATER = ("channel", "roles", "digest")  # the hash of a line without them is as it was before there were any
_TEXTS = {"workspace": LONGEST, "who": LONGEST, "who_name": LONGEST, "what": LONGEST, "target": LONGEST,
          "before": LONGEST_TEXT, "after": LONGEST_TEXT, "channel": LONGEST, "roles": LONGEST_TEXT,
          "words": LONGEST_TEXT}  # fmt: skip
_SELECT = (
    f"SELECT {', '.join(_COLUMNS)}, salt, coalesce(words, '') AS words"  # noqa: S608
    " FROM audit LEFT JOIN audit_words USING (id)"
)

AUDIT = (
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, workspace TEXT NOT NULL, who TEXT NOT NULL,
        who_name TEXT NOT NULL, what TEXT NOT NULL, target TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        previous TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE INDEX audit_workspace ON audit (workspace, id)
    """,
    """
    CREATE INDEX audit_who ON audit (who, id)
    """,
    """
    CREATE INDEX audit_what ON audit (what, at)
    """,
    # A line is only put in where it continues the last: this also stops `INSERT OR REPLACE`, which no trigger
    # on DELETE sees.
    """
    CREATE TRIGGER audit_is_only_continued BEFORE INSERT ON audit
        WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to');
    END
    """,
    """
    CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to');
    END
    """,
    """
    CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to');
    END
    """,
)

AUDIT_WORDS = (
    """
    ALTER TABLE audit ADD COLUMN channel TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE audit ADD COLUMN roles TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE audit ADD COLUMN digest TEXT NOT NULL DEFAULT ''
    """,
    # The salt makes the digest in the chain say nothing about short or likely words once this row is gone.
    """
    CREATE TABLE audit_words (
        id INTEGER PRIMARY KEY REFERENCES audit (id), salt TEXT NOT NULL, words TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER audit_words_are_of_the_last_line BEFORE INSERT ON audit_words
        WHEN NEW.id IS NOT (SELECT max(id) FROM audit) OR EXISTS (SELECT 1 FROM audit_words WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to');
    END
    """,
    """
    CREATE TRIGGER audit_words_are_never_edited BEFORE UPDATE ON audit_words
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to');
    END
    """,
)


def record(db: Connection, act: Act) -> Act:
    """Append a line. The caller's transaction holds the write lock, so nobody else continues the same line."""
    row = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    last, previous = (row["id"], row["hash"]) if row else (0, "")
    line, salt = replace(_storable(act), id=last + 1, previous=previous), secrets.token_hex(16)
    line = replace(line, digest=_digest(salt, line.words) if line.words else "")
    line = replace(line, hash=hash_of(line))
    db.execute(
        f"INSERT INTO audit ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",  # noqa: S608
        [getattr(line, name) for name in _COLUMNS],
    )
    if line.words:
        db.execute("INSERT INTO audit_words (id, salt, words) VALUES (?, ?, ?)", (line.id, salt, line.words))
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
        f"{_SELECT} WHERE id > :after AND at >= :since"
        + (" AND workspace = :workspace" if workspace is not None else "")
        + (" AND who = :who" if who else "")
        + (" AND id < :before" if before else "")
        + (" AND (what = :what OR substr(what, 1, length(:what) + 1) = :what || '.')" if what else "")
        + f" ORDER BY id {order} LIMIT :limit",
        {"after": after, "before": before, "since": since, "workspace": workspace, "who": who, "what": what,
         "limit": limit},
    )  # fmt: skip
    return [_act(row) for row in rows]


def let_go(db: Connection, workspace: str, *, before: int = 0, who: str = "") -> int:
    """Delete the words of lines of a workspace: of those older than `before` (ms), or of one person's. How many."""
    mine = "who = :who" if who else "at < :before"
    return db.execute(
        "DELETE FROM audit_words WHERE id IN (SELECT id FROM audit_words JOIN audit USING (id)"  # noqa: S608
        f" WHERE workspace = :workspace AND {mine})",
        {"workspace": workspace, "before": before, "who": who},
    ).rowcount


def would_let_go(db: Connection, workspace: str, before: int) -> int:
    """How many lines of a workspace that are older than `before` (ms) have words."""
    query = "SELECT count(*) FROM audit_words JOIN audit USING (id) WHERE workspace = ? AND at < ?"
    (count,) = db.execute(query, (workspace, before)).fetchone()
    return int(count)


# ── Checking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def check(db: Connection, expect: str) -> AuditCheck:
    """Walk the whole chain; stop at the first line that is not as it was written."""
    lines, head, gone, found = 0, "", 0, not expect
    for row in db.execute(f"{_SELECT} ORDER BY id"):
        line = _act(row)
        if why := _fault(line, row["salt"], lines + 1, head):
            return AuditCheck(lines, head, broken=lines + 1, why=why, let_go=gone)
        lines, head, gone = line.id, line.hash, gone + bool(line.digest and row["salt"] is None)
        found = found or line.hash == expect
    return AuditCheck(lines, head, let_go=gone, cut=not found)


def _fault(line: Act, salt: str | None, expected_id: int, previous: str) -> str:
    """What is wrong with a line that should have this id and follow this hash; "" when nothing is."""
    if line.id != expected_id:
        return "it is missing"
    if line.previous != previous:
        return "it does not follow the line before it: a line was put in, taken out or moved"
    if line.hash != hash_of(line):
        return "it was edited"
    if salt is not None and _digest(salt, line.words) != line.digest:
        return "its words were edited"
    return ""


def hash_of(line: Act) -> str:
    """SHA-256 (hex) over the hash before and the line as canonical JSON."""
    names = ("id", "at", "workspace", "who", "who_name", "what", "target", "before", "after")
    facts = {name: getattr(line, name) for name in names}
    facts |= {name: value for name in _LATER if (value := getattr(line, name))}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{line.previous}\n{text}".encode()).hexdigest()


def _digest(salt: str, words: str) -> str:
    return hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest()


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _storable(act: Act) -> Act:
    """Cut to what the table takes, and without the halves of characters that no database keeps."""
    cut: dict[str, Any] = {name: _cut(getattr(act, name), longest) for name, longest in _TEXTS.items()}
    return replace(act, **cut)


def _cut(text: str, longest: int) -> str:
    clean = text.encode("utf-8", "replace").decode().replace("\0", "�")
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _act(row: sqlite3.Row) -> Act:
    return Act(**{one.name: row[one.name] for one in fields(Act)})
