"""An image service that does as it is told and counts what it was paid for."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bot.errors import RetouchError, TakenBack
from bot.models import Options, Usage
from bot.ports import Drawn, ImageRequest, Preview, Result, Step


def png(width: int = 64, height: int = 64, colour: tuple[int, int, int] = (90, 140, 200)) -> bytes:
    """A real PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


class FakeProvider:
    """Implements `ports.ImageProvider`. `faults` are raised, first to last, before anything is paid.

    `gate`, when set to an event, holds every answer until it is set.
    """

    costs_money = True

    def __init__(self, name: str = "openai") -> None:
        self.name = name
        self.requests: list[ImageRequest] = []
        self.inputs: list[list[bytes]] = []
        self.faults: list[BaseException] = []
        self.paid = 0
        self.usage: Usage | None = Usage(output_image_tokens=1000)
        self.gate: asyncio.Event | None = None
        self.refuses = ""
        self.short = 0  # how many of several pictures do not come
        self.result: dict[str, object] = {}

    def lists(self, model: str) -> bool:
        return False

    def why_not(self, options: Options, *, images: int = 0, mask: bool = False, markup: bool = False) -> str:
        return self.refuses

    def planner_for(self, options: Options) -> str:
        return "gpt-5.4" if options.is_planned else ""

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        if not await request.may_send():
            raise TakenBack("taken back")
        self.requests.append(request)
        self.inputs.append([one.path.read_bytes() for one in request.images])
        if self.faults:
            raise self.faults.pop(0)
        if request.previews:
            preview = request.folder / "preview.png"
            preview.write_bytes(png(8, 8))
            yield Preview(preview, 0.5)
        if self.gate:
            await self.gate.wait()
        self.paid += request.options.n
        come = range(request.options.n - self.short)
        result = Result(tuple(self._draw(request, i) for i in come), self.usage, "req-1")
        yield replace(result, **self.result)  # type: ignore[arg-type]

    def _draw(self, request: ImageRequest, index: int) -> Drawn:
        number = len(self.requests) * 16 + index
        data = png(colour=(number % 256, 80, 160))
        path = Path(request.folder / f"{index}.png")
        path.write_bytes(data)
        return Drawn(path, hashlib.sha256(data).hexdigest(), len(data))

    async def shutdowns(self) -> Mapping[str, str]:
        return {}

    async def close(self) -> None:
        pass


class Broken(RetouchError):
    """Something in our tree that nobody expects."""
