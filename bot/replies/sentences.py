"""Single sentences, and the plain cards that carry one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import Card, Tone
from bot.catalog import Model
from bot.errors import Refused, RetouchError
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


def changed_only(names: Sequence[str], drift: float | None) -> str:
    """After "change only …": where it changed, and how much of the rest was put back; None: nothing was."""
    back = "" if drift is None else f" The rest was put back; drift {share(drift)}."
    return f"Changed: {', '.join(names)}.{back}"


def would_not_lock(size: str, drawn: str) -> str:
    """Said before anything is paid: a picture of another shape cannot keep the rest of this one."""
    was, now = size.replace("x", "×"), drawn.replace("x", "×")
    return (f"This picture is {was} and would come back as {now}, so the rest of it could not be kept. "
            "Ask for a size of the same shape, or add --unlocked.")  # fmt: skip


def drawn_on(version: Version, *, as_markup: bool = False) -> str:
    """A picture came back with something drawn on it."""
    if as_markup:
        return f"Your drawing on v{version.number} went to the model as it is."
    return f"Your drawing on v{version.number} was taken as the mask: only there it may change."


def sent_back(version: Version) -> str:
    """One of our own pictures was sent along, with nothing drawn on it."""
    return f"You sent v{version.number} back, so that is the picture changed here."


def misused(command: str, flags: Sequence[str]) -> str:
    """A command with options that it does not take."""
    return f"“{command[:60]}” takes no options; leave out --{', --'.join(flags)}."


PICTURE_ALONE = (
    "A picture without words changes nothing. Send it with words (“use this as the logo”), or draw on one of mine and "
    "send that with what should change there. refs add keeps a picture for the next edits."
)
TAKEN_AS_MASK = "The picture sent along was taken as the mask."
FINAL_WORDS = (
    "Draw Image 1 again at this size in full detail. Change nothing: the same composition, subjects, colours and words."
)
NOT_LOCKED = "The picture came back in another shape, so the part outside the mask could not be put back."
NOT_PUT_BACK = "The part outside the mask could not be put back: the picture before is gone or cannot be read."
MOST_CHANGED = "Most of the picture changed, so nothing was put back."
NOTHING_CHANGED = "Nothing in the picture changed visibly; say it in other words, or mark where with a mask."
REST_NOT_PUT_BACK = "The rest of the picture could not be put back, so all of it is as the model drew it."
REST_OF_OTHER_SHAPE = "The picture came back in another shape, so the rest of it could not be put back."
NO_MASK = "--unlocked is about a mask, a region or “change only …”; there is none, so it was ignored."
NO_N_IN_SERIES = "A series has one picture for each panel, so --n was ignored."
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
            "Reply in the picture's thread to change it: make it night, left half: make it blue, undo, again, vary, "
            "back to v1, v2: warmer, new: something else. Also: paint, compare, refs, star, tree, export, finalize.\n"
            "Options: --ar 16:9, --size 2k, --quality low|medium|high, --n 4, --format jpeg, --background transparent, "
            '--no people, --think high, --web, --series "it wakes | it eats".'
        ),
    )


def share(part: float) -> str:
    """A share in percent: "0 %", "under 0.1 %", "0.2 %", "12 %"."""
    if part == 0:
        return "0 %"
    if part < 0.001:
        return "under 0.1 %"
    return f"{part * 100:.1f} %" if part < 0.1 else f"{part * 100:.0f} %"


def panel_step(panel: int, panels: int) -> str:
    """How far a series is."""
    return f"Panel {panel} of {panels}."


def panel_failed(number: int, error: RetouchError, *, billed_perhaps: bool) -> str:
    """A panel that came to nothing while others came."""
    if isinstance(error, Refused):
        what = f"was refused{f' ({error.category})' if error.category else ''}"
    else:
        what = f"failed ({str(error).rstrip('.')})"
    charge = "may be billed to the team all the same" if billed_perhaps else "was not charged"
    return f"Panel {number} {what} and {charge}. Ask for it again: redo panel {number}."


def panel_lost(number: int, *, costs: bool) -> str:
    """A panel that was asked for when the bot was stopped, or the asker cancelled."""
    charge = "; the team may be billed for it" if costs else ""
    return f"Panel {number} was lost when this was stopped{charge}."


def panels_unsent(numbers: Sequence[int]) -> str:
    """Panels that were not asked for any more."""
    one = len(numbers) == 1
    which = f"Panel {numbers[0]} was" if one else f"Panels {_listed(numbers)} were"
    again = f"Ask for {'it' if one else 'each'} again: redo panel {numbers[0]}."
    return f"{which} not drawn any more and not charged. {again}"


def _listed(numbers: Sequence[int]) -> str:
    return f"{', '.join(str(one) for one in numbers[:-1])} and {numbers[-1]}"
