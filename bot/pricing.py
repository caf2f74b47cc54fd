"""Tokens and dollars, before and after the call. Money is whole micro-dollars, estimates are rounded up.

The output formula is the one behind OpenAI's public price calculator for gpt-image-2 and 2.5; older models have a
fixed table. Input pictures are counted at their ceiling of 1,536 tokens (undocumented, measured by users). A prompt is
counted at one token per byte: no tokenizer makes more of it, and budgets must hold for every script.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from bot.catalog import Model, Planner
from bot.models import Options, Planning, Usage
from bot.sizes import edges

TOKENS_PER_INPUT = 1536
TOKENS_FOR_FIDELITY = 6240  # more of each input at high fidelity, with the models that have it
TOKENS_PER_PREVIEW = 100
PROMPT_OVERHEAD = 6
_AUTO_SIZES = ("1024x1024", "1536x1024", "1024x1536")

PLAN_TOKENS: Mapping[str, int] = {"": 4_000, "low": 4_000, "medium": 12_000, "high": 32_000}
"""The most a planning model may write, by effort: asked for as its limit, and so never exceeded."""
MOST_SEARCHES = 5
_PLAN_OVERHEAD = 2_000  # tokens of instructions and tools around a plan
_TOKENS_PER_SEARCH = 8_000  # what one search's findings may add to the plan's input


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request comes to, per picture in tokens and for all `n` pictures in micro-dollars.

    `previews` are image output tokens on top; `plan_in`, `plan_out` and `searches` are a planning model's, at most.
    """

    n: int
    text_in: int
    image_in: int
    image_out: int
    previews: int
    cost: int
    previews_cost: int
    plan_in: int = 0
    plan_out: int = 0
    searches: int = 0
    plan_cost: int = 0


def output_tokens(model: Model, quality: str, size: str) -> int:
    """Image tokens of one picture. "auto" counts as the dearest it may turn out to be."""
    if quality == "auto":
        return max(output_tokens(model, one, size) for one in model.qualities)
    if size == "auto":
        return max(output_tokens(model, quality, one) for one in _AUTO_SIZES)
    if model.fixed_tokens:
        table = model.fixed_tokens.get(size) or max(model.fixed_tokens.values(), key=lambda row: row["high"])
        return int(table[quality])
    return math.ceil(_grid_tokens(model, quality, *edges(size)) * model.token_factor.get(quality, 1))


def _grid_tokens(model: Model, quality: str, width: int, height: int) -> int:
    grid = int(model.grid.get(quality) or max(model.grid.values()))
    short = _rounded(Fraction(grid * min(width, height), max(width, height)), model.rounding)
    return -(-grid * short * (2_000_000 + width * height) // 4_000_000)


def _rounded(value: Fraction, rounding: str) -> int:
    return round(value) if rounding == "half-even" else math.floor(value + Fraction(1, 2))


def quote(
    model: Model, options: Options, *, prompt: str, inputs: int, previews: int, planner: Planner | None = None
) -> Quote:
    """The most a request should come to. Each of `n` pictures is billed as its own generation, and plan."""
    text_in = PROMPT_OVERHEAD + len(prompt.encode(errors="surrogatepass"))
    image_in = (TOKENS_PER_INPUT + (TOKENS_FOR_FIDELITY if options.input_fidelity == "high" else 0)) * inputs
    image_out = output_tokens(model, options.quality, options.size)
    passing = TOKENS_PER_PREVIEW * previews
    plan = _plan(options, text_in + image_in, planner) if planner and options.is_planned else Planning("")
    plan_cost = planning_cost(planner, plan) if planner and options.is_planned else Fraction(0)
    if options.is_planned:
        text_in += PLAN_TOKENS[options.think]  # the image model reads what the plan made of the prompt
    one = _priced(model, text_in=text_in, image_in=image_in, image_out=image_out + passing) + plan_cost
    return Quote(
        n=options.n,
        text_in=text_in,
        image_in=image_in,
        image_out=image_out,
        previews=passing,
        cost=math.ceil(one * options.n),
        previews_cost=math.ceil(_priced(model, image_out=passing) * options.n),
        plan_in=plan.input_tokens,
        plan_out=plan.output_tokens,
        searches=plan.searches,
        plan_cost=math.ceil(plan_cost * options.n),
    )


def _plan(options: Options, tokens_in: int, planner: Planner) -> Planning:
    searches = MOST_SEARCHES if options.web else 0
    steps = 1 + searches  # the model reads everything again at each step
    tokens = (tokens_in + _PLAN_OVERHEAD) * steps + _TOKENS_PER_SEARCH * searches
    return Planning(planner.name, tokens, PLAN_TOKENS[options.think], searches)


def actual_cost(model: Model, usage: Usage) -> int:
    """What the service's own token counts come to, in micro-dollars."""
    return math.ceil(
        _priced(
            model,
            text_in=usage.input_text_tokens,
            image_in=usage.input_image_tokens,
            image_out=usage.output_image_tokens,
            text_out=usage.output_text_tokens,
        )
    )


def planning_cost(planner: Planner, planning: Planning) -> Fraction:
    """What a plan's tokens and searches come to, in micro-dollars."""
    tokens = planning.input_tokens * Fraction(str(planner.text_in))
    tokens += planning.output_tokens * Fraction(str(planner.text_out))
    return tokens + planning.searches * Fraction(str(planner.search)) * 1_000_000


def _priced(model: Model, **tokens: int) -> Fraction:
    """Dollars per million tokens are micro-dollars per token."""
    total = Fraction(0)
    for kind, count in tokens.items():
        total += count * Fraction(str(model.prices[kind]))
    return total


def typical_seconds(model: Model, options: Options) -> int:
    """How long one picture usually takes; grows with its size, and with thinking."""
    seconds = model.seconds.get(options.quality) or max(model.seconds.values())
    if model.provider == "sketch":
        return round(seconds)
    seconds += {"low": 10, "medium": 25, "high": 60}.get(options.think, 0) + (15 if options.web else 0)
    if options.size == "auto":
        return round(seconds)
    width, height = edges(options.size)
    return max(1, round(seconds * math.sqrt(max(0.6, width * height / 1024**2))))


def format_cost(micro_dollars: int) -> str:
    """A short amount in dollars: "free", "$0.0047", "$0.041", "$1.20"."""
    dollars = micro_dollars / 1_000_000
    if micro_dollars == 0:
        return "free"
    if dollars < 0.01:
        return f"${dollars:.4f}".rstrip("0")
    return f"${dollars:.3f}" if dollars < 1 else f"${dollars:.2f}"
