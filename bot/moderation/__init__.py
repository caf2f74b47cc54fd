"""What may be asked, where, and by whom. Pure: the caller brings the facts.

`words.py` compares terms, `reading.py` with what people do to letters undone, `patterns.py` compares an admin's own
patterns, `where.py` knows who may ask in which channel, `findings.py` reads what a Moderations API found, and
`conduct.py` slows people down.
"""

from bot.moderation.conduct import asked, behaved, refused
from bot.moderation.findings import CATEGORIES, check_findings, check_thresholds
from bot.moderation.patterns import is_pattern
from bot.moderation.where import check_person, check_place, level_for, policy_for, report_channel
from bot.moderation.words import blocked_term, check_prompt, check_term, check_words, found_terms, normalised

__all__ = [
    "CATEGORIES",
    "asked",
    "behaved",
    "blocked_term",
    "check_findings",
    "check_person",
    "check_place",
    "check_prompt",
    "check_term",
    "check_thresholds",
    "check_words",
    "found_terms",
    "is_pattern",
    "level_for",
    "normalised",
    "policy_for",
    "refused",
    "report_channel",
]
