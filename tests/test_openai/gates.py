"""What the tests of several gateways share: gateways at loopback servers, and providers that are closed again."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from adapters.openai import OpenAIProvider
from bot.config import Gateway
from bot.errors import RetouchError
from bot.ports import ImageRequest
from tests.contracts.provider import answer
from tests.fakes.openai_server import OpenAIServer
from tests.test_openai.conftest import KEY


def gateway(server: OpenAIServer | str, name: str = "one", **given: object) -> Gateway:
    """A gateway of this name at a server or an address."""
    address = server if isinstance(server, str) else server.base_url
    return Gateway.model_validate({"name": name, "base_url": address, "key": SecretStr(KEY), **given})


@asynccontextmanager
async def opened(*gateways: Gateway, patience: float = 20.0) -> AsyncIterator[OpenAIProvider]:
    """A provider with these gateways, in this order; `patience` is seconds for a request."""
    provider = OpenAIProvider(gateways=gateways, timeout=patience)
    try:
        yield provider
    finally:
        await provider.close()


async def failure(provider: OpenAIProvider, request: ImageRequest) -> RetouchError:
    """The error a request ends in."""
    with pytest.raises(RetouchError) as caught:
        await answer(provider, request)
    return caught.value


def small_png(colour: str = "teal") -> bytes:
    """A picture that is quick to send."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(out, "png")
    return out.getvalue()


class Watch:
    """A clock that stands still until told; `leap` seconds go by at each look."""

    def __init__(self, leap: float = 0.0) -> None:
        self.time = 1000.0
        self._leap = leap

    def __call__(self) -> float:
        self.time += self._leap
        return self.time


def unfinished(folder: Path) -> list[Path]:
    """Files that an interrupted answer left behind."""
    return sorted(folder.glob("**/*.part"))
