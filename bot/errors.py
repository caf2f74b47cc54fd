"""One tree of everything that can go wrong on purpose. `str(error)` is a sentence for the person who asked.

RetouchError
├── BadInput               the person can mend it
│   ├── BadOption          a flag or value that cannot be
│   └── BadAttachment      a file that is no picture, too large, or cannot be had
├── Refused                not allowed: by a safety system or by the workspace's policy
├── OverQuota              allowed, but used up
├── NotFound               the thing is gone
├── AlreadySeen            this very event was handled before; nobody is told
├── TakenBack              cancelled before anything was sent; nobody is told
├── SetupProblem           an admin must act: key, verification, billing, model
├── ProviderProblem        the image service failed, and cannot have billed
│   ├── Unavailable        … because it cannot be reached
│   ├── RateLimited        … because it is busy; says how long to wait
│   └── OutcomeUnknown     … or may have billed: never sent again on its own
└── PlatformProblem        the chat service failed
    ├── CannotPost         the bot may not speak there
    ├── NotShown           a request was taken, and then taken back as its card could not be posted
    └── MessageGone        the message no longer exists
"""

from __future__ import annotations


class RetouchError(Exception):
    """The root. The cause, if any, is chained for the log; people read only `str(error)`."""


class BadInput(RetouchError):
    """Something the person can mend."""


class BadOption(BadInput):
    """A flag or value that cannot be; names the nearest that can."""


class BadAttachment(BadInput):
    """A file that is no picture we take, is too large, or cannot be fetched."""


class Refused(RetouchError):
    """A safety system or a policy said no. `category` and `stage` ("prompt", "result", "policy") where known."""

    def __init__(self, sentence: str, *, category: str = "", stage: str = "", billed: bool = False) -> None:
        super().__init__(sentence)
        self.category = category
        self.stage = stage
        self.billed = billed


class OverQuota(RetouchError):
    """The person's or the workspace's limit is used up. `resets` is milliseconds since 1970, UTC.

    `when` are the words of the sentence that say so ("at 00:00 UTC"); "": none do. `for_admin` says what admins must
    know, where only they can help.
    """

    def __init__(self, sentence: str, *, resets: int, when: str = "", for_admin: str = "") -> None:
        super().__init__(sentence)
        self.resets = resets
        self.when = when
        self.for_admin = for_admin


class NotFound(RetouchError):
    """What was asked for is not there any more."""


class AlreadySeen(RetouchError):
    """This event was handled before."""


class TakenBack(RetouchError):
    """The asker took the request back in time."""


class SetupProblem(RetouchError):
    """An admin must act. `for_admin` says what exactly; `str(error)` is what everybody else reads.

    `lasting`: whatever else is asked of that service will fail the same way. `known`: it was told before.
    """

    def __init__(self, sentence: str, *, for_admin: str = "", lasting: bool = False, known: bool = False) -> None:
        super().__init__(sentence)
        self.for_admin = for_admin or sentence
        self.lasting = lasting
        self.known = known


class ProviderProblem(RetouchError):
    """The image service failed in a way that cannot have been billed."""


class Unavailable(ProviderProblem):
    """The image service cannot be reached, or is left alone for a while after it kept failing."""


class RateLimited(ProviderProblem):
    """The image service is busy. `retry_after` is seconds."""

    def __init__(self, sentence: str, *, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class OutcomeUnknown(ProviderProblem):
    """The answer was lost after the request was sent: the picture may exist and be billed."""


class PlatformProblem(RetouchError):
    """The chat service failed."""


class CannotPost(PlatformProblem):
    """The bot may not speak in that place; the sentence says how to let it in."""


class NotShown(PlatformProblem):
    """A request was accepted, but its placeholder could not be posted; nothing was drawn or charged."""


class MessageGone(PlatformProblem):
    """The message was deleted."""
