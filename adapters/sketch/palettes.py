"""The colours of a mood: skies from top to horizon, the land before them, the light that falls on things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from adapters.sketch.colours import NAMED, RGB, darken, lighten, mix, turned


@dataclass(frozen=True, slots=True)
class Palette:
    """One mood's colours. `sky` goes from top to horizon; things' own colours are multiplied by `ambient`."""

    sky: tuple[RGB, ...]
    land: RGB
    light: RGB
    accents: tuple[RGB, ...]
    ambient: RGB = (255, 255, 255)
    dark: bool = False

    @property
    def haze(self) -> RGB:
        """The colour far things fade into."""
        return self.sky[-1]


def palette_for(mood: str, tints: Sequence[str], key: str) -> Palette:
    """The palette of a mood, chosen by `key` among its variants, and tinted with colours people named."""
    choices = _MOODS.get(mood) or _MOODS["day"]
    palette = _of(Random(f"{key}:palette").choice(choices))  # noqa: S311 - the same words give the same picture
    for name in list(tints)[:2]:
        palette = _tinted(palette, NAMED.get(name, NAMED["gray"]))
    return palette


def abstract_colours(tints: Sequence[str], key: str) -> tuple[RGB, ...]:
    """Five colours that go together, dark first, with any colours people named among them."""
    rng = Random(f"{key}:abstract")  # noqa: S311
    colours = [_hex(text) for text in rng.choice(_FIVES).split()]
    for place, name in zip((2, 3, 1), tints, strict=False):
        colours[place] = NAMED.get(name, colours[place])
    return tuple(colours)


def _tinted(palette: Palette, colour: RGB) -> Palette:
    sky = tuple(mix(step, colour, 0.30 + 0.12 * place) for place, step in enumerate(palette.sky))
    return replace(
        palette,
        sky=sky,
        land=mix(palette.land, darken(colour, 0.55), 0.45),
        accents=(colour, *palette.accents),
    )


def _hex(text: str) -> RGB:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _of(text: str) -> Palette:
    """From "sky from top to horizon | land | light | accents | ambient", and "| dark" for nights."""
    sky, land, light, accents, ambient, *dark = (
        tuple(_hex(part) for part in group.split() if part != "dark") for group in text.split("|")
    )
    return Palette(sky, land[0], light[0], accents, ambient[0], bool(dark))


_FIVES = (
    "1d2b53 2a6f97 f4a259 f6d6a8 bc4b51",
    "22223b 4a4e69 c9ada7 f2e9e4 e07a5f",
    "0b3c49 13747d e9c46a fbeed1 e76f51",
    "2d1e2f 6b2d5c f0a6ca f9f1f0 8fbfe0",
    "14213d 3d5a80 98c1d9 f1f7f9 ee6c4d",
    "1b3a2f 3f7d5c a7c957 f2f4de f2a541",
    "2b2d42 6d6a9c bfacc8 fbf2ec ef8354",
    "3a0f2b 8c2155 f26a4f fce0c4 f2b134",
    "101935 564787 9ad4d6 f2fdff dbcbd8",
    "283618 606c38 dda15e fefae0 bc6c25",
)


_MOODS: dict[str, tuple[str, ...]] = {
    "day": (
        "3a8fd4 7cc0ea cbe8f3 fbf3dd | 27664f | fff6d2 | f2845c f6c453 3f7cac e4576e | ffffff",
        "4f9fd8 93cdea d8eef0 fdeed0 | 3a6b35 | fff3c4 | e4576e f2a541 4a7c9d f7d06a | ffffff",
        "2f86b8 6ebfd0 bfe3da fcf0cf | 1f5f63 | fff4cf | ee6c4d f2c14e 5b8e7d d1495b | ffffff",
    ),
    "dawn": (
        "3d4a86 8d6aa6 e694a2 fbc9a0 fdeac6 | 3b3560 | ffe9b8 | f28482 f6bd60 84a59d f7ede2 | ffe6dc",
        "2f5d8a 7f9cc0 e6b8b8 fbd8b4 fff0d4 | 2f4858 | fff0c8 | ef8354 f7c59f 4f7cac e8998d | ffeee2",
    ),
    "sunset": (
        "241b4b 6a2c70 c8466a f47c57 ffc56e | 2a1838 | ffe3a0 | ffb347 f25f5c 70587c ffe066 | ffd2b4",
        "1d2a5b 54428e b55a8c f2876b fdc982 | 1f1d3d | ffe0a6 | f79d65 f4845f 7f5a9d ffd6a5 | ffd9c0",
        "3b2c5e 93427a e3596a fa8f5a ffd480 | 35193e | fff0b8 | ffa552 ef476f 8d6a9f ffd166 | ffd6b8",
    ),
    "night": (
        "060a22 101a45 22346f 4460a0 | 152042 | fdf6dc | ffd27a f28f6b 6a8fd8 b9a6e8 | 8e9ccf | dark",
        "0a0a24 1b1748 3b2a75 6a4f9e | 1c1745 | fbf3e0 | ffcf70 ee7fa0 8d7fe0 7fc8e8 | 9a94d0 | dark",
        "04121f 0a2a44 164a6b 3a7f96 | 0e2a3c | f4f7e6 | ffd98a f2a07a 56b0c0 9ad4d6 | 88a9c4 | dark",
    ),
    "storm": ("232b38 414d5c 6f7d86 a3aca8 | 1c2730 | eef0e6 | e9c46a c8553d 7d98a1 b5c2b7 | b4bcc6 | dark",),
    "winter": (
        "7fa3c7 b0cbe0 dbe7ef f8f3ee | 4a6780 | fffdf2 | c8553d 3f6c8f e9c46a 8fb8a8 | eef3ff",
        "9a9fc6 c3c0dc e6dbe4 fdeee4 | 565a86 | fff6ea | d1495b 5b7db1 f2c14e 8aa29e | f0ecff",
    ),
    "autumn": ("6a9bb0 aecbc4 f0dfb8 fbd9a0 | 6b3a1e | fff0c4 | d1603d e3962f a44a3f f2c14e | fff0d8",),
    "spring": ("7cb8e0 b4dcea e6eef0 fde6e8 | 4f8a5b | fff6d8 | f4a6c0 f7c8d6 8ac6a0 f9dc5c | ffffff",),
    "neon": ("0d0628 2b0f54 6d1a7e d62f8a ff7a9a | 0a0520 | ffd166 | 05d9e8 ff2a6d f9f871 9d4edd | b79af0 | dark",),
    "pastel": ("a9c9ee c9c6ee f0c9e0 fde2d4 | 8d86b0 | fff7e0 | f7b2c4 a8d8c8 f9dfa0 b4bdf0 | fffaff",),
    "space": ("05030f 120a30 2a1458 4b2a7e | 0a0620 | fff3dc | f28f6b 7fc8e8 ffcf70 c77dff | b0a8e8 | dark",),
    "underwater": ("5fd0d8 1f9db8 0f6f98 0a3f6b | 062a48 | e8fff8 | f7a072 f9dc5c ef6f6c b5e2d8 | b8e0f0 | dark",),
}


def backdrop(palette: Palette, colour: str, key: str) -> tuple[RGB, RGB, RGB]:
    """Wall, disc and floor for a portrait: soft colours that let the subject speak."""
    if palette.dark:
        return palette.sky[1], palette.sky[-1], palette.sky[0]
    if colour:
        base = NAMED.get(colour, palette.accents[0])
        return base, lighten(base, 0.28), darken(base, 0.18)
    rng = Random(f"{key}:backdrop")  # noqa: S311
    wall, disc = (_hex(part) for part in rng.choice(_WALLS).split())
    return wall, disc, mix(turned(wall, 8), darken(wall, 0.5), 0.22)


_WALLS = (
    "f6dcc0 f2a878",
    "cfe4dc 8cc0b0",
    "dcd8f0 a9a2dc",
    "f8d8d8 f0a0a4",
    "d4e6f2 8fbce0",
    "f7e6b4 f2c45c",
    "e4e6c8 b4c07c",
)
