"""Slack: who somebody is, what they may, in which user groups they are, and for how long that is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.people import GROUPS_SECONDS, RANK_SECONDS, People, groups_of, user_of
from tests.drivers.slack import SlackDriver, open_slack_http
from tests.fakes.slack import TEAM, SlackWorld
from tests.test_slack import Doorkeeper

CREW = {"id": "S1", "handle": "crew", "users": ["UBOB", "UANN"], "date_delete": 0}
GONE = {"id": "S2", "handle": "gone", "users": ["UBOB"], "date_delete": 1700000000}


class Clock:
    """Seconds, as many as a test wants."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def doors() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def slack(doors: Doorkeeper) -> AsyncIterator[SlackDriver]:
    async with open_slack_http(doors) as driver:
        yield driver


@pytest.fixture
def clock(slack: SlackDriver) -> Clock:
    clock = Clock()
    people(slack).clock = clock
    return clock


def people(slack: SlackDriver) -> People:
    assert slack.platform._open
    return slack.platform._open.people


def asked(world: SlackWorld, method: str = "users.info") -> int:
    return len(world.called(method))


async def test_user_groups_are_roles_at_every_door(slack: SlackDriver, doors: Doorkeeper) -> None:
    slack.world.groups = [CREW, GONE]
    await slack.run("quota", "", "bob")
    await slack.mention("a fox", who="bob")
    await slack.run("quota", "", "carl")
    one, two, other = await doors.arrived(3)
    assert one.user.roles == two.user.roles == {"S1"}
    assert other.user.roles == frozenset()
    assert asked(slack.world, "usergroups.list") == 1, "one request tells all groups to everybody"


async def test_many_people_at_once_cost_one_request_for_groups(slack: SlackDriver) -> None:
    slack.world.groups = [CREW]
    found = await asyncio.gather(*(people(slack).user("UBOB") for _ in range(20)))
    assert {one.roles for one in found} == {frozenset({"S1"})}
    assert asked(slack.world, "usergroups.list") == 1


async def test_who_loses_a_rank_or_leaves_a_group_has_it_for_a_little_while_only(
    slack: SlackDriver, clock: Clock
) -> None:
    slack.world.groups = [CREW]
    await slack.promote("bob")
    assert (await people(slack).user("UBOB")).is_admin
    slack.world.admins.clear()
    slack.world.groups = []
    assert (await people(slack).user("UBOB")).is_admin
    assert asked(slack.world) == 1
    clock.now += RANK_SECONDS
    assert not (await people(slack).user("UBOB")).is_admin
    assert (await people(slack).user("UBOB")).roles == {"S1"}
    clock.now += GROUPS_SECONDS
    assert (await people(slack).user("UBOB")).roles == frozenset()


async def test_whom_slack_does_not_know_now_has_no_rank_and_is_a_guest(slack: SlackDriver, clock: Clock) -> None:
    broken = {"ok": False, "error": "internal_error"}
    slack.world.faults["users.info"] = [{"ok": False, "error": "user_not_found"}]
    stranger = await people(slack).user("USTRANGER")
    assert (stranger.is_admin, stranger.is_guest) == (False, True)
    await slack.promote("boss")
    assert (await people(slack).user("UBOSS")).is_admin
    slack.world.faults["users.info"] = [broken]
    known = await people(slack).user("UBOSS", fresh=True)
    assert (known.name, known.is_admin, known.is_guest) == ("boss", False, False)
    clock.now += RANK_SECONDS
    slack.world.faults["users.info"] = [broken]
    assert not (await people(slack).user("UBOSS")).is_admin


async def test_groups_of_last_time_hold_while_slack_does_not_answer(slack: SlackDriver, clock: Clock) -> None:
    slack.world.groups = [CREW]
    assert (await people(slack).user("UBOB")).roles == {"S1"}
    clock.now += GROUPS_SECONDS
    slack.world.faults["usergroups.list"] = [{"ok": False, "error": "fatal_error"}]
    assert (await people(slack).user("UBOB")).roles == {"S1"}


async def test_a_workspace_without_user_groups_asks_once_in_a_while_only(slack: SlackDriver, clock: Clock) -> None:
    slack.world.faults["usergroups.list"] = [{"ok": False, "error": "paid_teams_only"}] * 9
    for _ in range(3):
        assert (await people(slack).user("UBOB")).roles == frozenset()
    assert asked(slack.world, "usergroups.list") == 1


class Silent:
    """Slack's Web API on a day on which it knows people, but hangs when asked for groups."""

    async def users_info(self, user: str) -> dict[str, Any]:
        return {"user": {"id": user, "name": "bob", "team_id": TEAM}}

    async def usergroups_list(self, **_: object) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError


async def test_nobody_waits_long_for_groups() -> None:
    silent = People(Silent(), TEAM)  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        found = await asyncio.gather(*(silent.user(f"U{number}") for number in range(5)))
    assert {(one.name, one.roles) for one in found} == {("bob", frozenset())}


@pytest.mark.parametrize(
    "more",
    [
        {"team_id": "TOTHER"},  # an admin of another organisation, in a shared channel
        {"is_stranger": True},
        {"is_restricted": True},
        {"deleted": True},
    ],
)
def test_who_is_no_admin_here_whatever_slack_says_of_them(more: dict[str, object]) -> None:
    found = {"id": "U1", "team_id": TEAM, "is_admin": True, "is_owner": True} | more
    assert not user_of("U1", found, TEAM).is_admin
    assert user_of("U1", {"id": "U1", "team_id": TEAM, "is_owner": True}, TEAM).is_admin


def test_groups_that_were_switched_off_are_no_roles() -> None:
    groups = groups_of([CREW, GONE, {"id": "S3", "name": "Art"}])
    assert groups.names == {"S1": "crew", "S3": "Art"}
    assert groups.of["UBOB"] == {"S1"}


async def test_a_button_is_pressed_with_the_rank_somebody_has_now(
    slack: SlackDriver, doors: Doorkeeper, clock: Clock
) -> None:
    await slack.promote("boss")
    await slack.run("quota", "", "boss")
    slack.world.admins.clear()
    clock.now += RANK_SECONDS
    await slack.interact(
        {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "UBOSS", "team_id": TEAM}, "api_app_id": "A1",
         "channel": {"id": "C1"}, "message": {"ts": "1.0"}, "trigger_id": "t7",
         "actions": [{"action_id": "v1:approve:x", "type": "button", "value": "press", "action_ts": "1"}]}
    )  # fmt: skip
    assert [one.user.is_admin for one in await doors.arrived(2)] == [True, False]
