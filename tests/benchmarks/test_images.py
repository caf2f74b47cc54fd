"""From the bytes arriving to the file with its hash on disk: ours, the SDK's ways, and the floor, in one run.

Run: `make bench`; README.md tells how to read the tables. Nothing here fails for being slow; what is asserted is that
every way keeps exactly the picture that was sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import statistics
import time
import tracemalloc
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.benchmarks.picture import BYTES, PREVIEWS, SIZE, reference
from tests.benchmarks.row import Job, Row, measured
from tests.benchmarks.server import Loopback
from tests.benchmarks.tables import Report, mb, ms, table, verdict
from tests.benchmarks.ways import WAYS, Draw, Order, fastest_decoder

pytestmark = pytest.mark.bench

CPU_TARGET = 1.5  # × floor
MEMORY_TARGET = 1.0  # MB per picture in flight
GAP_TARGET = 10.0  # ms, p99
BUSY = 24  # pictures in flight that the targets are for
ROUNDS = 5
PICTURES = 10  # with each way in each round
COMPARED = ("floor", "ours", "SDK streamed", "plain SDK")
IN_FLIGHT = (1, 2, 4, 8, 16, 24, 32, 64)
OTHERS_IN_FLIGHT = (1, 8, 24)
AT_LEAST = 48  # pictures per row; 8 with the plain SDK, which takes longer
NEEDED = 4e9  # bytes of free memory for the plain SDK with 24 pictures
REFERENCES = 16
REFERENCE_BYTES = 50_000_000  # the API's limits, both


# ── One picture ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_4k_picture(server: Loopback, report: Report, tmp_path: Path) -> None:
    order = Order(SIZE, tmp_path)
    async with contextlib.AsyncExitStack() as stack:
        draws = {name: await stack.enter_async_context(WAYS[name](server.url)) for name in COMPARED}
        for draw in draws.values():
            await _assert_kept(draw, order, server.sha256)
        rounds = await _cpu(draws, order)
        traced = {name: await _traced(draw, order) for name, draw in draws.items()}
    grown = {name: await _row(server, Job(name, server.url, str(tmp_path), rounds=3)) for name in draws}
    report.add(
        f"One {SIZE} PNG of {BYTES / 1e6:.1f} MB, median of {ROUNDS} rounds of {PICTURES}",
        table(
            ["way", "CPU", "× floor", "lowest–highest round", "peak, traced", "peak, process"],
            [[name, *_compared(rounds, name), mb(traced[name]), mb(grown[name].memory)] for name in draws],
        ),
        f"The floor decodes with {fastest_decoder()[0]}.",
        _cpu_verdict(_ratios(rounds, "ours")),
    )


def _compared(rounds: list[dict[str, float]], name: str) -> tuple[str, str, str]:
    ratios = _ratios(rounds, name)
    cpu = statistics.median(spent[name] for spent in rounds)
    return ms(cpu), f"{statistics.median(ratios):.2f}", f"{ratios[0]:.2f}–{ratios[-1]:.2f}"


def _cpu_verdict(ratios: list[float]) -> str:
    """The median decides, and it is said when not all rounds agree with it."""
    said = verdict("CPU, ours", statistics.median(ratios), CPU_TARGET, " × floor")
    over = sum(ratio > CPU_TARGET for ratio in ratios)
    return f"{said}; {over} of {len(ratios)} rounds above it" if 0 < over < len(ratios) else said


async def _assert_kept(draw: Draw, order: Order, sha256: str) -> None:
    """Warms up; and what it says it saved is what it saved, and what was sent."""
    said = await draw(order)
    saved = {hashlib.sha256(path.read_bytes()).hexdigest() for path in order.folder.iterdir()}
    assert {said} == saved == {sha256}
    _cleared(order.folder)


async def _cpu(draws: dict[str, Draw], order: Order) -> list[dict[str, float]]:
    """Seconds per picture, by way, in each round.

    The ways take turns picture by picture, every other time backwards: a slow second of the machine hits all alike.
    """
    rounds = []
    for _ in range(ROUNDS):
        spent = dict.fromkeys(draws, 0.0)
        for number in range(PICTURES):
            for name in list(draws)[:: -1 if number % 2 else 1]:
                start = time.process_time()
                await draws[name](order)
                spent[name] += (time.process_time() - start) / PICTURES
            _cleared(order.folder)
        rounds.append(spent)
    return rounds


def _ratios(rounds: list[dict[str, float]], name: str) -> list[float]:
    """To the floor of the same round, sorted: the machine's own speed changes more between rounds than this does."""
    return sorted(spent[name] / spent["floor"] for spent in rounds)


async def _traced(draw: Draw, order: Order) -> int:
    """Peak bytes that Python's allocators gave out for one picture."""
    tracemalloc.start()
    await draw(order)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    _cleared(order.folder)
    return peak


def _cleared(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


# ── Many at once ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_many_pictures_in_flight(server: Loopback, report: Report, tmp_path: Path) -> None:
    before = server.stats()
    jobs = [_many(server, tmp_path, "ours", count) for count in IN_FLIGHT]
    for way in ("floor", "plain SDK"):
        jobs += [_many(server, tmp_path, way, count) for count in OTHERS_IN_FLIGHT if _fits(way, count)]
    rows = {(job.way, job.at_once): await _row(server, job) for job in jobs}
    after = server.stats()
    served = (after["cpu_seconds"] - before["cpu_seconds"]) / (after["posts"] - before["posts"])
    busy = rows["ours", BUSY]
    report.add(
        "In flight",
        _table(rows),
        f"The server used {ms(served)} of CPU per picture.",
        "\n".join(_verdicts(f"with {BUSY} in flight", busy.memory / BUSY, busy)),
    )


def _many(server: Loopback, folder: Path, way: str, count: int) -> Job:
    pictures = 8 if way == "plain SDK" else AT_LEAST
    return Job(way, server.url, str(folder), at_once=count, rounds=max(1, pictures // count))


def _fits(way: str, count: int) -> bool:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return way != "plain SDK" or count < BUSY or free > NEEDED


# ── Previews ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_previews(server: Loopback, report: Report, tmp_path: Path) -> None:
    rows = {
        (way, count): await _row(
            server, Job(way, server.url, str(tmp_path), at_once=count, rounds=rounds, previews=PREVIEWS)
        )
        for way, count, rounds in (("ours", 1, 3), ("ours", BUSY, 1), ("plain SDK", 1, 1))
    }
    busy = rows["ours", BUSY]
    report.add(
        f"{PREVIEWS} previews and the picture, {BYTES / 1e6:.1f} MB each, as server-sent events",
        _table(rows),
        "\n".join(_verdicts(f"with {BUSY} in flight", busy.memory / BUSY, busy)),
    )


# ── Uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_edit_with_many_large_references(server: Loopback, report: Report, tmp_path: Path) -> None:
    paths = _references(tmp_path)
    weight = REFERENCES * REFERENCE_BYTES
    rows: dict[str, Row] = {}
    for way in ("ours", "plain SDK", "plain SDK, paths"):
        before = server.stats()["received"]
        rows[way] = await _row(server, Job(way, server.url, str(tmp_path), references=paths))
        assert server.stats()["received"] - before > weight
    report.add(
        f"One edit with {REFERENCES} references of {mb(REFERENCE_BYTES)}",
        table(
            ["way", "extra memory", "CPU", "wall", "upload per second", "loop gap p99", "max"],
            (
                [way, mb(row.memory), ms(row.cpu), ms(row.wall), mb(weight / row.wall), ms(row.gaps.p99),
                 ms(row.gaps.most)]
                for way, row in rows.items()
            ),
        ),
        "\n".join(_verdicts("of an edit", rows["ours"].memory, None)),
    )  # fmt: skip


def _references(folder: Path) -> tuple[str, ...]:
    """Sixteen names of one file: what they hold does not matter, and the disk stays small."""
    first = reference(folder / "reference-0.png", REFERENCE_BYTES)
    others = [folder / f"reference-{number}.png" for number in range(1, REFERENCES)]
    for path in others:
        path.hardlink_to(first)
    return tuple(map(str, (first, *others)))


# ── Shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _row(server: Loopback, job: Job) -> Row:
    row = await measured(job)
    assert set(row.hashes) == {server.sha256}
    return row


def _table(rows: Mapping[tuple[str, int], Row]) -> str:
    """By way and how many were in flight."""
    head = ["way", "in flight", "wall per picture", "CPU per picture", "memory per picture in flight",
            "loop gap p50", "p99", "max", "idle p99"]  # fmt: skip
    return table(head, (_cells(way, count, row) for (way, count), row in rows.items()))


def _cells(way: str, count: int, row: Row) -> list[str]:
    gaps = (row.gaps.p50, row.gaps.p99, row.gaps.most, row.idle.p99)
    return [way, str(count), ms(row.wall), ms(row.cpu), mb(row.memory / count), *map(ms, gaps)]


def _verdicts(where: str, memory: float, row: Row | None) -> Iterable[str]:
    yield verdict(f"Memory, ours {where}", memory / 1e6, MEMORY_TARGET, " MB")
    if row:
        yield verdict(f"Loop gap p99, ours {where}", row.gaps.p99 * 1000, GAP_TARGET, " ms")
