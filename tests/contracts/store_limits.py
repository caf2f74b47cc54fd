"""What every `Store` must do about sums, unknown outcomes and requests in flight. A subclass gives `store`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotFound, OverQuota
from bot.limits import Asked
from bot.models import Budget, Entry, Job, Kind, PanelNote, Policy, Spent, Used, Window, new_id
from bot.ports import By, Store
from tests.contracts.store import ALICE, BOB, HERE, accepted, claimed, free, job, version

QUARTER = 900_000
DAY = 96 * QUARTER


async def sums(store: Store, *windows: Window) -> list[Spent]:
    used = await store.used("T1", ALICE, windows)
    return [used.sums[one] for one in windows]


async def unknown(store: Store, **what: object) -> Job:
    running = await claimed(store, **what)
    await store.mark_sent(running.id, "w1", now=3000)
    await store.fail(running.id, Entry.UNKNOWN, "lost")
    return running


class LimitsContract:
    async def test_what_somebody_cancelled_after_it_was_sent_counts_for_them(self, store: Store) -> None:
        running = await claimed(store, n=2)
        await store.mark_sent(running.id, "w1", now=3000)
        await store.fail(running.id, Entry.UNKNOWN, "cancelled", counts=True)
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(2, 100_000)] * 2
        await store.keep(running.id, version(running, images=2, cost=30_000))
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(2, 30_000)] * 2

    async def test_of_a_cancelled_series_only_the_panels_that_were_sent_count(self, store: Store) -> None:
        running = await claimed(store, n=3, panels=("a", "b", "c"), kind=Kind.SERIES)
        await store.note_panel(running.id, "w1", PanelNote(1, cost=20_000))
        await store.fail(running.id, Entry.UNKNOWN, "cancelled", counts=True)
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 20_000)] * 2

    async def test_of_a_cancelled_series_that_keeps_panels_the_sent_ones_count_too(self, store: Store) -> None:
        running = await claimed(store, n=4, panels=("a", "b", "c", "d"), kind=Kind.SERIES)
        assert not await store.stop(running.id)  # there is nothing to keep
        await store.note_panel(running.id, "w1", PanelNote(1, asset="ab", cost=10_000))
        await store.note_panel(running.id, "w1", PanelNote(2, cost=20_000))
        await store.note_panel(running.id, "w1", PanelNote(3, why="It took too long.", cost=20_000))
        assert await store.stop(running.id)
        kept = replace(version(running, cost=50_000), panel_of=(1,), doubtful=40_000)
        await store.keep(running.id, kept)
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(2, 30_000), Spent(2, 50_000)]

    async def test_a_panel_that_comes_after_it_was_cancelled_costs_what_it_came_to(self, store: Store) -> None:
        running = await claimed(store, n=2, panels=("a", "b"), kind=Kind.SERIES)
        await store.note_panel(running.id, "w1", PanelNote(1, cost=50_000))
        await store.fail(running.id, Entry.UNKNOWN, "cancelled", counts=True)
        await store.note_panel(running.id, "w1", PanelNote(1, asset="ab", cost=20_000))
        await store.keep(running.id, replace(version(running, cost=20_000), panel_of=(1,)))
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 20_000)] * 2

    async def test_a_picture_that_comes_after_an_admin_said_what_it_cost_counts_once(self, store: Store) -> None:
        running = await claimed(store, n=1)
        await store.fail(running.id, Entry.UNKNOWN, "cancelled", counts=True)
        await store.resolve_unknown(running.id, 5_000, "cli:root")
        await store.keep(running.id, version(running, cost=30_000))
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 30_000)] * 2

    async def test_sums_are_of_a_person_or_all_in_a_channel_or_all(self, store: Store) -> None:
        await accepted(store, n=2)
        await accepted(store, user=BOB)
        await accepted(store, place=replace(HERE, channel="C2"))
        await accepted(store, place=replace(HERE, workspace="T2"))
        found = await sums(store, Window(True, 0), Window(True, 0, "C1"), Window(False, 0), Window(False, 0, "C2"))
        assert [one.images for one in found] == [3, 2, 4, 1]
        assert [one.cost for one in found] == [150_000, 100_000, 200_000, 50_000]

    @pytest.mark.parametrize("since", [0, 7 * QUARTER, DAY - QUARTER, DAY, DAY + 3 * QUARTER, 3 * DAY])
    async def test_sums_count_the_whole_quarter_of_an_hour_they_begin_in(self, store: Store, since: int) -> None:
        moments = [0, 7 * QUARTER, DAY - 1, DAY, DAY + 5 * QUARTER + 3, 3 * DAY, 40 * DAY]
        for moment in moments:
            await accepted(store, created=moment)
        expected = sum(one >= since for one in moments)
        for late in (0, QUARTER - 1):
            (found,) = await sums(store, Window(True, since + late))
            assert found.images == expected

    async def test_corrections_count_when_the_job_was_made(self, store: Store) -> None:
        old = await claimed(store, created=100, n=3)
        await accepted(store, created=DAY)
        await store.keep(old.id, version(old, images=1, cost=10_000))
        assert await sums(store, Window(True, 0), Window(True, DAY)) == [Spent(2, 60_000), Spent(1, 50_000)]

    async def test_a_reservation_tells_the_sums_with_itself_in_them(self, store: Store) -> None:
        policy = Policy(images_per_day=5, budgets=(Budget(10**9), Budget(10**9, where="C1")))
        await store.set_policy("T1", policy)
        one = job(n=2)
        rule = Asked(ALICE, "C1", now=1000, n=2, cost=one.estimate)
        used = await store.reserve(one, rule)
        assert used == await store.used("T1", ALICE, rule.windows(policy))
        assert set(used.sums.values()) == {Spent(2, 100_000)}
        assert used.in_flight == 1

    async def test_requests_are_in_flight_until_they_are_drawn_or_over(self, store: Store) -> None:
        async def count() -> int:
            return (await store.used("T1", ALICE, ())).in_flight

        waiting = await accepted(store)
        await accepted(store, user=BOB)
        await accepted(store, place=replace(HERE, workspace="T2"))
        assert await count() == 1
        await store.cancel(waiting.id)
        assert await count() == 0
        await store.set_policy("T1", Policy(in_flight=1))
        running = job()
        await store.reserve(running, Asked(ALICE, "C1", now=1000))
        with pytest.raises(OverQuota, match="still on the way"):
            await store.reserve(job(), Asked(ALICE, "C1", now=1000))
        await store.fail(running.id, Entry.RELEASE, "x")
        assert isinstance(await store.reserve(job(), Asked(ALICE, "C1", now=1000)), Used)

    async def test_a_budget_counts_everybody_s_money(self, store: Store) -> None:
        await store.set_policy("T1", Policy(images_per_day=None, budgets=(Budget(120_000),)))
        for user in (ALICE, BOB):
            await store.reserve(job(user), Asked(user, "C1", now=1000, cost=50_000))
        with pytest.raises(OverQuota, match=r"has \$0.020 left"):
            await store.reserve(job(), Asked(ALICE, "C1", now=1000, cost=50_000))

    async def test_an_unknown_outcome_stays_on_the_budget_until_an_admin_says_what_it_cost(self, store: Store) -> None:
        lost = await unknown(store, n=2)
        (found,) = await store.unknowns("T1")
        assert (found.job, found.person, found.name, found.channel, found.model, found.cost) == (
            lost.id, "slack:U1", "Alice", "C1", "gpt-image-2", 100_000)  # fmt: skip
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(0, 0), Spent(0, 100_000)]
        await store.resolve_unknown(lost.id, 41_000, "cli:root")
        assert list(await store.unknowns("T1")) == []
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(0, 0), Spent(0, 41_000)]
        (row,) = await store.tallies(By.PERSON, since=0, until=2**60)
        assert (row.cost, row.unknown_cost) == (41_000, 0)
        await store.resolve_unknown(lost.id, 0, "cli:root")
        assert await store.spent("T1", ALICE, since=0) == Spent(0, 0)

    async def test_a_picture_that_came_after_all_is_its_person_s_again(self, store: Store) -> None:
        late = await unknown(store)
        await store.keep(late.id, version(late, cost=30_000))
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 30_000)] * 2

    async def test_a_kept_version_with_a_lost_picture_stays_open_until_an_admin_says_what_it_cost(
        self, store: Store
    ) -> None:
        asked = await accepted(store, n=2)
        await store.claim("w", platforms=("slack",), now=1, lease_until=2)
        lost = replace(version(asked, cost=70_000), cost_is_estimate=True, doubtful=35_000)
        await store.keep(asked.id, lost)
        (found,) = await store.unknowns("T1")
        assert (found.job, found.cost) == (asked.id, 70_000)
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 35_000), Spent(1, 70_000)]
        await store.resolve_unknown(asked.id, 35_000, "cli:root")
        assert list(await store.unknowns("T1")) == []
        assert await sums(store, Window(True, 0), Window(False, 0)) == [Spent(1, 35_000)] * 2
        (row,) = await store.tallies(By.PERSON, since=0, until=2**60)
        assert (row.cost, row.unknown_cost) == (35_000, 0)

    async def test_only_an_unknown_outcome_can_be_resolved(self, store: Store) -> None:
        late = await unknown(store, user=BOB)
        open_one = await accepted(store)
        await store.keep(late.id, version(late, cost=30_000))
        for job_id in (open_one.id, late.id, new_id(), ""):
            with pytest.raises(NotFound):
                await store.resolve_unknown(job_id, 5, "cli:root")
        assert list(await store.unknowns("T1")) == []

    async def test_sums_of_a_workspace_without_anything_are_nothing(self, store: Store) -> None:
        assert await sums(store, Window(True, 0), Window(False, 10**15, "C9")) == [Spent(0, 0), Spent(0, 0)]
        assert await store.reserve(job(), free) == Used({}, 1)
