"""Usage reports: whatever happens, the rows add up to the ledger, and the ledger to what is shown."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import Act, Entry, Job, Place, Policy, Thread, User
from bot.ports import By, Store, Tally
from bot.reports import report, usage_csv, usage_json, usage_table
from bot.studio.usage import usage_report
from storage.reports import REPORTS
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store import free, job, version
from tests.talk import Talk

NOW = 1_790_000_000_000  # 2026-09-21
HOUR = 3_600_000
ANN = User("slack", "U1", "Ann", frozenset({"R1", "R2"}))
BEN = User("slack", "U2", "Ben")
HERE = Place("slack", "T1", "C1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await open_store(tmp_path / "data")
    yield store
    await store.close()


async def drawn(store: Store, user: User = ANN, *, images: int = 1, cost: int = 40_000, gateway: str = "openai",
                **more: object) -> None:  # fmt: skip
    """A picture that was asked for and billed."""
    one = await asked(store, user, n=images, **more)
    await store.keep(one.id, replace(version(one, images=images, cost=cost), gateway=gateway))


async def lost(store: Store, user: User = ANN, **more: object) -> Job:
    """One that was perhaps billed: 50,000 micro-dollars each."""
    one = await asked(store, user, **more)
    await store.fail(one.id, Entry.UNKNOWN, "lost")
    return one


async def asked(store: Store, user: User, **more: object) -> Job:
    """A reserved job."""
    one = job(user, **{"created": NOW, **more})  # type: ignore[arg-type]
    await store.reserve(one, free, new_thread=Thread(one.thread, one.place, None, one.created))
    return one


async def rows(store: Store, by: By, days: int = 30, workspace: str | None = None) -> list[tuple[object, ...]]:
    """(key, images, cost, perhaps not billed) of a report."""
    found = await usage_report(store, by, days=days, now=NOW + HOUR, workspace=workspace)
    return [(row.key, row.images, row.cost, row.unknown_cost) for row in found.rows]


# ── What a report says ───────────────────────────────────────────────────────────────────────────────────────────


async def test_people_stand_by_what_they_cost(store: Store) -> None:
    await drawn(store, BEN, cost=10_000)
    await drawn(store, ANN, images=2, cost=80_000)
    await lost(store, BEN)
    assert await rows(store, By.PERSON) == [("slack:U1", 2, 80_000, 0), ("slack:U2", 1, 60_000, 50_000)]


async def test_an_outcome_an_admin_resolved_is_no_longer_perhaps(store: Store) -> None:
    one = await lost(store)
    await store.resolve_unknown(one.id, 30_000, "cli")
    assert await rows(store, By.PERSON) == [("slack:U1", 0, 30_000, 0)]


async def test_a_picture_that_came_after_all_is_no_longer_perhaps(store: Store) -> None:
    one = await lost(store)
    await store.keep(one.id, version(one, cost=30_000))
    assert await rows(store, By.PERSON) == [("slack:U1", 1, 30_000, 0)]


async def test_somebody_with_two_roles_counts_in_both_and_once_in_the_total(store: Store) -> None:
    await drawn(store, ANN, cost=30_000)
    await drawn(store, BEN, cost=20_000)
    found = await usage_report(store, By.ROLE, days=1, now=NOW)
    assert [(row.key, row.cost) for row in found.rows] == [("R1", 30_000), ("R2", 30_000), ("", 20_000)]
    assert (found.total.images, found.total.cost) == (2, 50_000)
    assert "no role" in usage_table(found)


async def test_roles_are_those_somebody_had_when_they_asked(store: Store) -> None:
    await drawn(store, ANN, cost=30_000)
    await drawn(store, replace(ANN, roles=frozenset({"R9"})), cost=20_000)
    assert [row[0] for row in await rows(store, By.ROLE)] == ["R1", "R2", "R9"]


async def test_a_gateway_gets_what_was_reserved_before_it_was_known(store: Store) -> None:
    await drawn(store, gateway="east", cost=30_000)
    await drawn(store, gateway="west", cost=20_000)
    await lost(store)
    assert await rows(store, By.GATEWAY) == [("", 0, 50_000, 50_000), ("east", 1, 30_000, 0), ("west", 1, 20_000, 0)]


async def test_channels_and_workspaces_are_kept_apart(store: Store) -> None:
    await drawn(store, cost=30_000)
    await drawn(store, cost=20_000, place=Place("slack", "T1", "C2"))
    await drawn(store, cost=10_000, place=Place("slack", "T2", "C1"))
    assert await rows(store, By.CHANNEL, workspace="T1") == [("C1", 1, 30_000, 0), ("C2", 1, 20_000, 0)]
    assert [row[2] for row in await rows(store, By.CHANNEL)] == [30_000, 20_000, 10_000]
    assert await rows(store, By.MODEL) == [("gpt-image-2", 3, 60_000, 0)], "a model is one, wherever"
    assert await rows(store, By.MODEL, workspace="nowhere") == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"])
async def test_days_are_those_of_the_workspace(store: Store, zone: str) -> None:
    await store.set_policy("T1", Policy(zone=zone))
    today = dt.datetime.fromtimestamp(NOW / 1000, ZoneInfo(zone)).date()
    midnight = int(dt.datetime.combine(today, dt.time(), ZoneInfo(zone)).timestamp() * 1000)
    await drawn(store, cost=1, created=midnight - 1)
    await drawn(store, cost=2, created=midnight)
    yesterday = today - dt.timedelta(days=1)
    assert await rows(store, By.DAY, workspace="T1") == [
        (yesterday.isoformat(), 1, 1, 0),
        (today.isoformat(), 1, 2, 0),
    ]


async def test_what_is_older_is_left_out_also_when_it_was_booked_late(store: Store) -> None:
    old = await asked(store, ANN, created=NOW - 40 * 24 * HOUR)
    await drawn(store, cost=10_000)
    await store.keep(old.id, version(old))
    assert await rows(store, By.PERSON) == [("slack:U1", 1, 10_000, 0)]
    assert (await rows(store, By.PERSON, days=41))[0][1] == 2


async def test_refusals_are_counted_by_all_but_model_and_gateway(store: Store) -> None:
    await drawn(store)
    no = Act(NOW, "T1", "slack:U1", "Ann", "refused", "blocked term", channel="C1", roles="R1 R2")
    await store.record(no)
    await store.record(replace(no, who="slack:U3", who_name="Cem", channel="C2", roles="R1"))
    await store.record(replace(no, who="slack:U3", who_name="Cem", what="grant"))
    expected = {
        By.PERSON: [("slack:U1", 1, 1), ("slack:U3", 0, 1)],
        By.ROLE: [("R1", 1, 2), ("R2", 1, 1)],
        By.CHANNEL: [("C1", 1, 1), ("C2", 0, 1)],
        By.DAY: [("2026-09-21", 1, 2)],
        By.MODEL: [("gpt-image-2", 1, None)],
        By.GATEWAY: [("openai", 1, None)],
    }
    for by, lines in expected.items():
        found = await usage_report(store, by, days=1, now=NOW)
        assert [(row.key, row.images, row.refused) for row in found.rows] == lines
        assert found.total.refused == (2 if lines[0][2] else None), "nobody knows: not the same as none"


async def test_a_month_is_as_many_days_whatever_the_report_is_by(store: Store) -> None:
    """The hour of the day makes no difference: reports that are put beside each other have one total."""
    for days in range(40):
        await drawn(store, cost=1, created=NOW - days * 24 * HOUR)
    for by in By:
        for now in (NOW - 11 * HOUR, NOW, NOW + 8 * HOUR):  # all on one day
            assert (await usage_report(store, by, days=30, now=now)).total.images == 30
    assert len(await rows(store, By.DAY, days=1)) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"])
async def test_days_of_a_change_of_the_clock_are_whole(store: Store, zone: str) -> None:
    """Some days have no midnight; each of a year's pictures, one a local noon, is in exactly one report of one day."""
    await store.set_policy("T1", Policy(zone=zone))
    first = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001  # in each zone
    noons = [(first + dt.timedelta(day)).replace(tzinfo=ZoneInfo(zone)) for day in (*range(40), *range(180, 260))]
    for noon in noons:
        await drawn(store, cost=1, created=int(noon.timestamp() * 1000))
    for noon in noons:
        now = int(noon.timestamp() * 1000) + HOUR
        found = await store.tallies(By.DAY, since=0, until=now, workspace="T1")
        assert found
        report_of_day = await usage_report(store, By.DAY, days=1, now=now, workspace="T1")
        assert report_of_day.rows[0].key == noon.date().isoformat()


async def test_with_nothing_made_there_are_no_rows(store: Store) -> None:
    for by in By:
        assert await rows(store, by) == []
    assert (await usage_report(store, By.PERSON, days=1, now=NOW)).total.refused == 0


# ── Sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PEOPLE = st.builds(
    User, st.sampled_from(["slack", "discord"]), st.sampled_from(["U1", "U2"]), st.just("Somebody"),
    st.frozensets(st.sampled_from(["R1", "R2", "R3"])),
)  # fmt: skip
PLACES = st.builds(Place, st.just("slack"), st.sampled_from(["T1", "T2"]), st.sampled_from(["C1", "C2"]))
LIVES = st.lists(
    st.tuples(PEOPLE, PLACES, st.integers(1, 4), st.integers(0, 20_000), st.integers(0, 90_000),
              st.sampled_from(["kept", "doubtful", "released", "lost", "late", "resolved", "corrected", "waiting"]),
              st.sampled_from(["", "east", "west"])),
    max_size=12,
)  # fmt: skip


async def live(store: Store, life: tuple[User, Place, int, int, int, str, str]) -> None:
    """A request from its reservation to its end."""
    user, place, n, minutes, cost, end, gateway = life
    one = await asked(store, user, place=place, n=n, created=NOW - minutes * 60_000)
    if end == "released":
        await store.fail(one.id, Entry.RELEASE, "no")
    if end in ("lost", "late", "resolved"):
        await store.fail(one.id, Entry.UNKNOWN, "lost")
    if end in ("kept", "late", "doubtful", "corrected"):
        made = replace(version(one, images=n, cost=cost), doubtful=cost * (end in ("doubtful", "corrected")))
        await store.keep(one.id, replace(made, gateway=gateway))
    if end in ("resolved", "corrected"):
        await store.resolve_unknown(one.id, cost, "cli")


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_every_report_adds_up_to_the_ledger(lives: list[tuple[User, Place, int, int, int, str, str]]) -> None:
    async def check() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await open_store(Path(folder))
            try:
                for life in lives:
                    await live(store, life)
                await _check_sums(store, Path(folder))
            finally:
                await store.close()

    asyncio.run(check())


async def test_a_ledger_from_before_the_reports_gives_the_same_sums(store: SqliteStore) -> None:
    for end in ("kept", "released", "lost", "late", "resolved", "waiting"):
        await live(store, (ANN, HERE, 2, 10, 70_000, end, "east"))
        await live(store, (BEN, HERE, 1, 90, 30_000, end, ""))
    before = {by: sorted(map(repr, await store.tallies(by, since=0, until=NOW * 2))) for by in By}
    db = sqlite3.connect(store.folder / "retouch.db")
    for statement in ("DROP TRIGGER ledger_is_tallied", "DROP TABLE tally", "DROP TABLE tally_word", *REPORTS):
        db.execute(statement)
    db.commit()
    db.close()
    assert {by: sorted(map(repr, await store.tallies(by, since=0, until=NOW * 2))) for by in By} == before


async def _check_sums(store: Store, folder: Path) -> None:
    for workspace, days in ((None, 30), ("T1", 30), ("T2", 3)):
        since = (NOW + HOUR) // (24 * HOUR) * 24 * HOUR - (days - 1) * 24 * HOUR
        whole = _ledger(folder, since, workspace)
        for by in By:
            found = await usage_report(store, by, days=days, now=NOW + HOUR, workspace=workspace)
            assert (found.total.images, found.total.cost) == whole
            if by is not By.ROLE:
                assert (sum(row.images for row in found.rows), sum(row.cost for row in found.rows)) == whole
            if workspace == "T1":  # all of it is that young
                assert found.total.unknown_cost == sum(one.cost for one in await store.unknowns("T1"))


def _ledger(folder: Path, since: int, workspace: str | None) -> tuple[int, int]:
    """The plain sums of images and micro-dollars."""
    db = sqlite3.connect(folder / "retouch.db")
    images, cost = db.execute(
        "SELECT coalesce(sum(images), 0), coalesce(sum(cost), 0) FROM ledger"
        " WHERE window_at >= ? AND coalesce(workspace = ?, 1)", (since, workspace),
    ).fetchone()  # fmt: skip
    db.close()
    return images, cost


# ── As text ──────────────────────────────────────────────────────────────────────────────────────────────────────

TALLIES = (
    Tally("T1", "slack:U1", "Ann", 3, 123_456, 50_000, 1),
    Tally("T1", "slack:U2", "=HYPERLINK(1)", 1, 5_000),
    Tally("T2", "slack:U3", "Zoë\x1b[31m", 0, -1),
)


def test_a_table_is_for_people() -> None:
    head, *lines = usage_table(report(By.PERSON, TALLIES)).splitlines()
    assert head.split("  ")[0] == "person"
    assert "Ann (slack:U1)" in lines[0]
    assert "$0.123" in lines[0]
    assert "$0.050" in lines[0]
    assert lines[-1].split()[:2] == ["total", "4"]
    assert "\x1b" not in "".join(lines)


def test_csv_is_for_spreadsheets_to_the_micro_dollar() -> None:
    found = list(csv.DictReader(io.StringIO(usage_csv(report(By.PERSON, TALLIES)), newline="")))
    assert [row["cost_usd"] for row in found] == ["0.123456", "0.005000", "-0.000001"]
    assert found[1]["name"] == "'=HYPERLINK(1)"
    assert found[0]["perhaps_not_billed_usd"] == "0.050000"


def test_json_is_for_scripts() -> None:
    found = json.loads(usage_json(report(By.PERSON, TALLIES)))
    assert found["by"] == "person"
    assert found["total"]["cost"] == 128_455
    assert found["rows"][0]["unknown_cost"] == 50_000


def test_an_hour_that_is_there_twice_belongs_to_one_day() -> None:
    start = int(dt.datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
    quarters = [Tally("T1", str(start + one * 900_000), "", 1, 1) for one in range(25 * 4)]
    found = report(By.DAY, quarters, "Europe/Berlin")
    assert [(row.key, row.images) for row in found.rows] == [("2026-10-25", 100)]


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_channels_and_roles_stand_under_their_newest_names(store: Store) -> None:
    await drawn(store)
    await store.learn_names("T1", {"R1": "designers", "C1": "#old", "C9": ""})
    await store.learn_names("T1", {"C1": "#posters"})
    await store.learn_names("T2", {"C1": "#elsewhere"})
    channels = await usage_report(store, By.CHANNEL, days=1, now=NOW, workspace="T1")
    assert [(row.key, row.name) for row in channels.rows] == [("C1", "#posters")]
    assert "#posters (C1)" in usage_table(channels)
    roles = await usage_report(store, By.ROLE, days=1, now=NOW)
    assert [(row.key, row.name) for row in roles.rows] == [("R1", "designers"), ("R2", "")]


async def test_hostile_names_are_cut_and_cannot_be_a_formula_or_move_the_cursor(store: Store) -> None:
    await drawn(store)
    await store.learn_names("T1", {"C1": "=cmd()\x1b[2J\ud83d\0" + "x" * 1000})
    found = await usage_report(store, By.CHANNEL, days=1, now=NOW, workspace="T1")
    assert len(found.rows[0].name) == 100
    assert "\x1b" not in usage_table(found)
    (row,) = csv.DictReader(io.StringIO(usage_csv(found), newline=""))
    assert row["name"].startswith("'=cmd()")


async def test_a_command_tells_what_its_channel_and_roles_are_called(talk: Talk) -> None:
    await talk.imagine("a fox", names={"general": "#general", "R1": "designers"})
    assert await talk.house.store.names("team") == {("team", "general"): "#general", ("team", "R1"): "designers"}
