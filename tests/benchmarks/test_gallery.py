"""The gallery with 100,000 versions: searches of every sort on every wall, and what the index adds to a new version.

Run: `make bench`. Nothing here fails for being slow; what is asserted is that searches find what they are about.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pytest

from bot.models import Found, Kind, Options, Place, Thread, User, Version, new_id
from bot.ports import Viewer, Wall
from storage import gallery, threads
from storage.sqlite import SqliteStore, open_store
from tests.benchmarks.tables import Report, mb, ms, table, verdict

pytestmark = pytest.mark.bench

VERSIONS = 100_000
PER_THREAD = 4
PEOPLE = 300
CHANNELS = 20
WORKSPACES = 3
VOCABULARY = 400
RARE = 1000  # words that are in about a hundred prompts each, no matter where
STARS = 300  # of each of the people who look
VIEWERS = 12
SEARCHES = 150  # of each sort on each wall
TARGET = 50.0  # ms, p99
INSERTS = 400
SYLLABLES = ("ba", "co", "du", "fi", "go", "ha", "lu", "mi", "no", "pa", "re", "sa", "ti", "vo", "shi", "gra", "por")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one search took: seconds on the clock, seconds of CPU in all threads, and how much it found."""

    wall: float
    cpu: float
    found: int


@dataclass(frozen=True, slots=True)
class World:
    """A full store and what is in it. `people` of index i are in workspace i % 3; words are the commonest first."""

    store: SqliteStore
    path: Path
    chance: random.Random
    words: tuple[str, ...]
    rare: tuple[str, ...]
    people: tuple[User, ...]
    places: tuple[Place, ...]

    def viewers(self) -> tuple[Viewer, ...]:
        """People who look from channels of their workspace: the busiest ones first."""
        return tuple(
            Viewer(self.people[index], place.platform, place.workspace, place.channel)
            for index in range(VIEWERS)
            for place in [[one for one in self.places if one.workspace == f"T{index % WORKSPACES}"][index % 4]]
        )

    def prompt(self) -> str:
        """5 to 40 words: the commonest in nearly every prompt, some in half of them, most in few."""
        count = self.chance.randint(5, 40)
        prompt = self.chance.choices(self.words, cum_weights=_skewed(len(self.words)), k=count)
        return " ".join([*prompt, self.chance.choice(self.rare)])


def _skewed(count: int) -> list[float]:
    return list(accumulate(1 / (place + 1) for place in range(count)))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    chance = random.Random(4)
    words = {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(VOCABULARY + RARE)}
    while len(words) < VOCABULARY + RARE:
        words.add("".join(chance.choices(SYLLABLES, k=4)))
    shuffled = chance.sample(sorted(words), len(words))
    store = await open_store(tmp_path / "data")
    yield World(
        store, tmp_path / "data" / "retouch.db", chance, tuple(shuffled[:VOCABULARY]), tuple(shuffled[VOCABULARY:]),
        tuple(User("slack", f"U{n}", f"Person {n}") for n in range(PEOPLE)),
        tuple(Place("slack", f"T{n % WORKSPACES}", f"C{n}") for n in range(CHANNELS)),
    )  # fmt: skip
    await store.close()


async def test_searches_of_a_hundred_thousand_versions(world: World, report: Report) -> None:
    spent, size = _filled(world)
    await _starred(world)
    taken = {(sort, wall): await _taken(world, sort, wall) for wall in Wall for sort in SORTS}
    every = [one for some in taken.values() for one in some]
    walls, cpus = [one.wall for one in every], [one.cpu for one in every]
    report.add(
        f"The gallery: {len(every):,} searches of {VERSIONS:,} versions",
        table(
            ["wall", "search", "found on the page", "p50", "p99", "max", "CPU p99"],
            ([wall.value, sort, *_cells(some)] for (sort, wall), some in taken.items()),
        ),
        f"Filled in {spent:.0f} s; the database has {mb(size)}. All: p50 {ms(statistics.median(walls))},"
        f" p99 {ms(_p99(walls))}, max {ms(max(walls))}; CPU p99 {ms(_p99(cpus))}, max {ms(max(cpus))}.",
        verdict("A search, p99 of all", _p99(walls) * 1000, TARGET, " ms"),
    )
    await _inserting(world, report)


def _filled(world: World) -> tuple[float, int]:
    """Seconds and bytes. The store's own functions, in one transaction."""
    began = time.perf_counter()
    with sqlite3.connect(world.path) as db:
        db.row_factory = sqlite3.Row
        for version, place in _versions(world):
            threads.add_thread(db, Thread(version.thread, place, None, 0))
            threads.add_version(db, version)
    db.close()
    return time.perf_counter() - began, world.path.stat().st_size


def _versions(world: World) -> Iterator[tuple[Version, Place]]:
    """Some people and some channels are much busier than others."""
    for _ in range(VERSIONS // PER_THREAD):
        (author,) = world.chance.choices(range(PEOPLE), cum_weights=_skewed(PEOPLE))
        places = [place for place in world.places if place.workspace == f"T{author % WORKSPACES}"]
        (place,) = world.chance.choices(places, cum_weights=_skewed(len(places)))
        for version in _thread(world, world.people[author]):
            yield version, place


def _thread(world: World, author: User) -> Iterator[Version]:
    thread, options, parent = new_id(), Options("gpt-image-2"), None
    for number in range(PER_THREAD):
        kind = Kind.EDIT if number else Kind.GENERATE
        made = Version(new_id(), thread, 0, parent, kind, world.prompt(), options, ("ab" * 32,), author, number)
        parent = made.id
        yield made


async def _starred(world: World) -> None:
    for viewer in world.viewers():
        seen = [one.version.id for one in await _pages(world, viewer, STARS * 3)]
        for version in world.chance.sample(seen, min(STARS, len(seen))):
            await world.store.shelf.star(viewer, version, on=True)


async def _pages(world: World, viewer: Viewer, count: int, wall: Wall = Wall.CHANNEL) -> list[Found]:
    found: list[Found] = []
    while len(found) < count:
        before = found[-1].version.id if found else ""
        page = await world.store.shelf.search(viewer, wall, before=before, limit=200)
        if not page:
            break
        found += page
    return found


# ── Searches ─────────────────────────────────────────────────────────────────────────────────────────────────────

Words = Callable[[World], str]

SORTS: dict[str, tuple[Words, bool]] = {
    "no words": (lambda world: "", False),
    "no words, deep page": (lambda world: "", True),
    "a common word": (lambda world: world.chance.choice(world.words[:10]), False),
    "a common word, deep page": (lambda world: world.chance.choice(world.words[:10]), True),
    "a word": (lambda world: world.chance.choice(world.words), False),
    "a rare word": (lambda world: world.chance.choice(world.rare), False),
    "three words": (lambda world: " ".join(world.chance.sample(world.words[:60], 3)), False),
    "a common and a rare word": (
        lambda world: f"{world.chance.choice(world.words[:10])} {world.chance.choice(world.rare)}",
        False,
    ),
    "one letter": (lambda world: world.chance.choice(SYLLABLES)[:1], False),
    "two letters": (lambda world: world.chance.choice(SYLLABLES)[:2], False),
    "the first half of a word": (lambda world: _half(world.chance.choice(world.words)), False),
    "five letters of a word": (lambda world: world.chance.choice(world.words)[:5], False),
    "two words and one letter": (lambda world: f"{world.words[3]} {world.words[9]} {world.words[0][:1]}", False),
    "a word nobody wrote": (lambda world: "xylophone", False),
}


def _half(word: str) -> str:
    return word[: max(1, len(word) // 2)]


async def _taken(world: World, sort: str, wall: Wall) -> list[Taken]:
    words, deep = SORTS[sort]
    starts = {viewer: await _deep(world, viewer, wall) if deep else "" for viewer in world.viewers()}
    taken = []
    for _ in range(SEARCHES):
        viewer, search = world.chance.choice(world.viewers()), words(world)
        began, cpu = time.perf_counter(), time.process_time()
        found = await world.store.shelf.search(viewer, wall, words=search, before=starts[viewer])
        taken.append(Taken(time.perf_counter() - began, time.process_time() - cpu, len(found)))
        _assert_about(found, search)
    return taken


async def _deep(world: World, viewer: Viewer, wall: Wall) -> str:
    """Where a page far back begins: nine tenths down the wall, or 5,000 versions down."""
    pages = await _pages(world, viewer, 5000, wall)
    return pages[len(pages) * 9 // 10].version.id if pages else ""


def _assert_about(found: Sequence[Found], search: str) -> None:
    for one in found:
        prompt = f" {one.version.prompt}"
        assert all(f" {word}" in prompt for word in search.split())


def _cells(taken: Sequence[Taken]) -> list[str]:
    found = statistics.mean(one.found for one in taken)
    return [f"{found:.0f}", *_spread([one.wall for one in taken]), ms(_p99([one.cpu for one in taken]))]


def _spread(times: Sequence[float]) -> tuple[str, str, str]:
    return ms(statistics.median(times)), ms(_p99(times)), ms(max(times))


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


# ── A new version ────────────────────────────────────────────────────────────────────────────────────────────────


async def _inserting(world: World, report: Report) -> None:
    """Turn by turn with and without the gallery, each in a durable transaction."""
    times: dict[str, list[float]] = {"with": [], "without": []}
    hang = gallery.hang
    with sqlite3.connect(world.path, isolation_level=None) as db:
        db.row_factory = sqlite3.Row
        for _ in range(INSERTS):
            for way, hung in (("with", hang), ("without", _nothing)):
                gallery.hang = hung
                times[way].append(_inserted(db, world))
    db.close()
    gallery.hang = hang
    report.add(
        f"A version more, on top of {VERSIONS:,}",
        table(["the gallery", "p50", "p99", "max"], ([way, *_spread(taken)] for way, taken in times.items())),
    )


def _nothing(db: sqlite3.Connection, new: Version, place: Place) -> None:
    """Hangs nothing anywhere."""


def _inserted(db: sqlite3.Connection, world: World) -> float:
    made = Version(new_id(), new_id(), 0, None, Kind.GENERATE, world.prompt(), Options("m"), ("ab",),
                   world.people[0], 0)  # fmt: skip
    began = time.perf_counter()
    db.execute("BEGIN IMMEDIATE")
    threads.start_upload(db, Thread(made.thread, world.places[0], None, 0), made)
    db.commit()
    return time.perf_counter() - began
