"""Our request as a gateway wants it. Pure but for the sizes of files.

Only what differs from the API's own default is sent: gateways reject parameters they do not know. `dropped` are those
that a gateway is known not to take, from `retouch.toml` or learned from its refusals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adapters.openai.errors import TOO_LARGE
from adapters.openai.upload import Body, DataUrl, FilePart, FormBody, JsonBody
from bot.config import Gateway
from bot.errors import ProviderProblem
from bot.models import Options
from bot.ports import ImageRequest, InputImage
from bot.pricing import MOST_SEARCHES, PLAN_TOKENS

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_WITH_COMPRESSION = ("jpeg", "webp")
_MOST_IN_A_URL = 15_700_000  # bytes of a file; the API takes 20,971,520 characters of a data URL


@dataclass(frozen=True, slots=True)
class Call:
    """One POST: `path` below the base address; `sent` are the names of the parameters in it."""

    path: str
    body: Body
    sent: frozenset[str]


def call_for(request: ImageRequest, gateway: Gateway, dropped: Collection[str]) -> Call:
    """The POST for a request. Raises `OSError` for an unreadable input, `ProviderProblem` for one too large."""
    if gateway.api == "chat":
        return _chat(request, gateway, dropped)
    if request.options.is_planned:
        return _planned(request, gateway, dropped)
    fields = without(_fields(request, gateway), dropped)
    if not request.images:
        return Call("/images/generations", JsonBody(fields), frozenset(fields))
    if gateway.edits == "json":
        body: Body = JsonBody({**fields, **_json_files(request)})
    else:
        body = FormBody(fields, _form_files(request, gateway.edits))
    return Call("/images/edits", body, frozenset(fields))


def without(fields: Mapping[str, object], dropped: Collection[str]) -> dict[str, object]:
    """The parameters that may be sent; without `stream` there is nothing to be partial."""
    kept = {name: value for name, value in fields.items() if name not in dropped}
    if "stream" not in kept:
        kept.pop("partial_images", None)
    return kept


def wanted(request: ImageRequest) -> dict[str, object]:
    """The options that were asked for beyond the API's defaults, by parameter."""
    fields = _changed(request.options)
    if request.options.input_fidelity and request.images:
        fields["input_fidelity"] = request.options.input_fidelity
    return fields


# ── The Images API ──────────────────────────────────────────────────────────────────────────────────────────


def _fields(request: ImageRequest, gateway: Gateway) -> dict[str, object]:
    options = request.options
    fields: dict[str, object] = {
        "prompt": request.prompt,
        "model": gateway.its_name(options.model),
        **_changed(options),
    }
    if options.n > 1:
        fields["n"] = options.n
    if options.input_fidelity and request.images:
        fields["input_fidelity"] = options.input_fidelity
    if request.user_key:
        fields["safety_identifier"] = request.user_key
    if gateway.response_format:
        fields["response_format"] = "b64_json"
    if wants_stream(request, gateway):
        fields["stream"] = True
        fields["partial_images"] = min(request.previews, 3)
    return fields


def wants_stream(request: ImageRequest, gateway: Gateway) -> bool:
    """Whether to ask for previews. Only for one picture: events do not say which picture they belong to."""
    return gateway.streaming and request.previews > 0 and request.options.n == 1


def _changed(options: Options) -> dict[str, object]:
    """The options that are not the API's default; the image tool of the Responses API has the same names."""
    named = {
        "size": options.size,
        "quality": options.quality,
        "background": options.background,
        "moderation": options.moderation,
    }
    changed: dict[str, object] = {name: value for name, value in named.items() if value != "auto"}
    if options.output_format != "png":
        changed["output_format"] = options.output_format
    if options.output_compression is not None and options.output_format in _WITH_COMPRESSION:
        changed["output_compression"] = options.output_compression
    if options.complexity:
        changed["complexity"] = options.complexity
    return changed


def _form_files(request: ImageRequest, field: str) -> list[FilePart]:
    """Our own file names: a person's could carry their name, or break a header."""
    files = [
        FilePart(field, f"image-{index}.{_SUFFIXES.get(image.media_type, 'png')}", image.path, image.media_type)
        for index, image in enumerate(request.images, start=1)
    ]
    if request.mask:
        files.append(FilePart("mask", "mask.png", request.mask, "image/png"))
    elif request.markup:
        files.append(FilePart("markup", "markup.png", request.markup, "image/png"))
    return files


def _json_files(request: ImageRequest) -> dict[str, object]:
    files: dict[str, object] = {"images": [{"image_url": _url(image)} for image in request.images]}
    if request.mask:
        files["mask"] = {"image_url": DataUrl(request.mask, "image/png")}
    return files


def _url(image: InputImage) -> DataUrl:
    if image.path.stat().st_size > _MOST_IN_A_URL:
        raise ProviderProblem(TOO_LARGE)
    return DataUrl(image.path, image.media_type)


# ── The Responses API: a text model plans, searches, and has the picture drawn ──────────────────────────────


def _planned(request: ImageRequest, gateway: Gateway, dropped: Collection[str]) -> Call:
    options = request.options
    content: list[object] = [{"type": "input_text", "text": request.prompt}]
    content += [{"type": "input_image", "image_url": _url(image), "detail": "auto"} for image in request.images]
    tool = {name: value for name, value in _image_tool(request, gateway).items() if name not in dropped}
    if "stream" in dropped:
        tool.pop("partial_images", None)
    fields: dict[str, object] = {
        "model": gateway.planning_model,
        "input": [{"role": "user", "content": content}],
        # Without a place the search is done as from the United States.
        "tools": [{"type": "web_search", "user_location": {"type": "approximate"}}, tool] if options.web else [tool],
        "tool_choice": "required" if options.web else {"type": "image_generation"},
        "reasoning": {"effort": options.think or "low", "summary": "auto"},
        "max_output_tokens": PLAN_TOKENS[options.think],
        "max_tool_calls": MOST_SEARCHES + 1 if options.web else 1,
        "store": False,
        "stream": True,
    }
    if request.user_key:
        fields["safety_identifier"] = request.user_key
    fields = without(fields, dropped)
    return Call("/responses", JsonBody(fields), frozenset(fields) | frozenset(tool))


def _image_tool(request: ImageRequest, gateway: Gateway) -> dict[str, object]:
    """The image tool with its model pinned: the service's own default changes with time."""
    options = request.options
    tool: dict[str, object] = {
        "type": "image_generation",
        "model": gateway.its_name(options.model),
        "action": "edit" if request.images else "generate",
        **_changed(options),
    }
    if request.previews > 0 and gateway.streaming:
        tool["partial_images"] = min(request.previews, 3)
    if options.input_fidelity and request.images:
        tool["input_fidelity"] = options.input_fidelity
    if request.mask:
        tool["input_image_mask"] = {"image_url": DataUrl(request.mask, "image/png")}
    return tool


# ── Gateways that draw only in a chat ───────────────────────────────────────────────────────────────────────


def _chat(request: ImageRequest, gateway: Gateway, dropped: Collection[str]) -> Call:
    content: list[object] = [{"type": "text", "text": request.prompt}]
    content += [{"type": "image_url", "image_url": {"url": _url(image)}} for image in request.images]
    fields = without(
        {
            "model": gateway.its_name(request.options.model),
            "messages": [{"role": "user", "content": content if request.images else request.prompt}],
            "modalities": ["image", "text"],
        },
        dropped,
    )
    return Call("/chat/completions", JsonBody(fields), frozenset(fields))
