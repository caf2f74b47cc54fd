"""`/imagine` without words on Slack: a form that offers what the chosen model has, and the command it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack import form
from bot.cards import Button, Card
from bot.menu import Menu, ModelMenu
from bot.models import Command, Place, User
from tests.drivers.slack import SlackDriver, open_slack_http, user
from tests.fakes.slack import CHANNEL, TEAM
from tests.test_slack import Doorkeeper

MENU = Menu(
    (
        ModelMenu("plain"),
        ModelMenu("rich", qualities=("high", "max"), backgrounds=("opaque", "transparent"), max_n=2),
    ),
    efforts=("low", "high"),
)


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors, menu=MENU) as driver:
        yield driver


def lists(view: dict[str, Any]) -> dict[str, list[str]]:
    """The choices of each list, by flag."""
    blocks = [block for block in view["blocks"] if block["element"]["type"] == "static_select"]
    return {
        block["element"]["action_id"]: [option["value"] for option in block["element"]["options"]] for block in blocks
    }


async def opened(slack: SlackDriver, count: int = 1) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while len(slack.world.views) < count:
            await asyncio.sleep(0.01)
    return slack.world.views[-1]


def state(**chosen: str) -> dict[str, Any]:
    """What Slack sends of a filled form."""
    words = {"words": {"words": {"type": "plain_text_input", "value": chosen.pop("words", "")}}}
    picked = {
        name.replace("__", ":"): {name.partition("__")[0]: {"selected_option": {"value": value}}}
        for name, value in chosen.items()
    }
    return {"values": words | picked}


async def test_without_words_a_form_opens_with_what_the_default_model_has(slack: SlackDriver) -> None:
    await slack.imagine("")
    view = await opened(slack)
    assert lists(view)["quality"] == ["low", "medium", "high"]
    assert lists(view)["model"] == ["plain", "rich"]
    assert lists(view)["think"] == ["low", "high"]
    assert "background" not in lists(view)
    assert len(view["title"]["text"]) <= 24
    assert len({block["block_id"] for block in view["blocks"]}) == len(view["blocks"])


async def test_choosing_another_model_changes_the_lists(slack: SlackDriver) -> None:
    await slack.imagine("")
    view = await opened(slack)
    sent = view | {"id": "V1", "hash": "h1", "state": state(model="rich")}
    await slack.interact(
        {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user("alice")}, "api_app_id": "A1", "view": sent,
         "container": {"type": "view", "view_id": "V1"}, "trigger_id": "t9",
         "actions": [{"action_id": "model", "block_id": "model", "type": "static_select", "action_ts": "1"}]}
    )  # fmt: skip
    changed = await opened(slack, 2)
    assert lists(changed)["quality"] == ["high", "max"]
    assert lists(changed)["background"] == ["opaque", "transparent"]
    assert lists(changed)["n"] == ["1", "2"]


async def test_a_submitted_form_is_the_command_it_stands_for(slack: SlackDriver, doors: Doorkeeper) -> None:
    await slack.imagine("")
    view = await opened(slack)
    filled = state(words=" a fox \n", model="rich", quality__rich="max", ar="2:3", think="high")
    await slack.interact(
        {"type": "view_submission", "team": {"id": TEAM}, "user": {"id": user("alice"), "team_id": TEAM},
         "api_app_id": "A1", "view": view | {"id": "V7", "state": filled}}
    )  # fmt: skip
    async with asyncio.timeout(5):
        while not doors.came:
            await asyncio.sleep(0.01)
    (command,) = doors.came
    assert isinstance(command, Command)
    assert (command.text, command.place.channel, command.event_id) == ("a fox", CHANNEL, "view:V7")
    assert command.flags == {"model": "rich", "quality": "max", "ar": "2:3", "think": "high"}


async def test_where_no_form_can_be_opened_the_words_help(slack: SlackDriver, doors: Doorkeeper) -> None:
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
    await slack.imagine("")
    async with asyncio.timeout(5):
        while not doors.came:
            await asyncio.sleep(0.01)
    assert isinstance(doors.came[0], Command)
    assert doors.came[0].text == ""


def test_a_form_with_strange_metadata_is_not_ours() -> None:
    for metadata in ("", "[]", "not json", '{"channel": ""}'):
        payload = {"view": {"id": "V1", "private_metadata": metadata, "state": state(words="x")}}
        assert form.command(payload, TEAM, User("slack", "U1", "Alice")) is None


async def test_a_form_that_slack_opens_too_late_is_not_a_silent_failure(slack: SlackDriver) -> None:
    card = Card("v1", buttons=(Button("Edit", "edit", "abc", form=True),))
    address = await slack.platform.post(Place("slack", TEAM, CHANNEL), card, reply_to=None, key="k")
    slack.world.faults["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
    message = {"ts": address.message, "blocks": []}
    await slack.interact(
        {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user("alice"), "team_id": TEAM},
         "channel": {"id": CHANNEL}, "message": message, "trigger_id": "t5", "api_app_id": "A1",
         "container": {"type": "message", "message_ts": address.message, "channel_id": CHANNEL},
         "response_url": f"{slack.world.url}/respond/5",
         "actions": [{"action_id": "v1:edit:abc", "value": "form:", "action_ts": "5", "block_id": "b",
                      "type": "button"}]}
    )  # fmt: skip
    async with asyncio.timeout(5):
        while not slack.world.whispers:
            await asyncio.sleep(0.01)
    assert "Press the button again" in str(slack.world.whispers[0])
