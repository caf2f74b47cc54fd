"""`retouch.toml`: what an installation adds to the environment: gateways, in order of preference, and models.

README.md describes the file. Without it there is one gateway, from OPENAI_API_KEY and OPENAI_BASE_URL.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.errors import SetupProblem

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_PLANNER = "gpt-5.4"
_NEEDED = frozenset({"prompt", "model", "messages", "input", "tools"})
_NO_KEY = "is empty or has characters no key can have"
_LARGEST = 1_000_000  # bytes of a configuration file
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}", re.IGNORECASE)


class Gateway(BaseModel):
    """One service that speaks OpenAI's API, more or less; the fields say how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("openai", description="What it is called in logs and on cards")
    base_url: str = Field(DEFAULT_BASE_URL, description="Its address, with `/v1`")
    key: SecretStr | None = Field(None, description="Its API key; better: `key_env`")
    key_env: str = Field("", description="The environment variable that holds the key")
    models: tuple[str, ...] = Field((), description="The models it serves; empty: all")
    names: Mapping[str, str] = Field(default_factory=dict, description="What it calls a model, where that differs")
    api: Literal["images", "chat"] = Field(
        "images", description="`images`: the Images API; `chat`: pictures come from `/chat/completions`"
    )
    edits: Literal["image[]", "image", "json", "none"] = Field(
        "image[]",
        description="How it takes pictures: a form with `image[]` or `image`, `json` with data URLs, `none`",
    )
    response_format: bool = Field(False, description="Whether it must be told `response_format=b64_json`")
    streaming: bool = Field(True, description="Whether it streams previews")
    several: bool = Field(True, description="Whether one request may ask for several pictures")
    drop: tuple[str, ...] = Field((), description="Parameters it does not know: never sent")
    concurrency: int = Field(8, ge=1, le=256, description="Requests at the same time; lowered when it says so")
    planner: str = Field("", description=f"The text model behind `--think` and `--web`; on OpenAI `{DEFAULT_PLANNER}`")

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("use letters, digits, dots and dashes")
        return name

    @field_validator("base_url")
    @classmethod
    def _whole_address(cls, url: str) -> str:
        url = url.strip()
        if not _is_whole_address(url):
            raise ValueError(f"it must be a whole address such as {DEFAULT_BASE_URL}")
        return url.rstrip("/")

    @field_validator("key")
    @classmethod
    def _possible_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        text = key.get_secret_value().strip()
        if not (text and text.isascii() and text.isprintable()):
            raise ValueError(f"it {_NO_KEY}")
        return SecretStr(text)

    @field_validator("drop")
    @classmethod
    def _can_do_without(cls, drop: tuple[str, ...]) -> tuple[str, ...]:
        for name in drop:
            if name in _NEEDED:
                raise ValueError(f"{name} cannot be dropped")
        return drop

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own service."""
        return (urlsplit(self.base_url).hostname or "").endswith(".openai.com")

    @property
    def planning_model(self) -> str:
        """The text model that plans pictures; "": none here."""
        return self.planner or (DEFAULT_PLANNER if self.is_openai and self.api == "images" else "")

    def serves(self, model: str) -> bool:
        """Whether it is worth asking for a model."""
        return not self.models or model in self.models

    def its_name(self, model: str) -> str:
        """What this gateway calls a model."""
        return self.names.get(model, model)


def _is_whole_address(url: str) -> bool:
    """Whether a path can be put behind it. A name and password in it would end up in the log."""
    if not url.isprintable() or any(letter in url for letter in " @?#"):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def load_gateways(path: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Gateway, ...]:
    """The gateways of `retouch.toml`, each with its key. Raises `SetupProblem` naming the line's key that is wrong."""
    if path is None:
        return ()
    gateways: list[Gateway] = []
    for number, table in enumerate(_gateway_tables(path), start=1):
        gateway = _gateway(path, number, table)
        if gateway.key_env:
            gateway = _keyed(path, gateway, environment)
        if any(gateway.name == other.name for other in gateways):
            raise SetupProblem(f"In {path}, two gateways are called {gateway.name}.")
        gateways.append(gateway)
    return tuple(gateways)


def gateway_from_environment(key: SecretStr | None, base_url: str | None) -> Gateway:
    """The one gateway that OPENAI_API_KEY and OPENAI_BASE_URL describe. Raises `SetupProblem` if they cannot be one."""
    try:
        return Gateway(base_url=base_url or DEFAULT_BASE_URL, key=key)
    except ValidationError as error:
        about_key = error.errors()[0]["loc"] == ("key",)
        raise SetupProblem(NOT_SET_UP, for_admin=_BAD_KEY if about_key else _BAD_ADDRESS) from error


NOT_SET_UP = "The image service is not set up right here. An admin must look at it."
_BAD_KEY = "OPENAI_API_KEY is empty or has characters no key can have."
_BAD_ADDRESS = f"OPENAI_BASE_URL must be a whole address such as {DEFAULT_BASE_URL}."


def _gateway_tables(path: Path) -> list[object]:
    document = read_toml(path)
    if unknown := sorted(set(document) - {"gateways", "models", "planners"}):
        raise SetupProblem(f"In {path}, {unknown[0]} means nothing; there are gateways, models and planners.")
    tables = document.get("gateways", [])
    if not isinstance(tables, list):
        raise SetupProblem(f"In {path}, each gateway begins with [[gateways]], in double brackets.")
    return tables


def read_toml(path: Path) -> dict[str, object]:
    """The file as tables. Raises `SetupProblem` with the line where it breaks."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise SetupProblem(f"{path} is larger than {_LARGEST:,} bytes; that is no configuration.")
        return tomllib.loads(data.decode("utf-8-sig"))  # some editors put a mark in front
    except OSError as error:
        raise SetupProblem(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SetupProblem(f"{path} is not TOML: line {line} is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SetupProblem(f"{path} is not TOML: {error}.") from error
    except RecursionError as error:
        raise SetupProblem(f"{path} is not TOML that can be read: it is nested too deeply.") from error


def _gateway(path: Path, number: int, table: object) -> Gateway:
    if not isinstance(table, dict):
        raise SetupProblem(f"In {path}, each gateway begins with [[gateways]], in double brackets.")
    try:
        return Gateway.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "it"
        why = _WORDS.get(first["type"], first["msg"]).removeprefix("Value error, ")
        raise SetupProblem(f"In {path}, gateway {number}: {key}: {why}.") from error


_WORDS = {"extra_forbidden": "there is no such key", "tuple_type": 'it must be a list, such as ["a", "b"]'}
"""pydantic's kinds of errors, where its own words are not TOML's."""


def _keyed(path: Path, gateway: Gateway, environment: Mapping[str, str]) -> Gateway:
    key = environment.get(gateway.key_env, "").strip()
    takes = f"In {path}, gateway {gateway.name} takes its key from {gateway.key_env}, which"
    if not key:
        raise SetupProblem(f"{takes} is not set.")
    try:
        return Gateway.model_validate({**gateway.model_dump(), "key": SecretStr(key)})
    except ValidationError as error:
        raise SetupProblem(f"{takes} {_NO_KEY}.") from error
