"""POST /v1/moderations: words name the categories they are flagged with, pictures are flagged by their colour."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping

from PIL import Image

from tests.fakes.openai_server.faults import ApiError, missing

CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_NAMED = re.compile(r"\b([a-z-]+(?:/[a-z]+)?)=(\d?\.\d+)")


def judged(fields: Mapping[str, object]) -> dict[str, object]:
    """The answer: "violence=0.8" in the words scores that; a red picture is violent, a magenta one sexual."""
    given = fields.get("input")
    if not isinstance(given, list) or not given:
        raise missing("input")
    scores = dict.fromkeys(CATEGORIES, 0.01)
    for one in given:
        found = _of_words(one["text"]) if one["type"] == "text" else _of_picture(one["image_url"]["url"])
        scores |= {name: score for name, score in found.items() if name in scores}
    flags = {name: score >= 0.5 for name, score in scores.items()}
    result = {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}
    return {"id": "modr-1", "model": fields.get("model"), "results": [result]}


def _of_words(text: str) -> dict[str, float]:
    return {name: float(score) for name, score in _NAMED.findall(text)}


def _of_picture(url: str) -> dict[str, float]:
    head, _, data = url.partition(",")
    if not head.startswith("data:image/"):
        raise ApiError(400, "invalid_image_url", "Not a data URL.")
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        if max(image.size) > 512:
            raise ApiError(400, "image_too_large", "The tests want light copies.")
        red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    if red > 150 and green < 80:
        return {"sexual" if blue > 150 else "violence": 0.9}
    return {}
