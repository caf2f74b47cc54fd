"""Who may ask, for what: before anything is fetched, reserved or posted. What is refused is written down."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot import moderation, pictures, replies
from bot.errors import OverQuota, PlatformProblem, Refused, RetouchError, SetupProblem, Unavailable
from bot.models import Act, Command, Job, Kind, Place, Policy, Request, User, Version, new_id
from bot.policies import times
from bot.ports import Finding, InputImage
from bot.studio.admins import ONE_SHOT, tell_admins
from bot.studio.audit import acted, who
from bot.studio.desk import Desk

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Request)

ALONE = "dm"  # the workspace of a conversation with the bot alone, outside any workspace (Discord)
LIGHT = 512  # pixels: the longer edge of the copies that are checked
_CONTENT = ("policy", "precheck", "prompt", "result", "words")  # stages of refusals that are about what was asked


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may go on. `watched` are the terms that moderators want to hear of."""

    watched: tuple[str, ...] = ()


def readable(asked: T) -> T:
    """The request without halves of characters and NULs, which broken clients send and not everything can hold."""
    if isinstance(asked, Command):
        flags = {name: _readable(value) for name, value in asked.flags.items()}
        return replace(asked, text=_readable(asked.text), flags=flags)
    return replace(asked, text=_readable(asked.text))


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


async def enter(desk: Desk, asked: Request, place: Place | None = None) -> None:
    """Whether this person may do here what costs or shows something, before anything is fetched. Raises `Refused`."""
    place = place or asked.place
    policy = await _policy(desk, asked.user, place)
    moderation.check_person(asked.user, policy, desk.now())
    moderation.check_place(place, policy)


async def _policy(desk: Desk, user: User, place: Place) -> Policy:
    policy = await desk.store.policy(place.workspace)
    if place.workspace == ALONE:  # or a ban would hold everywhere but there
        policy = replace(policy, bans=(*policy.bans, *await desk.store.bans(f"user:{user.id}")))
    return policy


async def admit(desk: Desk, asked: Request, place: Place, policy: Policy, words: Sequence[str]) -> Admitted:
    """Whether this person may ask for this here, in words: free, and before anything is fetched. Raises `Refused`."""
    await enter(desk, asked, place)
    await _check_pace(desk, asked)
    return await asyncio.to_thread(_compared, words, policy)  # long texts and patterns take their time


def _compared(words: Sequence[str], policy: Policy) -> Admitted:
    moderation.check_words(words, policy)
    return Admitted(tuple(moderation.found_terms(words, policy.watched_terms)))


async def _check_pace(desk: Desk, asked: Request) -> None:
    """Somebody who was slowed down asks again; everybody else costs one read."""
    now = desk.now()
    conduct = await desk.store.conduct(asked.place.workspace, asked.user)
    if now < conduct.slow_until:
        rule = partial(moderation.asked, now=now, event=asked.event_id)
        await desk.store.change_conduct(asked.place.workspace, asked.user, rule)


# ── Asking a Moderations API ─────────────────────────────────────────────────────────────────────────────────────────


async def precheck(desk: Desk, job: Job, parent: Version | None, policy: Policy) -> None:
    """Have words and pictures judged, where the workspace wants that, before anything is reserved.

    Raises `Refused` for what is too much. When nobody can be asked, a workspace that set "closed" gets `Unavailable`;
    with "open" the picture is drawn, and the admins are told.
    """
    if policy.precheck not in ("open", "closed"):
        return
    try:
        findings = await _findings(desk, job, parent)
    except (SetupProblem, Unavailable) as error:
        log.warning("not prechecked: job=%s error=%s", job.id, type(error).__name__)
        is_open = policy.precheck == "open"
        why = error.for_admin if isinstance(error, SetupProblem) else str(error)
        await tell_admins(desk, job.place, replies.not_prechecked(why, drawn=is_open))
        if is_open:
            return
        raise Unavailable(replies.PRECHECK_CLOSED) from error
    moderation.check_findings(findings, policy)


async def _findings(desk: Desk, job: Job, parent: Version | None) -> Sequence[Finding]:
    if desk.checker is None:
        raise SetupProblem(replies.NO_CHECKER)
    async with _light_copies(desk, job, parent) as copies:
        return await desk.checker.check("\n".join(_words_of(job)), copies)


def _words_of(job: Job) -> list[str]:
    """The words that are sent: with each reference's name, which may be words too."""
    return [job.brief or job.prompt, *job.panels, *job.avoid, *(one.name for one in job.references)]


@asynccontextmanager
async def _light_copies(desk: Desk, job: Job, parent: Version | None) -> AsyncIterator[list[InputImage]]:
    """Small copies of what people sent, in the order in which the request numbers them; ours were checked before."""
    assets = [one.asset for one in job.references]
    if parent and parent.kind is Kind.UPLOAD:
        assets.insert(0, parent.images[min(job.parent_image, len(parent.images)) - 1])
    assets += [job.markup] if job.markup else []
    folder = desk.tmp / f"check-{new_id()}"
    await asyncio.to_thread(folder.mkdir, parents=True)
    try:
        yield [copy for asset in dict.fromkeys(assets) if (copy := await _light_copy(desk, asset, folder))]
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _light_copy(desk: Desk, asset_id: str, folder: Path) -> InputImage | None:
    asset = await desk.store.asset(asset_id)
    if asset is None:
        return None
    out = folder / f"{asset.id}.webp"
    copy = await asyncio.to_thread(pictures.thumbnail, desk.store.asset_path(asset), out, LIGHT)
    return InputImage(out, copy.media_type)


# ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def tell_what_is_watched(desk: Desk, asked: Request, job: Job, policy: Policy, admitted: Admitted) -> None:
    """Tell moderators of watched terms, and admins of a level that does not count here. Raises nothing of a chat's."""
    if policy.moderation == "low" and job.options.moderation != "low":
        await tell_admins(desk, job.place, replies.LOW_NEEDS_ADULTS)
    if not admitted.watched:
        return
    terms = ", ".join(admitted.watched)
    await acted(desk, asked, "watched", terms, words=job.prompt)
    channel, platform = moderation.report_channel(policy), desk.platforms.get(job.place.platform)
    if not channel or platform is None or job.place.platform.startswith(ONE_SHOT):
        log.warning("a watched term was used, and no channel is set to tell it: job=%s", job.id)
        return
    try:
        url = await platform.permalink(job.address) if job.address else ""
        card = replies.watched(job, terms, url)
        await platform.post(Place(job.place.platform, job.place.workspace, channel), card, reply_to=None,
                            key=f"watched-{job.id}")  # fmt: skip
    except PlatformProblem:
        log.warning("the moderators' channel %s cannot be posted to", channel, exc_info=True)


async def check_asker(desk: Desk, job: Job) -> None:
    """Raise `Refused` where who asked was banned while the request waited. Everybody reads it: it says no reason."""
    policy = await _policy(desk, job.user, job.place)
    try:
        moderation.check_person(job.user, replace(policy, roles_allowed=(), guests=True), desk.now())
    except Refused as error:
        raise Refused(replies.BANNED_MEANWHILE, category=error.category, stage=error.stage) from error


async def check_plan(desk: Desk, job: Job, revised: str) -> None:
    """Raise `Refused` where a text model wrote what its asker may not: it plans with what it finds on the web."""
    policy = await desk.store.policy(job.place.workspace)
    found = await asyncio.to_thread(moderation.found_terms, [revised], policy.blocked_terms)
    if found:
        raise Refused(replies.BLOCKED_PLAN, category="blocked term in the plan", stage="plan", billed=True)


async def note_refusal(desk: Desk, asked: Request, error: RetouchError) -> None:
    """Write a refusal to the audit, once for each event; what was refused for its content slows people down.

    Raises nothing: the asker is to be told in any case.
    """
    if not isinstance(error, Refused | OverQuota):
        return
    try:
        if not await desk.store.see(asked.place.platform, f"refused:{asked.event_id}"):
            return
        why = (error.category or error.stage) if isinstance(error, Refused) else "over quota"
        is_attempt = isinstance(error, Refused) and error.stage == "rights"  # which stays, as acts of admins do
        tried, words = (asked.text, "") if is_attempt else ("", asked.text)
        await acted(desk, asked, "refused", why, after=tried, words=words)
        if isinstance(error, Refused) and error.stage in _CONTENT:
            await _count(desk, asked.place, asked.user)
    except Exception:
        log.exception("a refusal was not noted: event=%s", asked.event_id)


async def note_outcome(desk: Desk, job: Job, error: RetouchError | None = None) -> None:
    """What the image service made of a request: a picture (None), or an error. Raises nothing."""
    try:
        if isinstance(error, Refused):
            why = error.category or error.stage or "image service"
            await acted(desk, _as_request(job), "refused", why, words=job.prompt)
            if error.stage != "person":
                await _count(desk, job.place, job.user)
        elif error is None and (await desk.store.conduct(job.place.workspace, job.user)).refused:
            await desk.store.change_conduct(job.place.workspace, job.user, moderation.behaved)
    except Exception:
        log.exception("an outcome was not noted: job=%s", job.id)


def _as_request(job: Job) -> Command:
    return Command(job.event_id, job.place, job.user, job.prompt)


async def _count(desk: Desk, place: Place, user: User) -> None:
    if user.is_admin:  # they try their own rules out
        return
    rule = partial(moderation.refused, now=desk.now())
    after = await desk.store.change_conduct(place.workspace, user, rule)
    if after.slow_until > desk.now() and not after.refused:
        log.info("slowed down: user=%s:%s until=%s", user.platform, user.id, after.slow_until)
        until = f"until {times.said(after.slow_until, (await desk.store.policy(place.workspace)).zone)}"
        slowed = Act(desk.now(), place.workspace, "bot", "Retouch", "slow", who(user), after=until)
        await desk.store.record(slowed)
