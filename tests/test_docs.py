"""What is written down is true: settings, options, the Dockerfile, the compose file, the demo's environment file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import AliasChoices

from bot import intents
from bot.catalog import Catalog
from bot.cli import main
from bot.config import Gateway, load_gateways
from bot.models import Policy, ThreadMode
from bot.options import KNOWN
from bot.policies import SETTINGS
from bot.pricing import output_tokens
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ADMIN_GUIDE = ROOT / "docs" / "admin.md"
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def variables() -> dict[str, str]:
    """Every environment variable and its description."""
    found = {}
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        found[str(field.validation_alias.choices[0])] = field.description or ""
    return found


def test_the_readme_has_every_setting_with_its_description_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| (.*) \|$", README, re.MULTILINE))
    assert rows == variables()


def test_the_readme_has_every_key_of_a_gateway_with_its_description() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \|[^|]*\| (.*) \|$", README, re.MULTILINE))
    assert rows == {name: field.description for name, field in Gateway.model_fields.items()}


def test_the_example_configuration_of_the_readme_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "retouch.toml"
    path.write_text(example)
    gateways = load_gateways(path, {"OPENAI_API_KEY": "sk-1", "BACKUP_KEY": "sk-2"})
    assert [(one.name, one.serves("gpt-image-1.5")) for one in gateways] == [("openai", True), ("backup", False)]
    assert gateways[1].its_name("gpt-image-2") == "openai/gpt-image-2"
    assert Catalog.load(path).model("my-model").prices["image_out"] == 20


def test_every_setting_says_what_it_does() -> None:
    assert all(len(text) > 10 for text in variables().values())


def test_every_command_and_flag_is_in_the_readme() -> None:
    for command in main.commands:
        assert f"retouch {command}" in README or f"make {command}" in README, command
    for flag in KNOWN:
        assert f"--{flag}" in README, flag


def replies_table(text: str) -> list[str]:
    """The rows of the table "You type", as they stand."""
    tables: list[str] = re.findall(r"^\| You type \|.*\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    (table,) = tables
    return table.splitlines()


def test_the_table_of_replies_in_the_readme_is_the_grammars_own() -> None:
    assert replies_table(README) == replies_table(intents.__doc__ or "")


def test_every_kind_of_command_is_in_the_table_of_replies() -> None:
    """Each phrase of the table means what can only be typed so; none of the grammar's nouns is left out."""
    typed = re.findall(r"`([^`]+)`", "\n".join(row.split(" | ")[0] for row in replies_table(intents.__doc__ or "")))
    meant = {
        type(
            intents.message_intent(
                text, mode=ThreadMode.EVERY_REPLY, mentions_bot=False, mentions_others=False, has_pictures=False
            )
        )
        for text in [*typed, "v2: again"]
    }
    others = {intents.Imagine, intents.Misused, intents.PictureAlone}
    assert meant == set(get_args(intents.Intent)) - others


def test_the_example_environment_names_only_real_settings() -> None:
    named = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named <= set(variables())
    assert {"OPENAI_API_KEY", "SLACK_BOT_TOKEN", "DISCORD_TOKEN"} <= named


def test_the_image_runs_as_nobody_special_and_can_be_checked() -> None:
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER 10001$", final, re.MULTILINE)
    assert final.index("USER 10001") < final.index("ENTRYPOINT")
    assert "/healthz" in final
    assert re.search(r"^VOLUME /data$", final, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["retouch"\]$', final, re.MULTILINE)
    assert DOCKERFILE.count("\nFROM ") == 2, "multi-stage"
    assert not re.search(r"\b(latest|curl .*\| *sh|sudo|ADD http)\b", DOCKERFILE)
    assert not re.search(r"^ENV .*(TOKEN|KEY|SECRET)=", DOCKERFILE, re.MULTILINE)


def test_the_dockerfile_passes_the_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists() and not os.environ.get("RETOUCH_REQUIRE_PEERS"):
        pytest.skip("hadolint is not available for this machine")
    done = subprocess.run([linter, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE))
def test_what_the_image_copies_is_there_and_not_ignored(path: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    for one in path.split():
        assert (ROOT / one).exists()
        assert one not in ignored


def test_the_compose_file_opens_nothing_to_the_world() -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["retouch"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == ["data:/data"]
    assert set(service["environment"]) <= set(variables())
    assert service["read_only"] is True


def test_the_package_takes_its_data_files_along() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for needle in ('"adapters.web" = ["page/*"]', '"adapters.slack" = ["manifest.yaml"]', 'bot = ["*.toml"'):
        assert needle in text


def settings_table() -> str:
    """Every setting of a workspace: its name, what it is without any, what it does."""
    rows = [f"| `{name}` | {one.show(Policy())} | {one.about} |" for name, one in SETTINGS.items()]
    return "\n".join(["| Setting | Default | What it does |", "|---|---|---|", *rows])


def test_the_guide_for_admins_has_every_setting() -> None:
    """Run `python -m tests.test_docs` to write it anew."""
    guide = ADMIN_GUIDE.read_text()
    assert guide.split("<!-- settings -->")[1].split("<!-- end of settings -->")[0].strip() == settings_table()


def test_the_page_on_prices_has_the_numbers_of_the_code() -> None:
    page = (ROOT / "docs/image-service.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| \d+×\d+ \|", line)]
    assert len(rows) == 9
    for row in rows:
        size, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        columns = [("gpt-image-2", one) for one in ("low", "medium", "high")]
        columns += [("gpt-image-2.5-flare", one) for one in ("low", "medium", "high", "xhigh", "max")]
        for (model, quality), cell in zip(columns, cells, strict=True):
            tokens = output_tokens(Catalog.load().model(model), quality, size.replace("×", "x"))
            assert cell == f"{tokens:,} ${tokens * 30 / 1e6:.4f}"


if __name__ == "__main__":
    before, rest = ADMIN_GUIDE.read_text().split("<!-- settings -->")
    after = rest.split("<!-- end of settings -->")[1]
    ADMIN_GUIDE.write_text(f"{before}<!-- settings -->\n{settings_table()}\n<!-- end of settings -->{after}")
