"""How fast a gateway is asked: never more at a time than allowed, first come first served, and as its limits say."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openai import OpenAIProvider
from adapters.openai.pace import Pace, duration
from bot.errors import OutcomeUnknown, TakenBack
from bot.ports import ImageRequest, Result, Step
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import Watch, failure, gateway, opened, small_png, unfinished

# ── What headers say ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5s", 1.5), ("1m2s", 62), ("120ms", 0.12), ("1h0m0s", 3600), ("2d", 172_800), ("1m", 60), ("1m30ms", 60.03),
        ("0s", 0), ("7", 7), ("0.25", 0.25), (" 6M0S ", 360), ("1s500ms", 1.5),
        ("", None), ("s", None), ("soon", None), ("-1s", None), ("1,5s", None), ("1e5", None), ("nan", None),
        ("inf", None), ("1s2m", None), ("1.5m", None), ("1.s", None), (".5s", None), ("1s 2", None), ("1s\x00", None),
        ("9" * 41, None), ("1" * 30 + "d" * 11, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)  # fmt: skip
def test_a_reset_is_read_in_every_way_it_is_written(text: str, seconds: float | None) -> None:
    assert duration(text) == (seconds if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=60) | st.text("0123456789.dhms -+e", max_size=45))
def test_whatever_a_gateway_writes_is_a_number_of_seconds_or_nothing(text: str) -> None:
    seconds = duration(text)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"}, 62),
        ({"x-ratelimit-remaining-images": " 0 ", "x-ratelimit-reset-images": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.5s",
          "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s"}, 12),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1m2s"}, 0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, 0),
        ({"x-ratelimit-remaining-requests": "0"}, 0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "23h59m"}, 120),
        ({}, 0),
    ],
)  # fmt: skip
def test_where_nothing_remains_the_next_request_waits_for_the_reset(headers: Mapping[str, str], delay: float) -> None:
    watch = Watch()
    pace = Pace(8, watch)
    pace.learn(headers)
    assert pace.delay() == pytest.approx(delay)
    watch.time += delay
    assert pace.delay() == 0


def test_a_shorter_wait_does_not_replace_a_longer_one() -> None:
    pace = Pace(8, Watch())
    pace.push_back(30)
    pace.push_back(2)
    assert pace.delay() == 30


def test_complaints_halve_what_is_allowed_and_good_answers_bring_it_back_slowly() -> None:
    pace = Pace(8, Watch())
    seen = []
    for _ in range(5):
        pace.push_back(0)
        seen.append(pace.allowed)
    assert seen == [4, 2, 1, 1, 1]
    answers = []
    for allowed in range(2, 9):
        count = 0
        while pace.allowed < allowed:
            pace.learn({})
            count += 1
        answers.append(count)
    assert answers == sorted(answers)
    assert answers[-1] >= 7
    for _ in range(50):
        pace.learn({})
    assert pace.allowed == 8


# ── Taking turns ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_turns_come_in_the_order_of_asking() -> None:
    pace = Pace(2)
    order: list[int] = []

    async def take(number: int) -> None:
        await pace.enter()
        order.append(number)
        await asyncio.sleep(0)
        pace.leave()

    await asyncio.gather(*(take(number) for number in range(10)))
    assert order == list(range(10))


async def test_it_tells_how_many_are_ahead() -> None:
    pace = Pace(2)
    seen = [pace.ahead]
    for _ in range(2):
        await pace.enter()
        seen.append(pace.ahead)
    waiting = asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    seen.append(pace.ahead)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    seen.append(pace.ahead)
    assert seen == [0, 0, 1, 2, 1]


async def test_one_who_leaves_the_line_gives_its_turn_to_the_next() -> None:
    pace = Pace(1)
    await pace.enter()
    first, second = (asyncio.create_task(pace.enter()) for _ in range(2))
    await asyncio.sleep(0)
    pace.leave()
    first.cancel()  # in the very moment its turn came
    async with asyncio.timeout(1):
        await asyncio.gather(first, return_exceptions=True)
        await second
    assert first.cancelled()


async def test_one_who_leaves_while_waiting_for_time_gives_its_turn_back() -> None:
    watch = Watch()
    pace = Pace(1, watch)
    pace.push_back(1000)
    waiting = asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    assert pace.ahead == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert pace.ahead == 0
    watch.time += 1000
    async with asyncio.timeout(1):
        await pace.enter()


@pytest.mark.parametrize("seed", range(60))
async def test_whatever_happens_no_turn_is_lost_and_never_are_there_too_many(seed: int) -> None:
    """Come, wait, leave, give up, complaints and good answers in any order."""
    dice = random.Random(seed)
    pace = Pace(dice.randint(1, 4), Watch())
    most, working, worst = pace.allowed, 0, 0

    async def work() -> None:
        nonlocal working, worst
        await pace.enter()
        working += 1
        worst = max(worst, working)
        try:
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
            if dice.random() < 0.3:
                pace.push_back(0)
            if dice.random() < 0.5:
                pace.learn({})
        finally:
            working -= 1
            pace.leave()

    tasks = []
    for _ in range(60):
        tasks.append(asyncio.create_task(work()))
        for _ in range(dice.randrange(3)):
            await asyncio.sleep(0)
        if dice.random() < 0.4:
            dice.choice(tasks).cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert worst <= most
    assert (working, pace.ahead) == (0, 0)
    for _ in range(100):
        pace.learn({})
    async with asyncio.timeout(1):
        for _ in range(most):
            await pace.enter()
    assert pace.ahead == 1


# ── Through the provider ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.picture = small_png()
        yield server


async def _all(provider: OpenAIProvider, request: ImageRequest) -> list[object]:
    async with aclosing(provider.generate(request)) as steps:
        return [step async for step in steps]


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_gateway_is_never_asked_for_more_at_a_time_than_configured(
    server: OpenAIServer, ask: Ask, concurrency: int
) -> None:
    server.delay = 0.01
    async with opened(gateway(server, concurrency=concurrency)) as provider:
        got = await asyncio.gather(*(_all(provider, ask()) for _ in range(12)))
    assert (server.most_at_once, server.billed) == (concurrency, 12)
    waited = [steps[0].sentence for steps in got if isinstance(steps[0], Step)]
    assert waited == [f"Waiting for the image service; {ahead} ahead." for ahead in range(1, 13 - concurrency)]
    assert all(isinstance(steps[-1], Result) for steps in got)


async def test_a_gateway_that_announces_its_limit_is_never_asked_too_often(ask: Ask) -> None:
    async with (
        OpenAIServer(requests_per_minute=3, window=0.3, delay=0.05) as server,
        opened(gateway(server, concurrency=3)) as provider,
    ):
        server.picture = small_png()
        await asyncio.gather(*(answer(provider, ask()) for _ in range(6)))
        assert (server.billed, server.refused, len(server.requests)) == (6, 0, 6)


async def test_a_gateway_that_complains_gets_everything_a_little_later(server: OpenAIServer, ask: Ask) -> None:
    async with opened(gateway(server)) as provider:
        provider.services[0].pace = Pace(8, Watch(leap=2))
        server.fault("rate_limit", times=3, value="1")
        got = await asyncio.gather(*(_all(provider, ask()) for _ in range(6)))
    assert (server.billed, server.refused, len(server.requests)) == (6, 3, 9)
    told = [step.sentence for steps in got for step in steps if isinstance(step, Step)]
    assert told.count("The image service is busy; trying again in 1 s.") == 3


async def test_a_request_tells_how_long_it_waits(server: OpenAIServer, ask: Ask) -> None:
    watch = Watch()
    async with opened(gateway(server)) as provider:
        provider.services[0].pace = Pace(8, watch)
        provider.services[0].pace.push_back(42)
        async with aclosing(provider.generate(ask())) as steps:
            assert await anext(steps) == Step("Waiting for the image service, about 42 s.")
            watch.time += 42
            assert isinstance(await anext(steps), Result)


# ── Taken back, and cancelled ────────────────────────────────────────────────────────────────────────────────


async def test_a_request_that_was_taken_back_is_not_sent_and_keeps_no_turn(server: OpenAIServer, ask: Ask) -> None:
    async def no() -> bool:
        return False

    async with opened(gateway(server, concurrency=1)) as provider:
        for n in (1, 3):
            assert type(await failure(provider, replace(ask(n=n, previews=2), may_send=no))) is TakenBack
        assert server.requests == []
        assert (await answer(provider, ask())).result.images


async def test_it_asks_whether_it_may_send_when_its_turn_comes_not_before(server: OpenAIServer, ask: Ask) -> None:
    server.delay = 0.05
    asked: list[int] = []

    async def may_send() -> bool:
        asked.append(server.billed)
        return True

    async with opened(gateway(server, concurrency=1)) as provider:
        await asyncio.gather(*(answer(provider, replace(ask(), may_send=may_send)) for _ in range(3)))
    assert asked == [0, 1, 2]


async def test_a_request_is_asked_again_whether_it_may_go_before_it_goes_again(server: OpenAIServer, ask: Ask) -> None:
    answers = iter([True, False])

    async def once() -> bool:
        return next(answers)

    async with opened(gateway(server)) as provider:
        provider.services[0].pace = Pace(8, Watch(leap=2))
        server.fault("rate_limit", value="1")
        assert type(await failure(provider, replace(ask(), may_send=once))) is TakenBack
    assert len(server.requests) == 1


@pytest.mark.parametrize("state", ["in line", "waiting for time", "asking leave", "receiving"])
@pytest.mark.parametrize("n", [1, 3])
async def test_a_cancelled_request_leaves_no_turn_and_no_file_behind(
    server: OpenAIServer, ask: Ask, tmp_path: Path, state: str, n: int
) -> None:
    async with opened(gateway(server, concurrency=1)) as provider:
        pace = provider.services[0].pace = Pace(1, watch := Watch())
        request = ask(n=n, previews=1, images=(photo(tmp_path, (64, 64)),))
        if state == "in line":
            await pace.enter()
        elif state == "waiting for time":
            pace.push_back(1000)
        elif state == "asking leave":
            request = replace(request, may_send=_forever)
        else:
            server.delay = 0.3
        task = asyncio.create_task(_all(provider, request))
        await _until(lambda: len(server.requests) == 1 if state == "receiving" else pace.ahead >= 1)
        await asyncio.sleep(0.02)
        task.cancel()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        if state == "in line":
            pace.leave()
        assert (pace.ahead, unfinished(tmp_path)) == (0, [])
        assert len(server.requests) == (1 if state == "receiving" else 0)
        watch.time += 1000
        server.delay = 0
        assert (await answer(provider, ask())).result.images


async def test_a_request_cancelled_while_its_pictures_are_sent_leaves_no_turn_behind(
    server: OpenAIServer, ask: Ask, tmp_path: Path
) -> None:
    big = photo(tmp_path, (64, 64))
    with big.path.open("ab") as file:
        file.truncate(30_000_000)
    async with _deaf() as address, opened(gateway(address, concurrency=1)) as provider:
        task = asyncio.create_task(_all(provider, ask(images=(big,))))
        pace = provider.services[0].pace
        await _until(lambda: pace.ahead == 1)
        await asyncio.sleep(0.05)
        task.cancel()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        assert (pace.ahead, unfinished(tmp_path)) == (0, [])


async def test_one_that_hangs_while_its_pictures_are_sent_ends_in_time(ask: Ask, tmp_path: Path) -> None:
    big = photo(tmp_path, (64, 64))
    with big.path.open("ab") as file:
        file.truncate(30_000_000)
    async with _deaf() as address, opened(gateway(address, concurrency=1), patience=0.2) as provider:
        assert type(await failure(provider, ask(images=(big,)))) is OutcomeUnknown
        assert provider.services[0].pace.ahead == 0


# ── Helpers ──────────────────────────────────────────────────────────────────────────────────────────────────


class _deaf:  # noqa: N801 — used as a function
    """A server that takes connections and never reads."""

    async def __aenter__(self) -> str:
        self._writers: list[asyncio.StreamWriter] = []
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0, limit=1)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _met(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)

    async def __aexit__(self, *_: object) -> None:
        for writer in self._writers:
            writer.close()
        self._server.close()
        await self._server.wait_closed()


async def _forever() -> bool:
    await asyncio.Event().wait()
    return True


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)
