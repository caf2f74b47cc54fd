"""The web chat over HTTP at awkward moments: a crash between keeping and hearing, people talking to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.web.requests import addresses
from bot.cards import Card
from bot.models import Action, Command, Message, Policy, User
from bot.ports import ChatPlatform, Doors
from tests.drivers.web import new_id, open_browser
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        yield house


class DyingHouse(TestHouse):
    """What is said is kept, and then the process ends before anybody heard it."""

    def studio(self, *platforms: ChatPlatform) -> Doors:
        return Unheard()


class Unheard:
    async def command(self, command: Command) -> None: ...

    async def message(self, message: Message) -> None: ...

    async def settings(self, user: User, workspace: str) -> Policy | None:
        return None

    async def ask(self, asked: Action | Command) -> Card | None:
        raise NotImplementedError

    async def action(self, action: Action) -> None: ...


def paid(house: TestHouse) -> int:
    provider = house.providers["openai"]
    assert isinstance(provider, FakeProvider)
    return provider.paid


async def test_words_sent_again_after_a_crash_still_bring_their_pictures(house: TestHouse) -> None:
    async with open_browser(house) as first:
        await first.imagine("a red fox")
        await first.settled()
        (root,) = await first.messages()
    cookies = first.people["alice"].cookie_jar
    body: dict[str, object] = {"id": new_id(), "thread": root["id"], "text": "like this one"}
    async with open_browser(DyingHouse(house.folder, house.store, house.providers, house.model)) as dying:
        dying.people["alice"] = aiohttp.ClientSession(cookie_jar=cookies)
        body["attachments"] = [(await dying.upload("me.png", png(30, 20)))["id"]]
        await dying.request("POST", "/api/say", json=body)
    async with open_browser(house) as after:
        after.people["alice"] = aiohttp.ClientSession(cookie_jar=cookies)
        status, _ = await after.request("POST", "/api/say", json=body)
        assert status == 200
        await after.settled()
    provider = house.providers["openai"]
    assert isinstance(provider, FakeProvider)
    assert len(provider.inputs[-1]) == 2, "the parent and the attached picture"


async def test_talking_to_somebody_in_a_thread_is_no_edit(house: TestHouse) -> None:
    async with open_browser(house) as driver:
        await driver.imagine("a red fox")
        await driver.settled()
        (root,) = await driver.messages()
        await driver.say("// looks odd to me", thread=root["id"], who="bob")
        await driver.say("@bob what do you think?", thread=root["id"])
        await driver.say("@everyone lunch?", thread=root["id"])
        await driver.settled()
    assert paid(house) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@ann what do you think?", True), ("@Ann", True), ("@ann, look", True), ("@everyone hi", True),
        ("@annabel top left", False), ("@logo top left", False), ("put it next to @ann", False), ("ann", False),
        ("@", False), ("@retouch make it night", False),
    ],
)  # fmt: skip
def test_only_people_who_are_here_are_addressed(text: str, found: bool) -> None:
    assert addresses(text, ["ann", "You", ""]) is found


@pytest.mark.parametrize("before", ["9" * 30, "-1", "x", "١٢"])
async def test_a_moment_that_cannot_be_is_refused_with_a_sentence(house: TestHouse, before: str) -> None:
    async with open_browser(house) as driver:
        status, answer = await driver.request("GET", "/api/history", params={"before": before})
    assert (status, answer["error"]) == (400, "There is no such moment.")


async def test_a_visit_gives_no_cookie_and_the_page_asks_for_one(house: TestHouse) -> None:
    """A SameSite=Strict cookie does not come along with a link from another site; a fresh one would replace it."""
    async with open_browser(house) as driver, aiohttp.ClientSession() as stranger:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        async with stranger.get(driver.url, headers=headers) as visit:
            assert (visit.status, dict(visit.cookies)) == (200, {})
        async with stranger.get(driver.url + "/api/me", headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            assert "retouch" in answer.cookies
