"""A Card as a Components V2 message."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import discord
from discord import ui

from adapters.discord.files import Outgoing, Parcel
from adapters.discord.incoming import ASKS
from adapters.discord.text import inert_within, length, one_line, quoted, shortened, small, told
from bot.cards import Button, Card, Link, Tone

MAX_TEXT = 4000  # display characters over all text of one message
MAX_LABEL = 80
MAX_BUTTON_ID = 100
MAX_BUTTONS = 25  # 5 rows of 5
MAX_COMPONENTS = 40  # of a message, nested ones counted
MAX_URL = 512
_TITLE, _BODY, _FOOTER = 900, 1200, 400  # room for our own sentences; the prompt gets what they leave

ACCENTS = {
    Tone.PROGRESS: 0x5865F2,
    Tone.DONE: 0x248046,
    Tone.NOTICE: 0x80848E,
    Tone.REFUSAL: 0xF0B232,
    Tone.FAILURE: 0xDA373C,
}
_NOTHING = Parcel()
_STYLES = {"primary": discord.ButtonStyle.primary, "danger": discord.ButtonStyle.danger}


def card_view(card: Card, parcel: Parcel = _NOTHING) -> ui.LayoutView:
    """One container: title, prompt, body, gallery, files, footer, buttons, links. The parcel's notes are small print.

    What is in the parcel must go along under the same names: a message shows only files that its parts name.
    """
    view = ui.LayoutView(timeout=None)
    container = ui.Container[ui.LayoutView](accent_colour=ACCENTS[card.tone])
    before, after = _texts(card, parcel.notes)
    for text in before:
        container.add_item(ui.TextDisplay(text))
    if parcel.pictures:
        container.add_item(ui.MediaGallery(*(_item(one, spoiler=card.spoiler) for one in parcel.pictures)))
    for file in parcel.files:
        container.add_item(ui.File(_address(file)))
    for text in after:
        container.add_item(ui.TextDisplay(text))
    links = [_link(link) for link in card.links if _may_be_linked(link.url)]
    for buttons in ([_button(button) for button in card.buttons[:MAX_BUTTONS]], links):
        used = 1 + sum(1 for _ in container.walk_children())
        for row in _rows(buttons, MAX_COMPONENTS - used):
            container.add_item(row)
    view.add_item(container)
    # A live view would be kept in memory for each message ever sent; clicks are read by id (`client.py`).
    view.stop()
    return view


def _item(picture: Outgoing, *, spoiler: bool) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(_address(picture), description=picture.alt or None, spoiler=spoiler)


def _address(file: Outgoing) -> str:
    return f"attachment://{file.filename}"


def _texts(card: Card, notes: Sequence[str]) -> tuple[list[str], list[str]]:
    title = f"**{told(one_line(card.title), card.live, _TITLE)}**" if card.title.strip() else ""
    footers = [one_line(line) for line in (*notes, card.small_print) if line.strip()]
    footer = small("\n".join(inert_within(line, _FOOTER) for line in footers))
    alone = MAX_TEXT - length(title) - length(footer)
    body = told(card.body.strip(), card.live, _BODY if card.prompt.strip() else max(_BODY, alone))
    room = MAX_TEXT - sum(length(text) for text in (title, body, footer))
    before = [text for text in (title, _prompt(card.prompt, room), body) if text]
    return before, [footer] if footer else []


def _prompt(prompt: str, room: int) -> str:
    if not prompt.strip():
        return ""
    words = prompt.strip()
    lines = len(words.splitlines()) + 1
    return quoted(inert_within(words, max(1, room - 2 * lines)))


def _rows(buttons: Sequence[ui.Button[ui.LayoutView]], room: int) -> list[ui.ActionRow[ui.LayoutView]]:
    """Rows of five, as many as `room` components allow; a row is one itself."""
    whole, rest = divmod(room, 6)
    kept = buttons[: 5 * whole + max(0, rest - 1)]
    return [ui.ActionRow(*kept[start : start + 5]) for start in range(0, len(kept), 5)]


def _button(button: Button) -> ui.Button[ui.LayoutView]:
    custom_id = f"{ASKS}{button.id}" if button.form else button.id
    if len(custom_id) > MAX_BUTTON_ID:
        raise ValueError(f"a button id is longer than {MAX_BUTTON_ID} characters: {button.action}")
    style = _STYLES.get(button.style, discord.ButtonStyle.secondary)
    return ui.Button(style=style, label=shortened(button.label, MAX_LABEL), custom_id=custom_id)


def _link(link: Link) -> ui.Button[ui.LayoutView]:
    return ui.Button(style=discord.ButtonStyle.link, label=shortened(link.label, MAX_LABEL) or "Open", url=link.url)


def _may_be_linked(url: str) -> bool:
    """Whether Discord takes it: one that it refuses would cost the whole card."""
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        return False
    try:
        address = urlsplit(url)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        return False
