"""What an edit really changed: whether the words said "change only …", and where two pictures truly differ.

Image models paint the whole picture anew, shift its tones a little and move it by a few pixels. None of that is a
change that somebody asked for, so the pictures are first laid on each other and toned alike. Finding is synchronous
and from file to file; callers run it in a thread.
"""

from __future__ import annotations

import math
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from bot import locking, moving, pictures
from bot.compare import MAX_BOXES, where
from bot.pictures import Picture

MOST = 0.6  # of the picture: what changed more was not meant to stay
MAX_EDGE = 512  # on which changes are sought; a sixtieth of it is still seen
MAX_WORDS = 32_000  # the longest prompt any model takes; the end of a longer text is not read

_STRONG = 22, 34  # levels of 255, from a clean picture to a noisy one, between which …
_RINGING = 0.1  # of the contrast around a pixel is what lossy formats get wrong
_NOISY = 4.0  # … these times what most of the picture differs by are a change
_WEAK = 9  # levels; the softer parts of what changed strongly nearby
_COARSE = 32  # cells on the long edge on which what obviously changed is set aside before laying over each other
_OBVIOUS = 20  # levels of the mean of such a cell
_TONED = 12  # levels, as in `locking`: a larger shift of colour is what was asked for
_LIKE = 0.2  # of the pixels must agree on a shift of tone, or it is none
_TOO_FEW = 64  # pixels that say nothing of tones
_EDGE = 2  # pixels: as far as an edge shines through after the blur
_CELLS = 64  # on the long edge of the grid in which changes are gathered
_SPECK = 0.08  # of a cell must have changed strongly
_SMALL = 12  # strong pixels: fewer are no region
_NEAR = 2  # cells: changes with one clean cell between them are one change
_MARGIN = 0.06  # of the region: how far around it the mask reaches …
_EDGES = 1, 6  # … and pixels at least and at most
_MINOR = 50  # a region this many times weaker than the strongest is noise

_QUOTED = re.compile(
    r"“[^”]{0,400}”|„[^“”]{0,400}[“”]|«[^»]{0,400}»|»[^«]{0,400}«|(?<!\w)\"[^\"]{0,400}\"|「[^」]{0,400}」"
    r"|(?<!\w)'[^'\n]{1,400}'(?!\w)|‘[^’\n]{1,400}’(?!\w)"
)

_Grid = NDArray[np.float32]
_Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Changes:
    """Where two pictures differ.

    `share` is the part (0.0–1.0) of the picture within the changed regions, 1.0 for pictures of different shapes;
    `boxes` are those regions in pixels of the picture before (left, top, right, bottom), largest first, at most 6;
    `names` say where they are ("top left"), each once; `mask` is the written mask, None where nothing was marked.
    """

    share: float
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    names: tuple[str, ...] = ()
    mask: Picture | None = None
    same_shape: bool = True


def says_only(words: str) -> bool:
    """Whether the words of an edit say that only something shall change: "change only the hat", "den Rest so lassen".

    In six languages. Words in quotation marks do not count: they are to be read in the picture.
    """
    plain = _folded(_QUOTED.sub(" ", words[:MAX_WORDS]))
    return any(pattern.search(plain) for pattern in _only())


def _folded(words: str) -> str:
    """Small letters without accents, one kind of apostrophe and dash, single spaces; lines end in a full stop."""
    text = unicodedata.normalize("NFKD", "\n".join(line.strip() for line in words.splitlines()).casefold())
    seen = "".join(one for one in text if unicodedata.category(one) not in ("Mn", "Cf"))
    return " ".join(re.sub(r"[‐-―−]", "-", re.sub("[’`´ʼ]", "'", seen)).replace("\n", " . ").split())


def find_changes(before: Path, after: Path, mask_out: Path | None = None) -> Changes:
    """Find where `after` differs from `before`, whatever happened to the picture as a whole.

    Written to `mask_out`, where something changed: a PNG of the size of `before`, transparent on the changed
    regions and a little around them. Pictures of different shapes are not compared. Raises `BadAttachment`.
    """
    (kept, size), (drawn, drawn_size) = _small(before), _small(after)
    if not locking.is_same_shape(size, drawn_size):
        return Changes(1.0, same_shape=False)
    regions = list(_regions(_compared(kept, drawn)))
    if not regions:
        return Changes(0.0)
    boxes = sorted((_bounds(region) for region in regions), key=_area, reverse=True)[:MAX_BOXES]
    share = float(np.logical_or.reduce(regions).mean())
    mask = _write_mask(regions, size, mask_out) if mask_out else None
    edges = tuple(tuple(round(part * size[i % 2]) for i, part in enumerate(box)) for box in boxes)
    names = tuple(dict.fromkeys(where(box) for box in boxes))
    return Changes(share, edges, names, mask)  # type: ignore[arg-type]


# ── Laying one over the other ────────────────────────────────────────────────────────────────────────────────────


def _small(path: Path) -> tuple[Image.Image, tuple[int, int]]:
    """A small copy, colours weighted by alpha, and the size of the file. Only `pictures` opens what may be hostile."""
    with tempfile.TemporaryDirectory(prefix="retouch-changed-") as folder:
        most = {"max_bytes": pictures.MAX_BYTES, "max_edge": MAX_EDGE}
        copy, _ = pictures.fit(path, Path(folder), **most, media_types=("image/png",))
        with Image.open(copy, formats=("PNG",)) as image:
            small = image.convert("RGBA").convert("RGBa")
    with Image.open(path) as image:
        return small, image.size


def _compared(kept: Image.Image, drawn: Image.Image) -> _Grid:
    """By how many levels each pixel differs, at the smaller one's size, once they are moved and toned alike."""
    size = min(kept.size, drawn.size)
    kept, drawn = (_softened(image, size) for image in (kept, drawn))
    quiet = ~_obvious(kept, drawn)
    shift = moving.shift_between(_grey(kept), _grey(drawn), _as_image(quiet))
    ours, theirs = _levels(kept), _levels(moving.moved(drawn, (-shift[0], -shift[1])))
    strength = _strength(ours, _toned(theirs, ours, quiet), shift)
    return np.maximum(0, strength - _RINGING * _contrast(_grey(kept)))


def _softened(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Blurred by less than a pixel: single pixels of noise are no change."""
    return image.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.8))


def _grey(image: Image.Image) -> Image.Image:
    return Image.fromarray(_levels(image)[..., :3].mean(axis=2).astype(np.uint8))


def _contrast(grey: Image.Image) -> _Grid:
    """Between the darkest and the brightest within four pixels: beside hard edges lossy formats err most."""
    return _levels(grey.filter(ImageFilter.MaxFilter(9))) - _levels(grey.filter(ImageFilter.MinFilter(9)))


def _obvious(kept: Image.Image, drawn: Image.Image) -> _Bits:
    """True where the picture changed on the whole, and so says nothing of how it was moved and toned."""
    scale = _COARSE / max(kept.size)
    grid = max(1, round(kept.width * scale)), max(1, round(kept.height * scale))
    ours, theirs = (_levels(image.resize(grid, Image.Resampling.BOX)) for image in (kept, drawn))
    cells = np.abs(ours - theirs).max(axis=2) > _OBVIOUS
    return np.asarray(_as_image(cells).resize(kept.size, Image.Resampling.NEAREST)) > 0


def _toned(drawn: _Grid, kept: _Grid, quiet: _Bits) -> _Grid:
    """The drawn picture in the tones of the kept one; its darker and its brighter half are measured apart."""
    quiet = quiet & (drawn[..., 3] > 250) & (kept[..., 3] > 250)
    result = drawn.copy()
    for channel in range(3):
        levels, off = drawn[..., channel], drawn[..., channel] - kept[..., channel]
        both = (levels + kept[..., channel]) / 2
        middle = np.median(both[quiet]) if quiet.any() else 0
        halves = [half for half in (quiet & (both <= middle), quiet & (both > middle)) if half.sum() >= _TOO_FEW]
        if halves:
            at, offsets = [float(levels[half].mean()) for half in halves], [_usual(off[half]) for half in halves]
            result[..., channel] -= np.interp(levels, at, offsets)
    return result


def _usual(differences: _Grid) -> float:
    """The shift of tone that most pixels agree on, in levels; 0.0 where there is none, or a large one."""
    counts, _ = np.histogram(differences, bins=2 * _TONED + 9, range=(-_TONED - 4.5, _TONED + 4.5))
    agreed = np.convolve(counts, np.ones(5), "valid")  # those within two levels and a half
    peak = int(agreed.argmax()) - _TONED - 2
    near = differences[np.abs(differences - peak) <= 2.5]
    return float(near.mean()) if abs(peak) <= _TONED and near.size >= differences.size * _LIKE else 0.0


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _strength(kept: _Grid, drawn: _Grid, shift: tuple[int, int]) -> _Grid:
    """By how many levels each pixel lies outside of what the other picture shows within one pixel of it.

    At the edges, where the model had to make up what moved in, it is as next to them.
    """
    beyond = [np.maximum(one - _reach(other, np.maximum), _reach(other, np.minimum) - one)
              for one, other in ((kept, drawn), (drawn, kept))]  # fmt: skip
    strength: _Grid = np.maximum(*beyond).max(axis=2)
    (wide, high), edges = shift, [min(_EDGE, (length - 1) // 2) for length in strength.shape]
    around = tuple((edge + max(0, -by), edge + max(0, by)) for by, edge in zip((high, wide), edges, strict=True))
    (top, bottom), (left, right) = around
    return np.pad(strength[top : strength.shape[0] - bottom, left : strength.shape[1] - right], around, "edge")


def _reach(levels: _Grid, most: np.ufunc) -> _Grid:
    """The highest or the lowest of each pixel and its eight neighbours."""
    padded = np.pad(levels, ((1, 1), (1, 1), (0, 0)), "edge")
    rows = most(most(padded[:-2], padded[1:-1]), padded[2:])
    result: _Grid = most(most(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return result


def _regions(strength: _Grid) -> Iterator[_Bits]:
    """The regions that changed, each without holes; those that are weak beside the strongest are left out."""
    side = -(-max(strength.shape) // _CELLS)
    strong = np.where(strength > _floor(strength, side), strength, 0)
    groups = list(_groups(_cells(strong > 0, side) >= _SPECK))
    sums, counts = _cells(strong, side), _cells(strong > 0, side) * side * side
    weights = [sum(float(sums[cell]) for cell in group) for group in groups]
    for group, weight in zip(groups, weights, strict=True):
        many = sum(float(counts[cell]) for cell in group) >= min(_SMALL, strength.size / 4)
        if many and weight * _MINOR >= max(weights):
            yield _filled(strength > _WEAK, group, side)


def _floor(strength: _Grid, side: int) -> float:
    """The levels from which on a difference is a change: what nearly all of the usual square has is noise."""
    high, wide = (length // side * side for length in strength.shape)
    if not (high and wide):
        return float(_STRONG[0])
    squares = strength[:high, :wide].reshape(high // side, side, wide // side, side)
    usual = float(np.median(squares.max(axis=(1, 3))))
    return min(_STRONG[1], max(_STRONG[0], usual * _NOISY))


def _cells(values: _Grid | _Bits, side: int) -> _Grid:
    """The mean of each square of `side` pixels; those cut by an edge are filled up with nothing."""
    high, wide = (-(-length // side) for length in values.shape)
    padded = np.zeros((high * side, wide * side), np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    result: _Grid = padded.reshape(high, side, wide, side).mean(axis=(1, 3))
    return result


def _groups(cells: _Bits) -> Iterator[list[tuple[int, int]]]:
    """Cells (row, column) that lie near each other."""
    left = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    steps = [(y, x) for y in range(-_NEAR, _NEAR + 1) for x in range(-_NEAR, _NEAR + 1)]
    while left:
        group = [left.pop()]
        for row, column in group:  # grows while it is walked
            near = {(row + y, column + x) for y, x in steps} & left
            left -= near
            group.extend(near)
        yield group


def _filled(weak: _Bits, group: list[tuple[int, int]], side: int) -> _Bits:
    """The pixels of a group that changed even weakly, gaps up to two cells closed."""
    near = np.zeros_like(weak)
    for row, column in group:
        near[max(0, row - 1) * side : (row + 2) * side, max(0, column - 1) * side : (column + 2) * side] = True
    framed = np.pad(weak & near, 2 * side)  # so that closing does not stop at the picture's edge
    wide = locking.grown(_as_image(framed), side)
    closed = ~(np.asarray(locking.grown(_as_image(np.asarray(wide) == 0), side)) > 0)
    result: _Bits = closed[2 * side : -2 * side, 2 * side : -2 * side]
    return result


def _bounds(region: _Bits) -> tuple[float, float, float, float]:
    """The region's corners as fractions of the picture: left, top, right, bottom."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    high, wide = region.shape
    return columns[0] / wide, rows[0] / high, (columns[-1] + 1) / wide, (rows[-1] + 1) / high


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _write_mask(regions: Iterable[_Bits], size: tuple[int, int], out: Path) -> Picture:
    """Transparent where the picture changed, as a PNG of one bit per pixel: a thirtieth of the work that RGBA makes."""
    around = reduce(ImageChops.lighter, map(_with_margin, regions))
    bits = around.resize(size, Image.Resampling.BILINEAR).convert("1", dither=Image.Dither.NONE)
    bits.save(out, "PNG", compress_level=1, transparency=255)
    return locking.measured(out, size)


def _with_margin(region: _Bits) -> Image.Image:
    """The region and a little around it: a narrow edge for a small one."""
    edge = round(math.sqrt(region.sum()) * _MARGIN)
    return locking.grown(_as_image(region), min(_EDGES[1], max(_EDGES[0], edge)))


def _levels(image: Image.Image) -> _Grid:
    return np.asarray(image, np.float32)


def _as_image(bits: _Bits) -> Image.Image:
    return Image.fromarray(bits.astype(np.uint8) * 255)


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────

# Of folded text: no accents, no capitals, no quotations. Every gap is bounded: 30,000 letters must not take minutes.
_STOP = r"(?= ?(?:$|[.,;:!?)]))"
_WHAT = r"[^.,;:!?]{1,60}?"
_ENGLISH = (
    r"(?:change|edit|alter|modify|adjust|replace|fix|redo|repaint|recolou?r|touch) (?:only|just|nothing but)\b",
    r"(?:make|paint|turn|remove|swap) (?:only|just) (?:the|his|her|its|their|my|our|your)\b",
    r"only (?:ever )?(?:change|edit|alter|modify|adjust|replace|fix|redo|repaint|recolou?r|touch)\b",
    r"only (?:make|paint|turn|remove|swap|add)(?: out)? (?:the|his|her|its|their|my|our|your|an?(?! (?:bit|little)))\b",
    r"just (?:change|edit|alter|modify|replace|fix|repaint|recolou?r) (?:the|his|her|its|their|my|our|your)\b",
    r"(?:change|edit|alter|modify|replace|repaint|recolou?r) (?:the|his|her|its|their|my|our|your) "
    rf"{_WHAT} only{_STOP}",
    r"^(?:please )?(?:only|just) (?:the|his|her|its|their|my|our|your) " + _WHAT + "(?: please)? ?:",
    r"^(?:please )?only (?:the|his|her|its|their|my|our|your) "
    rf"{_WHAT} (?:should|shall|may|must|can) (?:be )?(?:chang|different)",
    r"(?:only|just) want (?:you )?to (?:change|edit|alter|replace|recolou?r) (?:the|his|her|its|their|my)\b",
    r"(?:^|[.,;:!(-] ?|\bbut )(?:and )?(?:change |touch )?nothing else(?: (?:should |shall |may |must )?changes?d?)?"
    + _STOP,
    r"^(?:please )?(?:make|change|turn|paint|remove|add|replace|give|put) " + _WHAT + " and nothing else" + _STOP,
    r"(?:do not|don't|without) (?:chang|touch|alter|modify|edit)\w{0,3} "
    r"(?:anything (?:else|apart from|other than|besides)|the rest|everything else)\b",
    r"(?:keep|leave|preserve) (?:everything|all|anything) else\b",
    r"(?:keep|leave|preserve) (?:all )?the (?:rest|remainder)"
    r"(?= ?(?:$|[.,;:!)])| of (?:the|this) (?:picture|image|photo|scene)| (?:as|the same|un|intact|alone|exactly|how))",
    r"(?:everything else|all (?:the )?other (?:things|parts|details)|the rest(?: of (?:the|this) "
    r"(?:picture|image|photo|scene))?) (?:should |must |shall |is to )?"
    r"(?:stays?|remains?|be kept|is kept|as it is|as is|unchanged|untouched|the same|intact)\b",
    r"everything else is (?:fine|good|great|ok(?:ay)?|perfect)" + _STOP,
)
_GERMAN = (
    r"(?:ander|verander|ersetz|bearbeit|tausch|farb|mach)\w{0,3} (?:bitte )?(?:nur|lediglich|ausschliesslich) "
    r"(?:de[nmr]|die|das|seine?[nm]?|ihre?[nm]?|meine?[nm]?|unsere?[nm]?)\b",
    r"(?:nur|lediglich|ausschliesslich) (?:de[nm]|die|das|seine?n?|ihre?n?|meine?n?) "
    rf"{_WHAT} (?:andern|verandern|ersetzen|austauschen|bearbeiten|umfarben|neu)\b",
    r"^(?:bitte )?nur (?:de[rn]|die|das) "
    + _WHAT
    + r" (?:soll|darf|muss)\w{0,3} (?:sich |anders\b|neu\b|geandert|verandert)",
    r"^(?:bitte )?(?:nur|lediglich) (?:de[rnm]|die|das|seine?n?|ihre?n?|meine?n?) " + _WHAT + " ?:",
    r"(?:^|[.,;:!(-] ?|\bund |\baber |^bitte )(?:andere )?(?:sonst (?:bitte )?nichts|nichts (?:anderes|sonst|weiter))"
    r"(?: (?:andern|verandern|anfassen))?(?: (?:am|im) bild)?" + _STOP,
    r"(?:alles (?:andere|ubrige)|(?:den|der) rest|das ubrige) (?:des bildes )?(?:bitte |soll |muss |wird )?"
    r"(?:genau )?(?:so |gleich |unverandert |wie es ist |wie er ist )?"
    r"(?:lassen|belassen|behalten|beibehalten|bleib\w{0,2}|unverandert|gleich|passt|stimmt|nicht (?:ander"
    r"|verander)\w{0,2})\b",
    r"(?:lass|lasse|behalte|belasse) (?:bitte )?(?:den rest|alles andere|alles ubrige|das ubrige)\b(?! (?:uber|fur)\b)",
    r"ohne (?:den rest|etwas anderes|alles andere) zu (?:ander|verander)",
)
_FRENCH = (
    r"(?:chang|modifi|remplac|retouch)\w{1,3} (?:que|uniquement|seulement|juste) (?:l[ae]s?|l'|[sm](?:on|a|es)\b)",
    r"ne (?:chang|touch|modifi|retouch|remplac)\w{1,3} (?:qu'aux? |qu'a |que )",
    r"seule?s? (?:le |la |les |l'|son |sa |ses )"
    + _WHAT
    + r" (?:doi|devr|peu|pourr)\w{1,5} (?:etre )?(?:chang|modifi)",
    r"(?:uniquement|seulement) (?:chang|modifi|remplac|retouch)(?:e|er|ez)\b",
    r"^(?:s'il (?:te|vous) plait,? )?(?:uniquement|seulement|juste) (?:le |la |les |son |sa |ses |l')" + _WHAT + " ?:",
    r"(?:^|[.,;:!(-] ?|\bet |\bmais )(?:ne (?:chang|touch|modifi)\w{1,3} (?:a )?)?rien d'autre" + _STOP,
    r"(?:gard|laiss|conserv|preserv)\w{1,3} (?:tout )?le reste\b(?! (?:pour |a (?!l'identique)))",
    r"le reste (?:de l'image |de la photo )?(?:ne (?:change|bouge)|(?:doit )?reste|inchange|tel quel|identique|intact)",
    r"sans (?:rien )?(?:changer|toucher|modifier) (?:a )?(?:rien d'autre|d'autre|le reste|au reste)",
)
_SPANISH = (
    r"(?:cambi|modific|reemplaz|sustituy|edit)\w{1,4} (?:solo|solamente|unicamente) (?:el|la|los|las|su|sus|mi)\b",
    r"(?:solo|solamente|unicamente) (?:quiero |quisiera )?(?:cambi|modific|reemplaz|sustituy|edit)\w{1,4}\b",
    r"^(?:por favor,? )?(?:solo|solamente|unicamente) (?:el|la|los|las|su|sus|mi) " + _WHAT + " ?:",
    r"(?:^|[.,;:!(-] ?|\by |\bpero )(?:no (?:cambi|toqu|modifi)\w{1,4} )?nada mas" + _STOP,
    r"(?:manten|manteng|dej|conserv)\w{0,3} (?:todo )?(?:lo demas|el resto)\b(?! (?:para|a) )",
    r"(?:lo demas|el resto)(?: de la (?:imagen|foto))? (?:igual|sin cambi|intact|como esta"
    r"|tal (?:como|cual)|no cambi|queda)",
    r"sin (?:cambiar|tocar|modificar) (?:nada mas|lo demas|el resto)\b",
)
_PORTUGUESE = (
    r"(?:mud|alter|tro[cq]u?|modifi|substitu|edit)\w{1,4} (?:apenas|so|somente|unicamente) (?:[oa]s?|seus?|suas?)\b",
    r"(?:apenas|so|somente|unicamente) (?:quero |queria )?(?:mud[ea]|alter[ea]|troque|troca|modifi(?:que|ca)"
    r"|substitu[ai]|edit[ea])r?\b",
    r"^(?:por favor,? )?(?:apenas|so|somente) (?:[oa]s?|seus?|suas?|meus?|minhas?) " + _WHAT + " ?:",
    r"(?:^|[.,;:!(-] ?|\be |\bmas )(?:nao (?:mud|mex|alter)\w{1,3} (?:em )?)?(?:mais nada|nada mais)" + _STOP,
    r"(?:mant|deix|conserv|preserv)\w{1,4} (?:tudo )?(?:o resto|o restante|o mais|todo o resto)\b(?! (?:para|pra) )",
    r"o (?:resto|restante)(?: da (?:imagem|foto))? (?:igual|como esta|sem mud|intact|inalterad|nao muda|fica)",
    r"sem (?:mudar|alterar|mexer) (?:em |no )?(?:mais nada|nada mais|o resto|resto)\b",
)
_ITALIAN = (
    r"(?:cambi|modific|sostitui|ritocc)\w{1,4} (?:solo|soltanto|solamente|unicamente) (?:il |la |lo |i |le |gli |l')",
    r"(?:solo|soltanto|solamente|unicamente) (?:cambi|modific|sostitui|ritocc)\w{1,4}\b",
    r"^(?:per favore,? )?(?:solo|soltanto|solamente) (?:il |la |lo |i |le |gli |l'|suo |sua )" + _WHAT + " ?:",
    r"(?:^|[.,;:!(-] ?|\be |\bma )(?:non (?:cambi|tocc|modific)\w{1,4} )?(?:nient'altro|nulla d'altro|niente altro)"
    + _STOP,
    r"(?:lasci|mantien|manten|conserv|tien)\w{1,3} (?:tutto )?il resto\b(?! (?:per|a) )",
    r"il resto(?: dell'immagine| della foto)? (?:com'e|come sta|invariat|uguale|intatt|cosi|non cambi|resta|rimane)",
    r"senza (?:cambiare|toccare|modificare) (?:nient'altro|altro|il resto)\b",
)


@cache
def _only() -> tuple[re.Pattern[str], ...]:
    """Ways to say it, by language: one language's "solo" is not another's."""
    languages = (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _ITALIAN)
    return tuple(re.compile("|".join(map(_begun, ways))) for ways in languages)


def _begun(way: str) -> str:
    """At the beginning of a word, but for those that begin with what stands before it."""
    return way if way.startswith(("^", "(?:^")) else rf"\b(?:{way})"
