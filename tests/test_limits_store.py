"""SQLite's sums of the ledger: the contract, equal to the ledger's own after anything, and filled from an old one."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Entry, Spent, User, Window
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import ALICE, BOB, HERE, accepted, claimed, job, version
from tests.contracts.store_limits import DAY, QUARTER, LimitsContract, unknown


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    yield opened
    await opened.close()


class TestSqlite(LimitsContract):
    """The contract every store passes."""


async def _some_life(store: SqliteStore) -> None:
    """Jobs of two people in two channels over weeks, ended in every way."""
    chance = random.Random(5)
    for _ in range(60):
        moment, channel = chance.randrange(40 * DAY), chance.choice(("C1", "C2"))
        one = job(chance.choice((ALICE, BOB)), n=chance.randint(1, 3), created=moment,
                  place=replace(HERE, channel=channel))  # fmt: skip
        await accepted(store, one)
        how = chance.randrange(5)
        if how == 0:
            await store.keep(one.id, version(one, images=1, cost=chance.randrange(90_000)))
        elif how == 1:
            await store.cancel(one.id)
        elif how == 2:
            await store.fail(one.id, Entry.UNKNOWN, "lost")
        elif how == 3:
            await store.fail(one.id, Entry.UNKNOWN, "lost")
            await store.resolve_unknown(one.id, 7, "cli:x")


_LOST = "SELECT job FROM ledger GROUP BY job HAVING max(entry = 'unknown') AND NOT max(entry = 'settle')"


def _in_the_ledger(store: SqliteStore, person: str, window: Window) -> Spent:
    """What was perhaps billed for nothing does not count for its person."""
    with sqlite3.connect(store.folder / "retouch.db") as db:
        row = db.execute(
            "SELECT coalesce(sum(images), 0), coalesce(sum(cost) FILTER (WHERE NOT ? OR job NOT IN (" + _LOST + ")), 0)"
            " FROM ledger WHERE workspace = 'T1'"
            " AND (person = ? OR NOT ?) AND (channel = ? OR ? = '') AND window_at >= ?",
            (window.person, person, window.person, window.channel, window.channel, window.since),
        ).fetchone()
    db.close()
    return Spent(*row)


async def _assert_equal(store: SqliteStore) -> None:
    for user in (ALICE, BOB, User("slack", "U3", "Cleo")):
        windows = [Window(person, since, channel)
                   for person in (True, False) for channel in ("", "C1", "C2")
                   for since in (0, QUARTER, 3 * DAY, 3 * DAY + QUARTER, 17 * DAY - QUARTER, 39 * DAY)]  # fmt: skip
        used = await store.used("T1", user, windows)
        who = f"slack:{user.id}"
        assert used.sums == {one: _in_the_ledger(store, who, one) for one in windows}


async def test_counters_are_the_ledger_s_sums_whatever_happened(store: SqliteStore) -> None:
    await _some_life(store)
    await _assert_equal(store)


async def test_an_older_ledger_is_counted_when_it_is_first_opened(store: SqliteStore) -> None:
    await _some_life(store)
    await store.close()
    with sqlite3.connect(store.folder / "retouch.db") as db:
        db.execute("UPDATE counter SET images = 10 * images + 1")
        db.execute("DELETE FROM counter")
        from storage import counters

        counters.fill(db)
        counters.give_back_unknown(db)
    db.close()
    await _assert_equal(again := await open_store(store.folder))
    await again.close()


async def test_a_line_says_whence_it_came_and_by_which_prices(store: SqliteStore) -> None:
    running = await claimed(store, prices="p1")
    await store.keep(running.id, replace(version(running), gateway="gateway.example", prices="p2"))
    lost = await unknown(store, prices="p1")
    await store.resolve_unknown(lost.id, 3, "slack:U9")
    with sqlite3.connect(store.folder / "retouch.db") as db:
        lines = db.execute("SELECT entry, gateway, prices, resolved_by FROM ledger ORDER BY id").fetchall()
    db.close()
    assert lines == [("reserve", "", "p1", ""), ("settle", "gateway.example", "p2", ""), ("reserve", "", "p1", ""),
                     ("unknown", "", "p1", ""), ("resolve", "", "p1", "slack:U9")]  # fmt: skip


async def test_two_admins_who_resolve_at_the_same_moment_leave_one_sum(store: SqliteStore) -> None:
    lost = await unknown(store)
    await asyncio.gather(*(store.resolve_unknown(lost.id, 9, "cli:x") for _ in range(10)))
    assert await store.spent("T1", ALICE, since=0) == Spent(0, 9)


async def test_what_is_found_on_the_bill_later_is_booked_on_whoever_asked(store: SqliteStore) -> None:
    """Also where that person had all of theirs deleted in the meantime."""
    lost = await unknown(store)
    await store.privacy.forget(HERE, ALICE)
    await store.resolve_unknown(lost.id, 7, "cli:x")
    assert await store.spent("T1", ALICE, since=0) == Spent(0, 7)
    await _assert_equal(store)
