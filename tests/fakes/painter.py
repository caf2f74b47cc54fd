"""An image service that paints: textured pictures of the size asked for, the same ones for the same words."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bot.models import Role
from bot.ports import Drawn, ImageRequest
from tests.fakes.provider import FakeProvider

Chance = np.random.Generator
LARGE = 4_000_000  # pixels: a final, and that is the same picture again


class Painter(FakeProvider):
    """What it paints has details, as photos have: strokes on it are found, and a put-back rest can be told.

    An edit repaints all of the picture lightly, as models do, and puts a blot into the mask, or somewhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self.painted: set[str] = set()

    def _draw(self, request: ImageRequest, index: int) -> Drawn:
        path = request.folder / f"{index}.png"
        painted(request, index).save(path, compress_level=1)
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self.painted.add(digest)
        return Drawn(path, digest, len(data))


def painted(request: ImageRequest, index: int) -> Image.Image:
    """The picture for a request."""
    width, height = (int(edge) for edge in request.options.size.split("x"))
    seed = hashlib.sha256(f"{request.words} {index}".encode()).digest()
    chance = np.random.default_rng(int.from_bytes(seed[:8]))
    edited = [one for one in request.images if one.role is Role.IMAGE]
    if not edited:
        return textured(chance, (width, height))
    with Image.open(edited[0].path) as opened:
        before = opened.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    if width * height > LARGE:
        return before
    after = repainted(before, chance)
    left, top, right, bottom = _blot(request, chance, before.size)
    shape = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(shape).ellipse((0, 0, *shape.size), fill=255)
    after.paste(textured(chance, shape.size), (left, top), shape)
    return after


def textured(chance: Chance, size: tuple[int, int]) -> Image.Image:
    """Clouds of colour with coarse and fine details."""
    colour = chance.uniform(70, 180, 3)
    levels = np.broadcast_to(colour, (size[1], size[0], 3)).astype(np.int16)
    for cell, strength in ((160, 45), (24, 25), (6, 12)):
        levels += _noise(chance, size, cell, strength)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def repainted(image: Image.Image, chance: Chance) -> Image.Image:
    """The same picture to the eye, other pixels."""
    levels = np.asarray(image, dtype=np.int16) + chance.integers(-2, 3, (image.height, image.width, 1), dtype=np.int16)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _noise(chance: Chance, size: tuple[int, int], cell: int, strength: float) -> NDArray[np.int16]:
    few = chance.normal(128, strength, (size[1] // cell + 2, size[0] // cell + 2, 3))
    small = Image.fromarray(np.clip(few, 0, 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC), dtype=np.int16) - 128


def _blot(request: ImageRequest, chance: Chance, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is painted anew."""
    if request.mask:
        with Image.open(request.mask) as mask:
            opened = mask.getchannel("A").point(lambda alpha: 255 - alpha).getbbox()
        return opened or (0, 0, *size)
    width, height = size
    left, top = int(chance.uniform(0, width * 0.6)), int(chance.uniform(0, height * 0.6))
    return left, top, left + width * 2 // 5, top + height * 2 // 5
