"""Asks a gateway's Moderations API what is in words and pictures. Free: nothing here is billed, nothing is repeated.

One request for the words and one for each picture: an answer covers all it was given, and people must be told which
picture it is about.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence

import aiohttp
import httpx2

from adapters.openai.http import ReportedError, Wire
from adapters.openai.upload import DataUrl, JsonBody, UnreadableError
from bot.config import Gateway
from bot.errors import SetupProblem, Unavailable
from bot.ports import Finding, InputImage

log = logging.getLogger(__name__)

MODEL = "omni-moderation-latest"
TIMEOUT = 10.0  # seconds for all requests of one check to one gateway
AT_ONCE = 4
_MOST_BYTES = 1_000_000  # an answer has about 2,000
_NONE_HERE = (404, 405, 501)
_NO_ANSWER = "The safety check cannot be asked at the moment. Try again in a few minutes."
_NOBODY = "No image service here has a Moderations API. Set precheck to off, or add a gateway that has one."


class Moderations:
    """The Moderations APIs of these gateways, in order of preference. Build it inside a running event loop."""

    def __init__(self, gateways: Sequence[Gateway], *, timeout: float = TIMEOUT) -> None:
        tls = httpx2.create_ssl_context()
        self._gateways = {
            gateway.name: Wire(gateway.base_url, gateway.key.get_secret_value() if gateway.key else "none", tls)
            for gateway in gateways
        }
        self._without: set[str] = set()  # those that have none: not asked again until a restart
        self._timeout = timeout

    async def check(self, words: str, pictures: Sequence[InputImage]) -> Sequence[Finding]:
        """What is in the words and in each picture, from the first gateway that has a Moderations API.

        Raises `Unavailable` when none of those answered in time, `SetupProblem` when none has one.
        """
        failed = False
        for name, wire in self._gateways.items():
            if name in self._without:
                continue
            try:
                async with asyncio.timeout(self._timeout):
                    return await _all(wire, words, pictures)
            except _NoneHereError:
                self._without.add(name)
                log.warning("gateway %s has no Moderations API; it is not asked again", name)
            except (_NoAnswerError, TimeoutError) as error:
                failed = True
                log.warning("gateway %s did not answer the precheck: %s", name, error or "too late")
        if failed:
            raise Unavailable(_NO_ANSWER)
        raise SetupProblem(_NO_ANSWER, for_admin=_NOBODY)

    async def close(self) -> None:
        """Let go of connections."""
        for wire in self._gateways.values():
            await wire.close()


class _NoneHereError(Exception):
    pass


class _NoAnswerError(Exception):
    pass


async def _all(wire: Wire, words: str, pictures: Sequence[InputImage]) -> list[Finding]:
    turns = asyncio.Semaphore(AT_ONCE)
    inputs: list[object] = [{"type": "text", "text": words}] if words.strip() else []
    inputs += [{"type": "image_url", "image_url": {"url": DataUrl(one.path, one.media_type)}} for one in pictures]
    first = 0 if words.strip() else 1
    tasks = [asyncio.create_task(_one(wire, one, number, turns)) for number, one in enumerate(inputs, start=first)]
    try:
        return [finding for found in await asyncio.gather(*tasks) for finding in found]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(wire: Wire, what: object, number: int, turns: asyncio.Semaphore) -> list[Finding]:
    async with turns:
        try:
            body = await asyncio.to_thread(JsonBody, {"model": MODEL, "input": [what]})
            async with wire.post("/moderations", body) as answer:
                return _findings(json.loads(await _read(answer.pieces)), number)
        except ReportedError as error:
            if error.trouble.status in _NONE_HERE:
                raise _NoneHereError from error
            raise _NoAnswerError(f"status {error.trouble.status}") from error
        except (aiohttp.ClientError, aiohttp.InvalidURL, UnreadableError, OSError, ValueError, RecursionError) as error:
            raise _NoAnswerError(type(error).__name__) from error


async def _read(pieces: AsyncIterator[bytes]) -> bytes:
    text = b""
    async for piece in pieces:
        text += piece
        if len(text) > _MOST_BYTES:
            raise ValueError("too long")
    return text


def _findings(answer: object, number: int) -> list[Finding]:
    """One answer's categories. Raises `ValueError` for what is no answer: an empty one must not pass as harmless."""
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not results:
        raise ValueError("no results")
    return [finding for result in results for finding in _of_one(result, number)]


def _of_one(result: object, number: int) -> list[Finding]:
    if not isinstance(result, dict) or not isinstance(result.get("flagged"), bool):
        raise ValueError("not a result")
    flags, scores = _mapping(result.get("categories")), _mapping(result.get("category_scores"))
    found = [
        Finding(number, name, _number(scores.get(name)), flags.get(name) is True)
        for name in dict.fromkeys((*flags, *scores))
    ]
    if result["flagged"] and not any(one.flagged for one in found):
        found.append(Finding(number, "", 1.0, flagged=True))
    return found


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
