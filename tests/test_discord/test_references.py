"""Pictures kept under a name: `/imagine-ref`, `/imagine-gallery`, "Save as reference"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import discord
import pytest

from bot.cards import Card, CardImage, Tone
from bot.models import Command, Message, Role
from tests.test_discord.scene import Scene, discord_with, png


def asked(scene: Scene) -> Command:
    """The last thing the core was asked, which was a command."""
    assert isinstance(scene.last, Command)
    return scene.last


async def save(scene: Scene, message: discord.Message, *, name: str, **chosen: str) -> None:
    """Choose "Save as reference" on a message and submit its form."""
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Save as reference", message)
    await alice.submit_modal(shown, {"name": name, **{field: [value] for field, value in chosen.items()}})


# ── /imagine-ref, /imagine-gallery ──────────────────────────────────────────────────────────────────────────


async def test_a_picture_is_added_under_a_name(scene: Scene) -> None:
    await scene.driver.ref("add logo as logo", files=[("acme.png", png("red"))])
    command = asked(scene)
    assert (command.name, command.text) == ("ref", "add @logo as logo")
    assert [(one.name, one.role, one.content_type) for one in command.attachments] == [
        ("acme.png", Role.REFERENCE, "image/png")
    ]
    assert (scene.house.folder / "kept").read_bytes() == png("red")


async def test_what_it_is_for_may_be_left_out(scene: Scene) -> None:
    await scene.driver.ref("add @logo", files=[("acme.png", png())])
    assert asked(scene).text == "add @logo"


async def test_every_role_of_a_reference_is_offered(scene: Scene) -> None:
    commands = {one.name: one for one in await scene.driver.platform.client.tree.fetch_commands()}
    groups: dict[str, Any] = {one.name: one for one in commands["imagine-ref"].options}
    assert set(groups) == {"add", "list", "delete"}
    [options] = [one for one in groups["add"].options if one.name == "for"]
    assert [choice.value for choice in options.choices] == ["reference", "subject", "style", "logo", "background"]
    assert not options.required


async def test_names_are_listed_and_forgotten(scene: Scene) -> None:
    await scene.driver.ref("")
    assert (asked(scene).name, asked(scene).text, asked(scene).attachments) == ("ref", "", ())
    await scene.driver.ref("delete @logo")
    assert (asked(scene).name, asked(scene).text) == ("ref", "delete @logo")


async def test_the_answer_is_seen_by_the_asker_alone(scene: Scene) -> None:
    scene.driver.person("bob")
    await scene.driver.ref("delete logo")
    [seen] = await scene.driver.seen()
    assert (seen.private, seen.text) == (True, "Heard: delete @logo")
    assert await scene.driver.seen("bob") == []


@pytest.mark.parametrize(
    "name", ["<@1234567890>", "@everyone", "**bold**", "[x](https://evil.example)", "my logo", "@@", "n" * 100, "ü🦊"]
)
async def test_a_hostile_name_is_passed_on_as_typed_and_shown_inert(scene: Scene, name: str) -> None:
    await scene.driver.ref(f"add {name} as style", files=[("acme.png", png())])
    with_at = name if name.startswith("@") else f"@{name}"
    assert asked(scene).text == f"add {with_at} as style"
    [seen] = await scene.driver.seen()
    assert seen.text == f"Heard: add {with_at} as style"
    message = scene.driver.message(seen.id)
    assert (message.mentions, message.mention_everyone) == ([], False)


async def test_the_gallery_is_answered_with_a_link_for_the_asker_alone(scene: Scene) -> None:
    scene.driver.person("bob")
    await scene.driver.person().slash(scene.driver.channel, "imagine-gallery")
    assert (asked(scene).name, asked(scene).text) == ("gallery", "")
    [seen] = await scene.driver.seen()
    assert seen.private
    assert seen.links == (("Gallery", "https://pictures.example/gallery?t=abc"),)
    assert await scene.driver.seen("bob") == []


async def test_a_command_delivered_twice_is_answered_once(scene: Scene) -> None:
    await scene.driver.ref("delete @logo")
    await scene.driver.again()
    assert len(scene.house.taken) == 1
    assert len(await scene.driver.seen()) == 1


# ── Save as reference ───────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_elses_picture_is_saved(scene: Scene) -> None:
    bob = scene.driver.person("bob")
    photo = await bob.send(scene.driver.channel, "us", attachments=[("notes.txt", b"x"), ("acme.png", png("red"))])
    await save(scene, photo, name="logo", role="logo")
    command = asked(scene)
    assert (command.name, command.text) == ("ref", "add @logo as logo")
    assert [(one.name, one.role) for one in command.attachments] == [("acme.png", Role.REFERENCE)]
    assert (scene.house.folder / "kept").read_bytes() == png("red")
    assert [(seen.private, seen.text) for seen in await scene.driver.seen()] == [(True, "Heard: add @logo as logo")]
    assert await scene.driver.seen("bob") == []


async def test_of_several_pictures_the_chosen_one_is_saved(scene: Scene) -> None:
    both = [("one.png", png("red")), ("two.png", png("blue"))]
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=both)
    await save(scene, photo, name="@sky", role="background", picture="1")
    assert [one.name for one in asked(scene).attachments] == ["two.png"]
    assert asked(scene).attachments[0].role is Role.REFERENCE


async def test_a_picture_of_ours_is_saved(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    paths = [scene.house.folder / f"{colour}.png" for colour in ("red", "blue")]
    for path in paths:
        path.write_bytes(png(path.stem))
    images = tuple(CardImage(path, "image/png", 32, 24, path.stem, path.name) for path in paths)
    await scene.doors.platform.edit(address, Card("v1", tone=Tone.DONE, images=images))
    await save(scene, scene.driver.pictures()[0], name="fox", role="subject", picture="1")
    command = asked(scene)
    assert (command.text, [one.name for one in command.attachments]) == ("add @fox as subject", ["blue.png"])
    assert (scene.house.folder / "kept").read_bytes() == png("blue")


async def test_only_several_pictures_are_asked_about(scene: Scene) -> None:
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=[("one.png", png())])
    shown = await scene.driver.person().context_menu(scene.driver.channel, "Save as reference", photo)
    assert [one["label"] for one in shown.modal["components"]] == ["Name", "What is it for?"]


async def test_ten_pictures_with_endless_names_can_be_chosen_from(scene: Scene) -> None:
    many = [("n" * 200 + f"{number}.png", png()) for number in range(10)]
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=many)
    await save(scene, photo, name="n" * 100, role="style", picture="9")
    assert asked(scene).text == f"add @{'n' * 100} as style"
    assert asked(scene).attachments[0].name.endswith("9.png")


async def test_a_message_without_a_picture_has_none_to_save(scene: Scene) -> None:
    words = await scene.driver.person("bob").send(scene.driver.channel, "hi", attachments=[("notes.txt", b"x")])
    result = await scene.driver.person().context_menu(scene.driver.channel, "Save as reference", words)
    assert result.modal is None
    assert [(seen.private, seen.text) for seen in await scene.driver.seen()] == [
        (True, "There is no picture on that message.")
    ]
    assert scene.house.taken == []


async def test_a_picture_deleted_meanwhile_is_said_to_be_gone(scene: Scene) -> None:
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=[("one.png", png())])
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Save as reference", photo)
    await scene.driver.person("bob").delete(photo)
    scene.driver.lose_files()
    await alice.submit_modal(shown, {"name": "logo", "role": ["logo"]})
    assert [(seen.private, seen.text) for seen in await scene.driver.seen()] == [
        (True, "Discord no longer has this file. Attach it again.")
    ]


async def test_a_form_from_before_a_restart_says_so(scene: Scene) -> None:
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=[("one.png", png())])
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Save as reference", photo)
    await scene.driver.restart(scene.house)
    await alice.submit_modal(shown, {"name": "logo", "role": ["logo"]})
    assert scene.house.taken == []
    assert [(seen.private, seen.text) for seen in await scene.driver.seen()] == [
        (True, "This form is too old. Open it again from the message's Apps menu.")
    ]


async def test_a_form_submitted_twice_is_taken_once(scene: Scene) -> None:
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=[("one.png", png())])
    await save(scene, photo, name="logo", role="logo")
    await scene.driver.again()
    assert len(scene.house.taken) == 1
    assert len(await scene.driver.seen()) == 1


@pytest.mark.parametrize("choice", ["7", "-1", "x"])
async def test_a_forged_choice_of_picture_saves_nothing(scene: Scene, choice: str) -> None:
    both = [("one.png", png("red")), ("two.png", png("blue"))]
    photo = await scene.driver.person("bob").send(scene.driver.channel, "", attachments=both)
    alice = scene.driver.person()
    shown = await alice.context_menu(scene.driver.channel, "Save as reference", photo)
    options = shown._interaction.modal["components"][2]["component"]["options"]
    options.append({"label": "forged", "value": choice})
    await alice.submit_modal(shown, {"name": "sky", "role": ["style"], "picture": [choice]})
    assert scene.house.taken == []
    assert "too old" in (await scene.driver.seen())[0].text


# ── @logo ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_name_in_a_message_is_plain_text(tmp_path: Path) -> None:
    async with discord_with(tmp_path, message_content=True) as scene:
        await scene.driver.imagine("a fox")
        [thread] = scene.driver.channel.threads
        await scene.driver.person().send(thread, "put @logo top left, @acme-sky behind")
        message = scene.last
        assert isinstance(message, Message)
        assert message.text == "put @logo top left, @acme-sky behind"
        assert not message.mentions_others
