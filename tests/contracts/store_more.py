"""What every `Store` and `Shelf` must do about references and the gallery. A subclass gives `store` and `shelf`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import NotFound
from bot.models import (
    Address,
    Kind,
    NamedReference,
    Place,
    Reference,
    Role,
    Thread,
    User,
    Version,
    new_id,
)  # fmt: skip
from bot.ports import Shelf, Store, Viewer, Wall
from tests.contracts.store import ALICE, BOB, HERE, job, version

THERE = replace(HERE, channel="C2")
OTHER_TEAM = replace(HERE, workspace="T2")
OTHER_PLATFORM = replace(HERE, platform="discord")
ALICE_ON_DISCORD = replace(ALICE, platform="discord")

LOGO = Reference("ab", "logo.png", Role.LOGO)
STYLE = Reference("cd", "old poster", Role.STYLE)


def viewer(user: User = ALICE, place: Place = HERE) -> Viewer:
    """Somebody who opened the gallery from a channel."""
    return Viewer(user, place.platform, place.workspace, place.channel)


async def made(store: Store, prompt: str = "a fox", *, by: User = ALICE, at: Place = HERE, **more: object) -> Version:
    """A version in a thread of its own."""
    place = replace(at, thread=new_id())
    one = job(by, place=place)
    new = replace(version(one), prompt=prompt, **more)  # type: ignore[arg-type]
    await store.start_upload(Thread(one.thread, place, None, 0), new)
    (kept,) = await store.versions(one.thread)
    return kept


async def found(shelf: Shelf, words: str = "", wall: Wall = Wall.CHANNEL, who: Viewer | None = None) -> list[str]:
    """The prompts on a wall, newest first."""
    return [one.version.prompt for one in await shelf.search(who or viewer(), wall, words=words)]


class ReferencesContract:
    async def test_a_version_has_the_references_it_was_made_with_until_somebody_changes_them(
        self, store: Store
    ) -> None:
        one, other = await made(store), await made(store)
        assert await store.tray(one.id) is None
        await store.change_tray(one.id, lambda _: [STYLE, LOGO])
        assert list(await store.tray(one.id) or ()) == [STYLE, LOGO]
        assert await store.tray(other.id) is None, "each version has its own"

    async def test_a_tray_that_was_emptied_stays_empty(self, store: Store) -> None:
        one = await made(store, references=(LOGO,))
        await store.change_tray(one.id, lambda _: [LOGO])
        await store.change_tray(one.id, lambda _: [])
        tray = await store.tray(one.id)
        assert tray is not None
        assert list(tray) == []
        assert await store.version(one.id) == one, "what it was made with is history"

    async def test_there_is_no_tray_for_a_version_that_is_not_there(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.change_tray("nothing", lambda _: [LOGO])
        assert await store.tray("nothing") is None

    async def test_a_workspace_keeps_references_by_name(self, store: Store) -> None:
        first = NamedReference("shoe", STYLE, BOB, 5)
        second = NamedReference("logo", LOGO, ALICE, 7)
        assert await store.add_named(HERE, first)
        assert await store.add_named(replace(THERE, thread="t1"), second), "whichever channel it was added in"
        assert list(await store.named(HERE)) == [second, first]
        assert list(await store.named(OTHER_TEAM)) == []
        assert list(await store.named(OTHER_PLATFORM)) == []

    async def test_a_name_that_is_taken_keeps_its_picture(self, store: Store) -> None:
        first = NamedReference("logo", LOGO, ALICE, 5)
        assert await store.add_named(HERE, first)
        assert not await store.add_named(HERE, NamedReference("logo", STYLE, BOB, 6))
        assert list(await store.named(HERE)) == [first]
        assert await store.add_named(OTHER_TEAM, NamedReference("logo", STYLE, BOB, 6)), "free elsewhere"

    async def test_of_two_who_take_a_name_at_the_same_moment_one_wins(self, store: Store) -> None:
        new = [NamedReference("logo", Reference(f"asset{n}"), ALICE, n) for n in range(10)]
        won = await asyncio.gather(*(store.add_named(HERE, one) for one in new))
        assert sum(won) == 1
        assert list(await store.named(HERE)) == [new[won.index(True)]]

    async def test_removing_a_name_leaves_the_versions_made_with_it(self, store: Store) -> None:
        await store.add_named(HERE, NamedReference("logo", LOGO, ALICE, 5))
        one = await made(store, references=(LOGO,))
        assert not await store.remove_named(OTHER_TEAM, "logo")
        assert await store.remove_named(HERE, "logo")
        assert not await store.remove_named(HERE, "logo")
        assert list(await store.named(HERE)) == []
        assert await store.version(one.id) == one
        assert await store.add_named(HERE, NamedReference("logo", STYLE, BOB, 6)), "free again"


class ShelfContract:
    async def test_the_channel_shows_its_pictures_newest_first(self, store: Store, shelf: Shelf) -> None:
        for n in range(3):
            await made(store, f"fox {n}", by=BOB)
        await made(store, "elsewhere", at=THERE)
        assert await found(shelf) == ["fox 2", "fox 1", "fox 0"]

    async def test_my_pictures_are_those_i_made_in_this_workspace(self, store: Store, shelf: Shelf) -> None:
        await made(store, "here")
        await made(store, "there", at=THERE)
        await made(store, "other team", at=OTHER_TEAM)
        await made(store, "somebody else's", by=BOB)
        assert await found(shelf, wall=Wall.MINE) == ["there", "here"]

    async def test_a_finding_says_where_it_was_made_and_whether_it_is_starred(self, store: Store, shelf: Shelf) -> None:
        one = await made(store)
        thread = await store.thread(one.thread)
        assert thread
        await shelf.star(viewer(), one.id, on=True)
        (mine,) = await shelf.search(viewer(), Wall.CHANNEL)
        (bobs,) = await shelf.search(viewer(BOB), Wall.CHANNEL)
        assert (mine.version, mine.place, mine.starred) == (one, thread.place, True)
        assert not bobs.starred

    async def test_all_words_must_be_there_each_may_be_a_beginning(self, store: Store, shelf: Shelf) -> None:
        await made(store, "A red fox in the Snow")
        await made(store, "a blue fox")
        await made(store, "an infrared camera")
        assert await found(shelf, "fox") == ["a blue fox", "A red fox in the Snow"]
        assert await found(shelf, "FO sno") == ["A red fox in the Snow"]
        assert await found(shelf, "red") == ["A red fox in the Snow"], "no word begins in the middle"
        assert await found(shelf, "fox wolf") == []

    @pytest.mark.parametrize("wall", list(Wall))
    @pytest.mark.parametrize(
        ("prompt", "words"),
        [
            ("Café à l’Été", "cafe ete"), ("cafe", "CAFÉ"), ("Łódź at night", "lodz"), ("ΑΘΗΝΑ", "αθηνα"),
            ("a T-shirt", "t-shirt"), ("a t-shirt", "shirt"), ("ünï\u0308cöde", "unicode"), ("ＦＵＬＬ width", "full"),
            ("東京タワーの夜景", "東京"), ("東京タワーの夜景", "タワー"), ("東京タワーの夜景", "夜景 東京"),
            ("ガード", "ｶﾞｰﾄﾞ"),
            ("一只在雪地里的红狐狸", "红狐狸"), ("一只在雪地里的红狐狸", "雪地"),
            ("Ein Bild von 北京 bei Nacht", "北京 nacht"),
            ("서울의 야경", "야경"), ("서울의 야경", "울의"), ("แมวสีแดงบนหลังคา", "สีแดง"), ("हिन्दी भाषा", "हिन्दी"),
            ("a 🦊 in ❤\ufe0f", "🦊"), ("a 🦊 in ❤\ufe0f", "❤"), ("say \"AND\" or NOT", "and not"), ("50% off", "50%"),
            ("x" * 200, "x" * 150), ("x" * 30_000, "x" * 10_000), ("a\0b", "b"), ("§1", "1"),
        ],
    )  # fmt: skip
    async def test_words_are_found_however_they_are_written(
        self, store: Store, shelf: Shelf, wall: Wall, prompt: str, words: str
    ) -> None:
        one = await made(store, prompt)
        await made(store, "nothing of it")
        await shelf.star(viewer(), one.id, on=True)
        assert await found(shelf, words, wall) == [prompt]

    @pytest.mark.parametrize("wall", list(Wall))
    @pytest.mark.parametrize(
        ("prompt", "words"),
        [
            ("東京", "京東"),
            ("東の京", "東京"),
            ("ガード", "カード"),
            ("fox", "foxes"),
            ("a fox", "§1"),
            ("a fox", "walls:fox"),
        ],
    )
    async def test_what_is_not_there_is_not_found(
        self, store: Store, shelf: Shelf, wall: Wall, prompt: str, words: str
    ) -> None:
        one = await made(store, prompt)
        await shelf.star(viewer(), one.id, on=True)
        assert await found(shelf, words, wall) == []

    @pytest.mark.parametrize("wall", list(Wall))
    @pytest.mark.parametrize(
        "words",
        [
            '"', '"fox', "'", "fox AND", "OR", "NOT fox", "NEAR(fox, 2)", "fo*", "*", "^fox",
            "words:fox", "{words walls}:fox",
            "-fox", "fox + red", "(", ")", "fox\0", "\0", "\ud800", "%", "_",
            "; DROP TABLE gallery", "?", "\\", "\u202e",
            "🦊", "👩\u200d🚀", "!!! …", "   ", "\n\t",
            "a" * 10_000, "ab " * 5_000, "東" * 10_000, "🦊" * 10_000, "é" * 10_000,
            " ".join(f"w{n}" for n in range(3_000)), "\u0300" * 10_000, "ﷺ" * 10_000,
        ],
    )  # fmt: skip
    async def test_whatever_is_searched_for_is_words_and_no_error(
        self, store: Store, shelf: Shelf, wall: Wall, words: str
    ) -> None:
        one = await made(store, "a red fox")
        await shelf.star(viewer(), one.id, on=True)
        assert await found(shelf, words, wall) in (["a red fox"], [])

    async def test_nothing_but_punctuation_finds_everything(self, store: Store, shelf: Shelf) -> None:
        await made(store, "a fox")
        assert await found(shelf, "?!") == ["a fox"]

    @pytest.mark.parametrize("words", ["", "fox"])
    @pytest.mark.parametrize("wall", list(Wall))
    async def test_pages_follow_each_other_without_gap_or_double(
        self, store: Store, shelf: Shelf, wall: Wall, words: str
    ) -> None:
        for n in range(7):
            one = await made(store, f"fox {n}")
            await shelf.star(viewer(), one.id, on=True)
        seen, before = [], ""
        while page := await shelf.search(viewer(), wall, words=words, before=before, limit=3):
            seen += [one.version.prompt for one in page]
            before = page[-1].version.id
        assert seen == [f"fox {n}" for n in reversed(range(7))]

    @pytest.mark.parametrize("limit", [-1, 0, 2**70])
    async def test_a_page_of_an_odd_length_is_none_or_bounded(self, store: Store, shelf: Shelf, limit: int) -> None:
        await made(store)
        assert len(await shelf.search(viewer(), Wall.CHANNEL, limit=limit)) == int(limit > 0)

    async def test_before_something_unknown_there_is_nothing(self, store: Store, shelf: Shelf) -> None:
        await made(store)
        assert list(await shelf.search(viewer(), Wall.CHANNEL, before="' OR 1=1")) == []

    async def test_versions_without_pictures_are_not_listed(self, store: Store, shelf: Shelf) -> None:
        none = await made(store, images=())
        assert await found(shelf) == []
        assert not await shelf.may_see(viewer(), none.id)

    async def test_a_picked_picture_is_listed_only_where_it_is_starred(self, store: Store, shelf: Shelf) -> None:
        several = await made(store, "foxes", images=("ab", "cd"))
        pick = await store.branch(replace(several, id=new_id(), parent=several.id, kind=Kind.PICK, images=("cd",)))
        assert [one.version.id for one in await shelf.search(viewer(), Wall.CHANNEL)] == [several.id]
        assert [one.version.id for one in await shelf.search(viewer(), Wall.MINE, words="foxes")] == [several.id]
        assert await shelf.may_see(viewer(), pick.id)
        await shelf.star(viewer(), pick.id, on=True)
        assert [one.version.id for one in await shelf.search(viewer(), Wall.STARRED, words="fox")] == [pick.id]

    async def test_the_words_of_a_series_panels_are_found(self, store: Store, shelf: Shelf) -> None:
        await made(store, "a comic", panels=("a fox wakes up", "a fox sleeps"), kind=Kind.SERIES)
        assert await found(shelf, "comic sleeps") == ["a comic"]

    async def test_a_drawn_version_is_found_as_soon_as_it_is_kept(self, store: Store, shelf: Shelf) -> None:
        one = await made(store, "a fox")
        await store.branch(replace(one, id=new_id(), parent=one.id, kind=Kind.EDIT, images=("cd",), prompt="warmer"))
        assert await found(shelf, "warm") == ["warmer"]

    # ── Who sees what ───────────────────────────────────────────────────────────────────────────────────────────

    @pytest.mark.parametrize(
        "place",
        [THERE, OTHER_TEAM, OTHER_PLATFORM, replace(OTHER_TEAM, channel="C2")],
        ids=["another channel", "another workspace", "another platform", "another both"],
    )
    async def test_what_somebody_else_made_elsewhere_is_never_found(
        self, store: Store, shelf: Shelf, place: Place
    ) -> None:
        mine = await made(store, "my own fox")  # so that there are walls to look at
        await shelf.star(viewer(), mine.id, on=True)
        secret = await made(store, "a secret fox", by=replace(BOB, platform=place.platform), at=place)
        for wall in Wall:
            assert await found(shelf, "", wall) == ["my own fox"]
            assert await found(shelf, "fox", wall) == ["my own fox"]
            assert await found(shelf, "secret", wall) == []
        assert not await shelf.may_see(viewer(), secret.id)
        with pytest.raises(NotFound):
            await shelf.star(viewer(), secret.id, on=True)

    async def test_the_same_ids_on_another_platform_are_somebody_else(self, store: Store, shelf: Shelf) -> None:
        await made(store, "my own fox")
        theirs = await made(store, "a fox", by=ALICE_ON_DISCORD, at=OTHER_PLATFORM)
        for wall in (Wall.MINE, Wall.CHANNEL):
            assert await found(shelf, "", wall) == ["my own fox"]
            assert await found(shelf, "fox", wall) == ["my own fox"]
        assert not await shelf.may_see(viewer(), theirs.id)
        await shelf.star(viewer(ALICE_ON_DISCORD, OTHER_PLATFORM), theirs.id, on=True)
        assert await found(shelf, "", Wall.STARRED) == []
        assert await found(shelf, "", Wall.STARRED, viewer(ALICE_ON_DISCORD, OTHER_PLATFORM)) == ["a fox"]

    async def test_what_i_made_in_another_workspace_is_not_shown_in_this_one(self, store: Store, shelf: Shelf) -> None:
        mine = await made(store, "a fox", at=OTHER_TEAM)
        assert not await shelf.may_see(viewer(), mine.id)
        assert await shelf.may_see(viewer(ALICE, OTHER_TEAM), mine.id)

    async def test_a_channel_called_like_a_person_shows_nothing_of_them(self, store: Store, shelf: Shelf) -> None:
        await made(store, "a fox", by=BOB, at=THERE)
        for name in ("slack:U2", "person slack:U2", "U2"):
            assert await found(shelf, "", Wall.CHANNEL, viewer(ALICE, replace(HERE, channel=name))) == []

    async def test_a_star_is_one_persons_and_set_once(self, store: Store, shelf: Shelf) -> None:
        one = await made(store, by=BOB)
        await asyncio.gather(*(shelf.star(viewer(), one.id, on=True) for _ in range(5)))
        assert await shelf.stars(viewer(), one.thread) == {one.id}
        assert await shelf.stars(viewer(BOB), one.thread) == frozenset()
        assert await found(shelf, "", Wall.STARRED) == ["a fox"]
        assert await found(shelf, "", Wall.STARRED, viewer(BOB)) == []
        await shelf.star(viewer(), one.id, on=False)
        await shelf.star(viewer(), one.id, on=False)
        assert await shelf.stars(viewer(), one.thread) == frozenset()

    async def test_a_star_shows_only_from_where_the_picture_may_be_seen(self, store: Store, shelf: Shelf) -> None:
        bobs, mine = await made(store, "bob's", by=BOB), await made(store, "mine")
        for one in (bobs, mine):
            await shelf.star(viewer(), one.id, on=True)
        elsewhere = viewer(ALICE, THERE)
        assert await found(shelf, "", Wall.STARRED) == ["mine", "bob's"]
        assert await found(shelf, "", Wall.STARRED, elsewhere) == ["mine"]
        assert await shelf.stars(elsewhere, bobs.thread) == frozenset()
        with pytest.raises(NotFound):
            await shelf.star(elsewhere, bobs.id, on=False)

    async def test_nothing_unknown_is_seen_or_starred(self, store: Store, shelf: Shelf) -> None:
        assert not await shelf.may_see(viewer(), "nothing")
        assert await shelf.stars(viewer(), "nothing") == frozenset()
        with pytest.raises(NotFound):
            await shelf.star(viewer(), "nothing", on=True)

    async def test_a_version_leads_back_to_the_newest_message_that_shows_it(self, store: Store, shelf: Shelf) -> None:
        one, other = await made(store), await made(store)
        thread = await store.thread(one.thread)
        assert thread
        assert await shelf.where_shown(one.id) is None
        for message in ("m9", "m1", "m5"):
            await store.showed(one.id, Address(thread.place, message))
        assert await shelf.where_shown(one.id) == Address(thread.place, "m5")
        await store.showed(one.id, Address(thread.place, "m9"))
        assert await shelf.where_shown(one.id) == Address(thread.place, "m9"), "shown again"
        await store.showed(other.id, Address(thread.place, "m9"))
        assert await shelf.where_shown(one.id) == Address(thread.place, "m5"), "the message shows another one"
