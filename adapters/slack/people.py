"""Who somebody in Slack is: their name, their rank, their user groups. Nothing of it is believed for long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.problems import error_code
from bot.models import User

log = logging.getLogger(__name__)

REMEMBERED = 1000
RANK_SECONDS = 60.0  # who lost a right has it no longer than this; `users.info` takes about 100 requests a minute
GROUPS_SECONDS = 300.0  # `usergroups.list` takes about 20 a minute, and tells all groups at once
PATIENCE = 1.5  # seconds that everybody may wait for the groups; forms close after three
NO_GROUPS = (
    "Rules for user groups have no effect: the Slack app lacks the permission usergroups:read. "
    "Install it again from the manifest."
)

_FAILURES = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Groups:
    """The user groups of a workspace: their handles by id, and who is in which. `problem`: why they are not known."""

    names: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    problem: str = ""


class People:
    """Asks Slack who somebody is, and remembers it for a little while. `clock` counts seconds."""

    def __init__(self, client: AsyncWebClient, workspace: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._client = client
        self._workspace = workspace
        self._known: OrderedDict[str, tuple[float, User]] = OrderedDict()
        self._groups: tuple[float, Groups] | None = None
        self._asking = asyncio.Lock()

    async def user(self, user_id: str, *, fresh: bool = False) -> User:
        """A person with name, rank and user groups; `fresh`: asked for at this very moment. Raises nothing.

        Of whom Slack tells nothing now counts as a guest without any rank.
        """
        at, known = self._known.get(user_id, (0.0, None))
        if known is None or fresh or self.clock() - at >= RANK_SECONDS:
            known = await self._asked(user_id) or replace(
                known or User("slack", user_id, user_id, is_guest=True), is_admin=False
            )
        return replace(known, roles=(await self.groups()).of.get(user_id, frozenset()))

    async def _asked(self, user_id: str) -> User | None:
        try:
            found = (await self._client.users_info(user=user_id))["user"]
        except _FAILURES as error:
            log.warning("a person is not known: %s", error_code(error) if isinstance(error, SlackApiError) else error)
            return None
        someone = user_of(user_id, found, self._workspace)
        self._known[user_id] = (self.clock(), someone)
        self._known.move_to_end(user_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return someone

    async def groups(self) -> Groups:
        """The workspace's user groups, asked for once in a while; those of last time when Slack does not answer."""
        async with self._asking:  # many people at once are one request
            if self._groups is None or self.clock() - self._groups[0] >= GROUPS_SECONDS:
                before = self._groups[1] if self._groups else Groups()
                self._groups = self.clock(), await self._listed(before)
            return self._groups[1]

    async def _listed(self, before: Groups) -> Groups:
        try:
            async with asyncio.timeout(PATIENCE):
                found = (await self._client.usergroups_list(include_users=True)).get("usergroups") or ()
        except SlackApiError as error:
            if error_code(error) != "missing_scope":
                log.info("user groups are not known: %s", error_code(error))  # smaller plans have none
                return before
            log.error("an admin must act: %s", NO_GROUPS)
            return Groups(problem=NO_GROUPS)
        except _FAILURES as error:
            log.warning("user groups are not known: %s", type(error).__name__)
            return before
        return groups_of(found)


def user_of(user_id: str, found: Payload, workspace: str) -> User:
    """A person as `users.info` describes them.

    Somebody of another organisation is no admin here, whatever they are there.
    """
    profile = found.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or found.get("name") or user_id
    is_guest = is_guest_of(found, workspace)
    is_admin = bool(found.get("is_admin") or found.get("is_owner")) and not is_guest and not found.get("deleted")
    return User("slack", user_id, str(name), is_admin=is_admin, is_guest=is_guest)


def is_guest_of(found: Payload, workspace: str) -> bool:
    """Somebody invited to some channels only, or of another organisation (Slack Connect)."""
    if any(found.get(name) for name in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return True
    teams = [found.get("team_id") or workspace, *((found.get("enterprise_user") or {}).get("teams") or ())]
    return workspace not in teams


def groups_of(listed: list[Payload] | tuple[Payload, ...]) -> Groups:
    """The answer of `usergroups.list`. Groups that were switched off are left out."""
    live = [one for one in listed if one.get("id") and not one.get("date_delete")]
    members: dict[str, set[str]] = {}
    for group in live:
        for person in group.get("users") or ():
            members.setdefault(person, set()).add(group["id"])
    names = {str(one["id"]): str(one.get("handle") or one.get("name") or one["id"]) for one in live}
    return Groups(names, {person: frozenset(theirs) for person, theirs in members.items()})
