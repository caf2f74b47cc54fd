"""Settings, grants, bans and budgets on the command line: a process, its output, its exit code."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Policy
from storage.sqlite import open_store
from tests.contracts.store import HERE
from tests.contracts.store_limits import unknown
from tests.test_cli import ROOT, environment, retouch


def policy(folder: Path, workspace: str = "local") -> Policy:
    async def read() -> Policy:
        store = await open_store(folder / "data")
        try:
            return await store.policy(workspace)
        finally:
            await store.close()

    return asyncio.run(read())


def good(done: subprocess.CompletedProcess[str], note: str = "") -> str:
    """What it printed; `note` is in what stands beside it."""
    assert (done.returncode, bool(done.stderr)) == (0, bool(note)), done.stderr
    assert note in done.stderr
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
    good(retouch(tmp_path, "policy", "set", "tiers", "role:S012ABCD: n 4; no thinking\neverybody: up to 1k"))
    file = tmp_path / "policy.toml"
    file.write_text(good(retouch(tmp_path, "policy", "export")))
    to_t2 = ("policy", "import", "policy.toml", "--workspace", "T2")
    shown = good(retouch(tmp_path, *to_t2, "--dry-run"))
    assert 'blocked-terms: none → dragon, "a, b"\n' in shown
    assert policy(tmp_path, "T2") == Policy()
    done = retouch(tmp_path, *to_t2)
    assert (done.returncode, done.stderr) == (2, "Nothing was changed. Say --yes to set this without being asked.\n")
    assert policy(tmp_path, "T2") == Policy()
    assert good(retouch(tmp_path, *to_t2, "--yes")).startswith(shown.splitlines()[0])
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
    good(retouch(tmp_path, "policy", "set", "budgets", "$50 a month; $5 a day in C1"), "Set admin-channel as well")
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
    shown = good(retouch(tmp_path, "budget", "unknown", here), f"budget resolve REQUEST '$0.04' --workspace {here}")
    assert json.loads(good(retouch(tmp_path, "budget", "unknown", here, "--json")))[0]["job"] == lost
    assert lost in shown
    assert "$0.041" in shown
    assert retouch(tmp_path, "budget", "resolve", lost, "$0", "--workspace", "elsewhere").returncode == 2
    good(retouch(tmp_path, "budget", "resolve", lost, "$0.04", "--workspace", here))
    assert "nothing to resolve" in good(retouch(tmp_path, "budget", "unknown", "--workspace", here))
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


def test_the_groups_alone_print_examples_that_work_as_they_stand(tmp_path: Path) -> None:
    shown = "".join(good(retouch(tmp_path, group)) for group in ("policy", "quota", "budget"))
    lines = [line.strip() for line in shown.splitlines() if line.startswith("    retouch ")]
    examples = [line for line in lines if "REQUEST" not in line]
    assert len(examples) > 15
    script = "\n".join([f'set -e; retouch() {{ {sys.executable} -m bot "$@"; }}', *examples])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment(tmp_path), capture_output=True,
                          text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "policy.toml").read_text().startswith("# Retouch")
    found = policy(tmp_path)
    assert [one.amount for one in found.budgets] == [50_000_000, 5_000_000]
    assert (found.images_per_day, found.review, found.moderators) == (20, True, ("user:U0123ABCD",))


def test_what_the_readme_shows_is_what_a_shell_sends(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"^    (retouch (?:policy|quota|budget) .+?)(?:  +#.*| # .*)?$", readme, re.MULTILINE)
    assert len(shown) > 8
    asked = [one for one in shown if " import " not in one and " > " not in one and "unban" not in one]
    for line in asked:
        assert not re.search(r'"[^"]*\$[0-9][^"]*"', line), f"a shell takes the dollars out of: {line}"


def test_lists_are_added_to_and_removed_from(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "add", "moderators", "user:U1, U012ABCD"))
    good(retouch(tmp_path, "policy", "add", "limits", "5 images/day for user:U1; $5 a month"))
    said = good(retouch(tmp_path, "policy", "add", "limits", "20 images per day for user:U1"))
    assert said == "limits:\n  20 images a day for user:U1\n  $5 a month\n"
    assert good(retouch(tmp_path, "policy", "remove", "moderators", "user:U1")) == "moderators: user:U012ABCD\n"
    done = retouch(tmp_path, "policy", "remove", "limits", "5/day for user:U1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is: 20 images a day for user:U1 | $5 a month." in done.stderr
    assert "review is one value: set it" in retouch(tmp_path, "policy", "add", "review", "on").stderr


def test_many_processes_add_to_one_list_and_lose_nothing(tmp_path: Path) -> None:
    async def all_at_once() -> None:
        each = [("policy", "add", "blocked-terms", f"term{one}") for one in range(6)]
        await asyncio.gather(*(asyncio.to_thread(retouch, tmp_path, *one) for one in each))

    good(retouch(tmp_path, "policy", "show"))
    asyncio.run(all_at_once())
    assert sorted(policy(tmp_path).blocked_terms) == [f"term{one}" for one in range(6)]


def test_a_mistyped_workspace_is_noticed(tmp_path: Path) -> None:
    set_it = ("policy", "set", "guests", "off", "--workspace")
    assert "acme is no id of a Slack team" in retouch(tmp_path, *set_it, "acme").stderr
    assert retouch(tmp_path, *set_it, "").returncode == 2
    unknown_outcome(tmp_path)
    noted = retouch(tmp_path, *set_it, "T0123ABCE").stderr
    assert noted == f"Note: No picture was made in T0123ABCE yet. Pictures were made in: {HERE.workspace}.\n"
    assert "Name one of them with --workspace" in retouch(tmp_path, "policy", "set", "guests", "off").stderr
    good(retouch(tmp_path, *set_it, HERE.workspace))


def test_a_setting_without_effect_says_what_is_missing(tmp_path: Path) -> None:
    for name, value, note in [
        ("review", "on", "Set review-channel as well"),
        ("thresholds", "violence 0.4", "Set precheck to open or closed"),
        ("watched-terms", "dragon", "until then nobody is told"),
        ("moderation", "low", "only in age-restricted channels"),
        ("tiers", "everybody: models gpt-imge-2", "gpt-imge-2 is not in the catalogue"),
        ("limits", "no limit of images a day", "lifts images-per-day"),
    ]:
        good(retouch(tmp_path, "policy", "set", name, value), note)
    names = ("policy", "set", "channels-denied", "general", "--workspace", "T0123ABCD")
    good(retouch(tmp_path, *names), "“general” does not look like the id of a channel in this chat.")
    good(retouch(tmp_path, "policy", "set", "limits", "5 a month"), "for dollars write '$5 a month'")


def test_one_setting_and_all_are_shown_for_people_and_scripts(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "add", "blocked-terms", "dragon", "--workspace", "T1"))
    assert good(retouch(tmp_path, "policy", "show", "blocked_terms", "--workspace", "T1")) == "blocked-terms: dragon\n"
    shown = json.loads(good(retouch(tmp_path, "policy", "show", "T1", "--json")))
    assert shown["workspace"] == "T1"
    facts = {name: shown["settings"][name] for name in ("blocked-terms", "images-per-day", "guests", "in-flight")}
    assert facts == {"blocked-terms": ["dragon"], "images-per-day": 100, "guests": True, "in-flight": "no limit"}


def test_a_quota_says_whose_it_is_and_what_is_not_known(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "set", "limits", "5 images/day for role:S012ABCD", "--workspace", "T0123"))
    ask = ("quota", "show", "U012ABCD", "--workspace", "T0123")
    shown = good(retouch(tmp_path, *ask), "name theirs with --role ID")
    assert shown.startswith("user:U012ABCD on Slack, workspace T0123:\n")
    assert "of 5 used" in good(retouch(tmp_path, *ask, "--role", "S012ABCD"))


def test_a_file_in_any_order_takes_what_is_required_away(tmp_path: Path) -> None:
    good(retouch(tmp_path, "policy", "set", "disclosure-required", "on"))
    (tmp_path / "policy.toml").write_bytes(b"\xef\xbb\xbfdisclosure = 'none'\r\ndisclosure-required = false\r\n")
    good(retouch(tmp_path, "policy", "import", "policy.toml", "--yes"))
    assert policy(tmp_path) == Policy(disclosure="", disclosure_required=False)
