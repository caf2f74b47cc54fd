"""The web chat against other web pages, strange hosts, paths and file names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from adapters.web.files import disposition
from adapters.web.server import serve
from adapters.web.uploads import clean_name
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


# ── other web pages ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1:1", "localhost.evil.example", "[::1", ""]
)
async def test_a_strange_host_is_refused_everywhere(alice: WebDriver, host: str) -> None:
    for path in ("/", "/api/history", "/api/feed", "/page/app.js", "/nothing-here"):
        status, _ = await alice.request("GET", path, headers={"Host": host})
        assert status == 403, path


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
async def test_another_page_can_neither_write_nor_listen(alice: WebDriver, headers: dict[str, str]) -> None:
    body = {"id": request_id(), "text": "/imagine a red fox"}
    assert (await alice.request("POST", "/api/say", json=body, headers=headers))[0] == 403
    assert (await alice.request("POST", "/api/uploads", data=b"", headers=headers))[0] == 403
    assert (await alice.request("GET", "/api/feed", headers=headers))[0] == 403
    assert (await alice.request("GET", "/api/history", headers=headers))[0] == 403
    assert await alice.messages() == []


async def test_a_link_on_another_page_still_opens_ours(alice: WebDriver) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await alice.request("GET", "/", headers=headers))[0] == 200


async def test_a_write_that_does_not_say_where_it_comes_from_is_refused(alice: WebDriver) -> None:
    session = await alice.session("alice")
    async with session.post(f"{alice.url}/api/say", json={"id": request_id(), "text": "hello"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_types_that_plain_forms_can_send_are_refused(alice: WebDriver, kind: str) -> None:
    for path in ("/api/say", "/api/act", "/api/me", "/api/dismiss"):
        status, _ = await alice.request("POST", path, data=b"{}", headers={"Content-Type": kind})
        assert status == 415, path


async def test_without_a_cookie_nothing_is_told(alice: WebDriver) -> None:
    async with aiohttp.ClientSession() as stranger:
        for path in ("/api/history", "/api/thread?thread=x", "/api/feed"):
            async with stranger.get(alice.url + path) as answer:
                assert answer.status == 401


async def test_every_answer_carries_the_protecting_headers(alice: WebDriver) -> None:
    session = await alice.session("alice")
    for path in ("/", "/page/app.js", "/api/history", "/nothing-here"):
        async with session.get(alice.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self';" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(alice: WebDriver) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(alice.url + "/api/me") as answer:
        cookie = answer.cookies["retouch"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


@pytest.mark.parametrize("path", [
    "/page/..%2fplatform.py", "/page/%2e%2e/platform.py", "/page/../platform.py", "/page/__init__.py",
    "/files/..%2f..%2fretouch.db", "/files/" + "0" * 64, "/thumbs/..%2fx", "/attached/..%2fx/0", "/previews/..%2fx",
])  # fmt: skip
async def test_paths_lead_nowhere_else(alice: WebDriver, path: str) -> None:
    session = await alice.session("alice")
    async with session.get(URL(alice.url + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_an_attachments_number_must_be_one_there_is(alice: WebDriver) -> None:
    message_id = await alice.say("look", files=[("a.png", png())])
    assert (await alice.request("GET", f"/attached/{message_id}/0"))[0] == 200
    for index in ("1", "-1", "00000", "x"):
        assert (await alice.request("GET", f"/attached/{message_id}/{index}"))[0] == 404


def test_hostile_file_names_become_harmless() -> None:
    assert clean_name("../../etc/passwd") == "passwd"
    assert clean_name("C:\\temp\\cat.png") == "cat.png"
    assert clean_name("a\r\nSet-Cookie: x.png") == "aSet-Cookie: x.png"
    assert clean_name("..") in ("..", "picture")
    assert len(clean_name("x" * 500)) == 120
    assert disposition('a"; filename=evil.exe\r\n.png') == (
        "attachment; filename=\"a_ filename=evil.exe.png\"; filename*=UTF-8''a%3B%20filename%3Devil.exe.png"
    )
    assert disposition("../..") == "attachment; filename=\"picture.png\"; filename*=UTF-8''picture.png"
    assert "filename*=UTF-8''Zo%C3%AB.png" in disposition("Zoë.png")


async def test_a_server_on_every_address_takes_bare_addresses_and_given_names_only(house: TestHouse) -> None:
    platform = new_platform(house, host="0.0.0.0", names=("pictures.example",))
    async with serve(platform.app, "127.0.0.1", 0) as port:
        driver = WebDriver(f"http://127.0.0.1:{port}", platform, house)
        hosts = {"192.168.1.5:9000": 200, "pictures.example": 200, "[::1]:80": 200, "evil.example": 403}
        found = {host: (await driver.request("GET", "/", headers={"Host": host}))[0] for host in hosts}
        await driver.close()
    assert found == hosts


async def test_other_rooms_routes_on_the_same_server_guard_themselves(house: TestHouse) -> None:
    platform = new_platform(house)

    async def events(_: web.Request) -> web.Response:
        return web.json_response({"slack": True})

    platform.app.router.add_post("/slack/events", events)
    async with serve(platform.app, "127.0.0.1", 0) as port:
        driver = WebDriver(f"http://127.0.0.1:{port}", platform, house)
        answer = await driver.request("POST", "/slack/events", headers={"Host": "bot.example", "Origin": "null"})
        await driver.close()
    assert answer == (200, {"slack": True})
