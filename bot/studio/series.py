"""A series: the first panel, then the others with its picture along, a few at once, so that characters stay.

What is known of each panel is noted in the store as soon as it is known, and the version is made of those notes: the
same way when all is well, when somebody cancels, and after a crash.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot import pictures, replies
from bot.errors import BadAttachment, BadInput, OutcomeUnknown, Refused, RetouchError, SetupProblem, TakenBack
from bot.models import Asset, Job, Kind, PanelNote, Planning, Role, Usage, Version
from bot.panels import AT_ONCE, check_panel, panel_brief, panel_quote, plan, words_of
from bot.ports import Drawn, ImageRequest, Preview, Result, Step
from bot.studio.admins import tell_admins
from bot.studio.desk import Desk
from bot.studio.draw import (
    answered,
    cost_of,
    input_of,
    keep_picture,
    may_be_billed,
    surprises,
    to_its_end,
    version_of,
)
from bot.studio.gate import check_plan
from bot.studio.progress import LIGHT_EDGE, Progress
from bot.studio.wishes import Wish

log = logging.getLogger(__name__)


async def draw_series(desk: Desk, job: Job, folder: Path) -> Refused | None:
    """Draw the panels of a claimed job and keep what came; `draw.draw` calls it. Returns why a panel was refused.

    Raises what the first panel raises, as then there is nothing to keep. Cancelled, it keeps what is there.
    """
    parent = await desk.store.version(job.parent) if job.parent else None
    (first, *others) = plan(job, parent)
    async with Progress(desk, job) as progress:
        easel = _Easel(desk, job, parent, folder, progress)
        try:
            await easel.draw(*first)
            turns = asyncio.Semaphore(min(AT_ONCE, max(1, desk.concurrency)))
            async with asyncio.TaskGroup() as group:
                for panel in others:
                    group.create_task(easel.draw_quietly(*panel, turns))
        except asyncio.CancelledError:
            await to_its_end(finish(desk, job.id))
            raise
        await to_its_end(finish(desk, job.id))
    for sentence in dict.fromkeys(easel.for_admin):
        await tell_admins(desk, job.place, sentence)
    return easel.refused


class _Easel:
    """Draws one panel after the other, or some at once, and notes each."""

    def __init__(self, desk: Desk, job: Job, parent: Version | None, folder: Path, progress: Progress) -> None:
        self._desk, self._job, self._folder, self._progress = desk, job, folder, progress
        self._model = desk.catalog.model(job.options.model)
        self._provider = desk.provider_for(self._model)
        self._pictures = dict(zip(parent.panel_of, parent.images, strict=False)) if parent and job.only else {}
        self._over = 0
        self.for_admin: list[str] = []
        self.refused: Refused | None = None

    async def draw(self, number: int, like: int | None) -> None:
        """Draw one panel and note what came. Raises what the image service raises, noted, too."""
        note = PanelNote(number, cost=self._estimate(number, like))
        self._tell_step()
        try:
            result = await answered(self._provider, await self._request(note, like), self._offer_for(number))
            await check_plan(self._desk, self._job, result.revised)
            await to_its_end(self._keep(note, result))
        except TakenBack:
            raise
        except RetouchError as error:
            await to_its_end(self._note_failure(note, error))
            raise

    async def draw_quietly(self, number: int, like: int | None, turns: asyncio.Semaphore) -> None:
        """The same for a panel whose failure must not cost the others."""
        async with turns:
            try:
                await self.draw(number, like)
            except TakenBack:
                pass  # the job is over: nothing more is sent
            except RetouchError as error:
                log.warning("panel failed: job=%s panel=%s error=%s", self._job.id, number, type(error).__name__)
            except Exception:
                log.exception("panel failed: job=%s panel=%s", self._job.id, number)
                if number not in self._pictures:
                    estimate = PanelNote(number, cost=self._estimate(number, like))
                    await to_its_end(self._note_failure(estimate, OutcomeUnknown("Something went wrong on our side.")))

    def _estimate(self, number: int, like: int | None) -> int:
        if not self._provider.costs_money:
            return 0
        options = self._job.options
        planner = self._desk.catalog.planner(self._provider.planner_for(options)) if options.is_planned else None
        return panel_quote(self._job, number, like, self._model, planner).cost

    async def _request(self, note: PanelNote, like: int | None) -> ImageRequest:
        job, desk, number = self._job, self._desk, note.number
        folder = self._folder / f"panel-{number}"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        images = [await input_of(desk, self._pictures[like], f"panel {like}", Role.SUBJECT)] if like else []
        images += [await input_of(desk, one.asset, one.name, one.role) for one in job.references]

        async def may_send() -> bool:
            if not await desk.store.mark_sent(job.id, desk.owner, now=desk.now()):
                return False
            try:
                return await to_its_end(desk.store.note_panel(job.id, desk.owner, note))
            except asyncio.CancelledError:  # it is noted, and not sent after all
                unsent = replace(note, cost=0, why=replies.panels_unsent([number]))
                await to_its_end(desk.store.note_panel(job.id, desk.owner, unsent))
                raise

        return ImageRequest(
            prompt=panel_brief(job, number, like, self._model.max_prompt),
            options=replace(job.options, n=1),
            folder=folder,
            images=tuple(images),
            user_key=desk.user_key(job.user, job.place.workspace),
            previews=job.previews,
            words=words_of(job.prompt, job.panels[number - 1]),
            may_send=may_send,
        )

    async def _keep(self, note: PanelNote, result: Result) -> None:
        """The picture to its place, and the note that it is there. Raises `OutcomeUnknown` for what is no picture."""
        cost, is_estimate = cost_of(self._desk, self._as_one(note), result)
        self.for_admin += result.for_admin
        known = replace(note, cost=cost, cost_is_estimate=is_estimate, usage=result.usage, planning=result.planning,
                        gateway=result.gateway, notes=result.notes, sources=result.sources)  # fmt: skip
        try:
            asset = await keep_picture(self._desk, result.images[0])
        except BadAttachment as error:
            log.warning("a drawn panel could not be read: job=%s error=%s", self._job.id, error)
            raise OutcomeUnknown("The image service sent something that is not a picture.") from error
        self._pictures[note.number] = asset.id
        self._over += 1
        await self._desk.store.note_panel(self._job.id, self._desk.owner, replace(known, asset=asset.id))
        await self._offer_finished(note.number, asset)

    def _as_one(self, note: PanelNote) -> Job:
        """The job as if it were for this panel alone."""
        return replace(self._job, estimate=note.cost, options=replace(self._job.options, n=1))

    async def _note_failure(self, note: PanelNote, error: RetouchError) -> None:
        self._over += 1
        if isinstance(error, Refused):
            self.refused = error
        perhaps = may_be_billed(self._desk, self._job, error)
        why = replies.panel_failed(note.number, error, billed_perhaps=perhaps)
        if isinstance(error, SetupProblem) and not error.known:
            self.for_admin.append(error.for_admin)
        failed = replace(note, why=why, cost=note.cost if perhaps else 0, cost_is_estimate=perhaps)
        await self._desk.store.note_panel(self._job.id, self._desk.owner, failed)

    # ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _tell_step(self) -> None:
        if not self._job.only:
            count = len(self._job.panels)
            self._progress.offer(Step(replies.panel_step(min(self._over + 1, count), count)))

    def _offer_for(self, number: int) -> Callable[[Preview | Step], None]:
        def offer(news: Preview | Step) -> None:
            self._progress.offer(replace(news, number=number) if isinstance(news, Preview) else news)
            if isinstance(news, Preview):
                self._tell_step()

        return offer

    async def _offer_finished(self, number: int, asset: Asset) -> None:
        """A light copy of a finished panel, among the previews of the others."""
        light = self._folder / f"panel-{number}.webp"
        try:
            await asyncio.to_thread(pictures.thumbnail, self._desk.store.asset_path(asset), light, LIGHT_EDGE)
        except (BadAttachment, OSError):
            return
        self._progress.offer(Preview(light, 1.0, number))
        self._tell_step()


# ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def finish(desk: Desk, job_id: str) -> Version | None:
    """Keep what is noted of a series as its version; None where no panel is there. May be repeated.

    Panels that were sent and not answered stay in the books as estimates.
    """
    job = await desk.store.job(job_id)
    if job is None or not any(one.asset for one in job.drawn):
        return None
    parent = await desk.store.version(job.parent) if job.parent else None
    drawn = [one for one in job.drawn if one.asset]
    images = {**_others(job, parent), **{one.number: one.asset for one in drawn}}
    missing = _missing(job, parent)
    version = replace(
        version_of(desk, job, _as_result(drawn)),
        images=tuple(images[number] for number in sorted(images)),
        panels=job.panels,
        panel_of=tuple(sorted(images)),
        cost=job.at_stake,
        cost_is_estimate=any(one.cost_is_estimate and one.cost for one in job.drawn),
        missing=missing,
        doubtful=sum(one.cost for one in job.drawn if not one.asset),
        notes=tuple(await _notes(desk, job, drawn)),
        sent=_sent(desk, job, parent),
        fingerprint="" if missing else job.fingerprint,
    )
    version = await desk.store.keep(job.id, version)
    log.info("kept: job=%s version=%s panels=%s of %s cost=%s", job.id, version.id, len(drawn), len(job.panels),
             version.cost)  # fmt: skip
    return version


def _others(job: Job, parent: Version | None) -> Mapping[int, str]:
    """The panels that are the parent's, where only some are drawn anew."""
    return dict(zip(parent.panel_of, parent.images, strict=False)) if parent and job.only else {}


def _missing(job: Job, parent: Version | None) -> tuple[str, ...]:
    """A sentence for each panel that was asked for and is not there."""
    known = {one.number: one for one in job.drawn}
    sentences, unsent = [], []
    for number, _ in plan(job, parent):
        note = known.get(number)
        if note is None:
            unsent.append(number)
        elif not note.asset:
            sentences.append(note.why or replies.panel_lost(number, costs=bool(note.cost)))
    return (*sentences, *([replies.panels_unsent(unsent)] if unsent else []))


async def _notes(desk: Desk, job: Job, drawn: Sequence[PanelNote]) -> list[str]:
    assets = [asset for one in drawn if (asset := await desk.store.asset(one.asset))]
    told = [note for one in drawn for note in one.notes]
    return list(dict.fromkeys([*told, *surprises(job.options, assets)]))


def _sent(desk: Desk, job: Job, parent: Version | None) -> str:
    """Everything that was sent, panel by panel."""
    sent = {one.number for one in job.drawn}
    most = desk.catalog.model(job.options.model).max_prompt
    return "\n\n".join(panel_brief(job, number, like, most) for number, like in plan(job, parent) if number in sent)


def _as_result(drawn: Sequence[PanelNote]) -> Result:
    """What the answers come to together."""
    usages = [one.usage for one in drawn if one.usage]
    plans = [one.planning for one in drawn if one.planning]
    whole: tuple[Drawn, ...] = ()
    return Result(
        whole,
        usage=_added(usages) if len(usages) == len(drawn) else None,
        gateway=next((one.gateway for one in drawn), ""),
        sources=tuple(dict.fromkeys(source for one in drawn for source in one.sources)),
        planning=_planned(plans) if plans else None,
    )


def _added(usages: Sequence[Usage]) -> Usage:
    return Usage(
        sum(one.input_text_tokens for one in usages),
        sum(one.input_image_tokens for one in usages),
        sum(one.output_image_tokens for one in usages),
        sum(one.output_text_tokens for one in usages),
    )


def _planned(plans: Sequence[Planning]) -> Planning:
    return Planning(
        plans[0].model,
        sum(one.input_tokens for one in plans),
        sum(one.output_tokens for one in plans),
        sum(one.searches for one in plans),
    )


async def recovered(desk: Desk, job: Job) -> bool:
    """Whether a job whose worker died was a series with panels that could be kept: it is to be delivered."""
    return job.kind is Kind.SERIES and await finish(desk, job.id) is not None


# ── Again ────────────────────────────────────────────────────────────────────────────────────────────────────────


def panel_wish(wish: Wish, version: Version, number: int, words: str, flags: Mapping[str, str]) -> Wish:
    """The wish to draw one panel of a series anew, with its words or other ones; the rest is as it is.

    `wish` says who asks and where. The version is a child of `version`, with its other pictures. Raises `BadInput`.
    """
    if not version.panels or version.kind is not Kind.SERIES:
        raise BadInput(f"v{version.number} is not a series. Say in words what should change.")
    if "series" in flags:
        raise BadInput("One panel is drawn here; leave out --series.")
    count = len(version.panels)
    if not 1 <= number <= count:
        raise BadInput(f"v{version.number} has {count} panels; there is no panel {number}.")
    check_panel(number, words)
    panels = list(version.panels)
    panels[number - 1] = words.strip() or panels[number - 1]
    return replace(
        wish,
        prompt=version.prompt,
        kind=Kind.SERIES,
        parent=version,
        parent_image=1,
        base=version.options,
        flags=flags,
        references=version.references,
        avoid=version.avoid,
        panels=tuple(panels),
        only=(number,),
        may_offer=False,
    )


async def again_wish(desk: Desk, wish: Wish, meant: Version, version: Version) -> Wish:
    """The wish for a series once more, `version`: all of it; only one panel where `meant` is that panel, picked.

    Raises `BadInput`.
    """
    if meant.kind is Kind.PICK and meant.panel_of:
        return panel_wish(wish, version, meant.panel_of[0], "", {k: v for k, v in wish.flags.items() if k != "n"})
    first = version
    while len(first.panels) > first.options.n and first.parent:  # a panel of it was drawn anew
        before = await desk.store.version(first.parent)
        if before is None:
            break
        first = before
    parent = await desk.store.version(first.parent) if first.parent else None
    return replace(wish, parent=parent, parent_image=first.parent_image, panels=version.panels)
