"""Pictures that go along: numbered ones of a thread, the tray of a version, a workspace's named references."""

from __future__ import annotations

from bot.models import Attachment, Kind, Role
from tests.fakes.provider import png
from tests.talk import ALICE, BOB, CHANNEL, Talk


async def test_every_picture_of_a_thread_has_a_number_and_can_be_named(talk: Talk) -> None:
    talk.chat.files["hat"] = png(colour=(200, 20, 20))
    await talk.imagine("a fox")
    assert talk.last.footer.startswith("#1 · ")
    await talk.reply("with this hat", attachments=(Attachment("hat.png", "hat"),))
    assert talk.last.footer.startswith("#3 · with hat.png · ")
    await talk.reply("v1: use #2 and #3 as style")
    assert [(one.name, one.role) for one in (await talk.versions())[-1].references] == [
        ("#2", Role.REFERENCE),
        ("#3", Role.STYLE),
    ]
    assert "Image 2: a reference (#2)." in talk.provider.requests[-1].prompt
    assert "Image 3: a reference for the style (#3)." in talk.provider.requests[-1].prompt


async def test_a_number_that_is_not_there_is_refused_before_anything_is_paid(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("use #7")
    assert talk.chat.whispers[-1][1].title.startswith("There is no picture #7 in this thread; the newest is #1.")
    assert len(await talk.versions()) == 1


async def test_a_numbered_picture_is_edited_wherever_it_is_in_the_tree(talk: Talk) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply("make it night")
    await talk.reply("#2: add a hat")
    edited = (await talk.versions())[-1]
    assert (edited.prompt, edited.parent_image) == ("add a hat", 2)
    assert edited.parent == (await talk.versions())[0].id
    await talk.reply("#9: bigger")
    assert "There is no picture #9" in talk.chat.whispers[-1][1].title


async def test_a_command_may_say_which_version_it_is_about(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("make it night")
    await talk.reply("add a hat")
    await talk.reply("v2: again")
    first, *_, again = await talk.versions()
    assert (again.prompt, again.parent) == ("make it night", first.id)
    await talk.reply("v9: again")
    assert talk.chat.whispers[-1][1].title.startswith("This thread has no v9.")


async def test_a_rank_is_not_a_picture(talk: Talk) -> None:
    await talk.imagine("a mug")
    await talk.reply("make it the #1 dad mug")
    assert (await talk.versions())[-1].references == ()


async def test_edit_vary_and_again_take_the_references_along(talk: Talk) -> None:
    talk.chat.files["hat"] = png(colour=(200, 20, 20))
    await talk.imagine("a fox", attachments=(Attachment("hat.png", "hat"),))
    for words in ("warmer", "vary", "again"):
        await talk.reply(words)
        assert [one.name for one in (await talk.versions())[-1].references] == ["hat.png"]


async def test_the_tray_adds_orders_gives_roles_and_removes(talk: Talk) -> None:
    talk.chat.files |= {"hat": png(colour=(200, 20, 20)), "logo": png(colour=(20, 200, 20))}
    await talk.imagine("a fox", attachments=(Attachment("hat.png", "hat"),))
    await talk.reply("refs add", attachments=(Attachment("sign.png", "logo"),))
    assert talk.last.title == "Alice added sign.png · 3/16"
    await talk.reply("refs #1 as style")
    await talk.reply("refs")
    assert talk.last.body.splitlines()[:3] == ["v1, the picture to change", "#1 hat.png, the style",
                                               "sign.png, a reference"]  # fmt: skip
    assert len(talk.last.images) == 1
    await talk.press("Remove #1 hat.png", talk.chat.posted[-1])
    await talk.reply("closer")
    assert [one.name for one in (await talk.versions())[-1].references] == ["sign.png"]


async def test_undo_brings_back_the_tray_of_the_version(talk: Talk) -> None:
    talk.chat.files["hat"] = png(colour=(200, 20, 20))
    await talk.imagine("a fox", attachments=(Attachment("hat.png", "hat"),))
    await talk.reply("refs clear")
    await talk.reply("closer")
    await talk.reply("v2: darker")
    assert [one.references for one in (await talk.versions())[1:]] == [(), ()]


async def test_a_named_reference_is_saved_used_and_deleted(talk: Talk) -> None:
    talk.chat.files["logo"] = png(colour=(20, 200, 20))
    await talk.imagine("add @Logo", name="ref", attachments=(Attachment("l.png", "logo"),))
    assert talk.chat.whispers[-1][1].title == "Saved as @logo, a logo."
    await talk.imagine("a mug with @logo")
    (made,) = await talk.versions()
    assert [(one.name, one.role) for one in made.references] == [("@logo", Role.LOGO)]
    await talk.imagine("delete @logo", who=ALICE, name="ref")
    await talk.reply("again")
    assert [one.name for one in (await talk.versions())[-1].references] == ["@logo"]
    await talk.reply("bigger with @logo")
    assert [one.name for one in (await talk.versions())[-1].references] == ["@logo"]  # of v2; the name is only text


async def test_only_who_added_it_deletes_a_name(talk: Talk) -> None:
    talk.chat.files["logo"] = png(colour=(20, 200, 20))
    await talk.imagine("add @logo", name="ref", attachments=(Attachment("l.png", "logo"),))
    await talk.imagine("delete @logo", who=BOB, name="ref")
    told = "Only who added it, or an admin, may delete named references here. Ask one of them."
    assert talk.chat.whispers[-1][1].title.startswith(told)
    assert [one.name for one in await talk.house.store.named(CHANNEL)] == ["logo"]


async def test_a_picture_of_the_thread_is_saved_by_a_name(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("save #1 as @fox for subject")
    assert talk.chat.whispers[-1][1].title == "Saved as @fox, the subject."
    await talk.reply("new: a den with @fox")
    version = (await talk.versions())[-1]
    assert (version.kind, [one.role for one in version.references]) == (Kind.GENERATE, [Role.SUBJECT])


async def test_a_slip_of_the_pen_in_a_name_is_asked_about(talk: Talk) -> None:
    talk.chat.files["logo"] = png(colour=(20, 200, 20))
    await talk.imagine("add @logo", name="ref", attachments=(Attachment("l.png", "logo"),))
    await talk.imagine("a mug with @lgoo")
    assert "Did you mean @logo?" in talk.chat.whispers[-1][1].title
    await talk.imagine("a poster for @summersale")
    assert talk.last.prompt == "a poster for @summersale"
