"""Usage reports of a month with 1,000,000 ledger lines, alone and as the newest half of a year.

Run: `make bench`. Nothing here fails for being slow; what is asserted is that every report adds up to the ledger.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ports import By
from bot.studio.usage import usage_report
from storage.reports import REPORTS
from storage.sqlite import SqliteStore, open_store
from tests.benchmarks.tables import Report, ms, table, verdict

pytestmark = pytest.mark.bench

JOBS = 500_000  # of two lines each
BEFORE = 500_000  # older jobs, for the second measurement
PEOPLE = 300
CHANNELS = 20
MONTH = 30 * 86_400_000
NOW = 1_790_000_000_000
TIMES = 5
TARGET = 1.0  # second

_COLUMNS = ("at", "window_at", "entry", "images", "cost", "estimated", "platform", "workspace", "channel", "thread",
            "person", "person_name", "job", "version", "provider", "model", "gateway", "roles")  # fmt: skip


def lines(jobs: int, begin: int, end: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    """Jobs evenly over a span of time; one in a hundred was lost."""
    for index in range(jobs):
        at = begin + (end - begin) * index // jobs
        who = chance.randrange(PEOPLE)
        job = f"{chance.getrandbits(60):015x}"
        lost = chance.random() < 0.01
        roles = " ".join(f"R{one:08}" for one in sorted(chance.sample(range(12), who % 4)))
        model = chance.choice(("gpt-image-2", "gpt-image-1-mini", "sketch"))
        gateway = chance.choice(("", "east", "west"))
        where = ("slack", "T1", f"C{chance.randrange(CHANNELS):08}", job)
        whose = (f"slack:U{who:08}", f"Person {who}", job)
        yield (at, at, "reserve", 1, 41_000, 1, *where, *whose, None, "openai", model, "", roles)
        end_as = ("unknown", -1, 0) if lost else ("settle", 0, -chance.randrange(9_000))
        yield (at + 40_000, at, *end_as, int(lost), *where, *whose, None if lost else job, "openai", model,
               "" if lost else gateway, roles)  # fmt: skip


def fill(path: Path, *spans: tuple[int, int, int]) -> None:
    """Put (jobs, begin, end) into the ledger, oldest first; its sums in one go, as the migration does."""
    db = sqlite3.connect(path)
    _, _, words, sums, trigger = REPORTS
    db.execute("DROP TRIGGER ledger_is_tallied")
    chance = random.Random(5)
    insert = f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    for span in spans:
        db.executemany(insert, lines(*span, chance))
    for statement in (words, sums, trigger):
        db.execute(statement)
    db.commit()
    db.close()


async def measure(store: SqliteStore, by: By) -> tuple[float, float]:
    """The median and the worst of a few times, in seconds, from the question to the rows."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        found = await usage_report(store, by, days=31, now=NOW, workspace="T1")
        taken.append(time.perf_counter() - began)
        assert found.total.images >= JOBS * 0.98
    return sorted(taken)[TIMES // 2], max(taken)


async def test_a_month_of_a_million_lines(tmp_path: Path, report: Report) -> None:
    cells = []
    worst = 0.0
    month = (JOBS, NOW - MONTH + 3_600_000, NOW)
    for name, spans in (("1,000,000", (month,)), ("2,000,000", ((BEFORE, NOW - 12 * MONTH, NOW - MONTH), month))):
        store = await open_store(tmp_path / name)
        fill(tmp_path / name / "retouch.db", *spans)
        for by in By:
            median, slowest = await measure(store, by)
            worst = max(worst, median)
            cells.append((f"by {by}, {name} lines in all", ms(median), ms(slowest)))
        await store.close()
    report.add("Usage reports of a month with 1,000,000 ledger lines",
               table(("report", "median", "worst"), cells), verdict("slowest median", worst, TARGET, " s"))  # fmt: skip
