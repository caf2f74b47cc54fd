"""What channels and roles are called comes with a command, as far as each chat says."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.slack import incoming
from bot.models import User
from tests.drivers.discord import open_simulation
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house

ALICE = User("slack", "U1", "Alice", frozenset({"S1"}))


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("posters", {"C1": "#posters", "S1": "@designers"}),
        ("privategroup", {"S1": "@designers"}),
        ("directmessage", {"S1": "@designers"}),
        (None, {"S1": "@designers"}),
    ],
)
def test_slack_names_its_channel_and_the_persons_groups(channel: str | None, names: dict[str, str]) -> None:
    payload = {"trigger_id": "t", "channel_id": "C1", "text": "a fox"} | ({"channel_name": channel} if channel else {})
    groups = {"S1": "designers", "S2": "of somebody else"}
    assert incoming.command(payload, "T1", ALICE, groups=groups).names == names


async def test_discord_names_its_channel_and_the_persons_roles(tmp_path: Path) -> None:
    async with (
        open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house,
        open_simulation(house) as driver,
    ):
        await driver.promote("boss")
        boss, here = driver.person("boss"), driver.channel
        await boss.slash(here, "imagine-quota")
        names = await house.store.names(str(driver.guild.id))
        roles = [role for (_, one), role in names.items() if one != str(here.id)]
    assert "#pictures" in names.values()
    assert len(roles) > 1, "everybody's, and what boss has besides"
