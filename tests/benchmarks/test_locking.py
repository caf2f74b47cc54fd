"""What putting the rest of a 4K picture back costs: lock, drift and thumbnail, and finding what changed.

Run: `make bench`. Nothing here fails for being slow; what is asserted is that the rest is put back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot import pictures
from bot.changed import find_changes
from bot.locking import lock_outside
from tests.benchmarks.row import _peak_memory, _settled_memory
from tests.benchmarks.tables import Report, mb, ms, table, verdict
from tests.photos import picture
from tests.test_changed import part, scribbled, with_hat
from tests.test_locking import mask

pytestmark = pytest.mark.bench

SIZE = (3840, 2160)
PICTURES = {"astronaut": 2.0, "coffee": 1.2, "poster": 0.0}  # and the grain of a camera, in levels
SHIFT = (7, -5)
TARGET = 1.5  # seconds of CPU
ROUNDS = 3
EDGE = 768  # of the thumbnail


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of CPU in all threads, the least of some rounds; bytes of memory above those before, and of the file."""

    cpu: float
    memory: int
    written: int


def test_4k_pictures_are_locked(tmp_path: Path, report: Report) -> None:
    taken = {name: _steps(tmp_path, name) for name in PICTURES}
    rows = [[f"{name}: {step}", ms(one.cpu), mb(one.memory), mb(one.written)]
            for name, steps in taken.items() for step, one in steps.items()]  # fmt: skip
    worst = max(steps["lock and drift"].cpu + steps["thumbnail"].cpu for steps in taken.values())
    report.add(
        f"Locking 3840×2160, the least of {ROUNDS} rounds",
        table(["step", "CPU", "memory", "written"], rows),
        f"Load of the machine: {os.getloadavg()[0]:.1f}.",
        verdict("Lock, drift and thumbnail of the worst", worst, TARGET, " s of CPU"),
    )


def _steps(folder: Path, name: str) -> dict[str, Taken]:
    parent, drawn, marks, out = _files(folder, name)
    small, found = folder / "small.webp", folder / "changed.png"
    steps: dict[str, tuple[Path, Callable[[], object]]] = {
        "lock and drift": (out, lambda: lock_outside(parent, drawn, marks, out)),
        "thumbnail": (small, lambda: pictures.thumbnail(out, small, EDGE)),
        "find what changed": (found, lambda: find_changes(parent, drawn, found)),
    }
    taken = {step: _taken(run, written) for step, (written, run) in steps.items()}
    _check(parent, out, drawn, marks)
    return taken


def _files(folder: Path, name: str) -> tuple[Path, Path, Path, Path]:
    parent, drawn, marks = (folder / f"{one}.png" for one in ("parent", "drawn", "mask"))
    kept = _grainy(picture(name).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC), PICTURES[name])
    kept.save(parent)
    scribbled(with_hat(kept, part(SIZE, 60, 10, 85, 40)), shift=SHIFT).save(drawn)
    left, top, right, bottom = part(SIZE, 58, 8, 87, 42)
    mask(SIZE, [(left, top, right - 1, bottom - 1)]).save(marks)
    return parent, drawn, marks, folder / "out.png"


def _grainy(image: Image.Image, levels: float) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, levels, (image.height, image.width, 1)).round()
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def _taken(run: Callable[[], object], written: Path) -> Taken:
    rounds = list(_rounds(run))
    return Taken(min(cpu for cpu, _ in rounds), max(memory for _, memory in rounds), written.stat().st_size)


def _rounds(run: Callable[[], object]) -> Iterator[tuple[float, int]]:
    for _ in range(ROUNDS):
        before, began = _settled_memory(), time.process_time()
        run()
        yield time.process_time() - began, _peak_memory() - before


def _check(parent: Path, out: Path, drawn: Path, marks: Path) -> None:
    """The last row is far from the mask: there all is the parent's, though the drawn picture differs."""
    rows = []
    for path in (parent, out, drawn):
        with Image.open(path) as image:
            rows.append(image.crop((0, SIZE[1] - 200, *SIZE)).tobytes())
    assert rows[0] == rows[1] != rows[2]
    found = lock_outside(parent, drawn, marks, out)
    assert found
    assert found.shift == SHIFT
    assert found.drift < 0.01
