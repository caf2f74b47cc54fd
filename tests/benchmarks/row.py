"""One row of a table, in a process of its own: `python -m tests.benchmarks.row JOB` prints the row as JSON.

A process of its own, because memory once taken is seldom given back, and would hide what the next row needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.picture import SIZE, SMALL_SIZE, reference
from tests.benchmarks.ways import WAYS, Draw, Order

_BEAT = 0.001  # seconds
_IDLE = 0.3  # seconds of an idle loop, to know what the machine does by itself


@dataclass(frozen=True, slots=True)
class Job:
    """What to measure: `at_once` pictures at a time, `rounds` times. `references` are paths of files to upload."""

    way: str
    url: str
    folder: str
    at_once: int = 1
    rounds: int = 1
    previews: int = 0
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaps:
    """How late the event loop came back to a task that sleeps for a millisecond, in seconds."""

    p50: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds per picture, bytes of memory above an idle process that has drawn once, and all hashes that came."""

    wall: float
    cpu: float
    memory: int
    gaps: Gaps
    idle: Gaps
    hashes: tuple[str, ...]


async def measured(job: Job) -> Row:
    """Run a job in a fresh process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.row", json.dumps(dataclasses.asdict(job)),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, f"{job} failed"
    found = json.loads(out)
    return Row(
        found["wall"], found["cpu"], found["memory"], Gaps(**found["gaps"]), Gaps(**found["idle"]),
        tuple(found["hashes"]),
    )  # fmt: skip


async def _run(job: Job) -> Row:
    with tempfile.TemporaryDirectory(dir=job.folder) as name:
        folder = Path(name)
        async with WAYS[job.way](job.url) as draw:
            await draw(_small_order(job, folder))
            idle: list[float] = []
            async with _heart(idle):
                await asyncio.sleep(_IDLE)
            return await _measure(draw, job, folder, _gaps(idle))


async def _measure(draw: Draw, job: Job, folder: Path, idle: Gaps) -> Row:
    order = Order(SIZE, folder, job.previews, tuple(map(Path, job.references)))
    pictures = job.at_once * job.rounds
    late: list[float] = []
    hashes: set[str] = set()
    before = _settled_memory()
    async with _heart(late):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(job.rounds):
            hashes |= set(await asyncio.gather(*(draw(order) for _ in range(job.at_once))))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Row(wall / pictures, cpu / pictures, _peak_memory() - before, _gaps(late), idle, tuple(hashes))


def _small_order(job: Job, folder: Path) -> Order:
    """For warming up: every line of code is loaded and every pool opened once, with hardly any bytes."""
    small = (reference(folder / "small.png", 1000),) * len(job.references)
    return Order(SMALL_SIZE, folder, job.previews, small)


@contextlib.asynccontextmanager
async def _heart(late: list[float]) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(_BEAT)
            late.append(time.perf_counter() - start - _BEAT)

    task = asyncio.create_task(beat())
    await asyncio.sleep(0)  # it begins before what it watches
    try:
        yield
        await asyncio.sleep(_BEAT)  # the last gap is counted too
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _gaps(late: Sequence[float]) -> Gaps:
    ranked = sorted(late)
    return Gaps(ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100], ranked[-1])


# ── Memory of this process, bytes ────────────────────────────────────────────────────────────────────────────────
# `ru_maxrss` alone would not do on Linux: a new process inherits the high-water mark of the one that started it.


def _settled_memory() -> int:
    """What is in use now; from here on the peak counts."""
    gc.collect()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        return _from_status("VmRSS")
    return _peak_memory()


def _peak_memory() -> int:
    with contextlib.suppress(OSError):
        return _from_status("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _from_status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    """Run the job in the first argument."""
    found = json.loads(sys.argv[1])
    job = Job(**{**found, "references": tuple(found["references"])})
    print(json.dumps(dataclasses.asdict(asyncio.run(_run(job)))))


if __name__ == "__main__":
    main()
