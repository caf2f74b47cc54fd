"""When models end, as the gateways tell it: asked for free, believed only where it is a day."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.openai import OpenAIProvider
from bot.catalog import Catalog
from bot.config import Gateway
from tests.fakes.openai_server import OpenAIServer


def gateway(url: str, name: str = "one", **more: object) -> Gateway:
    return Gateway.model_validate({"name": name, "base_url": url, "key": "sk-1", **more})


async def test_the_days_come_from_the_list_of_models(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.shutdown_dates = {"gpt-image-2": "2027-03-01", "gpt-image-2.5-flare": "soon"}
    assert await provider.shutdowns() == {"gpt-image-2": "2027-03-01"}
    assert server.billed == 0


async def test_a_gateway_s_own_name_for_a_model_is_read_as_ours(server: OpenAIServer) -> None:
    server.shutdown_dates = {"gpt-image-2": "2027-03-01"}
    provider = OpenAIProvider(gateways=[gateway(server.base_url, names={"ours": "gpt-image-2"})])
    assert await provider.shutdowns() == {"ours": "2027-03-01"}
    await provider.close()


async def test_the_first_gateway_s_word_counts(server: OpenAIServer) -> None:
    async with OpenAIServer() as other:
        server.shutdown_dates = {"gpt-image-2": "2027-03-01"}
        other.shutdown_dates = {"gpt-image-2": "2026-12-24"}
        provider = OpenAIProvider(gateways=[gateway(server.base_url), gateway(other.base_url, "two")])
        assert await provider.shutdowns() == {"gpt-image-2": "2027-03-01"}
        await provider.close()


async def test_a_gateway_that_does_not_answer_says_nothing(unused_tcp_port: int) -> None:
    provider = OpenAIProvider(gateways=[gateway(f"http://127.0.0.1:{unused_tcp_port}/v1")])
    assert await provider.shutdowns() == {}
    await provider.close()


@pytest.mark.parametrize(("day", "left"), [("2026-12-21", 30), ("2026-11-21", 0), ("2026-11-20", -1)])
def test_a_day_that_was_learned_counts_in_the_catalogue(day: str, left: int) -> None:
    catalog = Catalog.load()
    catalog.note_shutdowns({"gpt-image-2": day, "nobody-knows": day})
    assert catalog.model("gpt-image-2").days_left(dt.date(2026, 11, 21)) == left
    assert "nobody-knows" not in catalog.names()
