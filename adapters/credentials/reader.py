"""One file in, its `Credentials` out. Asks no server: neither for credentials kept elsewhere nor for revocations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.errors import BadInput
from bot.provenance import Credentials, Seal

_SEALS = {"Trusted": Seal.TRUSTED, "Valid": Seal.INTACT}
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}


def read(path: Path, trust: str = "") -> Credentials:
    """What a file's credentials are. `trust`: PEM certificates of who may sign; "" believes nobody.

    Synchronous. Raises `BadInput` for certificates that cannot be read.
    """
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):  # not installed, or no native library for this machine
        return Credentials(Seal.NOT_READ)
    # The library fetches by default what a stranger's file tells it to: a way into private networks.
    settings: dict[str, object] = {"verify": {**_OFFLINE, "verify_trust": True}}
    if trust:
        settings["trust"] = {"trust_anchors": trust}
    try:
        context = c2pa.Context(settings=c2pa.Settings.from_dict(settings))
    except c2pa.C2paError as error:
        raise BadInput("These certificates cannot be read; give a file of PEM certificates.") from error
    try:
        with path.open("rb") as file:
            media_type = _media_type(file.read(12))
            file.seek(0)
            reader = c2pa.Reader.try_create(media_type, file, None, context)
            if reader is None:
                return Credentials(Seal.NONE)
            with reader:
                document = json.loads(reader.json())
    except (c2pa.C2paError, ValueError) as error:
        return Credentials(Seal.ELSEWHERE if str(error).startswith("Remote") else Seal.UNREADABLE)
    return credentials_of(document)


def _media_type(head: bytes) -> str | None:
    """By its first 12 bytes; None lets the library guess."""
    if head.startswith(b"\x89PNG"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if head[:4] == b"RIFF" and head[8:] == b"WEBP" else None


def credentials_of(document: object) -> Credentials:
    """The library's report (JSON) as our noun. What is missing or of another shape is left out."""
    report = _mapping(document)
    manifest = _mapping(_mapping(report.get("manifests")).get(_text(report.get("active_manifest"))))
    signature = _mapping(manifest.get("signature_info"))
    seal = _SEALS.get(_text(report.get("validation_state")), Seal.BROKEN)
    return Credentials(
        seal,
        signer=_text(signature.get("common_name")),
        issuer=_text(signature.get("issuer")),
        generator=_generator(manifest),
        signed=_text(signature.get("time")),
        says=tuple(dict.fromkeys(_source_types(manifest))),
        problems=_problems(report) if seal is Seal.BROKEN else (),
    )


def _generator(manifest: Mapping[str, object]) -> str:
    for one in _sequence(manifest.get("claim_generator_info")):
        if name := _text(_mapping(one).get("name")):
            return f"{name} {_text(_mapping(one).get('version'))}".strip()
    return _text(manifest.get("claim_generator"))


def _source_types(manifest: Mapping[str, object]) -> Iterator[str]:
    """What its actions ("created", "edited" …) say of how the picture was made."""
    for assertion in _sequence(manifest.get("assertions")):
        if not _text(_mapping(assertion).get("label")).startswith("c2pa.actions"):
            continue
        for action in _sequence(_mapping(_mapping(assertion).get("data")).get("actions")):
            if term := _text(_mapping(action).get("digitalSourceType")):
                yield term


def _problems(report: Mapping[str, object]) -> tuple[str, ...]:
    """What does not hold; that nobody vouches for the signer is another matter."""
    codes = (_text(_mapping(one).get("code")) for one in _sequence(report.get("validation_status")))
    return tuple(dict.fromkeys(code for code in codes if code and code != "signingCredential.untrusted"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
