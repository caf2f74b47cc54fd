"""A series on the command line: drawn to files, and priced before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RETOUCH_CONFIG", "RETOUCH_MODEL", "RETOUCH_PREVIEWS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RETOUCH_SKETCH_SECONDS", "0")


def test_a_series_is_written_as_a_file_for_each_panel(tmp_path: Path) -> None:
    out = tmp_path / "fox.png"
    panels = " | ".join(f"scene {number}" for number in range(1, 12))
    args = ["imagine", "a fox", "--series", panels, "--size", "64x64", "-o", str(out), "--json"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [Path(one["file"]).name for one in found["images"]] == [f"fox-{number}.png" for number in range(1, 12)]
    assert all(Path(one["file"]).read_bytes().startswith(b"\x89PNG") for one in found["images"])
    assert not list(tmp_path.glob("fox-12*")), "the contact sheet of the card is no picture of its own"


def test_one_panel_is_a_wrong_request() -> None:
    result = CliRunner().invoke(main, ["imagine", "a fox", "--series", "it wakes"])
    assert result.exit_code == 2
    assert "a series has 2 to 12" in result.output


def price(*args: str) -> dict[str, object]:
    result = CliRunner().invoke(main, ["price", "--prompt", "a fox", "--json", *args])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_the_price_of_a_series_counts_the_picture_that_goes_along() -> None:
    found = price("--series", "it wakes | it eats | it naps", "--refs", "1")
    panels = found["panels"]
    assert isinstance(panels, list)
    assert [one["image_in"] for one in panels] == [1536, 3072, 3072]
    assert found["cost"] == sum(one["cost"] for one in panels)
    assert found["n"] == 3


def test_the_price_list_adds_up() -> None:
    result = CliRunner().invoke(main, ["price", "--series", "it wakes | it eats"])
    assert result.exit_code == 0
    assert "× 2" in result.output
    assert "1,536 tokens" in result.output
