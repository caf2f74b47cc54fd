"""Reads an answer, once its pictures are out: JSON or server-sent events, from OpenAI or from a gateway.

Nothing is believed: neither the content type nor that we get the kind of answer we asked for.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.models import Planning, Source, Usage

_MOST_TEXT = 1024 * 1024  # bytes of JSON, or of one event, without pictures; real ones have under 2 KB
_MOST_TOKENS = 10**9
_JOINERS = "\u200c\u200d"  # within words of some scripts, and within emoji
_MARK = b"\xef\xbb\xbf"  # some servers begin with it; it says UTF-8
_EVENT_FIELDS = (b"data", b"event", b"id", b"retry", b":")
_LONGEST_FIELD = max(map(len, _EVENT_FIELDS))
_TOO_MUCH = "too much text beside the pictures"


class BadAnswerError(Exception):
    """The answer is none of those we know. The text is for the log."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Where one picture is: a mark for `Sieve.take`, or an address."""

    mark: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """A passing picture; `index` counts from 0."""

    source: Picked
    index: int


@dataclass(frozen=True, slots=True)
class Final:
    """Finished pictures. There may be fewer than were asked for, even none.

    `revised`, `citations`, `planning` and `words` (said instead of a picture) come from planning models and chats.
    `ends`: nothing of interest can follow.
    """

    sources: tuple[Picked, ...]
    usage: Usage | None
    revised: str = ""
    citations: tuple[Source, ...] = ()
    planning: Planning | None = None
    words: str = ""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """A step of a plan, worth telling."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error inside an answer that began well. `error` is the vendor's object, as far as it is one.

    `begun`: something was done before it that may be billed. Unless it `ends` the answer, a picture may follow.
    """

    error: Mapping[str, object]
    begun: bool = False
    ends: bool = True


class Documents:
    """Cuts an answer's text into JSON objects: each event as it completes, or the one object at the end.

    An event too long to be looked at is left out, and complained of at the end: it must not cost a picture beside it.
    """

    def __init__(self) -> None:
        self._text = bytearray()
        self._data: list[bytes] = []
        self._skips = False
        self._left_out = False
        self.is_events: bool | None = None

    def feed(self, text: bytes) -> Iterator[dict[str, object]]:
        """Take more text; yield the objects that are complete. Raises `BadAnswerError`."""
        self._text += text
        if self.is_events is None:
            self._text = self._text.removeprefix(_MARK).lstrip()
            self.is_events = _looks_like_events(bytes(self._text[:_LONGEST_FIELD]))
        if self.is_events and b"\n" in text:
            yield from self._events()
        if len(self._text) + sum(map(len, self._data)) > _MOST_TEXT:
            self._leave_out()

    def end(self) -> Iterator[dict[str, object]]:
        """The answer is over. Raises `BadAnswerError` when it was no object and no events, or too long ones."""
        if self.is_events:
            yield from self.feed(b"\n\n")  # the last event may lack its empty line
        else:
            yield _object(bytes(self._text))
        if self._left_out:
            raise BadAnswerError(_TOO_MUCH)

    def _events(self) -> Iterator[dict[str, object]]:
        *lines, self._text = self._text.split(b"\n")
        for line in map(bytes, lines):
            if line.startswith(b"data:") and not self._skips:
                self._data.append(line[5:].strip())
            elif not line.strip():
                self._skips = False
                data, self._data = b"\n".join(self._data), []
                yield from _objects(data) if data else []

    def _leave_out(self) -> None:
        if not self.is_events:
            raise BadAnswerError(_TOO_MUCH)
        self._skips = self._left_out = True
        self._text, self._data = bytearray(b":"), []  # what is left of this line counts as a comment


def _looks_like_events(text: bytes) -> bool | None:
    """By its first word; None: too early to say."""
    if _MARK.startswith(text):
        return None
    if text.startswith((b"{", b"[", b"<")):
        return False
    if len(text) < _LONGEST_FIELD and any(field.startswith(text) for field in _EVENT_FIELDS):
        return None
    return text.startswith(_EVENT_FIELDS)


def _objects(data: bytes) -> list[dict[str, object]]:
    """An event's object; none for "[DONE]" and a gateway's signs of life, which must not cost a paid picture."""
    with contextlib.suppress(BadAnswerError):
        return [_object(data)]
    return []


def _object(text: bytes) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(f"not JSON: {type(error).__name__}, {len(text)} bytes") from error
    if not isinstance(document, dict):
        raise BadAnswerError("JSON, but no object")
    return document


def read(document: Mapping[str, object], *, is_edit: bool) -> Partial | Final | Failure | None:
    """What an object says; None: nothing of interest (a sign of life)."""
    kind = document.get("type")
    error = document.get("error")
    if error or kind == "error":
        return Failure(as_error(error or document))
    if isinstance(kind, str) and kind.endswith(".partial_image"):
        source = _source(document)
        return Partial(source, count(document.get("partial_image_index"))) if source else None
    if isinstance(kind, str) and kind.endswith(".completed"):
        return _final([document], document, is_edit)
    if "data" in document or kind is None:
        data = document.get("data")
        return _final(data if isinstance(data, list) else [], document, is_edit)
    return None


def as_error(error: object) -> Mapping[str, object]:
    """The vendor's error as an object, whatever it was."""
    return error if isinstance(error, Mapping) else {"message": str(error)}


def _final(items: list[object], document: Mapping[str, object], is_edit: bool) -> Final:
    sources = (_source(item) for item in items if isinstance(item, Mapping))
    return Final(tuple(source for source in sources if source), usage(document.get("usage"), is_edit=is_edit))


def _source(item: Mapping[str, object]) -> Picked | None:
    for value in (item.get("b64_json"), item.get("url")):
        if isinstance(value, str) and value:  # a data URL became a mark, too
            return Picked(url=value) if "://" in value else Picked(mark=value)
    return None


def one_line(text: str, most: int) -> str:
    """Words from outside for people: nothing invisible in them, no line breaks, at most so many characters."""
    return " ".join("".join(map(_visible, text[: 20 * most])).split())[:most]


def _visible(letter: str) -> str:
    return letter if letter.isprintable() or letter in _JOINERS else " "


# ── Usage ───────────────────────────────────────────────────────────────────────────────────────────────────


def usage(reported: object, *, is_edit: bool) -> Usage | None:
    """Tokens as reported; None when the service says nothing usable (gateways leave it out or send zeros).

    Without details all output counts as image tokens, as the Images endpoints mean it, and all input as the
    dearer kind it can hold: image tokens for an edit, else text.
    """
    if not isinstance(reported, Mapping):
        return None
    into, out = count(reported.get("input_tokens")), count(reported.get("output_tokens"))
    if not out:
        return None
    input_text, input_image = _split(reported.get("input_tokens_details"), (0, into) if is_edit else (into, 0))
    output_text, output_image = _split(reported.get("output_tokens_details"), (0, out))
    return Usage(input_text, input_image, output_image, output_text)


def _split(details: object, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Text and image tokens."""
    if not isinstance(details, Mapping):
        return otherwise
    text, image = count(details.get("text_tokens")), count(details.get("image_tokens"))
    return (text, image) if text + image else otherwise


def count(value: object) -> int:
    """A number from outside, as a count; 0 when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= _MOST_TOKENS else 0


def total(usages: list[Usage | None]) -> Usage | None:
    """The sum over several events; None as soon as one of them did not say."""
    known = [one for one in usages if one]
    if not known or len(known) < len(usages):
        return None
    return Usage(
        sum(one.input_text_tokens for one in known),
        sum(one.input_image_tokens for one in known),
        sum(one.output_image_tokens for one in known),
        sum(one.output_text_tokens for one in known),
    )
