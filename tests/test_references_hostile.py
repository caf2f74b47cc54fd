"""References under pressure: two people at once, strangers, full trays, hostile names, deliveries that come twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.discord.incoming import DM
from bot.errors import PlatformProblem
from bot.models import Action, Attachment, Command, Kind, Place, Reference, User, Who, new_id
from bot.studio.gate import ALONE
from bot.studio.references import numbered, numbers_of
from storage.sqlite import SqliteStore, open_store
from tests.fakes.provider import png
from tests.talk import ALICE, BOB, CHANNEL, Talk


def picture(talk: Talk, name: str) -> tuple[Attachment, ...]:
    """A file that somebody sends, another one for every name."""
    shade = sum(name.encode()) % 200 + len(talk.chat.files)
    talk.chat.files[name] = png(colour=(shade, 255 - shade, 7))
    return (Attachment(name, name),)


async def tray(talk: Talk, to_version: str = "") -> list[str]:
    """What went along with one more edit."""
    await talk.reply(f"{to_version}closer")
    return [one.name for one in (await talk.versions())[-1].references]


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_picture_ever_gets_another_number(talk: Talk) -> None:
    await talk.imagine("add @logo", name="ref", attachments=picture(talk, "logo.png"))
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    home = talk.chat.posted[0].address.place
    known: dict[str, int] = {}
    steps: list[tuple[str, tuple[Attachment, ...]]] = [
        ("warmer --n 2", ()), ("pick 2", ()), ("use #2 and #4", ()), ("undo", ()), ("with @logo", ()),
        ("with this", picture(talk, "scarf.png")), ("v1: left half: blue", ()), ("refs clear", ()), ("vary", ()),
        ("once more with it", picture(talk, "scarf.png")), ("new: a whale", ()), ("again", ()), ("zoom out", ()),
    ]  # fmt: skip
    for words, files in steps:
        await talk.reply(words, attachments=files)
        thread = await talk.house.store.thread_at(home)
        assert thread
        numbers = await numbered(talk.house.desk(talk.chat), thread.id)
        assert known.items() <= numbers.items(), words
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
        known = numbers
    assert len(known) >= 12


async def test_a_panel_drawn_anew_has_its_own_number_on_the_card(talk: Talk) -> None:
    await talk.imagine("a fox --series one | two | three")
    assert talk.last.footer.startswith("#1–#3 · ")
    await talk.reply("redo panel 2")
    assert talk.last.footer.startswith("#1, #4, #3 · ")


async def test_the_numbers_of_a_long_thread_cost_one_look(talk: Talk) -> None:
    await talk.imagine("a fox")
    (first,) = await talk.versions()
    store = talk.house.store
    for number in range(300):
        await store.branch(replace(first, id=new_id(), parent=first.id, images=(f"{number:064x}",)))
    counting = Counting(store)
    desk = replace(talk.house.desk(talk.chat), store=counting)  # type: ignore[arg-type]
    assert await numbers_of(desk, (await talk.versions())[-1]) == "#301"
    assert counting.calls == ["versions"]


class Counting:
    """A store that writes down what it is asked."""

    def __init__(self, store: object) -> None:
        self._store = store
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> object:
        self.calls.append(name)
        return getattr(self._store, name)


# ── The tray ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_people_adding_at_the_same_moment_both_succeed(talk: Talk) -> None:
    await talk.imagine("a fox")
    names = [f"{number}.png" for number in range(8)]
    files = [picture(talk, name) for name in names]
    await asyncio.gather(
        *(talk.reply("refs add", (ALICE, BOB)[number % 2], attachments=file) for number, file in enumerate(files))
    )
    assert sorted(await tray(talk)) == names


async def test_two_processes_changing_one_tray_lose_nothing(talk: Talk, tmp_path: Path) -> None:
    await talk.imagine("a fox")
    (version,) = await talk.versions()
    other = await open_store(tmp_path)
    try:

        async def add(store: SqliteStore, name: str) -> None:
            await store.change_tray(version.id, lambda before: (*(before or ()), Reference(name)))

        await asyncio.gather(
            *(add(store, f"{number} {id(store)}") for number in range(20) for store in (talk.house.store, other))
        )
        assert len(await other.tray(version.id) or ()) == 40
    finally:
        await other.close()


async def test_a_refused_change_leaves_the_tray_as_it_was(talk: Talk) -> None:
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    for wrong in ("refs remove #2", "refs add #9", "refs remove @nobody", "refs add #2"):
        await talk.reply(wrong)
    assert [card.title.removesuffix(" Nothing was charged.") for _, card in talk.chat.whispers] == [
        "#2 is not among the references. Add it: refs add #2.",
        "There is no picture #9 in this thread; the newest is #2. Put it in quotation marks if it is text.",
        "There is no reference @nobody here. Type for example: refs add #3, refs remove @logo, refs #2 as style, "
        "refs first #4, refs clear. Send a picture with “refs add” to add it.",
        "#2 is the picture to change; it goes along anyway.",
    ]
    assert await tray(talk) == ["hat.png"]


async def test_numbers_and_names_may_stand_side_by_side(talk: Talk) -> None:
    await talk.imagine("add @logo", name="ref", attachments=picture(talk, "logo.png"))
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    await talk.reply("refs clear")
    await talk.reply("refs add #1 @logo")
    assert talk.last.title == "Alice added #1, @logo · 3/16"
    await talk.reply("refs first @logo #1")
    assert talk.last.body.splitlines()[1:3] == ["@logo, a logo", "#1, a reference"]


async def test_a_picture_sent_with_refs_alone_is_added(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("refs", attachments=picture(talk, "hat.png"))
    assert talk.last.title == "Alice added hat.png · 2/16"


async def test_what_is_no_picture_is_refused_and_the_tray_stays(talk: Talk) -> None:
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    talk.chat.files["notes.pdf"] = b"%PDF-1.7 nothing to see"
    await talk.reply("refs add", attachments=(Attachment("notes.pdf", "notes.pdf"),))
    assert talk.chat.whispers[-1][1].title.startswith("notes.pdf: This is a PDF; send a picture of the page")
    assert await tray(talk) == ["hat.png"]


async def test_a_full_tray_takes_no_more_and_each_picture_can_be_taken_out(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("refs add", attachments=tuple(picture(talk, f"{number}.png")[0] for number in range(15)))
    assert talk.last.title == "Alice added 0.png, 1.png, 2.png and 12 more · 16/16"
    full = talk.chat.posted[-1]
    assert len(full.card.buttons) == 15
    await talk.reply("refs add", attachments=picture(talk, "one-too-many.png"))
    told = "16 pictures together are the most, the one to change included. Take one out: refs remove #2."
    assert talk.chat.whispers[-1][1].title.startswith(told)
    await talk.press("Remove 14.png", full)
    await talk.press("Remove 14.png", full, BOB)
    assert talk.chat.whispers[-1][1].title.startswith("That picture is not among the references any more.")
    assert len(await tray(talk)) == 14


async def test_a_tray_and_a_file_that_are_too_many_together_are_refused_unpaid(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("refs add", attachments=tuple(picture(talk, f"{number}.png")[0] for number in range(15)))
    paid = talk.provider.paid
    await talk.reply("with this", attachments=picture(talk, "hat.png"))
    assert talk.chat.whispers[-1][1].title.startswith("17 pictures together are too many; 16 is the most.")
    assert talk.provider.paid == paid


@pytest.mark.parametrize("words", ["pick 2", "finalize", "zoom out"])
async def test_who_goes_on_with_a_picture_goes_on_with_its_tray(talk: Talk, words: str) -> None:
    await talk.imagine("a fox --n 2 --size 1024x1024" if words == "pick 2" else "a fox --size 1024x1024 --quality low")
    await talk.reply("refs add", attachments=picture(talk, "hat.png"))
    await talk.reply(words)
    assert (await talk.versions())[-1].kind in (Kind.PICK, Kind.FINAL, Kind.EXTEND)
    assert await tray(talk) == ["hat.png"]
    assert await tray(talk) == ["hat.png"]


async def test_a_tray_belongs_to_its_version_alone(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("warmer")
    await talk.reply("refs add", attachments=picture(talk, "hat.png"))
    assert await tray(talk, "v1: ") == []
    assert await tray(talk, "v2: ") == ["hat.png"]


async def test_words_of_a_variation_may_name_a_picture(talk: Talk) -> None:
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    await talk.imagine("add @logo", name="ref", attachments=picture(talk, "logo.png"))
    await talk.press("Vary", talk.chat.posted[0], text="with @logo")
    assert [one.name for one in (await talk.versions())[-1].references] == ["hat.png", "@logo"]


async def test_one_message_delivered_twice_at_once_is_answered_once(talk: Talk) -> None:
    await talk.imagine("a fox")
    files = picture(talk, "hat.png")
    await asyncio.gather(*(talk.reply("refs add", attachments=files, event_id="e1") for _ in range(4)))
    await asyncio.gather(*(talk.reply("refs remove #7", event_id="e2") for _ in range(4)))
    assert len(talk.chat.posted) == 2
    assert len(talk.chat.whispers) == 1


async def test_who_is_not_answered_in_the_thread_is_told_why(talk: Talk) -> None:
    await talk.imagine("a fox")
    talk.chat.post_fault = PlatformProblem("I may not write there. Invite me.")
    for words in ("refs", "undo", "show v1", "refs clear", "compare v1 v1"):
        await talk.reply(words)
    told = [card.title for _, card in talk.chat.whispers]
    assert len(told) == 5
    assert told[0].startswith("I may not write there. Invite me.")


async def test_a_name_of_a_file_cannot_break_the_card(talk: Talk) -> None:
    await talk.imagine("a fox")
    hostile = "<!channel> @everyone\n[x](javascript:1)" + "n" * 300 + ".png"
    await talk.reply("refs add", attachments=(replace(picture(talk, "h.png")[0], name=hostile),))
    (button,) = talk.last.buttons
    assert len(button.label) <= 60 and "\n" not in button.label
    assert len(button.id) <= 100
    assert all(len(line) < 90 for line in talk.last.body.splitlines()[:2])


# ── Named references ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["@everyone", "@here", "@channel", "@Here"])
async def test_a_name_that_calls_people_is_refused(talk: Talk, name: str) -> None:
    await talk.imagine(f"add {name}", name="ref", attachments=picture(talk, "x.png"))
    assert "calls people" in talk.chat.whispers[-1][1].title
    assert await talk.house.store.named(CHANNEL) == []


@pytest.mark.parametrize("name", ["../../etc", "lo go", "лого", "x" * 33, "-a", "<!here>", "lo\u200bgo", "#3"])
async def test_a_name_that_no_prompt_can_say_is_refused(talk: Talk, name: str) -> None:
    await talk.imagine(f"add @{name}", name="ref", attachments=picture(talk, "x.png"))
    assert talk.chat.whispers[-1][1].title.startswith("A name has up to 32 small letters")
    await talk.imagine("a fox")
    await talk.reply(f"save #1 as @{name}")
    assert await talk.house.store.named(CHANNEL) == []


async def test_upper_and_lower_case_are_one_name(talk: Talk) -> None:
    await talk.imagine("add @Logo", name="ref", attachments=picture(talk, "a.png"))
    await talk.imagine("add @LOGO", BOB, name="ref", attachments=picture(talk, "b.png"))
    assert talk.chat.whispers[-1][1].title.startswith("@logo is taken (added by Alice).")
    await talk.imagine("a mug with @LoGo")
    assert [one.name for one in (await talk.versions())[-1].references] == ["@logo"]


async def test_two_people_taking_one_name_at_once_cannot_both_have_it(talk: Talk) -> None:
    await asyncio.gather(
        *(
            talk.imagine("add @logo", who, name="ref", attachments=picture(talk, f"{who.id}.png"))
            for who in (ALICE, BOB)
        )
    )
    told = sorted(card.title.split(" (")[0] for _, card in talk.chat.whispers)
    assert told == ["@logo is taken", "Saved as @logo, a logo."]


async def test_saving_that_is_delivered_twice_at_once_says_saved(talk: Talk) -> None:
    await talk.imagine("a fox")
    await asyncio.gather(*(talk.reply("save #1 as @fox", event_id="e1") for _ in range(4)))
    command = Command("e2", CHANNEL, ALICE, "add @logo", "ref", attachments=picture(talk, "l.png"))
    await asyncio.gather(*(talk.doors.command(command) for _ in range(4)))
    assert [card.title for _, card in talk.chat.whispers] == ["Saved as @fox, a reference.", "Saved as @logo, a logo."]


async def test_strangers_who_talk_to_the_bot_alone_see_nothing_of_each_other(talk: Talk) -> None:
    """On Discord all direct messages are one workspace, "dm": its channel tells who it is."""
    here, there = (Place("fake", "dm", name) for name in ("alice-and-bot", "bob-and-bot"))
    await talk.imagine("add @face", ALICE, name="ref", place=here, attachments=picture(talk, "face.png"))
    for words in ("", "show @face", "delete @face"):
        await talk.imagine(words, BOB, name="ref", place=there)
    titles = [card.title.split(".")[0] for _, card in talk.chat.whispers]
    assert titles == [
        "Saved as @face, a reference", "No named references yet", "There is no reference @face",
        "There is no reference @face",
    ]  # fmt: skip
    await talk.imagine("a coin with @face", BOB, place=there)
    await talk.imagine("a coin with @face", ALICE, place=here)
    assert [len(one.images) for one in talk.provider.requests] == [0, 1]


def test_the_core_and_the_adapter_call_talking_alone_the_same() -> None:
    assert DM == ALONE


async def test_a_name_of_one_workspace_is_unknown_in_another(talk: Talk) -> None:
    await talk.imagine("add @logo", name="ref", attachments=picture(talk, "l.png"))
    await talk.imagine("a mug with @logo", place=Place("fake", "other team", "general"))
    assert talk.provider.requests[-1].images == ()


async def test_only_admins_may_add_where_policy_says_so(talk: Talk) -> None:
    policy = await talk.house.store.policy("team")
    await talk.house.store.set_policy("team", replace(policy, adds_references=Who.ADMINS))
    await talk.imagine("a fox")
    await talk.reply("save #1 as @fox")
    await talk.imagine("add @fox", name="ref", attachments=picture(talk, "f.png"))
    told = "Only admins may add named references here. Ask one of them."
    assert all(card.title.startswith(told) for _, card in talk.chat.whispers[-2:])
    await talk.reply("save #1 as @fox", User("fake", "U9", "Root", is_admin=True))
    assert [one.name for one in await talk.house.store.named(CHANNEL)] == ["fox"]


async def test_a_banned_word_is_no_name(talk: Talk) -> None:
    policy = await talk.house.store.policy("team")
    await talk.house.store.set_policy("team", replace(policy, blocked_terms=("secret project",)))
    await talk.imagine("add @secret-project", name="ref", attachments=picture(talk, "f.png"))
    assert await talk.house.store.named(CHANNEL) == []


async def test_a_button_from_another_workspace_changes_nothing(talk: Talk) -> None:
    await talk.imagine("a fox", attachments=picture(talk, "hat.png"))
    (version,) = await talk.versions()
    name = f"drop_{version.references[0].asset[:16]}"
    elsewhere = Place("fake", "other team", "general", "t1")
    await talk.doors.action(Action(new_id(), elsewhere, BOB, name, version.id))
    assert talk.chat.whispers[-1][1].title.startswith("That picture is gone.")
    assert await tray(talk) == ["hat.png"]
