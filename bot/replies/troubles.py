"""Cards of what went wrong. Refused, over quota and broken read differently."""

from __future__ import annotations

from bot import errors
from bot.cards import Button, Card, Link, Moment, Tone
from bot.models import Job
from bot.pricing import format_cost

NOTHING_CHARGED = "Nothing was charged."
PRECHECK_CLOSED = (
    "Requests are checked here before anything is drawn, and the check cannot be asked now. Try again in a few minutes."
)
NO_CHECKER = "No image service here has a Moderations API. Set precheck to off, or add a gateway that has one."
BANNED_MEANWHILE = "Who asked for this may not make pictures here any more, so it was not made."
BLOCKED_PLAN = (
    "The text model that planned this picture used words that this workspace does not allow, so the picture is not "
    "shown. Say more exactly what you want, or leave --think and --web out."
)
LOW_NEEDS_ADULTS = (
    "Moderation is set to low, but low-needs-adults lets it count only in age-restricted channels; elsewhere pictures "
    "are made with auto. Set low-needs-adults to off to change that."
)


def problem(error: errors.RetouchError, *, prompt: str = "", is_free: bool = False) -> Card:
    """A refused request, for the asker alone. Refused, over quota and broken read differently.

    `is_free`: it could not have cost anything, so nothing need be said of that.
    """
    tone = Tone.NOTICE
    if isinstance(error, errors.Refused | errors.OverQuota):
        tone = Tone.REFUSAL
    elif isinstance(error, errors.SetupProblem | errors.ProviderProblem | errors.PlatformProblem):
        tone = Tone.FAILURE
    live = (Moment(error.when, error.resets),) if isinstance(error, errors.OverQuota) and error.when else ()
    title = str(error) if is_free else _with_charge(str(error))
    return Card(title=title, tone=tone, prompt=prompt, live=live)


def failed(job: Job, error: errors.RetouchError, *, billed_perhaps: bool) -> Card:
    """An accepted request that came to nothing; replaces its placeholder."""
    refused = isinstance(error, errors.Refused)
    for_admin = error.for_admin if isinstance(error, errors.SetupProblem) and job.user.is_admin else ""
    buttons = (Button("Try again", "try_again", job.id, style="primary"),)
    return Card(
        title=_perhaps_billed(str(error), job.at_stake) if billed_perhaps else _with_charge(str(error)),
        tone=Tone.REFUSAL if refused else Tone.FAILURE,
        prompt="" if job.alone else job.prompt,
        body=f"For admins: {for_admin}" if for_admin else "",
        buttons=() if refused else buttons,
        asker=job.user.name,
    )


def _with_charge(sentence: str) -> str:
    return sentence if NOTHING_CHARGED in sentence else f"{sentence} {NOTHING_CHARGED}"


def _perhaps_billed(sentence: str, estimate: int) -> str:
    return f"{sentence} It does not count against your images. {_perhaps(estimate)}".strip()


def _perhaps(estimate: int) -> str:
    return f"The team may still be billed {format_cost(estimate)} for it." if estimate else ""


def cancelled(job: Job, *, billed_perhaps: bool) -> Card:
    """A request its asker took back; one that may be billed counts, or cancelling would be free without end."""
    counted = f"Cancelled. It was being drawn, so it counts against your images. {_perhaps(job.at_stake)}".strip()
    title = counted if billed_perhaps else _with_charge("Cancelled.")
    return Card(
        title=title,
        tone=Tone.NOTICE,
        prompt="" if job.alone else job.prompt,
        buttons=(Button("Try again", "try_again", job.id),),
        asker=job.user.name,
    )


def not_prechecked(why: str, *, drawn: bool) -> str:
    """What admins read when nobody could judge a request beforehand."""
    return f"A request was {'drawn unchecked' if drawn else 'refused'}, as the precheck could not be asked. {why}"


def watched(job: Job, terms: str, url: str) -> Card:
    """A request with words that moderators want to hear of; it is being drawn."""
    return Card(
        title=f"Watched: {terms}",
        body="Somebody asked for a picture with these words. Look at it, and remove it if it should not stay.",
        prompt=job.prompt[:500],
        asker=job.user.name,
        links=(Link("Open", url),) if url else (),
    )


def broken(error_id: str) -> Card:
    """Something nobody foresaw. The id finds it in the log."""
    return Card(
        title=f"Something went wrong on our side. {NOTHING_CHARGED} If it happens again, tell an admin: {error_id}.",
        tone=Tone.FAILURE,
    )
