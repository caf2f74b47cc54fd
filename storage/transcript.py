"""What was said in the web chat: implements `ports.Transcript`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bot.ports import Said
from storage.engine import Engine
from storage.rows import from_json, to_json


class SqliteTranscript:
    """Messages in the order they were said; a replaced one keeps its place."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def say(self, said: Said) -> Said:
        """Append a message, or replace the one with its id."""
        return await self._engine.write(_say, said)

    async def said(self, message_id: str) -> Said | None:
        """One message."""
        return await self._engine.read(_said, message_id)

    async def channel(self, channel: str, *, before: int | None = None, limit: int = 50) -> Sequence[Said]:
        """The newest messages outside threads, said before `before` (ms), oldest first."""
        return await self._engine.read(_channel, channel, before, limit)

    async def channels(self) -> Sequence[str]:
        """The channels in which anything was said, at most 100 of them, by name."""
        return await self._engine.read(_channels)

    async def replies(self, channel: str, thread: str) -> Sequence[Said]:
        """A thread's replies, oldest first."""
        return await self._engine.read(_replies, channel, thread)


def _say(db: sqlite3.Connection, said: Said) -> Said:
    db.execute(
        "INSERT INTO said (id, channel, thread, at, doc) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
        (said.id, said.channel, said.thread, said.at, to_json(said)),
    )
    return said


def _said(db: sqlite3.Connection, message_id: str) -> Said | None:
    row = db.execute("SELECT doc FROM said WHERE id = ?", (message_id,)).fetchone()
    return from_json(Said, row["doc"]) if row else None


def _channel(db: sqlite3.Connection, channel: str, before: int | None, limit: int) -> list[Said]:
    rows = db.execute(
        "SELECT doc FROM said WHERE channel = ? AND thread IS NULL AND at < ? ORDER BY at DESC, position DESC LIMIT ?",
        (channel, before if before is not None else 2**62, limit),
    ).fetchall()
    return [from_json(Said, row["doc"]) for row in reversed(rows)]


def _channels(db: sqlite3.Connection) -> list[str]:
    """From name to name along the index: the messages between are not read."""
    rows = db.execute(
        "WITH RECURSIVE one (name) AS (SELECT min(channel) FROM said UNION ALL"
        " SELECT (SELECT min(channel) FROM said WHERE channel > one.name) FROM one WHERE one.name IS NOT NULL)"
        " SELECT name FROM one WHERE name IS NOT NULL LIMIT 100"
    )
    return [row["name"] for row in rows]


def _replies(db: sqlite3.Connection, channel: str, thread: str) -> list[Said]:
    rows = db.execute("SELECT doc FROM said WHERE channel = ? AND thread = ? ORDER BY at, position", (channel, thread))
    return [from_json(Said, row["doc"]) for row in rows]
