"""A link to a page is a key: it is never said aloud."""

from __future__ import annotations

from pathlib import Path

from bot.cards import Card, Link
from tests.test_discord.scene import discord_with


async def test_a_link_for_one_person_is_not_said_aloud(tmp_path: Path) -> None:
    async with discord_with(tmp_path) as scene:
        scene.driver.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await scene.driver.mention("gallery")
        card = Card(
            "Your pictures.", links=(Link("Open the gallery", "https://pictures.example.org/p/gallery/secret"),)
        )
        await scene.doors.platform.whisper(scene.house.taken[-1], card)
        said = [seen.text for seen in await scene.driver.seen() if not seen.private]
        assert said[-1].startswith("I cannot send you this link alone. Allow direct messages from here")
        assert not any("secret" in text for text in said)
