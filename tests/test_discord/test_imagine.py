"""`/imagine`, its options and its whispers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.cards import Card
from bot.errors import BadAttachment
from bot.menu import Menu, ModelMenu
from bot.models import Attachment, Command, Place, Role
from tests.test_discord.scene import Scene, discord_with, png


async def test_imagine_posts_a_picture_as_a_message_of_its_own(scene: Scene) -> None:
    await scene.driver.imagine("a red fox")
    [seen] = await scene.driver.seen()
    assert seen.text == "v1\na red fox\n1024×1024"
    assert seen.images == (png(),)
    assert seen.alts == ("AI-made picture: a red fox",)
    assert seen.buttons == ("Edit", "Vary", "Undo")
    assert not seen.private


async def test_typed_options_arrive_as_flags_and_attachments(scene: Scene) -> None:
    alice = scene.driver.person()
    await alice.slash(
        scene.driver.channel,
        "imagine",
        prompt="a logo",
        aspect="16:9",
        size="2k",
        quality="high",
        count=4,
        format="webp",
        background="opaque",
        image1=("logo.png", png()),
        image3=("style.png", png("red")),
    )
    command = scene.last
    assert isinstance(command, Command)
    assert command.flags == {
        "ar": "16:9",
        "size": "2k",
        "quality": "high",
        "n": "4",
        "format": "webp",
        "background": "opaque",
    }
    assert [(one.name, one.role, one.content_type) for one in command.attachments] == [
        ("logo.png", Role.REFERENCE, "image/png"),
        ("style.png", Role.REFERENCE, "image/png"),
    ]
    assert (command.text, command.user.name) == ("a logo", "alice")
    assert command.place == Place("discord", str(scene.driver.guild.id), str(scene.driver.channel.id))


async def test_attached_files_can_be_fetched_and_are_bounded(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("use this", files=[("in.png", png("red"))])
    assert isinstance(scene.last, Command)
    [attachment] = scene.last.attachments
    platform = scene.driver.platform
    await platform.fetch(attachment, tmp_path / "in", 10_000)
    assert (tmp_path / "in").read_bytes() == png("red")
    with pytest.raises(BadAttachment, match="larger than"):
        await platform.fetch(attachment, tmp_path / "in", 20)
    lying = Attachment(attachment.name, attachment.ref, size=1)
    with pytest.raises(BadAttachment, match="larger than"):
        await platform.fetch(lying, tmp_path / "in", 20)


async def test_the_command_offers_what_the_catalogue_has(tmp_path: Path) -> None:
    menu = Menu((ModelMenu("ours", qualities=("draft", "fine"), max_n=3),), aspects=("1:1",))
    async with discord_with(tmp_path, menu=menu) as scene:
        alice = scene.driver.person()
        await alice.slash(scene.driver.channel, "imagine", prompt="x", quality="draft", count=3)
        assert isinstance(scene.last, Command)
        assert scene.last.flags == {"quality": "draft", "n": "3"}
        commands = {one.name: one for one in await scene.driver.platform.client.tree.fetch_commands()}
        options: dict[str, Any] = {option.name: option for option in commands["imagine"].options}
        assert [choice.value for choice in options["quality"].choices] == ["draft", "fine"]
        assert options["count"].max_value == 3
        assert options["prompt"].required
        assert not {"background", "model", "think", "web"} & set(options)


async def test_what_is_suggested_follows_the_model_that_was_chosen(tmp_path: Path) -> None:
    menu = Menu(
        (ModelMenu("plain"), ModelMenu("rich", qualities=("high", "max"), backgrounds=("opaque", "transparent"))),
        efforts=("low", "high"),
    )
    async with discord_with(tmp_path, menu=menu) as scene:
        alice, channel = scene.driver.person(), scene.driver.channel
        offered = await alice.autocomplete(channel, "imagine", "quality", "", prompt="x")
        assert [one["value"] for one in offered] == ["low", "medium", "high"]
        offered = await alice.autocomplete(channel, "imagine", "quality", "", prompt="x", model="rich")
        assert [one["value"] for one in offered] == ["high", "max"]
        assert await alice.autocomplete(channel, "imagine", "background", "", prompt="x") == []
        await alice.slash(channel, "imagine", prompt="x", model="rich", quality="max", think="high", web=True)
        assert isinstance(scene.last, Command)
        assert scene.last.flags == {"model": "rich", "quality": "max", "think": "high", "web": "True"}


async def test_a_refusal_is_seen_by_the_asker_alone(scene: Scene) -> None:
    scene.driver.person("bob")
    await scene.driver.imagine("refuse this")
    [seen] = await scene.driver.seen("alice")
    assert seen.private
    assert seen.text == "Not that. Nothing was charged."
    assert await scene.driver.seen("bob") == []


async def test_nothing_is_left_thinking_when_all_went_well(scene: Scene) -> None:
    result = await scene.driver.person().slash(scene.driver.channel, "imagine", prompt="a fox")
    assert result.deferred
    assert result.ephemeral
    assert result.response is None


async def test_a_whisper_after_the_answer_still_reaches_only_the_asker(scene: Scene) -> None:
    scene.driver.person("bob")
    await scene.driver.imagine("a fox")
    with scene.driver.env.time_context():
        await scene.doors.platform.whisper(scene.last, Card("By the way."))
    assert [seen.text for seen in await scene.driver.seen() if seen.private] == ["By the way."]
    assert not any(seen.private for seen in await scene.driver.seen("bob"))


async def test_a_whisper_after_fifteen_minutes_goes_by_direct_message(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    await scene.driver.env.advance_time(16 * 60)
    with scene.driver.env.time_context():
        await scene.doors.platform.whisper(scene.last, Card("It took long."))
    assert [seen.text for seen in await scene.driver.seen() if seen.private] == ["It took long."]


async def test_the_same_event_twice_draws_once(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    for _ in range(3):
        await scene.driver.again()
    assert len(scene.house.taken) == 1
    assert len(await scene.driver.seen()) == 1


async def test_a_refused_event_delivered_again_keeps_its_whisper(scene: Scene) -> None:
    await scene.driver.imagine("refuse this")
    await scene.driver.again()
    assert [seen.text for seen in await scene.driver.seen()] == ["Not that. Nothing was charged."]
