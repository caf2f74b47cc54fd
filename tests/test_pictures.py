"""Real files in, clean files out: orientation, colour, animation, hostile bytes."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from bot import pictures
from bot.errors import BadAttachment


def saved(path: Path, image: Image.Image, format_: str, **options: object) -> Path:
    image.save(path, format_, **options)
    return path


def corner_marked(mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> Image.Image:
    """A grey picture whose top left corner is white."""
    image = Image.new("RGB", size, (60, 60, 60))
    ImageDraw.Draw(image).rectangle((0, 0, 30, 20), fill=(255, 255, 255))
    return image.convert(mode)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.copy()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    upright = corner_marked()
    turn = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = saved(
        tmp_path / "in.jpg", upright if turn is None else upright.transpose(turn), "JPEG", exif=exif, quality=95
    )
    clean = pictures.normalise(source, tmp_path / "out.png")
    result = opened(tmp_path / "out.png")
    assert (clean.width, clean.height) == (120, 80)
    assert result.getpixel((5, 5))[0] > 200  # type: ignore[index]
    assert result.getpixel((110, 70))[0] < 100  # type: ignore[index]


def test_where_a_photo_was_taken_does_not_go_on(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    exif[0x010E] = "secret description"
    meta = PngImagePlugin.PngInfo()
    meta.add_text("Comment", "secret comment")
    for source in (
        saved(tmp_path / "a.jpg", corner_marked(), "JPEG", exif=exif, comment=b"secret jpeg comment"),
        saved(tmp_path / "b.png", corner_marked(), "PNG", exif=exif, pnginfo=meta),
        saved(tmp_path / "c.webp", corner_marked(), "WEBP", exif=exif, xmp=b"<x>secret xmp</x>"),
    ):
        for name, make in (("n", pictures.normalise), ("t", lambda a, b: pictures.thumbnail(a, b, 64))):
            out = tmp_path / f"{name}-{source.name}"
            make(source, out)
            assert b"secret" not in out.read_bytes()
            assert not opened(out).getexif()
        small, _ = pictures.fit(source, tmp_path, max_bytes=100_000)
        assert b"secret" not in small.read_bytes()


@pytest.mark.parametrize(
    ("mode", "format_", "becomes"),
    [("CMYK", "JPEG", "RGB"), ("L", "JPEG", "RGB"), ("P", "PNG", "RGB"), ("P", "GIF", "RGB"), ("RGBA", "PNG", "RGBA"),
     ("LA", "PNG", "RGBA"), ("1", "PNG", "RGB"), ("I;16", "PNG", "RGB"), ("RGB", "BMP", "RGB"), ("CMYK", "TIFF", "RGB"),
     ("RGB", "WEBP", "RGB"), ("RGB", "AVIF", "RGB"), ("F", "TIFF", "RGB")],
)  # fmt: skip
def test_every_kind_of_pixel_becomes_plain_rgb(tmp_path: Path, mode: str, format_: str, becomes: str) -> None:
    image = corner_marked("L").point(lambda v: v * 257, "I").convert("I;16") if mode == "I;16" else corner_marked(mode)
    source = saved(tmp_path / "in", image, format_)
    pictures.normalise(source, tmp_path / "out.png")
    result = opened(tmp_path / "out.png")
    assert result.mode == becomes
    assert result.convert("L").getpixel((5, 5)) > 235  # type: ignore[operator]
    assert result.convert("L").getpixel((110, 70)) < 90  # type: ignore[operator]


def test_a_transparent_palette_keeps_its_holes(tmp_path: Path) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(0, (0, 0, 10, 20))
    pictures.normalise(saved(tmp_path / "in.png", image, "PNG", transparency=0), tmp_path / "out.png")
    assert opened(tmp_path / "out.png").getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, format_: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    source = saved(tmp_path / "in", frames[0], format_, save_all=True, append_images=frames[1:], duration=50)
    pictures.normalise(source, tmp_path / "out.png")
    red, green, _ = opened(tmp_path / "out.png").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 60 > green


def test_an_embedded_colour_profile_is_converted_not_dropped(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    broken = saved(tmp_path / "a.png", corner_marked(), "PNG", icc_profile=b"not a profile")
    odd = saved(tmp_path / "b.png", corner_marked(), "PNG", icc_profile=profile.tobytes())
    for source in (broken, odd):
        pictures.normalise(source, tmp_path / "out.png")
        assert "icc_profile" not in opened(tmp_path / "out.png").info


def test_a_huge_photo_comes_down_to_what_the_model_can_use(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.jpg", Image.new("RGB", (6000, 2000)), "JPEG")
    clean = pictures.normalise(source, tmp_path / "out.png")
    assert (clean.width, clean.height) == (3840, 1280)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(size: tuple[int, int], pixels: bytes, depth: int = 8) -> bytes:
    """One filter byte and as many of `pixels` as a row of PNG needs."""
    width = size[0] * len(pixels) if depth >= 8 else -(-size[0] * depth // 8)
    return (b"\0" + (pixels * width)[:width]) * size[1]


def png(
    size: tuple[int, int],
    depth: int,
    colour: int,
    pixels: bytes,
    *before: tuple[bytes, bytes],
    idat: bytes | None = None,
    interlace: int = 0,
) -> bytes:
    """A PNG by hand: one pixel's bytes (or one byte of small ones) all over, and any chunks before them."""
    ihdr = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    parts = [(b"IHDR", ihdr), *before, (b"IDAT", zlib.compress(idat or rows(size, pixels, depth))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels."""
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + struct.pack(">I", 100) + b"IDAT"


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (200, 200)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"hello there, this is only text", "not a picture"),
        (b"<html><body>login</body></html>", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, "HEIC"),
        (png_header(60_000, 60_000), "megapixels|too many pixels"),
        (png_header(12_000, 12_000), "144 megapixels"),
        (png_header(100, 100), "damaged"),
        (jpeg()[: len(jpeg()) // 2], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 200, "damaged|not a picture"),
        (b"GIF89a" + b"\xff" * 10, "damaged|not a picture"),
        (b"\0" * 1000, "not a picture"),
    ],
)
def test_what_is_no_sound_picture_is_refused_in_one_sentence(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "innocent.png"
    path.write_bytes(data)
    with pytest.raises(BadAttachment, match=says) as refused:
        pictures.inspect(path)
    assert len(str(refused.value)) < 160


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    path.write_bytes(png_header(10, 10) + b"\0" * 2_000_000)
    with pytest.raises(BadAttachment, match="2 MB; 1 MB is the most"):
        pictures.inspect(path, max_bytes=1_000_000)


def test_the_bytes_decide_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "picture.txt", corner_marked(), "WEBP")
    assert pictures.inspect(path).media_type == "image/webp"


def test_a_copy_fits_the_limit_and_stays_as_good_as_it_can(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.png", Image.effect_noise((1200, 900), 80).convert("RGB"), "PNG")
    path, copy = pictures.fit(source, tmp_path, max_bytes=300_000)
    assert copy.bytes == path.stat().st_size <= 300_000
    assert copy.media_type == "image/jpeg"
    assert copy.width / copy.height == pytest.approx(4 / 3, abs=0.02)
    _, roomy = pictures.fit(source, tmp_path, max_bytes=5_000_000)
    assert roomy.width == 1200
    _, edged = pictures.fit(source, tmp_path, max_bytes=5_000_000, max_edge=300)
    assert edged.width == 300


def test_a_transparent_copy_stays_transparent_where_the_type_allows(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.png", Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG")
    path, copy = pictures.fit(source, tmp_path, max_bytes=100_000)
    assert copy.media_type == "image/webp"
    assert opened(path).getchannel("A").getextrema()[1] == 0
    path, _ = pictures.fit(source, tmp_path, max_bytes=100_000, media_types=("image/jpeg",))
    assert opened(path).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_cannot_be_made_small_enough_says_so(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.png", corner_marked(), "PNG")
    with pytest.raises(BadAttachment, match="cannot be made smaller"):
        pictures.fit(source, tmp_path, max_bytes=10)


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (3, 200), (20_000, 20)])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp", "image/png"])
def test_a_copy_of_a_tiny_or_very_long_picture_is_made_too(
    tmp_path: Path, size: tuple[int, int], media_type: str
) -> None:
    source = saved(tmp_path / "in.png", Image.new("RGB", size, "red"), "PNG")
    path, copy = pictures.fit(source, tmp_path, max_bytes=100_000, media_types=(media_type,))
    assert pictures.inspect(path) == copy
    assert copy.width == min(size[0], 16_383 if media_type == "image/webp" else size[0])


def test_a_mask_may_be_transparent_or_white(tmp_path: Path) -> None:
    white = Image.new("L", (60, 40), 0)
    white.paste(255, (0, 0, 30, 40))
    clear = Image.new("RGBA", (60, 40), (9, 9, 9, 255))
    clear.paste((0, 0, 0, 0), (0, 0, 30, 40))
    for image in (white, clear, white.resize((30, 20))):
        mask = pictures.mask_for(saved(tmp_path / "m.png", image, "PNG"), (60, 40), tmp_path / "out.png")
        alpha = opened(tmp_path / "out.png").getchannel("A")
        assert (mask.width, mask.height) == (60, 40)
        assert (alpha.getpixel((5, 5)), alpha.getpixel((55, 5))) == (0, 255)


def half() -> Image.Image:
    white = Image.new("L", (60, 40), 0)
    white.paste(255, (0, 0, 30, 40))
    return white


def marked(tmp_path: Path, image: Image.Image, size: tuple[int, int] = (60, 40), **options: object) -> int:
    """How many pixels the API may change. All others must be opaque, and nothing between."""
    made = pictures.mask_for(saved(tmp_path / "m", image, "PNG", **options), size, tmp_path / "out.png")
    result = opened(tmp_path / "out.png")
    assert (result.mode, result.size, result.info) == ("RGBA", size, {})
    assert made.bytes <= pictures.MAX_MASK_BYTES
    counts = result.getchannel("A").histogram()
    assert counts[0] + counts[255] == size[0] * size[1]
    return counts[0]


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGB", "RGBA", "I;16"])
def test_a_white_on_black_mask_may_have_any_pixels(tmp_path: Path, mode: str) -> None:
    image = half().point(lambda v: v * 257, "I").convert("I;16") if mode == "I;16" else half().convert(mode)
    assert marked(tmp_path, image) == 1200


def test_all_of_a_picture_may_be_marked(tmp_path: Path) -> None:
    assert marked(tmp_path, Image.new("L", (60, 40), 255)) == 2400
    assert marked(tmp_path, Image.new("RGBA", (60, 40))) == 2400


def test_a_soft_edge_is_marked_up_to_its_middle(tmp_path: Path) -> None:
    ramp = Image.linear_gradient("L").resize((60, 40))
    alpha = Image.new("RGBA", (60, 40))
    alpha.putalpha(ramp)
    assert marked(tmp_path, ramp) == pytest.approx(1200, abs=60)
    assert marked(tmp_path, alpha) == pytest.approx(1200, abs=60)


def test_a_slightly_clear_pixel_does_not_undo_white_on_black(tmp_path: Path) -> None:
    image = half().convert("RGBA")
    image.putpixel((59, 39), (0, 0, 0, 250))
    assert marked(tmp_path, image) == 1200


def test_a_thin_stroke_survives_a_smaller_picture(tmp_path: Path) -> None:
    image = Image.new("L", (2400, 1600))
    ImageDraw.Draw(image).line((0, 803, 2400, 803), fill=255)
    assert marked(tmp_path, image) == 60


def test_a_mask_is_turned_like_its_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert marked(tmp_path, half().transpose(Image.Transpose.ROTATE_90), exif=exif) == 1200
    assert opened(tmp_path / "out.png").getpixel((5, 5)) == (0, 0, 0, 0)


def test_a_mask_of_a_pixel_off_is_stretched(tmp_path: Path) -> None:
    assert marked(tmp_path, half(), (61, 41)) == pytest.approx(1250, abs=61)


def test_a_mask_too_heavy_for_the_api_is_refused(tmp_path: Path) -> None:
    noise = Image.frombytes("1", (3840, 3840), Random(1).randbytes(3840 * 480))
    with pytest.raises(BadAttachment, match="too much detail"):
        pictures.mask_for(saved(tmp_path / "m.png", noise, "PNG", compress_level=1), noise.size, tmp_path / "out.png")


def test_an_opaque_mask_marks_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadAttachment, match="marks nothing"):
        marked(tmp_path, Image.new("RGBA", (60, 40), "black"))


@pytest.mark.parametrize(
    ("image", "says"), [(Image.new("L", (60, 40), 0), "marks nothing"), (Image.new("L", (60, 60), 255), "same size")]
)
def test_a_mask_that_fits_nothing_is_refused(tmp_path: Path, image: Image.Image, says: str) -> None:
    with pytest.raises(BadAttachment, match=says):
        pictures.mask_for(saved(tmp_path / "m.png", image, "PNG"), (60, 40), tmp_path / "out.png")
