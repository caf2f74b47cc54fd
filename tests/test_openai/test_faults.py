"""Everything that can go wrong: which error it becomes, what a person reads, and that it was never sent twice."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from adapters.openai import OpenAIProvider
from bot.errors import OutcomeUnknown, ProviderProblem, RateLimited, Refused, RetouchError, SetupProblem
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import FAULTS, OpenAIServer
from tests.test_openai.conftest import KEY, Ask

LOST = "The connection to the image service broke before the picture arrived."
DAMAGED = "The image service sent something that is not a whole picture."
FAULTY = "The image service had a fault of its own. Try again in a minute."
NOT_SET_UP = "The image service is not set up right here. An admin must look at it."
NO_MONEY = "The image service's budget is used up. An admin must top it up."
TOO_SLOW = "The image service did not answer in time. A smaller size or a lower quality is faster."
UNFETCHED = "The picture was made, but could not be fetched from the image service."

BROKEN: list[tuple[str, str, type[RetouchError], str]] = [
    ("rate_limit", "90", RateLimited, "The image service is busy. Try again in a minute."),
    ("insufficient_quota", "", SetupProblem, NO_MONEY),
    ("invalid_api_key", "", SetupProblem, NOT_SET_UP),
    ("unverified", "", SetupProblem, NOT_SET_UP),
    ("redirect", "", SetupProblem, NOT_SET_UP),
    ("model_not_found", "", SetupProblem, "This model is not available here. Choose another, or ask an admin."),
    ("moderation_input", "", Refused, "The safety system refused the prompt (violence). "
     "Try describing the scene without injuries."),
    ("moderation_output", "sexual", Refused, "The safety system refused the finished picture (sexual content). "
     "Try describing everyone as fully dressed."),
    ("error_in_200", "", OutcomeUnknown, "The image service reported a fault instead of a picture."),
    ("error_in_200", "moderation_blocked", Refused, "The safety system refused this. "
     "Try other words, or another picture."),
    ("error_in_stream", "", OutcomeUnknown, FAULTY),
    ("server_error", "", OutcomeUnknown, FAULTY),
    ("overloaded", "", OutcomeUnknown, FAULTY),
    ("html_502", "", OutcomeUnknown, FAULTY),
    ("html_200", "", OutcomeUnknown, DAMAGED),
    ("not_a_picture", "", OutcomeUnknown, DAMAGED),
    ("truncated_base64", "", OutcomeUnknown, DAMAGED),
    ("cut_before_headers", "", OutcomeUnknown, LOST),
    ("cut_mid_body", "", OutcomeUnknown, LOST),
    ("url", "private", OutcomeUnknown, UNFETCHED),
    ("url", "private_redirect", OutcomeUnknown, UNFETCHED),
    ("url", "gone", OutcomeUnknown, UNFETCHED),
    ("url", "text", OutcomeUnknown, UNFETCHED),
    ("moderation_words", "", Refused, "The safety system refused this (sexual content). "
     "Try describing everyone as fully dressed."),
    ("chinese_code", "", Refused, "The safety system refused this. Try other words, or another picture."),
    ("status_451", "", Refused, "The safety system refused this. Try other words, or another picture."),
    ("azure_403", "", Refused, "The safety system refused this. Try other words, or another picture."),
    ("billing_400", "", SetupProblem, NO_MONEY),
    ("spend_limit", "", SetupProblem, NO_MONEY),
    ("credit_balance", "", SetupProblem, NO_MONEY),
    ("status_504", "", OutcomeUnknown, TOO_SLOW),
    ("status_524", "", OutcomeUnknown, TOO_SLOW),
    ("gateway_error_text", "", OutcomeUnknown, FAULTY),
    ("invalid_image_file", "", ProviderProblem,
     "The image service could not read one of the pictures. Send it again as a PNG or JPEG."),
    ("invalid_value_size", "", ProviderProblem,
     "The image service does not take this size. Choose another, or leave it out."),
    ("unknown_parameter", "prompt", ProviderProblem,
     "The image service does not take this prompt. Try a shorter one, or other words."),
]  # fmt: skip
STREAM_ONLY = [("sse_without_final", "", OutcomeUnknown, LOST), ("empty_data", "", OutcomeUnknown, LOST)]
PLAIN_ONLY = [("empty_data", "", OutcomeUnknown, "The image service answered without a picture.")]
CASES = [
    *((0, *case) for case in [*BROKEN, *PLAIN_ONLY]),
    *((2, *case) for case in [*BROKEN, *STREAM_ONLY]),
]  # fmt: skip


@pytest.mark.parametrize(("previews", "fault", "value", "kind", "sentence"), CASES)
async def test_a_failure_says_what_it_is_and_is_sent_once(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    previews: int, fault: str, value: str, kind: type[RetouchError], sentence: str,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO, "adapters")
    server.fault(fault, times=None, value=value)
    with pytest.raises(RetouchError) as caught:
        await answer(provider, ask(previews=previews))
    assert (type(caught.value), str(caught.value)) == (kind, sentence)
    assert len(server.requests) == 1
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    assert "WARNING" in caplog.text
    assert all(secret not in caplog.text for secret in ("red fox", KEY, "sk-abc", "https://", "/files/"))


@pytest.mark.parametrize(("fault", "value", "kind", "sentence"), BROKEN)
async def test_an_edit_fails_the_same_way(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path,
    fault: str, value: str, kind: type[RetouchError], sentence: str,
) -> None:  # fmt: skip
    server.fault(fault, value=value)
    with pytest.raises(kind) as caught:
        await answer(provider, ask(images=(photo(tmp_path, (64, 64)),)))
    assert (str(caught.value), len(server.requests)) == (sentence, 1)


def test_every_fault_of_the_server_is_tried_somewhere() -> None:
    failing = {case[1] for case in CASES}
    delivering = {
        "json_instead_of_sse", "sse_instead_of_json", "wrong_content_type", "data_url", "escaped", "more", "slow",
        "cut_after_picture", "fewer", "second_damaged", "no_details", "no_usage", "noise", "usage_zero", "wrong_size",
        "wrong_format",
    }  # fmt: skip
    elsewhere = {name for name in FAULTS if name.startswith(("think_", "chat_"))}  # test_planned.py, test_dialects.py
    assert set(FAULTS) == failing | delivering | elsewhere | {"hang", "slow_down"}


async def test_a_refused_prompt_was_not_billed_but_a_refused_picture_may_have_been(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    seen = []
    for fault in ("moderation_input", "moderation_output"):
        server.fault(fault)
        with pytest.raises(Refused) as caught:
            await answer(provider, ask())
        seen.append((caught.value.category, caught.value.stage, caught.value.billed))
    assert seen == [("violence", "prompt", False), ("violence", "result", True)]


async def test_a_rate_limit_says_how_long_to_wait(server: OpenAIServer, provider: OpenAIProvider, ask: Ask) -> None:
    server.fault("rate_limit", value="370")
    with pytest.raises(RateLimited) as caught:
        await answer(provider, ask())
    assert caught.value.retry_after == 370
    assert server.billed == 0


@pytest.mark.parametrize(
    ("fault", "for_admin"),
    [
        ("unverified", "verify the organization in the OpenAI dashboard; it can take 15 minutes"),
        ("insufficient_quota", "Check billing"),
        ("invalid_api_key", "API key"),
        ("redirect", "final address"),
    ],
)
async def test_an_admin_is_told_what_to_do(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, fault: str, for_admin: str
) -> None:
    server.fault(fault)
    with pytest.raises(SetupProblem) as caught:
        await answer(provider, ask())
    assert for_admin in caught.value.for_admin


@pytest.mark.parametrize("previews", [0, 2])
async def test_no_answer_in_time_may_have_been_billed(server: OpenAIServer, ask: Ask, previews: int) -> None:
    server.fault("hang")
    provider = OpenAIProvider(api_key=KEY, base_url=server.base_url, timeout=0.3)
    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        await answer(provider, ask(previews=previews))
    await provider.close()
    assert (len(server.requests), server.billed) == (1, 1)


async def test_the_deadline_is_for_the_whole_answer_not_for_each_piece(server: OpenAIServer, ask: Ask) -> None:
    server.delay = 0.25
    provider = OpenAIProvider(api_key=KEY, base_url=server.base_url, timeout=0.6)
    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        await answer(provider, ask(previews=3))
    await provider.close()
    assert len(server.requests) == 1


async def test_a_service_that_cannot_be_reached_has_not_billed(ask: Ask, unused_tcp_port: int) -> None:
    provider = OpenAIProvider(api_key=KEY, base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    with pytest.raises(ProviderProblem, match="cannot be reached") as caught:
        await answer(provider, ask())
    await provider.close()
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_a_folder_that_cannot_be_written_after_paying_is_an_unknown_outcome(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask, tmp_path: Path
) -> None:
    request = ask()
    tmp_path.rmdir()
    with pytest.raises(OutcomeUnknown, match="could not be saved here"):
        await answer(provider, request)
    assert len(server.requests) == 1


async def test_a_download_is_tried_again_but_the_picture_is_not_asked_for_again(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    server.fault("url", value="flaky")
    await answer(provider, ask())
    assert (len(server.requests), server.billed, server.downloads) == (1, 1, 2)


async def test_an_address_inside_our_network_is_never_asked(
    server: OpenAIServer, provider: OpenAIProvider, ask: Ask
) -> None:
    for value, downloads in (("private", 0), ("private_redirect", 1)):
        server.downloads = 0
        server.fault("url", value=value)
        with pytest.raises(OutcomeUnknown):
            await answer(provider, ask())
        assert server.downloads == downloads


def test_the_page_on_troubles_has_what_the_person_reads() -> None:
    page = (Path(__file__).parents[2] / "docs/image-service.md").read_text()
    for sentence in {case[3] for case in [*BROKEN, *STREAM_ONLY, *PLAIN_ONLY]}:
        assert f"| {sentence} |" in page, sentence
