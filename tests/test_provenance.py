"""Where a file comes from: which version it is, by its bytes, and what its Content Credentials say."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from adapters.credentials import credentials_of, read
from bot import provenance
from bot.disclosure import GENERATED
from bot.errors import BadInput
from bot.exporting import Spec
from bot.models import Attachment, Role
from bot.ports import Drawn, ImageRequest, Result
from bot.provenance import Credentials, Origin, Part, Seal
from bot.studio.export import write_export
from storage.sqlite import SqliteStore, open_store
from tests.contracts.store_uses import UsesContract
from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider, png
from tests.harness import open_test_house
from tests.signing import root, signed
from tests.talk import Talk
from tests.test_cli import retouch
from tests.test_conversation import CHATS

KINDS = {"PNG": b"caBX", "JPEG": b"\xff\xeb", "WEBP": b"C2PA"}  # and where each keeps its credentials


class Signing(FakeProvider):
    """An image service that signs what it draws, as the large ones do."""

    def __init__(self, kind: str = "PNG") -> None:
        super().__init__()
        self.drawn: list[bytes] = []
        self._kind = kind

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Result, None]:
        assert await request.may_send()
        self.requests.append(request)
        self.drawn.append(signed(self._kind))
        path = request.folder / "0.png"
        path.write_bytes(self.drawn[-1])
        yield Result(
            (Drawn(path, hashlib.sha256(self.drawn[-1]).hexdigest(), len(self.drawn[-1])),), self.usage, "req-1"
        )


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Talk]:
    provider, chat = Signing(), FakeChat()
    async with open_test_house(tmp_path / "data", provider, model="gpt-image-2") as house:
        yield Talk(house, chat, provider, house.studio(chat))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data")
    yield opened
    await opened.close()


class TestSqlite(UsesContract):
    """The contract every store passes."""


def file(folder: Path, data: bytes, name: str = "some.png") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def origin(talk: Talk, data: bytes) -> list[tuple[str, int | None, int]]:
    """What the bytes are to which versions."""
    found = await provenance.matches(talk.house.store, hashlib.sha256(data).hexdigest())
    return [(str(one.part), one.number or None, one.found.version.number) for one in found]


# ── Originals keep their credentials ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_signed_picture_is_kept_shown_and_taken_away_byte_for_byte(kind: str, tmp_path: Path) -> None:
    provider = Signing(kind)
    async with (
        open_test_house(tmp_path / "data", provider, model="gpt-image-2") as house,
        CHATS["web"](house) as driver,
    ):
        await driver.imagine(f"a fox --format {kind.lower()}")
        async with asyncio.timeout(30):
            while not [one for one in await driver.seen() if one.images and "Cancel" not in one.buttons]:
                await asyncio.sleep(0.05)
        await driver.reply("export")
        async with asyncio.timeout(30):
            while not [one for one in await driver.seen() if one.files or one.links]:
                await asyncio.sleep(0.05)
        seen = await driver.seen()
        shown = next(one for one in seen if one.images)
        assert KINDS[kind] in provider.drawn[0]
        assert shown.images == (provider.drawn[0],)
        kept = [path.read_bytes() for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]
        assert kept == provider.drawn
        for one in seen:
            for _, data in one.files:
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    (name,) = [name for name in archive.namelist() if name.startswith("001-")]
                    assert archive.read(name) == provider.drawn[0]


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_what_we_make_from_a_signed_picture_carries_no_credentials(kind: str, tmp_path: Path) -> None:
    provider, chat = Signing(kind), FakeChat()
    async with open_test_house(tmp_path / "data", provider, model="gpt-image-2") as house:
        talk = Talk(house, chat, provider, house.studio(chat))
        zips: list[bytes] = []
        post = chat.post

        async def taking(place: object, card: object, **more: object) -> object:
            zips.extend(one.path.read_bytes() for one in card.files)  # type: ignore[attr-defined]
            return await post(place, card, **more)  # type: ignore[arg-type]

        chat.post = taking  # type: ignore[method-assign,assignment]
        await talk.imagine("a fox")
        await talk.reply("left half: a hat")
        await talk.reply("sheet")
        await talk.reply("compare v1 v2")
        await talk.reply("export --format png,jpeg,webp")
        made = [path for path in (tmp_path / "data" / "blobs").rglob("*")
                if path.is_file() and path.read_bytes() not in provider.drawn]  # fmt: skip
        print(
            [c.title for _, c in chat.whispers], [(p.card.title, p.card.body) for p in chat.posted], len(provider.drawn)
        )
        assert len(made) >= 4
        with zipfile.ZipFile(io.BytesIO(zips[-1])) as archive:
            copies = [name for name in archive.namelist() if "/" in name]
            made += [file(tmp_path, archive.read(name), f"{at}.bin") for at, name in enumerate(copies)]
        assert len(copies) >= 3
        assert {read(path).seal for path in made} == {Seal.NONE}


# ── Which version it is ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_picture_is_found_in_all_its_parts(signing: Talk) -> None:
    upload = png(colour=(1, 2, 3))
    signing.chat.files["me"] = upload
    await signing.imagine("a hat", name="edit", attachments=(Attachment("me.png", "me", role=Role.IMAGE),))
    await signing.reply("left half: a cat")
    await signing.reply("sheet")
    assert isinstance(signing.provider, Signing)
    _, second = signing.provider.drawn
    store = signing.house.store
    versions = await signing.versions()
    assert await origin(signing, upload) == [("source", None, 1)]
    assert await origin(signing, second) == [("drawn", 1, 3)]
    composite = await store.asset(versions[2].images[0])
    assert composite
    assert await origin(signing, store.asset_path(composite).read_bytes()) == [("picture", 1, 3)]
    assert await origin(signing, signing.last.images[0].path.read_bytes()) == [("derived", None, 1)]
    assert await origin(signing, png(5, 5)) == []


async def test_of_several_the_one_it_was_made_for_comes_first(talk: Talk) -> None:
    await talk.imagine("a fox --n 2")
    await talk.reply("pick 2")
    first, _ = await talk.versions()
    asset = await talk.house.store.asset(first.images[1])
    assert asset
    data = talk.house.store.asset_path(asset).read_bytes()
    assert await origin(talk, data) == [("picture", 2, 1), ("picture", 1, 2)]


# ── What the credentials say ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_intact_credentials_are_read_with_what_they_claim(kind: str, tmp_path: Path) -> None:
    path = file(tmp_path, signed(kind))
    found = read(path)
    assert found == Credentials(
        Seal.INTACT, "Test Pictures", "Test Pictures", "Test Image Service 1", "", (GENERATED,), ()
    )
    assert read(path, root()) == replace(found, seal=Seal.TRUSTED)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_changed_picture_does_not_hold(kind: str, tmp_path: Path) -> None:
    data = bytearray(signed(kind))
    data[len(data) - 30] ^= 1
    found = read(file(tmp_path, bytes(data)), root())
    assert found.seal is Seal.BROKEN
    assert any("mismatch" in one for one in found.problems)


def test_credentials_copied_onto_another_picture_do_not_hold(tmp_path: Path) -> None:
    data, other = signed(), png(colour=(9, 9, 9))
    at = data.index(b"caBX") - 4
    chunk = data[at : at + 12 + int.from_bytes(data[at : at + 4], "big")]
    found = read(file(tmp_path, other[:33] + chunk + other[33:]), root())
    assert found.seal is Seal.BROKEN
    assert "assertion.dataHash.mismatch" in found.problems


@pytest.mark.parametrize(
    ("data", "seal"),
    [(png(), Seal.NONE), (b"", Seal.UNREADABLE), (b"hello", Seal.UNREADABLE), (b"\x89PNG\r\n\x1a\n", Seal.UNREADABLE),
     (b"\xff\xd8\xff", Seal.UNREADABLE), (b"RIFF\xff\xff\xff\xffWEBP", Seal.UNREADABLE)],
)  # fmt: skip
def test_what_has_none_or_is_damaged_is_said(data: bytes, seal: Seal, tmp_path: Path) -> None:
    assert read(file(tmp_path, data)).seal is seal


def test_a_picture_cut_anywhere_never_breaks_the_reader(tmp_path: Path) -> None:
    for kind in KINDS:
        data = signed(kind)
        seals = {read(file(tmp_path, data[:end]), root()).seal for end in range(0, len(data), len(data) // 40)}
        assert not seals & {Seal.TRUSTED, Seal.INTACT}


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server somewhere in the network: its address, and what it was asked for."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_server_is_asked_whatever_a_file_says(kind: str, asked: tuple[str, list[str]], tmp_path: Path) -> None:
    address, paths = asked
    path = file(tmp_path, signed(kind, remote=f"{address}/inside"))
    assert read(path).seal is Seal.ELSEWHERE
    assert paths == []


@pytest.mark.parametrize("trust", ["x", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_certificates_that_are_none_are_not_taken_for_a_list(trust: str, tmp_path: Path) -> None:
    path = file(tmp_path, signed())
    try:
        assert read(path, trust).seal is not Seal.TRUSTED
    except BadInput as error:
        assert "PEM certificates" in str(error)


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"validation_state": 7}, {"validation_state": "Valid", "active_manifest": "a", "manifests": []},
     {"active_manifest": "a", "manifests": {"a": {"assertions": [7, {"label": "c2pa.actions", "data": []}],
      "claim_generator_info": "x", "signature_info": []}}, "validation_status": [None, {"code": 7}]}],
)  # fmt: skip
def test_a_report_of_another_shape_is_no_accident(document: object) -> None:
    found = credentials_of(document)
    assert (found.signer, found.says, found.problems) == ("", (), ())


def test_nothing_in_a_file_can_steer_a_terminal() -> None:
    evil = "\x1b[2J\x1b]0;x\x07" + "A" * 500 + "\nThis is v1"
    for seal in Seal:
        found = Origin("x", "0" * 64, (), Credentials(seal, evil, evil, evil, evil, (evil,), (evil,)))
        for line in provenance.lines(found):
            assert line.isprintable() and len(line) < 450 and not line.startswith("This is v1")


# ── retouch verify ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_command_says_which_version_a_file_is(signing: Talk, tmp_path: Path) -> None:
    await signing.imagine("a fox in the snow\x1b[2J")
    assert isinstance(signing.provider, Signing)
    path = file(tmp_path, signing.provider.drawn[0])
    done = await asyncio.to_thread(retouch, tmp_path, "verify", str(path))
    lines = done.stdout.splitlines()
    (version,) = await signing.versions()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == (
        f"This is v1 of thread {version.thread} (fake team general), byte for byte as it came from the image service."
    )
    assert lines[1].startswith("Generate by Alice, ") and "· gpt-image-2 · “a fox in the snow" in lines[1]
    assert lines[2] == "Content Credentials intact, signed in the name of Test Pictures."
    assert lines[3].startswith("Not checked: whether that is really them")
    assert lines[4] == "They say: made with Test Image Service 1, source type trainedAlgorithmicMedia."
    trust = file(tmp_path, root().encode(), "root.pem")
    done = await asyncio.to_thread(retouch, tmp_path, "verify", str(path), "--trust", str(trust), "--json")
    found = json.loads(done.stdout)
    assert found["credentials"]["seal"] == "trusted"
    assert [(one["part"], one["version"], one["original"]) for one in found["matches"]] == [("picture", 1, True)]


async def test_a_copy_is_not_taken_for_the_original(signing: Talk, tmp_path: Path) -> None:
    await signing.imagine("a fox")
    assert isinstance(signing.provider, Signing)
    with Image.open(io.BytesIO(signing.provider.drawn[0])) as image:
        image.save(tmp_path / "copy.png")
    done = await asyncio.to_thread(retouch, tmp_path, "verify", "copy.png")
    assert done.stdout.startswith("No picture kept here has exactly these bytes.")
    assert "It has no Content Credentials." in done.stdout


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    for name, says in (("gone.png", "There is no file gone.png."), (".", ". is a folder."), ("..", ".. is a folder.")):
        done = retouch(tmp_path, "verify", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(says) and done.stderr.count("\n") == 1
    path = file(tmp_path, png())
    for trust in ("gone.pem", str(path)):
        done = retouch(tmp_path, "verify", str(path), "--trust", trust)
        assert (done.returncode, done.stdout) == (2, "")
        assert "PEM certificates" in done.stderr


def test_without_the_library_the_rest_still_works(tmp_path: Path) -> None:
    path = file(tmp_path, signed())
    code = (
        "import sys; sys.modules['c2pa'] = None\n"
        "from pathlib import Path; from adapters.credentials import read; print(read(Path(sys.argv[1])).seal)"
    )
    command = [sys.executable, "-c", code, str(path)]
    root_folder = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root_folder)
    assert done.stdout.strip() == Seal.NOT_READ
    unread = Origin("x", "0" * 64, (), Credentials(Seal.NOT_READ))
    assert any("pip install 'retouch[verify]'" in line for line in provenance.lines(unread))


def test_every_part_and_seal_has_its_sentence() -> None:
    sentences = {
        tuple(provenance.lines(Origin("x", "0" * 64, (), Credentials(seal, problems=("code",))))) for seal in Seal
    }
    assert len(sentences) == len(Seal)
    assert len(Part) == 5


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_a_picture_out_of_an_export_is_recognised_for_all_its_note_on_ai(kind: str, tmp_path: Path) -> None:
    chat = FakeChat()
    async with open_test_house(tmp_path / "data", model="sketch") as house:
        talk = Talk(house, chat, FakeProvider(), house.studio(chat))
        await talk.imagine(f"a fox --format {kind}")
        (version,) = await talk.versions()
        out = tmp_path / "out.zip"
        await write_export(house.store, version.id, Spec(), out)
        await write_export(house.store, version.id, Spec((kind,), (64,)), tmp_path / "small.zip")
    with zipfile.ZipFile(out) as archive:
        path = file(tmp_path, archive.read(archive.namelist()[0]), "exported")
    with zipfile.ZipFile(tmp_path / "small.zip") as archive:
        (told,) = json.loads(archive.read("manifest.json"))["files"]
        small = archive.read(archive.namelist()[0])
    changed = file(tmp_path, path.read_bytes().replace(b"trained", b"Trained"), "changed")
    done = await asyncio.to_thread(retouch, tmp_path, "verify", str(path))
    assert done.returncode == 0
    assert done.stdout.startswith(f"This is v1 of thread {version.thread}")
    assert "besides these bytes it has a note that AI made it" in done.stdout
    done = await asyncio.to_thread(retouch, tmp_path, "verify", str(path), str(changed), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(bool(one["matches"]), one["noted"]) for one in found] == [(True, True), (False, False)]
    assert done.returncode == 1
    assert (told["bytes"], told["sha256"]) == ("converted", hashlib.sha256(small).hexdigest())
    assert told["original sha256"] == version.images[0]
