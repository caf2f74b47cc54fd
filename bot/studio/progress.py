"""What people see while a picture is being made: previews and steps on its card, no faster than a platform allows."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from bot import pictures, replies
from bot.cards import CardImage
from bot.errors import BadAttachment
from bot.models import Job
from bot.ports import Preview, Step
from bot.pricing import typical_seconds
from bot.studio.desk import Desk
from bot.studio.disclosed import told_of, veiled
from bot.studio.show import edit_quietly

LIGHT_BYTES = 400_000
LIGHT_EDGE = 1024  # pixels


class Progress:
    """Shows the newest state of a job: never two edits at a time, never one after the end.

    `async with` it; a slow edit must not hold up the keeping of what was paid for, so offers return at once.
    """

    def __init__(self, desk: Desk, job: Job) -> None:
        self._desk, self._job = desk, job
        self._pause = desk.platforms[job.place.platform].seconds_between_edits
        self._last = asyncio.get_running_loop().time()
        self._previews: dict[int, Path] = {}
        self._done: dict[int, float] = {}
        self._step = ""
        self._changed, self._over = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Progress:
        self._task = asyncio.create_task(self._show_changes(), name=f"progress-{self._job.id}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._changed.set()
        await self._task

    def offer(self, news: Preview | Step) -> None:
        """Take the newest preview of a picture, or the newest step. Files are deleted with the job's folder."""
        if isinstance(news, Preview):
            self._previews[news.number] = news.path
            self._done[news.number] = news.done
            self._step = ""
        else:
            self._step = news.sentence
        self._changed.set()

    async def _show_changes(self) -> None:
        while True:
            await self._changed.wait()
            await self._until_allowed()
            if self._over.is_set():
                return
            self._changed.clear()
            await self._show()
            self._last = asyncio.get_running_loop().time()

    async def _until_allowed(self) -> None:
        left = self._last + self._pause - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                await self._over.wait()

    async def _show(self) -> None:
        job, desk = self._job, self._desk
        previews = {} if job.is_held else self._previews  # nobody sees them before who decides
        images = [image for number, path in sorted(previews.items()) if (image := await _image(path, number))]
        parent = await desk.store.version(job.parent) if job.parent else None
        seconds = typical_seconds(desk.catalog.model(job.options.model), job.options)
        done = sum(self._done.values()) / job.options.n if self._done else None
        card = replies.working(job, seconds=seconds, parent=parent, previews=images, done=done, step=self._step)
        if images:
            card = await veiled(desk, await told_of(desk, card, job.place.workspace), job.place)
        await edit_quietly(desk, job, card)


async def _image(path: Path, number: int) -> CardImage | None:
    """A preview as it goes on the card: a light copy of a heavy one, as it is looked at for seconds."""
    try:
        light, picture = await asyncio.to_thread(_light, path)
    except (BadAttachment, OSError):
        return None
    name = "preview" if number == 1 else f"preview-{number}"
    return CardImage(light, picture.media_type, picture.width, picture.height, "AI-made preview", name, number=number)


def _light(path: Path) -> tuple[Path, pictures.Picture]:
    if path.stat().st_size <= LIGHT_BYTES:
        return path, pictures.inspect(path)
    light = path.with_name(f"{path.stem}-light.webp")
    return light, pictures.thumbnail(path, light, LIGHT_EDGE)
