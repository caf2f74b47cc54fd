"""The pieces that forms are made of, and reading them back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Block = dict[str, Any]

MAX_TITLE = 24  # of a form and its buttons
MAX_LABEL = 75
MAX_CHOICES = 100


def modal(callback: str, title: str, submit: str, metadata: str, blocks: Sequence[Block]) -> Block:
    """A form. `title` and `submit` are cut at Slack's 24 characters."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(shortened(title, MAX_TITLE)),
        "submit": plain(shortened(submit, MAX_TITLE)),
        "close": plain("Cancel"),
        "blocks": list(blocks),
    }


def field(block_id: str, label: str, element: Block, *, optional: bool = False) -> Block:
    """A labelled element of a form."""
    return {"type": "input", "block_id": block_id, "optional": optional, "label": plain(label), "element": element}


def words_input(action_id: str, placeholder: str, value: str = "", *, limit: int = 3000, lines: bool = True) -> Block:
    """A text field of at most `limit` characters, with `value` in it."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": lines,
        "max_length": limit,
        "placeholder": plain(placeholder),
    }
    return element | ({"initial_value": shortened(value, limit)} if value else {})


def choice(action_id: str, options: Sequence[tuple[str, str]], initial: str | None = None) -> Block:
    """A list of (value, label), at most 100 of them; `initial` is a value."""
    listed = [{"text": plain(label), "value": value} for value, label in options[:MAX_CHOICES]]
    element: Block = {"type": "static_select", "action_id": action_id, "options": listed}
    chosen = next((one for one in listed if one["value"] == initial), None)
    return element | ({"initial_option": chosen} if chosen else {})


def filled(view: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    """What Slack reports of one field; empty when there is none. Block ids may end in ":" and something."""
    for name, elements in view["state"]["values"].items():
        if name.partition(":")[0] == block:
            for element in elements.values():
                return dict(element)
    return {}


def typed(view: Mapping[str, Any], block: str) -> str:
    """The words in a text field."""
    return str(filled(view, block).get("value") or "").strip()


def chosen(view: Mapping[str, Any], block: str) -> str | None:
    """The value chosen in a list."""
    found = (filled(view, block).get("selected_option") or {}).get("value")
    return found if isinstance(found, str) else None


def plain(text: str) -> Block:
    """Text without markup, at most 75 characters where Slack counts them."""
    return {"type": "plain_text", "text": text, "emoji": False}


def shortened(text: str, length: int) -> str:
    """At most `length` characters, never empty (Slack refuses empty text)."""
    if not text.strip():
        return "…"
    return text if len(text) <= length else text[: length - 1] + "…"
