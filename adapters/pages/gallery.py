"""The gallery: walls of pictures to search through, stars, and the pictures themselves."""

from __future__ import annotations

from aiohttp import web

from adapters.pages.common import Common, body_of, shown, told
from adapters.pages.sight import VIEW, Sight
from bot.cards import CardImage
from bot.errors import BadInput
from bot.models import Found, Kind, Version
from bot.ports import Wall

PAGE_LENGTH = 60
EDGE = 512  # pixels of a light copy: sharp on a wall of pictures on a dense screen
LONGEST_SEARCH = 1000  # characters
LONGEST_TOLD = 300  # characters of a prompt where it only stands beside a picture
ASK_FIRST = "private, no-cache"  # kept by the browser, shown once we said that it is still there: it may be removed

View = dict[str, object]


class GalleryPage:
    """Handlers of the gallery, and of what it shares with the thread's page: light copies, originals, stars."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._sight = Sight(common)

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        gallery = "/p/{page:gallery}/{token}"
        return [
            web.get(gallery, shown(self.page)),
            web.get(f"{gallery}/list", told(self.list)),
            web.post(f"{VIEW}/star", told(self.star)),
            web.get(f"{VIEW}/thumb/{{version}}/{{index}}", shown(self.light_copy, cache=ASK_FIRST)),
            web.get(f"{VIEW}/picture/{{version}}/{{index}}", shown(self.original, cache=ASK_FIRST)),
            web.get(f"{VIEW}/reference/{{version}}/{{index}}", shown(self.reference, cache=ASK_FIRST)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page, if the link is good."""
        self._sight.grant(request)
        return self._common.page_file("gallery.html")

    async def list(self, request: web.Request) -> web.StreamResponse:
        """One page of a wall, newest first. `next` is what to ask for as `before`, "" at the end."""
        viewer = self._sight.grant(request).viewer
        found = await self._common.shelf.search(
            viewer,
            _wall(request.query.get("wall", Wall.CHANNEL)),
            words=request.query.get("words", "")[:LONGEST_SEARCH],
            before=request.query.get("before", "")[:64],
            limit=PAGE_LENGTH + 1,
        )
        words = await self._sight.words_on_ai(request)
        items = [await self._item(request, one, words) for one in found[:PAGE_LENGTH]]
        more = found[PAGE_LENGTH - 1].version.id if len(found) > PAGE_LENGTH else ""
        return web.json_response({"items": [one for one in items if one], "next": more})

    async def star(self, request: web.Request) -> web.StreamResponse:
        """Star or unstar a version: {"version": id, "on": true}. Doing it twice is harmless."""
        body = await body_of(request)
        version = await self._sight.version(request, body.get("version"))
        on = body.get("on") is True
        await self._common.shelf.star(self._sight.grant(request).viewer, version.id, on=on)
        return web.json_response({"starred": on})

    async def light_copy(self, request: web.Request) -> web.StreamResponse:
        """A WebP of at most 512 pixels, without metadata."""
        return await self._common.light_copy(await self._sight.asset((await self._sight.picture(request)).asset), EDGE)

    async def reference(self, request: web.Request) -> web.StreamResponse:
        """The same of what went along; a person's own file, which may say where it was taken, stays here."""
        return await self._common.light_copy(await self._sight.reference(request), EDGE)

    async def original(self, request: web.Request) -> web.StreamResponse:
        """A picture as it was made, byte for byte; `?download` to save it."""
        picture = await self._sight.picture(request)
        headers = {"Content-Type": picture.media_type}
        if "download" in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{picture.name}"'
        return web.FileResponse(picture.path, headers=headers)

    async def _item(self, request: web.Request, found: Found, words: str) -> View | None:
        """A version on the wall; None when its pictures were removed."""
        version = found.version
        pictures = await self._sight.pictures(version)
        if not pictures:
            return None
        return {
            "id": version.id,
            "thread": version.thread,
            "count": len(pictures),
            "model": version.options.model,
            "starred": found.starred,
            **in_short(version, words),
            **picture_view(request, version, *pictures[0]),
        }


def in_short(version: Version, words: str) -> View:
    """What stands beside a picture of this version: `words` on AI if it was drawn. `when` is ms since 1970."""
    return {
        "number": f"v{version.number}",
        "kind": str(version.kind),
        "prompt": version.prompt[:LONGEST_TOLD],
        "who": version.author.name,
        "when": version.created,
        "ai": "" if version.kind is Kind.UPLOAD else words,
    }


def picture_view(request: web.Request, version: Version, index: int, picture: CardImage) -> View:
    """A picture as the pages get it: a light copy, the untouched original to look at and to take away."""
    base = f"/p/{request.match_info['page']}/{request.match_info['token']}"
    full = f"{base}/picture/{version.id}/{index}"
    return {
        "src": f"{base}/thumb/{version.id}/{index}",
        "full": full,
        "download": f"{full}?download",
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt[:LONGEST_TOLD],
        "name": picture.name,
    }


def _wall(name: str) -> Wall:
    try:
        return Wall(name)
    except ValueError as error:
        raise BadInput("There is no such wall. Choose My pictures, This channel or Starred.") from error
