"""A series: its panels as words, what is sent for each of them, and what they may cost. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.briefs import Input, brief
from bot.catalog import Model, Planner
from bot.errors import BadInput, BadOption
from bot.models import Job, Kind, Options, Reference, Role, Version
from bot.pricing import Quote, quote

LEAST, MOST = 2, 12
LONGEST = 1000  # characters of one panel
AT_ONCE = 3  # panels in work at the same time
_BETWEEN = re.compile(r"[|｜]")


def panels_of(text: str) -> tuple[str, ...]:
    """The words of each panel, as typed behind `--series`. Raises `BadOption`."""
    if not text.strip():
        raise BadOption('--series needs its panels: --series "the fox wakes | it finds a coin".')
    panels = tuple(part.strip() for part in _BETWEEN.split(text))
    if not LEAST <= len(panels) <= MOST:
        many = "1 panel" if len(panels) == 1 else f"{len(panels)} panels"
        raise BadOption(f"That is {many}; a series has {LEAST} to {MOST}, with | between them.")
    for number, words in enumerate(panels, start=1):
        if not words:
            raise BadOption(f"Panel {number} of the series is empty. Say what is in it, or leave out its |.")
        check_panel(number, words)
    return panels


def check_panel(number: int, words: str) -> None:
    """Whether a panel's words are short enough. Raises `BadOption`."""
    if len(words) > LONGEST:
        raise BadOption(f"Panel {number} has {len(words):,} characters; {LONGEST:,} is the most. Use fewer words.")


def check_series(model: Model, kind: Kind, *, masked: bool) -> None:
    """Whether this can be a series at all. Raises `BadInput`."""
    if kind in (Kind.VARIATION, Kind.EXTEND, Kind.FINAL):
        raise BadInput("--series goes with /imagine, with new: and with an edit; leave it out here.")
    if masked:
        raise BadInput("The panels of a series are drawn whole; leave out the region, the mask or the markup.")
    if model.max_references < 1:
        raise BadInput(f"{model.name} takes no pictures along, and a series needs its first; choose another --model.")


def words_of(prompt: str, panel: str) -> str:
    """What a person said about one panel: the words for all of them, and its own."""
    return f"{prompt}\n{panel}"


def rounds(panels: int) -> int:
    """How many times one picture's while a series takes: the first alone, then some at once."""
    return 1 - (1 - panels) // AT_ONCE


def plan(job: Job, parent: Version | None) -> list[tuple[int, int | None]]:
    """The panels to draw in their order, each with the panel whose picture goes along as Image 1."""
    if not job.only:
        return [(number, None if number == 1 else 1) for number in range(1, len(job.panels) + 1)]
    others = [number for number in (parent.panel_of if parent else ()) if number not in job.only]
    return [(number, min(others, default=None)) for number in job.only]


def panel_brief(job: Job, number: int, like: int | None, most: int) -> str:
    """What is sent for a panel; `like` is the panel whose picture goes along, so that characters stay."""
    return _brief(job.prompt, job.panels, number, like, job.references, job.avoid, most)


def panel_quote(job: Job, number: int, like: int | None, model: Model, planner: Planner | None) -> Quote:
    """The most one panel should come to."""
    told = panel_brief(job, number, like, model.max_prompt)
    inputs = len(job.references) + (1 if like else 0)
    one = replace(job.options, n=1)
    return quote(model, one, prompt=told, inputs=inputs, previews=job.previews, planner=planner)


def series_quotes(job: Job, parent: Version | None, model: Model, planner: Planner | None) -> list[Quote]:
    """The most that each panel which is to be drawn should come to."""
    return [panel_quote(job, number, like, model, planner) for number, like in plan(job, parent)]


def quotes_before(
    prompt: str,
    panels: Sequence[str],
    options: Options,
    *,
    inputs: int,
    previews: int,
    model: Model,
    planner: Planner | None = None,
) -> list[Quote]:
    """The most that each panel should come to where there are only words yet, and a number of pictures to go along."""
    found = []
    for number in range(1, len(panels) + 1):
        like = None if number == 1 else 1
        told = _brief(prompt, panels, number, like, [Reference("")] * inputs, (), model.max_prompt)
        along = inputs + (1 if like else 0)
        found.append(quote(model, options, prompt=told, inputs=along, previews=previews, planner=planner))
    return found


def _brief(
    prompt: str,
    panels: Sequence[str],
    number: int,
    like: int | None,
    references: Sequence[Reference],
    avoid: Sequence[str],
    most: int,
) -> str:
    words = words_of(prompt, panels[number - 1])
    inputs = [Input(Role.SUBJECT, f"panel {like}")] if like else []
    inputs += [Input(one.role, one.name) for one in references]
    told = brief(words, kind=Kind.SERIES, inputs=inputs, avoid=avoid, most=most)
    line = f"Panel {number} of {len(panels)} of a series; draw this panel only."
    if like:
        line += " Keep the characters and the style of Image 1."
    whole = f"{told}\n{line}" if told != words else f"{words}\n\n{line}"
    return whole if len(whole) <= most else told
