"""SQLite as a store of references and as a shelf: the contracts, and what older databases bring along."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.models import Address, Kind, NamedReference, new_id
from bot.ports import Shelf, Wall
from storage.rows import to_json
from storage.schema import migrations
from storage.sqlite import SqliteStore, open_store
from storage.words import LONGEST_WORD, MOST_WORDS, folded, sought
from tests.contracts.store import ALICE, BOB, HERE, job, version
from tests.contracts.store_more import LOGO, THERE, ReferencesContract, ShelfContract, found, made, viewer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
def shelf(store: SqliteStore) -> Shelf:
    return store.shelf


class TestReferences(ReferencesContract):
    """The contract every store passes."""


class TestShelf(ShelfContract):
    """The contract every shelf passes."""


async def test_trays_names_and_stars_are_there_after_closing_and_opening(tmp_path: Path) -> None:
    first = await open_store(tmp_path)
    one, name = await made(first), NamedReference("logo", LOGO, ALICE, 5)
    await first.change_tray(one.id, lambda _: [LOGO])
    await first.add_named(HERE, name)
    await first.shelf.star(viewer(), one.id, on=True)
    await first.close()
    second = await open_store(tmp_path)
    assert list(await second.tray(one.id) or ()) == [LOGO]
    assert list(await second.named(HERE)) == [name]
    assert await found(second.shelf, "fox", Wall.STARRED) == ["a fox"]
    await second.close()


async def test_a_backup_has_the_gallery(store: SqliteStore, tmp_path: Path) -> None:
    await made(store, "a fox")
    await store.backup(tmp_path / "copy")
    copy = await open_store(tmp_path / "copy")
    await made(copy, "another fox")
    assert await found(copy.shelf, "fox") == ["another fox", "a fox"]
    assert await found(store.shelf, "fox") == ["a fox"]
    await copy.close()


async def test_two_stores_on_one_file_find_what_the_other_made(store: SqliteStore) -> None:
    other = await open_store(store.folder)
    await asyncio.gather(*(made(one, f"fox {n}") for n in range(40) for one in (store, other)))
    for one in (store, other):
        page = await one.shelf.search(viewer(), Wall.CHANNEL, words="fo", limit=200)
        assert len({hit.version.id for hit in page}) == 80
    await other.close()


# ── Databases of earlier times ───────────────────────────────────────────────────────────────────────────────────


def _earlier(folder: Path) -> None:
    """A data folder as the first two migrations left it, with versions in it."""
    with Database(sqlite3.connect(folder / "retouch.db", isolation_level=None)) as db:
        migrations.apply(db, stop_before="m003_references_and_gallery")
        thread = (
            "INSERT INTO thread (id, platform, workspace, channel, thread, created) VALUES (?, 'slack', 'T1', ?, ?, 0)"
        )
        for name, channel in (("a", "C1"), ("b", "C2")):
            db.execute(thread, (name, channel, f"ts-{name}"))
        one = replace(version(job(thread="a")), id="a1", number=1, prompt="Ein Café", images=("ab", "cd"))
        for made in (
            one,
            replace(one, id="a2", number=2, parent="a1", kind=Kind.PICK, images=("ab",)),
            replace(one, id="a3", number=3, images=()),
            replace(one, id="b1", number=1, thread="b", author=BOB, prompt="ein Fuchs \0"),
            replace(one, id="b2", number=2, thread="b", prompt="a comic", panels=("a fox wakes",)),
        ):
            doc = json.loads(to_json(made))
            if not doc["panels"]:
                del doc["panels"]  # as versions were before there were any
            db.execute(
                "INSERT INTO version (id, thread, number, doc) VALUES (?, ?, ?, ?)",
                (made.id, made.thread, made.number, json.dumps(doc)),
            )
        for message in ("1700.2", "1700.10", "1699.9"):
            db.execute("INSERT INTO shown VALUES ('slack', 'T1', 'C1', ?, 'a1')", (message,))


async def _walls(store: SqliteStore, words: str = "") -> list[list[str]]:
    views = ((viewer(), Wall.CHANNEL), (viewer(ALICE, THERE), Wall.CHANNEL), (viewer(), Wall.MINE))
    return [[one.version.id for one in await store.shelf.search(who, wall, words=words)] for who, wall in views]


async def test_versions_of_an_earlier_time_hang_in_the_gallery(tmp_path: Path) -> None:
    _earlier(tmp_path)
    store = await open_store(tmp_path)
    assert await _walls(store) == [["a1"], ["b2", "b1"], ["b2", "a1"]]
    assert await _walls(store, "cafe") == [["a1"], [], ["a1"]]
    assert await _walls(store, "wakes") == [[], ["b2"], ["b2"]]
    assert await store.shelf.may_see(viewer(), "a2")
    assert not await store.shelf.may_see(viewer(), "b1")
    await store.close()


async def test_an_earlier_gallery_goes_on(tmp_path: Path) -> None:
    _earlier(tmp_path)
    first, second = await asyncio.gather(open_store(tmp_path), open_store(tmp_path))
    await made(second, "another café")
    assert await found(first.shelf, "caf") == ["another café", "Ein Café"]
    for store in (first, second):
        await store.close()


async def test_messages_of_an_earlier_time_lead_back_to_the_newest(tmp_path: Path) -> None:
    _earlier(tmp_path)
    store = await open_store(tmp_path)
    place = replace(HERE, thread="ts-a")
    assert await store.shelf.where_shown("a1") == Address(place, "1700.10")
    await store.showed("a1", Address(place, "1"))
    assert await store.shelf.where_shown("a1") == Address(place, "1")
    await store.close()


# ── Quick at size ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query",
    [
        "SELECT position FROM gallery WHERE channel = 1 AND listed = 1 AND position < 9 ORDER BY position DESC",
        "SELECT position FROM gallery WHERE person = 1 AND listed = 1 AND position < 9 ORDER BY position DESC",
        "SELECT position FROM star JOIN gallery USING (position) WHERE star.person = 'a' ORDER BY position DESC",
        "SELECT rowid FROM gallery_words WHERE gallery_words MATCH 'a' AND rowid < 9 ORDER BY rowid DESC",
        "SELECT message FROM shown WHERE version = 'a' ORDER BY turn DESC",
    ],
)
async def test_the_gallerys_questions_sort_nothing(store: SqliteStore, query: str) -> None:
    with sqlite3.connect(store.folder / "retouch.db") as db:
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}"))
    db.close()
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan.replace("SCAN gallery_words VIRTUAL TABLE", "")


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(), st.text())
def test_folded_words_are_bounded_and_hold_no_syntax(text: str, more: str) -> None:
    for needle in sought(f"{text} {more}"):
        assert needle.startswith(" ")
        assert not set(needle) & set("\"'*^:(){}-+§\0")
        assert all(0 < len(word) <= LONGEST_WORD for word in needle[1:].split(" "))
    assert len(sought(" ".join(new_id() for _ in range(100)))) == MOST_WORDS


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.lists(st.text(st.characters(categories=["L", "N", "So"]), min_size=1, max_size=9), min_size=1, max_size=9))
def test_every_word_of_a_prompt_is_in_it(words: list[str]) -> None:
    prompt = folded(" ".join(words))
    assert all(needle in prompt for needle in sought(" ".join(words)))
