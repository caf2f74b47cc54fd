"""Pictures wait for a moderator: nobody sees them before, one decision counts, and a restart loses none."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import PlatformProblem
from bot.models import ChannelPolicy, Place, Policy, Standing
from bot.ports import Viewer, Wall
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.moderators import (
    ADMIN,
    CAROL,
    DAVE,
    REVIEWED,
    before_moderators,
    in_channel,
    labels,
    pictures_seen,
    until,
    whispered,
    with_policy,
)
from tests.talk import ALICE, BOB, CHANNEL, Talk

# ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_waits_for_a_moderator_and_nobody_else_sees_it(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    asked = talk.chat.posted[0]
    assert "v1 is made and waits for review" in asked.card.title
    assert asked.card.buttons == ()
    assert pictures_seen(talk) == 0, "no preview either"
    assert talk.provider.requests[0].previews == 0
    assert len(card.card.images) == 1
    assert card.card.prompt.strip() == "a red fox"
    assert "by Alice" in card.card.title
    assert "Pictures of this channel wait for review." in card.card.body
    assert [one.label for one in card.card.buttons] == ["Approve", "Reject"]


async def test_an_approved_picture_appears_where_it_was_asked_for(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    await talk.press("Approve", card, CAROL)
    asked = talk.chat.posted[0]
    assert len(asked.card.images) == 1
    assert "Edit" in [one.label for one in asked.card.buttons]
    assert card.card.images == ()
    assert "approved by Carol" in card.card.title
    assert talk.last.title == "v1 was approved; it is in this thread."
    assert talk.last.asker == "Alice"
    assert await labels(talk) == ["review.approve"]
    await talk.reply("make it night")
    await before_moderators(talk, 2)
    assert len(talk.provider.inputs[1]) == 1, "an approved picture can be edited"


async def test_a_rejected_picture_leaves_a_tombstone_and_the_quota_comes_back(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    (version,) = await talk.versions()
    path = talk.house.store.asset_path(await talk.house.store.asset(version.images[0]))  # type: ignore[arg-type]
    before = await talk.house.store.spent("team", ALICE, since=0)
    await talk.press("Reject", card, CAROL, text="not our brand")
    asked = talk.chat.posted[0]
    assert asked.card.title == "A moderator did not approve this picture: not our brand."
    assert asked.card.images == ()
    assert talk.last.title == "v1 was not approved: not our brand."
    assert not path.exists()
    after = await talk.house.store.spent("team", ALICE, since=0)
    assert (before.images, after.images) == (1, 0)
    assert before.cost == after.cost > 0, "the team paid for it"
    assert (await talk.house.store.acts())[0].after == "rejected: not our brand"


async def test_a_rejection_needs_a_reason(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    await talk.press("Reject", card, CAROL, text="  ")
    assert "Say in a few words why" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING


@pytest.mark.parametrize("words", ["make it night", "vary", "again", "show v1", "compare v1 v1", "export", "sheet",
                                   "star", "back to v1", "info", "undo", "use #1 as style", "finalize",
                                   "save as @fox"])  # fmt: skip
async def test_nothing_can_be_done_with_a_picture_that_waits(talk: Talk, words: str) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    await before_moderators(talk)
    posted = len(talk.chat.posted)
    await talk.reply(words, BOB)
    assert "v1 waits for a moderator's approval" in whispered(talk).title
    assert len(talk.chat.posted) == posted
    assert talk.provider.paid == 1


async def test_a_waiting_picture_is_in_no_gallery_and_in_no_offer(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    viewer = Viewer(ALICE, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
    shelf = talk.house.store.shelf
    (version,) = await talk.versions()
    assert not await shelf.search(viewer, Wall.CHANNEL)
    assert not await shelf.may_see(viewer, version.id)
    await talk.imagine("a red fox", BOB)
    second = await before_moderators(talk, 2)
    assert talk.provider.paid == 2, "drawn anew, as the first one is nobody's to offer"
    await talk.press("Approve", card, CAROL)
    assert len(await shelf.search(viewer, Wall.CHANNEL, words="fox")) == 1
    await talk.press("Reject", second, CAROL, text="twice")
    assert len(await shelf.search(viewer, Wall.CHANNEL)) == 1


async def test_a_channel_can_review_alone(talk: Talk) -> None:
    own = ChannelPolicy("general", review=False)
    await with_policy(talk, Policy(review=True, review_channel="reviewers", channels=(own,)))
    await talk.imagine("a red fox")
    assert len(talk.last.images) == 1
    assert not in_channel(talk, "reviewers")


async def test_a_picture_from_an_unreviewed_channel_is_not_offered_past_the_moderators(talk: Talk) -> None:
    own = ChannelPolicy("general", review=True)
    await with_policy(talk, Policy(review_channel="reviewers", channels=(own,)))
    await talk.imagine("a red fox", place=replace(CHANNEL, channel="elsewhere"))
    await talk.imagine("a red fox")
    await before_moderators(talk)
    assert talk.provider.paid == 2
    assert pictures_seen(talk) == 2, "one preview and one picture, elsewhere"


async def test_without_a_channel_for_reviews_nothing_is_drawn(talk: Talk) -> None:
    await with_policy(talk, Policy(review=True))
    await talk.imagine("a red fox")
    assert "no review channel is set" in whispered(talk).title
    assert (talk.provider.paid, talk.chat.posted) == (0, [])


async def test_moderators_see_which_watched_words_there_are(talk: Talk) -> None:
    await with_policy(talk, Policy(review=True, review_channel="reviewers", watched_terms=("fox",)))
    await talk.imagine("a red fox")
    await until(lambda: any("Approve" in [b.label for b in one.card.buttons] for one in talk.chat.posted))
    card = next(one.card for one in talk.chat.posted if one.card.buttons)
    assert "Watched: “fox”." in card.body


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", [ALICE, BOB])
async def test_only_moderators_may_decide(talk: Talk, who: object) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    await talk.press("Approve", card, who)  # type: ignore[arg-type]
    assert "Only moderators and admins" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING
    assert await labels(talk) == ["refused"]


@pytest.mark.parametrize("who", [CAROL, DAVE, ADMIN])
async def test_moderators_by_name_by_role_and_admins_may(talk: Talk, who: object) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    await talk.press("Approve", await before_moderators(talk), who)  # type: ignore[arg-type]
    assert (await talk.versions())[0].is_open


@pytest.mark.parametrize("who", [CAROL, ADMIN])
async def test_nobody_approves_their_own_where_moderators_are_named(talk: Talk, who: object) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox", who)  # type: ignore[arg-type]
    await talk.press("Approve", await before_moderators(talk), who)  # type: ignore[arg-type]
    assert "somebody else must approve it" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING


async def test_a_lonely_admin_approves_their_own_and_the_audit_says_so(talk: Talk) -> None:
    await with_policy(talk, Policy(review=True, review_channel="reviewers"))
    await talk.imagine("a red fox", ADMIN)
    await talk.press("Approve", await before_moderators(talk), ADMIN)
    assert (await talk.versions())[0].is_open
    assert (await talk.house.store.acts())[-1].after == "approved (their own picture)"


async def test_the_button_works_in_no_other_workspace(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    card.address = type(card.address)(Place("fake", "others", "x"), card.address.message)
    await talk.press("Approve", card, ADMIN)
    assert "gone" in whispered(talk).title


# ── Once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_moderators_at_once_decide_once(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    await asyncio.gather(
        talk.press("Approve", card, CAROL),
        talk.press("Reject", card, DAVE, text="no"),
        talk.press("Approve", card, ADMIN),
        talk.press("Reject", card, CAROL, text="no"),
    )
    (version,) = await talk.versions()
    assert len([one for one in await labels(talk) if one.startswith("review.")]) == 1
    await until(lambda: len(talk.chat.whispers) == 3)
    assert all("decided already" in card.title for _, card in talk.chat.whispers)
    told = [one.card.title for one in talk.chat.posted if one.card.title.startswith("v1 was")]
    assert len(told) == 1
    assert ("was approved" in told[0]) is version.is_open


async def test_a_series_waits_as_one(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine('a fox --series "it wakes | it eats"')
    card = await before_moderators(talk)
    assert len(card.card.images) == 2
    assert "it eats" in card.card.prompt
    assert pictures_seen(talk) == 0, "no panel while the others are drawn"
    await talk.press("Reject", card, CAROL, text="no")
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 0


# ── Whatever happens ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_review_goes_on_after_a_restart_at_every_step(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await with_policy(talk, REVIEWED)
        chat.post_fault_in = "reviewers"
        await talk.imagine("a red fox")
        await until(lambda: "waits for review" in chat.posted[0].card.title)
        await house.restart()
        chat.post_fault_in = ""
        talk.doors = house.studio(chat)
        card = await before_moderators(talk)
        assert len(in_channel(talk, "reviewers")) == 1
        await house.restart()
        talk.doors = house.studio(chat)
        chat.edit_fault = PlatformProblem("The chat is away.")
        await talk.press("Approve", card, CAROL)
        assert chat.posted[0].card.images == ()
        await house.restart()
        chat.edit_fault = None
        talk.doors = house.studio(chat)
        await until(lambda: len(chat.posted[0].card.images) == 1)
        await until(lambda: talk.last.title == "v1 was approved; it is in this thread.")
        await house.restart()
        talk.doors = house.studio(chat)
        await talk.press("Edit", chat.posted[0], text="make it night")
        await before_moderators(talk, 2)
        assert len([one for one in chat.posted if "was approved" in one.card.title]) == 1
        assert provider.paid == 2


async def test_where_the_message_is_gone_the_approved_picture_is_posted_anew(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    talk.chat.gone.add(talk.chat.posted[0].address.message)
    await talk.press("Approve", card, CAROL)
    anew = next(one for one in in_channel(talk, "general")[1:] if one.card.images)
    await talk.reply("make it night", to=anew)
    await before_moderators(talk, 2)
    assert talk.provider.paid == 2


async def test_admins_hear_of_a_review_channel_that_cannot_be_posted_to(talk: Talk) -> None:
    await with_policy(talk, Policy(review=True, review_channel="reviewers", admin_channel="admins"))
    talk.chat.post_fault_in = "reviewers"
    await talk.imagine("a red fox")
    await until(lambda: bool(in_channel(talk, "admins")))
    assert "cannot be posted to" in in_channel(talk, "admins")[0].card.title + in_channel(talk, "admins")[0].card.body
    assert pictures_seen(talk) == 0


async def test_a_request_that_cannot_be_put_up_holds_up_no_decision(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await with_policy(talk, REVIEWED)
        await talk.imagine("a red fox")
        card = await before_moderators(talk)
        chat.edit_fault = PlatformProblem("The chat is away.")
        await talk.press("Approve", card, CAROL)
        chat.post_fault = RuntimeError("Nobody thought of this.")
        await talk.imagine("a blue fox")
        await house.restart()
        chat.edit_fault = None
        talk.doors = house.studio(chat)
        await until(lambda: len(chat.posted[0].card.images) == 1)
