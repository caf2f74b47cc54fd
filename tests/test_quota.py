"""What people see of limits: the footer, the refusal, the quota command; what admins are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Card, Channel, Moment, Tone
from bot.errors import OutcomeUnknown
from bot.models import Budget, Command, Grant, Limit, Measure, Policy, Span, Spent, Tier, Usage, now_ms
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
    assert lines[-2:] == ["You may ask for: up to 4 at once; no thinking.", "For more, ask an admin."]


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


# ── What is still possible ──────────────────────────────────────────────────────────────────────────────────────


async def refused(talk: Talk, words: str) -> str:
    """Ask, be refused, and read why."""
    before = len(talk.chat.whispers)
    await talk.imagine(words)
    assert len(talk.chat.whispers) == before + 1
    told = talk.chat.whispers[-1][1]
    assert told.tone is Tone.REFUSAL
    assert told.title.endswith("Nothing was charged.")
    return told.title


async def test_money_that_is_short_for_a_large_picture_offers_a_smaller_one_which_then_works(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(14_000, Measure.DOLLARS),))
    told = await refused(talk, "a fox --quality low --size 2048x2048")
    assert "1 left at 1024×1024." in told
    await talk.imagine("a fox --quality low --size 1024×1024")
    assert talk.provider.paid == 1


async def test_the_best_that_the_money_is_enough_for_is_offered(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(130_000, Measure.DOLLARS),))
    assert "1 left at medium quality." in await refused(talk, "a fox --quality high --size 2048x2048")
    await limited(talk, images_per_day=None, limits=(Limit(80_000, Measure.DOLLARS),))
    assert "1 left at medium quality, 1024×1024." in await refused(talk, "a fox --quality high --size 2048x2048")


async def test_a_series_that_is_too_dear_offers_fewer_panels_which_then_work(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(250_000, Measure.DOLLARS),))
    told = await refused(talk, 'a fox --series "wakes | eats | runs | sleeps"')
    assert "Ask for 3 panels." in told
    await talk.imagine('a fox --series "wakes | eats | runs"')
    assert talk.provider.paid == 3


async def test_a_series_is_offered_at_a_quality_for_two_panels_at_least(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(70_000, Measure.DOLLARS),))
    told = await refused(talk, 'a fox --series "wakes | eats"')
    assert " panels left at low quality." in told
    await limited(talk, images_per_day=1)
    told = await refused(talk, 'a fox --series "wakes | eats"')
    assert told.startswith("2 panels asked, 1 left today. More at 00:00 UTC.")


async def test_nothing_is_offered_that_a_tier_does_not_allow(talk: Talk) -> None:
    tiers = (Tier(qualities=("high", "medium")),)
    await limited(talk, images_per_day=None, limits=(Limit(55_000, Measure.DOLLARS),), tiers=tiers)
    assert "1 left at medium quality, 816×816." in await refused(talk, "a fox --quality high --size 1024x1024")
    await limited(talk, images_per_day=None, limits=(Limit(40_000, Measure.DOLLARS),), tiers=tiers)
    assert "$0.040 left today. More at 00:00 UTC." in await refused(talk, "a fox --quality high --size 1024x1024")


async def test_no_more_is_offered_than_every_other_limit_leaves(talk: Talk) -> None:
    await limited(talk, images_per_day=2, limits=(Limit(100_000, Measure.DOLLARS, Span.MONTH),))
    assert "1 left at medium quality." in await refused(talk, "a fox --quality high --size 1024x1024")
    await limited(talk, images_per_day=1, limits=(Limit(20_000, Measure.DOLLARS, Span.MONTH),))
    assert "1 left at low quality." in await refused(talk, "a fox --quality high --size 1024x1024")


async def test_a_plan_that_is_too_dear_can_be_left_out(talk: Talk) -> None:
    await limited(talk, images_per_day=None, limits=(Limit(70_000, Measure.DOLLARS),))
    told = await refused(talk, "a fox --think high --size 1024x1024")
    assert "1 left at medium quality without thinking." in told


# ── When, and whom to ask ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_refusal_and_the_quota_command_tell_the_moment_that_their_words_name(talk: Talk) -> None:
    await limited(talk, images_per_day=1, admin_channel="C0BOSS", budgets=(Budget(DOLLAR),))
    await talk.imagine("a fox")
    told = await refused(talk, "an owl")
    (moment,) = talk.chat.whispers[-1][1].live
    assert isinstance(moment, Moment)
    assert moment.words in told
    assert moment.at % 86_400_000 == 0
    card = await quota(talk)
    assert all(one.words in card.body for one in card.live)
    assert moment in card.live
    assert Channel("channel C0BOSS", "C0BOSS") in card.live
    assert card.body.endswith("For more, ask an admin in channel C0BOSS.")


async def test_who_may_have_all_they_like_is_not_told_to_ask_for_more(talk: Talk) -> None:
    await limited(talk, images_per_day=None)
    assert (await quota(talk)).body == ""


async def test_free_pictures_use_up_no_budget_of_nothing(talk: Talk) -> None:
    talk.provider.costs_money = False
    await limited(talk, images_per_day=None, admin_channel="bosses", budgets=(Budget(0),))
    await talk.imagine("a fox")
    assert talk.provider.paid == 1
    assert [one.address.place.channel for one in talk.chat.posted] == ["general"]


# ── What was perhaps billed ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_lost_picture_gives_its_asker_the_money_back_and_stays_on_the_budget(talk: Talk) -> None:
    await limited(talk, images_per_day=None, budgets=(Budget(100_000),), limits=(Limit(70_000, Measure.DOLLARS),))
    talk.provider.faults = [OutcomeUnknown("The answer got lost.")]
    await talk.imagine("a fox")
    (lost,) = await talk.house.store.unknowns("team")
    assert lost.cost > 50_000
    assert "0 of $0.070 used" in (await quota(talk)).body
    assert "budget for" in await refused(talk, "an owl")
    await talk.house.store.resolve_unknown(lost.job, 0, "cli:admin")
    await talk.imagine("an owl")
    assert talk.chat.posted[-1].card.images


async def test_a_lost_picture_of_several_waits_for_an_admin_to_say_what_it_cost(talk: Talk) -> None:
    await limited(talk, images_per_day=10)
    talk.provider.result = {"doubtful": 1, "missing": ("Picture 3 of 3 is missing. It may be billed.",)}
    talk.provider.usage = Usage(output_image_tokens=2000)
    await talk.imagine("a fox --n 2")
    assert list(await talk.house.store.unknowns("team")) == []  # all that was asked for is there
    talk.provider.short = 1
    await talk.imagine("a fox --n 3")
    (found,) = await talk.house.store.unknowns("team")
    await talk.house.store.resolve_unknown(found.job, 2 * EACH, "cli:admin")
    assert await talk.house.store.spent("team", ALICE, since=0) == Spent(4, 4 * EACH)
