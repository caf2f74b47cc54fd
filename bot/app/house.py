"""The house without its doors: store, image services, catalogue."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalog import Catalog
from bot.config import Gateway, gateway_from_environment, load_gateways
from bot.errors import SetupProblem
from bot.links import Links
from bot.menu import Menu, menu_for
from bot.models import Options, new_id
from bot.ports import ChatPlatform, ImageProvider, PromptChecker
from bot.queue import Queue
from bot.settings import Settings
from bot.studio.desk import Desk
from bot.studio.doors import Studio

if TYPE_CHECKING:
    from storage.sqlite import SqliteStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What every way of running shares."""

    settings: Settings
    store: SqliteStore
    providers: Mapping[str, ImageProvider]
    catalog: Catalog
    default_model: str
    gateways: Sequence[Gateway] = ()
    checker: PromptChecker | None = None

    def studio(self, platforms: Mapping[str, ChatPlatform]) -> tuple[Studio, Queue]:
        """The doors and the queue behind them, for these platforms."""
        desk = self.desk(platforms)
        queue = Queue(desk)
        return Studio(desk, queue), queue

    def desk(self, platforms: Mapping[str, ChatPlatform]) -> Desk:
        """What the verbs work with, on these platforms."""
        return Desk(
            store=self.store,
            shelf=self.store.shelf,
            privacy=self.store.privacy,
            links=self.links(),
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
            checker=self.checker,
        )

    def links(self) -> Links:
        """Signed links to the web pages."""
        return Links(_secret(self.store.folder), self.settings.url)

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
        checker = _checker(gateways)
        if checker:
            stack.push_async_callback(checker.close)
        model = _default_model(settings, catalog, providers)
        yield House(settings, store, providers, catalog, model, gateways, checker)


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


def _checker(gateways: Sequence[Gateway]) -> PromptChecker | None:
    """Who can judge requests beforehand; None where nothing but the sketch engine draws."""
    if not gateways:
        return None
    from adapters.openai import Moderations

    return Moderations(gateways)


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
