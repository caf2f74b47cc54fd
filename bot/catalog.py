"""Image models as data: what each accepts and costs.

The data is `catalog.toml` beside this file; `retouch.toml` can add models or override keys. A model nobody knows works
with careful assumptions: the sizes and prices of gpt-image-2, and nothing that only some models have.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path

from bot.config import read_toml
from bot.errors import SetupProblem
from bot.sizes import SizeRule

DEFAULT = "gpt-image-2"

WARN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Model:
    """One image model. Prices are dollars per million tokens; `seconds` is typical at 1024×1024 by quality.

    `fidelities` and `complexities` are values of `input_fidelity` and `complexity`; empty where it has none. `shutdown`
    is a day (YYYY-MM-DD), `successor` what to use instead.
    """

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
    masks: bool = True
    markup: bool = False
    fidelities: tuple[str, ...] = ()
    complexities: tuple[str, ...] = ()
    grid: Mapping[str, float] = field(default_factory=lambda: {"low": 16, "medium": 48, "high": 96})
    rounding: str = "half-up"
    token_factor: Mapping[str, float] = field(default_factory=dict)
    fixed_tokens: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    prices: Mapping[str, float] = field(
        default_factory=lambda: {"text_in": 5, "image_in": 8, "image_out": 30, "text_out": 10}
    )
    seconds: Mapping[str, float] = field(default_factory=lambda: {"low": 10, "medium": 48, "high": 126})
    shutdown: str = ""
    successor: str = ""
    known: bool = True

    @property
    def size_rule(self) -> SizeRule:
        """Which sizes it draws."""
        if self.provider == "sketch":
            return SizeRule(step=1, min_pixels=256, max_ratio=16)
        return SizeRule(fixed=self.sizes)

    def days_left(self, today: dt.date) -> int | None:
        """Days until the model is shut down, 0 or less when it is gone; None: no date is known."""
        return (dt.date.fromisoformat(self.shutdown) - today).days if self.shutdown else None


@dataclass(frozen=True, slots=True)
class Planner:
    """A text model that plans pictures: dollars per million tokens, and per web search."""

    name: str
    text_in: float = 5
    text_out: float = 30
    search: float = 0.01
    known: bool = True


class Catalog:
    """All models by name."""

    def __init__(self, models: Mapping[str, Model], planners: Mapping[str, Planner] | None = None) -> None:
        self._models = dict(models)
        self._planners = dict(planners or {})

    @classmethod
    def load(cls, extra: Path | None = None) -> Catalog:
        """Read catalog.toml and then `extra`. Raises `SetupProblem` naming what is wrong in the file."""
        models: dict[str, dict[str, object]] = {}
        planners: dict[str, Planner] = {}
        for path in filter(None, (Path(__file__).with_name("catalog.toml"), extra)):
            document = read_toml(path)
            for name, table in _tables(path, document, "models", _MODEL_KEYS).items():
                models[name] = models.get(name, {}) | table
            for name, table in _tables(path, document, "planners", _PLANNER_KEYS).items():
                planners[name] = Planner(name, **table)  # type: ignore[arg-type]  # numbers, checked below
        return cls({name: _model(name, models) for name in models}, planners)

    def model(self, name: str) -> Model:
        """A model; one that nobody knows gets careful assumptions."""
        return self._models.get(name) or Model(name, known=False, previews=False)

    def planner(self, name: str) -> Planner:
        """A text model; one that nobody knows counts as a dear one."""
        dated = next((one for one in self._planners if name.startswith(f"{one}-2")), "")  # gpt-5.4-2026-03-05
        return self._planners.get(name) or self._planners.get(dated) or Planner(name, known=False)

    def note_shutdowns(self, days: Mapping[str, str]) -> None:
        """Take over the days (YYYY-MM-DD) on which the image services say that models end."""
        for name in self._models.keys() & days.keys():
            self._models[name] = replace(self._models[name], shutdown=days[name])

    @cached_property
    def prices(self) -> str:
        """The version of the price table: equal for equal prices and token formulas of all models."""
        table = {
            name: [dict(one.prices), dict(one.grid), one.rounding, dict(one.token_factor), dict(one.fixed_tokens)]
            for name, one in self._models.items()
        }
        planners = {name: [one.text_in, one.text_out, one.search] for name, one in self._planners.items()}
        return hashlib.sha256(json.dumps([table, planners], sort_keys=True).encode()).hexdigest()[:12]

    def names(self, provider: str | None = None) -> tuple[str, ...]:
        """The models of an image service, or all."""
        return tuple(name for name, model in self._models.items() if provider in (None, model.provider))


_MODEL_KEYS = frozenset(one.name for one in fields(Model)) - {"name", "known"} | {"like"}
_PLANNER_KEYS = frozenset(one.name for one in fields(Planner)) - {"name", "known"}


def _tables(
    path: Path, document: Mapping[str, object], kind: str, allowed: frozenset[str]
) -> dict[str, dict[str, object]]:
    found = document.get(kind, {})
    if not isinstance(found, dict):
        raise SetupProblem(f"In {path}, {kind} must be a table.")
    for name, table in found.items():
        if not isinstance(table, dict):
            raise SetupProblem(f"In {path}, {kind}.{name} must be a table.")
        if unknown := sorted(set(table) - allowed):
            raise SetupProblem(f"In {path}, {kind}.{name} has an unknown key {unknown[0]}.")
        for key, value in table.items():
            _check(f"In {path}, {kind}.{name}.{key}", key, value)
    return dict(found)


def _check(where: str, key: str, value: object) -> None:
    """The kind of a value, by its key's annotation. Raises `SetupProblem`."""
    wanted = _KINDS.get(key)
    if wanted is None:
        return
    good = isinstance(value, wanted[0]) and not (isinstance(value, bool) and bool not in wanted[0])
    if good and isinstance(value, list):
        good = all(isinstance(item, str) for item in value)
    if good and key == "shutdown" and value:
        try:
            dt.date.fromisoformat(str(value))
        except ValueError:
            good = False
    if not good:
        raise SetupProblem(f"{where} must be {wanted[1]}.")


_LIST = ((list,), "a list of texts")
_TEXT = ((str,), "a text")
_NUMBER = ((int, float), "a number")
_YES = ((bool,), "true or false")
_TABLE = ((dict,), "a table")
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "provider": _TEXT, "qualities": _LIST, "default_quality": _TEXT, "backgrounds": _LIST, "formats": _LIST,
    "sizes": _LIST, "max_n": ((int,), "a whole number"), "max_prompt": ((int,), "a whole number"),
    "max_references": ((int,), "a whole number"), "previews": _YES, "masks": _YES, "markup": _YES,
    "fidelities": _LIST, "complexities": _LIST, "grid": _TABLE, "rounding": _TEXT, "token_factor": _TABLE,
    "fixed_tokens": _TABLE, "prices": _TABLE, "seconds": _TABLE, "shutdown": ((str,), "a day such as 2026-12-01"),
    "successor": _TEXT, "like": _TEXT, "text_in": _NUMBER, "text_out": _NUMBER, "search": _NUMBER,
}  # fmt: skip


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
