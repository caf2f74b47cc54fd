"""Cards of what went wrong. Refused, over quota and broken read differently."""

from __future__ import annotations

from bot import errors
from bot.cards import Button, Card, Tone
from bot.models import Job
from bot.pricing import format_cost

NOTHING_CHARGED = "Nothing was charged."


def problem(error: errors.RetouchError, *, prompt: str = "") -> Card:
    """A refused request, for the asker alone. Refused, over quota and broken read differently."""
    tone = Tone.NOTICE
    if isinstance(error, errors.Refused | errors.OverQuota):
        tone = Tone.REFUSAL
    elif isinstance(error, errors.SetupProblem | errors.ProviderProblem | errors.PlatformProblem):
        tone = Tone.FAILURE
    return Card(title=_with_charge(str(error)), tone=tone, prompt=prompt)


def failed(job: Job, error: errors.RetouchError, *, billed_perhaps: bool) -> Card:
    """An accepted request that came to nothing; replaces its placeholder."""
    refused = isinstance(error, errors.Refused)
    for_admin = error.for_admin if isinstance(error, errors.SetupProblem) and job.user.is_admin else ""
    buttons = (Button("Try again", "try_again", job.id, style="primary"),)
    return Card(
        title=_perhaps_billed(str(error), job.at_stake) if billed_perhaps else _with_charge(str(error)),
        tone=Tone.REFUSAL if refused else Tone.FAILURE,
        prompt=job.prompt,
        body=f"For admins: {for_admin}" if for_admin else "",
        buttons=() if refused else buttons,
        asker=job.user.name,
    )


def _with_charge(sentence: str) -> str:
    return sentence if NOTHING_CHARGED in sentence else f"{sentence} {NOTHING_CHARGED}"


def _perhaps_billed(sentence: str, estimate: int) -> str:
    money = f" The team may still be billed {format_cost(estimate)} for it." if estimate else ""
    return f"{sentence} It does not count against your images.{money}"


def cancelled(job: Job, *, billed_perhaps: bool) -> Card:
    """A request its asker took back."""
    title = _perhaps_billed("Cancelled.", job.at_stake) if billed_perhaps else _with_charge("Cancelled.")
    return Card(
        title=title,
        tone=Tone.NOTICE,
        prompt=job.prompt,
        buttons=(Button("Try again", "try_again", job.id),),
        asker=job.user.name,
    )


def broken(error_id: str) -> Card:
    """Something nobody foresaw. The id finds it in the log."""
    return Card(
        title=f"Something went wrong on our side. {NOTHING_CHARGED} If it happens again, tell an admin: {error_id}.",
        tone=Tone.FAILURE,
    )
