"""The gallery's SQL: which versions hang on whose wall, found by words, newest first.

Every version with a picture has a row in `gallery`; its `position` is the order of time. Two walls hold it: its
channel's and its author's. `gallery_words` is a full-text index of the same positions, which knows the walls as words,
too: it intersects them with a search and walks backwards from the newest, so that nothing is ever sorted. A picked
picture hangs nowhere, as the version it was picked from shows it already; only a star lists it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bot.errors import NotFound
from bot.models import Address, Found, Kind, Place, User, Version
from bot.ports import Viewer, Wall
from storage.rows import person_key, version_of
from storage.words import folded, sought

Connection = sqlite3.Connection

MOST = 200  # versions in one answer, each about a kilobyte


# ── Hanging ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hang(db: Connection, new: Version, place: Place) -> None:
    """Put a version on the walls of its channel and its author; one without pictures on none."""
    if not new.images:
        return
    channel = _made_wall(db, place, _channel(place.channel))
    person = _made_wall(db, place, _person(new.author))
    listed, words = new.kind is not Kind.PICK, folded(" ".join((new.prompt, *new.panels)))
    position = db.execute(
        "INSERT INTO gallery (version, channel, person, listed, words) VALUES (?, ?, ?, ?, ?)",
        (new.id, channel, person, int(listed), words),
    ).lastrowid
    if listed:
        db.execute(
            "INSERT INTO gallery_words (rowid, words, walls) VALUES (?, ?, ?)",
            (position, words, f"{_word(channel)} {_word(person)}"),
        )


def _channel(channel: str) -> str:
    return f"channel {channel}"


def _person(user: User) -> str:
    return f"person {person_key(user)}"


def _word(wall: int) -> str:
    """A wall as a word of the index; no prompt has one with this sign."""
    return f"§{wall}"


def _made_wall(db: Connection, place: Place, name: str) -> int:
    known = _wall(db, place.platform, place.workspace, name)
    if known is not None:
        return known
    (made,) = db.execute(
        "INSERT INTO wall (platform, workspace, name) VALUES (?, ?, ?) RETURNING id",
        (place.platform, place.workspace, name),
    ).fetchone()
    return int(made)


def _wall(db: Connection, platform: str, workspace: str, name: str) -> int | None:
    row = db.execute(
        "SELECT id FROM wall WHERE platform = ? AND workspace = ? AND name = ?", (platform, workspace, name)
    ).fetchone()
    return row["id"] if row else None


def take_down(db: Connection, version_id: str) -> None:
    """Take a version off every wall, with its stars; doing it twice is harmless."""
    row = db.execute("SELECT * FROM gallery WHERE version = ?", (version_id,)).fetchone()
    if row is None:
        return
    if row["listed"]:  # an index without content forgets only what it is told in the same words
        db.execute(
            "INSERT INTO gallery_words (gallery_words, rowid, words, walls) VALUES ('delete', ?, ?, ?)",
            (row["position"], row["words"], f"{_word(row['channel'])} {_word(row['person'])}"),
        )
    db.execute("DELETE FROM star WHERE position = ?", (row["position"],))
    db.execute("DELETE FROM gallery WHERE position = ?", (row["position"],))


def unsay(db: Connection, version_id: str) -> None:
    """Let go of a version's words; it hangs where it hung and is found by none."""
    row = db.execute("SELECT * FROM gallery WHERE version = ?", (version_id,)).fetchone()
    if row is None or not row["words"]:
        return
    if row["listed"]:
        walls = f"{_word(row['channel'])} {_word(row['person'])}"
        db.execute(
            "INSERT INTO gallery_words (gallery_words, rowid, words, walls) VALUES ('delete', ?, ?, ?)",
            (row["position"], row["words"], walls),
        )
        db.execute("INSERT INTO gallery_words (rowid, words, walls) VALUES (?, '', ?)", (row["position"], walls))
    db.execute("UPDATE gallery SET words = '' WHERE position = ?", (row["position"],))


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


def search(db: Connection, viewer: Viewer, wall: Wall, words: str, before: str, limit: int) -> list[Found]:
    """One page of a wall. A `before` that is not known has nothing before it."""
    end = _position(db, before) if before else 2**62
    if end is None:
        return []
    limit = max(0, min(limit, MOST))
    if wall is Wall.STARRED:
        positions = _starred(db, viewer, sought(words), end, limit)
    else:
        mine = _wall(db, viewer.platform, viewer.workspace, _name(viewer, wall))
        positions = [] if mine is None else _hanging(db, wall, mine, sought(words), end, limit)
    return _found(db, viewer, positions)


def _name(viewer: Viewer, wall: Wall) -> str:
    return _person(viewer.user) if wall is Wall.MINE else _channel(viewer.channel)


def _position(db: Connection, version_id: str) -> int | None:
    row = db.execute("SELECT position FROM gallery WHERE version = ?", (version_id,)).fetchone()
    return row["position"] if row else None


def _hanging(db: Connection, kind: Wall, wall: int, needles: Sequence[str], end: int, limit: int) -> list[int]:
    if needles:
        query = "SELECT rowid FROM gallery_words WHERE gallery_words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        return [row[0] for row in db.execute(query, (_expression(wall, needles), end, limit))]
    column = "person" if kind is Wall.MINE else "channel"
    rows = db.execute(
        f"SELECT position FROM gallery WHERE {column} = ? AND listed = 1 AND position < ?"  # noqa: S608  # our own text
        " ORDER BY position DESC LIMIT ?",
        (wall, end, limit),
    )
    return [row[0] for row in rows]


def _expression(wall: int, needles: Sequence[str]) -> str:
    """Full-text syntax. A needle is letters, digits and spaces only: nothing in it can be syntax within quotes."""
    return " AND ".join((f'walls : "{_word(wall)}"', *(f'words : "{needle.strip()}" *' for needle in needles)))


def _starred(db: Connection, viewer: Viewer, needles: Sequence[str], end: int, limit: int) -> list[int]:
    """Without the full-text index: what one person starred is little enough to be read."""
    rows = db.execute(
        "SELECT position FROM star JOIN gallery USING (position) WHERE star.person = ? AND position < ?"  # noqa: S608
        f" AND (gallery.channel = ? OR gallery.person = ?) {' AND instr(words, ?)' * len(needles)}"
        " ORDER BY position DESC LIMIT ?",
        (person_key(viewer.user), end, *_walls(db, viewer), *needles, limit),
    )
    return [row[0] for row in rows]


def _walls(db: Connection, viewer: Viewer) -> tuple[int | None, int | None]:
    """The channel's wall and the person's: what is on neither, they may not see."""
    names = (_channel(viewer.channel), _person(viewer.user))
    channel, person = (_wall(db, viewer.platform, viewer.workspace, name) for name in names)
    return channel, person


def _found(db: Connection, viewer: Viewer, positions: Sequence[int]) -> list[Found]:
    rows = db.execute(
        "SELECT version.doc, thread.*, star.position IS NOT NULL AS starred FROM gallery"  # noqa: S608  # only marks
        " JOIN version ON version.id = gallery.version JOIN thread ON thread.id = version.thread"
        " LEFT JOIN star ON star.person = ? AND star.position = gallery.position"
        f" WHERE gallery.position IN ({', '.join('?' * len(positions))}) ORDER BY gallery.position DESC",
        (person_key(viewer.user), *positions),
    )
    return [
        Found(
            version_of(row),
            Place(row["platform"], row["workspace"], row["channel"], row["thread"]),
            bool(row["starred"]),
        )
        for row in rows
    ]


# ── Seeing, starring, going back to the chat ─────────────────────────────────────────────────────────────────────


def may_see(db: Connection, viewer: Viewer, version_id: str) -> bool:
    """Whether a version is on one of the viewer's walls; one without pictures is on nobody's."""
    return _seen(db, viewer, version_id) is not None


def _seen(db: Connection, viewer: Viewer, version_id: str) -> int | None:
    row = db.execute(
        "SELECT position FROM gallery WHERE version = ? AND (channel = ? OR person = ?)",
        (version_id, *_walls(db, viewer)),
    ).fetchone()
    return row["position"] if row else None


def star(db: Connection, viewer: Viewer, version_id: str, on: bool) -> None:
    """Star or unstar. Raises `NotFound`."""
    position = _seen(db, viewer, version_id)
    if position is None:
        raise NotFound("That picture is not here; reload the page.")
    if on:
        statement = "INSERT INTO star (person, position) VALUES (?, ?) ON CONFLICT DO NOTHING"
    else:
        statement = "DELETE FROM star WHERE person = ? AND position = ?"
    db.execute(statement, (person_key(viewer.user), position))


def stars(db: Connection, viewer: Viewer, thread_id: str) -> frozenset[str]:
    """A thread's versions that the viewer starred and may see."""
    rows = db.execute(
        "SELECT version.id FROM version JOIN gallery ON gallery.version = version.id"
        " JOIN star ON star.person = ? AND star.position = gallery.position"
        " WHERE version.thread = ? AND (gallery.channel = ? OR gallery.person = ?)",
        (person_key(viewer.user), thread_id, *_walls(db, viewer)),
    )
    return frozenset(row["id"] for row in rows)


def where_shown(db: Connection, version_id: str) -> Address | None:
    """The newest message; of those from before messages were counted, the one with the greatest id."""
    row = db.execute(
        "SELECT shown.platform, shown.workspace, shown.channel, thread.thread, shown.message FROM shown"
        " JOIN version ON version.id = shown.version JOIN thread ON thread.id = version.thread"
        " WHERE shown.version = ? ORDER BY turn DESC, length(message) DESC, message DESC LIMIT 1",
        (version_id,),
    ).fetchone()
    return Address(Place(*row[:4]), row["message"]) if row else None
