"""A JPEG of now becomes a look: how bright and sharp it is, and where its edges run, small enough to be kept."""

from typing import NamedTuple
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.api.errors import CorruptAnswer

MOST_BYTES = 16 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""A larger picture is refused before anything is decoded; it is opened at an eighth to a half of its size."""

WIDE = 480
"""At this width sharpness is measured: about what a quarter of 1080 lines has."""

ACROSS, DOWN = 160, 90
"""The size of a field of edges, whatever the picture's: shifts are fractions of it."""

COLUMNS, ROWS = 8, 6
"""The cells into which a picture is divided, so that its own writing in a corner is only a corner."""

_COLOURED = 2.5
_REDUCED = (8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2)
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Field = NDArray[np.complex64]


class Look(NamedTuple):
    """What is kept of one picture. ``luma``: mean brightness, 0 to 255. ``sharpness``: variance of the Laplacian at a
    width of ``WIDE``. ``colour``: false under infrared. By cells (``ROWS`` x ``COLUMNS``): ``tones``, ``acutance``
    (how steep its edges are for how high they are), ``marks``, a checksum of the pixels.

    ``edges`` is a field (``DOWN`` x ``ACROSS``) of complex numbers: twice the direction of the edge as angle, from 0 to
    1 how clearly there is one; neither light nor a negative changes it much.
    """

    luma: float
    sharpness: float
    colour: bool
    tones: Floats
    acutance: Floats
    marks: tuple[int, ...]
    edges: Field


def look(jpeg: bytes) -> Look:
    """Return the look of a JPEG; ``CorruptAnswer`` if it is none, is broken or too large. Some 4 ms for 1080 lines."""
    colours = opened(jpeg)
    grey = np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), np.uint8)
    spread = colours.reshape(-1, 3)[::7].astype(np.int16)
    chroma = float(np.mean(spread.max(axis=1) - spread.min(axis=1)))
    laplacian = cv2.Laplacian(grey, cv2.CV_32F)
    small = np.asarray(cv2.resize(grey, (ACROSS, DOWN), interpolation=cv2.INTER_AREA), np.float32)
    return Look(
        luma=float(grey.mean()),
        sharpness=float(laplacian.var()),
        colour=chroma > _COLOURED,
        tones=np.asarray(cv2.resize(small, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32),
        acutance=_acutance(grey),
        marks=_marks(grey),
        edges=_edges(small),
    )


def opened(jpeg: bytes) -> Image:
    """Return the picture (BGR), ``WIDE`` pixels wide or little less where it was smaller."""
    if len(jpeg) > MOST_BYTES:
        raise CorruptAnswer(f"a picture of {len(jpeg)} bytes, more than {MOST_BYTES}")
    size = _size(jpeg)
    if size is None or b"\xff\xd9" not in jpeg[-64:]:
        raise CorruptAnswer("no JPEG, or not all of it")
    if not 0 < size[0] * size[1] <= MOST_PIXELS or min(size) < 64:
        raise CorruptAnswer(f"a picture of {size[0]} x {size[1]} pixels")
    flags = cv2.IMREAD_COLOR
    for part, less in _REDUCED:
        if size[0] // part >= WIDE:
            flags = less
            break
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise CorruptAnswer("a picture that cannot be opened") from error
    if image is None:
        raise CorruptAnswer("a picture that cannot be opened")
    if image.shape[1] > WIDE:
        height = max(ROWS, round(image.shape[0] * WIDE / image.shape[1]))
        image = cv2.resize(image, (WIDE, height), interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)


def _acutance(grey: Image) -> Floats:
    """Return how steep edges are for their height, by cells; 0 where there is none: fog takes of both alike."""
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    around = np.ones((13, 13), np.uint8)
    high = cv2.subtract(cv2.dilate(smooth, around), cv2.erode(smooth, around))
    dx, dy = cv2.spatialGradient(smooth)
    steep = cv2.dilate(cv2.max(cv2.convertScaleAbs(dx, alpha=0.25), cv2.convertScaleAbs(dy, alpha=0.25)), around)
    there = high > _HIGH
    parts = [cv2.resize(np.where(there, each, 0).astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
             for each in (steep, high, there)]  # fmt: skip
    return np.asarray(np.where(parts[2] > _ENOUGH, parts[0] / np.maximum(parts[1], 1e-6), 0), np.float32)


_HIGH = 24
"""An edge counts where the tones beside it differ by so much; noise does not reach it."""
_ENOUGH = 0.04


def _edges(small: Floats) -> Field:
    smooth = cv2.GaussianBlur(small, (0, 0), 0.8)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    along: Field = (dx + 1j * dy).astype(np.complex64)
    strength = dx * dx + dy * dy
    floor = max(_FAINT, 2.0 * float(np.median(strength)))
    return np.asarray(along * along / (strength + floor), np.complex64)


_FAINT = 4.0
"""The square of the slope (tones a pixel) at which an edge is half there."""


def _marks(grey: Image) -> tuple[int, ...]:
    rows = np.array_split(grey, ROWS)
    return tuple(crc32(cell.tobytes()) for row in rows for cell in np.array_split(row, COLUMNS, axis=1))


def _size(jpeg: bytes) -> tuple[int, int] | None:
    """Return width and height as the JPEG states them, without opening it."""
    position = 2
    while jpeg[:2] == b"\xff\xd8" and position + 9 <= len(jpeg):
        marker = jpeg[position + 1]
        if jpeg[position] != 0xFF:
            return None
        if marker in _START_OF_FRAME:
            return int.from_bytes(jpeg[position + 7 : position + 9]), int.from_bytes(jpeg[position + 5 : position + 7])
        bare = marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        step = 1 if marker == 0xFF else 2
        position += step if bare else 2 + int.from_bytes(jpeg[position + 2 : position + 4])
    return None
