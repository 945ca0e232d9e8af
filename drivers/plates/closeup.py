"""Seeks a small plate once more in a close-up: corners that are found among few pixels cut characters off."""

import cv2
import numpy as np

from drivers.plates.locate import Found, Image, Locates, shrinking

NARROW = 90
"""A plate of fewer pixels across, where it was searched, is sought again."""

_WIDTH = 128
_FRAME = (3 * _WIDTH, 2 * _WIDTH)
"""How wide the plate is in the close-up, and the close-up's width and height: one size always, as with strips."""

_SCORE, _ASIDE, _NARROWER, _WIDER = 0.5, 0.35, 0.6, 1.7
"""What is found there is the same plate if its score is so high, its centre at most so many of the plate's widths
away, and its width so many times the first one."""


def small(image: Image, found: Found) -> bool:
    """Tell whether a plate was found among so few pixels that a close-up of it can show more."""
    return _across(found) * shrinking(image.shape[0], image.shape[1]) < NARROW


def nearer(image: Image, found: Found, finder: Locates) -> Found | None:
    """Return the plate as a close-up shows it, in pixels of ``image``; ``None`` if it is not found there again."""
    width, centre = _across(found), found.corners.mean(axis=0)
    scale = _WIDTH / max(width, 1.0)
    shift = np.array(_FRAME, np.float32) / 2 - centre * scale
    turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    view = cv2.warpAffine(image, turn, _FRAME, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    for each in finder.find(np.asarray(view, np.uint8)):
        again = Found(((each.corners - shift) / scale).astype(np.float32), each.score)
        aside = float(np.linalg.norm(again.corners.mean(axis=0) - centre))
        if each.score >= _SCORE and aside < _ASIDE * width and _NARROWER < _across(again) / width < _WIDER:
            return again
    return None


def _across(found: Found) -> float:
    return max(float(np.linalg.norm(found.corners[1] - found.corners[0])), 1.0)
