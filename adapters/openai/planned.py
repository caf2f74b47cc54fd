"""Reads the Responses API: what a planning model thinks, searches, says, and the picture it has drawn.

One event, or one whole response, at a time; pictures are marks by then. Nothing is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from adapters.openai.answer import Failure, Final, Partial, Picked, Tell, as_error, count, one_line, usage
from bot.models import Planning, Source, Usage

_MOST_SOURCES = 8
_LONGEST = 200  # characters of one step, and of a page's title
_LONGEST_URL = 2000
_LONGEST_PROMPT = 32_000  # characters; what the image models read
_LONGEST_WORDS = 4_000


def read(document: Mapping[str, object], *, is_edit: bool) -> Partial | Final | Failure | Tell | None:
    """What an event says; None: nothing of interest."""
    kind = document.get("type")
    if kind == "error":
        return Failure(as_error(document.get("error") or document), begun=True)
    if kind == "response.image_generation_call.partial_image":
        mark = document.get("partial_image_b64")
        return Partial(Picked(mark=mark), count(document.get("partial_image_index"))) if isinstance(mark, str) else None
    if kind == "response.reasoning_summary_text.done":
        return _tell(_first_line(document.get("text")))
    if kind == "response.image_generation_call.generating":
        return Tell("Drawing")
    if kind == "response.output_item.done":
        return _item(_mapping(document.get("item")))
    if kind in ("response.completed", "response.incomplete", "response.failed"):
        return _ended(_mapping(document.get("response")), is_edit)
    if document.get("object") == "response" or (kind is None and "output" in document):
        return _ended(document, is_edit)
    return Failure(as_error(document["error"])) if kind is None and document.get("error") else None


def _tell(sentence: str) -> Tell | None:
    return Tell(sentence) if sentence else None


def _first_line(text: object) -> str:
    """A summary's headline: they begin with one in asterisks."""
    for line in _text(text)[:_LONGEST_WORDS].splitlines():
        if headline := one_line(line, _LONGEST).strip(" *#"):
            return headline
    return ""


def _item(item: Mapping[str, object]) -> Final | Failure | Tell | None:
    """A finished step of the plan."""
    if item.get("type") == "web_search_call":
        query = one_line(_query(_mapping(item.get("action"))), _LONGEST)
        return _tell(f"Searched the web: {query}"[:_LONGEST]) if query else None
    if item.get("type") == "image_generation_call":
        return _picture(item)
    return None


def _query(action: Mapping[str, object]) -> str:
    """What was searched for: `query`, or the first of `queries`; either may be missing."""
    return _text(action.get("query")) or next(filter(None, map(_text, _list(action.get("queries")))), "")


def _picture(item: Mapping[str, object]) -> Final | Failure | None:
    """A finished picture. After a failed one the model may try again."""
    if item.get("error"):
        return Failure(as_error(item["error"]), begun=True, ends=False)
    result = item.get("result")
    if not isinstance(result, str) or not result:
        return None
    return Final((Picked(mark=result),), None, revised=_prose(item.get("revised_prompt")))


def _ended(response: Mapping[str, object], is_edit: bool) -> Final | Failure:
    """The whole response: what it cost, what it cites, what was said instead of a picture."""
    if response.get("error"):
        return Failure(as_error(response["error"]), begun=True)
    items = [_mapping(item) for item in _list(response.get("output"))]
    found = [one for item in items if item.get("type") == "image_generation_call" and (one := _picture(item))]
    failure = next((one for one in found if isinstance(one, Failure)), None)
    finals = [one for one in found if isinstance(one, Final)]
    if failure and not finals:
        return Failure(failure.error, begun=True)
    words = "" if finals else _words(items)
    if not finals and (reason := _why_stopped(response, words)):
        return Failure({"code": reason}, begun=True)
    return Final(
        tuple(source for one in finals for source in one.sources),
        _image_usage(response, is_edit),
        revised=next((one.revised for one in finals if one.revised), ""),
        citations=tuple(_citations(items)),
        planning=_planning(response, items),
        words=words,
        ends=True,
    )


def _image_usage(response: Mapping[str, object], is_edit: bool) -> Usage | None:
    return usage(_mapping(response.get("tool_usage")).get("image_gen"), is_edit=is_edit)


def _planning(response: Mapping[str, object], items: list[Mapping[str, object]]) -> Planning | None:
    used = response.get("usage")
    if not isinstance(used, Mapping):
        return None
    reported = _mapping(_mapping(response.get("tool_usage")).get("web_search")).get("num_requests")
    searched = sum(1 for item in items if item.get("type") == "web_search_call")
    return Planning(
        one_line(_text(response.get("model")), 100),
        count(used.get("input_tokens")),
        count(used.get("output_tokens")),
        searched if reported is None else count(reported),
    )


def _words(items: list[Mapping[str, object]]) -> str:
    """What the model said, in one line."""
    said = [_text(part.get("text")) or _text(part.get("refusal")) for part in _parts(items)]
    return one_line(" ".join(said), _LONGEST_WORDS)


def _why_stopped(response: Mapping[str, object], words: str) -> str:
    """The reason of a plan that came to no end, where it says more than the model's own words."""
    reason = _text(_mapping(response.get("incomplete_details")).get("reason"))
    return reason if reason == "content_filter" or (reason == "max_output_tokens" and not words) else ""


def _citations(items: list[Mapping[str, object]]) -> Iterator[Source]:
    """The pages that were cited, each once; only addresses a person can check by reading them."""
    seen: set[str] = set()
    for part in _parts(items):
        for note in _list(part.get("annotations")):
            cited = _mapping(note)
            url = _text(cited.get("url"))
            if cited.get("type") != "url_citation" or url in seen or not _is_page(url):
                continue
            seen.add(url)
            yield Source(one_line(_text(cited.get("title")), _LONGEST) or url[:_LONGEST], url)
            if len(seen) == _MOST_SOURCES:
                return


def _is_page(url: str) -> bool:
    """Whether it is a plain http(s) address; not one that begins with another's name: `https://a.example@b.example`."""
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _parts(items: list[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    for item in items:
        if item.get("type") == "message":
            yield from (_mapping(part) for part in _list(item.get("content")))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _prose(value: object) -> str:
    """A text of several lines, its every line plain."""
    lines = _text(value)[:_LONGEST_PROMPT].splitlines()
    return "\n".join(one_line(line, _LONGEST_PROMPT) for line in lines).strip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
