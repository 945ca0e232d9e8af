"""Turns the four corners of a plate into the straight strip of characters that a recogniser reads."""

import cv2
import numpy as np

from drivers.plates.locate import Floats, Image

STRIP = (192, 48)
"""Width and height of a strip: one size always, since a network plans its memory for the shape that it is given."""

SINGLE, DOUBLE = 440 / 140, 440 / 220
"""Width to height of plates with one and with two rows (GA 36-2018)."""

MAYBE_DOUBLE = 2.6
"""Below this ratio a plate may have two rows: it is read both ways."""

_MARGIN_X, _MARGIN_Y = 0.03, 0.06
_FINER = 2
_CANVAS = (240, 120)
_UPPER, _LOWER = (slice(4, 45), slice(48, 192)), (slice(45, 116), slice(0, 240))
"""Rows and columns of the canvas: of 220 mm the upper characters fill 15 to 75 and the lower ones 90 to 200."""


def ratio(corners: Floats) -> float:
    """Return how many times wider than high a plate is, by the middle of its edges."""
    across, down = _axes(corners)
    return float(np.linalg.norm(across) / max(float(np.linalg.norm(down)), 1.0))


def one_row(image: Image, corners: Floats, slack: float = 1.0) -> Image:
    """Return the plate straightened into a ``STRIP``; ``slack`` is how many usual margins are left around it."""
    return _straight(image, corners, STRIP, slack)


def two_rows(image: Image, corners: Floats, slack: float = 1.0) -> Image:
    """Return a plate of two rows with its lower row set behind the upper one, in a ``STRIP``."""
    canvas = _straight(image, corners, _CANVAS, slack)
    width, height = STRIP
    upper = cv2.resize(canvas[_UPPER], (width // 3, height))
    lower = cv2.resize(canvas[_LOWER], (width - width // 3, height))
    return np.asarray(np.hstack([upper, lower]), np.uint8)


def _axes(corners: Floats) -> tuple[Floats, Floats]:
    top_left, top_right, bottom_right, bottom_left = corners
    across = (top_right - top_left + bottom_right - bottom_left) / 2
    down = (bottom_left - top_left + bottom_right - top_right) / 2
    return across, down


def _straight(image: Image, corners: Floats, size: tuple[int, int], slack: float) -> Image:
    """Return the quadrilateral, widened by a margin since corners are never exact, as a rectangle of ``size``."""
    across, down = _axes(corners)
    outward = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    margin = outward[:, :1] * across * _MARGIN_X + outward[:, 1:] * down * _MARGIN_Y
    wider = corners + margin * slack
    width, height = size[0] * _FINER, size[1] * _FINER
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(wider.astype(np.float32), target)
    flat = cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)
