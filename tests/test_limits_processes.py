"""Limits from several processes at the same moment, and the books after a process was killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import OverQuota
from bot.limits import Asked
from bot.models import Budget, Limit, Measure, Policy, Spent, Thread, User, Window, now_ms
from storage.sqlite import open_store
from tests.contracts.store import ALICE, job

ROOT = Path(__file__).parents[1]
PROCESSES = 4
EACH = 125  # requests per process, all at once
PRICE = 41_000  # micro-dollars


async def _ask(folder: Path) -> None:
    """Ask 125 times at once and print how many were taken."""
    store = await open_store(folder)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)

    async def ask() -> int:
        one = job(estimate=PRICE, created=now_ms())
        thread = Thread(one.thread, one.place, None, 0)
        try:
            await store.reserve(one, Asked(ALICE, "C1", now_ms(), 1, PRICE), new_thread=thread)
        except OverQuota:
            return 0
        return 1

    print(sum(await asyncio.gather(*(ask() for _ in range(EACH)))))
    await store.close()


async def _started(folder: Path) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.test_limits_processes", str(folder))
    started = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdout
    assert await started.stdout.readline() == b"ready\n"
    return started


@pytest.mark.parametrize(
    ("policy", "taken"),
    [
        (Policy(images_per_day=10), 10),
        (Policy(limits=(Limit(10, rolling=True, where="C1"),)), 10),
        (Policy(images_per_day=None, budgets=(Budget(1_000_000),)), 1_000_000 // PRICE),
        (Policy(images_per_day=None, limits=(Limit(1_000_000, Measure.DOLLARS),)), 1_000_000 // PRICE),
        (Policy(images_per_day=None, in_flight=3), 3),
    ],
    ids=["images", "rolling images in a channel", "budget", "dollars", "in flight"],
)
async def test_five_hundred_requests_from_four_processes_stop_at_the_limit(
    tmp_path: Path, policy: Policy, taken: int
) -> None:
    store = await open_store(tmp_path)
    await store.set_policy("T1", policy)
    processes = [await _started(tmp_path) for _ in range(PROCESSES)]
    said = [int(out) for out, _ in await asyncio.gather(*(one.communicate(b"go\n") for one in processes))]
    assert sum(said) == taken
    window = Window(False, 0)
    used = await store.used("T1", ALICE, [window])
    assert used.sums[window] == Spent(taken, taken * PRICE) == await store.spent("T1", ALICE, since=0)
    assert used.in_flight == taken
    await store.close()


STEPS = ("after reserve", "after place_job", "after claim", "after mark_sent", "in generate", "before keep",
         "after keep", "after edit", "after finish")  # fmt: skip
WHO = User("fake", "U1", "Alice")


def _live(folder: Path, step: str) -> int:
    command = [sys.executable, "-m", "tests.e2e.one_life", str(folder), step]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode


@pytest.mark.parametrize("step", STEPS)
async def test_killed_between_reserve_and_settle_the_sums_are_right_before_and_after_the_restart(
    tmp_path: Path, step: str
) -> None:
    assert await asyncio.to_thread(_live, tmp_path, step) == -signal.SIGKILL
    dead = await _books(tmp_path / "data")
    settled = step in ("after keep", "after edit", "after finish")
    assert dead == {"images": 1, "in_flight": 0 if settled else 1, "unknown": 0}
    assert await asyncio.to_thread(_live, tmp_path, "none") == 0
    alive = await _books(tmp_path / "data")
    lost = step in ("after mark_sent", "in generate", "before keep")
    assert alive == {"images": 0 if lost else 1, "in_flight": 0, "unknown": int(lost)}


async def _books(folder: Path) -> dict[str, int]:
    """What the counters say, which is what the ledger says."""
    store = await open_store(folder)
    window, here = Window(True, 0), Window(False, 0, "general")
    used = await store.used("team", WHO, [window, here])
    spent = await store.spent("team", WHO, since=0)
    unknowns = await store.unknowns("team")
    await store.close()
    assert used.sums[here] == spent
    assert used.sums[window] == (Spent(spent.images, 0) if unknowns else spent)
    return {"images": used.sums[window].images, "in_flight": used.in_flight, "unknown": len(unknowns)}


if __name__ == "__main__":
    asyncio.run(_ask(Path(sys.argv[1])))
