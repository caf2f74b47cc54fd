"""The table of errors: every code the vendor is known to send, every exception its SDK can raise."""

from __future__ import annotations

import email.utils
import time

import aiohttp
import openai
import pytest
from aiohttp.client_reqrep import ConnectionKey

from adapters.openai.errors import TABLE, Trouble, in_words, no_answer, ours, redacted, retry_after
from bot.errors import (
    OutcomeUnknown,
    ProviderProblem,
    RateLimited,
    Refused,
    RetouchError,
    SetupProblem,
    Unavailable,
)

BAD, KEYLESS, FORBIDDEN, GONE, TOO_MANY = 400, 401, 403, 404, 429

CODES: list[tuple[int, str, type[RetouchError]]] = [
    (BAD, "moderation_blocked", Refused),
    (BAD, "content_policy_violation", Refused),
    (BAD, "image_content_policy_violation", Refused),
    (FORBIDDEN, "content_filter", Refused),
    (BAD, "invalid_value", ProviderProblem),
    (BAD, "invalid_image_file", ProviderProblem),
    (BAD, "invalid_input_fidelity_model", ProviderProblem),
    (BAD, "unknown_parameter", ProviderProblem),
    (BAD, "unsupported_parameter", ProviderProblem),
    (KEYLESS, "invalid_api_key", SetupProblem),
    (FORBIDDEN, "model_not_found", SetupProblem),
    (GONE, "model_not_found", SetupProblem),
    (TOO_MANY, "rate_limit_exceeded", RateLimited),
    (TOO_MANY, "slow_down", RateLimited),
    (TOO_MANY, "insufficient_quota", SetupProblem),
    (TOO_MANY, "credit_balance_exhausted", SetupProblem),
    (TOO_MANY, "billing_not_active", SetupProblem),
    (TOO_MANY, "project_spend_limit_exceeded", SetupProblem),
    (TOO_MANY, "organization_spend_limit_exceeded", SetupProblem),
    (TOO_MANY, "organization_usage_limit_exceeded", SetupProblem),
    (TOO_MANY, "billing_hard_limit_reached", SetupProblem),
    (BAD, "billing_hard_limit_reached", SetupProblem),
    (500, "server_error", OutcomeUnknown),
    (503, "server_is_overloaded", OutcomeUnknown),
    (500, "convert_request_failed", SetupProblem),
]

STATUSES: list[tuple[int, type[RetouchError]]] = [
    (307, SetupProblem), (400, ProviderProblem), (401, SetupProblem), (402, SetupProblem), (403, SetupProblem),
    (404, SetupProblem), (408, OutcomeUnknown), (409, ProviderProblem), (413, ProviderProblem), (422, ProviderProblem),
    (429, RateLimited), (451, Refused), (499, OutcomeUnknown), (500, OutcomeUnknown), (502, OutcomeUnknown),
    (503, OutcomeUnknown), (504, OutcomeUnknown), (524, OutcomeUnknown), (200, OutcomeUnknown), (0, OutcomeUnknown),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_a_known_code_becomes_this_error(status: int, code: str, kind: type[RetouchError]) -> None:
    assert type(ours(Trouble(status, code))) is kind
    assert any(code in rule.names for rule in TABLE), "known by its status only"


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_a_code_means_the_same_inside_an_answer_that_began_well(
    status: int, code: str, kind: type[RetouchError]
) -> None:
    assert type(ours(Trouble(200, code))) is kind


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_without_a_known_code_the_status_decides(status: int, kind: type[RetouchError]) -> None:
    assert type(ours(Trouble(status, "42", message="余额不足"))) is kind


@pytest.mark.parametrize("kind", ["requests", "tokens", "input-images"])
def test_a_rate_limit_is_known_by_its_type_too(kind: str) -> None:
    assert type(ours(Trouble(429, type=kind))) is RateLimited


def test_money_is_told_from_speed_by_the_type_where_there_is_no_code() -> None:
    assert type(ours(Trouble(429, type="insufficient_quota"))) is SetupProblem


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Your organization must be verified to use the model `gpt-image-2`.", SetupProblem),
        ("Your request was rejected by the safety system.", Refused),
        ("This violates our content policy", Refused),
        ("The model `gpt-image-1` does not exist or you do not have access to it.", SetupProblem),
    ],
)
def test_some_errors_are_known_only_by_their_words(message: str, kind: type[RetouchError]) -> None:
    assert type(ours(Trouble(400, type="invalid_request_error", message=message))) is kind


def test_a_refusal_names_the_category_in_our_words() -> None:
    blocked = Trouble(400, "moderation_blocked", message="Blocked. safety_violations=[self_harm, violence].")
    assert str(ours(blocked)) == "The safety system refused this (self-harm). Try another subject."


def test_a_category_we_do_not_know_is_not_repeated() -> None:
    blocked = Trouble(400, "moderation_blocked", details={"categories": ["<script>"], "moderation_stage": "unknown"})
    error = ours(blocked)
    assert isinstance(error, Refused)
    assert str(error) == "The safety system refused this. Try other words, or another picture."
    assert (error.category, error.stage, error.billed) == ("", "", False)


@pytest.mark.parametrize(("param", "word"), [("size", "this size"), ("image[0]", "pictures"), ("foo<b>", "request")])
def test_a_bad_parameter_is_named_when_it_is_one_of_ours(param: str, word: str) -> None:
    sentence = str(ours(Trouble(400, "invalid_value", param=param, message="vendor words")))
    assert word in sentence
    assert "<b>" not in sentence
    assert "vendor" not in sentence


def exceptions_of_the_sdk() -> list[type[openai.APIStatusError]]:
    kinds = [getattr(openai, name) for name in dir(openai) if name.endswith("Error")]
    return [kind for kind in kinds if issubclass(kind, openai.APIStatusError) and kind is not openai.APIStatusError]


STATUS_OF = {
    "BadRequestError": 400, "AuthenticationError": 401, "OAuthError": 401, "PermissionDeniedError": 403,
    "NotFoundError": 404, "ConflictError": 409, "UnprocessableEntityError": 422, "RateLimitError": 429,
    "InternalServerError": 500,
}  # fmt: skip


@pytest.mark.parametrize("kind", exceptions_of_the_sdk())
def test_every_status_error_the_sdk_knows_has_an_error_of_ours(kind: type[openai.APIStatusError]) -> None:
    status = STATUS_OF[kind.__name__]
    assert type(ours(Trouble(status, message="no"))) is dict(STATUSES)[status]


KEY = ConnectionKey("api.example", 443, True, True, None, None, None)
REFUSED = OSError(111, "Connection refused")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ClientConnectorError(KEY, REFUSED), Unavailable),
        (aiohttp.ClientConnectorDNSError(KEY, REFUSED), Unavailable),
        (aiohttp.ConnectionTimeoutError("slow"), Unavailable),
        (aiohttp.InvalidURL("ftp://x"), SetupProblem),
        (aiohttp.NonHttpUrlClientError("ftp://x"), SetupProblem),
        (aiohttp.ClientProxyConnectionError(KEY, REFUSED), SetupProblem),
        (aiohttp.ClientConnectorSSLError(KEY, REFUSED), SetupProblem),
        (aiohttp.SocketTimeoutError("slow"), OutcomeUnknown),
        (aiohttp.ServerTimeoutError("slow"), OutcomeUnknown),
        (aiohttp.ServerDisconnectedError(), OutcomeUnknown),
        (aiohttp.ClientOSError(104, "reset"), OutcomeUnknown),
        (aiohttp.ClientPayloadError("cut"), OutcomeUnknown),
        (aiohttp.ClientError("anything else"), OutcomeUnknown),
    ],
)
def test_no_answer_is_unknown_unless_the_request_cannot_have_left(error: Exception, kind: type[RetouchError]) -> None:
    assert type(no_answer(error)) is kind


def test_every_error_of_the_client_has_been_thought_of() -> None:
    """A new kind of connection error must not become "may be billed", or worse "was not", by accident."""
    kinds = {one for name in dir(aiohttp) if isinstance(one := getattr(aiohttp, name), type)}
    before_sending = {one.__name__ for one in kinds if issubclass(one, aiohttp.ClientConnectorError)}
    assert before_sending == {
        "ClientConnectorError", "ClientConnectorDNSError", "ClientProxyConnectionError", "ClientConnectorSSLError",
        "ClientConnectorCertificateError", "ClientSSLError",
    }  # fmt: skip


def test_what_a_model_says_instead_of_drawing_is_quoted_on_one_line_and_bounded() -> None:
    said = in_words("I can't\n\x07 help <b>with</b> that. " + "x" * 5000)
    assert said.startswith("No picture was made. The model answered: “I can't help <b>with</b> that. xxx")
    assert len(said) < 700


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after-ms": "2500", "retry-after": "12"}, 2.5),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "-5"}, 1.0),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "nan"}, 15.0),
        ({"retry-after": "soon"}, 15.0),
        ({}, 15.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers) == seconds


def test_how_long_to_wait_may_be_a_date() -> None:
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 30 < retry_after({"retry-after": in_a_minute}) <= 60


def test_the_log_holds_no_key_no_address_no_prompt_and_no_line_break() -> None:
    message = "Incorrect key sk-proj-ab*****yz for 'a red fox' see https://x.example/?k=1\nFAKE LINE " + "x" * 1000
    text = redacted(message, "secret", "a red fox")
    assert text.startswith("Incorrect key <key> for ' ' see <url> FAKE LINE")
    assert len(text) == 300
