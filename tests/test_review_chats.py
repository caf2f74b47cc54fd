"""A picture waits, is approved, reported and removed: the same in every chat, by what people press and see there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.models import Place, Policy
from tests.contracts.chat import ChatDriver, Seen
from tests.drivers.discord import open_simulation
from tests.drivers.slack import SlackDriver, open_slack_http
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse, open_test_house
from tests.moderators import until
from tests.test_conversation import CHATS


class Eyes:
    """What people come to see in one chat."""

    def __init__(self, driver: ChatDriver) -> None:
        self._driver = driver

    async def sees(self, who: str, what: str, fits: Callable[[Seen], bool]) -> Seen:
        """The newest message like that, once it is there."""
        seen: list[Seen] = []
        try:
            async with asyncio.timeout(20):
                while True:
                    seen = await self._driver.seen(who)
                    if found := [one for one in seen if fits(one)]:
                        return found[-1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            told = "\n---\n".join(f"{one.text} {one.buttons} {len(one.images)}" for one in seen[-6:])
            raise AssertionError(f"{who} never saw {what}; the last messages:\n{told}") from None

    async def moderated(self, label: str, words: str) -> Seen:
        """The moderators' card with this button."""
        return await self.sees("bob", f"a card to {label}", lambda one: label in one.buttons and words in one.text)

    async def public(self, words: str, images: int | None = None) -> Seen:
        """What stands there for everybody."""
        return await self.sees(
            "alice",
            f"“{words}” with {images} pictures",
            lambda one: not one.private and words in one.text and images in (None, len(one.images)),
        )

    async def whispered(self, who: str, words: str) -> Seen:
        """What only they were told."""
        return await self.sees(who, f"a whisper “{words}”", lambda one: one.private and words in one.text)


async def home_of(house: TestHouse) -> Place:
    """Where the first picture was made."""
    with house.store._engine._connection() as db:  # no port asks for all threads
        (row,) = db.execute("SELECT id FROM thread").fetchall()
    thread = await house.store.thread(row[0])
    assert thread
    return thread.place


@pytest.mark.parametrize("chat", CHATS)
async def test_a_picture_waits_is_approved_reported_and_removed_in_every_chat(chat: str, tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house, CHATS[chat](house) as driver:
        eyes = Eyes(driver)
        await driver.promote("bob")
        await driver.imagine("a plain hare")
        await eyes.public("a plain hare", 1)
        home = await home_of(house)
        policy = Policy(review=True, review_channel=home.channel, moderators=("user:nobody-yet",))
        await house.store.set_policy(home.workspace, policy)

        await driver.imagine("a red fox")
        await eyes.public("waits for review", 0)
        card = await eyes.moderated("Approve", "a red fox")
        assert len(card.images) == 1
        await driver.press(card, "Approve")
        await eyes.sees(
            "alice", "a refusal", lambda one: one.private and ("Only mod" in one.text or "else" in one.text)
        )

        await house.restart()
        await driver.restart(house)
        await driver.press(card, "Approve", who="bob")
        fox = await eyes.sees("alice", "the fox", lambda one: "Report" in one.buttons and "a red fox" in one.text)
        assert fox.images == card.images
        await eyes.public("approved by bob", 0)

        await driver.imagine("a grim wolf")
        card = await eyes.moderated("Reject", "a grim wolf")
        (wolf,) = card.images
        await driver.press(card, "Reject", text="too grim", who="bob")
        await eyes.public("did not approve this picture: too grim.", 0)
        await eyes.public("v1 was not approved: too grim.", 0)
        await eyes.public("not approved by bob", 0)

        await driver.press(fox, "Report", text="that is my face", who="carol")
        await eyes.whispered("carol", "Thank you. The moderators look at this picture.")
        card = await eyes.moderated("Remove", "that is my face")
        await driver.press(card, "Remove", text="a private person", who="bob")
        await eyes.public("This picture was removed by a moderator: a private person.", 0)
        await eyes.public("removed by bob", 0)
        for one in await driver.seen():
            assert not {wolf, *fox.images} & {*one.images}, one.text
        assert len(list(house.folder.glob("blobs/*/*/*"))) == 1, "the hare's file alone is left"
        if isinstance(driver, SlackDriver):
            await until(lambda: len({one["file"] for one in driver.world.called("files.delete")}) == 2)  # wolf and fox
        told = [one.what for one in await house.store.acts()]
        assert [one for one in told if one != "refused"] == ["review.approve", "review.reject", "report", "remove"]


async def test_slack_deletes_the_files_it_was_sent_before_a_restart_and_the_zip(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_slack_http(house) as driver,
    ):
        eyes = Eyes(driver)
        await driver.promote("bob")
        await driver.imagine("a plain hare")
        hare = await eyes.public("a plain hare", 1)
        await driver.reply("export v1")
        zipped = await eyes.sees("alice", "the zip", lambda one: bool(one.files))
        home = await home_of(house)
        await house.store.set_policy(home.workspace, Policy(report_channel=home.channel))
        await driver.reply("show v1")
        again = await eyes.sees("alice", "its Report button", lambda one: "Report" in one.buttons)
        await driver.press(again, "Report", text="mine", who="carol")
        card = await eyes.moderated("Remove", "mine")
        await house.restart()
        await driver.restart(house)
        await driver.press(card, "Remove", text="a private person", who="bob")
        await eyes.public("removed by bob", 0)
        assert hare.images
        assert zipped.files
        await until(lambda: len({one["file"] for one in driver.world.called("files.delete")}) == 2)


async def test_discord_threads_are_not_called_by_the_words_of_a_removed_picture(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as driver,
    ):
        eyes = Eyes(driver)
        await driver.promote("bob")
        await driver.imagine("a plain hare")
        await eyes.public("a plain hare", 1)
        home = await home_of(house)
        await house.store.set_policy(home.workspace, Policy(report_channel=home.channel))
        await driver.imagine("an unspeakable fox")
        fox = await eyes.public("an unspeakable fox", 1)
        await driver.press(fox, "Report", text="rude", who="carol")
        card = await eyes.moderated("Remove", "rude")
        await driver.press(card, "Remove", text="no", who="bob")
        await eyes.public("removed by bob", 0)
        assert [one.name for one in driver.channel.threads if "unspeakable" in one.name] == []
        assert [one.name for one in driver.channel.threads if "hare" in one.name] == ["a plain hare"]
