"""Moderators in a fake chat: what is put before them, what they press, and what is left of a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.cards import Card
from bot.models import Policy, User
from tests.fakes.chat import Posted
from tests.talk import CHANNEL, Talk

CAROL = User("fake", "U3", "Carol")
DAVE = User("fake", "U4", "Dave", roles=frozenset({"R1"}))
ADMIN = User("fake", "U9", "Ada", is_admin=True)
REVIEWED = Policy(review=True, review_channel="reviewers", moderators=("user:U3", "role:R1"))
REPORTED = Policy(report_channel="moderators", moderators=("user:U3", "role:R1"))


async def until(what: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.005)


def in_channel(talk: Talk, channel: str) -> list[Posted]:
    """The bot's messages there."""
    return [one for one in talk.chat.posted if one.address.place.channel == channel]


async def before_moderators(talk: Talk, count: int = 1, channel: str = "reviewers") -> Posted:
    """The newest card before the moderators, once there are so many."""
    await until(lambda: len(in_channel(talk, channel)) >= count)
    return in_channel(talk, channel)[-1]


def whispered(talk: Talk) -> Card:
    """What was last said to one person alone."""
    return talk.chat.whispers[-1][1]


def pictures_seen(talk: Talk, *, but: str = "reviewers") -> int:
    """How many pictures stand on messages outside of the moderators' channel, in any state they went through."""
    return sum(len(card.images) for one in talk.chat.posted if one.address.place.channel != but for card in one.history)


async def labels(talk: Talk) -> list[str]:
    """What the audit says happened."""
    return [one.what for one in await talk.house.store.acts()]


async def with_policy(talk: Talk, policy: Policy) -> None:
    """Set the workspace's settings."""
    await talk.house.store.set_policy(CHANNEL.workspace, policy)


def files_of(talk: Talk) -> set[str]:
    """The kept pictures' ids, by their files."""
    return {path.stem for path in talk.house.folder.glob("blobs/*/*/*") if path.is_file()}
