"""A picture that a text model plans, searches for and has drawn: what is asked for, and what comes of it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from adapters.openai import OpenAIProvider
from bot.config import Gateway
from bot.errors import SetupProblem
from bot.models import Options, Planning, Source, Usage
from bot.ports import ImageRequest, Preview, Result, Step
from bot.pricing import MOST_SEARCHES, PLAN_TOKENS
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import KEY, Ask

PLANNER = "gpt-5.4"


def planning_gateway(server: OpenAIServer, **more: object) -> Gateway:
    settings = {"base_url": server.base_url, "key": SecretStr(KEY), "planner": PLANNER, **more}
    return Gateway.model_validate(settings)


@pytest.fixture
async def provider(server: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(gateways=[planning_gateway(server)], timeout=20)
    yield provider
    await provider.close()


async def told(provider: OpenAIProvider, request: ImageRequest) -> list[str]:
    """Everything that came, in order, in a word each; steps in their own words."""
    async with aclosing(provider.generate(request)) as stream:
        return [one.sentence if isinstance(one, Step) else type(one).__name__ async for one in stream]


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


# ── What is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_plan_asks_for_exactly_this(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    await answer(provider, ask("a red fox", think="high"))
    (sent,) = server.requests
    assert sent.path == "/v1/responses"
    assert sent.fields == {
        "model": PLANNER,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "a red fox"}]}],
        "tools": [{"type": "image_generation", "model": "gpt-image-2", "action": "generate"}],
        "tool_choice": {"type": "image_generation"},
        "reasoning": {"effort": "high", "summary": "auto"},
        "max_output_tokens": PLAN_TOKENS["high"],
        "max_tool_calls": 1,
        "store": False,
        "stream": True,
    }


async def test_a_search_may_be_done_first_and_not_as_from_one_country(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    await answer(provider, ask(web=True))
    fields = server.requests[0].fields
    assert fields["tools"] == [
        {"type": "web_search", "user_location": {"type": "approximate"}},
        {"type": "image_generation", "model": "gpt-image-2", "action": "generate"},
    ]
    assert fields["tool_choice"] == "required"
    assert fields["reasoning"] == {"effort": "low", "summary": "auto"}
    assert fields["max_output_tokens"] == PLAN_TOKENS[""]
    assert fields["max_tool_calls"] == MOST_SEARCHES + 1


async def test_options_go_to_the_tool_and_the_person_is_a_hash(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    request = ask(think="low", size="1536x1024", quality="low", output_format="jpeg", output_compression=70,
                  moderation="low", background="opaque", previews=2, user_key="abc123")  # fmt: skip
    await answer(provider, request)
    fields = server.requests[0].fields
    assert fields["safety_identifier"] == "abc123"
    assert fields["tools"] == [{
        "type": "image_generation", "model": "gpt-image-2", "action": "generate", "size": "1536x1024",
        "quality": "low", "output_format": "jpeg", "output_compression": 70, "moderation": "low",
        "background": "opaque", "partial_images": 2,
    }]  # fmt: skip
    assert "prompt" not in fields


async def test_pictures_go_along_as_data_urls_and_the_mask_in_the_tool(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    images = (photo(tmp_path, (64, 64)), photo(tmp_path, (64, 48), (200, 60, 60)))
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 32, 64))
    mask.save(tmp_path / "mask.png")
    await answer(provider, ask("add a moon", think="low", images=images, mask=tmp_path / "mask.png"))
    (sent,) = server.requests
    texts = [base64.b64encode(one.path.read_bytes()).decode() for one in images]
    mask_text = base64.b64encode((tmp_path / "mask.png").read_bytes()).decode()
    assert sent.fields["input"] == [{"role": "user", "content": [
        {"type": "input_text", "text": "add a moon"},
        *({"type": "input_image", "image_url": f"data:image/png;base64,{text}", "detail": "auto"} for text in texts),
    ]}]  # fmt: skip
    assert sent.fields["tools"] == [{
        "type": "image_generation", "model": "gpt-image-2", "action": "edit",
        "input_image_mask": {"image_url": f"data:image/png;base64,{mask_text}"},
    }]  # fmt: skip


async def test_a_gateways_own_name_of_the_image_model_is_used(server: OpenAIServer, ask: Ask) -> None:
    gateway = planning_gateway(server, names={"gpt-image-2": "openai/gpt-image-2"}, planner="thinker-1")
    provider = OpenAIProvider(gateways=[gateway], timeout=20)
    result = (await answer(provider, ask(think="low"))).result
    await provider.close()
    fields = server.requests[0].fields
    assert fields["model"] == "thinker-1"
    assert fields["tools"] == [{"type": "image_generation", "model": "openai/gpt-image-2", "action": "generate"}]
    assert result.planning and result.planning.model == "thinker-1"


async def test_a_gateway_that_does_not_know_summaries_is_asked_without(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("unknown_parameter", value="reasoning.summary")
    result = (await answer(provider, ask(think="low"))).result
    assert ["reasoning" in one.fields for one in server.requests] == [True, False]
    assert result.images
    assert 'drop = ["reasoning"]' in result.for_admin[0]


# ── What comes ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_its_steps_are_told_in_order_and_the_previews_come_between(provider: OpenAIProvider, ask: Ask) -> None:
    assert await told(provider, ask("a red fox", think="medium", web=True, previews=2)) == [
        "Planning the picture",
        "Searched the web: a red fox",
        "Drawing",
        "Preview",
        "Preview",
        "Result",
    ]


async def test_without_thinking_aloud_only_the_drawing_is_told(provider: OpenAIProvider, ask: Ask) -> None:
    assert await told(provider, ask(think="low")) == ["Planning the picture", "Drawing", "Result"]


async def test_the_picture_comes_once_byte_for_byte_and_leaves_nothing_behind(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    server.picture = photo(tmp_path, (320, 200)).path.read_bytes()
    before = files_in(tmp_path)
    got = await answer(provider, ask(think="low", previews=2))
    (drawn,) = got.result.images
    assert drawn.path.read_bytes() == server.picture
    assert files_in(tmp_path) - before == {drawn.path, *(one.path for one in got.previews)}
    assert len(got.previews) == 2
    assert got.result.missing == ()
    assert len(server.requests) == 1


async def test_what_it_used_read_and_was_told_is_in_the_result(provider: OpenAIProvider, ask: Ask) -> None:
    request = ask("a red fox", think="high", web=True, size="1024x1024", quality="low", previews=1)
    result = (await answer(provider, request)).result
    assert result.revised == "a red fox, in fine detail"
    assert result.sources == (Source("What it looks like", "https://example.org/what-it-looks-like"),)
    assert result.planning == Planning(PLANNER, 60 + 3, 40 + 128, 1)
    assert result.usage == Usage(6 + len("a red fox"), 0, 196 + 100, 0)
    assert (result.gateway, result.request_id) == ("openai", "req_loopback")


async def test_an_edits_pictures_are_counted_for_both_models(
    provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    request = ask("add a moon", think="low", images=(photo(tmp_path, (64, 64)),), size="1024x1024", quality="low")
    result = (await answer(provider, request)).result
    assert result.usage == Usage(6 + len("add a moon"), 1024, 196, 0)
    assert result.planning == Planning(PLANNER, 60 + 3 + 1024, 40 + 32, 0)


async def test_an_answer_in_one_piece_says_the_same(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    request = ask(think="low", web=True)
    streamed = (await answer(provider, request)).result
    server.fault("json_instead_of_sse")
    whole = (await answer(provider, request)).result
    assert whole.images[0].sha256 == streamed.images[0].sha256
    assert replace(whole, images=()) == replace(streamed, images=())


async def test_a_gateway_that_never_streams_can_plan(ask: Ask) -> None:
    async with OpenAIServer(no_streaming=True) as server:
        provider = OpenAIProvider(gateways=[planning_gateway(server, streaming=False, drop=("stream",))], timeout=20)
        result = (await answer(provider, ask(think="low", previews=2))).result
        await provider.close()
    assert result.images
    assert "stream" not in server.requests[0].fields


async def test_without_usage_neither_cost_is_known(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    server.fault("no_usage")
    result = (await answer(provider, ask(think="low", web=True))).result
    assert (result.usage, result.planning) == (None, None)
    assert result.sources


async def test_several_planned_pictures_are_planned_one_by_one(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    result = (await answer(provider, ask(think="low", n=3))).result
    assert len(result.images) == 3
    assert [one.path for one in server.requests] == ["/v1/responses"] * 3


# ── Who can ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_gateway_without_a_planner_says_so_and_is_not_asked(server: OpenAIServer, ask: Ask) -> None:
    provider = OpenAIProvider(gateways=[planning_gateway(server, planner="")], timeout=20)
    sentence = "The image service here cannot think or search first. Leave out --think and --web."
    for planned in (Options("gpt-image-2", think="low"), Options("gpt-image-2", web=True)):
        assert provider.why_not(planned) == sentence
        assert provider.planner_for(planned) == ""
    assert provider.why_not(Options("gpt-image-2")) == ""
    with pytest.raises(SetupProblem) as caught:
        await answer(provider, ask(think="low"))
    await provider.close()
    assert str(caught.value) == sentence
    assert server.requests == []


async def test_the_gateway_that_can_plan_is_asked_though_it_comes_second(server: OpenAIServer, ask: Ask) -> None:
    gateways = [planning_gateway(server, planner="", name="first"), planning_gateway(server, name="second")]
    provider = OpenAIProvider(gateways=gateways, timeout=20)
    result = (await answer(provider, ask(think="low"))).result
    plain = (await answer(provider, ask())).result
    await provider.close()
    assert (result.gateway, plain.gateway) == ("second", "first")
    assert provider.planner_for(Options("gpt-image-2", think="low")) == PLANNER
    assert provider.planner_for(Options("gpt-image-2")) == ""


async def test_stopping_to_listen_ends_the_connection_and_leaves_no_file(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    seen: list[Preview | Step | Result] = []
    async with aclosing(provider.generate(ask(think="low", previews=2))) as stream:
        async for one in stream:
            seen.append(one)
            if isinstance(one, Preview):
                one.path.unlink()
                break
    assert len(seen) == 3
    assert files_in(tmp_path) == set()
