"""Which channels there are in the web chat, and who may look into them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from adapters.web.requests import CHANNEL
from bot.errors import NotFound
from bot.models import Policy, User
from bot.ports import Store, Transcript
from bot.studio.review import may_moderate

WORKSPACE = "local"
_SOMEBODY = re.compile(r"[0-9a-f]{16}")
NOT_YOURS = f"This channel is not open to you. Go back to #{CHANNEL}."


class Rooms:
    """Everybody may look into every channel, but for those where moderators see what others may not.

    In other chats such channels have members; here the settings that name them say who: #general is everybody's. A
    channel called like somebody's id is theirs alone, as in Slack.
    """

    def __init__(self, store: Store, transcript: Transcript) -> None:
        self._store = store
        self._transcript = transcript

    async def readers(self, channel: str) -> Callable[[User], bool]:
        """Who may look into a channel."""
        policy = await self._store.policy(WORKSPACE)
        return lambda user: _may_read(channel, user, policy)

    async def check(self, channel: str, user: User) -> None:
        """Raise `NotFound` for who may not look into it."""
        if not (await self.readers(channel))(user):
            raise NotFound(NOT_YOURS)

    async def of(self, user: User) -> Sequence[str]:
        """The channels that somebody may look into and that have messages or a purpose, the common one first."""
        policy = await self._store.policy(WORKSPACE)
        known = {*await self._transcript.channels(), *_closed(policy)}
        return [CHANNEL, *sorted(one for one in known - {CHANNEL} if _may_read(one, user, policy))]


def _may_read(channel: str, user: User, policy: Policy) -> bool:
    if _SOMEBODY.fullmatch(channel):
        return user.id == channel
    return channel not in _closed(policy) or may_moderate(policy, user)


def _closed(policy: Policy) -> set[str]:
    return {policy.review_channel, policy.report_channel, policy.admin_channel} - {CHANNEL, ""}
