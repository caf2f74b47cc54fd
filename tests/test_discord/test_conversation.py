"""Threads, replies, mentions and direct messages."""

from __future__ import annotations

from pathlib import Path

from bot.cards import Card
from bot.models import Message, Place, Role
from bot.replies.sentences import for_admins
from tests.test_discord.scene import Scene, discord_with, png


async def test_a_picture_gets_a_thread_named_after_its_prompt(scene: Scene) -> None:
    await scene.driver.imagine("a red fox " * 30)
    [thread] = scene.driver.channel.threads
    assert thread.name.startswith("a red fox a red fox")
    assert len(thread.name) <= 100
    [address] = scene.doors.addresses
    assert address.place.thread == str(thread.id) == address.message
    assert address.place.channel == str(scene.driver.channel.id)


async def test_what_admins_are_told_gets_no_thread(scene: Scene) -> None:
    place = Place("discord", str(scene.driver.guild.id), str(scene.driver.channel.id))
    await scene.driver.platform.post(place, for_admins("The budget is used."), reply_to=None, key="a")
    assert scene.driver.channel.threads == []


async def test_replying_to_a_picture_with_a_ping_edits_it(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [picture] = await scene.driver.seen()
    await scene.driver.reply("make it night", to=picture, files=[("moon.png", png())])
    message = scene.last
    assert isinstance(message, Message)
    assert message.text == "make it night"
    assert message.replied_to == picture.id
    assert message.mentions_bot
    assert not message.mentions_others
    assert [one.name for one in message.attachments] == ["moon.png"]


async def test_words_in_the_thread_belong_to_the_picture(tmp_path: Path) -> None:
    async with discord_with(tmp_path, message_content=True) as scene:
        await scene.driver.imagine("a fox")
        [thread] = scene.driver.channel.threads
        await scene.driver.person().send(thread, "make it night")
        message = scene.last
        assert isinstance(message, Message)
        assert message.place.thread == str(thread.id)
        assert message.place.channel == str(scene.driver.channel.id)
        assert not message.mentions_bot
        assert [seen.in_thread for seen in await scene.driver.seen()] == [False, True]


async def test_talk_in_the_channel_is_none_of_our_business(tmp_path: Path) -> None:
    async with discord_with(tmp_path, message_content=True) as scene:
        await scene.driver.person().send(scene.driver.channel, "lunch?")
        await scene.driver.person().send(scene.driver.channel, "@everyone cake")
        assert scene.house.taken == []


async def test_talking_to_somebody_else_is_marked_as_such(tmp_path: Path) -> None:
    async with discord_with(tmp_path, message_content=True) as scene:
        bob = scene.driver.person("bob")
        await scene.driver.imagine("a fox")
        [thread] = scene.driver.channel.threads
        said = await scene.driver.person().send(thread, f"stay silent {bob.mention} look")
        await bob.send(thread, "nice one", reply_to=said)
        first, second = scene.house.taken[1:]
        assert isinstance(first, Message)
        assert isinstance(second, Message)
        assert (first.mentions_others, second.mentions_others) == (True, True)
        assert (first.mentions_bot, second.mentions_bot) == (False, False)


async def test_a_mention_with_a_picture_arrives_without_the_mention(scene: Scene) -> None:
    await scene.driver.mention("put a hat on it", files=[("cat.png", png())])
    message = scene.last
    assert isinstance(message, Message)
    assert message.text == "put a hat on it"
    assert message.mentions_bot
    assert message.attachments[0].role is Role.REFERENCE


async def test_answering_somebody_elses_picture_edits_that_picture(scene: Scene) -> None:
    bob = scene.driver.person("bob")
    photo = await bob.send(scene.driver.channel, "my cat", attachments=[("cat.png", png())])
    me = scene.driver.env.bot.user
    assert me
    await scene.driver.person().send(scene.driver.channel, f"<@{me.id}> add a hat", reply_to=photo)
    message = scene.last
    assert isinstance(message, Message)
    assert [(one.name, one.role) for one in message.attachments] == [("cat.png", Role.IMAGE)]
    assert message.text == "add a hat"
    assert not message.mentions_others


async def test_a_reply_that_cannot_be_read_gets_one_hint_an_hour(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [thread] = scene.driver.channel.threads
    for _ in range(3):
        await scene.driver.person().send(thread, "make it night")
    hints = [seen.text for seen in await scene.driver.seen() if seen.in_thread]
    assert hints == ["I can't read replies here unless they ping me: mention me, or press Edit."]
    assert len(scene.house.taken) == 1
    await scene.driver.env.advance_time(61)
    assert not any(seen.in_thread for seen in await scene.driver.seen())
    await scene.driver.env.advance_time(3600)
    await scene.driver.person().send(thread, "make it night")
    assert sum(seen.in_thread for seen in await scene.driver.seen()) == 1


async def test_a_direct_message_is_always_for_us(scene: Scene) -> None:
    alice = scene.driver.person()
    await alice.send_dm("a lighthouse")
    message = scene.last
    assert isinstance(message, Message)
    assert message.place == Place("discord", "dm", str(alice.user.dm_channel.id))
    assert message.mentions_bot
    [address] = scene.doors.addresses
    assert address.place.thread == address.message
    await scene.doors.platform.post(address.place, Card("v2"), reply_to=None, key="k2")
    assert [seen.text.split("\n")[0] for seen in await scene.driver.seen()] == ["v1", "v2"]


async def test_other_bots_and_webhooks_are_not_heard(tmp_path: Path) -> None:
    async with discord_with(tmp_path, message_content=True) as scene:
        me = scene.driver.env.bot.user
        assert me
        robot = scene.driver.guild.add_member(scene.driver.env.create_user("robot", bot=True))
        await robot.send(scene.driver.channel, f"<@{me.id}> a fox")
        await scene.driver.guild.create_webhook(scene.driver.channel).send(f"<@{me.id}> a fox")
        assert scene.house.taken == []
