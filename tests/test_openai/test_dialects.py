"""Gateways that speak OpenAI's API more or less: told so by the configuration, or found out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import OutcomeUnknown, ProviderProblem, Refused
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import failure, gateway, opened, small_png


def mask(folder: Path) -> Path:
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(folder / "mask.png")
    return folder / "mask.png"


# ── As configured ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("field", ["image", "image[]", "json"])
async def test_pictures_are_sent_the_way_the_gateway_takes_them(ask: Ask, tmp_path: Path, field: str) -> None:
    images = (photo(tmp_path, (64, 64)), photo(tmp_path, (64, 64), (200, 0, 0)))
    async with OpenAIServer(edit_field=field) as server, opened(gateway(server, edits=field)) as provider:
        await answer(provider, ask("warmer", images=images, mask=mask(tmp_path), size="1024x1024", user_key="h4sh"))
        (request,) = server.requests
    name = "images" if field == "json" else field
    assert [file.field_name for file in request.files] == [name, name, "mask"]
    assert [file.data for file in request.files[:2]] == [image.path.read_bytes() for image in images]
    assert request.files[2].data == (tmp_path / "mask.png").read_bytes()
    wanted = {"prompt": "warmer", "model": "gpt-image-2", "size": "1024x1024", "safety_identifier": "h4sh"}
    assert {key: request.fields[key] for key in wanted} == wanted
    assert request.content_type == ("application/json" if field == "json" else "multipart/form-data")


@pytest.mark.parametrize(("sent", "taken"), [("image[]", "image"), ("image", "image[]")])
async def test_pictures_sent_the_wrong_way_are_no_lost_money(ask: Ask, tmp_path: Path, sent: str, taken: str) -> None:
    async with OpenAIServer(edit_field=taken) as server, opened(gateway(server, edits=sent)) as provider:
        error = await failure(provider, ask(images=(photo(tmp_path, (64, 64)),)))
        assert (type(error), server.billed, len(server.requests)) == (ProviderProblem, 0, 1)


async def test_a_picture_too_heavy_for_a_data_url_is_refused_before_anything_is_sent(ask: Ask, tmp_path: Path) -> None:
    heavy = photo(tmp_path, (64, 64))
    with heavy.path.open("r+b") as file:
        file.truncate(15_800_000)
    async with OpenAIServer(edit_field="json") as server, opened(gateway(server, edits="json")) as provider:
        error = await failure(provider, ask(images=(heavy,)))
        assert "too large" in str(error)
        assert (type(error), server.requests) == (ProviderProblem, [])


async def test_a_gateway_is_told_to_send_base64_where_it_must_be(ask: Ask) -> None:
    async with (
        OpenAIServer(needs_response_format=True) as server,
        opened(gateway(server, response_format=True)) as provider,
    ):
        assert (await answer(provider, ask())).result.images
        assert server.requests[0].fields["response_format"] == "b64_json"
        assert server.downloads == 0


async def test_a_gateway_that_was_not_told_sends_addresses_and_they_are_fetched(ask: Ask) -> None:
    async with OpenAIServer(needs_response_format=True) as server, opened(gateway(server)) as provider:
        assert (await answer(provider, ask(n=2))).result.images
        assert server.downloads == 2


async def test_a_gateway_without_streaming_is_not_asked_for_previews(ask: Ask) -> None:
    async with OpenAIServer(unknown=("stream",)) as server, opened(gateway(server, streaming=False)) as provider:
        got = await answer(provider, ask(previews=3, n=2))
        assert (got.previews, len(got.result.images), len(server.requests)) == ((), 2, 1)
        assert server.requests[0].fields.keys() == {"prompt", "model", "n"}


async def test_a_gateway_that_does_not_stream_unbeknown_to_us_still_delivers(ask: Ask) -> None:
    async with OpenAIServer(no_streaming=True) as server, opened(gateway(server)) as provider:
        got = await answer(provider, ask(previews=2))
        assert (got.previews, len(got.result.images), len(server.requests)) == ((), 1, 1)
        assert got.result.usage


async def test_a_gateway_that_draws_one_at_a_time_is_asked_as_often_as_needed(ask: Ask) -> None:
    async with OpenAIServer(unknown=("n",)) as server, opened(gateway(server, several=False)) as provider:
        got = await answer(provider, ask(n=3))
        assert (len(got.result.images), got.result.missing, server.billed) == (3, (), 3)
        assert all("n" not in request.fields for request in server.requests)


async def test_a_gateway_found_to_draw_one_at_a_time_is_asked_as_often_as_needed_the_next_time(ask: Ask) -> None:
    async with OpenAIServer(unknown=("n",)) as server, opened(gateway(server)) as provider:
        first = (await answer(provider, ask(n=3))).result
        assert (len(first.images), len(first.missing), len(server.requests)) == (1, 2, 2)
        again = (await answer(provider, ask(n=3))).result
        assert (len(again.images), again.missing, len(server.requests)) == (3, (), 5)


async def test_once_it_is_known_that_there_are_no_previews_several_pictures_come_in_one_request(ask: Ask) -> None:
    async with OpenAIServer(unknown=("stream", "partial_images")) as server, opened(gateway(server)) as provider:
        await answer(provider, ask(previews=2))
        before = len(server.requests)
        assert len((await answer(provider, ask(previews=2, n=3))).result.images) == 3
        assert len(server.requests) == before + 1


async def test_what_is_configured_as_not_taken_is_never_sent_and_said_where_one_sees_it(ask: Ask) -> None:
    async with (
        OpenAIServer(unknown=("quality", "safety_identifier")) as server,
        opened(gateway(server, drop=["quality", "safety_identifier"])) as provider,
    ):
        result = (await answer(provider, ask(quality="low", user_key="h4sh", size="1024x1024"))).result
        assert server.requests[0].fields.keys() == {"prompt", "model", "size"}
    assert result.notes == ("one takes no quality; left out.",)
    assert result.for_admin == ()


# ── As found out ─────────────────────────────────────────────────────────────────────────────────────────────


HINT = (
    'Gateway one does not know the parameter "{0}". It is left out from now on; to spare the first try after a '
    'restart, add drop = ["{0}"] to this gateway in retouch.toml.'
)


@pytest.mark.parametrize("images", [False, True])
async def test_a_parameter_the_gateway_does_not_know_is_left_out_once_and_for_all(
    ask: Ask, tmp_path: Path, images: bool
) -> None:
    given = {"images": (photo(tmp_path, (64, 64)),)} if images else {}
    async with (
        OpenAIServer(unknown=("moderation", "safety_identifier")) as server,
        opened(gateway(server)) as provider,
    ):
        first = (await answer(provider, ask(moderation="low", user_key="h4sh", **given))).result
        assert (len(server.requests), server.billed) == (3, 1)
        again = (await answer(provider, ask(moderation="low", user_key="h4sh", **given))).result
        assert (len(server.requests), server.billed) == (4, 2)
        assert server.requests[-1].fields.keys() == {"prompt", "model"}
    assert first.notes == again.notes == ("one takes no moderation level; left out.",)
    assert sorted(first.for_admin) == [HINT.format("moderation"), HINT.format("safety_identifier")]
    assert again.for_admin == ()


@pytest.mark.parametrize("unknown", [("stream",), ("partial_images",), ("partial_images", "stream")])
async def test_a_gateway_that_knows_no_previews_draws_without_them(ask: Ask, unknown: tuple[str, ...]) -> None:
    async with OpenAIServer(unknown=unknown) as server, opened(gateway(server)) as provider:
        got = await answer(provider, ask(previews=2))
        assert (got.previews, len(got.result.images), server.billed) == ((), 1, 1)
        assert got.result.notes == ()
        tried = len(server.requests)
        await answer(provider, ask(previews=2))
        assert len(server.requests) == tried + 1


async def test_several_unknown_parameters_are_found_out_in_one_request(ask: Ask) -> None:
    unknown = ("size", "quality", "moderation", "background")
    options = {"size": "1024x1024", "quality": "low", "moderation": "low", "background": "opaque"}
    async with OpenAIServer(unknown=unknown) as server, opened(gateway(server)) as provider:
        result = (await answer(provider, ask(**options))).result
        assert (len(server.requests), server.billed) == (5, 1)
    assert result.notes == ("one takes no size, quality, background, moderation level; left out.",)


async def test_a_gateway_that_knows_next_to_nothing_is_not_asked_forever(ask: Ask) -> None:
    unknown = ("size", "quality", "moderation", "background", "safety_identifier", "output_format")
    options = {"size": "1024x1024", "quality": "low", "moderation": "low", "background": "opaque"}
    async with OpenAIServer(unknown=unknown) as server, opened(gateway(server)) as provider:
        error = await failure(provider, ask(**options, output_format="webp", user_key="h4sh"))
        assert (type(error), len(server.requests), server.billed) == (ProviderProblem, 5, 0)


@pytest.mark.parametrize("name", ["prompt", "model", "image[]", "mask"])
async def test_what_makes_the_picture_is_never_left_out(ask: Ask, tmp_path: Path, name: str) -> None:
    async with OpenAIServer(unknown=(name.removesuffix("[]"),)) as server, opened(gateway(server)) as provider:
        error = await failure(provider, ask(images=(photo(tmp_path, (64, 64)),), mask=mask(tmp_path)))
        assert (type(error), len(server.requests), server.billed) == (ProviderProblem, 1, 0)


@pytest.mark.parametrize("name", ["images", "mask"])
async def test_what_makes_the_picture_is_never_left_out_of_json(ask: Ask, tmp_path: Path, name: str) -> None:
    async with OpenAIServer(unknown=(name,)) as server, opened(gateway(server, edits="json")) as provider:
        error = await failure(provider, ask(images=(photo(tmp_path, (64, 64)),), mask=mask(tmp_path)))
        assert (type(error), len(server.requests), server.billed) == (ProviderProblem, 1, 0)


async def test_a_parameter_that_was_not_sent_is_not_asked_about_twice(server: OpenAIServer, ask: Ask) -> None:
    server.fault("unknown_parameter", times=None, value="style")
    async with opened(gateway(server)) as provider:
        error = await failure(provider, ask(quality="low"))
    assert (type(error), len(server.requests)) == (ProviderProblem, 1)


async def test_a_value_the_gateway_does_not_take_is_not_left_out(server: OpenAIServer, ask: Ask) -> None:
    server.fault("invalid_value_size", times=None)
    async with opened(gateway(server)) as provider:
        error = await failure(provider, ask(size="1024x1024"))
        assert (type(error), len(server.requests)) == (ProviderProblem, 1)
        server.clear_faults()
        await answer(provider, ask(size="1024x1024"))
    assert server.requests[-1].fields["size"] == "1024x1024"


async def test_what_one_gateway_does_not_know_the_other_is_sent_all_the_same(server: OpenAIServer, ask: Ask) -> None:
    async with (
        OpenAIServer(unknown=("quality",)) as strict,
        opened(gateway(strict, "one"), gateway(server, "two")) as provider,
    ):
        await answer(provider, ask(quality="low"))
        strict.fault("invalid_api_key", times=None)
        result = (await answer(provider, ask(quality="low"))).result
    assert server.requests[0].fields["quality"] == "low"
    assert (result.gateway, result.notes) == ("two", ())


# ── Pictures from a chat ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "value"),
    [("", ""), ("chat_markdown", ""), ("chat_markdown_url", ""), ("chat_parts", ""), ("chat_parts", "output_image")],
)
async def test_a_chat_gives_its_picture_in_one_of_many_ways(
    server: OpenAIServer, ask: Ask, fault: str, value: str
) -> None:
    server.picture = small_png()
    if fault:
        server.fault(fault, value=value)
    async with opened(gateway(server, api="chat", names={"gpt-image-2": "vendor/fox"})) as provider:
        result = (await answer(provider, ask(previews=2))).result
    assert [drawn.path.read_bytes() for drawn in result.images] == [server.picture]
    assert result.usage
    assert result.usage.output_image_tokens > 0
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.fields == {
        "model": "vendor/fox",
        "messages": [{"role": "user", "content": "a red fox in the snow"}],
        "modalities": ["image", "text"],
    }


async def test_a_chat_that_only_talks_is_quoted(server: OpenAIServer, ask: Ask) -> None:
    server.fault("chat_words")
    async with opened(gateway(server, api="chat")) as provider:
        error = await failure(provider, ask())
    assert isinstance(error, Refused)
    assert str(error) == "No picture was made. The model answered: “I cannot draw that.”"
    assert (error.stage, error.billed, len(server.requests)) == ("words", True, 1)


async def test_an_edit_in_a_chat_sends_its_pictures_as_data(server: OpenAIServer, ask: Ask, tmp_path: Path) -> None:
    images = (photo(tmp_path, (64, 64)), photo(tmp_path, (32, 32)))
    async with opened(gateway(server, api="chat")) as provider:
        await answer(provider, ask("warmer", images=images))
    (request,) = server.requests
    assert [file.data for file in request.files] == [image.path.read_bytes() for image in images]
    (message,) = _list(request.fields["messages"])
    assert [part["type"] for part in _list(message["content"])] == ["text", "image_url", "image_url"]
    assert _list(message["content"])[0]["text"] == "warmer"


async def test_what_a_chat_has_no_place_for_is_named(server: OpenAIServer, ask: Ask) -> None:
    async with opened(gateway(server, api="chat")) as provider:
        options = {"size": "1536x1024", "quality": "low", "output_format": "webp", "output_compression": 70}
        result = (await answer(provider, ask(**options, user_key="h4sh"))).result
    assert result.notes == ("one takes no size, quality, format, compression; left out.",)
    assert result.for_admin == ()


async def test_a_chat_draws_several_pictures_in_as_many_requests(server: OpenAIServer, ask: Ask) -> None:
    async with opened(gateway(server, api="chat")) as provider:
        result = (await answer(provider, ask(n=2, quality="low"))).result
    assert (len(result.images), len(server.requests), result.missing) == (2, 2, ())
    assert result.notes == ("one takes no quality; left out.",)


async def test_modalities_that_a_chat_does_not_know_are_left_out(ask: Ask) -> None:
    async with OpenAIServer(unknown=("modalities",)) as server, opened(gateway(server, api="chat")) as provider:
        result = (await answer(provider, ask())).result
        assert (len(server.requests), result.for_admin) == (2, (HINT.format("modalities"),))


@pytest.mark.parametrize("fault", ["cut_before_headers", "html_200", "error_in_200", "server_error"])
async def test_a_chat_that_breaks_off_may_have_billed(server: OpenAIServer, ask: Ask, fault: str) -> None:
    server.fault(fault)
    async with opened(gateway(server, api="chat")) as provider:
        assert type(await failure(provider, ask())) is OutcomeUnknown
    assert len(server.requests) == 1


def _list(value: object) -> list[Mapping[str, object]]:
    assert isinstance(value, list)
    return value
