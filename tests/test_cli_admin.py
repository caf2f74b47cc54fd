"""Settings, grants, bans and budgets on the command line: a process, its output, its exit code."""

from __future__ import annotations

import asyncio
import getpass
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Policy
from storage.sqlite import open_store
from tests.contracts.store import HERE
from tests.contracts.store_limits import unknown
from tests.test_cli import retouch


def policy(folder: Path, workspace: str = "local") -> Policy:
    async def read() -> Policy:
        store = await open_store(folder / "data")
        try:
            return await store.policy(workspace)
        finally:
            await store.close()

    return asyncio.run(read())


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_all_settings_are_explained(tmp_path: Path) -> None:
    shown = good(retouch(tmp_path, "policy", "settings"))
    assert "  moderation            How strict" in shown
    assert "Where and who" in shown


def test_what_is_set_is_shown_for_its_workspace_alone(tmp_path: Path) -> None:
    said = good(retouch(tmp_path, "policy", "set", "limits", "20 images a day; $5 a month", "--workspace", "T1"))
    assert said == "limits:\n  20 images a day\n  $5 a month\n"
    assert good(retouch(tmp_path, "policy", "show", "T1", "--setting", "limits")) == said
    assert policy(tmp_path) == Policy()
    done = retouch(tmp_path, "policy", "set", "limits", "20 images a day; many")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("limits, line 2: “many” is no limit.")


def test_settings_travel_as_a_file(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "set", "blocked-terms", 'dragon, "a, b"'))
    good(retouch(tmp_path, "policy", "set", "tiers", "role:1: n 4; no thinking\neverybody: up to 1k"))
    file = tmp_path / "policy.toml"
    file.write_text(good(retouch(tmp_path, "policy", "export")))
    to_t2 = ("policy", "import", "policy.toml", "--workspace", "T2")
    shown = good(retouch(tmp_path, *to_t2, "--dry-run"))
    assert 'blocked-terms: none → dragon, "a, b"\n' in shown
    assert policy(tmp_path, "T2") == Policy()
    assert good(retouch(tmp_path, *to_t2)).startswith(shown.splitlines()[0])
    assert policy(tmp_path, "T2") == policy(tmp_path)
    assert good(retouch(tmp_path, *to_t2)) == "T2 has these settings already.\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"images-per-day = 5\nlimits = [\n  'many',\n]\n", "Line 3: limits: “many” is no limit."),
        (b"images-per-day = 5\ncolour = 1\n", "Line 2: There is no setting colour."),
        (b"images-per-day = ", "This is not TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(tmp_path: Path, text: bytes | None, says: str) -> None:
    if text is not None:
        (tmp_path / "policy.toml").write_bytes(text)
    done = retouch(tmp_path, "policy", "import", "policy.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert policy(tmp_path) == Policy()


def test_somebody_is_banned_and_may_again(tmp_path: Path) -> None:
    assert "user:U1 is banned until" in good(
        retouch(tmp_path, "policy", "ban", "user:U1", "--for", "2 days", "--reason", "floods the channel")
    )
    good(retouch(tmp_path, "policy", "ban", "user:U2", "--reason", "spam"))
    shown = good(retouch(tmp_path, "policy", "bans"))
    assert ": floods the channel (by cli)\n" in shown
    assert "user:U2 for good: spam (by cli)\n" in shown
    for person in ("user:U1", "user:U2"):
        good(retouch(tmp_path, "policy", "unban", person))
    assert good(retouch(tmp_path, "policy", "bans")) == "Nobody is banned.\n"
    assert retouch(tmp_path, "policy", "unban", "user:U1").returncode == 2


def test_a_grant_raises_what_is_left(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "set", "limits", "5 images a day for user:U1", "--workspace", "T0123"))
    to_team = ("--workspace", "T0123")
    assert "0 of 5 used" in good(retouch(tmp_path, "quota", "show", "user:U1", *to_team))
    said = good(retouch(tmp_path, "quota", "grant", "user:U1", "+20 images", "--until", "today", *to_team))
    assert said.startswith("Granted to user:U1: +20 images until ")
    assert "0 of 25 used, 25 left" in good(retouch(tmp_path, "quota", "show", "user:U1", *to_team))
    assert "granted to user:U1: +20 images until" in good(retouch(tmp_path, "quota", "show", *to_team))
    done = retouch(tmp_path, "quota", "grant", "user:U1", "+20 images", "--until", "soon", *to_team)
    assert (done.returncode, "is no time" in done.stderr) == (2, True)


def test_a_budget_is_raised_for_a_while(tmp_path: Path) -> None:
    assert "There is no budget" in good(retouch(tmp_path, "budget", "show"))
    good(retouch(tmp_path, "policy", "set", "budgets", "$50 a month; $5 a day in C1"))
    good(retouch(tmp_path, "budget", "raise", "$20", "--until", "this month"))
    good(retouch(tmp_path, "budget", "raise", "$1", "--until", "today", "--channel", "C1"))
    shown = good(retouch(tmp_path, "budget", "show")).splitlines()
    assert shown[:2] == ["$0 of $70 this month, 0 %", "$0 of $6 this day in C1, 0 %"]


def unknown_outcome(folder: Path) -> str:
    """A request of Alice's whose answer was lost after it was sent; its id."""

    async def lose() -> str:
        store = await open_store(folder / "data")
        try:
            lost = await unknown(store, estimate=41_000)
        finally:
            await store.close()
        return lost.id

    return asyncio.run(lose())


def test_what_was_perhaps_billed_is_resolved_by_the_bill(tmp_path: Path) -> None:
    lost = unknown_outcome(tmp_path)
    here = HERE.workspace
    shown = good(retouch(tmp_path, "budget", "unknown", here))
    assert lost in shown
    assert "$0.041" in shown
    assert retouch(tmp_path, "budget", "resolve", lost, "$0", "--workspace", "elsewhere").returncode == 2
    good(retouch(tmp_path, "budget", "resolve", lost, "$0.04", "--workspace", here))
    assert "There is no request" in good(retouch(tmp_path, "budget", "unknown", here))
    assert retouch(tmp_path, "budget", "resolve", lost, "$1", "--workspace", here).returncode == 2


def test_the_audit_names_who_sat_at_this_machine(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "set", "previews", "1"))
    good(retouch(tmp_path, "policy", "set", "previews", "1"))
    good(retouch(tmp_path, "quota", "grant", "user:U1", "$1", "--until", "tomorrow"))

    async def acts() -> list[tuple[str, str, str, str, str, str]]:
        store = await open_store(tmp_path / "data")
        try:
            return [(one.who, one.who_name, one.what, one.target, one.before, one.after) for one in await store.acts()]
        finally:
            await store.close()

    first, second = asyncio.run(acts())
    assert first == ("cli", getpass.getuser(), "policy.set", "previews", "as installed", "1")
    assert second[2:4] == ("grant", "user:U1")


def test_many_processes_change_settings_at_once(tmp_path: Path) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(
            *(
                asyncio.to_thread(retouch, tmp_path, "policy", "ban", f"user:U{one}", "--reason", "x")
                for one in range(4)
            ),
            asyncio.to_thread(retouch, tmp_path, "policy", "set", "previews", "2"),
            asyncio.to_thread(retouch, tmp_path, "policy", "set", "review", "on"),
        )

    good(retouch(tmp_path, "policy", "show"))
    asyncio.run(all_at_once())
    found = policy(tmp_path)
    assert sorted(one.who for one in found.bans) == ["user:U0", "user:U1", "user:U2", "user:U3"]
    assert replace(found, bans=()) == Policy(previews=2, review=True)
