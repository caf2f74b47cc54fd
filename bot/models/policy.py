"""What admins allow, whom, for how much."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who may do something."""

    EVERYONE = "everyone"
    OWNER = "owner"  # who added it, and admins
    ADMINS = "admins"


class ThreadMode(StrEnum):
    """When words in a picture's thread are an edit."""

    EVERY_REPLY = "every reply"
    MENTION_ONLY = "mention only"
    PAUSED = "paused"


class Measure(StrEnum):
    """What is counted."""

    IMAGES = "images"
    DOLLARS = "dollars"  # amounts in micro-dollars


class Span(StrEnum):
    """How long it is counted: a calendar span in the workspace's time zone, or that long back from now."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"  # rolling: 30 days


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one person may use. Of those of one measure and span the most specific counts: `limits.applying`.

    `amount` is images or micro-dollars; None: as much as they like. `who` is "" (everybody), "role:ID" or "user:ID";
    `where` is "" (the whole workspace) or a channel's id, and then only what was used there is counted.
    """

    amount: int | None
    measure: Measure = Measure.IMAGES
    span: Span = Span.DAY
    rolling: bool = False
    who: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What everybody together may cost, in micro-dollars: of the workspace, or of the channel `where`. All count."""

    amount: int
    span: Span = Span.MONTH
    where: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """More than the limits allow, for one person ("user:ID") or for a budget ("" or a channel's id), until `until`.

    `until` is milliseconds since 1970, UTC.
    """

    amount: int
    until: int
    measure: Measure = Measure.IMAGES
    who: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """What may be asked for. Of several the most specific counts, like limits. Empty and None: anything.

    `pixels` is the most of one picture (width × height), `n` the most pictures of one request.
    """

    who: str = ""
    where: str = ""
    models: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    pixels: int | None = None
    n: int | None = None
    thinking: bool = True


@dataclass(frozen=True, slots=True)
class Ban:
    """Somebody who may not make pictures until `until` (milliseconds; None: for good). `who` is "user:ID"."""

    who: str
    until: int | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """What is otherwise in one channel. None and "": as in the workspace."""

    channel: str
    moderation: str = ""
    thread_mode: ThreadMode | None = None
    previews: int | None = None
    review: bool | None = None
    spoiler: bool | None = None
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """An admin's settings for a workspace. Every default is as it would be without any.

    `images_per_day` is the plain limit for everybody, per calendar day; `limits` go before it. `zone` is the time zone
    of calendar spans (an IANA name). `in_flight` is how many requests of one person may be on their way at a time.
    `previews` (0-3) None: as the installation has it. `offer_same`: whether a picture made by the same request is
    offered before a new one is paid for. `admin_channel` is where the bot tells admins what they must know; "": only
    the log. `adds_references` and `deletes_references` are about the named ones ("@logo").

    `blocked_terms` are refused, `watched_terms` told to the moderators. `precheck` asks the Moderations API first:
    "off", "open" (draw when it cannot be asked) or "closed"; `thresholds` are (category, 0.0–1.0) pairs, empty: as it
    flags. `review`: pictures wait in `review_channel` until one of `moderators` ("user:ID", "role:ID"; admins always)
    approves. `report_channel` is where reports go; "": the review channel, else the admin channel.

    `channels_allowed`, `channels_denied`, `roles_allowed`, `denied` ("user:ID", "role:ID") say where and who; empty:
    all. `guests`: whether people of other organisations may ask. `low_needs_adults`: the level `low` counts only in
    age-restricted channels. `spoiler`: pictures are hidden until clicked, where a platform can. `private`: who asked
    for a picture sees it alone, and shares it or not; where there is `review`, that counts instead.

    `disclosure` is what the small print of a drawn picture says of AI (`bot.disclosure.checked`); "": nothing, but the
    usual words where `disclosure_required`. `keep_*_days` are how long things are kept; None: for ever.
    """

    images_per_day: int | None = 100
    moderation: str = "auto"
    blocked_terms: tuple[str, ...] = ()
    thread_mode: ThreadMode = ThreadMode.EVERY_REPLY
    previews: int | None = None
    offer_same: bool = True
    admin_channel: str = ""
    adds_references: Who = Who.EVERYONE
    deletes_references: Who = Who.OWNER
    zone: str = "UTC"
    limits: tuple[Limit, ...] = ()
    budgets: tuple[Budget, ...] = ()
    grants: tuple[Grant, ...] = ()
    tiers: tuple[Tier, ...] = ()
    in_flight: int | None = None
    watched_terms: tuple[str, ...] = ()
    precheck: str = "off"
    thresholds: tuple[tuple[str, float], ...] = ()
    review: bool = False
    review_channel: str = ""
    report_channel: str = ""
    moderators: tuple[str, ...] = ()
    bans: tuple[Ban, ...] = ()
    channels_allowed: tuple[str, ...] = ()
    channels_denied: tuple[str, ...] = ()
    roles_allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    guests: bool = True
    low_needs_adults: bool = True
    spoiler: bool = False
    private: bool = False
    disclosure: str = "Made with AI"
    disclosure_required: bool = False
    keep_pictures_days: int | None = None
    keep_prompts_days: int | None = None
    keep_attachments_days: int | None = None
    channels: tuple[ChannelPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Conduct:
    """How often somebody was refused in a row for what they asked, and how slow they are for it.

    Until `slow_until` they may ask once in a while; `asked` is when they last did, by which `event`. Both are
    milliseconds.
    """

    refused: int = 0
    slow_until: int = 0
    asked: int = 0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit: an administrative act, a refusal, a review, a removal.

    `who` is "PLATFORM:ID" of who did it ("cli" for the command line, "bot" for the bot itself), `what` a short name
    ("policy.set", "refused", "review.approve", "remove", "ban", "grant", "purge", "named.delete"), `target` what it was
    done to (a setting, a version's id, a person). `before` and `after` are short texts; never a token, never a prompt.
    `channel` and `roles` (ids, spaces between) are where somebody was and what they were then.

    Stored lines are chained by hashes: `previous` and `hash` are set by the store. What somebody wrote (`words`, at
    most 500 characters) stands beside the chain and may be let go of; the chain holds `digest`, which nobody can turn
    back into words. A line with a digest and without words had some.
    """

    at: int
    workspace: str
    who: str
    who_name: str
    what: str
    target: str = ""
    before: str = ""
    after: str = ""
    id: int = 0
    previous: str = ""
    hash: str = ""
    channel: str = ""
    roles: str = ""
    words: str = ""
    digest: str = ""
