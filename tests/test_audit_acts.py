"""Every act that an admin must be able to see afterwards, done through the surface people do it on, and its line."""

from __future__ import annotations

import asyncio
import getpass
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.errors import Refused
from bot.models import Act, Attachment, Place, Policy
from storage.sqlite import open_store
from tests.contracts.store_limits import unknown
from tests.fakes.provider import png
from tests.moderators import ADMIN, CAROL, REPORTED, REVIEWED, before_moderators
from tests.talk import ALICE, BOB, Talk
from tests.test_cli import retouch
from tests.test_pages_admin import BOSS, office_of

Line = tuple[str, str, str, str, str]  # who, what, target, before, after: patterns
SEVEN = "policy.set", "images-per-day", "100", "7"
LOGO = (Attachment("l.png", "logo"),)
TIME = r"until \d{4}-\d\d-\d\d \d\d:\d\d.*"


def fits(act: Act, line: Line) -> bool:
    """Whether a line of the audit is as expected; "V" is the id of a version."""
    patterns = [r"[a-z0-9]{6,}" if one == "V" else one for one in line]
    cells = (act.who, act.what, act.target, act.before, act.after)
    return all(re.fullmatch(pattern, cell) for pattern, cell in zip(patterns, cells, strict=True))


def check(acts: list[Act], *lines: Line) -> None:
    """These lines in this order, and no others."""
    told = [(one.who, one.what, one.target, one.before, one.after) for one in acts]
    assert len(acts) == len(lines), told
    for act, line in zip(acts, lines, strict=True):
        assert fits(act, line), (told, line)
        assert act.who_name
        assert act.at > 0


# ── In a chat ────────────────────────────────────────────────────────────────────────────────────────────────────


async def admin(talk: Talk, *lines: str) -> None:
    for text in lines:
        await talk.imagine(text, who=ADMIN, name="admin")


async def set_it(talk: Talk) -> None:
    await admin(talk, "set images-per-day 7", "set images-per-day 7", "set images-per-day many")


async def grant_it(talk: Talk) -> None:
    await admin(talk, "grant <@U2> +20 images today", "grant budget +$5 today")


async def ban_twice_and_end_it(talk: Talk) -> None:
    await admin(talk, "ban <@U2> 1 hour: spam", "ban <@U2> for good: spam", "unban <@U2>", "unban <@U2>")


async def resolve_it(talk: Talk) -> None:
    lost = await unknown(talk.house.store, place=Place("slack", "team", "C1"))
    await admin(talk, f"resolve {lost.id} $0.5", f"resolve {lost.id} $0.6")


async def try_to_be_an_admin(talk: Talk) -> None:
    await talk.imagine("set moderators user:U1", name="admin")
    await talk.imagine("ban <@U2> 1 hour: x", name="admin")


async def try_to_delete_what_is_not_yours(talk: Talk) -> None:
    await talk.imagine("add @logo", name="ref", attachments=LOGO)
    await talk.imagine("delete @logo", name="ref", who=BOB)


async def add_and_delete_a_reference(talk: Talk) -> None:
    await talk.imagine("add @logo", name="ref", attachments=LOGO)
    await talk.imagine("delete @logo", name="ref")


async def approve(talk: Talk) -> None:
    await talk.house.store.set_policy("team", REVIEWED)
    await talk.imagine("a fox")
    card = await before_moderators(talk)
    await talk.press("Approve", card, ALICE)
    await talk.press("Approve", card, CAROL)


async def reject(talk: Talk) -> None:
    await talk.house.store.set_policy("team", REVIEWED)
    await talk.imagine("a fox")
    await talk.press("Reject", await before_moderators(talk), CAROL, text="no foxes")


async def report_and_remove(talk: Talk) -> None:
    await talk.house.store.set_policy("team", REPORTED)
    await talk.imagine("a fox")
    picture = talk.chat.posted[0]
    await talk.press("Report", picture, BOB, text="my face")
    await talk.press("Remove", await before_moderators(talk, channel="moderators"), CAROL, text="a face")


async def report_and_dismiss(talk: Talk) -> None:
    await talk.house.store.set_policy("team", REPORTED)
    await talk.imagine("a fox")
    await talk.press("Report", talk.chat.posted[0], BOB, text="ugly")
    await talk.press("Dismiss", await before_moderators(talk, channel="moderators"), CAROL)


async def be_refused_until_slow(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(blocked_terms=("bomb",)))
    for _ in range(3):
        await talk.imagine("a bomb")


async def use_it_up(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=0))
    await talk.imagine("a fox")


async def be_refused_by_the_image_service(talk: Talk) -> None:
    talk.provider.faults = [Refused("It was refused.", category="violence", stage="prompt")]
    await talk.imagine("a fight")


async def watch(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(watched_terms=("dragon",)))
    await talk.imagine("a dragon")


async def export_and_delete_mine(talk: Talk) -> None:
    talk.house.url = "https://pictures.example"
    talk.doors = talk.house.studio(talk.chat)
    await talk.imagine("a fox")
    await talk.imagine("export", name="privacy")
    await talk.imagine("delete mine yes", name="privacy")


BOSS_LINE, AT_THIS = "fake:U9", "not an admin"
CHAT: dict[Callable[[Talk], Awaitable[None]], list[Line]] = {
    set_it: [(BOSS_LINE, *SEVEN)],
    grant_it: [(BOSS_LINE, "grant", "user:U2", "", rf"\+20 images {TIME}"),
               (BOSS_LINE, "grant", "budget", "", rf"\+\$5 {TIME}")],
    ban_twice_and_end_it: [(BOSS_LINE, "ban", "user:U2", "", f"{TIME}: spam"),
                           (BOSS_LINE, "ban", "user:U2", f"{TIME}: spam", "for good: spam"),
                           (BOSS_LINE, "unban", "user:U2", "for good: spam", "")],
    resolve_it: [(BOSS_LINE, "budget.resolve", "V", r"\$0\.\d+", r"\$0\.50?")],
    try_to_be_an_admin: [("fake:U1", "refused", AT_THIS, "", "set moderators user:U1"),
                         ("fake:U1", "refused", AT_THIS, "", "ban <@U2> 1 hour: x")],
    try_to_delete_what_is_not_yours: [("fake:U1", "named.add", "@logo", "", ".{64}"),
                                      ("fake:U2", "refused", "named references", "", "delete @logo")],
    add_and_delete_a_reference: [("fake:U1", "named.add", "@logo", "", ".{64}"),
                                 ("fake:U1", "named.delete", "@logo", ".{64}", "")],
    approve: [("fake:U1", "refused", "V", "review.approve", "Only .*"),
              ("fake:U3", "review.approve", "V", "waiting", "approved")],
    reject: [("fake:U3", "review.reject", "V", "waiting", "rejected: no foxes")],
    report_and_remove: [("fake:U2", "report", "V", "", ""), ("fake:U3", "remove", "V", "open", "removed: a face")],
    report_and_dismiss: [("fake:U2", "report", "V", "", ""), ("fake:U3", "report.dismiss", "V", "open", "dismissed")],
    be_refused_until_slow: [*[("fake:U1", "refused", "blocked term.*", "", "")] * 3,
                            ("bot", "slow", "fake:U1", "", TIME)],
    use_it_up: [("fake:U1", "refused", "over quota", "", "")],
    be_refused_by_the_image_service: [("fake:U1", "refused", "violence", "", "")],
    watch: [("fake:U1", "watched", "dragon", "", "")],
    export_and_delete_mine: [("fake:U1", "export", "fake:U1", "", ""),
                             ("fake:U1", "forget", "fake:U1", "", "1 pictures.*")],
}  # fmt: skip


@pytest.mark.parametrize("do", CHAT, ids=lambda one: one.__name__)
async def test_what_is_done_in_a_chat_has_its_line(talk: Talk, do: Callable[[Talk], Awaitable[None]]) -> None:
    talk.chat.files["logo"] = png()
    await do(talk)
    acts = list(await talk.house.store.acts(workspace="team"))
    check(acts, *CHAT[do])
    assert not (await talk.house.store.check_acts()).broken


# ── On the page ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_done_on_the_page_has_its_line(talk: Talk) -> None:
    async with office_of(talk.house, BOSS) as office:
        await office.post("set", name="images-per-day", value="7")
        for words in ("grant user:U2 +20 images today", "ban user:U2 1 hour: spam", "unban user:U2"):
            await office.post("do", words=words)
    check(
        list(await talk.house.store.acts(workspace="team")),
        ("fake:UBOSS", *SEVEN),
        ("fake:UBOSS", "grant", "user:U2", "", rf"\+20 images {TIME}"),
        ("fake:UBOSS", "ban", "user:U2", "", f"{TIME}: spam"),
        ("fake:UBOSS", "unban", "user:U2", f"{TIME}: spam", ""),
    )


# ── On the command line ──────────────────────────────────────────────────────────────────────────────────────────

CLI: list[tuple[tuple[str, ...], Line]] = [
    (("policy", "set", "images-per-day", "7"), ("cli", *SEVEN)),
    (("policy", "import", "p.toml", "--workspace", "T1", "--yes"),
     ("cli", "policy.set", "previews", "as installed", "1")),
    (("policy", "ban", "user:U2", "--reason", "spam"), ("cli", "ban", "user:U2", "", "for good: spam")),
    (("policy", "unban", "user:U2"), ("cli", "unban", "user:U2", "for good: spam", "")),
    (("quota", "grant", "user:U1", "$1", "--until", "tomorrow"), ("cli", "grant", "user:U1", "", rf"\+\$1 {TIME}")),
    (("budget", "resolve", "LOST", "$0.04", "--workspace", "T1"),
     ("cli", "budget.resolve", "V", r"\$0\.05\d*", r"\$0\.040?")),
    (("purge", "--workspace", "T1"), ("cli", "purge", "", "", "0 pictures, 1 prompts, 0 attachments")),
    (("backup", "copy"), ("cli", "backup", "copy", "", "")),
    (("audit", "export", "--json", "-o", "audit.jsonl"), ("cli", "audit.export", "audit.jsonl", "", "8 lines")),
]  # fmt: skip


async def _prepare(folder: Path) -> str:
    """A workspace with a request that was perhaps billed, long ago."""
    store = await open_store(folder / "data")
    lost = await unknown(store)
    await store.set_policy("T1", Policy(keep_prompts_days=1))
    await store.close()
    return lost.id


async def _read(folder: Path) -> list[Act]:
    store = await open_store(folder / "data")
    try:
        return list(await store.acts())
    finally:
        await store.close()


def test_what_is_done_on_the_command_line_has_its_line(tmp_path: Path) -> None:
    lost = asyncio.run(_prepare(tmp_path))
    (tmp_path / "p.toml").write_text("previews = 1\n")
    for words, _ in CLI:
        done = retouch(tmp_path, *(lost if one == "LOST" else one for one in words))
        assert done.returncode == 0, (words, done.stderr)
    acts = asyncio.run(_read(tmp_path))
    check(acts, *(line for _, line in CLI))
    assert {one.who_name for one in acts} == {getpass.getuser()}


# ── Together with what it is about ───────────────────────────────────────────────────────────────────────────────


async def test_an_outcome_is_not_resolved_without_its_line(talk: Talk) -> None:
    """One transaction: where the line cannot be written, the books stay as they were."""
    lost = await unknown(talk.house.store)

    def broken(booked: int) -> Act:
        raise RuntimeError(f"the line about {booked} cannot be made")

    with pytest.raises(RuntimeError):
        await talk.house.store.resolve_unknown(lost.id, 1, "cli", broken)
    (still,) = await talk.house.store.unknowns("T1")
    assert still.cost > 1


async def test_two_admins_who_resolve_at_once_each_say_what_stood_there_before(talk: Talk) -> None:
    store, lost = talk.house.store, await unknown(talk.house.store)

    def sign(cost: int) -> Callable[[int], Act]:
        return lambda booked: Act(1, "T1", "cli", "x", "budget.resolve", lost.id, str(booked), str(cost))

    costs = [10, 20, 30]
    await asyncio.gather(*(store.resolve_unknown(lost.id, cost, "cli", sign(cost)) for cost in costs))
    acts = await store.acts(what="budget")
    assert [one.before for one in acts[1:]] == [one.after for one in acts[:-1]], "each goes on from the one before"
