"""The `Store` port on SQLite and a folder of files. Each method is one transaction; the SQL is next door."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from bot.models import (
    Act,
    Address,
    Asset,
    Ban,
    Conduct,
    Found,
    Job,
    NamedReference,
    OpenOutcome,
    PanelNote,
    Place,
    Policy,
    Reference,
    Spent,
    Thread,
    Used,
    User,
    Version,
    Window,
)  # fmt: skip
from bot.ports import AuditCheck, By, Rule, Tally
from storage import audit, conduct, counters, files, jobs, ledger, names, policies, references, reports, threads, uses
from storage.casebook import SqliteReviews
from storage.engine import Engine
from storage.privacy import SqlitePrivacy
from storage.shelf import SqliteShelf
from storage.transcript import SqliteTranscript


async def open_store(folder: Path) -> SqliteStore:
    """Open (or make) a data folder: `retouch.db`, `blobs/`, `tmp/`. Raises `OSError` when it cannot be used."""
    engine = Engine(folder / "retouch.db")
    await asyncio.to_thread(_prepare, folder, engine)
    return SqliteStore(folder, engine)


def _prepare(folder: Path, engine: Engine) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # pictures and prompts are nobody else's business
    tmp = folder / "tmp"
    tmp.mkdir(exist_ok=True)
    files.sweep(tmp)
    engine.start()


class SqliteStore:
    """Implements `ports.Store`, whose docstrings hold here. `tmp` is scratch space on the same file system."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.tmp = folder / "tmp"
        self.transcript = SqliteTranscript(engine)
        self.shelf = SqliteShelf(engine)
        self.reviews = SqliteReviews(engine, folder)
        self.privacy = SqlitePrivacy(engine, folder)
        self._engine = engine

    async def close(self) -> None:
        """Finish writes, close the connections."""
        await self._engine.close()

    async def backup(self, target: Path) -> None:
        """Copy everything to a new folder while in use: the database first, so that all its files exist.

        Raises `OSError` when the target exists and is not empty.
        """
        await asyncio.to_thread(_empty_folder, target)
        await self._engine.read(_copy_database, target / self._engine.path.name)
        await asyncio.to_thread(files.copy_blobs, self.folder, target)

    # events

    async def saw(self, platform: str, event_id: str) -> bool:  # noqa: D102
        return await self._engine.read(threads.saw, platform, event_id)

    async def see(self, platform: str, event_id: str) -> bool:  # noqa: D102
        return await self._engine.write(threads.see, platform, event_id)

    # threads and versions

    async def thread(self, thread_id: str) -> Thread | None:  # noqa: D102
        return await self._engine.read(threads.thread, thread_id)

    async def thread_at(self, place: Place) -> Thread | None:  # noqa: D102
        return await self._engine.read(threads.thread_at, place) if place.thread else None

    async def version(self, version_id: str) -> Version | None:  # noqa: D102
        return await self._engine.read(threads.version, version_id)

    async def versions(self, thread_id: str) -> Sequence[Version]:  # noqa: D102
        return await self._engine.read(threads.versions, thread_id)

    async def version_shown_at(self, place: Place, message: str) -> Version | None:  # noqa: D102
        return await self._engine.read(threads.version_shown_at, place, message)

    async def showed(self, version_id: str, address: Address) -> None:  # noqa: D102
        await self._engine.write(threads.show, version_id, address)

    async def move_head(self, thread_id: str, version_id: str) -> None:  # noqa: D102
        await self._engine.write(threads.move_head, thread_id, version_id)

    async def branch(self, version: Version) -> Version:  # noqa: D102
        return await self._engine.write(threads.branch, version)

    async def start_upload(self, thread: Thread, version: Version) -> None:  # noqa: D102
        await self._engine.write(threads.start_upload, thread, version)

    # references

    async def tray(self, version_id: str) -> Sequence[Reference] | None:  # noqa: D102
        return await self._engine.read(references.tray, version_id)

    async def change_tray(  # noqa: D102
        self, version_id: str, change: Callable[[Sequence[Reference] | None], Sequence[Reference]]
    ) -> Sequence[Reference]:
        return await self._engine.write(references.change_tray, version_id, change)

    async def named(self, place: Place) -> Sequence[NamedReference]:  # noqa: D102
        return await self._engine.read(references.named, place)

    async def add_named(self, place: Place, new: NamedReference) -> bool:  # noqa: D102
        return await self._engine.write(references.add_named, place, new)

    async def remove_named(self, place: Place, name: str) -> bool:  # noqa: D102
        return await self._engine.write(references.remove_named, place, name)

    # assets

    async def put_asset(self, path: Path, asset: Asset) -> Asset:  # noqa: D102
        if await self.asset(asset.id):  # a sweep that runs just now must see that it is wanted again
            await self._engine.write(threads.add_asset, asset)
        await asyncio.to_thread(files.put, self.folder, path, asset)
        return await self._engine.write(threads.add_asset, asset)

    async def versions_with(self, asset_id: str) -> Sequence[Found]:  # noqa: D102
        return await self._engine.read(uses.versions_with, asset_id)

    async def drawn(self, assets: Collection[str]) -> frozenset[str]:  # noqa: D102
        return await self._engine.read(uses.drawn, assets)

    async def asset(self, asset_id: str) -> Asset | None:  # noqa: D102
        return await self._engine.read(threads.asset, asset_id)

    def asset_path(self, asset: Asset) -> Path:  # noqa: D102
        return files.blob_path(self.folder, asset)

    # jobs and money

    async def reserve(self, job: Job, rule: Rule, *, new_thread: Thread | None = None) -> Used:  # noqa: D102
        return await self._engine.write(jobs.reserve, job, rule, new_thread)

    async def used(self, workspace: str, user: User, windows: Collection[Window]) -> Used:  # noqa: D102
        return await self._engine.read(counters.used, workspace, user, windows)

    async def unknowns(self, workspace: str) -> Sequence[OpenOutcome]:  # noqa: D102
        return await self._engine.read(ledger.unknowns, workspace)

    async def resolve_unknown(  # noqa: D102
        self, job_id: str, cost: int, by: str, sign: Callable[[int], Act] | None = None
    ) -> None:
        await self._engine.write(ledger.resolve_unknown, job_id, cost, by, sign)

    async def offer(self, job: Job, *, new_thread: Thread | None = None) -> None:  # noqa: D102
        await self._engine.write(jobs.offer, job, new_thread)

    async def accept(self, job_id: str, version: Version) -> bool:  # noqa: D102
        return await self._engine.write(jobs.accept, job_id, version)

    async def made_before(self, fingerprint: str, place: Place, user: User) -> Version | None:  # noqa: D102
        return await self._engine.read(threads.made_before, fingerprint, place, user)

    async def waiting(self, platforms: Collection[str]) -> Sequence[Job]:  # noqa: D102
        return await self._engine.read(jobs.waiting, platforms)

    async def spent(self, workspace: str, user: User, *, since: int) -> Spent:  # noqa: D102
        return await self._engine.read(ledger.spent, workspace, user, since)

    async def place_job(self, job_id: str, address: Address) -> Job:  # noqa: D102
        return await self._engine.write(jobs.place, job_id, address)

    async def claim(  # noqa: D102
        self, owner: str, *, platforms: Collection[str], now: int, lease_until: int
    ) -> Job | None:
        return await self._engine.write(jobs.claim, owner, platforms, now, lease_until)

    async def renew(self, job_id: str, owner: str, *, lease_until: int) -> bool:  # noqa: D102
        return await self._engine.write(jobs.renew, job_id, owner, lease_until)

    async def mark_sent(self, job_id: str, owner: str, *, now: int) -> bool:  # noqa: D102
        return await self._engine.write(jobs.mark_sent, job_id, owner, now)

    async def note_panel(self, job_id: str, owner: str, panel: PanelNote) -> bool:  # noqa: D102
        return await self._engine.write(jobs.note_panel, job_id, owner, panel)

    async def keep(self, job_id: str, version: Version) -> Version:  # noqa: D102
        return await self._engine.write(jobs.keep, job_id, version)

    async def finish(self, job_id: str) -> None:  # noqa: D102
        await self._engine.write(jobs.finish, job_id)

    async def fail(self, job_id: str, entry: str, error: str, *, counts: bool = False) -> Job | None:  # noqa: D102
        return await self._engine.write(jobs.fail, job_id, entry, error, counts=counts)

    async def stop(self, job_id: str) -> bool:  # noqa: D102
        return await self._engine.write(jobs.stop, job_id)

    async def cancel(self, job_id: str) -> Job | None:  # noqa: D102
        return await self._engine.write(jobs.cancel, job_id)

    async def requeue(self, job_id: str, owner: str) -> bool:  # noqa: D102
        return await self._engine.write(jobs.requeue, job_id, owner)

    async def job(self, job_id: str) -> Job | None:  # noqa: D102
        return await self._engine.read(jobs.job, job_id)

    async def line_before(self, job_id: str) -> int:  # noqa: D102
        return await self._engine.read(jobs.line_before, job_id)

    async def unplaced(self, *, before: int) -> Sequence[Job]:  # noqa: D102
        return await self._engine.read(jobs.unplaced, before)

    async def undelivered(self, *, before: int) -> Sequence[Job]:  # noqa: D102
        return await self._engine.read(jobs.undelivered, before)

    async def expired(self, *, now: int) -> Sequence[Job]:  # noqa: D102
        return await self._engine.read(jobs.expired, now)

    # audit

    async def record(self, act: Act) -> Act:  # noqa: D102
        return await self._engine.write(audit.record, act)

    async def acts(  # noqa: D102
        self,
        *,
        workspace: str | None = None,
        who: str = "",
        what: str = "",
        since: int = 0,
        after: int = 0,
        limit: int = 1000,
        newest_first: bool = False,
        before: int = 0,
    ) -> Sequence[Act]:
        return await self._engine.read(audit.acts, workspace, who, what, since, after, limit, newest_first, before)

    async def check_acts(self, *, expect: str = "") -> AuditCheck:  # noqa: D102
        return await self._engine.read(audit.check, expect)

    # conduct

    async def conduct(self, workspace: str, user: User) -> Conduct:  # noqa: D102
        return await self._engine.read(conduct.conduct, workspace, user)

    async def change_conduct(  # noqa: D102
        self, workspace: str, user: User, change: Callable[[Conduct], Conduct]
    ) -> Conduct:
        return await self._engine.write(conduct.change, workspace, user, change)

    # policy and reports

    async def policy(self, workspace: str) -> Policy:  # noqa: D102
        return await self._engine.read(threads.policy, workspace)

    async def change_policy(  # noqa: D102
        self,
        workspace: str,
        change: Callable[[Policy], Policy],
        acts: Callable[[Policy, Policy], Sequence[Act]] = lambda before, after: (),
    ) -> tuple[Policy, Policy]:
        return await self._engine.write(policies.change, workspace, change, acts)

    async def bans(self, who: str) -> Sequence[Ban]:  # noqa: D102
        return await self._engine.read(policies.bans, who)

    async def set_policy(self, workspace: str, policy: Policy) -> None:  # noqa: D102
        await self._engine.write(threads.set_policy, workspace, policy)

    async def learn_names(self, workspace: str, told: Mapping[str, str]) -> None:  # noqa: D102
        if fresh := await self._engine.read(names.unknown, workspace, told):
            await self._engine.write(names.learn, workspace, fresh)

    async def names(self, workspace: str | None = None) -> Mapping[tuple[str, str], str]:  # noqa: D102
        return await self._engine.read(names.names, workspace)

    async def tallies(  # noqa: D102
        self, by: By, *, since: int, until: int, workspace: str | None = None
    ) -> Sequence[Tally]:
        return await self._engine.read(reports.tallies, by, since, until, workspace)


def _empty_folder(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(17, f"{target} is not empty")


def _copy_database(db: sqlite3.Connection, target: Path) -> None:
    db.execute("VACUUM INTO ?", (str(target),))
