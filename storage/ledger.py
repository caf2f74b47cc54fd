"""The ledger's SQL. Each line carries the change it makes; what somebody used is a sum.

Each line is counted in `counters.py` by the same transaction. Each line of a job has the job's own time as `window_at`,
so that a picture reserved before midnight and released after it does not make the next day's sum negative.
"""

from __future__ import annotations

import sqlite3

from bot.errors import NotFound
from bot.models import Entry, Job, OpenOutcome, Spent, User, Version, now_ms
from bot.ports import UsageRow
from storage import counters
from storage.rows import job_of, person_key

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
    _append(db, job, Entry.SETTLE, images, cost, estimated=version.cost_is_estimate, version=version)


def release(db: Connection, job: Job) -> None:
    """Take both back: nothing was billed."""
    _append(db, job, Entry.RELEASE, -job.options.n, -job.estimate, estimated=False)


def unknown(db: Connection, job: Job) -> None:
    """Give the person the images back; the money may have been billed and stays."""
    _append(db, job, Entry.UNKNOWN, -job.options.n, job.at_stake - job.estimate, estimated=True)


def give_back(db: Connection, job: Job, images: int) -> None:
    """Give the person these images back; they were billed, so the money stays."""
    _append(db, job, Entry.RETURN, -images, 0, estimated=False)


def unknowns(db: Connection, workspace: str) -> list[OpenOutcome]:
    """Requests whose cost nobody knows yet, oldest first."""
    rows = db.execute(
        "SELECT job, person, person_name, channel, model, at,"
        " (SELECT sum(cost) FROM ledger WHERE ledger.job = open_unknown.job) AS cost"
        " FROM open_unknown WHERE workspace = ? ORDER BY id",
        (workspace,),
    )
    return [
        OpenOutcome(one["job"], one["person"], one["person_name"], one["channel"], one["model"], one["at"], one["cost"])
        for one in rows
    ]


def resolve_unknown(db: Connection, job_id: str, cost: int, by: str) -> None:
    """Bring an unknown job's cost to what was billed. Raises `NotFound` where it is not, and was not, unknown."""
    entries = db.execute("SELECT entry, cost FROM ledger WHERE job = ?", (job_id,)).fetchall()
    kinds = {one["entry"] for one in entries}
    row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is None or Entry.UNKNOWN not in kinds or Entry.SETTLE in kinds:
        raise NotFound("There is no request with an unknown outcome of that id.")
    job = job_of(row)
    booked = sum(one["cost"] for one in entries)
    _append(db, job, Entry.RESOLVE, 0, cost - booked, estimated=False, by=by)


def _append(
    db: Connection,
    job: Job,
    entry: Entry,
    images: int,
    cost: int,
    *,
    estimated: bool,
    version: Version | None = None,
    by: str = "",
) -> None:
    person = person_key(job.user)
    db.execute(
        "INSERT INTO ledger (at, window_at, entry, images, cost, estimated, platform, workspace, channel, thread,"
        " person, person_name, job, version, provider, model, gateway, prices, resolved_by, roles)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (now_ms(), job.created, entry.value, images, cost, int(estimated), job.place.platform, job.place.workspace,
         job.place.channel, job.thread, person, job.user.name, job.id, version.id if version else None, job.provider,
         job.options.model, version.gateway if version else "",
         (version.prices if version else "") or job.prices, by,
         " ".join(sorted(job.user.roles))),
    )  # fmt: skip
    counters.add(db, job.place.workspace, person, job.place.channel, job.created, images, cost)


def usage(db: Connection, since: int) -> list[UsageRow]:
    """Who used how much since a moment, the dearest first."""
    rows = db.execute(
        "SELECT person, workspace, max(person_name) AS name, sum(images) AS images, sum(cost) AS cost,"
        " coalesce(sum(cost) FILTER (WHERE job IN (SELECT job FROM open_unknown)), 0) AS unknown"
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
