"""What every `Store` must say of the versions that have a picture. A subclass gives `store`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from bot.models import Asset, Kind, Reference
from bot.ports import Store
from tests.contracts.store_more import made


async def kept(store: Store, folder: Path, data: bytes, derived_from: str | None = None) -> str:
    """An asset with these bytes; its id."""
    path = folder / "scratch"
    path.write_bytes(data)
    asset = Asset(hashlib.sha256(data).hexdigest(), "image/png", 1, 1, len(data), derived_from)
    return (await store.put_asset(path, asset)).id


class UsesContract:
    async def test_every_version_that_names_a_picture_is_found_with_its_place(
        self, store: Store, tmp_path: Path
    ) -> None:
        one = await kept(store, tmp_path, b"one")
        first = await made(store, images=(one,))
        second = await made(store, images=("f" * 64,), references=(Reference(one),))
        await made(store, f'say "{one}" and {one}', images=("e" * 64,))
        found = await store.versions_with(one)
        assert [item.version.id for item in found] == [first.id, second.id]
        home = await store.thread(first.thread)
        assert home
        assert found[0].place == replace(home.place)

    async def test_a_picture_that_no_version_names_is_found_by_its_kin(self, store: Store, tmp_path: Path) -> None:
        raw = await kept(store, tmp_path, b"raw")
        clean = await kept(store, tmp_path, b"clean", raw)
        sheet = await kept(store, tmp_path, b"sheet", clean)
        version = await made(store, images=(clean,))
        for asset in (raw, clean, sheet):
            assert [item.version.id for item in await store.versions_with(asset)] == [version.id]

    async def test_what_nobody_made_is_in_no_version(self, store: Store) -> None:
        await made(store)
        for unknown in ("0" * 64, "", "%", "_", '"'):
            assert not await store.versions_with(unknown)

    async def test_what_ai_drew_is_told_from_what_people_brought(self, store: Store, tmp_path: Path) -> None:
        await made(store, images=("a" * 64,), references=(Reference("c" * 64),))
        await made(store, images=("b" * 64,), kind=Kind.UPLOAD)
        assert await store.drawn(["a" * 64, "b" * 64, "c" * 64, "d" * 64]) == {"a" * 64}
        assert await store.drawn([]) == frozenset()
