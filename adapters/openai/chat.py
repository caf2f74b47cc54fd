"""Reads a chat completion of a gateway that draws there: in `images`, in parts of the content, or amid the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from adapters.openai.answer import Failure, Final, Picked, as_error, count
from bot.models import Usage

_LINK = re.compile(r"!\[[^\]]*\]\((\S+?)\)|\b(https?://\S+\.(?:png|jpe?g|webp)\b\S*)", re.IGNORECASE)


def read(document: Mapping[str, object], *, is_edit: bool) -> Final | Failure | None:
    """What a completion says; `is_edit` makes no difference here."""
    if document.get("error"):
        return Failure(as_error(document["error"]))
    choices = document.get("choices")
    messages = [one.get("message") for one in choices if isinstance(one, Mapping)] if isinstance(choices, list) else []
    sources: list[Picked] = []
    words: list[str] = []
    for message in messages:
        if isinstance(message, Mapping):
            sources += _pictures(message)
            words += _words(message)
    said = " ".join(words).strip()
    return Final(tuple(dict.fromkeys(sources)), _usage(document.get("usage")), words=said, ends=True)


def _pictures(message: Mapping[str, object]) -> Iterator[Picked]:
    for key in ("images", "content"):
        value = message.get(key)
        for part in value if isinstance(value, list) else []:
            if isinstance(part, Mapping) and (picked := _part(part)):
                yield picked
    content = message.get("content")
    if isinstance(content, str):
        for found in _LINK.finditer(content):
            yield _picked(found[1] or found[2])


def _part(part: Mapping[str, object]) -> Picked | None:
    """A picture among the parts: `image_url` as an object or a text, or base64."""
    url = part.get("image_url") or part.get("url")
    if isinstance(url, Mapping):
        url = url.get("url")
    value = url or part.get("b64_json")
    return _picked(value) if isinstance(value, str) and value else None


def _picked(value: str) -> Picked:
    return Picked(url=value) if "://" in value else Picked(mark=value)  # a data URL became a mark


def _words(message: Mapping[str, object]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        yield _LINK.sub("", content)
    for part in content if isinstance(content, list) else []:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield str(part["text"])
    if isinstance(message.get("refusal"), str):
        yield str(message["refusal"])


def _usage(reported: object) -> Usage | None:
    """Tokens; a chat does not tell image tokens apart, so all output counts as the dearer kind."""
    if not isinstance(reported, Mapping) or not count(reported.get("completion_tokens")):
        return None
    return Usage(count(reported.get("prompt_tokens")), 0, count(reported.get("completion_tokens")), 0)
