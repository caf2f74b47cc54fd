"""Messages that still show what was let go of: put down in the transaction that lets go, until each was changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from bot.models import Address, Place, now_ms
from bot.ports import Outdated, Why
from storage import threads

Connection = sqlite3.Connection

_INTO = "INSERT INTO outdated (platform, workspace, channel, message, thread, why, assets, since, touched)"
_SHOWN = f"""
{_INTO}
SELECT shown.platform, shown.workspace, shown.channel, shown.message, thread.thread, :why, :assets, :now, 0
FROM shown JOIN version ON version.id = shown.version JOIN thread ON thread.id = version.thread
WHERE shown.version = :version
ON CONFLICT DO NOTHING
"""  # noqa: S608  # our own text
_OFFERED = f"""
{_INTO}
SELECT job.platform, json_extract(job.doc, '$.address.place.workspace'),
    json_extract(job.doc, '$.address.place.channel'), json_extract(job.doc, '$.address.message'),
    json_extract(job.doc, '$.address.place.thread'), :why, '[]', :now, 0
FROM job JOIN version ON version.id = json_extract(job.doc, '$.version')
WHERE status = 'offered' AND json_extract(job.doc, '$.address.message') IS NOT NULL
    AND version.id IN (SELECT value FROM json_each(:versions))
    AND json_extract(version.doc, '$.standing') = 'purged'
ON CONFLICT DO NOTHING
"""  # noqa: S608
_DISPLAYED = f"""
{_INTO}
SELECT platform, workspace, channel, message, thread, :why, :assets, :now, 0
FROM displayed
WHERE asset = :asset AND (platform, workspace, channel, message) NOT IN
    (SELECT platform, workspace, channel, message FROM shown)
ON CONFLICT DO NOTHING
"""  # noqa: S608
# A chat deletes its copies of pictures that are no more: which those are, the sweep has to say first.
_WAITING = """
SELECT * FROM outdated WHERE platform IN (SELECT value FROM json_each(:platforms)) AND NOT EXISTS (
    SELECT 1 FROM json_each(outdated.assets) AS one JOIN freed ON freed.asset = one.value
    JOIN asset ON asset.id = one.value
) ORDER BY touched, since LIMIT :limit
"""
_AT = "platform = ? AND workspace = ? AND channel = ? AND message = ?"


def put(db: Connection, why: Why, version: str, assets: Collection[str]) -> None:
    """Put down the messages that show a version, which had these pictures."""
    facts = {"why": why.value, "version": version, "assets": json.dumps(sorted(assets)), "now": now_ms()}
    db.execute(_SHOWN, facts)


def put_offers(db: Connection, why: Why, versions: Collection[str]) -> None:
    """Put down the messages on which one of these versions, if it is gone, is offered in place of a new picture."""
    db.execute(_OFFERED, {"why": why.value, "versions": json.dumps(list(versions)), "now": now_ms()})


def put_part(db: Connection, asset: str) -> None:
    """Put down the messages that show a picture which is no more among others: a comparison, a contact sheet."""
    facts = {"why": Why.PART.value, "asset": asset, "assets": json.dumps([asset]), "now": now_ms()}
    db.execute(_DISPLAYED, facts)


def waiting(db: Connection, platforms: Collection[str], limit: int) -> Sequence[Outdated]:
    """Some of them, those that were not tried for the longest time first."""
    rows = db.execute(_WAITING, {"platforms": json.dumps(list(platforms)), "limit": limit})
    return [
        Outdated(
            Address(Place(row["platform"], row["workspace"], row["channel"], row["thread"]), row["message"]),
            Why(row["why"]),
            row["since"],
            tuple(one for one in json.loads(row["assets"]) if threads.asset(db, one) is None),
        )
        for row in rows
    ]


def tried(db: Connection, address: Address) -> None:
    """It could not be changed: the others go first."""
    db.execute(f"UPDATE outdated SET touched = ? WHERE {_AT}", (now_ms(), *_key(address)))  # noqa: S608


def done(db: Connection, address: Address) -> None:
    """It was changed, or never will be."""
    db.execute(f"DELETE FROM outdated WHERE {_AT}", _key(address))  # noqa: S608


def _key(address: Address) -> tuple[str, str, str, str]:
    place = address.place
    return place.platform, place.workspace, place.channel, address.message
