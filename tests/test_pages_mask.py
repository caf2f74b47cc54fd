"""The mask page over HTTP: what a link opens, what can be sent, and what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import io
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from itsdangerous import TimestampSigner
from PIL import Image

from bot.cards import Card
from bot.links import SECONDS, Page
from bot.models import Role, Version
from tests.drivers.mask import ALICE, THREAD, Served, open_mask_pages
from tests.fakes.provider import png

SIZE = (60, 40)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_mask_pages(tmp_path) as served:
        yield served


@pytest.fixture
async def version(served: Served) -> Version:
    return await served.version(png(*SIZE), png(30, 90))


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes
    json: Any


@pytest.fixture
async def visit(served: Served) -> AsyncIterator[Any]:
    """Ask the server for something."""
    async with aiohttp.ClientSession() as session:

        async def ask(url: str, method: str = "GET", **more: Any) -> Answer:
            async with session.request(method, url, **more) as answer:
                is_json = answer.content_type == "application/json"
                return Answer(
                    answer.status, answer.headers, await answer.read(), await answer.json() if is_json else None
                )

        yield ask


def painting(
    mask: bytes | None = None, words: str = "a red boat", painting_id: str | None = None, **more: str
) -> aiohttp.FormData:
    """What the page's script sends."""
    form = aiohttp.FormData()
    form.add_field("id", secrets.token_hex(12) if painting_id is None else painting_id)
    form.add_field("words", words)
    for name, value in more.items():
        form.add_field(name, value)
    form.add_field("mask", io.BytesIO(marked() if mask is None else mask), filename="mask.png")
    return form


def marked(size: tuple[int, int] = SIZE, box: tuple[int, int, int, int] = (10, 10, 30, 20), kind: str = "PNG") -> bytes:
    """White on black, as a canvas gives it."""
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    image.paste((255, 255, 255, 255), box)
    data = io.BytesIO()
    (image if kind == "PNG" else image.convert("RGB")).save(data, kind)
    return data.getvalue()


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_opens_the_page_and_its_picture(served: Served, version: Version, visit: Any) -> None:
    link = served.link(version)
    page = await visit(link)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    about = (await visit(f"{link}/about")).json
    assert 0 < about.pop("seconds") <= SECONDS[Page.MASK]
    assert about == {"title": "v1, picture 1", "width": 60, "height": 40, "prompt": "a red fox",
                     "key": f"{version.id}:1"}  # fmt: skip
    picture = await visit(f"{link}/picture")
    assert picture.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(picture.body)).size == SIZE


async def test_the_second_picture_of_a_version_can_be_painted_on(served: Served, version: Version, visit: Any) -> None:
    about = (await visit(f"{served.link(version, image=2)}/about")).json
    assert (about["title"], about["width"], about["height"]) == ("v1, picture 2", 30, 90)


async def test_a_large_picture_is_shown_as_a_lighter_copy(served: Served, visit: Any) -> None:
    version = await served.version(png(3000, 1500))
    picture = await visit(f"{served.link(version)}/picture")
    assert Image.open(io.BytesIO(picture.body)).size == (2048, 1024)


async def test_a_link_is_a_key_that_nothing_keeps_or_passes_on(served: Served, version: Version, visit: Any) -> None:
    link = served.link(version)
    for url in (link, f"{link}/about", f"{link}/picture", f"{served.url}/p/mask/forged"):
        headers = (await visit(url)).headers
        assert headers["Cache-Control"] == "no-store", url
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize("name", ["mask.js", "mask.css", "base.css", "base.js", "icon.svg"])
async def test_the_pages_own_files_are_served(served: Served, visit: Any, name: str) -> None:
    answer = await visit(f"{served.url}/p/page/{name}")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["pages.py", "..%2Fpages.py", "..%2f..%2fweb%2fapi.py", "%00", "mask.html%00.js"])
async def test_no_other_file_is(served: Served, visit: Any, name: str) -> None:
    answer = await visit(f"{served.url}/p/page/{name}")
    assert answer.status in (400, 404)
    assert b"import" not in answer.body


def old_link(served: Served, version: Version, monkeypatch: pytest.MonkeyPatch) -> str:
    """A link that was made a second too early."""
    with monkeypatch.context() as patch:
        now = TimestampSigner(b"any").get_timestamp()
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: now - SECONDS[Page.MASK] - 1)
        return served.link(version)


async def test_a_link_that_is_too_old_says_what_to_do(
    served: Served, version: Version, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = old_link(served, version, monkeypatch)
    sentence = "This link was good for 10 minutes. Ask for a new one in the chat."
    page = await visit(link)
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert sentence in page.body.decode()
    for method, path in (("GET", "about"), ("GET", "picture"), ("POST", "send")):
        answer = await visit(f"{link}/{path}", method, data=painting() if method == "POST" else None)
        assert (answer.status, answer.json) == (404, {"error": sentence})
    assert served.doors.asked == []


async def test_a_forged_link_or_one_to_another_page_opens_nothing(served: Served, version: Version, visit: Any) -> None:
    token = served.link(version).rsplit("/", 1)[1]
    other = served.link(version, page=Page.GALLERY).rsplit("/", 1)[1]
    for wrong in (other, token[:-1], token + "x", "x" * 3000, "%3Cscript%3E", "..", token.swapcase()):
        answer = await visit(f"{served.url}/p/mask/{wrong}/about")
        assert answer.status in (400, 404), wrong
        assert (await visit(f"{served.url}/p/mask/{wrong}/send", "POST", data=painting())).status in (400, 404)
    assert served.doors.asked == []


@pytest.mark.parametrize("image", [0, 3, -1])
async def test_a_picture_that_is_gone_is_said_to_be(served: Served, version: Version, visit: Any, image: int) -> None:
    for link in (served.link(version, image=image), served.link("nothing")):
        answer = await visit(f"{link}/about")
        assert (answer.status, answer.json) == (404, {"error": "That picture is gone."})


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_painting_goes_to_the_doors_as_the_link_says(served: Served, version: Version, visit: Any) -> None:
    answer = await visit(f"{served.link(version, image=1)}/send", "POST", data=painting(painting_id="abcdefgh"))
    assert (answer.status, answer.json) == (200, {"ok": True, "where": "in the thread"})
    (action,) = served.doors.asked
    assert (action.event_id, action.name, action.target) == ("paint:abcdefgh", "paint_1", version.id)
    assert (action.place, action.user, action.text, action.message) == (THREAD, ALICE, "a red boat", None)
    (attachment,) = action.attachments
    assert (attachment.role, attachment.name, attachment.ref) == (Role.MASK, "mask.png", "")
    asset = await served.store.asset(attachment.asset)
    assert asset is not None
    assert (asset.width, asset.height) == SIZE
    with Image.open(served.store.asset_path(asset)) as mask:
        assert mask.mode == "RGBA"
        assert Image.eval(mask.getchannel("A"), lambda alpha: 255 - alpha).getbbox() == (10, 10, 30, 20)


async def test_everything_marked_is_fine(served: Served, version: Version, visit: Any) -> None:
    everything = marked(box=(0, 0, *SIZE))
    assert (await visit(f"{served.link(version)}/send", "POST", data=painting(everything))).status == 200


async def test_the_same_painting_twice_is_asked_once_and_answered_twice(
    served: Served, version: Version, visit: Any
) -> None:
    served.doors.refusals.append(Card(title="Not today.", body="Nothing was charged."))
    for _ in range(2):
        answer = await visit(f"{served.link(version)}/send", "POST", data=painting(painting_id="abcdefgh"))
        assert (answer.status, answer.json) == (400, {"error": "Not today. · Nothing was charged."})
    assert len(served.doors.asked) == 1


async def test_the_same_painting_at_the_same_moment_is_asked_once(served: Served, version: Version, visit: Any) -> None:
    served.doors.gate = asyncio.Event()
    served.doors.refusals.append(Card(title="Not today."))
    url = f"{served.link(version)}/send"
    both = [asyncio.create_task(visit(url, "POST", data=painting(painting_id="abcdefgh"))) for _ in range(2)]
    async with asyncio.timeout(10):
        while not served.doors.asked:
            await asyncio.sleep(0.005)
    served.doors.gate.set()
    assert [(answer.status, answer.json) for answer in await asyncio.gather(*both)] == [
        (400, {"error": "Not today."})
    ] * 2
    assert len(served.doors.asked) == 1


BAD = {
    "another size": (painting(marked((61, 40))), "The mask is 61×40, the picture 60×40. Open the page anew."),
    "the same shape": (painting(marked((120, 80))), "The mask is 120×80, the picture 60×40. Open the page anew."),
    "nothing marked": (painting(marked(box=(0, 0, 0, 0))), "The mask marks nothing: paint what may change white"),
    "a JPEG": (painting(marked(kind="JPEG")), "A painted mask is a PNG."),
    "no picture": (painting(b"hello"), "This is not a picture I can read"),
    "an empty file": (painting(b""), "This file is empty."),
    "cut off": (painting(marked()[:60]), "damaged or"),
    "no words": (painting(words=" \n"), "Say what should change there, then send."),
    "no id": (painting(painting_id=""), "This painting arrived cut off or garbled."),
    "a strange id": (painting(painting_id="../../../x"), "This painting arrived cut off or garbled."),
    "endless words": (painting(words="x" * 300_000), "These words are too many. Say it shorter."),
}


@pytest.mark.parametrize("why", BAD)
async def test_a_bad_painting_gets_one_sentence(served: Served, version: Version, visit: Any, why: str) -> None:
    form, sentence = BAD[why]
    answer = await visit(f"{served.link(version)}/send", "POST", data=form)
    assert answer.status == 400
    assert sentence in answer.json["error"]
    assert served.doors.asked == []
    assert list(served.store.tmp.iterdir()) == []


async def test_a_huge_mask_is_refused_whether_it_says_so_or_not(served: Served, version: Version, visit: Any) -> None:
    async def without_length() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="mask"; filename="m.png"\r\n\r\n'
        for _ in range(220):
            yield b"\x89PNG" * 25_000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    link = served.link(version)
    with contextlib.suppress(aiohttp.ClientConnectionError):  # the server may hang up: it had seen enough
        answer = await visit(f"{link}/send", "POST", data=without_length(), headers=headers)
        assert answer.json == {"error": "This painting is too heavy; paint larger areas."}
    answer = await visit(f"{link}/send", "POST", data=painting(b"\x89PNG" * 6_000_000))
    assert answer.json == {"error": "This painting is too heavy; paint larger areas."}
    assert served.doors.asked == []
    assert list(served.store.tmp.iterdir()) == []


@pytest.mark.parametrize(("body", "kind"), [
    (b"", "multipart/form-data; boundary=b"), (b"{}", "application/json"), (b"--b", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--", "multipart/form-data; boundary=b"),
    (b'--b\r\nContent-Disposition: form-data; name="words"\r\n\r\n\xff\xfe\r\n--b--',
     "multipart/form-data; boundary=b"),
    (b"", "multipart/form-data"),
])  # fmt: skip
async def test_a_garbled_body_gets_one_sentence(
    served: Served, version: Version, visit: Any, body: bytes, kind: str
) -> None:
    answer = await visit(f"{served.link(version)}/send", "POST", data=body, headers={"Content-Type": kind})
    assert (answer.status, answer.json) == (400, {"error": "This painting arrived cut off or garbled. Send it again."})


async def test_while_nobody_listens_the_page_is_told_to_wait(served: Served, version: Version, visit: Any) -> None:
    served.pages.doors = None
    answer = await visit(f"{served.link(version)}/send", "POST", data=painting(painting_id="abcdefgh"))
    assert answer.status == 503
    assert answer.json == {"error": "Retouch is starting or stopping. Try again in a moment."}
    served.pages.doors = served.doors
    assert (await visit(f"{served.link(version)}/send", "POST", data=painting(painting_id="abcdefgh"))).status == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
async def test_another_page_cannot_send(served: Served, version: Version, visit: Any, headers: dict[str, str]) -> None:
    answer = await visit(f"{served.link(version)}/send", "POST", data=painting(), headers=headers)
    assert (answer.status, answer.json) == (403, {"error": "This request came from another web page."})
    assert served.doors.asked == []


async def test_our_own_page_behind_a_proxy_can(served: Served, version: Version, visit: Any) -> None:
    headers = {
        "Origin": "https://pictures.example.org",
        "Host": "pictures.example.org",
        "Sec-Fetch-Site": "same-origin",
    }
    assert (await visit(f"{served.link(version)}/send", "POST", data=painting(), headers=headers)).status == 200
