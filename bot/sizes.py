"""Which sizes a model can draw, and the nearest one where it can't. Pure arithmetic on pixels.

The rule of the gpt-image-2 family (facts of the API, 2026): both edges multiples of 16, ratio at most 3:1, longest
edge at most 3840, and 655,360 to 8,294,400 pixels. Older models have a fixed list.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from bot.errors import BadOption

# The longest edge each tier aims at: square pictures, and all others. 1k is what people know from 1024×1024 and
# 1536×1024; 4k squares stop at the pixel limit.
_TIERS = {"1k": (1024, 1536), "2k": (2048, 2560), "4k": (2880, 3840)}
_WORDS = {"square": (1, 1), "portrait": (2, 3), "landscape": (3, 2)}
TIERS = tuple(_TIERS)
WORDS = (*_WORDS, "auto")


@dataclass(frozen=True, slots=True)
class SizeRule:
    """What sizes a model draws. With `fixed`, exactly those ("1024x1024", …) and the rest does not matter."""

    step: int = 16
    max_edge: int = 3840
    min_pixels: int = 655_360
    max_pixels: int = 8_294_400
    max_ratio: float = 3.0
    fixed: tuple[str, ...] = ()

    def allows(self, width: int, height: int) -> bool:
        """Whether a size is legal."""
        if self.fixed:
            return f"{width}x{height}" in self.fixed
        return self.why_not(width, height) == ""

    def why_not(self, width: int, height: int) -> str:
        """What is wrong with a size, as half a sentence; "" when it is legal."""
        if self.fixed:
            return f"it draws {', '.join(self.fixed)}"
        if max(width, height) > min(width, height) * self.max_ratio:
            return f"the long edge may be at most {self.max_ratio:g} times the short one"
        if max(width, height) > self.max_edge:
            return f"the longest edge is {self.max_edge}"
        if width % self.step or height % self.step:
            return f"both edges must be multiples of {self.step}"
        if width * height > self.max_pixels:
            return f"{self.max_pixels / 1e6:.1f} megapixels is the most"
        if width * height < self.min_pixels:
            return f"{self.min_pixels / 1e6:.2f} megapixels is the least"
        return ""


def parse_size(text: str, rule: SizeRule, model: str = "this model") -> str:
    """Read "WIDTHxHEIGHT" or "auto" from what a person typed: 1536x1024, 1536×1024, square, portrait, 2k, auto.

    Raises `BadOption` naming the nearest size that is possible.
    """
    word = text.strip().lower()
    if word == "auto":
        return "auto"
    if word in _WORDS:
        return size_for_ratio(*_WORDS[word], "1k", rule)
    if word in _TIERS:
        return size_for_ratio(1, 1, word, rule)
    match = re.fullmatch(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", word)
    if not match or not int(match[1]) or not int(match[2]):
        raise BadOption(f"“{text.strip()[:40]}” is not a size. Use WIDTHxHEIGHT such as 1536x1024, or "
                        f"{', '.join((*TIERS, *WORDS))}.")  # fmt: skip
    width, height = int(match[1]), int(match[2])
    if rule.allows(width, height):
        return f"{width}x{height}"
    why = rule.why_not(width, height)
    raise BadOption(f"{width}x{height} is not possible with {model}: {why}. Nearest: {nearest(width, height, rule)}.")


def parse_ratio(text: str) -> tuple[int, int]:
    """Width and height from "16:9", "16/9" or "16x9". Raises `BadOption`."""
    match = re.fullmatch(r"\s*(\d{1,4})\s*[:/x×]\s*(\d{1,4})\s*", text)
    if not match or not int(match[1]) or not int(match[2]):
        raise BadOption(f"“{text.strip()[:40]}” is not an aspect ratio. Use two whole numbers, such as 16:9.")
    return int(match[1]), int(match[2])


def size_for_ratio(width: int, height: int, tier: str, rule: SizeRule) -> str:
    """The legal size of a tier ("1k", "2k", "4k") that comes closest to a ratio.

    Raises `BadOption` beyond the model's steepest ratio.
    """
    if not rule.fixed and max(width, height) > min(width, height) * rule.max_ratio:
        raise BadOption(f"{width}:{height} is too narrow; {rule.max_ratio:g}:1 is the most.")
    square, other = _TIERS[tier]
    longest = square if width == height else other
    return nearest(width * longest / max(width, height), height * longest / max(width, height), rule)


def nearest(width: float, height: float, rule: SizeRule) -> str:
    """The legal size that changes a wished one the least."""
    if rule.fixed:
        return min(rule.fixed, key=lambda size: _distance(*edges(size), width, height))
    ratio = min(max(width / height, 1 / rule.max_ratio), rule.max_ratio)
    area = min(max(width * height, rule.min_pixels), rule.max_pixels)
    best: tuple[float, int, int] | None = None
    centre = math.sqrt(area * ratio) / rule.step
    for columns in range(max(1, int(centre) - 8), int(centre) + 10):
        for rows in range(int(columns / ratio) - 1, int(columns / ratio) + 3):
            found = (columns * rule.step, rows * rule.step)
            if rows > 0 and rule.allows(*found):
                candidate = (_distance(*found, math.sqrt(area * ratio), math.sqrt(area / ratio)), *found)
                best = min(best, candidate) if best else candidate
    if best is None:
        return _within(ratio, rule)
    return f"{best[1]}x{best[2]}"


def _within(ratio: float, rule: SizeRule) -> str:
    """For the largest areas of narrow shapes, where the longest edge decides: the largest legal size."""
    if ratio >= 1:
        width = rule.max_edge
        height = max(math.ceil(width / rule.max_ratio / rule.step), round(width / ratio / rule.step)) * rule.step
        return f"{width}x{height}"
    height = rule.max_edge
    width = max(math.ceil(height / rule.max_ratio / rule.step), round(height * ratio / rule.step)) * rule.step
    return f"{width}x{height}"


def _distance(width: float, height: float, wished_width: float, wished_height: float) -> float:
    """How far two sizes are apart: the relative change of both edges, and a little more for that of the shape."""
    wider, higher = math.log(width / wished_width), math.log(height / wished_height)
    return abs(wider) + abs(higher) + 1.1 * abs(wider - higher)


def edges(size: str) -> tuple[int, int]:
    """Width and height of a "WIDTHxHEIGHT"."""
    width, height = size.split("x")
    return int(width), int(height)
