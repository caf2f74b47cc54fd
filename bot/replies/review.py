"""Cards and sentences about moderators: pictures that wait, that were reported, that were taken away."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Button, Card, Tone
from bot.models import Job, Review, ReviewKind, Ruling, Standing, Version
from bot.replies.privacy import purged
from bot.replies.versions import Shown, card_images

NO_REVIEWERS = "Pictures wait for review here, but no review channel is set; ask an admin. Nothing was charged."
BY_POLICY = "Pictures of this channel wait for review."
REPORTED = "Thank you. The moderators look at this picture."
REPORTED_BEFORE = "Thank you. The moderators looked at this picture before and kept it."
NOT_A_MODERATOR = "Only moderators and admins may do that; ask an admin to name you in the settings."
NOT_YOUR_OWN = "This picture is yours, so somebody else must approve it."
NOBODY_LISTENS = "Nobody takes reports here; tell an admin."
SAY_WHY = "Say in a few words why; the person who asked for it reads that."
LONGEST_REASON = 300  # characters
_LISTED = 10  # people who reported, by name
_NOT_THERE = "It cannot be used any more; go on from another version, for example: back to v1."


def watched(term: str) -> str:
    """Why moderators should look twice."""
    return f"Watched: “{term}”."


def hidden(version: Version) -> str:
    """Why nobody can do anything with a version."""
    if version.standing is Standing.WAITING:
        return f"v{version.number} waits for a moderator's approval. Try again then, or name another version."
    if version.standing is Standing.REJECTED:
        return f"v{version.number} was not approved by the moderators. {_NOT_THERE}"
    if version.standing is Standing.PURGED:
        return purged(version)
    return f"v{version.number} was removed by a moderator. {_NOT_THERE}"


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
    title = f"This picture was removed by a moderator: {_sentence(reason)}"
    return Card(title, Tone.REFUSAL, asker=asker, gone=tuple(gone))


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


def review_card(review: Review, version: Version, shown: Sequence[Shown], job: Job | None, where: str) -> Card:
    """A picture that waits, with everything it takes to decide. `where` is the message's address in the chat."""
    buttons = (
        Button("Approve", "approve", version.id, "primary", description=f"Let people see v{version.number}"),
        Button(
            "Reject", "reject", version.id, "danger", form=True, description=f"Take v{version.number} away; say why"
        ),
    )
    return Card(
        title=f"A picture by {one_line(version.author.name)} waits for review.",
        prompt=_all_words(version),
        body="\n".join(filter(None, [*review.why, _where(review, where), _notes(job)])),
        images=card_images(version, shown),
        buttons=buttons,
        asker=version.author.name,
    )


def report_card(review: Review, version: Version, shown: Sequence[Shown], where: str) -> Card:
    """A picture that people reported, with who they are."""
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
        body="\n".join(filter(None, [*told, *review.why, _where(review, where)])),
        images=card_images(version, shown),
        buttons=buttons,
    )


def ruled_card(review: Review, version: Version) -> Card:
    """What the moderators' card says once it is decided; the picture is where it belongs, or nowhere."""
    which = f"v{version.number} by {one_line(version.author.name)}"
    reason = f" {_sentence(review.reason)}" if review.reason else ""
    return Card(title=f"{which}: {_RULED[review.ruling]} by {one_line(review.by_name)}.", body=reason.strip())


def already_ruled(review: Review | None) -> str:
    """Somebody was quicker."""
    if review is None or review.ruling is Ruling.OPEN:
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
    return "\n".join([version.prompt, *version.panels])


def _where(review: Review, url: str) -> str:
    channel = f"In channel {review.place.channel}."
    return f"{channel} {url}" if review.kind is ReviewKind.REPORT and url else channel


def _notes(job: Job | None) -> str:
    return " ".join(job.notes) if job else ""


def nobody_reviews(channel: str) -> str:
    """For admins: a picture is made, and cannot be brought before anybody."""
    return f"Pictures wait for review, but the review channel {channel} cannot be posted to. Let the bot in there."
