"""Prices: the published table to the token, and estimates that are never too low."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import Catalog
from bot.models import Options, Usage
from bot.pricing import PLAN_TOKENS, actual_cost, format_cost, output_tokens, quote, typical_seconds

CATALOG = Catalog.load()

# size: gpt-image-2 low, medium, high; gpt-image-2.5 low, medium, high, xhigh, max
TABLE = {
    "816x816": (171, 1536, 6143, 171, 384, 1536, 2730, 6143),
    "1024x1024": (196, 1756, 7024, 196, 439, 1756, 3122, 7024),
    "1024x1536": (158, 1372, 5488, 158, 343, 1372, 2459, 5488),
    "1536x1024": (158, 1372, 5488, 158, 343, 1372, 2459, 5488),
    "1280x720": (106, 947, 3787, 106, 246, 947, 1683, 3787),
    "1920x1088": (148, 1325, 5300, 148, 344, 1325, 2356, 5300),
    "2048x2048": (397, 3568, 14272, 397, 892, 3568, 6343, 14272),
    "2560x1440": (205, 1843, 7370, 205, 478, 1843, 3276, 7370),
    "3840x2160": (371, 3336, 13342, 371, 865, 3336, 5930, 13342),
    "2880x2880": (659, 5930, 23719, 659, 1483, 5930, 10542, 23719),
}
COLUMNS = [("gpt-image-2", q) for q in ("low", "medium", "high")] + [
    ("gpt-image-2.5-sunburst", q) for q in ("low", "medium", "high", "xhigh", "max")
]


@pytest.mark.parametrize("size", TABLE)
def test_output_tokens_equal_the_published_table(size: str) -> None:
    assert tuple(output_tokens(CATALOG.model(model), quality, size) for model, quality in COLUMNS) == TABLE[size]


@pytest.mark.parametrize(
    ("model", "quality", "size", "tokens"),
    [
        ("gpt-image-2", "high", "1792x1024", 5063),
        ("gpt-image-2", "high", "3584x2048", 12329),
        ("gpt-image-2", "low", "3472x1488", 201),
        ("gpt-image-1.5", "medium", "1024x1536", 1584),
        ("gpt-image-1-mini", "high", "1536x1024", 6208),
        ("gpt-image-2.6-flare", "low", "1024x1024", 784),
        ("gpt-image-2.6-flare", "high", "1024x1024", 1756),
    ],
)
def test_other_checked_values_hold(model: str, quality: str, size: str, tokens: int) -> None:
    assert output_tokens(CATALOG.model(model), quality, size) == tokens


def test_auto_is_reserved_at_its_dearest() -> None:
    model = CATALOG.model("gpt-image-2")
    assert output_tokens(model, "auto", "1024x1024") == 7024
    assert output_tokens(model, "high", "auto") == 7024
    assert output_tokens(CATALOG.model("gpt-image-2.5-flare"), "auto", "1024x1024") == 7024


@given(st.sampled_from(CATALOG.names("openai")), st.integers(1, 10), st.integers(0, 16), st.integers(0, 3),
       st.text() | st.text("猫🦊ݐ", min_size=50), st.booleans())  # fmt: skip
def test_an_estimate_is_never_below_what_such_a_call_costs(
    name: str, n: int, inputs: int, previews: int, prompt: str, faithful: bool
) -> None:
    """A token is at least one byte of the prompt; at high fidelity each input is 6,240 tokens more."""
    model = CATALOG.model(name)
    quality = model.qualities[-1]
    faithful = faithful and "high" in model.fidelities
    options = Options(name, "1024x1024", quality, n=n, input_fidelity="high" if faithful else "")
    image = n * (output_tokens(model, quality, "1024x1024") + 100 * previews)
    each = 65 + 129 * 3 + 6240 if faithful else 1024
    usage = Usage(n * len(prompt.encode()), n * inputs * each, image)
    estimate = quote(model, options, prompt=prompt, inputs=inputs, previews=previews).cost
    assert estimate >= actual_cost(model, usage) > 0


@pytest.mark.parametrize("think", ["low", "medium", "high"])
def test_an_estimate_covers_a_planned_prompt_as_long_as_a_plan_can_be(think: str) -> None:
    model, planner = CATALOG.model("gpt-image-2"), CATALOG.planner("gpt-5.4")
    options = Options("gpt-image-2", "1024x1024", "medium", think=think)
    estimate = quote(model, options, prompt="a fox", inputs=0, previews=0, planner=planner)
    usage = Usage(PLAN_TOKENS[think], 0, output_tokens(model, "medium", "1024x1024"))
    assert estimate.cost >= actual_cost(model, usage) + estimate.plan_cost


def test_actual_cost_prices_each_kind_of_token() -> None:
    model = CATALOG.model("gpt-image-2")
    assert actual_cost(model, Usage(1000, 1000, 1000, 1000)) == 5000 + 8000 + 30_000 + 10_000
    assert actual_cost(CATALOG.model("sketch"), Usage(9, 9, 9, 9)) == 0


@pytest.mark.parametrize(
    ("micro", "text"), [(0, "free"), (4700, "$0.0047"), (5000, "$0.005"), (41_160, "$0.041"), (1_200_000, "$1.20")]
)
def test_amounts_are_short(micro: int, text: str) -> None:
    assert format_cost(micro) == text


def test_a_bigger_or_better_picture_takes_longer() -> None:
    model = CATALOG.model("gpt-image-2")
    one = typical_seconds(model, Options("gpt-image-2", "1024x1024", "medium"))
    assert one < typical_seconds(model, Options("gpt-image-2", "1024x1024", "high"))
    assert one < typical_seconds(model, Options("gpt-image-2", "3840x2160", "medium"))
