"""SQLite lets go: the contract, what is left in the files, and a purge that is killed half-way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.models import Reference, Standing
from bot.ports import Before, Privacy, Said, Shelf
from storage import files
from storage.engine import _connect as connect
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store_privacy import BEFORE, HERE, OLD, YOUNG, PrivacyContract, again, made, picture

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
def privacy(store: SqliteStore) -> Privacy:
    return store.privacy


@pytest.fixture
def shelf(store: SqliteStore) -> Shelf:
    return store.shelf


class TestPrivacy(PrivacyContract):
    """The contract every store passes."""


async def test_no_purged_word_is_left_in_any_file(store: SqliteStore) -> None:
    for n in range(60):
        await made(store, f"xyzzyplugh{n} " + "and more words " * 40, await picture(store, bytes([n])))
    await store.transcript.say(Said("s1", "general", None, "U1", "Alice", OLD, "xyzzyplughsaid"))
    assert b"xyzzyplugh" in _all_bytes(store.folder)
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.purge("local", BEFORE)
    await store.privacy.sweep()
    assert b"xyzzyplugh" not in _all_bytes(store.folder)


def _instead(tray: list[Reference], _: object) -> list[Reference]:
    return tray


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def test_light_copies_go_with_their_picture(store: SqliteStore) -> None:
    one, other = await picture(store, b"one"), await picture(store, b"other")
    await made(store, "old", one)
    await made(store, "young", other, created=YOUNG)
    for name in (f"thumb-1024-{one}.webp", f"light-640-{one}.webp", f"light-640-{other}.webp"):
        (store.tmp / name).write_bytes(b"light")
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()
    assert [path.name for path in store.tmp.iterdir()] == [f"light-640-{other}.webp"]


async def test_the_web_chats_own_messages_lose_words_and_files(store: SqliteStore) -> None:
    sent = await picture(store, b"sent")
    await store.transcript.say(Said("s1", "general", None, "U1", "Alice", OLD, "secret", (sent,)))
    await store.transcript.say(Said("s2", "general", None, "U1", "Alice", YOUNG, "hello"))
    await store.privacy.purge("local", BEFORE)
    assert (await store.privacy.sweep()).files == 1
    (first, second) = await store.transcript.channel("general")
    assert (first.text, first.attachments, second.text) == ("…", (), "hello")


async def test_the_database_gets_smaller_and_stays_sound(store: SqliteStore) -> None:
    for n in range(300):
        await made(store, f"{n} " + "long words " * 9000, await picture(store, b"same"))
    database = store.folder / "retouch.db"
    await store.privacy.sweep()
    before = sum(path.stat().st_size for path in store.folder.glob("retouch.db*"))
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()
    after = sum(path.stat().st_size for path in store.folder.glob("retouch.db*"))
    assert after < before / 10
    with sqlite3.connect(database) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.execute("INSERT INTO gallery_words (gallery_words) VALUES ('integrity-check')")
    db.close()


PURGES = """
import asyncio, sys
from pathlib import Path
from storage.sqlite import open_store
from tests.contracts.store_privacy import BEFORE

async def main():
    store = await open_store(Path(sys.argv[1]))
    print("ready", flush=True)
    await store.privacy.purge("T1", BEFORE)
    print("purged", flush=True)
    await store.privacy.sweep()
    print("swept", flush=True)
    await store.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("said", [b"ready", b"purged"])
async def test_a_purge_that_is_killed_goes_on_where_it_was(store: SqliteStore, said: bytes) -> None:
    old = [await made(store, f"secret {n}", await picture(store, f"{n}".encode())) for n in range(450)]
    young = await made(store, "young", old[0].images[0], created=YOUNG, references=(Reference(old[1].images[0]),))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PURGES, str(store.folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    while said not in await process.stdout.readline():
        pass
    if said == b"ready":  # in the middle of its batches
        async with asyncio.timeout(30):
            while (await again(store, old[0])).standing is not Standing.PURGED:
                await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()
    assert all([(await again(store, one)).standing is Standing.PURGED for one in old])
    assert await again(store, young) == young
    left = {path.stem for path in (store.folder / "blobs").rglob("*.png")}
    assert left == {old[0].images[0], old[1].images[0]}
    with sqlite3.connect(store.folder / "retouch.db") as db:
        assert {row[0] for row in db.execute("SELECT id FROM asset")} == left
        assert db.execute("SELECT count(*) FROM freed").fetchone()[0] == 0
    db.close()


async def test_nothing_is_purged_where_everything_is_kept(store: SqliteStore) -> None:
    one = await made(store, "fox", await picture(store, b"1"))
    assert not await store.privacy.purge("T1", Before())
    assert await again(store, one) == one
    assert list(await store.privacy.workspaces()) == [HERE.workspace]


async def test_two_processes_purge_at_once_while_a_backup_is_made(store: SqliteStore, tmp_path: Path) -> None:
    old = [await made(store, f"secret {n}", await picture(store, f"{n}".encode())) for n in range(150)]
    young = await made(store, "young", old[0].images[0], created=YOUNG)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PURGES, str(store.folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    for one in processes:
        assert one.stdout
        assert b"ready" in await one.stdout.readline()
    await store.backup(tmp_path / "backup")
    for one in processes:
        await one.communicate()
        assert one.returncode == 0
    assert all([(await again(store, one)).standing is Standing.PURGED for one in old])
    assert await again(store, young) == young
    assert {path.stem for path in (store.folder / "blobs").rglob("*.png")} == {old[0].images[0]}
    with sqlite3.connect(tmp_path / "backup" / "retouch.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()


def test_a_picture_that_is_let_go_of_while_a_backup_copies_it_is_left_out(tmp_path: Path) -> None:
    folder, target = tmp_path / "data", tmp_path / "backup"
    (folder / "blobs").mkdir(parents=True)
    for n in range(40):
        (folder / "blobs" / f"{n}.png").write_bytes(b"%d" % n)
    listed = os.scandir

    def scandir(path: str) -> object:
        found = listed(path)
        entries = list(found)
        for entry in entries[::2]:
            Path(entry).unlink()  # the purge is quicker
        return contextlib.nullcontext(iter(entries))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        files.copy_blobs(folder, target)
    assert len(list((target / "blobs").iterdir())) == 20


@pytest.fixture
def careless_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SQLite as most builds have it: what is deleted stays in the file until something is written over it."""
    connect = sqlite3.connect

    def careless(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.execute("PRAGMA secure_delete = OFF")
        return connection

    monkeypatch.setattr(sqlite3, "connect", careless)


@pytest.mark.usefixtures("careless_sqlite")
def test_whatever_is_deleted_is_wiped_at_once(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "a.db")) as db:
        db.execute("CREATE TABLE said (words TEXT)")
        db.execute("INSERT INTO said VALUES (?)", ("xyzzyplugh" * 20,))
        db.execute("DELETE FROM said")
    assert b"xyzzyplugh" not in (tmp_path / "a.db").read_bytes()


async def test_words_that_were_written_anew_leave_nothing_on_free_pages(store: SqliteStore) -> None:
    await made(store, "fox", await picture(store, b"0"))
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()  # the file is written anew once
    for n in range(20):  # as a job's document is written again at each step
        one = await made(store, "fox", await picture(store, b"%d" % n))
        for length in (2000, 1):
            tray = [Reference("ab" * 32, "xyzzyplugh " * length)]
            await store.change_tray(one.id, partial(_instead, tray))
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()
    assert b"xyzzyplugh" not in _all_bytes(store.folder)


async def test_what_an_earlier_release_left_on_free_pages_goes_with_the_first_sweep(store: SqliteStore) -> None:
    one = await made(store, "fox", await picture(store, b"1"))
    with sqlite3.connect(store.folder / "retouch.db") as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("INSERT INTO tray VALUES (?, ?)", (one.id, "xyzzyplugh" * 2000))
        db.commit()
        db.execute("DELETE FROM tray")
    db.close()
    assert b"xyzzyplugh" in _all_bytes(store.folder)
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()
    assert b"xyzzyplugh" not in _all_bytes(store.folder)


async def test_a_sweep_that_cannot_empty_the_log_is_not_over(store: SqliteStore) -> None:
    await made(store, "xyzzyplugh", await picture(store, b"1"))
    await store.privacy.purge("T1", BEFORE)
    await store.privacy.sweep()  # the file is written anew once
    await made(store, "xyzzyplugh", await picture(store, b"2"))
    with sqlite3.connect(store.folder / "retouch.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM version").fetchone()
        await store.privacy.purge("T1", BEFORE)
        sweep = asyncio.create_task(store.privacy.sweep())
        async with asyncio.timeout(20):
            while (store.folder / "blobs").exists() and any((store.folder / "blobs").rglob("*.png")):
                await asyncio.sleep(0.005)
        reader.rollback()
    reader.close()
    await sweep
    await store.privacy.sweep()
    assert b"xyzzyplugh" not in _all_bytes(store.folder)
