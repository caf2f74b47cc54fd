"""Nouns to JSON documents and back. Fields added later take their defaults when an old row is read."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Hashable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from bot.models import Job, JobStatus, Place, Thread, User, Version

log = logging.getLogger(__name__)

T = TypeVar("T")


@cache
def _adapter(noun: Any) -> TypeAdapter[Any]:
    return TypeAdapter(noun)


def to_json(noun: Any) -> str:
    """A frozen dataclass as JSON text."""
    return _adapter(cast("Hashable", type(noun))).dump_json(noun).decode()


def from_json(noun: type[T], text: str) -> T:
    """The dataclass again."""
    found: T = _adapter(cast("Hashable", noun)).validate_json(text)
    return found


def readable(noun: type[T], rows: Iterable[sqlite3.Row]) -> list[T]:
    """The documents of rows that can be read: one from a later version of this program must not hold up the others."""
    found = list[T]()
    for row in rows:
        try:
            found.append(from_json(noun, row["doc"]))
        except ValidationError as error:
            log.warning("a %s cannot be read: version=%s faults=%s", noun.__name__, row["version"], error.error_count())
    return found


def person_key(user: User) -> str:
    """A person in one column: ids of two platforms never meet."""
    return f"{user.platform}:{user.id}"


def thread_of(row: sqlite3.Row) -> Thread:
    """A row of `thread`."""
    place = Place(row["platform"], row["workspace"], row["channel"], row["thread"])
    return Thread(row["id"], place, row["head"], row["created"], bool(row["guest"]))


def version_of(row: sqlite3.Row) -> Version:
    """A row of `version`."""
    return from_json(Version, row["doc"])


def job_of(row: sqlite3.Row) -> Job:
    """A row of `job`: its document, with the columns that queries change on top."""
    return replace(
        from_json(Job, row["doc"]),
        status=JobStatus(row["status"]),
        owner=row["owner"],
        lease_until=row["lease_until"],
        sent=row["sent"],
    )


def changed(text: str, **fields: object) -> str:
    """A document with some fields replaced by plain values."""
    return json.dumps(json.loads(text) | fields, ensure_ascii=False)
