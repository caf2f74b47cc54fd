"""People's words stay words."""

from __future__ import annotations

import re
import unicodedata

import pytest
from discord.ui import Button as UiButton
from discord.ui import TextDisplay
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.files import Parcel
from adapters.discord.text import inert, inert_within, length, shortened
from adapters.discord.view import card_view
from bot.cards import Button, Card, Tone
from tests.drivers.discord import as_read
from tests.test_discord.scene import Scene

HOSTILE = [
    "@everyone @here look",
    "<@{bob}> <@!{bob}> hi",
    "<@&{role}>",
    "<#{channel}> </imagine:1> <id:customize>",
    "[free nitro](https://evil.example/x)",
    "https://evil.example/a_b_c?d=e",
    "<https://evil.example>",
    "# Big heading",
    "-# small print",
    "> quote\n>>> more",
    "- list\n1. list\n* list",
    "||spoiler|| **bold** __under__ ~~gone~~ *i* _i_",
    "```ansi\n\x1b[31mred\n``` `code`",
    "<t:1700000000:R>",
    "<:kappa:123456789012345678> <a:x:123456789012345678> :smile:",
    r"\*already\* \\ escaped \@everyone",
    "line\r\nbreaks\u2028and\x00nulls",
    "🦊 ünïcödé 日本語 مرحبا",
]


@pytest.mark.parametrize("prompt", HOSTILE)
async def test_a_hostile_prompt_is_shown_and_obeyed_by_nobody(scene: Scene, prompt: str) -> None:
    bob = scene.driver.person("bob")
    role = scene.driver.guild.create_role("artists")
    prompt = prompt.format(bob=bob.id, role=role.id, channel=scene.driver.channel.id) if "{" in prompt else prompt
    await scene.driver.imagine(prompt)
    message = scene.driver.pictures()[-1]
    assert (message.mentions, message.role_mentions, message.mention_everyone) == ([], [], False)
    [seen] = await scene.driver.seen()
    shown = prompt.replace("\r\n", "\n").replace("\u2028", "\n").replace("\x00", "").replace("\x1b", "")
    assert shown in seen.text


async def test_a_prompt_longer_than_a_message_is_cut_and_still_posted(scene: Scene) -> None:
    await scene.driver.imagine("*" * 6000)
    [seen] = await scene.driver.seen()
    assert "*" * 1000 in seen.text
    assert "…" in seen.text


# ── The escaping itself ─────────────────────────────────────────────────────────────────────────────────────

MARKUP = re.compile(
    r"""
    (?<!\\)(?:\\\\)*(?:              # not behind an odd number of backslashes …
        [*_~|`\[\]()<>@#&:\-+=.!/]   # … no mark that starts or ends anything in Discord's Markdown
    )
    """,
    re.VERBOSE,
)


@given(st.text())
def test_what_is_escaped_reads_as_it_was_typed(text: str) -> None:
    assert as_read(inert(text)) == as_read_plain(text)


def as_read_plain(text: str) -> str:
    """Line ends as Discord has them; without control characters, which nobody sees."""
    text = re.sub("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]", "\n", text)
    return "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc")


@given(st.text(alphabet=st.characters() | st.sampled_from("*_~|`[]()<>@#&:-+=.!/\\ 1\n")))
def test_no_mark_is_left_that_means_something(text: str) -> None:
    assert MARKUP.search(inert(text)) is None


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_cutting_keeps_within_the_room_and_never_splits_an_escape(text: str, room: int) -> None:
    cut = inert_within(text, room)
    assert length(cut) <= room
    assert MARKUP.search(cut) is None
    assert not re.search(r"(?<!\\)(?:\\\\)*\\(?:…|$)", cut)


@given(st.text(), st.integers(min_value=2, max_value=120))
def test_a_name_fits_on_one_line_of_its_room(text: str, room: int) -> None:
    assert length(shortened(text, room)) <= room
    assert "\n" not in shortened(text, room)


# ── Cards ───────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = st.text(max_size=6000)


@given(title=WORDS, prompt=WORDS, body=WORDS, footer=WORDS, tone=st.sampled_from(Tone))
@settings(max_examples=50, deadline=None)
def test_any_card_fits_a_message(title: str, prompt: str, body: str, footer: str, tone: Tone) -> None:
    buttons = tuple(Button(f"Button {number} " * 9, "act", str(number)) for number in range(30))
    view = card_view(Card(title, tone, prompt, body, footer, buttons=buttons), Parcel(notes=("a note",) * 3))
    assert sum(length(part.content) for part in view.walk_children() if isinstance(part, TextDisplay)) <= 4000
    assert len(list(view.walk_children())) <= 40
    assert all(len(part.label or "") <= 80 for part in view.walk_children() if isinstance(part, UiButton))


@pytest.mark.parametrize("words", ["\n" * 3000, "a\n" * 3000, "**\n" * 2000])
def test_many_lines_fit_a_message_too(words: str) -> None:
    view = card_view(Card("v1", prompt=f"x{words}x", body=words, footer=words))
    assert view.content_length() <= 4000


async def test_each_tone_has_its_colour_and_no_view_stays_in_memory() -> None:
    views = [card_view(Card("v1", tone)) for tone in Tone]
    assert len({str(view.children[0].to_component_dict()["accent_color"]) for view in views}) == len(Tone)
    assert all(view.is_finished() for view in views)


def test_a_button_id_that_discord_would_refuse_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="longer than 100"):
        card_view(Card("v1", buttons=(Button("Edit", "edit", "x" * 100),)))
