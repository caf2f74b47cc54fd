"""Passing pictures: a few in memory, under random names, gone when the finished one is there."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards import CardImage
from bot.models import new_id

MOST = 48
MOST_BYTES = 8_000_000  # one preview; a larger one is not shown
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


class Previews:
    """At most 48 of them; the oldest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Preview] = OrderedDict()
        self._current: dict[str, tuple[str, ...]] = {}

    async def show(self, message: str, images: Sequence[CardImage]) -> None:
        """Make these the passing pictures of a message: their files are read now. None: it has none any more."""
        fresh = [preview for image in images if not image.asset and (preview := await _read(message, image))]
        previous = self._current.pop(message, ())
        for old in previous[:-1] if fresh else previous:  # the last one may still be on its way to a page
            self._kept.pop(old, None)
        for preview in fresh:
            self._kept[preview.id] = preview
        if fresh:
            self._current[message] = (*previous[-1:], *(preview.id for preview in fresh))
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def of(self, message: str) -> list[Preview]:
        """The newest passing picture of a message, if it has one."""
        ids = self._current.get(message, ())
        return [self._kept[ids[-1]]] if ids and ids[-1] in self._kept else []

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
    return Preview(new_id(20), message, data, image.media_type, image.width, image.height, image.alt)
