"""What admins and moderators read in the chat: settings, budgets, bans, usage."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Card, Link, Tone
from bot.limits import Meter
from bot.models import Ban, Grant, Policy
from bot.policies import GROUPS, SETTINGS, Setting, words
from bot.policies.changing import ban_line, grant_line, grant_target
from bot.policies.words import dollars
from bot.pricing import format_cost
from bot.reports import Report

NOT_AN_ADMIN = "Only admins may see and change the settings here. Ask one of them."
NOT_A_MODERATOR = "Only admins and moderators may ban people here. Ask one of them."
BANNED_MODERATOR = "You are banned here yourself, so you cannot ban or unban anybody. Ask an admin."
MODERATORS_DAYS = 7
TOO_LONG = f"Moderators ban for at most {MODERATORS_DAYS} days, and end only such bans. Ask an admin."
NOT_YOURSELF = "You cannot ban or unban yourself. Ask somebody else."
NOT_A_COLLEAGUE = "Moderators cannot ban each other. Ask an admin."
NO_WORKSPACE = "Settings belong to a workspace. Ask again in one of its channels."
HELP = (
    "Type for example: set images-per-day 20 · show limits · grant @person +20 images today · "
    "grant budget +$20 this month · ban @person 2 days: floods the channel · unban @person · usage 30 · export · page."
)
PEOPLE_HINT = "People are named by a mention or as user:ID, roles as role:ID."
_LONGEST = 90  # characters of a value in the overview
_LONGEST_BODY = 2_600  # characters: what every chat shows whole
_MOST_ROWS = 10


def unknown_words(text: str) -> str:
    """Nothing that this command knows."""
    return f"“{words.short(text, 40)}” is nothing admins can do here. {HELP}"


def overview(policy: Policy, budgets: Sequence[tuple[Meter, int]], page: str) -> Card:
    """What is set here other than usual, and how far the budgets are used; `page` is the admin page's address."""
    lines = [f"{group}: {_group(policy, group)}" for group in GROUPS]
    lines += [f"Budget: {budget_words(meter, used)}" for meter, used in budgets]
    lines += [f"Grant: {grant_target(one)} {grant_line(one, policy.zone)}" for one in policy.grants[-_MOST_ROWS:]]
    lines += [f"Banned: {one.who} {ban_line(one, policy.zone)}" for one in policy.bans[-_MOST_ROWS:]]
    moderators = words.short(words.joined(policy.moderators), _LONGEST)
    lines.append(f"Moderators: {moderators}")
    return Card(title="The settings of this workspace", body=_whole(lines), footer=HELP, links=_links(page))


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
    return Card(title="All settings", body=_whole(lines), footer="One of them: show limits")


def one_setting(setting: Setting, policy: Policy) -> Card:
    """A setting, what it does, and how it is changed."""
    choices = f"\nOne of: {', '.join(setting.choices)}" if setting.choices else ""
    empty = f"\nWithout any: {setting.empty}" if setting.empty else ""
    value = _cut(setting.show(policy))
    return Card(title=f"{setting.name} · {setting.group}", body=f"{value}\n\n{setting.about}{choices}{empty}")


def set_to(changed: Sequence[tuple[str, str, str]], setting: Setting, policy: Policy) -> Card:
    """What a setting was and is."""
    if not changed:
        return Card(title=f"{setting.name} is {_one_line(setting.show(policy))} already.")
    body = "\n".join(f"{name}: {_one_line(was)} → {_one_line(now_is)}" for name, was, now_is in changed)
    return Card(title="Changed.", body=body, tone=Tone.DONE)


def granted(grant: Grant, policy: Policy) -> Card:
    """Who may use how much more."""
    return Card(title=f"Granted to {grant_target(grant)}: {grant_line(grant, policy.zone)}.", tone=Tone.DONE)


def banned(ban: Ban, policy: Policy) -> Card:
    """Who may not make pictures, and what they read."""
    return Card(title=f"{ban.who} is banned {ban_line(ban, policy.zone)}", tone=Tone.DONE)


def unbanned(ban: Ban) -> Card:
    """Who may again."""
    return Card(title=f"{ban.who} may make pictures again.", tone=Tone.DONE)


def resolved(job: str, cost: int) -> Card:
    """What an outcome nobody knew has cost."""
    return Card(title=f"The request {words.short(job)} stands at {dollars(cost)} in the books.", tone=Tone.DONE)


def used_by(report: Report, days: int) -> Card:
    """Who used how much, the dearest first."""
    if not report.rows:
        return Card(title=f"Nothing was made here in the last {days} days.")
    lines = [
        f"{row.name or row.key}: {row.images} images, {format_cost(row.cost) if row.cost else '$0'}"
        for row in report.rows[:_MOST_ROWS]
    ]
    more = len(report.rows) - _MOST_ROWS
    if more > 0:
        lines.append(f"and {more} more")
    total = report.total
    title = f"The last {days} days: {total.images} images, {format_cost(total.cost) if total.cost else '$0'}"
    perhaps = f"{format_cost(total.unknown_cost)} of it was perhaps not billed." if total.unknown_cost else ""
    return Card(title=title, body=_whole(lines), footer=perhaps)


def exported(text: str) -> Card:
    """The settings as a file's text."""
    return Card(title="The settings as TOML", body=_cut(text), footer="Set them elsewhere: retouch policy import FILE")


def admin_page(url: str) -> Card:
    """Where everything is on one page."""
    return Card(title="Settings, usage, budgets, bans and the audit.",
                body="The link is yours alone and good for an hour.", links=_links(url))  # fmt: skip


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
