"""What can go wrong on purpose, and error answers in OpenAI's shape.

A fault belongs to the next POST, whichever endpoint that is for; where it means nothing, it is used up unseen.
"""

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
    "chinese_code": "400 of a gateway: its code is the number 1301, its message Chinese",
    "status_451": "451 with an error object without a code",
    "azure_403": "403 content_filter, as Azure refuses",
    "billing_400": "400 billing_hard_limit_reached",
    "spend_limit": "429 project_spend_limit_exceeded",
    "credit_balance": "429 credit_balance_exhausted",
    "slow_down": "429 slow_down",
    "status_504": "a proxy's page: gateway timeout",
    "status_524": "a proxy's page: a timeout occurred",
    "gateway_error_text": "500 with one line of plain text",
    "invalid_image_file": "400, it cannot read image 2",
    "invalid_value_size": "400, it does not take the size",
    "unknown_parameter": "400 for the parameter `value` (quality)",
    "moderation_words": "400 whose message alone, without a code, tells that it was moderated",
    "wrong_size": "draws 1024x1024 whatever was asked",
    "wrong_format": "sends a PNG whatever was asked",
    "usage_zero": "usage in which every number is 0",
    "chat_markdown": "chat: the picture as a data URL in Markdown",
    "chat_markdown_url": "chat: the picture as an address in Markdown",
    "chat_words": "chat: only words",
    "chat_parts": "chat: content as a list of parts; `value` output_image: with b64_json instead of image_url",
    "think_words": "responses: completed, only words",
    "think_failed_item": "responses: completed, but its picture was refused after drawing",
    "think_error_event": "responses: the stream ends in an error event; unstreamed: 500; `value` its code",
    "think_response_failed": "responses: failed; `value` is the code (server_error)",
    "think_no_final": "responses: the stream closes after the previews; unstreamed: the connection does",
}


@dataclass(slots=True)
class Fault:
    """`times` left; None: until cleared."""

    name: str
    times: int | None
    value: str


class ApiError(Exception):
    """An error answer in OpenAI's shape; with a `page` (media type, text) in no shape at all."""

    def __init__(self, status: int, code: str | int | None, message: str, *, param: str | None = None,
                 kind: str = "invalid_request_error", headers: Mapping[str, str] | None = None,
                 details: Mapping[str, object] | None = None, page: tuple[str, str] | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.page = page
        self.body: dict[str, object] = {"message": message, "type": kind, "param": param, "code": code}
        if details:
            self.body["moderation_details"] = details

    def inside(self, place: str) -> ApiError:
        """The same complaint about a parameter that was found in `place`, such as tools[0]."""
        param = self.body["param"]
        if isinstance(param, str):
            self.body["param"] = f"{place}.{param}"
            self.body["message"] = str(self.body["message"]).replace(f"'{param}'", f"'{place}.{param}'")
        return self


def unknown_parameter(name: str) -> ApiError:
    return ApiError(400, "unknown_parameter", f"Unknown parameter: '{name}'.", param=name)


def missing(name: str) -> ApiError:
    return ApiError(400, "missing_required_parameter", f"Missing required parameter: '{name}'.", param=name)


def no_such_model(name: str) -> ApiError:
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(404, "model_not_found", message, param="model")


def raise_early(fault: Fault) -> None:
    if fault.name in _EARLY:
        raise _EARLY[fault.name](fault.value)
    if fault.name == "moderation_input":
        raise moderated("input", fault.value)


def _page(status: int, title: str) -> ApiError:
    return ApiError(status, None, title, page=("text/html", f"<html><head><title>{title}</title></head></html>"))


def _money(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, code, message, kind="billing_limit_user_error" if status == 400 else code)


_EARLY: Mapping[str, Callable[[str], ApiError]] = {
    "rate_limit": lambda value: ApiError(429, "rate_limit_exceeded", "Rate limit reached for images per minute",
                                         kind="input-images", headers={"Retry-After": value or "2"}),
    "slow_down": lambda _: ApiError(429, "slow_down", "Too many requests in a short time. Slow down.",
                                    kind="requests"),
    "insufficient_quota": lambda _: _money(429, "insufficient_quota", "You exceeded your current quota"),
    "spend_limit": lambda _: _money(429, "project_spend_limit_exceeded", "This project reached its spend limit"),
    "credit_balance": lambda _: _money(429, "credit_balance_exhausted", "Your credit balance is used up"),
    "billing_400": lambda _: _money(400, "billing_hard_limit_reached", "Billing hard limit has been reached"),
    "invalid_api_key": lambda _: ApiError(401, "invalid_api_key", "Incorrect API key provided: sk-abc***xyz."),
    "unverified": lambda _: ApiError(403, None, "Your organization must be verified to use the model `gpt-image-2`. "
                                     "Please go to: https://example.invalid/settings and click on Verify."),
    "model_not_found": lambda _: ApiError(404, "model_not_found", "The model `gpt-image-9` does not exist"),
    "server_error": lambda _: ApiError(500, "server_error", "The server had an error", kind="server_error"),
    "overloaded": lambda _: ApiError(503, "server_is_overloaded", "The server is overloaded", kind="server_error"),
    "html_502": lambda _: _page(502, "502 Bad Gateway"),
    "status_504": lambda _: _page(504, "504 Gateway Time-out"),
    "status_524": lambda _: _page(524, "524: A timeout occurred"),
    "gateway_error_text": lambda _: ApiError(500, None, "", page=("text/plain", "upstream connect error or reset")),
    "chinese_code": lambda _: ApiError(400, 1301, "内容违规，请修改提示词后重试", kind="gateway_error"),
    "status_451": lambda _: ApiError(451, None, "The content cannot be shown for legal reasons."),
    "azure_403": lambda _: ApiError(403, "content_filter", "The response was filtered because the prompt triggered "
                                    "the content management policy. Please modify your prompt and retry.",
                                    param="prompt"),
    "moderation_words": lambda _: ApiError(400, None, "Your request was rejected by the safety system. "
                                           "safety_violations=[sexual].", kind="image_generation_user_error"),
    "invalid_image_file": lambda _: ApiError(400, "invalid_image_file", "Invalid image file or mode for image 2",
                                             param="image", kind="image_generation_user_error"),
    "invalid_value_size": lambda _: ApiError(400, "invalid_value", "Invalid size. The longest edge must be less than "
                                             "or equal to 3840.", param="size", kind="image_generation_user_error"),
    "unknown_parameter": lambda value: unknown_parameter(value or "quality"),
}  # fmt: skip


def moderated(stage: str, category: str) -> ApiError:
    names = [category or "violence"]
    return ApiError(400, "moderation_blocked", "Your request was rejected by the safety system. If you believe this is "
                    f"an error, include the request ID. safety_violations={names}.", kind="image_generation_user_error",
                    details={"moderation_stage": stage, "categories": names})  # fmt: skip


def error_answer(error: ApiError) -> web.Response:
    headers = {"x-request-id": "req_loopback", **error.headers}
    if error.page:
        return web.Response(status=error.status, content_type=error.page[0], text=error.page[1], headers=headers)
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
