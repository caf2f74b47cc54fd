"""Words like "change only …" in every chat: the rest is put back, and card and alt text say what changed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot import changed
from bot.models import Version
from bot.ports import Drawn, ImageRequest
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import Talk
from tests.test_changed import part, scribbled, with_hat
from tests.test_conversation import CHATS, Chat
from tests.test_locking import photo


class Scribbler(FakeProvider):
    """Draws a photo; on an edit it repaints all of it lightly and paints over one part, top left, or over all."""

    def _draw(self, request: ImageRequest, index: int) -> Drawn:
        image = self._edited(request) if request.images else photo((480, 480))
        path = request.folder / f"{index}.png"
        image.save(path)
        data = path.read_bytes()
        return Drawn(path, hashlib.sha256(data).hexdigest(), len(data))

    def _edited(self, request: ImageRequest) -> Image.Image:
        with Image.open(request.images[0].path) as opened:
            before = opened.convert("RGB")
        if "nothing" in request.words:
            return before
        percent = (0, 0, 97, 97) if "night" in request.words else (10, 10, 35, 35)
        return scribbled(with_hat(before, part(before.size, *percent)))


@pytest.fixture(params=CHATS)
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    provider = Scribbler()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house, CHATS[request.param](house) as driver:
        yield Chat(driver, house, provider)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A first picture is there."""
    provider, fake = Scribbler(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, fake, provider, house.studio(fake))
        await talk.imagine("a red fox")
        yield talk


def differing(one: bytes, other: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    levels = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in (one, other)]
    result: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (levels[0] != levels[1]).any(axis=2)
    return result


def beyond_top_left(bits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    high, wide = bits.shape
    return bool(bits[high // 2 :].any() or bits[:, wide // 2 :].any())


async def last(talk: Talk) -> Version:
    return (await talk.versions())[-1]


async def test_change_only_puts_the_rest_back_and_says_so(chat: Chat) -> None:
    await chat.driver.imagine("a red fox")
    (first,) = await chat.pictures(1)
    await chat.driver.reply("change only the hat: make it red", to=first)
    second = (await chat.pictures(2))[-1]
    assert "Changed: top left. The rest was put back; drift" in second.text
    differs = differing(first.images[0], second.images[0])
    assert differs.any() and not beyond_top_left(differs)
    assert second.alts[0] == "AI-made picture, v2: change only the hat: make it red. Changed from v1: top left."
    await chat.driver.reply("make the hat red", to=second)
    third = (await chat.pictures(3))[-1]
    assert "put back" not in third.text
    assert beyond_top_left(differing(second.images[0], third.images[0]))


async def test_every_picture_that_is_shown_has_an_alt_text(chat: Chat) -> None:
    await chat.driver.imagine("a red fox --n 2")
    (first,) = await chat.pictures(1)
    await chat.driver.reply("make the hat red", to=first)
    second = (await chat.pictures(2))[-1]
    await chat.driver.reply("compare v1 v2", to=second)
    third = (await chat.pictures(3))[-1]
    for seen in (first, second, third):
        assert len(seen.alts) == len(seen.images)
        assert all(0 < len(alt) <= 250 for alt in seen.alts)
    assert len({*first.alts, *second.alts, *third.alts}) == 6


async def test_the_model_s_own_picture_and_the_names_are_kept(talk: Talk) -> None:
    await talk.reply("change only the hat: make it red")
    version = await last(talk)
    assert (version.changed, len(version.originals), version.mask) == (("top left",), 1, None)
    assert version.images != version.originals
    assert version.drift is not None and version.drift <= 0.01
    await talk.reply("info")
    told = talk.chat.whispers[-1][1].body
    assert "changed: top left" in told
    assert "the rest put back, drift" in told


async def test_unlocked_only_names_what_changed(talk: Talk) -> None:
    await talk.reply("change only the hat: make it red --unlocked")
    version = await last(talk)
    assert (version.changed, version.originals, version.drift) == (("top left",), (), None)
    assert "Changed: top left." in talk.last.body
    assert "put back" not in talk.last.body
    assert "ignored" not in talk.last.body


async def test_when_most_of_it_changed_nothing_is_put_back(talk: Talk) -> None:
    await talk.reply("change only the sky: night")
    version = await last(talk)
    assert (version.originals, version.drift) == ((), None)
    assert "Most of the picture changed, so nothing was put back." in talk.last.body


async def test_when_nothing_changed_it_is_said(talk: Talk) -> None:
    await talk.reply("change nothing else, do nothing: red")
    assert "Nothing in the picture changed visibly" in talk.last.body
    assert (await last(talk)).changed == ()


@pytest.mark.parametrize("words", ["change only the hat: red", "make the hat red"])
async def test_trouble_with_finding_loses_no_picture(talk: Talk, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> changed.Changes:
        raise MemoryError

    monkeypatch.setattr(changed, "find_changes", fails)
    await talk.reply(words)
    version = await last(talk)
    assert (len(version.images), version.changed, version.originals) == (1, (), ())
    assert ("could not be put back" in talk.last.body) == ("only" in words)
    assert not list(talk.house.tmp.glob("changed-*"))


async def test_a_named_region_says_what_changed_in_it(talk: Talk) -> None:
    await talk.reply("left half: make the hat red")
    version = await last(talk)
    assert version.changed == ("top left",)
    assert "The rest was put back" not in talk.last.body


async def test_a_long_prompt_is_cut_at_a_word_in_the_alt_text(talk: Talk) -> None:
    await talk.reply("make the hat red " + "and the coat as blue as the sea \n" * 700)
    (image,) = talk.last.images
    assert len(image.alt) <= 250
    assert image.alt.startswith("AI-made picture, v2: make the hat red and the coat as blue")
    assert image.alt.endswith("… Changed from v1: top left.")
    assert image.alt.split("…")[0].split()[-1] in ["and", "the", "coat", "as", "blue", "sea"]
