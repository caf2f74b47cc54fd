"""Takes pictures out of an answer while it arrives, so that no base64 text is ever whole in memory.

The answer is JSON, or server-sent events whose lines are JSON; both look the same here: text in which now and
then a `"b64_json": "…"` (or another key of `Keys`) begins. `Sieve` lets the text through and replaces each such
value by a short mark, while the base64 goes to a file. What remains is a few hundred bytes for `answer.py`.
"""

from __future__ import annotations

import binascii
import re
import secrets
from pathlib import Path
from types import TracebackType

import pybase64

from adapters.openai.files import Picture, PictureFile, TooLargeError

_HELD = 256  # bytes; longer than a key with its spaces and a data URL's head can sensibly be
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LINE_BREAKS = b"nrt"
_NO_BASE64 = b"?"
_MOST = 40  # pictures in one answer: ten, with three previews each


class Keys:
    """What announces base64: patterns, each a list of parts so that a beginning of one can be told.

    The group of a pattern that matched says how much of it is left standing in the text.
    """

    def __init__(
        self, *, values: tuple[list[str], ...], data_urls: tuple[list[str], ...], url_ends: tuple[bytes, ...] = ()
    ) -> None:
        # A quote within a JSON string is written \" and so can neither begin nor end these.
        whole = "|".join(f"({''.join(parts)})" for parts in values)
        urls = "|".join(f"(?:{''.join(parts)})" for parts in data_urls)
        self.whole = re.compile(f"(?<!\\\\)(?:{'|'.join(filter(None, (whole, urls)))})".encode())
        begun = "|".join(_beginning_of(parts) for parts in (*values, *data_urls))
        self.begun = re.compile(f"(?:{begun})\\Z".encode())
        self.url_ends = (b'"', *url_ends)


def _beginning_of(parts: list[str]) -> str:
    """A pattern for any non-empty beginning of these parts."""
    pattern = ""
    for part in reversed(parts):
        pattern = f"{part}(?:{pattern})?" if pattern else part
    return pattern


def _value_of(name: str) -> list[str]:
    space = r"[ \t\r\n]{0,32}"  # bounded, as a beginning is held back only so long
    return [*f'"{name}"', space, ":", space, '"']


def _data_url_in(name: str) -> list[str]:
    return [*_value_of(name), *"data:", '[^",]{0,100}', ","]


_DATA_URL = [*"data:image", r"\\?", "/", r"[\w.+-]{1,40}", *";base64,"]

IMAGES = Keys(values=(_value_of("b64_json"),), data_urls=(_data_url_in("url"),))
RESPONSES = Keys(values=(_value_of("partial_image_b64"), _value_of("result")), data_urls=(_data_url_in("image_url"),))
"""A response repeats its request's tools, and with them a mask."""
CHAT = Keys(
    values=(_value_of("b64_json"),),
    data_urls=(_DATA_URL,),
    url_ends=(b")", b" ", b"'", b"<", b">", b"]", b"\\n", b"\\r", b"\\t", b"\\\\"),
)
"""Chat answers hold pictures as data URLs, also in the middle of words: `![a fox](data:image/png;base64,…)`."""


class Sieve:
    """Feed it an answer's bytes; it gives back the text without the pictures. Whoever opens it closes it.

    `pictures` are the finished ones by mark. Closing deletes what was not handed over by `take`.
    """

    def __init__(self, folder: Path, keys: Keys = IMAGES) -> None:
        self.pictures: dict[str, Picture] = {}
        self._folder = folder
        self._keys = keys
        self._secret = secrets.token_hex(8)  # so that no answer can name a picture it did not bring
        self._count = 0
        self._before = b""  # the last byte that was let through: a backslash would change what follows
        self._held = b""
        self._ends: tuple[bytes, ...] = ()
        self._base64: _Base64 | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return the text that is ready. Raises `TooLargeError`."""
        ready = bytearray()
        while chunk:
            base64 = self._base64
            chunk = self._in_picture(base64, chunk, ready) if base64 else self._in_text(chunk, ready)
        return bytes(ready)

    def rest(self) -> bytes:
        """What was held back, at the end of the answer."""
        rest, self._held = self._held, b""
        return rest

    def take(self, mark: str) -> Picture | None:
        """Hand over the picture with this mark; a whole one's file is the caller's from now on."""
        picture = self.pictures.get(mark)
        return self.pictures.pop(mark) if picture and picture.suffix else None

    def _in_text(self, chunk: bytes, ready: bytearray) -> bytes:
        text, start = self._before + self._held + chunk, len(self._before)
        key = self._keys.whole.search(text, start)
        if key:
            self._before = self._held = b""
            ready += text[start : key.end() if key.lastindex else text.rindex(b"data:", 0, key.end())]
            self._ends = (b'"',) if key.lastindex else self._keys.url_ends
            self._base64 = self._begun()
            return text[key.end() :]
        partial = self._keys.begun.search(text, max(start, len(text) - _HELD))
        cut = partial.start() if partial else len(text)
        ready += text[start:cut]
        self._before, self._held = text[max(0, cut - 1) : cut], text[cut:]
        return b""

    def _in_picture(self, base64: _Base64, chunk: bytes, ready: bytearray) -> bytes:
        chunk, self._held = self._held + chunk, b""
        # A search per ending is the quickest there is.
        end = min((found for one in self._ends if (found := chunk.find(one)) >= 0), default=-1)
        inside = chunk if end < 0 else chunk[:end]
        if _is_escape_open(inside):  # an escaped quote is no base64: it belongs to the text, with its backslash
            inside = inside[:-1]
            end, self._held = (end, b"\\") if end < 0 else (end - 1, b"")
        base64.feed(inside)
        if end < 0:
            return b""
        ready += self._finished(base64)
        self._base64 = None
        return chunk[end:]

    def _begun(self) -> _Base64:
        if self._count == _MOST:
            raise TooLargeError
        return _Base64(PictureFile(self._folder))

    def _finished(self, base64: _Base64) -> bytes:
        picture = base64.finish()
        if picture is None:
            return b""
        self._count += 1
        mark = f"{self._secret}/{self._count}"
        self.pictures[mark] = picture
        return mark.encode()

    def __enter__(self) -> Sieve:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._base64:
            self._base64.file.discard()
        for picture in self.pictures.values():
            picture.path.unlink(missing_ok=True)
        self.pictures.clear()


class _Base64:
    """Decodes one JSON string of base64 into a file. Once damaged it reads on, to the next picture."""

    def __init__(self, file: PictureFile) -> None:
        self.file = file
        self._damaged = False
        self._started = False
        self._padded = False
        self._carry = b""

    def feed(self, text: bytes) -> None:
        if self._damaged:
            return
        try:
            self._decode(self._carry + text)
        except binascii.Error:
            self._damaged = True
            self._carry = b""

    def finish(self) -> Picture | None:
        """The picture; one without a suffix if it came damaged; None for an empty string."""
        if not self._damaged and self._carry:
            self._started = True
            self.feed(b"=" * (-len(self._carry) % 4))
            self._damaged = self._damaged or bool(self._carry)
        picture = self.file.finish()
        if picture.bytes == 0 and not self._damaged:
            self.file.discard()
            return None
        return Picture(picture.path, picture.sha256, picture.bytes, "") if self._damaged else picture

    def _decode(self, text: bytes) -> None:
        text, unfinished = _unescaped(text)
        if not self._started:
            text = self._without_data_url(text)
        whole = len(text) - len(text) % 4 if self._started else 0
        self._carry = text[whole:] + unfinished
        if not whole:
            return
        if self._padded:
            raise binascii.Error("text after the padding")
        self._padded = text[whole - 1 : whole] == b"="
        self.file.write(pybase64.b64decode(text[:whole], validate=True))

    def _without_data_url(self, text: bytes) -> bytes:
        """Some gateways put a whole data URL into `b64_json`."""
        if len(text) < len(b"data:"):
            return text
        if text.startswith(b"data:"):
            comma = text.find(b",", 0, _HELD)
            if comma < 0:
                if len(text) > _HELD:
                    raise binascii.Error("a data URL without an end to its head")
                return text
            text = text[comma + 1 :]
        self._started = True
        return text


def _is_escape_open(text: bytes) -> bool:
    """Whether the last backslash takes what follows."""
    return text.endswith(b"\\") and (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


def _unescaped(text: bytes) -> tuple[bytes, bytes]:
    r"""Undo JSON's escapes (`\/`, .NET's `\u002B`) and drop line breaks. Second: an escape cut in two."""
    if b"\\" not in text:
        return text, b""
    last = text.rfind(b"\\")
    cut = len(text)
    if len(text) - last < 2 or (text[last + 1 : last + 2] == b"u" and len(text) - last < 6):
        cut = last
    return _ESCAPE.sub(_character, text[:cut]), text[cut:]


def _character(escape: re.Match[bytes]) -> bytes:
    if escape[2]:
        character = b"" if escape[2] in _LINE_BREAKS else escape[2]
    else:
        character = bytes([min(int(escape[1], 16), 0xFF)])
    return _NO_BASE64 if character == b"\\" else character  # not to be taken for an escape once more
