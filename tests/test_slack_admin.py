"""Slack: `/imagine-quota`, `/imagine-privacy`, `/imagine-admin` and its form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import admin, incoming
from adapters.slack.opened import Opened
from bot.models import Command, Place, Policy, User
from bot.policies import GROUPS, SETTINGS
from tests.drivers.slack import SlackDriver, open_slack_http
from tests.fakes.provider import FakeProvider
from tests.fakes.slack import CHANNEL, TEAM
from tests.harness import open_test_house
from tests.test_slack import Doorkeeper

HERE = Place("slack", TEAM, CHANNEL)
OPENED = Opened(CHANNEL)
BOSS = User("slack", "UBOSS", "boss", is_admin=True)


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors) as driver:
        await driver.promote("boss")
        yield driver


async def arrived(doors: Doorkeeper, count: int = 1) -> Command:
    command = (await doors.arrived(count))[-1]
    assert isinstance(command, Command)
    return command


def text(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


def submitted(view: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A form as Slack sends it, with these fields changed."""
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if "element" in block}
    state: dict[str, Any] = {}
    for name, element in elements.items():
        kept = element.get("initial_option") if element["type"] == "static_select" else element.get("initial_value")
        key = "selected_option" if element["type"] == "static_select" else "value"
        state[name] = {name: {"type": element["type"], key: values.get(name.replace("-", "_"), kept)}}
    return {"view": view | {"id": "V1", "state": {"values": state}}}


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "words"), [("quota", ""), ("privacy", "delete mine"), ("admin", "usage 30")])
async def test_each_command_reaches_the_core_under_its_name(
    slack: SlackDriver, doors: Doorkeeper, name: str, words: str
) -> None:
    await slack.run(name, words, "boss")
    command = await arrived(doors)
    assert (command.name, command.text, command.place) == (name, words, HERE)
    assert slack.world.views == []


async def test_a_mentioned_person_arrives_by_id_and_escapes_as_typed(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "ban @bob 2 days: <spam> & noise", "boss")
    assert (await arrived(doors)).text == "ban user:UBOB 2 days: <spam> & noise"


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("<#C1|general> <@U1|ann> <!subteam^S1|@crew> <!here>", "C1 user:U1 role:S1 here"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://x.example|x.example>", "x.example"),
        ("<> <", "<"),
    ],
)
def test_what_slack_marks_is_named_as_the_core_knows_it(typed: str, known: str) -> None:
    assert incoming.named(typed) == known


async def test_rank_is_looked_up_anew_for_every_admin_command(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "usage", "boss")
    assert (await arrived(doors)).user.is_admin
    slack.world.admins.clear()
    await slack.run("admin", "usage", "boss")
    assert not (await arrived(doors, 2)).user.is_admin, "who is no admin any more is none here"


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_words_an_admin_gets_the_form_with_what_is_set(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "", "boss")
    view = await slack.form(0)
    elements = {block["block_id"]: block["element"] for block in view["blocks"]}
    assert [one["value"] for one in elements["group"]["options"]] == list(GROUPS)
    assert elements["images-per-day"]["initial_value"] == "100"
    assert "initial_value" not in elements["limits"]
    assert doors.came == []


async def test_without_words_somebody_else_gets_the_cores_refusal(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "", "alice")
    command = await arrived(doors)
    assert (command.name, command.text, command.user.is_admin) == ("admin", "", False)
    assert slack.world.views == []


async def test_where_the_form_does_not_open_the_core_answers(slack: SlackDriver, doors: Doorkeeper) -> None:
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
    await slack.run("admin", "", "boss")
    assert (await arrived(doors)).text == ""


async def test_what_was_changed_and_nothing_else_is_set_in_order(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "", "boss")
    view = await slack.form(0)
    await slack.fill(
        view,
        "boss",
        **{
            "budgets": {"budgets": text("$50 a month\n$5 a day in C012")},
            "images-per-day": {"images-per-day": text("")},
        },
    )
    await arrived(doors, 2)
    assert [one.text for one in doors.came] == [
        "set images-per-day no limit",
        "set budgets $50 a month\n$5 a day in C012",
    ]
    assert len({one.event_id for one in doors.came}) == 2


async def test_another_group_is_shown_when_it_is_chosen(slack: SlackDriver) -> None:
    await slack.run("admin", "", "boss")
    view = await slack.form(0)
    state = {"group": {"group": {"type": "static_select", "selected_option": {"value": GROUPS[1]}}}}
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "UBOSS", "team_id": TEAM},
        "api_app_id": "A1",
        "trigger_id": "t9",
        "view": view | {"id": "V1", "type": "modal", "hash": "h1", "state": {"values": state}},
        "actions": [{"action_id": "group", "block_id": "group", "type": "static_select", "action_ts": "1"}],
    }
    await slack.interact(payload)
    again = await slack.form(1)
    names = [block["block_id"] for block in again["blocks"]]
    assert names == ["group", *(one.name for one in SETTINGS.values() if one.group == GROUPS[1])]


async def test_a_value_that_cannot_be_is_told_at_its_field_and_nothing_is_set(
    slack: SlackDriver, doors: Doorkeeper
) -> None:
    await slack.run("admin", "", "boss")
    view = await slack.form(0)
    payload = submitted(view, images_per_day="many", zone="Europe/Berlin")
    assert admin.errors(payload, Policy()) == {
        "images-per-day": "images-per-day is a whole number or `no limit`, not many."
    }
    await slack.fill(view, "boss", **{"images-per-day": {"images-per-day": text("many")}})
    await slack.run("quota", "", "boss")
    assert (await arrived(doors)).name == "quota", "the refused form sent nothing before"


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_fits_into_a_form_and_comes_back_unchanged(group: str) -> None:
    view = admin.view(Policy(), OPENED, group)
    assert len(view["private_metadata"]) < 3000
    assert len(view["blocks"]) <= 100
    assert admin.changes(submitted(view)["view"]) == {}


def test_a_value_too_long_for_the_form_is_not_cut_but_left_out() -> None:
    policy = Policy(blocked_terms=tuple(f"word{number}" for number in range(1000)))
    view = admin.view(policy, OPENED, "Moderation")
    (block,) = [one for one in view["blocks"] if one["block_id"] == "blocked-terms"]
    assert block["type"] == "section"
    assert "admin page" in block["text"]["text"]
    assert admin.changes(submitted(view)["view"]) == {}


def test_what_another_admin_changed_meanwhile_is_left_alone() -> None:
    payload = submitted(admin.view(Policy(), OPENED), zone="Europe/Berlin")
    assert [one.text for one in admin.commands(payload, TEAM, BOSS)] == ["set zone Europe/Berlin"]


@pytest.mark.parametrize(
    "metadata",
    ["", "[]", "x", '{"channel": "C1"}', '{"channel": "C1", "was": 3}', '{"channel": "C1", "was": {"no-such": "x"}}'],
)
def test_a_forged_form_sets_nothing(metadata: str) -> None:
    payload = submitted(admin.view(Policy(), OPENED), zone="Europe/Berlin")
    payload["view"]["private_metadata"] = metadata
    assert admin.commands(payload, TEAM, BOSS) == []
    assert admin.errors(payload, Policy()) == {}


async def test_an_admins_first_minutes_with_the_real_core(tmp_path: Path) -> None:
    """Open the form, set two things, see them said; then the bot refuses who is no admin."""
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_slack_http(house) as slack:
        await slack.promote("boss")
        await slack.run("admin", "", "boss")
        view = await slack.form(0)
        changed = {"images-per-day": {"images-per-day": text("7")}, "zone": {"zone": text("Europe/Berlin")}}
        await slack.fill(view, "boss", **changed)
        await slack.platform._open.finish()  # type: ignore[union-attr]  # what was acknowledged is done
        policy = await house.store.policy(TEAM)
        assert (policy.images_per_day, policy.zone) == (7, "Europe/Berlin")
        assert [one.target for one in await house.store.acts(what="policy")] == ["images-per-day", "zone"]
        assert all(one.who == "slack:UBOSS" for one in await house.store.acts(what="policy"))
        await slack.run("admin", "set images-per-day 1000", "alice")
        await slack.platform._open.finish()  # type: ignore[union-attr]
        assert "Only admins" in (await slack.seen("alice"))[-1].text
        assert (await house.store.policy(TEAM)).images_per_day == 7
        assert json.loads(view["private_metadata"])["channel"] == CHANNEL
