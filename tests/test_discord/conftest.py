"""The usual scene: one server, one channel, Alice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.test_discord.scene import Scene, discord_with


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with discord_with(tmp_path) as opened:
        yield opened
