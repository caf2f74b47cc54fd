"""Buttons, forms and "Edit image", also after a restart."""

from __future__ import annotations

import json

from bot.models import (
    Action,
    Command,
    Role,
)
from tests.test_discord.scene import Scene, png


async def test_a_button_works_after_a_restart(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    await scene.driver.restart(scene.house)
    await scene.driver.press(picture, "Vary")
    action = scene.last
    assert isinstance(action, Action)
    assert (action.name, action.target, action.message) == ("vary", "version1", picture.id)
    assert len(scene.house.opened) == 2
    assert scene.house.opened[1].taken == [action]


async def test_the_edit_button_asks_for_words_even_after_a_restart(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    await scene.driver.restart(scene.house)
    alice = scene.driver.person()
    shown = await alice.click(scene.driver.message(picture.id), label="Edit")
    await alice.submit_modal(shown, {"words": "  make it night ", "pictures": [("moon.png", png("white"))]})
    action = scene.last
    assert isinstance(action, Action)
    assert (action.name, action.target, action.text) == ("edit", "version1", "make it night")
    assert [(one.name, one.role) for one in action.attachments] == [("moon.png", Role.REFERENCE)]


async def test_a_form_is_prefilled_with_the_buttons_value(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    shown = await scene.driver.person().click(scene.driver.message(picture.id), label="Edit")
    assert '"value": "a fox"' in json.dumps(shown.modal)


async def test_a_form_submitted_after_a_restart_is_not_lost(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    alice = scene.driver.person()
    shown = await alice.click(scene.driver.message(picture.id), label="Edit")
    await scene.driver.restart(scene.house)
    await alice.submit_modal(shown, {"words": "make it night"})
    assert isinstance(scene.last, Action)
    assert scene.last.text == "make it night"


async def test_a_refused_button_press_is_whispered(scene: Scene) -> None:
    scene.driver.person("bob")
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    await scene.driver.press(picture, "Edit", text="refuse this")
    assert [seen.text for seen in await scene.driver.seen() if seen.private] == ["Not that. Nothing was charged."]
    assert not any(seen.private for seen in await scene.driver.seen("bob"))


async def test_edit_image_on_our_picture_edits_that_version(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Edit image", scene.driver.message(picture.id))
    result = await alice.submit_modal(shown, {"words": "make it night"})
    action = scene.last
    assert isinstance(action, Action)
    assert (action.name, action.target, action.text) == ("edit", "version1", "make it night")
    assert result.response is None


async def test_edit_image_on_somebody_elses_picture_starts_from_it(scene: Scene) -> None:
    bob = scene.driver.person("bob")
    photo = await bob.send(scene.driver.channel, "my cat", attachments=[("notes.txt", b"x"), ("cat.png", png("red"))])
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Edit image", photo)
    result = await alice.submit_modal(shown, {"words": "add a hat", "pictures": [("hat.png", png())]})
    command = scene.last
    assert isinstance(command, Command)
    assert (command.name, command.text, command.reply_to) == ("edit", "add a hat", str(photo.id))
    assert [(one.name, one.role) for one in command.attachments] == [
        ("cat.png", Role.IMAGE),
        ("hat.png", Role.REFERENCE),
    ]
    assert result.response is None
    posted = scene.driver.pictures()[-1]
    assert posted.reference
    assert posted.reference.message_id == photo.id


async def test_edit_image_needs_a_picture(scene: Scene) -> None:
    words = await scene.driver.person("bob").send(scene.driver.channel, "no picture here")
    result = await scene.driver.person().context_menu(scene.driver.channel, "Edit image", words)
    assert result.modal is None
    assert result.ephemeral
    assert scene.house.taken == []


async def test_a_form_from_before_a_restart_on_somebody_elses_picture_says_so(scene: Scene) -> None:
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=[("cat.png", png())])
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Edit image", photo)
    await scene.driver.restart(scene.house)
    await alice.submit_modal(shown, {"words": "add a hat"})
    assert scene.house.taken == []
    assert "too old" in (await scene.driver.seen())[0].text
