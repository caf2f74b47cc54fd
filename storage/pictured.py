"""Which versions have which pictures, and as what: so that a picture that must go is found wherever it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from bot.models import Version

Connection = sqlite3.Connection

IMAGE, ORIGINAL, REFERENCE = "image", "original", "reference"


def note(db: Connection, version: Version) -> None:
    """Remember the pictures of a version."""
    references = [one.asset for one in version.references]
    _put(db, version.id, version.images, version.originals, references)


def fill(db: Connection) -> None:
    """Do it for every version of a database of an earlier time; `doc` is the noun as JSON."""
    for version_id, text in db.execute("SELECT id, doc FROM version").fetchall():
        doc = json.loads(text)
        references = [one["asset"] for one in doc.get("references", ())]
        _put(db, version_id, doc["images"], doc.get("originals", ()), references)


def _put(
    db: Connection, version: str, images: Sequence[str], originals: Sequence[str], references: Sequence[str]
) -> None:
    rows: Iterator[tuple[str, str, str]] = (
        (asset, version, role)
        for role, assets in ((IMAGE, images), (ORIGINAL, originals), (REFERENCE, references))
        for asset in assets
    )
    db.executemany("INSERT INTO pictured (asset, version, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)
