"""People talking in one channel of a fake chat, with the real core and the real store behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.cards import Card
from bot.models import Action, Command, Message, Place, User, Version, new_id
from bot.ports import Doors
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse

ALICE = User("fake", "U1", "Alice")
BOB = User("fake", "U2", "Bob")
CHANNEL = Place("fake", "team", "general")


@dataclass
class Talk:
    """People talking in one channel."""

    house: TestHouse
    chat: FakeChat
    provider: FakeProvider
    doors: Doors

    async def imagine(self, text: str, who: User = ALICE, event: str | None = None, **more: object) -> None:
        command = Command(event or new_id(), CHANNEL, who, text)
        await self.doors.command(replace(command, **more))  # type: ignore[arg-type]
        await self.chat.settled()

    async def reply(self, text: str, who: User = ALICE, *, to: Posted | None = None, **more: object) -> None:
        place = replace(CHANNEL, thread=(to or self.chat.posted[0]).address.place.thread)
        message = Message(new_id(), place, who, text, id=new_id(), replied_to=to.address.message if to else None)
        await self.doors.message(replace(message, **more))  # type: ignore[arg-type]
        await self.chat.settled()

    async def press(self, label: str, on: Posted, who: User = ALICE, text: str = "") -> None:
        button = next(one for one in on.card.buttons if one.label == label)
        await self.doors.action(
            Action(new_id(), on.address.place, who, button.action, button.target, on.address.message, text)
        )
        await self.chat.settled()

    @property
    def last(self) -> Card:
        return self.chat.posted[-1].card

    async def versions(self) -> list[Version]:
        thread = await self.house.store.thread_at(self.chat.posted[0].address.place)
        assert thread
        return list(await self.house.store.versions(thread.id))

    async def head(self) -> int:
        thread = await self.house.store.thread_at(self.chat.posted[0].address.place)
        assert thread
        return next(one.number for one in await self.versions() if one.id == thread.head)
