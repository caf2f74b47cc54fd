"""The ledger's SQL. Each line carries the change it makes; what somebody used is a sum.

Each line is counted in `counters.py` by the same transaction. Each line of a job has the job's own time as `window_at`,
so that a picture reserved before midnight and released after it does not make the next day's sum negative.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from bot.errors import NotFound
from bot.models import Act, Entry, Job, OpenOutcome, Spent, User, Version, now_ms
from storage import audit, counters
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
    """Correct both to what was delivered and billed.

    Its person has back what got lost, unless they cancelled the job: then what was sent and not answered counts.
    """
    images, cost, counted = db.execute(
        "SELECT sum(images), sum(cost), sum(cost) FILTER (WHERE entry != 'resolve') FROM ledger WHERE job = ?",
        (job.id,),
    ).fetchone()
    mine = counted if images else 0  # a job that was given up left its person nothing, or all that is in the books
    forgone = [one for one in job.drawn if not one.asset and not one.why] if job.error and images else []
    here = sum(panel in version.panel_of for panel in job.only) if job.only else len(version.images)
    costs = version.cost - version.doubtful + sum(one.cost for one in forgone)
    _append(db, job, Entry.SETTLE, here + len(forgone) - images, version.cost - cost, mine=costs - mine,
            estimated=version.cost_is_estimate, version=version)  # fmt: skip
    if version.doubtful:
        _append(db, job, Entry.UNKNOWN, 0, 0, estimated=True, version=version)


def release(db: Connection, job: Job) -> None:
    """Take both back: nothing was billed."""
    _append(db, job, Entry.RELEASE, -job.options.n, -job.estimate, estimated=False)


def unknown(db: Connection, job: Job, *, counts: bool = False) -> None:
    """The money may have been billed, and stays on the team's budgets.

    The person has all of it back, unless it `counts`: then only what was never sent.
    """
    lost = job.at_stake - job.estimate
    unsent = job.options.n - len(job.drawn) if job.panels else 0
    images, mine = (-unsent, lost) if counts else (-job.options.n, -job.estimate)
    _append(db, job, Entry.UNKNOWN, images, lost, mine=mine, estimated=True)


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


def resolve_unknown(db: Connection, job_id: str, cost: int, by: str, sign: Callable[[int], Act] | None = None) -> None:
    """Bring an unknown job's cost to what was billed. Raises `NotFound` where it is not, and was not, unknown."""
    entries = db.execute("SELECT entry, cost FROM ledger WHERE job = ? ORDER BY id", (job_id,)).fetchall()
    kinds = [one["entry"] for one in entries if one["entry"] in (Entry.UNKNOWN, Entry.SETTLE)]
    row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is None or kinds[-1:] != [Entry.UNKNOWN]:
        raise NotFound("There is no request with an unknown outcome of that id.")
    job = job_of(row)
    booked = sum(one["cost"] for one in entries)
    _append(db, job, Entry.RESOLVE, 0, cost - booked, mine=0, estimated=False, by=by)
    if sign:
        audit.record(db, sign(booked))


def _append(
    db: Connection,
    job: Job,
    entry: Entry,
    images: int,
    cost: int,
    *,
    estimated: bool,
    mine: int | None = None,
    version: Version | None = None,
    by: str = "",
) -> None:
    """`mine` is what changes for the person's own limits; None: the same."""
    person = person_key(job.user) if job.user.id else _person_of(db, job)
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
    counters.add(db, job.place.workspace, person, job.place.channel, job.created, images, cost,
                 mine=cost if mine is None else mine)  # fmt: skip


def _person_of(db: Connection, job: Job) -> str:
    """Whose lines a job has: a request that was deleted as its person's own does not tell any more."""
    (person,) = db.execute("SELECT person FROM ledger WHERE job = ? ORDER BY id LIMIT 1", (job.id,)).fetchone()
    return str(person)
