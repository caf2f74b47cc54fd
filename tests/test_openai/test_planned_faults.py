"""What goes wrong while a picture is planned: which error it becomes, what a person reads, what is not sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from adapters.openai import OpenAIProvider
from bot.errors import OutcomeUnknown, RateLimited, Refused, RetouchError, SetupProblem
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.test_faults import DAMAGED, FAULTY, LOST, NOT_SET_UP, TOO_SLOW
from tests.test_openai.test_planned import planning_gateway

BUSY = "The image service is busy. Try again in a minute."
VIOLENCE = "The safety system refused the {what} (violence). Try describing the scene without injuries."

# What becomes of it, and what a person reads.
CASES: list[tuple[str, str, type[RetouchError], str]] = [
    ("think_words", "", Refused, "No picture was made. The model answered: “I can't help with that picture.”"),
    ("think_failed_item", "", Refused, VIOLENCE.format(what="finished picture")),
    ("think_error_event", "", OutcomeUnknown, FAULTY),
    ("think_error_event", "rate_limit_exceeded", OutcomeUnknown, BUSY),
    ("think_response_failed", "", OutcomeUnknown, FAULTY),
    ("think_response_failed", "content_policy_violation", Refused,
     "The safety system refused this. Try other words, or another picture."),
    ("think_no_final", "", OutcomeUnknown, LOST),
    ("moderation_input", "", Refused, VIOLENCE.format(what="prompt")),
    ("rate_limit", "90", RateLimited, BUSY),
    ("invalid_api_key", "", SetupProblem, NOT_SET_UP),
    ("server_error", "", OutcomeUnknown, FAULTY),
    ("html_502", "", OutcomeUnknown, FAULTY),
    ("html_200", "", OutcomeUnknown, DAMAGED),
    ("error_in_200", "", OutcomeUnknown, "The image service reported a fault instead of a picture."),
    ("cut_before_headers", "", OutcomeUnknown, LOST),
    ("empty_data", "", Refused, "No picture was made. The model answered: “Here is the picture.”"),
    ("not_a_picture", "", OutcomeUnknown, DAMAGED),
    ("truncated_base64", "", OutcomeUnknown, DAMAGED),
]  # fmt: skip


@pytest.fixture
async def provider(server: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(gateways=[planning_gateway(server)], timeout=20)
    yield provider
    await provider.close()


@pytest.mark.parametrize(("fault", "value", "kind", "sentence"), CASES)
async def test_a_failed_plan_says_what_it_is_and_is_sent_once(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path,
    fault: str, value: str, kind: type[RetouchError], sentence: str,
) -> None:  # fmt: skip
    server.fault(fault, times=None, value=value)
    with pytest.raises(RetouchError) as caught:
        await answer(provider, ask(think="low"))
    assert type(caught.value) is kind
    assert str(caught.value) == sentence
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


WHOLE = [
    case
    for case in CASES
    if case[0] not in ("think_error_event", "think_no_final", "think_response_failed", "truncated_base64")
]


@pytest.mark.parametrize(("fault", "value", "kind", "sentence"), WHOLE)
async def test_a_gateway_that_answers_in_one_piece_fails_with_the_same_words(
    ask: Ask, tmp_path: Path, fault: str, value: str, kind: type[RetouchError], sentence: str
) -> None:
    async with OpenAIServer(no_streaming=True) as server:
        provider = OpenAIProvider(gateways=[planning_gateway(server)], timeout=20)
        server.fault(fault, times=None, value=value)
        with pytest.raises(RetouchError) as caught:
            await answer(provider, ask(think="low"))
        await provider.close()
    assert type(caught.value) is kind
    assert str(caught.value) == sentence
    assert list(tmp_path.iterdir()) == []


async def test_a_picture_refused_after_drawing_says_why_and_may_be_billed(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("think_failed_item")
    with pytest.raises(Refused) as caught:
        await answer(provider, ask(think="low"))
    assert (caught.value.category, caught.value.stage, caught.value.billed) == ("violence", "result", True)


async def test_words_instead_of_a_picture_were_thought_and_may_be_billed(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("think_words")
    with pytest.raises(Refused) as caught:
        await answer(provider, ask(think="low"))
    assert caught.value.billed


async def test_a_refusal_before_the_plan_began_costs_nothing(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("moderation_input")
    with pytest.raises(Refused) as caught:
        await answer(provider, ask(think="low"))
    assert not caught.value.billed


async def test_a_picture_that_was_announced_whole_is_delivered_though_its_end_is_cut(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    server.picture = photo(tmp_path, (320, 200)).path.read_bytes()
    server.fault("cut_mid_body")
    result = (await answer(provider, ask("a red fox", think="low"))).result
    assert result.images[0].path.read_bytes() == server.picture
    assert (result.usage, result.planning) == (None, None)
    assert result.revised == "a red fox, in fine detail"
    assert {path.name for path in tmp_path.iterdir()} == {"photo-320x200-70.png", result.images[0].path.name}


async def test_a_plan_that_never_answers_is_given_up(server: OpenAIServer, ask: Ask, tmp_path: Path) -> None:
    provider = OpenAIProvider(gateways=[planning_gateway(server)], timeout=0.2)
    server.fault("hang")
    with pytest.raises(OutcomeUnknown) as caught:
        await answer(provider, ask(think="low"))
    await provider.close()
    assert str(caught.value) == TOO_SLOW
    assert list(tmp_path.iterdir()) == []


async def test_a_large_mask_that_is_repeated_in_the_answer_does_not_cost_the_picture(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    mask = Image.effect_noise((1024, 1024), 90)
    Image.merge("LA", [mask, mask.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]).convert("LA").save(tmp_path / "mask.png")
    assert (tmp_path / "mask.png").stat().st_size > 1024 * 1024
    request = ask(think="low", images=(photo(tmp_path, (1024, 1024)),), mask=tmp_path / "mask.png")
    before = set(tmp_path.iterdir())
    result = (await answer(provider, request)).result
    assert result.usage and result.planning
    assert set(tmp_path.iterdir()) - before == {result.images[0].path}
