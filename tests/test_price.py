"""Prices: what `retouch price` says a request would cost, and what stands in the books afterwards."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.catalog import Catalog
from bot.cli import main
from bot.errors import Refused
from bot.models import Command, Options, Planning, Spent, Usage, Window
from bot.ports import Drawn, ImageRequest, Preview, Step
from bot.ports import Result as ServiceResult
from bot.pricing import format_cost, quote
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.talk import ALICE, CHANNEL, Talk

CATALOG = Catalog.load()
WORDS = "x" * 200

# Tokens and dollars of one picture by OpenAI's public calculator (July to November 2026), per size:
# gpt-image-2 low, medium, high; gpt-image-2.5 low, medium, high, xhigh, max.
PUBLISHED = {
    "816x816": "171 .0051|1536 .0461|6143 .1843|171 .0051|384 .0115|1536 .0461|2730 .0819|6143 .1843",
    "1024x1024": "196 .0059|1756 .0527|7024 .2107|196 .0059|439 .0132|1756 .0527|3122 .0937|7024 .2107",
    "1024x1536": "158 .0047|1372 .0412|5488 .1646|158 .0047|343 .0103|1372 .0412|2459 .0738|5488 .1646",
    "1536x1024": "158 .0047|1372 .0412|5488 .1646|158 .0047|343 .0103|1372 .0412|2459 .0738|5488 .1646",
    "1280x720": "106 .0032|947 .0284|3787 .1136|106 .0032|246 .0074|947 .0284|1683 .0505|3787 .1136",
    "1920x1088": "148 .0044|1325 .0398|5300 .1590|148 .0044|344 .0103|1325 .0398|2356 .0707|5300 .1590",
    "2048x2048": "397 .0119|3568 .1070|14272 .4282|397 .0119|892 .0268|3568 .1070|6343 .1903|14272 .4282",
    "2560x1440": "205 .0062|1843 .0553|7370 .2211|205 .0062|478 .0143|1843 .0553|3276 .0983|7370 .2211",
    "3840x2160": "371 .0111|3336 .1001|13342 .4003|371 .0111|865 .0260|3336 .1001|5930 .1779|13342 .4003",
    "2880x2880": "659 .0198|5930 .1779|23719 .7116|659 .0198|1483 .0445|5930 .1779|10542 .3163|23719 .7116",
}
COLUMNS = [("gpt-image-2", one) for one in ("low", "medium", "high")] + [
    ("gpt-image-2.5-flare", one) for one in ("low", "medium", "high", "xhigh", "max")
]
FIXED = {
    "1024x1024": (272, 1056, 4160),
    "1024x1536": (408, 1584, 6240),
    "1536x1024": (400, 1568, 6208),
}


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests: no key, no retouch.toml, no folder of theirs."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RETOUCH_CONFIG", "RETOUCH_MODEL", "RETOUCH_PREVIEWS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUCH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def price(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["price", *arguments])


def facts(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(price(*arguments, "--json").output)
    return found


def rows(*arguments: str) -> dict[str, list[str]]:
    """The table's lines by their names."""
    lines = price(*arguments).output.splitlines()[1:]
    return {line.split("  ")[1]: line.split() for line in lines if line.startswith("  ")}


# ── The published table ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", PUBLISHED)
def test_each_size_is_printed_with_the_published_tokens_and_dollars(size: str) -> None:
    printed = []
    for model, quality in COLUMNS:
        row = rows("--model", model, "--size", size, "--quality", quality, "--previews", "0")["picture"]
        printed.append(f"{row[1].replace(',', '')} {row[-1].removeprefix('$0')}")
    assert "|".join(printed) == PUBLISHED[size]


@pytest.mark.parametrize("model", ["gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest"])
@pytest.mark.parametrize("size", FIXED)
def test_older_models_have_a_fixed_table(model: str, size: str) -> None:
    found = [
        facts("--model", model, "--size", size, "--quality", one)["image_out"] for one in ("low", "medium", "high")
    ]
    assert tuple(found) == FIXED[size]


def test_the_newest_models_are_reserved_at_four_times_where_nobody_published_a_formula() -> None:
    found = [facts("--model", "gpt-image-2.6-flare", "--quality", one)["image_out"] for one in ("low", "medium", "max")]
    assert found == [4 * 196, 4 * 439, 7024]


# ── What a person reads ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_example_of_the_readme_prints_tokens_and_dollars() -> None:
    done = price("--model", "gpt-image-2", "--size", "4k", "--quality", "high", "--n", "4", "--refs", "3")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "gpt-image-2 · 2880×2880 · high × 4",
        "  picture           94,876 tokens  at $30 per million       $2.8463",
        "  previews             800 tokens  at $30 per million       $0.0240",
        "  prompt               824 tokens  at $5 per million        $0.0041",
        "  references        18,432 tokens  at $8 per million        $0.1475",
        "  total                                                     $3.0219",
        "  each                                                      $0.7555",
    ]


def test_the_lines_add_up_to_the_total() -> None:
    for arguments in (["--n", "3", "--refs", "2"], ["--think", "high", "--web", "--n", "2"], ["--size", "auto"]):
        table = rows(*arguments)
        total = next(cells for name, cells in table.items() if name.startswith("total"))
        parts = [cells[-1] for name, cells in table.items() if not name.startswith(("total", "each"))]
        assert sum(float(one.strip("$")) for one in parts) == pytest.approx(float(total[-1].strip("$")), abs=0.0004)


def test_without_anything_it_prices_the_default_picture() -> None:
    assert price().output.startswith("gpt-image-2 · 1024×1024 · medium\n")


def test_what_is_left_to_the_service_counts_as_the_dearest_and_says_so() -> None:
    assert "total, at most" in price("--quality", "auto").output
    assert "total, at most" in price("--size", "auto").output
    assert "total, at most" not in price().output
    assert facts("--quality", "auto")["image_out"] == 7024


def test_a_plan_and_its_searches_are_on_the_bill() -> None:
    table = rows("--think", "medium", "--web", "--prompt", "a fox", "--previews", "0")
    assert table["plan, written"][2] == "12,000"
    assert table["searches"][1] == "5"
    assert "total, at most" in table
    assert "plan, read" not in rows()


def test_the_offline_engine_is_free() -> None:
    assert facts("--model", "sketch", "--n", "4")["cost"] == 0


def test_an_unknown_model_is_priced_with_a_warning() -> None:
    done = price("--model", "gpt-image-9")
    assert done.exit_code == 0
    assert "gpt-image-9 is not in the catalogue" in done.output
    assert facts("--model", "gpt-image-9")["known_model"] is False


def test_a_model_of_the_config_file_is_priced_as_the_file_says(tmp_path: Path) -> None:
    prices = "{ text_in = 1, image_in = 1, image_out = 100, text_out = 1 }"
    (tmp_path / "retouch.toml").write_text(f'[models.house]\nlike = "gpt-image-2"\nprices = {prices}\n')
    found = facts("--model", "house", "--previews", "0")
    assert (found["known_model"], found["cost"]) == (True, 1756 * 100 + 206)


def test_the_installations_previews_are_counted_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETOUCH_PREVIEWS", "3")
    assert facts()["previews"] == 300
    assert facts("--previews", "0")["previews"] == 0


# ── What cannot be ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--size", "1920x1080"], "Nearest: 1920x1088."),
        (["--size", "512x512"], "Nearest: 816x816."),
        (["--size", "banana"], "is not a size"),
        (["--ar", "9:1"], "3:1 is the most"),
        (["--quality", "max"], "add --model gpt-image-2.5-sunburst"),
        (["--n", "0"], "a whole number from 1 to 10"),
        (["--n", "11"], "a whole number from 1 to 10"),
        (["--think", "hard"], "--think is low, medium, high"),
        (["--model", "gpt-image-1.5", "--size", "2048x2048"], "1024x1024"),
    ],
)
def test_a_request_that_cannot_be_gets_one_sentence_and_exit_code_2(arguments: list[str], said: str) -> None:
    done = price(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--refs", "17"], ["--previews", "4"], ["--n", "many"], ["--refs", "-1"]])
def test_impossible_numbers_are_refused(arguments: list[str]) -> None:
    assert price(*arguments).exit_code == 2


# ── For scripts, and for the core ────────────────────────────────────────────────────────────────────────────────


def test_json_is_one_object_with_the_whole_quote() -> None:
    done = price("--n", "2", "--refs", "1", "--previews", "2", "--json")
    (line,) = done.output.splitlines()
    assert json.loads(line) == {
        "model": "gpt-image-2", "size": "1024x1024", "quality": "medium", "n": 2, "text_in": 206, "image_in": 1536,
        "image_out": 1756, "previews": 200, "cost": 143996, "cost_usd": 0.143996, "previews_cost": 12000,
        "plan_in": 0, "plan_out": 0, "searches": 0, "plan_cost": 0, "known_model": True,
    }  # fmt: skip


@pytest.mark.parametrize("model", CATALOG.names("openai"))
def test_the_command_and_the_reservation_agree(model: str) -> None:
    known = CATALOG.model(model)
    found = facts("--model", model, "--quality", "high", "--n", "3", "--refs", "2", "--previews", "1", "--think", "low")
    size = str(found["size"])
    options = Options(model, size, "high", n=3, think="low")
    planner = CATALOG.planner("gpt-5.4")
    assert found["cost"] == quote(known, options, prompt=WORDS, inputs=2, previews=1, planner=planner).cost
    told = quote(known, options, prompt=WORDS, inputs=2, previews=1, planner=planner)
    assert (found["plan_cost"], found["previews_cost"]) == (told.plan_cost, told.previews_cost)


async def test_the_card_says_what_the_command_says(talk: Talk) -> None:
    await talk.imagine("a fox --ar 16:9 --quality high --n 2")
    found = await asyncio.to_thread(facts, "--ar", "16:9", "--quality", "high", "--n", "2", "--prompt", "a fox")
    assert f"est. {format_cost(found['cost'])}" in talk.chat.posted[0].history[0].footer


# ── Afterwards: what stands in the books ─────────────────────────────────────────────────────────────────────────

ONE = 1000 * 30  # micro-dollars for what the fake service says a request used


async def books(talk: Talk) -> tuple[int, int]:
    spent = await talk.house.store.spent("team", ALICE, since=0)
    return spent.images, spent.cost


def estimate(n: int = 1) -> int:
    return quote(CATALOG.model("gpt-image-2"), Options("gpt-image-2", "1024x1024", "medium", n=n), prompt="a fox",
                 inputs=0, previews=2).cost  # fmt: skip


async def test_usage_decides_what_a_picture_costs(talk: Talk) -> None:
    await talk.imagine("a fox --n 3")
    assert await books(talk) == (3, ONE)


async def test_without_usage_the_estimate_stands_and_is_called_one(talk: Talk) -> None:
    talk.provider.usage = None
    await talk.imagine("a fox --n 3")
    assert await books(talk) == (3, estimate(3))
    assert "about $" in talk.last.footer


async def test_a_missing_picture_is_not_charged(talk: Talk) -> None:
    await answer_with(talk, images=2, usage=None, missing=("Picture 3 of 3 is missing.",))
    await talk.imagine("a fox --n 3")
    images, cost = await books(talk)
    assert images == 2
    assert cost == pytest.approx(estimate(3) * 2 / 3, abs=3)


async def test_a_doubtful_picture_stays_on_the_bill_but_not_on_the_persons(talk: Talk) -> None:
    await answer_with(talk, images=2, doubtful=1, missing=("Picture 3 of 3 is missing. It may be billed.",))
    await talk.imagine("a fox --n 3")
    images, cost = await books(talk)
    assert images == 2
    assert cost == pytest.approx(ONE + estimate(3) / 3, abs=3)
    assert "about $" in talk.last.footer
    mine = Window(True, 0)
    assert (await talk.house.store.used("team", ALICE, [mine])).sums[mine] == Spent(2, ONE)


@pytest.mark.parametrize("usage", [None, Usage(output_image_tokens=1000)])
async def test_a_damaged_picture_was_drawn_and_is_on_the_bill(talk: Talk, usage: Usage | None) -> None:
    await answer_with(talk, images=3, usage=usage, damaged=1)
    await talk.imagine("a fox --n 3")
    assert await books(talk) == (2, ONE if usage else estimate(3))


async def test_more_pictures_than_asked_never_make_it_cheaper(talk: Talk) -> None:
    await answer_with(talk, images=4)
    await talk.imagine("a fox")
    _, cost = await books(talk)
    assert cost == ONE


async def test_a_plan_and_its_searches_are_billed_on_top(talk: Talk) -> None:
    talk.provider.result = {"planning": Planning("gpt-5.4", 10_000, 2_000, 3)}
    await talk.imagine("a fox --think low --web")
    assert await books(talk) == (1, ONE + 25_000 + 30_000 + 30_000)


async def test_a_plan_by_an_unknown_model_is_an_estimate(talk: Talk) -> None:
    talk.provider.result = {"planning": Planning("somebody-else", 1_000_000)}
    await talk.imagine("a fox --think low")
    assert await books(talk) == (1, ONE + 5_000_000)
    assert "about $" in talk.last.footer


async def test_a_plan_that_nobody_counted_is_billed_as_estimated(talk: Talk) -> None:
    await talk.imagine("a fox --think low")
    job = await talk.house.store.job(talk.chat.posted[0].history[0].buttons[0].target)
    assert job
    assert await books(talk) == (1, job.estimate)
    assert "about $" in talk.last.footer


async def test_a_refused_picture_that_was_billed_stays_on_the_books(talk: Talk) -> None:
    talk.provider.faults = [Refused("The safety system refused it.", billed=True), Refused("It refused the words.")]
    await talk.imagine("a fox")
    assert await books(talk) == (0, estimate())
    await talk.imagine("a fox")
    assert await books(talk) == (0, estimate())


async def test_cancelled_while_it_waits_at_the_gateway_costs_nothing(tmp_path: Path) -> None:
    provider, chat = Waiting(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.doors.command(Command("e", CHANNEL, ALICE, "a fox"))
        await provider.arrived.wait()
        await talk.press("Cancel", chat.posted[0])
        assert chat.posted[0].card.title == "Cancelled. Nothing was charged."
        assert (await books(talk), provider.paid) == ((0, 0), 0)


async def test_cancelled_by_another_process_while_it_waits_nothing_is_sent(tmp_path: Path) -> None:
    """The worker hears of it when it asks whether it may send."""
    provider, chat = Waiting(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.doors.command(Command("e", CHANNEL, ALICE, "a fox"))
        await provider.arrived.wait()
        job_id = chat.posted[0].card.buttons[0].target
        assert await house.store.cancel(job_id)
        states = len(chat.posted[0].history)
        provider.go.set()
        await house.stop()
        assert (await books(talk), provider.requests) == ((0, 0), [])
        assert len(chat.posted[0].history) == states, "whoever cancelled it told the asker"


async def test_stopped_while_it_waits_at_the_gateway_it_is_drawn_after_the_restart(tmp_path: Path) -> None:
    provider, chat = Waiting(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.doors.command(Command("e", CHANNEL, ALICE, "a fox"))
        await provider.arrived.wait()
        await house.stop(grace=0)
        provider.go.set()
        house.studio(chat)
        await chat.settled()
        assert (await books(talk), provider.paid) == ((1, ONE), 1)


async def test_a_picture_kept_twice_is_booked_once(talk: Talk) -> None:
    await talk.imagine("a fox")
    job_id = talk.chat.posted[0].history[0].buttons[0].target
    (version,) = await talk.versions()
    again = await talk.house.store.keep(job_id, replace(version, id="another"))
    assert again.id == version.id
    assert await books(talk) == (1, ONE)


async def answer_with(talk: Talk, *, images: int, damaged: int = 0, **fields: object) -> None:
    """Make the service's answers differ from what was asked."""
    drawn = []
    for number in range(images):
        data = b"garbage" if number < damaged else png(colour=(number, 80, 160))
        path = talk.house.tmp / f"answer-{number}.png"
        await asyncio.to_thread(path.write_bytes, data)
        drawn.append(Drawn(path, hashlib.sha256(data).hexdigest(), len(data)))
    talk.provider.result = {"images": tuple(drawn), **fields}


class Waiting(FakeProvider):
    """A service with a line at its door: `arrived` when a request stands in it, `go` lets it in."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.go = asyncio.Event(), asyncio.Event()

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | ServiceResult, None]:
        self.arrived.set()
        await self.go.wait()
        async for step in super().generate(request):
            yield step
