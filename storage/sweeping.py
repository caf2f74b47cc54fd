"""Deletes files that nothing needs. Only what some document let go of is looked at: `freed`, and what came of it."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from bot.ports import Purged
from storage import outdated
from storage.files import blob_path
from storage.threads import asset as asset_row

Connection = sqlite3.Connection

NO_NEED = frozenset({"removal"})  # tables that name pictures which are being deleted
WASTE = 4  # the file is written anew when a quarter of it is unused …
LEAST_PAGES = 4096  # … and that is at least 16 MB
STALE_ZIP_SECONDS = 3600  # for as long as a link to one is good
_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
_ZIP = re.compile(r"export-[0-9a-f]{24}\.zip")  # as the page names them


def is_due(db: Connection) -> bool:
    """Whether anything was let go of since the last sweep that came to its end."""
    return db.execute("SELECT 1 FROM freed LIMIT 1").fetchone() is not None


def unused(db: Connection, before: int) -> list[str]:
    """The files from before then (ms) that no document names, nor anything made of them: their request was refused."""
    if not before:
        return []
    rows = db.execute(
        "SELECT id FROM asset WHERE created < ? AND derived_from IS NULL AND id NOT IN (SELECT asset FROM made_of)",
        (before,),
    )
    old = [row[0] for row in rows]
    needed = _needed(db, {}) if old else set()
    return [one for one in old if one not in needed]


def unneeded(
    db: Connection, freed: Collection[str] | None = None, instead: Mapping[tuple[str, str], str] | None = None
) -> list[str]:
    """The assets to delete: let go of (and their originals, and what was derived from them), named by no document.

    `freed` and `instead` (documents by table and id) say what would be, for a purge that only looks.
    """
    if freed is None:
        freed = [row[0] for row in db.execute("SELECT asset FROM freed WHERE asset != ''")]
    family = [
        row[0]
        for row in db.execute(
            "WITH RECURSIVE origin (id) AS (SELECT value FROM json_each(:freed) UNION"
            " SELECT asset.derived_from FROM asset JOIN origin ON asset.id = origin.id"
            " WHERE asset.derived_from IS NOT NULL)"
            " SELECT id FROM origin UNION SELECT asset.id FROM asset JOIN origin ON asset.derived_from = origin.id"
            " UNION SELECT made_of.asset FROM made_of JOIN origin ON made_of.origin = origin.id",
            {"freed": json.dumps(list(freed))},
        )
    ]
    if not family:
        return []
    needed = _needed(db, instead or {})
    return [one for one in family if one not in needed]


def _needed(db: Connection, instead: Mapping[tuple[str, str], str]) -> set[str]:
    """Whatever any document names, and the originals of that."""
    found: set[str] = set()
    for table in _tables(db):
        columns = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
        key = next((name for name in ("id", "version") if name in columns), "NULL")
        for row in db.execute(f"SELECT {key} AS id, doc FROM {table}"):  # noqa: S608  # our own names
            found.update(_ASSET.findall(instead.get((table, row["id"]), row["doc"])))
    rows = db.execute("SELECT id, derived_from FROM asset WHERE derived_from IS NOT NULL")
    origins = {row["id"]: row["derived_from"] for row in rows}
    for one in list(found):
        while (one := origins.get(one, "")) and one not in found:  # up to the first
            found.add(one)
    return found


def _tables(db: Connection) -> list[str]:
    """Every table of documents: what a later table needs is safe without anybody thinking of this."""
    rows = db.execute(
        "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        " AND c.name = 'doc'"
    )
    return [row[0] for row in rows if row[0] not in NO_NEED]


def delete(db: Connection, folder: Path, gone: Collection[str]) -> Purged:
    """Delete files and rows. One that came in again since it was let go of stays.

    A crash in between leaves a row without a file, which is deleted the next time.
    """
    files = size = 0
    for one in gone:
        (wanted_again,) = db.execute(
            "SELECT (SELECT created FROM asset WHERE id = ?1) > (SELECT at FROM freed WHERE asset = ?1)"
            " OR EXISTS (SELECT 1 FROM pictured WHERE asset = ?1)", (one,)
        ).fetchone()  # fmt: skip
        found = asset_row(db, one)
        if found and not wanted_again:
            blob_path(folder, found).unlink(missing_ok=True)
            db.execute("DELETE FROM asset WHERE id = ?", (one,))
            outdated.put_part(db, one)
            db.execute("DELETE FROM displayed WHERE asset = ?", (one,))
            files, size = files + 1, size + found.bytes
    return Purged(files=files, bytes=size)


def measured(db: Connection, folder: Path, gone: Collection[str]) -> Purged:
    """What deleting these would free."""
    found = [row for one in gone if (row := asset_row(db, one)) and blob_path(folder, row).exists()]
    return Purged(files=len(found), bytes=sum(one.bytes for one in found))


def clear_copies(tmp: Path, gone: Collection[str], *, all_zips: bool) -> None:
    """Delete the light copies of what is gone, and zips that were made for a download.

    Without `all_zips` only those that a server which stopped could not delete itself.
    """
    away, oldest = set(gone), time.time() - (0 if all_zips else STALE_ZIP_SECONDS)
    for path in tmp.iterdir():
        with contextlib.suppress(OSError):
            is_zip = _ZIP.fullmatch(path.name) and path.stat().st_mtime <= oldest
            if is_zip or any(one in away for one in _ASSET.findall(path.name)):
                path.unlink()


def forget_words(db: Connection) -> None:
    """Words that were deleted leave the full-text index for good."""
    db.execute("INSERT INTO gallery_words (gallery_words) VALUES ('optimize')")


def give_back(db: Connection) -> bool:
    """Give unused pages back where it is worth it, and leave nothing old in the write-ahead log. Not in a transaction.

    False: another process at work kept the log busy, so the sweep is not at its end.
    """
    (unused,), (pages,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_count"))
    # What was written before replaced words were wiped may be anywhere in the file: it is written anew, once.
    (is_clean,) = db.execute("PRAGMA user_version").fetchone()
    try:
        if not is_clean or (unused >= LEAST_PAGES and unused * WASTE >= pages):
            db.execute("VACUUM")
            db.execute("PRAGMA user_version = 1")
        (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:  # no room for the new file, or somebody reads for too long
        return False
    return not busy


def done(db: Connection, begun: int) -> None:
    """A sweep that began then (ms) came to its end."""
    db.execute("DELETE FROM freed WHERE at <= ?", (begun,))
