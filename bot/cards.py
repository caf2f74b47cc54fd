"""What the bot says, independent of the platform: cards, their pictures and their buttons."""

from __future__ import annotations

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
class Card:
    """What the bot says, independent of the platform.

    `title`, `body` and `footer` are our sentences, plain text without markup. `prompt` is a person's words: shown
    verbatim, never as markup or a mention. `asker` is the name of who asked. `links` stand beside the buttons.
    `pair` are two kept pictures, before and after, for a platform that can slide them over each other; the rest show
    `images`. `gone` are assets that were taken away: a platform with copies of its own deletes them.
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

    @property
    def small_print(self) -> str:
        """The footer, and for whom it is: in a busy channel people must see whose picture this is."""
        asker = _unturned(self.asker)
        return " · ".join(part for part in (f"for {asker}" if asker else "", self.footer) if part)

    @property
    def summary(self) -> str:
        """The whole card as one plain line."""
        return " · ".join(part for part in (self.title, _unturned(self.prompt), self.body, self.footer) if part)


def _unturned(text: str) -> str:
    """Somebody's words without the marks that would turn ours round, where they share a line."""
    return text.translate(dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
