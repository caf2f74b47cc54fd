"""Something more in a list or in lines, something less: so that two admins at once do not undo each other's work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.errors import BadOption
from bot.models import Policy
from bot.policies import words
from bot.policies.table import SETTINGS, Same, Setting, apply, setting


def add(policy: Policy, name: str, value: str) -> Policy:
    """The policy with something more in a list; a line about the same replaces the earlier one. Raises `BadOption`."""
    one, same = _many(name, "added")
    found = _parts(apply(policy, name, value), one)
    if not found:
        raise BadOption(f"Say what to add to {one.name}. {one.about}")
    parts = {same(part): part for part in (*_parts(policy, one), *found)}
    return _checked(policy, one, parts.values())


def remove(policy: Policy, name: str, value: str) -> Policy:
    """The policy with something less in a list: parts as they are shown, or what they are about. Raises `BadOption`."""
    one, _ = _many(name, "removed")
    between = "\n" if one.rest == ":" else "\n;"  # what stands after a colon has ; itself
    typed = words.items(value) if one.kind == "list" else [line for _, line in words.lines(value, between)]
    there = words.short(one.show(policy).replace("\n", " | "), 300)
    if not typed:
        raise BadOption(f"Say what to remove from {one.name}; there is: {there}.")
    left = list(_parts(policy, one))
    for text in typed:
        gone = _meant(policy, one, text)
        if not gone:
            raise BadOption(f"{one.name} has no “{words.short(text)}”; there is: {there}.")
        left = [part for part in left if part not in gone]
    return _checked(policy, one, left)


def _many(name: str, done: str) -> tuple[Setting, Same]:
    one = setting(name)
    if one.same is None:
        many = ", ".join(each.name for each in SETTINGS.values() if each.is_many)
        raise BadOption(f"{one.name} is one value: set it. Something can be {done} here: {many}.")
    return one, one.same


def _parts(policy: Policy, one: Setting) -> tuple[Any, ...]:
    return tuple(getattr(policy, one.field))


def _checked(policy: Policy, one: Setting, parts: Iterable[Any]) -> Policy:
    """With these parts, which together must be what could be typed."""
    values: dict[str, Any] = {one.field: tuple(parts)}
    return apply(policy, one.name, one.show(replace(policy, **values)))


def _meant(policy: Policy, one: Setting, text: str) -> list[Any]:
    """The parts that somebody wants to remove: equal ones, else those about the same."""
    for typed in (text, text + one.rest) if one.rest else (text,):
        try:
            wanted = _parts(apply(policy, one.name, typed if one.kind == "lines" else words.joined([typed])), one)
        except BadOption:
            continue
        return [part for part in _parts(policy, one) if part in wanted or (typed != text and _about(one, part, wanted))]
    return [part for part in _parts(policy, one) if part == text]


def _about(one: Setting, part: object, wanted: Iterable[object]) -> bool:
    return one.same is not None and one.same(part) in {one.same(other) for other in wanted}
