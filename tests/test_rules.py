"""Moderation terms and quotas: pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import OverQuota, Refused
from bot.limits import day_start, images_left, next_day, rule_for
from bot.models import Policy, Spent
from bot.moderation import blocked_term, check_prompt, moderation_level, normalised


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
    assert [moderation_level(Policy(moderation=level)) for level in ("auto", "low", "none")] == ["auto", "low", "auto"]


NOON = 1_800_000_000_000


@pytest.mark.parametrize(
    ("limit", "spent", "n", "says"),
    [
        (10, 10, 1, "You've used all 10 of your images for today. More at 00:00 UTC."),
        (1, 1, 1, "You've used your image for today. More at 00:00 UTC."),
        (10, 8, 4, "4 pictures asked, 2 left today. Ask for 2, or wait until 00:00 UTC."),
        (0, 0, 1, "switched off for members"),
    ],
)
def test_a_used_up_quota_says_what_is_left_and_when_more_comes(limit: int, spent: int, n: int, says: str) -> None:
    with pytest.raises(OverQuota) as refused:
        rule_for(n, now=NOON)(Policy(images_per_day=limit), Spent(spent, 0))
    assert says in str(refused.value)
    assert refused.value.resets == next_day(NOON)


@given(st.integers(0, 50) | st.none(), st.integers(0, 60), st.integers(1, 10))
def test_the_rule_lets_exactly_what_is_left_pass(limit: int | None, used: int, n: int) -> None:
    policy, spent = Policy(images_per_day=limit), Spent(used, 0)
    left = images_left(policy, spent)
    if left is None or n <= left:
        rule_for(n, now=NOON)(policy, spent)
    else:
        with pytest.raises(OverQuota):
            rule_for(n, now=NOON)(policy, spent)


@given(st.integers(0, 2**42))
def test_days_follow_each_other_without_a_gap(now: int) -> None:
    assert day_start(now) <= now < next_day(now)
    assert day_start(next_day(now)) == next_day(now)
