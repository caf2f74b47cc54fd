"""Cards of finished versions: their pictures, what they are and cost, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cards import Button, Card, CardImage, Tone
from bot.models import Asset, Job, Kind, Version
from bot.pricing import format_cost
from bot.replies.sentences import share

MAX_ALT = 250  # characters: a screen reader reads it in one go
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An asset with the local file it can be read from."""

    asset: Asset
    path: Path


@dataclass(frozen=True, slots=True)
class Around:
    """What a card says beside the version itself.

    `numbers` is how its pictures are called in their thread ("#4"), `final` what finalizing would cost at most, in
    micro-dollars (None: there is nothing to finalize), `paint` whether people can open the page to paint a mask,
    `report` whether moderators take reports.
    """

    numbers: str = ""
    final: int | None = None
    paint: bool = False
    report: bool = False


def finished(version: Version, shown: Sequence[Shown], *, parent: Version | None, around: Around,
             notes: Sequence[str] = (), left: str = "", all_at_once: str = "") -> Card:  # fmt: skip
    """The card of a version: its pictures, what it is, what it cost, what can be done next."""
    return Card(
        title=_finished_title(version, parent),
        tone=Tone.DONE,
        prompt=version.prompt,
        body="\n".join(filter(None, [" ".join([*notes, *version.notes, *version.missing]), _sources(version)])),
        footer=_version_footer(version, shown, left, around.numbers),
        images=card_images(version, shown, parent),
        buttons=(*version_buttons(version, around), *_rebase_button(version, all_at_once)),
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
        footer=_version_footer(made, shown),
        images=card_images(made, shown),
        buttons=(
            Button("Use this one", "use_same", job.id, style="primary", description="Use the picture made before"),
            Button("Make a new one", "make_new", job.id, description="Make a new picture with the same words"),
        ),
        asker=job.user.name,
    )


def brought_back(version: Version, shown: Sequence[Shown], *, word: str, around: Around) -> Card:
    """A version that became the head again by undo or redo."""
    return Card(
        title=f"{word} v{version.number}. The next reply edits this picture.",
        tone=Tone.DONE,
        prompt=version.prompt,
        footer=_version_footer(version, shown, numbers=around.numbers),
        images=card_images(version, shown),
        buttons=version_buttons(version, around),
        asker=version.author.name,
    )


def shown_again(version: Version, shown: Sequence[Shown], *, around: Around) -> Card:
    """A version's card once more; the current version stays what it is."""
    card = brought_back(version, shown, word="Again", around=around)
    return replace(
        card, title=f"v{version.number}, once more. Its buttons and replies to it are about v{version.number}."
    )


def _finished_title(version: Version, parent: Version | None) -> str:
    if version.kind is Kind.SERIES:
        return f"v{version.number} · {_series_title(version, parent)}"
    if parent is None:
        return f"v{version.number}"
    if version.kind is Kind.PICK:
        return f"v{version.number} · picture {version.parent_image} of v{parent.number}"
    return f"v{version.number} · {_DONE.get(version.kind, 'made')} of v{parent.number}"


def _series_title(version: Version, parent: Version | None) -> str:
    if parent and len(version.panels) > version.options.n:
        new = set(version.images) - set(parent.images)
        drawn = [number for number, image in zip(version.panel_of, version.images, strict=True) if image in new]
        return f"{f'panel {drawn[0]}' if drawn else 'a panel'} of v{parent.number} anew"
    here, asked = len(version.images), len(version.panels)
    count = f"{asked} panels" if here == asked else f"{here} of {asked} panels"
    return f"series of {count}{f', from v{parent.number}' if parent else ''}"


_DONE = {Kind.VARIATION: "variation", Kind.EDIT: "edit", Kind.EXTEND: "larger canvas", Kind.FINAL: "final"}


def _version_footer(version: Version, shown: Sequence[Shown], left: str = "", numbers: str = "") -> str:
    facts = [numbers] if numbers else []
    if version.references:
        facts.append(f"with {_listed([one.name or 'a picture' for one in version.references])}")
    if shown:
        facts.append(f"{shown[0].asset.width}×{shown[0].asset.height}")
    if version.kind is not Kind.UPLOAD:
        facts += [fact for fact in (version.options.quality,) if fact != "auto"]
        facts.append(version.options.model)
    if version.drift is not None:
        facts.append(f"drift {share(version.drift)}")
    if version.cost:
        facts.append(f"{'about ' if version.cost_is_estimate else ''}{format_cost(version.cost)}")
    if left:
        facts.append(left)
    return " · ".join(facts)


def _listed(names: Sequence[str]) -> str:
    """At most three names, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(_short(name) for name in names[:3]) + more


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def version_buttons(version: Version, around: Around) -> tuple[Button, ...]:
    """What can be done with a version next. The ids hold only an action and the version's id."""
    edit = Button("Edit", "edit", version.id, style="primary", form=True, description=f"Edit v{version.number}")
    vary = Button("Vary", "vary", version.id, description=f"Make a variation of v{version.number}")
    where = f"Paint where v{version.number} may change"
    paint = (Button("Paint", "paint", version.id, description=where),) if around.paint else ()
    if version.kind is Kind.UPLOAD:
        return (edit, *paint, vary, *_report_button(version, around))
    several = range(1, len(version.images) + 1) if len(version.images) > 1 else ()
    picks = [
        Button(f"Pick {_place(version, one)}", f"pick_{one}", version.id, description=f"Go on with picture {one}")
        for one in several
    ]
    is_series = version.kind is Kind.SERIES
    finalize = () if around.final is None else (_finalize_button(version, around.final),)
    undo = (Button("Undo", "undo", version.id, description=f"Undo v{version.number}"),) if version.parent else ()
    return (
        edit,
        *(() if several else paint),
        *(() if is_series and several else (vary,)),
        Button("Re-roll", "reroll", version.id, description=f"Make v{version.number} again with the same words"),
        *undo,
        *picks,
        *(_series_buttons(version) if is_series else ()),
        *finalize,
        Button("Show prompt", "prompt", version.id, description=f"Show what was sent for v{version.number}"),
        *_report_button(version, around),
    )


def _report_button(version: Version, around: Around) -> tuple[Button, ...]:
    about = f"Tell the moderators about v{version.number}, and why"
    return (Button("Report", "report", version.id, form=True, description=about),) if around.report else ()


def _place(version: Version, index: int) -> str:
    """Which picture of several it is; of a series that lacks panels, also which panel."""
    panel = version.panel_of[index - 1] if len(version.panel_of) >= index else index
    return str(index) if panel == index else f"{index} (panel {panel})"


def _series_buttons(version: Version) -> tuple[Button, ...]:
    about = f"Draw one panel of v{version.number} again: its number, perhaps with other words behind a colon"
    return (
        Button("Redo a panel", "panel", version.id, form=True, description=about),
        Button("Contact sheet", "sheet", version.id, description=f"All panels of v{version.number} on one picture"),
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


def card_images(version: Version, shown: Sequence[Shown], parent: Version | None = None) -> tuple[CardImage, ...]:
    """The version's pictures with alt text and a file name that says what they are."""
    many = len(shown) > 1
    return tuple(
        CardImage(
            path=one.path,
            media_type=one.asset.media_type,
            width=one.asset.width,
            height=one.asset.height,
            alt=_alt(version, one.asset.id, index if many else None, parent),
            name=f"v{version.number}{f'-{index}' if many else ''}.{_EXTENSIONS.get(one.asset.media_type, 'png')}",
            asset=one.asset.id,
        )
        for index, one in enumerate(shown, start=1)
    )


def _alt(version: Version, asset: str, index: int | None, parent: Version | None) -> str:
    """A picture in one line for those who cannot see it: what it is and what changed; at most `MAX_ALT` characters."""
    which = f"Picture {index}, " if index else ""
    if version.kind is Kind.UPLOAD:
        return f"{which}uploaded picture {version.prompt}".strip()
    what, words = f"{which}AI-made picture, v{version.number}: ", version.prompt
    if panel := _panel(version, asset):
        what, words = f"AI-made, panel {panel} of {len(version.panels)}: ", version.panels[panel - 1]
    after = _changed(version, parent)
    room = MAX_ALT - len(what) - len(after)
    words = _shortened(words, room - 1 if after else room)
    stop = "." if after and not words.endswith((".", "!", "?", "…")) else ""
    return f"{what}{words}{stop}{after}"


def _panel(version: Version, asset: str) -> int | None:
    """Which panel of a series a picture is, from 1."""
    panels = dict(zip(version.images, version.panel_of, strict=False))
    panel = panels.get(asset, 0)
    return panel if 1 <= panel <= len(version.panels) else None


def _changed(version: Version, parent: Version | None) -> str:
    if not version.changed or version.kind not in (Kind.EDIT, Kind.VARIATION):
        return ""
    return f" Changed{f' from v{parent.number}' if parent else ''}: {', '.join(version.changed)}."


def _shortened(words: str, room: int) -> str:
    """The words in one line, cut behind a word where they are longer than `room` characters."""
    line = " ".join("".join(one if one.isprintable() else " " for one in words[: 4 * room]).split())
    if len(line) <= room and len(words) <= 4 * room:
        return line
    cut = line[: room - 1]
    word = cut.rsplit(" ", 1)[0] if " " in cut[room // 2 :] and line[room - 1 : room].strip() else cut
    return f"{word.rstrip(' ,;:.')}…"


# ── Contact sheets ───────────────────────────────────────────────────────────────────────────────────────────────


def sheet_card(versions: Sequence[Version], sheet: CardImage, *, most: int) -> Card:
    """All pictures of a version, or of a thread, on one."""
    count = sum(len(one.images) for one in versions if len(versions) == 1 or one.kind is not Kind.PICK)
    left_out = f"Only the newest {most} of {count} pictures are on it." if count > most else ""
    return Card(title=sheet.alt.rstrip("."), body=left_out, images=(sheet,))


def sheet_image(versions: Sequence[Version], count: int, sheet: Shown) -> CardImage:
    """The sheet as a picture of a card; its number, 0, comes before the others'."""
    several = f"{count} picture{'s' if count > 1 else ''}"
    if len(versions) == 1:
        panels = f"{count} panel{'s' if count > 1 else ''}"
        what = panels if versions[0].panel_of else several
        alt = f"Contact sheet of v{versions[0].number}: {what}{by_ai(versions)}."
    else:
        alt = f"Contact sheet of this thread: {several} of {len(versions)} versions{by_ai(versions)}."
    name = f"sheet-v{versions[-1].number}.jpg"
    return CardImage(
        sheet.path, sheet.asset.media_type, sheet.asset.width, sheet.asset.height, alt, name, sheet.asset.id, number=0
    )


def by_ai(versions: Sequence[Version]) -> str:
    """For alt texts of pictures made from several: whether AI drew them."""
    uploads = [one.kind is Kind.UPLOAD for one in versions]
    return "" if all(uploads) else ", AI-made but for uploads" if any(uploads) else ", AI-made"


def picture_label(version: Version, index: int, *, alone: bool) -> str:
    """What stands over a picture on a sheet: its number within the version, the thread's with the version's."""
    if alone:
        return _place(version, index)
    return f"v{version.number}" if len(version.images) == 1 else f"v{version.number} · {_place(version, index)}"
