"""Opens an encoded picture within bounds, and draws into a copy what was read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from drivers.api.plates import OPENING, NoPicture, PlateRead
from drivers.plates.locate import Image

MOST_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 32_000_000
"""A larger picture is refused before anything is decoded: 96 MB is what this one would take."""

HALVED_ABOVE = 6_000_000
"""A picture with more pixels is read at half its size: no gate needs more, and a small box has little memory."""

_GREEN, _AMBER, _WHITE, _BLACK = (60, 180, 60), (0, 165, 255), (255, 255, 255), (0, 0, 0)
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Opened(NamedTuple):
    """A decoded picture (BGR), and how many pixels of the file one pixel of it is wide: 1 or 2."""

    image: Image
    scale: int


def opened(data: bytes) -> Opened:
    """Return the decoded picture; ``NoPicture`` if it is neither JPEG nor PNG, is broken, or too large."""
    if len(data) > MOST_BYTES:
        raise NoPicture(f"{len(data)} bytes, more than {MOST_BYTES}")
    size = size_of(data)
    if size is None:
        raise NoPicture("neither JPEG nor PNG")
    pixels = size[0] * size[1]
    if not 0 < pixels <= MOST_PIXELS:
        raise NoPicture(f"{size[0]} x {size[1]} pixels, more than {MOST_PIXELS}")
    scale = 2 if pixels > HALVED_ABOVE else 1
    flags = cv2.IMREAD_REDUCED_COLOR_2 if scale == 2 else cv2.IMREAD_COLOR
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise NoPicture(str(error).splitlines()[0]) from error
    if image is None:
        raise NoPicture("broken")
    return Opened(np.asarray(image, np.uint8), scale)


def handy(image: Image) -> Opened:
    """Return a decoded picture at the size at which it is read."""
    height, width = image.shape[:2]
    if height * width <= HALVED_ABOVE:
        return Opened(image, 1)
    return Opened(np.asarray(cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8), 2)


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height as a JPEG or PNG states them, without decoding it; ``None`` if it does not."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    position = 2
    while data[:2] == b"\xff\xd8" and position + 9 <= len(data):
        if data[position] != 0xFF:
            position += 1
            continue
        marker = data[position + 1]
        if marker in _START_OF_FRAME:
            return int.from_bytes(data[position + 7 : position + 9]), int.from_bytes(data[position + 5 : position + 7])
        bare = marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        step = 1 if marker == 0xFF else 2
        position += step if bare else 2 + int.from_bytes(data[position + 2 : position + 4])
    return None


def annotated(picture: Opened, reads: Sequence[PlateRead]) -> bytes:
    """Return the picture as JPEG with each plate framed and written beside it: green opens, amber is asked about."""
    drawn = picture.image.copy()
    height = max(18, drawn.shape[0] // 40)
    font = cv2.FontFace("uni")
    for read in reads:
        colour = _GREEN if read.confidence >= OPENING else _AMBER
        outline = (np.array(read.corners) / picture.scale).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(drawn, [outline], True, colour, max(2, height // 10), cv2.LINE_AA)
        label = f"{read.text} {read.confidence:.2f}"
        left = max(0, min(int(outline[..., 0].min()), drawn.shape[1] - height * len(label) // 2))
        top = max(height, int(outline[..., 1].min()) - height // 2)
        cv2.putText(drawn, label, (left + 1, top + 1), _BLACK, font, height)
        cv2.putText(drawn, label, (left, top), _WHITE, font, height)
    done, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not done:
        raise NoPicture("the annotated picture cannot be written")
    return data.tobytes()


def enlarged(read: PlateRead, scale: int) -> PlateRead:
    """Return ``read`` with its corners in pixels of a file that was decoded ``scale`` times smaller."""
    a, b, c, d = ((x * scale, y * scale) for x, y in read.corners)
    return replace(read, corners=(a, b, c, d))
