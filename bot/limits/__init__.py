"""Limits, budgets and tiers: pure rules on facts the caller brings.

Of the limits of one measure (images, dollars) and one span (hour, day, month) exactly one counts for a person in a
channel, the first of this order that there is:

    1. for this person, in this channel        5. for everybody, in this channel
    2. for this person                         6. for everybody
    3. for one of their roles, in this channel 7. `images_per_day` (images, calendar day)
    4. for one of their roles

Where several are equal in this order (a person has several roles) the most generous counts; an amount of None is the
most generous of all: an exemption. A limit for a channel counts only what was used there. Grants are added to every
limit of their person and measure until they end; those with a channel, to requests made there.

Budgets are for everybody together: of the workspace and of the channel, all of them count. Tiers follow the same order
as limits; equal ones allow together what each allows.

`spans.py`: when a span began and ends · `meters.py`: which limits count, and what is left of them · `rules.py`: the
check inside the reserving transaction · `tiers.py`: what may be asked for · `words.py`: their sentences.
"""

from bot.limits.meters import Meter, meters
from bot.limits.rules import Asked, Cheaper, alerts, tightest
from bot.limits.spans import zone_of
from bot.limits.tiers import check_tier, fitted, pixels_of, tier_for
from bot.limits.words import left_words

__all__ = ["Asked", "Cheaper", "Meter", "alerts", "check_tier", "fitted", "left_words", "meters", "pixels_of",
           "tier_for", "tightest", "zone_of"]  # fmt: skip
