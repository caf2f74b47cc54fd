"""Pictures that only their asker sees: shared or discarded by them alone, sealed from everybody else before."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Card
from bot.errors import PlatformProblem, ProviderProblem
from bot.models import (
    Action,
    Address,
    Attachment,
    Ban,
    ChannelPolicy,
    Command,
    Kind,
    Message,
    Place,
    Policy,
    ReviewKind,
    Role,
    Standing,
    User,
    new_id,
    now_ms,
)
from bot.ports import Viewer, Wall
from bot.studio.removal import remove
from bot.studio.review import go_on_telling
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.moderators import (
    ADMIN,
    CAROL,
    before_moderators,
    files_of,
    in_channel,
    labels,
    until,
    whispered,
    with_policy,
)
from tests.talk import ALICE, BOB, CHANNEL, Talk

PRIVATE = Policy(private=True, report_channel="moderators", moderators=("user:U3",))


async def for_its_asker(talk: Talk, count: int = 1, who: User = ALICE) -> Posted:
    """The newest card that only its asker sees, once there are so many, and the channel's says so."""
    alone = f"dm-{who.id}"
    await until(lambda: len(in_channel(talk, alone)) >= count and len(told(talk)) >= count)
    await delivered(talk)
    return in_channel(talk, alone)[-1]


async def delivered(talk: Talk) -> None:
    """Wait until everything that was asked for is drawn and shown."""
    await talk.chat.settled()
    async with asyncio.timeout(20):
        while await talk.house.store.undelivered(before=tomorrow()):
            await asyncio.sleep(0.005)


def told(talk: Talk) -> list[Posted]:
    """The channel's cards of pictures that somebody else sees."""
    return [one for one in in_channel(talk, "general") if any("only they see" in card.title for card in one.history)]


def seen_in_channel(talk: Talk) -> str:
    """Everything that anybody could read or see in the channel, in any state of any message."""
    return "\n".join(repr(card) for one in in_channel(talk, "general") for card in one.history)


def tomorrow() -> int:
    """Late enough for what was left unfinished."""
    return now_ms() + 86_400_000


# ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_is_seen_by_its_asker_alone(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox --style very-secret")
    card = await for_its_asker(talk)
    asked = talk.chat.posted[0]
    assert asked.card.title == "Alice made a picture that only they see."
    assert asked.card.prompt == asked.card.body == ""
    assert [one.label for one in asked.card.buttons] == ["Show me"]
    assert "fox" not in seen_in_channel(talk)
    assert "secret" not in seen_in_channel(talk)
    assert not any(one.images for one in asked.history), "no preview either"
    assert talk.provider.requests[0].previews == 0
    assert card.card.title == "Only you see v1. Share it where you asked for it?"
    assert card.card.prompt == "a red fox"
    assert len(card.card.images) == 1
    assert "left today" in card.card.footer
    assert "Made with AI" in card.card.footer
    assert [(one.label, one.style) for one in card.card.buttons] == [("Share", "primary"), ("Discard", "danger")]
    assert [one.url for one in card.card.links] == ["https://chat.example/m1"]


async def test_several_pictures_are_told_as_several(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox --n 3")
    await for_its_asker(talk)
    assert talk.chat.posted[0].card.title == "Alice made 3 pictures that only they see."


async def test_a_shared_picture_appears_where_it_was_asked_for(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    await talk.press("Share", card)
    asked = talk.chat.posted[0]
    assert len(asked.card.images) == 1
    assert asked.card.prompt == "a red fox"
    assert "Edit" in [one.label for one in asked.card.buttons]
    assert card.card.title == "Shared: v1 is where you asked for it."
    assert (card.card.images, card.card.buttons, card.card.gone) == ((), (), ())
    assert await labels(talk) == [], "what people do with what is theirs is no administrative act"
    viewer = Viewer(BOB, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
    assert len(await talk.house.store.shelf.search(viewer, Wall.CHANNEL, words="fox")) == 1
    await talk.reply("make it night", BOB)
    await for_its_asker(talk, 1, BOB)
    assert len(talk.provider.inputs[1]) == 1, "a shared picture can be edited"


async def test_a_discarded_picture_is_deleted_and_still_counts(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    before = await talk.house.store.spent("team", ALICE, since=0)
    await talk.press("Discard", card)
    asked = talk.chat.posted[0]
    assert asked.card.title == "Alice discarded this picture; nobody else saw it."
    assert (asked.card.images, asked.card.buttons, asked.card.prompt) == ((), (), "")
    assert card.card.title == "Discarded: v1 is deleted."
    (version,) = await talk.versions()
    assert version.standing is Standing.DISCARDED
    assert set(card.card.gone) == set(version.images)
    assert not files_of(talk)
    assert await labels(talk) == []
    assert await talk.house.store.spent("team", ALICE, since=0) == before, "or discarding would make it free"
    await talk.doors.action(Action(new_id(), CHANNEL, ALICE, "show_me", version.id))
    assert whispered(talk).title == "You discarded this picture already."
    await talk.reply("make it night")
    assert "v1 was discarded by who asked for it" in whispered(talk).title


@pytest.mark.parametrize("words", ["make it night", "vary", "again", "show v1", "compare v1 v1", "export", "sheet",
                                   "star", "back to v1", "info", "undo", "use #1 as style", "finalize",
                                   "save as @fox"])  # fmt: skip
async def test_nobody_can_do_anything_with_it_before(talk: Talk, words: str) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    posted = len(talk.chat.posted)
    await talk.reply(words, BOB)
    assert "Only Alice sees v1 until they share it. Share it first" in whispered(talk).title
    assert len(talk.chat.posted) == posted
    assert talk.provider.paid == 1


async def test_it_is_in_no_gallery_and_in_no_offer(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    (version,) = await talk.versions()
    shelf = talk.house.store.shelf
    for who in (ALICE, BOB, ADMIN):
        viewer = Viewer(who, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
        assert not await shelf.search(viewer, Wall.CHANNEL)
        assert not await shelf.may_see(viewer, version.id)
    await with_policy(talk, Policy())
    await talk.imagine("a red fox", BOB)
    assert talk.provider.paid == 2, "drawn anew: the first one is nobody's to offer"


async def test_a_picture_made_before_is_not_offered_in_the_channel_to_who_asks_alone(talk: Talk) -> None:
    await talk.imagine("a red fox", BOB)
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    assert len(card.card.images) == 1
    assert "made before" not in seen_in_channel(talk)


async def test_an_unshared_edit_does_not_hold_up_the_others_of_its_thread(talk: Talk) -> None:
    await talk.imagine("a red fox", BOB)
    await talk.reply("make it night --private")
    await for_its_asker(talk)
    assert await talk.head() == 1
    await talk.reply("make it blue", BOB)
    assert [one.parent for one in await talk.versions()][1:] == [(await talk.versions())[0].id] * 2
    await talk.press("Share", in_channel(talk, "dm-U1")[0])
    assert await talk.head() == 2, "what was shared last is what the next reply means"


async def test_a_picture_sent_along_is_shared_or_discarded_with_what_is_made_from_it(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    talk.chat.files = {"f1": png(1024, 1024)}
    sent = (Attachment("cat.jpg", "f1", "image/jpeg", 10, Role.IMAGE),)
    for label, standing in (("Share", Standing.OPEN), ("Discard", Standing.DISCARDED)):
        before = len(in_channel(talk, "dm-U1"))
        await talk.imagine("make it night", name="edit", attachments=sent)
        card = await for_its_asker(talk, before + 1)
        version = await talk.house.store.version(card.card.buttons[0].target)
        assert version
        assert version.parent
        upload = await talk.house.store.version(version.parent)
        assert upload
        assert (upload.kind, upload.standing, upload.private) == (Kind.UPLOAD, Standing.WAITING, True)
        await talk.press(label, card)
        upload = await talk.house.store.version(version.parent)
        assert upload
        assert upload.standing is standing
    assert len(files_of(talk)) >= 2, "the same file is still shown by what was shared"


async def test_a_series_is_seen_by_its_asker_alone(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine('a fox --series "it wakes | it eats"')
    card = await for_its_asker(talk)
    assert len(card.card.images) == 2
    assert not any(one.images for post in in_channel(talk, "general") for one in post.history), "no panel either"
    assert "wakes" not in seen_in_channel(talk)


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_request_can_be_private_where_others_are_not(talk: Talk) -> None:
    await talk.imagine("a red fox --private")
    card = await for_its_asker(talk)
    assert talk.provider.requests[0].prompt.strip() == "a red fox"
    await talk.press("Share", card)
    await talk.imagine("a blue fox")
    assert len(talk.last.images) == 1


async def test_nobody_gets_round_it_by_words(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox --public")
    assert "no option --public" in whispered(talk).title
    await talk.imagine("a red fox", flags={"private": "off"})
    await for_its_asker(talk)


async def test_a_channel_can_be_private_alone(talk: Talk) -> None:
    await with_policy(talk, Policy(channels=(ChannelPolicy("general", private=True),)))
    await talk.imagine("a red fox", place=replace(CHANNEL, channel="elsewhere"))
    assert len(talk.last.images) == 1
    await talk.imagine("a blue fox")
    await for_its_asker(talk)


async def test_in_a_conversation_with_the_bot_alone_nothing_is_hidden(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox --private", place=replace(CHANNEL, channel="dm-U1"))
    assert len(talk.last.images) == 1
    assert len(talk.chat.posted) == 1


async def test_where_pictures_are_reviewed_the_moderators_decide(talk: Talk) -> None:
    await with_policy(talk, replace(PRIVATE, review=True, review_channel="reviewers"))
    await talk.imagine("a red fox --private")
    card = await before_moderators(talk)
    assert [one.label for one in card.card.buttons] == ["Approve", "Reject"]
    assert not in_channel(talk, "dm-U1")
    forged = Action(new_id(), CHANNEL, ALICE, "share", card.card.buttons[0].target)
    await talk.doors.action(forged)
    assert (await talk.versions())[0].standing is Standing.WAITING


async def test_what_was_made_before_review_was_switched_on_is_not_shared_past_the_moderators(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    await with_policy(talk, replace(PRIVATE, review=True, review_channel="reviewers"))
    await talk.press("Share", card)
    assert "must be approved by now" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING
    await talk.press("Discard", card)
    assert (await talk.versions())[0].standing is Standing.DISCARDED


async def test_moderators_read_watched_words_of_what_they_do_not_see(talk: Talk) -> None:
    await with_policy(talk, replace(PRIVATE, watched_terms=("fox",)))
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    (card,) = in_channel(talk, "moderators")
    assert card.card.title == "Watched: fox"
    assert card.card.images == ()


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", [BOB, CAROL, ADMIN, replace(ALICE, platform="other")])
@pytest.mark.parametrize("name", ["share", "discard", "show_me"])
async def test_only_its_asker_decides_whatever_others_are(talk: Talk, who: User, name: str) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    (version,) = await talk.versions()
    who = replace(who, id="U1") if who.platform == "other" else who
    await talk.doors.action(Action(new_id(), CHANNEL, who, name, version.id))
    assert whispered(talk).title.startswith("Only who asked for this picture may do that.")
    assert whispered(talk).images == ()
    assert (await talk.versions())[0].standing is Standing.WAITING


@pytest.mark.parametrize("name", ["approve", "reject", "dismiss", "remove", "remove_words"])
async def test_moderators_have_nothing_to_decide(talk: Talk, name: str) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    (version,) = await talk.versions()
    await talk.doors.action(Action(new_id(), CHANNEL, CAROL, name, version.id, text="why"))
    assert "nothing to decide" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING


async def test_an_answer_to_the_private_card_is_no_new_picture(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    said = Message(new_id(), card.address.place, ALICE, "make it blue", id=new_id(), mentions_bot=True)
    await talk.doors.message(said)
    assert "Share this picture first" in whispered(talk).title
    assert talk.provider.paid == 1


async def test_the_buttons_work_where_they_are_in_no_workspace(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    share = card.card.buttons[0]
    await talk.doors.action(Action(new_id(), Place("fake", "dm", "D77"), ALICE, share.action, share.target))
    assert (await talk.versions())[0].is_open


async def test_somebody_banned_meanwhile_cannot_share(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    await with_policy(talk, replace(PRIVATE, bans=(Ban("user:U1", None, "spam", "fake:U9"),)))
    await talk.press("Share", card)
    assert "You may not make pictures here any more: spam." in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING


async def test_nothing_is_shared_into_a_channel_that_was_closed_meanwhile(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    await with_policy(talk, replace(PRIVATE, channels_denied=("general",)))
    await talk.press("Share", card)
    assert "not made in this channel" in whispered(talk).title
    assert (await talk.versions())[0].standing is Standing.WAITING


async def test_words_of_a_failed_request_stay_with_its_asker(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    talk.provider.faults = [ProviderProblem("The service is down.")]
    await talk.imagine("a red fox")
    failed = talk.chat.posted[0]
    assert "fox" not in seen_in_channel(talk)
    await with_policy(talk, Policy())
    await talk.press("Try again", failed, BOB)
    assert whispered(talk).title.startswith("Only who asked for this picture may do that.")
    assert talk.provider.paid == 0
    await talk.press("Try again", failed)
    await for_its_asker(talk)
    assert "fox" not in seen_in_channel(talk), "asked for alone, tried again alone"


# ── Whatever happens ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_takes_no_direct_messages_gets_it_by_the_button(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    talk.chat.post_fault_in = "dm-U1"
    await talk.imagine("a red fox")
    await delivered(talk)
    asked = talk.chat.posted[0]
    assert asked.card.body == (
        "Alice: I cannot send you direct messages. Press Show me, and allow direct messages for the next time."
    )
    assert not await talk.house.store.reviews.unsettled(before=now_ms() + 1000), "it is not tried for ever"
    await talk.press("Show me", asked, BOB)
    assert whispered(talk).images == ()
    await talk.press("Show me", asked)
    own = whispered(talk)
    assert len(own.images) == 1
    assert [one.label for one in own.buttons] == ["Share", "Discard"]
    await talk.doors.action(Action(new_id(), CHANNEL, ALICE, "share", own.buttons[0].target))
    assert len(asked.card.images) == 1
    assert whispered(talk).title == "Shared: v1 is where you asked for it."


async def test_who_has_it_already_is_shown_it_again_and_where_it_is(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    await for_its_asker(talk)
    await talk.press("Show me", told(talk)[0])
    assert len(whispered(talk).images) == 1
    assert [one.url for one in whispered(talk).links] == ["https://chat.example/m2"]


async def test_who_shares_it_at_once_is_not_overtaken(talk: Talk) -> None:
    """The direct message is there before the chat has answered that it is."""
    await with_policy(talk, PRIVATE)
    original = talk.chat.post

    async def post(place: Place, card: Card, **more: object) -> Address:
        address = await original(place, card, **more)  # type: ignore[arg-type]
        if place.channel == "dm-U1":
            await talk.press("Share", in_channel(talk, "dm-U1")[0])
        return address

    talk.chat.post = post  # type: ignore[method-assign]
    await talk.imagine("a red fox")
    await until(lambda: bool(in_channel(talk, "dm-U1")) and len(in_channel(talk, "dm-U1")[0].history) > 1)
    assert len(talk.chat.posted[0].card.images) == 1, "the channel shows it"
    assert in_channel(talk, "dm-U1")[0].card.title.startswith("Shared")


async def test_a_press_twice_or_both_at_once_counts_once(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    presses = [Action(new_id(), card.address.place, ALICE, one.action, one.target, card.address.message)
               for one in (*card.card.buttons, *card.card.buttons)]  # fmt: skip
    await asyncio.gather(*(talk.doors.action(one) for one in presses))
    (version,) = await talk.versions()
    done = "shared" if version.is_open else "discarded"
    assert [one.title for _, one in talk.chat.whispers] == [f"You {done} this picture already."] * 3
    await talk.doors.action(presses[0])
    await talk.doors.action(presses[0])
    assert len(talk.chat.whispers) == 3, "the same event says nothing again"


async def test_a_deleted_placeholder_comes_back_when_it_is_shared(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    talk.chat.gone.add(talk.chat.posted[0].address.message)
    await talk.press("Share", card)
    assert len(talk.last.images) == 1
    assert talk.chat.posted[-1].address.place.channel == "general"


async def test_it_goes_on_after_a_restart_at_every_step(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        house.lease_ms = 60
        talk = Talk(house, chat, provider, house.studio(chat))
        await with_policy(talk, PRIVATE)
        original = chat.post

        async def cut(place: Place, *args: object, **more: object) -> object:
            if place.channel == "dm-U1":
                raise PlatformProblem("The line is cut.")
            return await original(place, *args, **more)  # type: ignore[arg-type]

        chat.post = cut  # type: ignore[method-assign,assignment]
        await talk.imagine("a red fox")
        await until(lambda: bool(told(talk)))
        chat.post = original  # type: ignore[method-assign]
        await house.restart()
        house.now = tomorrow
        talk = Talk(house, chat, provider, house.studio(chat))
        card = await for_its_asker(talk)
        await until(lambda: told(talk)[0].card.body == "")
        chat.edit_fault = PlatformProblem("The line is cut.")
        await talk.press("Share", card)
        assert card.card.buttons
        await house.restart()
        chat.edit_fault = None
        house.now = tomorrow
        talk = Talk(house, chat, provider, house.studio(chat))
        await until(lambda: card.card.title.startswith("Shared"))
        assert len(chat.posted[0].card.images) == 1
        assert provider.paid == 1
        assert len(chat.posted) == 2


async def test_a_day_later_nobody_is_reminded(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    before = len(card.history), len(talk.chat.posted)
    review = await talk.house.store.reviews.find(ReviewKind.PRIVATE, card.card.buttons[0].target)
    assert review
    assert review.settled
    await go_on_telling(talk.house.desk(talk.chat), review)
    assert (len(card.history), len(talk.chat.posted)) == before


async def test_an_admin_removes_what_nobody_else_sees(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    desk = talk.house.desk(talk.chat)
    await remove(desk, card.card.buttons[0].target, who="cli", who_name="Ada", reason="not here")
    review = await talk.house.store.reviews.find(ReviewKind.PRIVATE, (await talk.versions())[0].id)
    assert review
    await go_on_telling(desk, review)
    assert card.card.title == "A moderator removed v1: not here."
    assert card.card.buttons == ()
    assert talk.chat.posted[0].card.title == "This picture was removed by a moderator: not here."
    assert not files_of(talk)
    assert await labels(talk) == ["remove"]


async def test_delete_mine_takes_it_back_from_the_direct_message(talk: Talk) -> None:
    await with_policy(talk, PRIVATE)
    await talk.imagine("a red fox")
    card = await for_its_asker(talk)
    await talk.doors.command(Command(new_id(), CHANNEL, ALICE, "delete mine yes", name="privacy"))
    review = await talk.house.store.reviews.find(ReviewKind.PRIVATE, card.card.buttons[0].target)
    assert review
    assert not review.settled
    await go_on_telling(talk.house.desk(talk.chat), review)
    assert card.card.title == "v1 is not kept any more. Ask for it again if you need it."
    assert (card.card.images, card.card.buttons) == ((), ())
    assert card.card.gone
    with sqlite3.connect(next(talk.house.folder.glob("*.db"))) as db:
        assert not [doc for (doc,) in db.execute("SELECT doc FROM job") if "U1" in doc], "the direct message names them"
