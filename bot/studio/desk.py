"""What every verb works with: the ports, the catalogue, the clock. Built once in `app.py`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.catalog import Catalog, Model
from bot.errors import BadOption, SetupProblem
from bot.models import Options, User, now_ms
from bot.ports import ChatPlatform, ImageProvider, Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports and settings of one process.

    `owner` names this process on its leases. `tmp` is scratch space on the store's file system. `secret` salts what
    leaves the house. `previews` is how many passing pictures are asked for (0–3).
    """

    store: Store
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

    def model_for(self, flags: Mapping[str, str], base: Options | None) -> Model:
        """The model asked for, else the parent's, else the default. Raises `BadOption` if it cannot be used here."""
        asked = flags.get("model")
        if asked:
            return self._usable(asked)
        if base and self._is_here(base.model):
            return self.catalog.model(base.model)
        return self.catalog.model(self.default_model)

    def model_names(self) -> tuple[str, ...]:
        """The models of the image services that are set up."""
        return tuple(name for provider in self.providers for name in self.catalog.names(provider))

    def provider_for(self, model: Model) -> ImageProvider:
        """The image service of a model. Raises `SetupProblem` when it is no longer set up."""
        provider = self.providers.get(model.provider)
        if provider is None:
            raise SetupProblem(f"{model.name} is not set up here any more; ask an admin.")
        return provider

    def user_key(self, user: User) -> str:
        """A salted hash of a person, stable on this installation, for the image service's abuse tracing."""
        who = f"{user.platform}:{user.id}".encode()
        return hmac.new(self.secret, who, hashlib.sha256).hexdigest()[:32]

    def _is_here(self, name: str) -> bool:
        return self.catalog.model(name).provider in self.providers

    def _usable(self, name: str) -> Model:
        if self._is_here(name):
            return self.catalog.model(name)
        raise BadOption(f"There is no model {name} here. Choose one of: {', '.join(self.model_names())}.")
