"""Check-and-reserve over a ledger of 10,000 and of 1,000,000 rows, in turns, with the disk's own floor beside them.

Each reservation is the store's own transaction, durable when it is through: most of its time is one fsync of the
write-ahead log. The floor is a transaction that puts one row of the same size into a table of its own.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.limits import Asked
from bot.models import Budget, Job, Limit, Measure, Policy, Span, Thread, User, now_ms
from storage import counters, jobs, threads
from storage.engine import Engine
from storage.engine import _connect as connect
from tests.benchmarks.tables import Report, ms, table
from tests.contracts.store import HERE, job

pytestmark = pytest.mark.bench

Ask = Callable[[], tuple[float, float]]
"""Seconds of the clock, and of this process: the disk, and whoever shares the machine, are not in the second."""
SMALL, LARGE = 10_000, 1_000_000
PEOPLE = 200
CHANNELS = 20
MONTH = 30 * 86_400_000
ASKS = 1500
BURN = 100
POLICY = Policy(
    images_per_day=10**6, in_flight=10**6, zone="Europe/Berlin",
    limits=(Limit(10**6, span=Span.MONTH, rolling=True), Limit(10**12, Measure.DOLLARS, Span.MONTH),
            Limit(10**6, span=Span.HOUR, who="role:designers"), Limit(10**6, Measure.IMAGES, Span.DAY, where="C1")),
    budgets=(Budget(10**15), Budget(10**15, Span.DAY, "C1")),
)  # fmt: skip


def _filled(folder: Path, rows: int) -> sqlite3.Connection:
    """A month's ledger: two lines for each job, spread over people, channels and time."""
    engine = Engine(folder / "retouch.db")
    folder.mkdir()
    engine.start()
    db = connect(engine.path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    threads.set_policy(db, "T1", POLICY)
    db.executemany(
        "INSERT INTO ledger (at, window_at, entry, images, cost, estimated, platform, workspace, channel, thread,"
        " person, person_name, job, version, provider, model)"
        " VALUES (?, ?, ?, ?, ?, 0, 'slack', 'T1', ?, ?, ?, 'Somebody', ?, NULL, 'openai', 'gpt-image-2')",
        _lines(rows),
    )
    counters.fill(db)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA synchronous = FULL")
    return db


def _lines(rows: int) -> Iterator[tuple[object, ...]]:
    chance, now = random.Random(7), now_ms()
    for number in range(rows // 2):
        at, person = now - chance.randrange(MONTH), f"slack:U{chance.randrange(PEOPLE)}"
        channel, name = f"C{chance.randrange(CHANNELS)}", f"job-{number:08}"
        yield at, at, "reserve", 1, 50_000, channel, f"thread-{number % 50_000}", person, name
        yield at, at, "settle", 0, -9_000, channel, f"thread-{number % 50_000}", person, name


def _asker(db: sqlite3.Connection) -> Ask:
    """Times one whole reservation: event, policy, sums, check, ledger, counters, job."""
    chance = random.Random(3)

    def ask() -> tuple[float, float]:
        user = User("slack", f"U{chance.randrange(PEOPLE)}", "Somebody", frozenset({"designers"}))
        one: Job = job(user, created=now_ms(), place=replace(HERE, channel=f"C{chance.randrange(CHANNELS)}"))
        began, busy = time.perf_counter(), time.thread_time()
        db.execute("BEGIN IMMEDIATE")
        rule = Asked(user, one.place.channel, one.created, 1, one.estimate)
        jobs.reserve(db, one, rule, Thread(one.thread, one.place, None, 0))
        db.commit()
        return time.perf_counter() - began, time.thread_time() - busy

    return ask


def _floor(path: Path) -> Ask:
    """One row, durably."""
    db = connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT)")

    def put() -> tuple[float, float]:
        began, busy = time.perf_counter(), time.thread_time()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO line (text) VALUES (?)", ("x" * 1500,))
        db.commit()
        return time.perf_counter() - began, time.thread_time() - busy

    return put


def _at(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


def test_check_and_reserve_costs_the_same_on_a_large_ledger(tmp_path: Path, report: Report) -> None:
    small, large = _filled(tmp_path / "small", SMALL), _filled(tmp_path / "large", LARGE)
    ways = {"a row, durably": _floor(tmp_path / "floor.db"), f"{SMALL:,} rows": _asker(small),
            f"{LARGE:,} rows": _asker(large)}  # fmt: skip
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(BURN):
        for ask in ways.values():
            ask()
    for _, (name, ask) in itertools.product(range(ASKS), ways.items()):
        times[name].append(ask())
    for title, part in (("by the clock", 0), ("processor time", 1)):
        found = {name: [one[part] for one in taken] for name, taken in times.items()}
        report.add(f"Check-and-reserve under seven limits and budgets, {title}", _compared(found))
    small.close()
    large.close()
    _, few, many = ([work for _, work in taken] for taken in times.values())
    assert statistics.median(many) <= 1.2 * statistics.median(few)


def _compared(times: Mapping[str, list[float]]) -> str:
    rows = [[name, *(ms(one) for one in (statistics.median(found), _at(found, 0.99), max(found)))]
            for name, found in times.items()]  # fmt: skip
    _, few, many = times.values()
    ratios = [f"{statistics.median(many) / statistics.median(few):.2f}", f"{_at(many, 0.99) / _at(few, 0.99):.2f}"]
    return table(["", "p50", "p99", "max"], [*rows, ["large ÷ small", *ratios, ""]])
