"""The command line as people and scripts use it: a process, its output, its exit code, its files."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.openai_server import OpenAIServer
from tests.fakes.provider import png

ROOT = Path(__file__).parents[1]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A clean environment whose data are in a folder of the test's."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "VIRTUAL_ENV")}
    return keep | {"HOME": str(folder), "RETOUCH_DATA": str(folder / "data"), "RETOUCH_SKETCH_SECONDS": "0",
                   "PYTHONPATH": str(ROOT), **more}  # fmt: skip


def retouch(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(folder, **more), capture_output=True, text=True, timeout=60, check=False
    )


async def with_service(folder: Path, server: OpenAIServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": server.base_url}
    return await asyncio.to_thread(retouch, folder, *arguments, **settings)


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        yield running


def test_the_help_names_every_command(tmp_path: Path) -> None:
    done = retouch(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("demo", "run", "imagine", "edit", "policy", "usage", "backup"):
        assert command in done.stdout


HELP = """
import sys
from bot.cli import main
try:
    main(["--help"])
except SystemExit:
    heavy = {"openai", "discord", "slack_bolt", "aiohttp", "pydantic", "PIL", "rich"}
    print(sorted({name.split(".")[0] for name in sys.modules} & heavy))
"""


def test_the_help_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_poster_is_made_and_then_edited(tmp_path: Path) -> None:
    made = retouch(tmp_path, "imagine", 'A movie poster reading "NIGHT TRAIN"', "--ar", "2:3", "-o", "p.png")
    assert (made.returncode, made.stdout) == (0, "p.png\n")
    assert "1024×1536" in made.stderr
    edited = retouch(tmp_path, "edit", "p.png", "make it night", "-o", "q.png")
    assert edited.returncode == 0, edited.stderr
    for name in ("p.png", "q.png"):
        with Image.open(tmp_path / name) as image:
            assert (image.size, image.format) == ((1024, 1536), "PNG")
    first, second = (tmp_path / "p.png").read_bytes(), (tmp_path / "q.png").read_bytes()
    assert first != second
    kept = [path.read_bytes() for path in (tmp_path / "data" / "blobs").rglob("*.png")]
    assert first in kept
    assert second in kept


def test_a_script_gets_one_json_object(tmp_path: Path) -> None:
    done = retouch(tmp_path, "imagine", "a fox --seed 7", "--n", "2", "--size", "320x200", "-o", "f.webp", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["ok"], answer["cost_usd"], answer["model"]) == (0, True, 0.0, "sketch")
    assert [one["file"] for one in answer["images"]] == ["f-1.webp", "f-2.webp"]
    assert "ignored --seed 7" in answer["notes"]
    with Image.open(tmp_path / "f-2.webp") as image:
        assert (image.format, image.size) == ("WEBP", (320, 200))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["imagine", "x", "--size", "9x9", "-o", "a.png"], 2, "Nearest: 16x16"),
        (["imagine", "x", "--n", "99"], 2, "at most 10"),
        (["imagine", "x", "-o", "nowhere/a.png"], 2, "The folder nowhere does not exist."),
        (["imagine", "x", "--model", "gpt-image-2"], 2, "There is no model gpt-image-2 here. Choose one of: sketch."),
        (["imagine", "x", "--ref", "missing.png"], 2, "missing.png cannot be read"),
        (["edit", "notes.txt", "x"], 2, "notes.txt: This is not a picture"),
        (["edit", "photo.png", "x", "--mask", "photo.png"], 2, "marks nothing"),
        (["imagine"], 2, "Missing argument"),
        (["policy", "set", "images-per-day", "many"], 2, "whole number"),
        (["policy", "set", "colour", "red"], 2, "There is no setting colour. There are: images-per-day"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_exit_code_2(
    tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    (tmp_path / "notes.txt").write_text("these are notes, not a picture at all")
    (tmp_path / "photo.png").write_bytes(png(colour=(0, 0, 0)))
    done = retouch(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_policy_is_set_shown_and_enforced(tmp_path: Path) -> None:
    assert "images-per-day: 1" in retouch(tmp_path, "policy", "set", "images-per-day", "1").stdout
    retouch(tmp_path, "policy", "set", "blocked-terms", "dragon, gore")
    retouch(tmp_path, "policy", "set", "moderation", "low")
    shown = retouch(tmp_path, "policy", "show").stdout
    assert "blocked-terms: dragon, gore" in shown
    assert "moderation: low" in shown
    blocked = retouch(tmp_path, "imagine", "a DRAGON", "--size", "64x64")
    assert (blocked.returncode, "dragon" in blocked.stderr) == (3, True)
    assert retouch(tmp_path, "imagine", "a fox", "--size", "64x64").returncode == 0
    over = retouch(tmp_path, "imagine", "a fox", "--size", "64x64", "--json")
    assert over.returncode == 3
    assert "00:00 UTC" in json.loads(over.stdout)["error"]
    assert "1" in retouch(tmp_path, "usage").stdout.splitlines()[1]


def test_a_backup_can_be_started_from(tmp_path: Path) -> None:
    retouch(tmp_path, "imagine", "a fox", "--size", "64x64")
    assert retouch(tmp_path, "backup", "copy").returncode == 0
    used = retouch(tmp_path, "usage", RETOUCH_DATA=str(tmp_path / "copy"))
    assert [line.split()[-1] for line in used.stdout.splitlines()][:2] == ["refused", "free"]
    assert used.stdout.splitlines()[-1].startswith("total")
    assert retouch(tmp_path, "backup", "copy").returncode != 0


@pytest.mark.parametrize("name", ["RETOUCH_PORT", "RETOUCH_PREVIEWS", "RETOUCH_WEB", "RETOUCH_TIMEOUT"])
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    done = retouch(tmp_path, "policy", "show", **{name: "banana"})
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"{name} cannot be used")


async def test_with_a_key_the_real_model_is_asked_with_the_right_parameters(
    tmp_path: Path, server: OpenAIServer
) -> None:
    done = await with_service(tmp_path, server, "imagine", "a fox", "--ar", "2:3", "-o", "p.png", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert answer["model"] == "gpt-image-2"
    assert 0.041 < answer["cost_usd"] < 0.06
    assert answer["cost_is_estimate"] is False
    (tmp_path / "m.png").write_bytes(_half_mask())
    done = await with_service(
        tmp_path, server, "edit", "p.png", "make it night", "--ref", "p.png", "--mask", "m.png", "-o", "q.png"
    )
    assert done.returncode == 0, done.stderr
    assert [request.path for request in server.requests] == ["/v1/images/generations", "/v1/images/edits"]
    assert server.billed == 2


def _half_mask() -> bytes:
    import io

    out = io.BytesIO()
    mask = Image.new("RGBA", (1024, 1536), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 512, 1536))
    mask.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("moderation_input", 3, "safety system"),
        ("insufficient_quota", 4, "admin"),
        ("html_200", 4, "may still be billed"),
        ("cut_before_headers", 4, "may still be billed"),
    ],
)
async def test_each_way_of_failing_has_its_words_and_exit_code(
    tmp_path: Path, server: OpenAIServer, fault: str, code: int, says: str
) -> None:
    server.fault(fault, times=None)
    done = await with_service(tmp_path, server, "imagine", "a fox", "-o", "p.png")
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(server.requests) == 1
    assert not (tmp_path / "p.png").exists()


# ── serving ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def serving(folder: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `retouch …` and the address it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments, "--port", "0"], cwd=folder, env=environment(folder, **more),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "http://" in line:
                break
        else:
            pytest.fail(f"it did not start: {lines} {process.stderr.read() if process.stderr else ''}")
        yield process, line.split()[-1]
    finally:
        process.kill()
        process.communicate()


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def test_the_demo_serves_the_chat_and_stops_when_asked(tmp_path: Path) -> None:
    with serving(tmp_path, "demo") as (process, address):
        assert get(f"{address}/healthz")[0] == 200
        assert "Retouch" in get(address)[1]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "Stopping" in out
        assert "Traceback" not in err


def test_run_says_what_is_on_and_why_not(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "bot", "run", "--port", "0"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env=environment(tmp_path, SLACK_BOT_TOKEN="xoxb-x", SLACK_SIGNING_SECRET="s", RETOUCH_WEB="off",
                        SLACK_API_URL="http://127.0.0.1:9/api/"), check=False,
    )  # fmt: skip
    assert process.returncode == 4
    assert "Slack: on (HTTP, /slack/events)." in process.stdout
    assert "Discord: off (DISCORD_TOKEN is not set)." in process.stdout
    assert "Slack: stopped. Slack could not be reached" in process.stdout
    assert "Traceback" not in process.stderr


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path, "demo") as (_, address):
        port = address.rsplit(":", 1)[1]
        done = retouch(tmp_path, "demo", "--port", port)
        assert done.returncode == 4
        assert f"Port {port} is in use" in done.stderr
        assert "Traceback" not in done.stderr
