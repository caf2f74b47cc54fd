"""A picture that only its asker sees, in every chat: by direct message, shared or discarded by a press there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.models import Policy
from tests.contracts.chat import Seen
from tests.drivers.discord import open_simulation
from tests.drivers.slack import SlackDriver, open_slack_http
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.moderators import until
from tests.test_conversation import CHATS
from tests.test_review_chats import Eyes, home_of


def _is_own(words: str) -> Callable[[Seen], bool]:
    return lambda one: one.private and "Share" in one.buttons and words in one.text


@pytest.mark.parametrize("chat", CHATS)
async def test_a_picture_comes_to_its_asker_who_shares_one_and_discards_another(chat: str, tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house, CHATS[chat](house) as driver:
        eyes = Eyes(driver)
        await driver.imagine("a plain hare")
        await eyes.public("a plain hare", 1)
        home = await home_of(house)
        await house.store.set_policy(home.workspace, Policy(private=True))

        await driver.imagine("a red fox")
        placeholder = await eyes.public("alice made a picture that only they see.", 0)
        own = await eyes.sees("alice", "her fox", _is_own("a red fox"))
        assert len(own.images) == 1
        assert "Only you see v1" in own.text
        assert [label for label, _ in own.links] == ["Open in the chat"]
        for one in await driver.seen("bob"):
            assert "fox" not in one.text
            assert own.images[0] not in one.images
        await driver.press(placeholder, "Show me", who="bob")
        told = await eyes.whispered("bob", "Only who asked for this picture may do that.")
        assert told.images == ()

        await house.restart()
        await driver.restart(house)
        await driver.press(own, "Share")
        fox = await eyes.public("a red fox", 1)
        assert fox.images == own.images
        shared = await eyes.sees("alice", "that it is shared", lambda one: "Shared: v1" in one.text)
        assert (shared.id, shared.private, shared.images, shared.buttons) == (own.id, True, (), ())

        await driver.imagine("a grim wolf")
        own = await eyes.sees("alice", "her wolf", _is_own("a grim wolf"))
        await driver.press(own, "Discard")
        await eyes.public("alice discarded this picture; nobody else saw it.", 0)
        await eyes.sees("alice", "that it is gone", lambda one: one.private and "Discarded: v1 is deleted." in one.text)
        for one in await driver.seen():
            assert own.images[0] not in one.images, one.text
        assert len(list(house.folder.glob("blobs/*/*/*"))) == 2, "the hare's file and the fox's"
        if isinstance(driver, SlackDriver):
            await until(lambda: len({one["file"] for one in driver.world.called("files.delete")}) == 1)
        assert await house.store.acts() == []


@pytest.mark.parametrize("chat", [name for name in CHATS if name != "slack"])
async def test_the_button_in_the_channel_shows_it_again(chat: str, tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        CHATS[chat](house) as driver,
    ):
        eyes = Eyes(driver)
        await driver.imagine("a red fox --private")
        placeholder = await eyes.public("alice made a picture that only they see.", 0)
        first = await eyes.sees("alice", "her fox", _is_own("a red fox"))
        await driver.press(placeholder, "Show me")

        def is_again(one: Seen) -> bool:
            return one.private and "Share" in one.buttons and one.id != first.id

        again = await eyes.sees("alice", "her fox again", is_again)
        assert again.images == first.images
        await driver.press(again, "Share")
        await eyes.public("a red fox", 1)


async def test_on_discord_closed_direct_messages_lose_no_picture(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as driver,
    ):
        eyes = Eyes(driver)
        dm = driver.person("alice").user.dm_channel
        driver.env.inject_error("POST", f"/channels/{dm.id}/messages", status=403, code=50007)
        await driver.person("alice").slash(driver.channel, "imagine", prompt="a red fox", private=True)
        told = await eyes.public("alice: I cannot send you direct messages. Press Show me", 0)
        await driver.press(told, "Show me")
        own = await eyes.sees("alice", "her fox", _is_own("a red fox"))
        assert len(own.images) == 1
        await driver.press(own, "Share")
        await eyes.public("a red fox", 1)
        await eyes.whispered("alice", "Shared: v1 is where you asked for it.")


async def test_on_slack_a_direct_message_is_changed_where_it_was_opened(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_slack_http(house) as driver,
    ):
        eyes = Eyes(driver)
        await driver.imagine("a red fox --private")
        own = await eyes.sees("alice", "her fox", _is_own("a red fox"))
        await driver.press(own, "Share")
        await eyes.public("a red fox", 1)
        assert {one["channel"] for one in driver.world.called("chat.postMessage")} >= {"UALICE"}
        await eyes.whispered("alice", "Shared: v1 is where you asked for it.")
        assert "DALICE" in {one["channel"] for one in driver.world.called("chat.update")}
