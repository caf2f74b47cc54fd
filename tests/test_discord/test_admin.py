"""`/imagine-quota`, `/imagine-privacy` and the group `/imagine-admin`."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands

from adapters.discord.admin import _Room as _Channel
from bot.models import Command, Limit, Policy
from bot.policies import SETTINGS
from tests.drivers.discord import DiscordDriver, open_simulation
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.test_discord.scene import Scene


def asked(scene: Scene) -> Command:
    """The last thing the core was asked, which was a command."""
    assert isinstance(scene.last, Command)
    return scene.last


async def everybody_sees_the_group(driver: DiscordDriver) -> None:
    """What a careless click in Server Settings › Integrations does."""
    with driver.env.time_context():
        fetched = await driver.platform.client.tree.fetch_commands()
    group = next(one for one in fetched if one.name == "imagine-admin")
    driver.guild.set_command_permissions(group, {driver.person("alice"): True})


@pytest.mark.parametrize(
    ("name", "words"), [("quota", ""), ("privacy", ""), ("privacy", "export"), ("privacy", "delete mine")]
)
async def test_everybody_may_ask_for_their_quota_and_what_is_kept_of_them(scene: Scene, name: str, words: str) -> None:
    await scene.driver.run(name, words)
    assert (asked(scene).name, asked(scene).text, asked(scene).user.is_admin) == (name, words, False)
    [seen] = await scene.driver.seen()
    assert seen.private


async def test_only_who_may_manage_the_server_is_offered_the_admin_commands(scene: Scene) -> None:
    await scene.driver.promote("boss")
    boss, alice = scene.driver.person("boss"), scene.driver.person("alice")
    offered = boss.available_commands(scene.driver.channel)
    assert {f"imagine-admin {one}" for one in ("show", "set", "grant", "ban", "unban", "usage", "page")} <= set(offered)
    assert not any("imagine-admin" in one for one in alice.available_commands(scene.driver.channel))
    tree = scene.driver.platform.client.tree
    sent = next(one.to_dict(tree) for one in tree.get_commands() if one.name == "imagine-admin")
    assert sent["default_member_permissions"] == discord.Permissions(manage_guild=True).value
    assert sent["contexts"] == [0], "settings belong to a server: not in direct messages"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", ""),
        ("show limits", "show limits"),
        ("set images-per-day 20", "set images-per-day 20"),
        ("set budgets $5 a day in <#123>; $50 a month", "set budgets $5 a day in 123; $50 a month"),
        ("set moderators <@12>, <@&34>", "set moderators user:12, role:34"),
        ("usage 7", "usage 7"),
        ("usage", "usage 30"),
        ("page", "page"),
    ],
)
async def test_each_admin_command_is_the_words_of_the_core(scene: Scene, words: str, text: str) -> None:
    await scene.driver.promote("boss")
    await scene.driver.run("admin", words, "boss")
    assert (asked(scene).name, asked(scene).text, asked(scene).user.is_admin) == ("admin", text, True)


async def test_people_are_named_by_their_ids(scene: Scene) -> None:
    await scene.driver.promote("boss")
    bob, boss = scene.driver.person("bob"), scene.driver.person("boss")
    here = scene.driver.channel
    await boss.slash(here, "imagine-admin grant", person=bob, amount="+20 images")
    assert asked(scene).text == f"grant user:{bob.id} +20 images today"
    await boss.slash(here, "imagine-admin ban", person=bob, reason="floods <#12>", **{"for": "7 days"})
    assert asked(scene).text == f"ban user:{bob.id} 7 days: floods 12"
    await boss.slash(here, "imagine-admin ban", person=bob, reason="2 many")
    assert asked(scene).text == f"ban user:{bob.id} for good: 2 many"
    await boss.slash(here, "imagine-admin unban", person=bob)
    assert asked(scene).text == f"unban user:{bob.id}"


async def test_settings_and_their_values_are_offered_while_typing(scene: Scene) -> None:
    await scene.driver.promote("boss")
    boss, here = scene.driver.person("boss"), scene.driver.channel

    async def offered(option: str, typed: str, **filled: str) -> list[str]:
        choices = await boss.autocomplete(here, "imagine-admin set", option, typed, **filled)
        return [one["value"] for one in choices]

    every = await offered("setting", "")
    assert every == list(SETTINGS)[:25]
    assert (await offered("setting", "prompts"))[0] == "keep-prompts-days"
    assert await offered("setting", "no such") == []
    assert await offered("value", "", setting="precheck") == ["off", "open", "closed"]
    assert await offered("value", "C", setting="precheck") == ["closed"]
    assert await offered("value", "", setting="images-per-day") == ["100", "no limit"]
    assert await offered("value", "x" * 100, setting="<@1>") == []


async def test_what_stands_in_a_list_is_offered_to_who_may_change_it_and_to_nobody_else(scene: Scene) -> None:
    scene.doors.policy = Policy(
        moderators=("user:12", "role:34"),
        blocked_terms=("a, b", "x" * 200),
        limits=(Limit(20), Limit(5, who="role:34")),
        zone="Europe/Berlin",
    )
    await scene.driver.promote("boss")
    boss, alice, here = scene.driver.person("boss"), scene.driver.person("alice"), scene.driver.channel

    async def offered(command: str, setting: str, who: Any = boss) -> list[str]:
        found = await who.autocomplete(here, f"imagine-admin {command}", "value", "", setting=setting)
        return [one["value"] for one in found]

    assert await offered("remove", "moderators") == ["user:12", "role:34"]
    assert await offered("remove", "limits") == ["20 images a day", "5 images a day for role:34"]
    assert await offered("remove", "blocked-terms") == ['"a, b"'], "a word too long to choose is typed"
    assert await offered("remove", "zone") == ["Europe/Berlin"]
    assert await offered("set", "moderators") == ["user:12, role:34", "none"], "what is set is there to be changed"
    assert await offered("set", "limits") == ["none"]
    await everybody_sees_the_group(scene.driver)
    assert await offered("remove", "moderators", alice) == []


async def test_roles_people_and_channels_are_picked(scene: Scene) -> None:
    await scene.driver.promote("boss")
    bob, boss, here = scene.driver.person("bob"), scene.driver.person("boss"), scene.driver.channel
    crew = scene.driver.guild.create_role("crew")

    async def typed(command: str, **options: Any) -> str:
        await boss.slash(here, f"imagine-admin {command}", **options)
        return asked(scene).text

    assert await typed("moderator", who=bob) == f"add moderators user:{bob.id}"
    assert await typed("moderator", who=crew, stop=True) == f"remove moderators role:{crew.id}"
    assert await typed("channel", what="Reports of pictures go there", channel=here) == f"set report-channel {here.id}"
    assert await typed("channel", what="No pictures there", channel=here) == f"add channels-denied {here.id}"
    assert await typed("limit", amount="20", per="a day", who=crew) == f"add limits 20 images a day for role:{crew.id}"
    limit = await typed("limit", amount="$5", per="any 24 hours", who=bob, channel=here)
    assert limit == f"add limits $5 per rolling day for user:{bob.id} in {here.id}"
    assert await typed("limit", amount="no limit of images", per="an hour") == "add limits no limit of images an hour"
    assert await typed("budget", amount="20", channel=here) == f"grant budget +$20 in {here.id} today"
    assert await typed("budget", amount="$20", until="this month") == "grant budget $20 this month"
    assert await typed("add", setting="blocked-terms", value=f"<@{bob.id}>") == f"add blocked-terms user:{bob.id}"


async def test_a_command_that_an_old_client_still_shows_says_what_to_do(scene: Scene) -> None:
    await scene.driver.promote("boss")
    error = app_commands.TransformerError("x", discord.AppCommandOptionType.string, _Channel())
    said: list[str] = []

    class Response:
        async def send_message(self, *, view: discord.ui.LayoutView, ephemeral: bool) -> None:
            said.extend(part.content for part in view.walk_children() if isinstance(part, discord.ui.TextDisplay))
            assert ephemeral

    interaction = SimpleNamespace(response=Response())
    await scene.driver.platform.client._unfit(interaction, error)  # type: ignore[arg-type]
    assert "Reload Discord" in said[0]


def test_a_forum_is_nowhere_that_moderators_can_be_told(scene: Scene) -> None:
    tree = scene.driver.platform.client.tree
    group = next(one.to_dict(tree) for one in tree.get_commands() if one.name == "imagine-admin")
    options = {
        command["name"]: {one["name"]: one for one in command.get("options", [])} for command in group["options"]
    }
    forum = discord.ChannelType.forum.value
    assert forum not in options["channel"]["channel"]["channel_types"]
    assert forum in options["limit"]["channel"]["channel_types"]


def test_the_group_stays_within_what_discord_takes(scene: Scene) -> None:
    tree = scene.driver.platform.client.tree
    group = next(one.to_dict(tree) for one in tree.get_commands() if one.name == "imagine-admin")
    assert len(group["options"]) <= 25
    texts = [group["name"], group["description"]]
    for command in group["options"]:
        texts += [command["name"], command["description"]]
        for option in command.get("options", []):
            texts += [option["name"], option["description"]]
            for choice in option.get("choices", []):
                texts += [choice["name"], choice["value"]]
    assert sum(map(len, texts)) <= 8000
    assert max(map(len, texts)) <= 100


# ── with the real core ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admins_first_minutes_with_the_real_core(tmp_path: Path) -> None:
    """Every command says something the core understands, and nobody types an id."""
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as discord_,
    ):
        await discord_.promote("boss")
        boss, bob, here = discord_.person("boss"), discord_.person("bob"), discord_.channel
        crew = discord_.guild.create_role("crew")

        async def told(command: str, **options: Any) -> str:
            await boss.slash(here, f"imagine-admin {command}", **options)
            return (await discord_.seen("boss"))[-1].text

        await told("set", setting="images-per-day", value="20")
        await told("set", setting="budgets", value="$50 a month")
        await told("limit", amount="5", per="a day", who=crew, channel=here)
        await told("add", setting="blocked-terms", value="goblin")
        await told("set", setting="review", value="on")
        await told("channel", what="Pictures wait there for moderators", channel=here)
        await told("moderator", who=bob)
        await told("moderator", who=crew)
        await told("moderator", who=crew, stop=True)
        await told("ban", person=bob, reason="floods the channel", **{"for": "1 day"})
        await told("grant", person=bob, amount="+20 images")
        await told("budget", amount="20", until="this month")
        policy = await house.store.policy(str(discord_.guild.id))
        assert (policy.images_per_day, policy.review, policy.review_channel) == (20, True, str(here.id))
        assert policy.limits == (Limit(5, who=f"role:{crew.id}", where=str(here.id)),)
        assert (policy.blocked_terms, policy.moderators) == (("goblin",), (f"user:{bob.id}",))
        assert [one.who for one in policy.bans] == [f"user:{bob.id}"]
        assert [one.amount for one in policy.grants] == [20, 20_000_000]
        assert "Nothing was made here" in await told("usage")
        assert "goblin" in await told("show")


async def test_who_sees_the_group_by_an_override_still_changes_nothing(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as discord_,
    ):
        alice, bob, here = discord_.person("alice"), discord_.person("bob"), discord_.channel
        await everybody_sees_the_group(discord_)
        await alice.slash(here, "imagine-admin set", setting="images-per-day", value="1000000")
        await alice.slash(here, "imagine-admin moderator", who=alice)
        await alice.slash(here, "imagine-admin grant", person=alice, amount="+1000 images")
        await alice.slash(here, "imagine-admin ban", person=bob, reason="because")
        await alice.slash(here, "imagine-admin page")
        answers = [seen.text for seen in await discord_.seen()]
        assert len(answers) == 5
        assert all(text.startswith("Only admins") for text in answers)
        assert await house.store.policy(str(discord_.guild.id)) == Policy()


async def test_hostile_words_in_an_answer_to_an_admin_are_read_and_never_obeyed(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as discord_,
    ):
        await discord_.promote("boss")
        boss, bob, here = discord_.person("boss"), discord_.person("bob"), discord_.channel
        hostile = "@everyone <@&1> [x](https://evil.example) ||s|| **b** \u202egnp user:1"
        await boss.slash(here, "imagine-admin ban", person=bob, reason=hostile)
        [answer] = [one for one in here.history(viewer=boss) if one.flags.ephemeral]
        raw = "".join(part.content for part in answer.components[0].children if isinstance(part, discord.TextDisplay))
        assert f"<@{bob.id}>" in raw, "the one who is banned is named"
        sent = [one.json for one in discord_.env.http_requests if one.method == "PATCH" and "@original" in one.path]
        assert sent[-1] and sent[-1]["allowed_mentions"] == {"parse": []}, "and hears nothing of it"
        assert not re.search(r"(?<!\\)(@everyone|<@&|\]\(|\|\||\*\*b)", raw.replace("**", "", 1))
