"""Usage reports and the audit as tables, CSV and JSON. Pure: the caller brings the facts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from zoneinfo import ZoneInfo

from bot.models import Act
from bot.ports import By, Tally
from bot.pricing import format_cost

AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what spreadsheets take for one


@dataclass(frozen=True, slots=True)
class Report:
    """Rows by `by`, and the whole in `total`. Rows by role add up to more: who has two roles counts in both.

    Days are ISO dates in the report's time zone. Refusals are None by model and gateway: not known.
    """

    by: By
    rows: tuple[Row, ...]
    total: Row


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `cost` and `unknown_cost` (the part that was perhaps not billed) are micro-dollars."""

    workspace: str
    key: str
    name: str
    images: int = 0
    cost: int = 0
    unknown_cost: int = 0
    refused: int | None = None


def report(
    by: By, tallies: Sequence[Tally], zone: str = "UTC", names: Mapping[tuple[str, str], str] | None = None
) -> Report:
    """Add tallies up to rows: days in their order, everything else the dearest first.

    `names` are what channels and roles are called, by workspace and id.
    """
    rows: dict[tuple[str, str], Row] = {}
    for tally in tallies:
        for key in _keys(by, tally, zone):
            workspace = tally.workspace if by in (By.PERSON, By.ROLE, By.CHANNEL) else ""
            name = tally.name if by is By.PERSON else (names or {}).get((workspace, key), "")
            before = rows.get((workspace, key), Row(workspace, key, name))
            rows[workspace, key] = _plus(before, tally)
    whole = Row("", "total", "total", refused=0)
    for tally in tallies:
        whole = _plus(whole, tally)
    ordered = sorted(rows.values(), key=lambda row: row.key if by is By.DAY else (-row.cost, -row.images, row.key))
    if by in (By.MODEL, By.GATEWAY):  # many are refused before there is one
        ordered, whole = [replace(row, refused=None) for row in ordered], replace(whole, refused=None)
    return Report(by, tuple(ordered), whole)


def _keys(by: By, tally: Tally, zone: str) -> Sequence[str]:
    if by is By.ROLE:
        return tally.key.split() or ("",)
    if by is By.DAY:
        moment = dt.datetime.fromtimestamp(int(tally.key) / 1000, ZoneInfo(zone))
        return (moment.date().isoformat(),)
    return (tally.key,)


def _plus(row: Row, tally: Tally) -> Row:
    return replace(
        row,
        images=row.images + tally.images,
        cost=row.cost + tally.cost,
        unknown_cost=row.unknown_cost + tally.unknown_cost,
        refused=(row.refused or 0) + tally.refused,
    )


# ── Usage ────────────────────────────────────────────────────────────────────────────────────────────────────────


def said_days(days: int) -> str:
    """As in "in the last 30 days"; a single day is today."""
    return "today" if days == 1 else f"in the last {days} days"


def usage_table(found: Report) -> str:
    """For people: short amounts, a total at the end."""
    several = any(row.workspace for row in found.rows)
    head = (str(found.by), *(("where",) if several else ()), "images", "cost", "perhaps not billed", "refused")
    lines = [
        (_called(found.by, row), *((row.workspace,) if several else ()), str(row.images), format_cost(row.cost),
         format_cost(row.unknown_cost) if row.unknown_cost else "", str(row.refused or ""))
        for row in (*found.rows, found.total)
    ]  # fmt: skip
    return table(head, lines)


def _called(by: By, row: Row) -> str:
    if row.name and row.key != "total":
        return f"{row.name} ({row.key})"
    return row.key or {By.ROLE: "no role", By.GATEWAY: "none named"}.get(by, "none")


def usage_csv(found: Report) -> str:
    """For spreadsheets: a header and the rows, dollars with six decimals; no total, so that columns can be summed."""
    head = ("workspace", str(found.by), "name", "images", "cost_usd", "perhaps_not_billed_usd", "refused")
    return as_csv(
        head,
        [
            (row.workspace, row.key, row.name, str(row.images), _dollars(row.cost), _dollars(row.unknown_cost),
             "" if row.refused is None else str(row.refused))
            for row in found.rows
        ],
    )  # fmt: skip


def usage_json(found: Report) -> str:
    """For scripts: `by`, `rows` and `total`, amounts in micro-dollars."""
    return json.dumps(asdict(found), ensure_ascii=False)


def _dollars(micro_dollars: int) -> str:
    sign = "-" if micro_dollars < 0 else ""
    whole, rest = divmod(abs(micro_dollars), 1_000_000)
    return f"{sign}{whole}.{rest:06d}"


# ── The audit ────────────────────────────────────────────────────────────────────────────────────────────────────


def audit_table(acts: Iterable[Act], zone: str = "UTC") -> str:
    """For people: when, who, what, to what, and the change or the words, each line cut to what a screen shows."""
    head = ("no.", "when", "where", "who", "what", "target", "change")
    return table(head, [
        (str(act.id), _moment(act.at, zone), f"{act.workspace} {act.channel}".strip(), f"{act.who_name} ({act.who})",
         act.what, act.target, _short(_change(act)))
        for act in acts
    ])  # fmt: skip


def _change(act: Act) -> str:
    if act.digest:
        return f"“{act.words}”" if act.words else "(words that are not kept any more)"
    return f"{act.before} → {act.after}" if act.before else act.after


def audit_csv(acts: Iterable[Act]) -> str:
    """For spreadsheets: a header and all columns, times in UTC."""
    head = ("id", "at", "workspace", "who", "who_name", "what", "target", "before", "after", "previous", "hash",
            "channel", "roles", "words", "digest")  # fmt: skip
    return as_csv(head, [
        (str(act.id), _moment(act.at, "UTC"), *(getattr(act, name) for name in head[2:]))
        for act in acts
    ])  # fmt: skip


def audit_json_lines(acts: Iterable[Act]) -> str:
    """For scripts: a JSON object per line: what the hashes are made of, and the words beside it."""
    return "".join(json.dumps(asdict(act), ensure_ascii=False) + "\n" for act in acts)


def _moment(at: int, zone: str) -> str:
    """Such as 2026-11-21 12:00:00."""
    try:
        return dt.datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):
        return str(at)  # no clock says that; the line is shown all the same


def _short(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


# ── Shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns beside each other. What would move the cursor or the colour of a terminal is left out."""
    lines = [head, *([_printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)  # fmt: skip


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV (RFC 4180) with a header. What a spreadsheet would run as a formula gets an apostrophe; numbers stay."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(head)
    lines.writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _inert(cell: str) -> str:
    is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal() and cell.isascii()
    return f"'{cell}" if not is_number and cell.lstrip(" ").startswith(AS_FORMULA) else cell


def _printable(cell: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in cell)
