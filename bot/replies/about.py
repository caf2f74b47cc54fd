"""Cards that tell more about versions: what was sent, how they differ, everything that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bot.cards import Card, CardImage
from bot.models import Kind, Options, Version
from bot.pricing import format_cost
from bot.replies.privacy import WORDS_GONE
from bot.replies.sentences import notice, share
from bot.replies.versions import Shown, by_ai, card_images


def prompt_card(version: Version) -> Card:
    """Everything that was sent to the image service for a version, as it was sent."""
    if "prompts" in version.purged:
        return notice(WORDS_GONE)
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


def compared(
    before: Version,
    after: Version,
    made: Sequence[Shown],
    *,
    originals: tuple[Shown, Shown],
    changed: float,
    where: Sequence[str],
) -> Card:
    """Two versions side by side, a map of where they differ, and an animation that flips between them.

    `originals` are the two pictures themselves.
    """
    pair, by = f"v{before.number}-v{after.number}", by_ai((before, after))
    kinds = (
        (f"compare-{pair}.png", f"v{before.number} and v{after.number} side by side{by}"),
        (f"changes-{pair}.png", f"Where v{after.number} differs from v{before.number}, red the most{by}"),
        (f"flip-{pair}.gif", f"Flips between v{before.number} and v{after.number}{by}"),
    )
    return Card(
        title=f"v{before.number} → v{after.number} · {share(changed)} of the picture changed",
        body=f"Most of it: {', '.join(dict.fromkeys(where))}." if where else "",
        footer=after.prompt if after.parent == before.id else "",
        images=tuple(
            CardImage(one.path, one.asset.media_type, one.asset.width, one.asset.height, alt, name, one.asset.id, index)
            for index, (one, (name, alt)) in enumerate(zip(made, kinds, strict=True), start=1)
        ),
        pair=(card_images(before, originals[:1])[0], card_images(after, originals[1:])[0]),
    )


def info(version: Version, parent: Version | None) -> Card:
    """Everything about a version, with the words that make it again."""
    made = dt.datetime.fromtimestamp(version.created / 1000, dt.UTC).strftime("%d %b %Y, %H:%M UTC")
    facts = [
        f"{_KINDS[version.kind]}{f' of v{parent.number}' if parent else ''} by {version.author.name}, {made}",
        f"{len(version.images)} picture{'s' if len(version.images) > 1 else ''}",
        f"where: {version.region}" if version.region else "",
        f"changed: {', '.join(version.changed)}" if version.changed else "",
        _locked_fact(version),
        f"references: {', '.join(one.name or 'a picture' for one in version.references)}" if version.references else "",
        _cost_fact(version),
        f"drawn by {version.gateway or version.provider}" if version.provider else "",
    ]
    again = "\nAgain: " + _words_again(version, parent) if _has_words_again(version) else ""
    return Card(
        title=f"v{version.number}",
        body="\n".join(filter(None, facts)) + again,
        footer=" · ".join(f"{name} {value}" for name, value in _sent_options(version.options) if value),
    )


_KINDS = {Kind.GENERATE: "Made", Kind.EDIT: "An edit", Kind.VARIATION: "A variation", Kind.UPLOAD: "Uploaded",
          Kind.PICK: "A pick", Kind.EXTEND: "A larger canvas", Kind.FINAL: "The final",
          Kind.SERIES: "A series"}  # fmt: skip


def _locked_fact(version: Version) -> str:
    if version.drift is None:
        return ""
    rest = "outside the mask locked" if version.mask else "the rest put back"
    return f"{rest}, drift {share(version.drift)}"


def _cost_fact(version: Version) -> str:
    if not version.cost:
        return ""
    return f"cost {'about ' if version.cost_is_estimate else ''}{format_cost(version.cost)}"


def _has_words_again(version: Version) -> bool:
    """Whether words alone ask for the same: pictures that went along, and one of several, cannot be typed."""
    if version.purged:
        return False
    pictured = version.references or version.markup or (version.mask and not version.region) or version.parent_image > 1
    return version.kind in (Kind.GENERATE, Kind.EDIT) and not pictured


def _words_again(version: Version, parent: Version | None) -> str:
    """What can be typed to ask for the same: a command, or in the thread a reply."""
    options = version.options
    flags = {"model": options.model, "size": options.size, "quality": options.quality,
             "background": "" if options.background == "auto" else options.background,
             "format": "" if options.output_format == "png" else options.output_format,
             "compression": "" if options.output_compression is None else str(options.output_compression),
             "fidelity": options.input_fidelity, "complexity": options.complexity,
             "n": "" if options.n == 1 else str(options.n), "think": options.think,
             "no": ", ".join(version.avoid)}  # fmt: skip
    typed = " ".join(f"--{name} {value}" for name, value in flags.items() if value)
    typed += "".join(f" --{flag}" for flag, on in (("web", options.web), ("unlocked", not options.locked)) if on)
    if parent is None:
        return f"/imagine {version.prompt} {typed}"
    where = f"{version.region}: " if version.region else ""
    return f"v{parent.number}: {where}{version.prompt} {typed}"
