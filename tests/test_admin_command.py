"""What admins and moderators type in a chat, what everybody else may not, and what the audit keeps of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.cards import Card, Tone
from bot.models import Ban, Budget, Command, Grant, Limit, Place, Policy, User, new_id
from tests.talk import ALICE, BOB, CHANNEL, Talk

ADMIN = replace(ALICE, id="U9", name="Ada", is_admin=True)
MO = replace(BOB, id="U5", name="Mo")
WEEK = Policy(moderators=("user:U5", "role:mods"))


async def admin(talk: Talk, text: str, who: User = ADMIN, **more: object) -> Card:
    """Type `/imagine-admin TEXT`; what is whispered."""
    told = len(talk.chat.whispers)
    command = Command(new_id(), CHANNEL, who, text, name="admin")
    await talk.doors.command(replace(command, **more))  # type: ignore[arg-type]
    assert len(talk.chat.whispers) == told + 1
    return talk.chat.whispers[-1][1]


async def policy(talk: Talk) -> Policy:
    return await talk.house.store.policy("team")


async def audit(talk: Talk) -> list[tuple[str, str, str, str, str]]:
    acts = await talk.house.store.acts(workspace="team")
    return [(one.who, one.what, one.target, one.before, one.after) for one in acts]


async def test_an_admin_changes_a_setting_and_it_counts_at_once(talk: Talk) -> None:
    card = await admin(talk, "set images-per-day 0")
    assert (card.tone, card.body) == (Tone.DONE, "images-per-day: 100 → 0")
    await talk.imagine("a fox")
    assert talk.chat.posted == []
    assert await audit(talk) == [
        ("fake:U9", "policy.set", "images-per-day", "100", "0"),
        *[one for one in await audit(talk) if one[1] == "refused"],
    ]


async def test_several_lines_are_one_value(talk: Talk) -> None:
    await admin(talk, "set limits\n20 images a day\n$5 a month for <@U1>")
    assert [one.who for one in (await policy(talk)).limits] == ["", "user:U1"]
    card = await admin(talk, "show limits")
    assert card.body.startswith("20 images a day\n$5 a month for user:U1\n")
    assert (await admin(talk, "set limits 20 images a day\n$5 a month for user:U1")).title.endswith("already.")
    assert len(await audit(talk)) == 1


@pytest.mark.parametrize("text", ["set", "set colour red", "set limits", "set limits many", "show colour", "grant",
                                  "grant bob +20 today", "ban <@U1>", "unban <@U1>", "usage many", "resolve x $1",
                                  "resolve", "dance", "<!channel>", "set limits " + "x" * 60_000, "\x00",
                                  "page"])  # fmt: skip
async def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(talk: Talk, text: str) -> None:
    card = await admin(talk, text)
    assert (await policy(talk), await audit(talk)) == (Policy(), [])
    assert len(card.title) < 900
    assert "went wrong" not in card.title


async def test_the_overview_says_what_is_set_and_how_far_budgets_are_used(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(moderation="low", budgets=(Budget(1_000_000),), zone="Asia/Tokyo"))
    await talk.imagine("a fox")
    await admin(talk, "grant <@U1> +20 images today")
    await admin(talk, "ban <@U2> for good: spam")
    card = await admin(talk, "")
    assert "Moderation: moderation low" in card.body
    assert "of $1 this month, " in card.body
    assert "$0 of" not in card.body
    assert "Grant: user:U1 +20 images until" in card.body
    assert "Banned: user:U2 for good: spam" in card.body
    assert (await admin(talk, "show")).body.startswith("images-per-day: 100\n")


@pytest.mark.parametrize("text", ["", "show", "set images-per-day 1000", "set moderators user:U1",
                                  "grant <@U1> +20 images today", "usage", "export", "page", "resolve x $0",
                                  "ban <@U2> 1 hour: x", "unban <@U2>", "dance"])  # fmt: skip
async def test_members_can_neither_see_nor_change_settings_and_the_attempt_is_kept(talk: Talk, text: str) -> None:
    card = await admin(talk, text, ALICE)
    assert card.tone is Tone.REFUSAL
    assert "Only admins" in card.title
    assert await policy(talk) == Policy()
    ((who, what, target, _, after),) = await audit(talk)
    assert (who, what, target, after) == ("fake:U1", "refused", "not an admin", text)


@pytest.mark.parametrize("text", ["set moderators user:U5, user:U6", "set images-per-day none", "grant <@U5> +9 today",
                                  "", "show", "usage", "resolve x $0", "export"])  # fmt: skip
async def test_moderators_cannot_raise_their_own_rights(talk: Talk, text: str) -> None:
    await talk.house.store.set_policy("team", WEEK)
    assert "Only admins" in (await admin(talk, text, MO)).title
    assert await policy(talk) == WEEK


async def test_a_moderator_by_id_or_role_bans_for_a_week_at_most(talk: Talk) -> None:
    await talk.house.store.set_policy("team", WEEK)
    by_role = replace(ALICE, id="U6", roles=frozenset({"mods"}))
    assert (await admin(talk, "ban <@U2> 7 days: spam", MO)).tone is Tone.DONE
    assert (await admin(talk, "unban <@U2>", by_role)).tone is Tone.DONE
    for words in ("8 days", "for good", ""):
        assert "at most 7 days" in (await admin(talk, f"ban <@U2> {words} spam", MO)).title
    assert (await policy(talk)).bans == ()
    assert [one[1] for one in await audit(talk)] == ["ban", "unban", "refused", "refused", "refused"]


async def test_a_moderator_neither_shortens_nor_ends_an_admins_ban(talk: Talk) -> None:
    await talk.house.store.set_policy("team", WEEK)
    await admin(talk, "ban <@U2> for good: spam")
    for text in ("ban <@U2> 1 hour: spam", "unban <@U2>"):
        assert "at most 7 days" in (await admin(talk, text, MO)).title
    assert [one.until for one in (await policy(talk)).bans] == [None]


async def test_a_moderator_bans_no_moderator_and_a_banned_one_nobody(talk: Talk) -> None:
    await talk.house.store.set_policy("team", replace(WEEK, moderators=("user:U5", "user:U6")))
    assert "cannot ban each other" in (await admin(talk, "ban <@U6> 1 hour: x", MO)).title
    assert "cannot ban or unban yourself" in (await admin(talk, "ban <@U5> 1 hour: x", MO)).title
    await admin(talk, "ban <@U5> 1 hour: enough")
    for text in ("ban <@U2> 1 hour: x", "unban <@U5>"):
        assert "banned here yourself" in (await admin(talk, text, MO)).title


async def test_a_banned_person_reads_why_and_until_when_and_may_again_afterwards(talk: Talk) -> None:
    assert "too far away" in (await admin(talk, "ban <@U1> until 2099-01-01: floods the channel")).title
    await admin(talk, "ban <@U1> 2 days: floods the channel")
    await talk.imagine("a fox")
    assert talk.chat.posted == []
    assert "floods the channel" in talk.chat.whispers[-1][1].title
    await admin(talk, "unban <@U1>")
    await talk.imagine("a fox")
    assert talk.last.tone is Tone.DONE


async def test_a_grant_is_added_to_the_limit(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=0, limits=(Limit(0, who="user:U2"),)))
    await talk.imagine("a fox")
    assert talk.chat.posted == []
    await admin(talk, "grant <@U1> +1 image today")
    await talk.imagine("a fox")
    await talk.imagine("a hen")
    assert len(talk.chat.posted) == 1
    assert [one[1:3] for one in await audit(talk) if one[1] == "grant"] == [("grant", "user:U1")]


async def test_a_command_that_arrives_twice_counts_once(talk: Talk) -> None:
    command = Command("e1", CHANNEL, ADMIN, "grant <@U1> +20 images today", name="admin")
    await asyncio.gather(*(talk.doors.command(command) for _ in range(5)))
    assert len((await policy(talk)).grants) == 1
    assert len(talk.chat.whispers) == 1
    assert len(await audit(talk)) == 1


async def test_two_admins_at_the_same_moment_lose_nothing(talk: Talk) -> None:
    texts = ["set review on", "set spoiler on", "set moderation low", "ban <@U1> 1 hour: x", "ban <@U2> 1 hour: x",
             "grant <@U1> +1 image today", "grant <@U2> +1 image today", "set in-flight 2"]  # fmt: skip
    commands = [Command(new_id(), CHANNEL, ADMIN, text, name="admin") for text in texts]
    await asyncio.gather(*(talk.doors.command(one) for one in commands))
    now = await policy(talk)
    assert (now.review, now.spoiler, now.moderation, now.in_flight) == (True, True, "low", 2)
    assert (len(now.bans), len(now.grants)) == (2, 2)
    assert len(await audit(talk)) == len(texts)
    assert not (await talk.house.store.check_acts()).broken


async def test_grants_and_bans_that_are_over_go_with_the_next_change(talk: Talk) -> None:
    over = Policy(grants=(Grant(5, 1, who="user:U1"),), bans=(Ban("user:U2", 1, "x", "cli"),))
    await talk.house.store.set_policy("team", over)
    await admin(talk, "set previews 1")
    assert await policy(talk) == Policy(previews=1)
    assert "is not banned" in (await admin(talk, "unban <@U2>")).title


async def test_alone_with_the_bot_there_is_no_workspace_to_set(talk: Talk) -> None:
    card = await admin(talk, "set review on", place=Place("fake", "dm", "D1"))
    assert "Ask again in one of its channels" in card.title
    assert await talk.house.store.policy("dm") == Policy()


async def test_usage_and_export_are_read_in_the_chat(talk: Talk) -> None:
    assert (await admin(talk, "usage")).title == "Nothing was made here in the last 30 days."
    await talk.imagine("a fox")
    card = await admin(talk, "usage 7")
    assert card.title.startswith("The last 7 days: 1 images")
    assert "Alice: 1 images" in card.body
    assert "images-per-day = 100" in (await admin(talk, "export")).body


async def test_people_with_links_get_the_page(talk: Talk) -> None:
    talk.house.url = "https://pictures.example.org"
    talk.doors = talk.house.studio(talk.chat)
    (link,) = (await admin(talk, "page")).links
    assert link.url.startswith("https://pictures.example.org/p/admin/")
    assert [one.label for one in (await admin(talk, "")).links] == [link.label]


async def test_a_huge_policy_still_fits_a_card(talk: Talk) -> None:
    many = tuple(f"term number {number}" for number in range(2000))
    limits = tuple(Limit(number, who=f"user:U{number}") for number in range(400))
    await talk.house.store.set_policy("team", Policy(blocked_terms=many, limits=limits))
    for text in ("", "show", "show limits", "show blocked-terms", "export", "set previews 1"):
        assert len((await admin(talk, text)).summary) < 4000
