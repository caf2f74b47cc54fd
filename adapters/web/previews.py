"""Passing pictures: a few in memory, under random names, gone when the finished one is there."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards import CardImage
from bot.models import new_id

MOST = 48
MOST_BYTES = 1_000_000  # one preview; a larger one is not shown
TYPES = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True, slots=True)
class Preview:
    """One passing picture. `message` is the card it is on."""

    id: str
    message: str
    data: bytes
    media_type: str
    width: int
    height: int
    alt: str
    number: int


class Previews:
    """At most 48 of them; the oldest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Preview] = OrderedDict()
        self._shown: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}  # by message: the last ones, these ones

    async def show(self, message: str, images: Sequence[CardImage]) -> None:
        """Make these the passing pictures of a message: their files are read now. None: it has none any more."""
        fresh = [preview for image in images if not image.asset and (preview := await _read(message, image))]
        before, current = self._shown.pop(message, ((), ()))
        for old in before if fresh else (*before, *current):  # the current ones may still be on their way to a page
            self._kept.pop(old, None)
        for preview in fresh:
            self._kept[preview.id] = preview
        if fresh:
            self._shown[message] = (current, tuple(preview.id for preview in fresh))
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def of(self, message: str) -> list[Preview]:
        """The newest passing pictures of a message, by their numbers; of several some may not be there yet."""
        _, current = self._shown.get(message, ((), ()))
        return sorted((self._kept[one] for one in current if one in self._kept), key=lambda one: one.number)

    def get(self, preview_id: str) -> Preview | None:
        """The one with this id."""
        return self._kept.get(preview_id)


async def _read(message: str, image: CardImage) -> Preview | None:
    if image.media_type not in TYPES:
        return None
    try:
        size = await asyncio.to_thread(lambda: image.path.stat().st_size)
        if size > MOST_BYTES:
            return None
        data = await asyncio.to_thread(image.path.read_bytes)
    except OSError:
        return None  # its file is gone already: the next one is on its way
    return Preview(new_id(20), message, data, image.media_type, image.width, image.height, image.alt, image.number)
