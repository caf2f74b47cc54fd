"""What words can mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Imagine:
    """Make a picture from words."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """Start over in this thread."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Change a picture. `version` is a number in the thread, `image` counts from 1 within a version."""

    prompt: str
    flags: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Back to the version before."""


@dataclass(frozen=True, slots=True)
class Redo:
    """Forward to what was undone."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same request once more, perhaps with other flags."""

    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vary:
    """Another picture like this one; `strong`: only its subject and style stay."""

    prompt: str = ""
    strong: bool = False
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pick:
    """Go on with one of several pictures; `image` counts from 1."""

    image: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """Put two versions side by side; without numbers the current one and the one it was made from."""

    first: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Info:
    """Say everything about a version; None: the current one."""

    version: int | None = None


@dataclass(frozen=True, slots=True)
class Finalize:
    """Draw the same picture again, large and in detail. It takes no flags: they are kept to say so."""

    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extend:
    """Put the picture on a larger canvas; `how` as in `extending.plan` ("zoom 2", "pan left", "wide")."""

    how: str
    prompt: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class BackTo:
    """Make a numbered version the current one."""

    version: int


@dataclass(frozen=True, slots=True)
class Show:
    """Show a numbered version again."""

    version: int


@dataclass(frozen=True, slots=True)
class Panel:
    """Draw one panel of a series anew, perhaps with other words."""

    number: int
    prompt: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All pictures of a version, or of the thread, on one sheet with their numbers."""

    version: int | None = None


@dataclass(frozen=True, slots=True)
class Tray:
    """Look at or change the references that go along with the next edits.

    `change` is show, add, remove, role, first or clear; `which` are "#3" and "@logo" as typed; `role` is a word of
    `models.Role`.
    """

    change: str = "show"
    which: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class SaveAs:
    """Keep a picture as `@name` for the workspace. `which` is "#3", "v2" or "" for the current one."""

    name: str
    which: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Paint:
    """Ask for the page on which a mask is painted."""

    version: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Pictures to take away, as a zip: of one version, or of the whole thread."""

    version: int | None = None
    everything: bool = False
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gallery:
    """Ask for the gallery, or for this thread's page (`tree`)."""

    tree: bool = False


@dataclass(frozen=True, slots=True)
class Star:
    """Star a version, or take the star back."""

    version: int | None = None
    on: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """A command about a numbered version: the same as the command alone in a reply to that version."""

    version: int
    command: Undo | Redo | Again | Vary | Finalize | Panel | Tray


@dataclass(frozen=True, slots=True)
class AboutPicture:
    """An edit of the picture that the thread numbers so ("#3: …"), wherever in the tree it is."""

    number: int
    command: Edit | Extend | Paint


@dataclass(frozen=True, slots=True)
class Misused:
    """A command with options that it does not take."""

    command: str
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


@dataclass(frozen=True, slots=True)
class PictureAlone:
    """A picture without words: what it is for is not known."""


@dataclass(frozen=True, slots=True)
class NotForUs:
    """People talking to each other. `reason` is for the log."""

    reason: str


Intent = (
    Imagine
    | New
    | Edit
    | Undo
    | Redo
    | Again
    | Vary
    | Pick
    | Compare
    | Info
    | Extend
    | Finalize
    | BackTo
    | Show
    | Panel
    | Sheet
    | Tray
    | SaveAs
    | Paint
    | Export
    | Gallery
    | Star
    | About
    | AboutPicture
    | Misused
    | Help
    | PictureAlone
    | NotForUs
)
