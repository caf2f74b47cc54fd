"""The Moderations API in front of real requests: what is asked, what is refused, and when nobody answers."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from adapters.openai import Moderations
from bot.config import Gateway
from bot.errors import SetupProblem, Unavailable
from bot.models import Attachment, Policy, Role
from bot.ports import By, InputImage, Viewer, Wall
from tests.fakes.chat import FakeChat
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import ALICE, CHANNEL, Talk

RED, BLUE, MAGENTA = (220, 20, 20), (20, 20, 220), (220, 20, 220)
CLOSED, OPEN = (Policy(precheck=how, admin_channel="C0ADMINS") for how in ("closed", "open"))


def gateway(server: OpenAIServer, name: str = "openai") -> Gateway:
    return Gateway(name=name, base_url=server.base_url, key=SecretStr("sk-test"))


def picture(colour: tuple[int, int, int], edge: int = 2000) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (edge, edge // 2), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def talk(server: OpenAIServer, tmp_path: Path) -> AsyncIterator[Talk]:
    provider, chat = FakeProvider(), FakeChat()
    checker = Moderations([gateway(server)], timeout=5)
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        house.checker = checker
        yield Talk(house, chat, provider, house.studio(chat))
    await checker.close()


def sent(talk: Talk, colour: tuple[int, int, int], name: str = "it.png", role: Role = Role.REFERENCE) -> Attachment:
    talk.chat.files[name] = picture(colour)
    return Attachment(name, name, "image/png", role=role)


def whispers(talk: Talk) -> list[str]:
    return [card.title for _, card in talk.chat.whispers]


def told(talk: Talk) -> list[str]:
    return [one.card.body for one in talk.chat.posted if one.address.place.channel == "C0ADMINS"]


async def test_without_a_precheck_nobody_is_asked(talk: Talk, server: OpenAIServer) -> None:
    await talk.imagine("violence=0.9")
    assert (talk.provider.paid, server.requests) == (1, [])


async def test_words_that_are_flagged_are_refused_for_nothing(talk: Talk) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("a fight violence=0.9")
    assert whispers(talk) == [
        "These words seem to ask for violence, which this workspace does not draw. Nothing was charged. "
        "Try other words."
    ]
    assert (talk.provider.requests, talk.chat.posted) == ([], [])
    assert await talk.house.store.tallies(By.MODEL, since=0, until=2**60) == []


async def test_the_picture_that_is_flagged_is_named_by_its_number(talk: Talk, server: OpenAIServer) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    files = (sent(talk, BLUE, "a.png"), sent(talk, RED, "b.png"))
    await talk.imagine("like these", attachments=files)
    assert whispers(talk)[0].startswith("Picture 2 seems to show violence")
    assert len(server.requests) == 3, "the words and each picture, light enough for the fake to take them"
    await talk.imagine("like this", attachments=files[:1])
    assert talk.provider.paid == 1


async def test_a_picture_to_be_edited_is_judged_too(talk: Talk) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("warmer", name="edit", attachments=(sent(talk, MAGENTA, role=Role.IMAGE),))
    assert whispers(talk)[0].startswith("Picture 1 seems to show something sexual")
    assert talk.provider.requests == []


async def test_every_panel_and_every_word_to_avoid_is_judged(talk: Talk) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("a story --series one | hate=0.9")
    await talk.imagine("a story --no sexual=0.9")
    assert ["hatred" in whispers(talk)[0], "sexual" in whispers(talk)[1]] == [True, True]
    assert talk.provider.requests == []


async def test_a_workspace_draws_its_own_line(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(precheck="closed", thresholds=(("violence", 0.95), ("hate", 0.2))))
    await talk.imagine("violence=0.9")
    await talk.imagine("hate=0.3")
    assert (talk.provider.paid, len(whispers(talk))) == (1, 1)


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "html_200", "cut_before_headers", "empty_data",
                                   "html_502", "error_in_200"])  # fmt: skip
async def test_when_nobody_answers_open_draws_and_closed_does_not(talk: Talk, server: OpenAIServer, fault: str) -> None:
    server.fault(fault, times=None)
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("a fox")
    assert whispers(talk) == [
        "Requests are checked here before anything is drawn, and the check cannot be asked now. Try again in a few "
        "minutes. Nothing was charged."
    ]
    assert talk.provider.paid == 0
    await talk.house.store.set_policy("team", OPEN)
    await talk.imagine("a fox")
    assert talk.provider.paid == 1
    assert [one.split(",")[0] for one in told(talk)] == ["A request was refused", "A request was drawn unchecked"]
    assert len(server.requests) == 2, "once for each: nothing is repeated"


async def test_a_gateway_without_the_api_is_asked_once_and_admins_hear_of_it_once(
    talk: Talk, server: OpenAIServer
) -> None:
    server.has_moderations = False
    await talk.house.store.set_policy("team", OPEN)
    await talk.imagine("a fox")
    server.has_moderations = True
    await talk.imagine("violence=0.9")
    assert (talk.provider.paid, server.requests) == (2, [])
    (sentence,) = told(talk)
    assert sentence.endswith("No image service here has a Moderations API. Set precheck to off, or add a gateway that "
                             "has one.")  # fmt: skip


async def test_without_any_gateway_closed_draws_nothing(talk: Talk) -> None:
    talk.house.checker = None
    talk.doors = talk.house.studio(talk.chat)
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("a fox")
    assert (talk.provider.paid, len(whispers(talk))) == (0, 1)


async def test_no_copy_stays_behind(talk: Talk) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    await talk.imagine("like this", attachments=(sent(talk, RED),))
    assert list(talk.house.tmp.glob("check-*")) == []


async def test_the_next_gateway_is_asked_where_the_first_cannot(server: OpenAIServer) -> None:
    async with OpenAIServer() as first:
        first.has_moderations = False
        checker = Moderations([gateway(first, "first"), gateway(server, "second")])
        found = await checker.check("hate=0.7", [])
        await checker.close()
    assert [(one.category, one.score, one.picture) for one in found if one.flagged] == [("hate", 0.7, 0)]


async def test_one_that_never_answers_is_left_after_a_while(server: OpenAIServer, tmp_path: Path) -> None:
    server.fault("hang", times=None)
    checker = Moderations([gateway(server)], timeout=0.3)
    with pytest.raises(Unavailable):
        await checker.check("a fox", [])
    (tmp_path / "gone.webp").unlink(missing_ok=True)
    with pytest.raises(Unavailable):
        await checker.check("", [InputImage(tmp_path / "gone.webp", "image/webp")])
    await checker.close()


async def test_a_gateway_that_hangs_leaves_time_for_the_next(server: OpenAIServer) -> None:
    async with OpenAIServer() as first:
        first.fault("hang", times=None)
        checker = Moderations([gateway(first, "first"), gateway(server, "second")], timeout=1)
        found = await checker.check("hate=0.7", [])
        await checker.close()
    assert [one.category for one in found if one.flagged] == ["hate"]


async def test_a_refused_picture_is_on_no_page(talk: Talk) -> None:
    await talk.house.store.set_policy("team", CLOSED)
    file = sent(talk, MAGENTA, role=Role.IMAGE)
    await talk.imagine("warmer", name="edit", attachments=(file,))
    assert len(whispers(talk)) == 1
    viewer = Viewer(ALICE, CHANNEL.platform, CHANNEL.workspace, CHANNEL.channel)
    assert list(await talk.house.store.shelf.search(viewer, Wall.CHANNEL)) == []


async def test_who_has_no_gateway_says_so_to_the_admin() -> None:
    with pytest.raises(SetupProblem) as problem:
        await Moderations([]).check("a fox", [])
    assert "Set precheck to off" in problem.value.for_admin
