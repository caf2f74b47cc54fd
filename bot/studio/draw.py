"""From a claimed job to a kept version: ask the image service once, show previews, save what comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from dataclasses import replace
from pathlib import Path

from bot import pictures, replies
from bot.errors import BadAttachment, OutcomeUnknown, ProviderProblem, RateLimited, Refused, RetouchError, SetupProblem
from bot.models import Asset, CardImage, Entry, Job, Kind, Role, Version, new_id
from bot.ports import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result
from bot.pricing import actual_cost, typical_seconds
from bot.studio.desk import Desk
from bot.studio.intake import as_asset
from bot.studio.show import edit_quietly, show
from bot.studio.submit import VARIATION

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0  # seconds; a rate limit beyond this fails the job instead of holding its place
TRIES = 3


async def draw(desk: Desk, job: Job) -> None:
    """Run one claimed job to its end. Raises nothing but `CancelledError`, and then its ledger is settled too."""
    folder = desk.tmp / f"job-{job.id}"
    try:
        version = await _drawn(desk, job, folder)
    except RetouchError as error:
        await give_up(desk, job, error)
    except asyncio.CancelledError:
        await asyncio.shield(_let_go(desk, job))
        raise
    except Exception as error:
        log.exception("drawing failed: job=%s", job.id)
        await give_up(desk, job, OutcomeUnknown(f"Something went wrong on our side ({job.id})."), cause=error)
    else:
        if version:
            await show(desk, job.id)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _drawn(desk: Desk, job: Job, folder: Path) -> Version | None:
    model = desk.catalog.model(job.options.model)
    provider = desk.provider_for(model)
    request = await _request(desk, job, folder)
    if not await desk.store.mark_sent(job.id, desk.owner, now=desk.now()):
        return None  # cancelled, or no longer ours
    async with _Progress(desk, job) as progress:  # a slow edit must not hold up the keeping of what was paid for
        result = await _answered(desk, job, provider, request, progress)
        return await _keep(desk, job, result)


async def _request(desk: Desk, job: Job, folder: Path) -> ImageRequest:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    images = await _inputs(desk, job)
    mask = await _file_of(desk, job.mask) if job.mask else None
    return ImageRequest(
        prompt=sent_prompt(job),
        options=job.options,
        folder=folder,
        images=images,
        mask=mask,
        user_key=desk.user_key(job.user),
        previews=desk.previews,
    )


def sent_prompt(job: Job) -> str:
    """The words that go to the image service: the person's own, and for a variation one sentence before them."""
    return f"{VARIATION} {job.prompt}" if job.kind is Kind.VARIATION else job.prompt


async def _inputs(desk: Desk, job: Job) -> tuple[InputImage, ...]:
    inputs = []
    parent = await desk.store.version(job.parent) if job.parent and job.kind is not Kind.GENERATE else None
    if parent:
        chosen = parent.images[min(job.parent_image, len(parent.images)) - 1]
        inputs.append(await _input(desk, chosen, f"v{parent.number}", Role.IMAGE))
    references = [await _input(desk, one.asset, one.name, Role.REFERENCE) for one in job.references]
    return (*inputs, *references)


async def _input(desk: Desk, asset_id: str, name: str, role: Role) -> InputImage:
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


async def _answered(
    desk: Desk, job: Job, provider: ImageProvider, request: ImageRequest, progress: _Progress
) -> Result:
    """Ask; wait and ask again only where the service said it is too busy, which cannot have been billed."""
    for tries_left in reversed(range(TRIES)):
        try:
            return await _watched(provider, request, progress)
        except RateLimited as error:
            if not tries_left or error.retry_after > LONGEST_WAIT:
                raise
            await edit_quietly(desk, job, replies.waiting_for_service(job, error.retry_after))
            await asyncio.sleep(error.retry_after)
    raise AssertionError("the last try returns or raises")


async def _watched(provider: ImageProvider, request: ImageRequest, progress: _Progress) -> Result:
    result: Result | None = None
    async with contextlib.aclosing(provider.generate(request)) as steps:
        async for step in steps:
            if isinstance(step, Preview):
                await progress.offer(step)
            else:
                result = step
    if result is None or not result.images:
        raise OutcomeUnknown("The image service answered without a picture.")
    return result


class _Progress:
    """Shows previews no faster than the platform allows, never two at a time, never after the end."""

    def __init__(self, desk: Desk, job: Job) -> None:
        self._desk, self._job = desk, job
        self._pause_ms = desk.platforms[job.place.platform].seconds_between_edits * 1000
        self._last = desk.now()
        self._edit: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Progress:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._edit:
            await self._edit

    async def offer(self, preview: Preview) -> None:
        busy = self._edit is not None and not self._edit.done()
        if busy or self._desk.now() - self._last < self._pause_ms:
            await asyncio.to_thread(preview.path.unlink, missing_ok=True)
            return
        self._last = self._desk.now()
        self._edit = asyncio.create_task(self._show(preview))

    async def _show(self, preview: Preview) -> None:
        try:
            picture = await asyncio.to_thread(pictures.inspect, preview.path)
        except BadAttachment:
            return
        job = self._job
        parent = await self._desk.store.version(job.parent) if job.parent else None
        image = CardImage(preview.path, picture.media_type, picture.width, picture.height, "Preview", "preview")
        seconds = typical_seconds(self._desk.catalog.model(job.options.model), job.options)
        card = replies.working(job, seconds=seconds, parent=parent, preview=image, done=preview.done)
        await edit_quietly(self._desk, job, card)
        await asyncio.to_thread(preview.path.unlink, missing_ok=True)


# ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _keep(desk: Desk, job: Job, result: Result) -> Version:
    """Files to their place, then one transaction: version, head, settled ledger, job = delivering."""
    kept: list[str] = []
    missing = list(result.missing)
    for drawn in result.images:
        try:
            kept.append(await _keep_picture(desk, drawn))
        except BadAttachment as error:
            log.warning("a drawn picture could not be read: job=%s error=%s", job.id, error)
            missing.append("One picture arrived damaged and was not counted.")
    if not kept:
        raise OutcomeUnknown("The image service sent something that is not a picture.")
    cost, is_estimate = _cost(desk, job, result, len(kept))
    version = Version(
        id=new_id(),
        thread=job.thread,
        number=0,
        parent=job.parent,
        kind=job.kind,
        prompt=job.prompt,
        options=job.options,
        images=tuple(kept),
        author=job.user,
        created=desk.now(),
        parent_image=job.parent_image,
        references=job.references,
        mask=job.mask,
        provider=job.provider,
        usage=result.usage,
        cost=cost,
        cost_is_estimate=is_estimate,
        missing=tuple(missing),
    )
    version = await desk.store.keep(job.id, version)
    log.info("kept: job=%s version=%s images=%s cost=%s request=%s", job.id, version.id, len(kept), cost,
             result.request_id)  # fmt: skip
    return version


async def _keep_picture(desk: Desk, drawn: Drawn) -> str:
    picture = await asyncio.to_thread(pictures.inspect, drawn.path, max_bytes=200_000_000)
    asset = await desk.store.put_asset(drawn.path, replace(as_asset(picture), id=drawn.sha256))
    return asset.id


def _cost(desk: Desk, job: Job, result: Result, delivered: int) -> tuple[int, bool]:
    """Micro-dollars, and whether that is only our estimate."""
    model = desk.catalog.model(job.options.model)
    if not desk.provider_for(model).costs_money:
        return 0, False
    if result.usage:
        return actual_cost(model, result.usage), False
    return -(-job.estimate * delivered // job.options.n), True


# ── Ending without a picture ─────────────────────────────────────────────────────────────────────────────────────


async def give_up(desk: Desk, job: Job, error: RetouchError, *, cause: BaseException | None = None) -> None:
    """Fail a job: the person gets the quota back; money that may have been billed stays on the books."""
    perhaps = may_be_billed(desk, job, error)
    if isinstance(error, SetupProblem):
        log.error("an admin must act: %s", error.for_admin)
    log.warning("job failed: id=%s error=%s perhaps_billed=%s", job.id, type(error).__name__, perhaps, exc_info=cause)
    entry = Entry.UNKNOWN if perhaps else Entry.RELEASE
    if await desk.store.fail(job.id, entry, str(error)):
        await edit_quietly(desk, job, replies.failed(job, error, billed_perhaps=perhaps))


def may_be_billed(desk: Desk, job: Job, error: RetouchError) -> bool:
    """Whether the image service may want money for this failure. Free engines never do."""
    provider = desk.providers.get(job.provider)
    if provider is not None and not provider.costs_money:
        return False
    return isinstance(error, OutcomeUnknown) or (isinstance(error, Refused) and error.billed)


async def _let_go(desk: Desk, job: Job) -> None:
    """This process stops, or the asker cancelled: run it again if nothing was sent, else fail it as unknown."""
    now = await desk.store.job(job.id)
    if now is None or now.owner != desk.owner:
        return
    if not await desk.store.requeue(job.id, desk.owner):
        await give_up(desk, job, OutcomeUnknown(replies.INTERRUPTED))
