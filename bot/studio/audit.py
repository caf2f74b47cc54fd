"""Writes the audit: who did what, to what, and what it was before and after."""

from __future__ import annotations

from bot.models import Act, Place, Request, User
from bot.studio.desk import Desk

LONGEST_WORDS = 500  # characters of a prompt or a reason that are kept


async def acted(
    desk: Desk, request: Request, what: str, target: str = "", before: str = "", after: str = "", words: str = ""
) -> None:
    """Write a line about what a person did with this request. Names and lengths: `Act`."""
    await person_acted(desk, request.place, request.user, what, target, before, after, words)


async def person_acted(
    desk: Desk, place: Place, user: User, what: str, target: str = "", before: str = "", after: str = "",
    words: str = "",
) -> None:  # fmt: skip
    """Write a line about what a person did in a place. `words` are what they wrote: they can be let go of later."""
    await desk.store.record(
        Act(
            at=desk.now(),
            workspace=place.workspace,
            who=who(user),
            who_name=user.name,
            what=what,
            target=target,
            before=before[:LONGEST_WORDS],
            after=after[:LONGEST_WORDS],
            channel=place.channel,
            roles=" ".join(sorted(user.roles)),
            words=words[:LONGEST_WORDS],
        )
    )


def who(user: User) -> str:
    """A person as the audit names them: "PLATFORM:ID"."""
    return f"{user.platform}:{user.id}"
