"""The core when something is wrong: limits, refusals, failures, cancelling, stopping."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Tone
from bot.errors import CannotPost, OutcomeUnknown, PlatformProblem, ProviderProblem, RateLimited, Refused
from bot.models import Action, Command, JobStatus, Policy, Usage, new_id
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import ALICE, BOB, CHANNEL, Talk


async def test_the_same_event_four_times_is_one_request(talk: Talk) -> None:
    command = Command("event-1", CHANNEL, ALICE, "a red fox")
    await asyncio.gather(*(talk.doors.command(command) for _ in range(4)))
    await talk.chat.settled()
    assert (len(talk.chat.posted), talk.provider.paid) == (1, 1)


async def test_a_refusal_delivered_four_times_is_whispered_once(talk: Talk) -> None:
    command = Command("event-1", CHANNEL, ALICE, "a red fox --size banana")
    await asyncio.gather(*(talk.doors.command(command) for _ in range(4)))
    assert len(talk.chat.whispers) == 1
    assert talk.chat.posted == []


async def test_a_blocked_word_is_refused_and_named(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.imagine("a Dragon")
    assert "dragon" in talk.chat.whispers[0][1].title.lower()
    assert talk.chat.whispers[0][1].tone is Tone.REFUSAL
    assert talk.provider.paid == 0


async def test_a_blocked_word_is_found_in_every_part_of_a_request(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.imagine("a fox --no cats. But a dragon")
    await talk.reply("add a dragon")
    await talk.press("Edit", talk.chat.posted[0], text="a dragon, please")
    assert [card.tone for _, card in talk.chat.whispers] == [Tone.REFUSAL] * 3
    assert talk.provider.paid == 1


async def test_the_daily_limit_holds_and_says_when_it_resets(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=2))
    for words in ("one", "two", "three"):
        await talk.imagine(words)
    assert talk.provider.paid == 2
    assert "00:00 UTC" in talk.chat.whispers[0][1].title
    await talk.imagine("somebody else may", who=BOB)
    assert talk.provider.paid == 3


async def test_twenty_people_at_once_never_pass_the_limit(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=5))
    await asyncio.gather(*(talk.imagine(f"number {i}") for i in range(20)))
    assert talk.provider.paid == 5
    assert len(talk.chat.whispers) == 15


async def test_a_failure_before_billing_gives_everything_back(talk: Talk) -> None:
    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    await talk.imagine("a red fox")
    assert talk.last.tone is Tone.FAILURE
    assert "Nothing was charged." in talk.last.title
    spent = await talk.house.store.spent("team", ALICE, since=0)
    assert (spent.images, spent.cost) == (0, 0)


async def test_an_unknown_outcome_gives_back_the_image_but_keeps_the_money(talk: Talk) -> None:
    talk.provider.faults = [OutcomeUnknown("The image service did not answer in time.")]
    await talk.imagine("a red fox")
    assert "may still be billed" in talk.last.title
    spent = await talk.house.store.spent("team", ALICE, since=0)
    assert spent.images == 0
    assert spent.cost > 0
    assert len(talk.provider.requests) == 1, "never sent again on its own"


async def test_try_again_repeats_a_failed_request(talk: Talk) -> None:
    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    await talk.imagine("a red fox --quality low")
    await talk.press("Try again", talk.chat.posted[0])
    assert talk.last.tone is Tone.DONE
    assert talk.provider.requests[1].options.quality == "low"
    assert len(talk.chat.posted) == 1, "the failed card becomes the picture"


async def test_two_people_who_press_try_again_at_once_pay_once(talk: Talk) -> None:
    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    await talk.imagine("a red fox")
    failed = talk.chat.posted[0]
    button = failed.card.buttons[0]
    presses = [Action(new_id(), failed.address.place, who, button.action, button.target) for who in (ALICE, BOB, ALICE)]
    await asyncio.gather(*(talk.doors.action(one) for one in presses))
    await talk.chat.settled()
    assert talk.provider.paid == 1
    assert talk.last.tone is Tone.DONE


async def test_a_service_busy_for_too_long_fails_and_charges_nothing(talk: Talk) -> None:
    talk.provider.faults = [RateLimited("The image service is busy; try again in 10 minutes.", retry_after=600)]
    await talk.imagine("a red fox")
    assert "Nothing was charged." in talk.last.title


async def test_a_safety_refusal_reads_as_one_and_offers_no_blind_retry(talk: Talk) -> None:
    talk.provider.faults = [Refused("The safety system refused this (violence).", category="violence", stage="prompt")]
    await talk.imagine("a fight")
    assert talk.last.tone is Tone.REFUSAL
    assert "Try again" not in [button.label for button in talk.last.buttons]


async def test_an_unforeseen_error_in_the_service_is_told_without_its_text(talk: Talk) -> None:
    talk.provider.faults = [ValueError("secret internals")]
    await talk.imagine("a red fox")
    assert "secret" not in talk.last.summary
    assert talk.last.tone is Tone.FAILURE


async def test_where_the_bot_may_not_post_the_asker_learns_why(talk: Talk) -> None:
    talk.chat.post_fault = CannotPost("I'm not in this channel yet.")
    await talk.imagine("a red fox")
    assert "not in this channel" in talk.chat.whispers[0][1].title
    assert talk.provider.paid == 0
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 0


async def test_cancelling_a_waiting_request_is_free(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    provider.gate = asyncio.Event()
    async with open_test_house(tmp_path, provider, model="gpt-image-2", concurrency=1) as house:
        doors = house.studio(chat)
        await doors.command(Command("1", CHANNEL, ALICE, "first"))
        await doors.command(Command("2", CHANNEL, ALICE, "second"))
        cancel = chat.posted[1].card.buttons[0]
        assert chat.posted[1].card.title.startswith("2nd in line")
        await doors.action(Action("3", CHANNEL, BOB, cancel.action, cancel.target))
        assert "Only the person" in chat.whispers[0][1].title
        await doors.action(Action("4", CHANNEL, ALICE, cancel.action, cancel.target))
        assert chat.posted[1].card.title == "Cancelled. Nothing was charged."
        provider.gate.set()
        await chat.settled()
        assert provider.paid == 1


async def test_cancelling_a_running_request_says_what_it_may_cost_and_counts(talk: Talk) -> None:
    talk.provider.gate = asyncio.Event()
    asking = asyncio.create_task(talk.imagine("a red fox"))
    while not talk.provider.requests:
        await asyncio.sleep(0.005)
    await talk.press("Cancel", talk.chat.posted[0])
    await asking
    assert "so it counts against your images. The team may still be billed" in talk.last.title
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 1


async def test_cancelling_again_and_again_ends_at_the_limit(talk: Talk) -> None:
    """Otherwise somebody without any images left could spend the team's money."""
    await talk.house.store.set_policy("team", Policy(images_per_day=2))
    talk.provider.gate = asyncio.Event()
    for count in (1, 2):
        asking = asyncio.create_task(talk.imagine("a red fox"))
        while len(talk.provider.requests) < count:
            await asyncio.sleep(0.005)
        await talk.press("Cancel", talk.chat.posted[-1])
        await asking
    await talk.imagine("a red fox")
    assert talk.chat.whispers[-1][1].title.startswith("You've used all 2 of your images for today.")
    assert len(talk.provider.requests) == 2


async def test_a_card_that_could_not_be_shown_is_shown_later(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.queue.SETTLING_MS", -1)
    talk.chat.edit_fault = PlatformProblem("The chat is down.")
    await talk.doors.command(Command("1", CHANNEL, ALICE, "a red fox"))
    while talk.provider.paid == 0:
        await asyncio.sleep(0.01)
    await talk.house.stop()
    assert [one.card.tone for one in talk.chat.posted] == [Tone.PROGRESS]
    talk.chat.edit_fault = None
    talk.house.studio(talk.chat)
    await talk.chat.settled()
    assert talk.last.tone is Tone.DONE
    assert talk.provider.paid == 1


async def test_shutdown_lets_running_pictures_finish_and_leaves_the_rest_queued(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    provider.gate = asyncio.Event()
    async with open_test_house(tmp_path, provider, model="gpt-image-2", concurrency=1) as house:
        doors = house.studio(chat)
        await doors.command(Command("1", CHANNEL, ALICE, "first"))
        await doors.command(Command("2", CHANNEL, ALICE, "second"))
        while not provider.requests:
            await asyncio.sleep(0.005)
        stopping = asyncio.create_task(house.stop())
        await asyncio.sleep(0.05)
        provider.gate.set()
        await stopping
        assert [one.card.tone for one in chat.posted] == [Tone.DONE, Tone.PROGRESS]
        house.studio(chat)
        await chat.settled()
        assert provider.paid == 2


async def test_a_picture_that_outlasts_the_grace_period_fails_as_unknown(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    provider.gate = asyncio.Event()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        doors = house.studio(chat)
        await doors.command(Command("1", CHANNEL, ALICE, "first"))
        while not provider.requests:
            await asyncio.sleep(0.005)
        await house.stop(grace=0.01)
        assert "stopped in the middle" in chat.posted[0].card.title
        job = await house.store.job(chat.posted[0].history[0].buttons[0].target)
        assert job
        assert job.status is JobStatus.FAILED


async def test_fewer_pictures_than_asked_are_named_and_not_charged(talk: Talk) -> None:
    talk.provider.usage = None
    real = talk.provider._draw

    def one_fails(request, index):  # type: ignore[no-untyped-def]
        drawn = real(request, index)
        if index == 1:
            drawn.path.write_bytes(b"garbage")
        return drawn

    talk.provider._draw = one_fails  # type: ignore[method-assign]
    await talk.imagine("foxes --n 3")
    assert len(talk.last.images) == 2
    assert "not counted" in talk.last.body
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 2


async def test_a_button_id_from_another_workspace_does_nothing(talk: Talk) -> None:
    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    await talk.imagine("one")
    await talk.imagine("two")
    job, version = talk.chat.posted[0].card.buttons[0], talk.chat.posted[1].card.buttons[1]
    elsewhere = replace(CHANNEL, workspace="other")
    for button in (job, version, replace(job, action="cancel")):
        await talk.doors.action(Action(new_id(), elsewhere, ALICE, button.action, button.target))
    assert [card.title.split(".")[0] for _, card in talk.chat.whispers] == [
        "That request is gone", "That picture is gone", "That request is gone"]  # fmt: skip
    assert len(talk.provider.requests) == 2


@pytest.mark.parametrize(("tokens", "believed"), [(1_000, True), (9_000, True), (900_000_000, False)])
async def test_token_counts_that_cannot_be_are_not_booked(talk: Talk, tokens: int, believed: bool) -> None:
    talk.provider.usage = Usage(output_image_tokens=tokens)
    await talk.imagine("a red fox")
    version = (await talk.versions())[-1]
    job_cost = (await talk.house.store.spent("team", ALICE, since=0)).cost
    assert version.cost == job_cost
    assert (version.cost == tokens * 30, version.cost_is_estimate) == (believed, not believed)
