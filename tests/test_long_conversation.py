"""Two people, thirty steps, every chat: the story of `long_conversation`, and the same tree at its end everywhere."""

from __future__ import annotations

import hashlib
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.ports import By
from tests.drivers.people import People
from tests.fakes.painter import Painter
from tests.harness import open_test_house
from tests.long_conversation import PAID, STEPS, TREE, row_of
from tests.test_conversation import CHATS


@pytest.mark.parametrize("chat", CHATS)
async def test_a_long_conversation_gives_the_same_tree_everywhere(chat: str, tmp_path: Path) -> None:
    provider = Painter()
    async with (
        AsyncExitStack() as stack,
        open_test_house(tmp_path, provider, model="gpt-image-2") as house,
        CHATS[chat](house) as driver,
    ):
        people = People(driver, house, provider, stack)
        for number, step in enumerate(STEPS, start=1):
            try:
                await step.act(people)
            except BaseException as error:
                error.add_note(f"{chat}, step {number} of {len(STEPS)}: {step.sentence}.")
                raise
        await check_the_tree(people)
        await check_the_pictures(people)
        await check_the_books(people)


async def check_the_tree(people: People) -> None:
    versions = await people.versions()
    numbers = {one.id: one.number for one in versions}
    assert [row_of(one, numbers) for one in versions] == TREE
    assert await people.head() == 2


async def check_the_pictures(people: People) -> None:
    """Every file is what its name says, and what the image service sent is kept as it came."""
    for version in await people.versions():
        along = [one.asset for one in version.references]
        masks = [version.mask] if version.mask else []
        for asset in (*version.images, *version.originals, *along, *masks):
            assert hashlib.sha256(await people.bytes_of(asset)).hexdigest() == asset
        assert {*(version.originals or version.images)} <= people.provider.painted


async def check_the_books(people: People) -> None:
    """Each picture that was paid for is in the books, once."""
    rows = await people.house.store.tallies(By.PERSON, since=0, until=2**60)
    paid = sum(version.cost for version in await people.versions())
    assert (sum(row.images for row in rows), people.provider.paid) == (PAID, PAID)
    assert (sum(row.cost for row in rows), sum(row.unknown_cost for row in rows)) == (paid, 0)
    assert sorted(row.name for row in rows) == ["alice", "bob"]
