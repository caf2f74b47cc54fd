"""SQLite as a store: the contract, and what is particular to a file that several processes share."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import Button, Card, CardImage, Tone
from bot.models import Job, Kind, Options, Place, Policy, Reference, Thread, Usage, User, Version
from bot.ports import Said, Store, Transcript
from storage.rows import from_json, to_json
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import ALICE, HERE, StoreContract, accepted, claimed, free, job, version

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    yield opened
    await opened.close()


class TestSqlite(StoreContract):
    """The contract every store passes."""


def test_it_has_the_shape_of_the_ports(store: SqliteStore) -> None:
    a_store: Store = store
    a_transcript: Transcript = store.transcript
    assert a_store
    assert a_transcript


RESERVES = """
import asyncio, sys
from pathlib import Path
from bot.limits import Asked
from bot.errors import OverQuota
from bot.models import Thread
from storage.sqlite import open_store
from tests.contracts.store import job

async def main():
    store = await open_store(Path(sys.argv[1]))
    async def ask():
        one = job()
        try:
            await store.reserve(one, Asked(one.user, "C1", now=0), new_thread=Thread(one.thread, one.place, None, 0))
        except OverQuota:
            return 0
        return 1
    print(sum(await asyncio.gather(*(ask() for _ in range(170)))))
    await store.close()

asyncio.run(main())
"""


async def test_three_processes_together_never_pass_a_limit_of_ten(store: SqliteStore) -> None:
    await store.set_policy("T1", Policy(images_per_day=10))
    command = [sys.executable, "-c", RESERVES, str(store.folder)]
    processes = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(3)]
    out = [(await one.communicate())[0] for one in processes]
    assert sum(map(int, out)) == 10
    assert (await store.spent("T1", ALICE, since=0)).images == 10


async def test_two_processes_may_open_a_new_folder_at_the_same_moment(tmp_path: Path) -> None:
    opened = await asyncio.gather(*(open_store(tmp_path / "new") for _ in range(4)))
    assert await opened[0].see("a", "1")
    assert not await opened[1].see("a", "1")
    for one in opened:
        await one.close()


async def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    first = await open_store(tmp_path)
    running = await claimed(first)
    kept = await first.keep(running.id, version(running))
    await first.close()
    second = await open_store(tmp_path)
    assert list(await second.versions(running.thread)) == [kept]
    assert [one.id for one in await second.undelivered(before=2**62)] == [running.id]
    await second.close()


async def test_the_ledger_can_only_grow(store: SqliteStore) -> None:
    await accepted(store)
    with sqlite3.connect(store.folder / "retouch.db") as db:
        for statement in ("UPDATE ledger SET images = 0", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended"):
                db.execute(statement)
    db.close()


async def test_a_caller_who_gives_up_leaves_a_whole_transaction_or_none(store: SqliteStore) -> None:
    one = job()
    asking = asyncio.create_task(store.reserve(one, free, new_thread=Thread(one.thread, HERE, None, 0)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await store.see("slack", "whatever was under way before is through now")
    spent = await store.spent("T1", ALICE, since=0)
    assert (await store.job(one.id) is not None) == (spent.images == 1)


async def test_closing_while_busy_finishes_what_was_asked(tmp_path: Path) -> None:
    opened = await open_store(tmp_path)
    writes = [asyncio.create_task(opened.see("a", str(n))) for n in range(50)]
    await asyncio.sleep(0)
    await opened.close()
    assert await asyncio.gather(*writes) == [True] * 50


async def test_an_unusable_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        await open_store(tmp_path / "file" / "data")
    (tmp_path / "retouch.db").write_bytes(b"this is no database, and long enough to be sure of it" * 100)
    with pytest.raises(OSError):
        await open_store(tmp_path)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM thread WHERE platform = 'a' AND workspace = 'b' AND channel = 'c' AND thread = 'd'",
        "SELECT version FROM shown WHERE platform = 'a' AND workspace = 'b' AND channel = 'c' AND message = 'd'",
        "SELECT sum(images) FROM ledger WHERE workspace = 'a' AND person = 'b' AND window_at >= 3",
        "SELECT 1 FROM event WHERE platform = 'a' AND id = 'b'",
        "SELECT doc FROM version WHERE job = 'a'",
        "SELECT id FROM job WHERE status = 'queued' AND placed = 1",
    ],
)
async def test_the_busy_questions_use_an_index(store: SqliteStore, query: str) -> None:
    with sqlite3.connect(store.folder / "retouch.db") as db:
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}"))
    db.close()
    assert "SEARCH" in plan
    assert "SCAN" not in plan


async def test_a_backup_is_a_working_copy(store: SqliteStore, tmp_path: Path) -> None:
    running = await claimed(store)
    kept = await store.keep(running.id, version(running))
    await store.backup(tmp_path / "copy")
    copy = await open_store(tmp_path / "copy")
    assert list(await copy.versions(running.thread)) == [kept]
    await copy.close()
    with pytest.raises(OSError, match="not empty"):
        await store.backup(tmp_path / "copy")


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────

text = st.text(max_size=20)
users = st.builds(User, text, text, text, st.frozensets(text, max_size=3), st.booleans())
options = st.builds(Options, text, output_compression=st.none() | st.integers(0, 100), n=st.integers(1, 10))
jobs = st.builds(
    Job, text, text, st.builds(Place, text, text, text, st.none() | text), users, text, st.sampled_from(Kind), text,
    options, text, st.integers(0, 2**53), st.integers(0, 2**53),
    references=st.lists(st.builds(Reference, text, text), max_size=2).map(tuple), notes=st.lists(text).map(tuple),
)  # fmt: skip
versions = st.builds(
    Version, text, text, st.integers(1, 9), st.none() | text, st.sampled_from(Kind), text, options,
    st.lists(text).map(tuple), users, st.integers(0, 2**53), usage=st.none() | st.builds(Usage, st.integers(0, 9)),
)  # fmt: skip
cards = st.builds(
    Card, text, st.sampled_from(Tone), text, images=st.lists(
        st.builds(CardImage, st.just(Path("a/b.png")), text, st.integers(1), st.integers(1), text, text), max_size=2
    ).map(tuple), buttons=st.lists(st.builds(Button, text, text, text), max_size=2).map(tuple),
)  # fmt: skip


@given(jobs | versions | cards)
def test_every_noun_comes_back_equal(noun: Job | Version | Card) -> None:
    assert from_json(type(noun), to_json(noun)) == noun


def test_a_document_from_an_older_version_takes_the_defaults() -> None:
    assert from_json(Policy, '{"images_per_day": 3, "unheard_of": 1}') == Policy(images_per_day=3)


# ── the web chat's transcript ────────────────────────────────────────────────────────────────────────────────────


def said(n: int, thread: str | None = None, text: str = "") -> Said:
    return Said(f"m{n}", "general", thread, "u", "You", at=n, text=text)


async def test_a_replaced_message_keeps_its_place(store: SqliteStore) -> None:
    for n in range(3):
        await store.transcript.say(said(n))
    await store.transcript.say(said(1, text="edited"))
    assert [(one.id, one.text) for one in await store.transcript.channel("general")] == [
        ("m0", ""),
        ("m1", "edited"),
        ("m2", ""),
    ]
    assert (await store.transcript.said("m1")) == said(1, text="edited")


async def test_the_channel_is_read_in_pages_and_without_replies(store: SqliteStore) -> None:
    for n in range(10):
        await store.transcript.say(said(n))
    await store.transcript.say(said(20, "m3"))
    newest = await store.transcript.channel("general", limit=4)
    assert [one.id for one in newest] == ["m6", "m7", "m8", "m9"]
    assert [one.id for one in await store.transcript.channel("general", before=newest[0].at, limit=2)] == ["m4", "m5"]
    assert [one.id for one in await store.transcript.replies("general", "m3")] == ["m20"]
    assert list(await store.transcript.channel("other")) == []
