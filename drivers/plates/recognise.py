"""Reads the characters of a straightened strip: the recogniser behind the interface that makes it interchangeable."""

from typing import Protocol

import cv2
import numpy as np

from drivers.plates.decode import Folding, Steps
from drivers.plates.locate import Image
from drivers.plates.models import TEXT_LINE, located, metadata, opened


class Recognises(Protocol):
    """What gives probabilities for a strip; engines are interchangeable behind it."""

    def steps(self, strip: Image) -> Steps:
        """Return for each step along a BGR ``strip`` the probability of each plate character (``decode.COLUMNS``)."""
        ...


class TextLine:
    """PP-OCRv4's recogniser of any Chinese text line, folded down to the characters of plates."""

    def __init__(self) -> None:
        """Open the network; ``ModelsMissing`` when it is not installed."""
        self._net = opened(TEXT_LINE)
        characters = metadata(located(TEXT_LINE))["character"].split("\n")
        self._folding = Folding(["", *characters, " "])

    def steps(self, strip: Image) -> Steps:
        """Return the probabilities of a strip, as ``Recognises`` says."""
        self._net.setInput(cv2.dnn.blobFromImage(strip, 1 / 127.5, mean=(127.5, 127.5, 127.5)))
        return self._folding(np.asarray(self._net.forward()[0], np.float32))
