"""The page when things happen at awkward moments: late answers, several tabs, links from elsewhere, other threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from playwright.async_api import Page, Route, expect

from adapters.web.server import serve
from tests.drivers.web import WebDriver
from tests.e2e.test_web_page import composer, driver, house, imagine, page, pytestmark, type_in  # noqa: F401

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Held:
    """An answer of the server that is read now and reaches the page only when it is let go."""

    def __init__(self) -> None:
        self.taken = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        answer = await route.fetch()
        body = await answer.body()
        self.taken.set()
        await self.gate.wait()
        await route.fulfill(response=answer, body=body)


@asynccontextmanager
async def another_site(link: str) -> AsyncIterator[str]:
    async def linking(_: web.Request) -> web.Response:
        return web.Response(text=f'<a href="{link}">a picture</a>', content_type="text/html")

    app = web.Application()
    app.router.add_get("/", linking)
    async with serve(app, "127.0.0.1", 0) as port:
        yield f"http://localhost:{port}"  # another site than 127.0.0.1, for the browser


async def test_a_link_on_another_page_does_not_make_me_a_stranger(page: Page, driver: WebDriver) -> None:  # noqa: F811
    mine = await page.evaluate("fetch('/api/me').then(answer => answer.json())")
    async with another_site(driver.url) as elsewhere:
        await page.goto(elsewhere)
        await page.get_by_role("link").click()
        await expect(composer(page)).to_be_visible()
    again = await page.evaluate("fetch('/api/me').then(answer => answer.json())")
    assert again["user"] == mine["user"]


async def test_a_late_answer_never_covers_newer_news(page: Page, driver: WebDriver) -> None:  # noqa: F811
    await expect(page.locator("#empty")).to_be_visible()
    held = Held()
    await page.route("**/api/history?**", held)
    await page.reload(wait_until="domcontentloaded")
    await held.taken.wait()
    await driver.imagine("a red fox")
    await driver.settled()
    await asyncio.sleep(0.3)  # the news are at the page by now
    held.gate.set()
    await expect(page.locator("#main .card.done")).to_contain_text("a red fox")
    await expect(page.locator("#main .message")).to_have_count(1)


async def test_a_page_nobody_sees_holds_no_connection_and_catches_up(page: Page, driver: WebDriver) -> None:  # noqa: F811
    await imagine(page, "a red fox")
    await page.evaluate(HIDE, True)
    await driver.imagine("a blue whale")
    await driver.settled()
    await expect(page.locator("#main .message")).to_have_count(1)
    await page.evaluate(HIDE, False)
    await expect(page.locator("#main .message")).to_have_count(2)
    await expect(page.locator("#offline")).to_be_hidden()


async def test_words_begun_in_one_thread_stay_there(page: Page) -> None:  # noqa: F811
    for words in ("a red fox", "a blue whale"):
        await imagine(page, words)
    fox, whale = page.locator("#main .message").first, page.locator("#main .message").last
    await fox.get_by_role("button", name="Reply to change it").click()
    box = composer(page, "thread")
    await expect(box).to_be_focused()
    await box.fill("make the fox bigger")
    await whale.get_by_role("button", name="Reply to change it").click()
    await expect(page.locator("#thread-about")).to_have_text("a blue whale")
    await expect(box).to_have_value("")
    await fox.get_by_role("button", name="Reply to change it").click()
    await expect(page.locator("#thread-about")).to_have_text("a red fox")
    await expect(box).to_have_value("make the fox bigger")


async def test_a_thread_that_cannot_be_read_says_so(page: Page) -> None:  # noqa: F811
    card = await imagine(page, "a red fox")
    await page.route("**/api/thread?**", lambda route: route.abort())
    await card.get_by_role("button", name="Reply to change it").click()
    await expect(page.locator("#thread .problem")).to_contain_text("Retouch does not answer.")
