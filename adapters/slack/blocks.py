"""Card → Slack blocks. Pure. A person's words only ever stand in rich text, which knows no markup and no mentions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from adapters.slack.parts import MAX_LABEL, Block, plain, shortened
from bot.cards import Button, Card, Channel, Link, Live, Moment, Person, Tone, pieces

# Slack's limits, from its SDK and documentation; the total of a message is about 13,000 characters.
MAX_PROMPT = 2500
MAX_TEXT = 2000
MAX_BODY = 3000  # settings and reports fill it
MAX_ALT = 2000
MAX_ALTS = 4000  # of all pictures together: each of them tells the prompt again
MAX_IN_ROW = 25
MAX_BUTTONS = 25
MAX_LINKS = 25
MAX_URL = 3000
MAX_IMAGES = 20
MARK = 16  # characters of an asset's id in a block's: by them its file is found again, also after a restart

_SIGNS = {Tone.REFUSAL: "⛔ ", Tone.FAILURE: "⚠️ "}
_STYLES = {"primary": "primary", "danger": "danger"}


def card_blocks(card: Card, files: Sequence[str] = (), key: str = "") -> list[Block]:
    """The whole message. `files` are the Slack file ids of the card's pictures, in order.

    `key` makes the ids of blocks that change new, as Slack advises for updated messages.
    """
    blocks: list[Block] = [_words(card)]
    alt = min(MAX_ALT, MAX_ALTS // max(1, len(card.images[:MAX_IMAGES])))
    for index, (image, file) in enumerate(zip(card.images[:MAX_IMAGES], files, strict=False)):
        blocks.append(
            {
                "type": "image",
                "block_id": f"picture-{index}-{image.asset[:MARK]}-{key or file}"[:255],
                "slack_file": {"id": file},
                "alt_text": shortened(image.alt or image.name, alt),
            }
        )
    if card.small_print:
        blocks.append({"type": "context", "elements": [plain(shortened(card.small_print, MAX_TEXT))]})
    return [*blocks, *_rows(card)]


def fallback_text(card: Card) -> str:
    """What notifications and screen readers get. Escaped: it can neither ping nor link."""
    return escaped(shortened(card.summary, MAX_TEXT))


def _words(card: Card) -> Block:
    parts: list[Block] = [_section(_SIGNS.get(card.tone, "") + card.title, card.live, bold=True)]
    if card.prompt:
        quoted = {"type": "text", "text": shortened(card.prompt, MAX_PROMPT)}
        parts.append({"type": "rich_text_quote", "elements": [quoted]})
    if card.body:
        parts.append(_section(card.body, card.live, most=MAX_TEXT if card.prompt else MAX_BODY))
    return {"type": "rich_text", "elements": parts}


def _section(text: str, live: Sequence[Live] = (), *, bold: bool = False, most: int = MAX_TEXT) -> Block:
    elements = [_element(one, bold=bold) for one in pieces(shortened(text, most), live)]
    return {"type": "rich_text_section", "elements": elements}


_PERSON = re.compile("[UWS][A-Z0-9]{8,}")  # a card with an id that cannot be one is refused whole


def _element(piece: str | Live, *, bold: bool) -> Block:
    """Slack writes moments in the reader's own time zone and language; its `{ago}` is for those gone by only."""
    if isinstance(piece, Moment) and not piece.relative:
        form = "{date_short_pretty} at {time}"
        return {"type": "date", "timestamp": piece.at // 1000, "format": form, "fallback": piece.words}
    if isinstance(piece, Channel) and piece.id.isalnum() and piece.id.isupper():  # Slack refuses cards with others
        return {"type": "channel", "channel_id": piece.id}
    if isinstance(piece, Person) and _PERSON.fullmatch(piece.id):
        if piece.is_role:
            return {"type": "usergroup", "usergroup_id": piece.id}
        return {"type": "user", "user_id": piece.id}
    text: Block = {"type": "text", "text": piece if isinstance(piece, str) else piece.words}
    return text | ({"style": {"bold": True}} if bold else {})


def _rows(card: Card) -> list[Block]:
    links = [one for one in card.links if _is_absolute(one.url)][:MAX_LINKS]
    elements = [
        *(_button(one) for one in card.buttons[:MAX_BUTTONS]),
        *(_link(one, number) for number, one in enumerate(links)),
    ]
    starts = range(0, len(elements), MAX_IN_ROW)
    return [{"type": "actions", "elements": elements[start : start + MAX_IN_ROW]} for start in starts]


def _is_absolute(url: str) -> bool:
    """Whether Slack takes it on a button; a relative one means something on our own page only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    clean = url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.netloc) and clean and len(url) <= MAX_URL


def _link(link: Link, number: int) -> Block:
    """Slack reports that it was pressed, too: its id is none of the core's."""
    block: Block = {
        "type": "button",
        "action_id": f"link:{number}",
        "text": plain(shortened(link.label, MAX_LABEL)),
        "url": link.url,
    }
    return block | ({"accessibility_label": shortened(link.description, MAX_LABEL)} if link.description else {})


def _button(button: Button) -> Block:
    block: Block = {
        "type": "button",
        "action_id": button.id,
        "text": plain(shortened(button.label, MAX_LABEL)),
        "value": f"form:{button.value}"[:2000] if button.form else "press",
    }
    if button.description:
        block["accessibility_label"] = shortened(button.description, MAX_LABEL)
    if button.style in _STYLES:
        block["style"] = _STYLES[button.style]
    return block


def escaped(text: str) -> str:
    """Text that Slack shows as it is: the three characters that start its markup are entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
