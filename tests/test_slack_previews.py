"""Previews on Slack: each is a file of ours for the seconds it is shown, and gone from the workspace afterwards."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.cards import Card, CardImage, Tone
from bot.models import Address, Place
from tests.drivers.slack import SlackDriver, open_slack_http
from tests.fakes.slack import CHANNEL, TEAM
from tests.test_slack import Doorkeeper

PLACE = Place("slack", TEAM, CHANNEL)


@pytest.fixture
async def slack() -> AsyncIterator[SlackDriver]:
    async with open_slack_http(Doorkeeper()) as driver:
        yield driver


def picture(folder: Path, name: str, *, asset: str = "", kind: str = "png") -> CardImage:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (len(name) * 20 % 256, 80, 90)).save(out, kind)
    path = folder / f"{name}.{kind}"
    path.write_bytes(out.getvalue())
    return CardImage(path, f"image/{kind}", 32, 32, "Preview", path.name, asset)


def progress(*images: CardImage) -> Card:
    return Card("Making your image", tone=Tone.PROGRESS, images=images)


async def posted(slack: SlackDriver) -> Address:
    return await slack.platform.post(PLACE, progress(), reply_to=None, key="k")


async def shown(slack: SlackDriver) -> list[bytes]:
    (message,) = await slack.seen()
    return list(message.images)


async def deleted(slack: SlackDriver, count: int) -> list[str]:
    async with asyncio.timeout(5):
        while len(slack.world.called("files.delete")) < count:
            await asyncio.sleep(0.01)
    return [call["file"] for call in slack.world.called("files.delete")]


async def test_a_preview_is_shown_and_the_one_before_it_deleted(slack: SlackDriver, tmp_path: Path) -> None:
    address = await posted(slack)
    first, second = picture(tmp_path, "a"), picture(tmp_path, "bb", kind="webp")
    await slack.platform.edit(address, progress(first))
    assert await shown(slack) == [first.path.read_bytes()]
    await slack.platform.edit(address, progress(second))
    assert len(await shown(slack)) == 1
    assert len(await deleted(slack, 1)) == 1
    done = picture(tmp_path, "ccc", asset="d" * 64)
    await slack.platform.edit(address, Card("v1", tone=Tone.DONE, images=(done,)))
    assert await shown(slack) == [done.path.read_bytes()]
    assert len(set(await deleted(slack, 2))) == 2


async def test_a_preview_that_stays_is_uploaded_once(slack: SlackDriver, tmp_path: Path) -> None:
    address = await posted(slack)
    first, second = picture(tmp_path, "a"), picture(tmp_path, "bb")
    await slack.platform.edit(address, progress(first))
    await slack.platform.edit(address, progress(first, second))
    assert len(await shown(slack)) == 2
    assert len(slack.world.called("files.completeUploadExternal")) == 2
    assert slack.world.called("files.delete") == []


async def test_of_many_previews_four_are_shown(slack: SlackDriver, tmp_path: Path) -> None:
    address = await posted(slack)
    await slack.platform.edit(address, progress(*(picture(tmp_path, "x" * number) for number in range(1, 7))))
    assert len(await shown(slack)) == 4


async def test_a_preview_slack_does_not_take_leaves_the_words(slack: SlackDriver, tmp_path: Path) -> None:
    address = await posted(slack)
    slack.world.faults["files.getUploadURLExternal"] = [{"ok": False, "error": "internal_error"}] * 9
    await slack.platform.edit(address, Card("Half done", tone=Tone.PROGRESS, images=(picture(tmp_path, "a"),)))
    (message,) = await slack.seen()
    assert (message.images, "Half done" in message.text) == ((), True)


async def test_a_preview_whose_file_is_gone_leaves_the_words(slack: SlackDriver, tmp_path: Path) -> None:
    address = await posted(slack)
    gone = picture(tmp_path, "a")
    gone.path.unlink()
    await slack.platform.edit(address, Card("Half done", tone=Tone.PROGRESS, images=(gone,)))
    (message,) = await slack.seen()
    assert (message.images, "Half done" in message.text) == ((), True)
