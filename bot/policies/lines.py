"""Limits, budgets, tiers, thresholds and channels as lines of text, read and shown, each the other way round."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from bot.errors import BadInput, BadOption
from bot.models import Budget, ChannelPolicy, Limit, Measure, Span, ThreadMode, Tier
from bot.moderation import CATEGORIES, check_thresholds
from bot.policies import words

T = TypeVar("T")

LONGEST_LINE = 500
MOST_LINES = 500

QUALITIES = ("low", "medium", "high", "xhigh", "max")
# The most pixels a size word can mean: its longest edge squared (bot/sizes.py), at most what the API draws at all.
_SIZES = {"1k": 1536**2, "2k": 2560**2, "4k": 8_294_400}

_WHO = r"(?: for (?P<who>\S+(?: \S+)*?))?"
_WHERE = r"(?: in (?P<where>\S+))?"
_SPAN = r"(?: ?/ ?| (?:an?|per|each|every) )(?P<rolling>rolling )?(?P<span>hour|day|month)"
_LIMIT = re.compile(
    rf"(?:(?:no limit|unlimited)(?: (?:of|on))? (?P<free>images|dollars)|(?P<amount>\S.*?)){_SPAN}{_WHO}{_WHERE}",
    re.IGNORECASE,
)
_IMAGES = re.compile(rf"(?P<count>{words.NUMBER})(?: ?(?:images?|pictures?))?", re.IGNORECASE)
_BUDGET = re.compile(rf"(?P<amount>\S.*?){_SPAN}{_WHERE}", re.IGNORECASE)
_TIER = re.compile(r"(?P<who>\S+)(?: in (?P<where>[^\s:]+))?: ?(?P<parts>.*)")


def read(
    name: str, text: str, read_one: Callable[[str], T], same: Callable[[T], Hashable], between: str = "\n;"
) -> tuple[T, ...]:
    """One noun for each line. Raises `BadOption` naming the line that is wrong, or that says a thing twice."""
    found: dict[Hashable, T] = {}
    numbered = words.lines(text, between)
    if len(numbered) > MOST_LINES:
        raise BadOption(f"{name} may have {MOST_LINES} lines at most.")
    for number, line in numbered:
        try:
            if len(line) > LONGEST_LINE:
                raise BadOption(f"it is longer than {LONGEST_LINE} characters.")
            one = read_one(line)
            if same(one) in found:
                raise BadOption(f"“{words.short(line)}” is about what an earlier line says already.")
        except BadOption as error:
            where = f", line {number}" if len(numbered) > 1 else ""
            raise BadOption(f"{name}{where}: {error}") from error
        found[same(one)] = one
    return tuple(found.values())


def shown(nouns: Iterable[T], show_one: Callable[[T], str]) -> str:
    """One line for each; "none" without any."""
    return "\n".join(map(show_one, nouns)) or "none"


# ── limits and budgets ───────────────────────────────────────────────────────────────────────────────────────────


def limits(text: str) -> tuple[Limit, ...]:
    """Limits, one a line. Raises `BadOption`."""
    return read("limits", text, _limit, same_limit)


def same_limit(one: Limit) -> Hashable:
    """What a limit is about: two that agree in this cannot stand beside each other."""
    return replace(one, amount=None)


def _limit(line: str) -> Limit:
    match = _LIMIT.fullmatch(line)
    if not match:
        raise BadOption(f"“{words.short(line)}” is no limit. Write for example: {_LIMIT_EXAMPLES}.")
    free, images = (match["free"] or "").lower(), _IMAGES.fullmatch(match["amount"] or "")
    amount = None if free else words.count(images["count"]) if images else words.money(match["amount"])
    return Limit(
        amount,
        Measure.IMAGES if images or free == "images" else Measure.DOLLARS,
        Span(match["span"].lower()),
        bool(match["rolling"]),
        words.who(match["who"]) if match["who"] else "",
        words.channel(match["where"]) if match["where"] else "",
    )


_LIMIT_EXAMPLES = (
    "20 images a day (or an hour, a month), or $5 a month for role:123 in C012, or no limit of images a day for user:U1"
)


def limit_line(limit: Limit) -> str:
    """A limit as `limits` reads it."""
    if limit.amount is None:
        what = f"no limit of {limit.measure}"
    elif limit.measure is Measure.DOLLARS:
        what = words.dollars(limit.amount)
    else:
        what = f"{limit.amount} image{'' if limit.amount == 1 else 's'}"
    whom = f" for {limit.who}" if limit.who else ""
    where = f" in {limit.where}" if limit.where else ""
    return f"{what} {_span(limit.span, rolling=limit.rolling)}{whom}{where}"


def _span(span: Span, *, rolling: bool) -> str:
    if rolling:
        return f"per rolling {span}"
    return f"an {span}" if span is Span.HOUR else f"a {span}"


def budgets(text: str) -> tuple[Budget, ...]:
    """Budgets, one a line. Raises `BadOption`."""
    return read("budgets", text, _budget, same_budget)


def same_budget(one: Budget) -> Hashable:
    """What a budget is about."""
    return one.span, one.where


def _budget(line: str) -> Budget:
    match = _BUDGET.fullmatch(line)
    if not match or match["rolling"]:
        raise BadOption(
            f"“{words.short(line)}” is no budget. Write for example: $50 a month (a day, an hour), or $5 a day in C012."
        )
    where = words.channel(match["where"]) if match["where"] else ""
    return Budget(words.money(match["amount"]), Span(match["span"].lower()), where)


def budget_line(budget: Budget) -> str:
    """A budget as `budgets` reads it."""
    where = f" in {budget.where}" if budget.where else ""
    return f"{words.dollars(budget.amount)} {_span(budget.span, rolling=False)}{where}"


# ── tiers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tiers(text: str) -> tuple[Tier, ...]:
    """Tiers, one a line. Raises `BadOption`."""
    return read("tiers", text, _tier, same_tier, between="\n")


def same_tier(one: Tier) -> Hashable:
    """What a tier is about."""
    return one.who, one.where


def _tier(line: str) -> Tier:
    match = _TIER.fullmatch(line)
    if not match:
        raise BadOption(f"“{words.short(line)}” is no tier. Write for example: {_TIER_EXAMPLE}.")
    tier = Tier(words.who(match["who"]), words.channel(match["where"]) if match["where"] else "")
    for part in filter(None, (part.strip() for part in match["parts"].split(";"))):
        tier = _with_part(tier, part)
    return tier


_TIER_EXAMPLE = "role:123: models gpt-image-2; quality low, medium; up to 2k; n 4; no thinking"


def _with_part(tier: Tier, part: str) -> Tier:
    key, _, value = part.partition(" ")
    match key.lower():
        case "models" | "model" if value:
            return replace(tier, models=_names(value))
        case "quality" | "qualities" if value:
            return replace(tier, qualities=_qualities(value))
        case "up" if value.lower().startswith("to "):
            return replace(tier, pixels=_pixels(value[3:]))
        case "n" if value:
            if not (most := words.count(value, 10)):
                raise BadOption("n is how many pictures one request may ask for: 1 to 10.")
            return replace(tier, n=most)
    if part.lower() == "no thinking":
        return replace(tier, thinking=False)
    if part.lower() == "anything":
        return tier
    raise BadOption(f"“{words.short(part)}” is not part of a tier. Write for example: {_TIER_EXAMPLE}.")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][\w./:-]{0,79}", name, re.ASCII):
            raise BadOption(f"“{words.short(name)}” cannot be a model's name.")
    return names


def _qualities(text: str) -> tuple[str, ...]:
    qualities = tuple(dict.fromkeys(text.lower().replace(",", " ").split()))
    for quality in qualities:
        if quality not in QUALITIES:
            raise BadOption(f"“{words.short(quality)}” is no quality; there are {', '.join(QUALITIES)}.")
    return qualities


def _pixels(text: str) -> int:
    word = text.strip().lower()
    if word in _SIZES:
        return _SIZES[word]
    if edges := re.fullmatch(r"([0-9]{1,5}) ?[x×] ?([0-9]{1,5})", word):
        pixels = int(edges[1]) * int(edges[2])
    elif number := re.fullmatch(r"([0-9,]{1,12}) pixels", word):
        pixels = words.count(number[1])
    else:
        pixels = 0
    if not pixels:
        raise BadOption(f"“{words.short(text)}” is no size. Write up to {', '.join(_SIZES)}, or up to 1536x1024.")
    return pixels


def tier_line(tier: Tier) -> str:
    """A tier as `tiers` reads it."""
    where = f" in {tier.where}" if tier.where else ""
    by_pixels = {pixels: word for word, pixels in _SIZES.items()}
    parts = [
        f"models {', '.join(tier.models)}" if tier.models else "",
        f"quality {', '.join(tier.qualities)}" if tier.qualities else "",
        "" if tier.pixels is None else f"up to {by_pixels.get(tier.pixels, f'{tier.pixels} pixels')}",
        "" if tier.n is None else f"n {tier.n}",
        "" if tier.thinking else "no thinking",
    ]
    return f"{tier.who or 'everybody'}{where}: {'; '.join(filter(None, parts)) or 'anything'}"


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────────────────────


def thresholds(text: str) -> tuple[tuple[str, float], ...]:
    """From which score on a category is refused, one a line. Raises `BadOption`."""
    return read("thresholds", text, _threshold, same_threshold, between="\n;,")


def same_threshold(one: tuple[str, float]) -> Hashable:
    """What a threshold is about."""
    return one[0]


def _threshold(line: str) -> tuple[str, float]:
    category, _, score = line.lower().replace(":", " ").replace("=", " ").partition(" ")
    try:
        value = float(score) if score.strip().isascii() else -1.0
    except ValueError:
        value = -1.0
    try:
        check_thresholds([(category, value)])
    except BadInput as error:
        if category not in CATEGORIES:
            raise BadOption(str(error)) from error
        example = f"write a number from 0 to 1, such as {category} 0.4"
        raise BadOption(f"“{words.short(score)}” is no threshold: {example}.") from error
    return category, value


def threshold_line(threshold: tuple[str, float]) -> str:
    """A threshold as `thresholds` reads it."""
    return f"{threshold[0]} {threshold[1]!r}"


# ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────


def channels(text: str) -> tuple[ChannelPolicy, ...]:
    """What is otherwise in a channel, one a line. Raises `BadOption`."""
    return read("channels", text, _channel, same_channel, between="\n")


def same_channel(one: ChannelPolicy) -> Hashable:
    """What such a line is about."""
    return one.channel


_CHANNEL_EXAMPLE = "C012: moderation low; review on; previews 0; thread-mode mention only; spoiler on; private on"


def _channel(line: str) -> ChannelPolicy:
    name, colon, parts = line.partition(":")
    if not colon:
        raise BadOption(f"“{words.short(line)}” says nothing. Write for example: {_CHANNEL_EXAMPLE}.")
    found = ChannelPolicy(words.channel(name))
    for part in filter(None, (part.strip() for part in parts.split(";"))):
        if part.lower() != "as elsewhere":
            found = _with_override(found, part)
    return found


def _with_override(found: ChannelPolicy, part: str) -> ChannelPolicy:
    key, _, value = part.lower().partition(" ")
    if key == "moderation" and value in ("auto", "low"):
        return replace(found, moderation=value)
    if key == "previews" and value in ("0", "1", "2", "3"):
        return replace(found, previews=int(value))
    if key == "review" and value in ("on", "off"):
        return replace(found, review=value == "on")
    if key == "spoiler" and value in ("on", "off"):
        return replace(found, spoiler=value == "on")
    if key == "private" and value in ("on", "off"):
        return replace(found, private=value == "on")
    if key == "thread-mode" and value.replace("-", " ") in tuple(ThreadMode):
        return replace(found, thread_mode=ThreadMode(value.replace("-", " ")))
    raise BadOption(f"“{words.short(part)}” cannot be set for a channel. Write for example: {_CHANNEL_EXAMPLE}.")


def channel_line(one: ChannelPolicy) -> str:
    """A channel as `channels` reads it."""
    parts = [
        f"moderation {one.moderation}" if one.moderation else "",
        "" if one.thread_mode is None else f"thread-mode {one.thread_mode}",
        "" if one.previews is None else f"previews {one.previews}",
        "" if one.review is None else f"review {'on' if one.review else 'off'}",
        "" if one.spoiler is None else f"spoiler {'on' if one.spoiler else 'off'}",
        "" if one.private is None else f"private {'on' if one.private else 'off'}",
    ]
    return f"{one.channel}: {'; '.join(filter(None, parts)) or 'as elsewhere'}"
