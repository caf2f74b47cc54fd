"""Fetches a picture that came as an address: bounded, and never from inside our own network.

Each host is resolved here, once, and the connection goes to exactly the address that was checked: a name that
answers differently the second time gains nothing. Fetching may be repeated; asking for the picture again may
not.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from pathlib import Path
from types import TracebackType

import httpx2

from adapters.openai.files import Picture, PictureFile, TooLargeError

log = logging.getLogger(__name__)

_REDIRECTS = 4
_PAUSES = (0.3, 1.5)  # seconds before the second and third attempt
_TIMEOUT = {"connect": 10.0, "read": 60.0, "write": 10.0, "pool": 10.0}
_WORTH_ANOTHER_TRY = (404, 408, 425, 429, 500, 502, 503, 504)  # 404: a store that is not everywhere yet
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class DownloadError(Exception):
    """The picture cannot be had. The text is for the log, without address. `again`: another try may help."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


class Downloader:
    """One per provider. `trusted_host` is the gateway's own, which may be private. Close it at the end.

    It talks to the transport directly: a client would follow redirects itself, and log addresses that are
    signed. Proxy settings are not used, as a proxy would resolve the name a second time.
    """

    def __init__(self, trusted_host: str, tls: ssl.SSLContext) -> None:
        self._trusted_host = trusted_host
        self._transport = httpx2.AsyncHTTPTransport(
            verify=tls, trust_env=False, limits=httpx2.Limits(max_connections=20, max_keepalive_connections=0)
        )

    async def fetch(self, url: str, folder: Path) -> Picture:
        """The picture at an address. Tries up to three times. Raises `DownloadError`."""
        for pause in _PAUSES:
            try:
                return await self.fetch_once(url, folder)
            except DownloadError as error:
                if not error.again:
                    raise
                log.info("fetching a picture again: %s", error)
            await asyncio.sleep(pause)
        return await self.fetch_once(url, folder)

    async def fetch_once(self, url: str, folder: Path) -> Picture:
        """The same, without a second attempt."""
        try:
            return await self._follow(httpx2.URL(url), folder)
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise DownloadError("not an address") from error
        except TooLargeError as error:
            raise DownloadError("too large") from error
        except httpx2.RequestError as error:
            raise DownloadError(type(error).__name__, again=True) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.aclose()

    async def _follow(self, url: httpx2.URL, folder: Path) -> Picture:
        for _ in range(_REDIRECTS + 1):
            async with _Answer(await self._get(url)) as response:
                if not response.is_redirect:
                    return await _saved(response, folder)
                url = url.join(response.headers.get("location", ""))
        raise DownloadError("too many redirects")

    async def _get(self, url: httpx2.URL) -> httpx2.Response:
        if url.scheme not in _PORTS or not url.host or url.userinfo:
            raise DownloadError("an address of another kind")
        request = httpx2.Request(
            "GET", url, headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "retouch"}
        )
        request.extensions = {"timeout": _TIMEOUT}
        if url.host.lower() != self._trusted_host.lower():
            host = url.raw_host.decode("ascii")
            request.extensions["sni_hostname"] = host
            request.url = url.copy_with(host=await _public_address(host, url.port or _PORTS[url.scheme]))
        return await self._transport.handle_async_request(request)


class _Answer:
    """Closes a response that came straight from a transport."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    async def __aenter__(self) -> httpx2.Response:
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._response.aclose()


async def _saved(response: httpx2.Response, folder: Path) -> Picture:
    if response.status_code != 200:
        again = response.status_code in _WORTH_ANOTHER_TRY
        raise DownloadError(f"status {response.status_code}", again=again)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise DownloadError("compressed")
    with PictureFile(folder) as file:
        async for piece in response.aiter_raw():
            file.write(piece)
        picture = file.finish()
        if not picture.suffix:
            raise DownloadError("not a whole picture", again=True)
        return picture


async def _public_address(host: str, port: int) -> str:
    """One checked address of the host. Refused when any of its addresses is not public."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DownloadError("host not found", again=True) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise DownloadError("a private address")
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an IP address is out on the internet; IPv4 inside IPv6 counts as what it holds."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # fe80::1%eth0
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address.ipv4_mapped:
            return is_public(str(address.ipv4_mapped))
        if address.sixtofour or address.teredo:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
