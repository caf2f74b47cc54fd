"""What can go wrong at Discord, and pictures that are too large."""

from __future__ import annotations

import io
import random
from pathlib import Path

import discord
import pytest
from PIL import Image

from bot.cards import Card, CardImage, Tone
from bot.errors import CannotPost, MessageGone, PlatformProblem
from bot.models import Command
from bot.ports import ChatPlatform
from tests.drivers.discord import open_simulation
from tests.test_discord.scene import Scene, SmallDoors, SmallHouse, discord_with, png


async def test_missing_permissions_are_named_to_the_asker(tmp_path: Path) -> None:
    async with discord_with(tmp_path) as scene:
        everyone = scene.driver.guild.default_role
        scene.driver.channel = scene.driver.guild.create_text_channel(
            "quiet",
            overwrites={everyone: discord.PermissionOverwrite(send_messages=False, attach_files=False)},
        )
        await scene.driver.imagine("a fox")
        [problem] = scene.doors.problems
        assert isinstance(problem, CannotPost)
        [seen] = await scene.driver.seen()
        assert seen.private
        assert seen.text.endswith("Ask an admin to give me these permissions here: Send Messages, Attach Files.")


async def test_without_the_right_to_open_threads_replies_still_find_the_picture(tmp_path: Path) -> None:
    async with discord_with(tmp_path) as scene:
        everyone = scene.driver.guild.default_role
        scene.driver.channel = scene.driver.guild.create_text_channel(
            "flat", overwrites={everyone: discord.PermissionOverwrite(create_public_threads=False)}
        )
        await scene.driver.imagine("a fox")
        assert scene.driver.channel.threads == []
        [address] = scene.doors.addresses
        assert address.place.thread == address.message
        again = await scene.doors.platform.post(address.place, Card("v2"), reply_to=None, key="again")
        await scene.doors.platform.edit(again, Card("v2, better"))
        assert again.place == address.place
        second = scene.driver.pictures()[-1]
        assert second.reference
        assert str(second.reference.message_id) == address.message
        assert not scene.calls("POST", "/threads")


async def test_threads_can_be_switched_off(tmp_path: Path) -> None:
    async with discord_with(tmp_path, threads=False) as scene:
        await scene.driver.imagine("a fox")
        assert scene.driver.channel.threads == []


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, 50013, CannotPost),
        (403, 50001, CannotPost),
        (403, 160005, CannotPost),
        (400, 200000, CannotPost),
        (400, 50035, PlatformProblem),
        (500, 0, PlatformProblem),
    ],
)
async def test_errors_while_posting_become_ours(scene: Scene, status: int, code: int, kind: type) -> None:
    scene.driver.env.inject_error("POST", "/channels/*/messages", status=status, code=code)
    await scene.driver.imagine("a fox")
    [problem] = scene.doors.problems
    assert type(problem) is kind
    assert str(problem).endswith(".")
    assert "{" not in str(problem)
    [seen] = await scene.driver.seen()
    assert seen.private


async def test_editing_a_deleted_message_says_that_it_is_gone(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    await scene.driver.person("boss", roles=[scene.admins()]).delete(scene.driver.message(address.message))
    with pytest.raises(MessageGone):
        await scene.doors.platform.edit(address, Card("v1"))


async def test_admins_are_known_as_such(scene: Scene) -> None:
    scene.driver.person("boss", roles=[scene.admins()])
    await scene.driver.imagine("a fox", who="boss")
    await scene.driver.mention("a fox", who="boss")
    await scene.driver.imagine("a fox", who="alice")
    people = [asked.user for asked in scene.house.taken]
    assert [person.is_admin for person in people] == [True, True, False]
    assert people[0].roles == people[1].roles != frozenset()
    assert people[2].id == str(scene.driver.person().id)


async def test_an_archived_thread_is_opened_for_an_edit(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    reply = await scene.doors.platform.post(address.place, Card("v2"), reply_to=None, key="r")
    scene.driver.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=50083)
    await scene.doors.platform.edit(reply, Card("v2, better"))
    assert "v2, better" in [seen.text for seen in await scene.driver.seen()]
    assert scene.calls("PATCH", f"/channels/{address.place.thread}")


async def test_too_large_all_the_same_is_sent_once_more_smaller(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    scene.driver.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=40005)
    await scene.doors.platform.edit(address, scene.doors.finished("a fox"))
    [seen] = await scene.driver.seen()
    assert len(seen.images) == 1


def noise(path: Path, edge: int) -> Path:
    """A PNG that does not compress: about three bytes a pixel."""
    data = random.Random(7).randbytes(edge * edge * 3)
    Image.frombytes("RGB", (edge, edge), data).save(path, "PNG", compress_level=0)
    return path


async def test_a_picture_over_the_limit_is_shown_as_a_smaller_copy(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    big = noise(tmp_path / "big.png", 1900)
    assert big.stat().st_size > 10_485_760
    card = Card("v1", tone=Tone.DONE, images=(CardImage(big, "image/png", 1900, 1900, "noise", "v1.png"),))
    await scene.doors.platform.edit(address, card)
    [seen] = await scene.driver.seen()
    assert len(seen.images[0]) <= 10_485_760
    assert Image.open(io.BytesIO(seen.images[0])).format in ("JPEG", "WEBP")
    assert "v1.png: a smaller copy. The original (10.8 MB) is kept" in seen.text
    assert scene.driver.pictures()[-1].attachments[0].filename.endswith((".jpg", ".webp"))


async def test_a_passing_picture_is_sent_small(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    image = CardImage(noise(tmp_path / "preview.png", 700), "image/png", 700, 700, "noise", "preview.png")
    await scene.doors.platform.edit(address, Card("Making your image", tone=Tone.PROGRESS, images=(image,)))
    [seen] = await scene.driver.seen()
    assert len(seen.images[0]) <= 1_000_000
    await scene.doors.platform.edit(address, Card("Cancelled."))
    [seen] = await scene.driver.seen()
    assert seen.images == ()
    assert scene.driver.pictures()[-1].attachments == []


async def test_ten_pictures_and_awkward_file_names_all_show(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    path = tmp_path / "one.png"
    path.write_bytes(png())
    names = ["v1.png", "v1.png", "SPOILER_x.png", "ü ñ.png", "../../etc.png", "", *("v1.png",) * 6]
    images = tuple(CardImage(path, "image/png", 32, 24, f"picture {name}", name) for name in names)
    await scene.doors.platform.edit(address, Card("v1", tone=Tone.DONE, images=images))
    [seen] = await scene.driver.seen()
    assert len(seen.images) == 10
    assert "2 more pictures did not fit in one message." in seen.text
    files = scene.driver.pictures()[-1].attachments
    assert len({file.filename for file in files}) == 10
    assert not any(file.is_spoiler() for file in files)


async def test_whispers_to_plain_messages_go_by_direct_message_or_aloud_for_a_minute(scene: Scene) -> None:
    await scene.driver.mention("refuse this")
    assert [seen.private for seen in await scene.driver.seen()] == [True]
    scene.driver.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    await scene.driver.mention("refuse that", who="bob")
    aloud = [seen for seen in await scene.driver.seen() if not seen.private]
    assert [seen.text for seen in aloud] == ["Not that. Nothing was charged."]
    await scene.driver.env.advance_time(61)
    assert not [seen for seen in await scene.driver.seen() if not seen.private]


async def test_too_late_to_acknowledge_means_nothing_happens(scene: Scene) -> None:
    scene.driver.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
    await scene.driver.imagine("a fox")
    assert scene.house.taken == []


async def test_commands_that_cannot_be_registered_do_not_stop_the_bot(tmp_path: Path) -> None:
    async with discord_with(tmp_path) as scene:
        scene.driver.env.inject_error("PUT", "/applications/*/commands", status=400, code=50035)
        await scene.driver.restart(scene.house)
        await scene.driver.mention("a fox")
        assert len(scene.house.opened[1].taken) == 1


class BrokenDoors(SmallDoors):
    """A core with a bug."""

    async def command(self, command: Command) -> None:
        raise ZeroDivisionError


class BrokenHouse(SmallHouse):
    """Whose core has one."""

    def studio(self, platform: ChatPlatform, /) -> SmallDoors:
        self.opened.append(BrokenDoors(platform, self.folder))
        return self.opened[-1]


async def test_even_a_broken_core_leaves_nobody_waiting(tmp_path: Path) -> None:
    async with open_simulation(BrokenHouse(tmp_path), check_errors=False) as driver:
        result = await driver.person().slash(driver.channel, "imagine", prompt="a fox")
        assert result.deferred
        assert result.response is None
        assert len(driver.env.errors) == 1
