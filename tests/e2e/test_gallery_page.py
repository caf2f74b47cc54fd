"""The gallery, the tree and the slider in a real browser: by pointer and by keys."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from adapters.pages import Pages
from adapters.web.server import serve
from bot.links import Links
from bot.models import Address, Place, User, Version
from tests.drivers.pages import BEN, HERE, Shelves, in_chat, open_shelves
from tests.drivers.web import new_platform
from tests.e2e import test_web_page as chromium
from tests.e2e.test_web_page import MARKUP, composer, imagine, type_in
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house

NASTY = f"{MARKUP} \u202egnp.xof\u200b " + "w" * 300


pytestmark = [chromium.pytestmark, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Visit:
    """Somebody's browser, and where the pages are."""

    page: Page
    shelves: Shelves
    url: str

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page of somebody new. What scripts throw in it, or its own policy blocks, fails the test."""
    complaints: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
    yield page
    await context.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="module")
async def visit(tmp_path: Path, page: Page) -> AsyncIterator[Visit]:
    async with open_shelves(tmp_path) as shelves, serve(shelves.app, "127.0.0.1", 0) as port:
        yield Visit(page, shelves, f"http://127.0.0.1:{port}")


async def family(shelves: Shelves) -> list[Version]:
    """v1 (red) → v2 (green) → v3; v4 of v1 in another shape, by Ben, the current one."""
    first = await shelves.version("a red fox", assets=[await shelves.picture((220, 0, 0), (200, 100))])
    green = await shelves.picture((0, 160, 0), (400, 200))
    second = await shelves.version("make it green", parent=first, assets=[green])
    third = await shelves.version("a moon", parent=second)
    tall = await shelves.picture((0, 0, 200), (100, 300))
    return [first, second, third, await shelves.version("taller", parent=first, by=BEN, assets=[tall])]


def node(page: Page, number: str) -> Locator:
    """A version in the tree."""
    return page.get_by_role("treeitem", name=re.compile(rf"^{number}\b"))


# ── The gallery ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_searching_narrows_the_wall_and_survives_a_reload(visit: Visit) -> None:
    for prompt in ("a red fox", "a blue bird", "a fox at night"):
        await visit.shelves.version(prompt)
    page = visit.page
    await visit.open(visit.shelves.gallery())
    await expect(page.locator("#count")).to_have_text("3 pictures")
    await page.get_by_role("searchbox").press_sequentially("fox")
    await expect(page.locator("#count")).to_have_text("2 pictures with “fox”")
    await page.reload()
    await expect(page.get_by_role("searchbox")).to_have_value("fox")
    await expect(page.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("searchbox").fill("wolf")
    await expect(page.get_by_role("heading", name="No pictures with “wolf” here.")).to_be_visible()


async def test_a_starred_picture_is_on_its_wall_by_keys_alone(visit: Visit) -> None:
    made = await visit.shelves.version("a red fox")
    page = visit.page
    await visit.open(visit.shelves.gallery())
    await page.get_by_role("button", name="Star v1: a red fox").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#heard")).to_have_text("Starred.")
    await page.get_by_role("tab", name="This channel").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Starred", selected=True)).to_be_focused()
    await expect(page.get_by_role("button", name="Star v1: a red fox", pressed=True)).to_be_visible()
    await page.get_by_role("link").click()
    await expect(node(page, "v1")).to_be_visible()
    assert made.id in page.url
    await page.get_by_role("link", name="Back to the gallery").click()
    await expect(page.get_by_role("tab", name="This channel", selected=True)).to_be_visible()


async def test_more_brings_older_pictures_and_the_focus_to_them(visit: Visit) -> None:
    asset = await visit.shelves.picture()
    for n in range(70):
        await visit.shelves.version(f"picture {n}", assets=[asset])
    page = visit.page
    await visit.open(visit.shelves.gallery())
    await expect(page.locator("#count")).to_have_text("The newest 60 pictures")
    await page.get_by_role("button", name="More").press("Enter")
    await expect(page.locator("#count")).to_have_text("70 pictures")
    await expect(page.locator(".tile:nth-child(61) a")).to_be_focused()
    await expect(page.get_by_role("button", name="More")).to_be_hidden()


async def test_empty_walls_say_what_to_do(visit: Visit) -> None:
    await visit.open(visit.shelves.gallery())
    await expect(visit.page.locator("#empty")).to_contain_text("type /imagine with what you want to see")
    await visit.page.get_by_role("tab", name="Starred").click()
    await expect(visit.page.locator("#empty")).to_contain_text("Press the star on a picture")


async def test_a_star_that_is_not_taken_goes_back_and_says_why(visit: Visit) -> None:
    await visit.shelves.version("a red fox")
    page = visit.page
    await visit.open(visit.shelves.gallery())
    await page.route("**/star", lambda route: route.abort())
    star = page.get_by_role("button", name="Star v1: a red fox")
    await star.click()
    await expect(page.get_by_role("alert")).to_contain_text("Retouch does not answer.")
    await expect(star).to_have_attribute("aria-pressed", "false")


async def test_hostile_prompts_stay_text_and_inside_a_small_phone(visit: Visit) -> None:
    first = await visit.shelves.version(NASTY + "x" * 30_000, by=User("slack", "U1", NASTY[:120]))
    await visit.shelves.version(NASTY, parent=first)
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 640})
    for path in (visit.shelves.gallery(), visit.shelves.thread(first)):
        await visit.open(path)
        await expect(page.locator(".tile .prompt, .details .prompt").first).to_contain_text(MARKUP)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert "Retouch" in await page.title()
        assert await page.locator(".prompt > *").count() == 0


# ── The tree ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_arrow_keys_walk_the_tree_and_enter_opens(visit: Visit) -> None:
    versions = await family(visit.shelves)
    page = visit.page
    await visit.open(visit.shelves.thread(versions[0]))
    await expect(page.locator("#details h2")).to_contain_text("v4")
    await node(page, "v4").focus()
    for key, number in (("ArrowLeft", "v1"), ("ArrowRight", "v2"), ("ArrowRight", "v3"), ("ArrowDown", "v4"),
                        ("ArrowUp", "v2"), ("Home", "v1"), ("End", "v4"), ("ArrowUp", "v2")):  # fmt: skip
        await page.keyboard.press(key)
        await expect(node(page, number)).to_be_focused()
    await expect(page.locator("#details h2")).to_contain_text("v4")
    await page.keyboard.press("Enter")
    await expect(page.locator("#details h2")).to_have_text("v2Edit of v1")
    await expect(page.get_by_role("treeitem", selected=True)).to_have_attribute("data-id", versions[1].id)
    await page.reload()
    await expect(page.locator("#details h2")).to_contain_text("v2")


async def test_the_current_version_is_marked_and_leads_back_to_the_chat(visit: Visit) -> None:
    versions = await family(visit.shelves)
    await visit.shelves.store.showed(versions[3].id, Address(HERE, "77"))
    await visit.page.route("https://chat.example.org/**", lambda route: route.fulfill(body="the chat"))
    await visit.open(visit.shelves.thread(versions[0]))
    await expect(visit.page.locator(".node.head")).to_contain_text("v4")
    await visit.page.get_by_role("link", name="Open in chat").click()
    await visit.page.wait_for_url("https://chat.example.org/C1/77")


async def test_what_is_not_ones_own_is_grey_and_does_not_open(visit: Visit) -> None:
    versions = await family(visit.shelves)
    away = visit.shelves.gallery(BEN, Place("slack", "T1", "C9", None))
    await visit.open(f"{away}/thread/{versions[0].thread}")
    await expect(visit.page.locator("#details h2")).to_contain_text("v4")
    grey = node(visit.page, "v1")
    await expect(grey).to_have_accessible_name("v1: not yours to see")
    await grey.dispatch_event("click")
    await expect(grey).to_have_attribute("aria-selected", "false")
    await expect(visit.page.locator("#compare-with")).to_have_count(0)


async def test_a_star_on_the_threads_page_stands_in_the_tree(visit: Visit) -> None:
    versions = await family(visit.shelves)
    await visit.open(visit.shelves.thread(versions[0]))
    await visit.page.get_by_role("button", name="Star v4").click()
    await expect(visit.page.locator(".node.starred")).to_have_attribute("data-id", versions[3].id)


# ── Before and after ─────────────────────────────────────────────────────────────────────────────────────────────


async def compare(visit: Visit, version: Version, other: str = "") -> None:
    """Open the slider for a version and its parent, or another one."""
    await visit.open(f"{visit.shelves.thread(version)}#{version.id}")
    if other:
        await visit.page.get_by_label("Compare with").select_option(other)
    await visit.page.get_by_role("button", name="Compare").click()


async def test_the_divider_follows_the_pointer_and_the_arrow_keys(visit: Visit) -> None:
    versions = await family(visit.shelves)
    await compare(visit, versions[1])
    page = visit.page
    divider = page.get_by_role("slider", name="Divider between v1 and v2")
    await expect(divider).to_be_focused()
    await expect(divider).to_have_attribute("aria-valuenow", "50")
    box = await page.locator(".slider").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] / 2, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=4)
    await page.mouse.up()
    await page.mouse.move(box["x"], middle)
    await expect(divider).to_have_attribute("aria-valuenow", "80")
    for key, now in (("ArrowLeft", "78"), ("Shift+ArrowLeft", "68"), ("ArrowUp", "70"), ("Home", "0"),
                     ("ArrowLeft", "0"), ("End", "100")):  # fmt: skip
        await page.keyboard.press(key)
        await expect(divider).to_have_attribute("aria-valuenow", now)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_the_older_picture_is_left_of_the_divider_and_both_are_on_one_scale(visit: Visit) -> None:
    versions = await family(visit.shelves)
    await compare(visit, versions[1])
    assert await sizes(visit.page) == ["200x100", "400x200"]
    boxes = [await one.bounding_box() for one in await visit.page.locator(".slider img").all()]
    assert boxes[0] == boxes[1]  # one shape: they cover each other
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_role("dialog")).to_be_hidden()
    await compare(visit, versions[3], versions[1].id)
    assert await sizes(visit.page) == ["400x200", "100x300"]
    after, before = [await one.bounding_box() for one in await visit.page.locator(".slider img").all()]
    assert before and after
    assert before["width"] / 400 == pytest.approx(after["width"] / 100, rel=0.02)
    assert before["height"] / 200 == pytest.approx(after["height"] / 300, rel=0.02)


async def sizes(page: Page) -> list[str]:
    """The natural sizes of the older and the newer picture."""
    await expect(page.locator(".slider img")).to_have_count(2)
    seen = await page.locator(".slider img").evaluate_all(
        "images => Promise.all(images.map(one => one.decode().then(() => `${one.naturalWidth}x${one.naturalHeight}`)))"
    )
    return list(reversed(seen))


async def test_a_finger_drags_the_divider_too(visit: Visit) -> None:
    versions = await family(visit.shelves)
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 640})
    await compare(visit, versions[1])
    box = await page.locator(".slider").bounding_box()
    assert box
    touch = await page.context.new_cdp_session(page)
    spots = [{"x": box["x"] + box["width"] * share, "y": box["y"] + 20} for share in (0.5, 0.3, 0.2)]
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [spots[0]]})
    for spot in spots[1:]:
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [spot]})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "20")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


# ── In the web chat ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest_asyncio.fixture(loop_scope="module")
async def chat(tmp_path: Path, page: Page) -> AsyncIterator[Page]:
    """The web chat with the pages beside it."""
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        links, store = Links(b"secret"), house.store
        platform = new_platform(house, links=links)
        Pages(links=links, store=store, shelf=store.shelf, tmp=store.tmp, permalink=in_chat).add_to(platform.app)
        async with serve(platform.app, "127.0.0.1", 0) as port:
            running = asyncio.create_task(platform.run(house.studio(platform)))
            await page.goto(f"http://127.0.0.1:{port}")
            await expect(page.locator("#engine")).to_have_text("test engine")
            yield page
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def test_the_chat_leads_to_the_gallery_of_who_is_there(chat: Page) -> None:
    await imagine(chat, "a red fox")
    async with chat.expect_popup() as opened:
        await chat.get_by_role("button", name="Gallery").click()
    gallery = await opened.value
    await gallery.get_by_role("tab", name="My pictures").click()
    await expect(gallery.locator(".tile .prompt")).to_have_text("a red fox")
    await gallery.get_by_role("link").click()
    await expect(gallery.locator("#details h2")).to_contain_text("v1")


async def test_a_compare_card_slides_the_two_originals_over_each_other(chat: Page) -> None:
    card = await imagine(chat, "a red fox")
    await card.get_by_role("button", name="Reply to change it").click()
    await type_in(composer(chat, "thread"), "make it night")
    thread = chat.locator("#thread")
    await expect(thread).to_contain_text("v2 · edit of v1")
    await type_in(composer(chat, "thread"), "compare v1 v2")
    for _ in range(2):  # as it comes, and out of the store after a reload
        await thread.get_by_role("button", name="Slide v1 over v2").click()
        divider = thread.get_by_role("slider", name="Divider between v1 and v2")
        await expect(divider).to_be_focused()
        await chat.keyboard.press("ArrowRight")
        await expect(divider).to_have_attribute("aria-valuenow", "52")
        sources = await thread.locator(".slider img").evaluate_all("all => all.map(one => one.src)")
        assert len(set(sources)) == 2
        await chat.reload()
