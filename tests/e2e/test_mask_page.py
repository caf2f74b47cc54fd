"""Painting where a picture may change, in a real browser: by mouse, by fingers and by keys alone."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageDraw
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.cards import Card
from bot.models import Version
from tests.drivers.mask import Served, open_mask_pages
from tests.e2e.chromium import ARGUMENTS, CHROMIUM, needs_chromium

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]

SIZE = (1200, 800)
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def photo(size: tuple[int, int] = SIZE) -> bytes:
    """Something with light, dark and colourful parts."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.ellipse((width * 0.55, height * 0.1, width * 0.85, height * 0.5), fill=(240, 190, 60))
    draw.rectangle((0, height * 0.7, width, height), fill=(40, 110, 70))
    draw.polygon([(0, height * 0.7), (width * 0.3, height * 0.25), (width * 0.6, height * 0.7)], fill=(90, 70, 160))
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return data.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests, each with windows of its own."""
    assert CHROMIUM, "chromium is required here"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_mask_pages(tmp_path) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def version(served: Served) -> Version:
    return await served.version(photo())


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, served: Served, version: Version) -> AsyncIterator[Page]:
    async with opened(browser, served.link(version)) as page:
        yield page


@asynccontextmanager
async def opened(browser: Browser, url: str, **device: Any) -> AsyncIterator[Page]:
    """The mask page, ready to be painted on. What its scripts throw, or its own policy blocks, fails the test."""
    complaints: list[str] = []
    context = await browser.new_context(**device)
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
    await page.goto(url)
    await expect(page.locator("#loading")).to_be_hidden()
    yield page
    await context.close()
    assert complaints == []


class Stage:
    """The picture in the window: its places as fractions of it, fitted and not zoomed."""

    def __init__(self, box: Any, size: tuple[int, int]) -> None:
        self.scale = min((box["width"] - 28) / size[0], (box["height"] - 28) / size[1])
        self.left = box["x"] + (box["width"] - size[0] * self.scale) / 2
        self.top = box["y"] + (box["height"] - size[1] * self.scale) / 2
        self.size = size

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.size[0] * self.scale, self.top + y * self.size[1] * self.scale


async def stage(page: Page, size: tuple[int, int] = SIZE) -> Stage:
    return Stage(await page.locator("#stage").bounding_box(), size)


async def drag(page: Page, *spots: tuple[float, float], size: tuple[int, int] = SIZE, steps: int = 6) -> None:
    """Draw a line through these spots of the picture with the mouse."""
    seen = await stage(page, size)
    await page.mouse.move(*seen.at(*spots[0]))
    await page.mouse.down()
    for spot in spots[1:]:
        await page.mouse.move(*seen.at(*spot), steps=steps)
    await page.mouse.up()


async def send(page: Page, words: str = "a red boat") -> None:
    await page.get_by_label("What should change there?").fill(words)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Sent. Your picture appears in the thread.")).to_be_visible()


async def arrived(served: Served) -> Image.Image:
    """The newest mask, white where the picture may change."""
    (attachment,) = served.doors.asked[-1].attachments
    asset = await served.store.asset(attachment.asset)
    assert asset is not None
    with Image.open(served.store.asset_path(asset)) as image:
        return ImageChops.invert(image.getchannel("A"))


def drawn(draw: Callable[[ImageDraw.ImageDraw], None], size: tuple[int, int] = SIZE) -> Image.Image:
    mask = Image.new("L", size)
    draw(ImageDraw.Draw(mask))
    return mask


def overlap(one: Image.Image, other: Image.Image) -> float:
    """Intersection over union."""
    shared = ImageChops.darker(one, other).histogram()[255]
    return shared / ImageChops.lighter(one, other).histogram()[255]


def rectangle(left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = SIZE
    corners = (left * width, top * height, right * width - 1, bottom * height - 1)
    return drawn(lambda draw: draw.rectangle(corners, fill=255))


def line(spots: list[tuple[float, float]], thick: float, size: tuple[int, int] = SIZE) -> Image.Image:
    """What a round brush `thick` pixels wide leaves."""
    points = [(x * size[0], y * size[1]) for x, y in spots]

    def paint(draw: ImageDraw.ImageDraw) -> None:
        draw.line(points, fill=255, width=round(thick))
        for x, y in points:
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)

    return drawn(paint, size)


async def brush(page: Page) -> float:
    """How wide the brush is, in pixels of the picture."""
    said = await page.locator("#size").get_attribute("aria-valuetext")
    assert said
    return float(said.split()[0])


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Tool", exact=True).get_by_role("button", name=name)


SPOTS = [(0.2, 0.3), (0.5, 0.6), (0.8, 0.4)]


async def test_a_painted_stroke_arrives_where_it_was_painted(served: Served, page: Page, version: Version) -> None:
    await drag(page, *SPOTS)
    await send(page, "  a red boat ")
    (action,) = served.doors.asked
    assert (action.name, action.target, action.text) == ("paint_1", version.id, "a red boat")
    assert overlap(await arrived(served), line(SPOTS, await brush(page))) > 0.95


async def test_a_large_picture_is_painted_at_its_own_size(browser: Browser, served: Served) -> None:
    size = (3840, 2160)
    version = await served.version(photo(size))
    async with opened(browser, served.link(version)) as page:
        await drag(page, *SPOTS, size=size)
        await send(page)
        mask = await arrived(served)
        assert mask.size == size
        assert overlap(mask, line(SPOTS, await brush(page), size)) > 0.95


async def test_keys_alone_mark_a_rectangle_and_send_it(served: Served, page: Page) -> None:
    for _ in range(20):
        if await page.evaluate("document.activeElement.id") == "stage":
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("r")
    for key in ["Shift+ArrowLeft", "Shift+ArrowUp", " ", *["Shift+ArrowRight"] * 3, *["ArrowDown"] * 5]:
        await page.keyboard.press(key)
    await page.keyboard.press(" ")
    await expect(page.locator("#heard")).to_contain_text("Rectangle. 5 % of the picture is marked.")
    await page.keyboard.press("Tab")
    await page.keyboard.type("a red boat")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Sent. Your picture appears in the thread.")).to_be_visible()
    assert overlap(await arrived(served), rectangle(0.4, 0.35, 0.7, 0.5)) > 0.98


async def test_the_eraser_takes_away(served: Served, page: Page) -> None:
    await tool(page, "Rectangle").click()
    await drag(page, (0.2, 0.2), (0.8, 0.8))
    await page.keyboard.press("e")
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    await send(page)
    wanted = ImageChops.subtract(rectangle(0.2, 0.2, 0.8, 0.8), line([(0.2, 0.5), (0.8, 0.5)], await brush(page)))
    assert overlap(await arrived(served), wanted) > 0.95


async def test_a_lasso_marks_what_it_goes_round(served: Served, page: Page) -> None:
    await page.keyboard.press("l")
    corners = [(0.2, 0.2), (0.8, 0.3), (0.5, 0.9)]
    await drag(page, *corners)
    await send(page)
    points = [(x * SIZE[0], y * SIZE[1]) for x, y in corners]
    assert overlap(await arrived(served), drawn(lambda draw: draw.polygon(points, fill=255))) > 0.95


async def test_undo_redo_invert_and_clear(served: Served, page: Page) -> None:
    share = page.locator("#share")
    await page.keyboard.press("r")
    await drag(page, (0.0, 0.0), (0.5, 0.5))
    await expect(share).to_have_text("25 % marked")
    await drag(page, (0.5, 0.5), (1.0, 1.0))
    await expect(share).to_have_text("50 % marked")
    await page.keyboard.press("Control+z")
    await expect(share).to_have_text("25 % marked")
    await page.get_by_role("button", name="Redo").click()
    await expect(share).to_have_text("50 % marked")
    await page.keyboard.press("Control+z")
    await page.keyboard.press("i")
    await expect(share).to_have_text("75 % marked")
    await page.keyboard.press("Delete")
    await expect(share).to_have_text("Nothing marked")
    await page.keyboard.press("Control+z")
    await send(page)
    assert overlap(await arrived(served), ImageChops.invert(rectangle(0, 0, 0.5, 0.5))) > 0.98


async def test_many_strokes_are_undone_one_by_one(page: Page) -> None:
    share = page.locator("#share")
    await page.keyboard.press("r")
    for row in range(4):
        for column in range(8):
            await drag(page, (column / 10, row / 10), ((column + 1) / 10, (row + 1) / 10), steps=1)
    await expect(share).to_have_text("32 % marked")
    for _ in range(31):
        await page.keyboard.press("Control+z")
    await expect(share).to_have_text("1 % marked")
    for _ in range(33):
        await page.keyboard.press("Control+Shift+z")
    await expect(share).to_have_text("32 % marked")


async def test_zoomed_in_and_moved_a_stroke_lands_under_the_pointer(served: Served, page: Page) -> None:
    seen = await stage(page)
    spot = seen.at(0.25, 0.25)
    await page.mouse.move(*spot)
    fit = page.get_by_role("button", name="Fit to the window")
    await expect(fit).to_be_disabled()
    await page.mouse.wheel(0, -600)
    await expect(fit).to_be_enabled()
    await page.keyboard.down(" ")
    await page.mouse.down()
    await page.mouse.move(spot[0] - 60, spot[1] - 40)
    await page.mouse.up()
    await page.keyboard.up(" ")
    await page.mouse.move(spot[0] - 60, spot[1] - 40)
    await page.mouse.down()
    await page.mouse.up()
    await expect(page.locator("#share")).not_to_have_text("Nothing marked")
    await send(page)
    assert overlap(await arrived(served), line([(0.25, 0.25)] * 2, await brush(page))) > 0.9


async def test_a_finger_paints_two_fingers_zoom_on_a_phone(browser: Browser, served: Served, version: Version) -> None:
    async with opened(browser, served.link(version), **PHONE) as page:
        seen = await stage(page)
        touch = await page.context.new_cdp_session(page)

        async def fingers(kind: str, *spots: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(spots)]
            await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        await fingers("touchStart", seen.at(0.4, 0.5))
        await fingers("touchStart", seen.at(0.4, 0.5), seen.at(0.6, 0.5))
        await fingers("touchMove", seen.at(0.2, 0.5), seen.at(0.8, 0.5))
        await fingers("touchEnd")
        await expect(page.locator("#share")).to_have_text("Nothing marked")
        await page.get_by_role("button", name="Fit to the window").tap()
        await fingers("touchStart", seen.at(*SPOTS[0]))
        for spot in SPOTS[1:]:
            await fingers("touchMove", seen.at(*spot))
        await fingers("touchEnd")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await send(page)
        assert overlap(await arrived(served), line(SPOTS, await brush(page))) > 0.9


async def test_a_refusal_keeps_the_painting_and_the_words(served: Served, page: Page) -> None:
    served.doors.refusals.append(Card(title="You've used all 10 of your images for today.", body="More at 00:00 UTC."))
    await drag(page, *SPOTS)
    await page.get_by_label("What should change there?").fill("a red boat")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("You've used all 10 of your images for today.")
    await expect(page.locator("#share")).not_to_have_text("Nothing marked")
    await send(page)
    first, second = served.doors.asked
    assert first.event_id != second.event_id
    assert first.attachments == second.attachments


async def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_made_twice(served: Served, page: Page) -> None:
    async def lose(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/send", lose, times=1)
    await drag(page, *SPOTS)
    await page.get_by_label("What should change there?").fill("a red boat")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Everything is kept here; try again.")
    await send(page)
    assert len(served.doors.asked) == 1


async def test_what_is_missing_is_said_before_anything_is_sent(served: Served, page: Page) -> None:
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text("Paint over the part that may change first.")
    await expect(page.locator("#stage")).to_be_focused()
    await drag(page, *SPOTS)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text("Say what should change there.")
    await expect(page.get_by_label("What should change there?")).to_be_focused()
    assert served.doors.asked == []


async def test_a_painting_is_there_again_after_a_reload_and_gone_once_sent(page: Page) -> None:
    asked: list[str] = []

    async def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.keyboard.press("r")
    await drag(page, (0.0, 0.0), (0.5, 0.5))
    await page.reload()
    assert asked == ["beforeunload"]
    await expect(page.locator("#share")).to_have_text("25 % marked")
    await send(page)
    await page.reload()
    await expect(page.locator("#loading")).to_be_hidden()
    await expect(page.locator("#share")).to_have_text("Nothing marked")
    assert asked == ["beforeunload"]


async def test_after_sending_one_can_paint_again(served: Served, page: Page) -> None:
    await drag(page, *SPOTS)
    marked = await page.locator("#share").inner_text()
    await send(page)
    await drag(page, (0.1, 0.1), (0.9, 0.1))
    await page.keyboard.press("i")
    await expect(page.locator("#share")).to_have_text(marked)
    await page.get_by_role("button", name="Paint again").click()
    await expect(page.locator("#share")).to_have_text("Nothing marked")
    await drag(page, *SPOTS)
    await send(page, "a blue boat")
    assert [one.text for one in served.doors.asked] == ["a red boat", "a blue boat"]


async def test_a_link_that_is_no_longer_good_says_so_on_a_page(browser: Browser, served: Served) -> None:
    page = await browser.new_page()
    await page.goto(f"{served.url}/p/mask/forged")
    await expect(page.get_by_role("heading")).to_have_text("This link is not complete. Open it from the chat again.")
    await page.close()
