"""The ledger's SQL. Each line carries the change it makes; what somebody used is a sum.

Every line of a job has the job's own time as `window_at`, so that a picture reserved before midnight and released
after it does not make the next day's sum negative.
"""

from __future__ import annotations

import sqlite3

from bot.models import Entry, Job, Spent, User, Version, now_ms
from bot.ports import UsageRow
from storage.rows import person_key

Connection = sqlite3.Connection


def spent(db: Connection, workspace: str, user: User, since: int) -> Spent:
    """What a person used in a workspace since a moment."""
    row = db.execute(
        "SELECT coalesce(sum(images), 0), coalesce(sum(cost), 0) FROM ledger"
        " WHERE workspace = ? AND person = ? AND window_at >= ?",
        (workspace, person_key(user), since),
    ).fetchone()
    return Spent(row[0], row[1])


def reserve(db: Connection, job: Job) -> None:
    """+ n images, + the estimate."""
    _append(db, job, Entry.RESERVE, job.options.n, job.estimate, estimated=True)


def settle(db: Connection, job: Job, version: Version) -> None:
    """Correct both to what was delivered and billed."""
    here = sum(panel in version.panel_of for panel in job.only) if job.only else len(version.images)
    images = here - job.options.n
    cost = version.cost - job.estimate
    _append(db, job, Entry.SETTLE, images, cost, estimated=version.cost_is_estimate, version=version.id)


def release(db: Connection, job: Job) -> None:
    """Take both back: nothing was billed."""
    _append(db, job, Entry.RELEASE, -job.options.n, -job.estimate, estimated=False)


def unknown(db: Connection, job: Job) -> None:
    """Give the person the images back; the money may have been billed and stays."""
    _append(db, job, Entry.UNKNOWN, -job.options.n, job.at_stake - job.estimate, estimated=True)


def _append(
    db: Connection,
    job: Job,
    entry: Entry,
    images: int,
    cost: int,
    *,
    estimated: bool,
    version: str | None = None,
) -> None:
    db.execute(
        "INSERT INTO ledger (at, window_at, entry, images, cost, estimated, platform, workspace, channel, thread,"
        " person, person_name, job, version, provider, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (now_ms(), job.created, entry.value, images, cost, int(estimated), job.place.platform, job.place.workspace,
         job.place.channel, job.thread, person_key(job.user), job.user.name, job.id, version, job.provider,
         job.options.model),
    )  # fmt: skip


def usage(db: Connection, since: int) -> list[UsageRow]:
    """Who used how much since a moment, the dearest first."""
    rows = db.execute(
        "SELECT person, workspace, max(person_name) AS name, sum(images) AS images, sum(cost) AS cost,"
        " coalesce(sum(cost) FILTER (WHERE job IN (SELECT job FROM ledger WHERE entry = 'unknown')), 0) AS unknown"
        " FROM ledger WHERE window_at >= ? GROUP BY person, workspace ORDER BY cost DESC, images DESC, name",
        (since,),
    )
    found = []
    for row in rows:
        platform, _, user = row["person"].partition(":")
        found.append(
            UsageRow(platform, row["workspace"], user, row["name"], row["images"], row["cost"], row["unknown"])
        )
    return found
