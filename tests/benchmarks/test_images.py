"""From the bytes arriving to the file with its hash on disk: ours, the plain SDK, and the floor, in one run.

The floor streams the answer with aiohttp and decodes it as it comes; plain SDK is `images.generate`. The server is a
process of its own. Run: `make bench`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import json
import resource
import statistics
import sys
import time
import tracemalloc
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import openai
import pytest

from adapters.openai import OpenAIProvider
from bot.models import Options
from bot.ports import ImageRequest, Result

pytestmark = pytest.mark.bench
SIZE = "3840x2160"
ROUNDS = 5


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.openai_server", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    line = (await process.stdout.readline()).decode()
    url = next(word for word in line.split() if word.startswith("http"))
    await asyncio.to_thread(_make_noisy, url)
    yield url
    process.kill()
    await process.communicate()


def _make_noisy(url: str) -> None:
    """Pictures that do not compress, as large as real ones."""
    body = json.dumps({"name": "noise", "times": None}).encode()
    request = urllib.request.Request(
        f"{url.removesuffix('/v1')}/_admin/fault", body, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()


async def ours(url: str, folder: Path) -> str:
    provider = OpenAIProvider(api_key="k", base_url=url)
    request = ImageRequest("noise", Options("gpt-image-2", SIZE, "high"), folder)
    async with contextlib.aclosing(provider.generate(request)) as steps:
        *_, result = [step async for step in steps]
    assert isinstance(result, Result)
    await provider.close()
    return result.images[0].sha256


async def plain_sdk(url: str, folder: Path) -> str:
    async with openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as client:
        answer = await client.images.generate(prompt="noise", model="gpt-image-2", size=SIZE, quality="high")
        assert answer.data
        data = base64.b64decode(answer.data[0].b64_json or "")
        (folder / "plain.png").write_bytes(data)
        return hashlib.sha256(data).hexdigest()


async def floor(url: str, folder: Path) -> str:
    body = {"prompt": "noise", "model": "gpt-image-2", "size": SIZE, "quality": "high"}
    sha, rest, started = hashlib.sha256(), b"", False
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer k"}) as session,
        session.post(f"{url}/images/generations", json=body) as answer,
    ):
        with (folder / "floor.png").open("wb") as file:
            async for chunk in answer.content.iter_chunked(65_536):
                rest += chunk
                if not started:
                    _, found, rest = rest.partition(b'"b64_json": "')
                    started = bool(found)
                    if not started:
                        continue
                text, end, _ = rest.partition(b'"')
                cut = len(text) if end else len(text) // 4 * 4
                data = binascii.a2b_base64(text[:cut])
                sha.update(data)
                file.write(data)
                rest = text[cut:]
                if end:
                    break
    return sha.hexdigest()


async def test_one_4k_picture(base_url: str, tmp_path: Path) -> None:
    ways: dict[str, Callable[[str, Path], Awaitable[str]]] = {"floor": floor, "ours": ours, "plain SDK": plain_sdk}
    for way in ways.values():  # warm up; and what it says it saved is what it saved
        said = await way(base_url, tmp_path)
        assert said in {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    cpu: dict[str, float] = {}
    memory: dict[str, float] = {}
    for name, way in ways.items():
        seconds = []
        for _ in range(ROUNDS):
            start = time.process_time()
            await way(base_url, tmp_path)
            seconds.append(time.process_time() - start)
        cpu[name] = statistics.median(seconds)
        tracemalloc.start()
        await way(base_url, tmp_path)
        memory[name] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    size = max(path.stat().st_size for path in tmp_path.iterdir()) / 1e6
    print(f"\none {SIZE} picture of {size:.1f} MB, median of {ROUNDS}; process peak "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")  # fmt: skip
    for name in ways:
        print(f"  {name:10} {cpu[name] * 1000:6.0f} ms CPU = {cpu[name] / cpu['floor']:.2f} × floor · "
              f"peak {memory[name]:6.1f} MB traced")  # fmt: skip
