"""What every `Store` must do. A subclass gives a `store` fixture."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import AlreadySeen, NotFound, OverQuota
from bot.limits import Asked
from bot.models import (
    Address,
    Asset,
    Entry,
    Job,
    JobStatus,
    Kind,
    Options,
    PanelNote,
    Place,
    Policy,
    Reference,
    Source,
    Spent,
    Thread,
    ThreadMode,
    Usage,
    Used,
    User,
    Version,
    Window,
    new_id,
    now_ms,
)  # fmt: skip
from bot.ports import By, Store

ALICE = User("slack", "U1", "Alice", frozenset({"designers"}))
BOB = User("slack", "U2", "Bob", is_admin=True)
HERE = Place("slack", "T1", "C1")


def job(user: User = ALICE, *, n: int = 1, created: int = 1000, event: str | None = None, **more: object) -> Job:
    """A job that nobody has seen yet."""
    made = Job(
        id=new_id(), event_id=event or new_id(), place=HERE, user=user, thread=new_id(), kind=Kind.GENERATE,
        prompt="a “fox” \u202e \U0001f98a\0", options=Options("gpt-image-2", n=n), provider="openai",
        estimate=50_000 * n, created=created, references=(Reference("ab", "logo.png"),), notes=("ignored",),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def version(of: Job, *, images: int = 1, cost: int = 40_000) -> Version:
    """What came of a job."""
    return Version(new_id(), of.thread, 0, of.parent, of.kind, of.prompt, of.options, ("ab",) * images, of.user, 2000,
                   cost=cost)  # fmt: skip


class Free:
    """A rule that allows everything."""

    def windows(self, policy: Policy) -> Sequence[Window]:
        return ()

    def check(self, policy: Policy, used: Used) -> None:
        pass


free = Free()


async def accepted(store: Store, one: Job | None = None, **what: object) -> Job:
    """A reserved and placed job."""
    one = one or job(**what)  # type: ignore[arg-type]
    await store.reserve(one, free, new_thread=Thread(one.thread, one.place, None, one.created))
    return await store.place_job(one.id, Address(replace(one.place, thread=f"ts-{one.id}"), f"ts-{one.id}"))


async def claimed(store: Store, **what: object) -> Job:
    """A running job of worker w1."""
    placed = await accepted(store, job(**what))  # type: ignore[arg-type]
    found = await store.claim("w1", platforms=["slack"], now=3000, lease_until=9000)
    assert found
    assert found.id == placed.id
    return found


class StoreContract:
    async def test_an_event_is_seen_once(self, store: Store) -> None:
        assert not await store.saw("slack", "e1")
        assert sorted(await asyncio.gather(*(store.see("slack", "e1") for _ in range(20)))) == [False] * 19 + [True]
        assert await store.saw("slack", "e1")
        assert not await store.saw("discord", "e1")

    async def test_a_job_comes_back_as_it_was(self, store: Store) -> None:
        placed = await accepted(store)
        assert await store.job(placed.id) == placed
        assert placed.address
        assert placed.user.roles == {"designers"}
        assert await store.job("nothing") is None

    async def test_a_known_event_reserves_nothing(self, store: Store) -> None:
        await accepted(store, event="e1")
        with pytest.raises(AlreadySeen):
            await store.reserve(job(event="e1"), free)
        assert (await store.spent("T1", ALICE, since=0)).images == 1

    async def test_a_rule_that_refuses_leaves_nothing_behind(self, store: Store) -> None:
        class Never(Free):
            def check(self, policy: Policy, used: Used) -> None:
                raise OverQuota("no", resets=0)

        one = job()
        with pytest.raises(OverQuota):
            await store.reserve(one, Never(), new_thread=Thread(one.thread, one.place, None, 0))
        assert await store.job(one.id) is None
        assert await store.thread(one.thread) is None
        assert not await store.saw("slack", one.event_id)
        assert await store.spent("T1", ALICE, since=0) == Spent(0, 0)

    async def test_five_hundred_at_once_never_pass_a_limit_of_ten(self, store: Store) -> None:
        await store.set_policy("T1", Policy(images_per_day=10))
        jobs = [job() for _ in range(500)]
        asked = [
            store.reserve(one, Asked(one.user, "C1", now=0), new_thread=Thread(one.thread, one.place, None, 0))
            for one in jobs
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(one, Used) for one in answers) == 10
        assert sum(isinstance(one, OverQuota) for one in answers) == 490
        assert (await store.spent("T1", ALICE, since=0)).images == 10

    async def test_only_this_window_counts(self, store: Store) -> None:
        old = await accepted(store, created=100)
        await accepted(store, created=2000)
        assert (await store.spent("T1", ALICE, since=1000)).images == 1
        await store.fail(old.id, Entry.RELEASE, "x")
        assert (await store.spent("T1", ALICE, since=1000)).images == 1, "released in the window it was reserved in"
        assert (await store.spent("T1", BOB, since=0)).images == 0
        assert (await store.spent("T2", ALICE, since=0)).images == 0

    async def test_a_job_is_claimed_once_and_only_when_placed(self, store: Store) -> None:
        waiting = job()
        await store.reserve(waiting, free, new_thread=Thread(waiting.thread, HERE, None, 0))
        assert await store.claim("w1", platforms=["slack"], now=1, lease_until=2) is None
        assert [one.id for one in await store.unplaced(before=2**62)] == [waiting.id]
        placed = await accepted(store)
        assert await store.claim("w1", platforms=["discord"], now=1, lease_until=2) is None
        found = await asyncio.gather(
            *(store.claim(f"w{n}", platforms=["slack"], now=1, lease_until=2) for n in range(10))
        )
        assert [one.id for one in found if one] == [placed.id]

    async def test_people_take_turns(self, store: Store) -> None:
        for n in range(3):
            await accepted(store, created=100 + n)
        bobs = await accepted(store, user=BOB, created=200)
        first = await store.claim("w", platforms=["slack"], now=1000, lease_until=2)
        second = await store.claim("w", platforms=["slack"], now=1001, lease_until=2)
        assert first
        assert second
        assert (first.user.id, second.id) == ("U1", bobs.id)

    async def test_a_place_in_line_counts_who_came_before(self, store: Store) -> None:
        jobs = [await accepted(store, created=100 + n) for n in range(3)]
        assert [await store.line_before(one.id) for one in jobs] == [0, 1, 2]
        await store.cancel(jobs[0].id)
        assert await store.line_before(jobs[2].id) == 1

    async def test_a_lease_belongs_to_its_owner(self, store: Store) -> None:
        running = await claimed(store)
        assert await store.renew(running.id, "w1", lease_until=9999)
        assert not await store.renew(running.id, "w2", lease_until=9999)
        assert [one.id for one in await store.expired(now=10_000)] == [running.id]
        assert list(await store.expired(now=9_000)) == []

    async def test_what_was_not_sent_may_run_again_what_was_may_not(self, store: Store) -> None:
        running = await claimed(store)
        assert not await store.requeue(running.id, "w2")
        assert await store.requeue(running.id, "w1")
        again = await store.claim("w2", platforms=["slack"], now=4000, lease_until=9000)
        assert again
        assert not await store.mark_sent(again.id, "w1", now=5)
        assert await store.mark_sent(again.id, "w2", now=5)
        assert not await store.requeue(again.id, "w2")
        assert await store.cancel(again.id) is None

    async def test_a_kept_version_is_numbered_shown_and_settled(self, store: Store) -> None:
        running = await claimed(store, n=3)
        kept = await store.keep(running.id, version(running, images=2))
        assert kept.number == 1
        assert await store.keep(running.id, version(running)) == kept, "kept once"
        thread = await store.thread(running.thread)
        assert thread
        assert thread.head == kept.id
        assert await store.spent("T1", ALICE, since=0) == Spent(2, 40_000)
        delivering = await store.job(running.id)
        assert delivering
        assert (delivering.status, delivering.version) == (JobStatus.DELIVERING, kept.id)
        assert [one.id for one in await store.undelivered(before=2**62)] == [running.id]
        await store.finish(running.id)
        await store.finish(running.id)
        assert list(await store.undelivered(before=2**62)) == []
        assert running.address
        assert await store.version_shown_at(HERE, running.address.message) == kept
        assert await store.version(kept.id) == kept

    async def test_concurrent_keeps_of_one_thread_number_without_gap_or_double(self, store: Store) -> None:
        first = await claimed(store)
        await store.keep(first.id, version(first))
        others = [job(thread=first.thread) for _ in range(8)]
        for one in others:
            await store.reserve(one, free)
            await store.place_job(one.id, Address(replace(HERE, thread="t"), one.id))
            await store.claim("w1", platforms=["slack"], now=1, lease_until=2)
        await asyncio.gather(*(store.keep(one.id, version(one)) for one in others))
        assert [one.number for one in await store.versions(first.thread)] == list(range(1, 10))

    async def test_a_failed_job_gives_back_what_its_entry_says(self, store: Store) -> None:
        released, unknown = await accepted(store), await accepted(store)
        assert await store.fail(released.id, Entry.RELEASE, "no")
        assert await store.fail(released.id, Entry.RELEASE, "no") is None
        assert await store.fail(unknown.id, Entry.UNKNOWN, "lost")
        assert await store.spent("T1", ALICE, since=0) == Spent(0, 50_000)
        (row,) = await store.tallies(By.PERSON, since=0, until=2**60)
        assert (row.name, row.images, row.cost, row.unknown_cost) == ("Alice", 0, 50_000, 50_000)

    async def test_a_picture_that_arrives_after_all_is_kept_and_paid(self, store: Store) -> None:
        running = await claimed(store)
        await store.mark_sent(running.id, "w1", now=5)
        await store.fail(running.id, Entry.UNKNOWN, "lost")
        await store.keep(running.id, version(running))
        assert await store.spent("T1", ALICE, since=0) == Spent(1, 40_000)

    async def test_panels_of_a_series_are_noted_while_it_is_drawn(self, store: Store) -> None:
        running = await claimed(store, n=3, panels=("a", "b", "c"), kind=Kind.SERIES)
        sent = PanelNote(2, cost=50_000)
        assert await store.note_panel(running.id, "w1", sent)
        assert await store.note_panel(running.id, "w1", PanelNote(1, "ab", cost=40_000, cost_is_estimate=False))
        assert not await store.note_panel(running.id, "w2", PanelNote(3))
        assert not await store.note_panel("nothing", "w1", PanelNote(3))
        noted = await store.job(running.id)
        assert noted
        assert [one.number for one in noted.drawn] == [1, 2]
        assert noted.at_stake == 90_000
        drawn = replace(sent, asset="cd", usage=Usage(1, 2, 3), sources=(Source("t", "u"),))
        assert await store.note_panel(running.id, "w1", drawn)
        noted = await store.job(running.id)
        assert noted
        assert noted.drawn[1] == drawn, "the later note takes the place of the earlier"

    async def test_notes_made_at_the_same_moment_are_all_kept(self, store: Store) -> None:
        running = await claimed(store, n=12, panels=tuple("abcdefghijkl"), kind=Kind.SERIES)
        await asyncio.gather(*(store.note_panel(running.id, "w1", PanelNote(one)) for one in range(12, 0, -1)))
        noted = await store.job(running.id)
        assert noted
        assert [one.number for one in noted.drawn] == list(range(1, 13))

    async def test_a_series_that_fails_as_unknown_leaves_what_was_sent_in_the_books(self, store: Store) -> None:
        running = await claimed(store, n=3, panels=("a", "b", "c"), kind=Kind.SERIES)
        await store.note_panel(running.id, "w1", PanelNote(1, cost=50_000))
        failed = await store.fail(running.id, Entry.UNKNOWN, "lost")
        assert failed
        assert failed.at_stake == 50_000
        assert await store.spent("T1", ALICE, since=0) == Spent(0, 50_000)
        assert await store.note_panel(running.id, "w1", PanelNote(1, "ab", cost=40_000)), "it arrived after all"
        kept = replace(version(running, cost=40_000), panel_of=(1,), panels=running.panels)
        await store.keep(running.id, kept)
        assert await store.spent("T1", ALICE, since=0) == Spent(1, 40_000)
        assert not await store.note_panel(running.id, "w1", PanelNote(2)), "it is over"

    async def test_a_panel_drawn_anew_counts_as_one_image(self, store: Store) -> None:
        running = await claimed(store, n=1, panels=("a", "b", "c"), only=(2,), kind=Kind.SERIES)
        await store.keep(running.id, replace(version(running, images=3), panel_of=(1, 2, 3), panels=running.panels))
        assert await store.spent("T1", ALICE, since=0) == Spent(1, 40_000)

    async def test_cancelling_is_free_and_final(self, store: Store) -> None:
        one = await accepted(store)
        assert await store.cancel(one.id)
        assert await store.cancel(one.id) is None
        assert await store.claim("w1", platforms=["slack"], now=1, lease_until=2) is None
        assert await store.spent("T1", ALICE, since=0) == Spent(0, 0)

    async def test_a_thread_is_found_where_it_lives(self, store: Store) -> None:
        placed = await accepted(store)
        assert placed.address
        found = await store.thread_at(placed.address.place)
        assert found
        assert found.id == placed.thread
        assert await store.thread_at(HERE) is None
        assert await store.thread_at(replace(placed.address.place, channel="C2")) is None

    async def test_the_head_moves_only_to_versions_of_the_thread(self, store: Store) -> None:
        first, second = await claimed(store), await claimed(store)
        one, other = await store.keep(first.id, version(first)), await store.keep(second.id, version(second))
        await store.move_head(first.thread, one.id)
        with pytest.raises(NotFound):
            await store.move_head(first.thread, other.id)

    async def test_an_upload_starts_a_thread(self, store: Store) -> None:
        one = job()
        upload = replace(version(one), kind=Kind.UPLOAD)
        await store.start_upload(Thread(one.thread, replace(HERE, thread="t9"), upload.id, 0), upload)
        found = await store.thread_at(replace(HERE, thread="t9"))
        assert found
        assert found.head == upload.id
        assert [one.number for one in await store.versions(found.id)] == [1]

    async def test_the_same_bytes_are_one_asset(self, store: Store, tmp_path: Path) -> None:
        asset = Asset(hashlib.sha256(b"picture").hexdigest(), "image/png", 3, 4, 7)
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(b"picture")
        kept = await asyncio.gather(*(store.put_asset(tmp_path / name, asset) for name in ("a", "b")))
        assert kept == [asset, asset]
        assert store.asset_path(asset).read_bytes() == b"picture"
        assert await store.asset(asset.id) == asset
        assert await store.asset("0" * 64) is None

    async def test_bytes_that_are_not_what_they_claim_are_not_kept(self, store: Store, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"picture")
        with pytest.raises(ValueError, match="hash"):
            await store.put_asset(tmp_path / "a", Asset("0" * 64, "image/png", 3, 4, 7))
        assert await store.asset("0" * 64) is None

    async def test_a_policy_is_per_workspace(self, store: Store) -> None:
        policy = Policy(5, "low", ("a", "b"), ThreadMode.PAUSED)
        await store.set_policy("T1", Policy())
        await store.set_policy("T1", policy)
        assert await store.policy("T1") == policy
        assert await store.policy("T2") == Policy()

    # ── For nothing: picked pictures, pictures made before, the line ────────────────────────────────────────────

    async def test_a_branch_is_numbered_becomes_the_head_and_is_saved_once(self, store: Store) -> None:
        one = await claimed(store)
        made = await store.keep(one.id, version(one, images=2))
        pick = replace(made, id=new_id(), parent=made.id, kind=Kind.PICK, images=("cd",), cost=0)
        first = await store.branch(pick)
        again = await store.branch(replace(pick, id=new_id()))
        other = await store.branch(replace(pick, id=new_id(), images=("ef",)))
        assert (first.number, again, other.number) == (2, first, 3)
        thread = await store.thread(one.thread)
        assert thread
        assert thread.head == other.id
        assert len(await store.versions(one.thread)) == 3

    async def test_an_offer_reserves_nothing_and_is_accepted_once(self, store: Store) -> None:
        one = job(status=JobStatus.OFFERED)
        await store.offer(one, new_thread=Thread(one.thread, one.place, None, one.created))
        with pytest.raises(AlreadySeen):
            await store.offer(one)
        assert (await store.spent(one.place.workspace, one.user, since=0)).images == 0
        assert [found.id for found in await store.unplaced(before=now_ms() + 1)] == [one.id]
        await store.place_job(one.id, Address(replace(one.place, thread="t1"), "m1"))
        assert await store.claim("w1", platforms=["slack"], now=3000, lease_until=9000) is None
        taken = [await store.accept(one.id, version(one, cost=0)) for _ in range(2)]
        assert taken == [True, False]
        found = await store.job(one.id)
        assert found
        assert found.status is JobStatus.DELIVERING
        assert (await store.spent(one.place.workspace, one.user, since=0)).images == 0

    async def test_an_equal_request_is_found_where_it_may_be_seen(self, store: Store) -> None:
        one = await claimed(store)
        made = await store.keep(one.id, replace(version(one), fingerprint="f" * 32))
        elsewhere = replace(one.place, channel="C-other")
        assert await store.made_before("f" * 32, one.place, BOB) == made, "the same channel"
        assert await store.made_before("f" * 32, elsewhere, ALICE) == made, "one's own"
        assert await store.made_before("f" * 32, elsewhere, BOB) is None
        assert await store.made_before("f" * 32, replace(one.place, workspace="T-other"), ALICE) is None
        assert await store.made_before("", one.place, ALICE) is None

    async def test_who_waits_is_listed_in_the_order_they_came(self, store: Store) -> None:
        jobs = [await accepted(store, job(created=created)) for created in (3000, 1000, 2000)]
        await store.claim("w1", platforms=["slack"], now=4000, lease_until=9000)
        assert [one.created for one in await store.waiting(["slack"])] == [2000, 3000]
        assert await store.waiting(["discord"]) == []
        assert len(jobs) == 3
