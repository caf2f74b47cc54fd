"""What people read about what is kept of them, and about what is not kept any more."""

from __future__ import annotations

import datetime as dt

from bot.cards import Button, Card, Link, Tone
from bot.models import JobStatus, Policy, Version
from bot.ports import Belongings, Outdated, Purged, Why

FORGET = "forget"  # the button's action
WORDS_GONE = "The words of this picture are not kept any more. Say in your own words what you want instead."
EXPORT_OR_DELETE = "Say /imagine-privacy alone, with export, or with delete mine."
NOT_WHILE_DRAWING = "A picture of yours is on its way. Wait for it or cancel it, then ask again."
NOTHING_KEPT = "Nothing of yours is kept here."
_YES = frozenset({"yes", "delete", "delete mine"})


def means_yes(text: str) -> bool:
    """Whether somebody confirmed in the form."""
    return " ".join(text.casefold().split()).strip(".!") in _YES


def purged(version: Version) -> str:
    """Why nobody can do anything with a version whose picture was let go of."""
    return (
        f"The picture of v{version.number} is not kept any more. Reply to a picture that is still here, or type "
        "/imagine for a new one."
    )


def kept(found: Belongings, policy: Policy) -> Card:
    """What is kept about somebody here, for how long, who gets it, and how it goes."""
    attachments = sum(len(one.references) + bool(one.mask) + bool(one.markup) for one in found.versions)
    counts = _listed(
        (sum(len(one.images) for one in found.versions if one.is_open), "picture"),
        (sum(bool(one.prompt) for one in found.versions), "prompt"),
        (attachments, "attachment"),
        (len(found.jobs), "request"),
        (len(found.ledger), "line in the ledger", "lines in the ledger"),
        (len(found.stars), "star"),
        (len(found.named), "named reference"),
    )
    times = [*(one.created for one in found.versions), *(one.created for one in found.jobs)]
    times += [one.at for one in found.ledger]
    since = f", since {dt.datetime.fromtimestamp(min(times) / 1000, dt.UTC):%d %b %Y}" if times else ""
    return Card(
        title=f"Kept about you here: {counts}{since}." if counts else NOTHING_KEPT,
        body="\n".join(
            (
                _how_long(policy),
                "The image service gets your words and pictures, without what a camera writes into them, and a code "
                "in place of your name. This chat keeps its own copies of what is posted in it.",
                "Admins see who made what and what it cost.",
                "To have it all: /imagine-privacy export. To delete it: /imagine-privacy delete mine.",
            )
        ),
        buttons=(_delete_button(),) if counts else (),
    )


def sure(found: Belongings) -> Card:
    """Before anything is deleted."""
    named = " The named references you added stay, without your name; delete them with /imagine-ref first."
    return Card(
        title="Delete your pictures, words and attachments in this workspace? They cannot be brought back.",
        body="What others made of them stays, and so do bans and limits. The ledger keeps what they cost and the audit "
        f"what was decided, with your member id and without your words.{named if found.named else ''}\n"
        "Press the button and type yes.",
        buttons=(_delete_button(),),
    )


def forgotten(done: Purged) -> Card:
    """After it."""
    counts = _listed((done.pictures, "request's pictures", "requests' pictures"), (done.attachments, "attachment"))
    size = f", {done.bytes / 1e6:.1f} MB on disk" if done.bytes else ""
    return Card(f"Deleted: your words{f', {counts}' if counts else ''}{size}.")


def gone_card(one: Outdated, policy: Policy) -> Card:
    """In place of what is not kept any more. `gone` lets a chat delete its own copies."""
    days = policy.keep_pictures_days
    age = "is kept here" if days is None else _days(days)
    sentence = {
        Why.OLD: f"This picture is older than {age} and was deleted.",
        Why.OWN: "This picture was deleted by the person who made it.",
        Why.PART: "One of the pictures here was deleted. Ask for this again to see the others.",
    }[one.why]
    return Card(sentence, Tone.REFUSAL, gone=one.assets)


def mine_page(url: str) -> Card:
    """Where somebody gets all that is theirs."""
    return Card(
        title="All that is kept about you here.",
        body="The zip has your pictures, words, attachments, requests, stars, lines in the ledger and what was noted "
        "of you. The link is good for an hour; whoever has it gets the zip, so keep it to yourself.",
        links=(Link("Download the zip", url),),
    )


def purge_line(workspace: str, done: Purged, *, dry: bool) -> str:
    """One line of `retouch purge`."""
    counts = _listed((done.pictures, "request's pictures", "requests' pictures"), (done.prompts, "prompt"),
                     (done.attachments, "attachment"))  # fmt: skip
    size = f"; {_listed((done.files, 'file')) or 'no files'}, {done.bytes / 1e6:.1f} MB" if dry else ""
    return f"{workspace}: {counts} {'would go' if dry else 'went'}{size}."


def swept_line(freed: Purged, *, dry: bool) -> str:
    """The last line of `retouch purge`: files of no workspace."""
    size = f"{freed.bytes / 1e6:.1f} MB"
    if dry:
        return f"{_listed((freed.files, 'file'))} that no request uses would go; {size}."
    return f"{_listed((freed.files, 'file'))} deleted, {size} freed."


def is_open_job(status: JobStatus) -> bool:
    """Whether a request is still on its way."""
    return status in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DELIVERING)


def _delete_button() -> Button:
    return Button(
        "Delete mine", FORGET, "mine", style="danger", form=True, description="Type yes to delete what is yours here"
    )


def _how_long(policy: Policy) -> str:
    times = (policy.keep_pictures_days, policy.keep_prompts_days, policy.keep_attachments_days)
    if len(set(times)) == 1:
        return f"For how long: {_days(times[0])}."
    pictures, prompts, attachments = map(_days, times)
    return f"For how long: pictures {pictures}, words {prompts}, attachments {attachments}."


def _days(days: int | None) -> str:
    return "until they are deleted" if days is None else f"{days} day{'' if days == 1 else 's'}"


def _listed(*counts: tuple[int, str] | tuple[int, str, str]) -> str:
    words = [f"{one[0]:,} {one[1] if one[0] == 1 else (one[2] if len(one) > 2 else one[1] + 's')}"
             for one in counts if one[0]]  # fmt: skip
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""
