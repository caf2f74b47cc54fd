"""All settings of a workspace as a TOML file, and back. Grants and bans are not in it: they end by themselves."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace

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
                parts += ["", f"# {one.about}", f"{one.name} = {_value(data(one, policy))}"]
    return "\n".join(parts) + "\n"


def _value(value: bool | int | str | list[str]) -> str:
    if isinstance(value, list):
        if len(value) < 2:
            return f"[{''.join(map(_quoted, value))}]"
        return "[\n" + "".join(f"    {_quoted(part)},\n" for part in value) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def data(one: Setting, policy: Policy) -> bool | int | str | list[str]:
    """A setting's value as TOML and JSON have it."""
    text = one.show(policy)
    if one.kind == "switch":
        return text == "on"
    if one.kind == "number" and text.isdigit():
        return int(text)
    if one.is_many:
        return list(words.items(text)) if one.kind == "list" else [line for _, line in words.lines(text)]
    return text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read(text: str, policy: Policy) -> Policy:
    """The policy with the settings of a file; those it does not name stay. Raises `BadInput` with the line."""
    if len(text) > LARGEST:
        raise BadInput(f"The file is larger than {LARGEST:,} characters; that is no settings file.")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"This is not TOML from line {_whole_lines(text) + 1} on: {error}.") from error
    except RecursionError as error:
        raise BadInput("This is not TOML that can be read: it is nested too deeply.") from error
    if any(_plain(key) == "disclosure-required" for key in document):
        policy = replace(policy, disclosure_required=False)  # as the file has both, their order must not matter
    found: dict[str, str] = {}
    for key, value in document.items():
        name = _name(text, key)
        if name in found:
            raise BadInput(f"Line {line_of(text, key)}: {name} is set twice.")
        found[name] = _text(text, key, value)
        policy = _applied(text, key, found[name], value, policy)
    return policy


def _plain(key: str) -> str:
    return key.strip().lower().replace("_", "-")


def _name(text: str, key: str) -> str:
    try:
        return setting(key).name
    except BadOption as error:
        raise BadInput(f"Line {line_of(text, key)}: {error}") from error


def _text(text: str, key: str, value: object) -> str:
    """A TOML value as the setting's own text."""
    one = setting(key)
    if isinstance(value, bool) and one.kind == "switch":
        return "on" if value else "off"
    if isinstance(value, int) and not isinstance(value, bool) and one.kind == "number":
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and one.is_many and all(isinstance(part, str) for part in value):
        return _joined(one, value)
    raise BadInput(f"Line {line_of(text, key)}: {one.name} is {_wanted(one)}.")


def _wanted(one: Setting) -> str:
    if one.kind == "switch":
        return "true or false"
    if one.kind == "number":
        return f'a whole number, or "{one.empty}"'
    if one.is_many:
        return 'a list of texts, as in ["one", "another"]'
    return "a text in quotes"


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
    lines = _lines_of(text)
    for number, line in enumerate(lines, start=1):
        if key in line:
            before = _parsed("".join(lines[: number - 1]))
            if before is not None and key not in before and key in _around(lines, number):
                return number
    return 1


def _lines_of(text: str) -> list[str]:
    """As editors count them: `splitlines` also ends lines at characters that stand in somebody's words."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _whole_lines(text: str) -> int:
    """How many lines can be read before what is wrong begins: the parser itself may find out only at the end."""
    lines = _lines_of(text)
    for end in range(len(lines) - 1, 0, -1):
        if _parsed("".join(lines[:end])) is not None:
            return end
    return 0


def _around(lines: Sequence[str], number: int) -> Mapping[str, object]:
    """What the document begins to say in this line: that line and as many after it as make it whole."""
    for end in range(number, len(lines) + 1):
        found = _parsed("".join(lines[number - 1 : end]))
        if found is not None:
            return found
    return {}


def _item_line(text: str, start: int, key: str, index: int) -> int:
    """The line of one part of a list that begins in line `start`."""
    lines = _lines_of(text)
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
