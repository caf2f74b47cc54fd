"""Image models as data: what each accepts, and what a person's flags come to with it.

The data is `catalog.toml` beside this file; a config file can add models or override keys. A model nobody knows works
with the assumptions of gpt-image-2.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from bot.errors import BadOption, SetupProblem
from bot.models import Options
from bot.sizes import TIERS, WORDS, SizeRule, edges, nearest, parse_ratio, parse_size, size_for_ratio

T = TypeVar("T")

DEFAULT = "gpt-image-2"

# What a Midjourney user may type and no model here has: said once, never silently dropped.
IGNORED = {
    "seed": "seed", "s": "stylize", "stylize": "stylize", "c": "chaos", "chaos": "chaos", "w": "weird",
    "weird": "weird", "v": "version switch", "version": "version switch", "niji": "niji mode", "iw": "image weight",
    "sref": "style reference flag", "sw": "style weight", "cref": "character reference flag", "oref": "omni reference",
    "ow": "omni weight", "tile": "tiling", "raw": "raw mode", "style": "style flag", "draft": "draft mode",
    "repeat": "repeat", "stop": "stop", "exp": "exp",
}  # fmt: skip
ALIASES = {"q": "quality", "count": "n", "aspect": "ar", "bg": "background", "output_format": "format"}
KNOWN = ("ar", "size", "quality", "n", "format", "compression", "background", "model", "no")


@dataclass(frozen=True, slots=True)
class Model:
    """One image model. Prices are dollars per million tokens; `seconds` is typical at 1024×1024 by quality."""

    name: str
    provider: str = "openai"
    qualities: tuple[str, ...] = ("low", "medium", "high")
    default_quality: str = "medium"
    backgrounds: tuple[str, ...] = ("opaque",)
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    sizes: tuple[str, ...] = ()  # fixed ones; empty: any by the rule
    max_n: int = 10
    max_prompt: int = 32_000
    max_references: int = 16
    previews: bool = True
    grid: Mapping[str, float] = field(default_factory=lambda: {"low": 16, "medium": 48, "high": 96})
    rounding: str = "half-up"
    token_factor: Mapping[str, float] = field(default_factory=dict)
    fixed_tokens: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    prices: Mapping[str, float] = field(
        default_factory=lambda: {"text_in": 5, "image_in": 8, "image_out": 30, "text_out": 10}
    )
    seconds: Mapping[str, float] = field(default_factory=lambda: {"low": 10, "medium": 48, "high": 126})
    shutdown: str = ""
    known: bool = True

    @property
    def size_rule(self) -> SizeRule:
        """Which sizes it draws."""
        if self.provider == "sketch":
            return SizeRule(step=1, min_pixels=256, max_ratio=16)
        return SizeRule(fixed=self.sizes)


class Catalog:
    """All models by name."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)

    @classmethod
    def load(cls, extra: Path | None = None) -> Catalog:
        """Read catalog.toml and then `extra`. Raises `SetupProblem` naming what is wrong in the file."""
        tables = _tables(Path(__file__).with_name("catalog.toml"))
        if extra:
            for name, table in _tables(extra).items():
                tables[name] = tables.get(name, {}) | table
        return cls({name: _model(name, tables) for name in tables})

    def model(self, name: str) -> Model:
        """A model; one that nobody knows gets the assumptions of gpt-image-2."""
        return self._models.get(name) or Model(name, known=False)

    def names(self, provider: str | None = None) -> tuple[str, ...]:
        """The models of an image service, or all."""
        return tuple(name for name, model in self._models.items() if provider in (None, model.provider))


def _tables(path: Path) -> dict[str, dict[str, object]]:
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("models", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupProblem(f"The model catalogue {path} cannot be read: {error}.") from error
    allowed = {one.name for one in fields(Model)} - {"name", "known"} | {"like"}
    for name, table in found.items():
        if not isinstance(table, dict):
            raise SetupProblem(f"In {path}, models.{name} must be a table.")
        if unknown := sorted(set(table) - allowed):
            raise SetupProblem(f"In {path}, model {name} has an unknown key {unknown[0]}.")
    return dict(found)


def _model(name: str, tables: Mapping[str, Mapping[str, object]], depth: int = 0) -> Model:
    table = dict(tables[name])
    like = table.pop("like", None)
    if like is not None:
        if not isinstance(like, str) or like not in tables or depth > 8:
            raise SetupProblem(f"Model {name} is like {like}, which is not in the catalogue.")
        base = _model(like, tables, depth + 1)
        table = {one.name: getattr(base, one.name) for one in fields(Model)} | table
    table["name"] = name
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Model(**values)  # type: ignore[arg-type]  # the keys were checked against the dataclass


# ── What a person's flags come to ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Decision:
    """The API's options, sentences for the card, and what the person wants to be left out (`--no`)."""

    options: Options
    notes: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


def decide(flags: Mapping[str, str], model: Model, *, base: Options | None, moderation: str) -> Decision:
    """Turn flags into options. `base` are the parent's when editing: kept where nothing else was asked.

    Raises `BadOption` for a flag or value that cannot be, naming what can.
    """
    asked = {ALIASES.get(name.lower(), name.lower()): value.strip() for name, value in flags.items()}
    notes = _notes_on_unknown(asked, model)
    output_format = _format(asked, model, base)
    background = _background(asked, model, base, output_format)
    compression = _compression(asked, output_format, notes)
    options = Options(
        model=model.name,
        size=_size(asked, model, base, notes),
        quality=_quality(asked, model, base),
        background=background,
        output_format=output_format,
        output_compression=compression,
        moderation=moderation,
        n=_number(asked.get("n", "1"), "n", 1, model.max_n, f"{model.name} makes at most {model.max_n} at once"),
    )
    avoid = tuple(part for one in asked.get("no", "").split(",") if (part := one.strip()))
    return Decision(options, tuple(notes), avoid)


def _notes_on_unknown(asked: Mapping[str, str], model: Model) -> list[str]:
    notes = []
    for name, value in asked.items():
        if name in KNOWN:
            continue
        if name not in IGNORED:
            close = difflib.get_close_matches(name, (*KNOWN, *ALIASES), 1)
            hint = (
                f" Did you mean --{close[0]}?" if close else f" Options are: {', '.join(f'--{one}' for one in KNOWN)}."
            )
            raise BadOption(f"There is no option --{name[:40]}.{hint}")
        said = f"--{name} {value}".strip()
        notes.append(f"{model.name} has no {IGNORED[name]}; ignored {said[:60]}.")
    return notes


def _size(asked: Mapping[str, str], model: Model, base: Options | None, notes: list[str]) -> str:
    rule, size, ratio = model.size_rule, asked.get("size"), asked.get("ar")
    if ratio is not None:
        tier = (size or "1k").lower()
        if tier in TIERS:
            return size_for_ratio(*parse_ratio(ratio), tier, rule)
        parse_ratio(ratio)
        notes.append(f"--size {size} decides the shape; ignored --ar {ratio}.")
    if size is not None:
        return parse_size(size, rule, model.name)
    if base is None:
        return size_for_ratio(1, 1, "1k", rule)
    if base.size == "auto" or rule.allows(*edges(base.size)):
        return base.size
    return nearest(*edges(base.size), rule)


def _quality(asked: Mapping[str, str], model: Model, base: Options | None) -> str:
    if "quality" in asked:
        return _one_of(asked["quality"], (*model.qualities, "auto"), "quality", model)
    if base and base.quality in (*model.qualities, "auto"):
        return base.quality
    return model.default_quality


def _format(asked: Mapping[str, str], model: Model, base: Options | None) -> str:
    if "format" in asked:
        value = {"jpg": "jpeg"}.get(asked["format"].lower(), asked["format"])
        return _one_of(value, model.formats, "format", model)
    return base.output_format if base and base.output_format in model.formats else "png"


def _background(asked: Mapping[str, str], model: Model, base: Options | None, output_format: str) -> str:
    value = base.background if base and base.background in model.backgrounds else "auto"
    if "background" in asked:
        value = _one_of(asked["background"], (*model.backgrounds, "auto"), "background", model)
    if value == "transparent" and output_format == "jpeg":
        if "background" in asked or "format" in asked:
            raise BadOption("A JPEG cannot be transparent. Use --format png or --format webp.")
        return "auto"
    return value


def _compression(asked: Mapping[str, str], output_format: str, notes: list[str]) -> int | None:
    if "compression" not in asked:
        return None
    value = _number(asked["compression"], "compression", 0, 100, "it goes from 0 to 100")
    if output_format == "png":
        notes.append(f"A PNG has no compression level; ignored --compression {value}.")
        return None
    return value


def _one_of(value: str, allowed: Sequence[str], what: str, model: Model) -> str:
    if value.lower() in allowed:
        return value.lower()
    raise BadOption(f"{model.name} has no {what} “{value[:40]}”; it has {', '.join(allowed)}.")


def _number(text: str, what: str, low: int, high: int, why: str) -> int:
    if text.isascii() and text.isdigit() and low <= int(text[:9]) <= high:
        return int(text)
    raise BadOption(f"--{what} {text[:20]} is not possible: {why}. Use a whole number from {low} to {high}.")


# ── What can be offered ──────────────────────────────────────────────────────────────────────────────────────────


def hints(catalog: Catalog, names: Sequence[str]) -> dict[str, object]:
    """Per flag its description and suggested values, for these models; plain JSON."""
    models = [catalog.model(name) for name in names]
    return {
        "ar": {"description": "Aspect ratio", "values": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]},
        "size": {"description": "Size in pixels", "values": [*TIERS, *WORDS]},
        "quality": {"description": "Quality", "values": _union(models, lambda model: model.qualities)},
        "n": {"description": "How many pictures", "values": ["1", "2", "3", "4"]},
        "format": {"description": "File format", "values": _union(models, lambda model: model.formats)},
        "background": {
            "description": "Background",
            "values": _union(models, lambda model: model.backgrounds),
        },
        "model": {"description": "Image model", "values": list(names)},
        "no": {"description": "What to leave out", "values": []},
    }


def _union(models: Sequence[Model], part: Callable[[Model], Sequence[T]]) -> list[T]:
    return list(dict.fromkeys(value for model in models for value in part(model)))
