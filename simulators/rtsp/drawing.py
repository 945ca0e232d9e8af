"""Draws number plates and a gate where cars drive up to the camera: pictures of real ones show people's cars."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

GROUNDS = {
    "blue": ((150, 60, 10), (250, 250, 250)),
    "yellow": ((20, 180, 235), (15, 15, 15)),
    "green": ((120, 200, 60), (15, 15, 15)),
    "white": ((240, 240, 240), (15, 15, 15)),
    "black": ((15, 15, 15), (245, 245, 245)),
}
"""Ground and writing (BGR) of the kinds of plate."""

NEAR = 0.14
"""How wide the plate of a car before the barrier is, as a share of the picture; it begins with a third of that."""

NOISES = 3
"""So many different frames of noise: what stands still is encoded as what a sensor sees."""


def plate(text: str, colour: str = "blue", rows: int = 1) -> Image:
    """Return a plate 440 pixels wide, 480 where it has eight characters, as GA 36-2018 sizes them in millimetres."""
    ground, ink = GROUNDS[colour]
    size = (220 if rows == 2 else 140, 480 if len(text) == 8 else 440, 3)
    image = np.full(size, ground, np.uint8)
    cv2.rectangle(image, (6, 6), (size[1] - 7, size[0] - 7), ink, 3)
    if rows == 2:
        _write(image, text[:2], (110, 15, 220, 62), ink)
        _write(image, text[2:], (20, 88, 400, 112), ink)
    else:
        step = (size[1] - 40) // len(text)
        _write(image, text[:2], (15, 25, 2 * step, 90), ink)
        cv2.circle(image, (15 + 2 * step + 8, 70), 5, ink, -1)
        _write(image, text[2:], (15 + 2 * step + 20, 25, size[1] - 2 * step - 50, 90), ink)
    return image


def street(size: tuple[int, int] = (1280, 720), seed: int = 7) -> Image:
    """Return a picture without a plate: sky, road, and a little of the noise of a sensor, another for each ``seed``."""
    width, height = size
    scene = np.full((height, width, 3), (150, 148, 145), np.uint8)
    scene[: height // 3] = (205, 190, 170)
    noise = np.random.default_rng(seed).normal(0, 3, scene.shape)
    return np.clip(scene + noise, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Gate:
    """What happens in a scene: nobody for ``empty_s``, then each car drives up for ``drive_s`` and waits ``wait_s``."""

    plates: Sequence[str]
    empty_s: float = 2.0
    drive_s: float = 3.0
    wait_s: float = 2.0


def scene(gate: Gate, fps: int, size: tuple[int, int] = (1920, 1080)) -> Iterator[Image]:
    """Yield the frames of a gate, ``fps`` for each second."""
    grounds = itertools.cycle([street(size, seed) for seed in range(NOISES)])
    for text in gate.plates:
        for _ in range(round(gate.empty_s * fps)):
            yield next(grounds)
        number = plate(text, "green" if len(text) == 8 else "blue")
        steps = max(1, round(gate.drive_s * fps))
        for step in range(steps):
            yield _car(next(grounds), number, (1 + 2 * step / steps) / 3)
        for _ in range(round(gate.wait_s * fps)):
            yield _car(next(grounds), number, 1.0)


def _car(ground: Image, number: Image, nearness: float) -> Image:
    """Return the scene with a car that carries ``number``; 1 is before the barrier."""
    picture, (height, width) = ground.copy(), ground.shape[:2]
    wide = int(width * NEAR * nearness)
    middle, bottom = width // 2, int(height * (0.4 + 0.5 * nearness))
    cv2.rectangle(picture, (middle - 2 * wide, bottom - int(2.6 * wide)), (middle + 2 * wide, bottom), (70, 65, 62), -1)
    glass = (middle - 3 * wide // 2, bottom - int(2.4 * wide)), (middle + 3 * wide // 2, bottom - int(1.6 * wide))
    cv2.rectangle(picture, *glass, (120, 110, 90), -1)
    laid = cv2.resize(number, (wide, wide * number.shape[0] // number.shape[1]), interpolation=cv2.INTER_AREA)
    top, left = bottom - wide, middle - wide // 2
    picture[top : top + laid.shape[0], left : left + wide] = laid
    return picture


def _write(image: Image, text: str, box: tuple[int, int, int, int], ink: Any) -> None:
    """Write ``text`` into ``box`` (left, top, width, height), each character in a cell of its own."""
    left, top, width, height = box
    font, cell = cv2.FontFace("uni"), width / len(text)
    for index, character in enumerate(text):
        canvas = np.zeros((200, 200, 3), np.uint8)
        cv2.putText(canvas, character, (20, 150), (255, 255, 255), font, 120, 800)
        x, y, w, h = cv2.boundingRect(canvas[..., 0])
        glyph = cv2.resize(canvas[y : y + h, x : x + w], (int(cell * (0.35 if w < 30 else 0.8)), height))
        at = int(left + index * cell + (cell - glyph.shape[1]) / 2)
        spot = image[top : top + height, at : at + glyph.shape[1]]
        spot[:] = (spot * (1 - glyph / 255.0) + np.array(ink) * (glyph / 255.0)).astype(np.uint8)
