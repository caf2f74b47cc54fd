"""Cards and sentences about pictures that only their asker sees until they share them."""

from __future__ import annotations

from dataclasses import replace

from bot.cards import Button, Card, Link, Tone
from bot.models import Review, Ruling, Version
from bot.replies.review import one_line

ONLY_ITS_ASKER = "Only who asked for this picture may do that. Type /imagine for one of your own."
REPLY_THERE = "Nothing can be changed here. Share this picture first, then reply to it where you asked for it."
REVIEWED_MEANWHILE = "Pictures of this channel must be approved by now, so this one cannot be shared. Ask for it again."


def seen_by_its_asker(version: Version, *, reached: bool) -> Card:
    """In the channel, in place of a picture that only its asker sees. `reached`: they have it in a direct message."""
    name = one_line(version.author.name)
    what = "a picture" if len(version.images) == 1 else f"{len(version.images)} pictures"
    closed = f"{name}: I cannot send you direct messages. Press Show me, and allow direct messages for the next time."
    show = Button("Show me", "show_me", version.id, description=f"Show v{version.number} to who asked for it")
    return Card(f"{name} made {what} that only they see.", body="" if reached else closed, buttons=(show,), asker=name)


def own(card: Card, version: Version, url: str) -> Card:
    """The finished card of a picture as only its asker sees it, to share it or not. `url`: where it was asked for."""
    buttons = (
        Button("Share", "share", version.id, "primary", description=f"Show v{version.number} where it was asked for"),
        Button("Discard", "discard", version.id, "danger", description=f"Delete v{version.number} unseen"),
    )
    return replace(
        card,
        title=f"Only you see v{version.number}. Share it where you asked for it?",
        body="\n".join(filter(None, [card.body, "Discarding deletes it, and it still counts as made."])),
        buttons=buttons,
        links=_open(url),
    )


def shown_again(card: Card, url: str) -> Card:
    """Their card in a whisper, with where it was sent before: a whisper cannot show pictures everywhere."""
    link = Link("Open my message", url, "Open the direct message with this picture")
    return replace(card, links=(link,) if url else ())


def ruled(review: Review, version: Version, url: str) -> Card:
    """What their card says once it is decided; the picture is where it belongs, or nowhere."""
    if review.ruling is Ruling.APPROVED:
        return Card(f"Shared: v{version.number} is where you asked for it.", Tone.DONE, links=_open(url))
    if review.ruling is Ruling.REJECTED:
        return Card(f"Discarded: v{version.number} is deleted.", gone=version.images)
    if review.by:
        why = one_line(review.reason).rstrip(".") or "no reason was given"
        return Card(f"A moderator removed v{version.number}: {why}.", Tone.REFUSAL, gone=version.images)
    return Card(f"v{version.number} is not kept any more. Ask for it again if you need it.", gone=version.images)


def already(review: Review | None) -> str:
    """They pressed twice, or it is gone."""
    done = {Ruling.APPROVED: "You shared this picture already.", Ruling.REJECTED: "You discarded this picture already."}
    gone = "This picture is not there any more. Ask for it again."
    return done.get(review.ruling, gone) if review else gone


def _open(url: str) -> tuple[Link, ...]:
    return (Link("Open in the chat", url, "Open the message where it was asked for"),) if url else ()
