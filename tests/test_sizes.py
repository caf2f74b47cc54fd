"""Sizes: every answer is legal, and the nearest one is near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadOption
from bot.sizes import TIERS, SizeRule, edges, nearest, parse_ratio, parse_size, size_for_ratio

RULE = SizeRule()
OLD = SizeRule(fixed=("1024x1024", "1536x1024", "1024x1536"))


def is_legal(size: str) -> bool:
    """The rule, written out once more from the API's documentation."""
    width, height = edges(size)
    long, short = max(width, height), min(width, height)
    return (
        width % 16 == 0 and height % 16 == 0 and long <= 3 * short and long <= 3840
        and 655_360 <= width * height <= 8_294_400
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "tier", "size"),
    [
        ("1:1", "1k", "1024x1024"),
        ("2:3", "1k", "1024x1536"),
        ("3:2", "1k", "1536x1024"),
        ("16:9", "1k", "1536x864"),
        ("16:9", "2k", "2560x1440"),
        ("16:9", "4k", "3840x2160"),
        ("1:1", "4k", "2880x2880"),
        ("3:1", "1k", "1536x512"),
    ],
)
def test_a_ratio_becomes_the_size_people_expect(ratio: str, tier: str, size: str) -> None:
    assert size_for_ratio(*parse_ratio(ratio), tier, RULE) == size


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(TIERS))
def test_every_ratio_and_tier_gives_a_legal_size_of_nearly_that_shape(width: int, height: int, tier: str) -> None:
    if max(width, height) > 3 * min(width, height):
        with pytest.raises(BadOption):
            size_for_ratio(width, height, tier, RULE)
        return
    size = size_for_ratio(width, height, tier, RULE)
    assert is_legal(size)
    w, h = edges(size)
    assert abs((w / h) / (width / height) - 1) < 0.03


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_nearest_size_is_legal_and_a_legal_one_is_its_own(width: int, height: int) -> None:
    size = nearest(width, height, RULE)
    assert is_legal(size)
    assert nearest(*edges(size), RULE) == size
    assert RULE.allows(width, height) == is_legal(f"{width}x{height}")


@pytest.mark.parametrize(
    ("typed", "size"),
    [("1536x1024", "1536x1024"), (" 1536 × 1024 ", "1536x1024"), ("1536X1024", "1536x1024"), ("auto", "auto"),
     ("Square", "1024x1024"), ("portrait", "1024x1536"), ("landscape", "1536x1024"), ("4K", "2880x2880")],
)  # fmt: skip
def test_sizes_are_read_as_people_type_them(typed: str, size: str) -> None:
    assert parse_size(typed, RULE) == size


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1920x1080", "multiples of 16. Nearest: 1920x1088."),
        ("512x512", "Nearest: 816x816."),
        ("4096x4096", "longest edge is 3840. Nearest: 2880x2880."),
        ("3840x640", "3 times the short one"),
        ("banana", "is not a size"),
        ("0x0", "is not a size"),
        ("", "is not a size"),
    ],
)
def test_an_impossible_size_names_the_nearest(typed: str, says: str) -> None:
    with pytest.raises(BadOption, match=says.replace(".", r"\.")):
        parse_size(typed, RULE, "gpt-image-2")


@given(st.text(max_size=30))
def test_no_text_crashes_the_reader(text: str) -> None:
    for read in (lambda: parse_size(text, RULE), lambda: parse_size(text, OLD), lambda: parse_ratio(text)):
        try:
            read()
        except BadOption as error:
            assert len(str(error)) < 300


def test_a_model_with_a_fixed_list_offers_that_list() -> None:
    assert size_for_ratio(16, 9, "4k", OLD) == "1536x1024"
    with pytest.raises(BadOption, match=r"it draws 1024x1024, 1536x1024, 1024x1536\. Nearest: 1536x1024"):
        parse_size("2048x1152", OLD)
