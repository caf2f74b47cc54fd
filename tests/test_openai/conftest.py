"""One loopback server in the test's own loop, one as a process (where the test counts tasks or memory)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from adapters.openai import OpenAIProvider
from bot.models import Options
from bot.ports import ImageRequest
from tests.fakes.openai_server import OpenAIServer

KEY = "sk-test-0123456789abcdef"
ROOT = Path(__file__).parents[2]

Ask = Callable[..., ImageRequest]


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def provider(server: OpenAIServer) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(api_key=KEY, base_url=server.base_url, timeout=20)
    yield provider
    await provider.close()


@pytest.fixture(scope="module")
def server_process() -> Iterator[str]:
    """The base address of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.fakes.openai_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Builds a request; options by name, and `images`, `mask`, `previews`, `user_key`."""

    def build(prompt: str = "a red fox in the snow", **given: object) -> ImageRequest:
        of_request = {key: given.pop(key) for key in ("images", "mask", "previews", "user_key") if key in given}
        options = Options(**{"model": "gpt-image-2", **given})  # type: ignore[arg-type]
        return ImageRequest(prompt, options, tmp_path, **of_request)  # type: ignore[arg-type]

    return build
