"""Requests on their way, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models.chat import Address, Place, User
from bot.models.versions import Kind, Options, Planning, Reference, Source, Usage


class JobStatus(StrEnum):
    """Where a job stands. Only these moves exist: queued → running → delivering → done; and to failed or cancelled."""

    QUEUED = "queued"  # reserved and saved; waits for its placeholder and its turn
    RUNNING = "running"  # a worker owns it until `lease_until`
    DELIVERING = "delivering"  # picture, version and settled ledger are kept; the chat may not show it yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OFFERED = "offered"  # never reserved: the picture exists already, and the asker may choose


@dataclass(frozen=True, slots=True)
class PanelNote:
    """What is known of one panel of a series while it is made, so that a crash loses none: `number` counts from 1.

    Noted when its request goes out, with the estimate as `cost`, and again when the answer is there: `asset` is its
    picture, or `why` a sentence that says what became of it. `cost` is micro-dollars.
    """

    number: int
    asset: str = ""
    why: str = ""
    cost: int = 0
    cost_is_estimate: bool = True
    usage: Usage | None = None
    planning: Planning | None = None
    gateway: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted request, from reservation to delivery.

    `place` is where the answer goes and `reply_to` which message it answers. `estimate` is micro-dollars, reserved.
    `parent_image` counts from 1 among the parent's pictures. `address` is the placeholder, once posted. `owner` and
    `lease_until` say who runs it. `sent` is when the paid request went out: before that a lost job may run again,
    after that it must fail as unknown. `version` is the result, or the picture offered instead; `error` the sentence
    people were told. `notes` are sentences for the card ("ignored --seed 7"). `avoid` is what must not be in the
    picture, `brief` what goes to the image service. `canvas` is the parent's picture on a larger canvas; its `region`
    is how it was extended. `previews` is how many passing pictures are asked for, and `previews_cost` what they add to
    the estimate. `panels` are the words of each panel of a series; `only` the panels (from 1) to be drawn, empty: all.
    `drawn` is what is known of the panels that were sent. `prices` is the version of the price table, `Catalog.prices`.
    `review` are sentences that say why a moderator must approve the result first; empty: nobody must. `alone` is where
    its asker sees the result first, and nobody else; None: it is shown in `place`.
    """

    id: str
    event_id: str
    place: Place
    user: User
    thread: str
    kind: Kind
    prompt: str
    options: Options
    provider: str
    estimate: int
    created: int
    parent: str | None = None
    parent_image: int = 1
    references: tuple[Reference, ...] = ()
    mask: str | None = None
    reply_to: str | None = None
    notes: tuple[str, ...] = ()
    status: JobStatus = JobStatus.QUEUED
    address: Address | None = None
    owner: str | None = None
    lease_until: int = 0
    sent: int | None = None
    version: str | None = None
    error: str = ""
    markup: str | None = None
    avoid: tuple[str, ...] = ()
    brief: str = ""
    previews: int = 0
    previews_cost: int = 0
    fingerprint: str = ""
    region: str = ""
    canvas: str | None = None
    panels: tuple[str, ...] = ()
    only: tuple[int, ...] = ()
    strong: bool = False
    drawn: tuple[PanelNote, ...] = ()
    purged: tuple[str, ...] = ()
    prices: str = ""
    review: tuple[str, ...] = ()
    alone: Place | None = None

    @property
    def is_held(self) -> bool:
        """Whether somebody must allow it before people see the result."""
        return bool(self.review or self.alone)

    @property
    def at_stake(self) -> int:
        """Micro-dollars that may have been billed so far: of a series, only the panels that were sent count."""
        return sum(one.cost for one in self.drawn) if self.panels else self.estimate


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger says was used in a window, reservations included. `cost` is micro-dollars."""

    images: int
    cost: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which sum of a workspace's ledger a limit needs: of one `person` or of everybody, in one channel or in all.

    `since` is milliseconds; sums are kept per quarter of an hour, and the whole one that `since` falls in counts.
    """

    person: bool
    since: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """The sums that a rule asked for, and how many of the person's requests are on their way."""

    sums: Mapping[Window, Spent]
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class OpenOutcome:
    """A request that may have been billed, until an admin says what it cost. `cost` (micro-dollars) is in the books."""

    job: str
    person: str
    name: str
    channel: str
    model: str
    at: int
    cost: int


class Entry(StrEnum):
    """One line of the ledger. Lines are appended, never edited; each carries the change it makes."""

    RESERVE = "reserve"  # + n images, + estimate
    SETTLE = "settle"  # corrects both to what was delivered and billed
    RELEASE = "release"  # takes both back: nothing was billed
    UNKNOWN = "unknown"  # gives the person all of it back, leaves the money on the budgets: it may have been billed
    RETURN = "return"  # gives the person the images back, leaves the money: a moderator did not approve them
    RESOLVE = "resolve"  # corrects that money to what an admin found on the bill
