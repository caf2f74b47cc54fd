"""What pictures, a mask and a markup must be like."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable

from PIL import Image, ImageOps

from tests.fakes.openai_server.faults import ApiError, unknown_parameter
from tests.fakes.openai_server.recorded import Upload

MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_MAX_IMAGES, _MAX_IMAGE, _MAX_MASK = 16, 50_000_000, 4_000_000  # pictures, bytes, bytes
_EDITED = ("image", "image[]", "images")


def pictures_of(files: Iterable[Upload]) -> list[Upload]:
    return [file for file in files if file.field_name in (*_EDITED, "image_url")]


def digest(files: Iterable[Upload]) -> str:
    data = b"".join(file.data for file in files)
    return hashlib.sha256(data).hexdigest() if data else ""


def check_edit(files: tuple[Upload, ...], *, markup_allowed: bool) -> None:
    """Raises ApiError unless the files make an edit."""
    for file in files:
        if file.field_name not in (*_EDITED, "mask", *(["markup"] if markup_allowed else [])):
            raise unknown_parameter(file.field_name)
    images = pictures_of(files)
    check_images(images)
    masks, markups = ([file for file in files if file.field_name == name] for name in ("mask", "markup"))
    if masks and markups:
        raise ApiError(400, "invalid_value", "'markup' cannot be combined with 'mask'.", param="markup")
    for mask in masks:
        check_mask(mask, images[0], "mask")
    for markup in markups:
        _check_markup(markup, images[0])


def check_images(images: list[Upload], *, least: int = 1) -> None:
    if not least <= len(images) <= _MAX_IMAGES:
        raise ApiError(400, "invalid_value", f"Between {least} and {_MAX_IMAGES} images are needed.", param="image")
    for number, file in enumerate(images, start=1):
        opened(file, tuple(MEDIA.values()), _unreadable(f"Invalid image file or mode for image {number}", "image"))
        if file.size >= _MAX_IMAGE:
            raise ApiError(400, "image_file_too_large", f"Image {number} is not below 50 MB.", param="image")


def check_mask(mask: Upload, first: Upload, param: str) -> None:
    """A PNG with alpha, below 4 MB, of the first image's size."""
    if _with_alpha(mask, param).size != _opened(first).size:
        raise ApiError(400, "invalid_value", "The mask's size differs from the image's.", param=param)


def _check_markup(markup: Upload, first: Upload) -> None:
    """A PNG with transparent pixels, of the size at which the first image is looked at."""
    overlay = _with_alpha(markup, "markup")
    if overlay.size != ImageOps.exif_transpose(_opened(first)).size:
        raise ApiError(400, "invalid_value", "The markup's size differs from the image's.", param="markup")
    if overlay.getchannel("A").getextrema()[0] != 0:
        raise ApiError(400, "invalid_value", "The markup has no transparent pixels.", param="markup")


def _with_alpha(file: Upload, param: str) -> Image.Image:
    error = _unreadable(f"Invalid {param}", param)
    image = opened(file, ("image/png",), error)
    if image.mode not in ("RGBA", "LA") or file.size >= _MAX_MASK:
        raise error
    return image


def opened(file: Upload, media_types: tuple[str, ...], error: ApiError) -> Image.Image:
    """The picture, if it is what it says it is; otherwise raises `error`."""
    try:
        image = _opened(file)
    except (OSError, Image.DecompressionBombError):
        raise error from None
    found = Image.MIME.get(image.format or "")
    if file.content_type != found or found not in media_types or image.mode not in ("RGB", "RGBA", "LA", "L"):
        raise error
    return image


def _opened(file: Upload) -> Image.Image:
    """Of bytes in memory: there is nothing to close."""
    return Image.open(io.BytesIO(file.data))


def _unreadable(message: str, param: str) -> ApiError:
    return ApiError(400, "invalid_image_file", message, param=param, kind="image_generation_user_error")
