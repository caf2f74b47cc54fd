"""Where a file comes from: which of our versions it is, by its hash, and what its Content Credentials (C2PA) say.

What is found is said as lines for a terminal, or as plain data; nothing in it can steer a terminal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from bot import xmp
from bot.disclosure import EDITED, GENERATED
from bot.errors import BadInput
from bot.models import Asset, Found, Kind
from bot.ports import Store

MAX_BYTES = 500_000_000
MAX_NOTED = 100_000_000  # bytes: read whole
_PROMPT, _NAME = 120, 80  # characters


class Seal(StrEnum):
    """What is known of a file's Content Credentials."""

    NONE = "none"  # it has none
    TRUSTED = "trusted"  # intact, and the signer is on the list that was given
    INTACT = "intact"  # signature and hashes hold; who the signer is was not checked
    BROKEN = "broken"  # signature or hashes do not hold
    ELSEWHERE = "elsewhere"  # kept on another server, which was not asked
    UNREADABLE = "unreadable"
    NOT_READ = "not read"  # what reads them is not installed


@dataclass(frozen=True, slots=True)
class Credentials:
    """Content Credentials. `signer` and `issuer` are of the signing certificate, `generator` and `says` claims.

    `says` are IPTC terms of how the picture was made, `problems` the codes of what does not hold.
    """

    seal: Seal
    signer: str = ""
    issuer: str = ""
    generator: str = ""
    signed: str = ""
    says: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Part(StrEnum):
    """What a file is to a version."""

    PICTURE = "picture"  # it is the version's picture
    DRAWN = "drawn"  # what the image service sent, before the rest was put back
    INPUT = "input"  # it went along: a reference, a mask, what was drawn over the picture
    SOURCE = "source"  # the version's picture is a cleaned copy of it
    DERIVED = "derived"  # made from the version's picture: a sheet, a comparison


@dataclass(frozen=True, slots=True)
class Match:
    """A version that a file belongs to. `number` is which of its pictures, from 1; 0: none. `ours`: we encoded it."""

    found: Found
    part: Part
    number: int = 0
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """All that is known of a file. `matches` begin with the one it was made for.

    `noted`: it is what they say but for the note on AI that exports put in.
    """

    name: str
    sha256: str
    matches: tuple[Match, ...]
    credentials: Credentials
    noted: bool = False


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hash_of(path: Path) -> str:
    """A file's SHA-256 in hex. Synchronous. Raises `BadInput`."""
    name = _line(path.name or str(path), _NAME)
    if path.is_dir():
        raise BadInput(f"{name} is a folder. Say which pictures in it to look at.")
    if not path.is_file():
        raise BadInput(f"There is no file {name}. Say which picture to look at.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{name} is larger than {MAX_BYTES // 1_000_000} MB; no picture of ours is.")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{name} cannot be read ({error.strerror}).") from error


def before_note(path: Path) -> tuple[str, ...]:
    """What the file's SHA-256 may have been before an export put its note on AI in. Synchronous."""
    with path.open("rb") as file:
        data = file.read(MAX_NOTED + 1)
    notes = [xmp.packet(term) for term in (GENERATED, EDITED)] if len(data) <= MAX_NOTED else []
    return tuple(hashlib.sha256(one).hexdigest() for note in notes for one in xmp.taken_out(data, note))


async def matches(store: Store, sha256: str) -> tuple[Match, ...]:
    """The versions that have exactly these bytes or were made from them: the nearest kin first, then the oldest."""
    asset = await store.asset(sha256)
    found = [_match(one, sha256, asset) for one in await store.versions_with(sha256)]
    return tuple(sorted(found, key=_kinship))


def _match(found: Found, sha256: str, asset: Asset | None) -> Match:
    version, ours = found.version, bool(asset and asset.derived_from)
    if sha256 in version.images:
        return Match(found, Part.PICTURE, version.images.index(sha256) + 1, ours)
    if sha256 in version.originals:
        return Match(found, Part.DRAWN, version.originals.index(sha256) + 1, ours)
    if sha256 in (version.mask, version.markup, *(one.asset for one in version.references)):
        return Match(found, Part.INPUT, ours=ours)
    return Match(found, Part.DERIVED if ours else Part.SOURCE, ours=ours)


def _kinship(match: Match) -> tuple[int, bool, int]:
    version = match.found.version
    return list(Part).index(match.part), version.kind is Kind.PICK, version.created


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(origin: Origin) -> list[str]:
    """What is known, for a terminal."""
    note = [_NOTED] if origin.noted else []
    return [*_whose(origin.matches), *note, *_sealed(origin.credentials), f"SHA-256 {origin.sha256}"]


_NOTED = "It came out of an export: besides these bytes it has a note that AI made it."


def _whose(found: Sequence[Match]) -> list[str]:
    if not found:
        converted = "out of an export, the manifest.json beside it says by its SHA-256 what it was made from."
        return [
            "No picture kept here has exactly these bytes.",
            f"A copy that was converted or changed is not recognised; {converted}",
        ]
    others = [f"v{one.found.version.number} of thread {one.found.version.thread}" for one in found[1:4]]
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    also = [f"Also in: {', '.join(others)}{more}."] if others else []
    return [_what(found[0]), _made(found[0]), *also]


def _what(match: Match) -> str:
    version, place = match.found.version, match.found.place
    channel = _line(f"{place.platform} {place.workspace} {place.channel}", _NAME)
    where = f"v{version.number} of thread {version.thread} ({channel})"
    if len(version.images) > 1 and match.number:
        where = f"picture {match.number} of {where}"
    match match.part:
        case Part.PICTURE if version.kind is Kind.UPLOAD:
            return f"This is {where}: a cleaned copy of what was uploaded."
        case Part.PICTURE if match.ours:
            return f"This is {where}: put together here from what the image service drew and the picture before."
        case Part.PICTURE:
            return f"This is {where}, byte for byte as it came from the image service."
        case Part.DRAWN:
            return f"This is what the image service drew for {where}, before the rest was put back."
        case Part.INPUT:
            return f"This went along as an input of {where}."
        case Part.SOURCE:
            return f"This was uploaded for {where}; a cleaned copy went on from here."
        case Part.DERIVED:
            return f"This was made here from {where}, such as a contact sheet or a comparison."


def _made(match: Match) -> str:
    version = match.found.version
    when = dt.datetime.fromtimestamp(version.created / 1000, dt.UTC).strftime("%d %b %Y, %H:%M UTC")
    drawn = "" if version.kind is Kind.UPLOAD else f" · {_line(version.options.model, _NAME)}"
    removed = "" if version.is_open else f" · {version.standing}"
    prompt = f" · “{_line(version.prompt, _PROMPT)}”" if version.prompt else ""
    return f"{str(version.kind).capitalize()} by {_line(version.author.name, _NAME)}, {when}{drawn}{removed}{prompt}"


def _sealed(credentials: Credentials) -> list[str]:
    """Of what the credentials say, and of what was not checked."""
    who = _line(credentials.issuer or credentials.signer or "somebody unnamed", _NAME)
    match credentials.seal:
        case Seal.NONE:
            return ["It has no Content Credentials."]
        case Seal.ELSEWHERE:
            return ["Its Content Credentials are kept on another server, which was not asked."]
        case Seal.UNREADABLE:
            return ["No Content Credentials can be read: the file is damaged or no picture."]
        case Seal.NOT_READ:
            return ["Content Credentials were not read. Install what reads them: pip install 'retouch[verify]'."]
        case Seal.BROKEN:
            codes = _line(", ".join(credentials.problems), 3 * _NAME)
            return [f"Content Credentials that name {who} do not hold: changed since they were signed ({codes})."]
        case Seal.TRUSTED:
            return [f"Content Credentials intact, signed by {who}, who is on your list.", *_claims(credentials)]
        case Seal.INTACT:
            unchecked = "Not checked: whether that is really them; give --trust with a list of certificates."
            return [f"Content Credentials intact, signed in the name of {who}.", unchecked, *_claims(credentials)]


def _claims(credentials: Credentials) -> list[str]:
    said = [_line(one.rsplit("/", 1)[-1], _NAME) for one in credentials.says]
    parts = [f"made with {_line(credentials.generator, _NAME)}" if credentials.generator else "",
             f"source type {', '.join(said)}" if said else "",
             f"signed {_line(credentials.signed, _NAME)}" if credentials.signed else ""]  # fmt: skip
    claims = ", ".join(filter(None, parts))
    return [f"They say: {claims}."] if claims else []


def as_data(origin: Origin) -> dict[str, object]:
    """The same for scripts, to become JSON. Texts are whole; a script must expect anything in them."""
    return {
        "file": origin.name,
        "sha256": origin.sha256,
        "matches": [_as_data(one) for one in origin.matches],
        "noted": origin.noted,
        "credentials": asdict(origin.credentials),
    }


def _as_data(match: Match) -> dict[str, object]:
    version, place = match.found.version, match.found.place
    return {
        "part": str(match.part),
        "version": version.number,
        "id": version.id,
        "thread": version.thread,
        "picture": match.number or None,
        "original": not match.ours,
        "kind": str(version.kind),
        "author": version.author.name,
        "created": version.created,
        "prompt": version.prompt,
        "place": {"platform": place.platform, "workspace": place.workspace, "channel": place.channel},
    }


def printable(name: str) -> str:
    """A file's name in one line."""
    return _line(name, _NAME)


def _line(text: str, room: int) -> str:
    """One line without control characters, at most `room` characters."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text[: 4 * room]).split())
    return line if len(line) <= room else f"{line[: room - 1]}…"
