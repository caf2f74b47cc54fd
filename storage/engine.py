"""Runs functions on SQLite from asyncio: one writer thread, a few reader threads, each with its own connection.

Several processes may have the same file open. Writes are `BEGIN IMMEDIATE` transactions: the lock is taken before
anything is read, so what was read is still true when it is written (a deferred transaction would fail at once when
another connection wrote in between).
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from storage.schema import migrations

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

BUSY_SECONDS = 30
READERS = 3
CHECKPOINT_PAGES = 4000  # 16 MB of log before a commit pays for a checkpoint: 1 in 200 reservations; at 1000, 1 in 50
FIXED_IN = (3, 51, 3)  # before it, two connections that checkpoint at the same moment could damage the file


class Engine:
    """One database file. Functions get an open `sqlite3.Connection` and never leave their thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    def start(self) -> None:
        """Bring the schema up to date and warn about a risky SQLite. Blocks; raises `OSError` on an unusable file."""
        if sqlite3.sqlite_version_info < FIXED_IN:
            log.warning("SQLite %s has the rare WAL-reset bug (fixed in 3.51.3); keep backups", sqlite3.sqlite_version)
        try:
            with _locked(self.path.with_suffix(".lock")), Database(_connect(self.path)) as db:
                db.enable_wal()
                migrations.apply(db)
        except sqlite3.Error as error:
            raise OSError(0, str(error)) from error

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in one durable transaction: all of it happens or none.

        A caller that is cancelled while waiting does not stop it; what was submitted is committed.
        """

        def transaction() -> T:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection, *args, **kwargs)
                connection.commit()  # may fail as well: a full disk
            except BaseException:
                connection.rollback()
                raise
            return result

        return await asyncio.get_running_loop().run_in_executor(self._writer, transaction)

    async def read(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a connection of the readers; it must not write."""

        def snapshot() -> T:
            return work(self._connection(), *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, snapshot)

    async def close(self) -> None:
        """Finish what was submitted, then close every connection."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()
        while self._connections:
            self._connections.pop().close()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = _connect(self.path)
            self._connections.append(found)
        return found


def _connect(path: Path) -> sqlite3.Connection:
    """A connection whose transactions are ours to begin, durable through a power cut; what it deletes is wiped."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return connection


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes, so that a migration runs once."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
