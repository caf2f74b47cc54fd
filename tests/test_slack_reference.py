"""Slack: `/imagine-ref`, `/imagine-gallery`, and the shortcuts in a message's menu."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import incoming, reference, shortcuts
from bot.cards import Button, Card, CardImage
from bot.errors import BadAttachment
from bot.models import Action, Attachment, Command, Place, Role, User
from tests.drivers.slack import SlackDriver, open_slack_http, words
from tests.fakes.provider import png
from tests.fakes.slack import CHANNEL, TEAM
from tests.test_slack import Doorkeeper

ALICE = User("slack", "UALICE", "alice")
HERE = Place("slack", TEAM, CHANNEL)


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors) as driver:
        yield driver


async def arrived(doors: Doorkeeper, count: int = 1) -> Command:
    command = (await doors.arrived(count))[-1]
    assert isinstance(command, Command)
    return command


async def whispered(slack: SlackDriver) -> str:
    async with asyncio.timeout(5):
        while not slack.world.whispers:
            await asyncio.sleep(0.01)
    return words(slack.world.whispers[-1])


def somebody(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A person's message."""
    return {"ts": "50.1", "user": "UBOB", "text": "look", "files": list(files)} | more


def elements(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block["element"] for block in view["blocks"]}


# ── slash commands ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["", "delete @logo", "addition @x"])
async def test_reference_words_that_need_no_file_reach_the_core(
    slack: SlackDriver, doors: Doorkeeper, text: str
) -> None:
    await slack.ref(text)
    command = await arrived(doors)
    assert (command.name, command.text, command.place) == ("ref", text, HERE)
    assert slack.world.views == []


async def test_the_gallery_is_a_command_of_its_own(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.command("/imagine-gallery", "foxes")
    command = await arrived(doors)
    assert (command.name, command.text) == ("gallery", "foxes")


async def test_adding_a_reference_asks_for_the_file_in_a_form(
    slack: SlackDriver, doors: Doorkeeper, tmp_path: Path
) -> None:
    await slack.ref("ADD @logo as LOGO", files=[("logo.png", png())])
    command = await arrived(doors)
    assert (command.name, command.text, command.place) == ("ref", "add @logo as logo", HERE)
    (file,) = command.attachments
    await slack.platform.fetch(file, tmp_path / "logo", 1_000_000)
    assert (tmp_path / "logo").read_bytes() == png()
    await slack.platform.whisper(command, Card("Saved as @logo."))
    assert "Saved as @logo." in await whispered(slack)
    assert slack.world.called("chat.postEphemeral") == [], "answered by the command's own URL"


async def test_a_name_without_its_sign_gets_one_and_markup_stays_words(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.ref("add")
    view = await slack.form(0)
    assert "initial_value" not in elements(view)["name"]
    assert elements(view)["file"]["max_files"] == 1
    await slack.fill(view, name={"name": {"value": " <!channel> *x* "}})
    command = await arrived(doors)
    assert (command.text, command.attachments) == ("add @<!channel> *x*", ())


async def test_words_of_any_length_open_the_form(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.ref("add @" + "n" * 5000 + " as nonsense")
    view = await slack.form(0)
    assert len(elements(view)["name"]["initial_value"]) == reference.MAX_NAME
    assert elements(view)["role"]["initial_option"]["value"] == "reference"


async def test_where_the_form_does_not_open_the_core_answers(slack: SlackDriver, doors: Doorkeeper) -> None:
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
    await slack.ref("add @logo")
    command = await arrived(doors)
    assert (command.text, command.attachments) == ("add @logo", ())


def test_every_kind_of_reference_is_offered() -> None:
    assert set(reference.KINDS) == {Role.REFERENCE, Role.SUBJECT, Role.STYLE, Role.LOGO, Role.BACKGROUND}


@pytest.mark.parametrize("metadata", ["", "[]", "not json", '{"channel": ""}', '{"channel": 7}', "x" * 4000])
def test_a_form_with_strange_metadata_does_nothing(metadata: str) -> None:
    view = {"id": "V1", "private_metadata": metadata, "state": {"values": {}}}
    assert reference.command({"view": view}, TEAM, ALICE) is None


# ── save as reference ────────────────────────────────────────────────────────────────────────────────────────────


async def test_saving_somebodys_picture_needs_only_a_name(slack: SlackDriver, doors: Doorkeeper) -> None:
    note, photo = await slack.upload("note.pdf", b"%PDF"), await slack.upload("dog.jpg", png())
    await slack.shortcut("save_reference", somebody(note, photo, thread_ts="49.0"))
    view = await slack.form(0)
    assert set(elements(view)) == {"name", "role"}
    await slack.fill(view, name={"name": {"value": "dog"}}, role={"role": {"selected_option": {"value": "subject"}}})
    command = await arrived(doors)
    assert (command.name, command.text) == ("ref", "add @dog as subject")
    assert (command.place.channel, command.place.thread, command.reply_to) == (CHANNEL, "49.0", None)
    assert [one.ref for one in command.attachments] == [photo["id"]]


async def test_of_several_pictures_one_is_chosen(slack: SlackDriver, doors: Doorkeeper) -> None:
    photos = [await slack.upload(f"{name}.png", png()) for name in ("a", "b", "c")]
    await slack.shortcut("save_reference", somebody(*photos))
    view = await slack.form(0)
    assert [one["text"]["text"] for one in elements(view)["picture"]["options"]] == ["a.png", "b.png", "c.png"]
    chosen = {"picture": {"selected_option": elements(view)["picture"]["options"][1]}}
    await slack.fill(view, name={"name": {"value": "@b"}}, picture=chosen)
    assert [one.ref for one in (await arrived(doors)).attachments] == [photos[1]["id"]]


async def test_a_picture_of_ours_is_found_by_what_the_message_shows(
    slack: SlackDriver, doors: Doorkeeper, tmp_path: Path
) -> None:
    message = await ours(slack, tmp_path)
    await slack.shortcut("save_reference", message)
    await slack.fill(await slack.form(0), name={"name": {"value": "@fox"}})
    (file,) = (await arrived(doors)).attachments
    await slack.platform.fetch(file, tmp_path / "fetched", 1_000_000)
    assert (tmp_path / "fetched").read_bytes() == png()


async def test_a_message_without_a_picture_says_so(slack: SlackDriver, doors: Doorkeeper) -> None:
    gone = {"id": "F1", "mode": "tombstone", "mimetype": "image/png"}
    for callback in ("save_reference", "edit_image"):
        slack.world.whispers.clear()
        await slack.shortcut(callback, somebody(gone, {"id": "F2", "name": "x.pdf", "mimetype": "application/pdf"}))
        assert await whispered(slack) == "There is no picture on that message."
    assert (doors.came, slack.world.views) == ([], [])


async def test_any_number_of_pictures_with_any_names_fits_in_the_form(slack: SlackDriver, doors: Doorkeeper) -> None:
    many = [{"id": f"F{n:010}", "name": "狐" * 300, "mimetype": "image/png" + "x" * 900} for n in range(60)]
    await slack.shortcut("save_reference", somebody(*many))
    view = await slack.form(0)
    assert len(view["private_metadata"]) <= 3000
    await slack.fill(view, name={"name": {"value": "@fox"}})
    assert [one.ref for one in (await arrived(doors)).attachments] == ["F0000000000"]


async def test_chosen_twice_it_opens_two_forms_and_each_counts_once(slack: SlackDriver, doors: Doorkeeper) -> None:
    photo = await slack.upload("dog.jpg", png())
    await slack.shortcut("save_reference", somebody(photo))
    first = await slack.form(0)
    await slack.shortcut("save_reference", somebody(photo))
    second = await slack.form(1)
    await slack.fill(first, name={"name": {"value": "@dog"}})
    await slack.again()
    await slack.fill(second, name={"name": {"value": "@dog"}})
    one, again, two = await doors.arrived(3)
    assert one.event_id == again.event_id != two.event_id


async def test_a_picture_deleted_meanwhile_is_one_sentence(
    slack: SlackDriver, doors: Doorkeeper, tmp_path: Path
) -> None:
    photo = await slack.upload("dog.jpg", png())
    await slack.shortcut("save_reference", somebody(photo))
    view = await slack.form(0)
    slack.world.faults["files.info"] = [{"ok": False, "error": "file_deleted"}]
    await slack.fill(view, name={"name": {"value": "@dog"}})
    (file,) = (await arrived(doors)).attachments
    with pytest.raises(BadAttachment, match=r"deleted in Slack. Upload it again"):
        await slack.platform.fetch(file, tmp_path / "x", 1_000_000)


async def test_a_shortcut_whose_form_opens_too_late_says_so(slack: SlackDriver) -> None:
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
    await slack.shortcut("save_reference", somebody(await slack.upload("dog.jpg", png())))
    assert await whispered(slack) == "Slack did not open the form in time. Choose it in the message's menu again."


def test_blocks_of_other_apps_are_not_read() -> None:
    block = {"type": "image", "slack_file": {"id": "F000000001"}, "alt_text": "x"}
    message = {"ts": "1.0", "bot_id": "BOTHER", "blocks": [block]}
    assert not shortcuts.is_ours(message, "UBOT", "BOURS")
    assert not shortcuts.is_ours({"ts": "1.0", "user": "UBOB"}, "UBOT", None)
    assert shortcuts.pictures_on(message, ours=False) == ()


@pytest.mark.parametrize(
    "shown",
    [
        {"slack_file": {"id": "F01ABCDEFGH"}},
        {"slack_file": {"url": "https://files.slack.com/files-pri/T0123456-F01ABCDEFGH/fox.png"}},
        {"image_url": "https://files.slack.com/files-pri/T0123456-F01ABCDEFGH/fox.png"},
    ],
)
def test_a_block_of_ours_is_read_however_slack_hands_it_back(shown: dict[str, Any]) -> None:
    message = {"blocks": [{"type": "image", "alt_text": "a fox"} | shown]}
    assert shortcuts.pictures_on(message, ours=True) == (Attachment("Picture 1", "F01ABCDEFGH"),)


# ── edit this image ──────────────────────────────────────────────────────────────────────────────────────────────


async def ours(slack: SlackDriver, folder: Path, *buttons: Button) -> dict[str, Any]:
    """A message of the bot with a picture, as Slack hands it to a shortcut."""
    path = folder / "fox.png"
    path.write_bytes(png())
    image = CardImage(path, "image/png", 64, 64, "a red fox", "fox.png", asset="a1")
    card = Card("v1", images=(image,), buttons=buttons)
    address = await slack.platform.post(HERE, card, reply_to=None, key="k")
    return next(one for one in await slack._messages() if one["ts"] == address.message)


async def test_editing_a_picture_of_ours_is_its_edit_button(
    slack: SlackDriver, doors: Doorkeeper, tmp_path: Path
) -> None:
    message = await ours(slack, tmp_path, Button("Undo", "undo", "v-1"), Button("Edit", "edit", "v-1", form=True))
    await slack.shortcut("edit_image", message)
    view = await slack.form(0)
    assert (view["title"]["text"], view["submit"]["text"]) == ("Edit this picture", "Edit")
    await slack.fill(view, words={"words": {"value": "warmer"}})
    (action,) = await doors.arrived(1)
    assert isinstance(action, Action)
    assert (action.name, action.target, action.text) == ("edit", "v-1", "warmer")
    assert (action.message, action.place.thread) == (message["ts"], message["ts"])


async def test_editing_somebodys_pictures_takes_them_along(slack: SlackDriver, doors: Doorkeeper) -> None:
    photos = [await slack.upload(f"{name}.png", png()) for name in ("a", "b")]
    await slack.shortcut("edit_image", somebody(*photos))
    await slack.fill(await slack.form(0), words={"words": {"value": "make it night"}})
    command = await arrived(doors)
    assert (command.name, command.text, command.reply_to) == ("edit", "make it night", "50.1")
    assert (command.place.channel, command.place.thread) == (CHANNEL, "50.1")
    assert [(one.ref, one.role) for one in command.attachments] == [
        (photos[0]["id"], Role.IMAGE),
        (photos[1]["id"], Role.REFERENCE),
    ]


async def test_a_form_of_another_button_is_called_like_it(slack: SlackDriver, doors: Doorkeeper) -> None:
    label = "Redo everything in one single go"
    card = Card("v9", buttons=(Button(label, "rebase", "v-9", form=True, value="warmer; <b>"),))
    await slack.platform.post(HERE, card, reply_to=None, key="k")
    (seen,) = await slack.seen()
    await slack.press(seen, label, text="warmer, then night")
    view = slack.world.views[-1]
    assert (view["title"]["text"], view["submit"]["text"]) == ("Redo everything in one …", "Send")
    assert elements(view)["words"]["initial_value"] == "warmer; <b>"
    (action,) = await doors.arrived(1)
    assert isinstance(action, Action)
    assert (action.name, action.target, action.text) == ("rebase", "v-9", "warmer, then night")


def test_a_reference_named_in_a_thread_is_no_mention() -> None:
    event = {"channel": "C1", "ts": "7.2", "thread_ts": "7.1", "text": "put @logo top left", "user": "UALICE"}
    message = incoming.message(event, TEAM, ALICE, "UBOT")
    assert message
    assert (message.text, message.mentions_others) == ("put @logo top left", False)
