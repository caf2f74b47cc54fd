"""Vehicles, plants in pots, cups, cakes: single things, each in its own box."""

from __future__ import annotations

import math

from adapters.sketch.colours import PAPER, RGB, WINDOW, darken, lighten, mix
from adapters.sketch.paint.canvas import Pen

DARK: RGB = (38, 36, 48)


def train(pen: Pen, colour: RGB, *, lit: bool) -> None:
    """An engine and two carriages with lit windows, in a box 4.6 wide."""
    glass = WINDOW if lit else (206, 230, 240)
    for left, right in ((0.05, 1.4), (1.46, 2.81)):
        pen.rect(left, 0.2, right, 0.82, colour, 0.06)
        pen.rect(left, 0.16, right, 0.26, darken(colour, 0.45), 0.05)
        pen.rect(left, 0.62, right, 0.67, lighten(colour, 0.6))
        for step in range(5):
            x = left + 0.1 + step * 0.245
            pen.rect(x, 0.34, x + 0.17, 0.55, glass, 0.025)
        pen.rect(left + 0.05, 0.8, right - 0.05, 0.88, DARK)
    pen.rect(1.36, 0.72, 1.5, 0.8, DARK)
    pen.rect(2.76, 0.72, 2.95, 0.8, DARK)
    nose = [(2.88, 0.82), (2.88, 0.2), (3.6, 0.17), (4.05, 0.26), (4.38, 0.5), (4.48, 0.7), (4.44, 0.82)]
    pen.poly(nose, colour)
    pen.poly("288,26 288,16 360,15.5 388,21.5 360,24", darken(colour, 0.45))
    pen.poly("288,62 442,62 446,67 288,67", lighten(colour, 0.6))
    for x in (3.0, 3.26):
        pen.rect(x, 0.34, x + 0.17, 0.55, glass, 0.025)
    pen.poly("366,30 394,32 416,50 366,52", lighten(glass, 0.3))
    pen.rect(2.95, 0.8, 4.4, 0.88, DARK)
    pen.ellipse(4.36, 0.6, 0.055, 0.045, (255, 246, 206))
    for x in (0.28, 0.5, 0.96, 1.18, 1.7, 1.92, 2.36, 2.58, 3.1, 3.34, 3.9, 4.14):
        pen.ellipse(x, 0.9, 0.1, 0.1, DARK)
        pen.ellipse(x, 0.9, 0.045, 0.045, (150, 154, 166))


def car(pen: Pen, colour: RGB, *, lit: bool) -> None:
    """A small car in a box 2.1 wide."""
    glass = (190, 222, 236)
    pen.blob("10,74 14,50 46,44 70,16 100,10 136,14 162,42 192,50 202,74 106,82", colour)
    pen.poly("62,45 80,21 104,18 104,45", glass)
    pen.poly("110,18 132,20 152,45 110,45", glass)
    pen.poly("70,45 86,21 93,20 78,45", lighten(glass, 0.5))
    pen.rect(0.1, 0.7, 2.02, 0.8, darken(colour, 0.35), 0.05)
    pen.rect(1.0, 0.52, 1.12, 0.55, darken(colour, 0.4), 0.012)
    pen.ellipse(1.95, 0.58, 0.055, 0.055, (255, 244, 190) if lit else (250, 246, 228))
    pen.rect(0.1, 0.54, 0.17, 0.63, (226, 70, 60), 0.02)
    for x in (0.5, 1.6):
        pen.ellipse(x, 0.8, 0.19, 0.19, DARK)
        pen.ellipse(x, 0.8, 0.1, 0.1, (206, 210, 218))
        pen.ellipse(x, 0.8, 0.035, 0.035, DARK)


def boat(pen: Pen, colour: RGB) -> None:
    """A sailing boat in a square box."""
    pen.line([(0.5, 0.04), (0.5, 0.8)], 0.022, (116, 84, 66))
    pen.poly("52.5,6 93,68 52.5,72", PAPER)
    pen.poly("47.5,14 47.5,72 16,66", mix(PAPER, colour, 0.28))
    pen.poly("50,2 50,10 64,6", colour)
    pen.blob("6,76 50,78.5 95,75 80,95.5 50,98 22,95.5", colour)
    pen.line([(0.1, 0.81), (0.9, 0.805)], 0.02, lighten(colour, 0.65))


def rocket(pen: Pen, colour: RGB) -> None:
    """A rocket on its flame, in a box 0.7 wide."""
    pen.blob("24,72 46,72 47,84 35,100 23,84", (250, 136, 54))
    pen.blob("28,72 42,72 42,80 35,92 28,80", (255, 222, 120))
    for side in (-1, 1):
        x = 0.35
        pen.blob(
            [
                (x + side * 0.13, 0.48),
                (x + side * 0.29, 0.64),
                (x + side * 0.28, 0.78),
                (x + side * 0.12, 0.7),
            ],
            darken(colour, 0.15),
        )
    pen.blob("35,2 46,14 51.5,36 49,60 44,72 26,72 21,60 18.5,36 24,14", (244, 244, 248))
    pen.blob("35,2 44,11 48,20 35,21.5 22,20 26,11", colour)
    pen.ellipse(0.35, 0.36, 0.085, 0.085, darken(colour, 0.25))
    pen.ellipse(0.35, 0.36, 0.06, 0.06, (140, 206, 236))
    pen.ellipse(0.33, 0.34, 0.02, 0.02, (236, 250, 255))
    pen.rect(0.235, 0.63, 0.465, 0.67, colour)
    pen.rect(0.27, 0.7, 0.43, 0.745, DARK, 0.015)


def balloon(pen: Pen, colour: RGB) -> None:
    """A hot-air balloon in a box 0.8 wide."""
    other = lighten(colour, 0.62)
    for x in (0.33, 0.47):
        pen.line([(x + (x - 0.4) * 0.9, 0.66), (x, 0.86)], 0.008, (110, 84, 70))
    pen.blob("40,2 66,10 77,34 64,58 48,73 32,73 16,58 3,34 14,10", colour)
    pen.blob("40,2 55,10 61,34 52,60 44,73 36,73 28,60 19,34 25,10", other)
    pen.blob("40,2 46,12 48,34 45,60 42,73 38,73 35,60 32,34 34,12", colour)
    pen.rect(0.31, 0.72, 0.49, 0.75, darken(colour, 0.35), 0.01)
    pen.rect(0.32, 0.86, 0.48, 0.98, (158, 112, 74), 0.025)
    pen.rect(0.31, 0.85, 0.49, 0.885, (124, 84, 58), 0.012)


def plane(pen: Pen, colour: RGB) -> None:
    """An aeroplane, seen from the side, in a box 1.8 wide."""
    white = (246, 247, 250)
    pen.poly("12,10 26,10 46,44 20,46", colour)
    pen.blob("12,46 50,40 130,40 166,48 174,56 160,64 100,68 40,60", white)
    pen.poly("14,50 172,56 170,59 30,57", colour)
    for step in range(9):
        pen.ellipse(0.62 + step * 0.085, 0.49, 0.02, 0.024, (110, 150, 190))
    pen.poly("150,46 162,49 160,53 150,52", (110, 150, 190))
    pen.poly("82,58 110,58 72,94 60,94", mix(white, colour, 0.25))


def coffee(pen: Pen, colour: RGB) -> None:
    """A steaming cup on its saucer, in a square box."""
    for x in (0.36, 0.48, 0.6):
        pen.line(
            [(x, 0.36), (x + 0.04, 0.28), (x - 0.03, 0.19), (x + 0.02, 0.09)],
            0.026,
            lighten(mix(colour, PAPER, 0.75), 0.5),
        )
    pen.ellipse(0.48, 0.925, 0.42, 0.07, lighten(colour, 0.35))
    pen.ellipse(0.48, 0.915, 0.3, 0.042, darken(colour, 0.12))
    pen.arc(0.76, 0.6, 0.13, 0.13, -100, 110, 0.05, darken(colour, 0.1))
    pen.blob("18,45 19,68 28,88 48,92 68,88 77,68 78,45 48,50", colour)
    pen.blob("22,52 24,70 31,84 29,66 28,54", lighten(colour, 0.35))
    pen.ellipse(0.48, 0.455, 0.3, 0.085, lighten(colour, 0.3))
    pen.ellipse(0.48, 0.462, 0.265, 0.068, (96, 60, 44))
    heart(pen, (224, 184, 142), 0.48, 0.468, 0.105, squeeze=0.42)


def heart(pen: Pen, colour: RGB, x: float = 0.5, y: float = 0.52, size: float = 0.45, squeeze: float = 1.0) -> None:
    """A heart around a point."""
    points = []
    for step in range(60):
        t = step / 60 * math.tau
        across = 16 * math.sin(t) ** 3 / 17
        down = -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 17
        points.append((x + across * size, y + down * size * squeeze))
    pen.poly(points, colour)


def star(pen: Pen, colour: RGB) -> None:
    """A five-pointed star with a lit half in a square box."""
    points = []
    for step in range(10):
        reach, angle = (0.48 if step % 2 == 0 else 0.2), step * math.pi / 5 - math.pi / 2
        points.append((0.5 + reach * math.cos(angle), 0.53 + reach * math.sin(angle)))
    pen.poly(points, colour)
    for step in range(0, 10, 2):
        pen.poly([(0.5, 0.53), points[step], points[(step + 1) % 10]], lighten(colour, 0.28))


def flower(pen: Pen, colour: RGB) -> None:
    """One flower on its stem, in a box 0.6 wide."""
    green = (78, 140, 92)
    pen.line("30,34 29,65 31,100", 0.028, green)
    pen.blob("30,84 14,78 6,62 20,66", green)
    pen.blob("30,92 46,84 54,68 40,74", darken(green, 0.15))
    for step in range(8):
        angle = step * math.pi / 4
        pen.ellipse(0.3 + 0.15 * math.cos(angle), 0.29 + 0.15 * math.sin(angle), 0.088, 0.088, darken(colour, 0.12))
    for step in range(8):
        angle = step * math.pi / 4 + 0.39
        pen.ellipse(0.3 + 0.12 * math.cos(angle), 0.28 + 0.12 * math.sin(angle), 0.075, 0.075, colour)
    pen.ellipse(0.3, 0.285, 0.085, 0.085, (246, 196, 74))
    pen.ellipse(0.285, 0.27, 0.045, 0.045, (255, 222, 122))


def tulip(pen: Pen, colour: RGB) -> None:
    """A tulip, in a box 0.6 wide."""
    green = (70, 134, 98)
    pen.line("30,38 31,70 30,100", 0.028, green)
    pen.blob("30,98 12,78 10,52 24,74", green)
    pen.blob("30,98 46,80 50,58 37,76", darken(green, 0.15))
    pen.blob("30,44 14,36 12,12 22,20 30,6 38,20 48,12 46,36", darken(colour, 0.15))
    pen.blob("30,44 20,32 22,16 30,8 38,16 40,32", colour)


def mushroom(pen: Pen, colour: RGB) -> None:
    """A mushroom in a square box."""
    pen.blob("40,50 60,50 62,80 68,98 50,100 32,98 38,80", (250, 236, 212))
    pen.ellipse(0.5, 0.57, 0.24, 0.06, (226, 202, 172))
    pen.blob("8,56 14,32 32,13 50,8 68,13 86,32 92,56 50,62", colour)
    for x, y, r in (
        (0.34, 0.28, 0.07),
        (0.6, 0.22, 0.05),
        (0.72, 0.42, 0.07),
        (0.5, 0.46, 0.055),
        (0.22, 0.47, 0.045),
    ):
        pen.ellipse(x, y, r, r * 0.85, (255, 250, 240))


def cake(pen: Pen, colour: RGB) -> None:
    """A birthday cake with candles in a square box."""
    pen.ellipse(0.5, 0.95, 0.46, 0.045, (230, 232, 240))
    for x, tone in ((0.32, (110, 190, 220)), (0.5, (246, 190, 80)), (0.68, (150, 200, 130))):
        pen.rect(x - 0.017, 0.22, x + 0.017, 0.42, tone, 0.01)
        pen.blob([(x, 0.1), (x + 0.03, 0.18), (x, 0.22), (x - 0.03, 0.18)], (255, 204, 92))
    pen.rect(0.14, 0.64, 0.86, 0.94, (246, 222, 190), 0.04)
    pen.rect(0.24, 0.4, 0.76, 0.66, (252, 236, 210), 0.04)
    for left, right, top in ((0.14, 0.86, 0.64), (0.24, 0.76, 0.4)):
        pen.rect(left, top, right, top + 0.08, colour, 0.035)
        drops = round((right - left) / 0.09)
        for step in range(drops):
            x = left + (right - left) * (step + 0.5) / drops
            pen.rect(x - 0.03, top + 0.02, x + 0.03, top + 0.1 + 0.05 * (step % 2), colour, 0.03)


def book(pen: Pen, colour: RGB) -> None:
    """An open book in a box 1.4 wide."""
    pen.blob("5,30 70,36 135,30 135,92 70,98 5,92", colour)
    for side in (-1, 1):
        edge = 0.7 + side * 0.58
        pen.blob(
            [
                (0.7, 0.32),
                (0.7 + side * 0.3, 0.2),
                (edge, 0.26),
                (edge, 0.84),
                (0.7 + side * 0.3, 0.8),
                (0.7, 0.92),
            ],
            PAPER,
        )
        for line in range(5):
            y = 0.36 + line * 0.09
            pen.line(
                [(0.7 + side * 0.1, y + 0.02), (0.7 + side * 0.3, y - 0.04), (0.7 + side * 0.5, y)],
                0.014,
                (196, 186, 172),
            )


def umbrella(pen: Pen, colour: RGB) -> None:
    """An open umbrella in a square box."""
    pen.line("50,14 50,86 56,95 63,88", 0.026, (110, 78, 64))
    pen.blob("4,52 16,26 50,8 84,26 96,52 80,47 65,53 50,47 35,53 20,47", colour)
    pen.blob("35,53 40,24 50,8 60,24 65,53 50,47", lighten(colour, 0.3))


def pumpkin(pen: Pen, colour: RGB) -> None:
    """A carved pumpkin in a square box."""
    pen.line("50,30 52,20 58,15", 0.055, (98, 120, 62))
    for x, r in ((0.26, 0.2), (0.74, 0.2), (0.37, 0.21), (0.63, 0.21)):
        pen.ellipse(x, 0.64, r, 0.33, darken(colour, 0.14))
    pen.ellipse(0.5, 0.64, 0.2, 0.35, colour)
    for side in (-1, 1):
        pen.poly([(0.5 + side * 0.09, 0.6), (0.5 + side * 0.27, 0.6), (0.5 + side * 0.18, 0.46)], WINDOW)
    pen.blob("24,72 40,77 50,74 60,77 76,72 66,87 50,90 34,87", WINDOW)


def gift(pen: Pen, colour: RGB) -> None:
    """A wrapped present in a square box."""
    ribbon = lighten(colour, 0.72)
    pen.rect(0.16, 0.48, 0.84, 0.98, colour, 0.02)
    pen.rect(0.11, 0.36, 0.89, 0.52, darken(colour, 0.12), 0.02)
    pen.rect(0.44, 0.36, 0.56, 0.98, ribbon)
    for side in (-1, 1):
        pen.blob(
            [(0.5, 0.36), (0.5 + side * 0.1, 0.16), (0.5 + side * 0.28, 0.14), (0.5 + side * 0.26, 0.32)],
            ribbon,
        )
        pen.blob(
            [
                (0.5 + side * 0.05, 0.34),
                (0.5 + side * 0.12, 0.22),
                (0.5 + side * 0.21, 0.2),
                (0.5 + side * 0.19, 0.3),
            ],
            darken(colour, 0.2),
        )
    pen.ellipse(0.5, 0.34, 0.055, 0.055, darken(ribbon, 0.08))


def tent(pen: Pen, colour: RGB) -> None:
    """A tent with a warm light inside, in a box 1.5 wide."""
    pen.poly("5,100 75,12 145,100", darken(colour, 0.2))
    pen.poly("5,100 75,12 95,100", colour)
    pen.poly("40,100 72,40 86,100", WINDOW)
    pen.poly("40,100 72,40 56,100", lighten(colour, 0.25))


def snowman(pen: Pen, colour: RGB) -> None:
    """A snowman with a scarf in a box 0.7 wide."""
    white = (250, 252, 255)
    for x0, x1 in ((0.16, 0.02), (0.54, 0.68)):
        pen.line([(x0, 0.52), (x1, 0.4)], 0.02, (104, 76, 62))
    for y, r in ((0.8, 0.2), (0.53, 0.155), (0.3, 0.115)):
        pen.ellipse(0.35, y, r, r, white)
    pen.rect(0.22, 0.385, 0.48, 0.43, colour, 0.02)
    pen.rect(0.42, 0.4, 0.48, 0.56, darken(colour, 0.1), 0.02)
    pen.rect(0.22, 0.185, 0.48, 0.215, DARK, 0.012)
    pen.rect(0.26, 0.04, 0.44, 0.2, DARK, 0.015)
    pen.poly("35,29.5 48,32.5 35,33", (244, 142, 58))
    for x in (0.31, 0.39):
        pen.ellipse(x, 0.275, 0.014, 0.016, DARK)
    for y in (0.48, 0.55, 0.62):
        pen.ellipse(0.35, y, 0.014, 0.014, DARK)


def lamp(pen: Pen, colour: RGB) -> None:
    """A street lamp, in a box 0.4 wide."""
    pen.rect(0.185, 0.2, 0.215, 0.98, colour)
    pen.rect(0.13, 0.94, 0.27, 1.0, colour, 0.02)
    pen.poly("12,8 28,8 25,22 15,22", WINDOW)
    pen.poly("10,8.5 20,2 30,8.5", colour)
    pen.rect(0.14, 0.21, 0.26, 0.235, colour)
