"""What is asked of POST /v1/responses: think, perhaps search, then draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.openai_server.chat import text_of
from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import ApiError, missing, unknown_parameter
from tests.fakes.openai_server.orders import Order, check_names, check_prompt, order_from
from tests.fakes.openai_server.recorded import Recorded, objects
from tests.fakes.openai_server.rules import family_of
from tests.fakes.openai_server.uploads import check_images, check_mask, pictures_of

_PARAMETERS = frozenset({
    "model", "input", "instructions", "tools", "tool_choice", "stream", "stream_options", "reasoning", "include",
    "store", "safety_identifier", "user", "metadata", "max_output_tokens", "max_tool_calls", "parallel_tool_calls",
    "previous_response_id", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "service_tier",
    "temperature", "top_p", "text", "truncation", "background", "moderation", "image",
})  # fmt: skip
_TOOL_PARAMETERS = frozenset({
    "type", "action", "model", "size", "quality", "background", "output_format", "output_compression", "moderation",
    "partial_images", "input_fidelity", "input_image_mask",
})  # fmt: skip
_SEARCH_PARAMETERS = ("type", "search_context_size", "filters", "user_location", "external_web_access")
_SEARCHES = ("web_search", "web_search_2025_08_26")
_REASONING: Mapping[str, tuple[str, ...]] = {
    "effort": ("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "mode": ("standard", "pro"),
    "context": ("auto", "current_turn", "all_turns"),
    "summary": ("auto", "concise", "detailed"),
}


@dataclass(frozen=True, slots=True)
class Thought:
    """A valid request. `order` is what the drawing tool is asked for; `model` is the one that thinks.

    `summary`: its thoughts are to be told; `search`: it may search; `sources`: it tells the addresses it saw.
    `fields` are the request's own, which the answer repeats.
    """

    model: str
    order: Order
    action: str
    effort: str
    summary: bool
    search: bool
    sources: bool
    fields: Mapping[str, object]


def thought_of(recorded: Recorded, dialect: Dialect) -> Thought:
    fields = {name: value for name, value in recorded.fields.items() if value is not None}
    for name in fields:
        if name not in _PARAMETERS:
            raise unknown_parameter(name)
    for name in ("model", "input"):
        if not fields.get(name):
            raise missing(name)
    model = str(fields["model"])
    dialect.check_model(model, draws=False)
    _check_kept(fields)
    tools = objects(fields.get("tools"))
    _check_tools(tools, fields.get("tool_choice", "auto"))
    reasoning = _reasoning(fields)
    order = _order(recorded, dialect, tools, stream=fields.get("stream") is True)
    return Thought(
        model=model,
        order=order,
        action="edit" if order.images and _drawing(tools)[1].get("action") != "generate" else "generate",
        effort=str(reasoning.get("effort", "medium")),
        summary="summary" in reasoning and reasoning.get("effort") != "none",
        search=any(tool["type"] in _SEARCHES for tool in tools),
        sources="web_search_call.action.sources" in _strings(fields.get("include")),
        fields=fields,
    )


def _check_kept(fields: Mapping[str, object]) -> None:
    """This server keeps nothing, so that nothing can be referred to."""
    if "previous_response_id" in fields:
        raise ApiError(400, "previous_response_not_found", f"Previous response with id "
                       f"'{fields['previous_response_id']}' not found.", param="previous_response_id")  # fmt: skip
    for item in objects(fields["input"]):
        if item.get("type") == "image_generation_call" and not item.get("result"):
            raise ApiError(404, None, f"Item with id '{item.get('id')}' not found.", param="input")


def _check_tools(tools: list[dict[str, object]], choice: object) -> None:
    for number, tool in enumerate(tools):
        kind = tool.get("type")
        if kind not in ("image_generation", *_SEARCHES):
            raise ApiError(400, "invalid_value", f"Invalid value: '{kind}'.", param=f"tools[{number}].type")
        if kind in _SEARCHES:
            _check_search(tool, f"tools[{number}]")
    kinds = {tool["type"] for tool in tools}
    wanted = choice.get("type") if isinstance(choice, dict) else None
    if choice not in ("none", "auto", "required") and wanted not in ("allowed_tools", *kinds):
        raise ApiError(400, "invalid_value", f"Tool choice '{wanted or choice}' not found in 'tools' parameter.",
                       param="tool_choice")  # fmt: skip


def _check_search(tool: Mapping[str, object], place: str) -> None:
    for name in tool:
        if name not in _SEARCH_PARAMETERS:
            raise unknown_parameter(f"{place}.{name}")
    size = tool.get("search_context_size", "medium")
    if size not in ("low", "medium", "high"):
        raise ApiError(400, "invalid_value", f"Invalid value: '{size}'.", param=f"{place}.search_context_size")


def _reasoning(fields: Mapping[str, object]) -> dict[str, object]:
    given = fields.get("reasoning", {})
    reasoning = {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else {}
    for name, value in reasoning.items():
        if name not in _REASONING:
            raise unknown_parameter(f"reasoning.{name}")
        if value not in _REASONING[name]:
            raise ApiError(400, "invalid_value", f"Invalid value: '{value}'.", param=f"reasoning.{name}")
    return reasoning


def _order(recorded: Recorded, dialect: Dialect, tools: list[dict[str, object]], *, stream: bool) -> Order:
    place, tool = _drawing(tools)
    prompt = _prompt(recorded.fields["input"])
    check_prompt(prompt)
    images = pictures_of(recorded.files)
    check_images(images, least=0)
    try:
        model = _check_drawing(tool, dialect)
        for mask in (file for file in recorded.files if file.field_name == "input_image_mask"):
            if not images:
                raise ApiError(400, "invalid_value", "A mask needs an image.", param="input_image_mask")
            check_mask(mask, images[0], "input_image_mask")
        if tool.get("action") == "edit" and not images:
            raise ApiError(400, "invalid_value", "Nothing to edit: the input has no image.", param="action")
        return order_from(
            tool, prompt=prompt, model=model, files=recorded.files, stream=stream, stream_ignored=dialect.no_streaming
        )
    except ApiError as error:
        raise error.inside(place) from None


def _drawing(tools: list[dict[str, object]]) -> tuple[str, dict[str, object]]:
    """The tool that draws, and its place in the request."""
    for number, tool in enumerate(tools):
        if tool["type"] == "image_generation":
            return f"tools[{number}]", tool
    raise missing("tools")


def _check_drawing(tool: Mapping[str, object], dialect: Dialect) -> str:
    """The real API has a default model, which changes: here it has to be named."""
    model = str(tool.get("model") or "")
    if not model:
        raise missing("model")
    dialect.check_model(model, draws=True)
    dialect.check_names(tool)
    check_names(tool, _TOOL_PARAMETERS, family_of(model))
    action = tool.get("action", "auto")
    if action not in ("auto", "generate", "edit"):
        raise ApiError(400, "invalid_value", f"Invalid value: '{action}'.", param="action")
    return model


def _prompt(given: object) -> str:
    """The text of the last user message."""
    if isinstance(given, str):
        return given
    users = [text_of(item.get("content"), "input_text") for item in objects(given) if item.get("role") == "user"]
    if not users or not users[-1]:
        raise ApiError(400, "invalid_value", "The input has no text of a user.", param="input")
    return users[-1]


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
