"""The grammar against what people write in ten languages, and against texts that nobody means well with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.intents import (
    Edit,
    Imagine,
    Intent,
    Mention,
    command_intent,
    mentions,
    message_intent,
    ref_command,
    split_flags,
)
from bot.intents.references import phrase
from bot.models import ThreadMode
from tests.sentences import COMMANDS, ORDINARY


def meant(text: str) -> Intent:
    return message_intent(
        text, mode=ThreadMode.EVERY_REPLY, mentions_bot=False, mentions_others=False, has_pictures=False
    )


# ── Sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_sentences_enough() -> None:
    assert len(set(ORDINARY)) == len(ORDINARY) >= 300


@pytest.mark.parametrize("sentence", ORDINARY)
def test_an_ordinary_sentence_is_an_edit_in_its_own_words(sentence: str) -> None:
    for text in (
        sentence,
        sentence.capitalize(),
        f"{sentence}!",
        f"{sentence} 🙏",
        f"please {sentence}",
        f"“{sentence}”",
    ):
        assert meant(text) == Edit(text)


@pytest.mark.parametrize(
    ("words", "intent"), [(words, intent) for intent, said in COMMANDS for words in said.split(" | ")]
)
def test_a_command_is_understood_however_it_is_said(words: str, intent: Intent) -> None:
    assert meant(words) == intent


@given(st.sampled_from(ORDINARY), st.sampled_from(ORDINARY))
def test_two_ordinary_sentences_are_one_edit(first: str, second: str) -> None:
    text = f"{first}, {second}"
    assert meant(text) == Edit(text)


@given(st.sampled_from(ORDINARY), st.integers(1, 999))
def test_a_version_in_front_of_a_sentence_names_the_picture_to_edit(sentence: str, number: int) -> None:
    if sentence[0].isdecimal():
        return  # "v2: 3 more birds" is about picture 3 where a colon follows
    assert meant(f"v{number}: {sentence}") == Edit(sentence, version=number)


# ── Any text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ANY = st.characters(exclude_categories=())  # lone surrogates, too: some clients cut an emoji in half
PIECES = st.sampled_from(
    [*"٣²①２：ﬁİK|", *'"“「', "\0", "\n", "\u3000", "\u200d", "\ufe0f", "9" * 30, "refs ", "#3", "@logo", " as ",
     "ſtyle", "v2: ", "2: ", "save ", "add ", "--", "—ar ", "--series ", "panel ", "new:", "undo", "zoom out",
     " please", "ください", "'s ", "http://", "style of ", "no, ", "star", "back to ", "compare "]
)  # fmt: skip


@given(
    st.one_of(
        st.text(ANY, max_size=300), st.lists(st.one_of(PIECES, st.text(ANY, max_size=3)), max_size=12).map("".join)
    )
)
@example("#3 as ſtyle")
@example("refs #3 as ſtyle")
@example("add @x as logo of the perſon")
def test_no_text_crashes_the_grammar(text: str) -> None:
    intent = meant(text)
    if isinstance(intent, Edit):
        assert intent.prompt.strip()
    if isinstance(made := command_intent(text, {}), Imagine):
        assert made.prompt.strip()
    words, flags = split_flags(text)
    assert sum(map(len, [words, *flags])) <= len(text)
    assert all(one.text[0] in "#@" and len(one.text) > 1 for one in mentions(text))
    ref_command(text)
    phrase(text)


@given(st.text(ANY, max_size=200))
def test_the_words_of_an_edit_are_never_touched(text: str) -> None:
    intent = meant(f"paint over {text}")
    if isinstance(intent, Edit) and not intent.flags:
        assert intent.prompt in f"paint over {text}"


PARTS = ["„", "“", "«", '"', "「", "『", "--", "--n 2 ", "—ar ", "please ", " ", "\n", "\u3000", "#1", "#2 ", "@a",
        "@", "v2:", "2:",
         "v2: 2:", "new:", "refs ", "refs #3 ", "add ", "save ", "panel ", ":", "：", "?", "undo ", "no, ",
        "zoom out ", "www.",
         "http://", "a://", "ください", "吧", "e\u0301", "👍🏽", "\u200d", "as style ", "'s ", "style of ",
        "compare 1 ",
         "\ufdfa", "\u0344", "--series |", "--no "]  # fmt: skip
HEADS = ["", "refs", "add", "panel 2", "v2: ", "zoom out"]
MOST = 30_000  # characters that a platform lets through, and more


def read_everything() -> None:
    """Read thousands of repeated marks by every door; run as a process of its own, so that it can be ended."""
    for head in HEADS:
        for part in PARTS:
            text = head + part * (MOST // len(part)) + "x"
            meant(text)
            command_intent(text, {})
            mentions(text)
            ref_command(text)
            phrase(text)
        print(json.dumps(head), flush=True)


def test_thirty_thousand_repeated_marks_are_read_in_good_time() -> None:
    """Hundreds of such texts by five doors: one regular expression that goes astray would take for ever."""
    root = Path(__file__).parents[1]
    program = "from tests.test_intents_corpus import read_everything; read_everything()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=110, check=True
    )
    assert len(done.stdout.splitlines()) == len(HEADS)


# ── Pictures named in a prompt ───────────────────────────────────────────────────────────────────────────────────────


def named(text: str) -> list[str]:
    """What a prompt names, with what it is for: "#3", "#3=style"."""
    return [f"{one.text}={one.role}" if one.role else one.text for one in mentions(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("use #2.", "#2"), ("#1 and #2", "#1 #2"), ("like #3's hat", "#3"), ("#2、#4を使って", "#2 #4"),
        ("＃２の帽子", "#2"),
        ("用#2和#4", "#2 #4"), ("#2를 써줘", "#2"), ("put #2 next to #3", "#2 #3"), ("use #2 left of the door", "#2"),
        ("combine #2+#4", "#2 #4"), ("nimm #2 statt #3", "#2 #3"), ("comme #2 mais bleu", "#2"),
        ("como #2 pero azul", "#2"),
        ("come #2 ma blu", "#2"), ("как #2 но синий", "#2"), ("#2 🙂", "#2"), ("#2\nmake it blue", "#2"),
        ("#3 with @Logo", "#3 @logo"), ("@logo's colours", "@logo"), ("(@logo)", "@logo"), ("@logoを左上に", "@logo"),
        ("the #1 dad mug", ""), ("the #1 in the world", ""), ("we are #1!", ""), ("We’re #1", ""), ("#1 and only", ""),
        ("unser #1 ist Kaffee", ""), ("#1 dad", ""), ("#1位の人", ""), ("hashtag #2024", ""), ("colour #123", ""),
        ("#fff", ""),
        ("#12ab", ""), ("C#3", ""), ("a#3", ""), ("&#39;", ""), ("#2.5", ""), ("#1,000", ""), ("issue #3", ""),
        ("颜色#123", ""),
        ('a sign "#2 @logo"', ""), ("「#2」と書いて", ""), ("see https://a.example/?q=#2 @logo", "@logo"),
        ("www.a.example/@me", ""),
        ("bob@logo.com", ""), ("@logo.com", ""), ("icon@2x", ""), ("icons @2x", ""), ("@@logo", ""), ("#0", ""),
        ("#", ""),
    ],
)  # fmt: skip
def test_a_number_or_a_name_is_a_picture_where_it_reads_like_one(text: str, found: str) -> None:
    assert named(text) == found.split()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in the style of #3", "#3=style"), ("#3 as the style", "#3=style"), ("in #3's style", "#3=style"),
        ("the look of @brand", "@brand=style"), ("with the background from #2", "#2=background"),
        ("#2 as background", "#2=background"), ("the logo @acme", "@acme=logo"), ("the person from #2", "#2=subject"),
        ("im Stil von #3", "#3=style"), ("im #3-Stil", "#3=style"), ("#2 als Hintergrund", "#2=background"),
        ("mit dem Logo aus #2", "#2=logo"), ("dans le style de #3", "#3=style"), ("#2 comme fond", "#2=background"),
        ("con el estilo de #3", "#3=style"), ("#2 como fondo", "#2=background"), ("no estilo de #3", "#3=style"),
        ("#2 como fundo", "#2=background"), ("nello stile di #3", "#3=style"), ("#2 come sfondo", "#2=background"),
        ("в стиле #3", "#3=style"), ("#2 как фон", "#2=background"), ("#3のスタイルで", "#3=style"),
        ("#2を背景に", "#2=background"),
        ("#3的风格", "#3=style"), ("用#2作为背景", "#2=background"), ("#3 스타일로", "#3=style"),
        ("#2를 배경으로", "#2=background"),
        ("#3 and #3 as style", "#3=style"), ("#2 as ſtyle", "#2=style"),
    ],
)  # fmt: skip
def test_the_words_around_a_picture_say_what_it_is_for(text: str, found: str) -> None:
    assert named(text) == found.split()


def test_a_picture_is_named_once() -> None:
    assert mentions("#2, #2 and @Logo @logo") == (Mention("#2"), Mention("@logo"))
