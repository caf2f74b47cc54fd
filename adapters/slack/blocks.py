"""Card → Slack blocks. Pure. A person's words only ever stand in rich text, which knows no markup and no mentions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards import Button, Card, Tone
from bot.models import Place

Block = dict[str, Any]

# Slack's limits, from its SDK and documentation; the total of a message is about 13,000 characters.
MAX_PROMPT = 2500
MAX_TEXT = 2000
MAX_ALT = 2000
MAX_ALTS = 4000  # of all pictures together: each of them tells the prompt again
MAX_LABEL = 75
MAX_BUTTONS = 25
MAX_IMAGES = 20

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
                "block_id": f"picture-{index}-{key or file}"[:255],
                "slack_file": {"id": file},
                "alt_text": shortened(image.alt or image.name, alt),
            }
        )
    if card.small_print:
        blocks.append({"type": "context", "elements": [_plain(shortened(card.small_print, MAX_TEXT))]})
    if card.buttons:
        blocks.append({"type": "actions", "elements": [_button(one) for one in card.buttons[:MAX_BUTTONS]]})
    return blocks


def fallback_text(card: Card) -> str:
    """What notifications and screen readers get. Escaped: it can neither ping nor link."""
    return escaped(shortened(card.summary, MAX_TEXT))


def form_view(button_id: str, value: str, place: Place, message: str | None) -> Block:
    """The form a button opens; where it was pressed travels along."""
    opened = {"id": button_id, "channel": place.channel, "thread": place.thread, "message": message}
    field: Block = {
        "type": "plain_text_input",
        "action_id": "words",
        "multiline": True,
        "max_length": 3000,
        "placeholder": _plain("make it night"),
    }
    if value:
        field["initial_value"] = shortened(value, MAX_TEXT)
    return {
        "type": "modal",
        "callback_id": "retouch_form",
        "private_metadata": json.dumps(opened),
        "title": _plain("Edit this picture"),
        "submit": _plain("Edit"),
        "close": _plain("Cancel"),
        "blocks": [{"type": "input", "block_id": "words", "label": _plain("What should change?"), "element": field}],
    }


def _words(card: Card) -> Block:
    parts: list[Block] = [_section(_SIGNS.get(card.tone, "") + card.title, bold=True)]
    if card.prompt:
        quoted = {"type": "text", "text": shortened(card.prompt, MAX_PROMPT)}
        parts.append({"type": "rich_text_quote", "elements": [quoted]})
    if card.body:
        parts.append(_section(card.body))
    return {"type": "rich_text", "elements": parts}


def _section(text: str, *, bold: bool = False) -> Block:
    element: Block = {"type": "text", "text": shortened(text, MAX_TEXT)}
    if bold:
        element["style"] = {"bold": True}
    return {"type": "rich_text_section", "elements": [element]}


def _button(button: Button) -> Block:
    block: Block = {
        "type": "button",
        "action_id": button.id,
        "text": _plain(shortened(button.label, MAX_LABEL)),
        "value": f"form:{button.value}"[:2000] if button.form else "press",
    }
    if button.description:
        block["accessibility_label"] = shortened(button.description, MAX_LABEL)
    if button.style in _STYLES:
        block["style"] = _STYLES[button.style]
    return block


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def escaped(text: str) -> str:
    """Text that Slack shows as it is: the three characters that start its markup are entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, length: int) -> str:
    """At most `length` characters, never empty (Slack refuses empty text)."""
    if not text.strip():
        return "…"
    return text if len(text) <= length else text[: length - 1] + "…"


def prefilled(payload: Mapping[str, Any]) -> str:
    """The words a form button carries for its field."""
    return str(payload["actions"][0].get("value", "")).removeprefix("form:")
