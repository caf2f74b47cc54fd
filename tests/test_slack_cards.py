"""Slack: what a card carries besides words and pictures: links, files to take away, and its own address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack import SlackPlatform
from adapters.slack.blocks import card_blocks
from bot.cards import Button, Card, CardFile, Link
from bot.errors import MessageGone, PlatformProblem
from bot.models import Address, Message, Place, User
from tests.drivers.slack import SlackDriver, links, open_slack_http
from tests.fakes.slack import CHANNEL, TEAM
from tests.test_slack import Doorkeeper

ALICE = User("slack", "UALICE", "alice")
HERE = Place("slack", TEAM, CHANNEL)
PAGE = "https://retouch.example/mask?key=a&b=<c>"


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors) as driver:
        yield driver


async def post(slack: SlackDriver, card: Card, place: Place = HERE) -> Address:
    return await slack.platform.post(place, card, reply_to=None, key="k")


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_is_a_button_that_opens_its_page(slack: SlackDriver) -> None:
    button = Button("Undo", "undo", "v-1")
    await post(slack, Card("v1", buttons=(button,), links=(Link("Paint", PAGE, "Paint where it may change"),)))
    (seen,) = await slack.seen()
    assert (seen.buttons, seen.links) == (("Undo",), (("Paint", PAGE),))


async def test_pressing_a_link_is_acknowledged_and_does_nothing(slack: SlackDriver, doors: Doorkeeper) -> None:
    address = await post(slack, Card("v1", links=(Link("Paint", PAGE),)))
    (row,) = [block for block in card_blocks(Card("v1", links=(Link("Paint", PAGE),))) if block["type"] == "actions"]
    await slack.interact(
        {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "UALICE", "team_id": TEAM}, "api_app_id": "A1",
         "channel": {"id": CHANNEL}, "message": {"ts": address.message}, "trigger_id": "t5",
         "container": {"type": "message", "message_ts": address.message, "channel_id": CHANNEL},
         "actions": [row["elements"][0] | {"action_ts": "5", "block_id": "b"}]}
    )  # fmt: skip
    await slack.imagine("a fox")
    (only,) = await doors.arrived(1)
    assert only.event_id.startswith("command:")
    assert slack.world.whispers == []


@pytest.mark.parametrize(
    "url",
    ["/thread/1", "//evil.example", "javascript:alert(1)", "ftp://x.example", "https://", "http://[", "",
     "https://x.example/a b", "https://x.example/\n", "https://x.example/" + "a" * 3000],
)  # fmt: skip
def test_an_address_slack_would_refuse_is_left_out(url: str) -> None:
    blocks = card_blocks(Card("v1", links=(Link("Bad", url), Link("Good", "http://127.0.0.1:8080/x"))))
    assert links({"blocks": blocks}) == (("Good", "http://127.0.0.1:8080/x"),)
    assert [block["type"] for block in card_blocks(Card("v1", links=(Link("Bad", url),)))] == ["rich_text"]


async def test_more_than_a_row_takes_becomes_a_second_row(slack: SlackDriver) -> None:
    many = tuple(Button(f"B{n}", "pick", f"v-{n}") for n in range(40))
    pages = tuple(Link(f"L{n}" * 50, f"https://x.example/{n}", "d" * 200) for n in range(40))
    card = Card("v1", buttons=many, links=pages)
    await post(slack, card)
    rows = [len(block["elements"]) for block in card_blocks(card) if block["type"] == "actions"]
    assert rows == [25, 25]


async def test_a_whisper_carries_links_too(slack: SlackDriver) -> None:
    asked = Message("e", replace(HERE, thread="8.0"), ALICE, "x", id="8.1")
    await slack.platform.whisper(asked, Card("Your gallery.", links=(Link("Open", PAGE),)))
    (seen,) = await slack.seen()
    assert (seen.private, seen.links) == (True, (("Open", PAGE),))


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def export(folder: Path, name: str = "pictures.zip", data: bytes = b"PK\x03\x04 zip") -> Card:
    path = folder / name
    path.write_bytes(data)
    return Card("Here are 3 pictures.", files=(CardFile(path, name, "application/zip"),))


async def test_a_file_follows_its_card_in_the_same_thread(slack: SlackDriver, tmp_path: Path) -> None:
    root = await post(slack, Card("v1"))
    await post(slack, export(tmp_path), root.place)
    _, card, file = await slack.seen()
    assert ("Here are 3 pictures." in card.text, card.in_thread) == (True, True)
    assert (file.files, file.in_thread) == ((("pictures.zip", b"PK\x03\x04 zip"),), True)


async def test_outside_a_thread_a_file_comes_under_its_card(slack: SlackDriver, tmp_path: Path) -> None:
    address = await post(slack, export(tmp_path))
    (call,) = slack.world.called("files.completeUploadExternal")
    assert (call["channel_id"], call["thread_ts"]) == (CHANNEL, address.message)


async def test_editing_a_card_twice_shares_its_file_once(slack: SlackDriver, tmp_path: Path) -> None:
    address = await post(slack, Card("Packing"))
    card = export(tmp_path)
    await slack.platform.edit(address, card)
    await slack.platform.edit(address, card)
    assert [one.files for one in await slack.seen() if one.files] == [(("pictures.zip", b"PK\x03\x04 zip"),)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("file_upload_size_restricted", "does not take a file that large; ask for fewer"),
        ("storage_limit_reached", "storage is full; ask an admin"),
        ("file_uploads_disabled", "does not allow such files; ask an admin"),
        ("file_uploads_except_images_disabled", "does not allow such files; ask an admin"),
    ],
)
async def test_a_file_slack_refuses_is_one_sentence_and_no_card_promises_it(
    slack: SlackDriver, tmp_path: Path, error: str, sentence: str
) -> None:
    slack.world.faults["files.getUploadURLExternal"] = [{"ok": False, "error": error}]
    with pytest.raises(PlatformProblem, match=sentence):
        await post(slack, export(tmp_path))
    assert await slack.seen() == []


async def test_a_file_that_vanished_is_one_sentence(slack: SlackDriver, tmp_path: Path) -> None:
    card = export(tmp_path)
    card.files[0].path.unlink()
    with pytest.raises(PlatformProblem, match="no longer kept here; ask for it again"):
        await post(slack, card)


async def test_a_thread_deleted_before_the_file_comes_is_told_apart(slack: SlackDriver, tmp_path: Path) -> None:
    slack.world.faults["files.completeUploadExternal"] = [{"ok": False, "error": "thread_not_found"}]
    with pytest.raises(MessageGone):
        await post(slack, export(tmp_path))


# ── its own address ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_has_an_address_that_is_asked_for_once(slack: SlackDriver) -> None:
    address = await post(slack, Card("v1"))
    first, second = [await slack.platform.permalink(address) for _ in range(2)]
    assert first == second
    assert first.endswith(f"/archives/{CHANNEL}/p{address.message.replace('.', '')}")
    assert len(slack.world.called("chat.getPermalink")) == 1


async def test_an_address_slack_does_not_tell_is_empty_and_asked_for_again(slack: SlackDriver) -> None:
    address = await post(slack, Card("v1"))
    errors = ("message_not_found", "internal_error", "missing_scope")
    slack.world.faults["chat.getPermalink"] = [{"ok": False, "error": error} for error in errors] + [{"ok": True}]
    assert [await slack.platform.permalink(address) for _ in range(4)] == [""] * 4
    assert await slack.platform.permalink(address) != ""


async def test_the_address_of_no_message_is_empty(slack: SlackDriver) -> None:
    assert await slack.platform.permalink(Address(replace(HERE, channel="<!here>"), "../x")) == ""


async def test_while_not_connected_there_is_no_address() -> None:
    async with asyncio.timeout(5):
        platform = SlackPlatform(bot_token="x", signing_secret="y")
        assert await platform.permalink(Address(HERE, "1.0")) == ""
