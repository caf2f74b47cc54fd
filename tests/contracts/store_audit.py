"""What every `Store` must do about the audit and usage reports. A subclass gives `store`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.models import Act
from bot.ports import Store

ACT = Act(1000, "T1", "slack:U1", "Alice", "policy.set", "moderation", "auto", "low")


async def names(store: Store, **more: object) -> list[str]:
    """The targets of the lines that are found."""
    return [one.target for one in await store.acts(**more)]  # type: ignore[arg-type]


class AuditContract:
    async def test_a_line_comes_back_as_it_was_and_chained(self, store: Store) -> None:
        first = await store.record(ACT)
        second = await store.record(replace(ACT, at=2000, target="previews"))
        assert replace(first, id=0, hash="") == ACT
        assert (first.id, second.id) == (1, 2)
        assert second.previous == first.hash
        assert list(await store.acts()) == [first, second]

    async def test_words_come_back_as_they_were_and_only_a_digest_is_chained(self, store: Store) -> None:
        first = await store.record(replace(ACT, words="a fox\n🦊", channel="C1", roles="R1 R2"))
        second = await store.record(replace(ACT, words="a fox\n🦊"))
        third = await store.record(ACT)
        assert list(await store.acts()) == [first, second, third]
        assert (first.words, first.channel, first.roles) == ("a fox\n🦊", "C1", "R1 R2")
        assert first.digest != second.digest, "equal words cannot be told from each other"
        assert third.digest == ""
        assert (await store.check_acts()).let_go == 0

    async def test_equal_acts_are_lines_of_their_own(self, store: Store) -> None:
        lines = [await store.record(ACT) for _ in range(3)]
        assert len({one.hash for one in lines}) == 3
        assert (await store.check_acts()).lines == 3

    async def test_lines_are_found_by_workspace_person_sort_and_time(self, store: Store) -> None:
        await store.record(replace(ACT, target="a"))
        await store.record(replace(ACT, target="b", workspace="T2", at=2000))
        await store.record(replace(ACT, target="c", who="slack:U2", what="policy", at=3000))
        await store.record(replace(ACT, target="d", what="policies", at=4000))
        assert await names(store, workspace="T1") == ["a", "c", "d"]
        assert await names(store, workspace="T3") == []
        assert await names(store, who="slack:U2") == ["c"]
        assert await names(store, what="policy") == ["a", "b", "c"], "a sort, or a sort and what is more exact"
        assert await names(store, what="policy.set") == ["a", "b"]
        assert await names(store, what="pol%") == []
        assert await names(store, since=3000) == ["c", "d"]
        assert await names(store, workspace="T1", what="policy", since=2000) == ["c"]

    async def test_lines_are_read_in_pages_or_from_the_end(self, store: Store) -> None:
        for target in "abcde":
            await store.record(replace(ACT, target=target))
        assert await names(store, limit=2) == ["a", "b"]
        assert await names(store, limit=2, after=2) == ["c", "d"]
        assert await names(store, limit=2, newest_first=True) == ["e", "d"]

    async def test_a_hundred_at_once_make_one_chain(self, store: Store) -> None:
        await asyncio.gather(*(store.record(replace(ACT, target=str(one))) for one in range(100)))
        found = await store.check_acts()
        assert (found.lines, found.broken) == (100, 0)
        assert sorted(await names(store), key=int) == [str(one) for one in range(100)]

    async def test_what_no_database_keeps_is_replaced_and_what_is_too_long_is_cut(self, store: Store) -> None:
        odd = replace(ACT, who_name="\ud83d\0‮🦊", before="x" * 1_000_000, target="y" * 1000)
        line = await store.record(odd)
        assert line.who_name == "?�‮🦊"
        assert len(line.before) == 2000
        assert len(line.target) == 200
        assert line.before.endswith("…")
        assert list(await store.acts()) == [line]
        assert not (await store.check_acts()).broken

    async def test_an_empty_audit_holds(self, store: Store) -> None:
        found = await store.check_acts()
        assert (found.lines, found.head, found.broken) == (0, "", 0)

    async def test_a_noted_hash_is_found_as_long_as_its_line_is_there(self, store: Store) -> None:
        first = await store.record(ACT)
        await store.record(ACT)
        assert not (await store.check_acts(expect=first.hash)).broken
        found = await store.check_acts(expect="0" * 64)
        assert (found.broken, found.lines, found.cut) == (0, 2, True)
