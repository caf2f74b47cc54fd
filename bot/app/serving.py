"""`retouch run` and `retouch demo`: every platform that is set up, until told to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot import replies
from bot.app.house import House, open_house
from bot.app.purging import purge_daily
from bot.catalog import WARN_DAYS
from bot.errors import RetouchError, SetupProblem
from bot.menu import hints
from bot.models import Address
from bot.ports import ChatPlatform
from bot.queue import Queue
from bot.settings import Settings
from bot.studio.doors import Studio

if TYPE_CHECKING:
    from aiohttp.web import Application

    from adapters.slack import SlackPlatform
    from adapters.web import WebPlatform

log = logging.getLogger(__name__)


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
    _add_pages(house, app, platforms, studio)
    async with serve(app, house.settings.host, house.settings.port) as port:
        say(f"Pictures: {house.engine()}. Data: {house.settings.data}")
        if web:
            say(f"Retouch is ready: http://{_shown_host(house.settings.host)}:{port}")
        running = [asyncio.create_task(_run_one(one, studio, say), name=name) for name, one in platforms.items()]
        chores = [asyncio.create_task(_look_out(house, say), name="lookout"),
                  asyncio.create_task(purge_daily(house), name="purge")]  # fmt: skip
        try:
            await _until(stop, queue, running, house.settings.grace, say)
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)


def _add_pages(house: House, app: Application, platforms: Mapping[str, ChatPlatform], studio: Studio) -> None:
    """The pages behind signed links, on the same server."""
    from adapters.pages import Pages

    async def permalink(address: Address) -> str:
        platform = platforms.get(address.place.platform)
        return await platform.permalink(address) if platform else ""

    store = house.store
    pages = Pages(links=house.links(), store=store, shelf=store.shelf, tmp=store.tmp, permalink=permalink,
                  privacy=store.privacy)  # fmt: skip
    pages.doors = studio
    pages.add_to(app)


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
        links=house.links(),
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
