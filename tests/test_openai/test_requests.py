"""What goes over the wire: exactly what was asked for, once, to the address that was given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from adapters.openai import OpenAIProvider
from bot.errors import ProviderProblem, SetupProblem
from bot.ports import InputImage
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import KEY, Ask

SIZE = (1024, 1024)


def saved(path: Path, kind: str) -> InputImage:
    Image.new("RGB", SIZE, "teal").save(path, kind)
    return InputImage(path, f"image/{kind}", "Alice's holiday.png")


def mask(folder: Path) -> Path:
    Image.new("RGBA", SIZE, (0, 0, 0, 0)).save(folder / "m.png")
    return folder / "m.png"


async def test_a_plain_request_sends_prompt_and_model_and_nothing_else(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    await answer(provider, ask())
    (request,) = server.requests
    assert request.path == "/v1/images/generations"
    assert request.content_type == "application/json"
    assert request.fields == {"prompt": "a red fox in the snow", "model": "gpt-image-2"}


async def test_every_option_asked_for_is_sent(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    options = {"size": "1536x1024", "quality": "low", "background": "opaque", "output_format": "webp"}
    await answer(provider, ask(**options, output_compression=70, moderation="low", n=2, user_key="h4sh"))
    expected = {**options, "output_compression": 70, "moderation": "low", "n": 2, "safety_identifier": "h4sh"}
    assert server.requests[0].fields == {"prompt": "a red fox in the snow", "model": "gpt-image-2", **expected}
    assert server.billed == 2


async def test_png_is_sent_without_a_compression_the_service_would_refuse(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    await answer(provider, ask(output_compression=70))
    assert "output_compression" not in server.requests[0].fields


async def test_previews_are_asked_for_by_streaming(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    got = await answer(provider, ask(previews=2))
    assert server.requests[0].fields["stream"] is True
    assert server.requests[0].fields["partial_images"] == 2
    assert [round(preview.done, 2) for preview in got.previews] == [0.33, 0.67]


async def test_several_pictures_without_previews_come_in_one_request(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    got = await answer(provider, ask(n=3))
    assert "stream" not in server.requests[0].fields
    assert (len(server.requests), len(got.result.images), got.previews) == (1, 3, ())


async def test_an_edit_uploads_each_picture_with_its_real_type_and_a_name_of_ours(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    images = (saved(tmp_path / "a", "png"), saved(tmp_path / "b", "jpeg"), saved(tmp_path / "c", "webp"))
    await answer(provider, ask("warmer", images=images, mask=mask(tmp_path), moderation="low", user_key="h4sh"))
    (request,) = server.requests
    assert request.path == "/v1/images/edits"
    assert request.content_type == "multipart/form-data"
    assert request.fields == {
        "prompt": "warmer", "model": "gpt-image-2", "moderation": "low", "safety_identifier": "h4sh",
    }  # fmt: skip
    assert [(file.field_name, file.name, file.content_type) for file in request.files] == [
        ("image[]", "image-1.png", "image/png"),
        ("image[]", "image-2.jpg", "image/jpeg"),
        ("image[]", "image-3.webp", "image/webp"),
        ("mask", "mask.png", "image/png"),
    ]
    assert [file.data for file in request.files] == [image.path.read_bytes() for image in images] + [
        (tmp_path / "m.png").read_bytes()
    ]


async def test_one_picture_is_a_list_too_and_its_edit_can_stream(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    got = await answer(provider, ask("warmer", images=(saved(tmp_path / "a", "png"),), previews=1))
    assert [file.field_name for file in server.requests[0].files] == ["image[]"]
    assert server.requests[0].fields["stream"] == "true"
    assert len(got.previews) == 1
    assert got.result.usage
    assert got.result.usage.input_image_tokens == 1024


async def test_a_picture_that_is_gone_is_noticed_before_anything_is_sent(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    gone = replace(photo(tmp_path, SIZE), path=tmp_path / "gone.png")
    with pytest.raises(ProviderProblem, match=r"could not be read\. Send it again\."):
        await answer(provider, ask(images=(gone,)))
    assert server.requests == []


async def test_nothing_in_the_environment_redirects_or_labels_a_request(
    server: OpenAIServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "stray")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer stray")
    provider = OpenAIProvider(api_key=f" {KEY}\n", base_url=server.base_url)
    await answer(provider, ask())
    await provider.close()
    assert server.requests[0].headers == {
        "Authorization": f"Bearer {KEY}", "OpenAI-Organization": "", "OpenAI-Project": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "url"),
    [("", None), (" \n", None), ("sk-\u201cquoted\u201d", None), ("sk", "localhost:80"), ("sk", "http://")],
)
def test_a_key_or_an_address_that_cannot_be_one_is_a_setup_problem(key: str, url: str | None) -> None:
    with pytest.raises(SetupProblem, match="An admin must look at it") as caught:
        OpenAIProvider(api_key=key, base_url=url)
    assert "OPENAI_" in caught.value.for_admin


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"response_format": "b64_json"}, "unknown_parameter", "response_format"),
        ({"size": "1920x1080"}, "invalid_value", "size"),
        ({"size": "512x512"}, "invalid_value", "size"),
        ({"n": 11}, "invalid_value", "n"),
        ({"quality": "max"}, "invalid_value", "quality"),
    ],
)
async def test_the_loopback_server_refuses_what_the_real_one_refuses(
    server: OpenAIServer, fields: dict[str, object], code: str, param: str
) -> None:
    body = {"prompt": "x", "model": "gpt-image-2", **fields}
    url, headers = f"{server.base_url}/images/generations", {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        error = json.loads(await response.text())["error"]
    assert (response.status, error["code"], error["param"]) == (400, code, param)
    assert server.billed == 0


async def test_the_loopback_server_refuses_an_upload_whose_type_is_a_lie(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    lie = replace(saved(tmp_path / "a", "jpeg"), media_type="image/png")
    with pytest.raises(ProviderProblem, match=r"could not read one of the pictures"):
        await answer(provider, ask(images=(lie,)))
    assert (len(server.requests), server.billed) == (1, 0)
