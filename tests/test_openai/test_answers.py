"""Every shape of answer that holds pictures: they arrive on disk, whole and untouched, for one POST."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.openai import OpenAIProvider
from bot.models import Usage
from bot.ports import ImageRequest, Preview, Result
from tests.contracts.provider import answer, opened, photo
from tests.fakes.openai_server import OpenAIServer, output_tokens
from tests.fakes.openai_server.answers import noise
from tests.test_openai.conftest import KEY, Ask


def on_disk(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_bytes_on_disk_are_the_bytes_that_were_sent(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    server.picture = noise("256x256")
    result = (await answer(provider, ask())).result
    assert result.images[0].sha256 == hashlib.sha256(server.picture).hexdigest()
    assert result.images[0].path.read_bytes() == server.picture
    assert on_disk(tmp_path) == {result.images[0].path.name}
    assert result.images[0].path.suffix == ".png"
    assert result.request_id == "req_loopback"


@pytest.mark.parametrize("previews", [0, 2])
@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("json_instead_of_sse", ""),
        ("sse_instead_of_json", ""),
        ("wrong_content_type", ""),
        ("data_url", ""),
        ("escaped", ""),
        ("more", ""),
        ("slow", "0.01"),
        ("url", ""),
        ("url", "data"),
        ("url", "redirect"),
        ("url", "flaky"),
    ],
)
async def test_a_gateway_with_habits_of_its_own_still_gives_the_picture(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, fault: str, value: str, previews: int
) -> None:
    server.picture = noise("64x64")
    server.fault(fault, value=value)
    result = (await answer(provider, ask(previews=previews))).result
    assert result.images[0].sha256 == hashlib.sha256(server.picture).hexdigest()
    assert (len(result.images), result.missing, len(server.requests)) == (1, (), 1)


async def test_a_picture_that_arrived_before_the_connection_broke_is_kept(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("cut_after_picture")
    result = (await answer(provider, ask(n=2))).result
    assert len(result.images) == 2
    assert result.usage is None


@pytest.mark.parametrize(
    ("fault", "missing"),
    [
        ("fewer", "Picture 3 of 3 was not sent by the image service."),
        ("second_damaged", "Picture 2 of 3 arrived damaged."),
    ],
)
async def test_pictures_that_fail_are_named_and_the_others_delivered(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path, fault: str, missing: str
) -> None:
    server.fault(fault)
    result = (await answer(provider, ask(n=3))).result
    assert result.missing == (missing,)
    assert len(result.images) == 2
    assert on_disk(tmp_path) == {drawn.path.name for drawn in result.images}
    assert len(server.requests) == 1


async def test_usage_is_what_the_service_reports(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    result = (await answer(provider, ask(size="1024x1536", quality="medium", previews=1))).result
    assert output_tokens("gpt-image-2", "1024x1536", "medium") == 1372  # seen in a production answer
    assert result.usage == Usage(input_text_tokens=27, output_image_tokens=1372 + 100)


async def test_usage_without_details_counts_all_output_as_image_tokens(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("no_details")
    usage = (await answer(provider, ask(size="1024x1024", quality="low"))).result.usage
    assert usage == Usage(input_text_tokens=27, output_image_tokens=196)


async def test_usage_that_is_not_reported_is_not_invented(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("no_usage")
    assert (await answer(provider, ask())).result.usage is None


async def test_an_edit_differs_from_a_generation_with_the_same_words(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    drawn = (await answer(provider, ask(size="1024x1024"))).result.images[0]
    again = (await answer(provider, ask(size="1024x1024"))).result.images[0]
    edited = (await answer(provider, ask(images=(photo(tmp_path, (64, 64)),)))).result.images[0]
    assert drawn.sha256 == again.sha256 != edited.sha256
    assert opened(edited).size == (1024, 1024)


async def test_leaving_after_a_preview_closes_the_connection_and_the_files(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    server.delay = 0.2
    async with aclosing(provider.generate(ask(previews=2))) as steps:
        preview = await anext(steps)
    assert isinstance(preview, Preview)
    assert on_disk(tmp_path) == {preview.path.name}
    await until_disconnected(server)


async def test_cancelling_closes_the_connection(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    server.fault("hang")
    asked = asyncio.create_task(answer(provider, ask()))
    while not server.billed:
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await until_disconnected(server)


async def until_disconnected(server: OpenAIServer) -> None:
    async with asyncio.timeout(5):
        while server.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("previews", [0, 1])
async def test_a_large_picture_is_never_whole_in_memory(server_process: str, ask: Ask, previews: int) -> None:
    provider = OpenAIProvider(api_key=KEY, base_url=server_process)
    await answer(provider, ask(size="1024x1024", previews=previews))  # what is loaded once is not counted
    await arm(server_process, "noise")
    tracemalloc.start()
    try:
        result = await listen(provider, ask(size="2048x2048", previews=previews))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        await provider.close()
    assert result.images[0].bytes > 12_000_000
    assert peak < 2_000_000


async def listen(provider: OpenAIProvider, request: ImageRequest) -> Result:
    last: object = None
    async with aclosing(provider.generate(request)) as steps:
        async for step in steps:
            last = step
    assert isinstance(last, Result)
    return last


async def test_the_server_as_a_process_tells_what_it_was_asked(server_process: str, ask: Ask) -> None:
    provider = OpenAIProvider(api_key=KEY, base_url=server_process)
    before = await counters(server_process)
    await answer(provider, ask("count me"))
    await provider.close()
    after = await counters(server_process)
    assert (after["posts"] - before["posts"], after["billed"] - before["billed"]) == (1, 1)
    assert after["requests"][-1]["fields"] == {"prompt": "count me", "model": "gpt-image-2"}


async def counters(base_url: str) -> Any:
    url = base_url.removesuffix("/v1") + "/_admin/requests"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


async def arm(base_url: str, fault: str) -> None:
    url = base_url.removesuffix("/v1") + "/_admin/fault"
    body = {"name": fault, "times": 1}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        assert response.status == 200
