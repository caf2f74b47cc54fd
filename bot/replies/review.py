"""Cards and sentences about moderators: pictures that wait, that were reported, that were taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards import Button, Card, CardImage, Channel, Link, Tone
from bot.models import Job, Kind, Review, ReviewKind, Ruling, Standing, Version
from bot.replies.privacy import purged
from bot.replies.versions import Shown, card_images

NO_REVIEWERS = "Pictures wait for review here, but no review channel is set; ask an admin. Nothing was charged."
BY_POLICY = "Pictures of this channel wait for review."
REPORTED = "Thank you. The moderators look at this picture."
REPORTED_BEFORE = "Thank you. The moderators looked at this picture before and kept it."
REPORTED_IN_VAIN = "Thank you. The moderators cannot be reached just now; they are told as soon as they can be."
ENOUGH_REPORTS = "You reported many pictures in the last hour. Tell a moderator yourself, or report this one later."
NOT_REACHED = "The moderators cannot be reached just now; they are told as soon as they can be. You need do nothing."
NOT_A_MODERATOR = "Only moderators and admins may do that; ask an admin to name you in the settings."
NOT_YOUR_OWN = "This picture is yours, so somebody else must approve it."
NOBODY_LISTENS = "Nobody takes reports here; tell an admin."
SAY_WHY = "Say in a few words why; the person who asked for it reads that."
LONGEST_REASON = 300  # characters
_LISTED = 10  # people who reported, by name
LONG_PROMPT = 1500  # characters: chats show the beginning of longer ones
_MOST_SHOWN = 10  # pictures on one card: Discord takes no more
_NOT_THERE = "It cannot be used any more; reply to another picture, or ask for a new one."


def watched(term: str) -> str:
    """Why moderators should look twice."""
    return f"Watched: “{term}”."


def hidden(version: Version) -> str:
    """Why nobody can do anything with a version."""
    if version.standing is Standing.WAITING and version.private:
        return _not_shared(version)
    if version.standing is Standing.WAITING and version.kind is Kind.UPLOAD:
        return f"v{version.number} waits for a moderator's approval, with what is made from it. Send it once more."
    if version.standing is Standing.WAITING:
        return f"v{version.number} waits for a moderator's approval. Try again then, or name another version."
    if version.standing is Standing.REJECTED:
        return f"v{version.number} was not approved by the moderators. {_NOT_THERE}"
    if version.standing is Standing.DISCARDED:
        return f"v{version.number} was discarded by who asked for it. {_NOT_THERE}"
    if version.standing is Standing.PURGED:
        return purged(version)
    return f"v{version.number} was removed by a moderator. {_NOT_THERE}"


def _not_shared(version: Version) -> str:
    name = one_line(version.author.name)
    if version.kind is Kind.UPLOAD:
        return f"Only {name} sees v{version.number} until they share what is made from it. Send it once more."
    return f"Only {name} sees v{version.number} until they share it. Share it first, or ask for another."


# ── Where it was asked for ───────────────────────────────────────────────────────────────────────────────────────


def waiting_for_review(version: Version, why: Sequence[str]) -> Card:
    """In place of a picture that nobody may see yet."""
    return Card(
        title=f"v{version.number} is made and waits for review. It appears here once a moderator approves it.",
        prompt=version.prompt,
        body=" ".join(why),
        asker=version.author.name,
    )


def tombstone(standing: Standing, reason: str, asker: str = "", gone: Sequence[str] = ()) -> Card:
    """In place of a picture that was taken away. Its words may be as bad: they are not repeated. `gone`: its assets."""
    if standing is Standing.REJECTED:
        title = f"A moderator did not approve this picture: {_sentence(reason)}"
        body = "It does not count against your images; what it cost stays with the team."
        return Card(title, Tone.REFUSAL, body=body, asker=asker, gone=tuple(gone))
    if standing is Standing.DISCARDED:
        return Card(f"{one_line(asker) or 'Its asker'} discarded this picture; nobody else saw it.", gone=tuple(gone))
    title = f"This picture was removed by a moderator: {_sentence(reason)}"
    return Card(title, Tone.REFUSAL, asker=asker, gone=tuple(gone))


def gone_meanwhile(gone: Sequence[str]) -> Card:
    """In place of what was put together from pictures of which one went away meanwhile. `gone`: its assets."""
    title = "A picture that was shown here was taken away meanwhile. Ask for this again without it."
    return Card(title, Tone.REFUSAL, gone=tuple(gone))


def reviewed(version: Version) -> Card:
    """For who asked, as a card that changes far up is easily missed."""
    if version.is_open:
        return Card(f"v{version.number} was approved; it is in this thread.", asker=version.author.name)
    title = f"v{version.number} was not approved: {_sentence(version.hidden_why)}"
    return Card(title, Tone.REFUSAL, asker=version.author.name)


def one_line(text: str) -> str:
    """Somebody's words or name within a sentence of ours: cut, and without the marks that would turn ours round."""
    return " ".join(text.translate(_TURNING).split())[:LONGEST_REASON]


_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def _sentence(reason: str) -> str:
    """A reason as the end of a sentence."""
    words = one_line(reason) or "no reason was given"
    return words if words.endswith((".", "!", "?")) else f"{words}."


# ── For moderators ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Origin:
    """How a picture came to be: its request, what it was made from, the pictures sent along, its message's address."""

    job: Job | None = None
    parent: Version | None = None
    sent: Sequence[Shown] = ()
    url: str = ""


def review_card(review: Review, version: Version, shown: Sequence[Shown], origin: Origin) -> Card:
    """A picture that waits, with everything it takes to decide: also the pictures that were sent along."""
    buttons = (
        Button("Approve", "approve", version.id, "primary", description=f"Let people see v{version.number}"),
        Button(
            "Reject", "reject", version.id, "danger", form=True, description=f"Take v{version.number} away; say why"
        ),
    )
    return Card(
        title=f"A picture by {one_line(version.author.name)} waits for review.",
        prompt=_all_words(version),
        body="\n".join(filter(None, [*review.why, _made_from(version, origin.parent), _long(version),
                                     _where(review), _notes(origin.job)])),
        images=(*card_images(version, shown), *_sent_along(origin.sent[: max(0, _MOST_SHOWN - len(shown))])),
        buttons=buttons,
        asker=version.author.name,
        links=_open(origin.url),
        live=_channel(review),
    )  # fmt: skip


def _made_from(version: Version, parent: Version | None) -> str:
    """What the picture was made from, in words: people's own files by their names."""
    sent = [one_line(one.name) or "a picture" for one in version.references]
    parts = [f"Made from v{parent.number}{', an uploaded picture' if parent.kind is Kind.UPLOAD else ''}." if parent
             else "", f"Sent along: {', '.join(sent)}." if sent else "",
             "Something was drawn over it by hand." if version.markup else ""]  # fmt: skip
    return " ".join(filter(None, parts))


def _sent_along(sent: Sequence[Shown]) -> list[CardImage]:
    return [
        CardImage(one.path, one.asset.media_type, one.asset.width, one.asset.height, f"Sent along: picture {index}",
                  f"sent-along-{index}.{one.path.suffix.lstrip('.') or 'png'}", one.asset.id)
        for index, one in enumerate(sent, start=1)
    ]  # fmt: skip


def _long(version: Version) -> str:
    length = len(_all_words(version))
    if length <= LONG_PROMPT:
        return ""
    return f"The words have {length:,} characters, and a chat may show only the first of them. If in doubt, reject it."


def _open(url: str) -> tuple[Link, ...]:
    return (Link("Open in the chat", url, "Open the message where it was asked for"),) if url else ()


def report_card(review: Review, version: Version, shown: Sequence[Shown], url: str) -> Card:
    """A picture that people reported, with who they are. `url` is a message that shows it."""
    words = "with its words" if version.prompt else ""
    buttons = (
        Button("Remove", "remove", version.id, "danger", form=True, description=f"Remove v{version.number} everywhere"),
        *((Button("Remove with its words", "remove_words", version.id, "danger", form=True,
                  description=f"Remove v{version.number} everywhere {words}"),) if words else ()),
        Button("Dismiss", "dismiss", version.id, description=f"Keep v{version.number}"),
    )  # fmt: skip
    names = ", ".join(one_line(one.name) for one in review.reporters[:_LISTED])
    more = len(review.reporters) - _LISTED
    names += f" and {more} more" if more > 0 else ""
    told = [f"{one_line(one.name)}: {one.words}" for one in review.reporters[:_LISTED] if one.words]
    return Card(
        title=f"A picture by {one_line(version.author.name)} was reported by {names}.",
        prompt=_all_words(version),
        body="\n".join(filter(None, [*told, *review.why, _where(review)])),
        images=card_images(version, shown),
        buttons=buttons,
        links=_open(url),
        live=_channel(review),
    )


def ruled_card(review: Review, version: Version, *, made: Sequence[int] = (), gone: Sequence[str] = ()) -> Card:
    """What the moderators' card says once it is decided; the picture is where it belongs, or nowhere.

    `made` are the numbers of the versions made from a removed one: they stay. `gone`: its assets.
    """
    which = f"v{version.number} by {one_line(version.author.name)}"
    if not review.by:
        return Card(f"{which} is not kept any more; there is nothing to decide.", gone=version.images)
    stay = f"Made from it, and still there: {', '.join(f'v{one}' for one in made)}. Report them to remove them, too."
    body = " ".join(filter(None, [_sentence(review.reason) if review.reason else "", stay if made else ""]))
    return Card(f"{which}: {_RULED[review.ruling]} by {one_line(review.by_name)}.", body=body, gone=tuple(gone))


def already_ruled(review: Review | None) -> str:
    """Somebody was quicker."""
    if review is None or review.ruling is Ruling.OPEN or not review.by:
        return "There is nothing to decide about this picture any more."
    return f"{one_line(review.by_name)} decided already: {_RULED[review.ruling]}."


_RULED = {
    Ruling.OPEN: "open",
    Ruling.APPROVED: "approved",
    Ruling.REJECTED: "not approved",
    Ruling.REMOVED: "removed",
    Ruling.DISMISSED: "kept",
}


def _all_words(version: Version) -> str:
    without = [f"Without: {', '.join(version.avoid)}"] if version.avoid else []
    return "\n".join([version.prompt, *version.panels, *without])


def _where(review: Review) -> str:
    return f"In channel {review.place.channel}."


def _channel(review: Review) -> tuple[Channel, ...]:
    return (Channel(review.place.channel, review.place.channel),)


def _notes(job: Job | None) -> str:
    return " ".join(job.notes) if job else ""


def nobody_listens(kind: ReviewKind, channel: str) -> str:
    """For admins: a picture cannot be brought before anybody."""
    what, name = ("Pictures wait", "review") if kind is ReviewKind.REVIEW else ("A picture was reported", "report")
    if not channel:
        return f"{what}, but there is no {name} channel any more. Set one."
    return f"{what}, but the {name} channel {one_line(channel)} cannot be posted to. Let the bot in, or set another."
