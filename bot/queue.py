"""A few jobs at a time, people take turns, nothing is lost.

The store is the queue; this is the part of it that runs here: it claims jobs, keeps their leases, picks up what a
crash left behind, and stops without dropping anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bot import replies
from bot.cards import Card
from bot.errors import NotFound, OutcomeUnknown, PlatformProblem, ProviderProblem
from bot.models import Entry, Job, JobStatus, Kind
from bot.studio.admins import ONE_SHOT
from bot.studio.desk import Desk
from bot.studio.draw import draw, give_up, may_be_billed
from bot.studio.privacy import correct_messages
from bot.studio.removal import go_on_removing
from bot.studio.review import go_on_telling
from bot.studio.series import draw_series, recovered
from bot.studio.show import edit_quietly, show
from bot.studio.submit import put_up, waiting_card

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0  # how often other processes' jobs are looked for when nothing wakes us
SETTLING_MS = 10_000  # a step younger than this is still in somebody's hands


class Queue:
    """Runs this process's share of the jobs. `async with` it; leave to stop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._running: dict[str, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._draining = False
        self._places: dict[str, int] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._started = desk.now() - 1

    async def run(self) -> None:
        """Work until cancelled. Starts with what the last process left behind."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._claim_forever())
            group.create_task(self._keep_house())

    def wake(self) -> None:
        """A job was accepted: look now."""
        self._awake.set()

    async def drain(self, grace: float) -> None:
        """Take no more jobs; give running ones `grace` seconds, then interrupt them. Queued ones stay queued."""
        self._draining = True
        running = list(self._running.values())
        if not running:
            return
        log.info("stopping: %s jobs still running, up to %s s", len(running), grace)
        _, late = await asyncio.wait(running, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def cancel(self, job: Job) -> bool:
        """Stop a job. False when it is too late."""
        if ended := await self._desk.store.cancel(job.id):
            if task := self._running.get(job.id):  # it waits for its turn at the image service
                task.cancel()
                await asyncio.wait([task])
            if telling := self._telling.get(job.id):
                await asyncio.wait([telling])
            await edit_quietly(self._desk, ended, replies.cancelled(ended, billed_perhaps=False))
            return True
        task = self._running.get(job.id)
        if task is None or task.done():
            return False
        return await self._interrupt(job, task)

    async def _interrupt(self, job: Job, task: asyncio.Task[None]) -> bool:
        perhaps = may_be_billed(self._desk, job, OutcomeUnknown(""))
        entry = Entry.UNKNOWN if perhaps else Entry.RELEASE
        keeps_some = await self._desk.store.stop(job.id)  # a series: its panels are kept, not failed
        failed = None if keeps_some else await self._desk.store.fail(job.id, entry, "cancelled", counts=True)
        if not failed and not keeps_some:
            return False
        task.cancel()
        await asyncio.wait([task])
        if failed and not await self._was_kept(job):
            await edit_quietly(self._desk, job, replies.cancelled(failed, billed_perhaps=perhaps))
        return True

    async def _was_kept(self, job: Job) -> bool:
        """What arrived in the very moment it was cancelled is paid for, and shown."""
        now = await self._desk.store.job(job.id)
        return now is not None and now.version is not None

    # ── claiming ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _claim_forever(self) -> None:
        while True:
            self._awake.clear()
            try:
                claimed = await self._claim_one()
            except Exception:
                log.exception("no job could be claimed; it is tried again")
                claimed = False
            if not claimed:
                await self._wait()

    async def _claim_one(self) -> bool:
        desk = self._desk
        if self._draining or len(self._running) >= desk.concurrency:
            return False
        now = desk.now()
        job = await desk.store.claim(
            desk.owner, platforms=tuple(desk.platforms), now=now, lease_until=now + desk.lease_ms
        )
        if job is None:
            return False
        task = asyncio.create_task(self._draw(job), name=f"draw-{job.id}")
        self._running[job.id] = task
        task.add_done_callback(lambda _: self._ended(job.id))
        return True

    def _ended(self, job_id: str) -> None:
        self._running.pop(job_id, None)
        self.wake()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            pass

    # ── keeping house ────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_house(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every_while(self._renew))
            group.create_task(self._every_while(self._pick_up))
            group.create_task(self._every_while(self._tell_places))
            group.create_task(self._every_while(partial(correct_messages, self._desk)))

    async def _every_while(self, work: Callable[[], Awaitable[None]]) -> None:
        """Now, and three times in every lease. What waits for a slow chat must not hold up the leases."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("house-keeping failed; it is tried again")
            await asyncio.sleep(self._desk.lease_ms / 3000)

    async def _renew(self) -> None:
        until = self._desk.now() + self._desk.lease_ms
        for job_id, task in list(self._running.items()):
            if not await self._desk.store.renew(job_id, self._desk.owner, lease_until=until):
                log.warning("lost the lease of job %s; somebody else settled it", job_id)
                task.cancel()

    async def _pick_up(self) -> None:
        """Take over what a dead process left: all from before our time, and what nobody touched for a while."""
        desk = self._desk
        before = max(self._started, desk.now() - SETTLING_MS)
        for job in await desk.store.expired(now=desk.now()):
            if self._is_ours(job) or is_one_shot(job):
                await _tried(self._settle_lost(job), job.id)
        for job in await desk.store.unplaced(before=before):
            if self._is_ours(job) and not self._draining:
                await _tried(self._place_again(job), job.id)
            elif is_one_shot(job) and job.created < desk.now() - SETTLING_MS:
                await give_up(desk, job, ProviderProblem(replies.STOPPED_EARLY))
        for job in await desk.store.undelivered(before=before):
            if self._is_ours(job) and job.id not in self._running:
                await self._show(job)
        for review in await desk.store.reviews.unsettled(before=before):
            if review.place.platform in desk.platforms:
                await _tried(go_on_telling(desk, review), review.version)
        for removal in await desk.store.reviews.unfinished(before=before):
            if removal.place.platform in desk.platforms:
                await _tried(go_on_removing(desk, removal), removal.version)

    async def _show(self, job: Job) -> None:
        """One that cannot be shown must not hold up the others."""
        try:
            await show(self._desk, job.id)
        except Exception:
            log.exception("not shown: job=%s", job.id)

    async def _tell_places(self) -> None:
        """Who waits sees the line move. A place is told when it is another than was told from here before."""
        desk = self._desk
        waiting = await desk.store.waiting(tuple(desk.platforms))
        before = await desk.store.line_before(waiting[0].id) if waiting else 0
        places = {job.id: max(0, before + index - desk.concurrency + 1) for index, job in enumerate(waiting)}
        for index, job in enumerate(waiting):
            if self._places.get(job.id) != places[job.id]:
                await self._tell_place(job, await waiting_card(desk, job, before + index))
        self._places = places

    async def _tell_place(self, job: Job, card: Card) -> None:
        """Unless its turn has come meanwhile. If it comes just now, the drawing waits for the end of this edit."""
        now = await self._desk.store.job(job.id)
        if now is None or now.status is not JobStatus.QUEUED or job.id in self._running:
            return
        self._telling[job.id] = asyncio.create_task(edit_quietly(self._desk, job, card))
        await asyncio.wait([self._telling[job.id]])
        del self._telling[job.id]

    async def _draw(self, job: Job) -> None:
        if telling := self._telling.get(job.id):
            await asyncio.wait([telling])
        await draw(self._desk, job, draw_series if job.kind is Kind.SERIES else None)

    def _is_ours(self, job: Job) -> bool:
        return job.place.platform in self._desk.platforms

    async def _settle_lost(self, job: Job) -> None:
        if job.sent is None and is_one_shot(job):
            await give_up(self._desk, job, ProviderProblem(replies.STOPPED_EARLY))
            return
        if job.sent is None and await self._desk.store.requeue(job.id, job.owner or ""):
            log.info("job %s runs again: its worker died before anything was sent", job.id)
            self.wake()
            return
        if await recovered(self._desk, job):
            await self._show(job)
            return
        await give_up(self._desk, job, OutcomeUnknown(replies.INTERRUPTED))

    async def _place_again(self, job: Job) -> None:
        try:
            await put_up(self._desk, job)
            self.wake()
        except (PlatformProblem, NotFound) as error:
            log.warning("placeholder not posted: job=%s", job.id, exc_info=True)
            await self._desk.store.fail(job.id, Entry.RELEASE, str(error))


async def _tried(work: Awaitable[None], of: str) -> None:
    """One that cannot be done must not hold up the others. `of` is a job's or a version's id."""
    try:
        await work
    except Exception:
        log.exception("it is tried again: id=%s", of)


def is_one_shot(job: Job) -> bool:
    """Whether a job came from one run of the command line: when that is gone, nobody waits for its picture."""
    return job.place.platform.startswith(ONE_SHOT)
