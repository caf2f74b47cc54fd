"""What the bot says, independent of the platform: cards, their pictures and their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Tone(StrEnum):
    """What kind of card it is; a platform may colour by it."""

    PROGRESS = "progress"
    DONE = "done"
    NOTICE = "notice"
    REFUSAL = "refusal"  # not allowed, or over a limit: nothing is broken
    FAILURE = "failure"  # something is broken


@dataclass(frozen=True, slots=True)
class CardImage:
    """A picture on a card. `path` is a local file to read now; `asset` its id, empty for a passing preview.

    `number` counts from 1 among the pictures asked for: previews of the others may come first.
    """

    path: Path
    media_type: str
    width: int
    height: int
    alt: str
    name: str
    asset: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Button:
    """A button. With `form` it first asks for words, prefilled with `value`; they arrive as the Action's text."""

    label: str
    action: str
    target: str
    style: str = "plain"  # plain, primary or danger
    form: bool = False
    value: str = ""
    description: str = ""  # for screen readers, where the label alone is unclear

    @property
    def id(self) -> str:
        """What a platform carries: "v1:ACTION:TARGET", at most 100 characters."""
        return f"v1:{self.action}:{self.target}"


def parse_button_id(text: str) -> tuple[str, str] | None:
    """The action and target in a button id, or None when it is not one of ours."""
    version, _, rest = text.partition(":")
    action, _, target = rest.partition(":")
    return (action, target) if version == "v1" and action and target else None


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens a web page. `url` may be relative to the page a card is shown on (the web chat's)."""

    label: str
    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file to take away that is no picture (an export). `path` is a local file to read now."""

    path: Path
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that a card's title or body tells in `words` ("at 00:00 UTC", "in 5 h").

    `at` is milliseconds since 1970, UTC. A platform that can shows it in the reader's own time instead; `relative`: as
    how long it is from now.
    """

    words: str
    at: int
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that a card's title or body names in `words`; a platform that can makes a link of them."""

    words: str
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or a role, that a card names in `words` ("user:U1"); a platform that can shows their name instead."""

    words: str
    id: str
    is_role: bool = False


Live = Moment | Channel | Person


@dataclass(frozen=True, slots=True)
class Card:
    """What the bot says, independent of the platform.

    `title`, `body` and `footer` are our sentences, plain text without markup. `prompt` is a person's words: shown
    verbatim, never as markup or a mention. `asker` is the name of who asked. `links` stand beside the buttons.
    `pair` are two kept pictures, before and after, for a platform that can slide them over each other; the rest show
    `images`. `gone` are assets that were taken away: a platform with copies of its own deletes them. `live` are the
    moments, channels and people among the words of title and body, which stay readable for a platform that leaves them.
    `spoiler`: its pictures are hidden until they are clicked, where a platform can.
    `summary` (screen readers, notifications) and `small_print` are derived from them.
    """

    title: str
    tone: Tone = Tone.NOTICE
    prompt: str = ""
    body: str = ""
    footer: str = ""
    images: tuple[CardImage, ...] = ()
    buttons: tuple[Button, ...] = ()
    asker: str = ""
    links: tuple[Link, ...] = ()
    files: tuple[CardFile, ...] = ()
    pair: tuple[CardImage, CardImage] | None = None
    gone: tuple[str, ...] = ()
    spoiler: bool = False
    live: tuple[Live, ...] = ()

    @property
    def small_print(self) -> str:
        """The footer, and for whom it is: in a busy channel people must see whose picture this is."""
        asker = _unturned(self.asker)
        return " · ".join(part for part in (f"for {asker}" if asker else "", self.footer) if part)

    @property
    def summary(self) -> str:
        """The whole card as one plain line."""
        return " · ".join(part for part in (self.title, _unturned(self.prompt), self.body, self.footer) if part)


def pieces(text: str, live: Sequence[Live]) -> Iterator[str | Live]:
    """A card's title or body in its order: plain words, and what is live among them."""
    known = {one.words: one for one in live if one.words}
    longest_first = sorted(known, key=len, reverse=True)
    parts = re.split("(" + "|".join(map(_alone, longest_first)) + ")", text) if known else [text]
    return (known.get(part, part) for part in parts if part)


def _alone(words: str) -> str:
    """A pattern of words where they are no part of longer ones: user:U1 is not in user:U12, a room not in room-key."""
    before = r"(?<![\w-])" if words[0].isalnum() else ""
    after = r"(?![\w-])" if words[-1].isalnum() else ""
    return f"{before}{re.escape(words)}{after}"


def _unturned(text: str) -> str:
    """Somebody's words without the marks that would turn ours round, where they share a line."""
    return text.translate(dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
