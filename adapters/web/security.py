"""Keeping other web pages out, and telling people apart.

The server has no password: what protects it is that only pages it served itself may talk to it. So the Host header
must name this server (a rebound DNS name does not), writes must carry our own Origin and a type that no plain HTML
form can send, and no answer carries a CORS header.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from aiohttp import web

from bot.models import User

log = logging.getLogger(__name__)

COOKIE = "retouch"
NAME_COOKIE = "retouch_name"
YEAR_SECONDS = 365 * 24 * 3600
NAME_LENGTH = 40
DEFAULT_NAME = "Guest"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
_SECRET = re.compile(r"[0-9a-f]{48}")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Guard:
    """Which requests may come in. `host` is what the server listens on, `names` are further names people use.

    `own` are the paths of the web chat; other rooms' routes on the same server (Slack's) guard themselves.
    """

    host: str
    names: Collection[str]
    own: Collection[str]

    @property
    def is_local(self) -> bool:
        """Whether only people at this machine can reach the server."""
        return self.host in _LOOPBACK and not self.names

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what does not come from our own page; see the module's docstring."""
        resource = request.match_info.route.resource
        if resource is not None and resource.canonical not in self.own:
            return await handler(request)
        if why := self._refusal(request):
            log.warning("request refused: path=%r reason=%s", request.path, why)
            return web.json_response({"error": why}, status=403)
        return await handler(request)

    def _refusal(self, request: web.Request) -> str:
        if not self._is_our_host(request):
            return "This address is not one of mine. Open the page by the address that was printed at the start."
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        writes = request.method not in ("GET", "HEAD")
        visits = not writes and request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if site not in (None, "same-origin", "none") and not visits:
            return "This request came from another web page."
        if origin is not None and not _is_same(origin, request.host):
            return "This request came from another web page."
        if writes and origin is None and site != "same-origin":
            return "This request does not say which page it came from."
        return ""

    def _is_our_host(self, request: web.Request) -> bool:
        try:
            parts = urlsplit(f"//{request.headers.get('Host', '')}")
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if name in self.names:
            return True
        if self.host in _EVERYWHERE:  # the port may be mapped; a bare address cannot be a rebound DNS name
            return name in _LOOPBACK or _is_address(name)
        return name in _LOOPBACK | {self.host.lower()} and (port or 80) == _local_port(request)


def _is_same(origin: str, host: str) -> bool:
    return origin in (f"http://{host}", f"https://{host}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _local_port(request: web.Request) -> int:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return int(name[1]) if name else 0


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put the protecting headers on every answer (an aiohttp `on_response_prepare` signal)."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


# ── Who is it ────────────────────────────────────────────────────────────────────────────────────────────────────


def person(request: web.Request, *, is_admin: bool) -> User:
    """Who sent this, by their cookie. Raises 401 without one."""
    secret = request.cookies.get(COOKIE, "")
    if not _SECRET.fullmatch(secret):
        raise web.HTTPUnauthorized(
            text='{"error": "I do not know this browser yet. Reload the page."}', content_type="application/json"
        )
    return _user(secret, request, is_admin=is_admin)


def welcome(request: web.Request, *, is_admin: bool) -> tuple[User, str]:
    """Who sent this, and their secret: a new one for a new browser.

    To be asked by the page's own script, never by a visit: a SameSite=Strict cookie does not come along when a link
    on another site leads here, and giving out a fresh one then would make the person a stranger.
    """
    known = request.cookies.get(COOKIE, "")
    secret = known if _SECRET.fullmatch(known) else secrets.token_hex(24)
    return _user(secret, request, is_admin=is_admin), secret


def _user(secret: str, request: web.Request, *, is_admin: bool) -> User:
    user_id = hashlib.sha256(secret.encode()).hexdigest()[:16]  # shown to others; the secret is not
    name = clean_name(unquote(request.cookies.get(NAME_COOKIE, ""))) or DEFAULT_NAME
    return User("web", user_id, name, is_admin=is_admin and not _is_forwarded(request))


def _is_forwarded(request: web.Request) -> bool:
    """Whether a proxy on this machine brought it: then it may be anybody's, whatever the Host header says."""
    return any(name in request.headers for name in _FORWARDED)


def remember(response: web.StreamResponse, secret: str) -> None:
    """Keep a person's secret in their browser for another year."""
    _set(response, COOKIE, secret)


def rename(response: web.StreamResponse, name: str) -> None:
    """Keep a display name in the browser."""
    _set(response, NAME_COOKIE, quote(name))


def clean_name(text: str) -> str:
    """A display name: one line of printable letters, at most 40 of them."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:NAME_LENGTH].strip()


def _set(response: web.StreamResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_SECONDS, httponly=True, samesite="Strict", path="/")
