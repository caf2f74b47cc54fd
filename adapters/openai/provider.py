"""The door: a request in, previews and a result out, from the first gateway that can.

The next gateway is asked only where the one before cannot have billed: it could not be reached, refused the key, the
model or the money, or stayed too busy. Several pictures become as many requests side by side where that gives previews.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import httpx2
from pydantic import SecretStr

from adapters.openai import errors
from adapters.openai.answer import total
from adapters.openai.lookout import shutdown_days
from adapters.openai.service import Service
from bot.config import Gateway, gateway_from_environment
from bot.errors import OutcomeUnknown, RateLimited, Refused, RetouchError, SetupProblem, TakenBack, Unavailable
from bot.models import Options, Planning
from bot.ports import ImageRequest, Preview, Result, Step

log = logging.getLogger(__name__)

T = TypeVar("T")


class OpenAIProvider:
    """OpenAI and services like it, in order of preference. Build it inside a running event loop.

    `timeout` is seconds for a whole request. With `api_key` instead of `gateways` there is one. Raises `SetupProblem`
    for a key or an address that cannot be one. Iterate `generate` under `contextlib.aclosing`: leaving early closes
    the connection.
    """

    name = "openai"
    costs_money = True

    def __init__(
        self,
        *,
        gateways: Sequence[Gateway] = (),
        api_key: str = "",
        base_url: str | None = None,
        timeout: float = 600.0,
    ) -> None:
        tls = httpx2.create_ssl_context()
        chosen = tuple(gateways) or (gateway_from_environment(SecretStr(api_key), base_url),)
        self.services = tuple(Service(gateway, timeout=timeout, tls=tls) for gateway in chosen)

    def lists(self, model: str) -> bool:
        """Whether a gateway names this model as its own."""
        return any(model in service.gateway.models for service in self.services)

    def why_not(self, options: Options, *, images: int = 0, mask: bool = False, markup: bool = False) -> str:
        """Why no gateway can draw this, as a sentence; "": one can."""
        able = [one for one in self.services if one.gateway.serves(options.model)]
        if not able:
            return f"No image service here has {options.model}. Choose another model, or ask an admin."
        reasons = [_lacks(one.gateway, options, images, mask, markup) for one in able]
        return "" if "" in reasons else reasons[0]

    def planner_for(self, options: Options) -> str:
        """The text model that would plan this; "": none."""
        serving = (one.gateway.planning_model for one in self.services if one.gateway.serves(options.model))
        return next(filter(None, serving), "") if options.is_planned else ""

    async def shutdowns(self) -> Mapping[str, str]:
        """The day on which each model ends, as far as the gateways say."""
        days: dict[str, str] = {}
        for service in reversed(self.services):
            theirs = await shutdown_days(service.gateway)
            ours = {its: name for name, its in service.gateway.names.items()}
            days |= {ours.get(name, name): day for name, day in theirs.items()}
        return days

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        """Yield previews and steps, then one result. Pictures go to files under `request.folder` as they arrive."""
        able = self._able(request)
        steps = self._several(request, able) if _is_split(request, able) else self._first_able(request, able)
        async with contextlib.aclosing(steps):
            async for step in steps:
                yield step

    async def close(self) -> None:
        """Let go of connections."""
        for service in self.services:
            await service.close()

    def _able(self, request: ImageRequest) -> list[Service]:
        images, mask, markup = len(request.images), request.mask is not None, request.markup is not None
        able = [
            one
            for one in self.services
            if one.gateway.serves(request.options.model)
            and not _lacks(one.gateway, request.options, images, mask, markup)
        ]
        if not able:
            sentence = self.why_not(request.options, images=images, mask=mask, markup=markup)
            raise SetupProblem(sentence, for_admin=f"{sentence} See the gateways in retouch.toml.")
        return able

    # ── One gateway after the other ──────────────────────────────────────────────────────────────────────────

    async def _first_able(
        self, request: ImageRequest, able: Sequence[Service]
    ) -> AsyncGenerator[Preview | Step | Result, None]:
        failures: list[RetouchError] = []
        for service in able:
            try:
                async with contextlib.aclosing(service.draw(request)) as steps:
                    async for step in steps:
                        yield _with_news(step, able, failures) if isinstance(step, Result) else step
                return
            except (SetupProblem, Unavailable, RateLimited) as error:
                failures.append(error)
                log.warning("gateway %s did not draw: %s", service.gateway.name, type(error).__name__)
        raise _worst(failures)

    # ── Several pictures side by side ────────────────────────────────────────────────────────────────────────

    async def _several(
        self, request: ImageRequest, able: Sequence[Service]
    ) -> AsyncGenerator[Preview | Step | Result, None]:
        numbers = range(1, request.options.n + 1)
        outbox: asyncio.Queue[Preview | Step | _Part] = asyncio.Queue()
        single = replace(request, options=replace(request.options, n=1))
        tasks = [asyncio.create_task(self._part(number, single, able, outbox)) for number in numbers]
        parts: dict[int, _Part] = {}
        try:
            while len(parts) < len(tasks):
                item = await outbox.get()
                if isinstance(item, _Part):
                    parts[item.number] = item
                else:
                    yield item
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        yield _together([parts[number] for number in numbers])

    async def _part(
        self,
        number: int,
        request: ImageRequest,
        able: Sequence[Service],
        outbox: asyncio.Queue[Preview | Step | _Part],
    ) -> None:
        """One picture of several, into the outbox, whatever becomes of it."""
        outcome: Result | RetouchError = OutcomeUnknown(errors.LOST)
        try:
            async with contextlib.aclosing(self._first_able(request, able)) as steps:
                async for step in steps:
                    if isinstance(step, Result):
                        outcome = step
                    else:
                        outbox.put_nowait(replace(step, number=number) if isinstance(step, Preview) else step)
        except RetouchError as error:
            outcome = error
        except Exception:
            log.exception("a picture of several failed")  # the others are paid for: they shall be delivered
        outbox.put_nowait(_Part(number, outcome))


class _Part:
    """What became of one picture of several."""

    def __init__(self, number: int, outcome: Result | RetouchError) -> None:
        self.number = number
        self.outcome = outcome


def _together(parts: Sequence[_Part]) -> Result:
    """One result of all; raises when there is no picture at all."""
    results = [part.outcome for part in parts if isinstance(part.outcome, Result)]
    failures = [part.outcome for part in parts if isinstance(part.outcome, RetouchError)]
    if not results:
        raise _worst(sorted(failures, key=lambda error: not isinstance(error, TakenBack)))
    missing = [
        f"Picture {part.number} of {len(parts)} is missing. {part.outcome} "
        + ("It may be billed." if _is_doubtful(part.outcome) else "It was not charged.")
        for part in parts
        if isinstance(part.outcome, RetouchError)
    ]
    first = results[0]
    return replace(
        first,
        images=tuple(image for one in results for image in one.images),
        usage=total([one.usage for one in results]),
        planning=_planning([one.planning for one in results]),
        sources=_each_once(source for one in results for source in one.sources),
        missing=tuple(missing),
        doubtful=sum(map(_is_doubtful, failures)),
        notes=_each_once(note for one in results for note in one.notes),
        for_admin=_each_once(
            [*(note for one in results for note in one.for_admin),
             *(error.for_admin for error in failures if isinstance(error, SetupProblem) and not error.known)]
        ),
    )  # fmt: skip


def _planning(plans: Sequence[Planning | None]) -> Planning | None:
    """What all plans used up together; None as soon as one of them did not say."""
    known = [one for one in plans if one]
    if not known or len(known) < len(plans):
        return None
    return replace(
        known[0],
        input_tokens=sum(one.input_tokens for one in known),
        output_tokens=sum(one.output_tokens for one in known),
        searches=sum(one.searches for one in known),
    )


def _each_once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _is_doubtful(error: RetouchError) -> bool:
    return isinstance(error, OutcomeUnknown) or (isinstance(error, Refused) and error.billed)


def _worst(failures: Sequence[RetouchError]) -> RetouchError:
    """The failure to tell: one that may be billed first, then the first that says something new."""
    doubtful = [error for error in failures if _is_doubtful(error)]
    fresh = [error for error in failures if not (isinstance(error, SetupProblem) and error.known)]
    return next(iter([*doubtful, *fresh, *failures]), OutcomeUnknown(errors.LOST))


def _with_news(result: Result, able: Sequence[Service], failures: Sequence[RetouchError]) -> Result:
    """What an admin should know of the gateways that were passed over."""
    news = tuple(
        f"Gateway {service.gateway.name} was passed over. {error.for_admin}"
        for service, error in zip(able, failures, strict=False)
        if isinstance(error, SetupProblem) and not error.known
    )
    return replace(result, for_admin=(*result.for_admin, *news))


def _lacks(gateway: Gateway, options: Options, images: int, mask: bool, markup: bool) -> str:
    """What a gateway cannot do of a request, as a sentence; "": it can do it all."""
    if options.is_planned and not gateway.planning_model:
        return "The image service here cannot think or search first. Leave out --think and --web."
    if images and gateway.edits == "none":
        return "The image service set up here cannot edit pictures. Ask an admin for another."
    if mask and gateway.api == "chat":
        return "The image service set up here takes no mask. Say in words where to change the picture."
    if markup and (gateway.api == "chat" or gateway.edits == "json" or options.is_planned):
        return "The image service set up here takes no markup. Say in words what to change."
    return ""


def _is_split(request: ImageRequest, able: Sequence[Service]) -> bool:
    if request.options.n == 1:
        return False
    one_by_one = not all(one.draws_several for one in able)
    return one_by_one or request.options.is_planned or (request.previews > 0 and able[0].streams)
