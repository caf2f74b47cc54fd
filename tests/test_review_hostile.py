"""Moderators under attack, and when things go wrong: floods, races, deleted channels, pictures that are alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import MessageGone, ProviderProblem
from bot.models import Address, Attachment, Command, Message, Policy, Role, Standing, new_id, now_ms
from bot.studio.removal import remove
from bot.studio.review import MOST_REPORTS
from tests.fakes.provider import png
from tests.moderators import (
    ADMIN,
    CAROL,
    DAVE,
    REPORTED,
    REVIEWED,
    before_moderators,
    files_of,
    in_channel,
    labels,
    pictures_seen,
    until,
    whispered,
    with_policy,
)
from tests.talk import ALICE, BOB, CHANNEL, Talk

DAYS_MS = 2 * 86_400_000

# ── Pictures that are alike ──────────────────────────────────────────────────────────────────────────────────────


async def test_rejecting_one_of_two_equal_pictures_leaves_the_other_one_to_be_approved(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    first = await before_moderators(talk)
    talk.provider.requests.clear()  # it draws the same bytes again
    await talk.imagine("a red fox", BOB)
    second = await before_moderators(talk, 2)
    await talk.press("Reject", first, CAROL, text="no")
    assert len(files_of(talk)) == 1
    await talk.press("Approve", second, CAROL)
    shown = [one for one in in_channel(talk, "general") if one.card.images]
    assert len(shown) == 1
    assert shown[0].card.images[0].path.exists()


async def test_removing_a_picture_takes_an_equal_one_that_waits_along(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await with_policy(talk, replace(REVIEWED, report_channel="moderators"))
    talk.provider.requests.clear()  # it draws the same bytes again
    await talk.imagine("a wolf", BOB)
    waiting = await before_moderators(talk)
    await talk.press("Report", talk.chat.posted[0], DAVE, text="rude")
    await talk.press("Remove", await before_moderators(talk, channel="moderators"), CAROL, text="no")
    await talk.house.stop()
    talk.house.studio(talk.chat)  # its house-keeping tells the others
    await until(lambda: waiting.card.images == ())
    assert not files_of(talk)
    assert (await talk.house.store.spent("team", BOB, since=0)).images == 0, "nobody saw it"
    assert (await talk.house.store.spent("team", ALICE, since=0)).images == 1, "people saw it"


# ── What is not there any more ───────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_that_its_asker_deleted_while_it_waited_is_not_opened_by_an_approval(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    async with asyncio.timeout(20):
        while await talk.house.store.undelivered(before=2**53):
            await asyncio.sleep(0.01)
    await talk.doors.command(Command(new_id(), CHANNEL, ALICE, "delete mine yes", name="privacy"))
    await talk.press("Approve", card, CAROL)
    assert "nothing to decide" in whispered(talk).title
    (version,) = await talk.versions()
    assert version.standing is Standing.PURGED
    await talk.house.stop()
    talk.house.studio(talk.chat)
    await until(lambda: card.card.images == ())
    assert "not kept any more" in card.card.title
    assert not [one for one in talk.chat.posted if "approved" in one.card.title]


async def test_a_thread_with_nothing_but_a_rejected_picture_can_be_gone_on_with(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    await talk.press("Reject", await before_moderators(talk), CAROL, text="no")
    await talk.reply("make it night")
    assert "back to v1" not in whispered(talk).title
    await talk.reply("new: a blue bird")
    await before_moderators(talk, 2)


async def test_moderators_hear_what_was_made_from_a_removed_picture(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.press("Report", talk.chat.posted[0], BOB, text="rude")
    card = await before_moderators(talk, channel="moderators")
    await talk.press("Remove", card, CAROL, text="no")
    assert "Made from it, and still there: v2." in card.card.body


# ── Moderators who cannot be reached ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["no entry", "no channel", "no id"])
async def test_asker_and_admins_hear_of_a_review_channel_that_does_not_work_and_it_is_tried_again(
    talk: Talk, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = replace(REVIEWED, admin_channel="admins")
    await with_policy(talk, policy)
    post = talk.chat.post

    async def failing(place, *args, **more):  # type: ignore[no-untyped-def]
        if place.channel == "reviewers":
            int(place.channel)
        return await post(place, *args, **more)

    if fault == "no entry":
        talk.chat.post_fault_in = "reviewers"
    elif fault == "no id":
        monkeypatch.setattr(talk.chat, "post", failing)
    else:
        talk.provider.gate = asyncio.Event()
        command = Command(new_id(), CHANNEL, ALICE, "a red fox")
        await talk.doors.command(command)
        await with_policy(talk, replace(policy, review_channel="", admin_channel=""))
        talk.provider.gate.set()
    if fault != "no channel":
        await talk.imagine("a red fox")
        await until(lambda: bool(in_channel(talk, "admins")))
        assert "Let the bot in, or set another" in str(in_channel(talk, "admins")[0].card)
    asked = talk.chat.posted[0]
    await until(lambda: "cannot be reached just now" in asked.card.body)
    assert pictures_seen(talk) == 0
    await with_policy(talk, policy)
    talk.chat.post_fault_in = ""
    monkeypatch.undo()
    await talk.house.stop()
    talk.doors = talk.house.studio(talk.chat)
    card = await before_moderators(talk)
    await until(lambda: "cannot be reached" not in asked.card.body)
    await talk.press("Approve", card, CAROL)
    assert len(asked.card.images) == 1


async def test_a_moderators_card_that_somebody_deleted_is_put_up_again_after_a_day(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    talk.chat.gone.add(card.address.message)
    await talk.house.stop()
    talk.house.now = lambda: now_ms() + DAYS_MS
    talk.doors = talk.house.studio(talk.chat)
    again = await before_moderators(talk, 2)
    await talk.press("Approve", again, CAROL)
    assert len(talk.chat.posted[0].card.images) == 1


async def test_one_decision_that_cannot_be_told_holds_up_no_other(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    first = await before_moderators(talk)
    await talk.imagine("a blue bird")
    second = await before_moderators(talk, 2)
    edit = talk.chat.edit

    async def broken(address, card):  # type: ignore[no-untyped-def]
        if address in (first.address, second.address):
            raise OSError("the disk is gone")
        await edit(address, card)

    monkeypatch.setattr(talk.chat, "edit", broken)
    await talk.press("Approve", first, CAROL)
    await talk.press("Approve", second, CAROL)

    async def half(address, card):  # type: ignore[no-untyped-def]
        if address == first.address:
            raise OSError("the disk is gone")
        await edit(address, card)

    monkeypatch.setattr(talk.chat, "edit", half)
    await talk.house.stop()
    talk.house.studio(talk.chat)
    await until(lambda: second.card.images == ())


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_who_report_at_the_same_moment_are_on_one_card(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    picture, post = talk.chat.posted[0], talk.chat.post

    async def slow(place, *args, **more):  # type: ignore[no-untyped-def]
        await asyncio.sleep(0.05)
        talk.chat._keys.clear()  # a chat that does not know a message sent twice
        return await post(place, *args, **more)

    talk.chat.post = slow  # type: ignore[method-assign]
    await asyncio.gather(*(talk.press("Report", picture, one, text="rude") for one in (BOB, CAROL, DAVE, ADMIN)))
    (card,) = in_channel(talk, "moderators")
    assert all(name in card.card.title for name in ("Bob", "Carol", "Dave", "Ada"))


async def test_a_flood_of_reports_ends_with_one_sentence(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    for number in range(MOST_REPORTS):
        await talk.reply(f"make it {number}")
    for one in talk.chat.posted[: MOST_REPORTS + 1]:
        await talk.press("Report", one, BOB, text="rude")
    assert len(in_channel(talk, "moderators")) == MOST_REPORTS
    assert "You reported many pictures in the last hour" in whispered(talk).title
    await talk.press("Report", talk.chat.posted[MOST_REPORTS], DAVE, text="rude")
    assert len(in_channel(talk, "moderators")) == MOST_REPORTS + 1, "others may go on"


async def test_a_report_that_reaches_nobody_is_told_later(talk: Talk) -> None:
    await with_policy(talk, replace(REPORTED, admin_channel="admins"))
    await talk.imagine("a red fox")
    talk.chat.post_fault_in = "moderators"
    await talk.press("Report", talk.chat.posted[0], BOB, text="rude")
    assert "they are told as soon as they can be" in whispered(talk).title
    assert "A picture was reported" in str(in_channel(talk, "admins")[0].card)
    talk.chat.post_fault_in = ""
    await talk.house.stop()
    talk.house.studio(talk.chat)
    card = await before_moderators(talk, channel="moderators")
    assert "Bob: rude" in card.card.body


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_comparison_made_while_its_picture_is_removed_is_shown_to_nobody(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    first, second = await talk.versions()
    desk = talk.house.desk(talk.chat)
    put, posted = talk.house.store.put_asset, len(talk.chat.posted)

    async def slow(path, asset):  # type: ignore[no-untyped-def]
        kept = await put(path, asset)
        await remove(desk, first.id, who="cli", who_name="root", reason="no")
        return kept

    monkeypatch.setattr(talk.house.store, "put_asset", slow)
    await talk.reply("compare v1 v2")
    assert "removed" in whispered(talk).title
    assert len(talk.chat.posted) == posted
    await talk.house.store.privacy.sweep()
    assert files_of(talk) == {*second.images}


@pytest.mark.parametrize("words", ["compare v1 v2", "sheet", "export all"])
async def test_what_is_posted_while_its_picture_is_removed_is_taken_back(talk: Talk, words: str) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    first, _ = await talk.versions()
    desk, post = talk.house.desk(talk.chat), talk.chat.post

    async def slow(*args: object, **more: object) -> Address:
        address = await post(*args, **more)  # type: ignore[arg-type]
        await remove(desk, first.id, who="cli", who_name="root", reason="no")
        return address

    talk.chat.post = slow  # type: ignore[method-assign]
    await talk.reply(words)
    await until(lambda: (talk.last.images, talk.last.files) == ((), ()))


async def test_a_picture_removed_while_its_approval_is_told_is_not_left_there(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    (version,) = await talk.versions()
    desk, edit = talk.house.desk(talk.chat), talk.chat.edit

    async def slow(address, shown):  # type: ignore[no-untyped-def]
        if shown.images and address.place.channel == "general":
            talk.chat.edit = edit  # type: ignore[method-assign]
            await remove(desk, version.id, who="cli", who_name="root", reason="no")
        await edit(address, shown)

    talk.chat.edit = slow  # type: ignore[method-assign]
    await talk.press("Approve", card, CAROL)
    assert talk.chat.posted[0].card.images == ()


# ── What moderators see ──────────────────────────────────────────────────────────────────────────────────────────


async def test_moderators_see_what_was_sent_along_and_where_it_was_asked_for(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    talk.chat.files["f"] = png(40, 40, (9, 9, 9))
    face = Attachment("a face.png", "f", role=Role.REFERENCE)
    await talk.imagine("a fox with this face", attachments=(face,))
    card = (await before_moderators(talk)).card
    assert "Sent along: a face.png." in card.body
    assert len(card.images) == 2
    assert [one.url for one in card.links] == [f"https://chat.example/{talk.chat.posted[0].address.message}"]


async def test_moderators_are_told_when_they_may_not_see_all_words(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("fox " * 4000)
    assert "15,999 characters" in (await before_moderators(talk)).card.body


async def test_who_lost_the_right_decides_nothing_any_more(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    await with_policy(talk, replace(REVIEWED, moderators=("user:U8",)))
    await talk.press("Approve", card, CAROL)
    assert "Only moderators" in whispered(talk).title
    assert await labels(talk) == ["refused"]
    await with_policy(talk, Policy())
    await talk.press("Approve", card, ADMIN)
    assert len(talk.chat.posted[0].card.images) == 1, "what waits is decided also after reviews were switched off"


async def test_a_tombstone_that_finds_no_message_is_no_trouble(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine("a red fox")
    card = await before_moderators(talk)
    talk.chat.edit_fault = MessageGone("The message was deleted.")
    await talk.press("Reject", card, CAROL, text="no")
    assert not files_of(talk)


# ── Pictures that people send ────────────────────────────────────────────────────────────────────────────────────


async def edited_photo(talk: Talk) -> None:
    """Somebody sends a picture of their own to be edited: chats show it to nobody else."""
    talk.chat.files["f"] = png(80, 80, (1, 2, 3))
    photo = Attachment("me.png", "f", role=Role.IMAGE)
    await talk.doors.command(Command(new_id(), CHANNEL, ALICE, "make it night", name="edit", attachments=(photo,)))
    await talk.chat.settled()


async def test_a_picture_that_somebody_sent_is_approved_with_what_is_made_from_it(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await edited_photo(talk)
    card = await before_moderators(talk)
    assert len(card.card.images) == 2, "moderators see it, too"
    assert "an uploaded picture" in card.card.body
    for words in ("show v1", "export v1", "use #1 as style", "v1: make it red", "info v1", "back to v1"):
        posted, before = len(talk.chat.posted), len(talk.chat.whispers)
        await talk.reply(words, BOB)
        assert (len(talk.chat.posted), len(talk.chat.whispers)) == (posted, before + 1), words
    assert pictures_seen(talk) == 0
    await talk.press("Approve", card, CAROL)
    await talk.reply("show v1")
    assert len(talk.last.images) == 1


async def test_a_picture_that_somebody_sent_goes_with_what_was_rejected(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await edited_photo(talk)
    await talk.press("Reject", await before_moderators(talk), CAROL, text="no faces")
    assert not files_of(talk)
    assert [one.standing for one in await talk.versions()] == [Standing.REJECTED] * 2
    await talk.reply("show v1")
    assert "was not approved" in whispered(talk).title


async def test_where_drawing_failed_it_can_be_tried_again_with_the_picture_that_waits(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    talk.provider.faults.append(ProviderProblem("The image service is down."))
    await edited_photo(talk)
    await talk.press("Try again", talk.chat.posted[0])
    await talk.press("Approve", await before_moderators(talk), CAROL)
    assert [one.standing for one in await talk.versions()] == [Standing.OPEN] * 2


async def test_moderators_see_all_panels_of_a_long_series(talk: Talk) -> None:
    await with_policy(talk, REVIEWED)
    await talk.imagine(f'a fox --series "{" | ".join(f"it sees {one}" for one in range(12))}"')
    card = (await before_moderators(talk)).card
    (version,) = await talk.versions()
    assert len(version.images) > 10
    assert [one.asset for one in card.images[1:]] == [*version.images]
    assert card.images[0].name.startswith("sheet"), "all on one, as some chats show ten pictures"


async def test_an_edit_being_drawn_while_its_picture_is_removed_says_so_and_stays(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    (version,) = await talk.versions()
    talk.provider.gate = asyncio.Event()
    place = replace(CHANNEL, thread=talk.chat.posted[0].address.place.thread)
    await talk.doors.message(Message(new_id(), place, BOB, "make it night", id=new_id()))
    await until(lambda: talk.provider.paid == 2 or len(talk.provider.requests) == 2)
    await remove(talk.house.desk(talk.chat), version.id, who="cli", who_name="root", reason="no")
    talk.provider.gate.set()
    await talk.chat.settled()
    assert talk.chat.posted[0].card.images == ()
    assert len(talk.chat.posted[1].card.images) == 1
    await talk.reply("make it red")
    assert talk.provider.paid == 3, "the head is the edit"
