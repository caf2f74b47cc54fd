"""What can go wrong on purpose, and error answers in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

FAULTS: Mapping[str, str] = {
    "slow": "answers after `value` seconds (1)",
    "noise": "pictures of noise, which do not compress",
    "hang": "takes the request, draws, never answers",
    "rate_limit": "429 with Retry-After: `value` (2)",
    "insufficient_quota": "429, but about money",
    "moderation_input": "400 before drawing; `value` is the category (violence)",
    "moderation_output": "400 after drawing; `value` is the category (violence)",
    "invalid_api_key": "401",
    "unverified": "403, the organization must be verified",
    "model_not_found": "404",
    "server_error": "500",
    "overloaded": "503",
    "html_200": "a web page instead of JSON",
    "html_502": "a proxy's error page",
    "error_in_200": "200 with an error object; `value` is its code (upstream_failed)",
    "error_in_stream": "an event stream that ends in an error; `value` is its code (server_error)",
    "redirect": "307 to the same path with a slash",
    "empty_data": "200 without pictures",
    "cut_before_headers": "draws, then closes the connection",
    "cut_mid_body": "draws, then closes the connection in the middle of the picture",
    "cut_after_picture": "closes the connection right behind the last picture",
    "truncated_base64": "a complete answer whose picture is cut in half",
    "not_a_picture": "base64 of some text",
    "wrong_content_type": "a good answer called text/plain",
    "url": "addresses instead of base64; `value`: '', data, redirect, private, private_redirect, flaky, gone, text",
    "data_url": "a data URL in b64_json",
    "escaped": "base64 with JSON escapes for / and +",
    "fewer": "one picture fewer than asked",
    "more": "one picture more than asked",
    "second_damaged": "the second picture is cut in half",
    "no_usage": "leaves the usage out",
    "no_details": "usage without output_tokens_details",
    "sse_without_final": "an event stream that closes after the previews",
    "json_instead_of_sse": "ignores stream",
    "sse_instead_of_json": "streams unasked",
}


@dataclass(slots=True)
class Fault:
    """`times` left; None: until cleared."""

    name: str
    times: int | None
    value: str


class ApiError(Exception):
    """An error answer in OpenAI's shape."""

    def __init__(self, status: int, code: str | None, message: str, *, param: str | None = None,
                 kind: str = "invalid_request_error", headers: Mapping[str, str] | None = None,
                 details: Mapping[str, object] | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, object] = {"message": message, "type": kind, "param": param, "code": code}
        if details:
            self.body["moderation_details"] = details


def raise_early(fault: Fault) -> None:
    if fault.name in _EARLY:
        raise _EARLY[fault.name](fault.value)
    if fault.name == "moderation_input":
        raise moderated("input", fault.value)


_EARLY: Mapping[str, Callable[[str], ApiError]] = {
    "rate_limit": lambda value: ApiError(429, "rate_limit_exceeded", "Rate limit reached for images per minute",
                                         kind="input-images", headers={"Retry-After": value or "2"}),
    "insufficient_quota": lambda _: ApiError(429, "insufficient_quota", "You exceeded your current quota",
                                             kind="insufficient_quota"),
    "invalid_api_key": lambda _: ApiError(401, "invalid_api_key", "Incorrect API key provided: sk-abc***xyz."),
    "unverified": lambda _: ApiError(403, None, "Your organization must be verified to use the model `gpt-image-2`. "
                                     "Please go to: https://example.invalid/settings and click on Verify."),
    "model_not_found": lambda _: ApiError(404, "model_not_found", "The model `gpt-image-9` does not exist"),
    "server_error": lambda _: ApiError(500, "server_error", "The server had an error", kind="server_error"),
    "overloaded": lambda _: ApiError(503, "server_is_overloaded", "The server is overloaded", kind="server_error"),
    "html_502": lambda _: ApiError(502, None, "html"),
}  # fmt: skip


def moderated(stage: str, category: str) -> ApiError:
    names = [category or "violence"]
    return ApiError(400, "moderation_blocked", "Your request was rejected by the safety system. If you believe this is "
                    f"an error, include the request ID. safety_violations={names}.", kind="image_generation_user_error",
                    details={"moderation_stage": stage, "categories": names})  # fmt: skip


def error_answer(error: ApiError) -> web.Response:
    headers = {"x-request-id": "req_loopback", **error.headers}
    if error.status == 502:
        page = "<html><head><title>502 Bad Gateway</title></head></html>"
        return web.Response(status=502, text=page, content_type="text/html", headers=headers)
    return web.json_response({"error": error.body}, status=error.status, headers=headers)


def spoiled(pictures: list[bytes], fault: Fault) -> list[bytes]:
    match fault.name:
        case "empty_data":
            return []
        case "fewer":
            return pictures[:-1]
        case "more":
            return [*pictures, pictures[-1]]
        case "truncated_base64":
            return [picture[: len(picture) // 6 * 3] for picture in pictures]
        case "second_damaged":
            return [picture[: len(picture) // 2] if number == 1 else picture for number, picture in enumerate(pictures)]
        case "not_a_picture":
            return [b"GIF me a picture, said the gateway, and sent none." for _ in pictures]
    return pictures
