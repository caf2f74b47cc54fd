"""Animals and people as simple friendly shapes. Those who sit share one builder; their looks are data."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.sketch.colours import RGB, darken, lighten, mix
from adapters.sketch.paint.canvas import Pen

DARK: RGB = (40, 34, 44)


@dataclass(frozen=True, slots=True)
class Look:
    """One sitting animal: fur and belly colours, the shape of ears and tail, and marks in the face."""

    fur: RGB
    belly: RGB
    ears: str = "pointed"  # pointed, round, long or floppy
    tail: str = "curl"  # curl, bushy, short or none
    muzzle: bool = True
    whiskers: bool = False
    patches: bool = False
    tip: RGB | None = None


LOOKS: dict[str, Look] = {
    "cat": Look((236, 150, 82), (252, 226, 196), whiskers=True),
    "dog": Look((196, 138, 92), (250, 234, 212), ears="floppy", tail="curl"),
    "fox": Look((228, 104, 50), (255, 242, 228), tail="bushy", tip=(255, 244, 232)),
    "wolf": Look((120, 128, 146), (226, 230, 236), tail="bushy"),
    "rabbit": Look((206, 188, 178), (250, 240, 234), ears="long", tail="short", whiskers=True),
    "bear": Look((140, 96, 68), (216, 178, 138), ears="round", tail="none"),
    "panda": Look((246, 244, 240), (250, 250, 248), ears="round", tail="none", patches=True),
    "tiger": Look((240, 150, 56), (255, 240, 220), ears="round", whiskers=True),
    "lion": Look((232, 178, 92), (250, 226, 176), ears="round", tail="curl"),
    "mouse": Look((168, 164, 176), (232, 226, 230), ears="round", tail="curl", whiskers=True),
}


_OTHER_FURS: dict[str, tuple[RGB, ...]] = {
    "cat": ((112, 116, 130), (240, 220, 190), (70, 66, 78)),
    "dog": ((92, 78, 80), (232, 200, 150), (226, 222, 216)),
    "rabbit": ((150, 120, 104), (120, 124, 138)),
}


def fur(name: str, index: int) -> RGB | None:
    """Another coat for the second, third … of a kind; None: its usual one."""
    furs = _OTHER_FURS.get(name, ())
    return furs[(index - 1) % len(furs)] if index and furs else None


def sitting(pen: Pen, name: str, colour: RGB | None) -> None:
    """A sitting animal, seen from the front, in a square box."""
    look = LOOKS[name]
    fur = colour or look.fur
    belly = lighten(colour, 0.7) if colour else look.belly
    limbs = DARK if look.patches else darken(fur, 0.12)
    _tail(pen, look, fur)
    if name == "lion":
        _mane(pen, darken(fur, 0.38))
    pen.blob("50,48 68,62 75.5,86 70,98.5 50,99.5 30,98.5 24.5,86 32,62", fur)
    pen.blob("50,58 60,70 60,93 50,97 40,93 40,70", belly)
    for x in (0.285, 0.715):
        pen.ellipse(x, 0.95, 0.105, 0.05, limbs)
    for x in (0.435, 0.565):
        pen.rect(x - 0.05, 0.72, x + 0.05, 0.985, limbs if look.patches else mix(fur, belly, 0.15), 0.05)
        pen.ellipse(x, 0.965, 0.065, 0.034, DARK if look.patches else belly)
    _ears(pen, look, fur, belly)
    _head(pen, look, fur, belly)
    if name == "tiger":
        _stripes(pen, DARK)


def _tail(pen: Pen, look: Look, fur: RGB) -> None:
    if look.tail == "curl":
        pen.line("66,93 86,93 92,76 85,62", 0.065, darken(fur, 0.1))
    elif look.tail == "bushy":
        pen.blob("64,94 80,98 95,84 95,62 88,50 80,68 68,82", darken(fur, 0.08))
        if look.tip:
            pen.blob("95,66 94,58 88,50 83.5,60 87,68", look.tip)
    elif look.tail == "short":
        pen.ellipse(0.76, 0.92, 0.06, 0.055, lighten(fur, 0.5))


def _mane(pen: Pen, colour: RGB) -> None:
    for x, y in (
        (0.3, 0.2),
        (0.5, 0.12),
        (0.7, 0.2),
        (0.22, 0.38),
        (0.78, 0.38),
        (0.3, 0.54),
        (0.7, 0.54),
        (0.5, 0.58),
    ):
        pen.ellipse(x, y, 0.13, 0.13, colour)


def _ears(pen: Pen, look: Look, fur: RGB, belly: RGB) -> None:
    inner = mix(belly, (236, 140, 140), 0.55)
    for side in (-1, 1):
        x = 0.5 + side * 0.17
        if look.ears == "pointed":
            pen.poly([(x - side * 0.1, 0.23), (x + side * 0.075, 0.02), (x + side * 0.1, 0.32)], fur)
            pen.poly([(x - side * 0.04, 0.22), (x + side * 0.055, 0.09), (x + side * 0.07, 0.27)], inner)
        elif look.ears == "round":
            pen.ellipse(x + side * 0.03, 0.19, 0.085, 0.085, DARK if look.patches else fur)
            pen.ellipse(x + side * 0.03, 0.195, 0.05, 0.05, (90, 84, 92) if look.patches else inner)
        elif look.ears == "long":
            pen.ellipse(0.5 + side * 0.1, 0.14, 0.055, 0.15, fur)
            pen.ellipse(0.5 + side * 0.1, 0.15, 0.03, 0.11, inner)


def _head(pen: Pen, look: Look, fur: RGB, belly: RGB) -> None:
    pen.blob("50,17 66,22 75.5,37 68,51 50,56 32,51 24.5,37 34,22", fur)
    if look.ears == "floppy":
        for side in (-1, 1):
            outline = ((0.16, 0.2), (0.27, 0.25), (0.3, 0.44), (0.22, 0.5), (0.18, 0.34))
            pen.blob([(0.5 + side * x, y) for x, y in outline], darken(fur, 0.3))
    if look.tail == "bushy":
        for side in (-1, 1):
            outline = ((0.01, 0.47), (0.12, 0.4), (0.24, 0.39), (0.14, 0.52), (0.01, 0.555))
            pen.blob([(0.5 + side * x, y) for x, y in outline], belly)
    elif look.muzzle:
        pen.ellipse(0.5, 0.475, 0.105, 0.075, belly)
    if look.patches:
        for side in (-1, 1):
            pen.ellipse(0.5 + side * 0.105, 0.375, 0.062, 0.07, DARK)
    _face(pen, look)


def _face(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        x = 0.5 + side * 0.105
        pen.ellipse(x, 0.375, 0.033, 0.04, (250, 250, 248) if look.patches else DARK)
        if look.patches:
            pen.ellipse(x, 0.38, 0.022, 0.026, DARK)
        pen.ellipse(x - 0.011, 0.36, 0.011, 0.013, (255, 255, 255))
        pen.arc(0.5 + side * 0.03, 0.473, 0.03, 0.027, 10, 170, 0.011, DARK)
        pen.ellipse(0.5 + side * 0.17, 0.45, 0.03, 0.02, (244, 150, 140))
        if look.whiskers:
            for lift in (-0.016, 0.016):
                pen.line(
                    [(0.5 + side * 0.12, 0.465 + lift * 0.5), (0.5 + side * 0.27, 0.45 + lift * 2)],
                    0.006,
                    (250, 246, 240),
                )
    pen.blob("46,44 50,43.2 54,44 50,47.6", DARK)


def _stripes(pen: Pen, colour: RGB) -> None:
    for side in (-1, 1):
        for y in (0.3, 0.36, 0.66, 0.74, 0.82):
            edge = 0.23 if y < 0.5 else 0.2 + (y - 0.6) * 0.25
            pen.poly(
                [
                    (0.5 + side * edge, y),
                    (0.5 + side * edge, y + 0.03),
                    (0.5 + side * (edge - 0.09), y + 0.02),
                ],
                colour,
            )
    pen.poly("48.5,19 51.5,19 50,28", colour)


def owl(pen: Pen, colour: RGB) -> None:
    """An owl in a square box."""
    pen.blob("50,10 72,20 78,60 66,93 50,98 34,93 22,60 28,20", colour)
    for side in (-1, 1):
        pen.poly([(0.5 + side * 0.1, 0.17), (0.5 + side * 0.25, 0.05), (0.5 + side * 0.26, 0.28)], colour)
        pen.blob(
            [
                (0.5 + side * 0.25, 0.4),
                (0.5 + side * 0.32, 0.65),
                (0.5 + side * 0.2, 0.88),
                (0.5 + side * 0.17, 0.6),
            ],
            darken(colour, 0.3),
        )
    pen.ellipse(0.5, 0.72, 0.16, 0.2, lighten(colour, 0.55))
    for row in range(3):
        for column in range(3 - row % 2):
            pen.arc(
                0.42 + column * 0.08 + (row % 2) * 0.04,
                0.63 + row * 0.08,
                0.03,
                0.03,
                10,
                170,
                0.01,
                darken(colour, 0.1),
            )
    for side in (-1, 1):
        pen.ellipse(0.5 + side * 0.115, 0.34, 0.12, 0.12, lighten(colour, 0.75))
        pen.ellipse(0.5 + side * 0.105, 0.34, 0.065, 0.065, (244, 180, 60))
        pen.ellipse(0.5 + side * 0.1, 0.34, 0.042, 0.045, DARK)
        pen.ellipse(0.5 + side * 0.1 - 0.014, 0.325, 0.014, 0.014, (255, 255, 255))
        pen.ellipse(0.5 + side * 0.09, 0.97, 0.06, 0.025, (240, 160, 60))
    pen.poly("47,40 53,40 50,48", (242, 160, 58))


def penguin(pen: Pen, colour: RGB) -> None:
    """A penguin in a square box."""
    pen.blob("50,5 66,14 72,50 70,88 50,97 30,88 28,50 34,14", colour)
    for side in (-1, 1):
        pen.blob(
            [
                (0.5 + side * 0.2, 0.4),
                (0.5 + side * 0.33, 0.66),
                (0.5 + side * 0.27, 0.72),
                (0.5 + side * 0.19, 0.58),
            ],
            darken(colour, 0.25),
        )
        pen.ellipse(0.5 + side * 0.1, 0.965, 0.09, 0.032, (244, 160, 62))
    pen.blob("50,40 63,52 63,84 50,94 37,84 37,52", (252, 250, 244))
    for side in (-1, 1):
        pen.ellipse(0.5 + side * 0.075, 0.26, 0.1, 0.11, (252, 250, 244))
    for side in (-1, 1):
        pen.ellipse(0.5 + side * 0.075, 0.25, 0.024, 0.028, DARK)
        pen.ellipse(0.5 + side * 0.14, 0.31, 0.025, 0.017, (246, 160, 150))
    pen.poly("45.5,29.5 54.5,29.5 50,36", (244, 160, 62))


def bird(pen: Pen, colour: RGB) -> None:
    """A small round bird, seen from the side, in a square box."""
    for x in (0.46, 0.56):
        pen.line([(x, 0.86), (x, 0.99)], 0.016, (214, 134, 60))
    pen.poly("20,64 2,50 6,68 24,76", darken(colour, 0.25))
    pen.blob("16,66 34,46 52,28 68,20 84,30 86,50 74,76 50,88 28,82", colour)
    pen.blob("86,48 78,70 56,85 50,74 68,50", lighten(colour, 0.6))
    pen.blob("24,66 44,50 58,56 50,72 30,76", darken(colour, 0.22))
    pen.poly("84,33 99,40 84,44", (244, 166, 60))
    pen.ellipse(0.73, 0.35, 0.033, 0.037, DARK)
    pen.ellipse(0.74, 0.338, 0.011, 0.012, (255, 255, 255))


def fish(pen: Pen, colour: RGB) -> None:
    """A fish, seen from the side, in a box 1.5 wide."""
    pen.blob("38,50 14,20 6,26 16,50 6,76 14,82", darken(colour, 0.15))
    pen.blob("60,24 82,4 106,20 90,30", darken(colour, 0.2))
    pen.blob("30,50 58,22 98,16 134,38 142,52 130,66 96,84 58,78", colour)
    for x in (0.66, 0.9):
        pen.blob(
            [(x, 0.22), (x + 0.1, 0.2), (x + 0.14, 0.5), (x + 0.1, 0.81), (x, 0.8), (x + 0.04, 0.5)],
            lighten(colour, 0.6),
        )
    pen.ellipse(1.2, 0.44, 0.07, 0.07, (255, 255, 255))
    pen.ellipse(1.215, 0.445, 0.04, 0.04, DARK)
    pen.arc(1.36, 0.58, 0.06, 0.05, 120, 200, 0.014, darken(colour, 0.4))


def whale(pen: Pen, colour: RGB) -> None:
    """A whale with its spout, in a box 1.7 wide."""
    pen.line("108,34 108,16 98,8", 0.024, (214, 236, 246))
    pen.line("108,34 110,14 120,8", 0.024, (214, 236, 246))
    pen.blob("30,56 14,36 2,30 6,46 14,56 20,72 34,76", colour)
    pen.blob("22,66 50,48 95,30 140,36 164,62 152,86 110,97 60,92", colour)
    pen.blob("162,70 152,88 110,97 66,92 100,86 136,80", lighten(colour, 0.66))
    pen.ellipse(1.38, 0.66, 0.03, 0.034, DARK)
    pen.ellipse(1.388, 0.652, 0.01, 0.011, (255, 255, 255))
    pen.blob("102,82 120,84 106,98 94,96", darken(colour, 0.2))


def person(pen: Pen, coat: RGB) -> None:
    """Somebody in a coat, in a box 0.5 wide."""
    for x in (0.19, 0.27):
        pen.rect(x, 0.7, x + 0.06, 0.97, (52, 56, 78), 0.02)
        pen.ellipse(x + 0.04, 0.975, 0.05, 0.022, DARK)
    pen.blob("25,28 36,34 40,56 40,80 25,84 11,80 11,56 15,34", coat)
    for side in (-1, 1):
        pen.line(
            [(0.25 + side * 0.11, 0.37), (0.25 + side * 0.17, 0.52), (0.25 + side * 0.15, 0.64)],
            0.06,
            darken(coat, 0.16),
        )
        pen.ellipse(0.25 + side * 0.15, 0.66, 0.026, 0.026, (236, 188, 156))
    pen.rect(0.16, 0.27, 0.34, 0.335, lighten(coat, 0.5), 0.03)
    pen.ellipse(0.25, 0.165, 0.1, 0.11, (240, 196, 164))
    pen.blob("14,18 16,6 26,3 36,8 36,18 30,11 20,11", (74, 50, 46))
    for x in (0.215, 0.29):
        pen.ellipse(x, 0.17, 0.012, 0.014, DARK)
    pen.arc(0.252, 0.2, 0.03, 0.022, 20, 160, 0.009, (176, 84, 78))


def robot(pen: Pen, colour: RGB) -> None:
    """A friendly robot in a square box."""
    steel = mix(colour, (210, 218, 228), 0.35)
    pen.line([(0.5, 0.14), (0.5, 0.05)], 0.018, darken(steel, 0.3))
    pen.ellipse(0.5, 0.045, 0.032, 0.032, (244, 104, 84))
    for side in (-1, 1):
        pen.line(
            [(0.5 + side * 0.21, 0.58), (0.5 + side * 0.3, 0.68), (0.5 + side * 0.28, 0.8)],
            0.06,
            darken(steel, 0.3),
        )
        pen.ellipse(0.5 + side * 0.28, 0.82, 0.045, 0.045, steel)
        pen.rect(0.5 + side * 0.1 - 0.045, 0.84, 0.5 + side * 0.1 + 0.045, 0.97, darken(steel, 0.3), 0.02)
        pen.rect(0.5 + side * 0.1 - 0.07, 0.94, 0.5 + side * 0.1 + 0.07, 1, darken(steel, 0.5), 0.025)
        pen.ellipse(0.5 + side * 0.265, 0.31, 0.03, 0.06, darken(steel, 0.35))
    pen.rect(0.28, 0.52, 0.72, 0.88, steel, 0.07)
    pen.rect(0.36, 0.6, 0.64, 0.74, (46, 58, 84), 0.03)
    pen.line("39,68 45,64 50,70 56,63 61,67", 0.012, (120, 240, 200))
    for x, tone in ((0.4, (244, 104, 84)), (0.5, (250, 200, 90)), (0.6, (110, 200, 150))):
        pen.ellipse(x, 0.81, 0.022, 0.022, tone)
    pen.rect(0.25, 0.13, 0.75, 0.49, lighten(steel, 0.12), 0.09)
    pen.rect(0.31, 0.2, 0.69, 0.41, (36, 46, 72), 0.08)
    for x in (0.41, 0.59):
        pen.ellipse(x, 0.29, 0.045, 0.052, (120, 230, 240))
        pen.ellipse(x - 0.012, 0.275, 0.014, 0.016, (255, 255, 255))
    pen.arc(0.5, 0.335, 0.05, 0.035, 20, 160, 0.013, (120, 230, 240))
