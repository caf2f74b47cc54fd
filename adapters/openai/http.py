"""One POST, never repeated: bytes go out as they are read, the answer comes in as it arrives.

Paid requests go through aiohttp directly: it costs a fraction of the SDK's transport per byte, and tells a
connection that was refused (not billed) from one that broke later (perhaps billed), which decides about money.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from adapters.openai.errors import Trouble, trouble_in
from adapters.openai.upload import Body, UnreadableError

PIECE = 64 * 1024
"""Bytes looked at in one go: small enough that 24 pictures arriving together leave the event loop its breath."""

_CONNECT_TIMEOUT = 10.0
_MOST_ERROR_TEXT = 64 * 1024


class ReportedError(Exception):
    """The service answered with an error, at once or inside an answer that began well."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has begun well. `pieces` are at most `PIECE` bytes; empty ones do not occur."""

    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]

    @property
    def request_id(self) -> str:
        """The service's name for this request, for its support."""
        return self.headers.get("x-request-id", "")[:200]


class Wire:
    """Connections to one gateway. Build it inside a running event loop; close it at the end.

    No redirects (a POST would become a GET, or be sent twice), no idle connections (one that the other side has just
    closed looks like a lost answer, and a lost answer may have been billed). Of the environment, proxies alone count.
    """

    def __init__(self, base_url: str, key: str, tls: ssl.SSLContext) -> None:
        self._base = base_url.rstrip("/")
        self._proxy = _proxy_for(URL(base_url))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=0, force_close=True),
            headers={
                "Authorization": f"Bearer {key}",
                "User-Agent": "retouch",
                "Accept-Encoding": "identity",  # pictures do not compress, and a compressed answer could unfold
            },
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=PIECE,
        )

    @contextlib.asynccontextmanager
    async def post(self, path: str, body: Body) -> AsyncIterator[Answer]:
        """Send, and hand over the answer as it comes. Raises `ReportedError` for an answer that is an error.

        Raises aiohttp's own errors where there is no answer; `errors.no_answer` tells what they mean. Raises
        `UnreadableError` for a body that could not be sent whole.
        """
        async with await self._sent(path, body) as response:
            if response.status >= 300:
                raise ReportedError(await _trouble(response))
            pieces = _pieces(response)
            try:
                yield Answer(response.headers, pieces)
            finally:
                response.close()
                await pieces.aclose()

    async def _sent(self, path: str, body: Body) -> aiohttp.ClientResponse:
        try:
            return await self._session.post(
                self._base + path,
                data=body.pieces(),
                headers={"Content-Type": body.content_type, "Content-Length": str(body.length)},
                allow_redirects=False,
                proxy=self._proxy,
            )
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, UnreadableError):
                raise error.__cause__ from error
            raise

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()


async def _pieces(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    """The body; what came in one large piece is handed over in small ones, the loop having its turn in between."""
    async for chunk in response.content.iter_any():
        if len(chunk) <= PIECE:
            yield chunk
            continue
        for start in range(0, len(chunk), PIECE):
            yield chunk[start : start + PIECE]
            await asyncio.sleep(0)


async def _trouble(response: aiohttp.ClientResponse) -> Trouble:
    """What an error answer says; its text is bounded, and may be anything."""
    text = b""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async for chunk in response.content.iter_any():
            text += chunk
            if len(text) > _MOST_ERROR_TEXT:
                break
    return trouble_in(_error_object(text), response.status, response.headers)


def _error_object(text: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {"message": text[:500].decode("utf-8", "replace")}
    if isinstance(document, list) and document:  # some gateways wrap it
        document = document[0]
    error = document.get("error", document) if isinstance(document, dict) else document
    return error if isinstance(error, dict) else {"message": str(error)[:500]}


def _proxy_for(url: URL) -> str | None:
    """The proxy that the environment names for this host."""
    host = url.host or ""
    if urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(url.scheme)
