"""Everything Pillow in the core: look at a file, clean it, make smaller copies, make masks.

All functions are synchronous and work from file to file; callers run them in a thread. Sizes are pixels, weights
bytes.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageFile, ImageMath, ImageOps, UnidentifiedImageError

from bot.errors import BadAttachment

MAX_BYTES = 50_000_000  # the image API's limit per input picture
MAX_PIXELS = 64_000_000  # about 8000 × 8000: any phone's photo, 256 MB decoded
MAX_EDGE = 3840  # the image API's largest; more only costs time on the way
MAX_MASK_BYTES = 4_000_000  # the image API's limit
MAX_SCANS = 100  # passes over a JPEG; encoders use about ten, each costs the time of a whole decode
MAX_TILE = 1 << 24  # pixels of one TIFF tile, which is unpacked whole even when the picture is smaller

_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif",
                "BMP": "image/bmp", "TIFF": "image/tiff", "AVIF": "image/avif", "MPO": "image/jpeg"}  # fmt: skip
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # a JPEG may turn out to be an MPO
_TAKES = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"
_LONGEST = {"image/webp": 16_383, "image/jpeg": 65_500}  # what the formats themselves can hold


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
    weight = _weight(path)
    if weight == 0:
        raise BadAttachment("This file is empty. Send it again.")
    if weight > max_bytes:
        raise BadAttachment(
            f"This file has {_megabytes(weight)}; {_megabytes(max_bytes)} is the most. Send a smaller one."
        )
    with _opened(path, max_pixels) as image:
        media_type, (width, height) = _MEDIA_TYPES[image.format or ""], image.size
        image.draft(None, (1, 1))  # a JPEG is still read to its end, in a 64th of the memory
        image.load()
        return Picture(media_type, width, height, weight, _sha256(path))


def normalise(path: Path, out: Path) -> Picture:
    """Write a clean copy: upright, 8-bit RGB or RGBA, sRGB, first frame, no metadata, at most 3840 px, as PNG.

    Raises `BadAttachment`. Trouble with writing `out` is the house's and comes through as `OSError`.
    """
    with _opened(path, MAX_PIXELS) as image:
        plain = _plain(image, MAX_EDGE)
    plain.save(out, "PNG", compress_level=3)
    while out.stat().st_size > MAX_BYTES:  # a square of noise with transparency
        plain = _shrunk(plain, max(plain.size) * 7 // 8)
        plain.save(out, "PNG", compress_level=3)
    return _measured(out, "image/png", plain.size)


def thumbnail(path: Path, out: Path, edge: int) -> Picture:
    """Write a WebP at most `edge` pixels wide and high."""
    with _opened(path, MAX_PIXELS) as image:
        small = _plain(image, edge)
    small.save(out, "WEBP", quality=82, method=4)
    return _measured(out, "image/webp", small.size)


def pixels(path: Path, edge: int) -> Image.Image:
    """The clean picture itself, RGB or RGBA, at most `edge` wide and high. Raises `BadAttachment`."""
    with _opened(path, MAX_PIXELS) as image:
        return _plain(image, edge)


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
        plain = _plain(image, max_edge)
    media_type = _best_type(plain, media_types)
    for data, size in _copies(_shrunk(plain, _LONGEST.get(media_type)), media_type):
        if len(data) <= max_bytes:
            out = out_folder / f"{path.stem}-small.{media_type.removeprefix('image/').replace('jpeg', 'jpg')}"
            out.write_bytes(data)
            return out, _measured(out, media_type, size)
    raise BadAttachment(f"This picture cannot be made smaller than {_megabytes(max_bytes)}.")


def mask_for(mask: Path, size: tuple[int, int], out: Path) -> Picture:
    """Turn an uploaded mask into the API's: RGBA of `size`, transparent where the picture may change.

    Takes masks that are transparent where to change, or white on black. A pixel is marked or not, nothing between; a
    stroke thinner than a pixel of the picture still marks it. Raises `BadAttachment` when nothing is marked or the
    shape is another.
    """
    with _opened(mask, MAX_PIXELS) as image:
        marked = _marked(_plain(image))
    if abs(marked.width * size[1] - marked.height * size[0]) > max(size) * max(marked.size) * 0.01:
        raise BadAttachment(
            f"The mask is {marked.width}×{marked.height}, the picture {size[0]}×{size[1]}; make it the same size."
        )
    marked = marked.resize(size, Image.Resampling.BOX).point(lambda value: 255 if value else 0)
    if marked.getextrema()[1] == 0:
        raise BadAttachment("The mask marks nothing: paint what may change white, or make it transparent.")
    result = Image.new("RGBA", size, (0, 0, 0, 255))
    result.putalpha(ImageOps.invert(marked))
    result.save(out, "PNG", compress_level=6)  # 9 saves a tenth and takes half a minute for a mask of noise
    picture = _measured(out, "image/png", size)
    if picture.bytes > MAX_MASK_BYTES:
        raise BadAttachment("The mask has too much detail; paint larger areas.")
    return picture


def is_transparent(path: Path) -> bool:
    """Whether a picture has pixels that can be seen through. Raises `BadAttachment`."""
    with _opened(path, MAX_PIXELS) as image:
        return image.mode == "RGBA" and int(image.getchannel("A").getextrema()[0]) < 255  # type: ignore[arg-type]


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _weight(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise BadAttachment("This file is gone. Send it again.") from error


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[ImageFile.ImageFile]:
    """An image whose header is believable; every error of the decoder becomes one sentence."""
    if not os.path.isfile(path):  # noqa: PTH113 — it raises nothing; and a pipe would wait for ever
        raise BadAttachment("This file is gone. Send it again.")
    try:
        with warnings.catch_warnings():
            # Decompression bombs and odd EXIF: bounded right below, or harmless. Only Pillow's: filters are shared
            # by all threads, and two that overlap may leave this one behind.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            with Image.open(path, formats=_FORMATS) as image:
                _check_bounds(path, image, max_pixels)
                yield image
    except BadAttachment:
        raise
    except UnidentifiedImageError as error:
        raise BadAttachment(_not_a_picture(path)) from error
    except Image.DecompressionBombError as error:
        raise BadAttachment("This picture has far too many pixels. Send a smaller one.") from error
    except Exception as error:  # struct.error, AssertionError, …: no list of what hostile bytes set off is complete
        raise BadAttachment("This picture is damaged or cut off. Send it again, as PNG or JPEG.") from error


def _check_bounds(path: Path, image: ImageFile.ImageFile, max_pixels: int) -> None:
    """Refuse what would take too much memory or time, before it is decoded."""
    pixels = image.width * image.height
    if pixels > max_pixels:
        raise BadAttachment(
            f"This picture has {pixels / 1e6:.0f} megapixels; {max_pixels // 1_000_000} is the most. "
            "Send a smaller one."
        )
    if image.format == "TIFF":
        width, height = (_tag(image, number) for number in (322, 323))
        if width * height > max(pixels, MAX_TILE):
            raise BadAttachment("This TIFF is made of tiles larger than itself. Send it as PNG or JPEG.")
    if image.format in ("JPEG", "MPO") and _has_too_many_scans(path):
        raise BadAttachment("This JPEG is built of far too many layers. Save it anew and send it again.")


def _tag(image: Image.Image, number: int) -> int:
    tags: dict[int, object] = getattr(image, "tag_v2", {})
    value = tags.get(number, 0)
    return value if isinstance(value, int) else 0


def _has_too_many_scans(path: Path) -> bool:
    """Whether a JPEG, up to its first end-of-image, starts more than `MAX_SCANS` scans.

    A scan of a few bytes can stand for a pass over every pixel: 50 MB of them would take hours.
    """
    marker = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")  # within scan data, FF is followed by 00 or D0–D7
    data, scans, at = path.read_bytes(), 0, 2
    while scans <= MAX_SCANS and (found := marker.search(data, at)):
        kind = data[found.start(1)]
        if kind == 0xD9:
            break
        scans += kind == 0xDA
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return scans > MAX_SCANS


def _not_a_picture(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"):
        return "HEIC pictures can't be read here; send it as JPEG or PNG."
    if b"<svg" in head.lower():
        return "SVG drawings can't be read here; send it as PNG."
    if head.startswith(b"%PDF"):
        return "This is a PDF; send a picture of the page, as PNG or JPEG."
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")):
        return "This picture is damaged or of a rare kind. Save it as PNG or JPEG and send it again."
    return f"This is not a picture I can read; send {_TAKES}."


# ── Converting ───────────────────────────────────────────────────────────────────────────────────────────────────


def _plain(image: ImageFile.ImageFile, edge: int | None = None) -> Image.Image:
    """The pixels alone: decoded, upright, 8-bit sRGB with or without alpha, at most `edge` wide and high.

    A large picture is shrunk as early as it can be: a JPEG while it is decoded, others before their colours are
    converted. `info` is emptied, since Pillow would write text chunks and EXIF found in it again.
    """
    _widen_colour_key(image)
    drafted = image.draft(None, _within(image.size, edge))
    image.load()
    result: Image.Image = image
    if image.format == "BMP" and image.mode == "RGBA" and not image.getchannel("A").getbbox():
        result = image.convert("RGB")  # an unused fourth byte, as in screenshots of Windows
    if result.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        result = _shrunk(result, edge, drafted[1] if drafted else None)
    with suppress(Exception):  # EXIF that cannot be read says nothing of how to turn the picture
        ImageOps.exif_transpose(result, in_place=True)
    result = _shrunk(_to_rgb(result), edge)
    result.info = {}
    return result


def _within(size: tuple[int, int], edge: int | None) -> tuple[int, int]:
    scale = min(1.0, edge / max(size)) if edge else 1.0
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: Image.Image, edge: int | None, box: tuple[int, int, float, float] | None = None) -> Image.Image:
    size = _within(image.size, edge)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)


def _widen_colour_key(image: ImageFile.ImageFile) -> None:
    """Bring a PNG's transparent colour to 8 bits: Pillow does so with the pixels only."""
    key, raw = image.info.get("transparency"), image.tile[0].args if image.tile else None
    if image.format == "PNG" and isinstance(key, int) and raw in ("L;2", "L;4"):
        image.info["transparency"] = key * (85 if raw == "L;2" else 17)
    if image.format == "PNG" and isinstance(key, tuple) and raw == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _to_rgb(image: Image.Image) -> Image.Image:
    """8-bit sRGB, with alpha where there is transparency."""
    if image.mode.startswith("I"):
        image = _from_whole_numbers(image)
    elif image.mode == "F":
        image = _from_floats(image)
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("L", "LA") else "RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    image = _to_srgb(image)
    wanted = "RGBA" if image.mode in ("LA", "RGBA") else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _from_whole_numbers(image: Image.Image) -> Image.Image:
    """16-bit greys as L. Cameras and scanners fill 8, 12 or 16 of the bits; other ranges are taken as they are."""
    key, whole = image.info.get("transparency"), image.convert("I")
    if image.mode.startswith("I;16") and _tag(image, 262) == 0 and image.format == "TIFF":  # white is zero
        whole = whole.point(lambda value: value * -1 + 65_535)
    low, high = _range(whole)
    bottom, top = low, max(high, low + 1)
    if low >= 0 and high <= 65_535:
        bottom, top = 0, next(top for top in (255, 4095, 65_535) if high <= top)
    scale = 255 / (top - bottom)
    result = whole.point(lambda value: value * scale + (0.5 - bottom * scale)).convert("L")
    if isinstance(key, int):
        result.info["transparency"] = int(key * scale + 0.5)
    return result


def _from_floats(image: Image.Image) -> Image.Image:
    """Floats as L: 0 to 1, 0 to 255, or else their own range."""
    low, high = _range(image)
    if not (math.isfinite(low) and math.isfinite(high)):
        image = ImageMath.lambda_eval(lambda a: a["max"](a["min"](a["image"], 1.0), 0.0), image=image)
        low, high = 0.0, 1.0
    bottom, top = low, high if high > low else low + 1
    if low >= 0 and (high <= 1 or 128 <= high <= 255):
        bottom, top = 0.0, 1.0 if high <= 1 else 255.0
    scale = 255 / (top - bottom)
    return image.point(lambda value: value * scale + (0.5 - bottom * scale)).convert("L")


def _range(image: Image.Image) -> tuple[float, float]:
    low, high = image.getextrema()
    assert isinstance(low, int | float) and isinstance(high, int | float), "one band has one range"  # noqa: S101
    return low, high


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return _without_gamma(image)
    flat = image.convert("L") if image.mode == "LA" else image  # grey profiles know of no alpha
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(flat, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile, or one of another kind of picture
        return image
    if converted and image.mode == "LA":
        converted.putalpha(image.getchannel("A"))
    return converted or image


def _without_gamma(image: Image.Image) -> Image.Image:
    """Apply a PNG's gAMA as browsers do: 3D programs write linear light (1.0), old Macs 0.56, all others 0.45."""
    gamma = image.info.get("gamma", 0)
    if "srgb" in image.info or image.mode == "CMYK" or not 0.2 < gamma < 2 or abs(gamma * 2.2 - 1) < 0.1:
        return image
    curve = [round(255 * (value / 255) ** (1 / (2.2 * gamma))) for value in range(256)]
    alpha = list(range(256)) if image.mode in ("LA", "RGBA") else []
    return image.point(curve * (len(image.getbands()) - bool(alpha)) + alpha)


def _marked(image: Image.Image) -> Image.Image:
    """A mask as L: 255 where to change. White on black counts where no pixel is more clear than opaque."""
    alpha = image.convert("RGBA").getchannel("A").point(lambda value: 255 if value <= 127 else 0)
    if alpha.getbbox():
        return alpha
    return image.convert("L").point(lambda value: 255 if value > 127 else 0)


def _best_type(image: Image.Image, media_types: Sequence[str]) -> str:
    with_alpha = [one for one in media_types if one != "image/jpeg"]
    return with_alpha[0] if image.mode == "RGBA" and with_alpha else media_types[0]


def _copies(image: Image.Image, media_type: str) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Ever smaller encodings: qualities first, then three quarters of the edge at a time."""
    if media_type == "image/jpeg" and image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    qualities = (None,) if media_type == "image/png" else (92, 85, 75)
    while True:
        for quality in qualities:
            yield _encoded(image, media_type, quality), image.size
        if min(image.size) < 16:
            return
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
