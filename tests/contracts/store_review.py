"""What every `Store` must do about moderators: pictures that wait, reports, removals. A subclass gives `store`."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import NotFound
from bot.models import (
    Act,
    Address,
    Asset,
    Job,
    Reporter,
    Review,
    ReviewKind,
    Ruling,
    Standing,
    Version,
    new_id,
    now_ms,
)
from bot.ports import Store
from tests.contracts.store import ALICE, BOB, HERE, claimed, version

ACT = Act(5000, "T1", "slack:U9", "Carol", "review.approve")
CARD = Address(replace(HERE, channel="mods"), "9.1")
FAR = 2**53  # later than now


async def picture(store: Store, folder: Path, text: bytes, *, of: str | None = None) -> str:
    """A file in the store; its id."""
    path = folder / new_id()
    path.write_bytes(text)
    asset = Asset(hashlib.sha256(text).hexdigest(), "image/png", 8, 8, len(text), of)
    return (await store.put_asset(path, asset)).id


async def waiting(store: Store, folder: Path, text: bytes = b"a fox") -> tuple[Job, Version]:
    """A drawn picture that waits, and its review."""
    one = await claimed(store)
    image = await picture(store, folder, text)
    kept = await store.keep(one.id, replace(version(one), images=(image,), standing=Standing.WAITING))
    await store.finish(one.id)
    await store.reviews.ask(Review(ReviewKind.REVIEW, kept.id, HERE, 4000, ("policy",), job=one.id))
    return one, kept


async def unshared(store: Store, folder: Path) -> tuple[Job, Version]:
    """A drawn picture that only its asker sees."""
    one = await claimed(store)
    image = await picture(store, folder, b"a fox")
    drawn = replace(version(one), images=(image,), standing=Standing.WAITING, private=True)
    kept = await store.keep(one.id, drawn)
    await store.finish(one.id)
    await store.reviews.ask(Review(ReviewKind.PRIVATE, kept.id, HERE, 4000, job=one.id))
    return one, kept


class ReviewContract:
    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        (tmp_path / "files").mkdir()
        return tmp_path / "files"

    async def test_a_review_comes_back_as_it_was(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        await store.reviews.place(ReviewKind.REVIEW, kept.id, CARD)
        found = await store.reviews.find(ReviewKind.REVIEW, kept.id)
        assert found
        assert (found.address, found.why, found.ruling, found.settled) == (CARD, ("policy",), Ruling.OPEN, True)
        assert await store.reviews.find(ReviewKind.REPORT, kept.id) is None
        assert not await store.reviews.unsettled(before=now_ms() + 1000)

    async def test_what_moderators_do_not_know_yet_or_did_not_decide_for_a_day_is_unsettled(
        self, store: Store, files: Path
    ) -> None:
        _, kept = await waiting(store, files)
        new = Review(ReviewKind.REPORT, kept.id, HERE, 4000, settled=False)
        await store.reviews.ask(new)
        (found,) = await store.reviews.unsettled(before=now_ms() + 1000)
        assert (found.kind, found.ruling) == (ReviewKind.REPORT, Ruling.OPEN)
        await store.reviews.place(ReviewKind.REPORT, kept.id, None)
        assert len(await store.reviews.unsettled(before=now_ms() + 1000)) == 1
        await store.reviews.place(ReviewKind.REPORT, kept.id, CARD)
        await store.reviews.place(ReviewKind.REVIEW, kept.id, CARD)
        assert not await store.reviews.unsettled(before=now_ms() + 1000)
        assert len(await store.reviews.unsettled(before=now_ms() + 86_401_000)) == 2

    async def test_an_equal_picture_that_waits_keeps_its_file(self, store: Store, files: Path) -> None:
        _, first = await waiting(store, files)
        _, second = await waiting(store, files)
        await store.reviews.rule(ReviewKind.REVIEW, first.id, Ruling.REJECTED, ACT, reason="no")
        assert await store.reviews.erase(first.id) == 0
        assert await store.asset(second.images[0])

    async def test_what_is_put_together_from_a_picture_that_goes_is_refused(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        sheet = await picture(store, files, b"a sheet")
        await store.reviews.remove(kept.id, ACT, reason="no")
        with pytest.raises(NotFound):
            await store.reviews.made_of(sheet, kept.images)
        await store.reviews.erase(kept.id)
        with pytest.raises(NotFound):
            await store.reviews.made_of(sheet, kept.images)

    async def test_reporters_are_added_once_each(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        report = Review(ReviewKind.REPORT, kept.id, HERE, 4000)
        alice, bob = Reporter("slack:U1", "Alice", "rude"), Reporter("slack:U2", "Bob")
        news = [(await store.reviews.ask(replace(report, reporters=(one,))))[1] for one in (alice, bob, alice)]
        found = await store.reviews.find(ReviewKind.REPORT, kept.id)
        assert news == [True, True, False]
        assert found
        assert found.reporters == (alice, bob)

    async def test_many_rulings_at_once_are_one(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        rulings = [Ruling.APPROVED, Ruling.REJECTED] * 10
        found = await asyncio.gather(
            *(store.reviews.rule(ReviewKind.REVIEW, kept.id, one, ACT, reason="no") for one in rulings)
        )
        (ruled,) = [one for one in found if one]
        assert len(await store.acts()) == 1
        after = await store.version(kept.id)
        assert after
        assert after.is_open is (ruled.ruling is Ruling.APPROVED)

    async def test_what_was_decided_is_unsettled_until_everybody_was_told(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        await store.reviews.rule(ReviewKind.REVIEW, kept.id, Ruling.APPROVED, ACT)
        (found,) = await store.reviews.unsettled(before=FAR)
        assert (found.ruling, found.by, found.by_name, found.at) == (Ruling.APPROVED, "slack:U9", "Carol", 5000)
        assert not await store.reviews.unsettled(before=0)
        await store.reviews.settle(ReviewKind.REVIEW, kept.id)
        assert not await store.reviews.unsettled(before=FAR)

    async def test_a_rejection_gives_the_images_back_and_keeps_the_money(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        before = await store.spent("T1", ALICE, since=0)
        await store.reviews.rule(ReviewKind.REVIEW, kept.id, Ruling.REJECTED, ACT, reason="no")
        after = await store.spent("T1", ALICE, since=0)
        assert (before.images, after.images, after.cost) == (1, 0, before.cost)
        removal = await store.reviews.removal(kept.id)
        assert removal
        assert (removal.standing, removal.done) == (Standing.REJECTED, False)

    async def test_a_rejection_leaves_the_same_picture_that_others_may_see(self, store: Store, files: Path) -> None:
        _, first = await waiting(store, files)
        await store.reviews.rule(ReviewKind.REVIEW, first.id, Ruling.APPROVED, ACT)
        _, second = await waiting(store, files)
        await store.reviews.rule(ReviewKind.REVIEW, second.id, Ruling.REJECTED, ACT, reason="twice")
        assert await store.reviews.erase(second.id) == 0
        assert await store.asset(first.images[0])

    async def test_a_removal_finds_every_message_and_each_is_told_once(self, store: Store, files: Path) -> None:
        job, kept = await waiting(store, files)
        await store.reviews.rule(ReviewKind.REVIEW, kept.id, Ruling.APPROVED, ACT)
        sheet = await picture(store, files, b"a sheet")
        await store.reviews.made_of(sheet, [kept.images[0], sheet])
        elsewhere = Address(replace(HERE, thread="7.0"), "7.1")
        await store.reviews.displayed(elsewhere, [sheet, sheet])
        assert await store.reviews.remove(kept.id, ACT, reason="no")
        assert await store.reviews.remove(kept.id, ACT, reason="no") is None
        found = await store.reviews.shown_at(kept.id)
        assert {one.message for one in found} == {f"ts-{job.id}", "7.1"}
        assert elsewhere in found
        for one in found:
            await store.reviews.told(kept.id, one)
            await store.reviews.told(kept.id, one)
        assert not await store.reviews.shown_at(kept.id)
        assert await store.reviews.erase(kept.id) == 2
        assert await store.reviews.erase(kept.id) == 0
        assert await store.asset(sheet) is None
        (open_one,) = await store.reviews.unfinished(before=FAR)
        await store.reviews.done(open_one.version)
        assert not await store.reviews.unfinished(before=FAR)

    async def test_what_moderators_were_asked_is_decided_by_a_removal(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        await store.reviews.ask(Review(ReviewKind.REPORT, kept.id, HERE, 1))
        await store.reviews.remove(kept.id, ACT, reason="no")
        assert {one.ruling for one in await store.reviews.unsettled(before=FAR)} == {Ruling.REMOVED}
        assert len(await store.reviews.unsettled(before=FAR)) == 2
        assert await store.reviews.rule(ReviewKind.REVIEW, kept.id, Ruling.APPROVED, ACT) is None

    async def test_what_is_not_there_cannot_be_removed(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.reviews.remove("nothing", ACT, reason="no")
        assert await store.reviews.rule(ReviewKind.REVIEW, "nothing", Ruling.APPROVED, ACT) is None
        assert await store.reviews.shown_at("nothing") == []
        assert await store.acts() == []

    async def test_people_of_another_workspace_keep_their_picture(self, store: Store, files: Path) -> None:
        _, kept = await waiting(store, files)
        there = await claimed(store, place=replace(HERE, workspace="T2"), user=BOB)
        await store.keep(there.id, replace(version(there), images=kept.images))
        await store.reviews.remove(kept.id, ACT, reason="no")
        assert await store.reviews.erase(kept.id) == 0
        assert await store.asset(kept.images[0])

    # what only its asker sees

    async def test_a_shared_picture_is_open_the_head_and_in_no_audit(self, store: Store, files: Path) -> None:
        _, kept = await unshared(store, files)
        ruled = await store.reviews.rule(ReviewKind.PRIVATE, kept.id, Ruling.APPROVED, ACT)
        assert ruled
        assert (ruled.by, ruled.settled) == ("slack:U9", False)
        now = await store.version(kept.id)
        assert now
        assert (now.standing, now.private) == (Standing.OPEN, False)
        assert await store.acts() == []
        assert await store.reviews.rule(ReviewKind.PRIVATE, kept.id, Ruling.REJECTED, ACT) is None

    async def test_a_discarded_picture_goes_and_gives_nothing_back(self, store: Store, files: Path) -> None:
        _, kept = await unshared(store, files)
        before = await store.spent("T1", ALICE, since=0)
        assert await store.reviews.rule(ReviewKind.PRIVATE, kept.id, Ruling.REJECTED, ACT)
        now = await store.version(kept.id)
        assert now
        assert now.standing is Standing.DISCARDED
        assert await store.spent("T1", ALICE, since=0) == before
        assert await store.reviews.erase(kept.id) == 1
        assert await store.acts() == []
        assert await store.reviews.remove(kept.id, ACT, reason="late") is None

    async def test_an_unshared_edit_is_not_the_head_before_it_is_shared(self, store: Store, files: Path) -> None:
        one, kept = await unshared(store, files)
        await store.reviews.rule(ReviewKind.PRIVATE, kept.id, Ruling.APPROVED, ACT)
        edit = await claimed(store, thread=one.thread, parent=kept.id)
        drawn = replace(version(edit), parent=kept.id, standing=Standing.WAITING, private=True)
        second = await store.keep(edit.id, drawn)
        thread = await store.thread(one.thread)
        assert thread
        assert thread.head == kept.id
        await store.finish(edit.id)
        await store.reviews.ask(Review(ReviewKind.PRIVATE, second.id, HERE, 4000, job=edit.id))
        await store.reviews.rule(ReviewKind.PRIVATE, second.id, Ruling.APPROVED, ACT)
        thread = await store.thread(one.thread)
        assert thread
        assert thread.head == second.id
