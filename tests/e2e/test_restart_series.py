"""Kill -9 in the middle of a series, start again: what is drawn is there, nothing is paid twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPORTED = 30_000  # micro-dollars for each panel whose answer came

# The step, the panels that must be there after the restart, whether an estimate is in the books, what is said.
STEPS: list[tuple[str, list[int], bool, str]] = [
    ("panel 1", [], True, ""),
    ("panel 2", [1], True, "Panel 2 was lost when this was stopped"),
    ("panel 3", [1, 2], True, "Panel 3 was lost when this was stopped"),
    ("before keep", [1, 2, 3], False, ""),
    ("after keep", [1, 2, 3], False, ""),
    ("before finish", [1, 2, 3], False, ""),
]


def live(folder: Path, step: str) -> int:
    command = [sys.executable, "-m", "tests.e2e.one_series", str(folder), step]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode


@pytest.mark.parametrize(("step", "panels", "guessed", "says"), STEPS, ids=[step for step, *_ in STEPS])
def test_killed_in_the_middle_of_a_series_no_panel_is_lost_or_paid_twice(
    tmp_path: Path, step: str, panels: list[int], guessed: bool, says: str
) -> None:
    assert live(tmp_path, step) == -signal.SIGKILL
    assert live(tmp_path, "none") == 0

    paid = (tmp_path / "bill").read_text().split()
    assert len(paid) == len(set(paid)), "no panel was asked for twice"
    (message,) = json.loads((tmp_path / "chat.json").read_text()).values()
    assert message["images"] == len(panels)
    assert message["tone"] == ("done" if panels else "failure")

    with sqlite3.connect(tmp_path / "data" / "retouch.db") as db:
        (booked, cost) = db.execute("SELECT sum(images), sum(cost) FROM ledger").fetchone()
        docs = [json.loads(row[0]) for row in db.execute("SELECT doc FROM version")]
    db.close()
    assert booked == len(panels)
    known = REPORTED * len(panels)
    assert (cost > known) if guessed else (cost == known)
    assert cost < known + 75_000, "what was never sent is not in the books"
    assert [doc["panel_of"] for doc in docs] == ([panels] if panels else [])
    assert all(says in " ".join(doc["missing"]) for doc in docs)
