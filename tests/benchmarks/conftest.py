"""The server all benchmarks share, and the report they write to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks.server import Loopback
from tests.benchmarks.tables import Report

_SECTIONS = 9


@pytest.fixture(scope="session")
def server() -> Iterator[Loopback]:
    command = [sys.executable, "-m", "tests.benchmarks.server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http"), "the server did not start"
        yield Loopback(url)
        process.kill()


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """With RETOUCH_BENCH_WRITE=1 a whole run replaces the tables in README.md."""
    report = Report()
    yield report
    if os.environ.get("RETOUCH_BENCH_WRITE") == "1" and len(report.sections) == _SECTIONS:
        report.write()
