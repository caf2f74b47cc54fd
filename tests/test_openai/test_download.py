"""Fetching a picture that came as an address: bounded, and never from inside our own network."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.openai import files
from adapters.openai.download import Downloader, DownloadError, is_public
from tests.fakes.provider import png


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.215.14", True),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_on_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.fixture
async def downloader() -> AsyncIterator[Downloader]:
    downloader = Downloader(trusted_host="127.0.0.1", tls=ssl.create_default_context())
    yield downloader
    await downloader.close()


@pytest.fixture
async def shop() -> AsyncIterator[str]:
    """A web server with all sorts of answers; its address."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(2**20))
        except ConnectionError:
            return response

    async def around(_: web.Request) -> web.Response:
        raise web.HTTPFound("/around")

    async def inward(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://[::1]/picture")

    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=png())

    async def zipped(_: web.Request) -> web.Response:
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    app = web.Application()
    for handler in (endless, around, inward, picture, zipped):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_the_gateway_s_own_host_may_be_private(downloader: Downloader, shop: str, tmp_path: Path) -> None:
    picture = await downloader.fetch(f"{shop}/picture", tmp_path)
    assert picture.path.read_bytes() == png()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("around", "too many redirects"),
        ("inward", "a private address"),
        ("zipped", "compressed"),
        ("nowhere", "status 404"),
    ],
)
async def test_what_cannot_be_fetched_leaves_no_file(
    downloader: Downloader, shop: str, tmp_path: Path, path: str, why: str
) -> None:
    with pytest.raises(DownloadError, match=why):
        await downloader.fetch_once(f"{shop}/{path}", tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_an_endless_answer_is_cut(downloader: Downloader, shop: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="too large"):
        await downloader.fetch_once(f"{shop}/endless", tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert files.MAX_BYTES == 64 * 2**20


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://localhost/x", "a private address"),
        ("http://2130706433/x", "a private address"),
        ("http://127.1/x", "a private address"),
        ("http://[::1]/x", "a private address"),
        ("http://169.254.169.254/latest/meta-data", "a private address"),
        ("file:///etc/passwd", "an address of another kind"),
        ("ftp://example.com/x", "an address of another kind"),
        ("gopher://127.0.0.1/", "an address of another kind"),
        ("http://user:pass@127.0.0.1/", "an address of another kind"),
        ("http://[::1", "not an address"),
        ("//example.com/x", "an address of another kind"),
    ],
)
async def test_an_address_that_leads_inside_or_nowhere_is_refused(
    downloader: Downloader, tmp_path: Path, url: str, why: str
) -> None:
    with pytest.raises(DownloadError, match=why):
        await downloader.fetch(url, tmp_path)
