"""Our request as the SDK's keyword arguments. Pure.

Only what differs from the API's own default is sent: gateways reject parameters they do not know. Never sent:
`response_format` (GPT image models answer 400) and `input_fidelity` (gpt-image-2 answers 400).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from bot.models import Options
from bot.ports import ImageRequest

FilePart = tuple[str, BinaryIO, str]
"""File name, open file, media type. Without the type the SDK says octet-stream, which the API refuses."""

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_WITH_COMPRESSION = ("jpeg", "webp")

HEADERS = {"Accept-Encoding": "identity"}
"""Pictures do not compress, and a compressed answer could unfold without bound."""


def generation(request: ImageRequest) -> dict[str, Any]:
    """Arguments of `images.generate`."""
    arguments = _common(request)
    if request.options.moderation != "auto":
        arguments["moderation"] = request.options.moderation
    return arguments


def edit(request: ImageRequest, images: Sequence[BinaryIO], mask: BinaryIO | None) -> dict[str, Any]:
    """Arguments of `images.edit`. The files are those of `request.images`, open; the caller closes them."""
    arguments = _common(request)
    arguments["image"] = [
        _part(f"image-{index}", file, image.media_type)
        for index, (image, file) in enumerate(zip(request.images, images, strict=True), start=1)
    ]
    if mask is not None:
        arguments["mask"] = _part("mask", mask, "image/png")
    if request.options.moderation != "auto":
        # The API takes it, the SDK's method has no such argument.
        arguments["extra_body"] = {"moderation": request.options.moderation}
    return arguments


def wants_stream(request: ImageRequest) -> bool:
    """Whether to ask for previews. Only for one picture: events do not say which picture they belong to."""
    return request.previews > 0 and request.options.n == 1


def _common(request: ImageRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "prompt": request.prompt,
        "model": request.options.model,
        **_changed(request.options),
        "extra_headers": HEADERS,
    }
    if request.user_key:
        arguments["safety_identifier"] = request.user_key
    if wants_stream(request):
        arguments["stream"] = True
        arguments["partial_images"] = min(request.previews, 3)
    return arguments


def _changed(options: Options) -> dict[str, Any]:
    """The options that are not the API's default."""
    named = {"size": options.size, "quality": options.quality, "background": options.background}
    changed: dict[str, Any] = {name: value for name, value in named.items() if value != "auto"}
    if options.output_format != "png":
        changed["output_format"] = options.output_format
    if options.output_compression is not None and options.output_format in _WITH_COMPRESSION:
        changed["output_compression"] = options.output_compression
    if options.n > 1:
        changed["n"] = options.n
    return changed


def _part(name: str, file: BinaryIO, media_type: str) -> FilePart:
    """Our own file names: a person's could carry their name, or break a header."""
    return f"{name}.{_SUFFIXES.get(media_type, 'png')}", file, media_type
