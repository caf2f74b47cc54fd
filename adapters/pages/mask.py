"""The page on which somebody paints where a picture may change, and what it sends."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import BodyPartReader, MultipartReader, web

from adapters.pages.common import STARTING, Common, shown, told
from bot import pictures
from bot.errors import BadAttachment, BadInput, NotFound
from bot.links import Grant, Page
from bot.models import Action, Asset, Attachment, Role, Version, new_id
from bot.ports import Doors

EDGE = 2048  # pixels of the copy that is painted on: a whole screen, at a tenth of the weight
MAX_BYTES = 20_000_000  # of a mask: one of noise at 3840×2160 has 10 MB
MAX_TEXT = 200_000  # bytes; how long a prompt may be is the core's business
MOST_REMEMBERED = 500
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_GARBLED = "This painting arrived cut off or garbled. Send it again."


@dataclass(frozen=True, slots=True)
class Painting:
    """What the page sent: an id of its own making, what should change, and where, as the image API's mask."""

    id: str
    words: str
    mask: Asset


class MaskPage:
    """Handlers of /p/mask/, and what each painting was answered."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._answers: OrderedDict[tuple[str, str], asyncio.Task[str]] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        here = f"/p/{Page.MASK}/{{token}}"
        return [
            web.get(here, shown(self.page)),
            web.get(f"{here}/about", told(self.about)),
            web.get(f"{here}/picture", told(self.picture)),
            web.post(f"{here}/send", told(self.send)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page itself; its script asks for the rest."""
        await self._opened(request)
        return self._common.page_file("mask.html")

    async def about(self, request: web.Request) -> web.StreamResponse:
        """What is painted on: name, size in pixels, prompt, and for how many more seconds the link is good.

        `key` tells one picture from another.
        """
        grant, version, asset = await self._opened(request)
        several = len(version.images) > 1
        seconds = self._common.links.seconds_left(Page.MASK, request.match_info["token"])
        return web.json_response(
            {
                "title": f"v{version.number}" + (f", picture {grant.image}" if several else ""),
                "width": asset.width,
                "height": asset.height,
                "prompt": version.prompt,
                "seconds": seconds,
                "key": f"{version.id}:{grant.image}",
            }
        )

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """A light copy of the picture, to paint on."""
        _, _, asset = await self._opened(request)
        return await self._common.light_copy(asset, EDGE)

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Take a painting to the doors; the same one again gets the same answer."""
        grant, _, asset = await self._opened(request)
        painting = await self._received(request, asset)
        doors = self._common.doors
        if doors is None:
            return web.json_response({"error": STARTING}, status=503)
        refusal = await self._once((grant.user.id, painting.id), lambda: _ask(doors, grant, painting))
        if refusal:
            raise BadInput(refusal)
        return web.json_response({"ok": True, "where": "in the thread"})

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _opened(self, request: web.Request) -> tuple[Grant, Version, Asset]:
        """What the link leads to. Raises `NotFound`."""
        grant = self._common.grant(Page.MASK, request)
        version = await self._common.store.version(grant.target)
        if version is None or not version.is_open or not 1 <= grant.image <= len(version.images):
            raise NotFound("That picture is gone.")
        asset = await self._common.store.asset(version.images[grant.image - 1])
        if asset is None:
            raise NotFound("That picture is gone.")
        return grant, version, asset

    async def _received(self, request: web.Request, asset: Asset) -> Painting:
        """The body, checked and its mask kept. Raises `BadInput`."""
        async with self._scratch() as (raw, clean):
            fields = await _read(request, raw)
            painting_id, words = fields.get("id", ""), fields.get("words", "").strip()
            if not _ID.fullmatch(painting_id):
                raise BadInput(_GARBLED)
            if not words:
                raise BadInput("Say what should change there, then send.")
            async with self._common.turns:
                mask = await asyncio.to_thread(_checked, raw, (asset.width, asset.height), clean)
            return Painting(painting_id, words, await self._common.store.put_asset(clean, mask))

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[tuple[Path, Path]]:
        paths = tuple(self._common.tmp / f"mask-{new_id()}-{name}.png" for name in ("raw", "clean"))
        try:
            yield paths[0], paths[1]
        finally:
            for path in paths:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _once(self, key: tuple[str, str], ask: Callable[[], Coroutine[object, object, str]]) -> str:
        """One question for one painting, also when it arrives again while the first is being asked.

        The core does nothing twice, but tells a refusal only to whom it came first.
        """
        if key not in self._answers:
            self._answers[key] = asyncio.create_task(ask(), name="paint")
            while len(self._answers) > MOST_REMEMBERED:
                self._answers.popitem(last=False)
        return await asyncio.shield(self._answers[key])


async def _ask(doors: Doors, grant: Grant, painting: Painting) -> str:
    """The core's refusal as a sentence; "": it was accepted."""
    mask = Attachment("mask.png", "", "image/png", painting.mask.bytes, Role.MASK, painting.mask.id)
    card = await doors.ask(
        Action(
            event_id=f"paint:{painting.id}",
            place=grant.place,
            user=grant.user,
            name=f"paint_{grant.image}",
            target=grant.target,
            text=painting.words,
            attachments=(mask,),
        )
    )
    return card.summary if card else ""


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _read(request: web.Request, into: Path) -> dict[str, str]:
    """The fields of a multipart body; its mask goes to the file `into`. Raises `BadInput`."""
    if request.content_length is not None and request.content_length > MAX_BYTES + MAX_TEXT:
        raise BadAttachment("This painting is too heavy; paint larger areas.")
    fields: dict[str, str] = {}
    try:
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, MultipartReader):
                raise BadInput(_GARBLED)
            if part.name == "mask":
                await _write(part, into)
            elif part.name in ("id", "words"):
                fields[part.name] = await _text(part)
    except (ValueError, AssertionError, EOFError) as error:  # aiohttp's words for a body that is no multipart
        raise BadInput(_GARBLED) from error
    return fields


async def _write(part: BodyPartReader, into: Path) -> None:
    size = 0
    with await asyncio.to_thread(into.open, "wb") as file:
        while chunk := await part.read_chunk(256 * 1024):
            size += len(chunk)
            if size > MAX_BYTES:
                raise BadAttachment("This painting is too heavy; paint larger areas.")
            await asyncio.to_thread(file.write, chunk)


async def _text(part: BodyPartReader) -> str:
    data = b""
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > MAX_TEXT:
            raise BadInput("These words are too many. Say it shorter.")
    return data.decode()


def _checked(raw: Path, size: tuple[int, int], clean: Path) -> Asset:
    """The image API's mask, of exactly the picture's size. Raises `BadAttachment`."""
    if not raw.is_file():
        raise BadAttachment("There is no mask in what was sent. Send it again.")
    found = pictures.inspect(raw, max_bytes=MAX_BYTES)
    if found.media_type != "image/png":
        raise BadAttachment("A painted mask is a PNG. Open the page anew and paint again.")
    if (found.width, found.height) != size:
        raise BadAttachment(
            f"The mask is {found.width}×{found.height}, the picture {size[0]}×{size[1]}. Open the page anew."
        )
    mask = pictures.mask_for(raw, size, clean)
    return Asset(mask.sha256, mask.media_type, mask.width, mask.height, mask.bytes)
