"""Who may ask, and in which channels; what is otherwise in a channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import Refused
from bot.models import Place, Policy, User

_ASK = "Nothing was charged. Ask an admin."


def policy_for(policy: Policy, channel: str) -> Policy:
    """The workspace's policy with what is otherwise in this channel."""
    own = next((one for one in policy.channels if one.channel == channel), None)
    if own is None:
        return policy
    return replace(
        policy,
        moderation=own.moderation or policy.moderation,
        thread_mode=policy.thread_mode if own.thread_mode is None else own.thread_mode,
        previews=policy.previews if own.previews is None else own.previews,
        review=policy.review if own.review is None else own.review,
        spoiler=policy.spoiler if own.spoiler is None else own.spoiler,
        private=policy.private if own.private is None else own.private,
    )


def report_channel(policy: Policy) -> str:
    """Where moderators are told: "" where nobody named a channel."""
    return policy.report_channel or policy.review_channel or policy.admin_channel


_HAVE_AGES = frozenset({"discord"})  # chats with age-restricted channels


def level_for(policy: Policy, adults: bool | None, platform: str) -> str:
    """The image API's own `moderation` parameter: "auto" or "low".

    `adults`: whether the channel is age-restricted; None: a page cannot tell, or the chat has no such channels.
    """
    if policy.moderation != "low":
        return "auto"
    counts = adults if adults is not None else platform not in _HAVE_AGES
    return "low" if counts or not policy.low_needs_adults else "auto"


def check_person(user: User, policy: Policy, now: int) -> None:
    """Raise `Refused` for who is banned, denied, or not among those who may.

    Admins need no role and are no guests, but a ban or a denial of their own holds for them too.
    """
    names = {f"user:{user.id}", *(f"role:{role}" for role in user.roles)}
    for ban in policy.bans:
        if ban.who in names and (ban.until is None or now < ban.until):
            reason = f": {ban.reason.strip().rstrip('.')}." if ban.reason.strip() else "."
            raise _refused(f"You may not make pictures here {_until(ban.until, policy.zone)}{reason} {_ASK}", "banned")
    if names & set(policy.denied):
        raise _refused(f"You may not make pictures here. {_ASK}", "denied")
    if user.is_admin:
        return
    if user.is_guest and not policy.guests:
        raise _refused(f"Guests may not make pictures here. {_ASK}", "guest")
    if policy.roles_allowed and not names & set(_as_roles(policy.roles_allowed)):
        raise _refused(f"Only some roles may make pictures here. {_ASK}", "role")


def check_place(place: Place, policy: Policy) -> None:
    """Raise `Refused` in a channel where no pictures may be made."""
    allowed = place.channel in policy.channels_allowed or not policy.channels_allowed
    if place.channel in policy.channels_denied or not allowed:
        raise _refused("Pictures are not made in this channel. Nothing was charged. Try another, or ask an admin.",
                       "channel")  # fmt: skip


def _as_roles(names: Iterable[str]) -> list[str]:
    """Roles as "role:ID"; a bare id is one, too."""
    return [name if ":" in name else f"role:{name}" for name in names]


def _refused(sentence: str, category: str) -> Refused:
    return Refused(sentence, category=category, stage="person" if category != "channel" else "place")


def _until(until: int | None, zone: str) -> str:
    if until is None:
        return "any more"
    try:
        at = dt.datetime.fromtimestamp(until / 1000, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        at = dt.datetime.fromtimestamp(min(until / 1000, 32_503_680_000), dt.UTC)
    return f"until {at.day} {at:%B %Y, %H:%M} ({at.tzname() or zone})"
