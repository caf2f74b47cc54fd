"""A gateway that keeps failing is left alone for a while, then tried with one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.openai import OpenAIProvider
from adapters.openai.pace import Breaker, Pace
from bot.errors import OutcomeUnknown, RateLimited, SetupProblem, TakenBack, Unavailable
from bot.ports import ImageRequest, Result
from tests.contracts.provider import answer
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import Watch, failure, gateway, opened, small_png

TROUBLE = OutcomeUnknown("It failed.")
OTHER = Unavailable("It is not there.")


# ── By the clock ─────────────────────────────────────────────────────────────────────────────────────────────


def broken(watch: Watch) -> Breaker:
    """One that has just opened."""
    breaker = Breaker(watch)
    assert [breaker.failed(TROUBLE) for _ in range(3)] == [False, False, True]
    return breaker


def test_three_failures_in_a_row_open_it_and_fewer_do_not() -> None:
    breaker = Breaker(Watch())
    breaker.failed(TROUBLE)
    breaker.failed(TROUBLE)
    breaker.went_well()
    assert [breaker.failed(TROUBLE) for _ in range(2)] == [False, False]
    assert breaker.check() is None
    assert breaker.failed(OTHER)
    assert breaker.check() is OTHER


def test_some_failures_open_it_at_once_and_that_is_said_once() -> None:
    breaker = Breaker(Watch())
    assert [breaker.failed(TROUBLE, at_once=True) for _ in range(3)] == [True, False, False]
    assert breaker.why_not() is TROUBLE


def test_after_a_rest_exactly_one_is_let_through() -> None:
    watch = Watch()
    breaker = broken(watch)
    assert breaker.rests_for() == 15
    watch.time += 14.9
    assert breaker.check() is TROUBLE
    watch.time += 0.2
    assert breaker.why_not() is None
    assert [breaker.check() for _ in range(3)] == [None, TROUBLE, TROUBLE]


def test_the_one_that_tries_closes_it_when_it_goes_well() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.time += 20
    breaker.check()
    breaker.went_well()
    breaker.give_back()
    assert [breaker.check() for _ in range(3)] == [None] * 3
    assert breaker.rests_for() == 0
    assert breaker.why is None


def test_each_failed_trial_doubles_the_rest_up_to_five_minutes() -> None:
    watch = Watch()
    breaker = broken(watch)
    rests = []
    for _ in range(30):
        rests.append(breaker.rests_for())
        watch.time += breaker.rests_for()
        assert breaker.check() is None
        breaker.failed(TROUBLE)
        breaker.give_back()
    assert rests[:6] == [15, 30, 60, 120, 240, 300]
    assert set(rests[5:]) == {300}


def test_a_trial_that_shows_nothing_lets_the_next_one_try_at_once() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.time += 20
    assert breaker.check() is None
    assert breaker.check() is TROUBLE
    breaker.give_back()
    assert [breaker.check(), breaker.check()] == [None, TROUBLE]


def test_a_trial_that_never_ends_does_not_keep_everybody_away() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.time += 20
    breaker.check()
    watch.time += 31
    assert breaker.check() is None


def test_a_long_wait_that_the_gateway_asked_for_is_kept_within_five_minutes() -> None:
    breaker = Breaker(Watch())
    breaker.failed(TROUBLE, at_once=True, rest=90)
    assert breaker.rests_for() == 90
    breaker.failed(TROUBLE, at_once=True, rest=3600)
    assert breaker.rests_for() == 300


# ── Through the provider ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.picture = small_png()
        yield server


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def provider(server: OpenAIServer, watch: Watch) -> AsyncIterator[OpenAIProvider]:
    async with opened(gateway(server)) as provider:
        provider.services[0].breaker = Breaker(watch)
        yield provider


async def test_after_three_failures_nothing_is_sent_for_a_while(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    server.fault("server_error", times=None)
    for _ in range(3):
        assert type(await failure(provider, ask())) is OutcomeUnknown
    error = await failure(provider, ask())
    assert type(error) is Unavailable
    assert str(error) == "The image service keeps failing and is left alone for 15 s. Try again then."
    assert len(server.requests) == 3
    server.clear_faults()
    watch.time += 15
    assert (await answer(provider, ask())).result.images
    assert (await answer(provider, ask())).result.images


async def test_after_the_rest_one_request_tries_while_the_others_stay_away(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    server.fault("server_error", times=3)
    for _ in range(3):
        await failure(provider, ask())
    watch.time += 15
    server.delay = 0.05
    got = await asyncio.gather(*(answer(provider, ask()) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in got) == 4
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "fault", ["moderation_input", "moderation_output", "azure_403", "invalid_value_size", "invalid_image_file"]
)
async def test_refused_pictures_and_bad_options_are_no_failures_of_the_gateway(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, fault: str
) -> None:
    server.fault(fault, times=5)
    for _ in range(5):
        await failure(provider, ask())
    assert (await answer(provider, ask())).result.images


async def test_a_missing_model_keeps_nobody_from_the_other_models(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("model_not_found", times=4)
    for _ in range(4):
        await failure(provider, ask(model="gpt-image-1.5"))
    assert (await answer(provider, ask())).result.images


@pytest.mark.parametrize("fault", ["invalid_api_key", "insufficient_quota", "billing_400", "redirect"])
async def test_a_refused_key_or_no_money_is_told_once_and_not_asked_again(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch, fault: str
) -> None:
    server.fault(fault, times=None)
    failures = [await failure(provider, ask()) for _ in range(3)]
    assert len(server.requests) == 1
    watch.time += 15
    failures.append(await failure(provider, ask()))
    assert len(server.requests) == 2
    assert [error.known for error in failures if isinstance(error, SetupProblem)] == [False, True, True, True]
    assert len({str(error) for error in failures}) == 1


async def test_another_problem_after_the_rest_is_told_anew(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    server.fault("invalid_api_key")
    await failure(provider, ask())
    watch.time += 15
    server.fault("insufficient_quota")
    error = await failure(provider, ask())
    assert isinstance(error, SetupProblem)
    assert ("budget" in str(error), error.known) == (True, False)


async def test_those_in_line_do_not_follow_the_first_into_a_refused_key(server: OpenAIServer, ask: Ask) -> None:
    server.fault("invalid_api_key", times=None)
    async with opened(gateway(server, concurrency=1)) as provider:
        errors = await asyncio.gather(*(failure(provider, ask()) for _ in range(6)))
    assert len(server.requests) == 1
    assert [error.known for error in errors if isinstance(error, SetupProblem)] == [False, *[True] * 5]


async def test_requests_go_to_the_second_gateway_while_the_first_rests(server: OpenAIServer, ask: Ask) -> None:
    server.fault("server_error", times=None)
    async with (
        OpenAIServer() as other,
        opened(gateway(server, "one"), gateway(other, "two")) as provider,
    ):
        other.picture = small_png()
        for _ in range(3):
            assert type(await failure(provider, ask())) is OutcomeUnknown
        assert other.requests == []
        for _ in range(2):
            assert (await answer(provider, ask())).result.gateway == "two"
    assert (len(server.requests), len(other.requests)) == (3, 2)


async def test_an_admin_hears_once_that_the_first_gateway_was_passed_over(server: OpenAIServer, ask: Ask) -> None:
    server.fault("invalid_api_key", times=None)
    async with (
        OpenAIServer() as other,
        opened(gateway(server, "one"), gateway(other, "two")) as provider,
    ):
        other.picture = small_png()
        told = [len((await answer(provider, ask())).result.for_admin) for _ in range(3)]
    assert told == [1, 0, 0]


async def test_a_trial_that_is_taken_back_leaves_the_trial_to_the_next(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    server.fault("server_error", times=3)
    for _ in range(3):
        await failure(provider, ask())
    watch.time += 15
    assert type(await failure(provider, replace(ask(), may_send=_no))) is TakenBack
    assert (await answer(provider, ask())).result.images


async def test_a_trial_that_meets_a_rate_limit_is_tried_again(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    provider.services[0].pace = Pace(8, Watch(leap=2))
    server.fault("server_error", times=3)
    for _ in range(3):
        await failure(provider, ask())
    watch.time += 15
    server.fault("rate_limit", value="1")
    assert (await answer(provider, ask())).result.images


async def test_after_an_hours_rate_limit_it_is_tried_again_in_five_minutes(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, watch: Watch
) -> None:
    provider.services[0].pace = Pace(8, Watch(leap=100))
    server.fault("rate_limit", value="3600")
    await failure(provider, ask())
    error = await failure(provider, ask())
    assert isinstance(error, RateLimited)
    assert (error.retry_after, len(server.requests)) == (300, 1)
    watch.time += 300
    assert (await answer(provider, ask())).result.images


async def test_a_picture_counts_even_if_its_reader_leaves_right_with_it(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    for fault in ("server_error", "server_error", "", "server_error", "server_error"):
        if fault:
            server.fault(fault)
            await failure(provider, ask())
        else:
            await _first_result(provider, ask())
    assert (await answer(provider, ask())).result.images


async def _first_result(provider: OpenAIProvider, request: ImageRequest) -> Result:
    steps = provider.generate(request)
    try:
        async for step in steps:
            if isinstance(step, Result):
                return step
    finally:
        await steps.aclose()
    raise AssertionError("no result")


async def _no() -> bool:
    return False
