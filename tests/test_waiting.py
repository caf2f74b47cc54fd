"""What people see while they wait: their place in line, steps, previews; and what previews cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Tone
from bot.models import Command, Policy
from bot.ports import ImageRequest, Preview, Result, Step
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.talk import ALICE, CHANNEL, Talk


async def until(chat: FakeChat, number: int, word: str) -> None:
    """Wait until a message's title holds a word."""
    async with asyncio.timeout(10):
        while word not in chat.posted[number].card.title:
            await asyncio.sleep(0.01)


async def test_people_in_line_see_it_move(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    provider.gate = asyncio.Event()
    async with open_test_house(tmp_path, provider, model="gpt-image-2", concurrency=1, lease_ms=150) as house:
        doors = house.studio(chat)
        for number in ("1", "2", "3"):
            await doors.command(Command(number, CHANNEL, ALICE, f"picture {number}"))
        assert [one.card.title.partition(" in line")[0] for one in chat.posted][1:] == ["2nd", "3rd"]
        provider.gate.set()
        provider.gate = asyncio.Event()  # for the second picture
        await until(chat, 2, "2nd in line")
        provider.gate.set()
        await chat.settled()
        assert [one.card.tone for one in chat.posted] == [Tone.DONE] * 3


async def test_a_place_that_is_told_slowly_never_comes_after_the_picture(tmp_path: Path) -> None:
    class SlowChat(FakeChat):
        async def edit(self, address, card) -> None:  # type: ignore[no-untyped-def]
            if "in line" in card.title:
                await asyncio.sleep(0.3)
            await super().edit(address, card)

    provider, chat = FakeProvider(), SlowChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2", concurrency=1, lease_ms=60) as house:
        doors = house.studio(chat)
        provider.gate = asyncio.Event()
        for number in range(6):
            await doors.command(Command(str(number), CHANNEL, ALICE, f"picture {number}"))
        for _ in range(6):
            await asyncio.sleep(0.1)
            provider.gate.set()
            provider.gate = asyncio.Event()
        provider.gate = None
        for request in provider.requests:
            assert request
        await chat.settled()
        assert [one.card.tone for one in chat.posted] == [Tone.DONE] * 6


class Telling(FakeProvider):
    """Says what it does, and shows previews of several pictures."""

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        yield Step("Waiting for the image service; 2 ahead.")
        await asyncio.sleep(0.02)
        for number in (2, 1):
            path = request.folder / f"passing-{number}.png"
            path.write_bytes(png(8, 8))
            yield Preview(path, 0.5, number)
            await asyncio.sleep(0.02)
        async for step in super().generate(replace(request, previews=0)):
            yield step


async def test_steps_and_previews_of_several_pictures_are_on_the_card(tmp_path: Path) -> None:
    provider, chat = Telling(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        await house.studio(chat).command(Command("1", CHANNEL, ALICE, "two foxes --n 2"))
        await chat.settled()
    history = chat.posted[0].history
    assert any("2 ahead" in card.body for card in history)
    shown = [[image.number for image in card.images] for card in history if card.tone is Tone.PROGRESS and card.images]
    assert shown[0] == [2]
    assert shown[-1] == [1, 2]
    assert history[-1].tone is Tone.DONE
    assert "2 ahead" not in history[-1].body


async def test_a_heavy_preview_is_shown_as_a_light_copy(tmp_path: Path) -> None:
    import os

    from PIL import Image

    class Heavy(FakeProvider):
        async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
            path = request.folder / "passing.png"
            Image.frombytes("RGB", (1200, 800), os.urandom(1200 * 800 * 3)).save(path)
            yield Preview(path, 0.5)
            await asyncio.sleep(0.3)
            async for step in super().generate(replace(request, previews=0)):
                yield step

    chat = FakeChat()
    async with open_test_house(tmp_path, Heavy(), model="gpt-image-2") as house:
        await house.studio(chat).command(Command("1", CHANNEL, ALICE, "noise"))
        await chat.settled()
    images = [image for card in chat.posted[0].history[:-1] for image in card.images]
    assert [(image.media_type, image.width) for image in images] == [("image/webp", 1024)]


@pytest.mark.parametrize(("previews", "asked", "says"), [(None, 2, "(previews $0.006)"), (0, 0, ""), (3, 3, "$0.009")])
async def test_a_workspace_decides_on_previews_and_their_price_is_shown(
    talk: Talk, previews: int | None, asked: int, says: str
) -> None:
    await talk.house.store.set_policy("team", Policy(previews=previews))
    await talk.imagine("a red fox")
    assert talk.provider.requests[0].previews == asked
    footer = talk.chat.posted[0].history[0].footer
    assert says in footer
    assert ("previews" in footer) == bool(asked)
