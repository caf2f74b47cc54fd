"""The page in a real browser: what people do with keys, mouse and files."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.drivers.web import WebDriver, open_browser
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MARKUP = '<img src=x onerror="document.title=1"> **bold** [x](javascript:alert(1)) <b>&amp;</b>'

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("RETOUCH_REQUIRE_PEERS") != "1", reason="needs chromium"
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house:
        yield house


@pytest.fixture
async def driver(house: TestHouse) -> AsyncIterator[WebDriver]:
    async with open_browser(house) as driver:
        yield driver


@pytest.fixture
async def page(driver: WebDriver) -> AsyncIterator[Page]:
    """The opened page."""
    async with open_page() as page:
        await page.goto(driver.url)
        await expect(page.locator("#engine")).to_have_text("test engine")
        yield page


@asynccontextmanager
async def open_page() -> AsyncIterator[Page]:
    """An empty page. What scripts throw in it, or its own policy blocks, fails the test."""
    assert CHROMIUM, "chromium is required here"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
        yield page
        await browser.close()
    assert complaints == []


def composer(page: Page, room: str = "main") -> Locator:
    return page.locator(f"#composer-{room}")


async def type_in(box: Locator, words: str) -> None:
    await box.fill(words)
    await box.press("Enter")


async def imagine(page: Page, words: str) -> Locator:
    """Send `/imagine …` and wait for its finished card."""
    await type_in(composer(page), f"/imagine {words}")
    card = page.locator("#main .message", has=page.get_by_role("link", name="Download")).last
    await expect(card).to_contain_text(words)
    return card


async def test_an_example_of_the_empty_page_makes_a_picture(page: Page) -> None:
    await page.get_by_role("button", name="A red fox in fresh snow").click()
    await expect(page.get_by_role("link", name="Download v1.png")).to_be_visible()
    await expect(page.locator("#empty")).to_be_hidden()
    width = await page.locator("#main .picture img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width > 0


async def test_a_reply_edits_and_undo_brings_the_picture_back(page: Page) -> None:
    card = await imagine(page, "a red fox")
    await card.get_by_role("button", name="Reply to change it").click()
    await expect(composer(page, "thread")).to_be_focused()
    await type_in(composer(page, "thread"), "make it night")
    thread = page.get_by_role("complementary", name="Thread")
    await thread.get_by_role("button", name="Undo v2").click()
    await expect(thread).to_contain_text("Back to v1. The next reply edits this picture.")
    await expect(card.get_by_role("button", name="3 replies, open the thread")).to_be_visible()


async def test_a_button_with_a_form_asks_for_words_and_opens_the_thread(page: Page) -> None:
    card = await imagine(page, "a red fox")
    await card.get_by_role("button", name="Edit v1").click()
    words = card.get_by_role("textbox", name="Edit v1")
    await expect(words).to_be_focused()
    await type_in(words, "give it a hat")
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread).to_contain_text("v2 · edit of v1")
    await expect(thread).to_contain_text("give it a hat")


async def test_everything_is_there_again_after_a_reload(page: Page) -> None:
    card = await imagine(page, "a red fox")
    await card.get_by_role("button", name="Reply to change it").click()
    await type_in(composer(page, "thread"), "make it night")
    await expect(page.locator("#thread")).to_contain_text("v2 · edit of v1")
    await page.reload()
    await expect(page.locator("#main")).to_contain_text("a red fox")
    await expect(page.locator("#thread")).to_contain_text("v2 · edit of v1")
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()


async def test_the_full_view_works_by_keyboard_alone(page: Page) -> None:
    await imagine(page, "a red fox")
    await imagine(page, "a blue fox")
    await page.locator("#main .picture").first.focus()
    await page.keyboard.press("Enter")
    view = page.get_by_role("dialog", name="Picture, full view")
    await expect(view).to_contain_text("1 of 2")
    await page.keyboard.press("ArrowRight")
    await expect(view).to_contain_text("2 of 2")
    await expect(view.locator("#lightbox-caption")).to_contain_text("a blue fox")
    for _ in range(6):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await page.keyboard.press("Escape")
    await expect(view).to_be_hidden()
    await expect(page.locator("#main .picture").first).to_be_focused()


async def test_options_are_offered_while_typing(page: Page) -> None:
    box = composer(page)
    await box.press_sequentially("/im")
    await expect(page.get_by_role("option")).to_have_count(3)
    await box.press("Tab")
    await box.press_sequentially("a red fox --")
    assert await page.get_by_role("option").count() > 5
    await box.press_sequentially("a")
    await box.press("Tab")
    await box.press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("3:2")
    await box.press("Enter")
    await expect(box).to_have_value("/imagine a red fox --ar 3:2 ")
    await expect(page.get_by_role("listbox")).to_be_hidden()


async def test_a_chosen_file_goes_along(house: TestHouse, page: Page) -> None:
    await page.locator("#main input[type=file]").set_input_files(
        {"name": "<b>logo</b>.png", "mimeType": "image/png", "buffer": png(40, 30)}
    )
    chip = page.locator("#main .chip")
    await expect(chip).to_contain_text("<b>logo</b>.png")
    await expect(chip).to_contain_text("40×30")
    await imagine(page, "a poster with this")
    await expect(chip).to_have_count(0)
    provider = house.providers["openai"]
    assert isinstance(provider, FakeProvider)
    assert len(provider.inputs[-1]) == 1


async def test_a_file_that_is_no_picture_says_so_on_its_chip_and_is_not_sent(page: Page) -> None:
    await page.locator("#main input[type=file]").set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"hello"}
    )
    chip = page.locator("#main .chip.broken")
    await expect(chip).to_contain_text("This is not a picture I can read")
    await composer(page).fill("/imagine a fox")
    await expect(page.locator("#main").get_by_role("button", name="Send")).to_be_disabled()
    await chip.get_by_role("button", name="Remove notes.png").click()
    await expect(page.locator("#main").get_by_role("button", name="Send")).to_be_enabled()


async def test_a_pasted_picture_becomes_a_chip(page: Page) -> None:
    await composer(page).evaluate(
        """(box, bytes) => {
            const clip = new DataTransfer();
            clip.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clip, bubbles: true, cancelable: true }));
        }""",
        list(png(20, 10)),
    )
    await expect(page.locator("#main .chip")).to_contain_text("20×10")


async def test_markup_is_shown_as_it_was_typed(page: Page) -> None:
    await type_in(composer(page), f"/imagine {MARKUP}")
    await expect(page.get_by_role("link", name="Download v1.png")).to_be_visible()
    await expect(page.locator("#main .prompt")).to_have_text(MARKUP)
    await type_in(composer(page), MARKUP)
    await expect(page.locator("#main .text")).to_have_text(MARKUP)
    assert await page.title() == "Retouch"
    assert await page.locator("#main .prompt > *, #main .text > *").count() == 0


async def test_a_refusal_stands_at_the_box_and_gives_the_words_back(page: Page) -> None:
    await type_in(composer(page), "/imagine a fox --quality ultra")
    whisper = page.get_by_role("region", name="Only you can see this")
    await expect(whisper).to_contain_text("Nothing was charged.")
    await whisper.get_by_role("button", name="Edit my words").click()
    await expect(composer(page)).to_have_value("/imagine a fox --quality ultra")
    await expect(composer(page)).to_be_focused()


async def test_unsent_words_stay_with_their_thread(page: Page) -> None:
    await imagine(page, "a red fox")
    await imagine(page, "a blue fox")
    links = page.get_by_role("button", name="Reply to change it")
    await links.first.click()
    await composer(page, "thread").fill("half a thou")
    await links.last.click()
    await expect(page.locator("#thread-about")).to_have_text("a blue fox")
    await expect(composer(page, "thread")).to_have_value("")
    await links.first.click()
    await expect(composer(page, "thread")).to_have_value("half a thou")


async def test_arrow_up_recalls_the_last_words(page: Page) -> None:
    await imagine(page, "a red fox")
    await composer(page).press("ArrowUp")
    await expect(composer(page)).to_have_value("/imagine a red fox")


async def test_words_typed_while_the_server_is_away_are_not_lost(page: Page) -> None:
    await page.route("**/api/say", lambda route: route.abort())
    await type_in(composer(page), "/imagine a red fox")
    await expect(page.locator("#main .composer .problem")).to_contain_text("Retouch does not answer.")
    await expect(composer(page)).to_have_value("/imagine a red fox")
    await page.unroute("**/api/say")
    await composer(page).press("Enter")
    await expect(page.get_by_role("link", name="Download v1.png")).to_have_count(1)


async def test_the_page_comes_back_by_itself_after_a_restart(house: TestHouse) -> None:
    async with open_page() as page:
        async with open_browser(house) as before:
            await page.goto(before.url)
            await imagine(page, "a red fox")
        await expect(page.get_by_text("Reconnecting…")).to_be_visible()
        async with open_browser(house, at_port=int(before.url.rsplit(":", 1)[1])) as after:
            await after.imagine("a blue fox", who="bob")
            await expect(page.locator("#main")).to_contain_text("a blue fox", timeout=20_000)
            await expect(page.locator("#main")).to_contain_text("a red fox")
            await expect(page.get_by_text("Reconnecting…")).to_be_hidden()


async def test_nothing_is_wider_than_a_small_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await type_in(composer(page), f"/imagine {'a' * 200} --n 4")
    await expect(page.get_by_role("link", name="Download picture 4")).to_be_visible()
    widths = await page.evaluate(
        "[document.documentElement.scrollWidth, document.querySelector('#main .scroll').scrollWidth]"
    )
    assert max(widths) <= 360
    await page.get_by_role("button", name="Reply to change it").click()
    await expect(page.locator("#main")).to_be_hidden()
    await page.get_by_role("button", name="Close the thread").click()
    await expect(page.locator("#main")).to_be_visible()
