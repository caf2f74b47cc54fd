"""The page in a real browser, for admins and about privacy: buttons only one person sees, hidden pictures, channels."""

from __future__ import annotations

import asyncio

from playwright.async_api import Locator, Page, expect

from bot.cards import Card, CardImage, Tone
from bot.models import Address, Place, Policy
from tests.drivers.web import WebDriver
from tests.e2e.test_web_page import composer, driver, house, imagine, page, pytestmark, type_in
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse

__all__ = ["driver", "house", "page", "pytestmark"]


def whisper(page: Page, words: str) -> Locator:
    return page.get_by_role("region", name="Only you can see this").filter(has_text=words)


async def test_what_is_mine_is_deleted_by_keyboard_alone(page: Page) -> None:
    card = await imagine(page, "a red fox")
    await type_in(composer(page), "/imagine-privacy delete mine")
    await expect(whisper(page, "They cannot be brought back.")).to_be_visible()
    await page.keyboard.press("Shift+Tab")  # to the picture clip of the box
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Type yes to delete what is yours here")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("yes")
    await page.keyboard.press("Enter")
    answer = whisper(page, "Deleted: your words")
    await expect(answer).to_be_focused()
    await expect(page.locator(".whisper")).to_have_count(1)
    await expect(page.locator("#main")).to_contain_text("This picture was deleted by the person who made it.")
    await expect(card).to_have_count(0)


async def test_a_spent_whisper_goes_from_my_other_window(page: Page) -> None:
    await imagine(page, "a red fox")
    assert page.context.browser
    other = await page.context.browser.new_page(storage_state=await page.context.storage_state())
    await other.goto(page.url)
    await expect(other.locator("#main")).to_contain_text("a red fox")
    await type_in(composer(page), "/imagine-privacy")
    kept = whisper(other, "Kept about you here: 1 picture")
    await expect(kept).to_be_visible()
    await whisper(page, "Kept about you here").get_by_role("button", name="Dismiss").click()
    await expect(kept).to_have_count(0)


async def test_words_begun_in_a_whisper_stay_when_the_connection_comes_back(page: Page, driver: WebDriver) -> None:
    await imagine(page, "a red fox")
    await type_in(composer(page), "/imagine-privacy delete mine")
    await page.locator(".whisper .button.danger").click()
    await page.keyboard.type("ye")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    async with page.expect_response("**/api/history*"):
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await expect(page.locator(".whisper .inline-words")).to_have_value("ye")
    await expect(page.locator(".whisper .inline-words")).to_be_focused()


async def test_what_to_do_next_stands_under_an_answer(page: Page) -> None:
    await type_in(composer(page), "/imagine-admin set review on")
    await expect(whisper(page, "Changed.")).to_contain_text("Set review-channel as well: until then every request")


async def test_hidden_pictures_are_shown_one_by_one_by_keyboard(page: Page, house: TestHouse) -> None:
    await house.store.set_policy("local", Policy(spoiler=True))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if request.resource_type == "image" else None)
    await imagine(page, "a red fox")
    await imagine(page, "a blue fox")
    assert not [one for one in fetched if "/page/" not in one], "nothing is fetched before it is wanted"
    red = page.get_by_role("button", name="Show picture: AI-made picture, v1: a red fox")
    await expect(red).to_have_text("Show picture")
    await red.focus()
    await page.keyboard.press("Enter")
    shown = page.get_by_role("button", name="Open full view: AI-made picture, v1: a red fox")
    await expect(shown).to_be_focused()
    await expect(shown.locator("img")).to_have_attribute("alt", "AI-made picture, v1: a red fox")
    await page.keyboard.press("Enter")
    view = page.get_by_role("dialog", name="Picture, full view")
    await expect(view).to_be_visible()
    await expect(view.get_by_role("button", name="Next picture")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Show picture: AI-made picture, v1: a blue fox")).to_be_visible()


async def test_the_way_to_another_channel_and_back(page: Page) -> None:
    await expect(page.locator("#channel")).to_be_disabled()
    await type_in(composer(page), "/imagine-admin set review-channel review")
    await whisper(page, "Changed.").get_by_role("link", name="review").click()
    await expect(page.locator("#main")).to_contain_text("Pictures that wait for approval will appear here.")
    await expect(page).to_have_title("# review · Retouch")
    await page.get_by_role("button", name="Channel review. Go to another").press("Enter")
    general = page.get_by_role("navigation", name="Channels").get_by_role("link", name="# general")
    await expect(general).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("Retouch")


async def test_a_picture_is_approved_where_it_waits(page: Page, house: TestHouse) -> None:
    await house.store.set_policy("local", Policy(review=True, review_channel="review"))
    await type_in(composer(page), "/imagine a red fox")
    await expect(page.locator("#main")).to_contain_text("v1 is made and waits for review.")
    await page.goto("/".join(page.url.split("/")[:3]) + "/?channel=review")
    card = page.locator("#main .message", has_text="waits for review")
    await expect(card.get_by_role("button", name="Reply")).to_have_count(0)
    await card.get_by_role("button", name="Let people see v1").click()
    await expect(page.locator("#main")).to_contain_text("v1 by Guest: approved by Guest.")
    await expect(page.locator("#thread")).to_be_hidden()


async def test_a_channel_that_cannot_be_is_explained_on_the_page(page: Page) -> None:
    await page.goto(page.url + "?channel=No+Such")
    await expect(page.locator("#offline")).to_have_text(
        "There is no such channel: names are of small letters, digits and hyphens. Go back to #general."
    )
    await expect(page.locator("#channel")).to_be_enabled()


async def test_the_finished_answer_is_in_sight_in_its_thread(page: Page) -> None:
    card = await imagine(page, "a red fox")
    await card.get_by_role("button", name="Reply to change it").click()
    for number in range(2, 5):
        await type_in(composer(page, "thread"), "make it night")
        undo = page.locator("#thread").get_by_role("button", name=f"Undo v{number}")
        await expect(undo).to_be_in_viewport()


async def test_new_words_before_the_list_has_scrolled_do_not_leave_it_behind(page: Page) -> None:
    for words in ("a red fox", "a blue fox", "a green fox"):
        await imagine(page, words)
    distance = await page.evaluate("""async () => {
        const scroller = document.querySelector("#main .scroll"), list = scroller.querySelector(".messages");
        const frames = async () => { for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame); };
        scroller.scrollTop -= 50;
        await frames();
        await new Promise((done) => setTimeout(done));  // between two frames
        scroller.scrollTop += 50;  // its event comes only after the list has grown
        const box = document.createElement("li");
        box.style.height = "400px";
        list.append(box);
        await frames();
        return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    }""")
    assert distance < 120


async def test_the_header_fits_a_small_phone_with_a_channel_in_it(page: Page) -> None:
    await type_in(composer(page), "/imagine-admin set review-channel review-of-pictures-for-the-whole-team")
    await expect(page.locator("#channel")).to_be_enabled()
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.goto(page.url + "?channel=review-of-pictures-for-the-whole-team")
    await expect(page.locator("#main")).to_contain_text("will appear here.")
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    for name in ("#channel", "#gallery", "#admin", "#me"):
        if await page.locator(name).is_visible():
            await expect(page.locator(name)).to_be_in_viewport(ratio=1)
    await page.locator("#channel").click()
    await expect(page.locator("#channels")).to_be_in_viewport(ratio=1)


async def test_a_passing_picture_is_hidden_too(page: Page, house: TestHouse, driver: WebDriver) -> None:
    await house.store.set_policy("local", Policy(spoiler=True))
    provider = house.providers["openai"]
    assert isinstance(provider, FakeProvider)
    provider.gate = asyncio.Event()
    await type_in(composer(page), "/imagine a red fox")
    await expect(page.locator(".picture.drawing")).to_be_visible()
    (message,) = await driver.messages()
    preview = house.tmp / "passing.png"
    preview.write_bytes(png(8, 8))
    image = CardImage(preview, "image/png", 8, 8, "Preview", "preview")
    address = Address(Place("web", "local", "general", message["id"]), message["id"])
    await driver.platform.edit(address, Card("Making", tone=Tone.PROGRESS, images=(image,), spoiler=True))
    await page.locator(".picture.veiled").press("Enter")
    await expect(page.locator(".picture img.preview")).to_have_count(1)
    provider.gate.set()
    await expect(page.get_by_role("button", name="Open full view: AI-made picture, v1: a red fox")).to_be_visible()
    await expect(page.locator(".veil")).to_have_count(0)
