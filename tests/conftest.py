"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.chat import FakeChat
from tests.fakes.provider import FakeProvider
from tests.harness import open_test_house
from tests.talk import Talk


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    provider, chat = FakeProvider(), FakeChat()
    async with open_test_house(tmp_path, provider, model="gpt-image-2") as house:
        yield Talk(house, chat, provider, house.studio(chat))
