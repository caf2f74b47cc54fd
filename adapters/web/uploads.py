"""A person's files on their way in: streamed to disk, looked at, kept."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import BodyPartReader, web

from bot import pictures
from bot.errors import BadAttachment
from bot.models import Asset, Attachment, new_id
from bot.ports import Store

log = logging.getLogger(__name__)

MAX_BYTES = 50_000_000  # the image API's limit per input picture
MOST_WAITING = 500
AT_ONCE = 2  # files being decoded: a hostile one may take 256 MB for a moment
NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A kept file that waits for the message it belongs to."""

    id: str
    user: str
    name: str
    asset: Asset


class Uploads:
    """Files that were uploaded and not sent yet; forgotten at a restart, as the composer they wait in is."""

    def __init__(self, store: Store, tmp: Path) -> None:
        self._store = store
        self._tmp = tmp
        self._waiting: OrderedDict[str, Upload] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def take(self, request: web.Request, user: str) -> Upload:
        """Read the one file of a multipart body. Raises `BadAttachment`."""
        path = self._tmp / f"upload-{new_id()}"
        try:
            name = await _receive(request, path)
            async with self._turns:
                picture = await asyncio.to_thread(pictures.inspect, path, max_bytes=MAX_BYTES)
            asset = Asset(picture.sha256, picture.media_type, picture.width, picture.height, picture.bytes)
            kept = Upload(new_id(20), user, name, await self._store.put_asset(path, asset))
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        self._waiting[kept.id] = kept
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        return kept

    def attachment(self, upload_id: str, user: str) -> Attachment:
        """A person's own upload, to go with a message. Raises `BadAttachment`."""
        upload = self._waiting.get(upload_id)
        if upload is None or upload.user != user:
            raise BadAttachment("An attached picture is not here any more. Attach it again.")
        return Attachment(upload.name, upload.asset.id, upload.asset.media_type, upload.asset.bytes)

    def sent_before(self, asset_id: str) -> Attachment:
        """A picture of a message that is already kept, for when it is sent once more."""
        name = next((one.name for one in self._waiting.values() if one.asset.id == asset_id), "picture")
        return Attachment(name, asset_id)

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Copy a kept file to `into`. Raises `BadAttachment`."""
        asset = await self._store.asset(attachment.ref)
        if asset is None or asset.bytes > limit:
            raise BadAttachment("This picture is not here any more. Attach it again.")
        try:
            await asyncio.to_thread(shutil.copyfile, self._store.asset_path(asset), into)
        except OSError as error:
            raise BadAttachment("This picture cannot be read any more. Attach it again.") from error


async def _receive(request: web.Request, path: Path) -> str:
    """Write the body's first file to `path`; return the name it claims."""
    if request.content_length is not None and request.content_length > MAX_BYTES + 10_000:
        raise BadAttachment("This file is larger than 50 MB. Send a smaller one.")
    try:
        part = await (await request.multipart()).next()
        if not isinstance(part, BodyPartReader) or part.filename is None:
            raise BadAttachment("There is no file in this upload. Choose it again.")
        await _write(part, path)
    except (ValueError, AssertionError, EOFError) as error:  # aiohttp's words for a body that is no multipart
        raise BadAttachment("This upload is cut off or garbled. Send it again.") from error
    return clean_name(part.filename)


async def _write(part: BodyPartReader, path: Path) -> None:
    size = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        while chunk := await part.read_chunk(256 * 1024):
            size += len(chunk)
            if size > MAX_BYTES:
                raise BadAttachment("This file is larger than 50 MB. Send a smaller one.")
            await asyncio.to_thread(file.write, chunk)


def clean_name(name: str) -> str:
    """A file name fit to show: no folders, one line, at most 120 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(letter for letter in last if letter.isprintable()).strip()
    return clean[:NAME_LENGTH] or "picture"
