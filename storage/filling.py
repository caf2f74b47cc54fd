"""Fills the gallery when a database of an earlier time is opened.

A part of migration 3: a later change of the gallery's tables brings its own migration and leaves this alone.
"""

from __future__ import annotations

import json
import sqlite3

from storage.words import folded

_VERSIONS = """
SELECT version.id, platform, workspace, 'channel ' || channel AS channel,
    'person ' || json_extract(doc, '$.author.platform') || ':' || json_extract(doc, '$.author.id') AS person,
    json_extract(doc, '$.kind') != 'pick' AS listed, json_extract(doc, '$.prompt') AS prompt,
    coalesce(json_extract(doc, '$.panels'), '[]') AS panels
FROM version JOIN thread ON thread.id = version.thread WHERE json_array_length(doc, '$.images') > 0
ORDER BY version.rowid
"""


def fill_gallery(db: sqlite3.Connection) -> None:
    """Hang every version in the order they came; `doc` is the noun as JSON."""
    walls: dict[tuple[str, str, str], int] = {}
    for row in db.execute(_VERSIONS):
        (version, platform, workspace, channel, person, listed, prompt, panels) = row
        ids = []
        for name in (channel, person):
            key = (platform, workspace, name)
            if key not in walls:
                made = db.execute("INSERT INTO wall (platform, workspace, name) VALUES (?, ?, ?) RETURNING id", key)
                walls[key] = made.fetchone()[0]
            ids.append(walls[key])
        words = folded(" ".join((prompt, *json.loads(panels))))
        position = db.execute(
            "INSERT INTO gallery (version, channel, person, listed, words) VALUES (?, ?, ?, ?, ?)",
            (version, *ids, listed, words),
        ).lastrowid
        if listed:
            db.execute(
                "INSERT INTO gallery_words (rowid, words, walls) VALUES (?, ?, ?)",
                (position, words, f"§{ids[0]} §{ids[1]}"),
            )
