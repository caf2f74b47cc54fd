"""A Card as a Components V2 message."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import ui

from adapters.discord.files import Outgoing
from adapters.discord.text import inert_within, length, one_line, quoted, shortened, small
from bot.cards import Button, Card, Tone

MAX_TEXT = 4000  # display characters over all text of one message
MAX_LABEL = 80
MAX_BUTTON_ID = 100
MAX_BUTTONS = 25  # 5 rows of 5: with texts and gallery well under the 40 components of a message
_TITLE, _BODY, _FOOTER = 900, 1200, 400  # room for our own sentences; the prompt gets what they leave

ACCENTS = {
    Tone.PROGRESS: 0x5865F2,
    Tone.DONE: 0x248046,
    Tone.NOTICE: 0x80848E,
    Tone.REFUSAL: 0xF0B232,
    Tone.FAILURE: 0xDA373C,
}
_STYLES = {"primary": discord.ButtonStyle.primary, "danger": discord.ButtonStyle.danger}


def card_view(card: Card, pictures: Sequence[Outgoing] = (), notes: Sequence[str] = ()) -> ui.LayoutView:
    """One container: title, prompt, body, gallery, footer, buttons. `notes` are further small sentences.

    The pictures must go along as files of the same names: a message shows only files that its gallery names.
    """
    view = ui.LayoutView(timeout=None)
    container = ui.Container[ui.LayoutView](accent_colour=ACCENTS[card.tone])
    before, after = _texts(card, notes)
    for text in before:
        container.add_item(ui.TextDisplay(text))
    if pictures:
        container.add_item(ui.MediaGallery(*(_item(one) for one in pictures)))
    for text in after:
        container.add_item(ui.TextDisplay(text))
    for row in _rows(card.buttons[:MAX_BUTTONS]):
        container.add_item(row)
    view.add_item(container)
    # A live view would be kept in memory for each message ever sent; clicks are read by id (`client.py`).
    view.stop()
    return view


def _item(picture: Outgoing) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(f"attachment://{picture.filename}", description=picture.alt or None)


def _texts(card: Card, notes: Sequence[str]) -> tuple[list[str], list[str]]:
    title = f"**{inert_within(one_line(card.title), _TITLE)}**" if card.title.strip() else ""
    body = inert_within(card.body.strip(), _BODY)
    footers = [one_line(line) for line in (*notes, card.small_print) if line.strip()]
    footer = small("\n".join(inert_within(line, _FOOTER) for line in footers))
    room = MAX_TEXT - sum(length(text) for text in (title, body, footer))
    before = [text for text in (title, _prompt(card.prompt, room), body) if text]
    return before, [footer] if footer else []


def _prompt(prompt: str, room: int) -> str:
    if not prompt.strip():
        return ""
    words = prompt.strip()
    lines = len(words.splitlines()) + 1
    return quoted(inert_within(words, max(1, room - 2 * lines)))


def _rows(buttons: Sequence[Button]) -> list[ui.ActionRow[ui.LayoutView]]:
    rows = [buttons[start : start + 5] for start in range(0, len(buttons), 5)]
    return [ui.ActionRow(*(_button(button) for button in row)) for row in rows]


def _button(button: Button) -> ui.Button[ui.LayoutView]:
    if len(button.id) > MAX_BUTTON_ID:
        raise ValueError(f"a button id is longer than {MAX_BUTTON_ID} characters: {button.action}")
    style = _STYLES.get(button.style, discord.ButtonStyle.secondary)
    return ui.Button(style=style, label=shortened(button.label, MAX_LABEL), custom_id=button.id)
