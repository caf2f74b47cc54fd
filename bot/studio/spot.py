"""Where a request stands in its thread: which version it means, where the answer goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot import replies
from bot.cards import Card
from bot.errors import BadInput
from bot.models import Action, Address, Attachment, Kind, Message, Place, Thread, User, Version, new_id
from bot.replies.review import hidden
from bot.studio.desk import Desk
from bot.studio.removal import hide_if_gone, hide_if_removed
from bot.studio.turn import Turn
from bot.studio.wishes import Wish


@dataclass(frozen=True, slots=True)
class Spot:
    """One message or button in a thread. `meant` is the version it is about; None: the head.

    `submit` is the studio's way to a picture.
    """

    desk: Desk
    asked: Message | Action
    thread: Thread
    meant: Version | None
    submit: Callable[[Wish], Awaitable[None]]
    turn: Turn

    @property
    def user(self) -> User:
        """Who asks."""
        return self.asked.user

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What was sent along."""
        return self.asked.attachments

    @property
    def home(self) -> Place:
        """Where the session lives; answers go there, wherever in the channel it was spoken of."""
        return self.thread.place if self.thread.place.thread else self.asked.place

    @property
    def reply_to(self) -> str | None:
        """The message to answer, where the answer stands beside it."""
        same_spot = self.asked.place == self.thread.place
        return self.asked.id if isinstance(self.asked, Message) and same_spot else None

    async def version(self, number: int | None = None) -> Version:
        """The version with this number, else the one meant, else the head. Raises `BadInput`."""
        if number is not None:
            return await self.numbered(number)
        version = self.meant
        if version is None and self.thread.head:
            version = await self.desk.store.version(self.thread.head)
        if version is None:
            raise BadInput(replies.STILL_DRAWING)
        if not version.is_open:
            raise BadInput(hidden(version))
        return version

    async def numbered(self, number: int) -> Version:
        """The version with this number. Raises `BadInput`."""
        for version in await self.desk.store.versions(self.thread.id):
            if version.number == number:
                if not version.is_open:
                    raise BadInput(hidden(version))
                return version
        raise BadInput(replies.unknown_version(number))

    async def pictured(self, number: int | None, image: int | None) -> Version:
        """The version that "v2: …" names, else the one meant; it has the picture that "2: …" names."""
        version = await self.version(number)
        if image is not None and not 1 <= image <= len(version.images):
            raise BadInput(f"v{version.number} has {len(version.images)} pictures; there is no picture {image}.")
        return version

    async def drawn(self, version: Version, *but: Kind) -> Version:
        """The version itself, or the next one before it that is not of these kinds: what they show was drawn there."""
        while version.kind in but and version.parent:
            before = await self.desk.store.version(version.parent)
            if before is None:
                break
            version = before
        return version

    async def first_time(self) -> bool:
        """Remember the event: False when it was answered already."""
        return await self.turn.take()

    async def tell(self, card: Card) -> None:
        """Whisper to who asked."""
        await self.turn.tell(card)

    async def say_once(self, card: Card, *, shows: Version | None = None) -> None:
        """Post a card in the thread that costs nothing, once for an event."""
        if await self.first_time():
            await self.say(card, shows=shows)

    async def say(self, card: Card, *, shows: Version | None = None) -> Address:
        """Post a card in the thread."""
        platform = self.desk.platforms[self.home.platform]
        address = await platform.post(self.home, card, reply_to=self.reply_to, key=f"say-{new_id()}")
        if shows:
            await self.desk.store.showed(shows.id, address)
            await hide_if_removed(self.desk, shows, address)
        if assets := [image.asset for image in card.images if image.asset]:
            await self.desk.store.reviews.displayed(address, assets)
            await hide_if_gone(self.desk, assets, address)
        return address

    def wish(self, prompt: str, kind: Kind) -> Wish:
        """A wish in this thread, to be filled in."""
        return Wish(
            asked=self.asked,
            place=self.home,
            prompt=prompt,
            kind=kind,
            thread=self.thread,
            reply_to=self.reply_to,
        )

    def about(self, version: Version) -> Spot:
        """The same, about this version."""
        return replace(self, meant=version)
