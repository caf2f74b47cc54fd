"""Every sentence, card and button a person sees. Pure: facts in, a Card out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import errors
from bot.cards import Button, Card, CardImage, Tone
from bot.catalog import Model
from bot.models import Asset, Job, Kind, Options, Version
from bot.pricing import format_cost

NOTHING_CHARGED = "Nothing was charged."
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


# ── A request on its way ─────────────────────────────────────────────────────────────────────────────────────────


def working(job: Job, *, seconds: int, ahead: int = 0, parent: Version | None = None,
            previews: Sequence[CardImage] = (), done: float | None = None, step: str = "") -> Card:  # fmt: skip
    """The placeholder: what is being made, how big, how long, for how much.

    `done` is 0.0–1.0 once it is known, `step` what is going on just now.
    """
    title = _working_title(job, parent)
    if ahead:
        title = f"{_ordinal(ahead + 1)} in line. {title}"
    facts = [*_options_facts(job.options), f"about {seconds} s", _estimate(job)]
    if done is not None:
        facts.append(f"{round(done * 100)} %")
    return Card(
        title=title,
        tone=Tone.PROGRESS,
        prompt=job.prompt,
        body=" ".join([*job.notes, step]).strip(),
        footer=" · ".join(fact for fact in facts if fact),
        images=tuple(previews),
        buttons=(Button("Cancel", "cancel", job.id, style="danger"),),
        asker=job.user.name,
    )


def _working_title(job: Job, parent: Version | None) -> str:
    if job.kind is Kind.VARIATION and parent:
        return f"Making a variation of v{parent.number}"
    if parent and job.kind is Kind.EDIT:
        return f"Editing v{parent.number}{_using(len(job.references))}"
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


# ── A finished version ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Shown:
    """An asset with the local file it can be read from."""

    asset: Asset
    path: Path


def finished(version: Version, shown: Sequence[Shown], *, parent: Version | None, notes: Sequence[str] = (),
             left: int | None = None) -> Card:  # fmt: skip
    """The card of a version: its pictures, what it is, what it cost, what can be done next."""
    return Card(
        title=_finished_title(version, parent),
        tone=Tone.DONE,
        prompt=version.prompt,
        body="\n".join(filter(None, [" ".join([*notes, *version.notes, *version.missing]), _sources(version)])),
        footer=_version_footer(version, shown, left),
        images=card_images(version, shown),
        buttons=version_buttons(version),
        asker=version.author.name,
    )


def _sources(version: Version) -> str:
    """The pages a planned picture draws on, as addresses: nobody has to trust a link's name."""
    if not version.sources:
        return ""
    return "\n".join(["Sources:", *(f"{one.title} {one.url}" for one in version.sources[:5])])


def offer(job: Job, made: Version, shown: Sequence[Shown]) -> Card:
    """The same request was made before: its picture for nothing, or a new one."""
    return Card(
        title=f"This was made before, by {made.author.name}. Use that picture for nothing, or make a new one?",
        tone=Tone.NOTICE,
        prompt=job.prompt,
        footer=_version_footer(made, shown, None),
        images=card_images(made, shown),
        buttons=(
            Button("Use this one", "use_same", job.id, style="primary", description="Use the picture made before"),
            Button("Make a new one", "make_new", job.id, description="Make a new picture with the same words"),
        ),
        asker=job.user.name,
    )


def prompt_card(version: Version) -> Card:
    """Everything that was sent to the image service for a version, as it was sent."""
    if not version.sent:
        return notice("This picture was uploaded; no prompt belongs to it.")
    facts = [f"{name} {value}" for name, value in _sent_options(version.options) if value]
    return Card(
        title=f"This was sent for v{version.number}." + (f" {_planned(version)}" if version.planning else ""),
        body=version.sent + (f"\n\nIt was drawn from these words: {version.revised}" if version.revised else ""),
        footer=" · ".join(facts),
    )


def _planned(version: Version) -> str:
    searches = version.planning.searches if version.planning else 0
    searched = f" It searched the web {'once' if searches == 1 else f'{searches} times'}." if searches else ""
    return f"{version.planning.model if version.planning else ''} planned it.{searched}".strip()


def _sent_options(options: Options) -> list[tuple[str, str]]:
    named = {"size": options.size, "quality": options.quality, "background": options.background,
             "moderation": options.moderation}  # fmt: skip
    return [
        ("model", options.model),
        *((name, value) for name, value in named.items() if value != "auto"),
        ("format", options.output_format),
        ("compression", "" if options.output_compression is None else str(options.output_compression)),
        ("fidelity", options.input_fidelity),
        ("complexity", options.complexity),
        ("think", options.think),
        ("web", "on" if options.web else ""),
    ]


def brought_back(version: Version, shown: Sequence[Shown], *, word: str) -> Card:
    """A version that became the head again by undo or redo."""
    return Card(
        title=f"{word} v{version.number}. The next reply edits this picture.",
        tone=Tone.DONE,
        prompt=version.prompt,
        footer=_version_footer(version, shown, None),
        images=card_images(version, shown),
        buttons=version_buttons(version),
        asker=version.author.name,
    )


def _finished_title(version: Version, parent: Version | None) -> str:
    if parent is None:
        return f"v{version.number}"
    what = {Kind.VARIATION: "variation", Kind.EDIT: "edit"}.get(version.kind, "made")
    return f"v{version.number} · {what} of v{parent.number}"


def _version_footer(version: Version, shown: Sequence[Shown], left: int | None) -> str:
    facts = []
    if shown:
        facts.append(f"{shown[0].asset.width}×{shown[0].asset.height}")
    if version.kind is not Kind.UPLOAD:
        facts += [fact for fact in (version.options.quality,) if fact != "auto"]
        facts.append(version.options.model)
    if version.cost:
        facts.append(f"{'about ' if version.cost_is_estimate else ''}{format_cost(version.cost)}")
    if left is not None:
        facts.append(f"{left} left today")
    return " · ".join(facts)


def version_buttons(version: Version) -> tuple[Button, ...]:
    """What can be done with a version next. The ids hold only an action and the version's id."""
    edit = Button("Edit", "edit", version.id, style="primary", form=True, description=f"Edit v{version.number}")
    if version.kind is Kind.UPLOAD:
        return (
            edit,
            Button("Vary", "vary", version.id, description=f"Make a variation of v{version.number}"),
        )
    undo = (Button("Undo", "undo", version.id, description=f"Undo v{version.number}"),) if version.parent else ()
    return (
        edit,
        Button("Vary", "vary", version.id, description=f"Make a variation of v{version.number}"),
        Button("Re-roll", "reroll", version.id, description=f"Make v{version.number} again with the same words"),
        *undo,
        Button("Show prompt", "prompt", version.id, description=f"Show what was sent for v{version.number}"),
    )


def card_images(version: Version, shown: Sequence[Shown]) -> tuple[CardImage, ...]:
    """The version's pictures with alt text and a file name that says what they are."""
    many = len(shown) > 1
    return tuple(
        CardImage(
            path=one.path,
            media_type=one.asset.media_type,
            width=one.asset.width,
            height=one.asset.height,
            alt=_alt(version, index if many else None),
            name=f"v{version.number}{f'-{index}' if many else ''}.{_EXTENSIONS.get(one.asset.media_type, 'png')}",
            asset=one.asset.id,
        )
        for index, one in enumerate(shown, start=1)
    )


def _alt(version: Version, index: int | None) -> str:
    which = f"Picture {index}, " if index else ""
    if version.kind is Kind.UPLOAD:
        return f"{which}uploaded picture {version.prompt}".strip()
    return f"{which}AI-made picture, v{version.number}: {version.prompt}"


# ── What went wrong ──────────────────────────────────────────────────────────────────────────────────────────────


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
        title=_perhaps_billed(str(error), job.estimate) if billed_perhaps else _with_charge(str(error)),
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
    title = _perhaps_billed("Cancelled.", job.estimate) if billed_perhaps else _with_charge("Cancelled.")
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


def notice(sentence: str) -> Card:
    """One plain sentence."""
    return Card(title=sentence)


def for_admins(sentence: str) -> Card:
    """Something in the admin channel."""
    return Card(title="For the admins of this bot", body=sentence, tone=Tone.FAILURE)


def shutdown_warning(model: Model, days: int) -> str:
    """A model in use will be gone, or is."""
    when = (
        f"will be shut down on {model.shutdown}, in {days} days" if days > 0 else f"was shut down on {model.shutdown}"
    )
    instead = f" Set RETOUCH_MODEL={model.successor}, or another one." if model.successor else " Choose another model."
    return f"The model {model.name} {when}.{instead}"


def other_size(asked: str, came: Sequence[str]) -> str:
    """The service drew another size than it was asked for."""
    return f"The image service sent {', '.join(came).replace('x', '×')} instead of {asked.replace('x', '×')}."


def other_format(asked: str, came: Sequence[str]) -> str:
    """The service sent another file format than it was asked for."""
    return f"The image service sent {', '.join(came).upper()} instead of {asked.upper()}."


NO_INPUTS = "--fidelity is about pictures that go along; none does, so it was ignored."
REUSED = "Made before by the same request; nothing was charged."
AS_GUEST = "People are talking in this thread, so mention me to change the picture."
STOPPED_EARLY = "The command was stopped before anything was drawn."
INTERRUPTED = "The bot was stopped in the middle of this picture, and the answer was lost."
STILL_DRAWING = "There is no finished picture in this thread yet. Reply again once it is here."
FIRST_VERSION = "This is the first version; there is nothing to undo."
NOTHING_TO_REDO = "There is nothing to redo: no newer version was made from this one."
TOO_LATE_TO_CANCEL = "It is too late to cancel: this picture is already done."
NOT_YOURS = "Only the person who asked for it, or an admin, can cancel it."
NO_WORDS = "Say what should change, for example: make the sky pink."
NOTHING_HERE = "There is no picture of mine in this thread yet. Start one with /imagine and a few words."


def already_back(version: Version) -> Card:
    """Undo pressed twice."""
    return notice(f"Already back at v{version.number}.")


def unknown_version(number: int) -> str:
    """A version number that the thread does not have."""
    return f"This thread has no v{number}."


def help_card() -> Card:
    """What can be typed."""
    return Card(
        title="Type /imagine and what you want to see.",
        body=(
            "For example: /imagine a poster for our summer sale --ar 2:3 --quality high\n"
            "Reply in the picture's thread to change it: make it night, undo, redo, again, vary, back to v1, "
            "v2: warmer, new: something else.\n"
            "Options: --ar 16:9, --size 2k, --quality low|medium|high, --n 4, --format jpeg, --background transparent, "
            "--no people, --think high, --web."
        ),
    )
