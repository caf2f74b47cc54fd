"""What a button's form asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """The label of a form's one field (at most 45 characters), an example in it, and whether it may stay empty.

    `pictures`: whether pictures may be sent along, where a platform's forms take them.
    """

    label: str
    example: str = ""
    optional: bool = False
    pictures: bool = False


_EDIT = Question("What should change?", "make it night", pictures=True)
_WHY = Question("Why? Who asked for the picture reads it.", "it shows a real person")

_QUESTIONS = {
    "edit": _EDIT,
    "edit_message": _EDIT,
    "panel": Question("Which panel, and what about it?", "2: it finds a ring"),
    "rebase": Question("What should the picture show?"),
    "report": Question("What is wrong with it? Moderators read it.", optional=True),
    "reject": _WHY,
    "remove": _WHY,
    "remove_words": _WHY,
    "forget": Question("Type yes to delete what is yours here.", "yes"),
}


def question(action: str) -> Question:
    """What the form of a button with this action asks for."""
    return _QUESTIONS.get(action, Question("Your words"))
