"""`/imagine-quota`, `/imagine-privacy` and the group `/imagine-admin`."""

from __future__ import annotations

import discord
import pytest

from bot.models import Command
from bot.policies import SETTINGS
from tests.test_discord.scene import Scene


def asked(scene: Scene) -> Command:
    """The last thing the core was asked, which was a command."""
    assert isinstance(scene.last, Command)
    return scene.last


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
    assert await offered("value", "", setting="images-per-day") == []
    assert await offered("value", "x" * 100, setting="<@1>") == []
