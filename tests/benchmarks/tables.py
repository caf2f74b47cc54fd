"""Tables as GitHub shows them, and their place in the README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- measured -->", "<!-- end of measured -->"


@dataclass(slots=True)
class Report:
    """Sections in the order they were measured; each is printed at once."""

    sections: dict[str, str] = field(default_factory=dict)

    def add(self, title: str, *parts: str) -> None:
        """Keep and print a section."""
        self.sections[title] = "\n\n".join((f"### {title}", *parts))
        print(f"\n{self.sections[title]}", flush=True)

    def write(self, path: Path = README) -> None:
        """Replace what is between the two marks."""
        text = path.read_text()
        before, rest = text.split(_BEGIN)
        after = rest.split(_END)[1]
        path.write_text("\n\n".join((before + _BEGIN, *self.sections.values(), _END + after)))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def verdict(what: str, value: float, target: float, unit: str) -> str:
    """Whether a number is at most its target, as a line of a list."""
    said = "within target" if value <= target else "short of target"
    return f"- {what}: {value:.2f}{unit}, target ≤ {target:g}{unit}: **{said}**"


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def mb(count: float) -> str:
    """Megabytes of a million bytes."""
    return f"{count / 1e6:.1f} MB" if count < 1e8 else f"{count / 1e6:.0f} MB"
