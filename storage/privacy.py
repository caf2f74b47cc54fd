"""Letting go: what is older than a workspace keeps, and what a person wants deleted. Implements `ports.Privacy`.

Words and names of pictures are blanked in the documents (`blanks.py`); assets that a document let go of are put down
in `freed` in the same transaction. The sweep deletes those of them that no document names any more. Every step finds
its own work again after a crash.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from bot.models import Address, NamedReference, Place, User, now_ms
from bot.ports import Before, Belongings, LedgerLine, Outdated, Purged, Why
from storage import audit, outdated, removal, sweeping
from storage.blanks import PARTS, Doc, assets_of, blank_job, blank_review, blank_said, blank_version, nameless, wanted
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
        return done + await self._engine.write(_purge_words, workspace, before)

    async def sweep(self, *, unused_before: int = 0, dry: bool = False) -> Purged:  # noqa: D102
        if dry:
            return await self._engine.read(_would_sweep, self._folder, unused_before)
        begun = now_ms()
        if unused := await self._engine.read(sweeping.unused, unused_before):
            await self._engine.write(_free, unused)
        gone = await self._engine.read(sweeping.unneeded)
        done = Purged()
        for start in range(0, len(gone), BATCH):
            done += await self._engine.write(sweeping.delete, self._folder, gone[start : start + BATCH])
        is_due = await self._engine.read(sweeping.is_due)
        await asyncio.to_thread(sweeping.clear_copies, self._folder / "tmp", gone, all_zips=is_due)
        if is_due:
            await self._engine.write(sweeping.forget_words)
            if await self._engine.read(sweeping.give_back):  # a checkpoint cannot run in the writer's transaction
                await self._engine.write(sweeping.done, begun)
        return done

    async def belongings(self, place: Place, user: User) -> Belongings:  # noqa: D102
        return await self._engine.read(_belongings, place, user)

    async def outdated(self, platforms: Collection[str], *, limit: int) -> Sequence[Outdated]:  # noqa: D102
        return await self._engine.read(outdated.waiting, platforms, limit)

    async def told(self, address: Address, *, again: bool = False) -> None:  # noqa: D102
        await self._engine.write(outdated.tried if again else outdated.done, address)

    async def forget(self, place: Place, user: User) -> Purged:  # noqa: D102
        named = await self._engine.read(_named_assets)
        done = Purged()
        while part := await self._engine.write(_forget_batch, place, user, named):
            done += part
        await self._engine.write(_forget_rest, place, user)
        return done


def _workspaces(db: Connection) -> list[str]:
    """Those with a thread, or where nothing came to be but somebody's words were noted."""
    noted = "SELECT workspace FROM audit_words JOIN audit USING (id)"
    return [row[0] for row in db.execute(f"SELECT workspace FROM thread UNION {noted} ORDER BY workspace")]  # noqa: S608


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
    done = Purged()
    for table, one in old:
        doc = _doc(db, table, one)
        if parts := wanted(doc, before):  # another process may have been here in the meantime
            done += _BLANK[table](db, one, doc, parts, named)
    if before.pictures or before.attachments:
        outdated.put_offers(db, Why.OLD, [one for table, one in old if table == "version"])
    return done


def _purge_words(db: Connection, workspace: str, before: Before) -> Purged:
    """What people wrote that was refused or reported; the lines about it stay."""
    _blank_reviews(db, workspace, before=before.prompts)
    gone = audit.let_go(db, workspace, before=before.prompts)
    if gone:
        _free(db, ())
    return Purged(prompts=gone)


def _blank_reviews(db: Connection, workspace: str, *, before: int = 0, who: str = "") -> None:
    """What people wrote when they reported a picture, and why: of all that is so old, or of one person."""
    rows = db.execute("SELECT version, kind, doc FROM review WHERE json_extract(doc, '$.place.workspace') = ?",
                      (workspace,)).fetchall()  # fmt: skip
    for row in rows:
        doc = json.loads(row["doc"])
        blank = blank_review(doc, before, who)
        if blank != doc:
            db.execute("UPDATE review SET doc = ? WHERE version = ? AND kind = ?",
                       (_text(blank), row["version"], row["kind"]))  # fmt: skip
            _free(db, ())


def _doc(db: Connection, table: str, one: str) -> Doc:
    (text,) = db.execute(f"SELECT doc FROM {table} WHERE id = ?", (one,)).fetchone()  # noqa: S608  # our own name
    found: Doc = json.loads(text)
    return found


def _blank_version(
    db: Connection, version: str, doc: Doc, parts: frozenset[str], named: frozenset[str], why: Why = Why.OLD
) -> Purged:
    blank, count = blank_version(doc, parts, named)
    _free(db, assets_of(doc) - assets_of(blank))
    if "attachments" in parts:
        tray = _tray(db, version)
        _free(db, assets_of(json.loads(tray)) if tray else ())
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
    if blank.get("standing") != doc.get("standing"):  # what a moderator took away has its own sentence on its messages
        outdated.put(db, why, version, assets_of(doc["images"]))
        removal.move_head(db, doc["thread"])
        removal.close_reviews(db, version)
    return count


def _tray(db: Connection, version: str) -> str:
    row = db.execute("SELECT doc FROM tray WHERE version = ?", (version,)).fetchone()
    return row["doc"] if row else ""


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
            if "attachments" in parts and (tray := _tray(db, one)):
                freed |= assets_of(json.loads(tray))
                instead["tray", one] = ""
        else:
            blank = blank_job(doc, parts, named) if table == "job" else blank_said(doc, parts)
            count = Purged(prompts=int("prompts" in parts))
        done += count
        freed |= assets_of(doc) - assets_of(blank)
        instead[table, one] = _text(blank)
    gone = sweeping.unneeded(db, freed, instead)
    done += Purged(prompts=audit.would_let_go(db, workspace, before.prompts))
    return done + sweeping.measured(db, folder, gone)


def _would_sweep(db: Connection, folder: Path, unused_before: int) -> Purged:
    freed = [row[0] for row in db.execute("SELECT asset FROM freed WHERE asset != ''")]
    gone = sweeping.unneeded(db, [*freed, *sweeping.unused(db, unused_before)])
    return sweeping.measured(db, folder, gone)


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


def _forget_batch(db: Connection, place: Place, user: User, named: frozenset[str]) -> Purged:
    """Some of their versions, then of their requests; the name goes with the rest, so that none is found twice."""
    who = _who(place, user) | {"limit": BATCH}
    rows = db.execute(f"SELECT version.id, version.doc {_MINE} LIMIT :limit", who).fetchall()
    done = Purged()
    for row in rows:
        done += _blank_version(db, row["id"], nameless(json.loads(row["doc"]), "author"), PARTS, named, Why.OWN)
        _forget_cards(db, row["id"])
    outdated.put_offers(db, Why.OWN, [row["id"] for row in rows])
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
    """Stars, what they wrote that the audit noted or the web chat shows, and their name on what the workspace keeps."""
    audit.let_go(db, place.workspace, who=person_key(user))
    _blank_reviews(db, place.workspace, who=person_key(user))
    who = _who(place, user)
    db.execute("UPDATE ledger SET person_name = '' WHERE workspace = :workspace AND person = :person", who)
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
