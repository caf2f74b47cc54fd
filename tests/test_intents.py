"""The grammar of what people type: a table, and the promise that no sentence is misread as a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intents import (
    About,
    Again,
    BackTo,
    Edit,
    Export,
    Help,
    Imagine,
    Intent,
    New,
    NotForUs,
    PictureAlone,
    Redo,
    Show,
    Undo,
    Vary,
    command_intent,
    message_intent,
    split_flags,
)  # fmt: skip
from bot.models import ThreadMode


def meant(text: str, *, mode: ThreadMode = ThreadMode.EVERY_REPLY, bot: bool = False, others: bool = False,
          pictures: bool = False) -> Intent:  # fmt: skip
    return message_intent(text, mode=mode, mentions_bot=bot, mentions_others=others, has_pictures=pictures)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("make it night", Edit("make it night")),
        ("Undo!", Undo()),
        ("please undo", Undo()),
        ("undo that, please.", Undo()),
        ("rückgängig", Undo()),
        ("元に戻す", Undo()),
        ("REDO", Redo()),
        ("again", Again()),
        ("Re-roll", Again()),
        ("again --quality high", Again({"quality": "high"})),
        ("--ar 1:1", Again({"ar": "1:1"})),
        ("vary", Vary()),
        ("vary strong", Vary(strong=True)),
        ("back to v3", BackTo(3)),
        ("Back to version 3.", BackTo(3)),
        ("use v2", BackTo(2)),
        ("show me v2", Show(2)),
        ("v2: make it night", Edit("make it night", version=2)),
        ("V2 - warmer", Edit("warmer", version=2)),
        ("v2: undo", About(2, Undo())),
        ("2: bigger hat", Edit("bigger hat", image=2)),
        ("new: a blue whale --ar 2:3", New("a blue whale", {"ar": "2:3"})),
        ("undo the red tint on the car", Edit("undo the red tint on the car")),
        ("back to black", Edit("back to black")),
        ("vary the colours a bit", Edit("vary the colours a bit")),
        ("again but with snow", Edit("again but with snow")),
        ("add 3 cats", Edit("add 3 cats")),
        ("12:30 on the clock", Edit("12:30 on the clock")),
        ("16:9 please", Edit("16:9 please")),
        ('change the text to "undo"', Edit('change the text to "undo"')),
        ("thanks, but make the sky pink", Edit("thanks, but make the sky pink")),
    ],
)
def test_words_mean_what_the_table_says(text: str, intent: Intent) -> None:
    assert meant(text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "Great, thanks!",
        "👍",
        "👍🏽 🎉",
        "??",
        "...",
        "// what a day",
        " // x",
        "ok",
        "+1",
        "lol",
        "ありがとう",
        "thanks ❤️",
        "Génial !",
        "",
        "  ",
    ],
)
def test_chatter_is_not_for_us(text: str) -> None:
    assert isinstance(meant(text), NotForUs)


@pytest.mark.parametrize("text", ["thanks!", "👍", "// what a day", "ok"])
def test_chatter_that_pings_us_is_not_for_us_either(text: str) -> None:
    assert isinstance(meant(text, bot=True), NotForUs), "answering a message pings who wrote it"


def test_a_question_mark_to_us_asks_for_help() -> None:
    assert meant("?", bot=True) == Help()


def test_words_to_somebody_else_are_not_for_us_unless_we_are_named_too() -> None:
    assert isinstance(meant("warmer", others=True), NotForUs)
    assert meant("warmer", others=True, bot=True) == Edit("warmer")


@pytest.mark.parametrize("mode", [ThreadMode.PAUSED, ThreadMode.MENTION_ONLY])
def test_a_quiet_thread_listens_when_addressed(mode: ThreadMode) -> None:
    assert isinstance(meant("warmer", mode=mode), NotForUs)
    assert meant("warmer", mode=mode, bot=True) == Edit("warmer")


def test_a_picture_without_words_is_left_alone_unless_it_is_sent_to_us() -> None:
    assert isinstance(meant("", pictures=True), PictureAlone)
    assert meant("", pictures=True, bot=True) == Help()


@pytest.mark.parametrize("text", ["", "   ", "help", "?", "--ar 2:3"])
def test_a_command_without_words_gets_help(text: str) -> None:
    assert command_intent(text, {}) == Help()


def test_flags_given_otherwise_win() -> None:
    assert command_intent("a fox --ar 1:1 --n 2", {"ar": "2:3"}) == Imagine("a fox", {"ar": "2:3", "n": "2"})


@pytest.mark.parametrize(
    ("text", "words", "flags"),
    [
        ("a fox --ar 16:9", "a fox", {"ar": "16:9"}),
        ("a fox —ar 16:9 –q high", "a fox", {"ar": "16:9", "q": "high"}),
        ("a fox --ar=16:9 in snow", "a fox in snow", {"ar": "16:9"}),
        ("--n 2 a fox", "a fox", {"n": "2"}),
        ("a fox --ar 1:1 --ar 2:3", "a fox", {"ar": "2:3"}),
        ("a fox --no text, people --n 2", "a fox", {"no": "text, people", "n": "2"}),
        ("a fox --tile in snow", "a fox in snow", {"tile": ""}),
        ('a sign "buy --now 5" here', 'a sign "buy --now 5" here', {}),
        ("a sign “--ar 1:1”", "a sign “--ar 1:1”", {}),
        ("a state-of-the-art fox -- really", "a state-of-the-art fox -- really", {}),
        ("well—not a flag", "well—not a flag", {}),
        ("a fox --ar", "a fox", {"ar": ""}),
        ("again --ar 16:9\nmake it blue", "again make it blue", {"ar": "16:9"}),
        ("a fox\u3000－－ar １６：９\u3000in snow", "a fox in snow", {"ar": "16:9"}),
        ("a fox ——n 2 -—ar 1:1", "a fox", {"n": "2", "ar": "1:1"}),
    ],
)
def test_flags_are_told_from_words(text: str, words: str, flags: dict[str, str]) -> None:
    assert split_flags(text) == (words, flags)


SUBJECTS = st.sampled_from(
    ["the sky", "the car", "her hat", "the text", "our logo", "the second version", "everything"]
)
VERBS = st.sampled_from(["undo", "make", "show", "vary", "redo", "use", "repeat", "forward", "revert", "back"])
ENDS = st.sampled_from(["darker", "in blue", "v2 times bigger", "again and again", "with new light", "to 3 pieces"])


@given(VERBS, SUBJECTS, ENDS)
def test_no_ordinary_sentence_is_read_as_a_command(verb: str, subject: str, end: str) -> None:
    assert meant(f"{verb} {subject} {end}") == Edit(f"{verb} {subject} {end}")


@pytest.mark.parametrize(
    ("text", "words", "flags"),
    [
        ("a fox --web off", "a fox", {"web": "off"}),
        ("a fox --web on the moon", "a fox the moon", {"web": "on"}),
        ("a fox --web in the snow", "a fox in the snow", {"web": ""}),
        ("a fox --think high --web", "a fox", {"think": "high", "web": ""}),
    ],
)
def test_a_switch_may_be_turned_off(text: str, words: str, flags: dict[str, str]) -> None:
    assert split_flags(text) == (words, flags)


@pytest.mark.parametrize(
    "text", ["export --format png, jpeg --size 1024, 2k", "export --format png,jpeg --size 1024,2k"]
)
def test_an_export_takes_lists_with_and_without_spaces(text: str) -> None:
    found = meant(text)
    assert isinstance(found, Export)
    flags = {name: value.replace(" ", "") for name, value in found.flags.items()}
    assert flags == {"format": "png,jpeg", "size": "1024,2k"}
