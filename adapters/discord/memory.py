"""What the adapter remembers while it runs: little, bounded, and nothing a restart would miss for long."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import discord

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last `most` things by key; the oldest make room."""

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._things: OrderedDict[K, V] = OrderedDict()

    def keep(self, key: K, thing: V) -> V:
        """Remember it as the newest."""
        self._things[key] = thing
        self._things.move_to_end(key)
        while len(self._things) > self._most:
            self._things.popitem(last=False)
        return thing

    def get(self, key: K) -> V | None:
        """The thing, or None if it was never kept or had to make room."""
        return self._things.get(key)


@dataclass(slots=True)
class Open:
    """An acknowledged interaction: for 15 minutes its asker can be told things nobody else sees.

    `thinking` while "… is thinking" stands where the first whisper will go.
    """

    interaction: discord.Interaction[Any]
    thinking: bool
