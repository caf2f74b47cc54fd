"""What the core needs from memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.models import (
    Act,
    Address,
    Asset,
    Ban,
    Conduct,
    Found,
    Job,
    NamedReference,
    OpenOutcome,
    PanelNote,
    Place,
    Policy,
    Reference,
    Spent,
    Thread,
    Used,
    User,
    Version,
    Window,
)
from bot.ports.reviews import Reviews


class Rule(Protocol):
    """A pure check on facts read in the same transaction: `bot.limits.Asked`."""

    def windows(self, policy: Policy) -> Sequence[Window]:
        """The sums that are needed."""

    def check(self, policy: Policy, used: Used) -> None:
        """Raises to refuse; then nothing is written."""


class By(StrEnum):
    """What a usage report is by."""

    PERSON = "person"
    ROLE = "role"
    CHANNEL = "channel"
    MODEL = "model"
    GATEWAY = "gateway"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one of them came to in a workspace: images, micro-dollars, and how often something was refused.

    `key` is "PLATFORM:ID" of a person, the ids of all roles a person had with spaces between, the name of a model or
    gateway ("" where nothing was drawn), the id of a channel, or a quarter of an hour (its first millisecond, UTC).
    `unknown_cost` is the part of `cost` that was perhaps not billed. Refusals are not counted by model and gateway.
    """

    workspace: str
    key: str
    name: str
    images: int
    cost: int
    unknown_cost: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """How far the audit holds: `lines` good ones, the last with the hash `head`; of `let_go` the words are gone.

    `broken` is the number of the first line that does not hold, 0 for none, and `why` says what is wrong with it.
    `cut`: every line holds, but none has the hash that was expected.
    """

    lines: int
    head: str
    broken: int = 0
    why: str = ""
    let_go: int = 0
    cut: bool = False


class Store(Protocol):
    """What survives a restart. Every method is one transaction, durable when it returns."""

    @property
    def reviews(self) -> Reviews:
        """Pictures before the moderators, and taking pictures away."""

    # events
    async def saw(self, platform: str, event_id: str) -> bool:
        """Whether this event was seen before. Reads only."""

    async def see(self, platform: str, event_id: str) -> bool:
        """Remember an event; False when it was known already (so: somebody else is answering it)."""

    # threads and versions
    async def thread(self, thread_id: str) -> Thread | None:
        """The thread with this id."""

    async def thread_at(self, place: Place) -> Thread | None:
        """The image session that lives in this chat thread; None when `place.thread` is None. One indexed query."""

    async def version(self, version_id: str) -> Version | None:
        """The version with this id."""

    async def versions(self, thread_id: str) -> Sequence[Version]:
        """A thread's versions by number."""

    async def version_shown_at(self, place: Place, message: str) -> Version | None:
        """The version on the bot's message with this id in this channel (the thread is ignored)."""

    async def showed(self, version_id: str, address: Address) -> None:
        """Remember that a message shows a version, so that a reply to it means that version."""

    async def move_head(self, thread_id: str, version_id: str) -> None:
        """Make a version of this thread its head. Raises `errors.NotFound`."""

    async def branch(self, version: Version) -> Version:
        """Save a version that nothing was paid for and make it the head.

        One with the same parent, kind and images is not saved twice: it becomes the head and is returned.
        """

    async def start_upload(self, thread: Thread, version: Version) -> None:
        """Save a new thread, with a person's own picture as its first version and head."""

    # references
    async def tray(self, version_id: str) -> Sequence[Reference] | None:
        """The references that go along when this version is edited; None: those it was made with."""

    async def change_tray(
        self, version_id: str, change: Callable[[Sequence[Reference] | None], Sequence[Reference]]
    ) -> Sequence[Reference]:
        """Replace them by what `change` makes of them (None: nobody changed them yet); returns the outcome.

        `change` is pure. Nobody else changes them in between. Raises `errors.NotFound`, and what `change` raises; then
        nothing is changed.
        """

    async def named(self, place: Place) -> Sequence[NamedReference]:
        """The named references of a workspace, by name."""

    async def add_named(self, place: Place, new: NamedReference) -> bool:
        """Add one to the workspace of `place`; False when the name is taken (then nothing changes)."""

    async def remove_named(self, place: Place, name: str) -> bool:
        """Take one out of the workspace; False when there is none. Versions made with it keep its picture."""

    # assets
    async def put_asset(self, path: Path, asset: Asset) -> Asset:
        """Move a file into the content-addressed store (fsync, rename, then the row). Same bytes twice: one file."""

    async def asset(self, asset_id: str) -> Asset | None:
        """The asset with this id."""

    async def versions_with(self, asset_id: str) -> Sequence[Found]:
        """The versions that name this picture (drawn, put together, a reference, a mask); `starred` means nothing.

        Where none does: those of the picture it was made from, or of those made from it. Reads every version: not for
        anything a person waits for.
        """

    async def drawn(self, assets: Collection[str]) -> frozenset[str]:
        """Which of these pictures AI drew: all but people's own files."""

    def asset_path(self, asset: Asset) -> Path:
        """The local file of an asset, for reading only."""

    # jobs and money
    async def reserve(self, job: Job, rule: Rule, *, new_thread: Thread | None = None) -> Used:
        """Check and accept a job in one transaction (BEGIN IMMEDIATE).

        Reads the workspace's policy and the sums that `rule` needs, lets it check them, then writes the seen event, the
        ledger's reserve line (`job.options.n` images, `job.estimate`), the job and, if given, its thread. Returns the
        sums, this job included. Raises what `rule` raises; `errors.AlreadySeen` for a known event.
        """

    async def used(self, workspace: str, user: User, windows: Collection[Window]) -> Used:
        """These sums of a workspace, and how many requests of this person are queued or running there."""

    async def unknowns(self, workspace: str) -> Sequence[OpenOutcome]:
        """Requests whose cost nobody knows yet, oldest first."""

    async def resolve_unknown(self, job_id: str, cost: int, by: str, sign: Callable[[int], Act] | None = None) -> None:
        """Correct such a request's cost in the books to what was billed (micro-dollars); `by` is "PLATFORM:ID".

        Raises `errors.NotFound` for a job whose outcome is not, and was not, unknown. A second time corrects the first.
        `sign` makes the line for the audit, written in the same transaction, of what stood in the books before.
        """

    async def made_before(self, fingerprint: str, place: Place, user: User) -> Version | None:
        """The newest version of an equal request in this workspace, if it is this person's or of this channel."""

    async def offer(self, job: Job, *, new_thread: Thread | None = None) -> None:
        """Save a job with status `OFFERED`; nothing is reserved. Raises `errors.AlreadySeen` for a known event."""

    async def accept(self, job_id: str, version: Version) -> bool:
        """Offered → delivering, with this version as its thread's head, for nothing. False: decided already."""

    async def waiting(self, platforms: Collection[str]) -> Sequence[Job]:
        """Placed jobs of these platforms whose turn has not come, oldest first (at most 200)."""

    async def spent(self, workspace: str, user: User, *, since: int) -> Spent:
        """What a person has used since `since` (ms), reservations included: the sum of the ledger's own lines."""

    async def place_job(self, job_id: str, address: Address) -> Job:
        """Remember a job's placeholder and, if its thread has no chat thread yet, that too. The job may now run."""

    async def claim(self, owner: str, *, platforms: Collection[str], now: int, lease_until: int) -> Job | None:
        """Take the next placed, queued job of these platforms, atomically.

        People take turns: fewest running first, then who waited longest since their last start, then oldest.
        """

    async def renew(self, job_id: str, owner: str, *, lease_until: int) -> bool:
        """Keep a lease; False when the job is no longer this owner's."""

    async def mark_sent(self, job_id: str, owner: str, *, now: int) -> bool:
        """Note that the paid request goes out now; False when the job is no longer this owner's or was cancelled."""

    async def note_panel(self, job_id: str, owner: str, panel: PanelNote) -> bool:
        """Remember what is known of a panel, in place of what was; False when the job is not this owner's, or over.

        Also of a job that was failed a moment ago: what arrives then is paid for.
        """

    async def keep(self, job_id: str, version: Version) -> Version:
        """Save a drawn version: number it, make it the head, settle the ledger, job → delivering.

        Its assets were put before. Returns the version with its number. Settles to `version.cost` and to
        `len(version.images)` images; where the job had only some panels to draw, to those that are there. Doing it
        twice for one job returns the first version.
        """

    async def finish(self, job_id: str) -> None:
        """Delivering → done, and the job's message shows its version."""

    async def fail(self, job_id: str, entry: str, error: str, *, counts: bool = False) -> Job | None:
        """Queued or running → failed, with a ledger line `Entry.RELEASE` or `Entry.UNKNOWN`. None: was over already.

        Unknown leaves `job.at_stake` in the books; its person has the images and the money back, unless it `counts`.
        Returns the job as it was.
        """

    async def stop(self, job_id: str) -> bool:
        """Note that somebody cancels a running series; False where no panel of it is there: then it is to fail.

        When it is kept, panels that were sent and not answered count for its person.
        """

    async def cancel(self, job_id: str) -> Job | None:
        """Queued (or running, not sent) → cancelled and released. None when it is too late for that."""

    async def requeue(self, job_id: str, owner: str) -> bool:
        """Running but not sent → queued again (a shutdown, a rate limit that outlasts its wait)."""

    async def job(self, job_id: str) -> Job | None:
        """The job with this id."""

    async def line_before(self, job_id: str) -> int:
        """How many queued or running jobs are ahead of this one."""

    async def unplaced(self, *, before: int) -> Sequence[Job]:
        """Queued or offered jobs without a placeholder, created before `before` (ms): a crash came between."""

    async def undelivered(self, *, before: int) -> Sequence[Job]:
        """Delivering jobs last touched before `before` (ms)."""

    async def expired(self, *, now: int) -> Sequence[Job]:
        """Running jobs whose lease ran out: their worker is gone."""

    # audit
    async def record(self, act: Act) -> Act:
        """Append a line to the audit, chained to the one before; returns it with its id and hashes."""

    async def acts(
        self,
        *,
        workspace: str | None = None,
        who: str = "",
        what: str = "",
        since: int = 0,
        after: int = 0,
        limit: int = 1000,
        newest_first: bool = False,
        before: int = 0,
    ) -> Sequence[Act]:
        """Lines of the audit in order, of all workspaces with None.

        Their ids are greater than `after` and, unless it is 0, less than `before`.
        `who` is as in `Act`, `what` a name or its first part ("policy" for "policy.set"), `since` milliseconds.
        """

    async def check_acts(self, *, expect: str = "") -> AuditCheck:
        """Walk the audit's chain to its end or to the first line that is not as it was written.

        `expect` is a hash somebody noted earlier; a chain without it was cut or written anew.
        """

    # conduct
    async def bans(self, who: str) -> Sequence[Ban]:
        """The bans of "user:ID" in every workspace."""

    async def conduct(self, workspace: str, user: User) -> Conduct:
        """How a person behaves in a workspace; somebody who was never refused has `Conduct()`."""

    async def change_conduct(self, workspace: str, user: User, change: Callable[[Conduct], Conduct]) -> Conduct:
        """Replace it by what `change`, which is pure, makes of it. Nobody else changes it in between.

        Raises what `change` raises; then nothing is changed.
        """

    # policy and reports
    async def policy(self, workspace: str) -> Policy:
        """A workspace's settings, or the defaults."""

    async def change_policy(
        self,
        workspace: str,
        change: Callable[[Policy], Policy],
        acts: Callable[[Policy, Policy], Sequence[Act]] = lambda before, after: (),
    ) -> tuple[Policy, Policy]:
        """Replace a workspace's settings by what `change` makes of them; returns them as they were and as they are.

        The lines of the audit that `acts` makes of both are appended in the same transaction. Nobody else changes
        anything in between. Both are pure; what they raise is raised, and nothing is changed.
        """

    async def set_policy(self, workspace: str, policy: Policy) -> None:
        """Replace a workspace's settings."""

    async def learn_names(self, workspace: str, told: Mapping[str, str]) -> None:
        """Remember what channels and roles are called, by their ids. Costs a short read where nothing is new."""

    async def names(self, workspace: str | None = None) -> Mapping[tuple[str, str], str]:
        """What they were called last, by workspace and id; of all workspaces with None."""

    async def tallies(self, by: By, *, since: int, until: int, workspace: str | None = None) -> Sequence[Tally]:
        """What was used by requests made from `since` until before `until` (ms), of all workspaces with None.

        In no order. Jobs count when they were asked for; the sums of images and cost are the ledger's.
        """

    async def close(self) -> None:
        """Finish writes and let go of the files."""
