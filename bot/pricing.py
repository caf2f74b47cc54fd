"""Tokens and dollars, before and after the call. Money is whole micro-dollars, estimates are rounded up.

The output formula is the one behind OpenAI's public price calculator for gpt-image-2 and 2.5; older models have a
fixed table. Input pictures are counted at their ceiling of 1,536 tokens (undocumented, measured by users).
"""

from __future__ import annotations

import math
from fractions import Fraction

from bot.catalog import Model
from bot.models import Options, Usage
from bot.sizes import edges

TOKENS_PER_INPUT = 1536
TOKENS_PER_PREVIEW = 100
PROMPT_OVERHEAD = 6
LETTERS_PER_TOKEN = 3.5
_AUTO_SIZES = ("1024x1024", "1536x1024", "1024x1536")


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


def estimate_cost(model: Model, options: Options, *, prompt: str, inputs: int, previews: int) -> int:
    """The most a request should cost, in micro-dollars. Each of `n` pictures is billed as its own generation."""
    image_out = output_tokens(model, options.quality, options.size) + TOKENS_PER_PREVIEW * previews
    text_in = PROMPT_OVERHEAD + math.ceil(len(prompt) / LETTERS_PER_TOKEN)
    one = _priced(model, text_in=text_in, image_in=TOKENS_PER_INPUT * inputs, image_out=image_out)
    return math.ceil(one * options.n)


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


def _priced(model: Model, **tokens: int) -> Fraction:
    """Dollars per million tokens are micro-dollars per token."""
    total = Fraction(0)
    for kind, count in tokens.items():
        total += count * Fraction(str(model.prices[kind]))
    return total


def typical_seconds(model: Model, options: Options) -> int:
    """How long one picture usually takes; grows with its size."""
    seconds = model.seconds.get(options.quality) or max(model.seconds.values())
    if model.provider == "sketch" or options.size == "auto":
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
