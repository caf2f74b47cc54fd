"""Usage reports: the sums they are made of, and the questions put to them.

A month may be a million lines of the ledger, and sorting that many by text takes over a second. So a trigger keeps one
short row per job beside the ledger, in which every text is a number. The rows follow from the ledger alone.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bot.ports import By, Tally

Connection = sqlite3.Connection

QUARTER = 900_000  # milliseconds; every time zone in use is whole quarters of an hour from UTC

REPORTS = (
    """
    CREATE TABLE tally_word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT
    """,
    # `id` is that of the job's first line. Only a line that settles a job knows its gateway.
    """
    CREATE TABLE tally (
        id INTEGER PRIMARY KEY, window_at INTEGER NOT NULL, images INTEGER NOT NULL, cost INTEGER NOT NULL,
        lost INTEGER NOT NULL, workspace INTEGER NOT NULL, person INTEGER NOT NULL, roles INTEGER NOT NULL,
        channel INTEGER NOT NULL, model INTEGER NOT NULL, gateway INTEGER NOT NULL
    ) STRICT
    """,
    """
    INSERT OR IGNORE INTO tally_word (text)
    SELECT workspace FROM ledger UNION SELECT person FROM ledger UNION SELECT channel FROM ledger
    UNION SELECT model FROM ledger UNION SELECT gateway FROM ledger UNION SELECT roles FROM ledger UNION SELECT ''
    """,
    """
    INSERT INTO tally
    SELECT first, window_at, images, cost, lost, w.id, p.id, r.id, c.id, m.id, g.id
    FROM (
        SELECT min(id) AS first, window_at, sum(images) AS images, sum(cost) AS cost,
            max(entry = 'unknown') AND NOT max(entry IN ('settle', 'resolve')) AS lost,
            workspace, person, roles, channel, model, max(gateway) AS gateway
        FROM ledger GROUP BY job
    ) AS job
    JOIN tally_word AS w ON w.text = workspace JOIN tally_word AS p ON p.text = person
    JOIN tally_word AS r ON r.text = roles JOIN tally_word AS c ON c.text = channel
    JOIN tally_word AS m ON m.text = model JOIN tally_word AS g ON g.text = job.gateway
    ORDER BY first
    """,
    """
    CREATE TRIGGER ledger_is_tallied AFTER INSERT ON ledger
    BEGIN
        INSERT OR IGNORE INTO tally_word (text) VALUES
            (NEW.workspace), (NEW.person), (NEW.roles), (NEW.channel), (NEW.model), (NEW.gateway);
        INSERT INTO tally VALUES (
            (SELECT min(id) FROM ledger WHERE job = NEW.job), NEW.window_at, NEW.images, NEW.cost,
            NEW.entry = 'unknown',
            (SELECT id FROM tally_word WHERE text = NEW.workspace), (SELECT id FROM tally_word WHERE text = NEW.person),
            (SELECT id FROM tally_word WHERE text = NEW.roles), (SELECT id FROM tally_word WHERE text = NEW.channel),
            (SELECT id FROM tally_word WHERE text = NEW.model), (SELECT id FROM tally_word WHERE text = NEW.gateway)
        ) ON CONFLICT (id) DO UPDATE SET
            images = images + NEW.images, cost = cost + NEW.cost,
            lost = CASE WHEN NEW.entry IN ('settle', 'resolve') THEN 0 ELSE max(lost, NEW.entry = 'unknown') END,
            gateway = CASE NEW.gateway WHEN '' THEN gateway ELSE excluded.gateway END;
    END
    """,
)

_KEYS = {
    By.PERSON: "person",
    By.ROLE: "roles",
    By.CHANNEL: "channel",
    By.MODEL: "model",
    By.GATEWAY: "gateway",
    By.DAY: f"window_at / {QUARTER}",
}

# Rows stand in the order they were booked, so those of a span of time are read by a range of ids.
_SUMS = """
SELECT workspace, {key} AS key, max(id) AS newest, sum(images) AS images, sum(cost) AS cost,
    sum(cost) FILTER (WHERE lost) AS unknown_cost
FROM tally
WHERE id >= (SELECT min(id) FROM ledger INDEXED BY ledger_window WHERE window_at >= :since)
    AND window_at >= :since AND window_at < :until AND {place}
GROUP BY {key}, workspace
"""
_PLACE = "workspace = (SELECT id FROM tally_word WHERE text = :workspace)"

_REFUSALS = """
SELECT workspace, {key} AS key, max(who_name) AS name, count(*) AS refused FROM audit
WHERE what = 'refused' AND at >= :since AND at < :until AND (:workspace IS NULL OR workspace = :workspace)
GROUP BY workspace, key
"""
_REFUSED_BY = {
    By.PERSON: "who",
    By.ROLE: "roles",
    By.CHANNEL: "channel",
    By.DAY: f"(at / {QUARTER}) * {QUARTER}",
}


def tallies(db: Connection, by: By, since: int, until: int, workspace: str | None) -> list[Tally]:
    """Sums by workspace and key, in no order; all from one snapshot."""
    facts = {"since": since, "until": until, "workspace": workspace}
    sums = _SUMS.format(key=_KEYS[by], place="1" if workspace is None else _PLACE)
    found = {}
    db.execute("BEGIN")
    try:
        for row in db.execute(sums, facts).fetchall():
            place = (_word(db, row["workspace"]), str(row["key"] * QUARTER) if by is By.DAY else _word(db, row["key"]))
            name = _name(db, row["newest"]) if by is By.PERSON else ""
            found[place] = Tally(*place, name, row["images"], row["cost"], row["unknown_cost"] or 0)
        refused = db.execute(_REFUSALS.format(key=_REFUSED_BY[by]), facts).fetchall() if by in _REFUSED_BY else ()
    finally:
        db.rollback()
    for row in refused:
        place = (row["workspace"], str(row["key"]))
        name = row["name"] if by is By.PERSON else ""
        found[place] = replace(found.get(place, Tally(*place, name, 0, 0)), refused=row["refused"])
    return list(found.values())


def _word(db: Connection, number: int) -> str:
    (text,) = db.execute("SELECT text FROM tally_word WHERE id = ?", (number,)).fetchone()
    return str(text)


def _name(db: Connection, line: int) -> str:
    """What a person was called when they asked last."""
    (name,) = db.execute("SELECT person_name FROM ledger WHERE id = ?", (line,)).fetchone()
    return str(name)
