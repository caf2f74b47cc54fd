"""What every `Store` must do about people's conduct. A subclass gives `store`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import Refused
from bot.models import Ban, Conduct, Policy
from bot.ports import Store
from tests.contracts.store import ALICE, BOB


class ConductContract:
    """Every test takes `store`."""

    async def test_somebody_who_was_never_refused_has_a_clean_slate(self, store: Store) -> None:
        assert await store.conduct("T1", ALICE) == Conduct()

    async def test_it_is_kept_for_each_person_in_each_workspace(self, store: Store) -> None:
        noted = await store.change_conduct("T1", ALICE, lambda before: replace(before, refused=2, event="e"))
        assert noted == await store.conduct("T1", ALICE) == Conduct(2, event="e")
        for workspace, user in (("T2", ALICE), ("T1", BOB), ("T1", replace(ALICE, platform="other"))):
            assert await store.conduct(workspace, user) == Conduct()

    async def test_changes_at_the_same_moment_all_count(self, store: Store) -> None:
        def one_more(before: Conduct) -> Conduct:
            return replace(before, refused=before.refused + 1)

        await asyncio.gather(*(store.change_conduct("T1", ALICE, one_more) for _ in range(20)))
        assert (await store.conduct("T1", ALICE)).refused == 20

    async def test_somebody_s_bans_are_known_across_workspaces(self, store: Store) -> None:
        mine, other = Ban("user:U1", 5, "Rude", "x"), Ban("user:U11", None, "", "x")
        await store.set_policy("T1", Policy(bans=(other, mine)))
        await store.set_policy("T2", Policy(bans=(mine,), denied=("user:U1",)))
        assert list(await store.bans("user:U1")) == [mine, mine]
        assert list(await store.bans("user:U2")) == []

    async def test_a_rule_that_refuses_changes_nothing(self, store: Store) -> None:
        await store.change_conduct("T1", ALICE, lambda _: Conduct(1))

        def no(_: Conduct) -> Conduct:
            raise Refused("No.")

        with pytest.raises(Refused):
            await store.change_conduct("T1", ALICE, no)
        assert await store.conduct("T1", ALICE) == Conduct(1)
