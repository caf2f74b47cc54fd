"""The same request again: the picture made before is offered for nothing, to those who may see it, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Tone
from bot.errors import CannotPost, PlatformProblem, ProviderProblem
from bot.models import Action, Attachment, Command, JobStatus, Place, Policy, Role, User, new_id
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house
from tests.talk import ALICE, BOB, CHANNEL, Talk

ELSEWHERE = replace(CHANNEL, channel="secret")
OTHER_TEAM = replace(CHANNEL, workspace="other")


async def ask(talk: Talk, text: str, who: User = ALICE, place: Place = CHANNEL) -> Posted:
    """`/imagine` somewhere; the message that came of it."""
    before = len(talk.chat.posted)
    await talk.doors.command(Command(new_id(), place, who, text))
    await talk.chat.settled()
    assert len(talk.chat.posted) == before + 1, [card.title for _, card in talk.chat.whispers]
    return talk.chat.posted[-1]


def is_offer(posted: Posted) -> bool:
    return "made before" in posted.history[0].title


def action(posted: Posted, label: str, who: User = ALICE) -> Action:
    button = next(one for one in posted.card.buttons if one.label == label)
    return Action(new_id(), posted.address.place, who, button.action, button.target, posted.address.message)


async def books(talk: Talk, who: User = ALICE) -> tuple[int, int]:
    spent = await talk.house.store.spent("team", who, since=0)
    return spent.images, spent.cost


# ── The offer ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_words_again_offer_the_picture_and_cost_nothing(talk: Talk) -> None:
    first = await ask(talk, "a red fox --no people")
    paid = await books(talk)
    again = await ask(talk, "a  red fox --no people")
    assert is_offer(again)
    assert [image.asset for image in again.card.images] == [image.asset for image in first.card.images]
    assert (talk.provider.paid, await books(talk)) == (1, paid)


async def test_taking_the_offer_delivers_the_picture_and_its_thread_can_be_edited(talk: Talk) -> None:
    await ask(talk, "a red fox")
    paid = await books(talk)
    again = await ask(talk, "a red fox")
    await talk.press("Use this one", again)
    assert again.card.tone is Tone.DONE
    assert "nothing was charged" in again.card.body
    assert (talk.provider.paid, await books(talk)) == (1, paid)
    await talk.reply("make it night", to=again)
    assert talk.last.title == "v2 · edit of v1"


async def test_a_new_one_is_paid_for_and_replaces_the_offer(talk: Talk) -> None:
    await ask(talk, "a red fox")
    (_, paid) = await books(talk)
    again = await ask(talk, "a red fox")
    await talk.press("Make a new one", again)
    assert (again.card.tone, talk.provider.paid) == (Tone.DONE, 2)
    assert await books(talk) == (2, 2 * paid)
    assert "Use this one" not in [one.label for one in again.card.buttons]


async def test_an_edit_of_the_same_picture_is_offered_too_even_from_another_upload(talk: Talk) -> None:
    talk.chat.files["photo"] = png(900, 600)
    attachment = Attachment("photo.png", "photo", role=Role.IMAGE)
    for thread in ("m-1", "m-2"):
        place = replace(CHANNEL, thread=thread)
        await talk.imagine("make it night", name="edit", place=place, attachments=(attachment,))
    assert is_offer(talk.chat.posted[1])
    assert talk.provider.paid == 1


@pytest.mark.parametrize(
    "other",
    [
        "a red  foxes",
        "a red fox --no people",
        "a red fox --ar 2:3",
        "a red fox --quality low",
        "a red fox --n 2",
        "a red fox --format webp",
        "a red fox --format jpeg --compression 40",
        "a red fox --think low",
        "a red fox --web",
        "a red fox --model gpt-image-2.5-flare",
        "a red\nfox",
    ],
)
async def test_another_request_is_drawn(talk: Talk, other: str) -> None:
    await ask(talk, "a red fox")
    assert not is_offer(await ask(talk, other))


async def test_other_pictures_roles_and_masks_make_another_request(talk: Talk) -> None:
    talk.chat.files |= {"a": png(colour=(1, 2, 3)), "b": png(colour=(4, 5, 6))}
    sent = [
        (Attachment("a.png", "a"),),
        (Attachment("a.png", "b"),),
        (Attachment("a.png", "a", role=Role.LOGO),),
        (Attachment("a.png", "a"), Attachment("b.png", "b")),
        (Attachment("b.png", "b"), Attachment("a.png", "a")),
    ]
    for attachments in sent:
        await talk.imagine("both", attachments=attachments)
    assert not any(map(is_offer, talk.chat.posted))
    await talk.imagine("both", attachments=(Attachment("renamed.png", "a"),))
    assert is_offer(talk.chat.posted[-1]), "the bytes count, not their name"


async def test_reroll_vary_and_try_again_always_draw(talk: Talk) -> None:
    first = await ask(talk, "a red fox")
    await talk.press("Re-roll", first)
    await talk.press("Vary", first)
    await talk.press("Vary", first)
    talk.provider.faults = [ProviderProblem("The image service could not be reached.")]
    failed = await ask(talk, "a blue fox")
    await ask(talk, "a blue fox")
    await talk.press("Try again", failed)
    assert not any(map(is_offer, talk.chat.posted))
    assert talk.provider.paid == 6


async def test_a_workspace_may_switch_offers_off(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(offer_same=False))
    await ask(talk, "a red fox")
    assert not is_offer(await ask(talk, "a red fox"))


async def test_free_engines_simply_draw_again(talk: Talk) -> None:
    talk.provider.costs_money = False
    await ask(talk, "a red fox")
    assert not is_offer(await ask(talk, "a red fox"))


async def test_a_picture_set_with_gaps_is_not_offered(talk: Talk) -> None:
    talk.provider.result = {"missing": ("Picture 2 of 2 is missing.",)}
    await ask(talk, "two foxes --n 2")
    assert not is_offer(await ask(talk, "two foxes --n 2"))


# ── Who may see it ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_elses_picture_of_another_channel_is_never_shown(talk: Talk) -> None:
    await ask(talk, "a secret plan", who=ALICE, place=ELSEWHERE)
    assert not is_offer(await ask(talk, "a secret plan", who=BOB))


async def test_one_in_the_same_channel_is_offered_to_everybody_with_its_maker(talk: Talk) -> None:
    await ask(talk, "a red fox", who=ALICE)
    offered = await ask(talk, "a red fox", who=BOB)
    assert is_offer(offered)
    assert "by Alice" in offered.card.title


async def test_ones_own_picture_is_offered_in_another_channel(talk: Talk) -> None:
    await ask(talk, "a red fox", place=ELSEWHERE)
    assert is_offer(await ask(talk, "a red fox"))


async def test_nothing_crosses_from_one_workspace_to_another(talk: Talk) -> None:
    await ask(talk, "a red fox", place=OTHER_TEAM)
    assert not is_offer(await ask(talk, "a red fox"))


async def test_a_picture_taken_over_does_not_become_ones_own(talk: Talk) -> None:
    """Else Bob could carry Alice's picture out of the secret channel, without knowing whose it is."""
    await ask(talk, "a secret plan", who=ALICE, place=ELSEWHERE)
    taken = await ask(talk, "a secret plan", who=BOB, place=ELSEWHERE)
    await talk.doors.action(action(taken, "Use this one", BOB))
    await talk.chat.settled()
    assert not is_offer(await ask(talk, "a secret plan", who=BOB))


# ── Twice, by two, elsewhere ─────────────────────────────────────────────────────────────────────────────────────


async def test_pressing_use_this_one_many_times_takes_it_once(talk: Talk) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    presses = [action(offered, "Use this one", who) for who in (ALICE, BOB, ALICE, BOB)]
    await asyncio.gather(*(talk.doors.action(one) for one in presses))
    await talk.chat.settled()
    thread = await talk.house.store.thread_at(offered.address.place)
    assert thread
    assert len(await talk.house.store.versions(thread.id)) == 1
    assert talk.chat.whispers == []


async def test_pressing_make_a_new_one_many_times_pays_once(talk: Talk) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    presses = [action(offered, "Make a new one", who) for who in (ALICE, BOB, ALICE)]
    await asyncio.gather(*(talk.doors.action(one) for one in presses))
    await talk.chat.settled()
    assert talk.provider.paid == 2


@pytest.mark.parametrize("labels", [("Use this one", "Make a new one"), ("Make a new one", "Use this one")])
async def test_of_two_people_who_press_both_buttons_one_decides(talk: Talk, labels: tuple[str, str]) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    presses = [action(offered, label, who) for label, who in zip(labels, (ALICE, BOB), strict=True)]
    for press in presses:
        await talk.doors.action(press)
    await talk.chat.settled()
    thread = await talk.house.store.thread_at(offered.address.place)
    assert thread
    assert len(await talk.house.store.versions(thread.id)) == 1
    assert talk.provider.paid == (1 if labels[0] == "Use this one" else 2)


async def test_both_buttons_at_the_very_same_time_make_one_version(talk: Talk) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    presses = [action(offered, "Use this one", ALICE), action(offered, "Make a new one", BOB)]
    await asyncio.gather(*(talk.doors.action(one) for one in presses))
    await talk.chat.settled()
    thread = await talk.house.store.thread_at(offered.address.place)
    assert thread
    assert len(await talk.house.store.versions(thread.id)) == 1


async def test_buttons_of_an_offer_do_nothing_in_another_workspace(talk: Talk) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    for label in ("Use this one", "Make a new one"):
        await talk.doors.action(replace(action(offered, label), place=OTHER_TEAM))
    assert [card.title for _, card in talk.chat.whispers] == ["That request is gone. Nothing was charged."] * 2
    assert (len(offered.history), talk.provider.paid) == (1, 1)


async def test_who_has_used_up_the_day_may_still_take_what_was_offered(talk: Talk) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    await talk.house.store.set_policy("team", Policy(images_per_day=1))
    await talk.press("Make a new one", offered)
    assert "for today" in talk.chat.whispers[-1][1].title
    await talk.press("Use this one", offered)
    assert offered.card.tone is Tone.DONE


async def test_words_that_were_blocked_meanwhile_are_not_drawn_anew(talk: Talk) -> None:
    await ask(talk, "a red fox --no dragon")
    offered = await ask(talk, "a red fox --no dragon")
    await talk.house.store.set_policy("team", Policy(blocked_terms=("dragon",)))
    await talk.press("Make a new one", offered)
    assert talk.chat.whispers[-1][1].tone is Tone.REFUSAL
    assert talk.provider.paid == 1


# ── Trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_offer_that_cannot_be_posted_is_over(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was told that it failed, so it must not turn up later."""
    monkeypatch.setattr("bot.queue.SETTLING_MS", -1)
    await ask(talk, "a red fox")
    paid = await books(talk)
    talk.chat.post_fault = CannotPost("I'm not in this channel any more.")
    await talk.doors.command(Command("e2", CHANNEL, ALICE, "a red fox"))
    assert "any more" in talk.chat.whispers[-1][1].title
    assert await open_offers(talk.house) == 0
    assert await books(talk) == paid


async def test_an_offer_whose_card_was_never_posted_is_posted_after_a_restart(tmp_path: Path) -> None:
    async with interrupted(tmp_path) as (chat, house, provider):
        doors = house.studio(chat)
        async with asyncio.timeout(5):
            while len(chat.posted) < 2:
                await asyncio.sleep(0.01)
        offered = chat.posted[1]
        assert is_offer(offered)
        await doors.action(action(offered, "Use this one"))
        await chat.settled()
        assert (offered.card.tone, provider.paid) == (Tone.DONE, 1)


async def test_an_offer_that_cannot_be_posted_after_a_restart_is_given_up(tmp_path: Path) -> None:
    """Else it would be tried every ten seconds for ever."""
    async with interrupted(tmp_path) as (chat, house, provider):
        chat.post_fault = PlatformProblem("The channel was deleted.")
        house.studio(chat)
        async with asyncio.timeout(5):
            while await open_offers(house):
                await asyncio.sleep(0.01)
        assert provider.paid == 1


async def open_offers(house: TestHouse) -> int:
    return len(await house.store.unplaced(before=2**60))


@asynccontextmanager
async def interrupted(folder: Path) -> AsyncIterator[tuple[FakeChat, TestHouse, FakeProvider]]:
    """A house that died when an offer was saved and its card not yet posted."""
    provider, chat = FakeProvider(), _Dying()
    async with open_test_house(folder, provider, model="gpt-image-2") as house:
        doors = house.studio(chat)
        await doors.command(Command("e1", CHANNEL, ALICE, "a red fox"))
        await chat.settled()
        chat.dies = True
        with pytest.raises(asyncio.CancelledError):
            await doors.command(Command("e2", CHANNEL, ALICE, "a red fox"))
        chat.dies = False
        await house.stop()
        yield chat, house, provider


class _Dying(FakeChat):
    """A chat during whose `post` the process is interrupted."""

    dies = False

    async def post(self, place, card, *, reply_to, key):  # type: ignore[no-untyped-def]
        if self.dies:
            raise asyncio.CancelledError
        return await super().post(place, card, reply_to=reply_to, key=key)


@pytest.mark.parametrize("label", ["Use this one", "Make a new one"])
async def test_the_buttons_of_an_offer_outlive_a_restart(talk: Talk, label: str) -> None:
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    await talk.house.stop()
    talk.doors = talk.house.studio(talk.chat)
    await talk.press(label, offered)
    assert offered.card.tone is Tone.DONE
    assert talk.provider.paid == (2 if label == "Make a new one" else 1)


async def test_an_offer_taken_while_the_chat_is_down_is_shown_later(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.queue.SETTLING_MS", -1)
    await ask(talk, "a red fox")
    offered = await ask(talk, "a red fox")
    taking = action(offered, "Use this one")
    talk.chat.edit_fault = PlatformProblem("The chat is down.")
    await talk.doors.action(taking)
    job = await talk.house.store.job(taking.target)
    assert job
    assert job.status is JobStatus.DELIVERING
    await talk.house.stop()
    talk.chat.edit_fault = None
    talk.house.studio(talk.chat)
    async with asyncio.timeout(5):
        while offered.card.tone is not Tone.DONE:
            await asyncio.sleep(0.01)
