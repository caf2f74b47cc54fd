"""What forms and lists offer: only what a model has, read from the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.catalog import Catalog
from bot.options import EFFORTS
from bot.sizes import TIERS, WORDS

ASPECTS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")


@dataclass(frozen=True, slots=True)
class ModelMenu:
    """What one model has; empty where there is nothing to choose."""

    name: str
    qualities: tuple[str, ...] = ("low", "medium", "high")
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    backgrounds: tuple[str, ...] = ()
    fidelities: tuple[str, ...] = ()
    complexities: tuple[str, ...] = ()
    max_n: int = 10


@dataclass(frozen=True, slots=True)
class Menu:
    """The models that can be used here, the default first. `efforts` is empty where nothing can think or search."""

    models: tuple[ModelMenu, ...]
    efforts: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ASPECTS
    sizes: tuple[str, ...] = TIERS

    @property
    def default(self) -> ModelMenu:
        """What is used when nobody names a model."""
        return self.models[0]

    def of(self, name: str | None) -> ModelMenu:
        """A model's menu; the default's when it is not there."""
        return next((one for one in self.models if one.name == name), self.default)


def menu_for(catalog: Catalog, names: Sequence[str], *, default: str, planning: Collection[str] = ()) -> Menu:
    """The menu of these models; `planning` are those that a text model can plan pictures for."""
    ordered = [default, *(name for name in names if name != default)]
    return Menu(tuple(_model_menu(catalog, name) for name in ordered), EFFORTS if default in planning else ())


def _model_menu(catalog: Catalog, name: str) -> ModelMenu:
    model = catalog.model(name)
    return ModelMenu(
        name,
        qualities=model.qualities,
        formats=model.formats,
        backgrounds=model.backgrounds if len(model.backgrounds) > 1 else (),
        fidelities=model.fidelities,
        complexities=model.complexities,
        max_n=model.max_n,
    )


def hints(menu: Menu) -> dict[str, object]:
    """Per flag its description and suggested values, as plain JSON; `models` says what another model has instead."""
    flags: dict[str, object] = {
        "ar": _hint("Aspect ratio", menu.aspects),
        "size": _hint("Size in pixels", (*menu.sizes, *WORDS)),
        **_of_model(menu.default),
        "model": _hint("Image model", tuple(one.name for one in menu.models)),
        "no": _hint("What to leave out", ()),
    }
    flags["private"] = _hint("Only you see it until you share it", ())
    if menu.efforts:
        flags["think"] = _hint("Plan it first", menu.efforts)
        flags["web"] = _hint("Search the web first", ())
    return {"flags": flags, "models": {one.name: _of_model(one) for one in menu.models[1:]}}


def _of_model(model: ModelMenu) -> dict[str, object]:
    found = {
        "quality": _hint("Quality", model.qualities),
        "n": _hint("How many pictures", tuple(str(count) for count in range(1, min(model.max_n, 4) + 1))),
        "format": _hint("File format", model.formats),
        "background": _hint("Background", model.backgrounds),
        "fidelity": _hint("How closely pictures are kept", model.fidelities),
        "complexity": _hint("How much detail", model.complexities),
    }
    return {flag: hint for flag, hint in found.items() if hint["values"]}


def _hint(description: str, values: Sequence[str]) -> dict[str, object]:
    return {"description": description, "values": list(values)}
