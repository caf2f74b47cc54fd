"""All settings of a workspace as a TOML file, and back. Grants and bans are not in it: they end by themselves."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence

from bot.errors import BadInput, BadOption
from bot.models import Policy
from bot.policies import words
from bot.policies.table import GROUPS, SETTINGS, Setting, apply, setting

LARGEST = 200_000  # characters


def export(policy: Policy, workspace: str) -> str:
    """Every setting with what it is for; what `read` reads."""
    parts = [f"# Retouch: the settings of {words.short(workspace)}. `retouch policy import FILE` sets them."]
    for group in GROUPS:
        parts += ["", f"# ── {group}"]
        for one in SETTINGS.values():
            if one.group == group:
                parts += ["", f"# {one.about}", f"{one.name} = {_value(one, one.show(policy))}"]
    return "\n".join(parts) + "\n"


def _value(one: Setting, text: str) -> str:
    if one.kind == "switch":
        return "true" if text == "on" else "false"
    if one.kind == "number" and text.isdigit():
        return text
    if one.kind in ("list", "lines"):
        parts = words.items(text) if one.kind == "list" else [line for _, line in words.lines(text)]
        if len(parts) < 2:
            return f"[{''.join(map(_quoted, parts))}]"
        return "[\n" + "".join(f"    {_quoted(part)},\n" for part in parts) + "]"
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read(text: str, policy: Policy) -> Policy:
    """The policy with the settings of a file; those it does not name stay. Raises `BadInput` with the line."""
    if len(text) > LARGEST:
        raise BadInput(f"The file is larger than {LARGEST:,} characters; that is no settings file.")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"This is not TOML: {error}.") from error
    except RecursionError as error:
        raise BadInput("This is not TOML that can be read: it is nested too deeply.") from error
    found: dict[str, str] = {}
    for key, value in document.items():
        name = _name(text, key)
        if name in found:
            raise BadInput(f"Line {line_of(text, key)}: {name} is set twice.")
        found[name] = _text(text, key, value)
        policy = _applied(text, key, found[name], value, policy)
    return policy


def _name(text: str, key: str) -> str:
    try:
        return setting(key).name
    except BadOption as error:
        raise BadInput(f"Line {line_of(text, key)}: {error}") from error


def _text(text: str, key: str, value: object) -> str:
    """A TOML value as the setting's own text."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _joined(setting(key), value)
    raise BadInput(f"Line {line_of(text, key)}: {key} is a text, a whole number, true, false, or a list of texts.")


def _joined(one: Setting, parts: Sequence[str]) -> str:
    if one.kind == "lines":
        return "\n".join(part.replace("\n", " ") for part in parts) or one.empty
    return words.joined(parts)


def _applied(text: str, key: str, value: str, raw: object, policy: Policy) -> Policy:
    try:
        return apply(policy, key, value)
    except BadOption as error:
        number = line_of(text, key)
        for index, part in enumerate(raw if isinstance(raw, list) else []):
            try:
                apply(policy, key, _joined(setting(key), [part]))
            except BadOption as alone:
                raise BadInput(f"Line {_item_line(text, number, key, index)}: {alone}") from error
        raise BadInput(f"Line {number}: {error}") from error


def line_of(text: str, key: str) -> int:
    """The line from which a key of the document on is read, from 1."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if key in line:
            before = _parsed("".join(lines[: number - 1]))
            if before is not None and key not in before and key in _around(lines, number):
                return number
    return 1


def _around(lines: Sequence[str], number: int) -> Mapping[str, object]:
    """What the document begins to say in this line: that line and as many after it as make it whole."""
    for end in range(number, len(lines) + 1):
        found = _parsed("".join(lines[number - 1 : end]))
        if found is not None:
            return found
    return {}


def _item_line(text: str, start: int, key: str, index: int) -> int:
    """The line of one part of a list that begins in line `start`."""
    lines = text.splitlines(keepends=True)
    for end in range(start, len(lines) + 1):
        found = _parsed("".join(lines[start - 1 : end]) + "\n]") or _parsed("".join(lines[start - 1 : end])) or {}
        value = found.get(key)
        if isinstance(value, list) and len(value) > index:
            return end
    return start


def _parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
