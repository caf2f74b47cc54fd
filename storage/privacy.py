"""Letting go: what is older than a workspace keeps, and what a person wants deleted. Implements `ports.Privacy`.

Words and names of pictures are blanked in the documents (`blanks.py`); assets that a document let go of are put down
in `freed` in the same transaction. The sweep deletes those of them that no document names any more. Every step finds
its own work again after a crash.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bot.models import Address, NamedReference, Place, User, now_ms
from bot.ports import Before, Belongings, LedgerLine, Purged
from storage import sweeping
from storage.blanks import PARTS, Doc, assets_of, blank_job, blank_said, blank_version, nameless, wanted
from storage.engine import Engine
from storage.gallery import take_down, unsay
from storage.rows import from_json, job_of, person_key, version_of

Connection = sqlite3.Connection

BATCH = 50  # documents in a transaction: some twenty milliseconds of the one writer's time
WEB = ("web", "local")  # the web chat's platform and workspace: the only one whose transcript is here


class SqlitePrivacy:
    """Retention and deletion on a SQLite file and its folder of pictures."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    async def workspaces(self) -> Sequence[str]:  # noqa: D102
        return await self._engine.read(_workspaces)

    async def purge(self, workspace: str, before: Before, *, dry: bool = False) -> Purged:  # noqa: D102
        if before.is_nothing:
            return Purged()
        named = await self._engine.read(_named_assets)
        if dry:
            return await self._engine.read(_would_go, self._folder, workspace, before, named)
        done = Purged()
        old = await self._engine.read(_find, workspace, before)
        for start in range(0, len(old), BATCH):
            done += await self._engine.write(_purge_batch, old[start : start + BATCH], before, named)
        return done

    async def sweep(self) -> Purged:  # noqa: D102
        begun = now_ms()
        gone = await self._engine.read(sweeping.unneeded)
        done = Purged()
        for start in range(0, len(gone), BATCH):
            done += await self._engine.write(sweeping.delete, self._folder, gone[start : start + BATCH])
        if await self._engine.read(sweeping.is_due):
            await asyncio.to_thread(sweeping.clear_copies, self._folder / "tmp", gone)
            await self._engine.write(sweeping.done, begun)
            await self._engine.read(sweeping.give_back)  # a checkpoint cannot run in the writer's transaction
        return done

    async def belongings(self, place: Place, user: User) -> Belongings:  # noqa: D102
        return await self._engine.read(_belongings, place, user)

    async def messages(self, place: Place, user: User) -> Sequence[Address]:  # noqa: D102
        return await self._engine.read(_messages, place, user)

    async def forget(self, place: Place, user: User) -> Purged:  # noqa: D102
        named = await self._engine.read(_named_assets)
        done = Purged()
        while part := await self._engine.write(_forget_batch, place, user, named):
            done += part
        await self._engine.write(_forget_rest, place, user)
        return done


def _workspaces(db: Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT DISTINCT workspace FROM thread ORDER BY workspace")]


def _named_assets(db: Connection) -> frozenset[str]:
    """Pictures that a workspace keeps by name; references to them stay whatever their age."""
    rows = db.execute("SELECT json_extract(doc, '$.reference.asset') FROM named")
    return frozenset(row[0] for row in rows)


# ── By age ───────────────────────────────────────────────────────────────────────────────────────────────────────

_IS_OLD = """
(({created} < :pictures AND {kind} != 'upload' AND {purged} NOT LIKE '%"pictures"%')
OR ({created} < :prompts AND {purged} NOT LIKE '%"prompts"%')
OR ({created} < :attachments AND {purged} NOT LIKE '%"attachments"%'))
"""
_DOC = {
    "created": "json_extract({0}.doc, '$.created')",
    "kind": "json_extract({0}.doc, '$.kind')",
    "purged": "coalesce(json_extract({0}.doc, '$.purged'), '')",
}
_ENDED = "('done', 'failed', 'cancelled', 'offered')"


def _old(table: str) -> str:
    return _IS_OLD.format(**{name: text.format(table) for name, text in _DOC.items()})


def _find(db: Connection, workspace: str, before: Before) -> list[tuple[str, str]]:
    """The documents that are older than they are kept, as table and id: all of them, as one pass reads them all."""
    facts = {"workspace": workspace, "pictures": before.pictures, "prompts": before.prompts,
             "attachments": before.attachments}  # fmt: skip
    return [(table, row[0]) for table, query in _OLD.items() for row in db.execute(query, facts)]


_OLD = {
    "version": "SELECT version.id FROM version JOIN thread ON thread.id = version.thread"  # noqa: S608
    f" WHERE thread.workspace = :workspace AND {_old('version')}",
    "job": f"SELECT id FROM job WHERE status IN {_ENDED} AND json_extract(doc, '$.place.workspace') = :workspace"  # noqa: S608
    f" AND {_old('job')}",
    "said": f"SELECT id FROM said WHERE :workspace = '{WEB[1]}' AND "  # noqa: S608
    + _IS_OLD.format(created="at", kind="''", purged="coalesce(json_extract(doc, '$.purged'), '')"),
}


def _purge_batch(db: Connection, old: Iterable[tuple[str, str]], before: Before, named: frozenset[str]) -> Purged:
    db.execute("PRAGMA secure_delete = ON")  # what is blanked must not be left on a free page
    done = Purged()
    for table, one in old:
        doc = _doc(db, table, one)
        if parts := wanted(doc, before):  # another process may have been here in the meantime
            done += _BLANK[table](db, one, doc, parts, named)
    return done


def _doc(db: Connection, table: str, one: str) -> Doc:
    (text,) = db.execute(f"SELECT doc FROM {table} WHERE id = ?", (one,)).fetchone()  # noqa: S608  # our own name
    found: Doc = json.loads(text)
    return found


def _blank_version(db: Connection, version: str, doc: Doc, parts: frozenset[str], named: frozenset[str]) -> Purged:
    blank, count = blank_version(doc, parts, named)
    _free(db, assets_of(doc) - assets_of(blank))
    if "attachments" in parts:
        tray = db.execute("SELECT doc FROM tray WHERE version = ?", (version,)).fetchone()
        _free(db, assets_of(json.loads(tray["doc"])) if tray else ())
        db.execute("DELETE FROM tray WHERE version = ?", (version,))
        db.execute("DELETE FROM pictured WHERE version = ? AND role = 'reference'", (version,))
    if blank["images"] != doc["images"]:
        take_down(db, version)
        db.execute("DELETE FROM pictured WHERE version = ? AND role != 'reference'", (version,))
    elif "prompts" in parts:
        unsay(db, version)
    db.execute(
        "UPDATE version SET doc = ?, fingerprint = ? WHERE id = ?", (_text(blank), blank["fingerprint"], version)
    )
    return count


def _blank_job(db: Connection, job: str, doc: Doc, parts: frozenset[str], named: frozenset[str]) -> Purged:
    blank = blank_job(doc, parts, named)
    _free(db, assets_of(doc) - assets_of(blank))
    db.execute("UPDATE job SET doc = ? WHERE id = ?", (_text(blank), job))
    return Purged(prompts=int("prompts" in parts))


def _blank_said(db: Connection, said: str, doc: Doc, parts: frozenset[str], _: frozenset[str]) -> Purged:
    blank = blank_said(doc, parts)
    _free(db, assets_of(doc) - assets_of(blank))
    db.execute("UPDATE said SET doc = ? WHERE id = ?", (_text(blank), said))
    return Purged(prompts=int("prompts" in parts), attachments=len(doc["attachments"]) - len(blank["attachments"]))


_BLANK: dict[str, Callable[[Connection, str, Doc, frozenset[str], frozenset[str]], Purged]] = {
    "version": _blank_version,
    "job": _blank_job,
    "said": _blank_said,
}


def _free(db: Connection, assets: Iterable[str]) -> None:
    """Put down what a document let go of; the row is there even where nothing was, so that the sweep is due."""
    moment = now_ms()
    rows = [(one, moment) for one in ("", *assets)]
    db.executemany("INSERT INTO freed (asset, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at", rows)


def _would_go(db: Connection, folder: Path, workspace: str, before: Before, named: frozenset[str]) -> Purged:
    """The same on copies of the documents: nothing is written."""
    done, freed, instead = Purged(), set[str](), dict[tuple[str, str], str]()
    for table, one in _find(db, workspace, before):
        doc = _doc(db, table, one)
        parts = wanted(doc, before)
        if table == "version":
            blank, count = blank_version(doc, parts, named)
        else:
            blank = blank_job(doc, parts, named) if table == "job" else blank_said(doc, parts)
            count = Purged(prompts=int("prompts" in parts))
        done += count
        freed |= assets_of(doc) - assets_of(blank)
        instead[table, one] = _text(blank)
    gone = sweeping.unneeded(db, freed, instead)
    return done + sweeping.measured(db, folder, gone)


def _text(doc: Doc) -> str:
    return json.dumps(doc, ensure_ascii=False)


# ── A person ─────────────────────────────────────────────────────────────────────────────────────────────────────

_MINE = (
    " FROM version JOIN thread ON thread.id = version.thread WHERE thread.platform = :platform"
    " AND thread.workspace = :workspace AND json_extract(version.doc, '$.author.id') = :user"
    " AND json_extract(version.doc, '$.author.platform') = :platform"
)
_MY_JOBS = " FROM job WHERE person = :person AND json_extract(doc, '$.place.workspace') = :workspace"


def _who(place: Place, user: User) -> dict[str, str]:
    return {"platform": place.platform, "workspace": place.workspace, "user": user.id, "person": person_key(user)}


def _belongings(db: Connection, place: Place, user: User) -> Belongings:
    who = _who(place, user)
    versions = db.execute(f"SELECT version.doc {_MINE} ORDER BY version.rowid", who)
    jobs = db.execute(f"SELECT * {_MY_JOBS} ORDER BY created, rowid", who)
    ledger = db.execute(
        "SELECT at, entry, images, cost, channel, job, model FROM ledger"
        " WHERE workspace = :workspace AND person = :person ORDER BY id", who)  # fmt: skip
    stars = db.execute(
        "SELECT gallery.version FROM star JOIN gallery USING (position) JOIN wall ON wall.id = gallery.channel"
        " WHERE star.person = :person AND wall.workspace = :workspace", who)  # fmt: skip
    named = db.execute("SELECT doc FROM named WHERE platform = :platform AND workspace = :workspace ORDER BY name", who)
    return Belongings(
        [version_of(row) for row in versions],
        [job_of(row) for row in jobs],
        [LedgerLine(*row) for row in ledger],
        [row[0] for row in stars],
        [one for one in (from_json(NamedReference, row["doc"]) for row in named)
         if (one.added_by.platform, one.added_by.id) == (user.platform, user.id)],
    )  # fmt: skip


def _messages(db: Connection, place: Place, user: User) -> list[Address]:
    mine = f"version.id IN (SELECT version.id {_MINE}) ORDER BY version.rowid, turn"
    rows = db.execute(
        "SELECT shown.platform, shown.workspace, shown.channel, thread.thread, shown.message FROM shown"  # noqa: S608
        " JOIN version ON version.id = shown.version JOIN thread ON thread.id = version.thread"
        f" WHERE {mine}",
        _who(place, user),
    )
    return [Address(Place(*row[:4]), row["message"]) for row in rows]


def _forget_batch(db: Connection, place: Place, user: User, named: frozenset[str]) -> Purged:
    """Some of their versions, then of their requests; the name goes with the rest, so that none is found twice."""
    db.execute("PRAGMA secure_delete = ON")
    who = _who(place, user) | {"limit": BATCH}
    rows = db.execute(f"SELECT version.id, version.doc {_MINE} LIMIT :limit", who).fetchall()
    done = Purged()
    for row in rows:
        done += _blank_version(db, row["id"], nameless(json.loads(row["doc"]), "author"), PARTS, named)
        _forget_cards(db, row["id"])
    if not rows:
        ended = f"SELECT * {_MY_JOBS} AND status IN {_ENDED} LIMIT :limit"
        for row in db.execute(ended, who).fetchall():
            done += _blank_job(db, row["id"], nameless(json.loads(row["doc"]), "user"), PARTS, named)
            db.execute("UPDATE job SET person = ? WHERE id = ?", (f"{user.platform}:", row["id"]))
    return done


def _forget_cards(db: Connection, version: str) -> None:
    """The web chat's own messages that show a version."""
    rows = db.execute(
        "SELECT said.id, said.doc FROM said JOIN shown ON shown.message = said.id AND shown.platform = ?"
        " WHERE shown.version = ?", (WEB[0], version)).fetchall()  # fmt: skip
    for row in rows:
        _blank_said(db, row["id"], json.loads(row["doc"]), PARTS, frozenset())


def _forget_rest(db: Connection, place: Place, user: User) -> None:
    """Stars, what they said in the web chat, and their name on what the workspace keeps."""
    who = _who(place, user)
    db.execute(
        "DELETE FROM star WHERE person = :person AND position IN (SELECT position FROM gallery"
        " JOIN wall ON wall.id = gallery.channel WHERE wall.workspace = :workspace)", who)  # fmt: skip
    db.execute("DELETE FROM event WHERE platform = :platform AND id LIKE 'alone:%' AND substr(id, -length(:user) - 1)"
               " = ':' || :user", who)  # fmt: skip
    for row in db.execute("SELECT name, doc FROM named WHERE platform = :platform AND workspace = :workspace", who):
        doc = json.loads(row["doc"])
        if (doc["added_by"]["platform"], doc["added_by"]["id"]) == (user.platform, user.id):
            db.execute("UPDATE named SET doc = ? WHERE platform = ? AND workspace = ? AND name = ?",
                       (_text(nameless(doc, "added_by")), place.platform, place.workspace, row["name"]))  # fmt: skip
    if (place.platform, place.workspace) == WEB:
        mine = "SELECT id, doc FROM said WHERE json_extract(doc, '$.user') = :user"
        for row in db.execute(mine, who).fetchall():
            doc = json.loads(row["doc"]) | {"user": "", "user_name": "somebody"}
            _blank_said(db, row["id"], doc, PARTS, frozenset())
    _free(db, ())
