"""The admin page in a real browser: by pointer and by keys, with hostile words on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from adapters.web.server import serve
from bot import links
from bot.models import Act, Ban, Budget, Policy, User, now_ms
from tests.e2e import test_web_page as chromium
from tests.e2e.test_web_page import MARKUP
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse, open_test_house
from tests.talk import CHANNEL, Talk

NASTY = f"{MARKUP} \u202egnp.xof\u200b " + "w" * 120
BOSS = User("fake", "UBOSS", "Boss", is_admin=True)

pytestmark = [chromium.pytestmark, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Office:
    """An admin's browser, and what is behind the page."""

    page: Page
    house: TestHouse
    talk: Talk
    url: str

    async def open(self, tab: str) -> None:
        await self.page.goto(f"{self.url}#{tab}")
        await expect(self.page.locator("#panel:not([aria-busy])")).to_be_visible()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def office(tmp_path: Path, browser: Browser) -> AsyncIterator[Office]:
    """The page of a workspace where nothing was made. What scripts throw, or the policy blocks, fails the test."""
    complaints: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
    chat, provider, app = FakeChat(), FakeProvider(), web.Application()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        pages = house.pages()
        pages.doors = studio = house.studio(chat)
        pages.add_to(app)
        async with serve(app, "127.0.0.1", 0) as port:
            path = links.Links(b"salt").make(links.Page.ADMIN, links.Grant(BOSS, CHANNEL))
            yield Office(page, house, Talk(house, chat, provider, studio), f"http://127.0.0.1:{port}{path}")
            await context.close()
    assert complaints == []


async def test_a_setting_is_changed_by_keys_alone(office: Office) -> None:
    page = office.page
    await office.open("settings")
    field = page.get_by_label("Images per person and day")
    await field.fill("many")
    await field.press("Enter")
    await expect(
        page.get_by_text("“Images per person and day” is a whole number or “no limit”, not many.")
    ).to_be_visible()
    await expect(field).to_have_value("many")
    await field.fill("7")
    await field.press("Enter")
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    await expect(page.locator("#heard")).to_have_text("Images per person and day: saved.")
    assert (await office.house.store.policy("team")).images_per_day == 7


async def test_a_setting_can_be_emptied_switched_and_chosen(office: Office) -> None:
    page = office.page
    await office.open("settings")
    switch, choice = "People of other organisations", "Check words and pictures first"
    for label in ("Images per person and day", switch, choice):
        form = page.locator("form", has=page.get_by_label(label, exact=True))
        if label == switch:
            await form.get_by_label(label, exact=True).uncheck()
        elif label == choice:
            await form.get_by_label(label, exact=True).select_option("closed")
        else:
            await form.get_by_label(label, exact=True).fill("")
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_text("Saved.", exact=True)).to_be_visible()
        await expect(form.get_by_role("button", name="Save")).to_be_hidden()
    policy = await office.house.store.policy("team")
    assert (policy.images_per_day, policy.guests, policy.precheck) == (None, False, "closed")


async def test_use_is_drawn_and_listed_by_day_and_by_person(office: Office) -> None:
    page = office.page
    await office.open("usage")
    await expect(page.get_by_text("Nothing was made in this time.")).to_be_visible()
    await office.talk.imagine("a fox", User("fake", "U1", NASTY[:40]))
    await page.reload()
    await expect(page.locator(".chart title")).to_have_count(1)
    await page.get_by_label("By", exact=True).select_option("person")
    row = page.get_by_role("row", name="fake:U1")
    await expect(row).to_contain_text(NASTY[:20])
    await expect(page.get_by_role("img", name="Cost by person")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download CSV").click()
    saved = (await (await download.value).path()).read_text()
    assert "fake:U1" in saved


async def test_somebody_is_banned_and_let_in_again(office: Office) -> None:
    page = office.page
    await office.open("people")
    await page.get_by_role("button", name="Ban", exact=True).click()
    await expect(page.get_by_text("Fill in “Person”.")).to_be_visible()
    form = page.locator("form", has=page.get_by_role("button", name="Ban", exact=True))
    await form.get_by_label("Person").fill("U2")
    await form.get_by_label("Why").fill(MARKUP)
    await form.get_by_role("button").click()
    await expect(page.get_by_role("row", name="user:U2")).to_contain_text("for good")
    await expect(page.get_by_role("row", name="user:U2")).to_contain_text(MARKUP)
    await page.get_by_role("button", name="Unban user:U2").click()
    await expect(page.get_by_text("Nobody is banned.")).to_be_visible()


async def test_people_are_banned_and_granted_more_by_their_names(office: Office) -> None:
    page = office.page
    for who, name in (("U1", "Alice Miller"), ("U2", "Bob"), ("U3", "bob"), ("U4", "Alice Miller (user:U1)")):
        await office.talk.imagine(f"a fox for {who}", User("fake", who, name))
    await office.open("people")
    values = await page.locator("#seen option").evaluate_all("all => all.map((one) => one.value)")
    assert {"Alice Miller (user:U1)", "Bob (user:U2)"} <= set(values)
    form = page.locator("form", has=page.get_by_role("button", name="Grant", exact=True))
    for typed, says in (
        ("Bob", "There are several called Bob."),
        ("Alice Miller (user:U1)", "There are several called"),
        ("Eve Nobody", "Nobody called Eve Nobody made pictures here of late."),
        ("alice miller", ""),
    ):
        await form.get_by_label("Person").fill(typed)
        await form.get_by_label("How much").fill("+20 images")
        await form.get_by_role("button").click()
        if says:
            await expect(form.get_by_role("alert")).to_contain_text(says)
            await expect(form.get_by_label("Person")).to_have_value(typed)
    await expect(page.get_by_role("row", name="Alice Miller user:U1")).to_contain_text("+20 images")
    assert [one.who for one in (await office.house.store.policy("team")).grants] == ["user:U1"]
    form = page.locator("form", has=page.get_by_role("button", name="Ban", exact=True))
    await form.get_by_label("Person").fill("Bob (user:U2)")
    await form.get_by_label("Until").fill("a few days")
    await form.get_by_label("Why").fill("floods")
    await form.get_by_role("button").click()
    await expect(form.get_by_role("alert")).to_contain_text("“a few days” is no time.")
    await form.get_by_label("Until").fill("7 days")
    await form.get_by_role("button").click()
    await expect(page.get_by_role("row", name="Bob user:U2")).to_contain_text("floods")


async def test_a_budget_is_raised_for_a_while(office: Office) -> None:
    page = office.page
    await office.house.store.set_policy("team", Policy(budgets=(Budget(50_000_000), Budget(5_000_000, where="C012"))))
    await office.open("money")
    form = page.locator("form", has=page.get_by_role("button", name="Grant"))
    await form.get_by_label("Budget").select_option("of channel C012")
    await form.get_by_label("How much").fill("20")
    await form.get_by_role("button").click()
    await expect(page.get_by_role("row", name="of channel C012")).to_contain_text("+$20.00")
    await expect(page.get_by_text("$0.00 of $25.00")).to_be_visible()


async def test_what_another_admin_changed_meanwhile_is_shown_and_not_overwritten(office: Office) -> None:
    page, store = office.page, office.house.store
    await office.open("settings")
    field = page.get_by_label("Budgets for everybody together")
    await field.fill("$60 a month")
    await store.set_policy("team", Policy(budgets=(Budget(50_000_000),)))
    form = page.locator("form", has=field)
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("Somebody else has changed this to “$50 a month”.")).to_be_visible()
    await expect(field).to_have_value("$60 a month")
    assert (await store.policy("team")).budgets == (Budget(50_000_000),)
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("Saved.", exact=True)).to_be_visible()
    assert (await store.policy("team")).budgets == (Budget(60_000_000),)


async def test_what_was_sent_but_not_answered_is_done_once(office: Office) -> None:
    page = office.page
    await office.talk.imagine("a fox")
    await office.open("people")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/do", lose)
    form = page.locator("form", has=page.get_by_role("button", name="Grant"))
    await form.get_by_label("Person").fill("Alice")
    await form.get_by_label("How much").fill("+20 images")
    await form.get_by_role("button").click()
    await expect(form.get_by_role("alert")).to_contain_text("Everything is kept here; try again.")
    await page.unroute("**/do")
    await form.get_by_role("button").click()
    await expect(page.get_by_role("row", name="Alice user:U1")).to_have_count(1)
    assert len((await office.house.store.policy("team")).grants) == 1


async def test_hostile_words_are_shown_as_words_and_nothing_is_cut_off(office: Office) -> None:
    page, store = office.page, office.house.store
    policy = Policy(bans=(Ban("user:U1", None, NASTY, "cli:x"),), budgets=(Budget(1_000_000),), blocked_terms=(NASTY,))
    await store.set_policy("team", policy)
    await store.record(Act(now_ms(), "team", "cli:x", NASTY, "policy.set", NASTY, NASTY, NASTY))
    await page.set_viewport_size({"width": 360, "height": 740})
    for tab in ("usage", "money", "settings", "people", "audit"):
        await office.open(tab)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    await expect(page.get_by_role("row").nth(1)).to_contain_text(MARKUP)
    assert await page.locator("img:not(.logo)").count() == 0


async def test_older_lines_of_the_audit_follow_on_demand(office: Office) -> None:
    for number in range(70):
        await office.house.store.record(Act(now_ms(), "team", "cli:x", "Ann", "policy.set", f"number-{number}"))
    page = office.page
    await office.open("audit")
    await expect(page.locator("tbody tr")).to_have_count(60)
    await page.get_by_role("button", name="Older").press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(70)
    await expect(page.locator("tbody tr:nth-child(61) th")).to_be_focused()
    await expect(page.get_by_role("button", name="Older")).to_be_hidden()


async def test_the_tabs_are_walked_by_arrow_keys(office: Office) -> None:
    page = office.page
    await office.open("usage")
    await page.get_by_role("tab", name="Usage").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Money", selected=True)).to_be_focused()
    await expect(page.get_by_text("There is no budget.")).to_be_visible()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", name="Audit", selected=True)).to_be_focused()
