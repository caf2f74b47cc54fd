"""Signed, expiring links to the web pages. A link is a key: who has it is whom it was made for.

What a link allows is inside it, signed with this installation's secret; nothing is kept. Discord takes addresses of at
most 512 characters, so it is kept short.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from bot.errors import NotFound
from bot.models import Place, User
from bot.ports import Viewer

MAX_NAME = 30  # letters of a person's name that travel along


class Page(StrEnum):
    """What a link opens."""

    MASK = "mask"  # paint where a version may change
    GALLERY = "gallery"
    THREAD = "thread"  # one session: its tree, its pictures, before and after
    EXPORT = "export"  # a zip of a thread or a version
    ADMIN = "admin"  # settings, usage, budgets, bans and the audit of a workspace


SECONDS: Mapping[Page, int] = {
    Page.MASK: 600,
    Page.GALLERY: 3600,
    Page.THREAD: 3600,
    Page.EXPORT: 3600,
    Page.ADMIN: 900,  # the link keeps its person's rank: nobody who lost it changes settings for long
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows whom. `target` is a version's or thread's id, `image` counts from 1 in a version.

    `place` is where it was asked for: what happens on the page is answered there.
    """

    user: User
    place: Place
    target: str = ""
    image: int = 1
    more: str = ""  # the export's options

    @property
    def viewer(self) -> Viewer:
        """Who looks, and from which channel."""
        return Viewer(self.user, self.place.platform, self.place.workspace, self.place.channel)


class Links:
    """Makes and reads links.

    `base` is where people reach this server ("https://pictures.example.org"); "": nowhere but on the web chat's pages.
    """

    def __init__(self, secret: bytes, base: str = "") -> None:
        self._secret = secret
        self._base = base.rstrip("/")

    def reaches(self, platform: str) -> bool:
        """Whether people of this platform can open a link."""
        return platform == "web" or bool(self._base)

    def make(self, page: Page, grant: Grant) -> str:
        """The address. On the web chat it is relative: that page is on this server already."""
        user, place = grant.user, grant.place
        name = user.name[:MAX_NAME].encode(errors="replace").decode()  # half a letter cannot travel
        told = [user.platform, user.id, name, int(user.is_admin), place.platform, place.workspace,
                place.channel, place.thread, grant.target, grant.image, grant.more]  # fmt: skip
        token = self._signer(page).dumps(told)
        return f"{'' if place.platform == 'web' else self._base}/p/{page}/{token}"

    def read(self, page: Page, token: str) -> Grant:
        """What a link allows. Raises `NotFound` for one that is too old or not ours."""
        try:
            (platform, user, name, is_admin, chat, workspace, channel, thread, target, image, more) = self._signer(
                page
            ).loads(token, max_age=SECONDS[page])
        except SignatureExpired as error:
            minutes = SECONDS[page] // 60
            raise NotFound(f"This link was good for {minutes} minutes. Ask for a new one in the chat.") from error
        except (BadData, ValueError, TypeError) as error:
            raise NotFound("This link is not complete. Open it from the chat again.") from error
        person = User(platform, user, name, is_admin=bool(is_admin))
        return Grant(person, Place(chat, workspace, channel, thread), target, image, more)

    def seconds_left(self, page: Page, token: str) -> int:
        """For how long a link that `read` takes is still good."""
        _, made = self._signer(page).loads(token, return_timestamp=True)
        return max(0, SECONDS[page] - int(time.time() - made.timestamp()))

    def _signer(self, page: Page) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt=f"retouch page {page}")
