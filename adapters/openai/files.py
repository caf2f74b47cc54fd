"""A picture's bytes on their way to disk: hashed, bounded, and checked to be one whole picture."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bot.models import new_id
from bot.ports import Drawn

MAX_BYTES = 64 * 1024 * 1024
"""The largest picture we take: 8.3 megapixels of incompressible RGBA, the API's largest size, are 33 MB."""

_EDGE = 1024  # bytes kept from either end: enough for a signature and for trailing bytes after an end mark


class TooLargeError(Exception):
    """More bytes than any picture we asked for can have."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that came from outside. `suffix` is its real format's (".png"), "" if it is no whole picture."""

    path: Path
    sha256: str
    bytes: int
    suffix: str

    def named(self) -> Drawn:
        """The same file under a name that tells its format."""
        return Drawn(self.path.replace(self.path.with_suffix(self.suffix)), self.sha256, self.bytes)


class PictureFile:
    """Takes bytes piece by piece. Synchronous: a thread hop would cost as much as one piece (64 KB)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{new_id()}.part"
        self.bytes = 0
        self._file = self.path.open("xb", buffering=0)
        self._sha256 = hashlib.sha256()
        self._head = b""
        self._tail = b""

    def write(self, piece: bytes) -> None:
        """Append. Raises `TooLargeError` beyond `MAX_BYTES`."""
        self.bytes += len(piece)
        if self.bytes > MAX_BYTES:
            raise TooLargeError
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._sha256.update(piece)
        if len(self._head) < _EDGE:
            self._head = (self._head + piece)[:_EDGE]
        self._tail = (self._tail + piece[-_EDGE:])[-_EDGE:]

    def finish(self) -> Picture:
        """Close, and say what it is."""
        self._file.close()
        suffix = suffix_of(self._head, self._tail, self.bytes)
        return Picture(self.path, self._sha256.hexdigest(), self.bytes, suffix)

    def discard(self) -> None:
        """Close and delete; harmless after `finish`."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> PictureFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard()


def suffix_of(head: bytes, tail: bytes, size: int) -> str:
    """The format of a picture by its first bytes, or "" when it is none of ours or its end is missing.

    A cut base64 string decodes without complaint, so each format's own end mark is looked for. After it a few
    more bytes may follow. In JPEG data FF D9 cannot occur by chance: FF is always followed by 00 there.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png" if b"IEND\xaeB`\x82" in tail else ""
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg" if b"\xff\xd9" in tail else ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp" if struct.unpack("<I", head[4:8])[0] + 8 <= size else ""
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return ".gif" if tail.endswith(b";") else ""
    return ""
