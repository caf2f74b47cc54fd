"""Real pictures of a chosen weight, and the answers they come in. All made in memory, the same on every run."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = "3840x2160"
BYTES = 13_600_000  # what gpt-image-2 sends for a detailed picture of this size
SMALL_SIZE = "1024x1024"  # for warming up
PREVIEWS = 2

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAND = 16  # rows
_PIECE = 65_536  # bytes in one IDAT chunk of the picture, and in one HTTP chunk of the events


@dataclass(frozen=True, slots=True)
class Answers:
    """What the server sends for pictures of one size: whole HTTP answers, head and body. `sha256` is the picture's."""

    json: bytes
    events: bytes
    sha256: str


def answers(size: str, weight: int) -> Answers:
    """Prepare both kinds of answer."""
    picture = png(size, weight)
    text = base64.b64encode(picture).decode()
    return Answers(_json(size, text), _events(size, text), hashlib.sha256(picture).hexdigest())


def png(size: str, weight: int) -> bytes:
    """A PNG of about `weight` bytes: as many rows of noise as that takes, in bands, between flat ones."""
    width, height = (int(edge) for edge in size.split("x"))
    row = 1 + width * 3
    noisy = min(1.0, weight / (row * height))
    noise = random.Random(size)
    rows = bytearray()
    for band in range(0, height, _BAND):
        count = min(_BAND, height - band)
        loud = round((band + count) * noisy) - round(band * noisy)
        rows += b"".join(b"\0" + noise.randbytes(row - 1) for _ in range(loud))
        rows += (b"\0" + b"\x30\x60\x90" * width) * (count - loud)
    data = zlib.compress(bytes(rows), 1)
    return b"".join([_head(width, height), *_data_chunks(data), _chunk(b"IEND", b"")])


def reference(path: Path, weight: int) -> Path:
    """Write a file of exactly `weight` bytes that looks like a PNG from outside; nobody decodes it."""
    head, end = _head(3840, 2160), _chunk(b"IEND", b"")
    noise = random.Random(weight).randbytes(weight - len(head) - len(end) - len(_chunk(b"IDAT", b"")))
    path.write_bytes(head + _chunk(b"IDAT", noise) + end)
    return path


def _head(width: int, height: int) -> bytes:
    return _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def _data_chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield _chunk(b"IDAT", data[start : start + _PIECE])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _json(size: str, text: str) -> bytes:
    document = {"created": 1, **_facts(size), "data": [{"b64_json": text}], "usage": _usage()}
    body = json.dumps(document).encode()
    return _headers("application/json", f"Content-Length: {len(body)}") + body


def _events(size: str, text: str) -> bytes:
    """Two previews as heavy as the picture, which is the worst case, and the picture; each event one line."""
    partial = {"type": "image_generation.partial_image", "created_at": 1, **_facts(size), "b64_json": text}
    final = {"type": "image_generation.completed", "created_at": 1, **_facts(size), "b64_json": text}
    documents = [{**partial, "partial_image_index": index} for index in range(PREVIEWS)] + [
        {**final, "usage": _usage()}
    ]
    body = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in documents)
    pieces = (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return _headers("text/event-stream", "Transfer-Encoding: chunked") + chunked + b"0\r\n\r\n"


def _headers(media_type: str, length: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nx-request-id: req_bench\r\n{length}\r\n\r\n".encode()


def _facts(size: str) -> dict[str, str]:
    return {"background": "opaque", "output_format": "png", "quality": "high", "size": size}


def _usage() -> dict[str, object]:
    return {
        "input_tokens": 20, "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
        "output_tokens": 6000, "output_tokens_details": {"text_tokens": 0, "image_tokens": 6000},
        "total_tokens": 6020,
    }  # fmt: skip
