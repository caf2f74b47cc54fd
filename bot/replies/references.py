"""Cards about references: the tray of a version, the workspace's named ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards import Button, Card, CardImage, Tone
from bot.models import NamedReference, Reference, Role, Version
from bot.replies.sentences import notice
from bot.replies.versions import MAX_ALT, Shown

TRAY = "What goes along with the next edit"
REFS_HINT = (
    "Type for example: refs add #3, refs remove @logo, refs #2 as style, refs first #4, refs clear. "
    "Send a picture with “refs add” to add it."
)
REF_HINT = "Type for example: /imagine-ref add @logo with a picture, /imagine-ref list, /imagine-ref delete @logo."
REF_NEEDS_PICTURE = (
    "Send one picture along, or choose “Save as reference” in the menu of a message that has one. "
    "In a picture's thread: save #2 as @logo."
)
BAD_NAME = "A name has up to 32 small letters, digits, - and _, and begins with a letter or digit: @logo, @brand-2."
_LONGEST_NAME = 40
_FOR = {Role.REFERENCE: "a reference", Role.SUBJECT: "the subject", Role.STYLE: "the style", Role.LOGO: "a logo",
        Role.BACKGROUND: "the background"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class InTray:
    """A reference in a tray, and its number in the thread; None: no version was made with it yet."""

    reference: Reference
    number: int | None = None

    @property
    def label(self) -> str:
        """What it is called: "#3 hat.png", "#3", "hat.png"."""
        number = f"#{self.number}" if self.number else ""
        name = "" if self.reference.name == number else _short(self.reference.name)
        return f"{number} {name}".strip() or "a picture"


def tray(version: Version, references: Sequence[InTray], words: str, sheet: Shown | None, *, most: int,
         drawn: bool = False) -> Card:  # fmt: skip
    """The references of a version's next edit, with a button for each to take it out. `drawn`: AI made some of them."""
    lines = [f"{one.label}, {_FOR.get(one.reference.role, 'a reference')}" for one in references]
    names = ", ".join(one.label for one in references)
    return Card(
        title=f"{words} · {len(references) + 1}/{most}",
        body="\n".join([f"v{version.number}, the picture to change", *lines, "", REFS_HINT]),
        images=(_sheet_image(version, sheet, names, drawn=drawn),) if sheet else (),
        buttons=tuple(_remove_button(version, one) for one in references),
    )


def _sheet_image(version: Version, sheet: Shown, names: str, *, drawn: bool) -> CardImage:
    asset = sheet.asset
    alt = f"The references of v{version.number}{', some AI-made' if drawn else ''}: {names}"[:MAX_ALT]
    name = f"references-v{version.number}.png"
    return CardImage(sheet.path, asset.media_type, asset.width, asset.height, alt, name, asset.id)


def _remove_button(version: Version, one: InTray) -> Button:
    about = f"Take {one.label} out of the references of v{version.number}"
    return Button(f"Remove {one.label}", f"drop_{one.reference.asset[:16]}", version.id, description=about)


def _short(name: str) -> str:
    """A file's name fit for a line and a button."""
    clean = "".join(letter for letter in name if letter.isprintable())
    return clean if len(clean) <= _LONGEST_NAME else f"{clean[: _LONGEST_NAME - 1]}…"


def tray_changed(who: str, change: str, names: Sequence[str]) -> str:
    """Who did what to the references."""
    shown = [_short(name) or "a picture" for name in names[:3]]
    what = ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return {
        "add": f"{who} added {what}",
        "remove": f"{who} removed {what}",
        "role": f"{who} said what {what} is for",
        "first": f"{who} put {what} first",
        "clear": f"{who} removed all references",
    }[change]


def tray_full(most: int) -> str:
    """The image API takes no more."""
    return f"{most} pictures together are the most, the one to change included. Take one out: refs remove #2."


def named_references(named: Sequence[NamedReference]) -> Card:
    """A workspace's named references."""
    if not named:
        return notice("No named references yet. Save one: /imagine-ref add @logo, with a picture.")
    lines = [f"@{one.name} · {_FOR.get(one.reference.role, 'a reference')} · added by {one.added_by.name}"
             for one in named]  # fmt: skip
    return Card(title=f"{len(named)} named reference{'s' if len(named) > 1 else ''}", body="\n".join(lines),
                footer="Use them in any prompt: /imagine a mug with @name")  # fmt: skip


def named_reference(one: NamedReference, shown: Sequence[Shown], *, drawn: bool = False) -> Card:
    """One of them, with its picture; `drawn`: AI made it."""
    alt = f"The reference @{one.name}{', AI-made' if drawn else ''}"
    images = tuple(
        CardImage(each.path, each.asset.media_type, each.asset.width, each.asset.height, alt, f"{one.name}.png",
                  each.asset.id)
        for each in shown
    )  # fmt: skip
    what = _FOR.get(one.reference.role, "a reference")
    return Card(title=f"@{one.name} · {what} · added by {one.added_by.name}", images=images)


def saved_as(new: NamedReference) -> Card:
    """It can be used from now on."""
    return Card(
        title=f"Saved as @{new.name}, {_FOR.get(new.reference.role, 'a reference')}.",
        body=f"Everybody here can use it in any prompt: /imagine a mug with @{new.name}",
        tone=Tone.DONE,
    )


def name_taken(known: NamedReference) -> str:
    """Two pictures cannot have one name."""
    return (f"@{known.name} is taken (added by {known.added_by.name}). Choose another name, or delete it first: "
            f"/imagine-ref delete @{known.name}.")  # fmt: skip
