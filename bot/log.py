"""The log: lines on stderr, without what opens a door, whichever library put it there."""

from __future__ import annotations

import logging
import re
import sys

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# Each keeps its first group. Libraries put whole addresses into exceptions: a ticket for a socket, an interaction's
# token, the signature of a file.
# What begins like an address is taken to its end at once: beginning anew within it would take minutes for a long line.
_ADDRESS = re.compile(r"(\b\w+://[^\s?'\"<>]+)(\?[^\s'\"<>)]+)?")
_SECRETS = (
    (re.compile(r"(/p/[a-z]+/)[\w.-]+"), r"\1…"),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.-]+"), r"\1…"),
    (re.compile(r"(hooks\.slack\.com/)[^\s'\"<>)]+"), r"\1…"),
    (re.compile(r"(\b(?:xox[a-z]|xapp|sk)-)[\w-]{6,}"), r"\1…"),
    (re.compile(r"(\b(?:Bearer|Bot) )[\w.~+/=-]{16,}"), r"\1…"),
    (re.compile(r"()\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"), r"\1…"),  # a Discord bot's token
)


_NOISY = ("aiohttp.access", "slack_bolt", "httpx2", "openai")
_TALKATIVE = ("aiohttp", "discord", "httpcore2", "slack_sdk")  # at debug they write down what they send


def to_stderr(level: str) -> None:
    """Write the log of this process to stderr, from this level on; of libraries less."""
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(Discreet(LINE))
    logging.basicConfig(level=level, handlers=[stderr])
    for names, least in ((_NOISY, logging.WARNING), (_TALKATIVE, logging.INFO)):
        for name in names:
            logging.getLogger(name).setLevel(max(least, logging.getLevelName(level)))


class Discreet(logging.Formatter):
    """A formatter whose lines, tracebacks included, have no tokens, keys or signed addresses in them."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = _ADDRESS.sub(lambda found: found[1] + ("?…" if found[2] else ""), super().format(record))
        for pattern, instead in _SECRETS:
            line = pattern.sub(instead, line)
        return line
