"""Pictures to and from Slack, streamed from and to disk."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.blocks import MARK
from adapters.slack.parts import shortened
from adapters.slack.problems import TOO_LARGE, error_code, ours
from bot import pictures
from bot.cards import CardFile, CardImage
from bot.errors import BadAttachment, PlatformProblem
from bot.models import Address, Place

log = logging.getLogger(__name__)

SHOWN_IN_BLOCKS = ("image/png", "image/jpeg", "image/gif")  # Slack refuses WebP and SVG in image blocks
REMEMBERED = 500
PROCESSING_SECONDS = 15.0  # how long a fresh upload may take until Slack knows its type
CHUNK = 65_536
SHARED_SECONDS = 300.0  # a zip stands behind its card after its upload: at once, as it was uploaded before

_NOT_SENT = "Slack did not send this file. Try again in a moment."


class Pictures:
    """Uploads without sharing: the file belongs to the bot until a message shows it by its id."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session
        self._known: OrderedDict[str, str] = OrderedDict()

    async def upload(self, image: CardImage, scratch: Path) -> str:
        """The Slack file id of a picture. The same one is uploaded once. Raises `PlatformProblem`."""
        key = _key(image)
        if key in self._known:
            return self._known[key]
        async with ours():
            path, name = await _showable(image, scratch)
            try:
                file = await self._send(path, name, image.alt)
            finally:
                if path != image.path:
                    await asyncio.to_thread(path.unlink, missing_ok=True)
            await self._processed(file)
        self._known[key] = file
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return file

    def forget(self, image: CardImage) -> None:
        """Slack no longer knows this file (somebody deleted it)."""
        if image.asset:
            self._known.pop(_key(image), None)

    async def delete(self, images: Sequence[CardImage]) -> None:
        """Remove passing pictures from Slack; best effort."""
        await self.take_back([_key(image) for image in images])

    async def take_back(self, keys: Iterable[str], more: Iterable[str] = ()) -> None:
        """Remove pictures, by their asset's id, that were sent since the start, and `more` by Slack's; best effort."""
        files = {*more, *(file for key in keys if (file := self._known.pop(key, None)))}
        for file in files:
            try:
                await self._client.files_delete(file=file)
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                log.info("a picture stays in Slack: file=%s error=%s", file, type(error).__name__)

    async def files_at(self, address: Address, gone: Collection[str]) -> list[str]:
        """The Slack ids of these assets' files on a message, or of the zip behind it. Best effort.

        Slack is asked: it remembers them also after a restart.
        """
        try:
            found = await self._client.conversations_replies(
                channel=address.place.channel, ts=address.place.thread or address.message, oldest=address.message,
                inclusive=True, limit=20,
            )  # fmt: skip
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("a message's files are not known: error=%s", type(error).__name__)
            return []
        messages = [one for one in found.get("messages") or () if float(one["ts"]) >= float(address.message)]
        ours = next((one for one in messages if one["ts"] == address.message), None)
        if ours is None:
            return []
        pictures_on = [block for block in ours.get("blocks") or () if block.get("type") == "image"]
        if not pictures_on:
            return _zips_behind(ours, messages)
        marks = {one[:MARK] for one in gone}
        shown = [(block.get("block_id", "").split("-"), block.get("slack_file") or {}) for block in pictures_on]
        return [file["id"] for parts, file in shown if "id" in file and (len(parts) < 4 or parts[2] in marks)]

    async def lend(self, file: CardFile) -> str:
        """Upload a file to take away; nobody sees it before `share`. Its Slack id. Raises `PlatformProblem`."""
        if not await asyncio.to_thread(file.path.is_file):
            raise PlatformProblem("That file is no longer kept here; ask for it again.")
        async with ours():
            return await self._uploaded(file.path, file.name)

    async def share(self, files: Mapping[str, str], place: Place) -> None:
        """Show lent files (id → name), as one message, in the thread. Raises `PlatformProblem`."""
        listed: list[dict[str, str | None]] = [{"id": file, "title": name} for file, name in files.items()]
        async with ours():
            await self._client.files_completeUploadExternal(
                files=listed, channel_id=place.channel, thread_ts=place.thread
            )

    async def _send(self, path: Path, name: str, alt: str) -> str:
        file = await self._uploaded(path, name, shortened(alt, 1000))
        await self._client.files_completeUploadExternal(files=[{"id": file, "title": name}])
        return file

    async def _uploaded(self, path: Path, name: str, alt: str | None = None) -> str:
        size = (await asyncio.to_thread(path.stat)).st_size
        ticket = await self._client.files_getUploadURLExternal(filename=name, length=size, alt_txt=alt)
        with await asyncio.to_thread(path.open, "rb") as body:
            async with self._session.post(ticket["upload_url"], data=body) as answer:
                if answer.status == 413:
                    raise PlatformProblem(TOO_LARGE)
                if answer.status != 200:
                    raise PlatformProblem(f"Slack did not take the file ({answer.status}); try again in a moment.")
        return str(ticket["file_id"])

    async def _processed(self, file: str) -> None:
        """Wait until Slack knows what it is: before that, it refuses the file in a block."""
        pause = 0.2
        async with asyncio.timeout(PROCESSING_SECONDS):
            while not (await self._client.files_info(file=file))["file"].get("mimetype"):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 2.0)

    # ── people's files ───────────────────────────────────────────────────────────────────────────────────────────

    async def download(self, file_id: str, into: Path, limit: int, token: str, hosts: frozenset[str]) -> None:
        """Stream a person's file to disk. The token goes to Slack's own hosts only. Raises `BadAttachment`."""
        file = await self._described(file_id)
        url = file.get("url_private_download") or file.get("url_private") or ""
        if file.get("is_external") or not is_slack_url(url, hosts):
            raise BadAttachment("This file is kept outside Slack. Upload it here and try again.")
        if int(file.get("size") or 0) > limit:
            raise BadAttachment(f"This file is over {limit // 1_000_000} MB. Send a smaller one.")
        try:
            await self._stream(url, into, limit, token)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BadAttachment(_NOT_SENT) from error

    async def _described(self, file_id: str) -> dict[str, Any]:
        try:
            return dict((await self._client.files_info(file=file_id))["file"])
        except SlackApiError as error:
            if error_code(error) == "file_deleted":
                raise BadAttachment("This file was deleted in Slack. Upload it again and try again.") from error
            raise BadAttachment("I can't see this file in Slack. Invite me to its channel and try again.") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BadAttachment(_NOT_SENT) from error

    async def _stream(self, url: str, into: Path, limit: int, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            kind = answer.headers.get("Content-Type", "")
            if answer.status != 200 or kind.startswith("text/html"):
                # Slack answers 200 with its login page when the scope files:read is missing.
                log.warning("file not readable: status=%s type=%s", answer.status, kind)
                raise BadAttachment("I may not read files here; an admin must give the app the files:read permission.")
            size = 0
            with await asyncio.to_thread(into.open, "wb") as file:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise BadAttachment(f"This file is over {limit // 1_000_000} MB. Send a smaller one.")
                    file.write(chunk)


def is_slack_url(url: str, hosts: frozenset[str]) -> bool:
    """Whether a URL is Slack's own (or of the configured API host): only there the token may go."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in hosts:
        return parts.scheme in ("http", "https")
    return (
        parts.scheme == "https"
        and parts.port in (None, 443)
        and host.endswith((".slack.com", ".slack-gov.com", ".slack-files.com"))
    )


def _key(image: CardImage) -> str:
    """What tells pictures apart: the asset, or a passing picture's own file, which is never written twice."""
    return image.asset or str(image.path)


async def _showable(image: CardImage, scratch: Path) -> tuple[Path, str]:
    """The picture itself, or a copy in a type that Slack shows."""
    if image.media_type in SHOWN_IN_BLOCKS:
        return image.path, image.name
    path, picture = await asyncio.to_thread(
        pictures.fit, image.path, scratch, max_bytes=50_000_000, media_types=("image/png",)
    )
    return path, f"{Path(image.name).stem}.{picture.media_type.removeprefix('image/')}"


def _zips_behind(ours: dict[str, Any], messages: Sequence[dict[str, Any]]) -> list[str]:
    """The files of an export: shared right behind the card that says so."""
    soon = float(ours["ts"]) + SHARED_SECONDS
    behind = [
        one for one in messages if one.get("user") == ours.get("user") and float(ours["ts"]) < float(one["ts"]) < soon
    ]
    files = [file for one in behind for file in one.get("files") or ()]
    return [file["id"] for file in files if str(file.get("name", "")).startswith("retouch-") and "id" in file]
