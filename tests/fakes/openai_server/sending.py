"""Getting an answer out, or cutting it off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from aiohttp import web


async def send(
    request: web.Request, headers: Mapping[str, str], texts: AsyncIterator[str], *, cut: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    try:
        await response.prepare(request)
        async for text in texts:
            await response.write(text.encode())
        if cut:
            return cut_off(request, response)
        await response.write_eof()
    except ConnectionError:  # the client went away, as a killed bot does
        pass
    return response


async def pieces(text: str) -> AsyncIterator[str]:
    yield text


def cut_off(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Close the connection; what was written so far still goes out."""
    if request.transport:
        request.transport.close()
    return response or web.Response()


async def until_left_alone(request: web.Request, closing: asyncio.Event) -> None:
    """Until the client goes away, or the server does."""
    while request.transport and not request.transport.is_closing():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), 0.05)
            return
