"""The contract every image provider passes, against the loopback server in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.openai import OpenAIProvider
from tests.contracts.provider import ProviderContract
from tests.test_openai.conftest import KEY


class TestOpenAIProvider(ProviderContract):
    @pytest.fixture
    async def provider(self, server_process: str) -> AsyncIterator[OpenAIProvider]:
        provider = OpenAIProvider(api_key=KEY, base_url=server_process, timeout=20)
        yield provider
        await provider.close()
