"""Random days of a few threads, with restarts anywhere: the tree stays a tree, the books add up, the bytes stay."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.errors import NotFound
from bot.models import Address, Asset, Entry, Job, JobStatus, Kind, Options, Spent, Thread, Version, new_id
from bot.ports import Wall
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import ALICE, HERE, free, job
from tests.contracts.store_more import viewer

T = TypeVar("T")

WORDS = ("warmer", "a fox", "at night", "東京", "")
OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(slots=True)
class Booked:
    """What a job should have come to."""

    job: Job
    status: JobStatus = JobStatus.QUEUED
    sent: bool = False
    images: int = 0
    cost: int = 0
    version: Version | None = None


@dataclass(slots=True)
class Model:
    """What should be in the store. Versions are by thread, in order; `kept` is every version in order of time."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    heads: dict[str, str | None] = field(default_factory=dict)
    jobs: dict[str, Booked] = field(default_factory=dict)
    kept: list[Version] = field(default_factory=list)

    def keep(self, version: Version) -> None:
        """A version more, and the head."""
        assert version.number == len(self.versions[version.thread]) + 1
        self.versions[version.thread].append(version)
        self.heads[version.thread] = version.id
        self.kept.append(version)


class Days(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        self.store: SqliteStore

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Each step is over before the next: the same loop, the same store."""
        return self.loop.run(work)

    @initialize()
    def open(self) -> None:
        self.store = self.run(open_store(self.folder / "data"))

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    # ── What people and workers do ──────────────────────────────────────────────────────────────────────────────

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.open()

    @precondition(lambda self: len(self.model.versions) < 4)
    @rule(n=st.integers(1, 4), prompt=st.sampled_from(WORDS))
    def ask_for_a_picture(self, n: int, prompt: str) -> None:
        one = job(n=n, prompt=prompt)
        self._reserve(one, Thread(one.thread, HERE, None, 0))

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data(), n=st.integers(1, 4), prompt=st.sampled_from(WORDS))
    def ask_for_a_change(self, data: st.DataObject, n: int, prompt: str) -> None:
        """Of any version, old ones too: that is how branches begin."""
        parent = data.draw(st.sampled_from(self.model.kept))
        self._reserve(job(n=n, thread=parent.thread, parent=parent.id, kind=Kind.EDIT, prompt=prompt))

    @precondition(lambda self: len(self.model.versions) < 4)
    @rule()
    def upload(self) -> None:
        one = job()
        place = replace(HERE, thread=f"ts-{one.id}")
        version = replace(self._drawn(one, 1, 0), kind=Kind.UPLOAD)
        self.run(self.store.start_upload(Thread(one.thread, place, None, 0), version))
        self.model.versions[one.thread] = []
        self.model.keep(replace(version, number=1))

    @precondition(lambda self: any(len(one.images) > 1 for one in self.model.kept))
    @rule(data=st.data())
    def pick(self, data: st.DataObject) -> None:
        """One that was picked before becomes the head again."""
        parent = data.draw(st.sampled_from([one for one in self.model.kept if len(one.images) > 1]))
        image = data.draw(st.sampled_from(parent.images))
        pick = replace(parent, id=new_id(), parent=parent.id, kind=Kind.PICK, images=(image,), cost=0)
        got = self.run(self.store.branch(pick))
        if got.id == pick.id:
            self.model.keep(got)
        else:
            assert (got.parent, got.kind, got.images) == (pick.parent, pick.kind, pick.images)
            self.model.heads[got.thread] = got.id

    @precondition(lambda self: self._of(JobStatus.QUEUED))
    @rule()
    def claim(self) -> None:
        got = self.run(self.store.claim("w1", platforms=["slack"], now=3000, lease_until=9000))
        assert got
        assert self.model.jobs[got.id].status is JobStatus.QUEUED
        self.model.jobs[got.id].status = JobStatus.RUNNING

    @precondition(lambda self: self._of(JobStatus.RUNNING))
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        booked = data.draw(st.sampled_from(self._of(JobStatus.RUNNING)))
        assert self.run(self.store.mark_sent(booked.job.id, "w1", now=5))
        booked.sent = True

    @precondition(lambda self: self._of(JobStatus.RUNNING))
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        booked = data.draw(st.sampled_from(self._of(JobStatus.RUNNING)))
        assert self.run(self.store.requeue(booked.job.id, "w1")) is not booked.sent
        if not booked.sent:
            booked.status = JobStatus.QUEUED

    @precondition(lambda self: self._drawable())
    @rule(data=st.data(), cost=st.integers(0, 200_000))
    def keep(self, data: st.DataObject, cost: int) -> None:
        """What a worker brings, late as well: after the job was given up. The second time is the first."""
        booked = data.draw(st.sampled_from(self._drawable()))
        brought = self._drawn(booked.job, data.draw(st.integers(1, booked.job.options.n)), cost)
        got = self.run(self.store.keep(booked.job.id, brought))
        if booked.version:
            assert got == booked.version
            return
        assert got == replace(brought, number=got.number)
        self.model.keep(got)
        booked.version, booked.images, booked.cost = got, len(got.images), cost
        booked.status = JobStatus.DELIVERING

    @precondition(lambda self: self._of(JobStatus.DELIVERING))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        booked = data.draw(st.sampled_from(self._of(JobStatus.DELIVERING)))
        self.run(self.store.finish(booked.job.id))
        booked.status = JobStatus.DONE
        assert self.run(self.store.version_shown_at(HERE, f"ts-{booked.job.id}")) == booked.version

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data(), entry=st.sampled_from([Entry.RELEASE, Entry.UNKNOWN]))
    def fail(self, data: st.DataObject, entry: Entry) -> None:
        booked = data.draw(st.sampled_from(list(self.model.jobs.values())))
        done = self.run(self.store.fail(booked.job.id, entry, "no")) is not None
        assert done == (booked.status in OPEN)
        if done:
            booked.status, booked.images = JobStatus.FAILED, 0
            booked.cost = booked.cost if entry is Entry.UNKNOWN else 0

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        booked = data.draw(st.sampled_from(list(self.model.jobs.values())))
        done = self.run(self.store.cancel(booked.job.id)) is not None
        assert done == (booked.status is JobStatus.QUEUED or (booked.status is JobStatus.RUNNING and not booked.sent))
        if done:
            booked.status, booked.images, booked.cost = JobStatus.CANCELLED, 0, 0

    # ── Undo and redo, as the studio does them ──────────────────────────────────────────────────────────────────

    @precondition(lambda self: self._undoable())
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        self._move(self._parent(data.draw(st.sampled_from(self._undoable()))))

    @precondition(lambda self: self._redoable())
    @rule(data=st.data())
    def redo(self, data: st.DataObject) -> None:
        self._move(self._newest_child(data.draw(st.sampled_from(self._redoable()))))

    @precondition(lambda self: self._redoable())
    @rule(data=st.data())
    def redo_then_undo(self, data: st.DataObject) -> None:
        """And with them undo then redo, from the child that was just reached: both come back to where they began."""
        start = data.draw(st.sampled_from(self._redoable()))
        child = self._move(self._newest_child(start))
        assert self._move(self._parent(child)) == start
        assert self._move(self._newest_child(start)) == child

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data())
    def go_back_to_any(self, data: st.DataObject) -> None:
        self._move(data.draw(st.sampled_from(self.model.kept)))

    @precondition(lambda self: len(self.model.versions) > 1 and self.model.kept)
    @rule(data=st.data())
    def a_head_of_another_thread_is_refused(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(self.model.kept))
        other = data.draw(st.sampled_from([one for one in self.model.versions if one != version.thread]))
        with pytest.raises(NotFound):
            self.run(self.store.move_head(other, version.id))

    # ── What always holds ───────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_head_is_a_version_of_its_thread(self) -> None:
        for thread_id, versions in self.model.versions.items():
            thread = self.run(self.store.thread(thread_id))
            assert thread
            assert thread.head == self.model.heads.get(thread_id)
            assert thread.head is None or thread.head in {one.id for one in versions}

    @invariant()
    def versions_are_whole_numbered_without_gaps_and_younger_than_their_parents(self) -> None:
        for thread_id, versions in self.model.versions.items():
            stored = self.run(self.store.versions(thread_id))
            assert list(stored) == versions
            numbers = {one.id: one.number for one in stored}
            assert list(numbers.values()) == list(range(1, len(stored) + 1))
            assert all(one.parent is None or numbers[one.parent] < one.number for one in stored)

    @invariant()
    def the_books_add_up(self) -> None:
        booked = self.model.jobs.values()
        expected = Spent(sum(one.images for one in booked), sum(one.cost for one in booked))
        assert self.run(self.store.spent("T1", ALICE, since=0)) == expected

    @invariant()
    def every_picture_is_what_its_id_says(self) -> None:
        for image in {image for version in self.model.kept for image in version.images}:
            asset = self.run(self.store.asset(image))
            assert asset
            assert hashlib.sha256(self.store.asset_path(asset).read_bytes()).hexdigest() == image

    @invariant()
    def the_gallery_shows_all_but_picks_newest_first(self) -> None:
        listed = [one.id for one in reversed(self.model.kept) if one.kind is not Kind.PICK]
        for wall in (Wall.CHANNEL, Wall.MINE):
            found = self.run(self.store.shelf.search(viewer(), wall, limit=200))
            assert [one.version.id for one in found] == listed
        found = self.run(self.store.shelf.search(viewer(), Wall.CHANNEL, words="fox", limit=200))
        assert [one.version.id for one in found] == [one for one in listed if one in self._foxes()]

    # ── Shared ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _reserve(self, one: Job, new_thread: Thread | None = None) -> None:
        self.run(self.store.reserve(one, free, new_thread=new_thread))
        self.run(self.store.place_job(one.id, Address(replace(HERE, thread=f"ts-{one.thread}"), f"ts-{one.id}")))
        self.model.jobs[one.id] = Booked(one, images=one.options.n, cost=one.estimate)
        self.model.versions.setdefault(one.thread, [])

    def _drawn(self, of: Job, images: int, cost: int) -> Version:
        """Pictures on disk and a version that shows them."""
        put = tuple(self._put(f"{of.id} {n}".encode()) for n in range(images))
        return Version(new_id(), of.thread, 0, of.parent, of.kind, of.prompt, Options("m"), put, ALICE, 0, cost=cost)

    def _put(self, data: bytes) -> str:
        asset = Asset(hashlib.sha256(data).hexdigest(), "image/png", 1, 1, len(data))
        path = self.store.tmp / new_id()
        path.write_bytes(data)
        return self.run(self.store.put_asset(path, asset)).id

    def _move(self, to: Version) -> Version:
        self.run(self.store.move_head(to.thread, to.id))
        self.model.heads[to.thread] = to.id
        return to

    def _of(self, status: JobStatus) -> list[Booked]:
        return [one for one in self.model.jobs.values() if one.status is status]

    def _drawable(self) -> list[Booked]:
        return [one for one in self.model.jobs.values() if one.status is not JobStatus.QUEUED]

    def _heads(self) -> list[Version]:
        return [one for one in self.model.kept if self.model.heads[one.thread] == one.id]

    def _undoable(self) -> list[Version]:
        return [one for one in self._heads() if one.parent]

    def _redoable(self) -> list[Version]:
        return [one for one in self._heads() if any(other.parent == one.id for other in self.model.kept)]

    def _parent(self, version: Version) -> Version:
        return next(one for one in self.model.kept if one.id == version.parent)

    def _newest_child(self, version: Version) -> Version:
        return [one for one in self.run(self.store.versions(version.thread)) if one.parent == version.id][-1]

    def _foxes(self) -> set[str]:
        return {one.id for one in self.model.kept if "fox" in one.prompt}


def test_random_days_leave_a_tree_true_books_and_the_same_bytes() -> None:
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
