"""Everything Pillow in the core: look at a file, clean it, make smaller copies, make masks.

All functions are synchronous and work from file to file; callers run them in a thread. Sizes are pixels, weights
bytes.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from bot.errors import BadAttachment

MAX_BYTES = 50_000_000  # the image API's limit per input picture
MAX_PIXELS = 64_000_000  # about 8000 × 8000: any phone's photo, 256 MB decoded
MAX_EDGE = 3840  # the image API's largest; more only costs time on the way
MAX_MASK_BYTES = 4_000_000  # the image API's limit

_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif",
                "BMP": "image/bmp", "TIFF": "image/tiff", "AVIF": "image/avif", "MPO": "image/jpeg"}  # fmt: skip
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # a JPEG may turn out to be an MPO
_TAKES = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file turned out to be. `sha256` is of the file, in hex."""

    media_type: str
    width: int
    height: int
    bytes: int
    sha256: str


def inspect(path: Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Picture:
    """Find out what a file is, by its bytes alone, and that it can be decoded.

    Weight, type and pixel count are checked before anything is decoded. Raises `BadAttachment`.
    """
    size = path.stat().st_size
    if size == 0:
        raise BadAttachment("This file is empty. Send it again.")
    if size > max_bytes:
        raise BadAttachment(
            f"This file has {_megabytes(size)}; {_megabytes(max_bytes)} is the most. Send a smaller one."
        )
    with _opened(path, max_pixels) as image:
        image.load()
        return Picture(_MEDIA_TYPES[image.format or ""], image.width, image.height, size, _sha256(path))


def normalise(path: Path, out: Path) -> Picture:
    """Write a clean copy: upright, 8-bit RGB or RGBA, sRGB, first frame, no metadata, at most 3840 px, as PNG."""
    with _opened(path, MAX_PIXELS) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        plain = _to_rgb(upright)
        plain.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.LANCZOS)
        _bare(plain).save(out, "PNG", compress_level=3)
    return _measured(out, "image/png", plain.size)


def thumbnail(path: Path, out: Path, edge: int) -> Picture:
    """Write a WebP at most `edge` pixels wide and high."""
    with _opened(path, MAX_PIXELS) as image:
        image.draft("RGB", (edge, edge))
        small = _to_rgb(ImageOps.exif_transpose(image))
        small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        _bare(small).save(out, "WEBP", quality=82, method=4)
    return _measured(out, "image/webp", small.size)


def fit(
    path: Path,
    out_folder: Path,
    *,
    max_bytes: int,
    max_edge: int | None = None,
    media_types: Sequence[str] = ("image/jpeg", "image/webp"),
) -> tuple[Path, Picture]:
    """Write the best copy of at most `max_bytes` in one of `media_types` (JPEG, WebP or PNG).

    First by lowering the quality, then the size. Transparency survives where the type allows, else it becomes white.
    Raises `BadAttachment` when even a small picture is too heavy.
    """
    with _opened(path, MAX_PIXELS) as image:
        image.load()
        plain = _to_rgb(ImageOps.exif_transpose(image))
    if max_edge:
        plain.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    media_type = _best_type(plain, media_types)
    for data, size in _copies(plain, media_type):
        if len(data) <= max_bytes:
            out = out_folder / f"{path.stem}-small.{media_type.removeprefix('image/').replace('jpeg', 'jpg')}"
            out.write_bytes(data)
            return out, _measured(out, media_type, size)
    raise BadAttachment(f"This picture cannot be made smaller than {_megabytes(max_bytes)}.")


def mask_for(mask: Path, size: tuple[int, int], out: Path) -> Picture:
    """Turn an uploaded mask into the API's: RGBA of `size`, transparent where the picture may change.

    Takes masks that are transparent where to change, or white on black. Raises `BadAttachment` when nothing or no
    part of it is marked, or its shape is another.
    """
    with _opened(mask, MAX_PIXELS) as image:
        image.load()
        marked = _marked(ImageOps.exif_transpose(image))
    if abs(marked.width * size[1] - marked.height * size[0]) > max(size) * max(marked.size) * 0.01:
        raise BadAttachment(
            f"The mask is {marked.width}×{marked.height}, the picture {size[0]}×{size[1]}; make it the same size."
        )
    marked = marked.resize(size, Image.Resampling.NEAREST)
    if marked.getextrema()[1] == 0:
        raise BadAttachment("The mask marks nothing: paint what may change white, or make it transparent.")
    result = Image.new("RGBA", size, (0, 0, 0, 255))
    result.putalpha(ImageOps.invert(marked))
    result.save(out, "PNG", optimize=True)
    picture = _measured(out, "image/png", size)
    if picture.bytes > MAX_MASK_BYTES:
        raise BadAttachment("The mask has too much detail; paint larger areas.")
    return picture


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    """An image whose header is believable; every error of the decoder becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decompression bombs and odd EXIF: bounded right below, or harmless
            with Image.open(path, formats=_FORMATS) as image:
                pixels = image.width * image.height
                if pixels > max_pixels:
                    raise BadAttachment(
                        f"This picture has {pixels / 1e6:.0f} megapixels; {max_pixels // 1_000_000} is the most. "
                        "Send a smaller one."
                    )
                yield image
    except BadAttachment:
        raise
    except UnidentifiedImageError as error:
        raise BadAttachment(_not_a_picture(path)) from error
    except Image.DecompressionBombError as error:
        raise BadAttachment("This picture has far too many pixels. Send a smaller one.") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        EOFError,
        MemoryError,
    ) as error:
        raise BadAttachment("This picture is damaged or cut off. Send it again, as PNG or JPEG.") from error


def _not_a_picture(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1"):
        return "HEIC pictures can't be read here; send it as JPEG or PNG."
    if b"<svg" in head.lower():
        return "SVG drawings can't be read here; send it as PNG."
    if head.startswith(b"%PDF"):
        return "This is a PDF; send a picture of the page, as PNG or JPEG."
    return f"This is not a picture I can read; send {_TAKES}."


# ── Converting ───────────────────────────────────────────────────────────────────────────────────────────────────


def _to_rgb(image: Image.Image) -> Image.Image:
    """8-bit sRGB, with alpha where there is transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bit(image)
    image = _to_srgb(image)
    transparent = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    wanted = "RGBA" if transparent else "RGB"
    return image.copy() if image.mode == wanted else image.convert(wanted)


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit and float greys, scaled by their own range where they are not plain 16-bit."""
    if image.mode.startswith("I;16") or image.mode == "I":
        low, high = image.getextrema()
        scale = 1 / 257 if isinstance(high, int | float) and high > 255 else 1.0
        return image.convert("I").point(lambda value: value * scale).convert("L").convert("RGB")
    low, high = (float(edge) for edge in image.getextrema())  # type: ignore[arg-type]
    span = (high - low) or 1.0
    return image.point(lambda value: (value - low) * (255 / span) + 0).convert("L").convert("RGB")


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _bare(image: Image.Image) -> Image.Image:
    """The pixels alone: Pillow would write text chunks and EXIF found in `info` again."""
    image.info = {}
    return image


def _marked(image: Image.Image) -> Image.Image:
    """A mask as L: 255 where to change."""
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema()[0] < 255:  # type: ignore[operator]
        return ImageOps.invert(alpha).point(lambda value: 255 if value > 127 else 0)
    return rgba.convert("L").point(lambda value: 255 if value > 127 else 0)


def _best_type(image: Image.Image, media_types: Sequence[str]) -> str:
    with_alpha = [one for one in media_types if one != "image/jpeg"]
    return with_alpha[0] if image.mode == "RGBA" and with_alpha else media_types[0]


def _copies(image: Image.Image, media_type: str) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Ever smaller encodings: qualities first, then three quarters of the edge at a time."""
    if media_type == "image/jpeg" and image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    qualities = (None,) if media_type == "image/png" else (92, 85, 75)
    while min(image.size) >= 16:
        for quality in qualities:
            yield _encoded(_bare(image), media_type, quality), image.size
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, media_type: str, quality: int | None) -> bytes:
    out = io.BytesIO()
    options: dict[str, int] = {} if quality is None else {"quality": quality}
    image.save(out, media_type.removeprefix("image/").upper(), **options)
    return out.getvalue()


def _measured(path: Path, media_type: str, size: tuple[int, int]) -> Picture:
    return Picture(media_type, *size, path.stat().st_size, _sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} kB"
