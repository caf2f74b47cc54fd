"""The SQL of jobs: accepted, claimed, sent, kept, delivered, and every way of ending early.

Each function is one transaction's work. Status moves are guarded by the status they start from, so that two
processes doing the same thing do it once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import replace

from bot.errors import AlreadySeen, NotFound
from bot.models import Address, Entry, Job, JobStatus, PanelNote, Spent, Thread, Used, Version, now_ms
from bot.ports import Rule
from storage import counters, ledger, threads
from storage.rows import changed, job_of, person_key, to_json

Connection = sqlite3.Connection


def reserve(db: Connection, new: Job, rule: Rule, new_thread: Thread | None) -> Used:
    """Check and accept a job: the seen event, the thread, the ledger line and the job, or nothing."""
    if not threads.see(db, new.place.platform, new.event_id):
        raise AlreadySeen("This request was taken already.")
    policy = threads.policy(db, new.place.workspace)
    before = counters.used(db, new.place.workspace, new.user, rule.windows(policy))
    rule.check(policy, before)
    if new_thread:
        threads.add_thread(db, new_thread)
    ledger.reserve(db, new)
    db.execute(
        "INSERT INTO job (id, platform, person, status, created, touched, doc) VALUES (?, ?, ?, 'queued', ?, ?, ?)",
        (new.id, new.place.platform, person_key(new.user), new.created, now_ms(), to_json(new)),
    )
    return _with(before, new)


def _with(before: Used, new: Job) -> Used:
    """The sums with this job in them."""
    sums = {
        window: Spent(one.images + new.options.n, one.cost + new.estimate)
        if window.channel in ("", new.place.channel)
        else one
        for window, one in before.sums.items()
    }
    return Used(sums, before.in_flight + 1)


def offer(db: Connection, new: Job, new_thread: Thread | None) -> None:
    """Save a job that reserves nothing: a picture of the same request exists. Raises `AlreadySeen`."""
    if not threads.see(db, new.place.platform, new.event_id):
        raise AlreadySeen("This request was taken already.")
    if new_thread:
        threads.add_thread(db, new_thread)
    db.execute(
        "INSERT INTO job (id, platform, person, status, created, touched, doc) VALUES (?, ?, ?, 'offered', ?, ?, ?)",
        (new.id, new.place.platform, person_key(new.user), new.created, now_ms(), to_json(new)),
    )


def accept(db: Connection, job_id: str, version: Version) -> bool:
    """Take the offered picture, once: it becomes a version that cost nothing, to be delivered.

    The event is the one that "Make a new one" brings: of two people who press both at once, one decides.
    """
    found = job(db, job_id)
    if found is None or found.status is not JobStatus.OFFERED or threads.version_of_job(db, job_id):
        return False
    if not threads.see(db, found.place.platform, f"again:{job_id}"):
        return False
    kept = threads.add_version(db, version, job_id)
    _end(db, job_id, JobStatus.DELIVERING, version=kept.id)
    return True


def job(db: Connection, job_id: str) -> Job | None:
    """A job by id."""
    row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
    return job_of(row) if row else None


def place(db: Connection, job_id: str, address: Address) -> Job:
    """Remember the placeholder. Raises `NotFound`."""
    found = job(db, job_id)
    if found is None:
        raise NotFound("That request is gone.")
    threads.settle_place(db, found.thread, address.place.thread)
    placed = replace(found, address=address)
    db.execute("UPDATE job SET placed = 1, touched = ?, doc = ? WHERE id = ?", (now_ms(), to_json(placed), job_id))
    return placed


_NEXT = """
UPDATE job SET status = 'running', owner = :owner, lease_until = :lease_until, started = :now, touched = :now
WHERE id = (
    SELECT id FROM job AS next
    WHERE status = 'queued' AND placed = 1 AND platform IN (SELECT value FROM json_each(:platforms))
    ORDER BY (SELECT count(*) FROM job WHERE status = 'running' AND person = next.person),
        (SELECT coalesce(max(started), 0) FROM job WHERE person = next.person), created, rowid
    LIMIT 1
) RETURNING *
"""


def claim(db: Connection, owner: str, platforms: Collection[str], now: int, lease_until: int) -> Job | None:
    """The next job: of the person with the fewest running, then the one who started longest ago, then the oldest."""
    facts = {"owner": owner, "lease_until": lease_until, "now": now, "platforms": json.dumps(list(platforms))}
    row = db.execute(_NEXT, facts).fetchone()
    return job_of(row) if row else None


def renew(db: Connection, job_id: str, owner: str, lease_until: int) -> bool:
    """Keep a lease."""
    found = db.execute(
        "UPDATE job SET lease_until = ? WHERE id = ? AND owner = ? AND status IN ('running', 'delivering')",
        (lease_until, job_id, owner),
    )
    return found.rowcount == 1


def mark_sent(db: Connection, job_id: str, owner: str, now: int) -> bool:
    """From here on the job may have been paid for."""
    found = db.execute(
        "UPDATE job SET sent = ?, touched = ? WHERE id = ? AND owner = ? AND status = 'running'",
        (now, now, job_id, owner),
    )
    return found.rowcount == 1


def note_panel(db: Connection, job_id: str, owner: str, panel: PanelNote) -> bool:
    """Remember what is known of a panel; also of a job just failed, as what arrives then is paid for."""
    found = job(db, job_id)
    if found is None or found.owner != owner or found.status not in (JobStatus.RUNNING, JobStatus.FAILED):
        return False
    others = [one for one in found.drawn if one.number != panel.number]
    drawn = tuple(sorted([*others, panel], key=lambda one: one.number))
    db.execute(
        "UPDATE job SET touched = ?, doc = ? WHERE id = ?", (now_ms(), to_json(replace(found, drawn=drawn)), job_id)
    )
    return True


def keep(db: Connection, job_id: str, version: Version) -> Version:
    """Save what was drawn. A job that was given up in the meantime keeps its picture, and pays for it again.

    Raises `NotFound`.
    """
    if earlier := threads.version_of_job(db, job_id):
        return earlier
    found = job(db, job_id)
    if found is None:
        raise NotFound("That request is gone.")
    kept = threads.add_version(db, version, job_id)
    ledger.settle(db, found, kept)
    _end(db, job_id, JobStatus.DELIVERING, version=kept.id)
    return kept


def finish(db: Connection, job_id: str) -> None:
    """Delivering → done; its message shows its version."""
    found = job(db, job_id)
    if found is None or found.status is not JobStatus.DELIVERING:
        return
    if found.address and found.version:
        threads.show(db, found.version, found.address)
    _end(db, job_id, JobStatus.DONE)


def fail(db: Connection, job_id: str, entry: str, error: str, *, counts: bool = False) -> Job | None:
    """Queued, running or offered → failed, with its line in the ledger; an offer has none."""
    found = job(db, job_id)
    if found is None or found.status not in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.OFFERED):
        return None
    if found.status is JobStatus.OFFERED:
        pass
    elif entry == Entry.UNKNOWN:
        ledger.unknown(db, found, counts=counts)
    else:
        ledger.release(db, found)
    _end(db, job_id, JobStatus.FAILED, error=error)
    return found


def stop(db: Connection, job_id: str) -> bool:
    """Note that somebody cancels a running series of which panels are there; it is ended by keeping these."""
    found = job(db, job_id)
    if found is None or found.status is not JobStatus.RUNNING or not any(one.asset for one in found.drawn):
        return False
    db.execute("UPDATE job SET doc = ? WHERE id = ?", (to_json(replace(found, error="cancelled")), job_id))
    return True


def cancel(db: Connection, job_id: str) -> Job | None:
    """Queued, or running and not sent → cancelled and released."""
    found = job(db, job_id)
    waiting = found and (found.status is JobStatus.QUEUED or (found.status is JobStatus.RUNNING and found.sent is None))
    if found is None or not waiting:
        return None
    ledger.release(db, found)
    _end(db, job_id, JobStatus.CANCELLED, error="cancelled")
    return found


def requeue(db: Connection, job_id: str, owner: str) -> bool:
    """Running and not sent → queued."""
    found = db.execute(
        "UPDATE job SET status = 'queued', owner = NULL, lease_until = 0, touched = ?"
        " WHERE id = ? AND owner = ? AND status = 'running' AND sent IS NULL",
        (now_ms(), job_id, owner),
    )
    return found.rowcount == 1


def line_before(db: Connection, job_id: str) -> int:
    """How many open jobs are older."""
    (count,) = db.execute(
        "SELECT count(*) FROM job JOIN job AS mine ON mine.id = ?"
        " WHERE job.status IN ('queued', 'running') AND job.id != mine.id"
        " AND (job.created, job.rowid) < (mine.created, mine.rowid)",
        (job_id,),
    ).fetchone()
    return int(count)


def waiting(db: Connection, owner_platforms: Collection[str]) -> list[Job]:
    """Placed jobs whose turn has not come, in the order they came."""
    rows = db.execute(
        "SELECT * FROM job WHERE status = 'queued' AND placed = 1"
        " AND platform IN (SELECT value FROM json_each(?)) ORDER BY created, rowid LIMIT 200",
        (json.dumps(list(owner_platforms)),),
    )
    return [job_of(row) for row in rows]


def unplaced(db: Connection, before: int) -> list[Job]:
    """Accepted, but a crash came before the placeholder."""
    return _select(db, "status IN ('queued', 'offered') AND placed = 0 AND touched <= ?", before)


def undelivered(db: Connection, before: int) -> list[Job]:
    """Kept, but not shown yet."""
    return _select(db, "status = 'delivering' AND touched <= ?", before)


def expired(db: Connection, now: int) -> list[Job]:
    """Running, but the worker's lease ran out."""
    return _select(db, "status = 'running' AND lease_until < ?", now)


def _select(db: Connection, where: str, moment: int) -> list[Job]:
    rows = db.execute(f"SELECT * FROM job WHERE {where} ORDER BY created", (moment,))  # noqa: S608  # our own text
    return [job_of(row) for row in rows]


def _end(db: Connection, job_id: str, status: JobStatus, **fields: object) -> None:
    (doc,) = db.execute("SELECT doc FROM job WHERE id = ?", (job_id,)).fetchone()
    db.execute(
        "UPDATE job SET status = ?, touched = ?, doc = ? WHERE id = ?",
        (status.value, now_ms(), changed(doc, **fields), job_id),
    )
