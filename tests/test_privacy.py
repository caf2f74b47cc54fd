"""What people see of privacy: what is kept about them, their zip, deleting it, and what became too old."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from bot.errors import CannotPost
from bot.links import Grant, Links, Page
from bot.models import Act, Attachment, Ban, Command, Policy, Role, User, Version, new_id, now_ms
from bot.ports import By
from bot.replies.privacy import is_open_job
from bot.studio.privacy import DAY_MS, MESSAGES_AT_ONCE, MINE, PATIENCE_MS, correct_messages, purge, report
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.provider import FakeProvider, png
from tests.harness import TestHouse, open_test_house
from tests.talk import ALICE, BOB, CHANNEL, Talk

LATER = 100 * DAY_MS


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    provider = FakeProvider()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        chat = FakeChat()
        yield Talk(house, chat, provider, house.studio(chat))


async def privacy(talk: Talk, text: str = "", who: User = ALICE, event: str | None = None) -> str:
    """What somebody is whispered, once nothing of theirs is on its way any more."""
    async with asyncio.timeout(10):
        while any(is_open_job(one.status) for one in (await talk.house.store.privacy.belongings(CHANNEL, who)).jobs):
            await asyncio.sleep(0.005)
    await talk.doors.command(Command(event or new_id(), CHANNEL, who, text, name="privacy"))
    card = talk.chat.whispers[-1][1]
    return f"{card.title}\n{card.body}"


async def keep(talk: Talk, **days: int) -> None:
    await talk.house.store.set_policy("team", Policy(**days))  # type: ignore[arg-type]


async def purged(talk: Talk, *, dry: bool = False) -> list[str]:
    store = talk.house.store
    done = await purge(store, store.privacy, now=now_ms() + LATER, dry=dry)
    return list(report(done, dry=dry))


async def changed(*messages: Posted) -> None:
    """Wait until these messages show no picture any more."""
    async with asyncio.timeout(20):
        while any(one.card.images for one in messages):
            await asyncio.sleep(0.005)


def files(house: TestHouse) -> set[str]:
    return {path.stem for path in (house.folder / "blobs").rglob("*.*")}


# ── What is kept about me ────────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_new_reads_that_nothing_is_kept(talk: Talk) -> None:
    told = await privacy(talk)
    assert told.startswith("Nothing of yours is kept here.")
    assert "For how long: until they are deleted." in told
    assert talk.chat.whispers[-1][1].buttons == ()


async def test_people_read_what_is_kept_for_how_long_and_who_gets_it(talk: Talk) -> None:
    await keep(talk, keep_pictures_days=90)
    await talk.imagine("a fox")
    await talk.imagine("a bear", BOB)
    told = await privacy(talk)
    assert "Kept about you here: 1 picture, 1 prompt, 1 request and 2 lines in the ledger, since" in told
    assert "pictures 90 days, words until they are deleted" in told
    assert "a code in place of your name" in told
    assert "bear" not in told


async def test_something_else_is_answered_with_what_can_be_said(talk: Talk) -> None:
    assert "export" in await privacy(talk, "what?!")


async def test_the_same_command_delivered_twice_is_answered_once(talk: Talk) -> None:
    await privacy(talk, event="e1")
    await privacy(talk, event="e1")
    assert len(talk.chat.whispers) == 1


async def test_without_an_address_of_this_server_no_zip_is_posted_where_all_can_see_it(talk: Talk) -> None:
    await talk.imagine("a fox")
    assert "RETOUCH_URL" in await privacy(talk, "export")
    assert not any(one.card.files for one in talk.chat.posted)


async def test_the_zip_has_all_that_is_mine_and_nothing_of_others(talk: Talk) -> None:
    photo = _photo_with_place()
    talk.chat.files["photo"] = photo
    await talk.imagine("a fox", attachments=(Attachment("me.jpg", "photo", role=Role.REFERENCE),))
    await talk.imagine("a bear", BOB)
    found = await _download(talk, ALICE)
    names = found.namelist()
    mine = json.loads(found.read("mine.json"))
    assert [one["words"] for one in mine["versions"]] == ["a fox"]
    assert [one["words"] for one in mine["requests"]] == ["a fox"]
    assert sum(one["images"] for one in mine["ledger"]) == 1
    assert sum(name.endswith(".png") and "fox" in name for name in names) == 1
    (sent,) = [name for name in names if name.startswith("attachments/")]
    assert found.read(sent) == photo, "what was sent, as it was sent"
    assert "bear" not in json.dumps(mine)


async def test_the_zip_has_what_was_noted_of_me_and_no_moderators_name(talk: Talk) -> None:
    ban = Ban("user:U1", now_ms() + DAY_MS, "too many cats", "fake:U9")
    await talk.house.store.set_policy("team", Policy(blocked_terms=("boo",)))
    await talk.imagine("a boo fox")
    await talk.imagine("a boo bear", BOB)
    await talk.house.store.set_policy("team", Policy(bans=(ban,)))
    await talk.house.store.record(Act(now_ms(), "team", "fake:U9", "Ada", "ban", "user:U1", "", "too many cats"))
    told = (await _download(talk, ALICE)).read("mine.json").decode()
    mine = json.loads(told)
    assert mine["refused in a row"] == 1
    assert mine["bans"][0]["reason"] == "too many cats"
    assert [one["what"] for one in mine["audit"]] == ["refused", "ban"]
    assert "a boo fox" in told
    assert not any(word in told for word in ("bear", "Ada", "U9"))


async def test_a_zip_of_somebody_without_pictures_says_so(talk: Talk) -> None:
    found = await _download(talk, ALICE)
    assert found.namelist() == ["mine.json"]
    assert json.loads(found.read("mine.json"))["versions"] == []


async def _download(talk: Talk, who: User) -> zipfile.ZipFile:
    app = web.Application()
    talk.house.pages().add_to(app)
    link = Links(b"salt", "https://x").make(Page.EXPORT, Grant(who, CHANNEL, MINE))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get(link.removeprefix("https://x"))
        assert answer.status == 200
        return zipfile.ZipFile(io.BytesIO(await answer.read()))


# ── Delete mine ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_deleting_asks_first(talk: Talk) -> None:
    await talk.imagine("a fox")
    assert "cannot be brought back" in await privacy(talk, "delete mine")
    assert (await talk.versions())[0].prompt == "a fox"


async def test_deleting_mine_takes_my_pictures_and_words_and_leaves_what_others_made(talk: Talk) -> None:
    await talk.imagine("a secret fox")
    await talk.reply("warmer", BOB)
    told = await privacy(talk, "delete mine yes")
    mine, bobs = await talk.versions()
    assert told.startswith("Deleted: your words, 1 request's pictures")
    assert (mine.number, mine.author.name, mine.prompt, mine.is_open) == (1, "somebody", "", False)
    assert (bobs.prompt, bobs.is_open) == ("warmer", True)
    assert files(talk.house) == {bobs.images[0]}
    await changed(talk.chat.posted[0])
    assert talk.chat.posted[0].card.title == "This picture was deleted by the person who made it."
    assert talk.chat.posted[1].card.images, "Bob's stays"
    assert (await privacy(talk)).startswith("Kept about you here: 2 lines in the ledger")
    (act,) = await talk.house.store.acts(workspace="team", what="forget")
    assert (act.who, act.who_name, act.target) == ("fake:U1", "somebody", "fake:U1")
    used = await talk.house.store.tallies(By.PERSON, since=0, until=now_ms() + DAY_MS)
    assert {one.key: one.name for one in used} == {"fake:U1": "", "fake:U2": "Bob"}, "the ledger lets go of the name"
    assert "secret" not in repr(act)


async def test_what_was_deleted_answers_with_one_sentence(talk: Talk) -> None:
    await talk.imagine("a fox")
    card = talk.chat.posted[0]
    before = replace(card, history=list(card.history))
    await privacy(talk, "delete mine yes")
    for label in ("Vary", "Re-roll", "Show prompt"):
        await talk.press(label, before, BOB)
        assert talk.chat.whispers[-1][1].title.startswith("The picture of v1 is not kept any more.")
    await talk.reply("bluer", BOB)
    assert "not kept any more" in talk.chat.whispers[-1][1].title
    assert len(talk.provider.requests) == 1


async def test_the_button_deletes_once_its_form_says_yes(talk: Talk) -> None:
    await talk.imagine("a fox")
    await privacy(talk)
    (button,) = talk.chat.whispers[-1][1].buttons
    on = replace(talk.chat.posted[0], history=[talk.chat.whispers[-1][1]])
    await talk.press(button.label, on, text="no")
    assert (await talk.versions())[0].is_open
    await talk.press(button.label, on, BOB, text="yes")
    assert (await talk.versions())[0].is_open, "everybody deletes what is their own"
    await talk.press(button.label, on, text=" Yes. ")
    assert not (await talk.versions())[0].is_open


async def test_deleting_twice_is_harmless(talk: Talk) -> None:
    await talk.imagine("a fox")
    await privacy(talk, "delete mine yes")
    assert (await privacy(talk, "delete mine yes")).startswith("Nothing of yours is kept here.")


async def test_nothing_is_deleted_while_a_picture_is_on_its_way(talk: Talk) -> None:
    talk.provider.gate = asyncio.Event()
    command = Command(new_id(), CHANNEL, ALICE, "a fox")
    await talk.doors.command(command)
    await talk.doors.command(replace(command, event_id=new_id(), text="delete mine yes", name="privacy"))
    assert "on its way" in talk.chat.whispers[-1][1].title
    talk.provider.gate.set()
    await talk.chat.settled()
    assert (await talk.versions())[0].is_open


async def test_the_quota_cannot_be_reset_by_deleting(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(images_per_day=1))
    await talk.imagine("a fox")
    await privacy(talk, "delete mine yes")
    await talk.imagine("another fox")
    assert len(talk.provider.requests) == 1


# ── By age ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_by_default_everything_stays(talk: Talk) -> None:
    await talk.imagine("a fox")
    assert await purged(talk) == ["Nothing is older than it is kept."]
    assert (await talk.versions())[0].prompt == "a fox"


async def test_old_pictures_go_and_the_purge_says_how_many(talk: Talk) -> None:
    await keep(talk, keep_pictures_days=30)
    await talk.imagine("a fox")
    would = await purged(talk, dry=True)
    assert would == ["team: 1 request's pictures would go; 1 file, 0.0 MB."]
    assert len(files(talk.house)) == 1
    done = await purged(talk)
    assert done[0] == "team: 1 request's pictures went."
    assert files(talk.house) == set()
    (act,) = await talk.house.store.acts(workspace="team", what="purge")
    assert (act.who, act.after) == ("bot", "1 pictures, 0 prompts, 0 attachments")


async def test_old_messages_say_that_their_picture_was_too_old(talk: Talk) -> None:
    await keep(talk, keep_pictures_days=30)
    for n in range(MESSAGES_AT_ONCE + 2):
        await talk.imagine(f"a fox {n}")
    await talk.reply("warmer")
    await talk.reply("sheet")
    talk.chat.gone.add("m1")  # somebody deleted it
    await purged(talk)
    desk = talk.house.desk(talk.chat)
    await correct_messages(desk)
    left = [one for one in talk.chat.posted if one.card.images]
    assert len(left) == len(talk.chat.posted) - MESSAGES_AT_ONCE + 1, "chats limit how many may be changed at once"
    await correct_messages(desk)
    await changed(*talk.chat.posted[1:])
    assert talk.chat.posted[1].card.title == "This picture is older than 30 days and was deleted."
    assert talk.chat.posted[-1].card.title.startswith("One of the pictures here was deleted.")
    assert not talk.chat.posted[1].card.buttons
    assert not await talk.house.store.privacy.outdated(["fake"], limit=9)
    await purged(talk)
    assert not await talk.house.store.privacy.outdated(["fake"], limit=9), "each is told once"


async def test_a_message_that_cannot_be_changed_keeps_no_other_waiting_and_is_tried_for_a_week(talk: Talk) -> None:
    await keep(talk, keep_pictures_days=30)
    await talk.imagine("a fox")
    talk.chat.edit_fault = CannotPost("The channel is archived.")
    await purged(talk)
    desk = talk.house.desk(talk.chat)
    await correct_messages(desk)
    assert await talk.house.store.privacy.outdated(["fake"], limit=9)
    await correct_messages(replace(desk, now=lambda: now_ms() + PATIENCE_MS + DAY_MS))
    assert not await talk.house.store.privacy.outdated(["fake"], limit=9)


async def test_a_thread_goes_on_from_what_is_left_when_its_newest_picture_is_deleted(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.reply("warmer", BOB)
    await talk.house.store.set_policy("team", Policy())
    await talk.doors.command(Command(new_id(), CHANNEL, BOB, "delete mine yes", name="privacy"))
    assert await talk.head() == 1
    await talk.reply("bluer")
    assert [one.parent for one in await talk.versions()][-1] == (await talk.versions())[0].id


async def test_an_offer_of_a_picture_that_was_deleted_shows_it_no_more(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.imagine("a fox", BOB)
    offer = talk.chat.posted[1]
    assert offer.card.images
    assert len(talk.provider.requests) == 1
    await privacy(talk, "delete mine yes")
    await changed(*talk.chat.posted)
    assert offer.card.title == "This picture was deleted by the person who made it."


async def test_no_word_of_a_whole_conversation_is_left_in_any_file(talk: Talk) -> None:
    await _whole_conversation(talk)
    assert b"xyzzyplugh" in _all_bytes(talk)
    await keep(talk, keep_prompts_days=30, keep_attachments_days=30)
    await purged(talk)
    assert b"xyzzyplugh" not in _all_bytes(talk)


async def test_no_word_of_mine_is_left_in_any_file_when_i_delete_mine(talk: Talk) -> None:
    await _whole_conversation(talk)
    await privacy(talk, "delete mine yes")
    assert b"xyzzyplugh" not in _all_bytes(talk)


async def test_a_dry_run_counts_the_same_files_as_the_purge_deletes(talk: Talk) -> None:
    await _whole_conversation(talk)
    await keep(talk, keep_pictures_days=30, keep_attachments_days=30)
    store, later = talk.house.store, now_ms() + LATER
    would = await purge(store, store.privacy, now=later, dry=True)
    before = len(files(talk.house))
    done = await purge(store, store.privacy, now=later)
    assert sum(one.files for one in would.values()) == done[""].files == before - len(files(talk.house))


async def _whole_conversation(talk: Talk) -> None:
    """Alice says xyzzyplugh in every way there is, and Bob nowhere."""
    word = "xyzzyplugh"
    sizes = {"photo": (32, 32), "upload": (48, 48), "late": (40, 40), "refused": (24, 24)}
    talk.chat.files |= {name: png(*size, (1, 2, 3)) for name, size in sizes.items()}
    await talk.house.store.set_policy("team", Policy(report_channel="mods", moderators=("user:U3",),
                                                     blocked_terms=("boo",), watched_terms=("hm",)))  # fmt: skip
    await talk.imagine(f"{word}1 fox", attachments=(Attachment(f"{word}2.png", "photo", role=Role.REFERENCE),))
    for words in (f"make it {word}3", f"add {word}4 --no {word}5", f"rectangle left half: {word}6", "compare v1 v2"):
        await talk.reply(words)
    await talk.reply("references", attachments=(Attachment(f"{word}7.png", "late"),))
    await talk.imagine(f"{word}8 story", flags={"series": f"{word}9 | {word}10"})
    await talk.imagine(f"{word}1 hm")
    await talk.imagine(f"{word}11 boo", attachments=(Attachment(f"{word}12.png", "refused"),))
    await talk.imagine(f"{word}13", name="edit", attachments=(Attachment(f"{word}14.png", "upload", role=Role.IMAGE),))
    await talk.imagine(f"{word}15 --size 99x99")
    talk.provider.faults.append(RuntimeError("no"))
    await talk.imagine(f"{word}16")
    await talk.imagine("a plain bear", BOB)
    bobs = next(one for one in talk.chat.posted if one.card.prompt == "a plain bear")
    await talk.press("Report", bobs, ALICE, text=f"{word}17")


def _all_bytes(talk: Talk) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(talk.house.folder.rglob("*")) if path.is_file())


async def test_a_picture_without_its_words_can_still_be_edited_but_not_drawn_again(talk: Talk) -> None:
    await keep(talk, keep_prompts_days=30)
    await talk.imagine("a fox")
    card = talk.chat.posted[0]
    await purged(talk)
    for label in ("Vary", "Re-roll", "Show prompt"):
        await talk.press(label, card)
        assert "not kept any more" in talk.chat.whispers[-1][1].title
    await talk.reply("again")
    assert "not kept any more" in talk.chat.whispers[-1][1].title
    await talk.reply("warmer")
    assert [one.prompt for one in await talk.versions()] == ["", "warmer"]


async def test_an_edit_goes_on_without_the_references_that_are_gone(talk: Talk) -> None:
    await keep(talk, keep_attachments_days=30)
    talk.chat.files["logo"] = png(32, 32, (1, 2, 3))
    await talk.imagine("a poster", attachments=(Attachment("logo.png", "logo"),))
    assert len(talk.provider.requests[0].images) == 1
    await purged(talk)
    await talk.reply("warmer")
    assert len(talk.provider.requests[1].images) == 1, "the picture alone"
    assert len(await talk.versions()) == 2


# ── What leaves the house ────────────────────────────────────────────────────────────────────────────────────────


async def test_the_image_service_gets_a_salted_hash_and_no_name(talk: Talk) -> None:
    await talk.imagine("a fox")
    await talk.imagine("a bear", BOB)
    keys = [one.user_key for one in talk.provider.requests]
    assert len(set(keys)) == 2
    for key in keys:
        assert len(key) == 32
        assert not any(word in key for word in ("U1", "U2", "Alice", "Bob"))
    desk = talk.house.desk(talk.chat)
    assert desk.user_key(ALICE, "team") == keys[0], "the same after a restart"
    assert desk.user_key(ALICE, "other") != keys[0], "nobody can be followed from one workspace to another"
    assert replace(desk, secret=b"another").user_key(ALICE, "team") != keys[0], "nor guessed without the secret"


async def test_what_a_camera_wrote_into_a_photo_goes_nowhere(talk: Talk) -> None:
    talk.chat.files["photo"] = _photo_with_place()
    await talk.imagine("me as a fox", attachments=(Attachment("me.jpg", "photo"),))
    await talk.imagine("bluer", name="edit", attachments=(Attachment("me.jpg", "photo", role=Role.IMAGE),))
    sent = [data for one in talk.provider.inputs for data in one]
    assert len(sent) == 2
    for data in sent:
        assert not _metadata(data)
    shown = [image.path.read_bytes() for one in talk.chat.posted for image in one.card.images]
    assert shown
    assert not any(b"SecretCam" in data or b"<x:xmpmeta" in data for data in shown)


async def test_light_copies_carry_nothing_of_the_original(talk: Talk, tmp_path: Path) -> None:
    from bot import pictures

    source, light = tmp_path / "photo.jpg", tmp_path / "light.webp"
    source.write_bytes(_photo_with_place())
    pictures.thumbnail(source, light, 64)
    assert not _metadata(light.read_bytes())


def _photo_with_place() -> bytes:
    """A photo that says where and with what it was taken, in EXIF, GPS and XMP."""
    exif = Image.Exif()
    exif[0x0110] = "SecretCam 3000"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    Image.new("RGB", (96, 96), (200, 90, 10)).save(
        out, "JPEG", exif=exif, xmp=b"<x:xmpmeta>SecretCam</x:xmpmeta>", comment=b"SecretCam"
    )
    assert b"SecretCam" in out.getvalue()
    return out.getvalue()


def _metadata(data: bytes) -> list[str]:
    """What a picture still says beside its pixels."""
    with Image.open(io.BytesIO(data)) as image:
        found = [name for name in ("exif", "xmp", "comment", "XML:com.adobe.xmp") if image.info.get(name)]
        return found + (["exif tags"] if dict(image.getexif()) else []) + (["name"] if b"SecretCam" in data else [])


def test_no_version_has_an_id_that_means_all_of_mine() -> None:
    assert len(new_id()) != len(MINE)
    assert Version.__slots__


async def test_a_workspace_that_cannot_be_purged_keeps_no_other_waiting(talk: Talk) -> None:
    await keep(talk, keep_pictures_days=1)
    await talk.imagine("a fox")
    await talk.chat.settled()
    with sqlite3.connect(talk.house.folder / "retouch.db") as db:
        db.execute("INSERT INTO policy (workspace, doc) VALUES ('another', '{')")
        db.execute("INSERT INTO thread SELECT 'odd', platform, 'another', channel, thread, head, created, guest"
                   " FROM thread")  # fmt: skip
    db.close()
    with pytest.raises(ValueError, match="Policy"):
        await purged(talk)
    assert files(talk.house) == set()
