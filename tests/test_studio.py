"""Conversations with the core: what is said, what is shown, what is paid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cards import Tone
from bot.models import Attachment, Kind, Message, Policy, ThreadMode
from tests.fakes.provider import png
from tests.talk import ALICE, BOB, CHANNEL, Talk


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
    assert [len(one) for one in talk.provider.inputs] == [2, 3]  # an edit takes the references of its version along
    assert (await talk.versions())[0].kind is Kind.GENERATE


async def test_a_file_that_is_no_picture_is_refused_before_anything_is_posted(talk: Talk) -> None:
    talk.chat.files["bad"] = b"<html>not a picture</html>"
    await talk.imagine("with this", attachments=(Attachment("notes.html", "bad"),))
    assert talk.chat.posted == []
    (_, card) = talk.chat.whispers[0]
    assert "notes.html" in card.title
    assert "Nothing was charged." in card.title


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


async def test_called_into_a_conversation_the_bot_answers_only_when_addressed(talk: Talk) -> None:
    human = replace(CHANNEL, thread="m0")
    await talk.doors.message(Message("e1", human, ALICE, "a red fox", id="m7", mentions_bot=True))
    await talk.chat.settled()
    assert "mention me" in talk.last.body
    await talk.doors.message(Message("e2", human, BOB, "I would make the budget smaller", id="m8"))
    await talk.doors.message(Message("e3", human, BOB, "make it night", id="m9", mentions_bot=True))
    await talk.chat.settled()
    assert [one.prompt for one in await talk.versions()] == ["a red fox", "make it night"]
    await talk.reply("and a moon", to=talk.chat.posted[-1])
    assert talk.provider.paid == 3, "a reply to the picture itself is addressed to us"
