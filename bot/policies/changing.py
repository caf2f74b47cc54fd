"""Changes of settings, grants and bans: what was typed as nouns, and each change with its line in the audit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import BadInput, BadOption
from bot.models import Act, Ban, Grant, Measure, Policy
from bot.policies import times, words
from bot.policies.table import SETTINGS, apply, setting
from bot.ports import Store

MOST = 1000  # grants or bans of a workspace at a time
LONGEST_REASON = 200

Sign = Callable[[str, str, str, str], Act]
"""Makes a line of the audit in somebody's name: what, target, before, after."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Changes the settings of one workspace for somebody. `now` is milliseconds.

    What each method returns are the settings as they were and as they are.
    """

    store: Store
    workspace: str
    sign: Sign
    now: int

    async def set(
        self, values: Iterable[tuple[str, str]], shown: Mapping[str, str] | None = None
    ) -> tuple[Policy, Policy]:
        """Change settings by name: all or, when one cannot be (`BadOption`), none.

        `shown` is what stood on the form: raises `BadInput` where somebody else changed that in the meantime.
        """
        wanted = list(values)

        def change(policy: Policy) -> Policy:
            for name, seen in (shown or {}).items():
                now_is = setting(name).show(policy)
                if now_is not in (seen, setting(name).show(apply(policy, name, dict(wanted).get(name, seen)))):
                    raise BadInput(
                        f"Somebody else has changed {setting(name).name} to {words.short(now_is)} since this form was "
                        "opened. Look at it again before you change it."
                    )
            for name, value in wanted:
                policy = apply(policy, name, value)
            return policy

        return await self.change(change)

    async def change(self, change: Callable[[Policy], Policy]) -> tuple[Policy, Policy]:
        """Change settings by a pure function, such as `parts.add`; what it raises is raised, and nothing changed."""
        return await self._change(change, self._settings)

    async def grant(self, text: str) -> tuple[Policy, Policy, Grant]:
        """Allow somebody, or a budget, more for a while: see `grant_of`."""
        made: list[Grant] = []

        def change(policy: Policy) -> Policy:
            made[:] = [grant_of(text, self.now, policy.zone)]
            return replace(policy, grants=(*policy.grants, *made))

        def acts(before: Policy, after: Policy) -> Sequence[Act]:
            return [self.sign("grant", grant_target(one), "", grant_line(one, after.zone)) for one in made]

        before, after = await self._change(change, acts)
        return before, after, made[0]

    async def ban(self, text: str, by: str, check: Callable[[Policy, Ban], None]) -> tuple[Policy, Policy, Ban]:
        """Ban somebody, in place of an earlier ban: see `ban_of`. `check` raises for one that may not be."""
        made: list[Ban] = []

        def change(policy: Policy) -> Policy:
            made[:] = [ban_of(text, self.now, policy.zone, by)]
            check(policy, made[0])
            return replace(policy, bans=(*(one for one in policy.bans if one.who != made[0].who), *made))

        def acts(before: Policy, after: Policy) -> Sequence[Act]:
            earlier = banned(before, made[0].who)
            was = ban_line(earlier, before.zone) if earlier else ""
            return [self.sign("ban", made[0].who, was, ban_line(made[0], after.zone))]

        before, after = await self._change(change, acts)
        return before, after, made[0]

    async def unban(self, text: str, check: Callable[[Policy, Ban], None]) -> tuple[Policy, Policy, Ban]:
        """End somebody's ban. Raises `BadInput` when there is none."""
        who = words.someone(text)
        ended: list[Ban] = []

        def change(policy: Policy) -> Policy:
            ban = banned(policy, who)
            if ban is None:
                raise BadInput(f"{who} is not banned.")
            check(policy, ban)
            ended[:] = [ban]
            return replace(policy, bans=tuple(one for one in policy.bans if one.who != who))

        def acts(before: Policy, after: Policy) -> Sequence[Act]:
            return [self.sign("unban", who, ban_line(ended[0], before.zone), "")]

        before, after = await self._change(change, acts)
        return before, after, ended[0]

    def resolved(self, job: str, cost: int) -> Callable[[int], Act]:
        """The line about a request's cost that is known after all, once it is known what stood in the books."""
        return lambda booked: self.sign("budget.resolve", job, words.dollars(booked), words.dollars(cost))

    async def _change(
        self, change: Callable[[Policy], Policy], acts: Callable[[Policy, Policy], Sequence[Act]]
    ) -> tuple[Policy, Policy]:
        def changed(policy: Policy) -> Policy:
            made = pruned(change(pruned(policy, self.now)), self.now)
            if len(made.grants) > MOST or len(made.bans) > MOST:
                raise BadInput(f"There are {MOST} grants or bans already; wait until some end, or lift some.")
            return made

        return await self.store.change_policy(self.workspace, changed, acts)

    def _settings(self, before: Policy, after: Policy) -> Sequence[Act]:
        return [self.sign("policy.set", name, was, now_is) for name, was, now_is in differences(before, after)]


def differences(before: Policy, after: Policy) -> list[tuple[str, str, str]]:
    """The settings that differ: name, as it was, as it is."""
    both = [(one.name, one.show(before), one.show(after)) for one in SETTINGS.values()]
    return [one for one in both if one[1] != one[2]]


def pruned(policy: Policy, now: int) -> Policy:
    """Without the grants and bans that are over."""
    return replace(
        policy,
        grants=tuple(one for one in policy.grants if now < one.until),
        bans=tuple(one for one in policy.bans if one.until is None or now < one.until),
    )


# ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

_WHO = r"(?P<who><[^<>]{1,120}>|[^\s<>]+)"
_GRANT = re.compile(
    rf"{_WHO}(?: in (?P<where>\S+))? \+?(?P<amount>(?:\$ ?)?[0-9][0-9,.]*)"
    r"(?: ?(?P<unit>images?|pictures?|dollars?|USD|\$))?"
    r"(?: in (?P<there>\S+))?(?P<when> .+)?",
    re.IGNORECASE,
)
GRANT_EXAMPLE = "grant @person +20 images today, or: grant budget +$20 until 2026-12-01"


def grant_of(text: str, now: int, zone: str) -> Grant:
    """Read "user:U1 +20 images today", "<@U1> +$5 in C012 for 2 hours", "budget +$20 this month".

    Without a time it is for today: the least that could be meant. Raises `BadOption`.
    """
    match = _GRANT.fullmatch(" ".join(text.split()))
    if not match:
        if not text.strip():
            raise BadOption(f"Say to whom and how much. Write for example: {GRANT_EXAMPLE}.")
        raise BadOption(f"“{words.short(text)}” is no grant. Write for example: {GRANT_EXAMPLE}.")
    when = re.sub(r"^ (?:until|till|for) ", " ", match["when"] or "", flags=re.IGNORECASE).strip()
    is_budget = match["who"].lower() in ("budget", "budgets")
    is_money = match["amount"].startswith("$") or (match["unit"] or "").lower() in ("dollar", "dollars", "usd", "$")
    if is_budget and not is_money:
        raise BadOption("A budget is granted dollars, for example: grant budget +$20 today.")
    amount = words.money(match["amount"], bare=True) if is_money else words.count(match["amount"])
    if not amount:
        raise BadOption("Nothing cannot be granted: write an amount such as +20 images or +$5.")
    where = match["where"] or match["there"]
    return Grant(
        amount,
        times.moment(when or "today", now, zone),
        Measure.DOLLARS if is_money else Measure.IMAGES,
        "" if is_budget else words.someone(match["who"]),
        words.channel(where) if where else "",
    )


def grant_line(grant: Grant, zone: str) -> str:
    """As in "+20 images until 2026-12-01 18:00 (UTC)"."""
    images = f"{grant.amount} image{'' if grant.amount == 1 else 's'}"
    amount = words.dollars(grant.amount) if grant.measure is Measure.DOLLARS else images
    where = f" in {grant.where}" if grant.where else ""
    return f"+{amount}{where} until {times.said(grant.until, zone)}"


def grant_target(grant: Grant) -> str:
    """Whom it is for: "user:U1", "budget"."""
    return grant.who or "budget"


# ── bans ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_BAN = re.compile(
    rf"{_WHO}(?:,? (?:(?:for|until|till) )?(?P<when>{times.WHEN}|for good|for ever|good|ever))?[:,]?"
    r"(?: (?P<reason>.*))?",
    re.IGNORECASE,
)
BAN_EXAMPLE = "ban @person 2 days: floods the channel"


def ban_of(text: str, now: int, zone: str, by: str) -> Ban:
    """Read "user:U1 2 days: spam", "<@U1> until 2026-12-01: spam", "user:U1 spam" (for good). Raises `BadOption`."""
    match = _BAN.fullmatch(" ".join(text.split()))
    reason = ((match["reason"] or "").strip() if match else "").lstrip(":,-– ")
    if not match:
        raise BadOption(f"“{words.short(text)}” is no ban. Write for example: {BAN_EXAMPLE}.")
    who = words.someone(match["who"])
    when = (match["when"] or "").lower()
    if not when and re.match(r"(?:until|till)\b|(?:for )?[0-9]", reason, re.IGNORECASE):
        raise BadOption(f"“{words.short(reason)}” begins with no time that is known. Write for example: {BAN_EXAMPLE}.")
    if not reason:
        raise BadOption(f"Say why {who} is banned: they read it. Write for example: {BAN_EXAMPLE}.")
    if len(reason) > LONGEST_REASON:
        raise BadOption(f"A reason has up to {LONGEST_REASON} characters.")
    until = None if when in ("", "good", "ever", "for good", "for ever") else times.moment(when, now, zone)
    return Ban(who, until, words.short(reason, LONGEST_REASON), by)


def ban_line(ban: Ban, zone: str) -> str:
    """As in "until 2026-12-01 18:00 (UTC): spam"."""
    until = "for good" if ban.until is None else f"until {times.said(ban.until, zone)}"
    return f"{until}: {ban.reason}"


def banned(policy: Policy, who: str) -> Ban | None:
    """Somebody's ban."""
    return next((one for one in policy.bans if one.who == who), None)
