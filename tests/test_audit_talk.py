"""What people do to the workspace's named references stands in the audit."""

from __future__ import annotations

from bot.models import Attachment
from tests.fakes.provider import png
from tests.talk import ALICE, BOB, Talk

LOGO = (Attachment("l.png", "logo"),)


async def lines(talk: Talk) -> list[tuple[str, str, str]]:
    """(who, what, to what), in order."""
    return [(one.who, one.what, one.target) for one in await talk.house.store.acts(workspace="team", what="named")]


async def test_adding_and_deleting_a_named_reference_is_recorded_with_who_did_it(talk: Talk) -> None:
    talk.chat.files["logo"] = png()
    await talk.imagine("add @logo", name="ref", attachments=LOGO)
    await talk.imagine("delete @logo", name="ref")
    assert await lines(talk) == [("fake:U1", "named.add", "@logo"), ("fake:U1", "named.delete", "@logo")]
    added, deleted = await talk.house.store.acts(what="named")
    assert added.who_name == ALICE.name
    assert added.after == deleted.before != "", "the picture that was kept under the name"


async def test_saving_a_picture_of_a_thread_under_a_name_is_recorded(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("save as @fox", who=BOB)
    assert await lines(talk) == [("fake:U2", "named.add", "@fox")]


async def test_what_was_not_done_is_not_recorded(talk: Talk) -> None:
    talk.chat.files["logo"] = png()
    await talk.imagine("add @logo", name="ref", attachments=LOGO)
    await talk.imagine("delete @logo", who=BOB, name="ref")
    await talk.imagine("delete @nothing", name="ref")
    await talk.imagine("list", name="ref")
    await talk.imagine("add @logo", name="ref", attachments=LOGO)
    assert [what for _, what, _ in await lines(talk)] == ["named.add"]
    assert not (await talk.house.store.check_acts()).broken
