"""What people read about what is kept of them, and about what is not kept any more."""

from __future__ import annotations

import datetime as dt

from bot.cards import Button, Card, Link, Tone
from bot.models import JobStatus, Policy, Version
from bot.ports import Belongings, Purged

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
    return f"The picture of v{version.number} is not kept any more. Go on from another version, for example: sheet."


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
                f"For how long: pictures {_days(policy.keep_pictures_days)}, words {_days(policy.keep_prompts_days)}, "
                f"attachments {_days(policy.keep_attachments_days)}.",
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
        body="What others made of them stays. The ledger keeps what they cost and the audit what was decided, with "
        f"your member id and without your words.{named if found.named else ''}\n"
        "Say /imagine-privacy delete mine yes, or press the button and type yes.",
        buttons=(_delete_button(),),
    )


def forgotten(done: Purged) -> Card:
    """After it."""
    counts = _listed((done.pictures, "request's pictures", "requests' pictures"), (done.attachments, "attachment"))
    size = f", {done.bytes / 1e6:.1f} MB on disk" if done.bytes else ""
    return Card(f"Deleted: your words{f', {counts}' if counts else ''}{size}.")


def deleted_card() -> Card:
    """In place of a picture whose maker deleted it."""
    return Card("This picture was deleted by the person who made it.", Tone.REFUSAL)


def mine_page(url: str) -> Card:
    """Where somebody gets all that is theirs."""
    return Card(
        title="All that is kept about you here.",
        body="The zip has your pictures, words, attachments, requests, stars and lines in the ledger. "
        "The link is yours alone and good for an hour.",
        links=(Link("Download the zip", url),),
    )


def purge_line(workspace: str, done: Purged, *, dry: bool) -> str:
    """One line of `retouch purge`."""
    counts = f"{done.pictures} requests' pictures, {done.prompts} prompts, {done.attachments} attachments"
    size = f"; {done.files} files, {done.bytes / 1e6:.1f} MB" if dry else ""
    return f"{workspace}: {counts} {'would go' if dry else 'went'}{size}."


def is_open_job(status: JobStatus) -> bool:
    """Whether a request is still on its way."""
    return status in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DELIVERING)


def _delete_button() -> Button:
    return Button(
        "Delete mine", FORGET, "mine", style="danger", form=True, description="Type yes to delete what is yours here"
    )


def _days(days: int | None) -> str:
    return "until they are deleted" if days is None else f"{days} day{'' if days == 1 else 's'}"


def _listed(*counts: tuple[int, str] | tuple[int, str, str]) -> str:
    words = [f"{one[0]:,} {one[1] if one[0] == 1 else (one[2] if len(one) > 2 else one[1] + 's')}"
             for one in counts if one[0]]  # fmt: skip
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""
