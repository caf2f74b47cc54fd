"""What is for one person alone is never said aloud: a link to a page is a key, an answer to a command is theirs."""

from __future__ import annotations

from pathlib import Path

from bot.cards import Card, CardFile, Link
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
        assert said[-1].startswith("I cannot send you this alone. Allow direct messages from here")
        assert not any("secret" in text for text in said)


async def test_an_answer_to_a_command_is_not_said_aloud(tmp_path: Path) -> None:
    """Later than a quarter of an hour the command's own whisper is gone, and direct messages may be closed."""
    async with discord_with(tmp_path) as scene:
        await scene.driver.run("privacy", "export")
        await scene.driver.env.advance_time(16 * 60)
        scene.driver.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        file = tmp_path / "mine.zip"
        file.write_bytes(b"secret")
        card = Card("Yours.", body="secret", files=(CardFile(file, "mine.zip", "application/zip"),))
        await scene.doors.platform.whisper(scene.house.taken[-1], card)
        said = [seen for seen in await scene.driver.seen() if not seen.private]
        assert [seen.files for seen in said] == [()]
        assert said[0].text == "I cannot send you this alone. Allow direct messages from here, then ask again."
