"""What POST /v1/responses answers: items, the events that tell of them, and the response they add up to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.fakes.openai_server.answers import b64, facts, usage
from tests.fakes.openai_server.faults import ApiError, Fault
from tests.fakes.openai_server.recorded import objects
from tests.fakes.openai_server.sending import cut_off
from tests.fakes.openai_server.think_orders import Thought

Data = dict[str, object]
Event = tuple[str, Data]

UNDRAWN = ("think_words", "think_failed_item")
_ERROR = ("think_error_event", "error_in_stream")
_NO_FINAL = ("think_no_final", "sse_without_final")
_STOPPED = ("think_response_failed", *_ERROR, *_NO_FINAL)
_SOURCE = "https://example.org/what-it-looks-like"
_THOUGHTS = "**Planning the picture**\n\nI settle the subject, then the light."
_REASONING_TOKENS = {"none": 0, "minimal": 8, "low": 32, "medium": 64, "high": 128, "xhigh": 256, "max": 512}


@dataclass(frozen=True, slots=True)
class Answer:
    """All that decides what is answered. `picture` None: none was drawn."""

    thought: Thought
    picture: bytes | None
    fault: Fault


# ── Whole ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def unstreamed(request: web.Request, answer: Answer) -> web.StreamResponse:
    if answer.fault.name in _ERROR:
        raise ApiError(500, _code(answer), "The server had an error while drawing", kind="server_error")
    if answer.fault.name in _NO_FINAL:
        return cut_off(request)
    body = _failed(answer) if answer.fault.name == "think_response_failed" else _completed(answer)
    return web.json_response(body, headers={"x-request-id": "req_loopback"})


def _completed(answer: Answer) -> Data:
    body = {**_response(answer, "completed"), "completed_at": 2, "output": _output(answer)}
    if answer.fault.name == "no_usage":
        return body
    return {**body, "usage": _usage(answer), "tool_usage": _tool_usage(answer)}


def _failed(answer: Answer) -> Data:
    error = {"code": _code(answer), "message": "The response could not be completed."}
    return {**_response(answer, "failed"), "error": error}


def _response(answer: Answer, status: str) -> Data:
    asked = answer.thought.fields
    return {
        "id": "resp_loopback",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "metadata": asked.get("metadata", {}),
        "model": answer.thought.model,
        "output": [],
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "reasoning": {"effort": None, "summary": None, **_object(asked.get("reasoning"))},
        "safety_identifier": asked.get("safety_identifier"),
        "store": asked.get("store", True),
        "tool_choice": asked.get("tool_choice", "auto"),
        "tools": asked.get("tools", []),
        "usage": None,
    }


def _usage(answer: Answer) -> Data:
    """Tokens of the model that thinks."""
    thinking = _REASONING_TOKENS[answer.thought.effort]
    text = 60 + math.ceil(len(answer.thought.order.prompt) / 3.5) + 1024 * answer.thought.order.images
    out = 40 + thinking
    if answer.fault.name == "usage_zero":
        text, thinking, out = 0, 0, 0
    return {
        "input_tokens": text,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": thinking},
        "total_tokens": text + out,
    }


def _tool_usage(answer: Answer) -> Data:
    """Tokens of the model that draws, and how often was searched; zeros for what was not used."""
    drawn = answer.fault if answer.picture is not None else Fault("usage_zero", None, "")
    searched = answer.thought.search and answer.fault.name not in ("think_words", "usage_zero")
    return {
        "image_gen": usage(answer.thought.order, drawn)["usage"],
        "web_search": {"num_requests": int(searched)},
    }


def _code(answer: Answer) -> str:
    return answer.fault.value or "server_error"


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


# ── Items ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _output(answer: Answer) -> list[Data]:
    thought = answer.thought
    if answer.fault.name == "think_words":
        return [_message("I can't help with that picture.")]
    items = [_picture(answer)]
    if thought.search:
        items.insert(0, _search(thought))
    if thought.effort != "none":
        summary = [{"type": "summary_text", "text": _THOUGHTS}] if thought.summary else []
        items.insert(0, {"id": "rs_loopback", "type": "reasoning", "summary": summary})
    if answer.fault.name != "think_failed_item":
        items.append(_message("Drawn after what I found on example.org." if thought.search else "Here is the picture.",
                              cited="example.org" if thought.search else ""))  # fmt: skip
    return items


def _search(thought: Thought) -> Data:
    query = thought.order.prompt
    action: Data = {"type": "search", "query": query, "queries": [query]}
    if thought.sources:
        action["sources"] = [{"type": "url", "url": _SOURCE}, {"type": "url", "url": "https://example.net/another"}]
    return {"id": "ws_loopback", "type": "web_search_call", "status": "completed", "action": action}


def _picture(answer: Answer) -> Data:
    item: Data = {"id": "ig_loopback", "type": "image_generation_call", "action": answer.thought.action}
    if answer.fault.name == "think_failed_item":
        return {**item, "status": "failed", "result": None, "error": {
            "code": "moderation_blocked",
            "message": "Your request was rejected by the safety system. safety_violations=[violence].",
            "type": "image_generation_user_error",
            "param": None,
            "moderation_details": {"moderation_stage": "output", "categories": ["violence"]},
        }}  # fmt: skip
    result = None if answer.picture is None else b64(answer.picture)
    revised = f"{answer.thought.order.prompt}, in fine detail"
    return {**item, "status": "completed", "result": result, "revised_prompt": revised, **facts(answer.thought.order)}


def _message(text: str, *, cited: str = "") -> Data:
    annotations = []
    if cited:
        start = text.index(cited)
        annotations = [{"type": "url_citation", "start_index": start, "end_index": start + len(cited),
                        "url": _SOURCE, "title": "What it looks like"}]  # fmt: skip
    content = [{"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}]
    return {"id": "msg_loopback", "type": "message", "role": "assistant", "status": "completed", "content": content}


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def events(answer: Answer, previews: list[bytes]) -> Iterator[Event]:
    """Everything that is streamed, in order and numbered."""
    for number, (kind, data) in enumerate(_story(answer, previews)):
        yield kind, {**data, "sequence_number": number}


def _story(answer: Answer, previews: list[bytes]) -> Iterator[Event]:
    yield "response.created", {"response": _response(answer, "in_progress")}
    yield "response.in_progress", {"response": _response(answer, "in_progress")}
    for index, item in enumerate(_output(answer)):
        of_item: Data = {"item_id": item["id"], "output_index": index}
        yield "response.output_item.added", {"output_index": index, "item": _begun(item)}
        yield from _told(item, of_item, answer, previews)
        if item["type"] == "image_generation_call" and answer.fault.name in _STOPPED:
            yield from _stop(answer)
            return
        if item["type"] == "image_generation_call" and item["status"] == "completed":
            yield "response.image_generation_call.completed", of_item
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield "response.completed", {"response": _completed(answer)}


def _begun(item: Data) -> Data:
    """An item as it is before anything of it is there."""
    empty: Mapping[object, Data] = {
        "reasoning": {"summary": []},
        "message": {"status": "in_progress", "content": []},
        "web_search_call": {"status": "in_progress", "action": {"type": "search", "query": ""}},
        "image_generation_call": {"status": "in_progress", "result": None},
    }
    kept: Data = {name: value for name, value in item.items() if name in ("id", "type", "role")}
    return {**kept, **empty[item["type"]]}


def _told(item: Data, of_item: Data, answer: Answer, previews: list[bytes]) -> Iterator[Event]:
    match item["type"]:
        case "reasoning" if item["summary"]:
            yield from _thoughts(of_item)
        case "web_search_call":
            for step in ("in_progress", "searching", "completed"):
                yield f"response.web_search_call.{step}", of_item
        case "image_generation_call":
            for step in ("in_progress", "generating"):
                yield f"response.image_generation_call.{step}", of_item
            for index, preview in enumerate(previews):
                partial = {"partial_image_index": index, "partial_image_b64": b64(preview)}
                yield "response.image_generation_call.partial_image", {
                    **of_item, **partial, **facts(answer.thought.order),
                }  # fmt: skip
        case "message":
            yield from _words(item, of_item)


def _thoughts(of_item: Data) -> Iterator[Event]:
    at = {**of_item, "summary_index": 0}
    yield "response.reasoning_summary_part.added", {**at, "part": {"type": "summary_text", "text": ""}}
    for delta in _deltas(_THOUGHTS):
        yield "response.reasoning_summary_text.delta", {**at, "delta": delta}
    yield "response.reasoning_summary_text.done", {**at, "text": _THOUGHTS}
    yield "response.reasoning_summary_part.done", {**at, "part": {"type": "summary_text", "text": _THOUGHTS}}


def _words(item: Data, of_item: Data) -> Iterator[Event]:
    (part,) = objects(item["content"])
    text = str(part["text"])
    at = {**of_item, "content_index": 0}
    yield "response.content_part.added", {**at, "part": {**part, "text": "", "annotations": []}}
    for delta in _deltas(text):
        yield "response.output_text.delta", {**at, "delta": delta, "logprobs": []}
    for number, annotation in enumerate(objects(part["annotations"])):
        yield "response.output_text.annotation.added", {**at, "annotation_index": number, "annotation": annotation}
    yield "response.output_text.done", {**at, "text": text, "logprobs": []}
    yield "response.content_part.done", {**at, "part": part}


def _deltas(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _stop(answer: Answer) -> Iterator[Event]:
    """How a stream ends that does not come to its end."""
    if answer.fault.name in _ERROR:
        yield "error", {"code": _code(answer), "message": "The server had an error while drawing", "param": None}
    if answer.fault.name == "think_response_failed":
        yield "response.failed", {"response": _failed(answer)}
