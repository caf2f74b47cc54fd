"""What an admin would want to hear about a setting that was taken: it has no effect yet, or an id looks like a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from bot.catalog import Catalog
from bot.models import Policy
from bot.moderation import report_channel
from bot.policies import words
from bot.policies.table import SETTINGS

MOST = 3  # strangers that are named

_SHAPES = {
    "slack": {"user": "[UW][A-Z0-9]+", "role": "S[A-Z0-9]+", "channel": "[CGD][A-Z0-9]+"},
    "discord": dict.fromkeys(("user", "role", "channel"), "[0-9]+"),
}
_PEOPLE = re.compile(r"\b(user|role):([\w.-]+)")
_CHANNEL = re.compile(r"(?:^| in )([\w.-]+)(?=:|$)", re.MULTILINE)
_WITH_CHANNELS = ("limits", "budgets", "tiers", "channels", "channels-allowed", "channels-denied", "review-channel",
                  "report-channel", "admin-channel")  # fmt: skip
_WITH_PEOPLE = ("limits", "tiers", "moderators", "roles-allowed", "denied")


def platform_of(workspace: str) -> str:
    """Which chat a workspace belongs to, by how its id looks: "slack", "discord", else "web"."""
    if workspace.isascii() and workspace.isdecimal():
        return "discord"
    return "slack" if re.fullmatch(r"[TE](?=[A-Z]*[0-9])[A-Z0-9]+", workspace) else "web"


def advice(names: Collection[str], policy: Policy, platform: str, catalog: Catalog) -> list[str]:
    """A sentence for each thing to do next, after these settings were changed."""
    said = [sentence for name, is_so, sentence in _NEXT if name in names and is_so(policy)]
    if "tiers" in names:
        models = dict.fromkeys(model for tier in policy.tiers for model in tier.models)
        strange = [model for model in models if not catalog.model(model).known]
        said += [f"{model} is not in the catalogue: is it spelt right?" for model in strange[:MOST]]
    shapes = _SHAPES.get(platform, {})
    for name in names:
        said += list(_strangers(name, SETTINGS[name].show(policy), shapes))[:MOST]
    return said


_NEXT: tuple[tuple[str, Callable[[Policy], bool], str], ...] = (
    ("review", lambda policy: policy.review and not policy.review_channel,
     "Set review-channel as well: until then every request is refused."),
    ("thresholds", lambda policy: bool(policy.thresholds) and policy.precheck == "off",
     "Set precheck to open or closed as well: until then thresholds have no effect."),
    ("watched-terms", lambda policy: bool(policy.watched_terms) and not report_channel(policy),
     "Set report-channel as well: until then nobody is told."),
    ("budgets", lambda policy: bool(policy.budgets) and not policy.admin_channel,
     "Set admin-channel as well: until then the warning at 80 % stands only in the log."),
    ("moderation", lambda policy: policy.moderation == "low" and policy.low_needs_adults,
     "It counts only in age-restricted channels unless low-needs-adults is off."),
    ("limits", lambda policy: any(limit.amount is None and not limit.who for limit in policy.limits),
     "A limit for everybody that is no limit lifts images-per-day."),
)  # fmt: skip


def _strangers(name: str, shown: str, shapes: Mapping[str, str]) -> Iterator[str]:
    """Ids that are none of this chat's."""
    if not shapes or words.is_none(shown):
        return
    found = [(kind, one) for kind, one in _PEOPLE.findall(shown) if name in _WITH_PEOPLE]
    if name in _WITH_CHANNELS:
        lines = shown.replace(", ", "\n") if SETTINGS[name].kind == "list" else shown
        starts = SETTINGS[name].kind in ("list", "text") or name == "channels"
        found += [("channel", one[1]) for one in _CHANNEL.finditer(lines) if starts or one[0].startswith(" in ")]
    for kind, one in dict.fromkeys(found):
        if not re.fullmatch(shapes[kind], one):
            what = "a channel" if kind == "channel" else "a person" if kind == "user" else "a role"
            hint = words.FIND_CHANNELS if kind == "channel" else words.FIND_IDS
            yield f"“{words.short(one)}” does not look like the id of {what} in this chat. {hint}"
