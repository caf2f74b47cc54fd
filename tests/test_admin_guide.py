"""The first ten minutes of docs/admin.md, typed as they are written there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.cards import Tone
from tests.talk import Talk
from tests.test_admin_command import admin
from tests.test_cli import retouch
from tests.test_docs import ADMIN_GUIDE

_ROW = re.compile(r"^\| ([^|`]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
AS_SENT = {"#channel": "<#C0123ABCD|channel>", "@role": "<!subteam^S0123ABCD|@role>", "@person": "<@U0123ABCD>"}


def typed(column: int) -> list[tuple[str, str]]:
    """What a column has in code, with what it is for; without what needs an id of that very moment."""
    table = ADMIN_GUIDE.read_text().split("## The first ten minutes")[1].split("\n## ")[0]
    found = [(row[0], words) for row in _ROW.findall(table) for words in re.findall(r"`([^`]+)`", row[column])]
    return [(purpose, words) for purpose, words in found if words != "policy" and "resolve" not in words]


@pytest.mark.parametrize(("purpose", "words"), typed(1))
async def test_what_the_guide_says_for_a_chat_works(talk: Talk, purpose: str, words: str) -> None:
    for name, sent in AS_SENT.items():
        words = words.replace(name, sent)
    await admin(talk, "set budgets $50 a month")
    card = await admin(talk, words)
    assert card.tone is not Tone.REFUSAL, f"{purpose}: {card.title}"


def test_what_the_guide_says_for_the_command_line_works(tmp_path: Path) -> None:
    told = typed(2)
    assert len(told) > 12
    for purpose, words in told:
        done = retouch(tmp_path, *shlex.split(words))
        assert done.returncode == 0, f"{purpose}: {done.stderr}"
