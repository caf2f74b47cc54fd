"""Sums of the ledger, kept by the transaction of each line, so that a limit costs the same however long the ledger is.

Each line is added to the counters of its person and of everybody, in its channel and in all channels, per quarter of an
hour and per UTC day, at its job's own time. A person's own counters leave out what was perhaps billed for nothing: that
counts for budgets only. The sum since a moment is that of the quarters up to the next midnight and
of the days from there: at most 96 and 31 rows for a month.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from bot.models import Spent, Used, User, Window
from storage.rows import person_key

Connection = sqlite3.Connection

QUARTER_MS = 900_000
QUARTERS = 96  # of a day

_ADD = """
INSERT INTO counter (workspace, person, channel, days, bucket, images, cost) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET images = images + excluded.images, cost = cost + excluded.cost
"""

_SUM = """
SELECT coalesce(sum(images), 0), coalesce(sum(cost), 0) FROM (
    SELECT images, cost FROM counter
    WHERE workspace = :workspace AND person = :person AND channel = :channel AND days = 0
        AND bucket >= :quarter AND bucket < :day * 96
    UNION ALL
    SELECT images, cost FROM counter
    WHERE workspace = :workspace AND person = :person AND channel = :channel AND days = 1 AND bucket >= :day
)
"""

_FILL = """
INSERT INTO counter (workspace, person, channel, days, bucket, images, cost)
SELECT workspace, CASE who WHEN 1 THEN person ELSE '' END AS whose,
    CASE here WHEN 1 THEN channel ELSE '' END AS spot, days,
    CASE days WHEN 1 THEN window_at / 86400000 ELSE window_at / 900000 END AS slot, sum(images), sum(cost)
FROM ledger, (SELECT 0 AS who UNION SELECT 1), (SELECT 0 AS here UNION SELECT 1), (SELECT 0 AS days UNION SELECT 1)
GROUP BY workspace, whose, spot, days, slot
"""


# Of a job that was given up without a picture, its person's own limits count nothing.
_GIVE_BACK = """
INSERT INTO counter (workspace, person, channel, days, bucket, images, cost)
SELECT workspace, person, CASE here WHEN 1 THEN channel ELSE '' END AS spot, days,
    CASE days WHEN 1 THEN window_at / 86400000 ELSE window_at / 900000 END AS slot, 0, -sum(cost)
FROM ledger, (SELECT 0 AS here UNION SELECT 1), (SELECT 0 AS days UNION SELECT 1)
WHERE job IN (SELECT job FROM ledger WHERE entry = 'unknown')
    AND job NOT IN (SELECT job FROM ledger WHERE entry = 'settle')
GROUP BY workspace, person, spot, days, slot
ON CONFLICT DO UPDATE SET cost = cost + excluded.cost
"""


def fill(db: Connection) -> None:
    """Count the ledger that is there."""
    db.execute(_FILL)


def give_back_unknown(db: Connection) -> None:
    """Take what was perhaps billed for nothing from the counters of people, where all of the ledger is in them."""
    db.execute(_GIVE_BACK)


def add(
    db: Connection, workspace: str, person: str, channel: str, at: int, images: int, cost: int, *, mine: int
) -> None:
    """Count one line; all numbers may be negative. `mine` is what it costs its person of their own limits."""
    quarter = at // QUARTER_MS
    db.executemany(
        _ADD,
        [
            (workspace, whose, where, days, bucket, images, money)
            for whose, money in (("", cost), (person, mine))
            for where in ("", channel)
            for days, bucket in ((0, quarter), (1, quarter // QUARTERS))
        ],
    )


def used(db: Connection, workspace: str, user: User, windows: Collection[Window]) -> Used:
    """The sums of these windows, and this person's requests on their way in this workspace."""
    person = person_key(user)
    sums = {one: _sum(db, workspace, person if one.person else "", one) for one in windows}
    (count,) = db.execute(
        "SELECT count(*) FROM job WHERE person = ? AND status IN ('queued', 'running')"
        " AND json_extract(doc, '$.place.workspace') = ?",
        (person, workspace),
    ).fetchone()
    return Used(sums, count)


def _sum(db: Connection, workspace: str, person: str, window: Window) -> Spent:
    quarter = window.since // QUARTER_MS
    facts = {"workspace": workspace, "person": person, "channel": window.channel, "quarter": quarter,
             "day": -(-quarter // QUARTERS)}  # fmt: skip
    row = db.execute(_SUM, facts).fetchone()
    return Spent(row[0], row[1])
