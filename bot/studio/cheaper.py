"""Other ways to ask for the same that cost less, for when the money is short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bot import limits
from bot.catalog import Model
from bot.limits import Cheaper
from bot.models import Job, Options, Policy
from bot.sizes import TIERS, edges, nearest, size_for_ratio


def cheaper(job: Job, model: Model, policy: Policy, priced: Callable[[Job], Job]) -> list[Cheaper]:
    """Lower qualities and smaller sizes that the asker's tier allows, and without a plan; dearest first.

    `priced` fills in a job's estimate. The prices are of one picture; of a series, of one panel.
    """
    tier = limits.tier_for(policy, job.user, job.place.channel)
    found = []
    for options in _ways(job, model):
        if tier.qualities and options.quality not in tier.qualities:
            continue
        n = job.options.n if job.panels else 1
        other = priced(replace(job, options=replace(options, n=n)))
        found.append(Cheaper(_words(job.options, options), -(-other.estimate // n)))
    return sorted(found, key=lambda one: -one.cost)


def _ways(job: Job, model: Model) -> Iterator[Options]:
    asked = job.options
    at = model.qualities.index(asked.quality) if asked.quality in model.qualities else len(model.qualities)
    plain = replace(asked, think="", web=False)
    for options in dict.fromkeys((asked, plain)):
        for quality in (asked.quality, *model.qualities[:at]):
            for size in (asked.size, *_smaller(job, model)):
                if (way := replace(options, quality=quality, size=size)) != asked:
                    yield way


def _smaller(job: Job, model: Model) -> list[str]:
    """Smaller sizes of the same shape; none where the picture's size is not the asker's to choose."""
    if job.options.size == "auto" or job.mask or job.canvas:
        return []
    width, height = edges(job.options.size)
    rule = model.size_rule
    sizes = rule.fixed or (*(size_for_ratio(width, height, one, rule) for one in TIERS), nearest(
        width / 1000, height / 1000, rule))  # fmt: skip
    return [one for one in dict.fromkeys(sizes) if limits.pixels_of(one) < width * height]


def _words(asked: Options, way: Options) -> str:
    """What is other than asked, as in "low quality, 1024×1024 without thinking"."""
    quality = f"{way.quality} quality" if way.quality != asked.quality else ""
    size = way.size.replace("x", "×") if way.size != asked.size else ""
    told = ", ".join(filter(None, (quality, size))) or f"{way.quality} quality"
    return f"{told} without thinking" if way.is_planned != asked.is_planned else told
