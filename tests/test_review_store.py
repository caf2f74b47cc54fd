"""Moderators' decisions in SQLite: the contract, old databases, and a kill in the middle."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Standing, Version
from storage import removal
from storage.rows import to_json
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import ALICE, job, version
from tests.contracts.store_review import ACT, FAR, ReviewContract, picture, waiting

ROOT = Path(__file__).parents[1]


class TestReviews(ReviewContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        store = await open_store(tmp_path / "data")
        yield store
        await store.close()


async def test_a_database_from_before_knows_where_its_pictures_are(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    _, kept = await waiting(store, tmp_path)
    await store.close()
    with sqlite3.connect(tmp_path / "retouch.db") as db:
        for table in ("review", "removal", "pictured", "displayed", "made_of"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX asset_derived")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm006_reviews'")
        db.execute("UPDATE version SET doc = json_remove(doc, '$.standing', '$.hidden_why')")
    db.close()
    store = await open_store(tmp_path)
    try:
        old = await store.version(kept.id)
        assert old
        assert old.standing is Standing.OPEN
        assert await store.reviews.remove(kept.id, ACT, reason="no")
        assert await store.reviews.erase(kept.id) == 1
    finally:
        await store.close()


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from storage import files, removal
from storage.sqlite import open_store

async def main(folder, version):
    store = await open_store(Path(folder))
    unlink, gone = Path.unlink, []

    def kill(path, *args, **more):
        unlink(path, *args, **more)
        gone.append(path)
        if len(gone) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    Path.unlink = kill
    await store.reviews.erase(version)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_kill_between_two_files_leaves_a_removal_that_is_finished_later(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = await open_store(folder)
    _, kept = await waiting(store, tmp_path)
    for number in range(3):
        await _derived(store, tmp_path, f"sheet {number}".encode(), kept)
    await store.reviews.remove(kept.id, ACT, reason="no")
    await store.close()
    command = [sys.executable, "-c", _KILLED, str(folder), kept.id]
    killed = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(folder.glob("blobs/*/*/*"))) == 2
    store = await open_store(folder)
    try:
        (left,) = await store.reviews.unfinished(before=FAR)
        assert not left.erased
        await store.reviews.erase(left.version)
        assert not list(folder.glob("blobs/*/*/*"))
        assert [await store.asset(one) for one in left.assets] == [None] * 4
    finally:
        await store.close()


async def _derived(store: SqliteStore, folder: Path, text: bytes, kept: Version) -> None:
    await store.reviews.made_of(await picture(store, folder, text), kept.images)


async def test_light_copies_go_with_the_picture(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "data")
    try:
        _, kept = await waiting(store, tmp_path)
        copies = [store.tmp / f"light-512-{kept.images[0]}.webp", store.tmp / f"thumb-{kept.images[0]}.webp"]
        for one in copies:
            one.write_bytes(b"x")
        other = store.tmp / "light-512-other.webp"
        other.write_bytes(b"x")
        await store.reviews.remove(kept.id, ACT, reason="no")
        await store.reviews.erase(kept.id)
        assert [one.exists() for one in (*copies, other)] == [False, False, True]
    finally:
        await store.close()


def test_blanked_words_are_in_no_part_of_the_document() -> None:
    told = replace(version(job(ALICE)), prompt="secret", sent="secret", revised="secret", panels=("secret",),
                   avoid=("secret",), notes=("secret",), fingerprint="secret")  # fmt: skip
    assert "secret" not in to_json(removal._blanked(told))


async def test_one_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    """As after going back to an earlier version of the program, which does not know all that the later one wrote."""
    store = await open_store(tmp_path)
    try:
        _, first = await waiting(store, tmp_path)
        _, second = await waiting(store, tmp_path, b"a bear")
        for one in (first, second):
            await store.reviews.remove(one.id, replace(ACT, target=one.id), reason="no")
        with sqlite3.connect(tmp_path / "retouch.db") as db:
            db.execute("UPDATE review SET doc = json_set(doc, '$.ruling', 'odd') WHERE version = ?", (first.id,))
            db.execute("UPDATE removal SET doc = json_set(doc, '$.standing', 'odd') WHERE version = ?", (first.id,))
        db.close()
        assert [one.version for one in await store.reviews.unsettled(before=FAR)] == [second.id]
        assert [one.version for one in await store.reviews.unfinished(before=FAR)] == [second.id]
    finally:
        await store.close()
