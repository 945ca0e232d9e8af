"""Finds the plates of a picture and their four corners, with one small network at a modest size."""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.plates.models import FINDER, opened

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

LONGEST = 960
"""The longer side at which a picture is searched: a plate of 110 px in 1920 is 55 there, which the network finds."""

MINIMUM = 0.1
"""Below this score nothing is looked at: reading decides, and what cannot be read is no plate."""

MOST = 6
"""So many plates of one picture are read."""

_OVERLAP = 0.4
_STEPS, _SIZES = (8, 16, 32), ((24, 48), (96, 192), (384, 768))
_MEAN = (104.0, 117.0, 123.0)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a plate may be, and how surely: four corners (4 x 2), clockwise from the top left, in pixels."""

    corners: Floats
    score: float


class Locates(Protocol):
    """What finds plates; engines are interchangeable behind it."""

    def find(self, image: Image) -> list[Found]:
        """Return where plates may be in a BGR image, the surest first, at most ``MOST``."""
        ...


class Finder:
    """The network that finds plates; one picture at a time."""

    def __init__(self, longest: int = LONGEST) -> None:
        """Open the network; ``ModelsMissing`` when it is not installed. ``longest`` is the side searched at."""
        self._net = opened(FINDER)
        self._longest = longest

    def find(self, image: Image) -> list[Found]:
        """Return where plates may be, as ``Locates`` says."""
        height, width = image.shape[:2]
        scale = shrinking(height, width, self._longest)
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        self._net.setInput(cv2.dnn.blobFromImage(small, 1.0, mean=_MEAN), "image")
        offsets, scores, corners = (np.asarray(out)[0] for out in self._net.forward(["loc", "conf", "landms"]))
        likely = np.flatnonzero(scores[:, 1] > MINIMUM)
        if not likely.size:
            return []
        anchors = _anchors(small.shape[0], small.shape[1])[likely]
        score = scores[likely, 1]
        centre = anchors[:, :2] + offsets[likely, :2] * 0.1 * anchors[:, 2:]
        size = anchors[:, 2:] * np.exp(offsets[likely, 2:] * 0.2)
        boxes = np.concatenate([centre - size / 2, size], axis=1)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), score.tolist(), MINIMUM, _OVERLAP)
        points = anchors[:, None, :2] + corners[likely].reshape(-1, 4, 2) * 0.1 * anchors[:, None, 2:]
        return [Found(_clockwise(points[i] / scale), float(score[i])) for i in np.ravel(np.asarray(kept))[:MOST]]


def shrinking(height: int, width: int, longest: int = LONGEST) -> float:
    """Return by how much a picture is made smaller before it is searched, 1 at most.

    A square picture is searched at three quarters of its pixels: that bounds memory and time.
    """
    return min(1.0, longest / max(height, width), math.sqrt(longest * longest * 3 / 4 / (height * width)))


def _anchors(height: int, width: int) -> Floats:
    """Return the boxes that the network's outputs are offsets from: centre x, y, width, height in pixels."""
    levels = []
    for step, sizes in zip(_STEPS, _SIZES, strict=True):
        rows, columns = np.mgrid[0 : -(-height // step), 0 : -(-width // step)]
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 1, 2) + 0.5) * step
        squares = np.broadcast_to(np.array(sizes).reshape(1, 2, 1), (len(centres), 2, 2))
        levels.append(np.concatenate([np.broadcast_to(centres, squares.shape), squares], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def _clockwise(points: Floats) -> Floats:
    """Return the network's corners (bottom right, bottom left, top left, top right) from the top left on."""
    return points[[2, 3, 0, 1]].astype(np.float32)
