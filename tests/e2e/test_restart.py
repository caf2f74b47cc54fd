"""Kill -9 at each step of a request's way, start again: the thread is right, and it was paid for at most once."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The step, whether the picture must be there after the restart, and what the ledger says then (images).
STEPS = [
    ("before reserve", True, 1),
    ("after reserve", True, 1),
    ("before place_job", True, 1),
    ("after place_job", True, 1),
    ("after claim", True, 1),
    ("before mark_sent", True, 1),
    ("after mark_sent", False, 0),
    ("in generate", False, 0),
    ("before keep", False, 0),
    ("after keep", True, 1),
    ("after edit", True, 1),
    ("before finish", True, 1),
    ("after finish", True, 1),
]


def live(folder: Path, step: str) -> int:
    command = [sys.executable, "-m", "tests.e2e.one_life", str(folder), step]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode


@pytest.mark.parametrize(("step", "arrives", "images"), STEPS, ids=[step for step, *_ in STEPS])
def test_killed_and_started_again_nothing_is_lost_and_nothing_paid_twice(
    tmp_path: Path, step: str, arrives: bool, images: int
) -> None:
    assert live(tmp_path, step) == -signal.SIGKILL
    assert live(tmp_path, "none") == 0

    bill = tmp_path / "bill"
    paid = len(bill.read_text().splitlines()) if bill.exists() else 0
    assert paid <= 1
    (message,) = json.loads((tmp_path / "chat.json").read_text()).values()
    assert message["images"] == (1 if arrives else 0)
    assert message["tone"] == ("done" if arrives else "failure")
    if not arrives:
        assert "may still be billed" in message["title"]

    with sqlite3.connect(tmp_path / "data" / "retouch.db") as db:
        (booked, cost) = db.execute("SELECT sum(images), sum(cost) FROM ledger").fetchone()
        versions = db.execute("SELECT count(*) FROM version").fetchone()[0]
        heads = db.execute("SELECT count(*) FROM thread WHERE head IN (SELECT id FROM version)").fetchone()[0]
        status = {row[0] for row in db.execute("SELECT status FROM job")}
    db.close()
    assert booked == images
    assert cost > 0, "what was, or may have been, billed stays on the books"
    assert versions == heads == images
    assert status == ({"done"} if arrives else {"failed"})
