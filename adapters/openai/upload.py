"""Request bodies that are read from disk while they are sent: 16 pictures of 50 MB never stand in memory."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pybase64

PIECE = 3 * 32 * 1024
"""Bytes read at once; a multiple of 3, so that base64 pieces join without padding."""


class UnreadableError(Exception):
    """A file is gone, or shorter than it was when its length was announced: the request was never whole."""


class Body(Protocol):
    """What is sent. `length` is bytes."""

    content_type: str
    length: int

    def pieces(self) -> AsyncIterator[bytes]:
        """The bytes, from the first, `length` of them. Raises `UnreadableError`."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file to upload: the form's field, the name it travels under, where it is, its media type."""

    field: str
    name: str
    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class DataUrl:
    """Stands in a JSON document for a file; becomes a data URL on the way."""

    path: Path
    media_type: str


class JsonBody:
    """A JSON document in which `DataUrl`s are filled in from disk. Raises `OSError` when one is not there."""

    content_type = "application/json"

    def __init__(self, document: Mapping[str, object]) -> None:
        mark = secrets.token_hex(16)
        self._files: list[DataUrl] = []
        text = json.dumps(self._marked(document, mark), ensure_ascii=False)
        self._texts = [_encoded(part) for part in text.split(mark)]
        self._sizes = [file.path.stat().st_size for file in self._files]
        self.length = sum(map(len, self._texts)) + sum((size + 2) // 3 * 4 for size in self._sizes)

    def _marked(self, value: object, mark: str) -> object:
        if isinstance(value, DataUrl):
            self._files.append(value)
            return f"data:{value.media_type};base64,{mark}"
        if isinstance(value, Mapping):
            return {key: self._marked(item, mark) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._marked(item, mark) for item in value]
        return value

    async def pieces(self) -> AsyncIterator[bytes]:
        """The document's bytes."""
        for index, text in enumerate(self._texts):
            yield text
            if index < len(self._files):
                async for piece in _pieces_of(self._files[index].path, self._sizes[index]):
                    yield pybase64.b64encode(piece)


class FormBody:
    """multipart/form-data, as the SDK writes it. Raises `OSError` when a file is not there."""

    def __init__(self, fields: Mapping[str, object], files: Sequence[FilePart]) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[tuple[bytes, Path | None, int]] = []
        for name, value in fields.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'
            self._parts.append((_encoded(head), None, 0))
        for file in files:
            head = (
                f'--{boundary}\r\nContent-Disposition: form-data; name="{file.field}"; filename="{file.name}"\r\n'
                f"Content-Type: {file.media_type}\r\n\r\n"
            )
            self._parts.append((_encoded(head), file.path, file.path.stat().st_size))
        self._end = f"--{boundary}--\r\n".encode()
        sizes = (len(head) + (size + 2 if path else 0) for head, path, size in self._parts)
        self.length = sum(sizes) + len(self._end)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The form's bytes."""
        for head, path, size in self._parts:
            yield head
            if path:
                async for piece in _pieces_of(path, size):
                    yield piece
                yield b"\r\n"
        yield self._end


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(text: str) -> bytes:
    """Half a character, as a broken client may send it, becomes a question mark."""
    return text.encode(errors="replace")


async def _pieces_of(path: Path, size: int) -> AsyncIterator[bytes]:
    """A file's first `size` bytes, read off the event loop; by one thread of its own, as each thread keeps memory."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        try:
            file: BinaryIO = await loop.run_in_executor(thread, path.open, "rb", 0)
            with file:
                while size:
                    piece = await loop.run_in_executor(thread, _read, file, min(size, PIECE))
                    size -= len(piece)
                    yield piece
        except OSError as error:
            raise UnreadableError(str(error.strerror)) from error


def _read(file: BinaryIO, size: int) -> bytes:
    """As many bytes; an unbuffered read may stop early."""
    piece = file.read(size)
    while len(piece) < size:
        more = file.read(size - len(piece))
        if not more:
            raise UnreadableError("it became shorter")
        piece += more
    return piece
