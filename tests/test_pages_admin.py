"""The admin page as a browser asks for it, over the real core: who gets in, what is set, what is shown."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.links import SECONDS, Grant, Links, Page
from bot.models import Act, Ban, Budget, Place, Policy, User, now_ms
from bot.policies import SETTINGS
from tests.drivers.web import new_id, open_browser
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse, open_test_house
from tests.talk import Talk

BOSS = User("fake", "UBOSS", "Boss", is_admin=True)
HERE = Place("fake", "team", "general")
HOSTILE = '<img src=x onerror="alert(1)">\u202e\u200b=cmd() '


@dataclass
class Office:
    """Somebody's browser on the admin page."""

    house: TestHouse
    client: TestClient[Any, Any]
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **query: str) -> tuple[int, dict[str, Any]]:
        async with self.client.get(f"{self.url}/{path}", params=query) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        body = {"id": new_id(), **body}
        async with self.client.post(f"{self.url}/{path}", json=body, headers=self.headers) as answer:
            return answer.status, await answer.json()

    async def policy(self) -> Policy:
        return await self.house.store.policy("team")


@asynccontextmanager
async def office_of(house: TestHouse, user: User, chat: FakeChat | None = None) -> AsyncIterator[Office]:
    """The page opened by this person's link."""
    app = web.Application()
    pages = house.pages()
    pages.doors = house.studio(chat or FakeChat())
    pages.add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield Office(house, client, Links(b"salt").make(Page.ADMIN, Grant(user, HERE)))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        yield house


@pytest.fixture
async def office(house: TestHouse) -> AsyncIterator[Office]:
    async with office_of(house, BOSS) as opened:
        yield opened


# ── who gets in ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["", "/settings", "/usage", "/usage.csv", "/money", "/people", "/audit", "/about"])
async def test_only_an_admins_link_opens_it(house: TestHouse, path: str) -> None:
    async with office_of(house, User("fake", "U2", "Bob")) as office:
        async with office.client.get(office.url + path) as answer:
            assert answer.status == 404
            assert "for admins" in await answer.text()
        gallery = Links(b"salt").make(Page.GALLERY, Grant(BOSS, HERE)).replace("gallery", "admin")
        async with office.client.get(gallery + path) as answer:
            assert answer.status == 404, "another page's link is no key here"


@pytest.mark.parametrize("path", ["set", "do"])
async def test_nothing_is_changed_by_who_is_no_admin(house: TestHouse, path: str) -> None:
    async with office_of(house, User("fake", "U2", "Bob")) as office:
        status, body = await office.post(path, name="images-per-day", value="1", words="grant user:U2 +20 images today")
        assert (status, "for admins" in body["error"]) == (404, True)
        assert await office.policy() == Policy()


async def test_another_web_page_cannot_send_anything(office: Office) -> None:
    office.headers = {"Origin": "https://evil.example"}
    async with office.client.post(f"{office.url}/set", json={}, headers=office.headers) as answer:
        assert answer.status == 403
    async with office.client.post(f"{office.url}/set", data={"name": "images-per-day"}) as answer:
        assert answer.status == 400, "what a plain HTML form can send"


async def test_the_page_runs_no_script_but_its_own(office: Office) -> None:
    async with office.client.get(office.url) as answer:
        assert answer.status == 200
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_setting_is_there_with_its_value(office: Office) -> None:
    _, body = await office.get("settings")
    assert [one["name"] for one in body["settings"]] == list(SETTINGS)
    per_day = body["settings"][0]
    assert (per_day["label"], per_day["value"], per_day["empty"]) == ("Images per person and day", "100", "no limit")


async def test_a_setting_is_saved_and_written_to_the_audit(office: Office) -> None:
    status, body = await office.post("set", name="budgets", value="$50 a month\n$5 a day in C012")
    assert (status, body["value"]) == (200, "$50 a month\n$5 a day in C012")
    assert len((await office.policy()).budgets) == 2
    _, audit = await office.get("audit")
    (line,) = audit["acts"]
    assert (line["who"], line["what"], line["target"]) == ("fake:UBOSS", "policy.set", "budgets")


async def test_what_to_do_next_is_said_in_the_words_of_the_page(office: Office) -> None:
    _, body = await office.post("set", name="review", value="on")
    assert (body["value"], "“Review channel”" in body["next"]) == ("on", True)
    _, body = await office.post("set", name="review", value="off")
    assert (body["value"], body["next"]) == ("off", "")


async def test_saving_the_same_twice_is_harmless(office: Office) -> None:
    event = new_id()
    for _ in range(2):
        status, body = await office.post("set", id=event, name="images-per-day", value="7")
        assert (status, body["value"]) == (200, "7")
    assert len((await office.get("audit"))[1]["acts"]) == 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("images-per-day", "many", "“Images per person and day” is a whole number or “no limit”, not many."),
        ("no-such", "1", "There is no setting no-such."),
        ("zone", HOSTILE, "is no time zone"),
        ("blocked-terms", "x" * 60_000, "may have 50,000 characters at most"),
        ("budgets", "lots", "lots"),
        ("moderation", "", "This cannot be empty. Write for example: auto."),
        ("moderation", "strict", "“The image service's own moderation” is one of: auto, low; not strict."),
        ("limits", "20 images a day\nfoo", "“Other limits for people, roles, channels”, line 2: “foo” is no limit"),
        ("zone", " ", "This cannot be empty. Write for example: UTC."),
    ],
)
async def test_what_cannot_be_is_said_and_not_saved(office: Office, name: str, value: str, sentence: str) -> None:
    status, body = await office.post("set", name=name, value=value)
    assert (status, sentence in body["error"]) == (400, True), body
    assert await office.policy() == Policy()


async def test_of_two_admins_the_second_does_not_undo_what_the_first_did(office: Office) -> None:
    for value in ("$50 a month", "$60 a month"):
        status, body = await office.post("set", name="budgets", value=value, was="none")
    assert status == 400
    assert "Somebody else has changed budgets to $50 a month since this form was opened." in body["error"]
    assert "charged" not in body["error"]
    assert [one.amount for one in (await office.policy()).budgets] == [50_000_000]
    status, body = await office.post("set", name="budgets", value="$60 a month", was="$50 a month")
    assert (status, body["value"]) == (200, "$60 a month")
    assert (await office.post("set", name="budgets", value="$60 a month", was="none"))[0] == 200, "both wanted the same"


async def test_ten_admins_at_the_same_moment_are_told_apart(office: Office) -> None:
    values = [f"${amount} a month" for amount in range(1, 11)]
    answers = await asyncio.gather(*(office.post("set", name="budgets", value=one, was="none") for one in values))
    assert sorted(status for status, _ in answers) == [200, *[400] * 9]
    assert len((await office.get("audit"))[1]["acts"]) >= 1


async def test_a_budget_is_raised_for_a_while(office: Office) -> None:
    await office.post("set", name="budgets", value="$50 a month\n$5 a day in C012")
    for words in ("grant budget +$20 this month", "grant budget in C012 $2 today"):
        assert (await office.post("do", words=words))[0] == 200
    _, money = await office.get("money")
    assert [(one["where"], one["amount"]) for one in money["grants"]] == [("", 20_000_000), ("C012", 2_000_000)]
    assert [one["amount"] for one in money["budgets"]] == [70_000_000, 7_000_000]
    assert (await office.get("people"))[1]["grants"] == []
    status, body = await office.post("do", words="grant budget +20 images today")
    assert (status, body["error"]) == (400, "A budget is granted dollars, for example: grant budget +$20 today.")


async def test_what_is_no_time_is_not_taken_for_a_reason_to_ban_for_good(office: Office) -> None:
    status, body = await office.post("do", words="ban user:U2 a few days: floods", until="a few days")
    assert (status, "“a few days” is no time." in body["error"]) == (400, True)
    assert (await office.policy()).bans == ()


async def test_a_grant_sent_twice_is_given_once(office: Office) -> None:
    event = new_id()
    for _ in range(2):
        status, _ = await office.post("do", id=event, words="grant user:U2 +20 images today")
        assert status == 200
    assert len((await office.policy()).grants) == 1


def test_a_link_that_carries_a_rank_is_good_for_a_quarter_of_an_hour() -> None:
    assert SECONDS[Page.ADMIN] == 900


@pytest.mark.parametrize("body", [{"id": "x"}, {"id": 7}, {"name": 3}, {"value": None}])
async def test_garbled_requests_get_one_sentence(office: Office, body: dict[str, Any]) -> None:
    status, answer = await office.post("set", **{"name": "images-per-day", "value": "1"} | body)
    assert status == 400
    assert answer["error"].endswith(".")


# ── people and money ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_is_banned_and_let_in_again(office: Office) -> None:
    assert (await office.post("do", words="ban user:U2 7 days: floods"))[0] == 200
    (ban,) = (await office.get("people"))[1]["bans"]
    assert (ban["who"], ban["reason"], ban["by"]) == ("user:U2", "floods", "fake:UBOSS")
    assert (await office.post("do", words="unban user:U2"))[0] == 200
    assert (await office.get("people"))[1]["bans"] == []


async def test_a_grant_is_listed_until_it_ends(office: Office) -> None:
    assert (await office.post("do", words="grant user:U2 +20 images 2 hours"))[0] == 200
    (grant,) = (await office.get("people"))[1]["grants"]
    assert (grant["who"], grant["amount"], grant["measure"]) == ("user:U2", 20, "images")
    assert grant["until"] > now_ms()


@pytest.mark.parametrize("words", ["set images-per-day 1", "export", "", "ban", "ban  ", "x" * 5000, "unban user:U9"])
async def test_only_what_the_page_offers_can_be_done(office: Office, words: str) -> None:
    status, body = await office.post("do", words=words)
    assert status == 400, body
    assert await office.policy() == Policy()


async def test_bans_that_are_over_are_not_shown(office: Office) -> None:
    bans = (Ban("user:U1", 1, "old", "cli:ann"), Ban("user:U2", None, HOSTILE, "cli:ann"))
    await office.house.store.set_policy("team", Policy(bans=bans))
    (ban,) = (await office.get("people"))[1]["bans"]
    assert (ban["who"], ban["reason"]) == ("user:U2", HOSTILE)


async def test_use_budgets_and_reports_agree_to_the_micro_dollar(house: TestHouse) -> None:
    chat, provider = FakeChat(), FakeProvider()
    await house.store.set_policy("team", Policy(budgets=(Budget(50_000_000), Budget(5_000_000, where="general"))))
    async with office_of(house, BOSS, chat) as office:
        talk = Talk(house, chat, provider, house.studio(chat))
        for prompt in ("a fox", "a wolf"):
            await talk.imagine(prompt)
        sums = {}
        for by in ("person", "role", "channel", "model", "gateway", "day"):
            _, report = await office.get("usage", by=by)
            assert report["total"]["images"] == 2
            sums[by] = (report["total"]["cost"], sum(row["cost"] for row in report["rows"]))
        ((total, rows),) = set(sums.values())
        assert total == rows > 0
        _, money = await office.get("money")
        assert [(one["name"], one["used"]) for one in money["budgets"]] == [
            ("Workspace · this month", total),
            ("general · this month", total),
        ]
        assert (await office.get("people"))[1]["seen"] == {"user:U1": "Alice"}, "who can be banned by name"
        async with office.client.get(f"{office.url}/usage.csv?by=person") as answer:
            assert answer.headers["Content-Disposition"] == 'attachment; filename="retouch-usage-by-person.csv"'
            (row,) = csv.DictReader(io.StringIO(await answer.text()))
        assert round(float(row["cost_usd"]) * 1e6) == total


@pytest.mark.parametrize(
    "query", [{"by": "weather"}, {"days": "x"}, {"days": "99999"}, {"days": "-1"}, {"days": "9" * 99}]
)
async def test_a_report_that_cannot_be_is_refused_in_a_sentence(office: Office, query: dict[str, str]) -> None:
    status, body = await office.get("usage", **query)
    assert (status, body["error"].endswith(".")) == (400, True)


# ── audit ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_audit_is_read_page_by_page_without_gap_or_repeat(office: Office) -> None:
    for number in range(130):
        await office.house.store.record(Act(number, "team", "cli:ann", HOSTILE, "policy.set", f"setting-{number}"))
        await office.house.store.record(Act(number, "other", "cli:ben", "Ben", "policy.set", "elsewhere"))
    seen: list[str] = []
    before = 0
    while True:
        _, page = await office.get("audit", before=str(before))
        seen += [one["target"] for one in page["acts"]]
        before = page["next"]
        if not before:
            break
    assert seen == [f"setting-{number}" for number in reversed(range(130))]


# ── from the web chat ────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_web_chat_leads_its_local_admin_to_the_page(house: TestHouse) -> None:
    async with open_browser(house, links=Links(b"salt")) as web_chat:
        assert (await web_chat.get("/api/me"))["admin"] is True
        status, body = await web_chat.request("POST", "/api/link", json={"page": "admin"})
        assert status == 200
        assert "Images per person and day" in str(await web_chat.get(f"{body['url']}/settings"))


async def test_behind_a_public_name_nobody_is_an_admin_of_the_web_chat(house: TestHouse) -> None:
    async with open_browser(house, links=Links(b"salt"), names=("pictures.example",)) as web_chat:
        assert (await web_chat.get("/api/me"))["admin"] is False
        assert (await web_chat.request("POST", "/api/link", json={"page": "admin"}))[0] == 404
        await web_chat.run("admin", "set images-per-day 1")
        assert "Only admins" in (await web_chat.seen())[-1].text
        assert await house.store.policy("local") == Policy()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_whom_a_proxy_on_this_machine_brings_is_no_admin(house: TestHouse, header: str) -> None:
    async with open_browser(house, links=Links(b"salt")) as web_chat:
        brought = {header: "203.0.113.9"}
        status, body = await web_chat.request("GET", "/api/me", headers=brought)
        assert (status, body["admin"]) == (200, False)
        status, _ = await web_chat.request("POST", "/api/link", json={"page": "admin"}, headers=brought)
        assert status == 404


@pytest.mark.parametrize("name", ["quota", "privacy", "admin"])
async def test_the_further_commands_are_answered_in_the_web_chat(house: TestHouse, name: str) -> None:
    async with open_browser(house, links=Links(b"salt")) as web_chat:
        await web_chat.run(name)
        (seen,) = await web_chat.seen()
        assert seen.private
        assert "There is no" not in seen.text
