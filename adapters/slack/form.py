"""`/imagine` without words opens a form: the words, and what the chosen model has. Pure: nouns in, views out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.menu import Menu, ModelMenu
from bot.models import Command, Place, User

Block = dict[str, Any]
Payload = Mapping[str, Any]

CALLBACK = "retouch_imagine"
MODEL = "model"
"""Also the action that Slack reports when another model is chosen."""

_WORDS = "words"
_LABELS = {"ar": "Shape", "size": "Size", "quality": "Quality", "n": "How many", "format": "File format",
           "background": "Background", "fidelity": "Faithful to pictures", "complexity": "Detail",
           "think": "Plan it first"}  # fmt: skip


def imagine_view(menu: Menu, *, channel: str, response_url: str | None, model: str | None = None) -> Block:
    """The form, with the lists of `model`; where it was opened travels along."""
    opened = {"channel": channel, "response_url": response_url}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(opened),
        "title": _plain("Make a picture"),
        "submit": _plain("Make it"),
        "close": _plain("Cancel"),
        "blocks": [_words_block(), *_model_block(menu, model), *_option_blocks(menu, menu.of(model))],
    }


def reopened(payload: Payload, menu: Menu) -> Block:
    """The form again, after another model was chosen in it."""
    view = payload["view"]
    opened = _opened(view)
    model = _selected(view, MODEL)
    return imagine_view(menu, channel=opened["channel"], response_url=opened.get("response_url"), model=model)


def command(payload: Payload, workspace: str, user: User) -> Command | None:
    """The submitted form as the command it stands for; None when it is not one of ours."""
    view = payload["view"]
    opened = _opened(view)
    if not opened.get("channel"):
        return None
    flags = {flag: value for flag in (MODEL, *_LABELS) if (value := _selected(view, flag))}
    values = view["state"]["values"]
    return Command(
        event_id=f"view:{view['id']}",
        place=Place("slack", workspace, opened["channel"]),
        user=user,
        text=(values.get(_WORDS, {}).get(_WORDS, {}).get("value") or "").strip(),
        flags=flags,
    )


def response_url(payload: Payload) -> str | None:
    """Where the asker alone can be answered."""
    found = _opened(payload["view"]).get("response_url")
    return found if isinstance(found, str) else None


def _opened(view: Payload) -> dict[str, Any]:
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _selected(view: Payload, block: str) -> str | None:
    """What was chosen in a list; block ids carry the model, so that its lists start afresh with another one."""
    for name, fields in view["state"]["values"].items():
        if name.partition(":")[0] == block:
            for field in fields.values():
                return (field.get("selected_option") or {}).get("value")
    return None


def _words_block() -> Block:
    field = {"type": "plain_text_input", "action_id": _WORDS, "multiline": True, "max_length": 3000,
             "placeholder": _plain("a poster for our summer sale")}  # fmt: skip
    return {"type": "input", "block_id": _WORDS, "label": _plain("What do you want to see?"), "element": field}


def _model_block(menu: Menu, model: str | None) -> list[Block]:
    if len(menu.models) < 2:
        return []
    block = _select(MODEL, "Image model", tuple(one.name for one in menu.models), MODEL, menu.of(model).name)
    return [{**block, "dispatch_action": True}]


def _option_blocks(menu: Menu, model: ModelMenu) -> list[Block]:
    lists = {
        "ar": menu.aspects,
        "size": menu.sizes,
        "quality": model.qualities,
        "n": tuple(str(count) for count in range(1, min(model.max_n, 4) + 1)),
        "format": model.formats,
        "background": model.backgrounds,
        "fidelity": model.fidelities,
        "complexity": model.complexities,
        "think": menu.efforts,
    }
    of_model = ("quality", "n", "format", "background", "fidelity", "complexity")
    return [
        _select(flag, _LABELS[flag], values, f"{flag}:{model.name}" if flag in of_model else flag)
        for flag, values in lists.items()
        if values
    ]


def _select(flag: str, label: str, values: tuple[str, ...], block_id: str, initial: str | None = None) -> Block:
    options = [{"text": _plain(value), "value": value} for value in values[:100]]
    element: Block = {"type": "static_select", "action_id": flag, "options": options, "placeholder": _plain("As usual")}
    if initial:
        element["initial_option"] = {"text": _plain(initial), "value": initial}
    return {"type": "input", "block_id": block_id, "optional": True, "label": _plain(label), "element": element}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text[:75], "emoji": False}
