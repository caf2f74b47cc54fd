"""Files made to break a decoder, or to keep it busy: each is refused in one sentence, or taken and made harmless."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from bot import pictures
from bot.errors import BadAttachment
from tests.test_pictures import corner_marked, encoded, jpeg, opened, png, rows, saved
from tests.test_pictures_awkward import short


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_file_that_ends_too_soon_is_refused_wherever_it_ends(tmp_path: Path, format_: str) -> None:
    data = encoded(Image.effect_noise((64, 48), 60).convert("RGB"), format_)
    for tenth in range(1, 10):
        (tmp_path / "in").write_bytes(data[: len(data) * tenth // 10])
        for check in (pictures.inspect, lambda path: pictures.normalise(path, tmp_path / "out.png")):
            with pytest.raises(BadAttachment):
                check(tmp_path / "in")


def is_refused_by_all(path: Path) -> bool:
    """Whether each function refuses a file. They must agree, and raise nothing else."""
    refused = []
    for check in (
        pictures.inspect,
        lambda path: pictures.normalise(path, path.with_name("n.png")),
        lambda path: pictures.thumbnail(path, path.with_name("t.webp"), 20),
        lambda path: pictures.fit(path, path.parent, max_bytes=100_000),
    ):
        try:
            check(path)
            refused.append(False)
        except BadAttachment:
            refused.append(True)
    assert len(set(refused)) == 1, refused
    return refused[0]


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_whatever_bytes_are_bent_one_sentence_comes_out(tmp_path: Path, format_: str) -> None:
    random_ = random.Random(format_)
    options = {"compression": "tiff_lzw"} if format_ == "TIFF" else {}
    data = encoded(Image.effect_noise((48, 32), 60).convert("RGB"), format_, **options)
    for _ in range(60):
        bent = bytearray(data)
        for _ in range(random_.choice((1, 2, 8))):
            bent[random_.randrange(min(200, len(bent)))] = random_.choice((0, 1, 127, 128, 255))
        (tmp_path / "in").write_bytes(bent)
        is_refused_by_all(tmp_path / "in")


DOT = ((40, 30), 8, 2, b"\xf0\x82\x14")
BOMB = zlib.compress(bytes(30_000_000), 9)


def tiled_tiff(edge: int) -> bytes:
    """A TIFF of 100 × 100 in one deflated tile of `edge` × `edge`."""
    data = zlib.compress(bytes(edge * edge), 9)
    tags = {256: 100, 257: 100, 258: 8, 259: 8, 262: 1, 277: 1, 322: edge, 323: edge, 324: 134, 325: len(data)}
    table = b"".join(struct.pack("<HHII", number, 4, 1, value) for number, value in tags.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + table + bytes(4) + data


def many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = encoded(Image.new("L", (64, 64), 128), "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * count + b"\xff\xd9"


@pytest.mark.parametrize(
    "data",
    [
        *(png(size, 8, 2, b"\1\2\3") for size in ((0, 0), (0, 5), (5, 0))),
        png(*DOT, (b"zTXt", b"Comment\0\0" + BOMB)),
        png(*DOT, (b"iTXt", b"Comment\0\1\0\0\0" + BOMB)),
        png(*DOT, (b"iCCP", b"P3\0\0" + BOMB)),
        png(*DOT, (b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0))),
        png(*DOT).replace(zlib.crc32(png(*DOT)[12:29]).to_bytes(4, "big"), b"\0\0\0\0"),
        png((40, 30), 8, 5, b"\1"),
        png((40, 30), 8, 3, b"\1").replace(b"IDAT", b"ABCD"),
        jpeg().replace(b"\x00\xc8\x00\xc8", b"\x00\x00\x00\xc8"),
        jpeg().replace(b"\x00\xc8\x00\xc8", b"\xff\xdc\xff\xdc"),
        many_scans(200),
        tiled_tiff(5000),
        b"\xff\xd8\xff\xd9",
        b"II*\0\xff\xff\xff\xff",
    ],
    ids=short,
)
def test_a_trap_is_refused_before_it_costs_anything(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "in").write_bytes(data)
    assert is_refused_by_all(tmp_path / "in")


@pytest.mark.parametrize(
    "data",
    [
        png(*DOT) + b"PK\3\4 and more" * 1000,
        png(*DOT, (b"tEXt", b"Comment\0<html><script>alert(1)</script>")),
        png(*DOT, idat=rows((40, 30), DOT[3]) + bytes(30_000_000)),
        jpeg() + b"%PDF-1.7 <script>" + b"\xff\xda\0\2" * 500,
        jpeg()[:2] + b"\xff\xfe\0\x12<html><script>x" + jpeg()[2:],
        many_scans(20),
        tiled_tiff(128),
    ],
    ids=short,
)
def test_a_picture_that_is_something_else_too_loses_the_rest(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "in").write_bytes(data)
    assert not is_refused_by_all(tmp_path / "in")
    kept = (tmp_path / "n.png").read_bytes()
    assert b"script" not in kept
    assert kept.endswith(b"IEND\xae\x42\x60\x82")


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((1, 1), (1, 1)), ((1, 20_000), (1, 3840)), ((20_000, 1), (3840, 1)), ((100, 20_000), (19, 3840))],
)
def test_a_picture_of_any_shape_is_taken(tmp_path: Path, size: tuple[int, int], becomes: tuple[int, int]) -> None:
    (tmp_path / "in").write_bytes(png(size, 8, 2, DOT[3]))
    assert not is_refused_by_all(tmp_path / "in")
    assert opened(tmp_path / "n.png").size == becomes
    assert opened(tmp_path / "n.png").getpixel((0, becomes[1] // 2)) == tuple(DOT[3])


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("gone", "pipe", "nowhere", "."):
        assert is_refused_by_all(tmp_path / name)
    real = saved(tmp_path / "real", corner_marked(), "PNG")
    (tmp_path / "link").symlink_to(real)
    assert not is_refused_by_all(tmp_path / "link")


@contextmanager
def as_nobody_special() -> Iterator[None]:
    """Root may read everything, so root steps down for a moment."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "in", corner_marked(), "PNG").chmod(0)
    with as_nobody_special():
        assert is_refused_by_all(tmp_path / "in")


def test_a_full_disk_is_not_blamed_on_the_picture(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.png", corner_marked(), "PNG")
    with pytest.raises(OSError):
        pictures.normalise(source, tmp_path / "missing" / "out.png")


LIMITED = """
import resource, sys, pathlib
from bot import pictures
resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))
source, out = map(pathlib.Path, sys.argv[1:])
print(pictures.inspect(source).width, pictures.normalise(source, out).width)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to it")
def test_a_photo_of_sixty_megapixels_needs_no_half_gigabyte(tmp_path: Path) -> None:
    """Decoded whole and copied twice, as once, it took 816 MB."""
    source = saved(tmp_path / "in.jpg", Image.new("RGB", (9400, 6300), "orange"), "JPEG")
    run = [sys.executable, "-c", LIMITED, str(source), str(tmp_path / "out.png")]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert done.stdout == "9400 3840\n", done.stderr


def difference(one: Image.Image, other: Image.Image) -> float:
    """Root mean square, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).rms)


@pytest.mark.parametrize("width", [3840, 5000, 7690])
def test_shrinking_while_decoding_loses_nothing_that_could_be_seen(tmp_path: Path, width: int) -> None:
    """Below twice the size a photo is decoded whole; above, it differs less than two ways of shrinking do."""
    lines = Image.radial_gradient("L").resize((width, 300)).convert("RGB")
    for at in range(0, width, 37):
        ImageDraw.Draw(lines).line((at, 0, at + 200, 300), fill=(at % 256, 200, 60), width=4)
    source = saved(tmp_path / "in.jpg", lines, "JPEG", quality=95, subsampling=0)
    pictures.normalise(source, tmp_path / "out.png")
    result, whole = opened(tmp_path / "out.png"), opened(source)
    best = whole.resize(result.size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    average = whole.resize(result.size, Image.Resampling.BOX)
    assert difference(result, best) <= (0 if width < 7680 else difference(average, best))
