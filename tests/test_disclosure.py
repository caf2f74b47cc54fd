"""What is said of AI: in the small print of every card with a drawn picture, in alt texts, in files taken away."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot import xmp
from bot.cards import Card, Tone
from bot.disclosure import EDITED, GENERATED, MAX_WORDS, USUAL, checked, said, source_type
from bot.errors import BadAttachment, BadOption
from bot.exporting import Entry, Spec, write_zip
from bot.models import Attachment, Kind, Options, Policy, Role, User, Version
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.signing import signed
from tests.talk import Talk
from tests.test_conversation import CHATS

TAG = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


# ── On cards ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(CHATS))
async def test_every_chat_shows_that_a_picture_is_made_with_ai_in_the_words_of_the_policy(
    name: str, tmp_path: Path
) -> None:
    async with open_test_house(tmp_path, FakeProvider(), model="gpt-image-2") as house, CHATS[name](house) as driver:
        await driver.imagine("a red fox")
        async with asyncio.timeout(30):
            while not [one for one in await driver.seen() if one.images and USUAL in one.text]:
                await asyncio.sleep(0.05)
        first = next(one for one in await driver.seen() if one.images)
        assert first.alts[0].startswith("AI-made picture")
        workspaces = house.store._engine._connection
        with workspaces() as db:
            (workspace,) = {row[0] for row in db.execute("SELECT workspace FROM thread")}
        await house.store.set_policy(workspace, Policy(disclosure="Mit KI erzeugt"))
        await driver.imagine("a blue fox")
        async with asyncio.timeout(30):
            while not [one for one in await driver.seen() if one.images and "Mit KI erzeugt" in one.text]:
                await asyncio.sleep(0.05)


async def test_each_card_that_shows_a_drawn_picture_says_so_once(talk: Talk) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply("pick 2")
    await talk.reply("warmer")
    await talk.reply("undo")
    await talk.reply("show v1")
    await talk.reply("compare v1 v3")
    await talk.reply("sheet")
    cards = [one.card for one in talk.chat.posted if one.card.images]
    assert len(cards) >= 6
    assert [card.footer.count(USUAL) for card in cards] == [1] * len(cards)
    assert all("AI-made" in one.alt or one.name.startswith("changes") for card in cards for one in card.images)


async def test_an_upload_is_not_said_to_be_made_with_ai(talk: Talk) -> None:
    talk.chat.files["me"] = png(colour=(1, 2, 3))
    await talk.imagine("warmer", name="edit", attachments=(Attachment("me.png", "me", role=Role.IMAGE),))
    await talk.reply("show v1", to=talk.chat.posted[-1])
    assert "uploaded picture" in talk.last.images[0].alt
    assert "AI" not in talk.last.footer + talk.last.images[0].alt


async def for_staff(talk: Talk) -> Card:
    """The card that comes before the moderators."""
    async with asyncio.timeout(30):
        while not (found := [one.card for one in talk.chat.posted if one.address.place.channel == "staff"]):
            await asyncio.sleep(0.01)
    return found[0]


async def test_moderators_read_that_what_waits_is_made_with_ai(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(review=True, review_channel="staff", disclosure="KI-Bild"))
    await talk.imagine("a fox")
    card = await for_staff(talk)
    assert card.images[0].alt.startswith("AI-made")
    assert card.footer.endswith("KI-Bild")


async def test_moderators_read_it_on_a_reported_picture(talk: Talk) -> None:
    await talk.house.store.set_policy("team", Policy(report_channel="staff"))
    await talk.imagine("a fox")
    await talk.press("Report", talk.chat.posted[0], text="ugly")
    card = await for_staff(talk)
    assert (card.footer.endswith(USUAL), len(card.images)) == (True, 1)


async def test_a_named_reference_says_it_if_ai_drew_it_and_not_if_somebody_brought_it(talk: Talk) -> None:
    talk.chat.files["me"] = png(colour=(1, 2, 3))
    await talk.imagine("a fox")
    await talk.reply("save v1 as @fox")
    await talk.imagine("add @mine", name="ref", attachments=(Attachment("me.png", "me"),))
    for name, words in (("fox", USUAL), ("mine", "")):
        await talk.imagine(f"show @{name}", name="ref")
        card = talk.chat.whispers[-1][1]
        assert (len(card.images), card.footer) == (1, words)
        assert ("AI-made" in card.images[0].alt) == (name == "fox")


async def test_the_sheet_of_references_says_it_if_ai_drew_some_of_them(talk: Talk) -> None:
    talk.chat.files["me"] = png(colour=(1, 2, 3))
    await talk.imagine("a fox")
    await talk.reply("a hat", attachments=(Attachment("me.png", "me"),))
    await talk.reply("refs")
    shown = [one.card for one in talk.chat.posted if "references" in one.card.images[0].alt]
    assert [(one.footer, "AI-made" in one.images[0].alt) for one in shown] == [("", False)]
    await talk.reply("refs add #1")
    newest = talk.chat.posted[-1].card
    assert (newest.footer, "AI-made" in newest.images[0].alt) == (USUAL, True)


async def test_what_is_seen_while_it_is_drawn_says_it_too(tmp_path: Path) -> None:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        await talk.imagine("a fox")
    cards = [card for one in chat.posted for card in one.history if card.images and card.tone is Tone.PROGRESS]
    assert cards
    assert all(card.footer.endswith(USUAL) and card.images[0].alt == "AI-made preview" for card in cards)


@pytest.mark.parametrize("words", [".", " · ", "\u3164", "\u034f", "\ufe0f", "ﾠ"])
def test_what_nobody_can_see_or_read_is_no_required_wording(words: str) -> None:
    with pytest.raises(BadOption, match="The disclosure"):
        checked(words, required=True)
    assert said(Policy(disclosure=words, disclosure_required=True)) == USUAL


async def test_the_panels_of_a_series_say_it_to_those_who_cannot_see_them(talk: Talk) -> None:
    await talk.imagine("a fox --series it wakes | it sleeps")
    assert all(one.alt.startswith("AI-made, panel") for one in talk.last.images)


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        (Policy(), USUAL),
        (Policy(disclosure="KI-Bild"), "KI-Bild"),
        (Policy(disclosure=""), ""),
        (Policy(disclosure="", disclosure_required=True), USUAL),
        (Policy(disclosure="  ", disclosure_required=True), USUAL),
        (Policy(disclosure="<!channel> *x*"), USUAL),
        (Policy(disclosure="x" * 101), USUAL),
    ],
)
async def test_the_small_print_is_the_policys_and_never_too_little(talk: Talk, policy: Policy, shown: str) -> None:
    await talk.house.store.set_policy("team", policy)
    await talk.imagine("a fox")
    assert talk.last.footer.endswith(shown)
    assert ("AI" in talk.last.footer) == ("AI" in shown)


@pytest.mark.parametrize(
    "words",
    ["@everyone", "<b>AI</b>", "[AI](https://x.example)", "*AI*", "`AI`", "AI\nmade", "AI\u202emade", "A\u200bI",
     "||AI||", "#AI", "x" * (MAX_WORDS + 1), "\0", "~AI~", "_AI_"],
)  # fmt: skip
def test_markup_mentions_and_long_texts_are_no_wording(words: str) -> None:
    with pytest.raises(BadOption, match="The disclosure"):
        checked(words)


@pytest.mark.parametrize(
    "words", ["Made with AI", "KI-generiert (gpt-image-2)", "AIで作成", "صُنع بالذكاء", " AI ", "AI · 100 %"]
)
def test_plain_words_of_any_language_are_taken(words: str) -> None:
    assert checked(words) == words.strip()


def test_a_required_wording_cannot_be_empty() -> None:
    assert checked("") == ""
    with pytest.raises(BadOption, match="cannot be empty"):
        checked(" ", required=True)


@given(st.text(max_size=150), st.booleans())
def test_whatever_was_stored_one_plain_line_is_shown(words: str, required: bool) -> None:
    shown = said(Policy(disclosure=words, disclosure_required=required))
    assert len(shown) <= MAX_WORDS and not set(shown) & set("<>@*_`~|[]#\n\r")
    assert shown or not (required or words.strip())


# ── Where a picture comes from ───────────────────────────────────────────────────────────────────────────────────


def family(*chain: Kind) -> list[Version]:
    """Versions, each made from the one before."""
    return [
        Version(str(number), "t", number, str(number - 1) if number > 1 else None, kind, "", Options("m"), (),
                User("fake", "U", "A"), 0)
        for number, kind in enumerate(chain, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "term"),
    [
        ((Kind.GENERATE,), GENERATED),
        ((Kind.GENERATE, Kind.EDIT, Kind.PICK, Kind.VARIATION), GENERATED),
        ((Kind.UPLOAD,), ""),
        ((Kind.UPLOAD, Kind.PICK), ""),
        ((Kind.UPLOAD, Kind.EDIT), EDITED),
        ((Kind.UPLOAD, Kind.EXTEND, Kind.PICK), EDITED),
        ((Kind.UPLOAD, Kind.SERIES, Kind.EDIT), EDITED),
        ((Kind.UPLOAD, Kind.GENERATE), GENERATED),
        ((Kind.SERIES,), GENERATED),
    ],
)
def test_a_picture_is_generated_edited_or_somebodys_own(chain: tuple[Kind, ...], term: str) -> None:
    versions = family(*chain)
    assert source_type(versions[-1], {one.id: one for one in versions}) == term


def test_what_was_made_from_something_gone_counts_as_edited() -> None:
    assert source_type(family(Kind.UPLOAD, Kind.EDIT)[-1], {}) == EDITED


# ── In files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def packets(data: bytes) -> Iterator[bytes]:
    """The XMP packets of a file, found as a container's reader would, without our code or Pillow's."""
    if data.startswith(b"\x89PNG"):
        at = 8
        while at < len(data):
            length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
            if kind == b"iTXt" and data[at + 8 :].startswith(b"XML:com.adobe.xmp\0"):
                yield data[at + 8 + 22 : at + 8 + length]
            at += 12 + length
    elif data.startswith(b"\xff\xd8"):
        at = 2
        while data[at + 1] != 0xDA:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if data[at + 1] == 0xE1 and data[at + 4 :].startswith(b"http://ns.adobe.com/xap/1.0/\0"):
                yield data[at + 4 + 29 : at + 2 + length]
            at += 2 + length
    else:
        assert int.from_bytes(data[4:8], "little") == len(data) - 8
        at = 12
        while at < len(data):
            length = int.from_bytes(data[at + 4 : at + 8], "little")
            if data[at : at + 4] == b"XMP ":
                assert data[20] & 0x04, "the header announces it"
                yield data[at + 8 : at + 8 + length]
            at += 8 + length + length % 2


def terms(data: bytes) -> list[str | None]:
    """What a file says of how it was made."""
    return [found.text for one in packets(data) for found in ET.fromstring(one).iter(TAG)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("term", [GENERATED, EDITED])
def test_the_source_type_is_written_and_the_pixels_stay(tmp_path: Path, kind: str, mode: str, term: str) -> None:
    for lossless in (True, False):
        path = tmp_path / "a"
        image = Image.effect_noise((37, 23), 90).convert("RGB" if kind == "JPEG" else mode)
        if image.mode == "RGBA":
            image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(path, kind, **({"lossless": lossless} if kind == "WEBP" else {}))
        with Image.open(path) as opened:
            before = (opened.mode, opened.size, opened.tobytes())
        xmp.put_in(path, xmp.packet(term), image.size)
        assert terms(path.read_bytes()) == [term]
        with Image.open(path) as opened:
            assert (opened.mode, opened.size, opened.tobytes()) == before
            assert b"DigitalSourceType" in opened.info["xmp"] if kind != "PNG" else opened.info["XML:com.adobe.xmp"]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    Image.new("P", (3, 3)).save(path, "GIF")
    with pytest.raises(BadAttachment, match="Choose png, jpeg or webp"):
        xmp.put_in(path, b"", (3, 3))


def test_copies_say_it_in_every_format(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (80, 60), "teal").save(path)
    one = Entry(path, "image/png", path.stat().st_size, "v1", "alt", "a fox", 1_790_000_000_000, {}, GENERATED)
    for entry, wanted in ((one, [GENERATED]), (replace(one, source_type=""), [])):
        write_zip([entry], Spec(("png", "jpeg", "webp"), (64,)), tmp_path / "out.zip", {})
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            names = [name for name in archive.namelist() if re.search(r"\.(png|jpg|webp)$", name)]
            assert len(names) == 3
            assert all(terms(archive.read(name)) == wanted for name in names)
            for name in names:
                Image.open(io.BytesIO(archive.read(name))).load()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("form", ["plain", "exif", "xmp", "credentials", "cut"])
@pytest.mark.parametrize("term", [GENERATED, EDITED, ""])
def test_unconverted_pictures_say_it_where_that_breaks_nothing(tmp_path: Path, kind: str, form: str, term: str) -> None:
    path, exif = tmp_path / "a", Image.Exif()
    exif[0x010E] = "a fox"
    more: dict[str, Any] = {"exif": exif} if form == "exif" else {}
    image = Image.effect_noise((33, 21), 90).convert("RGB")
    if form == "xmp":
        about, words = PngInfo(), "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
        about.add_itxt("XML:com.adobe.xmp", words)
        more = {"pnginfo": about} if kind == "PNG" else {"xmp": words.encode()}
    if form == "credentials":
        path.write_bytes(signed(kind))
    else:
        image.save(path, kind, **more)
    data = path.read_bytes()
    if form == "cut" and kind == "WEBP":
        path.write_bytes(data := data + b"some more behind the end")
    one = Entry(path, "image/png", len(data), "v1", "alt", "a fox", 1_790_000_000_000, {}, term)
    write_zip([one], Spec(), tmp_path / "out.zip", {})
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("001")]
        (told,) = json.loads(archive.read("manifest.json"))["files"]
        written = archive.read(name)
    assert told["sha256"] == hashlib.sha256(written).hexdigest()
    assert path.read_bytes() == data, "what is kept stays as it is"
    if not term or form in ("xmp", "credentials") or (form, kind) == ("cut", "WEBP"):
        assert (written, told["bytes"]) == (data, "as kept")
        return
    assert terms(written) == [term]
    assert told["bytes"] == "as kept, with a note on AI"
    assert data in list(xmp.taken_out(written, xmp.packet(term)))
    with Image.open(io.BytesIO(written)) as opened, Image.open(path) as before:
        assert opened.tobytes() == before.tobytes()
        assert dict(opened.getexif()) == dict(before.getexif())


async def test_a_thread_taken_away_says_of_each_picture_how_it_was_made(talk: Talk) -> None:
    zips: list[bytes] = []
    post = talk.chat.post

    async def taking(place: object, card: object, **more: object) -> object:
        zips.extend(one.path.read_bytes() for one in card.files)  # type: ignore[attr-defined]
        return await post(place, card, **more)  # type: ignore[arg-type]

    talk.chat.post = taking  # type: ignore[method-assign,assignment]
    talk.chat.files["me"] = png(colour=(1, 2, 3))
    await talk.imagine("warmer", name="edit", attachments=(Attachment("me.png", "me", role=Role.IMAGE),))
    await talk.reply("export all --format jpeg")
    with zipfile.ZipFile(io.BytesIO(zips[-1])) as archive:
        found = json.loads(archive.read("manifest.json"))["files"]
        assert [one["digital source type"] for one in found] == [None, EDITED]
        assert [terms(archive.read(one["file"])) for one in found] == [[], [EDITED]]
