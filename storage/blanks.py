"""Documents without what is let go of. Plain JSON in, plain JSON out: fields that others add stay as they are.

A picture that is gone leaves a mark in its place ("gone-" and a piece of its hash): numbers of pictures in a thread
never change, and equal pictures keep equal numbers.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from bot.ports import Before, Purged

Doc = dict[str, Any]

PARTS = frozenset({"pictures", "prompts", "attachments"})
_ASSET = re.compile(r"\b[0-9a-f]{64}\b")


def assets_of(value: object) -> frozenset[str]:
    """Every asset that a document names, wherever in it."""
    if isinstance(value, str):
        return frozenset({value}) if _ASSET.fullmatch(value) else frozenset()
    if isinstance(value, dict):
        return frozenset().union(*(assets_of(one) for one in value.values()))
    if isinstance(value, list):
        return frozenset().union(*(assets_of(one) for one in value))
    return frozenset()


def wanted(doc: Doc, before: Before) -> frozenset[str]:
    """What of a document is older than it is kept, and still there."""
    made = doc["created"] if "created" in doc else doc["at"]
    limits = {"pictures": before.pictures, "prompts": before.prompts, "attachments": before.attachments}
    return frozenset(part for part, limit in limits.items() if made < limit) - frozenset(doc.get("purged") or ())


def blank_version(doc: Doc, parts: frozenset[str], named: frozenset[str]) -> tuple[Doc, Purged]:
    """A version without these parts, and how much that is. An uploaded picture goes with the attachments."""
    blank = doc | {"purged": _purged(doc, parts)}
    is_upload = doc["kind"] == "upload"
    pictures = ("attachments" if is_upload else "pictures") in parts
    count = Purged(pictures=int(pictures), prompts=int("prompts" in parts))
    if pictures:
        blank |= {name: [_mark(one) for one in doc.get(name) or ()] for name in ("images", "originals")}
        if doc.get("standing", "open") in ("open", "waiting"):  # what a moderator decided stays decided
            blank["standing"] = "purged"
    if "attachments" in parts:
        count += Purged(attachments=len(doc.get("references") or ()) + bool(doc.get("mask")) + bool(doc.get("markup")))
        blank |= _without_attachments(doc, named)
    if "prompts" in parts or (is_upload and pictures):  # what an upload is called
        blank |= {"prompt": "", "sent": "", "revised": "", "avoid": [], "sources": [], "notes": [], "missing": [],
                  "panels": [""] * len(doc.get("panels") or ())}  # fmt: skip
    return blank | {"fingerprint": ""}, count


def blank_job(doc: Doc, parts: frozenset[str], named: frozenset[str]) -> Doc:
    """A request that is over, without these parts."""
    blank = doc | {"purged": _purged(doc, parts), "fingerprint": ""}
    if "pictures" in parts:
        blank["canvas"] = None
        blank["drawn"] = [one | {"asset": _mark(one["asset"])} for one in blank.get("drawn") or ()]
    if "attachments" in parts:
        blank |= _without_attachments(doc, named)
    if "prompts" in parts:
        blank |= {"prompt": "", "brief": "", "avoid": [], "notes": [], "error": "", "review": [],
                  "panels": [""] * len(doc.get("panels") or ())}  # fmt: skip
        blank["drawn"] = [one | {"why": "", "notes": [], "sources": []} for one in blank.get("drawn") or ()]
    return blank


def blank_said(doc: Doc, parts: frozenset[str]) -> Doc:
    """A message of the web chat without these parts; a card's pictures and words count as pictures and prompts."""
    blank = doc | {"purged": _purged(doc, parts)}
    card = doc.get("card")
    if "attachments" in parts:
        blank["attachments"] = []
    if "prompts" in parts:
        blank["text"] = "…" if doc["text"] else ""
        card = card and card | {"title": "This is older than words are kept here.", "prompt": "", "body": "",
                                "footer": "", "links": [], "images": [_plain(one) for one in card["images"]],
                                "pair": card["pair"] and [_plain(one) for one in card["pair"]],
                                "buttons": [one | {"value": ""} for one in card["buttons"]]}  # fmt: skip
    if "pictures" in parts:
        card = card and card | {"images": [], "pair": None, "buttons": []}
        card = card and card | {"title": "This picture is not kept any more."}
    return blank | {"card": card}


def blank_review(doc: Doc, before: int, who: str) -> Doc:
    """What is before the moderators, without what was written `before` (ms), or without one reporter's words and name.

    Who reported stays: a picture is reported once by each.
    """
    if doc["created"] < before:
        told = [one | {"words": ""} for one in doc["reporters"]]
        return doc | {"why": [], "reporters": told}
    told = [one | {"words": "", "name": "somebody"} if one["who"] == who else one for one in doc["reporters"]]
    return doc | {"reporters": told}


def nameless(doc: Doc, field: str) -> Doc:
    """A document in which somebody is "somebody"."""
    nobody = doc[field] | {"id": "", "name": "somebody", "roles": [], "is_admin": False}
    return doc | {field: nobody} | ({"alone": None} if doc.get("alone") else {})  # a place that names them


def _purged(doc: Doc, parts: frozenset[str]) -> list[str]:
    return sorted(parts | frozenset(doc.get("purged") or ()))


def _without_attachments(doc: Doc, named: frozenset[str]) -> Doc:
    """References keep their place and role; those to what a workspace keeps by name stay whole."""
    kept = [one if one["asset"] in named else one | {"asset": _mark(one["asset"]), "name": ""}
            for one in doc.get("references") or ()]  # fmt: skip
    return {"references": kept, "mask": None, "markup": None}


def _plain(image: Doc) -> Doc:
    return image | {"alt": "A picture", "name": f"picture.{image['media_type'].partition('/')[2] or 'png'}"}


def _mark(asset: str) -> str:
    return f"gone-{hashlib.sha256(asset.encode()).hexdigest()[:16]}" if _ASSET.fullmatch(asset) else asset
