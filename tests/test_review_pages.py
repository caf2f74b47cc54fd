"""What waits for a moderator, or was removed, is on no page: neither listed, nor drawn, nor behind a link."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.links import Grant, Page
from bot.models import Act, Reference, Standing, Version
from bot.studio.privacy import write_mine
from tests.drivers.pages import ANN, HERE, Shelves, open_shelves
from tests.drivers.web import open_browser
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.moderators import REVIEWED, before_moderators, with_policy
from tests.talk import ALICE, CHANNEL, Talk
from tests.test_pages_gallery import Browser

ACT = Act(1, "T1", "slack:U9", "Carol", "remove")


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Shelves]:
    async with open_shelves(tmp_path) as shelves:
        yield shelves


@pytest.fixture
async def browser(shelves: Shelves) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(shelves.app)) as client:
        yield Browser(client)


async def removed(shelves: Shelves, version: Version) -> None:
    """A moderator took it away."""
    await shelves.store.reviews.remove(version.id, ACT, reason="no")
    await shelves.store.reviews.erase(version.id)


async def test_a_waiting_picture_is_a_place_in_the_tree_and_nothing_else(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox")
    second = await shelves.version("a wolf", parent=first, standing=Standing.WAITING)
    assert await browser.wall(shelves.gallery()) == ["a fox"]
    link = shelves.thread(first)
    _, told = await browser.get(f"{link}/tree")
    assert [(one["number"], one["hidden"]) for one in told["versions"]] == [("v1", False), ("v2", True)]
    assert "wolf" not in str(told)
    for path in (f"thumb/{second.id}/1", f"picture/{second.id}/1"):
        assert (await browser.bytes_of(f"{link}/{path}"))[0] == 404
    assert (await browser.get(f"{link}/version/{second.id}"))[0] == 404


async def test_a_removed_picture_leaves_the_pages_that_showed_it(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox")
    second = await shelves.version("a wolf", parent=first)
    link, gallery = shelves.thread(first), shelves.gallery()
    assert (await browser.bytes_of(f"{link}/thumb/{first.id}/1"))[0] == 200
    await browser.star(gallery, first.id)
    await removed(shelves, first)
    assert await browser.wall(gallery) == ["a wolf"]
    assert await browser.wall(gallery, "starred") == []
    assert await browser.wall(gallery, words="fox") == []
    for path in (f"thumb/{first.id}/1", f"picture/{first.id}/1"):
        assert (await browser.bytes_of(f"{link}/{path}"))[0] == 404
    _, told = await browser.get(f"{link}/tree")
    assert [(one["number"], one["hidden"]) for one in told["versions"]] == [("v1", True), ("v2", False)]
    assert (await browser.bytes_of(f"{link}/picture/{second.id}/1"))[0] == 200


async def test_a_reference_that_was_removed_is_not_shown_beside_what_was_made_with_it(
    shelves: Shelves, browser: Browser
) -> None:
    first = await shelves.version("a fox")
    second = await shelves.version("a wolf", parent=first, references=(Reference(first.images[0], "#1"),))
    link = shelves.thread(first)
    assert (await browser.bytes_of(f"{link}/reference/{second.id}/1"))[0] == 200
    await removed(shelves, first)
    assert (await browser.bytes_of(f"{link}/reference/{second.id}/1"))[0] == 404


async def test_a_zip_made_before_has_it_no_more(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox")
    await shelves.version("a wolf", parent=first)
    alone, both = (
        shelves.links.make(Page.EXPORT, Grant(ANN, HERE, target, more="[[], []]"))
        for target in (first.id, first.thread)
    )
    before = await browser.bytes_of(both)
    assert (await browser.bytes_of(alone))[0] == before[0] == 200
    await removed(shelves, first)
    assert (await browser.bytes_of(alone))[0] == 400
    status, _, after = await browser.bytes_of(both)
    assert status == 200
    assert len(after) < len(before[2])
    assert b"v2-a-wolf" in after
    assert b"a-fox" not in after


async def test_a_link_to_paint_on_it_opens_nothing(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox")
    link = shelves.links.make(Page.MASK, Grant(ANN, HERE, first.id, 1))
    assert (await browser.bytes_of(f"{link}/picture"))[0] == 200
    await removed(shelves, first)
    assert (await browser.bytes_of(f"{link}/picture"))[0] == 404


async def test_a_browser_asks_again_before_it_shows_what_it_kept(shelves: Shelves, browser: Browser) -> None:
    first = await shelves.version("a fox")
    address = f"{shelves.thread(first)}/picture/{first.id}/1"
    async with browser.client.get(address) as answer:
        assert answer.headers["Cache-Control"] == "private, no-cache"
        known = {"If-None-Match": answer.headers["ETag"]}
    async with browser.client.get(address, headers=known) as answer:
        assert answer.status == 304, "asking is cheap"
    await removed(shelves, first)
    async with browser.client.get(address, headers=known) as answer:
        assert answer.status == 404


async def test_the_web_chat_asks_again_too(tmp_path: Path) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_browser(house) as alice:
        await alice.say("/imagine a red fox")
        async with asyncio.timeout(20):
            while not (files := [path.stem for path in tmp_path.glob("blobs/*/*/*") if path.is_file()]):
                await asyncio.sleep(0.02)
            while not await house.store.asset(files[0]):  # the file is there before the store knows of it
                await asyncio.sleep(0.02)
        session = await alice.session("alice")
        for path in (f"/files/{files[0]}", f"/thumbs/{files[0]}"):
            async with session.get(alice.url + path) as answer:
                assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-cache")
                known = {"If-None-Match": answer.headers["ETag"]}
            async with session.get(alice.url + path, headers=known) as answer:
                assert answer.status == 304


async def test_what_waits_is_not_in_what_somebody_takes_along(tmp_path: Path) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        chat = FakeChat()
        talk = Talk(house, chat, FakeProvider(), house.studio(chat))
        await with_policy(talk, REVIEWED)
        await talk.imagine("a red fox")
        await before_moderators(talk)
        out = tmp_path / "mine.zip"
        await write_mine(house.store, house.store.privacy, CHANNEL, ALICE, out)
        with zipfile.ZipFile(out) as archive:
            assert archive.namelist() == ["mine.json"]
            told = json.loads(archive.read("mine.json"))
        (version,) = told["versions"]
        assert version["words"] == "a red fox"
        assert version["pictures"] == [], "its id opens it in the web chat"
