"""What the page asks for and sends: history, words, buttons, files. Answers at once; doors work in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace

from aiohttp import web

from adapters.web import requests, security
from adapters.web.feed import Feed
from adapters.web.files import Files
from adapters.web.requests import Press, Saying
from adapters.web.rooms import WORKSPACE, Rooms
from adapters.web.tell import WHISPER, Teller
from adapters.web.uploads import Uploads
from adapters.web.views import Views
from bot.cards import Card, parse_button_id
from bot.errors import BadInput, NotFound, RetouchError
from bot.links import Grant, Links, Page
from bot.models import Action, Attachment, Command, Message, Place, User, now_ms
from bot.ports import Doors, Said, Transcript

PAGE_LENGTH = 40
COMMANDS = {
    "imagine": "imagine",
    "help": "imagine",
    "imagine-ref": "ref",
    "imagine-gallery": "gallery",
    "imagine-quota": "quota",
    "imagine-privacy": "privacy",
    "imagine-admin": "admin",
}
HINT = "That is kept as chat. To make a picture, start with /imagine."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The JSON handlers. `doors` is None while nobody is listening; `start` runs work in the background."""

    def __init__(
        self,
        *,
        transcript: Transcript,
        views: Views,
        teller: Teller,
        feed: Feed,
        uploads: Uploads,
        rooms: Rooms,
        about: dict[str, object],
        start: Callable[[Coroutine[object, object, None]], None],
        links: Links | None = None,
    ) -> None:
        self.doors: Doors | None = None
        self.people_are_admins = False
        self._transcript = transcript
        self._views = views
        self._teller = teller
        self._feed = feed
        self._uploads = uploads
        self._rooms = rooms
        self._about = {**about, "gallery": links is not None}
        self._links = links
        self._start = start

    def routes(self, files: Files) -> list[web.RouteDef]:
        """What is answered here."""

        async def index(_: web.Request) -> web.StreamResponse:
            return files.page_file("index.html")

        return [
            web.get("/", index),
            web.get("/api/me", _told(self.me)),
            web.post("/api/me", _told(self.rename)),
            web.get("/api/history", _told(self.history)),
            web.get("/api/thread", _told(self.thread)),
            web.get("/api/feed", self.feed),
            web.post("/api/say", _told(self.say)),
            web.post("/api/act", _told(self.act)),
            web.post("/api/dismiss", _told(self.dismiss)),
            web.post("/api/uploads", _told(self.upload)),
            web.post("/api/link", _told(self.link)),
        ]

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Who am I, what can be typed, what draws here."""
        user, secret = security.welcome(request, is_admin=self.people_are_admins)
        admin = user.is_admin and self._links is not None
        response = web.json_response({"user": user.id, "name": user.name, "admin": admin, **self._about})
        security.remember(response, secret)
        return response

    async def history(self, request: web.Request) -> web.StreamResponse:
        """The channel's newest messages, and which channels there are; `before` (ms) turns the page back."""
        user = self._person(request)
        channel = requests.channel_of(request.query.get("channel"))
        await self._rooms.check(channel, user)
        before = requests.moment_of(request.query.get("before"))
        said = await self._transcript.channel(channel, before=before, limit=PAGE_LENGTH + 1)
        messages = [await self._views.root(one) for one in said[-PAGE_LENGTH:]]
        whispers = self._feed.whispers(user.id, channel)
        channels = list(await self._rooms.of(user))
        more = len(said) > PAGE_LENGTH
        return web.json_response({"messages": messages, "more": more, "whispers": whispers, "channels": channels})

    async def thread(self, request: web.Request) -> web.StreamResponse:
        """A thread: its first message and the replies."""
        user = self._person(request)
        root = await self._root(requests.an_id(request.query.get("thread")), user)
        replies = await self._transcript.replies(root.channel, root.id)
        return web.json_response(
            {
                "root": await self._views.root(root),
                "messages": [await self._views.message(one) for one in replies],
                "whispers": self._feed.whispers(user.id, root.channel),
            }
        )

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Everything that happens from now on."""
        return await self._feed.stream(request, self._person(request))

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def rename(self, request: web.Request) -> web.StreamResponse:
        """Change one's display name."""
        self._person(request)
        name = security.clean_name(str((await requests.body_of(request)).get("name", "")))
        if not name:
            raise BadInput("Type a name of at least one letter.")
        response = web.json_response({"name": name})
        security.rename(response, name)
        return response

    async def dismiss(self, request: web.Request) -> web.StreamResponse:
        """Forget a whisper."""
        body = await requests.body_of(request)
        self._feed.dismiss(str(body.get("id", "")), self._person(request).id)
        return web.json_response({"ok": True})

    async def link(self, request: web.Request) -> web.StreamResponse:
        """The address of this person's gallery or admin page, opened from a channel: {"page": …, "channel": …}."""
        user = self._person(request)
        body = await requests.body_of(request)
        open_to = (Page.GALLERY, Page.ADMIN) if user.is_admin else (Page.GALLERY,)
        page = next((one for one in open_to if one == body.get("page")), None)
        if self._links is None or page is None:
            raise NotFound("There is no such page here.")
        place = Place("web", WORKSPACE, requests.channel_of(body.get("channel")))
        await self._rooms.check(place.channel, user)
        return web.json_response({"url": self._links.make(page, Grant(user, place))})

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take one picture in; it is sent with the next message."""
        upload = await self._uploads.take(request, self._person(request).id)
        about = {"id": upload.id, "name": upload.name, "width": upload.asset.width, "height": upload.asset.height}
        return web.json_response(about)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Keep what a person said, and let the bot hear it."""
        doors, user = self._open_doors(), self._person(request)
        saying = requests.saying(await requests.body_of(request))
        await self._rooms.check(saying.channel, user)
        known = await self._transcript.said(saying.id)
        if known and (known.user != user.id or known.card):
            raise BadInput("This message exists already. Reload the page.")
        if known:
            attachments = tuple(self._uploads.sent_before(one) for one in known.attachments)
        else:
            attachments = tuple(self._uploads.attachment(one, user.id) for one in saying.uploads)
        if saying.thread:
            await self._root(saying.thread, user, channel=saying.channel)
        slash = requests.slash(saying.text)
        if slash is None or saying.thread:
            await self._keep(saying, user, attachments)
        self._start(self._hear(doors, saying, user, attachments, slash))
        return web.json_response({"ok": True})

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Press a button."""
        doors, user = self._open_doors(), self._person(request)
        press = requests.press(await requests.body_of(request))
        parsed = parse_button_id(press.button)
        found = await self._pressed(press, user) if parsed else None
        if parsed is None or found is None:
            raise NotFound("This button is not there any more. Reload the page.")
        self._teller.remember_spot(press.id, press.seen_in)
        place, message = found
        self._start(doors.action(Action(press.id, place, user, *parsed, message=message, text=press.text)))
        return web.json_response({"ok": True})

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _pressed(self, press: Press, user: User) -> tuple[Place, str | None] | None:
        """Where a button was pressed, and on which message; None for one that is not there for this person."""
        if press.message.startswith(WHISPER):
            whisper = self._feed.press(press.message, user.id, press.button)
            return (whisper.place, None) if whisper else None
        said = await self._transcript.said(press.message)
        if said is None or said.card is None:
            return None
        await self._rooms.check(said.channel, user)
        return Place("web", WORKSPACE, said.channel, said.thread or said.id), said.id

    async def _keep(self, saying: Saying, user: User, attachments: tuple[Attachment, ...]) -> None:
        if await self._transcript.said(saying.id):
            return
        said = Said(
            id=saying.id,
            channel=saying.channel,
            thread=saying.thread,
            user=user.id,
            user_name=user.name,
            at=now_ms(),
            text=saying.text,
            attachments=tuple(one.ref for one in attachments),
        )
        await self._transcript.say(said)
        await self._teller.said(said)

    async def _hear(
        self,
        doors: Doors,
        saying: Saying,
        user: User,
        attachments: tuple[Attachment, ...],
        slash: tuple[str, str] | None,
    ) -> None:
        """Take the words to the door they belong to."""
        place = Place("web", WORKSPACE, saying.channel, saying.thread)
        if slash:
            name, words = slash
            text = "help" if name == "help" else words
            command = Command(saying.id, place, user, text, COMMANDS.get(name, "imagine"), attachments=attachments)
            if name in COMMANDS:
                await doors.command(command)
            else:
                sentence = f"There is no /{name[:40]} here. Type /imagine and what you want to see, or /help."
                self._teller.whisper(command, Card(title=sentence))
            return
        await self._hear_message(doors, saying, place, user, attachments)

    async def _hear_message(
        self, doors: Doors, saying: Saying, place: Place, user: User, attachments: tuple[Attachment, ...]
    ) -> None:
        words = requests.without_mention(saying.text)
        message = Message(
            event_id=saying.id,
            place=place,
            user=user,
            text=saying.text if words is None else words,
            id=saying.id,
            mentions_bot=words is not None,
            mentions_others=requests.addresses(saying.text, await self._people_in(place)),
            attachments=attachments,
        )
        if place.thread is None and words is None:
            self._teller.whisper(message, Card(title=HINT), suggest=f"/imagine {saying.text}" if saying.text else "")
            return
        if place.thread is None:  # the answer goes into a thread of this very message
            self._teller.remember_spot(saying.id, None)
            message = replace(message, place=replace(place, thread=saying.id))
        await doors.message(message)

    async def _people_in(self, place: Place) -> set[str]:
        """The names of who spoke in a thread."""
        if place.thread is None:
            return set()
        root = await self._transcript.said(place.thread)
        replies = await self._transcript.replies(place.channel, place.thread)
        return {said.user_name for said in (*replies, root) if said}

    async def _root(self, message_id: str, user: User, *, channel: str | None = None) -> Said:
        """A message that can have a thread, where this person may look. Raises `NotFound`."""
        said = await self._transcript.said(message_id)
        if said is None or said.thread is not None or (channel and said.channel != channel):
            raise NotFound("This thread is not here any more.")
        await self._rooms.check(said.channel, user)
        return said

    def _person(self, request: web.Request) -> User:
        user = security.person(request, is_admin=self.people_are_admins)
        self._views.learn(user.id, user.name)
        return user

    def _open_doors(self) -> Doors:
        if self.doors is None:
            raise web.HTTPServiceUnavailable(
                text='{"error": "Retouch is starting or stopping. Try again in a moment."}',
                content_type="application/json",
            )
        return self.doors


def _told(handler: Handler) -> Handler:
    """Problems on purpose become a sentence the page shows where the person looks."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except NotFound as error:
            return web.json_response({"error": str(error)}, status=404)
        except RetouchError as error:
            return web.json_response({"error": str(error)}, status=400)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"error": "This message is too large. Send less at once."}, status=413)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer
