"""Rules by model family: which sizes, qualities and extras each takes, and what a picture costs in tokens.

Sources: OpenAI's SDK doc strings, its public calculator for the grids, its price page for the fixed tables.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.openai_server.faults import ApiError

MODELS = (
    "gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare",
    "gpt-image-2.5-sunburst-2026-09-08", "gpt-image-2.5-flare-2026-09-08", "gpt-image-2.6-sunburst",
    "gpt-image-2.6-flare", "gpt-image-1.5", "chatgpt-image-latest", "gpt-image-1-mini",
)  # fmt: skip
_KNOWN = re.compile(
    r"gpt-image-2(-2026-04-21)?|gpt-image-2\.[56]-.+|gpt-image-1\.5|gpt-image-1-mini|chatgpt-image-latest"
)
_OLD_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_OLD_TOKENS = {
    "1024x1024": {"low": 272, "medium": 1056, "high": 4160},
    "1024x1536": {"low": 408, "medium": 1584, "high": 6240},
    "1536x1024": {"low": 400, "medium": 1568, "high": 6208},
}
_GRID_2 = {"low": 16, "medium": 48, "high": 96}
_GRID_25 = {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one generation have in common.

    `grid` gives for each quality the number of cells along the longer edge; `tokens` is a fixed table instead, by
    size. No `sizes` means any size by the rule of gpt-image-2; no `fidelities` that input_fidelity is refused.
    """

    grid: Mapping[str, int]
    half_even: bool = False
    factors: Mapping[str, int] = field(default_factory=dict)
    tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()
    transparent: bool = True
    fidelities: tuple[str, ...] = ()
    markup: bool = False
    complexity: bool = False


_FAMILIES: Mapping[str, Family] = {
    "gpt-image-2.6": Family(_GRID_25, half_even=True, factors={"low": 4, "medium": 4}, complexity=True),
    "gpt-image-2.5": Family(_GRID_25, half_even=True, markup=True),
    "gpt-image-2": Family(_GRID_2, transparent=False),
    "gpt-image-1.5": Family(_GRID_2, tokens=_OLD_TOKENS, sizes=_OLD_SIZES, fidelities=("high", "low")),
    "chatgpt-image-latest": Family(_GRID_2, tokens=_OLD_TOKENS, sizes=_OLD_SIZES, fidelities=("high", "low")),
    "gpt-image-1-mini": Family(_GRID_2, tokens=_OLD_TOKENS, sizes=_OLD_SIZES, fidelities=("low",)),
}


def is_known(model: str) -> bool:
    """Whether OpenAI serves an image model of this name."""
    return _KNOWN.fullmatch(model) is not None


def family_of(model: str) -> Family:
    """An unknown model behaves like gpt-image-2."""
    name = next((name for name in _FAMILIES if model.startswith(name)), "") if is_known(model) else ""
    return _FAMILIES[name or "gpt-image-2"]


def grid(model: str) -> Mapping[str, int]:
    """Qualities, each with the number of cells along the longer edge."""
    return family_of(model).grid


def output_tokens(model: str, size: str, quality: str) -> int:
    """Image tokens of one picture, as OpenAI's own calculator counts them."""
    family = family_of(model)
    if size in family.tokens:
        return family.tokens[size][quality]
    width, height = (int(edge) for edge in size.split("x"))
    cells = family.grid[quality]
    scaled = cells * min(width, height) / max(width, height)
    short = round(scaled) if family.half_even else math.floor(scaled + 0.5)
    return math.ceil(cells * short * (2_000_000 + width * height) / 4_000_000) * family.factors.get(quality, 1)


def size_for(model: str, size: str) -> str:
    """The size drawn; raises ApiError for one the model does not take."""
    if size == "auto":
        return "1024x1024"
    sizes = family_of(model).sizes
    if sizes and size not in sizes:
        raise _bad_size(f"Invalid size '{size}'. Supported sizes are {', '.join(sizes)}, and auto.")
    return size if sizes else _free_size(size)


def _free_size(size: str) -> str:
    """The rule of gpt-image-2: edges in 16s up to 3840, ratio up to 3, 655,360 to 8,294,400 pixels."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if max(width, height) > 3840:
        raise _bad_size(f"Invalid size '{size}'. The longest edge must be less than or equal to 3840.")
    sixteens = width and height and width % 16 == 0 == height % 16
    if not sixteens or max(width, height) > 3 * min(width, height) or not 655_360 <= width * height <= 8_294_400:
        raise _bad_size(f"Invalid size '{size}'.")
    return size


def _bad_size(message: str) -> ApiError:
    return ApiError(400, "invalid_value", message, param="size", kind="image_generation_user_error")
