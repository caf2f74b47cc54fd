"""One gateway: takes turns, sends one POST, learns from the answer. What may have been billed is never repeated."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import httpx2

from adapters.openai import answer, errors, wire
from adapters.openai.download import Downloader
from adapters.openai.files import TooLargeError
from adapters.openai.harvest import Harvest, kind_of
from adapters.openai.http import ReportedError, Wire
from adapters.openai.pace import Breaker, Pace
from adapters.openai.stream import Sieve
from adapters.openai.upload import UnreadableError
from bot.config import Gateway
from bot.errors import (
    OutcomeUnknown,
    ProviderProblem,
    RateLimited,
    Refused,
    RetouchError,
    SetupProblem,
    TakenBack,
    Unavailable,
)
from bot.ports import ImageRequest, Preview, Result, Step

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0  # seconds; a rate limit beyond this goes to the next gateway, or fails the request
TRIES = 3
_MOST_DROPS = 4  # unknown parameters found out in one request
_UNREADABLE = "A picture this needs could not be read. Send it again."
_VISIBLE = {
    "size": "size", "quality": "quality", "background": "background", "output_format": "format",
    "output_compression": "compression", "moderation": "moderation level", "input_fidelity": "fidelity",
    "complexity": "complexity",
}  # fmt: skip
_NEVER_DROPPED = frozenset({"prompt", "model", "image", "image[]", "images", "mask", "markup", "input", "tools",
                            "messages", "max_output_tokens", "max_tool_calls"})  # fmt: skip


class Service:
    """A gateway with its connections and what was learned of it. Build it inside a running event loop.

    `timeout` is seconds for a whole request, uploads and downloads included, waiting for a turn excluded.
    """

    def __init__(self, gateway: Gateway, *, timeout: float, tls: ssl.SSLContext) -> None:
        self.gateway = gateway
        self.pace = Pace(gateway.concurrency)
        self.breaker = Breaker()
        self._dropped = set(gateway.drop)
        self._timeout = timeout
        self._key = gateway.key.get_secret_value() if gateway.key else "none"
        self._wire = Wire(gateway.base_url, self._key, tls)
        self._downloader = Downloader(trusted_host=urlsplit(gateway.base_url).hostname or "", tls=tls)

    @property
    def draws_several(self) -> bool:
        """Whether one request may ask for several pictures, as far as is known."""
        return self.gateway.several and self.gateway.api == "images" and "n" not in self._dropped

    @property
    def streams(self) -> bool:
        """Whether it gives previews, as far as is known."""
        return self.gateway.streaming and "stream" not in self._dropped

    async def draw(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        """Previews and steps, then one result. Raises only errors of ours."""
        for tries_left in reversed(range(TRIES)):
            self._keep_away(self.breaker.why_not())
            if waiting := self._waiting():
                yield waiting
            async with self._turn():
                try:
                    async with contextlib.aclosing(self._sent(request)) as steps:
                        async for step in steps:
                            yield step
                    return
                except RetouchError as error:
                    self._learn_from(error)
                    if not isinstance(error, RateLimited) or not tries_left or error.retry_after > LONGEST_WAIT:
                        raise
                    seconds = round(error.retry_after)
            yield Step(f"The image service is busy; trying again in {seconds} s.")

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()
        await self._downloader.close()

    # ── Turns ────────────────────────────────────────────────────────────────────────────────────────────────

    def _waiting(self) -> Step | None:
        if ahead := self.pace.ahead:
            return Step(f"Waiting for the image service; {ahead} ahead.")
        delay = self.pace.delay()
        return Step(f"Waiting for the image service, about {round(delay)} s.") if delay >= 1 else None

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A turn, if the gateway is worth asking still when it comes."""
        await self.pace.enter()
        try:
            self._keep_away(self.breaker.check())
            is_trial = self.breaker.why is not None
            try:
                yield
            finally:
                if is_trial:
                    self.breaker.give_back()
        finally:
            self.pace.leave()

    def _keep_away(self, why: Exception | None) -> None:
        """Raises what opened the breaker, if it did."""
        if why is None:
            return
        if isinstance(why, SetupProblem):
            raise SetupProblem(str(why), for_admin=why.for_admin, lasting=True, known=True)
        if isinstance(why, RateLimited):
            raise RateLimited(str(why), retry_after=self.breaker.rests_for())
        seconds = max(1, round(self.breaker.rests_for()))
        raise Unavailable(f"The image service keeps failing and is left alone for {seconds} s. Try again then.")

    def _learn_from(self, error: RetouchError) -> None:
        """Only what is the gateway's own fault counts; a refused picture is a good answer."""
        opened = False
        if isinstance(error, RateLimited):
            self.pace.push_back(min(error.retry_after, LONGEST_WAIT))
            if error.retry_after > LONGEST_WAIT:
                opened = self.breaker.failed(error, at_once=True, rest=error.retry_after)
        elif isinstance(error, SetupProblem) and error.lasting:
            before = self.breaker.why
            error.known = isinstance(before, SetupProblem) and before.for_admin == error.for_admin
            opened = self.breaker.failed(error, at_once=True)
        elif isinstance(error, Unavailable | OutcomeUnknown):
            opened = self.breaker.failed(error)
        elif isinstance(error, Refused):
            self.breaker.went_well()
        if opened:
            log.error("gateway %s is left alone for %s s", self.gateway.name, round(self.breaker.rests_for()))

    async def _sent(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        if not await request.may_send():
            raise TakenBack("The request was taken back before anything was sent.")
        async with contextlib.aclosing(self._with_what_it_takes(request)) as steps:
            async for step in steps:
                if isinstance(step, Result):
                    self.breaker.went_well()
                yield step

    async def _with_what_it_takes(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        """Ask; once more without a parameter that the gateway says it does not know, which costs nothing."""
        learned: list[str] = []
        while True:
            call = _call(request, self.gateway, self._dropped)
            try:
                async with contextlib.aclosing(self._translated(call, request)) as steps:
                    async for step in steps:
                        yield self._annotated(step, request, call, learned) if isinstance(step, Result) else step
                return
            except _UnknownParameterError as error:
                if len(learned) == _MOST_DROPS:
                    raise errors.ours(error.trouble) from error
                learned.append(error.name)
                self._dropped.add(error.name)
                log.warning("gateway %s does not know %s; left out from now on", self.gateway.name, error.name)

    def _annotated(self, result: Result, request: ImageRequest, call: wire.Call, learned: list[str]) -> Result:
        """The result with what the gateway did not take: for the card, and once for the admin."""
        wanted = wire.wanted(request)
        left_out = [_VISIBLE[name] for name in wanted if name in _VISIBLE and name not in call.sent]
        name = self.gateway.name
        notes = [f"{name} takes no {', '.join(left_out)}; left out."] if left_out else []
        hints = [
            f'Gateway {name} does not know the parameter "{one}". It is left out from now on; to spare the first try '
            f'after a restart, add drop = ["{one}"] to this gateway in retouch.toml.'
            for one in learned
        ]
        return replace(result, gateway=name, notes=(*result.notes, *notes), for_admin=(*result.for_admin, *hints))

    # ── One POST ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _translated(
        self, call: wire.Call, request: ImageRequest
    ) -> AsyncGenerator[Preview | Step | Result, None]:
        """The POST, its every error as one of ours."""
        try:
            async with contextlib.aclosing(self._post(call, request)) as steps:
                async for step in steps:
                    yield step
        except RetouchError as error:
            log.warning("no picture: %s: %s", type(error).__name__, error)
            raise
        except ReportedError as error:
            if name := _unknown_parameter(error.trouble, call):
                raise _UnknownParameterError(name, error.trouble) from error
            raise self._ours(error.trouble, request) from error
        except UnreadableError as error:
            log.warning("nothing was drawn: an input could not be read: %s", error)
            raise ProviderProblem(_UNREADABLE) from error
        except (aiohttp.ClientError, aiohttp.InvalidURL) as error:
            log.warning("no picture: %s", type(error).__name__)
            raise errors.no_answer(error) from error
        except TimeoutError as error:
            log.warning("no picture: the whole request took longer than %s s", self._timeout)
            raise OutcomeUnknown(errors.TOO_SLOW) from error
        except (answer.BadAnswerError, TooLargeError, httpx2.RequestError) as error:
            log.warning("no picture: %s: %s", type(error).__name__, errors.redacted(str(error), self._key))
            raise OutcomeUnknown(errors.DAMAGED) from error
        except OSError as error:
            log.warning("no picture: it could not be saved: %s", error.strerror)
            raise OutcomeUnknown(errors.UNSAVED) from error

    async def _post(self, call: wire.Call, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        # The deadline is renewed around each wait, never around a `yield`: there the time is the reader's.
        deadline = asyncio.get_running_loop().time() + self._timeout
        kind = kind_of(call.path)
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                got = await stack.enter_async_context(self._wire.post(call.path, call.body))
            self.pace.learn(got.headers)
            sieve = stack.enter_context(Sieve(request.folder, kind.keys))
            harvest = Harvest(request, sieve, self._downloader, got.headers, kind)
            async with contextlib.aclosing(_passing(got.pieces, harvest, deadline)) as passing:
                async for step in passing:
                    yield step
            async with asyncio.timeout_at(deadline):
                result = await harvest.result(got.request_id)
        yield result

    def _ours(self, trouble: errors.Trouble, request: ImageRequest) -> RetouchError:
        error = errors.ours(trouble)
        if trouble.begun and isinstance(error, SetupProblem | RateLimited | Unavailable):
            if isinstance(error, SetupProblem):
                log.error("an admin must act: %s", error.for_admin)
            error = OutcomeUnknown(str(error))  # no other gateway: the plan so far may be billed
        log.warning(
            "no picture: %s: gateway=%s status=%s code=%s type=%s param=%s request=%s: %s%s",
            type(error).__name__,
            self.gateway.name,
            trouble.status,
            *(
                errors.redacted(text, self._key, request.prompt, request.words)
                for text in (trouble.code, trouble.type, trouble.param, trouble.request_id, trouble.message)
            ),
            f" ({error.for_admin})" if isinstance(error, SetupProblem) else "",
        )
        return error


class _UnknownParameterError(Exception):
    def __init__(self, name: str, trouble: errors.Trouble) -> None:
        super().__init__(name)
        self.name = name
        self.trouble = trouble


def _unknown_parameter(trouble: errors.Trouble, call: wire.Call) -> str:
    """The parameter that was refused as unknown, if it was sent and can be left out."""
    if trouble.status not in (400, 422) or trouble.code not in ("unknown_parameter", "unsupported_parameter"):
        return ""
    whole, _, part = trouble.param.partition(".")
    in_tool = whole.startswith("tools[") and part  # "tools[0].moderation"
    name = (part if in_tool else whole).partition("[")[0].partition(".")[0]
    return name if name in call.sent and name not in _NEVER_DROPPED else ""


def _call(request: ImageRequest, gateway: Gateway, dropped: set[str]) -> wire.Call:
    try:
        return wire.call_for(request, gateway, frozenset(dropped))
    except OSError as error:
        raise ProviderProblem(_UNREADABLE) from error


async def _passing(
    pieces: AsyncIterator[bytes], harvest: Harvest, deadline: float
) -> AsyncGenerator[Preview | Step, None]:
    """Read the answer to its end, or until all pictures are here."""
    try:
        while piece := await _next(pieces, deadline):
            for found in harvest.feed(piece):
                if isinstance(found, answer.Tell):
                    yield Step(found.sentence)
                    continue
                async with asyncio.timeout_at(deadline):
                    preview = await harvest.preview(found)
                if preview:
                    yield preview
            if harvest.is_full:
                return
        harvest.end()
    except (aiohttp.ClientError, TimeoutError):
        if not harvest.salvage():
            raise


async def _next(pieces: AsyncIterator[bytes], deadline: float) -> bytes:
    """The next bytes; none at the end."""
    async with asyncio.timeout_at(deadline):
        async for piece in pieces:
            return piece
    return b""
