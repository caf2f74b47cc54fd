"""What people send and how they look: photos, masks and pens, and two pictures compared pixel by pixel."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tests.contracts.chat import Seen
from tests.fakes.painter import textured


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is."""
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


def photo() -> bytes:
    """A JPEG as phones make them: turned by EXIF, with a place in it."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    textured(np.random.default_rng(7), (900, 675)).save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def mask(box: tuple[int, int, int, int], *, transparent: bool = False) -> bytes:
    """A mask for the box: white on black, or transparent as the page paints it."""
    image = Image.new("RGBA" if transparent else "L", (1024, 640), (0, 0, 0, 255) if transparent else 0)
    image.paste((0, 0, 0, 0) if transparent else 255, box)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def marked(picture: bytes, box: tuple[int, int, int, int]) -> bytes:
    """The picture with a red ring round the box, as a chat's client saves it again."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    ImageDraw.Draw(image).ellipse(box, outline=(255, 0, 0), width=14)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=75)
    return out.getvalue()


def share_changed(before: Seen, after: Seen, box: tuple[int, int, int, int]) -> float:
    """The share of differing pixels in a box (left, top, right, bottom)."""
    was, now = (np.asarray(Image.open(io.BytesIO(one.images[0])).convert("RGB").crop(box)) for one in (before, after))
    return float((was != now).any(axis=2).mean())
