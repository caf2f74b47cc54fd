"""From a thread or a version to the entries of an export."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from bot import replies
from bot.disclosure import source_type
from bot.errors import NotFound, SetupProblem
from bot.exporting import Entry, Spec, write_zip
from bot.models import Asset, Kind, Version
from bot.panels import words_of
from bot.ports import Store


async def write_export(store: Store, target: str, spec: Spec, out: Path) -> None:
    """Write the zip of a version, or of a whole thread, by its id.

    Raises `NotFound`, `BadInput`, and `SetupProblem` where there is no room for it.
    """
    version = await store.version(target)
    versions = [version] if version else list(await store.versions(target))
    thread = await store.thread(versions[0].thread) if versions else None
    if thread is None:
        raise NotFound("What was to be exported is gone.")
    family = {one.id: one for one in await store.versions(thread.id)}
    listed = versions if version else [one for one in versions if one.kind is not Kind.PICK]  # the same picture again
    entries = [entry for one in listed for entry in await entries_of(store, one, family)]
    about = {"thread": thread.id, "platform": thread.place.platform, "made by": "AI, but for uploads"}
    try:
        await asyncio.to_thread(write_zip, entries, spec, out, about)
    except OSError as error:
        why = f"An export could not be written: {error.strerror or type(error).__name__}."
        raise SetupProblem(
            "There is no room for this zip now. Ask an admin to look at the disk.", for_admin=why
        ) from error


async def entries_of(store: Store, version: Version, family: Mapping[str, Version]) -> list[Entry]:
    """A version's pictures, those that are there; `family` are the versions around it by id."""
    parent, source = family.get(version.parent or ""), source_type(version, family)
    assets = [await store.asset(one) for one in version.images] if version.is_open else []
    known = [asset for asset in assets if asset]
    shown = [replies.Shown(one, store.asset_path(one)) for one in known]
    images = replies.card_images(version, shown, parent)
    return [
        Entry(
            path=image.path,
            media_type=image.media_type,
            bytes=asset.bytes,
            name=f"{image.name.rsplit('.', 1)[0]} {version.prompt[:60]}",
            alt=image.alt,
            prompt=_words(version, asset),
            created=version.created,
            facts=_facts(version, asset, parent, source),
            source_type=source,
        )
        for image, asset in zip(images, known, strict=True)
    ]


def _words(version: Version, asset: Asset) -> str:
    """What the person wrote for this picture; of a series, the panel's words behind those for all."""
    if version.kind is Kind.UPLOAD:
        return ""  # what it is called is no prompt
    panel = dict(zip(version.images, version.panel_of, strict=False)).get(asset.id)
    return words_of(version.prompt, version.panels[panel - 1]) if panel and version.panels else version.prompt


def _facts(version: Version, asset: Asset, parent: Version | None, source: str) -> dict[str, object]:
    """What the manifest says of a picture."""
    made = dt.datetime.fromtimestamp(version.created / 1000, dt.UTC).isoformat(timespec="seconds")
    return {
        "version": version.number,
        "made from": parent.number if parent else None,
        "kind": str(version.kind),
        "prompt": _words(version, asset),
        "sent": version.sent,
        "revised": version.revised,
        "options": {name: value for name, value in asdict(version.options).items() if value not in ("", "auto", None)},
        "references": [one.name for one in version.references],
        "author": version.author.name,
        "made": made,
        "AI-made": bool(source),
        "digital source type": source or None,
        "original sha256": asset.id,
    }


def granted_spec(more: str) -> Spec:
    """The options of an export that a link carries. Raises `NotFound`."""
    try:
        formats, edges = json.loads(more)
        return Spec(tuple(formats), tuple(edges))
    except (ValueError, TypeError) as error:
        raise NotFound("This link is not complete. Ask for the export again.") from error
