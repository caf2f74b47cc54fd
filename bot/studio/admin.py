"""The admin command: what admins and moderators type in a chat."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable

from bot.cards import Card
from bot.errors import BadInput, PlatformProblem, Refused
from bot.links import Grant, Page
from bot.models import Act, Ban, Command, Place, Policy, User
from bot.policies import SETTINGS, Setting, parts, setting, toml, words
from bot.policies.advice import advice
from bot.policies.changing import Clerk, banned, differences
from bot.ports import By
from bot.replies import admin as said
from bot.replies.pages import NO_PAGES
from bot.studio.audit import who
from bot.studio.budgets import budgets_used
from bot.studio.desk import Desk
from bot.studio.gate import ALONE
from bot.studio.review import may_moderate
from bot.studio.turn import Turn
from bot.studio.usage import usage_report

log = logging.getLogger(__name__)

WAS = "was "  # before a setting's name, in a form: what the form showed
DAY_MS = 86_400_000
MOST_DAYS = 366


async def admin_command(desk: Desk, command: Command, turn: Turn) -> None:
    """Do it once and answer. Raises `Refused` for who may not, `BadInput` for what cannot be; the audit has both."""
    verb, rest = _split(command.text)
    if command.place.workspace == ALONE:
        raise BadInput(said.NO_WORKSPACE)
    policy = await desk.store.policy(command.place.workspace)
    _check_rights(command.user, policy, verb, desk.now())
    do = _VERBS.get(verb)
    if do is None:
        raise BadInput(said.unknown_words(command.text, [one for one in _VERBS if one]))
    if await turn.take():  # before anything is changed: a grant delivered twice is given once
        await turn.tell(await do(_Asked(desk, command, policy), rest))


def _split(text: str) -> tuple[str, str]:
    """The verb and the rest, whose lines stay."""
    verb, _, rest = text.strip().replace("\n", " \n", 1).partition(" ")
    return verb.lower(), rest.strip()


def _check_rights(user: User, policy: Policy, verb: str, now: int) -> None:
    if user.is_admin:
        return
    if verb not in ("ban", "unban"):
        raise _refused(said.NOT_AN_ADMIN)
    if not may_moderate(policy, user):
        raise _refused(said.NOT_A_MODERATOR)
    own = banned(policy, f"user:{user.id}")
    if own and (own.until is None or now < own.until):
        raise _refused(said.BANNED_MODERATOR)


def _refused(sentence: str) -> Refused:
    return Refused(sentence, category="not an admin", stage="rights")


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """One admin command. `policy` is as it was when the command came."""

    desk: Desk
    command: Command
    policy: Policy

    @property
    def workspace(self) -> str:
        return self.command.place.workspace

    @property
    def clerk(self) -> Clerk:
        return Clerk(self.desk.store, self.workspace, self._sign, self.desk.now())

    def _sign(self, what: str, target: str, before: str, after: str) -> Act:
        user = self.command.user
        return Act(self.desk.now(), self.workspace, who(user), user.name, what, target, before, after)

    async def changed(self, before: Policy, after: Policy, one: Setting) -> Card:
        """What was changed, and what to do next."""
        found = differences(before, after)
        rooms = [name for name, _, channel in found if name in said.ROOMS and channel != SETTINGS[name].empty]
        strangers = [name for name in rooms if not await self._can_speak_in(name, after)]
        names, platform = [name for name, _, _ in found], self.command.place.platform
        notes = [*advice(names, after, platform, self.desk.catalog), *map(said.cannot_speak_in, strangers)]
        return said.set_to(found, one, after, notes)

    async def _can_speak_in(self, name: str, policy: Policy) -> bool:
        """Tell a channel what it is for from here on; False where the bot may not speak there."""
        place, channel = self.command.place, getattr(policy, SETTINGS[name].field)
        key = f"room-{self.command.event_id}-{name}"
        try:
            await self.desk.platforms[place.platform].post(
                Place(place.platform, place.workspace, channel), said.room(name), reply_to=None, key=key
            )
        except PlatformProblem:
            log.info("a channel cannot be posted to: setting=%s channel=%s", name, channel)
            return False
        return True

    def page(self) -> str:
        """The admin page's address; "" where people cannot open pages."""
        user, place = self.command.user, self.command.place
        if not self.desk.links.reaches(place.platform):
            return ""
        return self.desk.links.make(Page.ADMIN, Grant(user, place))


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _overview(asked: _Asked, _: str) -> Card:
    budgets = await budgets_used(asked.desk.store, asked.workspace, asked.policy, asked.desk.now())
    return said.overview(asked.policy, budgets, asked.page())


async def _show(asked: _Asked, name: str) -> Card:
    if name.lower() in ("", "all"):
        return said.all_settings(asked.policy)
    return said.one_setting(setting(name), asked.policy)


async def _set(asked: _Asked, text: str) -> Card:
    flags = asked.command.flags  # a form sends all it changed, all or none is set; and what it showed, "was NAME"
    wanted = [(name, value) for name, value in flags.items() if not name.startswith(WAS)] or [_split(text)]
    name, value = wanted[0]
    if not name:
        raise BadInput("Say which setting and what it should be, for example: set images-per-day 20")
    one = setting(name)
    if not value:
        raise BadInput(f"Say what {one.name} should be, for example: set {one.name} {one.show(asked.policy)}")
    shown = {name.removeprefix(WAS): value for name, value in flags.items() if name.startswith(WAS)}
    before, after = await asked.clerk.set(wanted, shown)
    return await asked.changed(before, after, one)


async def _add(asked: _Asked, text: str) -> Card:
    return await _part(asked, text, "add", parts.add)


async def _remove(asked: _Asked, text: str) -> Card:
    return await _part(asked, text, "remove", parts.remove)


async def _part(asked: _Asked, text: str, verb: str, change: Callable[[Policy, str, str], Policy]) -> Card:
    name, value = _split(text)
    if not name:
        raise BadInput(f"Say of which list and what, for example: {verb} blocked-terms dragon")
    before, after = await asked.clerk.change(lambda policy: change(policy, name, value))
    return await asked.changed(before, after, setting(name))


async def _export(asked: _Asked, _: str) -> Card:
    return said.exported(toml.export(asked.policy, asked.workspace))


async def _page(asked: _Asked, _: str) -> Card:
    url = asked.page()
    if not url:
        raise BadInput(NO_PAGES)
    return said.admin_page(url)


# ── people and money ─────────────────────────────────────────────────────────────────────────────────────────────


async def _grant(asked: _Asked, text: str) -> Card:
    _, after, grant = await asked.clerk.grant(text)
    return said.granted(grant, after)


async def _ban(asked: _Asked, text: str) -> Card:
    user = asked.command.user
    _, after, ban = await asked.clerk.ban(text, who(user), lambda policy, new: _may_ban(asked, policy, new))
    return said.banned(ban, after)


async def _unban(asked: _Asked, text: str) -> Card:
    _, _, ban = await asked.clerk.unban(text, lambda policy, old: _may_end(asked, policy, old))
    return said.unbanned(ban)


def _may_ban(asked: _Asked, policy: Policy, new: Ban) -> None:
    """Raise for a ban that this person may not give; `policy` is as it is inside the transaction."""
    user = asked.command.user
    if new.who == f"user:{user.id}":
        raise BadInput(said.NOT_YOURSELF)
    _check_rights(user, policy, "ban", asked.desk.now())
    if user.is_admin:
        return
    if new.who in policy.moderators:
        raise _refused(said.NOT_A_COLLEAGUE)
    _check_length(asked, new)
    if earlier := banned(policy, new.who):
        _check_length(asked, earlier)  # replacing a longer one would end it


def _may_end(asked: _Asked, policy: Policy, old: Ban) -> None:
    user = asked.command.user
    if old.who == f"user:{user.id}" and not user.is_admin:
        raise BadInput(said.NOT_YOURSELF)
    _check_rights(user, policy, "unban", asked.desk.now())
    if not user.is_admin:
        _check_length(asked, old)


def _check_length(asked: _Asked, ban: Ban) -> None:
    """Raise for a ban that is more than a moderator's."""
    if ban.until is None or ban.until > asked.desk.now() + said.MODERATORS_DAYS * DAY_MS:
        raise _refused(said.TOO_LONG)


async def _usage(asked: _Asked, text: str) -> Card:
    days = words.count(text, MOST_DAYS) if text else 30
    if not days:
        raise BadInput(f"Say of how many days, 1 (today) to {MOST_DAYS}, for example: usage 30")
    report = await usage_report(asked.desk.store, By.PERSON, days=days, now=asked.desk.now(), workspace=asked.workspace)
    return said.used_by(report, days)


async def _unknown(asked: _Asked, _: str) -> Card:
    return said.open_outcomes(await asked.desk.store.unknowns(asked.workspace), asked.policy)


async def _help(_: _Asked, __: str) -> Card:
    return said.everything()


async def _resolve(asked: _Asked, text: str) -> Card:
    """Take an outcome that nobody knew into the books: "JOB $0.04"."""
    job, _, amount = text.partition(" ")
    if not amount:
        raise BadInput(
            "Say which request and what it has cost by the bill, for example: resolve REQUEST $0.04. See: unknown"
        )
    cost = words.money(amount, bare=True)
    if job not in {one.job for one in await asked.desk.store.unknowns(asked.workspace)}:
        raise BadInput(f"There is no open request {words.short(job)}. See: unknown")
    await asked.desk.store.resolve_unknown(job, cost, who(asked.command.user), asked.clerk.resolved(job, cost))
    return said.resolved(job, cost)


_VERBS: dict[str, Callable[[_Asked, str], Awaitable[Card]]] = {
    "": _overview,
    "show": _show,
    "set": _set,
    "add": _add,
    "remove": _remove,
    "grant": _grant,
    "ban": _ban,
    "unban": _unban,
    "usage": _usage,
    "unknown": _unknown,
    "resolve": _resolve,
    "export": _export,
    "page": _page,
    "help": _help,
}
