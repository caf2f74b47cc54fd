"""A POST as it came: its fields, and the files in it, however they were packed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from tests.fakes.openai_server.faults import ApiError

MAX_URL = 20_971_520  # characters of an image_url, from OpenAI's specification
_HEADERS = ("Authorization", "OpenAI-Organization", "OpenAI-Project")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request, or a data URL of a JSON one (without a name). `data` stays off the admin page."""

    field_name: str
    name: str
    content_type: str
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One POST. `fields` are as they came: the whole JSON body, or the texts of a form.

    `problem`: what was wrong with its packing, for which it is refused.
    """

    path: str
    content_type: str
    headers: dict[str, str]
    fields: dict[str, object]
    files: tuple[Upload, ...] = ()
    problem: ApiError | None = field(default=None, repr=False, compare=False)


async def record(request: web.Request) -> Recorded:
    headers = {name: request.headers.get(name, "") for name in _HEADERS}
    if request.content_type.startswith("multipart/"):
        fields, files = await _form(request)
        return Recorded(request.path, request.content_type, headers, fields, tuple(files))
    fields, problem = _body(await request.read())
    files = []
    try:
        files.extend(_carried(request.path, fields))
    except ApiError as error:
        problem = problem or error
    return Recorded(request.path, request.content_type, headers, fields, tuple(files), problem)


async def _form(request: web.Request) -> tuple[dict[str, object], list[Upload]]:
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
    return fields, files


def _body(data: bytes) -> tuple[dict[str, object], ApiError | None]:
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body, None
    return {}, ApiError(400, None, "We could not parse the JSON body of your request.")


def _carried(path: str, fields: Mapping[str, object]) -> Iterator[Upload]:
    if path.endswith("/edits"):
        yield from _edit_files(fields)
    elif path.endswith("/chat/completions"):
        yield from _chat_files(fields)
    elif path.endswith("/responses"):
        yield from _response_files(fields)


def _edit_files(fields: Mapping[str, object]) -> Iterator[Upload]:
    for number, item in enumerate(objects(fields.get("images"))):
        yield _referenced(item, "images", f"images[{number}]")
    for name in ("mask", "markup"):
        given = fields.get(name)
        if given is not None:
            yield _referenced(given if isinstance(given, dict) else {}, name, name)


def _chat_files(fields: Mapping[str, object]) -> Iterator[Upload]:
    for at, message in enumerate(objects(fields.get("messages"))):
        for part in objects(message.get("content")):
            if part.get("type") == "image_url":
                item = part.get("image_url")
                url = item.get("url") if isinstance(item, dict) else None
                yield _from_url(url, "image_url", f"messages[{at}].content.image_url.url")


def _response_files(fields: Mapping[str, object]) -> Iterator[Upload]:
    for at, message in enumerate(objects(fields.get("input"))):
        for part in objects(message.get("content")):
            if part.get("type") == "input_image":
                yield _referenced(part, "image_url", f"input[{at}].content")
    for at, tool in enumerate(objects(fields.get("tools"))):
        mask = tool.get("input_image_mask")
        if isinstance(mask, dict):
            yield _referenced(mask, "input_image_mask", f"tools[{at}].input_image_mask")


def _referenced(item: Mapping[str, object], field_name: str, place: str) -> Upload:
    """Exactly one of image_url and file_id; this server keeps no files, so every file_id is unknown."""
    if ("image_url" in item) == ("file_id" in item):
        raise ApiError(400, "invalid_value", f"'{place}' needs exactly one of image_url and file_id.", param=place)
    if "file_id" in item:
        raise ApiError(400, "invalid_value", f"No such file: '{item['file_id']}'.", param=f"{place}.file_id")
    return _from_url(item["image_url"], field_name, f"{place}.image_url")


def _from_url(url: object, field_name: str, param: str) -> Upload:
    if isinstance(url, str) and len(url) > MAX_URL:
        raise ApiError(400, "string_above_max_length", f"Invalid '{param}': string too long. Expected a string with "
                       f"maximum length {MAX_URL}, but got {len(url)} instead.", param=param)  # fmt: skip
    match = re.match(r"data:(image/[a-z+.-]+);base64,", url) if isinstance(url, str) else None
    if not match or not isinstance(url, str):
        raise ApiError(400, "invalid_image_url", f"'{param}' is not a data URL of a picture, "
                       "and this server fetches nothing.", param=param)  # fmt: skip
    try:
        data = base64.b64decode(url[match.end() :], validate=True)
    except binascii.Error:
        raise ApiError(400, "invalid_base64_image", f"Invalid base64 in '{param}'.", param=param) from None
    return Upload(field_name, "", match[1], len(data), data)


def shown(recorded: Recorded) -> dict[str, object]:
    """For the admin page: without the bytes of files, as uploads or as data URLs."""
    files = [{"field_name": file.field_name, "name": file.name, "content_type": file.content_type, "size": file.size}
             for file in recorded.files]  # fmt: skip
    return {"path": recorded.path, "fields": _short(recorded.fields), "files": files}


def _short(value: object) -> object:
    if isinstance(value, dict):
        return {name: _short(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_short(item) for item in value]
    return f"{value[:100]}…" if isinstance(value, str) and value.startswith("data:") else value


def objects(value: object) -> list[dict[str, object]]:
    """The JSON objects of a list; nothing of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def check_key(request: web.Request) -> None:
    if not request.headers.get("Authorization", "").removeprefix("Bearer").strip():
        raise ApiError(401, "invalid_api_key", "Missing bearer authentication")
