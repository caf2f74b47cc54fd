"""Steering by words and buttons, the same in every chat: picks, regions, comparisons, more canvas, what is known."""

from __future__ import annotations

from tests.test_conversation import Chat, chat

__all__ = ["chat"]  # the fixture


async def test_a_thread_is_steered_by_words_and_buttons(chat: Chat) -> None:
    driver = chat.driver
    await driver.imagine("a red fox --n 10")
    (first,) = await chat.pictures(1)
    assert [one for one in first.buttons if one.startswith("Pick")] == [f"Pick {number}" for number in range(1, 11)]
    assert "Show prompt" in first.buttons
    await driver.press(first, "Pick 7")
    picked = (await chat.pictures(2))[-1]
    assert "picture 7 of v1" in picked.text.lower() or "Picture 7 of v1" in picked.text
    assert len(picked.images) == 1
    await driver.reply("left half: make it blue", to=picked)
    edited = (await chat.pictures(3))[-1]
    assert "drift" in edited.text
    await driver.reply("zoom out", to=edited)
    larger = (await chat.pictures(4))[-1]
    assert "larger canvas" in larger.text
    await driver.reply("compare v2 v3", to=larger)
    compared = (await chat.pictures(5))[-1]
    assert "v2 → v3" in compared.text
    assert [image[:3] for image in compared.images] == [b"\x89PN", b"\x89PN", b"GIF"]
    assert [(number, parent, kind) for number, parent, kind, _ in await chat.tree()] == [
        (1, None, "generate"), (2, 1, "pick"), (3, 2, "edit"), (4, 3, "extend"),
    ]  # fmt: skip
    assert chat.provider.paid == 12


async def test_info_is_whispered(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    (first,) = await chat.pictures(1)
    await chat.driver.reply("info", to=first)
    (whisper,) = await chat.whispers()
    assert "Made by" in whisper.text
    assert "/imagine a red fox" in whisper.text
