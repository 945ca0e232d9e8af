"""Makes a picture in which neither plate nor face can be read: a few large blocks of few shades, drawn anew."""

import cv2
import numpy as np

from drivers.api.plates import NoPicture
from drivers.plates.picture import opened

BLOCKS = 16
"""So many blocks make the longer side. A plate that fills the whole picture has two to a character, a face at a door
station four or five across; nothing has to be found in the picture, so nothing can be missed."""

SHADES = 8
"""So many steps each colour has: what is left of the letters in the mean of a block is rounded away."""

LONGEST = 960
"""The masked picture's longer side, in pixels."""


class Pixels:
    """Masks pictures (``drivers.api.pictures.MasksPictures``)."""

    def masked(self, picture: bytes) -> bytes:
        """Return the picture as JPEG, masked: nothing of the file but the means of its blocks is in it, no thumbnail
        and no remark either. ``NoPicture`` for what cannot be opened.
        """
        image = opened(picture).image
        height, width = image.shape[:2]
        unit = max(height, width) / BLOCKS
        few = cv2.resize(
            image, (max(1, round(width / unit)), max(1, round(height / unit))), interpolation=cv2.INTER_AREA
        )
        step = 256 // SHADES
        few = (few // step * step + step // 2).astype(np.uint8)
        share = min(1.0, LONGEST / max(height, width))
        size = (max(1, round(width * share)), max(1, round(height * share)))
        done, data = cv2.imencode(".jpg", cv2.resize(few, size, interpolation=cv2.INTER_NEAREST))
        if not done:
            raise NoPicture("the masked picture cannot be written")
        return data.tobytes()


def masker() -> Pixels:
    """Return what masks pictures."""
    return Pixels()
