"""Draws number plates and the backs of vehicles, since pictures of real ones show people's cars."""

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


def vehicle(number: Image, width: int = 180, turn: float = 0.0, size: tuple[int, int] = (1280, 720)) -> Image:
    """Return a street with a vehicle that carries ``number``, so many pixels wide and turned by so many degrees."""
    scene = street(size)
    left, top = size[0] // 2 - 2 * width, size[1] // 2 - int(1.2 * width)
    cv2.rectangle(scene, (left, top), (left + 4 * width, top + int(2.6 * width)), (70, 65, 62), -1)
    cv2.rectangle(
        scene, (left + width // 2, top + width // 6), (left + 7 * width // 2, top + width), (120, 110, 90), -1
    )
    scale = width / number.shape[1]
    matrix = cv2.getRotationMatrix2D((number.shape[1] / 2, number.shape[0] / 2), turn, scale)
    matrix[:, 2] += np.array([size[0] / 2 - number.shape[1] / 2, top + 1.7 * width - number.shape[0] / 2])
    mask = cv2.warpAffine(np.full(number.shape, 255, np.uint8), matrix, size, flags=cv2.INTER_AREA)
    laid = cv2.warpAffine(cv2.GaussianBlur(number, (0, 0), 0.4 / scale), matrix, size, flags=cv2.INTER_LINEAR)
    return np.where(mask > 127, laid, scene).astype(np.uint8)


def street(size: tuple[int, int] = (1280, 720)) -> Image:
    """Return a picture without a plate: sky, road, and a little of the noise of a sensor."""
    width, height = size
    scene = np.full((height, width, 3), (150, 148, 145), np.uint8)
    scene[: height // 3] = (205, 190, 170)
    noise = np.random.default_rng(7).normal(0, 3, scene.shape)
    return np.clip(scene + noise, 0, 255).astype(np.uint8)


def jpeg(image: Image, quality: int = 90) -> bytes:
    """Return ``image`` as a camera would send it."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


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
