"""What a person's flags come to with a model: the API's options, or one clear no. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import Model
from bot.errors import BadOption
from bot.models import Options
from bot.sizes import TIERS, edges, nearest, parse_ratio, parse_size, size_for_ratio

# What a Midjourney user may type and no model here has: said once, never silently dropped.
IGNORED = {
    "seed": "seed", "s": "stylize", "stylize": "stylize", "c": "chaos", "chaos": "chaos", "w": "weird",
    "weird": "weird", "v": "version switch", "version": "version switch", "niji": "niji mode", "iw": "image weight",
    "sref": "style reference flag", "sw": "style weight", "cref": "character reference flag", "oref": "omni reference",
    "ow": "omni weight", "tile": "tiling", "raw": "raw mode", "style": "style flag", "draft": "draft mode",
    "repeat": "repeat", "stop": "stop", "exp": "exp",
}  # fmt: skip
ALIASES = {"q": "quality", "count": "n", "aspect": "ar", "bg": "background", "output_format": "format",
           "input_fidelity": "fidelity", "thinking": "think", "search": "web"}  # fmt: skip
KNOWN = ("ar", "size", "quality", "n", "format", "compression", "background", "model", "no", "fidelity", "complexity",
         "think", "web", "region", "unlocked", "series", "private")  # fmt: skip
EFFORTS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Decision:
    """The API's options, sentences for the card, and what the person wants to be left out (`--no`)."""

    options: Options
    notes: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


def decide(
    flags: Mapping[str, str], model: Model, *, base: Options | None, moderation: str, others: Sequence[Model] = ()
) -> Decision:
    """Turn flags into options. `base` are the parent's when editing: kept where nothing else was asked.

    Raises `BadOption` for a flag or value that cannot be, naming what can, or which of `others` could.
    """
    try:
        return _decided(flags, model, base, moderation)
    except _Lacking as error:
        able = next((one for one in others if one.name != model.name and error.value in error.part(one)), None)
        if able is None:
            raise
        raise BadOption(f"{error} {able.name} has it: add --model {able.name}.") from error


class _Lacking(BadOption):
    """A value that this model lacks; `part` is where another may have it."""

    def __init__(self, sentence: str, value: str, part: Callable[[Model], Sequence[str]]) -> None:
        super().__init__(sentence)
        self.value = value
        self.part = part


def _decided(flags: Mapping[str, str], model: Model, base: Options | None, moderation: str) -> Decision:
    asked = {ALIASES.get(name.lower(), name.lower()): value.strip() for name, value in flags.items()}
    notes = _notes_on_unknown(asked, model)
    output_format = _format(asked, model, base)
    background = _background(asked, model, base, output_format)
    compression = _compression(asked, base, output_format, notes)
    options = Options(
        model=model.name,
        size=_size(asked, model, base, notes),
        quality=_quality(asked, model, base),
        background=background,
        output_format=output_format,
        output_compression=compression,
        moderation=moderation,
        n=_number(asked.get("n", "1"), "n", 1, model.max_n, f"{model.name} makes at most {model.max_n} at once"),
        input_fidelity=_extra(
            asked, "fidelity", model, lambda one: one.fidelities, base.input_fidelity if base else ""
        ),
        complexity=_extra(asked, "complexity", model, lambda one: one.complexities, base.complexity if base else ""),
        think=_effort(asked["think"]) if "think" in asked else "",
        web=_yes("web", asked["web"]) if "web" in asked else False,
        locked=not _yes("unlocked", asked["unlocked"]) if "unlocked" in asked else True,
    )
    avoid = tuple(part for one in asked.get("no", "").split(",") if (part := one.strip()))
    return Decision(options, (*notes, *_left_behind(asked, options, base)), avoid)


def wants_private(flags: Mapping[str, str]) -> bool:
    """Whether a request is to be seen by its asker alone. Raises `BadOption`."""
    return "private" in flags and _yes("private", flags["private"].strip())


def _left_behind(asked: Mapping[str, str], options: Options, base: Options | None) -> list[str]:
    """What the picture before had, nobody asked to change, and another model lacks."""
    if base is None or base.model == options.model:
        return []
    kept = {
        "quality": (base.quality, options.quality), "background": (base.background, options.background),
        "format": (base.output_format, options.output_format), "complexity": (base.complexity, options.complexity),
        "fidelity": (base.input_fidelity, options.input_fidelity),
    }  # fmt: skip
    lost = [f"{name} {was}" for name, (was, now) in kept.items() if was not in ("", "auto", now) and name not in asked]
    return [f"{options.model} has no {', '.join(lost)}; not carried over."] if lost else []


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
        return _one_of(asked["quality"], (*model.qualities, "auto"), "quality", model, lambda one: one.qualities)
    if base and base.quality in (*model.qualities, "auto"):
        return base.quality
    return model.default_quality


def _format(asked: Mapping[str, str], model: Model, base: Options | None) -> str:
    if "format" in asked:
        value = {"jpg": "jpeg"}.get(asked["format"].lower(), asked["format"])
        return _one_of(value, model.formats, "format", model, lambda one: one.formats)
    return base.output_format if base and base.output_format in model.formats else "png"


def _extra(asked: Mapping[str, str], flag: str, model: Model, part: Callable[[Model], Sequence[str]], kept: str) -> str:
    """An option that only some models have."""
    if flag not in asked:
        return kept if kept in part(model) else ""
    if not part(model):
        raise _Lacking(f"{model.name} has no --{flag}.", asked[flag].lower(), part)
    return _one_of(asked[flag], part(model), flag, model, part)


def _effort(value: str) -> str:
    if value.lower() in EFFORTS:
        return value.lower()
    raise BadOption(f"--think is {', '.join(EFFORTS)}, not “{value[:20]}”.")


def _yes(flag: str, value: str) -> bool:
    if value.lower() in ("", "yes", "true", "on", "1"):
        return True
    if value.lower() in ("no", "false", "off", "0"):
        return False
    raise BadOption(f"--{flag} is on or off, not “{value[:20]}”.")


def _background(asked: Mapping[str, str], model: Model, base: Options | None, output_format: str) -> str:
    value = base.background if base and base.background in model.backgrounds else "auto"
    if "background" in asked:
        allowed = (*model.backgrounds, "auto")
        value = _one_of(asked["background"], allowed, "background", model, lambda one: one.backgrounds)
    if value == "transparent" and output_format == "jpeg":
        if "background" in asked or "format" in asked:
            raise BadOption("A JPEG cannot be transparent. Use --format png, --format webp or --background opaque.")
        return "auto"
    return value


def _compression(asked: Mapping[str, str], base: Options | None, output_format: str, notes: list[str]) -> int | None:
    if "compression" not in asked:
        return base.output_compression if base and base.output_format == output_format else None
    value = _number(asked["compression"], "compression", 0, 100, "it goes from 0 to 100")
    if output_format == "png":
        notes.append(f"A PNG has no compression level; ignored --compression {value}.")
        return None
    return value


def _one_of(value: str, allowed: Sequence[str], what: str, model: Model, part: Callable[[Model], Sequence[str]]) -> str:
    if value.lower() in allowed:
        return value.lower()
    has = ", ".join(allowed)
    raise _Lacking(f"{model.name} has no {what} “{value[:40]}”; it has {has}.", value.lower(), part)


def _number(text: str, what: str, low: int, high: int, why: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high:
        return int(text)
    raise BadOption(f"--{what} {text[:20]} is not possible: {why}. Use a whole number from {low} to {high}.")
