"""Every setting of a workspace, once: what it is called, what it does, how its value is written and read.

The command line, the chat command, Slack's form, Discord's commands and the web page are made from this table.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot import disclosure
from bot.errors import BadInput, BadOption
from bot.models import Policy, ThreadMode, Who
from bot.moderation import check_term
from bot.policies import lines, words

_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}")
LONGEST_VALUE = 50_000  # characters
MOST_ITEMS = 2_000
MOST = 999_999_999

Kind = Literal["text", "number", "choice", "list", "lines", "switch"]
Show = Callable[[Policy], str]
Change = Callable[[Policy, str], Policy]
Same = Callable[[Any], Hashable]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `change(policy, show(policy))` is the policy again.

    `field` is the one of `Policy`. `kind`: a "list" has commas between its parts, "lines" one part a line. `choices`
    are the values of a "choice" and a "switch". `empty` is the word for nothing there, if nothing may be there. `same`
    says what a part of a list or of lines is about; `rest` makes a part of the words for that alone ("C012" and ":").
    `change` raises `BadOption` with one sentence.
    """

    name: str
    group: str
    about: str
    kind: Kind
    field: str
    show: Show
    change: Change
    choices: tuple[str, ...] = ()
    empty: str = ""
    same: Same | None = None
    rest: str = ""

    @property
    def is_many(self) -> bool:
        """Whether parts can be added and removed."""
        return self.same is not None


def apply(policy: Policy, name: str, value: str) -> Policy:
    """The policy with one setting changed. Raises `BadOption` for an unknown one or an impossible value."""
    if len(value) > LONGEST_VALUE:
        raise BadOption(f"{setting(name).name} may have {LONGEST_VALUE:,} characters at most.")
    return setting(name).change(policy, value.strip())


def setting(name: str) -> Setting:
    """The setting with this name. Raises `BadOption`."""
    plain = "-".join(name.lower().replace("_", "-").split())
    found = SETTINGS.get(plain)
    if found is None:
        within = [one for one in SETTINGS if len(plain) > 3 and (plain in one or one in plain)]
        close = within or difflib.get_close_matches(plain, SETTINGS, 1, 0.7)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"There are: {', '.join(SETTINGS)}."
        raise BadOption(f"There is no setting {words.short(name)}. {hint}")
    return found


# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────
# `replace` takes the field's name from the table: `fields_fit` in tests/test_policies.py holds that there is one.


def _with(policy: Policy, field: str, value: Any) -> Policy:
    return replace(policy, **{field: value})


def _choice(name: str, group: str, choices: Sequence[str], about: str) -> Setting:
    field = name.replace("-", "_")
    kinds = {"thread_mode": ThreadMode, "adds_references": Who, "deletes_references": Who}
    kind = kinds.get(field, str)

    def change(policy: Policy, value: str) -> Policy:
        plain = " ".join(value.lower().replace("-", " ").split())
        if plain not in choices:
            raise BadOption(f"{name} is one of: {', '.join(choices)}; not {words.short(value)}.")
        return _with(policy, field, kind(plain))

    return Setting(
        name, group, about, "choice", field, lambda policy: str(getattr(policy, field)), change, tuple(choices)
    )


_ON, _OFF = ("on", "yes", "true", "1"), ("off", "no", "false", "0")


def _switch(name: str, group: str, about: str) -> Setting:
    field = name.replace("-", "_")

    def change(policy: Policy, value: str) -> Policy:
        word = value.lower()
        if word not in _ON and word not in _OFF:
            raise BadOption(f"{name} is on or off, not {words.short(value)}.")
        return _with(policy, field, word in _ON)

    def show(policy: Policy) -> str:
        return "on" if getattr(policy, field) else "off"

    return Setting(name, group, about, "switch", field, show, change, ("on", "off"))


def _number(
    name: str, group: str, empty: str, about: str, *, least: int = 0, most: int = MOST, unit: str = ""
) -> Setting:
    """`unit` is a regular expression of what may stand behind the number."""
    field = name.replace("-", "_")
    pattern = re.compile(rf"({words.NUMBER}|[0-9]+)(?: ?(?:{unit}))?", re.IGNORECASE)

    def change(policy: Policy, value: str) -> Policy:
        if words.is_none(value):
            return _with(policy, field, None)
        match = pattern.fullmatch(" ".join(value.split()))
        number = int(match[1].replace(",", "")) if match else -1
        if not least <= number <= most:
            bounds = f" from {least} to {most}" if (least, most) != (0, MOST) else f" up to {MOST:,}" if match else ""
            raise BadOption(f"{name} is a whole number{bounds} or `{empty}`, not {words.short(value)}.")
        return _with(policy, field, number)

    def show(policy: Policy) -> str:
        found = getattr(policy, field)
        return empty if found is None else str(found)

    return Setting(name, group, about, "number", field, show, change, empty=empty)


def _channel(name: str, group: str, about: str) -> Setting:
    field = name.replace("-", "_")

    def change(policy: Policy, value: str) -> Policy:
        if words.is_none(value):
            return _with(policy, field, "")
        try:
            return _with(policy, field, words.channel(value))
        except BadOption as error:
            message = f"{name} is a channel's id such as C0123ABCD, or `none`, not {words.short(value)}."
            raise BadOption(message) from error

    return Setting(
        name, group, about, "text", field, lambda policy: getattr(policy, field) or "none", change, empty="none"
    )


def _list(name: str, group: str, about: str, check: Callable[[str], str]) -> Setting:
    field = name.replace("-", "_")

    def change(policy: Policy, value: str) -> Policy:
        parts = words.items(value)
        if len(parts) > MOST_ITEMS:
            raise BadOption(f"{name} may have {MOST_ITEMS:,} entries at most.")
        try:
            return _with(policy, field, tuple(dict.fromkeys(check(part) for part in parts)))
        except BadInput as error:
            raise BadOption(f"{name}: {error}") from error

    return Setting(
        name, group, about, "list", field, lambda policy: words.joined(getattr(policy, field)), change, empty="none",
        same=_itself,
    )  # fmt: skip


def _itself(part: Hashable) -> Hashable:
    return part


def _lines(
    name: str,
    group: str,
    about: str,
    read: Callable[[str], object],
    line: Callable[[Any], str],
    same: Same,
    rest: str = "",
) -> Setting:
    field = name.replace("-", "_")
    return Setting(
        name, group, about, "lines", field,
        lambda policy: lines.shown(getattr(policy, field), line),
        lambda policy, value: _with(policy, field, read(value)),
        empty="none", same=same, rest=rest,
    )  # fmt: skip


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_zone(value: str) -> bool:
    try:
        return bool(_ZONE.fullmatch(value)) and bool(zoneinfo.ZoneInfo(value))
    except (OSError, ValueError, LookupError):
        return False


def _zone(value: str) -> str:
    if value == "UTC" or _is_zone(value):
        return value
    known = zoneinfo.available_timezones()  # reads some hundred files
    found = {name.lower(): name for name in known}.get(value.lower().replace(" ", "_"))
    if found:
        return found
    close = difflib.get_close_matches(value, known, 1)
    raise BadOption(
        f"“{words.short(value)}” is no time zone. Write for example: {close[0] if close else 'Europe/Berlin'}."
    )


def _term(value: str) -> str:
    if not value.isprintable():
        raise BadOption(f"“{words.short(value)}” has characters that cannot be seen.")
    check_term(value)
    return value


def _wording(policy: Policy, value: str) -> Policy:
    wanted = "" if words.is_none(value) else value
    if not wanted and not policy.disclosure:
        return policy
    return replace(policy, disclosure=disclosure.checked(wanted, required=policy.disclosure_required))


def _role(value: str) -> str:
    """A role, "role:ID"; a bare id is one as well."""
    found = words.person(value if ":" in value or value.startswith("<") else f"role:{value}")
    if not found.startswith("role:"):
        raise BadOption(f"“{words.short(value)}” is a person: write role:ID.")
    return found


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────

_LIMITS, _MODERATION, _REVIEW = "Limits", "Moderation", "Review and reports"
_WHERE, _PICTURES, _PRIVACY = "Where and who", "Pictures and threads", "How long things are kept"

_ALL = (
    _number("images-per-day", _LIMITS, "no limit", "How many images each person may make in a calendar day.",
            unit=r"(?:images?|pictures?)?(?: ?(?:/|per|a) ?day)?"),
    _lines("limits", _LIMITS, "Limits for people, roles and channels, one a line, such as: 20 images a day for "
           "role:123 in C012. The most specific counts.", lines.limits, lines.limit_line, lines.same_limit),
    _number("in-flight", _LIMITS, "no limit", "How many requests of one person may be on their way at a time.",
            least=1, most=1000, unit="requests?"),
    _lines("budgets", _LIMITS, "What everybody together may spend, one a line, such as: $50 a month, or $5 a day in "
           "C012.", lines.budgets, lines.budget_line, lines.same_budget),
    _lines("tiers", _LIMITS, "What may be asked for, one a line, such as: role:123: models gpt-image-2; quality low, "
           "medium; up to 2k; n 4; no thinking.", lines.tiers, lines.tier_line, lines.same_tier, ":"),
    Setting("zone", _LIMITS, "The time zone in which days and months begin, such as Europe/Berlin.", "text", "zone",
            lambda policy: policy.zone, lambda policy, value: replace(policy, zone=_zone(value))),
    _choice("moderation", _MODERATION, ("auto", "low"), "How strict the image service's own moderation is."),
    _switch("low-needs-adults", _MODERATION, "Whether the level low counts only in age-restricted channels."),
    _list("blocked-terms", _MODERATION, "Words and phrases that are refused, with , or ; between them; /…/ is a "
          "pattern.", _term),
    _list("watched-terms", _MODERATION, "Words and phrases that moderators are told of.", _term),
    _choice("precheck", _MODERATION, ("off", "open", "closed"), "Whether words and pictures are checked by the "
            "Moderations API first; open draws when it cannot be asked, closed does not."),
    _lines("thresholds", _MODERATION, "From which score on a category is refused, one a line, such as: violence 0.4.",
           lines.thresholds, lines.threshold_line, lines.same_threshold, " 0"),
    _switch("review", _REVIEW, "Whether pictures wait until a moderator approves them."),
    _channel("review-channel", _REVIEW, "The channel where pictures wait for moderators."),
    _channel("report-channel", _REVIEW, "The channel where reports go; none: the review channel, else the admins'."),
    _list("moderators", _REVIEW, "Who may approve, remove and ban, such as user:U123, role:456. Admins always may.",
          words.person),
    _channel("admin-channel", _REVIEW, "The channel where admins are told what they must know; none: only the log."),
    _list("channels-allowed", _WHERE, "The only channels where pictures are made; none: all.", words.channel),
    _list("channels-denied", _WHERE, "Channels where no pictures are made.", words.channel),
    _list("roles-allowed", _WHERE, "The only roles whose people may make pictures; none: everybody.", _role),
    _list("denied", _WHERE, "People and roles who may not make pictures.", words.person),
    _switch("guests", _WHERE, "Whether people of other organisations may make pictures."),
    _lines("channels", _WHERE, "What is otherwise in a channel, one a line, such as: C012: moderation low; review on; "
           "previews 0; thread-mode mention only; spoiler on; private on.", lines.channels, lines.channel_line,
           lines.same_channel, ":"),
    _choice("thread-mode", _PICTURES, tuple(ThreadMode), "When words in a picture's thread are an edit."),
    _number("previews", _PICTURES, "as installed", "How many passing pictures are shown while drawing.", most=3),
    _switch("offer-same", _PICTURES, "Whether a picture made by the same request is offered before a new one is paid."),
    _switch("private", _PICTURES, "Whether only who asked for a picture sees it, and shares it or not; where there is "
            "review, that counts instead."),
    _switch("spoiler", _PICTURES, "Whether pictures are hidden until clicked, where the chat can."),
    Setting("disclosure", _PICTURES, "What the card of a drawn picture says about AI.", "text", "disclosure",
            lambda policy: policy.disclosure or "none", _wording, empty="none"),
    _switch("disclosure-required", _PICTURES, "Whether every card must say something about AI."),
    _choice("adds-references", _PICTURES, ("everyone", "admins"), "Who may save named references."),
    _choice("deletes-references", _PICTURES, tuple(Who), "Who may delete named references."),
    _number("keep-pictures-days", _PRIVACY, "for ever", "For how many days pictures are kept.", least=1, most=36_500,
            unit="days?"),
    _number("keep-prompts-days", _PRIVACY, "for ever", "For how many days prompts are kept.", least=1, most=36_500,
            unit="days?"),
    _number("keep-attachments-days", _PRIVACY, "for ever", "For how many days people's files are kept.", least=1,
            most=36_500, unit="days?"),
)  # fmt: skip

SETTINGS: Mapping[str, Setting] = {one.name: one for one in _ALL}

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(one.group for one in _ALL))
