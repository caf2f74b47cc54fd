"""Cards that lead to a web page, or hand out a file."""

from __future__ import annotations

from bot.cards import Card, CardFile, Link
from bot.models import Version

NO_PAGES = "This needs a page that people can open; an admin sets RETOUCH_URL to this server's address."


def paint_page(version: Version, image: int, url: str, minutes: int) -> Card:
    """Where a mask is painted."""
    which = f"picture {image} of v{version.number}" if len(version.images) > 1 else f"v{version.number}"
    return Card(
        title=f"Paint where {which} may change. The rest stays as it is.",
        body=f"The link is yours alone and good for {minutes} minutes; the result comes into the thread.",
        links=(Link(f"Paint v{version.number}", url, f"Open the page to paint a mask on {which}"),),
    )


def gallery_page(url: str) -> Card:
    """Where pictures are found again."""
    return Card(
        title="Your pictures, this channel's, and the starred ones.",
        body="The link is yours alone and good for an hour.",
        links=(Link("Open the gallery", url),),
    )


def thread_page(url: str) -> Card:
    """Where a thread's tree is drawn."""
    return Card(
        title="This thread as a tree, with before and after.",
        body="The link is yours alone and good for an hour.",
        links=(Link("Open the tree", url),),
    )


def export_page(what: str, url: str) -> Card:
    """A zip to download."""
    return Card(
        title=f"{what} to take away.",
        body="The zip has the pictures, their alt texts, the prompts and a manifest. The link is good for an hour.",
        links=(Link("Download the zip", url),),
    )


def export_file(what: str, file: CardFile) -> Card:
    """A zip that goes with the message."""
    return Card(
        title=f"{what} to take away.",
        body="The zip has the pictures, their alt texts, the prompts and a manifest.",
        files=(file,),
    )


def starred(version: Version, *, on: bool) -> str:
    """What a star is for."""
    if on:
        return f"v{version.number} is starred; the gallery lists it."
    return f"v{version.number} has no star of yours any more."
