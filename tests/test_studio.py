"""Conversations with the core: what is said, what is shown, what is paid. Real store, fake chat, fake service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.errors import CannotPost, OutcomeUnknown, PlatformProblem, ProviderProblem, RateLimited, Refused
from bot.models import (
    Action,
    Attachment,
    Card,
    Command,
    JobStatus,
    Kind,
    Message,
    Place,
    Policy,
    ThreadMode,
    Tone,
    User,
    Version,
    new_id,
)
from bot.ports import Doors
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house

ALICE = User("fake", "U1", "Alice")
BOB = User("fake", "U2", "Bob")
CHANNEL = Place("fake", "team", "general")


@dataclass
class Talk:
    """People talking in one channel."""

    house: TestHouse
    chat: FakeChat
    provider: FakeProvider
    doors: Doors

    async def imagine(self, text: str, who: User = ALICE, event: str | None = None, **more: object) -> None:
        command = Command(event or new_id(), CHANNEL, who, text)
        await self.doors.command(replace(command, **more))  # type: ignore[arg-type]
        await self.chat.settled()

    async def reply(self, text: str, who: User = ALICE, *, to: Posted | None = None, **more: object) -> None:
        place = replace(CHANNEL, thread=(to or self.chat.posted[0]).address.place.thread)
        message = Message(new_id(), place, who, text, id=new_id(), replied_to=to.address.message if to else None)
        await self.doors.message(replace(message, **more))  # type: ignore[arg-type]
        await self.chat.settled()

    async def press(self, label: str, on: Posted, who: User = ALICE, text: str = "") -> None:
        button = next(one for one in on.card.buttons if one.label == label)
        await self.doors.action(
            Action(new_id(), on.address.place, who, button.action, button.target, on.address.message, text)
        )
        await self.chat.settled()

    @property
    def last(self) -> Card:
        return self.chat.posted[-1].card

    async def versions(self) -> list[Version]:
        thread = await self.house.store.thread_at(self.chat.posted[0].address.place)
        assert thread
        return list(await self.house.store.versions(thread.id))

    async def head(self) -> int:
        thread = await self.house.store.thread_at(self.chat.posted[0].address.place)
        assert thread
        return next(one.number for one in await self.versions() if one.id == thread.head)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        yield Talk(house, chat, provider, house.studio(chat))


async def test_imagine_shows_a_placeholder_and_then_the_picture(talk: Talk) -> None:
    await talk.imagine("a red fox --ar 2:3")
    (posted,) = talk.chat.posted
    assert posted.history[0].tone is Tone.PROGRESS
    assert "1024×1536" in posted.history[0].footer
    assert "est. $" in posted.history[0].footer
    assert posted.card.tone is Tone.DONE
    assert posted.card.prompt == "a red fox"
    assert len(posted.card.images) == 1
    assert talk.provider.requests[0].options.size == "1024x1536"


async def test_replying_to_a_picture_edits_it(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    first, second = await talk.versions()
    assert (second.kind, second.parent, second.prompt) == (Kind.EDIT, first.id, "make it night")
    original = (await talk.house.store.asset(first.images[0])) or pytest.fail("asset lost")
    assert talk.provider.inputs[1] == [talk.house.store.asset_path(original).read_bytes()]
    assert talk.last.title == "v2 · edit of v1"


async def test_a_reply_to_an_older_picture_branches_from_it(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.reply("make it snow", to=talk.chat.posted[0])
    versions = await talk.versions()
    assert [one.parent for one in versions] == [None, versions[0].id, versions[0].id]


async def test_a_named_version_is_edited(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.reply("v1: make it snow")
    versions = await talk.versions()
    assert versions[2].parent == versions[0].id


async def test_undo_goes_back_and_redo_forward(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.reply("undo")
    assert await talk.head() == 1
    assert talk.last.title.startswith("Back to v1")
    await talk.reply("redo")
    assert await talk.head() == 2
    assert len(talk.provider.requests) == 2, "undo and redo cost nothing"


async def test_a_reply_after_undo_edits_what_undo_brought_back(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.press("Undo", talk.chat.posted[1])
    await talk.reply("make it snow")
    versions = await talk.versions()
    assert versions[2].parent == versions[0].id


async def test_pressing_undo_twice_undoes_once(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.press("Undo", talk.chat.posted[1])
    await talk.press("Undo", talk.chat.posted[1])
    assert await talk.head() == 1
    assert [card.title for _, card in talk.chat.whispers] == ["Already back at v1."]


async def test_undo_on_the_first_version_says_so(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("undo")
    assert "nothing to undo" in talk.chat.whispers[0][1].title


async def test_reroll_repeats_the_request_as_a_sibling(talk: Talk) -> None:
    await talk.imagine("a red fox --quality high --n 2")
    await talk.reply("make it night")
    await talk.press("Re-roll", talk.chat.posted[0])
    _, _, third = await talk.versions()
    assert (third.parent, third.prompt, third.options.quality, third.options.n) == (
        None,
        "a red fox",
        "high",
        2,
    )
    assert len(third.images) == 2


async def test_vary_sends_the_picture_itself(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.press("Vary", talk.chat.posted[0])
    first, second = await talk.versions()
    assert (second.kind, second.parent) == (Kind.VARIATION, first.id)
    assert len(talk.provider.requests[1].images) == 1


async def test_an_edit_keeps_its_parents_options(talk: Talk) -> None:
    await talk.imagine("a red fox --ar 2:3 --quality low --format webp")
    await talk.reply("make it night")
    options = talk.provider.requests[1].options
    assert (options.size, options.quality, options.output_format) == ("1024x1536", "low", "webp")


async def test_a_photo_with_a_mention_is_edited_and_undo_returns_to_it(talk: Talk) -> None:
    talk.chat.files["photo"] = png(900, 600)
    message = Message("e1", replace(CHANNEL, thread="m0"), ALICE, "make it night", id="m0", mentions_bot=True,
                      attachments=(Attachment("photo.png", "photo"),))  # fmt: skip
    await talk.doors.message(message)
    await talk.chat.settled()
    upload, edit = await talk.versions()
    assert (upload.kind, upload.number, edit.kind, edit.parent) == (Kind.UPLOAD, 1, Kind.EDIT, upload.id)
    assert edit.options.size == "1008x672", "the nearest legal size of the photo's shape"
    await talk.reply("undo")
    assert talk.last.images[0].width == 900


async def test_attached_pictures_go_along_as_references(talk: Talk) -> None:
    talk.chat.files |= {"a": png(colour=(1, 2, 3)), "b": png(colour=(4, 5, 6))}
    await talk.imagine("both together", attachments=(Attachment("a.png", "a"), Attachment("b.png", "b")))
    await talk.reply("closer", attachments=(Attachment("b.png", "b"),))
    assert [len(one) for one in talk.provider.inputs] == [2, 2]
    assert (await talk.versions())[0].kind is Kind.GENERATE


async def test_a_file_that_is_no_picture_is_refused_before_anything_is_posted(talk: Talk) -> None:
    talk.chat.files["bad"] = b"<html>not a picture</html>"
    await talk.imagine("with this", attachments=(Attachment("notes.html", "bad"),))
    assert talk.chat.posted == []
    (_, card) = talk.chat.whispers[0]
    assert "notes.html" in card.title
    assert "Nothing was charged." in card.title


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


async def test_a_busy_service_is_asked_again_after_its_wait(talk: Talk) -> None:
    talk.provider.faults = [RateLimited("The image service is busy.", retry_after=0.01)]
    await talk.imagine("a red fox")
    assert talk.last.tone is Tone.DONE
    assert any("busy" in card.title for card in talk.chat.posted[0].history)


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


async def test_cancelling_a_running_request_says_what_it_may_cost(talk: Talk) -> None:
    talk.provider.gate = asyncio.Event()
    asking = asyncio.create_task(talk.imagine("a red fox"))
    while not talk.provider.requests:
        await asyncio.sleep(0.005)
    await talk.press("Cancel", talk.chat.posted[0])
    await asking
    assert "may still be billed" in talk.last.title
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 0


async def test_people_talking_to_each_other_in_the_thread_cost_nothing(talk: Talk) -> None:
    await talk.imagine("a red fox")
    for text in ("thanks!", "👍", "// not for the bot", ""):
        await talk.reply(text)
    await talk.reply("what do you think?", mentions_others=True)
    assert talk.provider.paid == 1
    assert talk.chat.whispers == []


async def test_a_paused_workspace_listens_only_when_addressed(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.house.store.set_policy("team", Policy(thread_mode=ThreadMode.PAUSED))
    await talk.reply("make it night")
    assert talk.provider.paid == 1
    await talk.reply("make it night", mentions_bot=True)
    assert talk.provider.paid == 2


async def test_words_in_a_thread_without_pictures_are_nobodys_business(talk: Talk) -> None:
    await talk.doors.message(Message("e", replace(CHANNEL, thread="other"), ALICE, "make it night", id="x"))
    assert (talk.chat.posted, talk.chat.whispers) == ([], [])


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
