"""What is answered: pictures, facts, tokens by OpenAI's own formula, events."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Mapping

from PIL import Image, ImageDraw

from tests.fakes.openai_server.faults import Fault
from tests.fakes.openai_server.orders import Order
from tests.fakes.openai_server.rules import output_tokens


def facts(order: Order) -> dict[str, object]:
    background = "transparent" if order.background == "transparent" else "opaque"
    return {
        "background": background, "output_format": order.output_format, "quality": order.quality, "size": order.size,
    }  # fmt: skip


def usage(order: Order, fault: Fault) -> dict[str, object]:
    if fault.name == "no_usage":
        return {}
    text, image, out = tokens(order, fault)
    usage: dict[str, object] = {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": out,
        "total_tokens": text + image + out,
    }
    if fault.name != "no_details":
        usage["output_tokens_details"] = {"text_tokens": 0, "image_tokens": out}
    return {"usage": usage}


def tokens(order: Order, fault: Fault) -> tuple[int, int, int]:
    """Of text in, of images in, of images out."""
    if fault.name == "usage_zero":
        return 0, 0, 0
    out = output_tokens(order.model, order.size, order.quality) * order.n + 100 * order.partials
    return 6 + len(order.prompt.encode()), 1024 * order.images, out


def painted(size: str, output_format: str, seed: str, transparent: bool) -> bytes:
    width, height = (int(edge) for edge in size.split("x"))
    colours = [tuple(bytes.fromhex(seed[start : start + 6])) for start in (0, 6)]
    canvas = Image.new("RGBA" if transparent else "RGB", (width, height), (0,) * 4 if transparent else colours[0])
    ImageDraw.Draw(canvas).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=colours[1])
    out = io.BytesIO()
    (canvas.convert("RGB") if output_format == "jpeg" else canvas).save(out, output_format, compress_level=1)
    return out.getvalue()


def noise(size: str) -> bytes:
    """A PNG of three random bytes per pixel: the worst case in bytes."""
    width, height = (int(edge) for edge in size.split("x"))
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(out, "png", compress_level=1)
    return out.getvalue()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def event(kind: str, data: Mapping[str, object]) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
