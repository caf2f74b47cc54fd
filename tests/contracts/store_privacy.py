"""What every `Privacy` must do. A subclass gives a `store` fixture, `privacy` and `shelf`."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from bot.models import (
    Address,
    Asset,
    Job,
    JobStatus,
    Kind,
    NamedReference,
    Options,
    Place,
    Reference,
    Reporter,
    Review,
    ReviewKind,
    Standing,
    Thread,
    User,
    Version,
    new_id,
    now_ms,
)
from bot.ports import Before, Privacy, Shelf, Store, Viewer, Wall, Why

ALICE = User("slack", "U1", "Alice")
BOB = User("slack", "U2", "Bob")
HERE = Place("slack", "T1", "C1")
ELSEWHERE = Place("slack", "T2", "C1")
OLD, YOUNG = 1_000, 4_000_000_000_000
BEFORE = Before(pictures=YOUNG - 1, prompts=YOUNG - 1, attachments=YOUNG - 1)


async def picture(store: Store, data: bytes, *, derived_from: str | None = None) -> str:
    """A kept asset."""
    path = store.asset_path(Asset("0" * 64, "image/png", 1, 1, 0)).parents[3] / "tmp" / new_id()
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    await store.put_asset(path, Asset(digest, "image/png", 8, 8, len(data), derived_from))
    return digest


async def made(store: Store, prompt: str, *images: str, at: Place = HERE, **more: object) -> Version:
    """A version in a thread of its own."""
    one = Version(new_id(), new_id(), 0, None, Kind.GENERATE, prompt, Options("m"), images, ALICE, OLD,
                  sent=f"sent {prompt}", revised=f"revised {prompt}", avoid=(f"avoid {prompt}",),
                  fingerprint="f" * 32)  # fmt: skip
    one = replace(one, **more)  # type: ignore[arg-type]
    await store.start_upload(Thread(one.thread, replace(at, thread=new_id()), None, OLD), one)
    return replace(one, number=1)


async def again(store: Store, version: Version) -> Version:
    found = await store.version(version.id)
    assert found
    return found


async def is_there(store: Store, asset: str) -> bool:
    found = await store.asset(asset)
    return found is not None and store.asset_path(found).exists()


def viewer(user: User = ALICE) -> Viewer:
    return Viewer(user, "slack", "T1", "C1")


class PrivacyContract:
    async def test_an_old_version_keeps_its_place_and_loses_pictures_and_words(
        self, store: Store, privacy: Privacy, shelf: Shelf
    ) -> None:
        one = await made(store, "a secret fox", await picture(store, b"fox"))
        await shelf.star(viewer(), one.id, on=True)
        done = await privacy.purge("T1", BEFORE)
        done += await privacy.sweep()
        assert (done.pictures, done.prompts, done.files, done.bytes) == (1, 1, 1, 3)
        after = await again(store, one)
        assert (after.number, after.standing, after.author) == (1, Standing.PURGED, ALICE)
        assert "secret" not in repr(after)
        assert not await is_there(store, one.images[0])
        assert len(after.images) == 1, "numbers of pictures never change"
        for wall in Wall:
            assert list(await shelf.search(viewer(), wall)) == []
        assert list(await shelf.search(viewer(), Wall.MINE, words="secret")) == []

    async def test_what_is_young_or_of_another_workspace_stays(self, store: Store, privacy: Privacy) -> None:
        young = await made(store, "young", await picture(store, b"1"), created=YOUNG)
        other = await made(store, "other", await picture(store, b"2"), at=ELSEWHERE)
        assert not await privacy.purge("T1", BEFORE)
        assert not await privacy.sweep()
        assert [await again(store, one) for one in (young, other)] == [young, other]
        assert all([await is_there(store, one.images[0]) for one in (young, other)])

    async def test_bytes_that_something_younger_shows_stay(self, store: Store, privacy: Privacy) -> None:
        shared = await picture(store, b"shared")
        old = await made(store, "old", shared)
        young = await made(store, "young", shared, created=YOUNG)
        await privacy.purge("T1", BEFORE)
        assert (await privacy.sweep()).files == 0
        assert (await again(store, old)).standing is Standing.PURGED
        assert await again(store, young) == young
        assert await is_there(store, shared)

    async def test_pictures_words_and_attachments_go_each_by_their_own_age(
        self, store: Store, privacy: Privacy, shelf: Shelf
    ) -> None:
        original = await picture(store, b"with metadata")
        clean = await picture(store, b"clean", derived_from=original)
        drawn, mask = await picture(store, b"drawn"), await picture(store, b"mask")
        one = await made(store, "fox", drawn, references=(Reference(clean, "passport.png"),), mask=mask)
        await privacy.purge("T1", Before(attachments=YOUNG))
        await privacy.sweep()
        assert [await is_there(store, asset) for asset in (original, clean, mask, drawn)] == [False, False, False, True]
        after = await again(store, one)
        assert (after.prompt, after.is_open, after.mask, after.references[0].name) == ("fox", True, None, "")
        await privacy.purge("T1", Before(prompts=YOUNG))
        await privacy.sweep()
        after = await again(store, one)
        assert (after.prompt, after.sent, after.revised, after.is_open) == ("", "", "", True)
        assert [found.version.id for found in await shelf.search(viewer(), Wall.MINE)] == [one.id]
        assert list(await shelf.search(viewer(), Wall.MINE, words="fox")) == []
        await privacy.purge("T1", Before(pictures=YOUNG))
        await privacy.sweep()
        assert not await is_there(store, drawn)

    async def test_an_uploaded_picture_is_an_attachment(self, store: Store, privacy: Privacy) -> None:
        one = await made(store, "holiday.jpg", await picture(store, b"sent"), kind=Kind.UPLOAD)
        assert not await privacy.purge("T1", Before(pictures=YOUNG))
        await privacy.purge("T1", Before(attachments=YOUNG))
        await privacy.sweep()
        after = await again(store, one)
        assert (after.standing, after.prompt) == (Standing.PURGED, "")
        assert not await is_there(store, one.images[0])

    async def test_named_references_are_never_purged(self, store: Store, privacy: Privacy) -> None:
        original = await picture(store, b"logo original")
        logo = Reference(await picture(store, b"logo", derived_from=original), "@logo")
        await store.add_named(HERE, NamedReference("logo", logo, ALICE, OLD))
        one = await made(store, "fox", await picture(store, b"drawn"), references=(logo,))
        await privacy.purge("T1", BEFORE)
        await privacy.sweep()
        assert [await is_there(store, asset) for asset in (logo.asset, original)] == [True, True]
        assert (await again(store, one)).references == (logo,)
        assert len(await store.named(HERE)) == 1

    async def test_a_dry_run_says_the_same_and_changes_nothing(self, store: Store, privacy: Privacy) -> None:
        shared = await picture(store, b"shared")
        one = await made(store, "fox", shared, await picture(store, b"alone"))
        await made(store, "young", shared, created=YOUNG)
        would = await privacy.purge("T1", BEFORE, dry=True)
        assert await again(store, one) == one
        assert would == await privacy.purge("T1", BEFORE) + await privacy.sweep()
        assert (would.pictures, would.files, would.bytes) == (1, 1, 5)

    async def test_messages_with_old_pictures_are_listed_until_each_was_changed(
        self, store: Store, privacy: Privacy
    ) -> None:
        for n in range(3):
            one = await made(store, "old", await picture(store, b"%d" % n))
            await store.showed(one.id, Address(HERE, f"m{n}"))
        young = await made(store, "young", await picture(store, b"y"), created=YOUNG)
        await store.showed(young.id, Address(HERE, "m9"))
        await privacy.purge("T1", BEFORE)
        await privacy.sweep()
        assert list(await privacy.outdated(["discord"], limit=9)) == []
        first, *_ = await privacy.outdated(["slack"], limit=2)
        await privacy.told(first.address, again=True)
        second, third, last = await privacy.outdated(["slack"], limit=9)
        assert (last.address, last.why) == (first.address, Why.OLD), "what could not be changed is tried after the rest"
        for found in (second, third, last):
            await privacy.told(found.address)
        await privacy.purge("T1", BEFORE)
        assert list(await privacy.outdated(["slack"], limit=9)) == []

    async def test_a_message_without_the_old_pictures_words_is_left_alone(self, store: Store, privacy: Privacy) -> None:
        one = await made(store, "old", await picture(store, b"1"))
        await store.showed(one.id, Address(HERE, "m1"))
        await privacy.purge("T1", Before(prompts=YOUNG))
        assert list(await privacy.outdated(["slack"], limit=9)) == []

    async def test_a_sheet_with_a_picture_that_is_gone_is_listed_and_one_without_is_not(
        self, store: Store, privacy: Privacy
    ) -> None:
        one, other = await picture(store, b"1"), await picture(store, b"2")
        await made(store, "old", one)
        await made(store, "young", other, created=YOUNG)
        await store.reviews.displayed(Address(HERE, "both"), [one, other])
        await store.reviews.displayed(Address(HERE, "young"), [other])
        await privacy.purge("T1", BEFORE)
        await privacy.sweep()
        (told,) = await privacy.outdated(["slack"], limit=9)
        assert (told.address.message, told.why, told.assets) == ("both", Why.PART, (one,))

    async def test_files_whose_request_was_refused_go_and_those_in_use_stay(
        self, store: Store, privacy: Privacy
    ) -> None:
        refused = await picture(store, b"refused")
        clean = await picture(store, b"refused, cleaned", derived_from=refused)
        original = await picture(store, b"used")
        used = await picture(store, b"used, cleaned", derived_from=original)
        await made(store, "fox", await picture(store, b"drawn"), references=(Reference(used),))
        assert not await privacy.sweep()
        assert not await privacy.sweep(unused_before=now_ms() - 60_000), "it may be on its way"
        would = await privacy.sweep(unused_before=YOUNG, dry=True)
        assert would == await privacy.sweep(unused_before=YOUNG)
        assert would.files == 2
        assert [await is_there(store, one) for one in (refused, clean, original, used)] == [False, False, True, True]

    async def test_reports_lose_what_people_wrote(self, store: Store, privacy: Privacy) -> None:
        one = await made(store, "fox", await picture(store, b"1"))
        reports = (Reporter("slack:U1", "Alice", "my secret reason"), Reporter("slack:U2", "Bob", "bob's reason"))
        await store.reviews.ask(Review(ReviewKind.REPORT, one.id, HERE, OLD, ("Watched: secret.",), reports))
        await privacy.forget(HERE, ALICE)
        found = await store.reviews.find(ReviewKind.REPORT, one.id)
        assert found
        assert found.reporters == (Reporter("slack:U1", "somebody"), reports[1]), "and nobody reports twice"
        await privacy.purge("T1", Before(prompts=YOUNG))
        found = await store.reviews.find(ReviewKind.REPORT, one.id)
        assert found
        assert (found.why, found.reporters[1].words) == ((), "")

    async def test_purging_twice_is_harmless(self, store: Store, privacy: Privacy) -> None:
        await made(store, "fox", await picture(store, b"fox"))
        await privacy.purge("T1", BEFORE)
        await privacy.sweep()
        assert not await privacy.purge("T1", BEFORE)
        assert not await privacy.sweep()
        assert not await privacy.purge("T1", BEFORE, dry=True)

    async def test_a_request_that_is_over_loses_its_words_and_one_that_waits_keeps_them(
        self, store: Store, privacy: Privacy
    ) -> None:
        over = Job(new_id(), new_id(), HERE, ALICE, new_id(), Kind.GENERATE, "secret", Options("m"), "openai", 5, OLD,
                   status=JobStatus.OFFERED, brief="secret", avoid=("secret",), panels=("secret",))  # fmt: skip
        await store.offer(over, new_thread=Thread(over.thread, HERE, None, OLD))
        assert (await privacy.purge("T1", BEFORE)).prompts == 1
        after = await store.job(over.id)
        assert after
        assert "secret" not in repr(after)
        assert after.panels == ("",)

    async def test_pictures_that_are_sent_again_in_the_meantime_stay(self, store: Store, privacy: Privacy) -> None:
        one = await made(store, "fox", await picture(store, b"fox"))
        await privacy.purge("T1", BEFORE)
        await picture(store, b"fox")
        new = await made(store, "fox again", one.images[0], created=YOUNG)
        await privacy.sweep()
        assert await is_there(store, new.images[0])

    # ── A person ────────────────────────────────────────────────────────────────────────────────────────────────

    async def test_a_person_gets_what_is_theirs_and_nothing_else(
        self, store: Store, privacy: Privacy, shelf: Shelf
    ) -> None:
        mine = await made(store, "mine", await picture(store, b"1"))
        bobs = await made(store, "bob's", await picture(store, b"2"), author=BOB)
        await made(store, "elsewhere", await picture(store, b"3"), at=ELSEWHERE)
        await shelf.star(viewer(), bobs.id, on=True)
        await store.add_named(HERE, NamedReference("logo", Reference("ab"), ALICE, OLD))
        await store.add_named(HERE, NamedReference("cat", Reference("cd"), BOB, OLD))
        found = await privacy.belongings(HERE, ALICE)
        assert [one.prompt for one in found.versions] == ["mine"]
        assert list(found.versions) == [mine]
        assert list(found.stars) == [bobs.id]
        assert [one.name for one in found.named] == ["logo"]

    async def test_forgetting_somebody_leaves_what_others_made_of_it(
        self, store: Store, privacy: Privacy, shelf: Shelf
    ) -> None:
        shared = await picture(store, b"shared")
        mine = await made(store, "my secret", shared, await picture(store, b"mine alone"))
        await store.showed(mine.id, Address(HERE, "m1"))
        bobs = await store.branch(
            replace(mine, id=new_id(), parent=mine.id, kind=Kind.PICK, images=(shared,), author=BOB, prompt="bob's")
        )
        await shelf.star(viewer(), bobs.id, on=True)
        done = await privacy.forget(HERE, ALICE) + await privacy.sweep()
        assert (done.pictures, done.files) == (1, 1)
        after = await again(store, mine)
        assert (after.author.id, after.author.name, after.standing) == ("", "somebody", Standing.PURGED)
        assert "secret" not in repr(after)
        assert await again(store, bobs) == bobs
        assert await is_there(store, shared)
        assert not await is_there(store, mine.images[1])
        (told,) = await privacy.outdated(["slack"], limit=9)
        assert (told.address.message, told.why, told.assets) == ("m1", Why.OWN, (mine.images[1],)), "Bob shows it"
        left = await privacy.belongings(HERE, ALICE)
        assert (list(left.versions), list(left.stars), list(left.jobs)) == ([], [], [])

    async def test_forgetting_in_one_workspace_leaves_the_other(self, store: Store, privacy: Privacy) -> None:
        there = await made(store, "there", await picture(store, b"1"), at=ELSEWHERE)
        assert not await privacy.forget(HERE, ALICE)
        assert await again(store, there) == there

    @pytest.mark.parametrize("user", ["", "%", "' OR 1=1 --", "U1:", "😀" * 500])
    async def test_nobody_else_is_forgotten_by_an_odd_name(self, store: Store, privacy: Privacy, user: str) -> None:
        one = await made(store, "fox", await picture(store, b"1"))
        assert not await privacy.forget(HERE, replace(ALICE, id=user))
        assert await again(store, one) == one
