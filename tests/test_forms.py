"""Forms of buttons: what they ask for is what their button does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.commands import form
from adapters.slack.editing import button_view
from adapters.slack.opened import Opened
from bot.replies.forms import question

ROOT = Path(__file__).parents[1]
WITH_FORM = ("edit", "panel", "rebase", "report", "reject", "remove", "remove_words", "forget")


def on_slack(action: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = button_view(Opened("C1", id=f"v1:{action}:abc"), "Press")["blocks"]
    return blocks[0]


def on_discord(action: str) -> list[dict[str, Any]]:
    components: list[dict[str, Any]] = form(f"v1:{action}:abc", "Press").to_dict()["components"]
    return components


@pytest.mark.parametrize("action", WITH_FORM)
def test_each_form_asks_what_its_button_is_about(action: str) -> None:
    label = question(action).label
    assert label != "Your words"
    assert len(label) <= 45, "Discord's longest label"
    assert (on_slack(action)["label"]["text"], on_discord(action)[0]["label"]) == (label, label)
    assert (action == "edit") == ("What should change?" in label)


@pytest.mark.parametrize("action", WITH_FORM)
def test_only_an_edit_takes_pictures_and_only_a_report_may_stay_without_words(action: str) -> None:
    assert len(on_discord(action)) == (2 if action == "edit" else 1)
    optional = action == "report"
    assert (on_slack(action)["optional"], not on_discord(action)[0]["component"]["required"]) == (optional, optional)


def test_every_button_with_a_form_has_a_question() -> None:
    """Found in the source: a new button must not ask "Your words"."""
    source = "".join(path.read_text() for path in (ROOT / "bot/replies").glob("*.py"))
    found = re.findall(r'Button\(\s*"[^"]+",\s*"?(\w+)"?,[^)]*?form=True', source)
    assert {"edit", "report", "reject", "remove"} <= set(found)
    assert {one.lower() for one in found} <= set(WITH_FORM)
