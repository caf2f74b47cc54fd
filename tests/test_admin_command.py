"""What admins and moderators type in a chat, what everybody else may not, and what the audit keeps of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from adapters.discord.text import told
from adapters.slack.blocks import card_blocks
from bot.cards import Card, Person, Tone
from bot.models import Ban, Budget, Command, Grant, Limit, Place, Policy, User, new_id
from tests.contracts.store_limits import unknown
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
                                  "", "show", "usage", "resolve x $0", "export", "add moderators user:U6",
                                  "remove limits 1 image a day", "unknown", "help"])  # fmt: skip
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
    assert card.title.startswith("Made in the last 7 days: 1 image, ")
    assert "Alice: 1 image, " in card.body
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


async def test_two_admins_add_to_and_take_from_one_list_at_the_same_moment(talk: Talk) -> None:
    await admin(talk, "set blocked-terms old, older")
    texts = ["add blocked-terms a", "add blocked-terms b, c", "remove blocked-terms old", "add moderators <@U1>",
             "add moderators <@U2>"]  # fmt: skip
    await asyncio.gather(*(talk.doors.command(Command(new_id(), CHANNEL, ADMIN, one, name="admin")) for one in texts))
    now = await policy(talk)
    assert set(now.blocked_terms) == {"older", "a", "b", "c"}
    assert set(now.moderators) == {"user:U1", "user:U2"}
    assert not (await talk.house.store.check_acts()).broken


async def test_a_part_of_a_list_is_named_as_it_is_shown_or_by_what_it_is_about(talk: Talk) -> None:
    await admin(talk, "add tiers <@&7>: n 2; quality low")
    await admin(talk, "add tiers <@&7>: n 4")
    await admin(talk, "add channels <#C1|art>: review on")
    await admin(talk, "add thresholds violence 0.4, hate 0.2")
    await admin(talk, "add limits 20/day for <@&7>; $5 a month")
    assert [(one.who, one.n, one.qualities) for one in (await policy(talk)).tiers] == [("role:7", 4, ())]
    gone = "“20 images a day”; there is: 20 images a day for role:7 | $5 a month."
    assert gone in (await admin(talk, "remove limits 20 images a day")).title
    for text in ("tiers <@&7>", "channels <#C1|art>", "thresholds violence", "limits 20 per day for role:7; $5/month"):
        assert (await admin(talk, f"remove {text}")).title == "Changed."
    assert await policy(talk) == Policy(thresholds=(("hate", 0.2),))


async def test_a_mistyped_word_gets_the_right_one(talk: Talk) -> None:
    assert "Did you mean grant?" in (await admin(talk, "grand <@U1> +20")).title
    assert "set images-per-day 20" in (await admin(talk, "images-per-day 20")).title
    assert "Did you mean zone?" in (await admin(talk, "set timezone UTC")).title
    assert "Copy member ID" in (await admin(talk, "add moderators @mo")).title
    assert "add limits" in (await admin(talk, "help")).body


async def test_answers_about_settings_say_nothing_of_charges(talk: Talk) -> None:
    for text, who in (("set review maybe", ADMIN), ("dance", ADMIN), ("set review on", ALICE), ("ban bob", ADMIN)):
        assert "charged" not in (await admin(talk, text, who)).title


async def test_a_setting_without_effect_yet_says_what_is_missing(talk: Talk) -> None:
    assert (await admin(talk, "set review on")).footer.startswith("Set review-channel as well")
    assert (await admin(talk, "set review-channel C1")).footer == ""


async def test_what_was_perhaps_billed_is_found_and_resolved_in_the_chat(talk: Talk) -> None:
    assert "nothing to resolve" in (await admin(talk, "unknown")).title
    lost = await unknown(talk.house.store, estimate=41_000)
    here = replace(CHANNEL, workspace=lost.place.workspace)
    card = await admin(talk, "unknown", place=here)
    assert lost.id in card.body
    assert "$0.041" in card.body
    assert "for example: resolve REQUEST $0.04" in (await admin(talk, "resolve", place=here)).title
    assert "stands at $0.04" in (await admin(talk, f"resolve {lost.id} $0.04", place=here)).title
    assert "There is no open request" in (await admin(talk, f"resolve {lost.id} $9", place=here)).title


async def test_what_was_added_to_a_long_list_is_told_and_not_cut_off(talk: Talk) -> None:
    many = ", ".join(f"word{number}" for number in range(60))
    assert "word0" in (await admin(talk, f"set blocked-terms {many}")).body
    assert (await admin(talk, "add blocked-terms goblin")).body == "blocked-terms: added goblin"
    assert (await admin(talk, "remove blocked-terms word7")).body == "blocked-terms: removed word7"
    for number in range(4):
        card = await admin(talk, f"add limits 5 images a day for user:U{number} in C012ABCDEFGH")
    assert card.body == "limits: added 5 images a day for user:U3 in C012ABCDEFGH"


async def test_a_list_with_semicolons_blocks_each_of_its_words(talk: Talk) -> None:
    """Discord's command tells people to put several in one line."""
    await admin(talk, "set blocked-terms goblin; /tr[;o]ll/; troll/ogre")
    assert (await policy(talk)).blocked_terms == ("goblin", "/tr[;o]ll/", "troll/ogre")
    await talk.imagine("a goblin dancing")
    assert talk.chat.posted == []


async def test_a_setting_says_how_to_change_and_how_to_clear_it(talk: Talk) -> None:
    shown = (await admin(talk, "show limits")).body
    assert "To change it: set limits … · add limits … · remove limits …\nTo clear it: set limits none" in shown
    assert "To clear it: set images-per-day no limit" in (await admin(talk, "show images-per-day")).body
    assert (await admin(talk, "show all")).title == "All settings"


@pytest.mark.parametrize(("typed", "says"), [("set", "Say which setting"), ("grant", "Say to whom and how much")])
async def test_a_command_without_words_says_what_is_missing(talk: Talk, typed: str, says: str) -> None:
    assert (await admin(talk, typed)).title.startswith(says)


async def test_people_and_channels_are_read_by_name_where_the_chat_knows_them(talk: Talk) -> None:
    await admin(talk, "add limits 5 images a day for <!subteam^S012ABCDE|@art> in <#C012ABCDE|art>")
    card = await admin(talk, "add limits 5 images a day for <@U012ABCDE>")
    slack = json.dumps(card_blocks(card))
    assert '{"type": "usergroup", "usergroup_id": "S012ABCDE"}' in slack
    assert '{"type": "user", "user_id": "U012ABCDE"}' in slack
    assert '{"type": "channel", "channel_id": "C012ABCDE"}' in slack
    card = await admin(talk, "ban <@123456789012345678> 2 days: <@U2> **said**")
    assert "<@123456789012345678>" in told(card.title, card.live, 2000)
    assert "<@U2>" not in told(card.title, card.live, 2000)
    assert told("role:5 in **x**", (Person("role:5", "5", is_role=True),), 2000) == "<@&5> in \\*\\*x\\*\\*"
    assert '"user"' not in json.dumps(card_blocks(await admin(talk, "ban user:bob 1 day: x")))
