"""Planned requests to gateways that do not know every parameter of the image tool."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.openai import OpenAIProvider
from bot.config import Gateway
from bot.errors import ProviderProblem
from tests.contracts.provider import answer
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask


def provider_at(server: OpenAIServer, **more: object) -> OpenAIProvider:
    gateway = {"name": "one", "base_url": server.base_url, "key": "sk-1", "planner": "gpt-5.4", **more}
    return OpenAIProvider(gateways=[Gateway.model_validate(gateway)], timeout=20)


def tool_of(server: OpenAIServer) -> dict[str, Any]:
    fields: Any = server.requests[-1].fields
    return dict(fields["tools"][-1])


async def test_what_a_gateway_does_not_take_is_left_out_of_the_tool_and_named(server: OpenAIServer, ask: Ask) -> None:
    provider = provider_at(server, drop=("moderation", "quality", "partial_images"))
    got = await answer(provider, ask(think="low", quality="high", moderation="low", previews=2))
    await provider.close()
    assert not {"moderation", "quality", "partial_images"} & set(tool_of(server))
    assert got.result.notes == ("one takes no quality, moderation level; left out.",)


async def test_a_parameter_of_the_tool_that_is_unknown_is_found_out_once(ask: Ask) -> None:
    async with OpenAIServer(unknown=("moderation",)) as server:
        provider = provider_at(server)
        first = await answer(provider, ask(think="low", moderation="low"))
        await answer(provider, ask(think="low", moderation="low"))
        await provider.close()
        assert len(server.requests) == 3
        assert server.billed == 2
    assert "moderation" in first.result.for_admin[0]
    assert "moderation level" in first.result.notes[0]


async def test_the_limit_of_a_plan_is_never_left_out(ask: Ask) -> None:
    """Without it the plan could cost more than was reserved."""
    async with OpenAIServer(unknown=("max_output_tokens",)) as server:
        provider = provider_at(server)
        with pytest.raises(ProviderProblem, match="did not accept this request"):
            await answer(provider, ask(think="low"))
        await provider.close()
        assert (len(server.requests), server.billed) == (1, 0)
