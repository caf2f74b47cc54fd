"""A series, the same in every chat: made, one panel drawn anew, one picked and changed."""

from __future__ import annotations

from tests.test_conversation import Chat, chat

__all__ = ["chat"]  # the fixture


async def test_a_series_is_made_mended_and_picked_from(chat: Chat) -> None:
    driver = chat.driver
    await driver.imagine('a fox, ink drawing --series "it wakes | it finds a coin | it buys bread"')
    (first,) = await chat.pictures(1)
    assert "series of 3 panels" in first.text
    assert len(first.images) == 3
    assert list(first.alts) == [
        "AI-made, panel 1 of 3: it wakes", "AI-made, panel 2 of 3: it finds a coin",
        "AI-made, panel 3 of 3: it buys bread",
    ]  # fmt: skip
    assert [one for one in first.buttons if one.startswith("Pick")] == ["Pick 1", "Pick 2", "Pick 3"]
    await driver.press(first, "Redo a panel", text="2: it finds a ring")
    second = (await chat.pictures(2))[-1]
    assert "panel 2 of v1 anew" in second.text
    assert [second.images[index] == first.images[index] for index in range(3)] == [True, False, True]
    await driver.reply("redo panel 3", to=second)
    third = (await chat.pictures(3))[-1]
    await driver.press(third, "Contact sheet")
    sheet = (await chat.pictures(4))[-1]
    assert list(sheet.alts) == ["Contact sheet of v3: 3 panels, AI-made."]
    await driver.press(third, "Pick 2")
    picked = (await chat.pictures(5))[-1]
    await driver.reply("make it night", to=picked)
    await chat.pictures(6)
    assert [(number, parent, kind) for number, parent, kind, _ in await chat.tree()] == [
        (1, None, "series"), (2, 1, "series"), (3, 2, "series"), (4, 3, "pick"), (5, 4, "edit"),
    ]  # fmt: skip
    assert chat.provider.paid == 6


async def test_twelve_panels_are_all_seen(chat: Chat) -> None:
    await chat.driver.imagine("a fox --series " + " | ".join(f"scene {number}" for number in range(1, 13)))
    (seen,) = await chat.pictures(1)
    assert seen.alts[0] == "Contact sheet of v1: 12 panels, AI-made."
    assert len([one for one in seen.buttons if one.startswith("Pick")]) == 12
    assert chat.provider.paid == 12


async def test_a_series_that_cannot_be_is_whispered(chat: Chat) -> None:
    await chat.driver.imagine("a fox --series it wakes")
    (whisper,) = await chat.whispers()
    assert "a series has 2 to 12" in whisper.text
    assert chat.provider.requests == []
