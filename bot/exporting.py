"""Pictures to take away: a zip with the pictures in chosen formats and sizes, alt texts, prompts and a manifest.

Synchronous, file to file. One picture is decoded at a time. Unconverted pictures are copied byte for byte, those with
no Content Credentials but for a note that AI made them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import pictures, xmp
from bot.errors import BadAttachment, BadInput, BadOption

FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp"}
EDGES = {"1k": 1024, "2k": 2048, "4k": 3840}
SMALLEST, LARGEST = 64, 8000  # pixels of the longest edge
MAX_PICTURES = 500
MAX_BYTES = 2_000_000_000
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class Spec:
    """What is wanted: `formats` ("png", "jpeg", "webp"; none: as they are) and longest `edges` in pixels."""

    formats: tuple[str, ...] = ()
    edges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture: its file, what it is called, its alt text, and what the manifest says of it.

    `prompt` is empty for a picture that was uploaded. `created` is in milliseconds since 1970, UTC. `source_type` is an
    IPTC term of `disclosure`, written where it breaks nothing; "": no AI had a part.
    """

    path: Path
    media_type: str
    bytes: int
    name: str
    alt: str
    prompt: str
    created: int
    facts: Mapping[str, object]
    source_type: str = ""


def spec_of(flags: Mapping[str, str]) -> Spec:
    """The flags of `export`: `--format png,jpeg --size 1024,2k`. Raises `BadOption`."""
    if unknown := [name for name in flags if name not in ("format", "size")]:
        raise BadOption(f"export knows --format png,jpeg,webp and --size 1024,2k; leave out --{unknown[0][:40]}.")
    formats = tuple(dict.fromkeys(one.replace("jpg", "jpeg") for one in _listed(flags.get("format", ""))))
    if wrong := [one for one in formats if one not in FORMATS]:
        raise BadOption(f"export cannot write {wrong[0][:40]}. Choose of: png, jpeg, webp.")
    return Spec(formats, tuple(dict.fromkeys(_edge(one) for one in _listed(flags.get("size", "")))))


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[,;\s]+", text.lower()) if one][:10]


def _edge(text: str) -> int:
    edge = EDGES.get(text) or (int(text) if re.fullmatch(r"\d{1,5}", text, re.ASCII) else 0)
    if not SMALLEST <= edge <= LARGEST:
        raise BadOption(
            f"--size {text[:40]} cannot be; say the longest edge in pixels, {SMALLEST} to {LARGEST}, or 2k."
        )
    return edge


def write_zip(entries: Sequence[Entry], spec: Spec, out: Path, about: Mapping[str, object]) -> None:
    """Write the zip. `about` goes on top of the manifest.

    A picture whose file is gone or cannot be read is left out and named in the manifest. Raises `BadInput` when it
    would be too much or nothing is left, and `OSError` when it cannot be written.
    """
    copies = max(1, len(spec.formats)) * max(1, len(spec.edges))
    if len(entries) * copies > MAX_PICTURES or sum(one.bytes for one in entries) * copies > MAX_BYTES:
        raise BadInput("That is too much for one zip. Export fewer: export v3, or one format and size.")
    files: list[Mapping[str, object]] = []
    missing: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, one in enumerate(entries, start=1):
            try:
                for copy in _copies(one, number, spec, out.parent):
                    sha256 = _add(archive, copy.name, copy.path, one.created)
                    told = {"file": copy.name, "width": copy.size[0], "height": copy.size[1], "alt": one.alt}
                    files.append({**told, **one.facts, "bytes": copy.bytes, "sha256": sha256})
            except BadAttachment:
                missing.append(one.name)
        if not files:
            raise BadInput("None of these pictures can be read any more. Export others.")
        manifest = {**about, "files": files, "missing": missing}
        _add_text(archive, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2))
        _add_text(archive, "alt-texts.txt", "".join(f"{file['file']}\n{file['alt']}\n\n" for file in files))
        prompts = [(number, one) for number, one in enumerate(entries, start=1) if one.prompt]
        _add_text(archive, "prompts.txt", "".join(f"{_stem(one, number)}\n{one.prompt}\n\n" for number, one in prompts))


@dataclass(frozen=True, slots=True)
class _Copy:
    """A file of the zip: its name in there, where it is for now, its size in pixels, and what was done to its bytes."""

    name: str
    path: Path
    size: tuple[int, int]
    bytes: str


def _copies(one: Entry, number: int, spec: Spec, folder: Path) -> Iterator[_Copy]:
    """Each file of a picture. Temporary files are gone after use."""
    stem = _stem(one, number)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        if not spec.formats and not spec.edges:
            yield _unconverted(one, stem, Path(scratch))
            return
        formats = spec.formats or (_kept_format(one.media_type),)
        wanted = [(kind, edge) for kind in formats for edge in spec.edges or (0,)]
        for kind, edge in wanted:
            copy, picture = pictures.fit(
                one.path, Path(scratch), max_bytes=MAX_BYTES, max_edge=edge or None, media_types=(FORMATS[kind],)
            )
            size = (picture.width, picture.height)
            if one.source_type:
                xmp.put_in(copy, xmp.packet(one.source_type), size)
            where = f"{kind}{f'-{edge}' if edge else ''}/" if len(wanted) > 1 else ""
            yield _Copy(f"{where}{stem}.{_EXTENSIONS[FORMATS[kind]]}", copy, size, "converted")
            copy.unlink()


def _unconverted(one: Entry, stem: str, scratch: Path) -> _Copy:
    """The picture as it is; where no Content Credentials say that AI had a part in it, a note of ours does."""
    picture = pictures.inspect(one.path, max_bytes=MAX_BYTES)
    name, size = f"{stem}.{_EXTENSIONS.get(picture.media_type, 'png')}", (picture.width, picture.height)
    if not (one.source_type and xmp.has_room(one.path.read_bytes())):
        return _Copy(name, one.path, size, "as kept")
    copy = scratch / "noted"
    shutil.copyfile(one.path, copy)
    xmp.put_in(copy, xmp.packet(one.source_type), size)
    return _Copy(name, copy, size, "as kept, with a note on AI")


def _stem(one: Entry, number: int) -> str:
    return f"{number:03}-{safe_name(one.name)}"


def _kept_format(media_type: str) -> str:
    kind = media_type.removeprefix("image/")
    return kind if kind in FORMATS else "png"


def _add(archive: zipfile.ZipFile, name: str, path: Path, created: int) -> str:
    """Put a file in. Returns its SHA-256 in hex."""
    info = zipfile.ZipInfo(name, dt.datetime.fromtimestamp(created / 1000, dt.UTC).timetuple()[:6])
    info.external_attr = 0o644 << 16
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while piece := source.read(1 << 20):
            target.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def _add_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr, info.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(info, text)


def safe_name(text: str) -> str:
    """A name for a file on every system: small Latin letters, digits and dashes, at most 60 of them."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "picture"
