"""Cards of requests on their way."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Button, Card, CardImage, Tone
from bot.models import Job, Kind, Options, Version
from bot.panels import rounds
from bot.pricing import format_cost


def working(job: Job, *, seconds: int, ahead: int = 0, parent: Version | None = None,
            previews: Sequence[CardImage] = (), done: float | None = None, step: str = "") -> Card:  # fmt: skip
    """The placeholder: what is being made, how big, how long, for how much.

    `done` is 0.0–1.0 once it is known, `step` what is going on just now.
    """
    title = _working_title(job, parent)
    if ahead:
        title = f"{_ordinal(ahead + 1)} in line. {title}"
    if job.panels:
        seconds *= rounds(job.options.n)
    facts = [*_options_facts(job.options), f"about {seconds} s", _estimate(job)]
    if done is not None:
        facts.append(f"{round(done * 100)} %")
    return Card(
        title=title,
        tone=Tone.PROGRESS,
        prompt="" if job.alone else job.prompt,
        body="" if job.alone else " ".join([*job.notes, step]).strip(),
        footer=" · ".join(fact for fact in facts if fact),
        images=tuple(previews),
        buttons=(Button("Cancel", "cancel", job.id, style="danger"),),
        asker=job.user.name,
    )


def _working_title(job: Job, parent: Version | None) -> str:
    if job.only and parent:
        return f"Redoing panel {job.only[0]} of v{parent.number}"
    if job.panels:
        return f"Making your series of {len(job.panels)}{_using(len(job.references))}"
    if job.kind is Kind.VARIATION and parent:
        return f"Making a variation of v{parent.number}"
    if parent and job.kind is Kind.FINAL:
        return f"Finalizing v{parent.number}"
    if parent and job.kind is Kind.EXTEND:
        return f"Extending v{parent.number} · {job.region}"
    if parent and job.kind is Kind.EDIT:
        where = f" · {job.region} only" if job.region else ""
        return f"Editing v{parent.number}{where}{_using(len(job.references))}"
    if job.options.n > 1:
        return f"Making {job.options.n} images{_using(len(job.references))}"
    return f"Making your image{_using(len(job.references))}"


def _using(references: int) -> str:
    if not references:
        return ""
    return f" using {references} reference picture{'s' if references > 1 else ''}"


def _options_facts(options: Options) -> list[str]:
    size = "" if options.size == "auto" else options.size.replace("x", "×")
    quality = "" if options.quality == "auto" else options.quality
    return [size, quality]


def _estimate(job: Job) -> str:
    """What it may cost at most, and how much of that is for the passing pictures."""
    if not job.estimate:
        return ""
    previews = f" (previews {format_cost(job.previews_cost)})" if job.previews_cost else ""
    return f"est. {format_cost(job.estimate)}{previews}"


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{suffix}"
