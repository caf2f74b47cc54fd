"""The ways to take a picture from the wire to a file with its SHA-256: ours, the SDK's two, and the floor.

A way is an async context manager: it opens its client once, as a bot does, and gives a function that draws one
picture with it and returns the SHA-256 in hex. Only that function is measured.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import openai

from adapters.openai import OpenAIProvider
from bot.models import Options, new_id
from bot.ports import ImageRequest, InputImage, Preview, Result

_KEY = b'"b64_json": "'
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to be made. `references` make it an edit."""

    size: str
    folder: Path
    previews: int = 0
    references: tuple[Path, ...] = ()


Draw = Callable[[Order], Awaitable[str]]
Way = Callable[[str], AbstractAsyncContextManager[Draw]]


@contextlib.asynccontextmanager
async def ours(url: str) -> AsyncIterator[Draw]:
    """Previews are deleted as they come: the bot has shown them by then."""
    provider = OpenAIProvider(api_key="k", base_url=url)

    async def draw(order: Order) -> str:
        images = tuple(InputImage(path, "image/png") for path in order.references)
        options = Options("gpt-image-2", order.size, "high")
        request = ImageRequest("noise", options, order.folder, images, previews=order.previews)
        sha, previews = "", 0
        async with contextlib.aclosing(provider.generate(request)) as steps:
            async for step in steps:
                if isinstance(step, Preview):
                    previews += 1
                    step.path.unlink()
                elif isinstance(step, Result):
                    sha = step.images[0].sha256
        assert previews == order.previews
        return sha

    try:
        yield draw
    finally:
        await provider.close()


@contextlib.asynccontextmanager
async def plain_sdk(url: str) -> AsyncIterator[Draw]:
    """As the documentation shows it. Files for an edit are given open."""
    async with openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as client:

        async def draw(order: Order) -> str:
            if order.previews:
                return await _plain_stream(client, order)
            if order.references:
                with contextlib.ExitStack() as stack:
                    files = [stack.enter_context(path.open("rb")) for path in order.references]
                    return await _plain_edit(client, order, files)
            answer = await client.images.generate(**_arguments(order))
            return _kept(answer.data[0].b64_json, order.folder)

        yield draw


@contextlib.asynccontextmanager
async def plain_sdk_paths(url: str) -> AsyncIterator[Draw]:
    """The same, files for an edit given as paths: the SDK's README recommends it for the async client."""
    async with openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as client:

        async def draw(order: Order) -> str:
            return await _plain_edit(client, order, list(order.references))

        yield draw


@contextlib.asynccontextmanager
async def sdk_streamed(url: str) -> AsyncIterator[Draw]:
    """The SDK's requests, the answer's bytes decoded as they come."""
    async with openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as client:

        async def draw(order: Order) -> str:
            streamed = client.images.with_streaming_response
            async with streamed.generate(**_arguments(order)) as answer:
                return await _decoded(answer.iter_bytes(_PIECE), order.folder, binascii.a2b_base64)

        yield draw


@contextlib.asynccontextmanager
async def floor(url: str) -> AsyncIterator[Draw]:
    """The least that can be done: no checks at all, and the fastest decoder that is installed."""
    decode = fastest_decoder()[1]
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer k"}) as session:

        async def draw(order: Order) -> str:
            async with session.post(f"{url}/images/generations", json=_arguments(order)) as answer:
                return await _decoded(answer.content.iter_any(), order.folder, decode)

        yield draw


WAYS: dict[str, Way] = {
    "floor": floor,
    "ours": ours,
    "SDK streamed": sdk_streamed,
    "plain SDK": plain_sdk,
    "plain SDK, paths": plain_sdk_paths,
}


def fastest_decoder() -> tuple[str, Callable[[bytes], bytes]]:
    """The name and function of pybase64 if it is there, else of binascii."""
    try:
        module: Any = importlib.import_module("pybase64")
    except ImportError:
        return "binascii", binascii.a2b_base64
    return "pybase64", lambda text: module.b64decode(text, validate=True)  # validating is its fast path


async def _decoded(chunks: AsyncIterator[bytes], folder: Path, decode: Callable[[bytes], bytes]) -> str:
    """Take the one picture out of a JSON answer."""
    sha, rest, found = hashlib.sha256(), b"", False
    with (folder / f"{new_id()}.png").open("wb") as file:
        async for chunk in chunks:
            rest += chunk
            if not found:
                head, mark, tail = rest.partition(_KEY)
                found, rest = bool(mark), tail if mark else head
                if not found:
                    continue
            end = rest.find(b'"')
            cut = end if end >= 0 else len(rest) & ~3
            data = decode(rest[:cut])
            sha.update(data)
            file.write(data)
            if end >= 0:
                break
            rest = rest[cut:]
        async for _ in chunks:  # to the end, so that the connection can be used again
            pass
    return sha.hexdigest()


def _arguments(order: Order) -> dict[str, Any]:
    return {"prompt": "noise", "model": "gpt-image-2", "size": order.size, "quality": "high"}


async def _plain_edit(client: openai.AsyncOpenAI, order: Order, files: list[Any]) -> str:
    answer = await client.images.edit(image=files, **_arguments(order))
    return _kept(answer.data[0].b64_json, order.folder)


async def _plain_stream(client: openai.AsyncOpenAI, order: Order) -> str:
    sha = ""
    stream = await client.images.generate(**_arguments(order), stream=True, partial_images=order.previews)
    async for event in stream:
        sha = _kept(event.b64_json, order.folder)
    return sha


def _kept(text: str | None, folder: Path) -> str:
    data = base64.b64decode(text or "")
    (folder / f"{new_id()}.png").write_bytes(data)
    return hashlib.sha256(data).hexdigest()
