"""The catalogue: what flags come to, what is refused, and what a config file can add."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import Catalog
from bot.errors import BadOption, SetupProblem
from bot.menu import hints, menu_for
from bot.models import Options
from bot.options import decide

CATALOG = Catalog.load()
TWO = CATALOG.model("gpt-image-2")


def decided(base: Options | None = None, model: str = "gpt-image-2", **flags: str) -> Options:
    return decide(flags, CATALOG.model(model), base=base, moderation="auto").options


def test_without_flags_the_defaults_are_modest() -> None:
    assert decided() == Options("gpt-image-2", "1024x1024", "medium")


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        ({"ar": "2:3"}, "size", "1024x1536"),
        ({"ar": "16:9", "size": "4k"}, "size", "3840x2160"),
        ({"size": "1536x1024"}, "size", "1536x1024"),
        ({"q": "HIGH"}, "quality", "high"),
        ({"quality": "auto"}, "quality", "auto"),
        ({"n": "4"}, "n", 4),
        ({"count": "4"}, "n", 4),
        ({"format": "jpg"}, "output_format", "jpeg"),
        ({"format": "webp", "compression": "80"}, "output_compression", 80),
    ],
)
def test_a_flag_becomes_its_option(flags: dict[str, str], field: str, value: object) -> None:
    assert getattr(decide(flags, TWO, base=None, moderation="auto").options, field) == value


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"quality": "ultra"}, "gpt-image-2 has no quality “ultra”; it has low, medium, high, auto"),
        ({"qualty": "high"}, "Did you mean --quality"),
        ({"zzz": "1"}, "Options are: --ar"),
        ({"n": "11"}, "at most 10"),
        ({"n": "0"}, "whole number from 1 to 10"),
        ({"n": "²"}, "whole number"),
        ({"background": "transparent"}, "it has opaque, auto"),
        ({"compression": "101", "format": "webp"}, "from 0 to 100"),
        ({"ar": "16"}, "not an aspect ratio"),
        ({"ar": "9:1"}, "too narrow"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(flags: dict[str, str], says: str) -> None:
    with pytest.raises(BadOption) as refused:
        decide(flags, TWO, base=None, moderation="auto")
    assert says in str(refused.value)


def test_a_transparent_jpeg_is_refused() -> None:
    with pytest.raises(BadOption, match="--format png"):
        decided(model="gpt-image-1.5", background="transparent", format="jpeg")


def test_flags_of_other_bots_are_named_as_ignored() -> None:
    decision = decide({"seed": "7", "niji": "", "no": "text, people"}, TWO, base=None, moderation="auto")
    assert decision.notes == (
        "gpt-image-2 has no seed; ignored --seed 7.",
        "gpt-image-2 has no niji mode; ignored --niji.",
    )
    assert decision.avoid == ("text", "people")


def test_an_edit_keeps_what_nobody_asked_to_change() -> None:
    base = Options("gpt-image-2", "1024x1536", "high", output_format="webp", n=4)
    assert decided(base) == Options("gpt-image-2", "1024x1536", "high", output_format="webp", n=1)
    assert decided(base, ar="1:1").size == "1024x1024"


def test_an_edit_of_a_foreign_size_gets_the_nearest_legal_one() -> None:
    assert decided(Options("x", "4000x3000")).size == "3312x2496"
    assert decided(Options("x", "4000x3000"), model="gpt-image-1.5").size == "1536x1024"


def test_an_unknown_model_works_with_conservative_assumptions() -> None:
    model = CATALOG.model("gpt-image-9")
    assert not model.known
    assert decide({}, model, base=None, moderation="low").options.model == "gpt-image-9"


def test_a_config_file_adds_and_overrides_models(tmp_path: Path) -> None:
    extra = tmp_path / "models.toml"
    extra.write_text('[models.ours]\nlike = "gpt-image-2"\nmax_n = 2\n[models.gpt-image-2]\ndefault_quality = "low"\n')
    catalog = Catalog.load(extra)
    assert catalog.model("ours").max_n == 2
    assert catalog.model("gpt-image-2").default_quality == "low"
    assert catalog.model("gpt-image-2").grid == TWO.grid


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[models.ours]\nqualites = []\n", "models.ours has an unknown key qualites"),
        ("[models.ours]\nlike = 'nothing'\n", "not in the catalogue"),
        ("[models.a]\nlike = 'b'\n[models.b]\nlike = 'a'\n", "not in the catalogue"),
        ("[models\n", "is not TOML"),
        ("[models.ours]\nqualities = 'low'\n", "models.ours.qualities must be a list of texts"),
        ("[models.ours]\nmax_n = '4'\n", "max_n must be a whole number"),
        ("[models.ours]\nshutdown = 'soon'\n", "shutdown must be a day such as 2026-12-01"),
        ("[planners.ours]\ntext_in = true\n", "text_in must be a number"),
        ("[planners.ours]\nprice = 1\n", "planners.ours has an unknown key price"),
        ("[models]\nours = 3\n", "must be a table"),
    ],
)
def test_a_mistake_in_the_config_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    extra = tmp_path / "models.toml"
    extra.write_text(text)
    with pytest.raises(SetupProblem, match=says):
        Catalog.load(extra)


@given(
    st.dictionaries(st.sampled_from(["ar", "size", "quality", "n", "format", "background", "compression"]), st.text())
)
def test_no_flags_crash_it_and_what_is_accepted_is_legal(flags: dict[str, str]) -> None:
    try:
        options = decide(flags, TWO, base=None, moderation="auto").options
    except BadOption as error:
        assert len(str(error)) < 400
    else:
        assert 1 <= options.n <= 10
        assert options.size == "auto" or TWO.size_rule.allows(*map(int, options.size.split("x")))


def test_hints_name_only_what_each_model_has() -> None:
    menu = menu_for(CATALOG, ["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-1.5"], default="gpt-image-2")
    found = json.loads(json.dumps(hints(menu)))
    assert found["flags"]["quality"]["values"] == ["low", "medium", "high"]
    assert not {"background", "fidelity", "complexity", "think", "web"} & set(found["flags"])
    assert found["models"]["gpt-image-2.5-flare"]["quality"]["values"] == ["low", "medium", "high", "xhigh", "max"]
    assert found["models"]["gpt-image-2.5-flare"]["background"]["values"] == ["opaque", "transparent"]
    assert found["models"]["gpt-image-1.5"]["fidelity"]["values"] == ["low", "high"]


def test_thinking_is_offered_only_where_the_default_model_can_be_planned() -> None:
    menu = menu_for(CATALOG, ["gpt-image-2", "sketch"], default="gpt-image-2", planning=["gpt-image-2"])
    assert menu.efforts == ("low", "medium", "high")
    assert menu_for(CATALOG, ["gpt-image-2", "sketch"], default="sketch", planning=["gpt-image-2"]).efforts == ()
