"""Steering a thread by words: regions and what lies outside them, picking, comparing, showing, asking what is known."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bot import locking
from bot.cards import Tone
from bot.models import Action, Command, Kind, Message, Version, new_id
from bot.ports import Drawn, ImageRequest, Preview, Result, Step
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import ALICE, BOB, CHANNEL, Talk


def pixels(talk: Talk, asset_id: str) -> Image.Image:
    (path,) = talk.house.folder.glob(f"blobs/*/*/{asset_id}.*")
    with Image.open(path) as image:
        return image.convert("RGB")


# ── Regions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def drawn(talk: Talk) -> Talk:
    """A first picture is there."""
    await talk.imagine("a red fox")
    return talk


async def last_version(talk: Talk) -> Version:
    return (await talk.versions())[-1]


async def test_words_for_a_part_become_a_mask_and_are_said_to_the_model(drawn: Talk) -> None:
    await drawn.reply("left half: make it blue")
    request = drawn.provider.requests[-1]
    assert request.mask
    assert "Change only: the left half, marked by the mask: make it blue" in request.prompt
    assert "everything outside the mask" in request.prompt
    version = await last_version(drawn)
    assert (version.prompt, version.region, version.kind) == ("make it blue", "left half", Kind.EDIT)
    assert "left half only" in drawn.chat.posted[1].history[0].title


async def test_outside_the_part_the_picture_is_the_one_before_and_the_service_s_own_is_kept(drawn: Talk) -> None:
    before = pixels(drawn, (await last_version(drawn)).images[0])
    await drawn.reply("left half: make it blue")
    version = await last_version(drawn)
    after, own = pixels(drawn, version.images[0]), pixels(drawn, version.originals[0])
    right = (44, 0, 64, 64)  # outside the feather
    assert ImageChops.difference(after.crop(right), before.crop(right)).getbbox() is None
    assert after.crop((0, 0, 30, 64)).tobytes() == own.crop((0, 0, 30, 64)).tobytes()
    asset = await drawn.house.store.asset(version.images[0])
    assert asset
    assert asset.derived_from == version.originals[0]
    assert version.drift is not None
    assert "drift" in drawn.last.footer


async def test_unlocked_leaves_the_picture_as_the_service_made_it(drawn: Talk) -> None:
    await drawn.reply("left half: make it blue --unlocked")
    version = await last_version(drawn)
    assert (version.originals, version.drift, version.options.locked) == ((), None, False)
    assert "drift" not in drawn.last.footer


async def test_again_keeps_the_region_and_the_lock(drawn: Talk) -> None:
    await drawn.reply("top right: add a sun --unlocked")
    await drawn.reply("again")
    first, second = (await drawn.versions())[-2:]
    assert (second.region, second.mask, second.options.locked) == (first.region, first.mask, False)


async def test_a_region_may_be_a_flag_and_start_from_an_older_version(drawn: Talk) -> None:
    await drawn.reply("make it night")
    await drawn.reply('v1: add a sun --region "10%,20%-60%,80%"')
    version = await last_version(drawn)
    assert version.parent == (await drawn.versions())[0].id
    assert version.mask


async def test_an_ordinary_sentence_with_a_colon_is_an_edit(drawn: Talk) -> None:
    await drawn.reply("top hat: add one")
    version = await last_version(drawn)
    assert (version.prompt, version.mask) == ("top hat: add one", None)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("a fox --region left", "A region needs a picture to edit"),
        ("a fox --region somewhere", "this part of the picture"),
    ],
)
async def test_a_region_that_cannot_be_is_one_clear_sentence(talk: Talk, words: str, says: str) -> None:
    await talk.imagine(words)
    assert says in talk.chat.whispers[-1][1].title
    assert talk.provider.requests == []


async def test_a_picture_in_another_shape_is_delivered_and_said(tmp_path: Path) -> None:
    class Wide(FakeProvider):
        async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
            async for step in super().generate(request):
                if isinstance(step, Result) and request.images:
                    out = io.BytesIO()
                    Image.new("RGB", (128, 64), "blue").save(out, "PNG")
                    path = request.folder / "wide.png"
                    path.write_bytes(out.getvalue())
                    step = Result((Drawn(path, __import__("hashlib").sha256(out.getvalue()).hexdigest(), 1),))
                yield step

    chat = FakeChat()
    async with open_test_house(tmp_path, provider := Wide(), model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a red fox")
        await talk.reply("left half: make it blue")
        assert "another shape" in talk.last.body
        assert talk.last.tone is Tone.DONE


# ── Picking, comparing, showing, knowing ─────────────────────────────────────────────────────────────────────────────


async def test_picking_one_of_several_makes_it_the_current_one_for_nothing(talk: Talk) -> None:
    await talk.imagine("a red fox --n 3")
    await talk.reply("pick 2")
    first, picked = await talk.versions()
    assert (picked.kind, picked.images, picked.cost) == (Kind.PICK, first.images[1:2], 0)
    assert await talk.head() == 2
    assert talk.provider.paid == 3
    await talk.reply("make it night")
    assert (await talk.versions())[-1].parent == picked.id


async def test_picking_the_same_one_twice_gives_the_same_version(talk: Talk) -> None:
    await talk.imagine("a red fox --n 3")
    await talk.press("Pick 3", talk.chat.posted[0])
    await talk.reply("undo")
    await talk.press("Pick 3", talk.chat.posted[0], who=BOB)
    await talk.reply("v1: pick 3")
    assert [one.kind for one in await talk.versions()] == [Kind.GENERATE, Kind.PICK]
    assert await talk.head() == 2


@pytest.mark.parametrize(("words", "says"), [("pick 4", "there is no picture 4"), ("pick 0", "there is no picture 0")])
async def test_picking_what_is_not_there_is_refused(talk: Talk, words: str, says: str) -> None:
    await talk.imagine("a red fox --n 3")
    await talk.reply(words)
    assert says in talk.chat.whispers[-1][1].title


async def test_one_picture_cannot_be_picked_from(drawn: Talk) -> None:
    await drawn.reply("pick 1")
    assert "one picture only" in drawn.chat.whispers[-1][1].title


async def test_comparing_shows_both_and_where_they_differ(drawn: Talk) -> None:
    await drawn.reply("left half: make it blue")
    await drawn.reply("compare")
    card = drawn.last
    assert card.title.startswith("v1 → v2 · ")
    names = ["compare-v1-v2.png", "changes-v1-v2.png", "flip-v1-v2.gif"]
    assert [image.name for image in card.images] == names
    assert all(image.asset for image in card.images)
    assert drawn.provider.paid == 2
    assert await drawn.head() == 2


async def test_any_two_versions_can_be_compared(drawn: Talk) -> None:
    await drawn.reply("make it night")
    await drawn.reply("v1: make it day")
    await drawn.reply("compare v2 v3")
    assert drawn.last.title.startswith("v2 → v3")
    await drawn.reply("compare v1 with v2")
    assert drawn.last.title.startswith("v1 → v2")


@pytest.mark.parametrize("words", ["compare", "compare v1", "compare v1 v9"])
async def test_nothing_to_compare_is_said(drawn: Talk, words: str) -> None:
    await drawn.reply(words)
    assert len(drawn.chat.posted) == 1
    assert drawn.chat.whispers


async def test_showing_a_version_changes_nothing_else(drawn: Talk) -> None:
    await drawn.reply("make it night")
    await drawn.reply("show v1")
    assert await drawn.head() == 2
    assert drawn.last.title.startswith("v1, once more")
    await drawn.reply("add snow", to=drawn.chat.posted[-1])
    assert (await drawn.versions())[-1].parent == (await drawn.versions())[0].id


async def test_info_tells_the_asker_alone_what_is_known(drawn: Talk) -> None:
    await drawn.reply("make it night --quality high", who=BOB)
    await drawn.reply("info")
    card = drawn.chat.whispers[-1][1]
    assert card.title == "v2"
    assert "An edit of v1 by Bob" in card.body
    assert "Again: v1: make it night --model gpt-image-2 --size 1024x1024 --quality high" in card.body
    await drawn.reply("info v1")
    assert "Made by Alice" in drawn.chat.whispers[-1][1].body


async def test_the_sketch_engine_keeps_what_is_outside_too(tmp_path: Path) -> None:
    chat = FakeChat()
    async with open_test_house(tmp_path) as house:
        doors = house.studio(chat)
        await doors.command(Command("1", CHANNEL, ALICE, "a red fox --size 256x256"))
        await chat.settled()
        talk = Talk(house, chat, FakeProvider(), doors)
        await talk.reply("right half: make it night")
        assert chat.posted[-1].card.tone is Tone.DONE
        version = await last_version(talk)
        assert version.region == "right half"


async def test_two_people_editing_at_once_make_two_branches_and_are_told(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a red fox")
        place = chat.posted[0].address.place
        provider.gate = asyncio.Event()
        for who, words in ((ALICE, "make it night"), (BOB, "make it day")):
            await talk.doors.message(Message(new_id(), place, who, words, id=new_id()))
        provider.gate.set()
        await chat.settled()
        first, second, third = await talk.versions()
        assert second.parent == third.parent == first.id
        told = f"Meanwhile {second.author.name} made v2 of the same picture; both are kept."
        cards = {one.card.title.split()[0]: one.card.body for one in chat.posted}
        assert (told in cards["v3"], "Meanwhile" in cards["v2"]) == (True, False)


async def test_a_draft_is_finalized_at_the_price_on_its_button(talk: Talk) -> None:
    await talk.imagine("a red fox --quality low --ar 2:3")
    (button,) = [one for one in talk.last.buttons if one.action == "finalize"]
    await talk.press(button.label, talk.chat.posted[0])
    version = (await talk.versions())[-1]
    assert (version.kind, version.options.quality) == (Kind.FINAL, "high")
    width, height = map(int, version.options.size.split("x"))
    assert max(width, height) >= 2880
    job = talk.chat.posted[-1].history[0]
    assert button.label.removeprefix("Finalize · ") in job.footer
    assert "Change nothing" in talk.provider.requests[-1].prompt
    assert not [one for one in talk.last.buttons if one.action == "finalize"], "it is final"


async def test_what_is_final_or_free_or_several_cannot_be_finalized(talk: Talk, tmp_path: Path) -> None:
    await talk.imagine("a red fox --n 2")
    assert not [one for one in talk.last.buttons if one.action == "finalize"]
    await talk.reply("finalize")
    assert "as large and fine" in talk.chat.whispers[-1][1].title
    await talk.reply("pick 1")
    assert [one for one in talk.last.buttons if one.action == "finalize"]


async def test_after_many_edits_all_changes_can_be_done_again_at_once(talk: Talk) -> None:
    await talk.imagine("a red fox --quality low")
    words = ["make it night", "add snow", "add a moon"]
    for one in words:
        await talk.reply(one)
    assert not [one for one in talk.last.buttons if one.action == "rebase"]
    await talk.reply("warmer colours")
    (button,) = [one for one in talk.last.buttons if one.action == "rebase"]
    assert button.form
    assert button.value == "1. make it night\n2. add snow\n3. add a moon\n4. warmer colours"
    await talk.press("Redo in one go", talk.chat.posted[-1], text=button.value)
    version = (await talk.versions())[-1]
    assert (version.parent, version.prompt) == ((await talk.versions())[0].id, button.value)
    assert version.options.quality == "low"


async def test_a_masked_part_in_between_is_where_redoing_starts(talk: Talk) -> None:
    await talk.imagine("a red fox")
    await talk.reply("left half: make it blue")
    for one in ("make it night", "add snow", "add a moon", "warmer"):
        await talk.reply(one)
    await talk.press("Redo in one go", talk.chat.posted[-1], text="all of it")
    versions = await talk.versions()
    assert versions[-1].parent == versions[1].id


async def test_after_a_final_a_reply_is_a_draft_again(talk: Talk) -> None:
    await talk.imagine("a red fox --quality low")
    await talk.reply("finalize")
    await talk.reply("make it night")
    version = (await talk.versions())[-1]
    assert (version.options.quality, version.options.size) == ("low", "1024x1024")
    assert version.parent == (await talk.versions())[1].id


async def test_another_of_the_same_set_can_be_picked_right_away(talk: Talk) -> None:
    await talk.imagine("a red fox --n 3")
    await talk.reply("pick 1")
    await talk.reply("pick 2")
    first, one, two = await talk.versions()
    assert [one.images, two.images] == [first.images[:1], first.images[1:2]]


async def test_unlocked_without_a_mask_is_named_as_ignored(drawn: Talk) -> None:
    await drawn.reply("make it night --unlocked")
    assert "it was ignored" in drawn.last.body


@pytest.mark.parametrize("name", ["pick_", "pick_x", "pick_-1", "pick_99999999999", "pick_²"])
async def test_a_strange_button_is_one_sentence(drawn: Talk, name: str) -> None:
    posted = drawn.chat.posted[0]
    target = (await drawn.versions())[0].id
    await drawn.doors.action(Action(new_id(), posted.address.place, ALICE, name, target, posted.address.message))
    await drawn.chat.settled()
    assert "older version of the bot" in drawn.chat.whispers[-1][1].title


async def test_what_is_paid_for_is_kept_though_cancelled_while_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, chat = FakeProvider(), FakeChat()
    begun, go_on = threading.Event(), threading.Event()
    real = locking.lock_outside

    def slow(*arguments: Path) -> locking.Locked | None:
        begun.set()
        go_on.wait(5)
        return real(*arguments)

    monkeypatch.setattr(locking, "lock_outside", slow)
    async with open_test_house(tmp_path, provider, model="gpt-image-2", lease_ms=150) as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a red fox")
        place = chat.posted[0].address.place
        await talk.doors.message(Message(new_id(), place, ALICE, "left half: blue", id=new_id()))
        await asyncio.to_thread(begun.wait, 5)
        (button,) = [one for one in chat.posted[1].card.buttons if one.action == "cancel"]
        pressing = asyncio.create_task(
            talk.doors.action(Action(new_id(), place, ALICE, "cancel", button.target, chat.posted[1].address.message))
        )
        await asyncio.sleep(0.1)
        go_on.set()
        await pressing
        assert len(await talk.versions()) == 2
        spent = await house.store.spent("team", ALICE, since=0)
        assert spent.images == 2
