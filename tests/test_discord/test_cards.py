"""What goes along with a card: links, files to take away, buttons that ask for words; and links to its message."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.discord import DiscordPlatform
from adapters.discord.files import Outgoing, Parcel
from adapters.discord.view import card_view
from bot.cards import Button, Card, CardFile, CardImage, Link, Tone
from bot.models import Action, Address, Place
from tests.contracts.chat import Seen
from tests.test_discord.scene import Scene, discord_with, png

GALLERY = Link("Gallery", "https://pictures.example/gallery?t=abc")


async def shown(scene: Scene, card: Card) -> Seen:
    """The card as the only message in the channel, posted and then edited once more, as a delivery may be."""
    place = Place("discord", str(scene.driver.guild.id), str(scene.driver.channel.id))
    with scene.driver.env.time_context():
        address = await scene.doors.platform.post(place, card, reply_to=None, key="k")
        before = await scene.driver.seen()
        await scene.doors.platform.edit(address, card)
    assert await scene.driver.seen() == before
    [seen] = before
    return seen


def export(folder: Path, size: int = 1000, name: str = "export-v3.zip") -> CardFile:
    path = folder / "export"
    path.write_bytes(b"PK" + b"x" * (size - 2))
    return CardFile(path, name, "application/zip")


# ── links ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_links_stand_after_the_buttons_on_rows_of_their_own(scene: Scene) -> None:
    links = (*(Link(f"Page {number}", f"https://pictures.example/{number}") for number in range(6)), GALLERY)
    seen = await shown(scene, Card("v1", buttons=(Button("Vary", "vary", "a"),), links=links))
    assert seen.buttons == ("Vary",)
    assert seen.links == tuple((link.label, link.url) for link in links)
    container: Any = scene.driver.pictures()[0].components[0]
    rows = [row for row in container.children if isinstance(row, discord.ActionRow)]
    assert [len(row.children) for row in rows] == [1, 5, 2]


@pytest.mark.parametrize(
    "url",
    [
        "/gallery?t=abc",
        "gallery",
        "",
        "//pictures.example/gallery",
        "https://",
        "https:///gallery",
        "javascript:alert(1)",
        "discord://-/channels/1",
        "ftp://pictures.example/x",
        "https://[::1/x",
        "https://pictures.example/a b",
        "https://pictures.example/a\nb",
        " https://pictures.example",
        "https://pictures.example/" + "x" * 488,
    ],
)
async def test_what_discord_does_not_take_as_a_link_is_left_out(scene: Scene, url: str) -> None:
    seen = await shown(scene, Card("v1", links=(Link("Bad", url), GALLERY)))
    assert seen.links == ((GALLERY.label, GALLERY.url),)


async def test_the_longest_link_and_odd_labels_are_shown(scene: Scene) -> None:
    longest = "https://pictures.example/" + "x" * 487
    seen = await shown(scene, Card("v1", links=(Link("", longest), Link("**L** " * 30, "HTTP://pictures.example"))))
    assert [url for _, url in seen.links] == [longest, "HTTP://pictures.example"]
    assert seen.links[0][0] == "Open"
    assert len(seen.links[1][0]) <= 80


async def test_a_link_that_discord_refuses_all_the_same_does_not_cost_the_card(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.driver.env.inject_error("POST", "/channels/*/messages", status=400, code=50035, message="Not well formed")
    place = Place("discord", str(scene.driver.guild.id), str(scene.driver.channel.id))
    with caplog.at_level(logging.WARNING), scene.driver.env.time_context():
        await scene.doors.platform.post(place, Card("v1", links=(GALLERY,)), reply_to=None, key="k")
    [seen] = await scene.driver.seen()
    assert (seen.text, seen.links) == ("v1", ())
    assert "sent without links" in caplog.text


async def test_a_whisper_carries_links_too(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    with scene.driver.env.time_context():
        await scene.doors.platform.whisper(scene.last, Card("Here.", links=(GALLERY,)))
    assert [seen.links for seen in await scene.driver.seen() if seen.private] == [((GALLERY.label, GALLERY.url),)]


def components(view: discord.ui.LayoutView) -> list[Any]:
    return list(view.walk_children())


@pytest.mark.parametrize("buttons", [0, 4, 5, 24, 25, 40])
@pytest.mark.parametrize("links", [0, 1, 6, 30])
@pytest.mark.parametrize("files", [0, 1, 10])
async def test_the_fullest_card_keeps_within_a_message(buttons: int, links: int, files: int) -> None:
    card = Card(
        "v1",
        prompt="p",
        body="b",
        footer="f",
        buttons=tuple(Button("B", "act", str(number)) for number in range(buttons)),
        links=(GALLERY,) * links,
    )
    parcel = Parcel(
        pictures=(Outgoing(Path("x"), "x.png", "x"),),
        files=tuple(Outgoing(Path("x"), f"{number}.zip", "") for number in range(files)),
    )
    view = card_view(card, parcel)
    parts = components(view)
    assert len(parts) <= 40
    pressed = [part for part in parts if isinstance(part, discord.ui.Button) and not part.url]
    linked = [part for part in parts if isinstance(part, discord.ui.Button) and part.url]
    assert len(pressed) >= min(buttons, 19 if files > 1 else 25)
    if buttons <= 5 and files <= 1:
        assert len(linked) >= min(links, 20)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_export_comes_with_its_card(scene: Scene, tmp_path: Path) -> None:
    file = export(tmp_path)
    seen = await shown(scene, Card("Your export", files=(file,), links=(GALLERY,)))
    assert seen.files == (("export-v3.zip", file.path.read_bytes()),)
    assert seen.images == ()
    assert seen.text == "Your export"


async def test_an_export_and_its_pictures_come_together(scene: Scene, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(png())
    images = tuple(CardImage(picture, "image/png", 32, 24, "x", "v1.png") for _ in range(10))
    seen = await shown(scene, Card("v1", tone=Tone.DONE, images=images, files=(export(tmp_path),)))
    assert (len(seen.images), len(seen.files)) == (9, 1)
    assert "1 more picture did not fit in one message." in seen.text


async def test_an_export_over_the_limit_is_left_out_and_said_so(scene: Scene, tmp_path: Path) -> None:
    seen = await shown(scene, Card("Your export", files=(export(tmp_path, 10_485_761),), links=(GALLERY,)))
    assert seen.files == ()
    assert seen.text == (
        "Your export\nThe export is 10.5 MB; Discord takes files up to 10.5 MB here. Ask for fewer: export v3."
    )
    assert seen.links == ((GALLERY.label, GALLERY.url),)


async def test_an_export_of_exactly_the_limit_is_sent(scene: Scene, tmp_path: Path) -> None:
    seen = await shown(scene, Card("Your export", files=(export(tmp_path, 10_485_760),)))
    assert [len(data) for _, data in seen.files] == [10_485_760]


async def test_an_export_that_discord_finds_too_large_all_the_same_is_left_out(scene: Scene, tmp_path: Path) -> None:
    scene.driver.env.inject_error("POST", "/channels/*/messages", status=413, code=40005)
    place = Place("discord", str(scene.driver.guild.id), str(scene.driver.channel.id))
    with scene.driver.env.time_context():
        card = Card("Your export", files=(export(tmp_path, 10_000_000),))
        await scene.doors.platform.post(place, card, reply_to=None, key="k")
    [seen] = await scene.driver.seen()
    assert seen.files == ()
    assert "The export is 10.0 MB; Discord takes files up to 9.4 MB here." in seen.text


async def test_an_export_that_is_gone_is_said_to_be(scene: Scene, tmp_path: Path) -> None:
    seen = await shown(scene, Card("Your export", files=(CardFile(tmp_path / "none", "x.zip", "application/zip"),)))
    assert seen.text == "Your export\nThe export is no longer kept. Ask for it again: export."
    assert seen.files == ()


async def test_awkward_file_names_all_arrive(scene: Scene, tmp_path: Path) -> None:
    names = ["a.zip", "a.zip", "SPOILER_a.zip", "../../etc/passwd", "", "ü ñ.tar.gz", "x." + "z" * 99, "."]
    files = tuple(export(tmp_path, name=name) for name in names)
    seen = await shown(scene, Card("Your export", files=(*files, *files)))
    assert len({name for name, _ in seen.files}) == 10
    assert "6 more files did not fit in one message." in seen.text
    assert not any(file.is_spoiler() for file in scene.driver.pictures()[0].attachments)


async def test_a_whispered_export_arrives(scene: Scene, tmp_path: Path) -> None:
    await scene.driver.imagine("a fox")
    with scene.driver.env.time_context():
        await scene.doors.platform.whisper(scene.last, Card("Your export", files=(export(tmp_path),)))
    [seen] = [seen for seen in await scene.driver.seen() if seen.private]
    assert [name for name, _ in seen.files] == ["export-v3.zip"]


async def test_a_file_to_take_away_is_no_picture_to_save(scene: Scene, tmp_path: Path) -> None:
    await shown(scene, Card("Your export", files=(export(tmp_path, name="contact-sheet.zip"),)))
    message = scene.driver.pictures()[0]
    result = await scene.driver.person().context_menu(scene.driver.channel, "Save as reference", message)
    assert result.modal is None


async def test_only_the_pictures_shown_are_offered_to_save(scene: Scene, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(png())
    image = CardImage(picture, "image/png", 32, 24, "x", "v1.png")
    await shown(scene, Card("v1", images=(image, image), files=(CardFile(picture, "sheet.png", "image/png"),)))
    message = scene.driver.pictures()[0]
    result = await scene.driver.person().context_menu(scene.driver.channel, "Save as reference", message)
    options = result.modal["components"][2]["component"]["options"]
    assert [option["label"] for option in options] == ["1. v1.png", "2. v1-b.png"]


# ── buttons that ask ────────────────────────────────────────────────────────────────────────────────────────


async def test_any_button_may_ask_for_words_even_after_a_restart(scene: Scene) -> None:
    asks = Button("Redo in one go", "some_action", "version1", form=True, value="merged words")
    await shown(scene, Card("v1", buttons=(asks, Button("Undo", "undo", "version1"))))
    alice = scene.driver.person()
    form = await alice.click(scene.driver.message((await scene.driver.seen())[0].id), label="Redo in one go")
    assert form.modal["title"] == "Redo in one go"
    assert form.modal["components"][0]["component"]["value"] == "merged words"
    await scene.driver.restart(scene.house)
    [seen] = await scene.driver.seen()
    await scene.driver.press(seen, "Redo in one go", text="other words")
    action = scene.last
    assert isinstance(action, Action)
    assert (action.name, action.target, action.text) == ("some_action", "version1", "other words")


async def test_the_same_action_without_a_form_asks_nothing(scene: Scene) -> None:
    seen = await shown(scene, Card("v1", buttons=(Button("Edit", "edit", "version1"),)))
    await scene.driver.press(seen, "Edit")
    assert isinstance(scene.last, Action)
    assert (scene.last.name, scene.last.text) == ("edit", "")


# ── links to messages ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_in_the_channel_and_one_in_its_thread_have_links(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    [address] = scene.doors.addresses
    platform, guild, channel = scene.doors.platform, scene.driver.guild.id, scene.driver.channel.id
    assert await platform.permalink(address) == f"https://discord.com/channels/{guild}/{channel}/{address.message}"
    with scene.driver.env.time_context():
        reply = await platform.post(address.place, Card("v2"), reply_to=None, key="r")
        link = await platform.permalink(reply)
    assert link == f"https://discord.com/channels/{guild}/{address.place.thread}/{reply.message}"
    assert scene.driver.message(reply.message).jump_url == link


async def test_replies_without_a_thread_are_linked_to_in_their_channel(tmp_path: Path) -> None:
    async with discord_with(tmp_path, threads=False) as scene:
        await scene.driver.imagine("a fox")
        [address] = scene.doors.addresses
        platform = scene.doors.platform
        with scene.driver.env.time_context():
            reply = await platform.post(address.place, Card("v2"), reply_to=None, key="r")
            assert await platform.permalink(reply) == scene.driver.message(reply.message).jump_url
            asked = len(scene.driver.env.http_requests)
            await platform.permalink(reply)
        assert len(scene.driver.env.http_requests) == asked


async def test_a_direct_message_has_a_link(scene: Scene) -> None:
    await scene.driver.person().send_dm("a lighthouse")
    [address] = scene.doors.addresses
    link = await scene.doors.platform.permalink(address)
    assert link == f"https://discord.com/channels/@me/{address.place.channel}/{address.message}"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (Place("slack", "1", "2"), "3"),
        (Place("discord", "guild", "2"), "3"),
        (Place("discord", "1", "../2"), "3"),
        (Place("discord", "1", "2"), ""),
        (Place("discord", "1", "2", "x"), "3"),
        (Place("discord", "@me", "2"), "3"),
    ],
)
async def test_an_address_that_is_not_discords_has_no_link(scene: Scene, place: Place, message: str) -> None:
    assert await scene.doors.platform.permalink(Address(place, message)) == ""


async def test_offline_what_needs_no_question_has_its_link(scene: Scene) -> None:
    offline = DiscordPlatform(token="none")
    known = Address(Place("discord", "1", "2", "3"), "3")
    assert await offline.permalink(known) == "https://discord.com/channels/1/2/3"
    assert await offline.permalink(Address(known.place, "4")) == ""


@pytest.mark.parametrize(("status", "code"), [(400, 0), (403, 50001), (404, 0)])
async def test_what_discord_does_not_tell_has_no_link(scene: Scene, status: int, code: int) -> None:
    scene.driver.env.inject_error("GET", "/channels/*", status=status, code=code)
    with scene.driver.env.time_context():
        unknown = Address(Place("discord", "1", "2", "3"), "4")
        assert await scene.doors.platform.permalink(unknown) == ""
        assert await scene.doors.platform.permalink(unknown) == "https://discord.com/channels/1/2/4"


async def test_a_thread_that_somebody_opens_later_is_linked_to(tmp_path: Path) -> None:
    async with discord_with(tmp_path, threads=False) as scene:
        await scene.driver.imagine("a fox")
        [address] = scene.doors.addresses
        reply = Address(address.place, str(int(address.message) + 1))
        with scene.driver.env.time_context():
            before = await scene.doors.platform.permalink(reply)
            await scene.driver.message(address.message).create_thread(name="more")
            await scene.driver.env.settle()
            after = await scene.doors.platform.permalink(reply)
        assert (
            before == f"https://discord.com/channels/{address.place.workspace}/{address.place.channel}/{reply.message}"
        )
        assert after == f"https://discord.com/channels/{address.place.workspace}/{address.message}/{reply.message}"


async def test_pictures_are_hidden_until_clicked_where_the_card_says_so(scene: Scene) -> None:
    await scene.driver.imagine("a fox")
    address, card = scene.doors.addresses[-1], scene.doors.finished("a fox")
    for hidden in (True, False):
        await scene.doors.platform.edit(address, replace(card, spoiler=hidden))
        [message] = scene.driver.pictures()
        [container] = message.components
        galleries = [one for one in container.children if isinstance(one, discord.MediaGalleryComponent)]  # type: ignore[union-attr]
        assert [item.spoiler for one in galleries for item in one.items] == [hidden]


async def test_a_long_answer_without_a_prompt_is_shown_whole(scene: Scene) -> None:
    """All settings of a server in one answer: escaped they are longer."""
    lines = "\n".join(f"some-setting-{number}: role:{number}, as usual" for number in range(60))
    await scene.driver.run("quota")
    await scene.doors.platform.whisper(scene.house.taken[-1], Card("All settings", body=lines, footer="x" * 300))
    assert "some-setting-59: role:59, as usual" in (await scene.driver.seen())[-1].text
