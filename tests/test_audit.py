"""The audit: one chain that shows what was done to it, also when somebody has the file."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Act
from bot.ports import AuditCheck
from bot.reports import audit_csv, audit_json_lines, audit_table
from storage.audit import hash_of
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store_audit import ACT, AuditContract

ROOT = Path(__file__).parents[1]
TRIGGERS = ("audit_is_only_continued", "audit_is_never_edited", "audit_is_never_shortened",
            "audit_words_are_of_the_last_line", "audit_words_are_never_edited")  # fmt: skip
COLUMNS = "(id, at, workspace, who, who_name, what, target, before, after, previous, hash)"
LINE = f"INTO audit {COLUMNS} VALUES ({{}}, 5, 'T1', 'cli', 'x', 'grant', '', '', '', 'a', 'b')"


class TestAudit(AuditContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        store = await open_store(tmp_path / "data")
        yield store
        await store.close()


# ── Tampering ────────────────────────────────────────────────────────────────────────────────────────────────────


async def after(folder: Path, *statements: str, guarded: bool = False, expect: str = "") -> AuditCheck:
    """Ten lines, then plain SQL on the file, with or without its guards, then the check."""
    store = await open_store(folder)
    for number in range(10):
        await store.record(replace(ACT, at=number, target=f"t{number}", words="a fox" if number % 2 else ""))
    await store.close()
    db = sqlite3.connect(folder / "retouch.db")
    for name in () if guarded else TRIGGERS:
        db.execute(f"DROP TRIGGER {name}")
    try:
        for statement in statements:
            db.execute(statement)
        db.commit()
    finally:
        db.close()
    store = await open_store(folder)
    try:
        return await store.check_acts(expect=expect)
    finally:
        await store.close()


@pytest.mark.parametrize(
    "column",
    ["at", "workspace", "who", "who_name", "what", "target", "before", "after", "channel", "roles", "digest"],
)
async def test_an_edited_line_is_named(tmp_path: Path, column: str) -> None:
    value = "77" if column == "at" else "'somebody else'"
    found = await after(tmp_path, f"UPDATE audit SET {column} = {value} WHERE id = 4")
    assert (found.broken, found.lines, found.why) == (4, 3, "it was edited")


@pytest.mark.parametrize("gone", [1, 5, 9])
async def test_a_line_that_was_taken_out_is_named(tmp_path: Path, gone: int) -> None:
    found = await after(tmp_path, f"DELETE FROM audit WHERE id = {gone}")
    assert (found.broken, found.why) == (gone, "it is missing")


async def test_closing_the_gap_does_not_help(tmp_path: Path) -> None:
    found = await after(tmp_path, "DELETE FROM audit WHERE id = 5",
                        *(f"UPDATE audit SET id = {one - 1} WHERE id = {one}" for one in range(6, 11)))  # fmt: skip
    assert found.broken == 5
    assert "does not follow" in found.why


async def test_exchanged_lines_are_named(tmp_path: Path) -> None:
    found = await after(tmp_path, "UPDATE audit SET id = 99 WHERE id = 3", "UPDATE audit SET id = 3 WHERE id = 4",
                        "UPDATE audit SET id = 4 WHERE id = 99")  # fmt: skip
    assert found.broken == 3
    assert "does not follow" in found.why


async def test_a_line_put_in_is_named(tmp_path: Path) -> None:
    found = await after(tmp_path, f"INSERT {LINE.format(11)}")
    assert found.broken == 11


async def test_a_line_with_a_hash_of_its_own_breaks_at_the_next(tmp_path: Path) -> None:
    found = await after(tmp_path, "UPDATE audit SET hash = 'abc' WHERE id = 4")
    assert found.broken == 4


async def test_lines_cut_off_the_end_show_when_the_last_hash_was_noted(tmp_path: Path) -> None:
    head = (await after(tmp_path / "whole")).head
    cut = "DELETE FROM audit WHERE id > 7"
    assert not (await after(tmp_path / "cut", cut)).broken, "nothing inside says so: this is what --expect is for"
    noted = await after(tmp_path / "noted", cut, expect=head)
    assert (noted.broken, noted.lines, noted.cut) == (0, 7, True)


async def test_a_chain_written_anew_shows_when_the_last_hash_was_noted(tmp_path: Path) -> None:
    head = (await after(tmp_path / "whole")).head
    anew = await after(tmp_path / "anew", expect=head)
    assert (anew.broken, anew.cut) == (0, True), "the salts of its words are others"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE audit_words SET words = 'a nice fox' WHERE id = 4", "its words were edited"),
        ("UPDATE audit_words SET salt = '' WHERE id = 4", "its words were edited"),
        ("INSERT INTO audit_words VALUES (3, '', 'a bomb')", "its words were edited"),
        ("UPDATE audit SET digest = '' WHERE id = 4", "it was edited"),
    ],
)
async def test_edited_words_are_named(tmp_path: Path, statement: str, why: str) -> None:
    found = await after(tmp_path, statement)
    assert (found.broken, found.why) == (int(statement[-1] if statement[-1].isdigit() else 3), why)


async def test_words_that_were_let_go_of_are_counted_and_the_chain_holds(tmp_path: Path) -> None:
    found = await after(tmp_path, "DELETE FROM audit_words WHERE id = 4", guarded=True)
    assert (found.broken, found.lines, found.let_go) == (0, 10, 1)


async def test_lines_from_before_there_were_words_beside_them_still_hold() -> None:
    known = "b65ba481fad1bb4d94394e9afe9baaa2b1d7fb33ec31f3e4bed69fdc8ffc3bf5"
    assert hash_of(replace(ACT, id=1)) == known


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET after = 'x' WHERE id = 4",
        "DELETE FROM audit WHERE id = 10",
        "DELETE FROM audit",
        f"REPLACE {LINE.format(4)}",
        f"INSERT {LINE.format(12)}",
        f"INSERT {LINE.format(-1)}",
        "UPDATE audit_words SET words = 'x' WHERE id = 4",
        "REPLACE INTO audit_words VALUES (4, '', 'x')",
        "REPLACE INTO audit_words VALUES (10, '', 'x')",
        "INSERT INTO audit_words VALUES (3, '', 'x')",
    ],
)
async def test_plain_sql_cannot_change_a_line_by_mistake(tmp_path: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only appended"):
        await after(tmp_path, statement, guarded=True)


# ── Several processes ────────────────────────────────────────────────────────────────────────────────────────────

EACH = 50


async def append(folder: Path, name: str) -> None:
    store = await open_store(folder)
    await asyncio.gather(*(store.record(Act(one, "T1", name, name, "grant", str(one))) for one in range(EACH)))
    await store.close()


async def test_four_processes_at_once_continue_one_chain(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.test_audit", str(tmp_path)]
    processes = [await asyncio.create_subprocess_exec(*command, f"p{one}", cwd=ROOT) for one in range(4)]
    assert [await one.wait() for one in processes] == [0] * 4
    store = await open_store(tmp_path)
    found = await store.check_acts()
    lines = {(one.who, one.target) for one in await store.acts()}
    await store.close()
    assert (found.lines, found.broken) == (4 * EACH, 0)
    assert lines == {(f"p{one}", str(number)) for one in range(4) for number in range(EACH)}


# ── Exports ──────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = ("=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-2+3", "=cmd|' /C calc'!A0", '"=1')


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_is_a_formula(words: str) -> None:
    text = audit_csv([replace(ACT, who_name=words, before=words, target=words, words=words)])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    for name in ("who_name", "before", "target", "words"):
        assert row[name].strip()[0] in "'\""
        assert row[name].removeprefix("'") == words, "nothing is lost"


def test_lines_of_json_are_what_the_hashes_are_made_of() -> None:
    odd = replace(ACT, before='a\n"b"\u2028', after="東京 =1")
    text = audit_json_lines([odd, ACT])
    assert [Act(**json.loads(line)) for line in text.split("\n")[:-1]] == [odd, ACT]


def test_a_listed_line_cannot_move_the_cursor_and_names_the_change() -> None:
    shown = audit_table([replace(ACT, id=3, who_name="Ali\x1b[2Jce\n\u202e")])
    head, line = shown.splitlines()
    assert head.startswith("no.")
    assert "auto → low" in line
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_listed_line_shows_the_words_or_that_they_are_gone() -> None:
    refused = replace(ACT, what="refused", before="", after="", words="a bomb", digest="d")
    shown = audit_table([refused, replace(refused, words="")])
    assert "“a bomb”" in shown
    assert "(words that are not kept any more)" in shown


def test_a_time_no_clock_says_is_listed_all_the_same() -> None:
    assert str(2**62) in audit_table([replace(ACT, at=2**62)])


# ── The command line ─────────────────────────────────────────────────────────────────────────────────────────────


def retouch(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=folder, text=True, capture_output=True, timeout=60, check=False,
        env={**known, "PYTHONPATH": str(ROOT), "RETOUCH_DATA": str(folder / "data")},
    )  # fmt: skip


def test_a_changed_setting_is_listed_exported_and_verified(tmp_path: Path) -> None:
    assert "empty" in retouch(tmp_path, "audit", "verify").stdout
    assert retouch(tmp_path, "policy", "set", "images-per-day", "20").returncode == 0
    assert retouch(tmp_path, "policy", "set", "moderation", "low").returncode == 0
    listed = retouch(tmp_path, "audit", "list").stdout
    assert "images-per-day" in listed
    assert "100 → 20" in listed
    assert "(cli)" in listed
    exported = retouch(tmp_path, "audit", "export", "--json", "--what", "policy").stdout.splitlines()
    assert [json.loads(one)["target"] for one in exported] == ["images-per-day", "moderation"]
    assert "3 lines" in retouch(tmp_path, "audit", "verify").stdout


def test_what_broke_is_one_sentence_and_an_exit_code(tmp_path: Path) -> None:
    retouch(tmp_path, "policy", "set", "images-per-day", "20")
    db = sqlite3.connect(tmp_path / "data" / "retouch.db")
    db.execute("DROP TRIGGER audit_is_never_edited")
    db.execute("UPDATE audit SET who_name = 'Bob'")
    db.commit()
    db.close()
    done = retouch(tmp_path, "audit", "verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Line 1 of the audit does not hold: it was edited." in done.stderr


@pytest.mark.parametrize("expect", ["abc", "x" * 64, "0" * 63, "'; DROP TABLE audit"])
def test_what_is_no_hash_is_not_looked_for(tmp_path: Path, expect: str) -> None:
    """Otherwise a slip in copying reads as if somebody had been at the audit."""
    done = retouch(tmp_path, "audit", "verify", "--expect", expect)
    assert (done.returncode, done.stdout) == (2, "")
    assert "A hash has 64 characters" in done.stderr


def test_an_audit_without_the_noted_hash_is_said_to_be_cut(tmp_path: Path) -> None:
    retouch(tmp_path, "policy", "set", "images-per-day", "20")
    done = retouch(tmp_path, "audit", "verify", "--expect", "0" * 64)
    assert (done.returncode, done.stdout) == (1, "")
    assert "none has the expected hash" in done.stderr


def test_a_report_on_a_mistyped_workspace_says_which_there_are(tmp_path: Path) -> None:
    assert retouch(tmp_path, "usage", "--workspace", "T0").stderr.endswith("There are: none.\n")
    done = retouch(tmp_path, "usage", "--days", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_export_goes_to_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    retouch(tmp_path, "policy", "set", "images-per-day", "20")
    done = retouch(tmp_path, "audit", "export", "--workspace", "local", "-o", "audit.csv")
    assert "1 line of" in done.stdout
    (row,) = csv.DictReader(io.StringIO((tmp_path / "audit.csv").read_bytes().decode(), newline=""))
    assert (row["what"], row["target"], row["before"], row["after"]) == ("policy.set", "images-per-day", "100", "20")
    done = retouch(tmp_path, "audit", "export", "-o", "nowhere/audit.csv")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


if __name__ == "__main__":
    asyncio.run(append(Path(sys.argv[1]), sys.argv[2]))
