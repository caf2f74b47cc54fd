"""Single sentences, and the plain cards that carry one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Card, Tone
from bot.catalog import Model
from bot.models import Version


def notice(sentence: str) -> Card:
    """One plain sentence."""
    return Card(title=sentence)


def for_admins(sentence: str) -> Card:
    """Something in the admin channel."""
    return Card(title="For the admins of this bot", body=sentence, tone=Tone.FAILURE)


def shutdown_warning(model: Model, days: int) -> str:
    """A model in use will be gone, or is."""
    when = (
        f"will be shut down on {model.shutdown}, in {days} days" if days > 0 else f"was shut down on {model.shutdown}"
    )
    instead = f" Set RETOUCH_MODEL={model.successor}, or another one." if model.successor else " Choose another model."
    return f"The model {model.name} {when}.{instead}"


def other_size(asked: str, came: Sequence[str]) -> str:
    """The service drew another size than it was asked for."""
    return f"The image service sent {', '.join(came).replace('x', '×')} instead of {asked.replace('x', '×')}."


def other_format(asked: str, came: Sequence[str]) -> str:
    """The service sent another file format than it was asked for."""
    return f"The image service sent {', '.join(came).upper()} instead of {asked.upper()}."


def meanwhile(other: Version) -> str:
    """Another version was made of the same picture while this one was drawn."""
    return f"Meanwhile {other.author.name} made v{other.number} of the same picture; both are kept."


def extending(how: str) -> str:
    """What is asked of the model where a person only said how to extend."""
    where = {"pan left": "to the left", "pan right": "to the right", "pan up": "upwards", "pan down": "downwards"}
    return f"Continue the picture naturally {where.get(how, 'beyond its old edges on all sides')}."


def locked_as(media_type: str, width: int, height: int) -> str:
    """The composite is not what was asked for: it is the picture before, outside the mask pixel by pixel."""
    kind = media_type.removeprefix("image/").upper()
    return (
        f"What lies outside the mask is as before, so this is a {kind} of {width}×{height}; --unlocked leaves it all."
    )


def would_not_lock(size: str, drawn: str) -> str:
    """Said before anything is paid: a picture of another shape cannot keep the rest of this one."""
    was, now = size.replace("x", "×"), drawn.replace("x", "×")
    return (f"This picture is {was} and would come back as {now}, so the rest of it could not be kept. "
            "Ask for a size of the same shape, or add --unlocked.")  # fmt: skip


FINAL_WORDS = (
    "Draw Image 1 again at this size in full detail. Change nothing: the same composition, subjects, colours and words."
)
NOT_LOCKED = "The picture came back in another shape, so the part outside the mask could not be put back."
NOT_PUT_BACK = "The part outside the mask could not be put back: the picture before is gone or cannot be read."
NO_MASK = "--unlocked is about a mask or a region; there is none, so it was ignored."
NO_INPUTS = "--fidelity is about pictures that go along; none does, so it was ignored."
REUSED = "Made before by the same request; nothing was charged."
AS_GUEST = "People are talking in this thread, so mention me to change the picture."
STOPPED_EARLY = "The command was stopped before anything was drawn."
INTERRUPTED = "The bot was stopped in the middle of this picture, and the answer was lost."
STILL_DRAWING = "There is no finished picture in this thread yet. Reply again once it is here."
FIRST_VERSION = "This is the first version; there is nothing to undo."
NOTHING_TO_REDO = "There is nothing to redo: no newer version was made from this one."
TOO_LATE_TO_CANCEL = "It is too late to cancel: this picture is already done."
NOT_YOURS = "Only the person who asked for it, or an admin, can cancel it."
NO_WORDS = "Say what should change, for example: make the sky pink."
NOTHING_HERE = "There is no picture of mine in this thread yet. Start one with /imagine and a few words."


def already_back(version: Version) -> Card:
    """Undo pressed twice."""
    return notice(f"Already back at v{version.number}.")


def unknown_version(number: int) -> str:
    """A version number that the thread does not have."""
    return f"This thread has no v{number}."


def help_card() -> Card:
    """What can be typed."""
    return Card(
        title="Type /imagine and what you want to see.",
        body=(
            "For example: /imagine a poster for our summer sale --ar 2:3 --quality high\n"
            "Reply in the picture's thread to change it: make it night, undo, redo, again, vary, back to v1, "
            "v2: warmer, new: something else.\n"
            "Options: --ar 16:9, --size 2k, --quality low|medium|high, --n 4, --format jpeg, --background transparent, "
            "--no people, --think high, --web."
        ),
    )


def share(part: float) -> str:
    """A share in percent: "0 %", "under 0.1 %", "0.2 %", "12 %"."""
    if part == 0:
        return "0 %"
    if part < 0.001:
        return "under 0.1 %"
    return f"{part * 100:.1f} %" if part < 0.1 else f"{part * 100:.0f} %"
