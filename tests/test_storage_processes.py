"""Two processes on one database, at work on the same threads at the same time: nothing is lost."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Address, Entry, Job, Kind, Options, Spent, Thread, Version, new_id
from bot.ports import Wall
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import ALICE, HERE, free, job
from tests.contracts.store_more import viewer

ROOT = Path(__file__).parents[1]
THREADS = ("t1", "t2", "t3")
OPERATIONS = 100
AT_ONCE = 4


class Worker:
    """Does random things and remembers what the store said came of them."""

    def __init__(self, store: SqliteStore, seed: int) -> None:
        self._store = store
        self._chance = random.Random(seed)
        self._owner = f"w{seed}"
        self.kept: dict[str, int] = {}  # numbers by version
        self.images = self.cost = 0

    async def work(self) -> None:
        """A few at a time, as a bot does."""
        for _ in range(OPERATIONS // AT_ONCE):
            doing = [self._chance.choice((self._draw, self._draw, self._pick, self._move, self._give_up, self._star))
                     for _ in range(AT_ONCE)]  # fmt: skip
            await asyncio.gather(*(one() for one in doing))

    async def _draw(self) -> None:
        one = await self._reserve()
        brought = Version(new_id(), one.thread, 0, one.parent, one.kind, one.prompt, one.options,
                          ("ab",) * self._chance.randint(1, one.options.n), ALICE, 0,
                          cost=self._chance.randint(0, 90_000))  # fmt: skip
        kept = await self._store.keep(one.id, brought)
        await self._store.finish(one.id)
        self.kept[kept.id] = kept.number
        self.images += len(kept.images)
        self.cost += kept.cost

    async def _give_up(self) -> None:
        one = await self._reserve()
        if self._chance.random() < 0.5:
            assert await self._store.cancel(one.id)
        else:
            await self._store.fail(one.id, Entry.UNKNOWN, "lost")
            self.cost += one.estimate

    async def _pick(self) -> None:
        parent = await self._any()
        pick = replace(parent, id=new_id(), parent=parent.id, kind=Kind.PICK, images=(new_id(),), cost=0)
        self.kept[pick.id] = (await self._store.branch(pick)).number

    async def _move(self) -> None:
        to = await self._any()
        await self._store.move_head(to.thread, to.id)

    async def _star(self) -> None:
        await self._store.shelf.star(viewer(), (await self._any()).id, on=True)

    async def _reserve(self) -> Job:
        """A job of its own: of all that wait, each worker ends only those it asked for."""
        parent = await self._any()
        one = job(n=self._chance.randint(1, 3), thread=parent.thread, parent=parent.id, kind=Kind.EDIT)
        await self._store.reserve(one, free)
        await self._store.place_job(one.id, Address(replace(HERE, thread=parent.thread), one.id))
        return one

    async def _any(self) -> Version:
        return self._chance.choice(await self._store.versions(self._chance.choice(THREADS)))


async def _main(folder: Path, seed: int) -> None:
    store = await open_store(folder)
    worker = Worker(store, seed)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await worker.work()
    await store.close()
    print(json.dumps({"kept": worker.kept, "images": worker.images, "cost": worker.cost}))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    for name in THREADS:
        first = Version(new_id(), name, 0, None, Kind.UPLOAD, "a fox", Options("m"), ("ab",), ALICE, 0)
        await opened.start_upload(Thread(name, replace(HERE, thread=name), None, 0), first)
    yield opened
    await opened.close()


async def _started(folder: Path, seed: int) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.test_storage_processes", str(folder), str(seed))
    started = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**20
    )
    assert started.stdout
    assert await started.stdout.readline() == b"ready\n"
    return started


async def test_two_processes_on_the_same_threads_lose_nothing(store: SqliteStore) -> None:
    processes = [await _started(store.folder, seed) for seed in (1, 2)]
    said = [json.loads(out) for out, _ in await asyncio.gather(*(one.communicate(b"go\n") for one in processes))]
    assert [one.returncode for one in processes] == [0, 0]
    stored = [one for name in THREADS for one in await store.versions(name)]
    numbers = {one.id: one.number for one in stored}
    promised = {version: number for one in said for version, number in one["kept"].items()}
    assert len(promised) > OPERATIONS / 2
    assert promised.items() <= numbers.items(), "every version that was promised is there, with its number"
    assert len(stored) == len(promised) + len(THREADS)
    spent = Spent(sum(one["images"] for one in said), sum(one["cost"] for one in said))
    assert await store.spent("T1", ALICE, since=0) == spent


async def test_two_processes_on_the_same_threads_leave_whole_trees(store: SqliteStore) -> None:
    processes = [await _started(store.folder, seed) for seed in (3, 4)]
    await asyncio.gather(*(one.communicate(b"go\n") for one in processes))
    for name in THREADS:
        versions = await store.versions(name)
        numbers = {one.id: one.number for one in versions}
        assert list(numbers.values()) == list(range(1, len(versions) + 1))
        assert all(one.parent is None or numbers[one.parent] < one.number for one in versions)
        thread = await store.thread(name)
        assert thread
        assert thread.head in numbers
    await _assert_hung(store)


async def _assert_hung(store: SqliteStore) -> None:
    """The gallery has each version once."""
    found: Counter[str] = Counter()
    before = ""
    while page := await store.shelf.search(viewer(), Wall.CHANNEL, before=before):
        found.update(one.version.id for one in page)
        before = page[-1].version.id
    drawn = [one.id for name in THREADS for one in await store.versions(name) if one.kind is not Kind.PICK]
    assert found == Counter(drawn)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
