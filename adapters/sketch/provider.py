"""The offline image provider: draws from words on this computer, for nothing, with no network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from PIL import Image, ImageFilter

from adapters.sketch import drawing, files
from adapters.sketch.lettering import FontBook
from adapters.sketch.order import Order, order_for
from adapters.sketch.paint.canvas import Stopped
from bot.errors import ProviderProblem
from bot.models import Options
from bot.ports import Drawn, ImageRequest, Preview, Result, Step

P = ParamSpec("P")
R = TypeVar("R")

PREVIEW_EDGE = 448  # pixels of a preview's longer edge
MOST_PREVIEWS = 3


class SketchProvider:
    """Sketches offline. `seconds` is how long a request pretends to take, so that progress can be seen.

    `font_folders` are searched for fonts; None means where this kind of computer keeps them.
    """

    name = "sketch"
    costs_money = False

    def __init__(self, seconds: float = 0.0, *, font_folders: Iterable[Path] | None = None) -> None:
        self._seconds = seconds
        self._book = FontBook(font_folders)

    def lists(self, model: str) -> bool:
        """Whether a model is this engine."""
        return model == self.name

    def why_not(self, options: Options, *, images: int = 0, mask: bool = False, markup: bool = False) -> str:
        """What the engine cannot do: think, search, and read what is drawn over a picture."""
        if options.is_planned:
            return "The offline sketch engine cannot think or search first. Leave out --think and --web."
        return "The offline sketch engine takes no markup. Say in words what to change." if markup else ""

    def planner_for(self, options: Options) -> str:
        """None: it does not plan."""
        return ""

    async def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        """Yield the previews asked for, then the result. `ProviderProblem`: a picture cannot be read."""
        stop = threading.Event()
        previews = max(0, min(MOST_PREVIEWS, request.previews))
        pause = self._seconds / (previews + max(1, request.options.n))
        try:
            order = await _in_thread(_begun, request)
            for step in range(previews):
                await asyncio.sleep(pause)
                path = request.folder / f"preview-{step + 1}"
                yield await _in_thread(_preview, order, path, step, previews, self._book, stop)
            images = []
            for index in range(max(1, request.options.n)):
                await asyncio.sleep(pause)
                path = request.folder / f"sketch-{index + 1}"
                images.append(await _in_thread(_finished, order.nth(index), path, request.options, self._book, stop))
            yield Result(images=tuple(images))
        finally:
            stop.set()  # a thread that still paints for nobody ends at its next layer

    async def shutdowns(self) -> Mapping[str, str]:
        """It stays."""
        return {}

    async def close(self) -> None:
        """Nothing is held open."""


async def _in_thread(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except OSError as error:
        raise ProviderProblem("The sketch could not be written to disk. Nothing was charged.") from error
    except Stopped as error:
        raise ProviderProblem("The sketch was stopped.") from error


def _begun(request: ImageRequest) -> Order:
    """The order, and the folder: made here and never later, so that a cancelled request leaves nothing behind."""
    request.folder.mkdir(parents=True, exist_ok=True)
    return order_for(request)


def _finished(order: Order, path: Path, options: Options, book: FontBook, stop: threading.Event) -> Drawn:
    image, recipe = drawing.draw(order, book, stop)
    return files.write(image, path, options, recipe)


def _preview(order: Order, path: Path, step: int, steps: int, book: FontBook, stop: threading.Event) -> Preview:
    """A small version of the picture, the earlier the more blurred."""
    shrink = min(1.0, PREVIEW_EDGE / max(order.size))
    size = (max(16, round(order.size[0] * shrink)), max(16, round(order.size[1] * shrink)))
    image, _ = drawing.draw(replace(order, size=size), book, stop)
    blur = min(size) * 0.05 * (1 - step / steps) ** 1.6
    return Preview(files.write_preview(_blurred(image, blur), path), (step + 1) / (steps + 1))


def _blurred(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius)) if radius > 0.5 else image
