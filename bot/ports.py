"""What the core needs from outside: a chat platform, an image provider, a store. As small as they can be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.cards import Card
from bot.models import (
    Action,
    Address,
    Asset,
    Attachment,
    Command,
    Job,
    Message,
    Options,
    Place,
    Planning,
    Policy,
    Request,
    Role,
    Source,
    Spent,
    Thread,
    Usage,
    User,
    Version,
)

# ── Chat ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Doors(Protocol):
    """The three doors of the studio. A platform calls them after it has acknowledged.

    They never raise for what a person did wrong: they whisper. They return when the request is accepted, answered or
    ignored, not when the picture is drawn.
    """

    async def command(self, command: Command) -> None:
        """Take a slash command."""

    async def message(self, message: Message) -> None:
        """Take something someone said. One indexed query, no reply, when it is not for us."""

    async def action(self, action: Action) -> None:
        """Take a pressed button or a submitted form."""


class ChatPlatform(Protocol):
    """One chat service. Raises `errors.PlatformProblem` and its kin, nothing else of its SDK's."""

    name: str
    seconds_between_edits: float
    """How often a message may be edited with progress; the service's own limits decide."""

    async def run(self, doors: Doors) -> None:
        """Listen and call the doors until cancelled; then finish the requests in hand and close."""

    async def post(self, place: Place, card: Card, *, reply_to: str | None, key: str) -> Address:
        """Post a new message. The same `key` posted twice gives one message where the service can tell.

        Raises `errors.CannotPost` when the bot may not speak there.
        """

    async def edit(self, address: Address, card: Card) -> None:
        """Replace a message's whole content. Doing it twice is harmless. Raises `errors.MessageGone`."""

    async def whisper(self, asked: Request, card: Card) -> None:
        """Tell only the person who asked. Best effort: falls back to the most private way there is."""

    async def fetch(self, attachment: Attachment, into: Path, limit: int) -> None:
        """Stream a person's file to `into`. Raises `errors.BadAttachment` beyond `limit` bytes or if unavailable."""


# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class InputImage:
    """A picture to send along: a PNG, JPEG or WebP file. `role` tells the picture to be edited from references."""

    path: Path
    media_type: str
    name: str = ""
    role: Role = Role.IMAGE


async def _go_ahead() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One call to an image service.

    `prompt` is what is sent, `words` what the person wrote. `images` make it an edit; the first is Image 1. `mask` is
    a PNG of Image 1's size whose transparent pixels may change, `markup` one with what was drawn over it. `user_key`
    is a salted hash of the person, for the service's abuse tracing. Files go under `folder`. `previews` is how many
    passing pictures are wanted (0–3). `may_send` is asked right before anything that may be billed goes out; after a
    False nothing does.
    """

    prompt: str
    options: Options
    folder: Path
    images: tuple[InputImage, ...] = ()
    mask: Path | None = None
    user_key: str = ""
    previews: int = 0
    words: str = ""
    markup: Path | None = None
    may_send: Callable[[], Awaitable[bool]] = _go_ahead


@dataclass(frozen=True, slots=True)
class Step:
    """Something worth telling while it takes its time: "Waiting for the image service, about 12 s."."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A passing picture, `done` of it drawn (0.0–1.0), of picture `number` of several. Its reader deletes the file."""

    path: Path
    done: float
    number: int = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """One finished picture on disk: `sha256` in hex and `bytes` of the file as it arrived, untouched."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came out. `usage` None: the service did not say.

    `missing`: one sentence for each picture that failed, `doubtful` of which may be billed all the same. `notes` are
    sentences for the card, `for_admin` for whoever runs the bot. `gateway` is the service that drew; `revised`,
    `sources` and `planning` are there when a text model planned the picture.
    """

    images: tuple[Drawn, ...]
    usage: Usage | None = None
    request_id: str = ""
    missing: tuple[str, ...] = ()
    doubtful: int = 0
    notes: tuple[str, ...] = ()
    for_admin: tuple[str, ...] = ()
    gateway: str = ""
    revised: str = ""
    sources: tuple[Source, ...] = ()
    planning: Planning | None = None


class ImageProvider(Protocol):
    """One kind of image service. Raises only `errors.ProviderProblem`, `errors.Refused`, `errors.SetupProblem` kin."""

    name: str
    costs_money: bool

    def lists(self, model: str) -> bool:
        """Whether an admin named this model as one of this service's."""

    def why_not(self, options: Options, *, images: int = 0, mask: bool = False, markup: bool = False) -> str:
        """Why it cannot draw this, as a sentence for the asker; "": it can."""

    def generate(self, request: ImageRequest) -> AsyncGenerator[Preview | Step | Result, None]:
        """Yield any number of previews and steps, then one `Result`. Nothing is retried that may have been billed."""

    def planner_for(self, options: Options) -> str:
        """The text model that would plan this; "": none."""

    async def shutdowns(self) -> Mapping[str, str]:
        """The day (YYYY-MM-DD) on which each model ends, as far as the service says. Free; raises nothing."""

    async def close(self) -> None:
        """Let go of connections."""


# ── Memory ───────────────────────────────────────────────────────────────────────────────────────────────────────

Rule = Callable[[Policy, Spent], None]
"""A pure check on facts read in the same transaction; raises to refuse, and nothing is written."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One person's use in a span of time, from the ledger."""

    platform: str
    workspace: str
    user: str
    user_name: str
    images: int
    cost: int
    unknown_cost: int


class Store(Protocol):
    """What survives a restart. Every method is one transaction, durable when it returns."""

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

    # assets
    async def put_asset(self, path: Path, asset: Asset) -> Asset:
        """Move a file into the content-addressed store (fsync, rename, then the row). Same bytes twice: one file."""

    async def asset(self, asset_id: str) -> Asset | None:
        """The asset with this id."""

    def asset_path(self, asset: Asset) -> Path:
        """The local file of an asset, for reading only."""

    # jobs and money
    async def reserve(self, job: Job, rule: Rule, *, since: int, new_thread: Thread | None = None) -> Spent:
        """Check and accept a job in one transaction (BEGIN IMMEDIATE).

        Reads the workspace's policy and what `job.user` spent since `since` (ms), calls `rule`, then writes the seen
        event, the ledger's reserve line (`job.options.n` images, `job.estimate`), the job and, if given, its thread.
        Returns what was spent, this job included. Raises what `rule` raises; `errors.AlreadySeen` for a known event.
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
        """What a person has used since `since` (ms), reservations included."""

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

    async def keep(self, job_id: str, version: Version) -> Version:
        """Save a drawn version: number it, make it the head, settle the ledger, job → delivering.

        Its assets were put before. Returns the version with its number. Settles to `len(version.images)` images and
        `version.cost`. Doing it twice for one job returns the first version.
        """

    async def finish(self, job_id: str) -> None:
        """Delivering → done, and the job's message shows its version."""

    async def fail(self, job_id: str, entry: str, error: str) -> Job | None:
        """Queued or running → failed, with a ledger line `Entry.RELEASE` or `Entry.UNKNOWN`. None: was over already."""

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

    # policy and reports
    async def policy(self, workspace: str) -> Policy:
        """A workspace's settings, or the defaults."""

    async def set_policy(self, workspace: str, policy: Policy) -> None:
        """Replace a workspace's settings."""

    async def usage(self, *, since: int) -> Sequence[UsageRow]:
        """Who used how much since `since` (ms), most expensive first."""

    async def close(self) -> None:
        """Finish writes and let go of the files."""


# ── The web chat's own memory (Slack and Discord keep theirs) ────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the built-in web chat: a person's (`text`, `attachments` as asset ids) or the bot's (`card`)."""

    id: str
    channel: str
    thread: str | None
    user: str
    user_name: str
    at: int
    text: str = ""
    attachments: tuple[str, ...] = ()
    card: Card | None = None


class Transcript(Protocol):
    """What was said in the web chat."""

    async def say(self, said: Said) -> Said:
        """Append a message; one with a known id is replaced in place (its time and position stay)."""

    async def said(self, message_id: str) -> Said | None:
        """One message."""

    async def channel(self, channel: str, *, before: int | None = None, limit: int = 50) -> Sequence[Said]:
        """The newest messages outside threads, oldest first."""

    async def replies(self, channel: str, thread: str) -> Sequence[Said]:
        """A thread's replies, oldest first (the root message is not among them)."""
