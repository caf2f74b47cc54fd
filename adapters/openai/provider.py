"""The door: one request in, previews and a result out, one POST and never a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import BinaryIO, Protocol

import httpx2
import openai

from adapters.openai import answer, errors, wire
from adapters.openai.download import Downloader
from adapters.openai.files import TooLargeError
from adapters.openai.harvest import Harvest, ReportedError
from adapters.openai.stream import Sieve
from bot.errors import OutcomeUnknown, ProviderProblem, RetouchError, SetupProblem
from bot.ports import ImageRequest, Preview, Result

log = logging.getLogger(__name__)

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_CONNECT_TIMEOUT = 10.0


class OpenAIProvider:
    """OpenAI's Images API, or a gateway's. Build it inside a running event loop; one client for all requests.

    `timeout` is seconds for a whole request, uploads and downloads included. Raises `SetupProblem` for a key
    or an address that cannot be one. Iterate `generate` under `contextlib.aclosing`: leaving early closes the
    connection.
    """

    costs_money = True

    def __init__(
        self, *, api_key: str, base_url: str | None = None, timeout: float = 600.0, name: str = "openai"
    ) -> None:
        self.name = name
        self._key = _usable_key(api_key)
        self._timeout = timeout
        url = _usable_url(base_url or DEFAULT_BASE_URL)
        tls = httpx2.create_ssl_context()
        self._client = _client(self._key, url, timeout, tls)
        self._downloader = Downloader(trusted_host=url.host, tls=tls)

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Result, None]:
        """Yield previews, then one result. Pictures go to files under `request.folder` as they arrive."""
        try:
            async with contextlib.aclosing(self._draw(request)) as steps:
                async for step in steps:
                    yield step
        except RetouchError as error:
            log.warning("no picture: %s: %s", type(error).__name__, error)
            raise
        except openai.APIConnectionError as error:
            log.warning("no picture: %s: %s", type(error).__name__, type(error.__cause__).__name__)
            raise errors.no_answer(error) from error
        except openai.APIError as error:
            raise self._translated(errors.trouble_of(error), request) from error
        except ReportedError as error:
            raise self._translated(error.trouble, request) from error
        except TimeoutError as error:
            log.warning("no picture: the whole request took longer than %s s", self._timeout)
            raise OutcomeUnknown(errors.TOO_SLOW) from error
        except (answer.BadAnswerError, TooLargeError, httpx2.RequestError) as error:
            log.warning("no picture: %s: %s", type(error).__name__, errors.redacted(str(error), self._key))
            raise OutcomeUnknown(_sentence(error)) from error
        except OSError as error:
            log.warning("no picture: it could not be saved: %s", error.strerror)
            raise OutcomeUnknown(errors.UNSAVED) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
        await self._downloader.close()

    async def _draw(self, request: ImageRequest) -> AsyncGenerator[Preview | Result, None]:
        # The deadline is renewed around each wait, never around a `yield`: there the time is the reader's.
        deadline = asyncio.get_running_loop().time() + self._timeout
        async with contextlib.AsyncExitStack() as stack:
            files = stack.enter_context(_opened(request))
            async with asyncio.timeout_at(deadline):
                response = await stack.enter_async_context(self._sent(request, *files))
            sieve = stack.enter_context(Sieve(request.folder))
            harvest = Harvest(request, sieve, self._downloader, response.headers)
            async with contextlib.aclosing(_previews(response, harvest, deadline)) as previews:
                async for preview in previews:
                    yield preview
            async with asyncio.timeout_at(deadline):
                result = await harvest.result((response.request_id or "")[:200])
        yield result

    def _sent(
        self, request: ImageRequest, images: list[BinaryIO], mask: BinaryIO | None
    ) -> contextlib.AbstractAsyncContextManager[_Response]:
        api = self._client.images.with_streaming_response
        if images:
            return api.edit(**wire.edit(request, images, mask))
        return api.generate(**wire.generation(request))

    def _translated(self, trouble: errors.Trouble, request: ImageRequest) -> RetouchError:
        error = errors.ours(trouble)
        log.warning(
            "no picture: %s: status=%s code=%s type=%s param=%s request=%s: %s%s",
            type(error).__name__,
            trouble.status,
            *(
                errors.redacted(text, self._key, request.prompt)
                for text in (trouble.code, trouble.type, trouble.param, trouble.request_id, trouble.message)
            ),
            f" ({error.for_admin})" if isinstance(error, SetupProblem) else "",
        )
        return error


class _Response(Protocol):
    """What we use of the SDK's streamed response."""

    @property
    def headers(self) -> httpx2.Headers: ...

    @property
    def request_id(self) -> str | None: ...

    def iter_bytes(self) -> AsyncIterator[bytes]: ...

    async def close(self) -> None: ...


async def _previews(response: _Response, harvest: Harvest, deadline: float) -> AsyncGenerator[Preview, None]:
    """Read the answer to its end, or until all pictures are here."""
    async with _received(response) as chunks:
        try:
            while chunk := await _next(chunks, deadline):
                for partial in harvest.feed(chunk):
                    async with asyncio.timeout_at(deadline):
                        preview = await harvest.preview(partial)
                    if preview:
                        yield preview
                if harvest.is_full:
                    return
            harvest.end()
        except httpx2.RequestError:
            if not harvest.salvage():
                raise


@contextlib.asynccontextmanager
async def _received(response: _Response) -> AsyncGenerator[AsyncIterator[bytes], None]:
    """The answer's bytes as they come: a fixed chunk size would hold a small preview back until the next one.

    Reading a closed answer to its end unwinds the library's nested generators here and now; abandoned half-way, each
    would leave a task behind to finish it.
    """
    chunks = response.iter_bytes()
    try:
        yield chunks
    finally:
        await response.close()
        with contextlib.suppress(httpx2.HTTPError, httpx2.StreamError):
            async for _ in chunks:
                pass


async def _next(chunks: AsyncIterator[bytes], deadline: float) -> bytes:
    """The next bytes; none at the end."""
    async with asyncio.timeout_at(deadline):
        async for chunk in chunks:
            if chunk:
                return chunk
    return b""


@contextlib.contextmanager
def _opened(request: ImageRequest) -> Iterator[tuple[list[BinaryIO], BinaryIO | None]]:
    """The input files, open. Raises `ProviderProblem` before anything is sent when one cannot be read."""
    with contextlib.ExitStack() as stack:
        try:
            images: list[BinaryIO] = [stack.enter_context(image.path.open("rb")) for image in request.images]
            mask = stack.enter_context(request.mask.open("rb")) if request.mask and images else None
        except OSError as error:
            raise ProviderProblem("A picture this needs could not be read. Send it again.") from error
        yield images, mask


def _sentence(error: Exception) -> str:
    return errors.LOST if isinstance(error, httpx2.RequestError) else errors.DAMAGED


# ── Building the client ─────────────────────────────────────────────────────────────────────────────────────


def _usable_key(key: str) -> str:
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise SetupProblem(errors.NOT_SET_UP, for_admin=_BAD_KEY)
    return key


def _usable_url(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text.strip())
    except httpx2.InvalidURL as error:
        raise SetupProblem(errors.NOT_SET_UP, for_admin=_BAD_ADDRESS) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise SetupProblem(errors.NOT_SET_UP, for_admin=_BAD_ADDRESS)
    return url


_BAD_KEY = "OPENAI_API_KEY is empty or has characters no key can have."
_BAD_ADDRESS = "OPENAI_BASE_URL must be a whole address such as https://api.openai.com/v1."


def _client(key: str, url: httpx2.URL, timeout: float, tls: ssl.SSLContext) -> openai.AsyncOpenAI:
    """Everything explicit, so that nothing in the environment redirects or labels our requests.

    No redirects (a POST would become a GET, or be sent twice), no idle connections (one that the other side
    has just closed looks like a lost answer, and a lost answer may have been billed).
    """
    timeouts = httpx2.Timeout(timeout, connect=min(_CONNECT_TIMEOUT, timeout))
    http = httpx2.AsyncClient(
        verify=tls,
        timeout=timeouts,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=0),
    )
    client = openai.AsyncOpenAI(
        api_key=key, base_url=url, max_retries=0, timeout=timeouts, http_client=http,
        default_headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    client.organization = client.project = None  # passing None would read the environment
    return client
