"""An XMP packet in a PNG, JPEG or WebP that has none: the pixels and everything else stay as they are.

It would break Content Credentials: ask `has_room` first. Synchronous.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from bot.errors import BadAttachment

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
# Content Credentials are JUMBF boxes in all three kinds of files; XMP may say that they are kept elsewhere.
_TAKEN = re.compile(rb"jumb....jumd|XML:com\.adobe\.xmp|com/xap/1\.0/|adobe:ns:meta/|22-rdf-syntax-ns#", re.DOTALL)
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10  # of WebP's VP8X chunk


def packet(source_type: str) -> bytes:
    """XMP that says one thing: IPTC's Digital Source Type, a term of `disclosure`."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f"<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def has_room(data: bytes) -> bool:
    """Whether a packet may go in: a whole picture of these kinds, with neither Content Credentials nor XMP."""
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 == len(data)
    return (is_webp or data.startswith((_PNG, b"\xff\xd8\xff"))) and not _TAKEN.search(data)


def taken_out(data: bytes, xmp: bytes) -> Iterator[bytes]:
    """What a file with this packet may have been before `put_in`: one of these, where it comes from there."""
    if xmp not in data:
        return
    if data.startswith(_PNG):
        yield data.replace(_png_chunk(xmp), b"", 1)
    elif data.startswith(b"\xff\xd8\xff"):
        yield data.replace(_jpeg_segment(xmp), b"", 1)
    elif data[:4] == b"RIFF" and data[12:16] == b"VP8X":
        chunks = data[12 : len(data) - len(_webp_chunk(xmp))]
        yield _riff(chunks[:8] + bytes([chunks[8] & ~_XMP_FLAG]) + chunks[9:])
        yield _riff(chunks[18:])  # a simple file, that got the chunk in front with the packet


def put_in(path: Path, xmp: bytes, size: tuple[int, int]) -> None:
    """Write the packet into a picture of `size` pixels. Raises `BadAttachment` for another kind of file."""
    data = path.read_bytes()
    if data.startswith(_PNG):
        path.write_bytes(_in_png(data, xmp))
    elif data.startswith(b"\xff\xd8\xff"):
        path.write_bytes(_in_jpeg(data, xmp))
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        path.write_bytes(_in_webp(data, xmp, size))
    else:
        raise BadAttachment("This kind of picture cannot say how it was made. Choose png, jpeg or webp.")


def _in_png(data: bytes, xmp: bytes) -> bytes:
    """Behind the header."""
    header = len(_PNG) + 4 + 4 + 13 + 4
    return data[:header] + _png_chunk(xmp) + data[header:]


def _png_chunk(xmp: bytes) -> bytes:
    """An iTXt, not compressed, without a language."""
    body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
    return (len(body) - 4).to_bytes(4, "big") + body + binascii.crc32(body).to_bytes(4, "big")


def _in_jpeg(data: bytes, xmp: bytes) -> bytes:
    """Behind the JFIF and Exif segments, which must stay the first."""
    start = 2
    while data[start : start + 2] in (b"\xff\xe0", b"\xff\xe1"):
        start += 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    return data[:start] + _jpeg_segment(xmp) + data[start:]


def _jpeg_segment(xmp: bytes) -> bytes:
    body = _JPEG_NAME + xmp
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _in_webp(data: bytes, xmp: bytes, size: tuple[int, int]) -> bytes:
    """At the end, and announced in the VP8X chunk: a simple file gets one."""
    chunks = data[12:]
    if chunks[:4] == b"VP8X":
        chunks = chunks[:8] + bytes([chunks[8] | _XMP_FLAG]) + chunks[9:]
    else:
        has_alpha = chunks[:4] == b"VP8L" and chunks[12] & 0x10  # bit 28 behind the signature byte
        flags = _XMP_FLAG | (_ALPHA_FLAG if has_alpha else 0)
        canvas = b"".join((edge - 1).to_bytes(3, "little") for edge in size)
        chunks = b"VP8X" + (10).to_bytes(4, "little") + bytes([flags, 0, 0, 0]) + canvas + chunks
    return _riff(chunks + _webp_chunk(xmp))


def _webp_chunk(xmp: bytes) -> bytes:
    return b"XMP " + len(xmp).to_bytes(4, "little") + xmp + b"\0" * (len(xmp) % 2)


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks
