"""The web chat over HTTP: what people get, and what other web pages don't."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from adapters.web import health_app
from adapters.web.files import PAGE
from adapters.web.requests import slash, without_mention
from adapters.web.server import serve
from bot.cards import Card, CardImage, Tone
from bot.errors import SetupProblem
from bot.models import Address, Place, new_id
from tests.drivers.web import WebDriver, new_platform, open_browser
from tests.drivers.web import new_id as request_id
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        yield house


@pytest.fixture
async def alice(house: TestHouse) -> AsyncIterator[WebDriver]:
    async with open_browser(house) as driver:
        yield driver


def fake(house: TestHouse) -> FakeProvider:
    provider = house.providers["openai"]
    assert isinstance(provider, FakeProvider)
    return provider


# ── talking ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_imagine_posts_one_card_that_says_who_asked(alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    (card,) = await alice.seen()
    assert "a red fox" in card.text
    assert len(card.images) == 1
    (message,) = await alice.messages()
    assert (message["name"], message["text"], message["thread"]) == ("alice", "", None)


async def test_a_reply_in_the_thread_edits_the_picture(alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    await alice.reply("make it night")
    first, second = await alice.seen()
    assert second.in_thread
    assert first.images != second.images
    root = (await alice.messages())[0]
    assert root["replies"] == 2
    assert root["newest"].startswith("/thumbs/")


async def test_a_mention_is_answered_in_its_own_thread(alice: WebDriver) -> None:
    await alice.mention("a red fox")
    (card,) = await alice.seen()
    assert card.in_thread
    root, reply = await alice.messages()
    assert root["text"] == "@retouch a red fox"
    assert reply["thread"] == root["id"]


async def test_plain_words_in_the_channel_are_kept_and_gently_answered(alice: WebDriver) -> None:
    await alice.say("good morning")
    (hint,) = await alice.seen()
    assert hint.private
    assert "/imagine" in hint.text
    (whisper,) = await alice.whispers()
    assert whisper["suggest"] == "/imagine good morning"
    assert [one["text"] for one in await alice.messages("bob")] == ["good morning"]


async def test_a_refusal_is_for_the_asker_alone(alice: WebDriver) -> None:
    await alice.imagine("a fox --quality ultra")
    (refusal,) = await alice.seen()
    assert refusal.private
    assert "Nothing was charged." in refusal.text
    assert await alice.seen("bob") == []


async def test_a_dismissed_whisper_stays_away_and_nobody_else_can_dismiss_it(alice: WebDriver) -> None:
    await alice.say("/dance")
    (whisper,) = await alice.seen()
    await alice.request("POST", "/api/dismiss", json={"id": whisper.id}, who="bob")
    assert len(await alice.seen()) == 1
    await alice.request("POST", "/api/dismiss", json={"id": whisper.id})
    assert await alice.seen() == []


async def test_an_unknown_command_names_those_there_are(alice: WebDriver) -> None:
    await alice.say("/dance now")
    (answer,) = await alice.seen()
    assert "There is no /dance here." in answer.text
    assert await alice.messages() == []


async def test_help_is_whispered(alice: WebDriver) -> None:
    await alice.say("/help")
    (answer,) = await alice.seen()
    assert answer.private
    assert "--ar" in answer.text


async def test_sending_the_same_words_twice_is_harmless(house: TestHouse, alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    await alice.again()
    await alice.reply("make it night")
    await alice.again()
    assert len(await alice.seen()) == 2
    assert fake(house).paid == 2


async def test_nobody_can_take_over_a_message_of_somebody_else(alice: WebDriver) -> None:
    message_id = await alice.say("good morning")
    body = {"id": message_id, "text": "something else"}
    status, _ = await alice.request("POST", "/api/say", json=body, who="bob")
    assert status == 400
    assert (await alice.messages())[0]["text"] == "good morning"


async def test_undo_shows_the_picture_before(alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    await alice.reply("make it night")
    first, second = await alice.seen()
    await alice.press(second, "Undo")
    assert (await alice.seen())[-1].images == first.images


async def test_a_whisper_after_a_button_appears_where_it_was_pressed(alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    (card,) = await alice.seen()
    button = next(one for one in (await alice.messages())[0]["card"]["buttons"] if one["label"] == "Edit")
    for spot in (None, card.id):
        body = {"id": request_id(), "button": button["id"], "message": card.id, "text": "", "seen_in": spot}
        await alice.request("POST", "/api/act", json=body)
        await alice.settled()
        assert (await alice.whispers())[-1]["thread"] == spot


async def test_a_button_nobody_made_is_refused_in_one_sentence(alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    (card,) = await alice.seen()
    body = {"id": request_id(), "button": "v9:boom", "message": card.id}
    status, answer = await alice.request("POST", "/api/act", json=body)
    assert (status, answer) == (404, {"error": "This button is not there any more. Reload the page."})


@pytest.mark.parametrize("body", [
    {}, {"id": "short", "text": "x"}, {"id": "a" * 24}, {"id": "a" * 24, "text": ["x"]},
    {"id": "a" * 24, "text": "x", "channel": "../etc"}, {"id": "a" * 24, "text": "x", "attachments": "all"},
    {"id": "a" * 24, "text": "x", "attachments": ["nobody-has-this"]}, {"id": "a" * 24, "text": "x" * 40_001}, [1],
])  # fmt: skip
async def test_a_garbled_message_is_refused_with_a_sentence(alice: WebDriver, body: Any) -> None:
    status, answer = await alice.request("POST", "/api/say", json=body)
    assert status == 400
    assert answer["error"].endswith(".")
    assert await alice.messages() == []


async def test_a_reply_in_a_thread_that_does_not_exist_is_refused(alice: WebDriver) -> None:
    body = {"id": request_id(), "text": "x", "thread": "a" * 20}
    status, answer = await alice.request("POST", "/api/say", json=body)
    assert (status, answer["error"]) == (404, "This thread is not here any more.")


async def test_a_name_is_kept_in_the_browser_and_is_one_short_line(alice: WebDriver) -> None:
    await alice.request("POST", "/api/me", json={"name": "  Zoë\n<b> " + "x" * 90})
    assert (await alice.get("/api/me"))["name"] == "Zoë <b> " + "x" * 32
    status, _ = await alice.request("POST", "/api/me", json={"name": " \n "})
    assert status == 400


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_original_bytes_are_what_one_downloads(house: TestHouse, alice: WebDriver) -> None:
    await alice.imagine("a red fox")
    (card,) = await alice.seen()
    assert card.images == (png(colour=(16, 80, 160)),)
    image = (await alice.messages())[0]["card"]["images"][0]
    session = await alice.session("alice")
    async with session.get(alice.url + image["download"]) as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="v1.png"')
        assert await answer.read() == card.images[0]


async def test_an_attached_picture_goes_along_and_is_shown_without_its_metadata(
    house: TestHouse, alice: WebDriver
) -> None:
    await alice.imagine("a red fox")
    await alice.reply("put this on it", files=[("logo.jpg", photo_with_place())])
    await alice.seen()
    assert len(fake(house).inputs[-1]) == 2
    said = next(one for one in await alice.messages() if one["text"] == "put this on it")
    shown = await alice.bytes_of(said["attachments"][0])
    assert shown[8:12] == b"WEBP"
    assert b"Exif" not in shown
    assert "asset" not in json.dumps(said)


async def test_a_photo_of_many_megabytes_is_taken(alice: WebDriver) -> None:
    out = io.BytesIO()
    Image.frombytes("RGB", (1600, 1200), secrets.token_bytes(1600 * 1200 * 3)).save(out, "PNG", compress_level=0)
    kept = await alice.upload("photo.png", out.getvalue())
    assert (kept["width"], kept["height"]) == (1600, 1200)


async def test_a_picture_that_is_none_is_refused_at_once(house: TestHouse, alice: WebDriver) -> None:
    for data in (b"", b"hello", b"<svg onload=alert(1)>", png()[:60]):
        form = aiohttp.FormData()
        form.add_field("file", data, filename="x.png", content_type="image/png")
        status, answer = await alice.request("POST", "/api/uploads", data=form)
        assert status == 400
        assert answer["error"].endswith(".")
    assert list(house.tmp.glob("upload-*")) == []


async def test_a_huge_file_is_cut_off_by_its_weight_and_leaves_nothing(house: TestHouse, alice: WebDriver) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"--x\r\nContent-Disposition: form-data; name=file; filename=a.png\r\n\r\n"
        for _ in range(60):
            yield b"\0" * 1_000_000
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    status, answer = await alice.request("POST", "/api/uploads", data=endless(), headers=headers)
    assert (status, answer) == (400, {"error": "This file is larger than 50 MB. Send a smaller one."})
    assert list(house.tmp.glob("upload-*")) == []


async def test_an_upload_that_is_no_multipart_is_refused_with_a_sentence(alice: WebDriver) -> None:
    for headers, data in [
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"not at all"),
        ({"Content-Type": "multipart/form-data"}, b""),
        ({"Content-Type": "image/png"}, png()),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n",
        ),
    ]:
        status, answer = await alice.request("POST", "/api/uploads", data=data, headers=headers)
        assert status == 400, answer
        assert answer["error"].endswith(".")


async def test_one_persons_upload_is_of_no_use_to_another(alice: WebDriver) -> None:
    kept = await alice.upload("logo.png", png(), who="bob")
    body = {"id": request_id(), "text": "x", "attachments": [kept["id"]]}
    status, answer = await alice.request("POST", "/api/say", json=body)
    assert (status, answer["error"]) == (400, "An attached picture is not here any more. Attach it again.")


async def test_previews_are_shown_while_drawing_and_never_kept(house: TestHouse, alice: WebDriver) -> None:
    fake(house).gate = gate = asyncio.Event()
    platform = alice.platform
    await alice.imagine("a red fox")
    await alice.settled()
    (message,) = await alice.messages()
    assert message["card"]["shape"] == [1024, 1024]
    preview = house.tmp / "passing.png"
    preview.write_bytes(png(8, 8))
    address = Address(Place("web", "local", "general", message["id"]), message["id"])
    card = Card("Making", tone=Tone.PROGRESS, images=(CardImage(preview, "image/png", 8, 8, "Preview", "preview"),))
    await platform.edit(address, card)
    (message,) = await alice.messages()
    (shown,) = message["card"]["previews"]
    assert await alice.bytes_of(shown["src"]) == png(8, 8)
    kept = await house.transcript.said(message["id"])
    assert kept and kept.card == replace(card, images=())
    gate.set()
    (done,) = await alice.seen()
    assert done.images
    assert (await alice.request("GET", shown["src"]))[0] == 404


# ── the platform's own promises ──────────────────────────────────────────────────────────────────────────────────


async def test_the_same_key_posts_one_message(alice: WebDriver) -> None:
    place = Place("web", "local", "general")
    first = await alice.platform.post(place, Card("one"), reply_to=None, key="key-key-1")
    second = await alice.platform.post(place, Card("two"), reply_to=None, key="key-key-1")
    assert first == second
    assert first.place.thread == first.message
    assert [one.text for one in await alice.seen()] == ["one"]


async def test_history_survives_a_restart(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house, open_browser(house) as before:
        await before.imagine("a red fox")
        await before.reply("make it night")
        seen = await before.seen()
        said = await before.messages()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house, open_browser(house) as after:
        assert await after.messages() == said
        assert await after.seen() == seen
        await after.press(seen[1], "Undo", who="bob")
        assert (await after.seen())[-1].images == seen[0].images


async def test_older_messages_come_a_page_at_a_time(house: TestHouse, alice: WebDriver) -> None:
    for number in range(45):
        await alice.platform.post(Place("web", "local", "general"), Card(f"{number}"), reply_to=None, key=new_id())
        await asyncio.sleep(0.002)  # a page is turned back by time, in milliseconds
    newest = await alice.get("/api/history")
    assert newest["more"]
    older = await alice.get("/api/history", before=str(newest["messages"][0]["at"]))
    titles = [one["card"]["title"] for one in older["messages"] + newest["messages"]]
    assert titles == [f"{number}" for number in range(45)]
    assert not older["more"]


async def test_what_happens_is_told_to_open_pages_and_whispers_to_one_person_only(alice: WebDriver) -> None:
    told: dict[str, list[dict[str, Any]]] = {"alice": [], "bob": []}
    readers = [asyncio.create_task(read_feed(alice, who, told[who])) for who in told]
    while len(alice.people) < 2 or not all(reader.get_name() == "open" for reader in readers):
        await asyncio.sleep(0.01)
    await alice.imagine("a red fox")
    await alice.imagine("a fox --quality ultra")
    await alice.settled()
    while not any(one["type"] == "whisper" for one in told["alice"]):
        await asyncio.sleep(0.01)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert {one["type"] for one in told["bob"]} == {"said"}
    tones = [one["message"]["card"]["tone"] for one in told["bob"]]
    assert (tones[0], tones[-1]) == ("progress", "done")


async def read_feed(driver: WebDriver, who: str, into: list[dict[str, Any]]) -> None:
    session = await driver.session(who)
    async with session.get(f"{driver.url}/api/feed") as feed:
        async for line in feed.content:
            if line.startswith(b"event: hello"):
                task = asyncio.current_task()
                assert task
                task.set_name("open")
            elif line.startswith(b"data: {") and line.strip() != b"data: {}":
                into.append(json.loads(line[6:]))


async def test_stopping_finishes_what_was_asked_and_ends_the_feeds(house: TestHouse) -> None:
    platform = new_platform(house)
    async with serve(platform.app, "127.0.0.1", 0) as port:
        running = asyncio.create_task(platform.run(house.studio(platform)))
        driver = WebDriver(f"http://127.0.0.1:{port}", platform, house)
        reader = asyncio.create_task(read_feed(driver, "alice", []))
        while reader.get_name() != "open":
            await asyncio.sleep(0.01)
        await driver.imagine("a red fox")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await reader  # ends by itself
        await driver.close()
    (said,) = await house.transcript.channel("general")
    assert said.card and said.card.prompt == "a red fox"


async def test_words_before_the_start_are_refused_with_a_sentence(house: TestHouse) -> None:
    platform = new_platform(house)
    async with serve(platform.app, "127.0.0.1", 0) as port:
        driver = WebDriver(f"http://127.0.0.1:{port}", platform, house)
        status, answer = await driver.request("POST", "/api/say", json={"id": request_id(), "text": "hello"})
        await driver.close()
    assert (status, answer["error"]) == (503, "Retouch is starting or stopping. Try again in a moment.")


async def test_a_port_in_use_is_said_in_one_sentence() -> None:
    async with serve(health_app(), "127.0.0.1", 0) as port:
        with pytest.raises(SetupProblem, match=f"Port {port} is in use; start with another one"):
            async with serve(health_app(), "127.0.0.1", port):
                pass


async def test_the_health_check_answers_whoever_asks(alice: WebDriver) -> None:
    assert await alice.request("GET", "/healthz", headers={"Host": "probe.internal"}) == (200, {"ok": True})


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("text", "found"), [
    ("/imagine a red fox", ("imagine", "a red fox")), ("/IMAGINE\na fox\nat night", ("imagine", "a fox\nat night")),
    ("/help", ("help", "")), ("//not for the bot", None), ("/ 2", None), ("a /imagine", None),
])  # fmt: skip
def test_slash_commands_are_told_from_words(text: str, found: tuple[str, str] | None) -> None:
    assert slash(text) == found


@pytest.mark.parametrize(("text", "found"), [
    ("@retouch a fox", "a fox"), ("@Retouch: a fox", "a fox"), ("@retouched a fox", None), ("hi @retouch", None),
])  # fmt: skip
def test_only_words_that_begin_with_the_mention_address_the_bot(text: str, found: str | None) -> None:
    assert without_mention(text) == found


def test_every_file_of_the_page_is_short_and_never_writes_markup() -> None:
    files = list(PAGE.glob("*.js"))
    assert len(files) > 5
    for file in files:
        text = file.read_text()
        assert len(text.splitlines()) < 300, file.name
        assert not [word for word in (".innerHTML", "insertAdjacentHTML", "document.write", "eval(") if word in text]


def photo_with_place() -> bytes:
    """A JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    exif[0x010E] = "at home"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG", exif=exif)
    assert b"at home" in out.getvalue()
    return out.getvalue()
