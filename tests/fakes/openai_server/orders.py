"""What is asked: the order a POST makes once checked as the real API checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import ApiError, missing, unknown_parameter
from tests.fakes.openai_server.recorded import Recorded, Upload
from tests.fakes.openai_server.rules import Family, family_of, size_for
from tests.fakes.openai_server.uploads import MEDIA, check_edit, digest, pictures_of

_PARAMETERS = frozenset({
    "prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression", "moderation",
    "stream", "partial_images", "safety_identifier", "user",
})  # fmt: skip
MAX_PROMPT = 32_000  # characters


@dataclass(frozen=True, slots=True)
class Order:
    """A valid request. `inputs` is a digest of the pictures it came with; `by_address` asks for URLs, not base64."""

    prompt: str
    model: str
    size: str
    quality: str
    background: str
    output_format: str
    n: int
    stream: bool
    partials: int
    images: int
    inputs: str
    by_address: bool = False


def order_of(recorded: Recorded, dialect: Dialect) -> Order:
    """Check as the real API does, with its codes."""
    fields = recorded.fields
    is_edit = recorded.path.endswith("/edits")
    prompt, model = str(fields.get("prompt") or ""), str(fields.get("model") or "")
    allowed = _PARAMETERS | (_edit_parameters(recorded) if is_edit else frozenset())
    if dialect.needs_response_format:
        allowed |= {"response_format"}
    check_names(fields, allowed, family_of(model))
    if not prompt:
        raise missing("prompt")
    check_prompt(prompt)
    if not model:
        raise ApiError(400, "invalid_value", "Specify a model.", param="model")
    dialect.check_model(model, draws=True)
    if is_edit:
        check_edit(recorded.files, markup_allowed=family_of(model).markup)
    elif recorded.files:
        raise unknown_parameter(recorded.files[0].field_name)
    stream = str(fields.get("stream", "")).lower() == "true"
    return order_from(
        fields,
        prompt=prompt,
        model=model,
        files=recorded.files,
        stream=stream,
        stream_ignored=dialect.no_streaming,
        by_address=dialect.needs_response_format and _choice(fields, "response_format", "url", ("b64_json",)) == "url",
    )


def order_from(
    fields: Mapping[str, object], *, prompt: str, model: str, files: tuple[Upload, ...], stream: bool,
    stream_ignored: bool = False, by_address: bool = False,
) -> Order:  # fmt: skip
    """Check the parameters that describe a picture, whichever endpoint they came to; null is as good as absent."""
    fields = {name: value for name, value in fields.items() if value is not None}
    family = family_of(model)
    quality = _choice(fields, "quality", "auto", tuple(family.grid))
    output_format = _choice(fields, "output_format", "png", tuple(MEDIA))
    _check_compression(fields, output_format)
    _choice(fields, "moderation", "auto", ("low",))
    _check_extras(fields, family)
    partials = _within(fields, "partial_images", 0, 0, 3)
    if "partial_images" in fields and not stream:
        raise ApiError(400, "invalid_value", "'partial_images' needs 'stream' to be true.", param="partial_images")
    return Order(
        prompt=prompt,
        model=model,
        size=size_for(model, str(fields.get("size", "auto"))),
        quality="medium" if quality == "auto" else quality,
        background=_background(fields, family, output_format),
        output_format=output_format,
        n=_within(fields, "n", 1, 1, 10),
        stream=stream and not stream_ignored,
        partials=0 if stream_ignored else partials,
        images=len(pictures_of(files)),
        inputs=digest(files),
        by_address=by_address,
    )


def check_names(fields: Mapping[str, object], allowed: frozenset[str], family: Family) -> None:
    """What the model's family adds to the `allowed` names is allowed too."""
    allowed |= {"complexity"} if family.complexity else set()
    for name in fields:
        if name not in allowed:
            raise unknown_parameter(name)


def check_prompt(prompt: str) -> None:
    if len(prompt) > MAX_PROMPT:
        raise ApiError(400, "string_above_max_length", "Invalid 'prompt': string too long. Expected a string with "
                       f"maximum length {MAX_PROMPT}, but got {len(prompt)} instead.", param="prompt")  # fmt: skip


def _edit_parameters(recorded: Recorded) -> frozenset[str]:
    """A JSON edit carries its pictures among its fields; a form has them as files."""
    files = {"images", "mask", "markup"} if not recorded.content_type.startswith("multipart/") else set()
    return frozenset({"input_fidelity", *files})


def _check_compression(fields: Mapping[str, object], output_format: str) -> None:
    _within(fields, "output_compression", 100, 0, 100)
    if "output_compression" in fields and output_format == "png":
        raise ApiError(400, "invalid_value", "Compression needs jpeg or webp.", param="output_compression")


def _check_extras(fields: Mapping[str, object], family: Family) -> None:
    if "input_fidelity" in fields and not family.fidelities:
        raise ApiError(400, "invalid_input_fidelity_model", "This model does not take 'input_fidelity'.",
                       param="input_fidelity")  # fmt: skip
    for name, choices in (("input_fidelity", family.fidelities), ("complexity", ("low", "medium", "high"))):
        if name in fields and fields[name] not in choices:
            raise _invalid(name, fields[name])


def _background(fields: Mapping[str, object], family: Family, output_format: str) -> str:
    background = _choice(fields, "background", "auto", ("opaque", "transparent"))
    if background == "transparent" and not family.transparent:
        raise ApiError(400, "invalid_value", "Transparent background is not supported for this model.",
                       param="background", kind="image_generation_user_error")  # fmt: skip
    if background == "transparent" and output_format == "jpeg":
        raise ApiError(400, "invalid_value", "Transparent background needs png or webp.", param="background",
                       kind="image_generation_user_error")  # fmt: skip
    return background


def _choice(fields: Mapping[str, object], name: str, default: str, others: tuple[str, ...]) -> str:
    value = str(fields.get(name, default))
    if value not in (default, *others):
        raise _invalid(name, value)
    return value


def _within(fields: Mapping[str, object], name: str, default: int, low: int, high: int) -> int:
    text = str(fields.get(name, default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise _invalid(name, text)
    return int(text)


def _invalid(name: str, value: object) -> ApiError:
    return ApiError(400, "invalid_value", f"Invalid value: '{value}'.", param=name)
