"""Downloads of what was exported: the zip is made when it is first asked for."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from aiohttp import web

from adapters.pages.common import Common, shown
from bot.links import SECONDS, Grant, Page
from bot.models import new_id
from bot.studio.export import granted_spec, write_export
from bot.studio.privacy import MINE, write_mine

AT_ONCE = 1  # zips being made: each may take gigabytes of disk


class ExportPage:
    """The handler of /p/export/."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._turns = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        return [web.get(f"/p/{Page.EXPORT}/{{token}}", shown(self.download))]

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The zip. The link was made for a person who saw the thread; what is in it is that thread's."""
        grant = self._common.grant(Page.EXPORT, request)
        name = await self._name(grant)
        out = self._common.tmp / f"export-{name}.zip"
        if not await asyncio.to_thread(out.exists):
            async with self._turns:
                if not await asyncio.to_thread(out.exists):
                    await self._make(grant, out)
        disposition = f'attachment; filename="retouch-{name[:6]}.zip"'
        return web.FileResponse(out, headers={"Content-Type": "application/zip", "Content-Disposition": disposition})

    async def _name(self, grant: Grant) -> str:
        """Equal for equal zips, however many links lead to them; another one once anything in it changes."""
        store, target = self._common.store, grant.target
        version = await store.version(target)
        told = f"{target} {grant.more} {[version] if version else await store.versions(target)}"
        if grant.target == MINE and self._common.privacy:
            found = await self._common.privacy.belongings(grant.place, grant.user)
            told = f"{MINE} {grant.viewer} {found}"
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    async def _make(self, grant: Grant, out: Path) -> None:
        """Whole or absent. It stays for as long as a link does: a download can be taken up again."""
        fresh = out.with_name(f"{out.name}.{new_id(6)}")
        try:
            if grant.target == MINE and self._common.privacy:
                await write_mine(self._common.store, self._common.privacy, grant.place, grant.user, fresh)
            else:
                await write_export(self._common.store, grant.target, granted_spec(grant.more), fresh)
            await asyncio.to_thread(fresh.replace, out)
        finally:
            await asyncio.to_thread(fresh.unlink, missing_ok=True)
        asyncio.get_running_loop().call_later(SECONDS[Page.EXPORT], lambda: out.unlink(missing_ok=True))
