"""What people see of limits: the footer, the refusal, the quota command; what admins are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Card, Tone
from bot.models import Budget, Command, Grant, Limit, Measure, Policy, Span, Tier, Usage, now_ms
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import ALICE, BOB, CHANNEL, Talk

EACH = 1000 * 30  # what the fake service charges for a picture, in micro-dollars
DOLLAR = 1_000_000


async def quota(talk: Talk, who: object = ALICE, event: str = "q1") -> Card:
    await talk.doors.command(Command(event, CHANNEL, who, "", name="quota"))  # type: ignore[arg-type]
    return talk.chat.whispers[-1][1]


async def limited(talk: Talk, **what: object) -> None:
    await talk.house.store.set_policy("team", Policy(**what))  # type: ignore[arg-type]


async def test_a_card_s_footer_says_what_is_left(talk: Talk) -> None:
    await limited(talk, images_per_day=9)
    await talk.imagine("a fox --n 2")
    assert "$0.030 · 7 left today" in talk.last.footer


async def test_a_card_s_footer_says_what_is_used_up_first(talk: Talk) -> None:
    await limited(talk, limits=(Limit(5 * EACH, Measure.DOLLARS, Span.MONTH),))
    await talk.imagine("a fox")
    assert "$0.030 · $0.120 left this month" in talk.last.footer


async def test_the_quota_command_tells_what_is_used_and_left_to_the_asker_alone(talk: Talk) -> None:
    await limited(talk, images_per_day=10, in_flight=3, zone="Europe/Berlin", tiers=(Tier(n=4, thinking=False),),
                  limits=(Limit(DOLLAR, Measure.DOLLARS, Span.MONTH), Limit(5, span=Span.HOUR, rolling=True)),
                  budgets=(Budget(10 * DOLLAR),))  # fmt: skip
    await talk.imagine("a fox --n 2")
    before = len(talk.chat.posted)
    card = await quota(talk)
    lines = card.body.splitlines()
    assert len(talk.chat.posted) == before
    assert "Pictures today: 2 of 10 used, 8 left. Resets at 00:00 Europe/Berlin, in " in card.body
    assert lines[0].startswith("Pictures within an hour: 2 of 5 used, 3 left. It comes back bit by bit.")
    assert "Money this month: $0.030 of $1.00 used, $0.970 left. Resets on 1 " in card.body
    assert "budget for" in card.body
    assert "$10.00" not in card.body
    assert "On the way: 0 of at most 3." in lines
    assert lines[-1] == "You may ask for: up to 4 at once; no thinking."
    assert card.footer == "For more, ask an admin."


async def test_an_admin_s_quota_shows_the_budget_in_dollars(talk: Talk) -> None:
    await limited(talk, budgets=(Budget(DOLLAR // 10),))
    await talk.imagine("a fox")
    card = await quota(talk, replace(BOB, is_admin=True))
    assert "30% used ($0.030 of $0.100)." in card.body


async def test_the_quota_command_delivered_four_times_is_answered_once(talk: Talk) -> None:
    await asyncio.gather(*(quota(talk) for _ in range(4)))
    assert len(talk.chat.whispers) == 1


async def test_without_limits_the_quota_command_says_so(talk: Talk) -> None:
    await limited(talk, images_per_day=None)
    assert (await quota(talk)).title == "You can make as many pictures here as you like."


async def test_what_one_person_used_is_not_the_other_s(talk: Talk) -> None:
    await limited(talk, images_per_day=1)
    await talk.imagine("a fox")
    await talk.imagine("an owl", who=BOB)
    await talk.imagine("one more")
    assert talk.provider.paid == 2
    assert talk.chat.whispers[0][1].title.startswith("You've used your image for today.")


async def test_money_that_is_short_offers_a_lower_quality_which_then_works(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(40_000, Measure.DOLLARS),))
    await talk.imagine("a fox --quality high")
    assert talk.provider.paid == 0
    told = talk.chat.whispers[0][1]
    assert told.tone is Tone.REFUSAL
    assert "left at low quality" in told.title or "left at medium quality" in told.title
    assert told.title.endswith("Nothing was charged.")
    quality = told.title.split(" left at ")[1].split()[0]
    await talk.imagine(f"a fox --quality {quality}")
    assert talk.provider.paid == 1


async def test_a_budget_tells_admins_once_at_most_of_it_and_once_when_it_is_gone(talk: Talk) -> None:
    await limited(talk, images_per_day=None, admin_channel="bosses", budgets=(Budget(4 * EACH),))
    talk.provider.usage = Usage(output_image_tokens=1000)
    for number in range(6):
        await talk.imagine(f"fox number {number} --quality low")
    assert talk.provider.paid <= 4
    told = [one.card.summary for one in talk.chat.posted if one.address.place.channel == "bosses"]
    assert len(told) == 2
    assert "80% of the budget of this workspace for" in told[0]
    assert "does not cover what is asked" in told[1]
    refused = talk.chat.whispers[-1][1]
    assert "this workspace's budget for" in refused.title.lower()


async def test_a_grant_lifts_a_budget_and_a_person_s_limit(talk: Talk) -> None:
    spent = {"images_per_day": 0, "budgets": (Budget(0),)}
    await limited(talk, **spent)
    await talk.imagine("a fox")
    assert talk.provider.paid == 0
    until = now_ms() + 3_600_000
    grants = (Grant(20, until, who="user:U1"), Grant(DOLLAR, until, Measure.DOLLARS))
    await limited(talk, **spent, grants=grants)
    await talk.imagine("a fox")
    await talk.imagine("an owl", who=BOB)
    assert talk.provider.paid == 1


async def test_a_person_waits_while_enough_requests_are_on_their_way(talk: Talk) -> None:
    await limited(talk, in_flight=1)
    talk.provider.gate = asyncio.Event()
    asking = asyncio.create_task(talk.imagine("a fox"))
    async with asyncio.timeout(10):
        while not talk.provider.requests:
            await asyncio.sleep(0.005)
    await talk.doors.command(Command("e2", CHANNEL, ALICE, "an owl"))
    assert talk.chat.whispers[0][1].title.startswith("A request of yours is still on the way.")
    talk.provider.gate.set()
    await asking
    await talk.imagine("an owl")
    assert talk.provider.paid == 2


async def test_a_tier_fits_what_nobody_asked_for_and_refuses_what_they_did(talk: Talk) -> None:
    await limited(talk, tiers=(Tier(qualities=("low",), n=2),))
    await talk.imagine("a fox")
    assert talk.provider.requests[0].options.quality == "low"
    assert "as your limits have it" in talk.last.body
    await talk.imagine("a fox --quality high")
    await talk.imagine("a fox --n 3")
    assert [card.title.split(".")[0] for _, card in talk.chat.whispers] == [
        "Quality high is not for you here", "3 pictures at once are too many for you here"]  # fmt: skip
    assert len(talk.provider.requests) == 1


async def test_a_tier_s_model_is_used_where_nobody_named_one(talk: Talk) -> None:
    await limited(talk, tiers=(Tier(models=("gpt-image-1-mini",)),))
    await talk.imagine("a fox")
    assert talk.provider.requests[0].options.model == "gpt-image-1-mini"
    await talk.imagine("a fox --model gpt-image-2")
    assert talk.chat.whispers[0][1].title.startswith("gpt-image-2 is not for you here. Use gpt-image-1-mini.")


async def test_a_thousand_limits_and_a_zone_that_is_none_do_not_stop_anybody(talk: Talk) -> None:
    many = tuple(Limit(5, who=f"user:X{number}") for number in range(1000))
    await limited(talk, limits=many, zone="nowhere/at\0all")
    await talk.imagine("a fox")
    assert talk.provider.paid == 1


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_two_hundred_requests_at_once_stop_at_the_limit(tmp_path: Path, zone: str) -> None:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        chat = FakeChat()
        doors = house.studio(chat)
        await house.store.set_policy("team", Policy(images_per_day=10, zone=zone))
        await asyncio.gather(*(doors.command(Command(f"e{n}", CHANNEL, ALICE, f"fox {n}")) for n in range(200)))
        await chat.settled()
        assert provider.paid == 10
        assert len(chat.whispers) == 190
