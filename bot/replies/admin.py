"""What admins and moderators read in the chat: settings, budgets, bans, usage."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

from bot.cards import Card, Channel, Link, Moment, Person, Tone
from bot.limits import Meter
from bot.links import SECONDS, Page
from bot.models import Ban, Grant, OpenOutcome, Policy
from bot.policies import GROUPS, SETTINGS, Setting, times, words
from bot.policies.changing import ban_line, grant_line, grant_target
from bot.policies.words import dollars
from bot.pricing import format_cost
from bot.reports import Report, Row, said_days

NOT_AN_ADMIN = "Only admins may see and change the settings here. Ask one of them."
NOT_A_MODERATOR = "Only admins and moderators may ban people here. Ask one of them."
BANNED_MODERATOR = "You are banned here yourself, so you cannot ban or unban anybody. Ask an admin."
MODERATORS_DAYS = 7
TOO_LONG = f"Moderators ban for at most {MODERATORS_DAYS} days, and end only such bans. Ask an admin."
NOT_YOURSELF = "You cannot ban or unban yourself. Ask somebody else."
NOT_A_COLLEAGUE = "Moderators cannot ban each other. Ask an admin."
NOTHING_UNKNOWN = "What every request here cost is known; there is nothing to resolve."
NO_WORKSPACE = "Settings belong to a workspace. Ask again in one of its channels."
HELP = (
    "Type for example: set images-per-day 20 · show limits · grant @person +20 images today · "
    "ban @person 2 days: floods the channel · usage 30 · help for everything else."
)
EVERYTHING = """\
show · what is set; show limits · one setting
set images-per-day 20 · set budgets $50 a month · set review on
add limits 5 images a day for @role in #channel · add moderators @person · add blocked-terms word, /pattern/
remove blocked-terms word · what else is in the list stays
grant @person +20 images today · grant budget +$20 this month
ban @person 2 days: floods the channel · unban @person
usage 30 · who used how much in 30 days
unknown · what was perhaps billed; resolve REQUEST $0.04 · what the bill says it was
export · all settings as text; page · all of this on a page"""
PEOPLE_HINT = f"People, roles and channels are picked from the chat's list, or named by id. {words.FIND_IDS}"
ROOMS = {
    "review-channel": "Pictures that wait for approval will appear here.",
    "report-channel": "Reports about pictures will appear here.",
    "admin-channel": "What admins must know will appear here.",
}
"""Settings that name a channel the bot speaks in by itself, and what it says there first."""
_LONGEST = 90  # characters of a value in the overview
_LONGEST_BODY = 2_600  # characters: what every chat shows whole
_MOST_ROWS = 10


def unknown_words(text: str, verbs: Collection[str]) -> str:
    """Nothing that this command knows; the nearest that it does."""
    verb, _, rest = text.strip().partition(" ")
    if verb.lower().replace("_", "-") in SETTINGS:
        return (
            f"Say what to do with it: set {words.short(verb)} {words.short(rest) or '…'}, or: show {words.short(verb)}"
        )
    close = difflib.get_close_matches(verb.lower(), verbs, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"“{words.short(text, 40)}” is nothing admins can do here.{hint} {HELP}"


def everything() -> Card:
    """All that can be typed."""
    return Card(title="What admins can type after /imagine-admin", body=EVERYTHING, footer=PEOPLE_HINT)


def overview(policy: Policy, budgets: Sequence[tuple[Meter, int]], page: str) -> Card:
    """What is set here other than usual, and how far the budgets are used; `page` is the admin page's address."""
    lines = [f"{group}: {_group(policy, group)}" for group in GROUPS]
    lines += [f"Budget: {budget_words(meter, used)}" for meter, used in budgets]
    lines += [f"Grant: {grant_target(one)} {grant_line(one, policy.zone)}" for one in policy.grants[-_MOST_ROWS:]]
    lines += [f"Banned: {one.who} {ban_line(one, policy.zone)}" for one in policy.bans[-_MOST_ROWS:]]
    moderators = words.short(words.joined(policy.moderators), _LONGEST)
    lines.append(f"Moderators: {moderators}")
    body = _whole(lines)
    title = "The settings of this workspace"
    return Card(title=title, body=body, footer=HELP, links=_links(page), live=_live(body))


def _group(policy: Policy, group: str) -> str:
    usual = Policy()
    here = [one for one in SETTINGS.values() if one.group == group]
    changed = [f"{one.name} {_one_line(one.show(policy))}" for one in here if one.show(policy) != one.show(usual)]
    return " · ".join(changed) or "as usual"


def _one_line(text: str) -> str:
    return words.short(text.replace("\n", " | "), _LONGEST)


def budget_words(meter: Meter, used: int) -> str:
    """As in "$41.20 of $50 this month, 82 %"."""
    share = f", {used * 100 // meter.amount} %" if meter.amount else ""
    where = f" in {meter.where}" if meter.where else ""
    return f"{format_cost(used) if used else '$0'} of {dollars(meter.amount)} this {meter.span}{where}{share}"


def all_settings(policy: Policy) -> Card:
    """Every setting in one line each."""
    lines = [f"{one.name}: {_one_line(one.show(policy))}" for one in SETTINGS.values()]
    body = _whole(lines)
    return Card(title="All settings", body=body, footer="One of them: show limits", live=_live(body))


def one_setting(setting: Setting, policy: Policy) -> Card:
    """A setting, what it does, and how it is changed."""
    choices = f"\nOne of: {', '.join(setting.choices)}" if setting.choices else ""
    value = _cut(setting.show(policy))
    verbs = ("set", "add", "remove") if setting.is_many else ("set",)
    change = f"\nTo change it: {' · '.join(f'{verb} {setting.name} …' for verb in verbs)}"
    empty = f"\nTo clear it: set {setting.name} {setting.empty}" if setting.empty else ""
    body = f"{value}\n\n{setting.about}{choices}{change}{empty}"
    return Card(title=f"{setting.name} · {setting.group}", body=body, live=_live(value))


def set_to(
    changed: Sequence[tuple[str, str, str]], setting: Setting, policy: Policy, notes: Sequence[str] = ()
) -> Card:
    """What a setting was and is; `notes` are what to do next."""
    if not changed:
        title = f"{setting.name} is {_one_line(setting.show(policy))} already."
        return Card(title=title, tone=Tone.DONE, live=_live(title))
    body = "\n".join(_changed(*one) for one in changed)
    rooms = [Channel(now_is, now_is) for name, _, now_is in changed if name in ROOMS and now_is != SETTINGS[name].empty]
    live = tuple(dict.fromkeys([*_live(body), *rooms]))
    return Card(title="Changed.", body=body, footer=" ".join(notes), tone=Tone.DONE, live=live)


def _changed(name: str, was: str, now_is: str) -> str:
    """As in "review: off → on"; of a long list only what was added and removed, as the rest would hide it."""
    before, after = _parts(name, was), _parts(name, now_is)
    added, removed = ([one for one in here if one not in there] for here, there in ((after, before), (before, after)))
    if max(len(was), len(now_is)) <= _LONGEST or not (SETTINGS[name].is_many and (added or removed)):
        return f"{name}: {_one_line(was)} → {_one_line(now_is)}"
    told = [f"{verb} {words.short(' | '.join(some), 3 * _LONGEST)}"
            for verb, some in (("added", added), ("removed", removed)) if some]  # fmt: skip
    return f"{name}: {'; '.join(told)}"


def _parts(name: str, value: str) -> Sequence[str]:
    if words.is_none(value):
        return ()
    return words.items(value) if SETTINGS[name].kind == "list" else value.split("\n")


def room(name: str) -> Card:
    """The first words in a channel that one of `ROOMS` names."""
    return Card(title=ROOMS[name], footer="An admin chose this channel. Only who is in it reads along.")


def cannot_speak_in(name: str) -> str:
    """The bot is not let into the channel of this setting."""
    return f"I cannot post in the channel of {name}: invite me there, then set it once more."


def granted(grant: Grant, policy: Policy) -> Card:
    """Who may use how much more."""
    whom = grant_target(grant)
    title = f"Granted to {'the ' if whom.startswith('budget') else ''}{whom}: {grant_line(grant, policy.zone)}."
    return Card(
        title=title, tone=Tone.DONE, live=(*_live(title), Moment(times.said(grant.until, policy.zone), grant.until))
    )


def banned(ban: Ban, policy: Policy) -> Card:
    """Who may not make pictures, and what they read."""
    title = f"{ban.who} is banned {ban_line(ban, policy.zone)}"
    ends = (Moment(times.said(ban.until, policy.zone), ban.until),) if ban.until else ()
    return Card(title=title, tone=Tone.DONE, live=(*_live(ban.who), *ends))


def unbanned(ban: Ban) -> Card:
    """Who may again."""
    return Card(title=f"{ban.who} may make pictures again.", tone=Tone.DONE, live=_live(ban.who))


def open_outcomes(found: Sequence[OpenOutcome], policy: Policy) -> Card:
    """Requests that were perhaps billed."""
    if not found:
        return Card(title=NOTHING_UNKNOWN)
    lines = [
        f"{one.job} · {times.said(one.at, policy.zone)} · {one.name or one.person} · {one.model} · {dollars(one.cost)}"
        for one in found
    ]
    how = "Look up what the whole request cost, then for example: resolve REQUEST $0.04, or $0 if nothing was billed."
    return Card(title="Perhaps billed; the answer was lost:", body=_whole(lines), footer=how)


def resolved(job: str, cost: int) -> Card:
    """What an outcome nobody knew has cost."""
    return Card(title=f"The request {words.short(job)} stands at {dollars(cost)} in the books.", tone=Tone.DONE)


def used_by(report: Report, days: int) -> Card:
    """Who used how much, the dearest first."""
    if not report.rows:
        return Card(title=f"Nothing was made here {said_days(days)}.")
    lines = [f"{row.name or row.key}: {_used(row)}" for row in report.rows[:_MOST_ROWS]]
    more = len(report.rows) - _MOST_ROWS
    if more > 0:
        lines.append(f"and {more} more")
    total = report.total
    title = f"Made {said_days(days)}: {_used(total)}"
    perhaps = f"{format_cost(total.unknown_cost)} of it was perhaps not billed." if total.unknown_cost else ""
    return Card(title=title, body=_whole(lines), footer=perhaps)


def _used(row: Row) -> str:
    images = f"{row.images:,} image{'' if row.images == 1 else 's'}, {format_cost(row.cost) if row.cost else '$0'}"
    return images + (f", {row.refused} refused" if row.refused else "")


def exported(text: str) -> Card:
    """The settings as a file's text."""
    return Card(title="The settings as TOML", body=_cut(text), footer="Set them elsewhere: retouch policy import FILE")


def admin_page(url: str) -> Card:
    """Where everything is on one page."""
    body = f"The link is yours alone and good for {SECONDS[Page.ADMIN] // 60} minutes."
    return Card(title="Settings, usage, budgets, bans and the audit.", body=body, links=_links(url))


_PEOPLE = re.compile(r"(?<![\w:])(user|role):([A-Za-z0-9]+(?:[_.-][A-Za-z0-9]+)*)")
_CHANNELS = re.compile(r"(?<![\w:@])(?:C(?=[A-Z]*[0-9])[A-Z0-9]{8,}|[0-9]{17,20})(?!\w)")


def _live(text: str) -> tuple[Person | Channel, ...]:
    """The people, roles and channels that are named in a text of ours, which an admin wants to read as names."""
    people = [Person(one[0], one[2], is_role=one[1] == "role") for one in _PEOPLE.finditer(text)]
    return tuple(dict.fromkeys([*people, *(Channel(one[0], one[0]) for one in _CHANNELS.finditer(text))]))


def _links(url: str) -> tuple[Link, ...]:
    return (Link("Open the admin page", url),) if url else ()


def _whole(lines: Sequence[str]) -> str:
    """As many lines as a card shows."""
    shown: list[str] = []
    for index, line in enumerate(lines):
        if sum(map(len, shown)) + len(shown) + len(line) > _LONGEST_BODY:
            return "\n".join([*shown, f"… and {len(lines) - index} lines more: see the admin page."])
        shown.append(line)
    return "\n".join(shown)


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_BODY:
        return text
    return f"{text[:_LONGEST_BODY]}…\nThe rest is on the admin page and in `retouch policy export`."
