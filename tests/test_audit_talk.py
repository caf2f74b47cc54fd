"""What people do to the workspace's named references stands in the audit."""

from __future__ import annotations

from dataclasses import replace

from bot.models import Attachment, Policy, now_ms
from bot.studio.privacy import purge
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


# ── What people wrote ────────────────────────────────────────────────────────────────────────────────────────────────

DAY = 86_400_000


async def refused(talk: Talk) -> None:
    """Alice and Bob each ask for what is not drawn here."""
    await talk.house.store.set_policy("team", Policy(blocked_terms=("bomb",), keep_prompts_days=30))
    await talk.imagine("a bomb for Quentin")
    await talk.imagine("a bomb for Rosalind", who=BOB)


async def noted(talk: Talk) -> list[str]:
    """The words beside the lines about refusals."""
    return [one.words for one in await talk.house.store.acts(what="refused")]


def on_disk(talk: Talk, words: str) -> bool:
    """Whether words are in any file of the database."""
    return any(words.encode() in path.read_bytes() for path in talk.house.store.folder.glob("retouch.db*"))


async def test_words_that_were_refused_go_with_the_prompts_and_the_chain_holds(talk: Talk) -> None:
    await refused(talk)
    store, now = talk.house.store, now_ms()
    dry = await purge(store, store.privacy, now=now + 31 * DAY, dry=True)
    assert (dry["team"].prompts, await noted(talk)) == (2, ["a bomb for Quentin", "a bomb for Rosalind"])
    await purge(store, store.privacy, now=now + 29 * DAY)
    assert "a bomb for Quentin" in await noted(talk), "these are not old enough"
    done = await purge(store, store.privacy, now=now + 31 * DAY)
    assert (done["team"].prompts, await noted(talk)) == (2, ["", ""])
    assert not on_disk(talk, "Quentin")
    check = await store.check_acts()
    assert (check.broken, check.let_go) == (0, 2)
    assert all(one.digest for one in await store.acts(what="refused")), "that there were words is still to be seen"


async def test_whoever_deletes_theirs_deletes_what_was_refused_and_nobody_elses(talk: Talk) -> None:
    await refused(talk)
    await talk.imagine("delete mine yes", name="privacy")
    assert await noted(talk) == ["", "a bomb for Rosalind"]
    assert not on_disk(talk, "Quentin")
    assert on_disk(talk, "Rosalind"), "this way of looking finds what is there"
    assert not (await talk.house.store.check_acts()).broken


async def test_a_line_says_where_somebody_was_and_what_they_were(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(blocked_terms=("bomb",)))
    await talk.imagine("a bomb", who=replace(ALICE, roles=frozenset({"R2", "R1"})))
    (act,) = await talk.house.store.acts(what="refused")
    assert (act.channel, act.roles) == ("general", "R1 R2")
