"""Several gateways: who is asked, who is never asked, what an admin is told, and when one is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.openai import OpenAIProvider
from adapters.openai.pace import Pace
from bot.errors import OutcomeUnknown, ProviderProblem, RateLimited, Refused, RetouchError, SetupProblem
from bot.models import Options
from tests.contracts.provider import answer, photo
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import Ask
from tests.test_openai.gates import Watch, failure, gateway, opened, small_png


@pytest.fixture
async def first() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.picture = small_png("red")
        yield server


@pytest.fixture
async def second() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        server.picture = small_png("blue")
        yield server


@pytest.fixture
async def both(first: OpenAIServer, second: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    async with opened(gateway(first, "one"), gateway(second, "two")) as provider:
        yield provider


# ── Where the first cannot have billed, the next one draws ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "value", "for_admin"),
    [
        ("invalid_api_key", "", "Gateway one was passed over. The image service refused the API key; check it."),
        ("unverified", "", "Gateway one was passed over. The model needs a verified organization"),
        ("model_not_found", "", "Gateway one was passed over. The model is gone, or this key may not use it"),
        ("insufficient_quota", "", "Gateway one was passed over. Check billing, credits and spend limits"),
        ("billing_400", "", "Gateway one was passed over. Check billing, credits and spend limits"),
        ("redirect", "", "Gateway one was passed over. The image service's address redirects"),
        ("rate_limit", "61", ""),
    ],
)
@pytest.mark.parametrize("previews", [0, 2])
async def test_the_next_gateway_draws_where_the_first_cannot_have_billed(
    first: OpenAIServer, second: OpenAIServer, both: OpenAIProvider, ask: Ask,
    fault: str, value: str, for_admin: str, previews: int,
) -> None:  # fmt: skip
    first.fault(fault, times=None, value=value)
    result = (await answer(both, ask(previews=previews))).result
    assert (first.billed, second.billed, result.gateway) == (0, 1, "two")
    assert len(first.requests) == 1
    assert [note.startswith(for_admin) for note in result.for_admin] == [True] * bool(for_admin)
    assert result.notes == ()


async def test_the_next_gateway_draws_where_the_first_is_not_there(
    second: OpenAIServer, ask: Ask, unused_tcp_port: int
) -> None:
    gone = gateway(f"http://127.0.0.1:{unused_tcp_port}/v1", "one")
    async with opened(gone, gateway(second, "two")) as provider:
        result = (await answer(provider, ask())).result
    assert (result.gateway, second.billed) == ("two", 1)


async def test_the_next_gateway_draws_where_the_address_is_of_something_else(second: OpenAIServer, ask: Ask) -> None:
    elsewhere = gateway(second.base_url.removesuffix("/v1") + "/v9", "one")
    async with opened(elsewhere, gateway(second, "two")) as provider:
        result = (await answer(provider, ask())).result
    assert result.gateway == "two"
    assert "usually ends in /v1" in result.for_admin[0]


async def test_a_short_rate_limit_is_waited_for_at_the_first_gateway(
    first: OpenAIServer, second: OpenAIServer, ask: Ask
) -> None:
    first.fault("rate_limit", value="0.05")
    async with opened(gateway(first, "one"), gateway(second, "two")) as provider:
        provider.services[0].pace = Pace(8, Watch(leap=2))
        result = (await answer(provider, ask())).result
    assert (result.gateway, len(first.requests), len(second.requests)) == ("one", 2, 0)


async def test_a_gateway_that_asked_for_an_hour_is_not_waited_for_by_those_who_come_later(
    first: OpenAIServer, second: OpenAIServer, both: OpenAIProvider, ask: Ask
) -> None:
    first.fault("rate_limit", value="3600")
    results = [(await answer(both, ask())).result for _ in range(3)]
    assert [result.gateway for result in results] == ["two"] * 3
    assert len(first.requests) == 1


async def test_alone_a_gateway_that_asked_for_an_hour_says_so_at_once(first: OpenAIServer, ask: Ask) -> None:
    first.fault("rate_limit", value="3600")
    async with opened(gateway(first)) as provider:
        failures = [await failure(provider, ask()) for _ in range(2)]
    assert [type(one) for one in failures] == [RateLimited] * 2
    assert len(first.requests) == 1


# ── Where it may have, nobody else is asked ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "value", "kind"),
    [
        ("server_error", "", OutcomeUnknown),
        ("overloaded", "", OutcomeUnknown),
        ("html_502", "", OutcomeUnknown),
        ("status_504", "", OutcomeUnknown),
        ("gateway_error_text", "", OutcomeUnknown),
        ("hang", "", OutcomeUnknown),
        ("cut_before_headers", "", OutcomeUnknown),
        ("cut_mid_body", "", OutcomeUnknown),
        ("error_in_200", "", OutcomeUnknown),
        ("html_200", "", OutcomeUnknown),
        ("empty_data", "", OutcomeUnknown),
        ("truncated_base64", "", OutcomeUnknown),
        ("not_a_picture", "", OutcomeUnknown),
        ("url", "gone", OutcomeUnknown),
        ("moderation_input", "", Refused),
        ("moderation_output", "", Refused),
        ("azure_403", "", Refused),
        ("chinese_code", "", Refused),
        ("invalid_value_size", "", ProviderProblem),
        ("unknown_parameter", "prompt", ProviderProblem),
        ("invalid_image_file", "", ProviderProblem),
    ],
)
@pytest.mark.parametrize("previews", [0, 2])
async def test_nobody_else_is_asked_for_what_may_be_billed_or_will_fail_again(
    first: OpenAIServer, second: OpenAIServer, ask: Ask,
    fault: str, value: str, kind: type[RetouchError], previews: int,
) -> None:  # fmt: skip
    first.fault(fault, times=None, value=value)
    patience = 0.3 if fault == "hang" else 20
    async with opened(gateway(first, "one"), gateway(second, "two"), patience=patience) as provider:
        error = await failure(provider, ask(previews=previews))
    assert type(error) is kind
    assert (len(first.requests), second.requests) == (1, [])


# ── All fail ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_when_all_fail_the_first_reason_is_told(
    first: OpenAIServer, second: OpenAIServer, both: OpenAIProvider, ask: Ask
) -> None:
    first.fault("invalid_api_key", times=None)
    second.fault("insufficient_quota", times=None)
    error = await failure(both, ask())
    assert isinstance(error, SetupProblem)
    assert str(error) == "The image service is not set up right here. An admin must look at it."


async def test_when_all_fail_what_is_not_known_yet_is_told_first(
    first: OpenAIServer, second: OpenAIServer, both: OpenAIProvider, ask: Ask
) -> None:
    first.fault("invalid_api_key", times=None)
    await answer(both, ask())
    second.fault("insufficient_quota", times=None)
    error = await failure(both, ask())
    assert isinstance(error, SetupProblem)
    assert ("budget is used up" in str(error), error.known) == (True, False)


async def test_when_the_last_one_may_have_billed_that_is_what_is_told(
    first: OpenAIServer, second: OpenAIServer, both: OpenAIProvider, ask: Ask
) -> None:
    first.fault("invalid_api_key", times=None)
    second.fault("server_error", times=None)
    assert type(await failure(both, ask())) is OutcomeUnknown


# ── Who can draw it ──────────────────────────────────────────────────────────────────────────────────────────


async def test_each_gateway_is_asked_only_for_the_models_it_serves(
    first: OpenAIServer, second: OpenAIServer, ask: Ask
) -> None:
    one = gateway(first, "one", models=["gpt-image-1.5"])
    async with opened(one, gateway(second, "two", models=["gpt-image-2"])) as provider:
        assert (await answer(provider, ask())).result.gateway == "two"
        assert (await answer(provider, ask(model="gpt-image-1.5"))).result.gateway == "one"
        assert [provider.lists(name) for name in ("gpt-image-2", "gpt-image-1.5", "my-model")] == [True, True, False]
        error = await failure(provider, ask(model="my-model"))
    assert isinstance(error, SetupProblem)
    assert str(error) == "No image service here has my-model. Choose another model, or ask an admin."
    assert (len(first.requests), len(second.requests)) == (1, 1)


async def test_a_model_is_asked_for_by_the_name_the_gateway_has_for_it(
    first: OpenAIServer, second: OpenAIServer, ask: Ask
) -> None:
    first.fault("model_not_found")
    one = gateway(first, "one", names={"gpt-image-2": "openai/gpt-image-2"})
    async with opened(one, gateway(second, "two")) as provider:
        await answer(provider, ask())
    assert first.requests[0].fields["model"] == "openai/gpt-image-2"
    assert second.requests[0].fields["model"] == "gpt-image-2"


async def test_an_edit_goes_past_a_gateway_that_takes_no_pictures(
    first: OpenAIServer, second: OpenAIServer, ask: Ask, tmp_path: Path
) -> None:
    async with opened(gateway(first, "one", edits="none"), gateway(second, "two")) as provider:
        assert (await answer(provider, ask(images=(photo(tmp_path, (64, 64)),)))).result.gateway == "two"
        assert (await answer(provider, ask())).result.gateway == "one"
    assert len(second.requests) == 1


async def test_a_gateway_that_finds_out_that_it_takes_no_uploads_is_passed_over_for_this_edit(
    second: OpenAIServer, ask: Ask, tmp_path: Path
) -> None:
    async with (
        OpenAIServer(edit_field="json") as strict,
        opened(gateway(strict, "one"), gateway(second, "two")) as provider,
    ):
        edited = (await answer(provider, ask(images=(photo(tmp_path, (64, 64)),)))).result
        drawn = (await answer(provider, ask())).result
    assert (edited.gateway, drawn.gateway) == ("two", "one")
    assert "takes no uploaded pictures" in edited.for_admin[0]


CANNOT_EDIT = "The image service set up here cannot edit pictures. Ask an admin for another."
CANNOT_THINK = "The image service here cannot think or search first. Leave out --think and --web."
NO_MASK = "The image service set up here takes no mask. Say in words where to change the picture."
NO_MARKUP = "The image service set up here takes no markup. Say in words what to change."


@pytest.mark.parametrize(
    ("gateways", "options", "images", "mask", "markup", "sentence"),
    [
        ([{}], {}, 1, True, True, ""),
        ([{"edits": "none"}], {}, 0, False, False, ""),
        ([{"edits": "none"}], {}, 1, False, False, CANNOT_EDIT),
        ([{"edits": "none"}, {"edits": "image"}], {}, 1, False, False, ""),
        ([{}], {"think": "high"}, 0, False, False, CANNOT_THINK),
        ([{}], {"web": True}, 0, False, False, CANNOT_THINK),
        ([{}, {"planner": "gpt-5.4"}], {"web": True}, 0, False, False, ""),
        ([{"api": "chat"}], {}, 1, True, False, NO_MASK),
        ([{"api": "chat"}], {}, 1, False, False, ""),
        ([{"api": "chat"}], {}, 1, False, True, NO_MARKUP),
        ([{"edits": "json"}], {}, 1, True, False, ""),
        ([{"edits": "json"}], {}, 1, False, True, NO_MARKUP),
        ([{"planner": "gpt-5.4"}], {"think": "low"}, 1, False, True, NO_MARKUP),
        ([{"models": ["other"]}], {}, 0, False, False,
         "No image service here has gpt-image-2. Choose another model, or ask an admin."),
    ],
)  # fmt: skip
async def test_it_says_before_anything_is_sent_why_nobody_can_draw_it(
    gateways: list[dict[str, object]], options: dict[str, object], images: int, mask: bool, markup: bool, sentence: str
) -> None:
    chosen = [gateway("http://127.0.0.1:9/v1", f"g{number}", **given) for number, given in enumerate(gateways)]
    async with opened(*chosen) as provider:
        asked = Options(model="gpt-image-2", **options)  # type: ignore[arg-type]
        assert provider.why_not(asked, images=images, mask=mask, markup=markup) == sentence


async def test_what_nobody_can_draw_is_not_sent_anywhere(first: OpenAIServer, ask: Ask, tmp_path: Path) -> None:
    async with opened(gateway(first, edits="none")) as provider:
        error = await failure(provider, ask(images=(photo(tmp_path, (64, 64)),)))
    assert isinstance(error, SetupProblem)
    assert (str(error), first.requests) == (CANNOT_EDIT, [])
    assert "retouch.toml" in error.for_admin
