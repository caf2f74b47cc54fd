"""The web chat as a place for admins, moderators and privacy: whispers with buttons, channels that not all may read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cards import Button, Card
from bot.models import Command, Place, Policy, User
from bot.ports import Said
from tests.contracts.chat import Seen
from tests.drivers.web import WebDriver, new_id, open_browser
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house
from tests.test_web import read_feed

GONE = {"error": "This button is not there any more. Reload the page."}
CLOSED = {"error": "This channel is not open to you. Go back to #general."}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        yield house


@pytest.fixture
async def alice(house: TestHouse) -> AsyncIterator[WebDriver]:
    """At this machine: everybody is an admin."""
    async with open_browser(house) as driver:
        yield driver


@pytest.fixture
async def team(house: TestHouse) -> AsyncIterator[WebDriver]:
    """Behind a proxy: nobody is an admin; carol is a moderator, and what is made waits for review."""
    async with open_browser(house, names=("team.example",)) as driver:
        carol = (await driver.get("/api/me", who="carol"))["user"]
        policy = Policy(review=True, review_channel="review", report_channel="reports", admin_channel="admins",
                        moderators=(f"user:{carol}",))  # fmt: skip
        await house.store.set_policy("local", policy)
        yield driver


async def user_of(driver: WebDriver, who: str) -> User:
    me = await driver.get("/api/me", who=who)
    return User("web", me["user"], me["name"])


async def press_whisper(
    driver: WebDriver, whisper: dict[str, Any], *, who: str = "alice", text: str = ""
) -> tuple[int, Any]:
    button = whisper["card"]["buttons"][0]["id"]
    body = {"id": new_id(), "button": button, "message": whisper["id"], "text": text}
    return await driver.request("POST", "/api/act", json=body, who=who)


# ── whispers with buttons ────────────────────────────────────────────────────────────────────────────────────────


async def ask_to_delete(alice: WebDriver) -> Seen:
    await alice.imagine("a red fox")
    await alice.seen()
    await alice.run("privacy", "delete mine")
    return (await alice.seen())[-1]


async def test_what_is_mine_is_deleted_by_the_button_of_a_whisper(alice: WebDriver) -> None:
    asked = await ask_to_delete(alice)
    assert asked.private
    assert asked.buttons == ("Delete mine",)
    await alice.press(asked, "Delete mine", text="yes")
    answers = [one for one in await alice.seen() if one.private]
    assert [one.text.partition(",")[0] for one in answers] == ["Deleted: your words"]
    assert "This picture was deleted by the person who made it." in (await alice.seen())[0].text


async def test_the_form_of_a_whisper_asks_again_unless_it_says_yes(alice: WebDriver) -> None:
    await alice.press(await ask_to_delete(alice), "Delete mine", text="maybe")
    (again,) = [one for one in await alice.seen() if one.private]
    assert again.buttons == ("Delete mine",)
    assert (await alice.seen())[0].images


async def test_a_whisper_s_button_works_once(alice: WebDriver) -> None:
    await ask_to_delete(alice)
    (whisper,) = await alice.whispers()
    results = await asyncio.gather(*(press_whisper(alice, whisper) for _ in range(5)))
    assert sorted(status for status, _ in results) == [200, 404, 404, 404, 404]
    assert GONE in [body for _, body in results]
    await alice.settled()
    assert len(await alice.whispers()) == 1, "one answer"


async def test_nobody_else_can_press_a_whisper_s_button(alice: WebDriver) -> None:
    await ask_to_delete(alice)
    (whisper,) = await alice.whispers()
    assert await press_whisper(alice, whisper, who="bob", text="yes") == (404, GONE)
    assert (await alice.seen())[0].images


async def test_a_button_that_a_whisper_never_had_is_refused(alice: WebDriver) -> None:
    await ask_to_delete(alice)
    (whisper,) = await alice.whispers()
    body = {"id": new_id(), "button": "v1:approve:abc", "message": whisper["id"]}
    assert await alice.request("POST", "/api/act", json=body) == (404, GONE)
    assert len(await alice.whispers()) == 1


async def test_a_whispered_picture_stays_when_its_buttons_are_spent(alice: WebDriver, house: TestHouse) -> None:
    await alice.imagine("a red fox")
    await alice.seen()
    said = (await house.transcript.channel("general"))[0]
    assert said.card
    asked = Command(new_id(), Place("web", "local", "general"), await user_of(alice, "alice"), "show")
    buttons = (Button("Show prompt", "prompt", said.card.buttons[0].target),)
    await alice.platform.whisper(asked, replace(said.card, buttons=buttons))
    shown = next(one for one in await alice.seen() if one.private)
    assert (shown.images, shown.buttons) == ((png(colour=(16, 80, 160)),), ("Show prompt",))
    await alice.press(shown, "Show prompt")
    spent, answer = [one for one in await alice.seen() if one.private]
    assert (spent.images, spent.buttons) == (shown.images, ())
    assert "This was sent for v1." in answer.text


async def test_a_spent_whisper_goes_from_every_page_of_its_person(alice: WebDriver) -> None:
    await ask_to_delete(alice)
    (whisper,) = await alice.whispers()
    told: list[dict[str, Any]] = []
    reader = asyncio.create_task(read_feed(alice, "alice", told))
    while reader.get_name() != "open":
        await asyncio.sleep(0.01)
    await press_whisper(alice, whisper)
    while len(told) < 2:
        await asyncio.sleep(0.01)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    assert (told[0]["type"], told[0]["id"]) == ("dismissed", whisper["id"])


# ── pictures that are hidden until they are clicked ──────────────────────────────────────────────────────────────


async def test_the_page_is_told_which_pictures_to_hide_and_shows_no_thumbnail_of_them(
    alice: WebDriver, house: TestHouse
) -> None:
    await alice.imagine("a red fox")
    await alice.reply("make it night")
    await alice.seen()
    assert (await alice.messages())[0]["newest"]
    await house.store.set_policy("local", Policy(spoiler=True))
    await alice.reply("make it day")
    await alice.seen()
    replies = (await alice.messages())[1:]
    assert [one["card"]["spoiler"] for one in replies if one["card"]] == [False, True]
    await alice.imagine("an owl")
    await alice.seen()
    owl = [one for one in await alice.messages() if one["thread"] is None][-1]
    assert (owl["card"]["spoiler"], owl["newest"]) == (True, None)


# ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_channels_with_messages_are_listed_the_common_one_first(alice: WebDriver, house: TestHouse) -> None:
    assert (await alice.get("/api/history"))["channels"] == ["general"]
    for name in ("zoo", "art", "art"):
        await house.transcript.say(Said(new_id(), name, None, "u", "Ann", at=1, text="hello"))
    assert (await alice.get("/api/history"))["channels"] == ["general", "art", "zoo"]


async def test_a_channel_that_is_set_is_linked_and_has_its_first_words(alice: WebDriver) -> None:
    await alice.run("admin", "set review-channel review")
    (answer,) = await whispers_when_settled(alice)
    assert answer["card"]["live"]["body"][-1] == {"words": "review", "channel": "review"}
    there = await alice.get("/api/history", channel="review")
    assert there["messages"][0]["card"]["title"] == "Pictures that wait for approval will appear here."
    assert there["channels"] == ["general", "review"]


async def whispers_when_settled(driver: WebDriver) -> list[dict[str, Any]]:
    await driver.settled()
    return await driver.whispers()


async def test_members_cannot_look_into_the_moderators_channels(team: WebDriver) -> None:
    told: dict[str, list[dict[str, Any]]] = {"bob": [], "carol": []}
    readers = [asyncio.create_task(read_feed(team, who, told[who])) for who in told]
    while not all(reader.get_name() == "open" for reader in readers):
        await asyncio.sleep(0.01)
    await team.imagine("a red fox", who="bob")
    await team.settled("bob")
    while not any(one["channel"] == "review" for one in told["carol"]):
        await asyncio.sleep(0.01)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert {one["channel"] for one in told["bob"]} == {"general"}

    card = (await team.get("/api/history", who="carol", channel="review"))["messages"][-1]
    assert card["card"]["images"]
    approve = {"id": new_id(), "button": card["card"]["buttons"][0]["id"], "message": card["id"]}
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/history", {"params": {"channel": "review"}}),
        ("GET", "/api/history", {"params": {"channel": "admins"}}),
        ("GET", "/api/thread", {"params": {"thread": card["id"]}}),
        ("POST", "/api/act", {"json": approve}),
        ("POST", "/api/say", {"json": {"id": new_id(), "channel": "review", "text": "hello"}}),
        ("POST", "/api/say", {"json": {"id": new_id(), "channel": "review", "text": "hi", "thread": card["id"]}}),
        ("POST", "/api/link", {"json": {"page": "gallery", "channel": "review"}}),
    ]  # fmt: skip
    assert (await team.get("/api/history", who="bob"))["channels"] == ["general"]
    for method, path, how in tries[:-1]:
        assert await team.request(method, path, who="bob", **how) == (404, CLOSED), path
    assert (await team.request("POST", "/api/link", who="bob", **tries[-1][2]))[0] == 404
    assert await team.request("POST", "/api/act", who="carol", json=approve) == (200, {"ok": True})


async def test_what_is_said_in_a_place_of_ones_own_nobody_else_sees_not_even_admins(alice: WebDriver) -> None:
    own = await user_of(alice, "alice")
    await alice.session("bob")
    await alice.platform.post(Place("web", "local", own.id), Card("For you."), reply_to=None, key=new_id())
    mine = await alice.get("/api/history", channel=own.id)
    assert [one["card"]["title"] for one in mine["messages"]] == ["For you."]
    assert mine["channels"] == ["general", own.id]
    assert await alice.request("GET", "/api/history", params={"channel": own.id}, who="bob") == (404, CLOSED)
    assert (await alice.get("/api/history", who="bob"))["channels"] == ["general"]


async def test_general_stays_open_whatever_it_is_used_for(team: WebDriver, house: TestHouse) -> None:
    await house.store.set_policy("local", Policy(review=True, review_channel="general"))
    assert (await team.get("/api/history", who="bob"))["messages"] == []


async def test_a_channel_that_cannot_be_is_explained(alice: WebDriver) -> None:
    status, body = await alice.request("GET", "/api/history", params={"channel": "No Such"})
    assert status == 400
    assert (
        body["error"]
        == "There is no such channel: names are of small letters, digits and hyphens. Go back to #general."
    )


async def test_who_gave_no_name_is_a_guest_to_everybody(alice: WebDriver, house: TestHouse) -> None:
    await alice.imagine("a red fox")
    session = await alice.session("alice")
    session.cookie_jar.clear(lambda cookie: cookie.key == "retouch_name")
    assert (await alice.get("/api/me"))["name"] == "Guest"


async def test_people_are_named_on_cards_once_they_were_here(alice: WebDriver) -> None:
    bob = (await alice.get("/api/me", who="bob"))["user"]
    await alice.say("hello", who="bob")
    await alice.run("admin", "ban @bob 2 days: floods")
    (answer,) = await whispers_when_settled(alice)
    assert {"words": f"user:{bob}", "person": "@bob"} in answer["card"]["live"]["title"]


async def test_nobody_can_take_the_place_of_a_card_for_the_moderators(team: WebDriver, house: TestHouse) -> None:
    """A message's id is made by who sends it: one like the report's own would keep it from being posted."""
    await house.store.set_policy("local", replace(await house.store.policy("local"), review=False))
    await team.imagine("a red fox", who="bob")
    await team.settled("bob")
    card = (await team.messages("bob"))[-1]
    report = next(one["id"] for one in card["card"]["buttons"] if one["id"].startswith("v1:report:"))
    taken = {"id": f"report-{report.removeprefix('v1:report:')}", "text": "first!"}
    assert (await team.request("POST", "/api/say", json=taken, who="bob"))[0] == 400
    body = {"id": new_id(), "button": report, "message": card["id"], "text": "rude"}
    assert await team.request("POST", "/api/act", json=body, who="alice") == (200, {"ok": True})
    await team.settled("alice")
    told = await team.get("/api/history", who="carol", channel="reports")
    assert [one["card"]["title"] for one in told["messages"]] == ["A picture by bob was reported by alice."]
