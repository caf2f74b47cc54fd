"""A thread's page: its tree, everything about one version, and the way back to the chat."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from adapters.pages.common import Common, shown, told
from adapters.pages.gallery import View, in_short, picture_view
from adapters.pages.sight import VIEW, Session, Sight
from adapters.pages.tree import Spot, laid_out
from bot.errors import NotFound
from bot.models import Kind, Options, Version
from bot.pricing import format_cost
from bot.replies.sentences import share


class ThreadPage:
    """Handlers of the thread's page, opened by a link of its own or out of a gallery."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._sight = Sight(common)

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        inside, own = "/p/{page:gallery}/{token}/thread/{thread}", "/p/{page:thread}/{token}"
        return [
            *(web.get(path, shown(self.page)) for path in (inside, own)),
            *(web.get(f"{path}/tree", told(self.tree)) for path in (inside, own)),
            web.get(f"{VIEW}/version/{{version}}", told(self.version)),
            web.get(f"{VIEW}/chat/{{version}}", shown(self.chat)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page, if there is something to see on it."""
        await self._sight.session(request)
        return self._common.page_file("thread.html")

    async def tree(self, request: web.Request) -> web.StreamResponse:
        """All versions with their spots; of those that may not be seen, only where they stand."""
        session = await self._sight.session(request)
        viewer = self._sight.grant(request).viewer
        stars = await self._common.shelf.stars(viewer, session.thread.id)
        spots = laid_out((one.id, one.parent) for one in session.versions)
        words = await self._sight.words_on_ai(request)
        nodes = [
            await self._node(request, session, one, spots[one.id], words, starred=one.id in stars)
            for one in session.versions
        ]
        return web.json_response({"versions": nodes})

    async def version(self, request: web.Request) -> web.StreamResponse:
        """Everything about one version."""
        version = await self._sight.version(request, request.match_info["version"])
        parent = await self._common.store.version(version.parent) if version.parent else None
        base = f"/p/{request.match_info['page']}/{request.match_info['token']}"
        shown_at = await self._common.shelf.where_shown(version.id)
        return web.json_response(
            {
                "id": version.id,
                **in_short(version, await self._sight.words_on_ai(request)),
                "prompt": version.prompt,
                "made": _made(version, parent),
                "parent": version.parent,
                "parent_picture": version.parent_image,
                "pictures": [picture_view(request, version, *one) for one in await self._sight.pictures(version)],
                "references": [
                    {"src": f"{base}/reference/{version.id}/{index}", "name": one.name, "role": str(one.role)}
                    for index, one in enumerate(version.references, start=1)
                ],
                "facts": facts(version),
                "notes": [*version.notes, *version.missing],
                "sources": [{"title": one.title, "url": one.url} for one in version.sources],
                "chat": f"{base}/chat/{version.id}" if shown_at else "",
            }
        )

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Go to the message that shows a version."""
        version = await self._sight.version(request, request.match_info["version"])
        address = await self._common.shelf.where_shown(version.id)
        url = await self._common.permalink(address) if address else ""
        if not is_web_address(url):
            raise NotFound("This picture's message is not in the chat any more.")
        return web.Response(status=303, headers={"Location": url})

    async def _node(
        self, request: web.Request, session: Session, version: Version, spot: Spot, words: str, *, starred: bool
    ) -> View:
        node: View = {
            "id": version.id,
            "parent": version.parent,
            "number": f"v{version.number}",
            "column": spot.column,
            "row": spot.row,
            "head": version.id == session.thread.head,
            "hidden": version.id not in session.visible,
        }
        if node["hidden"]:
            return node
        pictures = await self._sight.pictures(version)
        first = picture_view(request, version, *pictures[0]) if pictures else {}
        return {**node, **in_short(version, words), **first, "starred": starred, "count": len(pictures)}


def facts(version: Version) -> list[tuple[str, str]]:
    """What is known about a version, as names and values; what is left to the model is left out."""
    found = [
        ("Where", version.region),
        ("Changed", ", ".join(version.changed)),
        ("Drift", "" if version.drift is None else f"{share(version.drift)} outside the mask, put back"),
        *_options(version),
        ("Cost", f"{'about ' if version.cost_is_estimate else ''}{format_cost(version.cost)}" if version.cost else ""),
        ("Drawn by", version.gateway or version.provider),
    ]
    return [(name, value) for name, value in found if value]


def _options(version: Version) -> list[tuple[str, str]]:
    options: Options = version.options
    if version.kind is Kind.UPLOAD:
        return []
    named = {"Size": options.size, "Quality": options.quality, "Background": options.background}
    return [
        ("Model", options.model),
        *((name, value.replace("x", "×") if name == "Size" else value) for name, value in named.items()
          if value != "auto"),
        ("Format", options.output_format),
        ("Compression", "" if options.output_compression is None else str(options.output_compression)),
        ("Fidelity", options.input_fidelity),
        ("Think", options.think),
        ("Web", "on" if options.web else ""),
        ("Without", ", ".join(version.avoid)),
    ]  # fmt: skip


_MADE = {Kind.GENERATE: "Made new", Kind.EDIT: "Edit", Kind.VARIATION: "Variation", Kind.UPLOAD: "Uploaded",
         Kind.PICK: "Pick", Kind.EXTEND: "Larger canvas", Kind.FINAL: "Final", Kind.SERIES: "Series"}  # fmt: skip


def _made(version: Version, parent: Version | None) -> str:
    if parent is None:
        return _MADE[version.kind]
    which = f"picture {version.parent_image} of " if len(parent.images) > 1 else ""
    return f"{_MADE[version.kind]} of {which}v{parent.number}"


def is_web_address(url: str) -> bool:
    """Whether a browser may be sent there: a place on the web, or on this server."""
    return urlsplit(url).scheme in ("http", "https") or (url.startswith("/") and not url.startswith(("//", "/\\")))
