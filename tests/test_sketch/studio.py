"""A person at the sketch engine, and how tests look at what it draws."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from adapters.sketch import SketchProvider
from adapters.sketch.files import recipe_in
from adapters.sketch.recipe import Recipe, Thing
from bot.models import Options
from bot.ports import Drawn, ImageProvider, ImageRequest, InputImage
from tests.contracts.provider import answer, opened

SMALL = "144x144"


class Studio:
    """Draws and edits one after another, each in its own folder."""

    def __init__(self, folder: Path, provider: ImageProvider | None = None) -> None:
        self._folder = folder
        self._provider = provider or SketchProvider()
        self._count = 0

    async def draw(
        self, prompt: str, *images: InputImage, mask: Path | None = None, size: str = SMALL, **options: object
    ) -> Drawn:
        return (await self.draw_all(prompt, *images, mask=mask, size=size, **options))[0]

    async def draw_all(
        self, prompt: str, *images: InputImage, mask: Path | None = None, **options: object
    ) -> tuple[Drawn, ...]:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        chosen = replace(Options(model="sketch"), **options)  # type: ignore[arg-type]
        request = ImageRequest(prompt, chosen, folder, images, mask)
        return (await answer(self._provider, request)).result.images

    async def edit(self, parent: Drawn, words: str, *references: InputImage, **options: object) -> Drawn:
        size = str(options.pop("size", "auto"))
        return await self.draw(words, InputImage(parent.path, "image/png", "v1"), *references, size=size, **options)  # type: ignore[arg-type]


def kinds(drawn: Drawn) -> set[str]:
    return {thing.kind for thing in recipe_of(drawn).things}


def recipe_of(drawn: Drawn) -> Recipe:
    recipe = recipe_in(drawn.path)
    assert recipe is not None
    return recipe


def differ(one: Drawn, other: Drawn) -> bool:
    return ImageChops.difference(opened(one).convert("RGB"), opened(other).convert("RGB")).getbbox() is not None


def average(drawn: Drawn) -> list[float]:
    return ImageStat.Stat(opened(drawn).convert("RGB")).mean


def thing(recipe: Recipe, kind: str) -> Thing:
    return next(thing for thing in recipe.things if thing.kind == kind)


def alpha(picture: Image.Image, place: tuple[int, int]) -> int:
    spot = picture.getchannel("A").crop((*place, place[0] + 1, place[1] + 1))
    return spot.histogram().index(1)


def pink(picture: Image.Image) -> int:
    """How many pixels are plain magenta, which no sketch of a beach has."""
    red, green, blue, _ = picture.split()
    hits = ImageChops.darker(
        ImageChops.darker(red.point(lambda v: 255 * (v > 230)), blue.point(lambda v: 255 * (v > 230))),
        green.point(lambda v: 255 * (v < 30)),
    )
    return hits.histogram()[255]


def image_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def detail(path: Path) -> float:
    """How much neighbouring pixels differ."""
    with Image.open(path) as image:
        grey = image.convert("L").resize((128, 128))
    return ImageStat.Stat(ImageChops.difference(grey, ImageChops.offset(grey, 1, 0))).mean[0]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def jpeg(studio: Studio) -> Drawn:
    """A picture without a recipe, as another provider would give."""
    drawn = await studio.draw("mountains and a road", size="160x120")
    bare = drawn.path.with_name("bare.jpg")
    Image.open(drawn.path).convert("RGB").save(bare, quality=90)
    return Drawn(bare, sha(bare), bare.stat().st_size)
