"""The direction of imports: adapters → bot ← storage, and only bot/app knows all three."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SDKS = {"slack_bolt", "slack_sdk", "discord", "openai", "httpx2", "aiohttp", "sqlite_utils", "sqlite3", "c2pa"}
MODULES = sorted(path for room in ("bot", "adapters", "storage") for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The dotted names a module imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(name: str) -> str:
    """The top folder, or folder and room for an adapter ("adapters.slack")."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "adapters" else parts[0]


def home(path: Path) -> str:
    return room(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_imports_in_the_right_direction(path: Path) -> None:
    found = imports(path)
    rooms = {room(name) for name in found if room(name).split(".")[0] in ("bot", "adapters", "storage")}
    if path.parent == ROOT / "bot" / "app":
        return
    allowed = {"bot", home(path)}
    assert rooms <= allowed, f"{path.name} reaches into {sorted(rooms - allowed)}"
    if home(path) == "bot":
        assert not {name.split(".")[0] for name in found} & SDKS, "the core knows no SDK and no SQL"
    if home(path) == "storage":
        assert not {name.split(".")[0] for name in found} & (SDKS - {"sqlite_utils", "sqlite3"})


def test_storage_knows_only_the_nouns_and_the_ports() -> None:
    allowed = {"models", "errors", "ports"}
    for path in (ROOT / "storage").glob("*.py"):
        modules = {name.split(".")[1] for name in imports(path) if name.startswith("bot.")}
        assert modules <= allowed, path.name


def test_no_module_of_the_core_is_longer_than_the_house_allows() -> None:
    long = {
        str(path.relative_to(ROOT)): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("path", sorted((ROOT / "bot").glob("cli*.py")), ids=lambda path: path.name)
def test_the_command_line_imports_nothing_heavy_before_it_is_needed(path: Path) -> None:
    """`retouch --help` must be quick: no SDK, no pydantic, no rich at the top of what it is made of."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"bot.{alias.name}" for alias in node.names} if node.module == "bot" else {node.module or ""}
    light = {"__future__", "asyncio", "datetime", "json", "sys", "collections.abc", "pathlib", "typing", "click"}
    assert {name for name in names if not name.startswith("bot.cli_")} <= light
