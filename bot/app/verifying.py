"""`retouch verify`: a file's hash against the store, and its Content Credentials."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot import provenance
from bot.app.house import open_store_only
from bot.errors import BadInput
from bot.provenance import Origin
from bot.settings import Settings


async def verify(settings: Settings, path: Path, trust: Path | None = None) -> Origin:
    """All that is known of a file. `trust` is a file of PEM certificates. Raises `BadInput`, `SetupProblem`."""
    from adapters.credentials import read

    certificates = await asyncio.to_thread(_text_of, trust) if trust else ""
    sha256 = await asyncio.to_thread(provenance.hash_of, path)
    credentials = await asyncio.to_thread(read, path, certificates)
    before = await asyncio.to_thread(provenance.before_note, path)
    async with open_store_only(settings) as store:
        if found := await provenance.matches(store, sha256):
            return Origin(path.name, sha256, found, credentials)
        found = tuple([match for one in before for match in await provenance.matches(store, one)])
        return Origin(path.name, sha256, found, credentials, noted=bool(found))


def _text_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The certificates in {path} cannot be read; give a file of PEM certificates.") from error
    if "BEGIN CERTIFICATE" not in text:
        raise BadInput(f"There is no certificate in {path}; give a file of PEM certificates.")
    return text
