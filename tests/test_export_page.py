"""Downloads over HTTP: what a link gives, to several at once, and what it does not."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.links import Grant, Page
from bot.models import Act, Kind, Review, ReviewKind, Ruling, Standing, new_id
from tests.drivers.mask import ALICE, THREAD, Served, open_mask_pages
from tests.fakes.provider import png


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_mask_pages(tmp_path) as served:
        yield served


@pytest.fixture
async def visit(served: Served) -> AsyncIterator[Any]:
    """Ask the server for something: status, headers and body."""
    async with aiohttp.ClientSession() as session:

        async def ask(url: str, **headers: str) -> tuple[int, Any, bytes]:
            async with session.get(url, headers=headers) as answer:
                return answer.status, answer.headers, await answer.read()

        yield ask


def link(served: Served, target: str, more: object = ((), ())) -> str:
    return served.links.make(Page.EXPORT, Grant(ALICE, THREAD, target, more=json.dumps(more)))


def leftovers(served: Served) -> list[str]:
    return [path.name for path in served.store.tmp.iterdir() if not path.name.endswith(".zip")]


async def test_a_link_downloads_a_zip_that_nothing_keeps(served: Served, visit: Any) -> None:
    version = await served.version(png(), png(colour=(1, 2, 3)))
    status, headers, body = await visit(link(served, version.id))
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/zip", "no-store")
    assert headers["Content-Disposition"].startswith('attachment; filename="retouch-')
    assert headers["X-Content-Type-Options"] == "nosniff"
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert len([name for name in names if name.endswith(".png")]) == 2
    assert leftovers(served) == []


async def test_many_at_once_get_the_same_whole_zip_made_once(served: Served, visit: Any) -> None:
    version = await served.version(png())
    links = [link(served, version.id) for _ in range(3)] * 3
    bodies = {body for _, _, body in await asyncio.gather(*(visit(one) for one in links))}
    assert len(bodies) == 1
    assert zipfile.ZipFile(io.BytesIO(bodies.pop())).testzip() is None
    assert len(list(served.store.tmp.glob("*.zip"))) == 1
    assert leftovers(served) == []


async def test_a_download_can_be_taken_up_again(served: Served, visit: Any) -> None:
    version = await served.version(png())
    _, _, whole = await visit(link(served, version.id))
    status, _, rest = await visit(link(served, version.id), Range="bytes=100-")
    assert (status, rest) == (206, whole[100:])


async def test_other_options_are_another_zip(served: Served, visit: Any) -> None:
    version = await served.version(png())
    _, _, one = await visit(link(served, version.id))
    _, _, other = await visit(link(served, version.id, (("jpeg",), (64,))))
    assert [name for name in zipfile.ZipFile(io.BytesIO(other)).namelist() if name.endswith(".jpg")]
    assert one != other


async def test_what_was_removed_is_in_no_zip_made_before(served: Served, visit: Any) -> None:
    removed, other = png(), png(colour=(1, 2, 3))
    version = await served.version(removed)
    waiting = replace(version, id=new_id(), kind=Kind.EDIT, parent=version.id, standing=Standing.WAITING,
                      images=((await served.keep(other)).id,))  # fmt: skip
    await served.store.branch(waiting)
    whole = link(served, version.thread)
    _, _, body = await visit(whole)
    assert removed in pictures_in(body) and other not in pictures_in(body)
    act = Act(1, "T1", "cli", "Ann", "remove", version.id)
    await served.store.reviews.remove(version.id, act, reason="x")
    await served.store.reviews.ask(Review(ReviewKind.REVIEW, waiting.id, THREAD, 1))
    await served.store.reviews.rule(ReviewKind.REVIEW, waiting.id, Ruling.APPROVED, act, reason="")
    _, _, body = await visit(whole)
    found = pictures_in(body)
    assert len(found) == 1 and removed not in found


def pictures_in(body: bytes) -> list[bytes]:
    archive = zipfile.ZipFile(io.BytesIO(body))
    return [archive.read(name) for name in archive.namelist() if name.startswith("0")]


@pytest.mark.parametrize("more", ["", "x", "[]", "[1, 2]", '{"a": 1}', "[[], [], []]"])
async def test_garbled_options_are_one_sentence(served: Served, visit: Any, more: str) -> None:
    version = await served.version(png())
    status, _, body = await visit(served.links.make(Page.EXPORT, Grant(ALICE, THREAD, version.id, more=more)))
    assert status == 404
    assert "Ask for the export again." in body.decode()


async def test_what_is_gone_is_said_to_be(served: Served, visit: Any) -> None:
    status, _, body = await visit(link(served, "nothing"))
    assert status == 404
    assert "What was to be exported is gone." in body.decode()
    version = await served.version(png())
    asset = await served.store.asset(version.images[0])
    assert asset
    served.store.asset_path(asset).unlink()
    status, _, body = await visit(link(served, version.id))
    assert status == 400
    assert "None of these pictures can be read any more." in body.decode()
    assert list(served.store.tmp.iterdir()) == []


async def test_a_link_to_another_page_downloads_nothing(served: Served, visit: Any) -> None:
    version = await served.version(png())
    for page in (Page.MASK, Page.GALLERY, Page.THREAD):
        other = served.link(version, page=page).rsplit("/", 1)[1]
        status, _, _ = await visit(f"{served.url}/p/export/{other}")
        assert status == 404
