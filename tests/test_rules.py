"""Moderation terms: pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.models import Policy
from bot.moderation import blocked_term, check_prompt, level_for, normalised


@pytest.mark.parametrize(
    "text",
    [
        "a dragon",
        "DRAGON!",
        "Ｄｒａｇｏｎ",
        "dra\u200bgon",
        "drágön",
        "drаgon",
        "\u202edragon",
        "a red-dragon",
        "dragon.",
        "𝐝𝐫𝐚𝐠𝐨𝐧",
    ],
)
def test_a_blocked_word_is_found_however_it_is_dressed_up(text: str) -> None:
    assert blocked_term(text, ["Dragon"]) == "Dragon"


@pytest.mark.parametrize("text", ["dragonfly", "a dra gon", "", "snapdragon", "drag on"])
def test_other_words_are_left_alone(text: str) -> None:
    assert blocked_term(text, ["dragon"]) is None


@pytest.mark.parametrize(
    ("text", "term"),
    [("a gun in hand", "gun in"), ("gun\n in", "gun in"), ("可爱的龙在飞", "龙"), ("ДРАКОН!", "дракон"),
     ("c++ code", "c++"),
     ("straße", "STRASSE"), ("100% sure", "100%")],
)  # fmt: skip
def test_phrases_and_other_scripts_work(text: str, term: str) -> None:
    assert blocked_term(text, ["unrelated", "", "  ", term]) == term


def test_a_thousand_terms_and_the_longest_prompt_are_no_burden() -> None:
    terms = [f"term{n}" for n in range(1000)] + ["(a+)+$", "[", "\\"]
    assert blocked_term("a" * 32_000, terms) is None
    assert blocked_term("x " * 15_000 + "term999", terms) == "term999"


@given(st.text(), st.lists(st.text(), max_size=5))
def test_no_text_crashes_the_comparison(text: str, terms: list[str]) -> None:
    found = blocked_term(text, terms)
    assert found is None or normalised(found) in normalised(text)


def test_the_refusal_names_the_word_and_says_nothing_was_charged() -> None:
    with pytest.raises(Refused, match=r"“dragon”.*Nothing was charged") as refused:
        check_prompt("A Dragon", Policy(blocked_terms=("dragon",)))
    assert refused.value.stage == "policy"


def test_the_api_level_is_auto_or_low() -> None:
    levels = [level_for(Policy(moderation=level), None, "slack") for level in ("auto", "low", "none")]
    assert levels == ["auto", "low", "auto"]
