"""Moments and channels among a card's words: each chat shows them its own way, and nobody's words become one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.text import told
from adapters.discord.view import card_view as discord_view
from adapters.slack.blocks import card_blocks, fallback_text
from adapters.web.views import card_view as web_view
from bot.cards import Card, Channel, Moment, Person, pieces

AT = 1_795_305_600_000
LIVE = (Moment("at 00:00 UTC", AT), Moment("in 5 h", AT, relative=True), Moment("in 5 h 12 min", AT + 1, relative=True),
        Channel("channel C0BOSS", "C0BOSS"))  # fmt: skip
CARD = Card(title="Used up. More at 00:00 UTC.", body="Resets at 00:00 UTC, in 5 h 12 min.\nAsk in channel C0BOSS.",
            prompt="at 00:00 UTC <t:1:R>", live=LIVE)  # fmt: skip


def test_discord_writes_the_reader_s_own_time() -> None:
    texts = [one.content for one in discord_view(CARD).walk_children() if hasattr(one, "content")]
    assert texts[0] == f"**Used up\\. More <t:{AT // 1000}:f>\\.**"
    assert texts[1].startswith("> at 00\\:00 UTC \\<t\\:1\\:R\\>")
    assert f"Resets <t:{AT // 1000}:f>\\, <t:{AT // 1000}:R>\\." in texts[2]
    assert "channel C0BOSS" in texts[2]  # no id of Discord's


def test_discord_links_a_channel() -> None:
    assert told("Ask in channel 42.", (Channel("channel 42", "42"),), 100) == "Ask in <#42>\\."


@pytest.mark.parametrize("room", [5, 10, 30])
def test_where_discord_has_no_room_the_words_are_cut_as_plain_ones(room: int) -> None:
    shown = told("More at 00:00 UTC. " * 3, LIVE, room)
    assert "<t:" not in shown
    assert len(shown) <= room


def test_slack_writes_the_reader_s_own_time_and_links_the_channel() -> None:
    (words,) = (block for block in card_blocks(CARD) if block["type"] == "rich_text")
    title, prompt, body = words["elements"]
    date = {"type": "date", "timestamp": AT // 1000, "format": "{date_short_pretty} at {time}",
            "fallback": "at 00:00 UTC"}  # fmt: skip
    assert title["elements"] == [
        {"type": "text", "text": "Used up. More ", "style": {"bold": True}}, date,
        {"type": "text", "text": ".", "style": {"bold": True}}]  # fmt: skip
    assert [one["type"] for one in prompt["elements"]] == ["text"]
    assert {"type": "channel", "channel_id": "C0BOSS"} in body["elements"]
    assert {"type": "text", "text": "in 5 h 12 min"} in body["elements"]
    assert "at 00:00 UTC" in fallback_text(CARD)


def test_a_channel_that_is_none_of_slack_s_stays_words() -> None:
    (words,) = (
        block for block in card_blocks(Card(title="Ask in channel boss", live=(Channel("channel boss", "boss"),)))
    )
    assert [one["type"] for one in words["elements"][0]["elements"]] == ["text", "text"]


def test_the_page_gets_the_moments_to_write_them_itself() -> None:
    live = web_view(CARD)["live"]
    assert isinstance(live, dict)
    assert live["title"] == ["Used up. More ", {"words": "at 00:00 UTC", "at": AT}, "."]
    assert live["body"] == ["Resets ", {"words": "at 00:00 UTC", "at": AT}, ", ", "in 5 h 12 min", ".\nAsk in ",
                            "channel C0BOSS", "."]  # fmt: skip


def test_the_page_links_its_own_channels_and_names_people_it_knows() -> None:
    text = "review-channel: none → review, moderators: none → user:ab12, user:ab123"
    card = Card(
        title=text, live=(Channel("review", "review"), Person("user:ab12", "ab12"), Person("user:ab123", "ab123"))
    )
    assert web_view(card, {"ab12": "Zoë"})["live"]["title"] == [  # type: ignore[index]
        "review-channel: none → ", {"words": "review", "channel": "review"}, ", moderators: none → ",
        {"words": "user:ab12", "person": "@Zoë"}, ", ", "user:ab123"]  # fmt: skip


@given(st.text(), st.lists(st.builds(Moment, st.text(max_size=5), st.integers()), max_size=4))
def test_no_words_are_lost_or_doubled(text: str, live: list[Moment]) -> None:
    shown = [one if isinstance(one, str) else one.words for one in pieces(text, live)]
    assert "".join(shown) == text
