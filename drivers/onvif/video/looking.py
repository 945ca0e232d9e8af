"""Looks at one camera's frames on the readers' thread: reads those where something changed, keeps pictures of cars."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from drivers.api.errors import CorruptAnswer
from drivers.api.plates import PlateRead, ReadsPlates
from drivers.onvif.video.opened import Image
from drivers.onvif.video.stream import Frame

CHANGED: Final = 8
"""So many steps of 255 one cell of an outline has to differ for a picture to be another one: noise and a slow dawn are
less within one cell, a plate is more.
"""

KEPT: Final = 8
"""Of so many plates the best picture is kept until their passage is told."""

QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Looked:
    """What was read of a frame; ``picture`` names the picture that was read: the same name for one that did not
    change. ``jpeg`` is there where something new was read.
    """

    frame: Frame
    picture: str
    reads: Sequence[PlateRead]
    jpeg: bytes = b""


class Looking:
    """The frames of one camera, in their order, on one thread."""

    def __init__(self, home: str) -> None:
        """``home``: how plates begin here."""
        self._home = home
        self._outline: Image | None = None
        self._reads: Sequence[PlateRead] = ()
        self._number = 0

    def look(self, frame: Frame, engine: Callable[[str], ReadsPlates]) -> Looked:
        """Return what stands on ``frame``; where it is as before, what was read then."""
        outline = frame.picture.outline()
        if self._outline is not None and not changed(self._outline, outline):
            return Looked(frame, str(self._number), self._reads)
        image = frame.picture.image()
        self._reads = engine(self._home).read_image(image)
        self._outline, self._number = outline, self._number + 1
        return Looked(frame, str(self._number), self._reads, jpeg_of(image) if self._reads else b"")


def changed(before: Image, now: Image) -> bool:
    """Tell whether two outlines show something different."""
    return bool(np.abs(before.astype(np.int16) - now.astype(np.int16)).max() >= CHANGED)


def jpeg_of(image: Image) -> bytes:
    """Return a picture as JPEG."""
    import cv2

    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise CorruptAnswer("a frame cannot be written as JPEG")
    return data.tobytes()


class Pictures:
    """Of each plate the picture on which it was read best: the one that a passage will refer to."""

    def __init__(self) -> None:
        self._best: OrderedDict[str, tuple[float, str, bytes]] = OrderedDict()

    def keep(self, looked: Looked) -> None:
        """Take a frame's picture for those of its plates that were never read better."""
        for read in looked.reads:
            confidence = self._best[read.text][0] if read.text in self._best else -1.0
            if looked.jpeg and read.confidence > confidence:
                self._best[read.text] = read.confidence, looked.picture, looked.jpeg
                self._best.move_to_end(read.text)
        while len(self._best) > KEPT:
            self._best.popitem(last=False)

    def of(self, plate: str) -> bytes:
        """Return the best picture of a plate, and forget it; empty when there is none any more."""
        return self._best.pop(plate, (0.0, "", b""))[2]
