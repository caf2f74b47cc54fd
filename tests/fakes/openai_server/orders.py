"""What is asked: a POST as it came, and the order it makes once checked as the real API checks."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web
from PIL import Image

from tests.fakes.openai_server.faults import ApiError

_PARAMETERS = frozenset(
    [
        "prompt",
        "model",
        "n",
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "moderation",
        "stream",
        "partial_images",
        "safety_identifier",
        "user",
        "complexity",
    ]
)
_EDIT_ONLY = frozenset({"image", "image[]", "mask"})
MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_GRIDS = {
    "2": {"low": 16, "medium": 48, "high": 96},
    "2.5": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96},
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request. `data` stays out of the admin page."""

    field_name: str
    name: str
    content_type: str
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One POST. `fields` are as they came: JSON values for generations, text for edits."""

    path: str
    content_type: str
    headers: dict[str, str]
    fields: dict[str, object]
    files: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A valid request. `inputs` is a digest of the pictures it came with."""

    prompt: str
    model: str
    size: str
    quality: str
    background: str
    output_format: str
    n: int
    stream: bool
    partials: int
    images: int
    inputs: str


async def record(request: web.Request) -> Recorded:
    headers = {
        name: request.headers.get(name, "") for name in ("Authorization", "OpenAI-Organization", "OpenAI-Project")
    }
    kind = request.content_type
    if not kind.startswith("multipart/"):
        return Recorded(request.path, kind, headers, await request.json())
    fields: dict[str, object] = {}
    files: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.filename is None:
            fields[part.name or ""] = data.decode()
        else:
            files.append(Upload(part.name or "", part.filename, part.headers.get("Content-Type", ""), len(data), data))
    return Recorded(request.path, kind, headers, fields, tuple(files))


def check_key(request: web.Request) -> None:
    if not request.headers.get("Authorization", "").removeprefix("Bearer").strip():
        raise ApiError(401, "invalid_api_key", "Missing bearer authentication")


def order_of(recorded: Recorded) -> Order:
    """Check as the real API does, with its codes."""
    fields = recorded.fields
    is_edit = recorded.path.endswith("/edits")
    for name in fields:
        if name not in _PARAMETERS:
            raise ApiError(400, "unknown_parameter", f"Unknown parameter: '{name}'.", param=name)
    if not fields.get("prompt"):
        raise ApiError(400, "missing_required_parameter", "Missing required parameter: 'prompt'.", param="prompt")
    if not fields.get("model"):
        raise ApiError(400, "invalid_value", "Specify a model.", param="model")
    model = str(fields["model"])
    quality = _choice(fields, "quality", "auto", tuple(grid(model)))
    output_format = _choice(fields, "output_format", "png", tuple(MEDIA))
    if "output_compression" in fields and output_format == "png":
        raise ApiError(400, "invalid_value", "Compression needs jpeg or webp.", param="output_compression")
    _choice(fields, "moderation", "auto", ("low",))
    images = [file for file in recorded.files if file.field_name in ("image", "image[]")]
    if is_edit:
        _check_uploads(recorded.files, images)
    return Order(
        prompt=str(fields["prompt"]),
        model=model,
        size=_size(str(fields.get("size", "auto"))),
        quality="medium" if quality == "auto" else quality,
        background=_choice(fields, "background", "auto", ("opaque", "transparent")),
        output_format=output_format,
        n=_within(fields, "n", 1, 1, 10),
        stream=str(fields.get("stream", "")).lower() == "true",
        partials=_within(fields, "partial_images", 0, 0, 3),
        images=len(images),
        inputs=hashlib.sha256(b"".join(file.data for file in recorded.files)).hexdigest() if recorded.files else "",
    )


def _choice(fields: Mapping[str, object], name: str, default: str, others: tuple[str, ...]) -> str:
    value = str(fields.get(name, default))
    if value not in (default, "auto", *others):
        raise ApiError(400, "invalid_value", f"Invalid value: '{value}'.", param=name)
    return value


def _within(fields: Mapping[str, object], name: str, default: int, low: int, high: int) -> int:
    text = str(fields.get(name, default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise ApiError(400, "invalid_value", f"Invalid value: '{text}'.", param=name)
    return int(text)


def _size(size: str) -> str:
    """The rule of gpt-image-2: edges in 16s up to 3840, ratio up to 3, 655,360 to 8,294,400 pixels."""
    if size == "auto":
        return "1024x1024"
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    legal = (
        width and height and width % 16 == 0 == height % 16 and max(width, height) <= min(3840, 3 * min(width, height))
    )
    if not legal or not 655_360 <= width * height <= 8_294_400:
        raise ApiError(
            400, "invalid_value", f"Invalid size '{size}'.", param="size", kind="image_generation_user_error"
        )
    return size


def _check_uploads(files: tuple[Upload, ...], images: list[Upload]) -> None:
    if not 1 <= len(images) <= 16:
        raise ApiError(400, "invalid_value", "Between 1 and 16 images are needed.", param="image")
    sizes = []
    for number, file in enumerate(images, start=1):
        sizes.append(_pixels(file, tuple(MEDIA.values()), f"Invalid image file or mode for image {number}"))
    for mask in (file for file in files if file.field_name == "mask"):
        if _pixels(mask, ("image/png",), "Invalid mask") != sizes[0]:
            raise ApiError(400, "invalid_value", "The mask's size differs from the image's.", param="mask")
    for file in files:
        if file.field_name not in _EDIT_ONLY:
            raise ApiError(400, "unknown_parameter", f"Unknown parameter: '{file.field_name}'.", param=file.field_name)


def _pixels(file: Upload, media_types: tuple[str, ...], complaint: str) -> tuple[int, int]:
    error = ApiError(400, "invalid_image_file", complaint, param="image", kind="image_generation_user_error")
    try:
        with Image.open(io.BytesIO(file.data)) as image:
            found, size, mode = Image.MIME.get(image.format or ""), image.size, image.mode
    except OSError:
        raise error from None
    if file.content_type != found or found not in media_types or mode not in ("RGB", "RGBA", "LA", "L"):
        raise error
    if media_types == ("image/png",) and (mode not in ("RGBA", "LA") or file.size >= 4_000_000):
        raise error
    return size


def grid(model: str) -> dict[str, int]:
    """Qualities, each with the number of cells along the longer edge."""
    return _GRIDS["2.5" if model.startswith("gpt-image-2.5") else "2"]
