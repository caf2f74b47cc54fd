"""Cards of finished versions: their pictures, what they are and cost, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cards import Button, Card, CardImage, Tone
from bot.models import Asset, Job, Kind, Version
from bot.pricing import format_cost
from bot.replies.sentences import share

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An asset with the local file it can be read from."""

    asset: Asset
    path: Path


def finished(version: Version, shown: Sequence[Shown], *, parent: Version | None, notes: Sequence[str] = (),
             left: int | None = None, final: int | None = None, all_at_once: str = "") -> Card:  # fmt: skip
    """The card of a version: its pictures, what it is, what it cost, what can be done next."""
    return Card(
        title=_finished_title(version, parent),
        tone=Tone.DONE,
        prompt=version.prompt,
        body="\n".join(filter(None, [" ".join([*notes, *version.notes, *version.missing]), _sources(version)])),
        footer=_version_footer(version, shown, left),
        images=card_images(version, shown),
        buttons=(*version_buttons(version, final), *_rebase_button(version, all_at_once)),
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


def brought_back(version: Version, shown: Sequence[Shown], *, word: str, final: int | None = None) -> Card:
    """A version that became the head again by undo or redo."""
    return Card(
        title=f"{word} v{version.number}. The next reply edits this picture.",
        tone=Tone.DONE,
        prompt=version.prompt,
        footer=_version_footer(version, shown, None),
        images=card_images(version, shown),
        buttons=version_buttons(version, final),
        asker=version.author.name,
    )


def shown_again(version: Version, shown: Sequence[Shown], *, final: int | None = None) -> Card:
    """A version's card once more; the current version stays what it is."""
    card = brought_back(version, shown, word="Again", final=final)
    return replace(
        card, title=f"v{version.number}, once more. Its buttons and replies to it are about v{version.number}."
    )


def _finished_title(version: Version, parent: Version | None) -> str:
    if parent is None:
        return f"v{version.number}"
    if version.kind is Kind.PICK:
        return f"v{version.number} · picture {version.parent_image} of v{parent.number}"
    return f"v{version.number} · {_DONE.get(version.kind, 'made')} of v{parent.number}"


_DONE = {Kind.VARIATION: "variation", Kind.EDIT: "edit", Kind.EXTEND: "larger canvas", Kind.FINAL: "final"}


def _version_footer(version: Version, shown: Sequence[Shown], left: int | None) -> str:
    facts = []
    if shown:
        facts.append(f"{shown[0].asset.width}×{shown[0].asset.height}")
    if version.kind is not Kind.UPLOAD:
        facts += [fact for fact in (version.options.quality,) if fact != "auto"]
        facts.append(version.options.model)
    if version.drift is not None:
        facts.append(f"drift {share(version.drift)}")
    if version.cost:
        facts.append(f"{'about ' if version.cost_is_estimate else ''}{format_cost(version.cost)}")
    if left is not None:
        facts.append(f"{left} left today")
    return " · ".join(facts)


def version_buttons(version: Version, final: int | None = None) -> tuple[Button, ...]:
    """What can be done with a version next. The ids hold only an action and the version's id.

    `final` is what finalizing would cost at most, in micro-dollars; None: there is nothing to finalize.
    """
    edit = Button("Edit", "edit", version.id, style="primary", form=True, description=f"Edit v{version.number}")
    if version.kind is Kind.UPLOAD:
        return (
            edit,
            Button("Vary", "vary", version.id, description=f"Make a variation of v{version.number}"),
        )
    several = range(1, len(version.images) + 1) if len(version.images) > 1 else ()
    picks = [
        Button(f"Pick {one}", f"pick_{one}", version.id, description=f"Go on with picture {one}") for one in several
    ]
    finalize = () if final is None else (_finalize_button(version, final),)
    undo = (Button("Undo", "undo", version.id, description=f"Undo v{version.number}"),) if version.parent else ()
    return (
        edit,
        Button("Vary", "vary", version.id, description=f"Make a variation of v{version.number}"),
        Button("Re-roll", "reroll", version.id, description=f"Make v{version.number} again with the same words"),
        *undo,
        *picks,
        *finalize,
        Button("Show prompt", "prompt", version.id, description=f"Show what was sent for v{version.number}"),
    )


def _rebase_button(version: Version, words: str) -> tuple[Button, ...]:
    """Shown with the words, to be read and changed, before anything is sent."""
    if not words:
        return ()
    about = f"Do all changes up to v{version.number} again at once, from the first picture"
    return (Button("Redo in one go", "rebase", version.id, form=True, value=words, description=about),)


def _finalize_button(version: Version, price: int) -> Button:
    about = f"Draw v{version.number} again, large and in detail, for at most {format_cost(price)}"
    return Button(f"Finalize · {format_cost(price)}", "finalize", version.id, description=about)


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
