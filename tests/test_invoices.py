"""The sum of the ledger is the sum of what the image service bills, to the micro-dollar, also when things go wrong."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

from adapters.openai import OpenAIProvider
from bot.catalog import Catalog
from bot.models import Policy, Window
from tests.fakes.chat import FakeChat
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.provider import FakeProvider
from tests.harness import TestHouse, open_test_house
from tests.talk import ALICE, BOB, Talk

KEY = "sk-test-0123456789abcdef"
PLAIN = ("a red fox", "an owl --quality low", "a boat --size 1024x1536", "two cats --n 2 --quality low",
         "a hill --quality low --size 1536x1024", "a cup --format webp")  # fmt: skip
FAULTS = ("moderation_input", "moderation_output", "server_error", "cut_before_headers", "cut_mid_body",
          "not_a_picture", "escaped", "no_usage", "error_in_stream", "html_502")  # fmt: skip
ROUNDS = 3


def billed(server: OpenAIServer, since: int = 0) -> int:
    """The invoices from one on, in micro-dollars."""
    return math.ceil(sum((_price(*one) for one in server.invoices[since:]), Fraction(0)))


def _price(model: str, text_in: int, image_in: int, image_out: int) -> Fraction:
    prices = Catalog.load().model(model).prices
    return sum(
        (count * Fraction(str(prices[kind]))
         for kind, count in (("text_in", text_in), ("image_in", image_in), ("image_out", image_out))),
        Fraction(0),
    )  # fmt: skip


async def test_the_ledger_is_the_sum_of_the_invoices(tmp_path: Path) -> None:
    async with OpenAIServer() as server:
        provider = OpenAIProvider(api_key=KEY, base_url=server.base_url, timeout=20)
        async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
            await house.store.set_policy("team", Policy(images_per_day=None, offer_same=False))
            chat = FakeChat()
            talk = Talk(house, chat, FakeProvider(), house.studio(chat))
            count, resolved = await _mixed(talk, server)
            assert count >= 60
            assert resolved >= 5 * ROUNDS
            await _assert_equal(house, server)
        await provider.close()


async def _mixed(talk: Talk, server: OpenAIServer) -> tuple[int, int]:
    """Pictures and edits of two people, with faults in between; how many requests, and how many an admin resolved."""
    count = resolved = 0
    for turn in range(ROUNDS):
        for index, words in enumerate(PLAIN):
            await talk.imagine(f"{words} {turn}", who=(ALICE, BOB)[index % 2])
            count += 1
        for fault in FAULTS:
            server.fault(fault)
            since = len(server.invoices)
            await talk.imagine(f"{fault} {turn} --quality low")
            server.clear_faults()
            resolved += await _resolved(talk, billed(server, since))
            await talk.reply("warmer --quality low", to=talk.chat.posted[0])
            count += 2
    return count, resolved


async def _resolved(talk: Talk, cost: int) -> int:
    """An admin reads the bill and says what it was."""
    found = await talk.house.store.unknowns("team")
    for one in found:
        await talk.house.store.resolve_unknown(one.job, cost, "cli:admin")
    return len(found)


async def _assert_equal(house: TestHouse, server: OpenAIServer) -> None:
    everybody = Window(False, 0)
    used = await house.store.used("team", ALICE, [everybody])
    people = [await house.store.spent("team", who, since=0) for who in (ALICE, BOB)]
    assert used.sums[everybody].cost == billed(server) == sum(one.cost for one in people)
    assert used.in_flight == 0
    assert {one.path for one in server.requests} == {"/v1/images/generations", "/v1/images/edits"}
    assert list(await house.store.unknowns("team")) == []
