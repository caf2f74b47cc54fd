"""Several pictures: side by side where that gives previews, each paid, delivered or explained on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from adapters.openai import OpenAIProvider
from adapters.openai.pace import Breaker, Pace
from bot.errors import OutcomeUnknown, ProviderProblem, RateLimited, Refused, SetupProblem, TakenBack
from bot.models import Usage
from bot.ports import ImageRequest, Preview, Result, Step
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import Watch, failure, gateway, opened, small_png, unfinished


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.picture = small_png()
        yield server


@pytest.fixture
async def provider(server: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    async with opened(gateway(server)) as provider:
        yield provider


async def test_four_pictures_with_previews_are_drawn_side_by_side(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.delay = 0.05
    got = await answer(provider, ask(n=4, previews=2))
    assert (len(server.requests), server.most_at_once, server.billed) == (4, 4, 4)
    assert all(request.fields["partial_images"] == 2 for request in server.requests)
    assert all("n" not in request.fields for request in server.requests)
    assert sorted({preview.number for preview in got.previews}) == [1, 2, 3, 4]
    assert len(got.previews) == 8
    assert (len(got.result.images), got.result.missing, got.result.doubtful) == (4, (), 0)
    assert len({drawn.path for drawn in got.result.images}) == 4


async def test_the_pictures_are_in_order_whoever_comes_first(ask: Ask) -> None:
    """The first of three is sent last, and is the only one of another size."""
    starts = iter(range(3))

    async def may_send() -> bool:
        if next(starts) == 0:
            await asyncio.sleep(0.1)
        return True

    async with OpenAIServer() as server, opened(gateway(server)) as provider:
        server.fault("wrong_content_type", times=2)
        server.fault("wrong_size")
        result = (await answer(provider, replace(ask(n=3, previews=1, size="1536x1024"), may_send=may_send))).result
    sizes = []
    for drawn in result.images:
        with Image.open(drawn.path) as picture:
            sizes.append(picture.size)
    assert sizes == [(1024, 1024), (1536, 1024), (1536, 1024)]


async def test_several_wait_for_their_turns_like_everybody(server: OpenAIServer, ask: Ask) -> None:
    server.delay = 0.01
    async with opened(gateway(server, concurrency=2)) as provider:
        steps = await _all(provider, ask(n=4, previews=1))
    assert server.most_at_once == 2
    assert sum(isinstance(step, Step) for step in steps) == 2


@pytest.mark.parametrize(
    ("fault", "told", "doubtful"),
    [
        ("moderation_output", "Picture 1 of 4 is missing. The safety system refused the finished picture (violence). "
         "Try describing the scene without injuries. It may be billed.", 1),
        ("moderation_input", "Picture 1 of 4 is missing. The safety system refused the prompt (violence). "
         "Try describing the scene without injuries. It was not charged.", 0),
        ("server_error", "Picture 1 of 4 is missing. The image service had a fault of its own. Try again in a minute. "
         "It may be billed.", 1),
        ("truncated_base64", "Picture 1 of 4 is missing. The image service sent something that is not a whole picture. "
         "It may be billed.", 1),
        ("invalid_value_size", "Picture 1 of 4 is missing. The image service does not take this size. "
         "Choose another, or leave it out. It was not charged.", 0),
    ],
)  # fmt: skip
async def test_one_that_fails_does_not_cost_the_others(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, fault: str, told: str, doubtful: int
) -> None:
    server.fault(fault)
    result = (await answer(provider, ask(n=4, previews=1))).result
    (missing,) = result.missing
    number = int(missing.split()[1])  # which of the four reaches the service first is not ours to say
    assert missing == told.replace("Picture 1", f"Picture {number}")
    assert (len(result.images), result.doubtful, len(server.requests)) == (3, doubtful, 4)
    assert result.usage == _times(3, await _usage_of_one(provider, ask))


async def test_two_that_fail_differently_are_told_apart(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("server_error")
    server.fault("moderation_input")
    result = (await answer(provider, ask(n=4, previews=1))).result
    assert (len(result.images), len(result.missing), result.doubtful) == (2, 2, 1)
    assert sorted(sentence.endswith("It may be billed.") for sentence in result.missing) == [False, True]


async def test_an_admin_problem_of_one_picture_is_told_to_the_admin(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("unverified")
    result = (await answer(provider, ask(n=3, previews=1))).result
    assert len(result.images) == 2
    assert len(result.for_admin) == 1
    assert "verified organization" in result.for_admin[0]


async def test_a_problem_the_admin_knows_of_is_not_told_again_with_the_missing_pictures(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    watch = Watch()
    provider.services[0].breaker = Breaker(watch)
    server.fault("invalid_api_key")
    await failure(provider, ask())
    watch.time += 15
    result = (await answer(provider, ask(n=3, previews=1))).result
    assert (len(result.images), len(result.missing), result.for_admin) == (1, 2, ())


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        (["moderation_input", "server_error", "invalid_value_size"], OutcomeUnknown),
        (["invalid_value_size", "moderation_output", "moderation_input"], Refused),
        (["moderation_input"] * 3, Refused),
        (["invalid_value_size"] * 3, ProviderProblem),
        (["unverified"] * 3, SetupProblem),
    ],
)
async def test_when_all_fail_one_that_may_be_billed_is_told_first(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, faults: list[str], kind: type[Exception]
) -> None:
    for fault in faults:
        server.fault(fault)
    error = await failure(provider, ask(n=3, previews=1))
    assert type(error) is kind
    assert not isinstance(error, Refused) or error.billed == ("moderation_output" in faults)
    assert len(server.requests) == 3


async def test_the_usage_is_the_sum_of_all(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    one = await _usage_of_one(provider, ask)
    result = (await answer(provider, ask(n=4, previews=1))).result
    assert result.usage == _times(4, one)


async def test_the_usage_is_unknown_when_one_did_not_say(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("no_usage")
    result = (await answer(provider, ask(n=4, previews=1))).result
    assert (len(result.images), result.usage) == (4, None)


async def test_leaving_after_the_first_preview_stops_all(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    server.delay = 0.1
    before = asyncio.all_tasks()
    async with aclosing(provider.generate(ask(n=4, previews=3))) as steps:
        assert isinstance(await anext(steps), Preview)
    ours = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task.get_coro())}
    assert ours == set()
    assert provider.services[0].pace.ahead == 0
    assert unfinished(tmp_path) == []


async def test_cancelling_stops_all(server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path) -> None:
    server.delay = 0.2
    task = asyncio.create_task(_all(provider, ask(n=4, previews=1)))
    async with asyncio.timeout(5):
        while len(server.requests) < 4:
            await asyncio.sleep(0.005)
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
    for _ in range(8):
        await asyncio.wait_for(provider.services[0].pace.enter(), 1)
    assert unfinished(tmp_path) == []


async def test_what_was_drawn_before_the_rest_was_taken_back_is_delivered(server: OpenAIServer, ask: Ask) -> None:
    left = iter([True, True, False, False])

    async def may_send() -> bool:
        return next(left)

    async with opened(gateway(server, concurrency=1)) as provider:
        result = (await answer(provider, replace(ask(n=4, previews=1), may_send=may_send))).result
    assert (len(result.images), server.billed, result.doubtful) == (2, 2, 0)
    assert [sentence.endswith("It was not charged.") for sentence in result.missing] == [True, True]


async def test_what_may_be_billed_is_told_though_the_rest_was_taken_back(server: OpenAIServer, ask: Ask) -> None:
    left = iter([True, False, False])

    async def may_send() -> bool:
        return next(left)

    server.fault("server_error")
    async with opened(gateway(server, concurrency=1)) as provider:
        error = await failure(provider, replace(ask(n=3, previews=1), may_send=may_send))
    assert type(error) is OutcomeUnknown


async def test_taken_back_as_a_whole_it_says_just_that(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    async def no() -> bool:
        return False

    assert type(await failure(provider, replace(ask(n=3, previews=1), may_send=no))) is TakenBack
    assert server.requests == []


async def test_a_rate_limit_in_the_middle_loses_none(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    provider.services[0].pace = Pace(8, Watch(leap=2))
    server.fault("rate_limit", times=2, value="1")
    result = (await answer(provider, ask(n=4, previews=1))).result
    assert (len(result.images), result.missing, server.refused) == (4, (), 2)


async def test_a_service_that_stays_busy_fails_the_rest_unbilled(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("rate_limit", times=None, value="3600")
    error = await failure(provider, ask(n=3, previews=1))
    assert type(error) is RateLimited
    assert server.billed == 0


async def test_each_picture_finds_its_own_gateway(server: OpenAIServer, ask: Ask) -> None:
    server.fault("insufficient_quota", times=None)
    async with OpenAIServer() as other, opened(gateway(server, "one"), gateway(other, "two")) as provider:
        other.picture = small_png("red")
        result = (await answer(provider, ask(n=3, previews=1))).result
        assert (len(result.images), other.billed, server.billed) == (3, 3, 0)
    assert len(result.for_admin) == 1


async def test_the_work_of_planning_several_pictures_is_summed(server: OpenAIServer, ask: Ask) -> None:
    async with opened(gateway(server, planner="gpt-5.4")) as provider:
        one = (await answer(provider, ask(think="low", web=True))).result
        three = (await answer(provider, ask(think="low", web=True, n=3))).result
    assert one.planning
    assert three.planning
    assert one.planning.output_tokens > 0
    assert three.planning == replace(
        one.planning,
        input_tokens=3 * one.planning.input_tokens,
        output_tokens=3 * one.planning.output_tokens,
        searches=3 * one.planning.searches,
    )
    assert three.sources == one.sources
    assert len(three.images) == 3


async def test_several_edits_each_send_the_pictures(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    parent = photo(tmp_path, (64, 64))
    result = (await answer(provider, ask("warmer", n=3, previews=1, images=(parent,)))).result
    assert len(result.images) == 3
    assert [request.files[0].data for request in server.requests] == [parent.path.read_bytes()] * 3
    with Image.open(parent.path) as still:
        assert still.size == (64, 64)


async def _all(provider: OpenAIProvider, request: ImageRequest) -> list[Preview | Step | Result]:
    async with aclosing(provider.generate(request)) as steps:
        return [step async for step in steps]


async def _usage_of_one(provider: OpenAIProvider, ask: Ask) -> Usage:
    usage = (await answer(provider, ask(previews=1))).result.usage
    assert usage
    return usage


def _times(count: int, usage: Usage) -> Usage:
    return Usage(
        count * usage.input_text_tokens,
        count * usage.input_image_tokens,
        count * usage.output_image_tokens,
        count * usage.output_text_tokens,
    )
