"""What every image provider does, whatever draws behind it: one class of tests, run by each provider's own test module.

A subclass gives a `provider` fixture (it closes what it opens) and may override the class attributes below where its
service wants another model or other sizes.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from bot.models import Options
from bot.ports import Drawn, ImageProvider, ImageRequest, InputImage, Preview, Result, Step

MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}


@dataclass(frozen=True, slots=True)
class Answer:
    """All that one request yielded."""

    previews: tuple[Preview, ...]
    result: Result


async def answer(provider: ImageProvider, request: ImageRequest) -> Answer:
    """Ask, and check the order of what comes: previews, then exactly one result, then nothing."""
    steps: list[Preview | Step | Result] = []
    async with aclosing(provider.generate(request)) as stream:
        async for step in stream:
            if isinstance(step, Preview):
                assert step.path.is_file()
            steps.append(step)
    *previews, result = steps
    assert isinstance(result, Result)
    passing = [step for step in previews if isinstance(step, Preview)]
    assert not any(isinstance(step, Result) for step in previews), "a result came before the end"
    return Answer(tuple(passing), result)


def opened(drawn: Drawn) -> Image.Image:
    """The picture's pixels, after checking what is claimed about its file."""
    data = drawn.path.read_bytes()
    assert len(data) == drawn.bytes
    assert hashlib.sha256(data).hexdigest() == drawn.sha256
    with Image.open(drawn.path) as image:
        return image.convert("RGBA")


def photo(folder: Path, size: tuple[int, int], colour: tuple[int, int, int] = (70, 130, 90)) -> InputImage:
    """A person's picture on disk."""
    path = folder / f"photo-{size[0]}x{size[1]}-{colour[0]}.png"
    picture = Image.linear_gradient("L").resize(size)
    Image.merge("RGB", [picture.point(lambda level, part=part: (level + part) // 2) for part in colour]).save(path)
    return InputImage(path, "image/png", "v1")


class ProviderContract:
    """Every test takes `provider`; files go under pytest's `tmp_path`."""

    model = "gpt-image-2"
    square = "1024x1024"
    wide = "1536x1024"

    def request(self, folder: Path, prompt: str = "a lighthouse at dusk", **options: object) -> ImageRequest:
        """A request with this provider's model and square size unless told otherwise."""
        chosen = replace(Options(model=self.model, size=self.square, quality="low"), **options)  # type: ignore[arg-type]
        return ImageRequest(prompt=prompt, options=chosen, folder=folder)

    def test_it_says_its_name_and_whether_it_costs_money(self, provider: ImageProvider) -> None:
        assert provider.name
        assert provider.costs_money in (True, False)

    async def test_a_prompt_gives_one_picture_on_disk(self, provider: ImageProvider, tmp_path: Path) -> None:
        result = (await answer(provider, self.request(tmp_path))).result
        assert len(result.images) == 1
        assert result.missing == ()
        assert result.images[0].path.is_relative_to(tmp_path)
        assert opened(result.images[0]).size == _pixels(self.square)

    async def test_the_size_asked_for_is_the_size_drawn(self, provider: ImageProvider, tmp_path: Path) -> None:
        result = (await answer(provider, self.request(tmp_path, size=self.wide))).result
        assert opened(result.images[0]).size == _pixels(self.wide)

    async def test_as_many_pictures_as_asked_or_a_sentence_for_each_missing(
        self, provider: ImageProvider, tmp_path: Path
    ) -> None:
        result = (await answer(provider, self.request(tmp_path, n=3))).result
        assert len(result.images) + len(result.missing) == 3
        assert len({drawn.path for drawn in result.images}) == len(result.images)
        assert all(opened(drawn).size == _pixels(self.square) for drawn in result.images)

    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
    async def test_the_format_asked_for_is_the_format_of_the_bytes(
        self, provider: ImageProvider, tmp_path: Path, kind: str
    ) -> None:
        compression = None if kind == "png" else 80
        request = self.request(tmp_path, output_format=kind, output_compression=compression)
        result = (await answer(provider, request)).result
        data = result.images[0].path.read_bytes()
        assert data.startswith(MAGIC[kind])
        assert kind != "webp" or data[8:12] == b"WEBP"

    async def test_previews_come_before_the_result_and_grow(self, provider: ImageProvider, tmp_path: Path) -> None:
        got = await answer(provider, replace(self.request(tmp_path), previews=2))
        assert len(got.previews) <= 2
        done = [preview.done for preview in got.previews]
        assert done == sorted(done)
        assert all(0.0 <= share <= 1.0 for share in done)
        assert len(got.result.images) == 1

    async def test_a_picture_with_words_is_an_edit(self, provider: ImageProvider, tmp_path: Path) -> None:
        parent = photo(tmp_path, _pixels(self.square))
        request = replace(self.request(tmp_path / "out", "make it warmer"), images=(parent,))
        (tmp_path / "out").mkdir()
        result = (await answer(provider, request)).result
        assert opened(result.images[0]).size == _pixels(self.square)
        assert result.images[0].path != parent.path

    async def test_references_are_taken_beside_the_picture(self, provider: ImageProvider, tmp_path: Path) -> None:
        images = (
            photo(tmp_path, _pixels(self.square)),
            replace(photo(tmp_path, (64, 48), (200, 60, 60)), name="logo.png"),
        )
        request = replace(self.request(tmp_path, "put the logo top left"), images=images)
        assert len((await answer(provider, request)).result.images) == 1

    async def test_a_mask_is_taken(self, provider: ImageProvider, tmp_path: Path) -> None:
        parent = photo(tmp_path, _pixels(self.square))
        mask = Image.new("RGBA", _pixels(self.square), (0, 0, 0, 255))
        mask.paste((0, 0, 0, 0), (0, 0, mask.width // 2, mask.height // 2))
        mask.save(tmp_path / "mask.png")
        request = replace(self.request(tmp_path, "add a moon"), images=(parent,), mask=tmp_path / "mask.png")
        assert len((await answer(provider, request)).result.images) == 1

    async def test_cancelling_leaves_no_task_behind(self, provider: ImageProvider, tmp_path: Path) -> None:
        before = asyncio.all_tasks()
        asked = asyncio.create_task(answer(provider, replace(self.request(tmp_path), previews=2)))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert asyncio.all_tasks() == before

    async def test_stopping_to_listen_leaves_no_task_behind(self, provider: ImageProvider, tmp_path: Path) -> None:
        before = asyncio.all_tasks()
        async with aclosing(provider.generate(replace(self.request(tmp_path), previews=2))) as stream:
            async for _ in stream:
                break
        assert asyncio.all_tasks() == before

    async def test_it_can_be_asked_twice_at_once(self, provider: ImageProvider, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        one, two = await asyncio.gather(
            answer(provider, self.request(tmp_path / "one")), answer(provider, self.request(tmp_path / "two"))
        )
        assert opened(one.result.images[0]).size == opened(two.result.images[0]).size == _pixels(self.square)


def _pixels(size: str) -> tuple[int, int]:
    width, height = size.split("x")
    return int(width), int(height)
