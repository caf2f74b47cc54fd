"""What every verb works with: the ports, the catalogue, the clock. Built once in `app.py`."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.catalog import Catalog, Model
from bot.errors import BadOption, SetupProblem
from bot.links import Links
from bot.models import Options, Policy, User, now_ms
from bot.ports import ChatPlatform, ImageProvider, Privacy, PromptChecker, Shelf, Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports and settings of one process.

    `owner` names this process on its leases. `tmp` is scratch space on the store's file system. `secret` salts what
    leaves the house. `previews` is how many passing pictures are asked for (0–3).
    """

    store: Store
    shelf: Shelf
    links: Links
    privacy: Privacy
    platforms: Mapping[str, ChatPlatform]
    providers: Mapping[str, ImageProvider]
    catalog: Catalog
    default_model: str
    tmp: Path
    secret: bytes
    owner: str
    previews: int = 2
    concurrency: int = 4
    lease_ms: int = 30_000
    now: Callable[[], int] = now_ms
    checker: PromptChecker | None = None

    def model_for(self, flags: Mapping[str, str], base: Options | None) -> Model:
        """The model asked for, else the parent's, else the default. Raises `BadOption` if it cannot be used here."""
        asked = flags.get("model")
        if asked:
            return self._usable(asked)
        if base and self._is_here(base.model) and not self._is_gone(base.model):
            return self.catalog.model(base.model)
        return self.catalog.model(self.default_model)

    def model_names(self) -> tuple[str, ...]:
        """The models of the image services that are set up, but for those that are shut down."""
        names = (name for provider in self.providers for name in self.catalog.names(provider))
        return tuple(name for name in names if self._is_here(name) and not self._is_gone(name))

    def provider_for(self, model: Model) -> ImageProvider:
        """The image service of a model. Raises `SetupProblem` when it is no longer set up."""
        provider = self.providers.get(model.provider)
        if provider is None:
            raise SetupProblem(f"{model.name} is not set up here any more; ask an admin.")
        return provider

    def provider_of(self, name: str) -> ImageProvider:
        """The image service of a model by its name. Raises `SetupProblem`."""
        return self.provider_for(self.catalog.model(name))

    def user_key(self, user: User, workspace: str) -> str:
        """A salted hash of a person, for the image service's abuse tracing.

        Stable on this installation, and another one in each workspace, so that nobody can be followed across them.
        """
        who = json.dumps([workspace, user.platform, user.id]).encode()
        return hmac.new(self.secret, who, hashlib.sha256).hexdigest()[:32]

    def previews_for(self, model: Model, policy: Policy) -> int:
        """How many passing pictures to ask for: the workspace's wish, else the installation's."""
        if not model.previews:
            return 0
        return self.previews if policy.previews is None else policy.previews

    def today(self) -> dt.date:
        """The day, in UTC."""
        return dt.datetime.fromtimestamp(self.now() / 1000, dt.UTC).date()

    def _is_here(self, name: str) -> bool:
        provider = self.providers.get(self.catalog.model(name).provider)
        return provider is not None and not provider.why_not(Options(name))

    def _is_gone(self, name: str) -> bool:
        left = self.catalog.model(name).days_left(self.today())
        return left is not None and left <= 0

    def _usable(self, name: str) -> Model:
        """A model a person named: a typo must not go out, and an unknown one has no price an admin agreed to."""
        model = self.catalog.model(name)
        if self._is_gone(name):
            instead = f" Use {model.successor}." if model.successor else ""
            raise BadOption(f"{name} was shut down on {model.shutdown}.{instead}")
        named = name == self.default_model or any(one.lists(name) for one in self.providers.values())
        if self._is_here(name) and (model.known or named):
            return model
        names = self.model_names()
        close = difflib.get_close_matches(name, names, 1)
        hint = f"Did you mean {close[0]}?" if close else f"Choose one of: {', '.join(names)}."
        raise BadOption(f"There is no model {name[:60]} here. {hint}")
