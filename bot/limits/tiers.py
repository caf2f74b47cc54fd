"""What somebody may ask for: models, qualities, sizes, how many at once, thinking."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import replace

from bot.errors import Refused
from bot.limits.meters import rank_of
from bot.models import Options, Policy, Tier, User
from bot.sizes import edges

_AUTO_PIXELS = 1536 * 1024  # the largest that the service chooses on its own


def tier_for(policy: Policy, user: User, channel: str) -> Tier:
    """What this person may ask for in this channel; equal tiers allow together what each allows."""
    ranked = [(rank, one) for one in policy.tiers if (rank := rank_of(one.who, one.where, user, channel)) >= 0]
    top = max((rank for rank, _ in ranked), default=-1)
    found = [one for rank, one in ranked if rank == top]
    if not found:
        return Tier()
    return Tier(
        models=_together([one.models for one in found]),
        qualities=_together([one.qualities for one in found]),
        pixels=_most([one.pixels for one in found]),
        n=_most([one.n for one in found]),
        thinking=any(one.thinking for one in found),
    )


def _together(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """All of them; an empty one allows anything."""
    return tuple(dict.fromkeys(name for names in lists for name in names)) if all(lists) else ()


def _most(numbers: Sequence[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return max(known) if len(known) == len(numbers) else None


def check_tier(tier: Tier, options: Options, qualities: Sequence[str] = ()) -> None:
    """Raise `Refused` for what this tier does not allow, saying what it does, the nearest first.

    `qualities` are the model's own, lowest first.
    """
    if tier.models and options.model not in tier.models:
        raise _refused(f"{options.model} is not for you here. Use {_listed(tier.models)}.")
    if tier.qualities and options.quality not in tier.qualities:
        allowed = nearest(options.quality, tier.qualities, qualities)
        raise _refused(f"Quality {options.quality} is not for you here. Use {_listed(allowed)}.")
    if tier.n is not None and options.n > tier.n:
        raise _refused(f"{options.n} pictures at once are too many for you here. Ask for {tier.n}.")
    if tier.pixels is not None and pixels_of(options.size) > tier.pixels:
        side = math.isqrt(tier.pixels) // 16 * 16
        raise _refused(f"{options.size} is too large for you here. Ask for at most {side}x{side}, or the same area.")
    if options.is_planned and not tier.thinking:
        raise _refused("Thinking and web search are not for you here. Leave out --think and --web.")


def nearest(quality: str, allowed: Sequence[str], order: Sequence[str]) -> list[str]:
    """The allowed qualities, the one nearest to this first, cheaper before dearer."""
    place = {name: index for index, name in enumerate(order)}
    here = place.get(quality, len(order))
    known = [one for one in allowed if one in place] or list(allowed)
    return sorted(known, key=lambda one: (abs(place.get(one, 0) - here), place.get(one, 0)))


def pixels_of(size: str) -> int:
    """Width × height; "auto" counts as the largest it may turn out to be."""
    if size == "auto":
        return _AUTO_PIXELS
    width, height = edges(size)
    return width * height


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _refused(sentence: str) -> Refused:
    return Refused(sentence, stage="policy")


def fitted(tier: Tier, options: Options, asked: Set[str], qualities: Sequence[str] = ()) -> Options:
    """The options with what nobody `asked` for (names of flags) brought into the tier, where that is a plain choice."""
    if "quality" not in asked and tier.qualities and options.quality not in tier.qualities:
        options = replace(options, quality=nearest(options.quality, tier.qualities, qualities)[0])
    square = "1024x1024"
    if options.size == "auto" and not asked & {"size", "ar"} and tier.pixels is not None:
        options = replace(options, size=square if pixels_of(square) <= tier.pixels < _AUTO_PIXELS else options.size)
    return options
