"""The audit from the command line: list, check, export; and how the command line itself is named in it."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import reports
from bot.app import open_store_only
from bot.errors import BadInput
from bot.models import Act, now_ms
from bot.ports import AuditCheck, Store
from bot.settings import Settings

PAGE = 5000  # lines in memory at a time
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of a workspace (None: all), of a person ("slack:U1"), of a sort ("policy"), since a time (ms)."""

    workspace: str | None = None
    who: str = ""
    what: str = ""
    since: int = 0


def cli_act(workspace: str, what: str, target: str = "", before: str = "", after: str = "") -> Act:
    """A line about what somebody did on this machine: "cli" and the name of the account."""
    return Act(now_ms(), workspace, "cli", account(), what, target, before, after)


def account() -> str:
    """Who sits at this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that has no name
        return "unknown"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


async def audit_list(settings: Settings, wanted: Wanted, lines: int) -> str:
    """The last lines that are wanted, oldest first."""
    async with open_store_only(settings) as store:
        found = await store.acts(workspace=wanted.workspace, who=wanted.who, what=wanted.what, since=wanted.since,
                                 limit=lines, newest_first=True)  # fmt: skip
        zone = (await store.policy(wanted.workspace)).zone if wanted.workspace is not None else "UTC"
    return reports.audit_table(reversed(found), zone) if found else "There is nothing in the audit that fits."


async def audit_verify(settings: Settings, expect: str) -> tuple[AuditCheck, str]:
    """Check the whole chain; the finding, and the sentence about it."""
    expect = expect.strip().lower()
    if expect and not _HASH.fullmatch(expect):
        raise BadInput("A hash has 64 characters, 0 to 9 and a to f. Give the whole one that `audit verify` said.")
    async with open_store_only(settings) as store:
        found = await store.check_acts(expect=expect)
    return found, _finding(found)


def _finding(found: AuditCheck) -> str:
    if found.broken:
        return (f"Line {found.broken} of the audit does not hold: {found.why}. The lines before it follow each other."
                " Compare it with a backup or an export.")  # fmt: skip
    if found.cut:
        return (f"The audit has {_lines(found.lines)} and all follow each other, but none has the expected hash: its"
                " end was cut off, or it was written anew. Compare it with a backup or an export.")  # fmt: skip
    if not found.lines:
        return "The audit is empty."
    gone = f" (the words of {found.let_go} are not kept any more)" if found.let_go else ""
    return (f"The audit holds: {_lines(found.lines)}{gone}. Its last hash is {found.head}. Note it elsewhere: with"
            f" `retouch audit verify --expect {found.head}` it shows later whether lines were cut off or all was"
            " written anew.")  # fmt: skip


async def audit_export(settings: Settings, wanted: Wanted, form: str, target: Path | None, say: Callable[[str], None]) \
        -> str:  # fmt: skip
    """Write the wanted lines as "csv" or "jsonl", to a file (whole or not at all) or to `say` piece by piece.

    Returns a sentence, "" where the lines were said. Raises `BadInput` when the file cannot be written.
    """
    async with open_store_only(settings) as store:
        if target is None:
            count = await _each_page(store, wanted, form, say)
            await store.record(cli_act(wanted.workspace or "", "audit.export", after=_lines(count)))
            return ""
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                count = await _each_page(store, wanted, form, file.write)
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise BadInput(f"{target} cannot be written ({error.strerror}). Choose another place.") from error
        await store.record(cli_act(wanted.workspace or "", "audit.export", str(target), after=_lines(count)))
    return f"{_lines(count)} of the audit {'is' if count == 1 else 'are'} in {target}."


async def _each_page(store: Store, wanted: Wanted, form: str, write: Callable[[str], object]) -> int:
    count = after = 0
    while True:
        page = await store.acts(workspace=wanted.workspace, who=wanted.who, what=wanted.what, since=wanted.since,
                                after=after, limit=PAGE)  # fmt: skip
        write(_formed(page, form, is_first=not count))
        if len(page) < PAGE:
            return count + len(page)
        count, after = count + len(page), page[-1].id


def _formed(page: Sequence[Act], form: str, *, is_first: bool) -> str:
    if form == "jsonl":
        return reports.audit_json_lines(page)
    text = reports.audit_csv(page)
    return text if is_first else text.split("\r\n", 1)[1]
