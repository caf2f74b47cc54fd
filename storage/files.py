"""The bytes of pictures: `blobs/ab/cd/<sha256>.<ext>`, written once, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from pathlib import Path

from bot.models import Asset

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif",
               "image/bmp": "bmp", "image/tiff": "tiff", "image/avif": "avif"}  # fmt: skip
STALE_SECONDS = 24 * 3600


def blob_path(folder: Path, asset: Asset) -> Path:
    """Where an asset's file is."""
    extension = _EXTENSIONS.get(asset.media_type, "bin")
    return folder / "blobs" / asset.id[:2] / asset.id[2:4] / f"{asset.id}.{extension}"


def put(folder: Path, source: Path, asset: Asset) -> None:
    """Move a file to its place so that a power cut leaves it whole or absent. Raises `ValueError` on a wrong hash."""
    with source.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != asset.id:
            raise ValueError(f"the file's hash is {found[:12]}…, not {asset.id[:12]}…")
        os.fsync(file.fileno())
    target = blob_path(folder, asset)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    for directory in (target.parent, target.parent.parent, target.parent.parent.parent):
        _fsync_directory(directory)


def _fsync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(tmp: Path) -> None:
    """Delete scratch files that a crash left more than a day ago."""
    limit = time.time() - STALE_SECONDS
    for path in tmp.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def copy_blobs(folder: Path, target: Path) -> None:
    """Copy every picture to another folder; linked where the file system allows, as they never change."""
    source = folder / "blobs"
    if source.exists():
        shutil.copytree(source, target / "blobs", copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:  # it was let go of just now
        return
    except OSError:
        shutil.copy2(source, target)
