"""From a claimed job to a kept version: ask the image service once, show previews, save what comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot import pictures, replies
from bot.briefs import wished
from bot.errors import (
    BadAttachment,
    OutcomeUnknown,
    ProviderProblem,
    Refused,
    RetouchError,
    SetupProblem,
    TakenBack,
)
from bot.models import Asset, Entry, Job, JobStatus, Kind, Options, Role, Standing, Version, new_id
from bot.ports import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result, Step
from bot.pricing import actual_cost, planning_cost
from bot.studio.admins import tell_admins
from bot.studio.desk import Desk
from bot.studio.gate import check_asker, check_plan, note_outcome
from bot.studio.intake import as_asset
from bot.studio.lock import lock
from bot.studio.progress import Progress
from bot.studio.show import edit_quietly, show

T = TypeVar("T")

log = logging.getLogger(__name__)

UNBELIEVABLE = 5  # times the most it should cost: some gateways invent token counts


async def draw(desk: Desk, job: Job, how: Callable[[Desk, Job, Path], Awaitable[Refused | None]] | None = None) -> None:
    """Run one claimed job to its end, by `how` if it is not drawn by one request: it tells of a part that was refused.

    Raises nothing but `CancelledError`, and then its ledger is settled too.
    """
    folder = desk.tmp / f"job-{job.id}"
    try:
        await check_asker(desk, job)
        refused = await (how or _drawn)(desk, job, folder)
    except TakenBack:
        pass  # it was cancelled, or is no longer ours; whoever did that told the asker
    except RetouchError as error:
        await give_up(desk, job, error)
    except asyncio.CancelledError:
        await asyncio.shield(_let_go(desk, job))
        raise
    except Exception as error:
        log.exception("drawing failed: job=%s", job.id)
        await give_up(desk, job, OutcomeUnknown(f"Something went wrong on our side ({job.id})."), cause=error)
    else:
        await note_outcome(desk, job, refused)
        await show(desk, job.id)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _drawn(desk: Desk, job: Job, folder: Path) -> Refused | None:
    model = desk.catalog.model(job.options.model)
    provider = desk.provider_for(model)
    request = await _request(desk, job, folder)
    async with Progress(desk, job) as progress:
        result = await answered(provider, request, progress.offer)
        await check_plan(desk, job, result.revised)
        await to_its_end(_keep(desk, job, result))
    for sentence in result.for_admin:
        await tell_admins(desk, job.place, sentence)
    return None


async def to_its_end(work: Coroutine[object, object, T]) -> T:
    """Finish what has begun, also when somebody cancels or the process stops: it is paid for."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():  # the lease that is lost meanwhile cancels once more
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise


async def _request(desk: Desk, job: Job, folder: Path) -> ImageRequest:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    images = await _inputs(desk, job)
    return ImageRequest(
        prompt=job.brief or job.prompt,
        options=job.options,
        folder=folder,
        images=images,
        mask=await _file_of(desk, job.mask) if job.mask else None,
        user_key=desk.user_key(job.user, job.place.workspace),
        previews=job.previews,
        words=wished(job.prompt, job.kind, strong=job.strong),
        markup=await _file_of(desk, job.markup) if job.markup else None,
        may_send=lambda: desk.store.mark_sent(job.id, desk.owner, now=desk.now()),
    )


async def _inputs(desk: Desk, job: Job) -> tuple[InputImage, ...]:
    inputs = []
    parent = await desk.store.version(job.parent) if job.parent and job.kind is not Kind.GENERATE else None
    if parent:
        chosen = job.canvas or parent.images[min(job.parent_image, len(parent.images)) - 1]
        inputs.append(await input_of(desk, chosen, f"v{parent.number}", Role.IMAGE))
    references = [await input_of(desk, one.asset, one.name, one.role) for one in job.references]
    return (*inputs, *references)


async def input_of(desk: Desk, asset_id: str, name: str, role: Role) -> InputImage:
    """A kept picture as an input. Raises `ProviderProblem` when it was removed."""
    asset = await _asset(desk, asset_id)
    return InputImage(desk.store.asset_path(asset), asset.media_type, name, role)


async def _file_of(desk: Desk, asset_id: str) -> Path:
    return desk.store.asset_path(await _asset(desk, asset_id))


async def _asset(desk: Desk, asset_id: str) -> Asset:
    asset = await desk.store.asset(asset_id)
    if asset is None:
        raise ProviderProblem("A picture this needs was removed in the meantime. Start again from another version.")
    return asset


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def answered(provider: ImageProvider, request: ImageRequest, offer: Callable[[Preview | Step], None]) -> Result:
    """Ask once; previews and steps go to `offer` as they come. Raises what the provider raises, `OutcomeUnknown`."""
    result: Result | None = None
    async with contextlib.aclosing(provider.generate(request)) as steps:
        async for step in steps:
            if isinstance(step, Result):
                result = step
            else:
                offer(step)
    if result is None or not result.images:
        raise OutcomeUnknown("The image service answered without a picture.")
    return result


# ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _keep(desk: Desk, job: Job, result: Result) -> Version:
    """Files to their place, then one transaction: version, head, settled ledger, job = delivering."""
    kept: list[Asset] = []
    missing = list(result.missing)
    for drawn in result.images:
        try:
            kept.append(await keep_picture(desk, drawn))
        except BadAttachment as error:
            log.warning("a drawn picture could not be read: job=%s error=%s", job.id, error)
            missing.append("One picture arrived damaged and was not counted.")
    if not kept:
        raise OutcomeUnknown("The image service sent something that is not a picture.")
    cost, is_estimate = cost_of(desk, job, result)
    notes = [*result.notes, *surprises(job.options, kept)]
    locked = await lock(desk, job, kept)
    lost = max(0, min(result.doubtful, job.options.n - len(result.images))) * -(-job.estimate // job.options.n)
    version = replace(version_of(desk, job, result), images=tuple(one.id for one in kept), cost=cost,
                      cost_is_estimate=is_estimate, missing=tuple(missing), notes=(*notes, *locked.notes),
                      changed=locked.changed, doubtful=min(cost, lost))  # fmt: skip
    if locked.images:
        version = replace(version, images=locked.images, originals=version.images, drift=locked.drift)
    version = await desk.store.keep(job.id, version)
    log.info("kept: job=%s version=%s images=%s cost=%s gateway=%s request=%s", job.id, version.id, len(kept), cost,
             result.gateway, result.request_id)  # fmt: skip
    return version


def version_of(desk: Desk, job: Job, result: Result) -> Version:
    """The version but for its pictures and their cost."""
    return Version(
        id=new_id(),
        thread=job.thread,
        number=0,
        parent=job.parent,
        kind=job.kind,
        prompt=job.prompt,
        options=job.options,
        images=(),
        author=job.user,
        created=desk.now(),
        parent_image=job.parent_image,
        references=job.references,
        mask=job.mask,
        markup=job.markup,
        region=job.region,
        provider=job.provider,
        gateway=result.gateway,
        prices=desk.catalog.prices,
        usage=result.usage,
        sent=job.brief,
        revised=result.revised,
        sources=result.sources,
        planning=result.planning,
        fingerprint=job.fingerprint,
        avoid=job.avoid,
        strong=job.strong,
        standing=Standing.WAITING if job.is_held else Standing.OPEN,
        private=job.alone is not None,
    )


def surprises(options: Options, kept: Sequence[Asset]) -> list[str]:
    """What came otherwise than asked, read from the bytes: services round sizes, or choose another format."""
    notes = []
    sizes = {f"{one.width}x{one.height}" for one in kept}
    if options.size != "auto" and sizes != {options.size}:
        notes.append(replies.other_size(options.size, sorted(sizes - {options.size})))
    formats = {one.media_type.removeprefix("image/") for one in kept}
    if formats != {options.output_format}:
        notes.append(replies.other_format(options.output_format, sorted(formats - {options.output_format})))
    return notes


async def keep_picture(desk: Desk, drawn: Drawn) -> Asset:
    """A drawn file to its place in the store. Raises `BadAttachment` for one that is no picture."""
    picture = await asyncio.to_thread(pictures.inspect, drawn.path, max_bytes=200_000_000)
    return await desk.store.put_asset(drawn.path, replace(as_asset(picture), id=drawn.sha256))


def cost_of(desk: Desk, job: Job, result: Result) -> tuple[int, bool]:
    """Micro-dollars, and whether that is only our estimate. Pictures that may be billed all the same count in full.

    So do damaged ones: the service drew them.
    """
    model = desk.catalog.model(job.options.model)
    if not desk.provider_for(model).costs_money:
        return 0, False
    each = -(-job.estimate // job.options.n)
    arrived = min(len(result.images), job.options.n)
    doubtful = min(result.doubtful, job.options.n - arrived) * each
    if result.usage is None or (job.options.is_planned and result.planning is None):
        return min(job.estimate, each * arrived + doubtful), True
    planned, is_guess = _planning_cost(desk, result)
    drawn = actual_cost(model, result.usage)
    if drawn > job.estimate * UNBELIEVABLE:
        log.error("%s reported %s micro-dollars where at most %s were expected: the estimate is booked: job=%s",
                  result.gateway or job.provider, drawn, job.estimate, job.id)  # fmt: skip
        return job.estimate, True
    cost = drawn + planned + doubtful
    return cost, bool(doubtful) or is_guess or not model.known


def _planning_cost(desk: Desk, result: Result) -> tuple[int, bool]:
    """What the planning model used up, and whether its price is a guess."""
    if result.planning is None:
        return 0, False
    planner = desk.catalog.planner(result.planning.model)
    return math.ceil(planning_cost(planner, result.planning)), not planner.known


# ── Ending without a picture ─────────────────────────────────────────────────────────────────────────────────────


async def give_up(desk: Desk, job: Job, error: RetouchError, *, cause: BaseException | None = None) -> None:
    """Fail a job: the person gets the quota back; money that may have been billed stays on the books."""
    perhaps = may_be_billed(desk, job, error)
    log.warning("job failed: id=%s error=%s perhaps_billed=%s", job.id, type(error).__name__, perhaps, exc_info=cause)
    entry = Entry.UNKNOWN if perhaps else Entry.RELEASE
    if failed := await desk.store.fail(job.id, entry, str(error)):
        await note_outcome(desk, job, error)
        await edit_quietly(desk, job, replies.failed(failed, error, billed_perhaps=perhaps))
    if isinstance(error, SetupProblem) and not error.known:
        await tell_admins(desk, job.place, error.for_admin)


def may_be_billed(desk: Desk, job: Job, error: RetouchError) -> bool:
    """Whether the image service may want money for this failure. Free engines never do."""
    provider = desk.providers.get(job.provider)
    if provider is not None and not provider.costs_money:
        return False
    return isinstance(error, OutcomeUnknown) or (isinstance(error, Refused) and error.billed)


async def _let_go(desk: Desk, job: Job) -> None:
    """This process stops, or the asker cancelled: run it again if nothing was sent, else fail it as unknown.

    Where part of it was kept, that is shown.
    """
    now = await desk.store.job(job.id)
    if now is None or now.owner != desk.owner:
        return
    if now.status is JobStatus.DELIVERING:
        await show(desk, job.id)
    elif not await desk.store.requeue(job.id, desk.owner):
        await give_up(desk, job, OutcomeUnknown(replies.INTERRUPTED))
