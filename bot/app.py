"""Plugs everything together: the only module that knows the core, the adapters and the storage.

Each SDK is imported only where its room is opened, so that `retouch --help` is quick and a platform whose token is
not set costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot import replies
from bot.cards import Card
from bot.catalog import WARN_DAYS, Catalog
from bot.config import Gateway, gateway_from_environment, load_gateways
from bot.errors import RetouchError, SetupProblem
from bot.menu import Menu, hints, menu_for
from bot.models import Command, Options, Version, new_id
from bot.ports import ChatPlatform, ImageProvider
from bot.queue import Queue
from bot.settings import Settings
from bot.studio.desk import Desk
from bot.studio.doors import Studio

if TYPE_CHECKING:
    from aiohttp.web import Application

    from adapters.slack import SlackPlatform
    from adapters.terminal import TerminalPlatform
    from adapters.web import WebPlatform
    from storage.sqlite import SqliteStore

log = logging.getLogger(__name__)


# ── The house without its doors: store, image services, catalogue ────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class House:
    """What every way of running shares."""

    settings: Settings
    store: SqliteStore
    providers: Mapping[str, ImageProvider]
    catalog: Catalog
    default_model: str
    gateways: Sequence[Gateway] = ()

    def studio(self, platforms: Mapping[str, ChatPlatform]) -> tuple[Studio, Queue]:
        """The doors and the queue behind them, for these platforms."""
        desk = self.desk(platforms)
        queue = Queue(desk)
        return Studio(desk, queue), queue

    def desk(self, platforms: Mapping[str, ChatPlatform]) -> Desk:
        """What the verbs work with, on these platforms."""
        return Desk(
            store=self.store,
            platforms=platforms,
            providers=self.providers,
            catalog=self.catalog,
            default_model=self.default_model,
            tmp=self.store.tmp,
            secret=_secret(self.store.folder),
            owner=new_id(),
            previews=self.settings.previews,
            concurrency=self.settings.concurrency,
            lease_ms=round(self.settings.lease * 1000),
        )

    def menu(self) -> Menu:
        """What forms and lists may offer here."""
        desk = self.desk({})
        names = desk.model_names()
        planning = [name for name in names if not desk.provider_of(name).why_not(Options(name, think="low"))]
        return menu_for(self.catalog, names, default=self.default_model, planning=planning)

    def engine(self) -> str:
        """One line on what draws here."""
        if "openai" in self.providers:
            only = self.gateways[0] if len(self.gateways) == 1 else None
            names = ", then ".join(one.name for one in self.gateways)
            where = names if only is None else "" if only.is_openai else only.base_url
            return " · ".join(filter(None, (self.default_model, where)))
        return "offline sketch engine · no API key set"


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open the store and the image services; close them on the way out. Raises `SetupProblem`."""
    catalog = await asyncio.to_thread(Catalog.load, settings.config_file)
    gateways = await asyncio.to_thread(_gateways, settings)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store_only(settings))
        providers = _providers(settings, gateways)
        for provider in providers.values():
            stack.push_async_callback(provider.close)
        yield House(settings, store, providers, catalog, _default_model(settings, catalog, providers), gateways)


@asynccontextmanager
async def open_store_only(settings: Settings) -> AsyncIterator[SqliteStore]:
    """Open the data folder, close it on the way out. Raises `SetupProblem` when it cannot be used."""
    from storage.sqlite import open_store

    try:
        store = await open_store(settings.data)
    except OSError as error:
        raise SetupProblem(f"The data folder {settings.data} cannot be used ({error.strerror}).") from error
    try:
        yield store
    finally:
        await store.close()


def _gateways(settings: Settings) -> tuple[Gateway, ...]:
    """The gateways of `retouch.toml`; without any, the one of the environment, if its key or address is set."""
    gateways = load_gateways(settings.config_file)
    if gateways or not (settings.openai_api_key or settings.openai_base_url):
        return gateways
    return (gateway_from_environment(settings.openai_api_key, settings.openai_base_url),)


def _providers(settings: Settings, gateways: Sequence[Gateway]) -> dict[str, ImageProvider]:
    providers: dict[str, ImageProvider] = {}
    if gateways:
        from adapters.openai import OpenAIProvider

        providers["openai"] = OpenAIProvider(gateways=gateways, timeout=settings.timeout)
    if not providers or settings.model == "sketch":
        from adapters.sketch import SketchProvider

        providers["sketch"] = SketchProvider(seconds=settings.sketch_seconds)
    return providers


def _default_model(settings: Settings, catalog: Catalog, providers: Mapping[str, ImageProvider]) -> str:
    name = settings.model or ("gpt-image-2" if "openai" in providers else "sketch")
    if catalog.model(name).provider not in providers:
        raise SetupProblem(f"RETOUCH_MODEL={name} needs an image service that is not set up; set OPENAI_API_KEY.")
    return name


def _secret(folder: Path) -> bytes:
    """This installation's salt, made on first use, readable by its owner only."""
    path = folder / "secret"
    with contextlib.suppress(FileExistsError):
        fresh = folder / f"secret.{new_id(6)}"
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        try:
            path.hardlink_to(fresh)
        finally:
            fresh.unlink()
    return path.read_bytes()


# ── `retouch run` and `retouch demo` ─────────────────────────────────────────────────────────────────────────────


async def run(settings: Settings, *, say: Callable[[str], None], only_web: bool = False) -> None:
    """Serve every platform that is set up until SIGTERM or SIGINT. Raises `SetupProblem` when none can run."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_house(settings) as house:
        await _serve(house, stop, say=say, only_web=only_web)


async def _serve(house: House, stop: asyncio.Event, *, say: Callable[[str], None], only_web: bool) -> None:
    from adapters.web.server import serve

    platforms, web, slack = _platforms(house, say=say, only_web=only_web)
    studio, queue = house.studio(platforms)
    app = web.app if web else _bare_app()
    if slack and not house.settings.slack_app_token:
        slack.add_routes(app)
    async with serve(app, house.settings.host, house.settings.port) as port:
        say(f"Pictures: {house.engine()}. Data: {house.settings.data}")
        if web:
            say(f"Retouch is ready: http://{_shown_host(house.settings.host)}:{port}")
        running = [asyncio.create_task(_run_one(one, studio, say), name=name) for name, one in platforms.items()]
        lookout = asyncio.create_task(_look_out(house, say), name="lookout")
        try:
            await _until(stop, queue, running, house.settings.grace, say)
        finally:
            lookout.cancel()
            await asyncio.gather(lookout, return_exceptions=True)


async def _look_out(house: House, say: Callable[[str], None]) -> None:
    """Learn once a day when models end, and say so in time. Who uses one tells their admins: `studio/admins.py`."""
    while True:
        for provider in house.providers.values():
            house.catalog.note_shutdowns(await provider.shutdowns())
        model = house.catalog.model(house.default_model)
        left = model.days_left(dt.datetime.now(dt.UTC).date())
        if left is not None and left <= WARN_DAYS:
            say(replies.shutdown_warning(model, left))
        await asyncio.sleep(86_400)


def _bare_app() -> Application:
    from adapters.web import health_app

    return health_app()


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104


def _platforms(
    house: House, *, say: Callable[[str], None], only_web: bool
) -> tuple[dict[str, ChatPlatform], WebPlatform | None, SlackPlatform | None]:
    settings = house.settings
    platforms: dict[str, ChatPlatform] = {}
    slack = None if only_web else _slack(house, say)
    if slack:
        platforms["slack"] = slack
    if not only_web and (discord := _discord(house, say)):
        platforms["discord"] = discord
    web = None
    if only_web or settings.web == "on" or (settings.web == "auto" and not platforms):
        web = _web(house)
        platforms["web"] = web
    elif not only_web:
        say("Web chat: off (RETOUCH_WEB=on turns it on).")
    if not platforms:
        raise SetupProblem("Nothing to run: set SLACK_BOT_TOKEN or DISCORD_TOKEN, or RETOUCH_WEB=on.")
    return platforms, web, slack


def _slack(house: House, say: Callable[[str], None]) -> SlackPlatform | None:
    settings = house.settings
    if not settings.slack_bot_token:
        say("Slack: off (SLACK_BOT_TOKEN is not set).")
        return None
    if not (settings.slack_app_token or settings.slack_signing_secret):
        say("Slack: off (set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP).")
        return None
    from adapters.slack import SlackPlatform

    app_token, signing = settings.slack_app_token, settings.slack_signing_secret
    say(f"Slack: on ({'Socket Mode' if app_token else 'HTTP, /slack/events'}).")
    return SlackPlatform(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=app_token.get_secret_value() if app_token else None,
        signing_secret=signing.get_secret_value() if signing else None,
        api_url=settings.slack_api_url,
        menu=house.menu(),
    )


def _discord(house: House, say: Callable[[str], None]) -> ChatPlatform | None:
    settings = house.settings
    if not settings.discord_token:
        say("Discord: off (DISCORD_TOKEN is not set).")
        return None
    from adapters.discord import DiscordPlatform

    say("Discord: on.")
    return DiscordPlatform(
        token=settings.discord_token.get_secret_value(),
        api_url=settings.discord_api_url,
        message_content=settings.discord_message_content,
        menu=house.menu(),
    )


def _web(house: House) -> WebPlatform:
    from adapters.web import WebPlatform

    return WebPlatform(
        store=house.store,
        transcript=house.store.transcript,
        tmp=house.store.tmp,
        host=house.settings.host,
        port=house.settings.port,
        hints=hints(house.menu()),
        engine=house.engine(),
        names=tuple(name for part in house.settings.web_names.split(",") if (name := part.strip().lower())),
    )


async def _run_one(platform: ChatPlatform, studio: Studio, say: Callable[[str], None]) -> None:
    """One platform until cancelled. One that cannot start says why and leaves the others running."""
    try:
        await platform.run(studio)
    except RetouchError as error:
        log.error("%s stopped: %s", platform.name, error)
        say(f"{platform.name.title()}: stopped. {error}")


async def _until(
    stop: asyncio.Event,
    queue: Queue,
    running: list[asyncio.Task[None]],
    grace: float,
    say: Callable[[str], None],
) -> None:
    """Run until told to stop or until nothing is left; then finish what is in hand."""
    work = asyncio.create_task(queue.run(), name="queue")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    ended = asyncio.create_task(_all(running), name="ended")
    try:
        await asyncio.wait([work, stopped, ended], return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            say("Stopping: running pictures may finish, queued ones wait for the next start.")
            await queue.drain(grace)
    finally:
        for task in (*running, stopped, work, ended):
            task.cancel()
        results = await asyncio.gather(*running, work, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    if not stop.is_set():
        raise SetupProblem("No chat platform is running any more; the reasons are above.")


async def _all(running: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(running)


# ── `retouch imagine` and `retouch edit` ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request from the command line. `version` None: there is no picture."""

    card: Card
    version: Version | None


async def ask(settings: Settings, command: Callable[[str], Command], on_card: Callable[[Card], None]) -> Answer:
    """Run one command through the same core and ledger as every chat. `command` gets the platform's name."""
    from adapters.terminal import TerminalPlatform

    async with open_house(settings) as house:
        terminal = TerminalPlatform(on_card)
        studio, queue = house.studio({terminal.name: terminal})
        work = asyncio.create_task(queue.run(), name="queue")
        try:
            await studio.command(command(terminal.name))
            card = await _answer_or_failure(terminal, work)
            await queue.drain(settings.grace)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await queue.drain(0)
        return Answer(card, await _version_of(house, terminal))


async def _answer_or_failure(terminal: TerminalPlatform, work: asyncio.Task[None]) -> Card:
    answer = asyncio.create_task(terminal.answer())
    await asyncio.wait([answer, work], return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        await work  # raises what stopped the queue
    return await answer


async def _version_of(house: House, terminal: TerminalPlatform) -> Version | None:
    if terminal.address is None:
        return None
    return await house.store.version_shown_at(terminal.address.place, terminal.address.message)
