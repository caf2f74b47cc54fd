"""The sketch engine letters what people quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.sketch import SketchProvider
from adapters.sketch.lettering import FontBook, fitted
from adapters.sketch.lettering.runs import runs_of
from tests.test_sketch.studio import Studio, differ


async def test_letters_without_a_font_are_named_not_boxed(tmp_path: Path) -> None:
    nothing = FontBook([tmp_path])
    assert nothing.missing("Hello, world!") == ""
    assert nothing.missing("Hi 漢字 漢") == "漢字"
    bare = Studio(tmp_path, SketchProvider(font_folders=[tmp_path]))
    spoken = await bare.draw('a cat "漢字"', size="300x300")
    silent = await bare.draw("a cat", size="300x300")
    assert differ(spoken, silent)


async def test_latin_is_lettered_without_any_font_file(tmp_path: Path) -> None:
    bare = Studio(tmp_path, SketchProvider(font_folders=[]))
    with_text, without = await bare.draw('"HELLO"', size="200x200"), await bare.draw('""', size="200x200")
    assert differ(with_text, without)


@pytest.mark.parametrize("text", ["Привет", "漢字かな", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "한국어"])
def test_scripts_are_drawn_where_a_font_is_at_hand_or_else_named(text: str) -> None:
    book = FontBook()
    missing = book.missing(text)
    assert set(missing) <= set(text)
    said = {letter for line in fitted(text, book, 400, 200, largest=60).lines for run in line for letter in run.text}
    assert said == set(text) - set(missing)


def test_a_code_point_that_cannot_exist_is_always_missing() -> None:
    assert FontBook().missing("\U0001fffe") == "\U0001fffe"


def test_lines_fit_the_box_and_say_every_word() -> None:
    book = FontBook([])
    block = fitted("the quick brown fox jumps over the lazy dog", book, 300, 200, largest=90)
    said = " ".join("".join(run.text for run in line) for line in block.lines)
    assert said == "the quick brown fox jumps over the lazy dog"
    assert block.width <= 300
    assert block.height <= 200
    cut = fitted("word " * 900, book, 60, 30, largest=20)
    assert "".join(run.text for run in cut.lines[-1]).endswith("…")


def test_right_to_left_lines_stand_in_the_order_they_are_read_from_the_right() -> None:
    book = FontBook()
    if book.missing("אבגדה"):
        pytest.skip("no Hebrew font on this computer")
    line = [run.text.strip() for run in runs_of("אבג abc 123 דה", book)]
    assert line[0].startswith("דה")
    assert line[-1].startswith("אבג")
    assert "abc 123" in " ".join(line)
