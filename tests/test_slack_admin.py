"""Slack: `/imagine-quota`, `/imagine-privacy`, `/imagine-admin` and its form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import admin, incoming
from adapters.slack.opened import Opened
from adapters.slack.people import Groups
from bot.cards import Card, Person
from bot.models import Command, Place, Policy, User
from bot.policies import GROUPS, SETTINGS
from tests.drivers.slack import SlackDriver, as_opened, open_slack_http
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
    """A form as Slack sends it, with these fields changed: words, or what an element reports."""
    state = as_opened(view)
    for name, value in values.items():
        block = name.replace("_", "-")
        (element,) = state[block].values()
        element |= value if isinstance(value, dict) else {"value": value}
    return {"view": view | {"id": "V1", "state": {"values": state}}}


def elements(view: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form by their names."""
    return {block["block_id"]: block["element"] for block in view["blocks"] if "element" in block}


def changed(policy: Policy, group: str, groups: Groups | None = None, **values: Any) -> dict[str, str]:
    """What a form sends when these fields of it are changed."""
    return admin.changes(submitted(admin.view(policy, OPENED, group, groups=groups), **values)["view"])


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
    fields = elements(view)
    assert [one["value"] for one in fields["group"]["options"]] == list(GROUPS)
    assert fields["images-per-day"]["initial_value"] == "100"
    assert "initial_value" not in fields["limits"]
    assert doors.came == []


async def test_without_words_somebody_else_gets_the_cores_refusal(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.run("admin", "", "alice")
    command = await arrived(doors)
    assert (command.name, command.text, command.user.is_admin) == ("admin", "", False)
    assert slack.world.views == []


async def test_where_the_form_does_not_open_the_core_answers(slack: SlackDriver, doors: Doorkeeper) -> None:
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}] * 2
    await slack.run("admin", "", "boss")
    assert (await arrived(doors)).text == ""


async def test_what_was_changed_and_nothing_else_is_one_command(slack: SlackDriver, doors: Doorkeeper) -> None:
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
    command = await arrived(doors)
    assert (command.name, command.text) == ("admin", "set")
    assert command.flags == {"images-per-day": "no limit", "budgets": "$50 a month\n$5 a day in C012"}


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
    assert names == ["group", *(one.name for one in SETTINGS.values() if one.group == GROUPS[1]), "words"]


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
    assert changed(Policy(), "Limits", zone="Europe/Berlin") == {"zone": "Europe/Berlin"}


def test_what_two_admins_change_at_once_is_not_overwritten() -> None:
    """The second to press Save would take away what the first added."""
    form = admin.view(Policy(blocked_terms=("goblin",)), OPENED, "Moderation")
    payload = submitted(form, blocked_terms="goblin, troll")
    assert admin.errors(payload, Policy(blocked_terms=("goblin",))) == {}
    assert admin.errors(payload, Policy(blocked_terms=("goblin", "orc"))) == {"blocked-terms": admin.MEANWHILE}
    assert admin.errors(payload, Policy(blocked_terms=("goblin",), precheck="open")) == {}


@pytest.mark.parametrize(
    "metadata",
    ["", "[]", "x", '{"channel": "C1"}', '{"channel": "C1", "was": 3}', '{"channel": "C1", "was": {"no-such": "x"}}'],
)
def test_a_forged_form_sets_nothing(metadata: str) -> None:
    payload = submitted(admin.view(Policy(), OPENED), zone="Europe/Berlin")
    payload["view"]["private_metadata"] = metadata
    assert admin.command(payload, TEAM, BOSS) is None
    assert admin.errors(payload, Policy()) == {}


async def test_a_form_with_one_setting_that_another_admin_made_impossible_sets_nothing(tmp_path: Path) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_slack_http(house) as slack:
        boss = User("slack", "UBOSS", "boss", is_admin=True)
        flags = {"images-per-day": "7", "zone": "Nowhere/Land"}
        await house.studio(slack.platform).command(Command("e1", HERE, boss, "set", name="admin", flags=flags))
        assert await house.store.policy(TEAM) == Policy()


def test_what_may_not_be_together_is_told_in_the_form() -> None:
    payload = submitted(admin.view(Policy(disclosure_required=True), OPENED, "Pictures and threads"), disclosure="")
    assert list(admin.errors(payload, Policy(disclosure_required=True))) == ["disclosure"]


# ── Slack's own lists ────────────────────────────────────────────────────────────────────────────────────────────────

CREW = Groups({"S1": "crew", "S2": "art"}, {"UBOB": frozenset({"S1"})})
REVIEW, WHERE = "Review and reports", "Where and who"


def test_channels_people_and_groups_are_picked_not_typed() -> None:
    review = elements(admin.view(Policy(review_channel="C012"), OPENED, REVIEW, groups=CREW))
    assert (review["review-channel"]["type"], review["review-channel"]["initial_conversation"]) == (
        "conversations_select", "C012")  # fmt: skip
    assert review["moderators"]["type"] == "multi_users_select"
    assert [one["text"]["text"] for one in review["moderators-groups"]["options"]] == ["@crew", "@art"]
    where = elements(admin.view(Policy(), OPENED, WHERE, groups=CREW))
    kinds = {name: where[name]["type"] for name in ("channels-allowed", "roles-allowed", "denied", "denied-groups")}
    assert kinds == {"channels-allowed": "multi_conversations_select", "roles-allowed": "multi_static_select",
                     "denied": "multi_users_select", "denied-groups": "multi_static_select"}  # fmt: skip


def test_what_is_picked_is_named_as_the_core_knows_it() -> None:
    assert changed(Policy(), REVIEW, CREW, report_channel={"selected_conversation": "C9"}) == {"report-channel": "C9"}
    people = {"moderators": {"selected_users": ["UBOB", "UANN"]},
              "moderators_groups": {"selected_options": [{"value": "role:S2"}]}}  # fmt: skip
    assert changed(Policy(), REVIEW, CREW, **people) == {"moderators": "user:UBOB, user:UANN, role:S2"}
    channels = {"channels_denied": {"selected_conversations": ["C1", "C2"]}}
    assert changed(Policy(), WHERE, CREW, **channels) == {"channels-denied": "C1, C2"}
    nobody = changed(Policy(roles_allowed=("role:S1",)), WHERE, CREW, roles_allowed={"selected_options": []})
    assert nobody == {"roles-allowed": "none"}


def test_the_order_in_which_slack_lists_them_is_no_change() -> None:
    policy = Policy(moderators=("role:S1", "user:UBOB", "user:UANN"), channels_denied=("C2", "C1"))
    backwards = {"selected_users": ["UANN", "UBOB"]}
    assert changed(policy, REVIEW, CREW, moderators=backwards) == {}
    assert changed(policy, WHERE, CREW, channels_denied={"selected_conversations": ["C1", "C2"]}) == {}


@pytest.mark.parametrize(
    "policy",
    [
        Policy(moderators=("role:GONE",)),
        Policy(moderators=("user:12345",)),
        Policy(review_channel="general", moderators=tuple(f"user:U{number:03}" for number in range(101))),
    ],
)
def test_what_no_list_has_is_typed_and_nothing_of_it_is_lost(policy: Policy) -> None:
    fields = elements(admin.view(policy, OPENED, REVIEW, groups=CREW))
    assert fields["moderators"]["type"] == "plain_text_input"
    assert changed(policy, REVIEW, CREW) == {}


async def test_where_slack_refuses_the_lists_everything_is_typed(slack: SlackDriver, doors: Doorkeeper) -> None:
    """A channel that was deleted cannot be chosen at first: Slack refuses the whole form."""
    slack.world.faults["views.open"] = [{"ok": False, "error": "invalid_arguments"}]
    await slack.run("admin", "", "boss")
    assert elements(await slack.form(0))["images-per-day"]["initial_value"] == "100"
    assert doors.came == []


async def test_missing_user_groups_are_told_to_who_sets_rules_for_them(slack: SlackDriver) -> None:
    slack.world.faults["usergroups.list"] = [{"ok": False, "error": "missing_scope", "needed": "usergroups:read"}]
    await slack.run("admin", "", "boss")
    notes = [block["elements"][0]["text"] for block in (await slack.form(0))["blocks"] if block["type"] == "context"]
    assert "usergroups:read" in notes[0]
    assert "grant @person" in notes[-1]


async def test_a_form_of_somebody_who_is_no_admin_any_more_sets_nothing(tmp_path: Path) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_slack_http(house) as slack:
        await slack.promote("boss")
        await slack.run("admin", "", "boss")
        view = await slack.form(0)
        slack.world.admins.clear()
        await slack.fill(view, "boss", **{"images-per-day": {"images-per-day": text("7")}})
        await slack.platform._open.finish()  # type: ignore[union-attr]
        assert (await house.store.policy(TEAM)).images_per_day == 100
        assert "Only admins" in (await slack.seen("boss"))[-1].text


async def test_an_admins_first_minutes_with_the_real_core(tmp_path: Path) -> None:
    """Open the form, set two things, see them said; then the bot refuses who is no admin."""
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_slack_http(house) as slack:
        await slack.promote("boss")
        await slack.run("admin", "", "boss")
        view = await slack.form(0)
        fields = {"images-per-day": {"images-per-day": text("7")}, "zone": {"zone": text("Europe/Berlin")}}
        await slack.fill(view, "boss", **fields)
        await slack.platform._open.finish()  # type: ignore[union-attr]  # what was acknowledged is done
        policy = await house.store.policy(TEAM)
        assert (policy.images_per_day, policy.zone) == (7, "Europe/Berlin")
        assert [one.target for one in await house.store.acts(what="policy")] == ["images-per-day", "zone"]
        assert all(one.who == "slack:UBOSS" for one in await house.store.acts(what="policy"))
        (told,) = [one for one in await slack.seen("boss") if one.private]
        assert "images-per-day: 100 → 7" in told.text
        assert "zone: UTC → Europe/Berlin" in told.text, "one answer to one form"
        await slack.run("admin", "set images-per-day 1000", "alice")
        await slack.platform._open.finish()  # type: ignore[union-attr]
        assert "Only admins" in (await slack.seen("alice"))[-1].text
        assert (await house.store.policy(TEAM)).images_per_day == 7
        assert json.loads(view["private_metadata"])["channel"] == CHANNEL


async def test_hostile_words_in_an_answer_to_an_admin_are_read_and_never_obeyed(tmp_path: Path) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, open_slack_http(house) as slack:
        await slack.promote("boss")
        await slack.run("admin", "ban @bob 1 day: <!channel> <@UANN> *b* :smile: <https://e.example|x>", "boss")
        await slack.platform._open.finish()  # type: ignore[union-attr]
        (told,) = slack.world.whispers
        assert "&lt;!channel&gt;" in told["text"]
        kinds = {element["type"] for block in told["blocks"] if block["type"] == "rich_text"
                 for section in block["elements"] for element in section["elements"]}  # fmt: skip
        assert kinds <= {"text", "user", "date"}
        assert "<!channel> <@UANN> *b* :smile:" in (await slack.seen("boss"))[-1].text


async def test_nobody_is_rung_for_by_a_card_that_names_them(slack: SlackDriver) -> None:
    """In a whisper a mention is a name; in a message it is a notification."""
    card = Card("user:U123456789 is banned.", live=(Person("user:U123456789", "U123456789"),))
    await slack.platform.post(HERE, card, reply_to=None, key="k")
    asked = Command("e", HERE, BOSS, "", name="admin")
    await slack.platform.whisper(asked, card)
    (posted,), (whispered,) = slack.world.called("chat.postMessage"), slack.world.whispers
    assert "user_id" not in json.dumps(posted["blocks"])
    assert '"user_id": "U123456789"' in json.dumps(whispered["blocks"])
