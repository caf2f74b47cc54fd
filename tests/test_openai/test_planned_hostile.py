"""Plans of a service that means no good, or has no care: nothing of it reaches people, or costs a picture."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from adapters.openai import OpenAIProvider
from bot.config import Gateway
from bot.errors import OutcomeUnknown, Refused
from bot.models import Planning, Source
from bot.ports import ImageRequest, Preview, Result, Step
from tests.contracts.provider import photo
from tests.test_openai.conftest import KEY, Ask
from tests.test_openai.test_faults import DAMAGED, LOST
from tests.test_openai.test_planned import files_in

Event = dict[str, object]
Play = Callable[..., Awaitable[list[Preview | Step | Result]]]
COMPLETED: Event = {"id": "r", "object": "response", "status": "completed", "model": "gpt-5.4", "output": []}


class Stage:
    """A gateway that answers every POST with these events, and counts whoever fetches something.

    `disguise`: its pictures' key is written with an escape.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.url = ""
        self.fetched = 0
        self.disguise = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        text = "".join(f"event: {one.get('type')}\ndata: {json.dumps(one)}\n\n" for one in self.events)
        if self.disguise:
            text = text.replace('"result"', '"r\\u0065sult"')
        return web.Response(text=text, content_type="text/event-stream")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.json_response(self.events[0])

    async def fetch(self, _: web.Request) -> web.StreamResponse:
        self.fetched += 1
        return web.Response(body=b"")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Stage]:
        app = web.Application()
        app.router.add_post("/v1/responses", self.answer)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/{path:.*}", self.fetch)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield self
        await runner.cleanup()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage().open() as stage:
        yield stage


@pytest.fixture
async def play(stage: Stage, ask: Ask) -> AsyncIterator[Play]:
    gateway = Gateway(base_url=f"{stage.url}/v1", key=SecretStr(KEY), planner="gpt-5.4")
    provider = OpenAIProvider(gateways=[gateway], timeout=20)

    async def played(*events: Event, request: ImageRequest | None = None) -> list[Preview | Step | Result]:
        stage.events = list(events)
        return [one async for one in provider.generate(request or ask(think="low", web=True))]

    yield played
    await provider.close()


@pytest.fixture
def png(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A picture in base64."""
    return base64.b64encode(photo(tmp_path_factory.mktemp("png"), (64, 48)).path.read_bytes()).decode()


def done(item: Event) -> Event:
    return {"type": "response.output_item.done", "item": item}


def drawn(result: object, **more: object) -> Event:
    return {"type": "image_generation_call", "status": "completed", "result": result, **more}


def said(text: str, *citations: Event) -> Event:
    content = [{"type": "output_text", "text": text, "annotations": list(citations)}]
    return {"type": "message", "content": content}


def cited(url: str, title: object = "A page") -> Event:
    return {"type": "url_citation", "url": url, "title": title}


def completed(*output: Event, **more: object) -> Event:
    return {"type": "response.completed", "response": {**COMPLETED, "output": list(output), **more}}


def result_of(seen: list[Preview | Step | Result]) -> Result:
    assert isinstance(seen[-1], Result)
    return seen[-1]


def steps_of(seen: list[Preview | Step | Result]) -> list[str]:
    return [one.sentence for one in seen if isinstance(one, Step)]


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_steps_are_one_short_plain_line_each(play: Play, png: str) -> None:
    search: Event = {
        "type": "web_search_call",
        "action": {"query": "fox\x00\x1b[31m\r\n\u202eevil\ud800 <@U1> " + "x" * 5000},
    }
    summary = {"type": "response.reasoning_summary_text.done", "text": "\x07\n ** \n\u202e**A\tplan**\nof mine"}
    seen = await play(summary, done(search), done(drawn(png)), completed())
    plan, searched = steps_of(seen)
    assert plan == "A plan"
    assert searched.startswith("Searched the web: fox [31m evil <@U1> xxx")
    assert len(searched) == 200


@pytest.mark.parametrize(
    ("action", "steps"),
    [
        ({"queries": ["red foxes", "foxes"]}, ["Searched the web: red foxes"]),
        ({"type": "open_page", "url": "https://example.org/"}, []),
        ({"query": ["a"]}, []),
        ({"query": " \x00 "}, []),
        (None, []),
    ],
)
async def test_only_a_search_in_words_is_told(play: Play, png: str, action: object, steps: list[str]) -> None:
    seen = await play(done({"type": "web_search_call", "action": action}), done(drawn(png)), completed())
    assert steps_of(seen) == steps


async def test_what_it_was_drawn_from_can_be_kept_and_shown(play: Play, png: str) -> None:
    words = "A fox.\x00\r\nIn  snow\ud800.\u2028" + "y" * 100_000
    result = result_of(await play(done(drawn(png, revised_prompt=words)), completed()))
    assert result.revised.startswith("A fox.\nIn snow .\nyyy")
    assert len(result.revised) <= 32_000
    assert result.revised.encode()


async def test_a_million_letters_of_thought_do_not_cost_the_picture(play: Play, png: str) -> None:
    text = "**Long**\n" + "thinking " * 120_000
    summary = {"type": "response.reasoning_summary_text.done", "text": text}
    reasoning: Event = {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}
    seen = await play(summary, done(reasoning), done(drawn(png)), completed(reasoning, drawn(png)))
    assert result_of(seen).images
    assert result_of(seen).planning is None


async def test_nothing_but_thought_is_no_picture(play: Play) -> None:
    with pytest.raises(OutcomeUnknown, match=DAMAGED):
        await play({"type": "response.reasoning_summary_text.done", "text": "x" * 1_200_000})


async def test_words_instead_of_a_picture_are_quoted_plain_and_short(play: Play) -> None:
    with pytest.raises(Refused) as caught:
        await play(completed(said("I\x00 will\nnot\u202e. " + "No. " * 100_000)))
    assert str(caught.value).startswith("No picture was made. The model answered: “I will not . No. No.")
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("words", ["", " \n", "\x00\u202e"])
async def test_empty_words_are_not_quoted(play: Play, words: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await play(completed(said(words)))
    assert str(caught.value) == LOST


# ── Sources ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_only_pages_whose_address_can_be_checked_are_sources(play: Play, png: str) -> None:
    bad = [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org/x",
        "//example.org/x", "", "https://", "http://[::1", "https://good.example@bad.example/", "https://a.example/\nx",
        "https://a.example/ x", "https://a.example/\x00", "https://a.example/\u202ex", "https://a.example/\ud800",
        "https://a.example/" + "x" * 3000,
    ]  # fmt: skip
    notes = [*map(cited, bad), cited("https://ok.example/"), {**cited("https://no.example/"), "type": "file_citation"}]
    result = result_of(await play(done(drawn(png)), completed(drawn(png), said("So.", *notes))))
    assert result.sources == (Source("A page", "https://ok.example/"),)


async def test_a_page_counts_once_and_eight_are_the_most(play: Play, png: str) -> None:
    notes = [cited(f"https://example.org/{index // 2}", f"Page {index}") for index in range(40)]
    result = result_of(await play(done(drawn(png)), completed(drawn(png), said("So.", *notes[:4]), said("", *notes))))
    assert [one.url for one in result.sources] == [f"https://example.org/{index}" for index in range(8)]
    assert result.sources[1].title == "Page 2"


async def test_a_title_is_one_plain_line_and_else_the_address(play: Play, png: str) -> None:
    titles: list[object] = [
        "<b>*bold*</b> [x](javascript:1)\nSources:\x00 trust me",
        "",
        None,
        {"a": 1},
        "\x00",
        "t" * 999,
    ]
    notes = [cited(f"https://example.org/{index}", title) for index, title in enumerate(titles)]
    result = result_of(await play(done(drawn(png)), completed(drawn(png), said("So.", *notes))))
    assert [one.title for one in result.sources] == [
        "<b>*bold*</b> [x](javascript:1) Sources: trust me",
        *(f"https://example.org/{index}" for index in range(1, 5)),
        "t" * 200,
    ]


# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("guess", ["0123456789abcdef/1", "/1", "URL/x.png", "file:///etc/passwd", "../../x", "1"])
async def test_a_result_that_names_something_fetches_nothing(
    stage: Stage, play: Play, tmp_path: Path, guess: str
) -> None:
    named = drawn(guess.replace("URL", stage.url))
    with pytest.raises(OutcomeUnknown, match=DAMAGED):
        await play(done(named), completed(named))
    assert stage.fetched == 0
    assert files_in(tmp_path) == set()


async def test_a_key_in_disguise_fetches_nothing(stage: Stage, play: Play, tmp_path: Path) -> None:
    """Written with an escape it passes the sieve, and its value comes as it is."""
    stage.disguise = True
    with pytest.raises(OutcomeUnknown, match=DAMAGED):
        await play(done(drawn(f"{stage.url}/x.png")), completed())
    assert stage.fetched == 0
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize(
    "words", ["not base64!", 'He said "no".', "a \\ b", "ü" * 500, "", None, 7, ["a"], {"b64": "x"}]
)
async def test_a_result_that_is_no_base64_hides_no_picture_behind_it(play: Play, png: str, words: object) -> None:
    other = {"type": "custom_call", "result": words, "status": "completed"}
    result = result_of(
        await play(done(other), done(drawn(png)), completed(other, drawn(png), usage={"input_tokens": 3}))
    )
    assert base64.b64encode(result.images[0].path.read_bytes()).decode() == png
    assert result.planning == Planning("gpt-5.4", 3, 0, 0)


async def test_of_two_pictures_one_is_delivered_and_the_other_deleted(play: Play, png: str, tmp_path: Path) -> None:
    other = base64.b64encode(photo(tmp_path, (32, 32)).path.read_bytes()).decode()
    before = files_in(tmp_path)
    result = result_of(await play(done(drawn(png)), done(drawn(other)), completed(drawn(png), drawn(other))))
    assert [base64.b64encode(one.path.read_bytes()).decode() for one in result.images] == [png]
    assert files_in(tmp_path) - before == {result.images[0].path}
    assert result.missing == ()


async def test_a_picture_that_only_the_last_event_brings_is_delivered(play: Play, png: str) -> None:
    result = result_of(await play(completed(drawn(png, revised_prompt="A fox."))))
    assert len(result.images) == 1
    assert result.revised == "A fox."


async def test_a_preview_that_is_no_picture_is_passed_over(play: Play, png: str) -> None:
    partials: list[Event] = [
        {"type": "response.image_generation_call.partial_image", "partial_image_b64": value, "partial_image_index": "x"}
        for value in ("no picture", "", None, 7, png)
    ]
    seen = await play(*partials, done(drawn(png)), completed())
    assert [type(one) for one in seen] == [Preview, Result]
    assert isinstance(seen[0], Preview)
    assert 0 <= seen[0].done <= 1


# ── Ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

FAILED = drawn(None, status="failed", error={
    "code": "moderation_blocked", "message": "Rejected. safety_violations=[violence].",
    "moderation_details": {"moderation_stage": "input", "categories": ["violence"]},
})  # fmt: skip


async def test_a_plan_that_was_stopped_says_so_and_may_be_billed(play: Play) -> None:
    stopped = {"type": "response.incomplete", "response": {
        **COMPLETED, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
    }}  # fmt: skip
    with pytest.raises(Refused) as caught:
        await play(stopped)
    assert str(caught.value) == (
        "The model planned for too long and was stopped before it drew. Ask for less, or for less thinking."
    )
    assert caught.value.billed


async def test_a_plan_that_was_stopped_after_drawing_is_delivered(play: Play, png: str) -> None:
    details = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [drawn(png)]}
    seen = await play(done(drawn(png)), {"type": "response.incomplete", "response": {**COMPLETED, **details}})
    assert len(result_of(seen).images) == 1


async def test_a_filtered_plan_is_a_refusal(play: Play) -> None:
    filtered = {**COMPLETED, "incomplete_details": {"reason": "content_filter"}, "output": [said("I'd draw")]}
    with pytest.raises(Refused, match="The safety system refused this"):
        await play({"type": "response.incomplete", "response": filtered})


async def test_a_prompt_refused_by_the_drawing_tool_was_thought_about_all_the_same(play: Play) -> None:
    with pytest.raises(Refused) as caught:
        await play(done(FAILED), completed(FAILED))
    assert (caught.value.stage, caught.value.category, caught.value.billed) == ("prompt", "violence", True)


async def test_a_second_attempt_of_the_model_counts(play: Play, png: str) -> None:
    seen = await play(done(FAILED), done(drawn(png)), completed(FAILED, drawn(png), usage={"output_tokens": 9}))
    assert len(result_of(seen).images) == 1
    assert result_of(seen).planning == Planning("gpt-5.4", 0, 9, 0)


async def test_a_refused_picture_whose_end_is_lost_is_still_a_refusal(play: Play) -> None:
    with pytest.raises(Refused, match="violence"):
        await play(done(FAILED))


@pytest.mark.parametrize(
    "last",
    [
        {"type": "error", "code": "server_error", "message": "Late"},
        {"type": "response.failed", "response": {**COMPLETED, "error": {"code": "rate_limit_exceeded"}}},
    ],
)
async def test_a_fault_behind_the_picture_does_not_take_it_back(play: Play, png: str, last: Event) -> None:
    result = result_of(await play(done(drawn(png)), last))
    assert (len(result.images), result.usage, result.planning) == (1, None, None)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "planning"),
    [
        ({}, None),
        ({"usage": [1]}, None),
        ({"usage": {"input_tokens": -5, "output_tokens": "many"}}, Planning("gpt-5.4", 0, 0, 2)),
        ({"usage": {"input_tokens": 10, "output_tokens": 20}}, Planning("gpt-5.4", 10, 20, 2)),
        ({"usage": {}, "tool_usage": {"web_search": {"num_requests": 7}}}, Planning("gpt-5.4", 0, 0, 7)),
        ({"usage": {}, "tool_usage": {"web_search": {"num_requests": 0}}}, Planning("gpt-5.4", 0, 0, 0)),
        ({"usage": {}, "tool_usage": [], "model": "x\x00\n" + "y" * 500}, Planning("x " + "y" * 98, 0, 0, 2)),
        ({"usage": {}, "model": None}, Planning("", 0, 0, 2)),
    ],
)
async def test_searches_are_as_told_and_else_counted(
    play: Play, png: str, more: dict[str, object], planning: Planning | None
) -> None:
    search: Event = {"type": "web_search_call", "action": {"query": "fox"}}
    assert result_of(await play(completed(search, search, drawn(png), **more))).planning == planning


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_item.done", "item": [1]},
        {"type": "response.output_item.done"},
        {"type": "response.completed.not", "response": None},
        {"type": ["a"], "response": 7},
        {"type": "keepalive"},
        {"type": "response.reasoning_summary_text.done", "text": 7},
        {},
    ],
)
async def test_events_nobody_knows_are_passed_over(play: Play, png: str, event: Event) -> None:
    assert result_of(await play(event, done(drawn(png)), completed())).images
