"""Files that few programs write and somebody will send: every pixel comes out in the colour it was meant to have."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from bot import pictures
from tests.test_pictures import encoded, opened, png, rows

ORANGE = (240, 130, 20)
LEAF = (60, 200, 60)
SIZE = (40, 30)


def clean(tmp_path: Path, data: bytes) -> Image.Image:
    """The picture that goes on, after everything that must hold for each of them was checked."""
    source, out = tmp_path / "in", tmp_path / "out.png"
    source.write_bytes(data)
    seen = pictures.inspect(source)
    picture = pictures.normalise(source, out)
    result = opened(out)
    assert result.mode in ("RGB", "RGBA")
    assert result.info == {}
    assert (picture.width, picture.height) == result.size
    assert max(result.size) <= pictures.MAX_EDGE
    assert picture.bytes == out.stat().st_size
    assert sorted(result.size) == sorted(seen_size(seen))
    return result


def seen_size(seen: pictures.Picture) -> tuple[int, int]:
    scale = min(1, pictures.MAX_EDGE / max(seen.width, seen.height))
    return max(1, round(seen.width * scale)), max(1, round(seen.height * scale))


def pixel(image: Image.Image, at: tuple[int, int] = (20, 15)) -> tuple[int, ...]:
    value = image.getpixel(at)
    assert isinstance(value, tuple)
    return value


def is_about(seen: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 3) -> bool:
    return len(seen) == len(wanted) and all(abs(a - b) <= tolerance for a, b in zip(seen, wanted, strict=True))


def plain(mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", SIZE, ORANGE).convert(mode)


def grey(value: int) -> tuple[int, int, int]:
    return (value, value, value)


def short(value: object) -> str:
    """A test's name, without the bytes of its file."""
    return "file" if isinstance(value, bytes) else str(value)


# ── Files by hand ────────────────────────────────────────────────────────────────────────────────────────────────


def tiff(data: bytes, order: str = "<", **tags: tuple[int, ...]) -> bytes:
    """An uncompressed TIFF of 40 × 30 in one strip. Tags are t<number>; those from 700 on hold bytes."""
    fields: dict[int, tuple[int, ...]] = {
        256: (SIZE[0],),
        257: (SIZE[1],),
        259: (1,),
        273: (0,),
        278: (SIZE[1],),
        279: (len(data),),
    }
    fields |= {int(name[1:]): values for name, values in tags.items()}
    fields[277] = (len(fields[258]),)
    start, rest = 8 + 2 + 12 * len(fields) + 4, b""
    body = {number: struct.pack(f"{order}{len(values)}I", *values) for number, values in fields.items()}
    longer = sum(len(one) for one in body.values() if len(one) > 4)
    body[273] = struct.pack(order + "I", start + longer)
    table = struct.pack(order + "H", len(fields))
    for number, value in sorted(body.items()):
        entry = value if len(value) == 4 else struct.pack(order + "I", start + len(rest))
        rest += value if len(value) > 4 else b""
        table += struct.pack(order + "HHI", number, 4, len(value) // 4) + entry
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", 8) + table + b"\0\0\0\0" + rest + data


def grey_tiff(kind: str, first: float, second: float, order: str = "<", **tags: tuple[int, ...]) -> bytes:
    """The upper half in one value, the lower in another; `kind` as in struct."""
    data = struct.pack(order + kind, first) * 600 + struct.pack(order + kind, second) * 600
    number = {"H": 1, "h": 2, "i": 2, "f": 3}[kind]
    return tiff(data, order, **{"t258": (struct.calcsize(kind) * 8,), "t262": (1,), "t339": (number,), **tags})


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65_536)) for value in values)


def profile(space: bytes, pcs: bytes = b"XYZ ", **tags: bytes) -> bytes:
    """An ICC profile, as small as they get."""
    tags = {"desc": b"desc" + b"\0" * 7 + b"\5test\0" + b"\0" * 78, "cprt": b"text\0\0\0\0none\0",
            "wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249), **tags}  # fmt: skip
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        padded = value + b"\0" * (-len(value) % 4)
        table += name.encode() + struct.pack(">II", at + len(body), len(padded))
        body += padded
    head = struct.pack(">I", at + len(body)) + b"\0\0\0\0\x02\x40\0\0mntr" + space + pcs
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + table + body


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def display_p3() -> bytes:
    reds, greens, blues = (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)
    xyz = {name: b"XYZ \0\0\0\0" + fixed(*one) for name, one in
           (("rXYZ", reds), ("gXYZ", greens), ("bXYZ", blues))}  # fmt: skip
    return profile(b"RGB ", **xyz, rTRC=curve(2.2), gTRC=curve(2.2), bTRC=curve(2.2))


def linear_grey() -> bytes:
    return profile(b"GRAY", kTRC=curve(1.0))


def press() -> bytes:
    """A CMYK profile in whose press magenta ink prints rose (L 69, a +20)."""
    nodes = b"".join(bytes([255 - 60 * c - 80 * m - 10 * y if not k else 0, 128 + 20 * m, 128])
                     for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1))  # fmt: skip
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0\4\3\2\0" + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * 4 + nodes + ramp * 3
    return profile(b"CMYK", b"Lab ", A2B0=table)


def with_adobe_marker(jpeg: bytes, transform: int) -> bytes:
    at = jpeg.index(b"Adobe")
    return jpeg[: at + 11] + bytes([transform]) + jpeg[at + 12 :]


def ycck() -> bytes:
    """What Photoshop writes: CMY as YCbCr, K inverted."""
    c, m, y, k = plain("CMYK").split()
    turned = Image.merge("RGB", (c, m, y)).convert("YCbCr").split()
    stored = Image.merge("CMYK", (*turned, k.point(lambda v: 255 - v)))
    return with_adobe_marker(encoded(stored.point(lambda v: 255 - v), "JPEG", quality=98), 2)


def bitmap(alpha: int) -> bytes:
    """A BMP with the header of Windows 98 and an alpha channel."""
    data = bytes((*reversed(ORANGE), alpha)) * 1200
    head = struct.pack("<IiiHHIIiiII", 124, *SIZE, 1, 32, 3, len(data), 0, 0, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + b"\0" * 64
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(data), 0, 0, 14 + len(head)) + head + data


# ── Colours ──────────────────────────────────────────────────────────────────────────────────────────────────────


def lab() -> Image.Image:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    converted = ImageCms.applyTransform(plain(), to_lab)
    assert converted is not None
    return converted


COLOURED: dict[str, Callable[[], bytes]] = {
    "CMYK JPEG": lambda: encoded(plain("CMYK"), "JPEG", quality=95),
    "YCCK JPEG": ycck,
    "RGB JPEG": lambda: encoded(plain(), "JPEG", quality=98, keep_rgb=True),
    "progressive JPEG": lambda: encoded(plain(), "JPEG", quality=95, progressive=True),
    "CMYK TIFF": lambda: encoded(plain("CMYK"), "TIFF"),
    "YCbCr TIFF": lambda: encoded(plain("YCbCr"), "TIFF"),
    "LAB TIFF": lambda: encoded(lab(), "TIFF"),
    "LZW TIFF": lambda: encoded(plain(), "TIFF", compression="tiff_lzw"),
    "16-bit TIFF": lambda: tiff(struct.pack(">3H", *(v * 257 for v in ORANGE)) * 1200, ">", t258=(16,) * 3, t262=(2,)),
    "16-bit PNG": lambda: png(SIZE, 16, 2, struct.pack(">3H", *(v * 257 for v in ORANGE))),
    "interlaced PNG": lambda: png(SIZE, 8, 2, bytes(ORANGE), idat=interlaced(), interlace=1),
    "PNG with broken EXIF": lambda: png(SIZE, 8, 2, bytes(ORANGE), (b"eXIf", b"garbage")),
    "PNG with primaries": lambda: png(SIZE, 8, 2, bytes(ORANGE), (b"cHRM", struct.pack(">8I", *range(1, 9)))),
    "BMP of unused alpha": lambda: bitmap(0),
    "several pages": lambda: encoded(plain(), "TIFF", save_all=True, append_images=[Image.new("RGB", SIZE)]),
    "MPO": lambda: encoded(plain(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)]),
    "AVIF": lambda: encoded(plain(), "AVIF", quality=95),
}  # fmt: skip


def interlaced() -> bytes:
    """Seven passes over 40 × 30."""
    passes = ((5, 4), (5, 4), (10, 4), (10, 8), (20, 7), (20, 15), (40, 15))
    return b"".join(rows(size, bytes(ORANGE)) for size in passes)


@pytest.mark.parametrize("kind", COLOURED)
def test_a_colour_is_the_same_in_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    result = clean(tmp_path, COLOURED[kind]())
    assert result.size == SIZE
    assert is_about(pixel(result), ORANGE)
    assert is_about(pixel(result, (0, 0)), ORANGE)


@pytest.mark.parametrize(
    ("data", "upper", "lower"),
    [
        (grey_tiff("H", 0x8080, 0xFFFF), 128, 255),
        (grey_tiff("H", 0x8080, 0xFFFF, ">"), 128, 255),
        (grey_tiff("H", 0x2020, 0xFFFF, t262=(0,)), 223, 0),
        (grey_tiff("H", 2048, 4095), 128, 255),
        (grey_tiff("H", 100, 200), 100, 200),
        (grey_tiff("H", 0, 0), 0, 0),
        (grey_tiff("H", 65_535, 65_535), 255, 255),
        (grey_tiff("h", -100, 16_000), 0, 255),
        (grey_tiff("i", -1000, 100_000, ">"), 0, 255),
        (grey_tiff("f", 0.5, 1.0), 128, 255),
        (grey_tiff("f", 0.25, 0.5, ">"), 64, 128),
        (grey_tiff("f", 0.5, 0.5), 128, 128),
        (grey_tiff("f", 128, 255), 128, 255),
        (grey_tiff("f", -1, 1), 0, 255),
        (grey_tiff("f", 0, 1.02), 0, 255),
        (grey_tiff("f", 0.5, float("inf")), 128, 255),
        (grey_tiff("f", 1e30, 2e38), 0, 255),
    ],
    ids=short,
)
def test_deep_greys_are_neither_black_nor_white(tmp_path: Path, data: bytes, upper: int, lower: int) -> None:
    result = clean(tmp_path, data)
    assert is_about(pixel(result, (5, 5)), grey(upper), 1)
    assert is_about(pixel(result, (5, 25)), grey(lower), 1)


def test_a_float_that_is_no_number_spoils_only_its_own_pixel(tmp_path: Path) -> None:
    result = clean(tmp_path, grey_tiff("f", float("nan"), 0.5))
    assert is_about(pixel(result, (5, 25)), grey(128), 1)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (png(SIZE, 16, 6, struct.pack(">4H", *(v * 257 for v in (*ORANGE, 100)))), (*ORANGE, 100)),
        (png(SIZE, 16, 4, b"\x80\x80\x40\x40"), (128, 128, 128, 64)),
        (png(SIZE, 16, 0, b"\x80\x80", (b"tRNS", b"\x80\x80")), (128, 128, 128, 0)),
        (png(SIZE, 16, 0, b"\x12\xab", (b"tRNS", b"\x12\xab")), (18, 18, 18, 0)),
        (png(SIZE, 16, 2, b"\x12\xab\x34\xcd\x56\xef", (b"tRNS", b"\x12\xab\x34\xcd\x56\xef")), (18, 52, 86, 0)),
        (png(SIZE, 8, 2, bytes(ORANGE), (b"tRNS", struct.pack(">3H", *ORANGE))), (*ORANGE, 0)),
        (png(SIZE, 8, 0, b"\x80", (b"tRNS", b"\0\x80")), (128, 128, 128, 0)),
        (png(SIZE, 4, 0, b"\x88", (b"tRNS", b"\0\x08")), (136, 136, 136, 0)),
        (png(SIZE, 2, 0, b"\xaa", (b"tRNS", b"\0\x02")), (170, 170, 170, 0)),
        (png(SIZE, 1, 0, b"\xff", (b"tRNS", b"\0\x01")), (255, 255, 255, 0)),
        (png(SIZE, 8, 3, b"\1", (b"PLTE", bytes(3) + bytes(ORANGE)), (b"tRNS", b"\xff\x64")), (*ORANGE, 100)),
        (encoded(Image.new("LA", SIZE, (128, 64)), "TIFF"), (128, 128, 128, 64)),
        (encoded(Image.new("RGBA", SIZE, (*ORANGE, 100)), "WEBP", lossless=True), (*ORANGE, 100)),
        (encoded(Image.new("RGBA", SIZE, (*ORANGE, 100)), "AVIF", quality=95), (*ORANGE, 100)),
        (tiff(bytes((120, 65, 10, 128)) * 1200, t258=(8,) * 4, t262=(2,), t338=(1,)), (*ORANGE, 128)),
        (bitmap(100), (*ORANGE, 100)),
    ],
    ids=short,
)
def test_what_is_clear_stays_clear(tmp_path: Path, data: bytes, wanted: tuple[int, ...]) -> None:
    assert is_about(pixel(clean(tmp_path, data), (0, 0)), wanted)


# ── Profiles ─────────────────────────────────────────────────────────────────────────────────────────────────────


def leaf(mode: str) -> Image.Image:
    return Image.new("RGB", SIZE, LEAF).convert(mode)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "WEBP", "AVIF", "JPEG"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_green_of_an_apple_screen_is_greener_than_srgb(tmp_path: Path, mode: str, format_: str) -> None:
    image = leaf("RGB" if format_ == "JPEG" else mode)
    options = {"lossless": True} if format_ == "WEBP" else {"quality": 97} if format_ in ("AVIF", "JPEG") else {}
    result = clean(tmp_path, encoded(image, format_, icc_profile=display_p3(), **options))
    assert is_about(pixel(result)[:3], (0, 205, 0), 4)


def test_palettes_and_colour_keys_have_profiles_too(tmp_path: Path) -> None:
    palette = Image.new("P", SIZE, 1)
    palette.putpalette([0, 0, 0, *LEAF])
    palette.paste(0, (0, 0, 10, 30))
    result = clean(tmp_path, encoded(palette, "PNG", icc_profile=display_p3(), transparency=0))
    assert is_about(pixel(result), (0, 205, 0, 255))
    assert pixel(result, (0, 0))[3] == 0
    keyed = (b"iCCP", b"P3\0\0" + zlib.compress(display_p3())), (b"tRNS", struct.pack(">3H", *LEAF))
    assert pixel(clean(tmp_path, png(SIZE, 8, 2, bytes(LEAF), *keyed)))[3] == 0


@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.new("L", SIZE, 128), "PNG", icc_profile=linear_grey()),
        encoded(Image.new("L", SIZE, 128), "TIFF", icc_profile=linear_grey()),
        encoded(Image.new("LA", SIZE, (128, 77)), "PNG", icc_profile=linear_grey()),
        png(SIZE, 16, 0, b"\x80\x80", (b"iCCP", b"grey\0\0" + zlib.compress(linear_grey()))),
        png(SIZE, 8, 0, b"\x80", (b"gAMA", struct.pack(">I", 100_000))),
        png(SIZE, 8, 4, b"\x80\x4d", (b"gAMA", struct.pack(">I", 100_000))),
    ],
    ids=short,
)
def test_linear_light_is_brightened(tmp_path: Path, data: bytes) -> None:
    seen = pixel(clean(tmp_path, data))
    assert is_about(seen[:3], grey(188), 2)
    assert seen[3:] in ((), (77,))


@pytest.mark.parametrize("gamma", [0, 1, 45_455, 2**32 - 1])
def test_the_usual_gamma_and_an_absurd_one_change_nothing(tmp_path: Path, gamma: int) -> None:
    assert pixel(clean(tmp_path, png(SIZE, 8, 2, bytes(ORANGE), (b"gAMA", struct.pack(">I", gamma))))) == ORANGE


@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
def test_a_press_profile_says_how_ink_looks(tmp_path: Path, format_: str) -> None:
    magenta = Image.new("CMYK", SIZE, (0, 255, 0, 0))
    rose = pixel(clean(tmp_path, encoded(magenta, format_, icc_profile=press())))
    assert rose[0] > 190
    assert 130 < rose[1] < 170
    assert 130 < rose[2] < 190


@pytest.mark.parametrize("broken", [linear_grey(), press(), b"\0", b"junk" * 50, display_p3()[:200]], ids=short)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_profile_that_cannot_belong_is_passed_over(tmp_path: Path, broken: bytes, mode: str) -> None:
    source = plain() if mode == "P" else plain(mode)
    image = source.quantize(4) if mode == "P" else source
    assert is_about(pixel(clean(tmp_path, encoded(image, "PNG", icc_profile=broken)))[:3], ORANGE)


# ── Frames ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP"])
def test_an_animation_keeps_what_is_clear_in_its_first_frame(tmp_path: Path, format_: str) -> None:
    frames = []
    for at, colour in ((5, "red"), (10, "lime"), (15, "blue")):
        frame = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        frame.paste(colour, (at, 5, at + 15, 20))
        frames.append(frame)
    options = {"lossless": True} if format_ == "WEBP" else {"disposal": 2}
    data = encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=50, **options)
    result = clean(tmp_path, data)
    assert is_about(pixel(result, (8, 8)), (255, 0, 0, 255))
    assert pixel(result, (0, 0))[3] == pixel(result, (25, 10))[3] == 0


def gif(screen: tuple[int, int], frame: tuple[int, int, int, int]) -> bytes:
    """A red frame somewhere on a screen of which colour 3 is clear."""
    image = Image.new("P", frame[2:], 1)
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0])
    raw = encoded(image, "GIF", optimize=False)
    start = raw.index(b",")
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81, 0, 0) + bytes([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0])
    return head + b"!\xf9\4\1\0\0\3\0" + b"," + struct.pack("<HHHHB", *frame, 0) + raw[start + 10 :]


def test_a_first_frame_smaller_than_its_screen_lies_where_it_belongs(tmp_path: Path) -> None:
    result = clean(tmp_path, gif(SIZE, (5, 5, 10, 10)))
    assert result.size == SIZE
    assert pixel(result, (10, 10)) == (255, 0, 0, 255)
    assert pixel(result, (0, 0))[3] == 0


def test_a_frame_beyond_its_screen_makes_it_larger(tmp_path: Path) -> None:
    assert clean(tmp_path, gif((10, 10), (20, 20, 40, 40))).size == (60, 60)


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF", "TIFF", "MPO"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_format_that_can_say_so_is_turned_upright(tmp_path: Path, format_: str, orientation: int) -> None:
    upright = Image.new("RGB", (48, 32), "black")
    upright.paste("red", (0, 0, 16, 16))
    turn = Image.Transpose
    turned = (None, turn.FLIP_LEFT_RIGHT, turn.ROTATE_180, turn.FLIP_TOP_BOTTOM, turn.TRANSPOSE, turn.ROTATE_90,
              turn.TRANSVERSE, turn.ROTATE_270)[orientation - 1]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = clean(tmp_path, encoded(upright if turned is None else upright.transpose(turned), format_, exif=exif))
    assert result.size == (48, 32)
    assert pixel(result, (5, 5))[0] > 200
    assert max(pixel(result, (40, 5))[0], pixel(result, (5, 28))[0], pixel(result, (40, 28))[0]) < 60
