"""Draws a place, larger than any picture of it: its colours by day, its tones under infrared, how far things are."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WIDTH, HEIGHT = 640, 360
ROOM_X, ROOM_Y = 200, 116
"""How much of the place lies beyond each edge of the picture: a camera that is turned sees it."""

KINDS = ("street", "gate", "garage", "wall")


class Place(NamedTuple):
    """``day`` (BGR) and ``infrared`` (grey) in 0..255, ``far`` from 0 (near) to 1, ``roofed``: no sky, no weather."""

    day: Floats
    infrared: Floats
    far: Floats
    roofed: bool


class _Canvas:
    def __init__(self, dice: np.random.Generator) -> None:
        size = (HEIGHT + 2 * ROOM_Y, WIDTH + 2 * ROOM_X)
        self.dice, self.height, self.width = dice, *size
        self.day, self.infrared = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
        self.far = np.ones(size, np.float32)

    def tint(self, low: int = 40, high: int = 220) -> tuple[float, float, float]:
        grey = self.dice.uniform(low, high)
        blue, green, red = (float(np.clip(grey + self.dice.normal(0, 18), 5, 250)) for _ in range(3))
        return blue, green, red

    def shape(self, corners: list[tuple[float, float]], colour: tuple[float, float, float], far: float) -> None:
        area = np.array(corners, np.int32).reshape(-1, 1, 2)
        cv2.fillPoly(self.day, [area], colour, cv2.LINE_AA)
        tone = float(np.clip(sum(colour) / 3 * self.dice.uniform(0.5, 1.6), 8, 245))
        cv2.fillPoly(self.infrared, [area], (tone,), cv2.LINE_AA)
        cv2.fillPoly(self.far, [area], (far,))

    def box(self, x: float, y: float, w: float, h: float, far: float, colour: tuple[float, ...] | None = None) -> None:
        blue, green, red = colour or self.tint()
        self.shape([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], (blue, green, red), far)

    def grain(self, strength: float, size: float) -> None:
        """Give every surface its own grain, coarser or finer."""
        rough = self.dice.normal(0, 1, (self.height, self.width)).astype(np.float32)
        rough = cv2.GaussianBlur(rough, (0, 0), size) * size * 3 * strength
        self.day += rough[..., None]
        self.infrared += rough * 0.7


def place(seed: int, kind: str = "") -> Place:
    """Return the place of ``seed``; of its own kind where none is named."""
    dice = np.random.default_rng(seed)
    kind = kind or KINDS[seed % len(KINDS)]
    canvas = _Canvas(dice)
    {"street": _street, "gate": _gate, "garage": _garage, "wall": _wall}[kind](canvas)
    canvas.grain(2.5, float(dice.uniform(0.8, 2.0)))
    day, infrared = (np.clip(cv2.GaussianBlur(each, (0, 0), 0.7), 0, 255) for each in (canvas.day, canvas.infrared))
    return Place(np.asarray(day, np.float32), np.asarray(infrared, np.float32), canvas.far, kind == "garage")


def _ground(canvas: _Canvas, horizon: float) -> None:
    dice, width, height = canvas.dice, canvas.width, canvas.height
    for y in range(int(horizon), height):
        down = (y - horizon) / (height - horizon)
        canvas.far[y] = 0.9 * (1 - down)
        canvas.day[y], canvas.infrared[y] = 95 + 30 * down, 60 + 80 * down
    middle, spread = width * dice.uniform(0.35, 0.65), width * dice.uniform(0.25, 0.45)
    canvas.shape(
        [(middle - 30, horizon), (middle + 30, horizon), (middle + 2 * spread, height), (middle - 2 * spread, height)],
        (82, 80, 78), 0.4,
    )  # fmt: skip
    for k in range(7):
        top, low = (horizon + (height - horizon) * ((k + part) / 7) ** 1.6 for part in (0, 0.5))
        w = 2 + 10 * (k / 7)
        canvas.shape([(middle, top), (middle + w, top), (middle + w * 1.3, low), (middle, low)], (225, 225, 225), 0.4)


def _street(canvas: _Canvas) -> None:
    dice = canvas.dice
    horizon = canvas.height * dice.uniform(0.36, 0.5)
    canvas.day[:], canvas.infrared[:] = (225, 205, 185), 4
    _ground(canvas, horizon)
    x = -20.0
    while x < canvas.width:
        w, top = dice.uniform(90, 220), horizon * dice.uniform(0.1, 0.75)
        canvas.box(x, top, w, horizon - top + 8, 0.8)
        glass = canvas.tint(25, 90)
        for row in np.arange(top + 10, horizon - 12, dice.uniform(22, 34)):
            for column in np.arange(x + 8, x + w - 16, dice.uniform(18, 30)):
                canvas.box(float(column), float(row), 11, 14, 0.8, glass)
        x += w + dice.choice([0.0, 0.0, 30.0])
    _furniture(canvas, horizon)


def _furniture(canvas: _Canvas, horizon: float) -> None:
    dice = canvas.dice
    for _ in range(int(dice.integers(2, 5))):
        x = dice.uniform(0, canvas.width)
        canvas.box(x, horizon * 0.5, dice.uniform(5, 11), horizon * 0.9, 0.5)
        canvas.box(x - 18, horizon * 0.62, 44, 30, 0.5)
    for _ in range(int(dice.integers(2, 6))):
        _car(canvas, dice.uniform(0, canvas.width), horizon + dice.uniform(20, 150))
    for _ in range(int(dice.integers(1, 4))):
        _tree(canvas, dice.uniform(0, canvas.width), horizon - dice.uniform(0, 60), dice.uniform(40, 90))


def _car(canvas: _Canvas, x: float, y: float) -> None:
    size, colour = 0.5 + (y / canvas.height), canvas.tint(20, 240)
    far = 0.3
    canvas.box(x, y, 90 * size, 34 * size, far, colour)
    canvas.box(x + 16 * size, y - 22 * size, 56 * size, 24 * size, far, (60, 55, 50))
    for wheel in (12, 62):
        canvas.box(x + wheel * size, y + 26 * size, 16 * size, 14 * size, far, (20, 20, 20))


def _tree(canvas: _Canvas, x: float, y: float, size: float) -> None:
    canvas.box(x - 5, y, 11, size, 0.5, (40, 55, 70))
    for _ in range(60):
        dx, dy = canvas.dice.normal(0, size * 0.4, 2)
        green = canvas.dice.uniform(50, 120)
        spot = (int(x + dx), int(y + dy * 0.8 - size * 0.3))
        radius = int(canvas.dice.uniform(4, 13))
        cv2.circle(canvas.day, spot, radius, (green * 0.5, green, green * 0.6), -1, cv2.LINE_AA)
        cv2.circle(canvas.infrared, spot, radius, (green * 1.7,), -1, cv2.LINE_AA)
        cv2.circle(canvas.far, spot, radius, (0.5,), -1)


def _gate(canvas: _Canvas) -> None:
    dice = canvas.dice
    horizon = canvas.height * dice.uniform(0.25, 0.38)
    canvas.day[:], canvas.infrared[:] = (215, 205, 195), 4
    _ground(canvas, horizon)
    post = canvas.tint(90, 200)
    for x in np.arange(0, canvas.width, 26):
        canvas.box(float(x), horizon - 60, 5, 78, 0.6, post)
    canvas.box(0, horizon - 50, canvas.width, 5, 0.6, post)
    kiosk = canvas.width * dice.uniform(0.15, 0.7)
    canvas.box(kiosk, horizon - 90, 150, 250, 0.3)
    canvas.box(kiosk + 20, horizon - 50, 110, 80, 0.3, (90, 80, 70))
    canvas.box(kiosk + 160, horizon + 60, 34, 120, 0.25, (30, 200, 240))
    for k in range(10):
        colour = (40, 40, 210) if k % 2 else (235, 235, 235)
        canvas.box(kiosk + 194 + 30 * k, horizon + 76, 30, 9, 0.25, colour)
    _furniture(canvas, horizon)


def _garage(canvas: _Canvas) -> None:
    dice = canvas.dice
    horizon = canvas.height * dice.uniform(0.3, 0.45)
    canvas.day[:], canvas.infrared[:] = (125, 128, 130), 90
    canvas.far[:] = 0.5
    _ground(canvas, horizon)
    for _ in range(int(dice.integers(4, 8))):
        y = dice.uniform(0, horizon)
        canvas.box(0, y, canvas.width, dice.uniform(4, 12), 0.5)
    for x in np.arange(dice.uniform(0, 100), canvas.width, dice.uniform(150, 260)):
        canvas.box(float(x), horizon * 0.3, 44, canvas.height * 0.62, 0.4)
        canvas.box(float(x), horizon + 50, 44, 40, 0.4, (20, 200, 230))
    for _ in range(int(dice.integers(3, 8))):
        _car(canvas, dice.uniform(0, canvas.width), horizon + dice.uniform(30, 180))


def _wall(canvas: _Canvas) -> None:
    """Draw a near wall with a door in it: little to see."""
    dice = canvas.dice
    canvas.day[:], canvas.infrared[:], canvas.far[:] = canvas.tint(110, 190), 120, 0.2
    floor = canvas.height * dice.uniform(0.65, 0.78)
    canvas.box(0, floor, canvas.width, canvas.height - floor, 0.1)
    x = canvas.width * dice.uniform(0.3, 0.6)
    canvas.box(x, canvas.height * 0.25, 130, floor - canvas.height * 0.25, 0.2)
    canvas.box(x + 12, canvas.height * 0.25 + 12, 106, 120, 0.2)
    canvas.box(x + 160, canvas.height * 0.5, 30, 46, 0.2)
    for _ in range(int(dice.integers(2, 6))):
        canvas.box(
            dice.uniform(0, canvas.width), dice.uniform(30, floor), dice.uniform(20, 120), dice.uniform(8, 60), 0.2
        )
