"""What admins are told: in their channel once a day, whoever finds it out, and never in the way of a picture."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from pathlib import Path

from bot.cards import Tone
from bot.errors import PlatformProblem, SetupProblem
from bot.models import Command, Place, Policy, new_id
from bot.studio.admins import tell_admins, warn_of_shutdown
from bot.studio.desk import Desk
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import ALICE, CHANNEL, Talk

ADMINS = Policy(admin_channel="C0ADMINS")


async def desk_at(talk: Talk, day: str = "2026-11-21") -> Desk:
    """A process of its own over the same store, on this day."""
    await talk.house.store.set_policy("team", ADMINS)
    noon = int(dt.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1000)
    return replace(talk.house.desk(talk.chat), now=lambda: noon)


def told(talk: Talk) -> list[str]:
    return [one.card.body for one in talk.chat.posted if one.address.place.channel == "C0ADMINS"]


async def test_two_processes_tell_the_same_thing_once(talk: Talk) -> None:
    desks = [await desk_at(talk) for _ in range(2)]
    await asyncio.gather(*(tell_admins(desk, CHANNEL, "The key is wrong.") for desk in desks * 2))
    assert told(talk) == ["The key is wrong."]


async def test_it_is_told_again_the_next_day_and_something_else_at_once(talk: Talk) -> None:
    today, tomorrow = await desk_at(talk), await desk_at(talk, "2026-11-22")
    for desk, sentence in ((today, "One."), (today, "Two."), (today, "One."), (tomorrow, "One.")):
        await tell_admins(desk, CHANNEL, sentence)
    assert told(talk) == ["One.", "Two.", "One."]


async def test_each_workspace_is_told_in_its_own_channel(talk: Talk) -> None:
    desk = await desk_at(talk)
    await desk.store.set_policy("other", Policy(admin_channel="C0OTHER"))
    for workspace in ("team", "other", "third"):
        await tell_admins(desk, replace(CHANNEL, workspace=workspace), "The key is wrong.")
    assert [one.address.place.channel for one in talk.chat.posted] == ["C0ADMINS", "C0OTHER"]


async def test_a_channel_that_is_gone_harms_nobody(talk: Talk) -> None:
    desk = await desk_at(talk)
    talk.chat.post_fault = PlatformProblem("The channel was deleted.")
    await tell_admins(desk, CHANNEL, "The key is wrong.")
    assert talk.chat.posted == []


async def test_a_model_in_use_is_announced_thirty_days_before_its_end(talk: Talk) -> None:
    for day, said in (("2026-10-31", []), ("2026-11-01", ["in 30 days"]), ("2026-12-01", ["in 30 days", "was shut"])):
        desk = await desk_at(talk, day)
        await warn_of_shutdown(desk, CHANNEL, desk.catalog.model("gpt-image-1.5"))
        assert [part in body for part, body in zip(said, told(talk), strict=True)] == [True] * len(said)


async def test_a_wrong_key_is_told_to_admins_and_the_asker_reads_no_details(talk: Talk) -> None:
    await talk.house.store.set_policy("team", ADMINS)
    for _ in range(3):
        talk.provider.faults = [SetupProblem("The service is not set up right.", for_admin="The key sk-1 is refused.")]
        await talk.imagine(new_id())
    assert told(talk) == ["The key sk-1 is refused."]
    assert not any("sk-1" in one.card.summary for one in talk.chat.posted if one.address.place.channel == "general")


async def test_news_beside_a_finished_picture_reach_the_admins_and_the_picture_its_thread(talk: Talk) -> None:
    await talk.house.store.set_policy("team", ADMINS)
    talk.provider.result = {"for_admin": ("The gateway does not know complexity.",)}
    await talk.imagine("a fox")
    assert told(talk) == ["The gateway does not know complexity."]
    assert talk.chat.posted[0].card.tone is Tone.DONE


async def test_a_picture_is_shown_even_where_admins_cannot_be_told(tmp_path: Path) -> None:
    chat, provider = Choosy(), FakeProvider()
    provider.result = {"for_admin": ("The gateway does not know complexity.",)}
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        await house.store.set_policy("team", ADMINS)
        await house.studio(chat).command(Command("e", CHANNEL, ALICE, "a fox"))
        await chat.settled()
        assert [one.card.tone for one in chat.posted] == [Tone.DONE]


async def test_on_the_command_line_the_answer_is_the_picture_and_nothing_for_admins(tmp_path: Path) -> None:
    """There is one answer and it has no channels; the log has it all the same."""
    chat, provider = FakeChat("cli.ab12cd"), FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        await house.store.set_policy("local", ADMINS)
        talk = Talk(house, chat, provider, house.studio(chat))
        provider.result = {"for_admin": ("The gateway does not know complexity.",)}
        await talk.doors.command(Command("e", Place("cli.ab12cd", "local", "terminal"), ALICE, "a fox"))
        await chat.settled()
        assert [one.card.tone for one in chat.posted] == [Tone.DONE]


class Choosy(FakeChat):
    """A chat where the admin channel does not exist."""

    async def post(self, place, card, *, reply_to, key):  # type: ignore[no-untyped-def]
        if place.channel == "C0ADMINS":
            raise PlatformProblem("There is no such channel.")
        return await super().post(place, card, reply_to=reply_to, key=key)
