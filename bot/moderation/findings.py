"""What a Moderations API found, and whether that is too much here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.errors import BadInput, Refused
from bot.models import Policy
from bot.ports.checking import Finding

CATEGORIES: Mapping[str, str] = {
    "sexual/minors": "a minor in a sexual way",
    "sexual": "something sexual",
    "self-harm/instructions": "instructions for self-harm",
    "self-harm/intent": "self-harm",
    "self-harm": "self-harm",
    "violence/graphic": "graphic violence",
    "violence": "violence",
    "hate/threatening": "threats out of hatred",
    "hate": "hatred",
    "harassment/threatening": "threats",
    "harassment": "harassment",
    "illicit/violent": "violent crime",
    "illicit": "something illicit",
}
"""The API's categories, worst first, each as what it says is shown."""

ALWAYS = frozenset({"sexual/minors"})
"""Refused when it is flagged, whatever threshold a workspace sets."""


def check_findings(findings: Iterable[Finding], policy: Policy) -> None:
    """Raise `Refused` for the worst of what is too much: flagged, or at the workspace's own threshold where it has one.

    The sentence names it in plain words, and whether it is in the words or in which picture.
    """
    thresholds = dict(policy.thresholds)
    found = [one for one in findings if _is_too_much(one, thresholds)]
    if not found:
        return
    order = list(CATEGORIES)
    worst = min(found, key=lambda one: order.index(one.category) if one.category in order else len(order))
    what = CATEGORIES.get(worst.category, "something its rules do not allow")
    where = f"Picture {worst.picture} seems to show" if worst.picture else "These words seem to ask for"
    instead = "Leave it out, or send another." if worst.picture else "Try other words."
    raise Refused(
        f"{where} {what}, which this workspace does not draw. Nothing was charged. {instead}",
        category=worst.category,
        stage="precheck",
    )


def _is_too_much(finding: Finding, thresholds: Mapping[str, float]) -> bool:
    if finding.flagged and finding.category in ALWAYS:
        return True
    threshold = thresholds.get(finding.category)
    return finding.flagged if threshold is None else finding.score >= threshold


def check_thresholds(thresholds: Iterable[tuple[str, float]]) -> None:
    """Raise `BadInput` for a category that does not exist, or a number outside of 0 to 1."""
    for category, score in thresholds:
        if category not in CATEGORIES:
            raise BadInput(f"There is no category {category[:40]}. Choose one of: {', '.join(CATEGORIES)}.")
        if not 0 <= score <= 1:
            raise BadInput(f"The threshold of {category} is a number from 0 to 1, not {score}.")
