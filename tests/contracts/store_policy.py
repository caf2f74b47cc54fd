"""What every `Store` must do about changes of settings. A subclass gives `store`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import BadOption
from bot.models import Act, Policy
from bot.ports import Store

ACT = Act(1000, "T1", "slack:U1", "Alice", "policy.set", "blocked-terms")


def with_term(policy: Policy, term: str) -> Policy:
    return replace(policy, blocked_terms=(*policy.blocked_terms, term))


class PolicyContract:
    async def test_a_change_gives_the_settings_before_and_after(self, store: Store) -> None:
        before, after = await store.change_policy("T1", lambda policy: with_term(policy, "gore"))
        assert (before, after) == (Policy(), Policy(blocked_terms=("gore",)))
        assert await store.policy("T1") == after
        assert await store.policy("T2") == Policy()

    async def test_of_many_admins_at_the_same_moment_none_loses_a_change(self, store: Store) -> None:
        names = [f"term{number}" for number in range(20)]

        async def add(name: str) -> None:
            await store.change_policy("T1", lambda policy: with_term(policy, name))

        await asyncio.gather(*map(add, names))
        assert sorted((await store.policy("T1")).blocked_terms) == sorted(names)

    async def test_a_change_that_cannot_be_leaves_everything_and_writes_nothing(self, store: Store) -> None:
        def refuse(policy: Policy) -> Policy:
            raise BadOption("No.")

        with pytest.raises(BadOption):
            await store.change_policy("T1", refuse, lambda before, after: [ACT])
        assert await store.policy("T1") == Policy()
        assert await store.acts() == []

    async def test_the_lines_of_the_audit_are_written_with_it_or_the_change_is_not_made(self, store: Store) -> None:
        def fail(before: Policy, after: Policy) -> list[Act]:
            raise BadOption("No.")

        await store.change_policy("T1", lambda policy: with_term(policy, "a"), lambda before, after: [ACT, ACT])
        with pytest.raises(BadOption):
            await store.change_policy("T1", lambda policy: with_term(policy, "b"), fail)
        assert (await store.policy("T1")).blocked_terms == ("a",)
        assert len(await store.acts()) == 2
        assert not (await store.check_acts()).broken
