"""What the person of a link may see: every picture, version and thread that leaves the gallery comes through here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from adapters.pages.common import Common
from bot import replies
from bot.cards import CardImage
from bot.disclosure import said
from bot.errors import NotFound
from bot.links import Grant, Page
from bot.models import Asset, Thread, Version

VIEW = "/p/{page:gallery|thread}/{token}"  # both pages’ links open pictures, stars and details
NOT_HERE = "This picture is not here any more, or not yours to see. Open the gallery from the chat again."
NO_THREAD = "This thread is not here any more, or not yours to see. Open the gallery from the chat again."
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INDEX = re.compile(r"[1-9]\d{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """A thread as one person sees it: all its versions by number, and the ids of those they may look at."""

    thread: Thread
    versions: Sequence[Version]
    visible: frozenset[str]


class Sight:
    """Reads requests by what their link allows. All methods raise `NotFound` for what is not there or not allowed."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._store = common.store
        self._shelf = common.shelf

    def grant(self, request: web.Request) -> Grant:
        """What the link of this request allows whom."""
        return self._common.grant(Page(request.match_info["page"]), request)

    async def words_on_ai(self, request: web.Request) -> str:
        """What the workspace wants said of pictures that AI drew; "" for nothing."""
        return said(await self._store.policy(self.grant(request).place.workspace))

    async def version(self, request: web.Request, version_id: object) -> Version:
        """A version that this link's person may see; a thread's link opens that thread alone."""
        grant = self.grant(request)
        known = isinstance(version_id, str) and _ID.fullmatch(version_id)
        version = await self._store.version(version_id) if known and isinstance(version_id, str) else None
        if version is None or not await self._shelf.may_see(grant.viewer, version.id):
            raise NotFound(NOT_HERE)
        if request.match_info["page"] == Page.THREAD and version.thread != grant.target:
            raise NotFound(NOT_HERE)
        return version

    async def session(self, request: web.Request) -> Session:
        """The thread in the address, or the one the link was made for; one of its versions at least is visible."""
        grant = self.grant(request)
        thread_id = request.match_info.get("thread", grant.target)
        thread = await self._store.thread(thread_id) if _ID.fullmatch(thread_id) else None
        versions = await self._store.versions(thread.id) if thread else ()
        visible = frozenset([one.id for one in versions if await self._shelf.may_see(grant.viewer, one.id)])
        if thread is None or not visible:
            raise NotFound(NO_THREAD)
        return Session(thread, versions, visible)

    async def pictures(self, version: Version) -> Sequence[tuple[int, CardImage]]:
        """A version's pictures with their places from 1; those that were removed are left out."""
        if not version.is_open:
            return []
        assets = [(index, await self._store.asset(one)) for index, one in enumerate(version.images, start=1)]
        there = [(index, asset) for index, asset in assets if asset]
        shown = [replies.Shown(asset, self._store.asset_path(asset)) for _, asset in there]
        return [(index, one) for (index, _), one in zip(there, replies.card_images(version, shown), strict=True)]

    async def picture(self, request: web.Request) -> CardImage:
        """The picture at …/{version}/{index}."""
        index = index_in(request)
        version = await self.version(request, request.match_info["version"])
        found = dict(await self.pictures(version)).get(index)
        if found is None:
            raise NotFound(NOT_HERE)
        return found

    async def reference(self, request: web.Request) -> Asset:
        """The picture that went along at …/{version}/{index}."""
        index = index_in(request)
        version = await self.version(request, request.match_info["version"])
        if index > len(version.references):
            raise NotFound(NOT_HERE)
        return await self.asset(version.references[index - 1].asset)

    async def asset(self, asset_id: str) -> Asset:
        """The asset with this id, which never comes from an address."""
        asset = await self._store.asset(asset_id)
        if asset is None:
            raise NotFound(NOT_HERE)
        return asset


def index_in(request: web.Request) -> int:
    """The picture's place in the address, from 1. Raises `NotFound`."""
    index = request.match_info["index"]
    if not _INDEX.fullmatch(index):
        raise NotFound(NOT_HERE)
    return int(index)
