"""What the core needs from an image service."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.models import (
    Options,
    Planning,
    Role,
    Source,
    Usage,
)


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
