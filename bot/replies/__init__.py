"""Every sentence, card and button a person sees. Pure: facts in, a Card out.

`progress.py`: requests on their way · `versions.py`: finished ones · `about.py`: what is known of them · `troubles.py`:
what went wrong · `sentences.py`: single sentences.
"""

from bot.replies.about import compared, info, prompt_card
from bot.replies.progress import working
from bot.replies.sentences import (
    AS_GUEST,
    FIRST_VERSION,
    INTERRUPTED,
    NO_INPUTS,
    NO_WORDS,
    NOT_LOCKED,
    NOT_YOURS,
    NOTHING_HERE,
    NOTHING_TO_REDO,
    REUSED,
    STILL_DRAWING,
    STOPPED_EARLY,
    TOO_LATE_TO_CANCEL,
    already_back,
    extending,
    for_admins,
    help_card,
    meanwhile,
    notice,
    other_format,
    other_size,
    share,
    shutdown_warning,
    unknown_version,
)
from bot.replies.troubles import NOTHING_CHARGED, broken, cancelled, failed, problem
from bot.replies.versions import Shown, brought_back, card_images, finished, offer, shown_again, version_buttons

__all__ = [
    "AS_GUEST",
    "FIRST_VERSION",
    "INTERRUPTED",
    "NOTHING_CHARGED",
    "NOTHING_HERE",
    "NOTHING_TO_REDO",
    "NOT_LOCKED",
    "NOT_YOURS",
    "NO_INPUTS",
    "NO_WORDS",
    "REUSED",
    "STILL_DRAWING",
    "STOPPED_EARLY",
    "TOO_LATE_TO_CANCEL",
    "Shown",
    "already_back",
    "broken",
    "brought_back",
    "cancelled",
    "card_images",
    "compared",
    "extending",
    "failed",
    "finished",
    "for_admins",
    "help_card",
    "info",
    "meanwhile",
    "notice",
    "offer",
    "other_format",
    "other_size",
    "problem",
    "prompt_card",
    "share",
    "shown_again",
    "shutdown_warning",
    "unknown_version",
    "version_buttons",
    "working",
]  # fmt: skip
