"""Pictures sent with an edit: masks, our own pictures drawn on and sent back, and what is painted on the page."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from bot.cards import Card
from bot.models import Action, Asset, Attachment, Message, Role, Version, new_id
from bot.pictures import inspect, mask_for
from tests.fakes.provider import png
from tests.photos import picture
from tests.talk import ALICE, BOB, CHANNEL, Talk

PHOTO = picture("coffee").resize((480, 320))


def data_of(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def mask(size: tuple[int, int] = (480, 320), box: tuple[int, int, int, int] = (40, 40, 200, 160)) -> bytes:
    """White on black, as people save it."""
    image = Image.new("RGB", size)
    image.paste((255, 255, 255), box)
    return data_of(image)


def drawn_on(photo: Image.Image = PHOTO) -> bytes:
    """The picture with a thick red bar over it, as a phone sends it."""
    drawn = photo.copy()
    ImageDraw.Draw(drawn).line((120, 160, 360, 160), fill="#ff0000", width=24)
    return data_of(drawn, "JPEG")


def file(talk: Talk, name: str, data: bytes, role: Role = Role.REFERENCE) -> Attachment:
    talk.chat.files[name] = data
    return Attachment(name, name, role=role)


async def say_first(talk: Talk, text: str, *files: Attachment) -> None:
    """Words to the bot where there is no picture of its yet."""
    place = replace(CHANNEL, thread="t1")
    await talk.doors.message(Message(new_id(), place, ALICE, text, id="t1", mentions_bot=True, attachments=files))
    await talk.chat.settled()


async def uploaded(talk: Talk) -> None:
    """v1 is Alice's photo, v2 what became of it."""
    await say_first(talk, "warmer", file(talk, "photo.png", data_of(PHOTO)))


async def last(talk: Talk) -> tuple[Version, Version | None]:
    """The newest version and what it was made from."""
    versions = await talk.versions()
    return versions[-1], next((one for one in versions if one.id == versions[-1].parent), None)


def told(talk: Talk) -> str:
    return talk.chat.whispers[-1][1].title


async def marked(talk: Talk, asset_id: str) -> tuple[int, int, int, int] | None:
    """The box of what a mask leaves open."""
    asset = await talk.house.store.asset(asset_id)
    assert asset
    with Image.open(talk.house.store.asset_path(asset)) as image:
        return image.getchannel("A").point(lambda alpha: 255 - alpha).getbbox()


# ── Masks that are sent ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_called_mask_restricts_the_edit_and_the_others_go_along(talk: Talk) -> None:
    await uploaded(talk)
    files = (file(talk, "my mask.png", mask()), file(talk, "cup.png", png()))
    await talk.reply("v1: this cup", attachments=files)
    made, _ = await last(talk)
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160)
    assert [one.name for one in made.references] == ["cup.png"]
    assert "The picture sent along was taken as the mask." in talk.last.body


async def test_with_the_flag_the_first_file_is_the_mask_whatever_its_name(talk: Talk) -> None:
    await uploaded(talk)
    files = (file(talk, "x1.png", mask((960, 640), (80, 80, 400, 320))), file(talk, "cup.png", png()))
    await talk.reply("v1: this cup --mask", attachments=files)
    assert talk.chat.whispers == []
    made, _ = await last(talk)
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160), "scaled to the picture"
    assert [one.name for one in made.references] == ["cup.png"]
    assert "--mask" not in talk.last.body


@pytest.mark.parametrize(
    ("words", "names", "answer"),
    [
        ("v1: blue --mask", (), "--mask is about a picture that is sent along; there is none."),
        ("v1: blue --markup", (), "--markup is about a picture that is sent along; there is none."),
        ("v1: blue --mask --markup", ("a.png",), "Send a mask or a markup, not both."),
        ("v1: blue --markup", ("mask.png",), "Send a mask or a markup, not both."),
        ("v1: blue", ("mask 1.png", "mask 2.png"), "Several masks are too many; send one."),
        ("v1: left half: blue", ("mask.png",), "A mask and a region together are too much; send one of them."),
        ("v1: blue", ("wide mask.png",), "wide mask.png: The mask is 600×100, the picture 480×320;"),
        ("v1: blue", ("black mask.png",), "black mask.png: The mask marks nothing"),
        ("v1: blue --markup", ("cup.png",), "I don't recognise the picture you drew on."),
        ("again --mask", ("a.png",), "--mask goes with a picture and with words"),
        ("vary --markup", ("a.png",), "--markup goes with a picture and with words"),
        ("new: a whale --mask", ("a.png",), "--mask goes with a picture and with words"),
        ("zoom out --mask", ("a.png",), "--mask goes with a picture and with words"),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_paid(
    talk: Talk, words: str, names: tuple[str, ...], answer: str
) -> None:
    await uploaded(talk)
    paid = talk.provider.paid
    kinds = {"wide mask.png": mask((600, 100)), "black mask.png": mask(box=(0, 0, 0, 0)), "cup.png": png()}
    await talk.reply(words, attachments=tuple(file(talk, name, kinds.get(name, mask())) for name in names))
    assert told(talk).startswith(answer)
    assert talk.provider.paid == paid


async def test_imagine_takes_no_mask(talk: Talk) -> None:
    await talk.imagine("a fox --mask", attachments=(file(talk, "a.png", mask()),))
    assert told(talk).startswith("--mask goes with a picture")
    assert talk.provider.paid == 0


# ── The first message ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_first_picture_may_bring_its_mask_in_any_order(talk: Talk) -> None:
    await say_first(talk, "a red cup", file(talk, "mask.png", mask()), file(talk, "photo.png", data_of(PHOTO)))
    made, parent = await last(talk)
    assert parent and parent.prompt == "photo.png"
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160)
    assert made.references == ()


async def test_a_first_picture_with_the_flag_has_its_mask_behind_it(talk: Talk) -> None:
    await say_first(talk, "a red cup --mask", file(talk, "1.png", data_of(PHOTO)), file(talk, "2.png", mask()))
    made, _ = await last(talk)
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160)


async def test_the_edit_command_may_bring_a_mask(talk: Talk) -> None:
    files = (file(talk, "photo.png", data_of(PHOTO), Role.IMAGE), file(talk, "mask.png", mask()))
    await talk.imagine("a red cup", name="edit", attachments=files)
    made, _ = await last(talk)
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160)


async def test_a_lone_picture_called_mask_is_what_is_edited(talk: Talk) -> None:
    await say_first(talk, "make it golden", file(talk, "venetian mask.png", data_of(PHOTO)))
    made, parent = await last(talk)
    assert made.mask is None
    assert parent and parent.prompt == "venetian mask.png"


@pytest.mark.parametrize(
    ("words", "answer"),
    [("blue --mask", "--mask needs two pictures"), ("blue --markup", "--markup is about a picture of mine")],
)
async def test_a_first_picture_alone_is_no_mask_and_no_markup(talk: Talk, words: str, answer: str) -> None:
    await say_first(talk, words, file(talk, "photo.png", data_of(PHOTO)))
    assert told(talk).startswith(answer)
    assert talk.provider.paid == 0


# ── Drawn on and sent back ───────────────────────────────────────────────────────────────────────────────────────


async def test_an_older_picture_drawn_on_and_sent_back_is_the_one_that_is_edited(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("a red cup here", attachments=(file(talk, "IMG_7.jpg", drawn_on()),))
    made, parent = await last(talk)
    assert parent and parent.number == 1
    assert made.mask and made.references == ()
    box = await marked(talk, made.mask)
    assert box and box == pytest.approx((120, 148, 360, 172), abs=30)
    assert "Your drawing on v1 was taken as the mask: only there it may change." in talk.last.body


async def test_what_is_drawn_can_go_to_the_model_as_it_is_where_it_reads_that(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("follow the arrow --markup", attachments=(file(talk, "IMG_7.jpg", drawn_on()),))
    assert "cannot read what is drawn over a picture" in told(talk)
    words = "follow the arrow --markup --model gpt-image-2.5-sunburst"
    await talk.reply(words, attachments=(file(talk, "IMG_7.jpg", drawn_on()),))
    made, parent = await last(talk)
    assert parent and parent.number == 1
    assert made.markup and not made.mask and made.references == ()
    assert "Your drawing on v1 went to the model as it is." in talk.last.body


async def test_a_named_version_is_not_exchanged_for_the_one_drawn_on(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("v2: like this", attachments=(file(talk, "IMG_7.jpg", drawn_on()),))
    made, parent = await last(talk)
    assert parent and parent.number == 2
    assert [one.name for one in made.references] == ["IMG_7.jpg"] and made.mask is None


async def test_a_picture_sent_back_as_it_was_is_the_one_that_is_edited(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("colder", attachments=(file(talk, "photo.png", data_of(PHOTO)),))
    made, parent = await last(talk)
    assert parent and parent.number == 1
    assert made.references == () and made.mask is None
    assert "You sent v1 back, so that is the picture changed here." in talk.last.body


async def test_who_answers_one_picture_and_sends_another_means_it_as_a_reference(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("more like this", to=talk.chat.posted[0], attachments=(file(talk, "p.png", data_of(PHOTO)),))
    made, parent = await last(talk)
    assert parent and parent.number == 2
    assert [one.name for one in made.references] == ["p.png"]


async def test_a_picture_whose_file_is_lost_is_no_hindrance(talk: Talk) -> None:
    await uploaded(talk)
    (first, *_) = await talk.versions()
    asset = await talk.house.store.asset(first.images[0])
    assert asset
    talk.house.store.asset_path(asset).unlink()
    await talk.reply("like this", attachments=(file(talk, "IMG_7.jpg", drawn_on()),))
    made, parent = await last(talk)
    assert parent and parent.number == 2
    assert [one.name for one in made.references] == ["IMG_7.jpg"]


# ── The Edit form ────────────────────────────────────────────────────────────────────────────────────────────────


async def form(talk: Talk, text: str, *files: Attachment, name: str = "edit", number: int = 1) -> None:
    version = (await talk.versions())[number - 1]
    place = talk.chat.posted[0].address.place
    await talk.doors.action(Action(new_id(), place, BOB, name, version.id, text=text, attachments=files))
    await talk.chat.settled()


async def test_files_of_the_edit_form_go_along(talk: Talk) -> None:
    await uploaded(talk)
    await form(talk, "this cup", file(talk, "mask.png", mask()), file(talk, "cup.png", png()))
    made, parent = await last(talk)
    assert parent and parent.number == 1
    assert made.mask and [one.name for one in made.references] == ["cup.png"]


async def test_words_in_the_edit_form_mean_what_they_mean_in_a_reply(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("colder")
    paid = talk.provider.paid
    await form(talk, "undo", number=3)
    assert (await talk.head(), talk.provider.paid) == (2, paid)
    for words in ("", "  ", "thanks!", "// what do you think?", "help"):
        await form(talk, words)
        assert told(talk).startswith("Say what should change, for example")
    assert talk.provider.paid == paid


# ── Painted on the page ──────────────────────────────────────────────────────────────────────────────────────────


async def painted(
    talk: Talk, words: str = "a red boat", *, data: bytes | None = None, picture: int = 1, event: str = ""
) -> str:
    """What the page does with a painting of v1; returns its answer, "" for none."""
    raw, clean = talk.house.tmp / new_id(), talk.house.tmp / new_id()
    raw.write_bytes(data or mask())
    size = inspect(raw)
    made = mask_for(raw, (size.width, size.height), clean)
    kept = await talk.house.store.put_asset(
        clean, Asset(made.sha256, made.media_type, made.width, made.height, made.bytes)
    )
    brought = Attachment("mask.png", "", "image/png", kept.bytes, Role.MASK, kept.id)
    (version, *_) = await talk.versions()
    place = talk.chat.posted[0].address.place
    action = Action(
        event or f"paint:{new_id()}", place, BOB, f"paint_{picture}", version.id, text=words, attachments=(brought,)
    )
    card: Card | None = await talk.doors.ask(action)
    await talk.chat.settled()
    return card.title if card else ""


async def test_what_is_painted_on_the_page_is_edited_in_the_thread_by_who_painted_it(talk: Talk) -> None:
    await uploaded(talk)
    assert await painted(talk) == ""
    made, parent = await last(talk)
    assert parent and parent.number == 1
    assert (made.author, made.prompt) == (BOB, "a red boat")
    assert made.mask and await marked(talk, made.mask) == (40, 40, 200, 160)
    assert talk.chat.posted[-1].address.place == talk.chat.posted[0].address.place
    assert talk.chat.whispers == []


@pytest.mark.parametrize("words", ["undo", "again", "v2: a boat", "2: a boat", "new: a boat", "refs clear", "--n 2"])
async def test_words_about_anything_else_are_refused_on_the_page(talk: Talk, words: str) -> None:
    await uploaded(talk)
    paid = talk.provider.paid
    assert (await painted(talk, words)).startswith("Say only what should change where you painted")
    assert (talk.provider.paid, await talk.head()) == (paid, 2)


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ({"words": " "}, "Say what should change"),
        ({"words": "help"}, "Say what should change"),
        ({"words": "left half: blue"}, "A mask and a region together are too much"),
        ({"data": mask((300, 300))}, "This mask does not belong to this picture. Paint it again."),
        ({"picture": 2}, "v1 has"),
    ],
)
async def test_a_painting_that_cannot_be_is_answered_with_one_sentence(
    talk: Talk, case: dict[str, object], answer: str
) -> None:
    await uploaded(talk)
    paid = talk.provider.paid
    assert (await painted(talk, **case)).startswith(answer)  # type: ignore[arg-type]
    assert talk.provider.paid == paid


async def test_one_painting_sent_twice_is_drawn_once(talk: Talk) -> None:
    await uploaded(talk)
    await painted(talk, event="paint:1")
    paid = talk.provider.paid
    assert await painted(talk, event="paint:1") == ""
    assert talk.provider.paid == paid


async def test_a_version_that_is_not_there_is_said_to_be_gone(talk: Talk) -> None:
    await uploaded(talk)
    place = talk.chat.posted[0].address.place
    card = await talk.doors.ask(Action("paint:2", place, BOB, "paint_1", "nothing", text="a boat"))
    assert card and card.title.startswith("That picture is gone.")


async def test_a_link_for_the_mask_page_is_the_askers_alone(talk: Talk) -> None:
    await uploaded(talk)
    await talk.reply("paint")
    assert told(talk).startswith("This needs a page that people can open")
