"""Reported pictures, and pictures that moderators take away: gone everywhere, with a tombstone in every place."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import NotFound, PlatformProblem
from bot.models import Attachment, Command, Policy, Role, Standing, new_id
from bot.ports import Viewer, Wall
from bot.studio.removal import remove
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.moderators import (
    ADMIN,
    CAROL,
    DAVE,
    REPORTED,
    before_moderators,
    files_of,
    in_channel,
    labels,
    until,
    whispered,
    with_policy,
)
from tests.talk import ALICE, BOB, CHANNEL, Talk

# ── Reporting ────────────────────────────────────────────────────────────────────────────────────────────────────


async def reported(talk: Talk, on: Posted | None = None, who: object = BOB, words: str = "rude") -> Posted:
    """Somebody reports a picture; the moderators' card."""
    await talk.press("Report", on or talk.chat.posted[0], who, text=words)  # type: ignore[arg-type]
    return await before_moderators(talk, channel="moderators")


async def test_where_nobody_takes_reports_there_is_no_button(talk: Talk) -> None:
    await talk.imagine("a red fox")
    assert "Report" not in [one.label for one in talk.last.buttons]


@pytest.mark.parametrize("channel", ["report_channel", "review_channel", "admin_channel"])
async def test_a_report_reaches_the_moderators(talk: Talk, channel: str) -> None:
    await with_policy(talk, replace(Policy(), **{channel: "moderators"}))  # type: ignore[arg-type]
    await talk.imagine("a red fox")
    card = await reported(talk)
    assert whispered(talk).title == "Thank you. The moderators look at this picture."
    assert card.card.title == "A picture by Alice was reported by Bob."
    assert "Bob: rude" in card.card.body
    assert [one.url for one in card.card.links] == [f"https://chat.example/{talk.chat.posted[0].address.message}"]
    assert len(card.card.images) == 1
    assert [one.label for one in card.card.buttons] == ["Remove", "Remove with its words", "Dismiss"]
    assert await labels(talk) == ["report"]


async def test_reports_of_one_picture_come_together_and_each_person_counts_once(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await reported(talk)
    await reported(talk)
    await reported(talk, who=DAVE, words="")
    (card,) = in_channel(talk, "moderators")
    assert card.card.title == "A picture by Alice was reported by Bob, Dave."
    assert len([one for one in await labels(talk) if one == "report"]) == 2


async def test_a_dismissed_report_keeps_the_picture_and_is_not_asked_again(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    card = await reported(talk)
    await talk.press("Dismiss", card, CAROL)
    assert "kept by Carol" in card.card.title
    assert card.card.images == ()
    assert len(talk.chat.posted[0].card.images) == 1
    await reported(talk, who=DAVE)
    assert "looked at this picture before and kept it" in whispered(talk).title
    assert len(in_channel(talk, "moderators")) == 1


async def test_only_moderators_may_remove_and_nobody_dismisses_a_report_of_their_own(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox", CAROL)
    card = await reported(talk)
    await talk.press("Remove", card, BOB, text="mine now")
    assert "Only moderators and admins" in whispered(talk).title
    await talk.press("Dismiss", card, CAROL)
    assert "somebody else" in whispered(talk).title
    assert len(talk.chat.posted[0].card.images) == 1
    assert await labels(talk) == ["report", "refused", "refused"]


# ── Removing ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_removed_picture_is_gone_from_every_message_and_from_the_disk(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.reply("compare v1 v2")
    await talk.reply("undo")
    await talk.reply("show v1")
    await talk.reply("sheet")
    await talk.reply("refs add #1", to=talk.chat.posted[1])
    await talk.reply("export all")
    first, second = await talk.versions()
    holding = [one for one in talk.chat.posted if one is not talk.chat.posted[1]]
    assert all(one.card.images or one.card.files for one in holding)
    assert len(holding) == 7, [one.card.title for one in talk.chat.posted]
    card = await reported(talk)
    await talk.press("Remove", card, CAROL, text="shows our client")
    for message in [*holding, card]:
        assert (message.card.images, message.card.files) == ((), ()), message.card.title
    told = [one.card.title for one in holding]
    assert set(told) == {"This picture was removed by a moderator: shows our client."}
    assert all("a red fox" not in one.card.summary for one in holding)
    assert "removed by Carol" in card.card.title
    assert len(talk.chat.posted[1].card.images) == 1, "what was made from it stays"
    assert files_of(talk) == {*second.images}
    (gone, stays) = await talk.versions()
    assert (gone.standing, gone.hidden_why, gone.prompt) == (Standing.REMOVED, "shows our client", "a red fox")
    assert stays.parent == first.id
    assert await labels(talk) == ["report", "remove"]


async def test_nothing_brings_a_removed_picture_back(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    first = talk.chat.posted[0].history[-1]
    await talk.press("Remove", await reported(talk), CAROL, text="no")
    posted, paid = len(talk.chat.posted), talk.provider.paid
    for words in ("back to v1", "show v1", "v1: make it red", "compare v1 v2", "compare", "undo", "use #1 as style",
                  "export v1", "save v1 as @fox"):  # fmt: skip
        before = len(talk.chat.whispers)
        await talk.reply(words, BOB)
        assert len(talk.chat.whispers) == before + 1, words
    for button in first.buttons:
        talk.chat.posted[0].history.append(first)
        await talk.press(button.label, talk.chat.posted[0], BOB, text="make it red")
        assert "v1 was removed by a moderator" in whispered(talk).title, button.label
    assert (len(talk.chat.posted), talk.provider.paid) == (posted, paid)
    await talk.imagine("a red fox", BOB)
    assert talk.provider.paid == paid + 1, "it is not offered"


async def test_the_head_goes_back_to_what_is_left(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.press("Remove", await reported(talk, talk.chat.posted[1]), CAROL, text="no")
    assert await talk.head() == 1
    await talk.reply("make it a winter day")
    assert (await talk.versions())[2].parent == (await talk.versions())[0].id


async def test_what_was_picked_from_it_and_used_again_goes_with_it(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox --n 2")
    await talk.press("Pick 1", talk.chat.posted[0])
    picked = talk.chat.posted[-1]
    await talk.imagine("a red fox --n 2", BOB)
    offer = talk.chat.posted[-1]
    await talk.imagine("a red fox --n 2", DAVE)
    open_offer = talk.chat.posted[-1]
    await talk.press("Use this one", offer, BOB)
    assert len(offer.card.images) == 2
    viewer = Viewer(ALICE, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
    await talk.press("Remove", await reported(talk), CAROL, text="no")
    assert all(one.card.images == () for one in (picked, offer, open_offer, talk.chat.posted[0]))
    assert not files_of(talk)
    assert not await talk.house.store.shelf.search(viewer, Wall.CHANNEL)
    assert not await talk.house.store.shelf.search(viewer, Wall.CHANNEL, words="fox")
    open_offer.history.append(open_offer.history[0])
    await talk.press("Use this one", open_offer, DAVE)
    assert "removed" in whispered(talk).title


async def test_what_was_made_with_it_can_still_be_edited(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("make it night")
    await talk.reply("a wolf beside #1")
    assert len(talk.provider.inputs[-1]) == 2
    await talk.press("Remove", await reported(talk), CAROL, text="no")
    await talk.reply("make it red")
    assert talk.provider.paid == 4
    assert len(talk.provider.inputs[-1]) == 1, "without the picture that is gone"


async def test_its_names_and_stars_go_too(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("save as @fox")
    await talk.reply("star")
    await talk.press("Remove", await reported(talk), CAROL, text="no")
    assert not await talk.house.store.named(CHANNEL)
    viewer = Viewer(ALICE, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
    assert not await talk.house.store.shelf.search(viewer, Wall.STARRED)


async def test_its_words_are_deleted_where_a_moderator_asks_for_that(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("an unspeakable fox")
    await talk.press("Remove with its words", await reported(talk), CAROL, text="no")
    (version,) = await talk.versions()
    assert (version.prompt, version.sent) == ("", "")
    rows = sqlite3.connect(talk.house.folder / "retouch.db").execute("SELECT doc FROM job").fetchall()
    assert all("unspeakable" not in row[0] for row in rows)


async def test_an_uploaded_photo_goes_with_the_file_as_it_came(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    talk.chat.files["f"] = png(80, 80, (1, 2, 3))
    photo = Attachment("me.png", "f", role=Role.IMAGE)
    await talk.doors.command(Command(new_id(), CHANNEL, ALICE, "make it night", name="edit", attachments=(photo,)))
    await talk.chat.settled()
    upload, edit = await talk.versions()
    desk = talk.house.desk(talk.chat)
    await remove(desk, upload.id, who="cli", who_name="root", reason="a face")
    assert files_of(talk) == {*edit.images}


async def test_the_same_picture_of_another_workspace_stays(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    elsewhere = replace(CHANNEL, workspace="others", channel="x")
    talk.provider.requests.clear()  # it draws the same bytes again
    await talk.doors.command(Command(new_id(), elsewhere, BOB, "a red fox"))
    await talk.chat.settled()
    theirs = talk.chat.posted[1]
    await talk.press("Remove", await reported(talk), CAROL, text="no")
    assert len(files_of(talk)) == 1
    assert len(theirs.card.images) == 1
    assert theirs.card.images[0].path.exists()


async def test_removing_twice_or_at_once_is_done_once(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    card = await reported(talk)
    await asyncio.gather(*(talk.press("Remove", card, one, text="no") for one in (CAROL, DAVE, ADMIN)))
    assert [one for one in await labels(talk) if one == "remove"] == ["remove"]
    assert len([one for one in talk.chat.posted[0].history if "removed" in one.title]) == 1
    desk = talk.house.desk(talk.chat)
    (version,) = await talk.versions()
    assert await remove(desk, version.id, who="cli", who_name="root", reason="again") is None
    with pytest.raises(NotFound):
        await remove(desk, "nothing", who="cli", who_name="root", reason="again")


async def test_the_command_line_removes_and_the_running_bot_changes_the_messages(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    card = await reported(talk)
    (version,) = await talk.versions()
    removal = await remove(talk.house.desk(), version.id, who="cli", who_name="root", reason="by hand")
    assert removal
    assert not files_of(talk)
    assert len(talk.chat.posted[0].card.images) == 1
    await talk.house.stop()
    talk.house.studio(talk.chat)
    await until(lambda: "by hand" in talk.chat.posted[0].card.title)
    await until(lambda: "removed by root" in card.card.title)


async def test_a_removal_half_done_is_finished_after_a_restart(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await with_policy(talk, REPORTED)
        await talk.imagine("a red fox")
        await talk.reply("show v1")
        card = await reported(talk)
        chat.edit_fault = PlatformProblem("The chat is away.")
        await talk.press("Remove", card, CAROL, text="no")
        assert not files_of(talk)
        assert len(chat.posted[0].card.images) == 1, "nobody could change it yet"
        await house.restart()
        chat.edit_fault = None
        house.studio(chat)
        await until(lambda: all(one.card.images == () for one in chat.posted))
        (version,) = await talk.versions()
        async with asyncio.timeout(10):
            while not (await house.store.reviews.removal(version.id)).done:  # type: ignore[union-attr]
                await asyncio.sleep(0.01)


async def test_a_message_that_people_deleted_holds_nothing_up(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.reply("show v1")
    card = await reported(talk)
    talk.chat.gone.add(talk.chat.posted[0].address.message)
    await talk.press("Remove", card, CAROL, text="no")
    (version,) = await talk.versions()
    removal = await talk.house.store.reviews.removal(version.id)
    assert removal
    assert removal.done
    assert talk.chat.posted[1].card.images == ()


async def test_a_picture_removed_while_its_card_is_on_its_way_is_not_left_there(talk: Talk) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    (version,) = await talk.versions()
    desk = talk.house.desk(talk.chat)
    post = talk.chat.post

    async def slow(*args: object, **more: object) -> object:
        address = await post(*args, **more)  # type: ignore[arg-type]
        await remove(desk, version.id, who="cli", who_name="root", reason="no")
        return address

    talk.chat.post = slow  # type: ignore[method-assign,assignment]
    await talk.reply("show v1")
    await until(lambda: talk.chat.posted[-1].card.images == ())


@pytest.mark.parametrize("reason", ["x" * 5000, "<!channel> @everyone", "\u202egnorw", "a\n\nb"])
async def test_a_hostile_reason_is_one_short_line(talk: Talk, reason: str) -> None:
    await with_policy(talk, REPORTED)
    await talk.imagine("a red fox")
    await talk.press("Remove", await reported(talk), CAROL, text=reason)
    title = talk.chat.posted[0].card.title
    assert len(title) < 350
    assert not {"\n", "\u202e"} & {*title}
