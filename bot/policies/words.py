"""How amounts, people, channels and lists are written in settings: read and shown, each the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from bot.errors import BadOption

NONE = ("none", "no limit", "unlimited", "for ever", "as installed", "nothing")
MOST_IMAGES = 10**9
MOST_DOLLARS = 10**9

_ID = r"[A-Za-z0-9_.-]{1,80}"
# With a prefix, as a mention, or bare where an id of Slack says what it is: U or W for people, S for user groups.
_PERSON = re.compile(rf"<@!?({_ID})(?:\|[^>]*)?>|(?i:user): ?({_ID})|@?([UW](?=[A-Z]*[0-9])[A-Z0-9]{{1,20}})")
_ROLE = re.compile(
    rf"<@&({_ID})>|<!subteam\^({_ID})(?:\|[^>]*)?>|(?i:role): ?({_ID})|@?(S(?=[A-Z]*[0-9])[A-Z0-9]{{1,20}})"
)
_SNOWFLAKE = re.compile(r"[0-9]{15,21}")  # Discord's ids, which do not say whose they are
_CHANNEL = re.compile(rf"<#({_ID})(?:\|[^>]*)?>|({_ID})")
# Commas only between thousands: "0,50" is half a dollar to many, and must not become fifty.
NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,10})"
_MONEY = re.compile(
    rf"(?P<sign>\$|USD |US\$)? ?(?P<whole>{NUMBER})(?:\.(?P<part>[0-9]{{1,6}}))?(?P<unit> ?(?:\$|USD|dollars?))?",
    re.IGNORECASE,
)
FIND_IDS = (
    "Ids are found so: in Slack, profile, ⋮, Copy member ID; in Discord, Developer Mode, right-click, Copy ID; "
    "`retouch usage --by person` (or role, channel) prints those that were active."
)
FIND_CHANNELS = (
    "It stands in Slack at the end of the channel's About, in Discord under right-click, Copy Channel ID "
    "(Developer Mode)."
)
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(/(?:[^/\n]|/(?!\s*(?:[,;\n]|$)))+/)|([^,;\n]*?))\s*(?:[,;\n]|$)')


def is_none(text: str) -> bool:
    """Whether a value says that there is none."""
    return text.strip().lower() in NONE


def person(text: str) -> str:
    """Read "user:ID" or "role:ID" from what was typed: those, or a mention of Slack or Discord. Raises `BadOption`."""
    typed = text.strip()
    for prefix, pattern in (("user", _PERSON), ("role", _ROLE)):
        if match := pattern.fullmatch(typed):
            return f"{prefix}:{next(filter(None, match.groups()))}"
    if _SNOWFLAKE.fullmatch(typed):
        raise BadOption(f"{typed} may be a person or a role: write user:{typed} or role:{typed}.")
    raise BadOption(f"“{short(typed)}” is nobody: mention the person, or write user:ID or role:ID. {FIND_IDS}")


def someone(text: str) -> str:
    """One person, "user:ID", no role. Raises `BadOption`."""
    found = f"user:{text.strip()}" if _SNOWFLAKE.fullmatch(text.strip()) else person(text)
    if not found.startswith("user:"):
        raise BadOption(f"“{short(text.strip())}” is a role: name one person, as a mention or as user:ID.")
    return found


def who(text: str) -> str:
    """Like `person`, and "" for everybody."""
    return "" if text.strip().lower() in ("everybody", "everyone", "all", "each person") else person(text)


def channel(text: str) -> str:
    """A channel's id, from the id or a mention. Raises `BadOption`."""
    match = _CHANNEL.fullmatch(text.strip())
    if not match or is_none(text):
        raise BadOption(f"“{short(text.strip())}” is no channel: write its id, such as C0123ABCD. {FIND_CHANNELS}")
    return match[1] or match[2]


def money(text: str, *, bare: bool = False) -> int:
    """Micro-dollars from "$5", "$1,000.50" or "0.25 USD"; with `bare` also from "0.25". Raises `BadOption`."""
    match = _MONEY.fullmatch(" ".join(text.split()))
    whole = int(match["whole"].replace(",", "")) if match else 0
    if match and not (bare or match["sign"] or match["unit"]):
        raise BadOption(
            f"“{short(text.strip())}” is no amount of dollars: write $5 or $0.25; in a command line between single "
            "quotes, as shells take $5 between double ones for something of their own."
        )
    if not match or whole > MOST_DOLLARS:
        raise BadOption(f"“{short(text.strip())}” is no amount: write dollars such as $5 or $0.25.")
    return whole * 1_000_000 + int((match["part"] or "").ljust(6, "0"))


def dollars(amount: int) -> str:
    """Micro-dollars as `money` reads them, with nothing rounded: "$5", "$0.25"."""
    return f"${Decimal(amount).scaleb(-6).normalize():f}"


def count(text: str, most: int = MOST_IMAGES) -> int:
    """A whole number from "20" or "1,000". Raises `BadOption`."""
    plain = text.strip()
    if not (re.fullmatch(NUMBER, plain) and int(plain.replace(",", "")) <= most):
        raise BadOption(f"“{short(plain)}” is no whole number up to {most:,}.")
    return int(plain.replace(",", ""))


def items(text: str) -> tuple[str, ...]:
    """The parts of a list: with , ; or lines between them, in double quotes where one has such a mark. Each once."""
    if is_none(text):
        return ()
    found = []
    position = 0
    while position < len(text) and (match := _ITEM.match(text, position)):
        quoted, pattern, plain = match.groups()
        found.append((quoted.replace('""', '"') if quoted is not None else pattern or plain).strip())
        if match.end() == position:
            break
        position = match.end()
    return tuple(dict.fromkeys(filter(None, found)))


def joined(parts: Iterable[str]) -> str:
    """A list in one line, as `items` reads it; "none" for an empty one."""
    return ", ".join(map(_quoted, parts)) or "none"


def _quoted(part: str) -> str:
    """A part as it can stand beside others: what begins like a quotation or a pattern would take in what follows."""
    match = _ITEM.fullmatch(part)
    is_pattern = bool(match and match[2] == part)
    is_plain = not part.startswith(('"', "/")) and items(part) == (part,)
    return part if is_pattern or is_plain else '"' + part.replace('"', '""') + '"'


def lines(text: str, between: str = "\n") -> list[tuple[int, str]]:
    """The lines with something in them and their numbers from 1; `between` are the characters that end a line."""
    if is_none(text):
        return []
    parts = re.split(f"[{re.escape(between)}]", text.replace("\r\n", "\n"))
    return [(number, " ".join(part.split())) for number, part in enumerate(parts, start=1) if part.strip()]


def short(text: str, most: int = 60) -> str:
    """Somebody's words in a sentence of ours."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
