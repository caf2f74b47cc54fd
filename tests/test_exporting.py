"""What is in a zip to take away: pictures in the asked formats and sizes, alt texts, prompts, and a true manifest."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot import xmp
from bot.cards import Card
from bot.disclosure import GENERATED
from bot.errors import BadInput, BadOption, PlatformProblem
from bot.exporting import Entry, Spec, safe_name, spec_of, write_zip
from bot.models import Attachment, Role
from tests.fakes.provider import png
from tests.talk import Talk

NOON = 1_790_000_000_000


def entry(path: Path, name: str = "v1 a red fox", **more: object) -> Entry:
    facts: dict[str, object] = {"version": 1}
    one = Entry(
        path, "image/png", path.stat().st_size if path.exists() else 9, name, f"alt of {name}", name, NOON, facts
    )
    return replace(one, **more)  # type: ignore[arg-type]


def saved(path: Path, mode: str = "RGB", size: tuple[int, int] = (300, 200), kind: str = "PNG") -> Path:
    Image.new(mode, size, 90 if mode == "L" else None).save(path, kind)
    return path


def zipped(folder: Path, entries: list[Entry], spec: Spec | None = None) -> zipfile.ZipFile:
    out = folder / "out.zip"
    write_zip(entries, spec or Spec(), out, {"made by": "AI"})
    archive = zipfile.ZipFile(out)
    assert archive.testzip() is None
    return archive


def manifest(archive: zipfile.ZipFile) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(archive.read("manifest.json"))
    return found


def pictures_in(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if not name.endswith((".json", ".txt"))]


# ── What is asked for ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flags", "spec"),
    [
        ({}, Spec()),
        ({"format": "png"}, Spec(("png",))),
        ({"format": "JPG,webp,jpeg"}, Spec(("jpeg", "webp"))),
        ({"size": "1024,2k;4K"}, Spec((), (1024, 2048, 3840))),
        ({"format": "", "size": ""}, Spec()),
    ],
)
def test_formats_and_sizes_are_read(flags: dict[str, str], spec: Spec) -> None:
    assert spec_of(flags) == spec


@pytest.mark.parametrize(
    "flags",
    [{"format": "gif"}, {"format": "../x"}, {"size": "0"}, {"size": "9999999"}, {"size": "-5"}, {"size": "²"},
     {"size": "1024x1024"}, {"ar": "1:1"}, {"mask": ""}],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_can(flags: dict[str, str]) -> None:
    with pytest.raises(BadOption, match=r"png, ?jpeg, ?webp|pixels"):
        spec_of(flags)


# ── The zip ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_originals_are_copied_byte_for_byte(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    archive = zipped(tmp_path, [entry(path)])
    assert archive.namelist() == ["001-v1-a-red-fox.png", "manifest.json", "alt-texts.txt", "prompts.txt"]
    assert archive.read("001-v1-a-red-fox.png") == path.read_bytes()
    assert manifest(archive)["files"] == [
        {"file": "001-v1-a-red-fox.png", "width": 300, "height": 200, "alt": "alt of v1 a red fox", "version": 1,
         "bytes": "as kept", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    ]  # fmt: skip
    assert archive.getinfo("001-v1-a-red-fox.png").date_time[0] == 2026


def test_each_format_and_size_has_its_folder_and_its_true_size(tmp_path: Path) -> None:
    archive = zipped(tmp_path, [entry(saved(tmp_path / "a.png"))], Spec(("png", "jpeg"), (64, 150)))
    sizes = {name: Image.open(io.BytesIO(archive.read(name))).size for name in pictures_in(archive)}
    assert sizes == {
        "png-64/001-v1-a-red-fox.png": (64, 43), "png-150/001-v1-a-red-fox.png": (150, 100),
        "jpeg-64/001-v1-a-red-fox.jpg": (64, 43), "jpeg-150/001-v1-a-red-fox.jpg": (150, 100),
    }  # fmt: skip
    assert {(one["file"], (one["width"], one["height"])) for one in manifest(archive)["files"]} == set(sizes.items())


def test_no_picture_is_blown_up(tmp_path: Path) -> None:
    archive = zipped(tmp_path, [entry(saved(tmp_path / "a.png"))], Spec((), (8000,)))
    assert manifest(archive)["files"][0]["width"] == 300


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "PNG"), ("P", "GIF"), ("RGBA", "WEBP"), ("1", "PNG")]
)
def test_every_kind_of_picture_can_be_taken_away_as_jpeg(tmp_path: Path, mode: str, kind: str) -> None:
    path = saved(tmp_path / "a", mode, kind=kind)
    archive = zipped(tmp_path, [entry(path)], Spec(("jpeg",)))
    (name,) = pictures_in(archive)
    with Image.open(io.BytesIO(archive.read(name))) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (300, 200))


def test_an_animation_stays_one_unless_another_format_is_asked_for(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    one = entry(tmp_path / "a.gif", media_type="image/gif")
    (name,) = pictures_in(zipped(tmp_path, [one]))
    assert name.endswith(".gif")
    (name,) = pictures_in(zipped(tmp_path, [one], Spec((), (64,))))
    assert name.endswith(".png")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/abs",
        "..\\..\\x",
        "C:\\x",
        "con",
        "a\0b",
        "‮gpj.exe",
        "",
        "…",
        "x" * 900,
        "a/b/../../c",
        "日本",
    ],
)
def test_no_name_leaves_the_folder_it_is_unpacked_in(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path, [entry(saved(tmp_path / "a.png"), name)], Spec(("png", "webp")))
    for inside in archive.namelist():
        assert inside.count("/") <= 1 and ".." not in inside and not inside.startswith("/")
        assert inside.isascii() and "\\" not in inside and len(inside) < 90
    assert safe_name(name)


def test_equal_names_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    archive = zipped(tmp_path, [entry(path), entry(path)])
    assert len(set(pictures_in(archive))) == 2


def test_what_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    entries = [entry(tmp_path / "gone.png", "gone"), entry(saved(tmp_path / "a.png"), "here"), entry(broken, "broken")]
    for spec in (Spec(), Spec(("webp",))):
        archive = zipped(tmp_path, entries, spec)
        assert json.loads(archive.read("manifest.json"))["missing"] == ["gone", "broken"]
        assert [name.split("-")[1].split(".")[0] for name in pictures_in(archive)] == ["here"]


def test_a_zip_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="None of these pictures can be read any more"):
        zipped(tmp_path, [entry(tmp_path / "gone.png")])


@pytest.mark.parametrize("spec", [Spec(("png", "jpeg"), (64, 128, 256)), Spec()])
def test_what_would_be_too_much_is_refused_before_it_is_written(tmp_path: Path, spec: Spec) -> None:
    one = entry(saved(tmp_path / "a.png"))
    many = [one] * 100 if spec.formats else [replace(one, bytes=300_000_000)] * 10
    with pytest.raises(BadInput, match=r"too much for one zip\. Export fewer"):
        zipped(tmp_path, many, spec)
    assert not (tmp_path / "out.zip").exists()


def test_a_full_disk_is_no_missing_picture(tmp_path: Path) -> None:
    """/dev/full is a disk without room."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110 — a device
        pytest.skip("this system has no /dev/full")
    noise = Image.frombytes("RGB", (600, 600), os.urandom(600 * 600 * 3))
    noise.save(tmp_path / "a.png")
    with pytest.raises(OSError, match="No space left"):
        write_zip([entry(tmp_path / "a.png")], Spec(), Path("/dev/full"), {})


def test_nothing_is_left_beside_the_zip(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    zipped(tmp_path, [entry(path), entry(tmp_path / "gone")], Spec(("png", "jpeg"), (64,)))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.png", "out.zip"]


# ── In a thread ──────────────────────────────────────────────────────────────────────────────────────────────────


class Taking:
    """Takes the files off the cards as they are posted: they are gone a moment later."""

    def __init__(self, talk: Talk) -> None:
        self.zips: list[bytes] = []
        post = talk.chat.post

        async def taking(place: object, card: Card, **more: object) -> object:
            self.zips += [one.path.read_bytes() for one in card.files]
            return await post(place, card, **more)  # type: ignore[arg-type]

        talk.chat.post = taking  # type: ignore[method-assign,assignment]

    def newest(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.zips[-1]))


async def test_a_thread_is_exported_with_every_picture_once(talk: Talk) -> None:
    taking = Taking(talk)
    await talk.imagine("a fox --n 2")
    await talk.reply("pick 2")
    await talk.reply("warmer")
    await talk.reply("export all")
    found = manifest(taking.newest())["files"]
    assert [(one["version"], one["kind"], one["made from"]) for one in found] == [
        (1, "generate", None), (1, "generate", None), (3, "edit", 2),
    ]  # fmt: skip
    versions = await talk.versions()
    assert [one["original sha256"] for one in found] == [*versions[0].images, *versions[2].images]
    for one in found:
        data = taking.newest().read(str(one["file"]))
        assert hashlib.sha256(data).hexdigest() == one["sha256"]
        (before,) = xmp.taken_out(data, xmp.packet(GENERATED))
        assert hashlib.sha256(before).hexdigest() == one["original sha256"]
    assert not list(talk.house.tmp.glob("export-*"))


async def test_the_panels_of_a_series_have_their_own_words(talk: Talk) -> None:
    taking = Taking(talk)
    await talk.imagine("a fox --series it wakes | it sleeps")
    await talk.reply("export v1")
    assert [one["prompt"] for one in manifest(taking.newest())["files"]] == ["a fox\nit wakes", "a fox\nit sleeps"]
    assert "a fox\nit sleeps" in taking.newest().read("prompts.txt").decode()


async def test_an_upload_is_not_said_to_be_made_by_ai_or_by_words(talk: Talk) -> None:
    taking = Taking(talk)
    talk.chat.files["me"] = png(colour=(1, 2, 3))
    await talk.imagine("warmer", name="edit", attachments=(Attachment("me at home.png", "me", role=Role.IMAGE),))
    await talk.reply("export all")
    upload, edit = manifest(taking.newest())["files"]
    assert (upload["AI-made"], upload["prompt"], edit["AI-made"]) == (False, "", True)
    assert "me at home" not in taking.newest().read("prompts.txt").decode()


async def test_an_export_that_cannot_be_is_said_to_the_asker_alone(talk: Talk) -> None:
    await talk.imagine("a fox")
    (version,) = await talk.versions()
    asset = await talk.house.store.asset(version.images[0])
    assert asset
    await talk.reply("export --format bmp")
    talk.house.store.asset_path(asset).unlink()
    await talk.reply("export")
    told = [card.title for _, card in talk.chat.whispers]
    assert told[0].startswith("export cannot write bmp.")
    assert told[1].startswith("None of these pictures can be read any more.")
    assert len(talk.chat.posted) == 1


async def test_a_zip_that_the_chat_does_not_take_is_not_a_silence(talk: Talk) -> None:
    await talk.imagine("a fox")
    talk.chat.post_fault = PlatformProblem("This file is too large for this chat.")
    await talk.reply("export")
    assert talk.chat.whispers[-1][1].title.startswith("This file is too large for this chat.")
    assert not list(talk.house.tmp.glob("export-*"))
