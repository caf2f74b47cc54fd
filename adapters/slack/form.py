"""`/imagine` without words opens a form: the words, and what the chosen model has. Pure: nouns in, views out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.slack.opened import Opened, packed, unpacked
from adapters.slack.parts import Block, choice, chosen, field, modal, plain, shortened, typed, words_input
from bot.menu import Menu, ModelMenu
from bot.models import Command, User

Payload = Mapping[str, Any]

CALLBACK = "retouch_imagine"
MODEL = "model"
"""Also the action that Slack reports when another model is chosen."""

_WORDS = "words"
_LABELS = {"ar": "Shape", "size": "Size", "quality": "Quality", "n": "How many", "format": "File format",
           "background": "Background", "fidelity": "Faithful to pictures", "complexity": "Detail",
           "think": "Plan it first"}  # fmt: skip


def imagine_view(menu: Menu, opened: Opened, model: str | None = None) -> Block:
    """The form, with the lists of `model`; where it was opened travels along."""
    words = field(_WORDS, "What do you want to see?", words_input(_WORDS, "a poster for our summer sale"))
    blocks = [words, *_model_block(menu, model), *_option_blocks(menu, menu.of(model))]
    return modal(CALLBACK, "Make a picture", "Make it", packed(opened), blocks)


def reopened(payload: Payload, menu: Menu) -> Block | None:
    """The form again, after another model was chosen in it; None when it is not one of ours."""
    view = payload["view"]
    opened = unpacked(view)
    return imagine_view(menu, opened, chosen(view, MODEL)) if opened else None


def command(payload: Payload, workspace: str, user: User) -> Command | None:
    """The submitted form as the command it stands for; None when it is not one of ours."""
    view = payload["view"]
    opened = unpacked(view)
    if opened is None:
        return None
    return Command(
        event_id=f"view:{view['id']}",
        place=opened.place(workspace),
        user=user,
        text=typed(view, _WORDS),
        flags={flag: value for flag in (MODEL, *_LABELS) if (value := chosen(view, flag))},
    )


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
    # Block ids carry the model where the list is the model's: with another one it starts afresh.
    of_model = ("quality", "n", "format", "background", "fidelity", "complexity")
    return [
        _select(flag, _LABELS[flag], values, f"{flag}:{model.name}" if flag in of_model else flag)
        for flag, values in lists.items()
        if values
    ]


def _select(flag: str, label: str, values: tuple[str, ...], block_id: str, initial: str | None = None) -> Block:
    element = choice(flag, [(value, shortened(value, 75)) for value in values], initial)
    return field(block_id, label, element | {"placeholder": plain("As usual")}, optional=True)
