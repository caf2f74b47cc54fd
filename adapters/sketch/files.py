"""Pictures in and out of files: read what is to be edited, write with the recipe inside, hash on the way."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, ImageOps

from adapters.sketch.recipe import Recipe, dump, load
from bot.errors import ProviderProblem
from bot.models import Options
from bot.ports import Drawn

MARK = "retouch-sketch:"  # begins the EXIF description that carries a recipe
LARGEST = 40_000_000  # pixels of a picture we read or draw; 4K is 8.3 million
_LONGEST_RECIPE = 60_000  # bytes; one EXIF segment of a JPEG holds 65,533
_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def read(path: Path) -> Image.Image:
    """A picture as RGB, or RGBA if it can be seen through. Raises `ProviderProblem` when unreadable."""
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
            if opened.width * opened.height > LARGEST:
                raise ProviderProblem("That picture is too large for the sketch engine. Send a smaller one.")
            image = ImageOps.exif_transpose(opened)
            seen_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            return image.convert("RGBA" if seen_through else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ProviderProblem("One of the pictures could not be read. Send it again as PNG or JPEG.") from error


def recipe_in(path: Path) -> Recipe | None:
    """The recipe a sketch carries; None for every other picture."""
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
            description = opened.getexif().get(ExifTags.Base.ImageDescription, "")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if not isinstance(description, str) or not description.startswith(MARK):
        return None
    return load(description.removeprefix(MARK))


def write(image: Image.Image, path: Path, options: Options, recipe: Recipe) -> Drawn:
    """Save in the format asked for, with the recipe inside. The file's name gets the format's suffix."""
    kind = options.output_format if options.output_format in _FORMATS else "png"
    path = path.with_suffix(_SUFFIXES[kind])
    quality = 92 if options.output_compression is None else options.output_compression
    with path.open("wb") as file:
        hashed = _Hashed(file)
        _save(image, hashed, kind, quality, recipe)
        if not hashed.seeked:
            return Drawn(path, hashed.digest.hexdigest(), hashed.size)
    return _hashed(path)


def write_preview(image: Image.Image, path: Path) -> Path:
    """Save a passing picture, small and quick."""
    if image.mode == "RGBA":
        path = path.with_suffix(".png")
        image.save(path, "PNG", compress_level=1)
    else:
        path = path.with_suffix(".jpg")
        image.save(path, "JPEG", quality=80)
    return path


def _save(image: Image.Image, file: _Hashed, kind: str, quality: int, recipe: Recipe) -> None:
    exif = _exif(recipe)
    stream: IO[bytes] = file  # type: ignore[assignment]  # Pillow only writes, tells and flushes
    if kind == "png":
        image.save(stream, "PNG", compress_level=4, exif=exif)
    elif kind == "webp":
        image.save(stream, "WEBP", quality=quality, method=2, exif=exif)
    else:
        flat = image
        if image.mode == "RGBA":
            flat = Image.new("RGB", image.size, (255, 255, 255))
            flat.paste(image, (0, 0), image)
        flat.save(stream, "JPEG", quality=max(1, min(95, quality)), exif=exif)


def _exif(recipe: Recipe) -> bytes:
    exif = Image.Exif()
    text = MARK + dump(recipe)
    if len(text) < _LONGEST_RECIPE:
        exif[ExifTags.Base.ImageDescription] = text
    exif[ExifTags.Base.Software] = "Retouch offline sketch"
    return exif.tobytes()


def _hashed(path: Path) -> Drawn:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return Drawn(path, digest.hexdigest(), path.stat().st_size)


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is written; `seeked` says that Pillow went back and the hash is void."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0
        self.seeked = False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.seeked = True
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()
