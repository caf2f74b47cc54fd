"""Every name we ever send is one the vendor's own SDK has, so that a parameter renamed there is noticed here."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from openai.types import ImageModel
from openai.types.image_edit_params import ImageEditParamsStreaming
from openai.types.image_generate_params import ImageGenerateParamsStreaming
from openai.types.responses import (
    EasyInputMessageParam,
    ResponseInputImageParam,
    ResponseInputTextParam,
    WebSearchToolParam,
)
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from openai.types.responses.tool_param import ImageGeneration, ImageGenerationInputImageMask
from openai.types.responses.web_search_tool_param import UserLocation
from openai.types.shared_params import Reasoning
from PIL import Image

from adapters.openai import wire
from bot.catalog import Catalog
from bot.config import Gateway
from bot.models import Options
from bot.options import EFFORTS
from bot.ports import ImageRequest, InputImage

GATEWAY = Gateway(response_format=True)
# Every option there is, away from its default; the last two make it a planned request.
EVERYTHING = Options(
    model="gpt-image-2.6-sunburst", size="1536x1024", quality="max", background="opaque", output_format="webp",
    output_compression=80, moderation="low", n=2, input_fidelity="high", complexity="low", think="high", web=True,
    locked=False,
)  # fmt: skip
DRAWN = replace(EVERYTHING, think="", web=False)


@pytest.fixture
def request_with_all(tmp_path: Path) -> ImageRequest:
    Image.new("RGBA", (48, 32), (0, 0, 0, 0)).save(tmp_path / "p.png")
    picture = tmp_path / "p.png"
    return ImageRequest(
        "a fox", EVERYTHING, tmp_path, (InputImage(picture, "image/png"),), picture, "h4sh", 3, "a fox", picture
    )


def requests(everything: ImageRequest, options: Options) -> Iterator[ImageRequest]:
    """That request with all it can hold at once: of several and of previews, of mask and markup, only one."""
    for n in (1, options.n):
        one = replace(everything, options=replace(options, n=n))
        yield from (one, replace(one, mask=None), replace(one, images=(), mask=None, markup=None))


async def sent(call: wire.Call) -> dict[str, object]:
    """What is in the body: the JSON document, or the names of a form's parts, each with None."""
    body = b"".join([piece async for piece in call.body.pieces()])
    if call.body.content_type == "application/json":
        document = json.loads(body)
        assert isinstance(document, dict)
        return document
    parts = body.split(b'Content-Disposition: form-data; name="')[1:]
    return {part.partition(b'"')[0].decode(): None for part in parts}


def keys(params: type) -> set[str]:
    return set(typing.get_type_hints(params))


def choices(params: type, name: str) -> set[object]:
    """The values an annotation lists."""
    return set(_literals(typing.get_type_hints(params)[name]))


def _literals(annotation: object) -> Iterator[object]:
    for argument in typing.get_args(annotation):
        if isinstance(argument, str | int | bool):
            yield argument
        else:
            yield from _literals(argument)


def test_everything_is_really_everything(request_with_all: ImageRequest) -> None:
    """An option added to ours must be added above, or its name would go unchecked."""
    for thing, unset in ((EVERYTHING, Options("")), (request_with_all, ImageRequest("", EVERYTHING, Path()))):
        for one in dataclasses.fields(thing):
            if one.name not in ("options", "may_send"):
                assert getattr(thing, one.name) != getattr(unset, one.name), one.name


async def test_the_sdk_knows_every_parameter_of_a_generation(request_with_all: ImageRequest) -> None:
    names: set[str] = set()
    for request in requests(request_with_all, DRAWN):
        if not request.images:
            call = wire.call_for(request, GATEWAY, ())
            assert call.path == "/images/generations"
            names |= set(await sent(call))
    assert names <= keys(ImageGenerateParamsStreaming)
    assert {"n", "stream", "partial_images", "safety_identifier", "complexity", "response_format"} <= names


async def test_the_sdk_knows_every_parameter_of_an_edit(request_with_all: ImageRequest) -> None:
    """It has no `moderation` there, which the API takes; it writes several pictures as `image[]`."""
    names: set[str] = set()
    for request in requests(request_with_all, DRAWN):
        for edits in ("image[]", "image"):
            if request.images:
                call = wire.call_for(request, GATEWAY.model_copy(update={"edits": edits}), ())
                assert call.path == "/images/edits"
                names |= set(await sent(call))
    assert names <= keys(ImageEditParamsStreaming) | {"moderation", "image[]"}
    assert {"n", "stream", "partial_images", "input_fidelity", "image", "mask", "markup"} <= names


async def test_an_edit_in_json_has_the_names_of_the_form_but_for_its_pictures(request_with_all: ImageRequest) -> None:
    request = replace(request_with_all, options=replace(DRAWN, n=1))
    document = await sent(wire.call_for(request, GATEWAY.model_copy(update={"edits": "json"}), ()))
    assert set(document) <= keys(ImageEditParamsStreaming) | {"moderation", "images"}
    pictures = [*_objects(document["images"]), _object(document["mask"])]
    assert [set(picture) for picture in pictures] == [{"image_url"}] * 2  # as OpenAI's specification has it


async def test_the_sdk_knows_every_parameter_of_a_planned_request(request_with_all: ImageRequest) -> None:
    for options in (EVERYTHING, replace(EVERYTHING, web=False), replace(EVERYTHING, think="")):
        for request in requests(request_with_all, options):
            call = wire.call_for(request, GATEWAY, ())
            assert call.path == "/responses"
            document = await sent(call)
            assert set(document) <= keys(ResponseCreateParamsStreaming)
            assert set(_object(document["reasoning"])) <= keys(Reasoning)
            _check_input(document["input"])
            _check_tools(document["tools"], has_mask=bool(request.mask))


def _check_input(given: object) -> None:
    parts = {"input_text": ResponseInputTextParam, "input_image": ResponseInputImageParam}
    (message,) = _objects(given)
    assert set(message) <= keys(EasyInputMessageParam)
    for part in _objects(message["content"]):
        kind = parts[str(part["type"])]
        assert set(part) <= keys(kind)
        assert choices(kind, "type") == {part["type"]}
    assert _objects(message["content"])[0]["type"] == "input_text"


def _check_tools(given: object, *, has_mask: bool) -> None:
    *searches, drawing = _objects(given)
    assert set(drawing) <= keys(ImageGeneration)
    assert choices(ImageGeneration, "type") == {drawing["type"]}
    assert drawing["action"] in choices(ImageGeneration, "action")
    assert ("input_image_mask" in drawing) == has_mask
    assert set(_object(drawing.get("input_image_mask", {}))) <= keys(ImageGenerationInputImageMask)
    for search in searches:
        assert set(search) <= keys(WebSearchToolParam)
        assert search["type"] in choices(WebSearchToolParam, "type")
        assert set(_object(search["user_location"])) <= keys(UserLocation)
        assert _object(search["user_location"])["type"] in choices(UserLocation, "type")


def _object(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value


def _objects(value: object) -> list[Mapping[str, object]]:
    assert isinstance(value, list)
    return [_object(item) for item in value]


@pytest.mark.parametrize("params", [ImageGenerateParamsStreaming, ImageEditParamsStreaming, ImageGeneration])
def test_the_sdk_lists_every_value_the_catalogue_offers(params: type) -> None:
    catalog = Catalog.load()
    models = [catalog.model(name) for name in catalog.names("openai")]
    assert {model.name for model in models} <= set(typing.get_args(ImageModel))
    offered = {
        "quality": {quality for model in models for quality in model.qualities},
        "background": {background for model in models for background in model.backgrounds},
        "output_format": {kind for model in models for kind in model.formats},
        "complexity": {complexity for model in models for complexity in model.complexities},
        "input_fidelity": {fidelity for model in models for fidelity in model.fidelities},
        "moderation": {"low"},
    }
    known = keys(params)
    for name, values in offered.items():
        if name in known:
            assert values <= choices(params, name), name
    assert {name for name in offered if name not in known} <= {"input_fidelity", "moderation"}


def test_the_sdk_lists_every_effort_that_people_may_ask_for() -> None:
    assert set(EFFORTS) <= choices(Reasoning, "effort")
    assert "auto" in choices(Reasoning, "summary")
