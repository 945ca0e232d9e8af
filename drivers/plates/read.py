"""From a picture to the plates on it: found, straightened, read, judged by their ground, and put into an order."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np

from drivers.api.plates import BELIEVED, OPENING, PlateRead
from drivers.plates.closeup import nearer, small
from drivers.plates.decode import CANDIDATES, texts
from drivers.plates.early import EarlyPassages
from drivers.plates.grammar import form_of
from drivers.plates.kinds import Ground, contradicts, ground, kind, stands_in
from drivers.plates.locate import Floats, Found, Image, Locates
from drivers.plates.passage import Passages
from drivers.plates.picture import annotated, enlarged, handy, opened
from drivers.plates.recognise import Recognises
from drivers.plates.rectify import MAYBE_DOUBLE, one_row, ratio, two_rows

SURE = 0.95
"""A first look below this is followed by others, and their mean counts."""

TIGHTER = 0.5
"""The part of the usual margin that a tighter look leaves around a plate."""

DOUBTED = 0.3
"""What a reading keeps of its confidence whose ground contradicts it."""

ASKED = 0.89
"""The most that a close-up makes sure: a person is asked. A few pixels blown up can look like another character."""

HOME = 3.0
"""So much likelier than any other is the place that most cars at a gate come from."""

WIDEST_CUTOUT, LEAST_RATIO, MOST_RATIO = 480, 1.6, 5.0
"""A picture of at most so many pixels across, and of such a shape, may be a plate and nothing else."""

Texts = list[tuple[str, float]]


def read_plates(image: Image, finder: Locates, recogniser: Recognises, home: str = "") -> list[PlateRead]:
    """Return the plates on a BGR image: those fit to open a barrier first, the widest (nearest) of them in front.

    Nothing below ``BELIEVED`` is told. ``home``: see ``plate_reader``.
    """
    reads: dict[str, PlateRead] = {}
    for found in finder.find(image) or filling(image):
        read = _read(image, found, finder, recogniser, home)
        if read is not None and (read.text not in reads or reads[read.text].confidence < read.confidence):
            reads[read.text] = read
    return sorted(reads.values(), key=_urgency)


def filling(image: Image) -> list[Found]:
    """Return the whole picture as one place to read if it has a plate's shape and size: cameras send cut-out plates."""
    height, width = image.shape[:2]
    if width > WIDEST_CUTOUT or not LEAST_RATIO <= width / height <= MOST_RATIO:
        return []
    return [Found(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32), 1.0)]


def _urgency(read: PlateRead) -> tuple[bool, float]:
    opens = read.confidence >= OPENING
    return not opens, -(read.width if opens else read.confidence)


class _Reading(NamedTuple):
    """What a plate was read as: in how many rows, and the texts with their confidences, likeliest first."""

    rows: int
    texts: Texts

    @property
    def confidence(self) -> float:
        return self.texts[0][1] if self.texts else 0.0


def _read(image: Image, found: Found, finder: Locates, recogniser: Recognises, home: str) -> PlateRead | None:
    colour = ground(one_row(image, found.corners))
    reading = _reading(image, found.corners, recogniser, colour, home)
    if reading.confidence < OPENING and small(image, found):
        again = nearer(image, found, finder)
        if again is not None:
            reading = _settled(reading, _reading(image, again.corners, recogniser, colour, home))
    form = form_of(reading.texts[0][0]) if reading.texts else None
    if form is None or reading.confidence < BELIEVED:
        return None
    a, b, c, d = ((float(x), float(y)) for x, y in found.corners)
    best, *others = reading.texts
    return PlateRead(*best, kind(form, colour, reading.rows), (a, b, c, d), reading.rows, tuple(others))


def _reading(image: Image, corners: Floats, recogniser: Recognises, colour: Ground, home: str) -> _Reading:
    straight = _Reading(1, judged(_looked(partial(one_row, image, corners), recogniser), colour, home))
    if straight.confidence >= SURE or ratio(corners) >= MAYBE_DOUBLE:
        return straight
    folded = _Reading(2, judged(_looked(partial(two_rows, image, corners), recogniser), colour, home, rows=2))
    return max(straight, folded, key=lambda each: each.confidence)


def _settled(one: _Reading, other: _Reading) -> _Reading:
    """Return the surer of two readings; where both are believed and differ, their mean; never above ``ASKED``."""
    surer, second = (one, other) if one.confidence >= other.confidence else (other, one)
    heard, share = surer.texts, 1.0
    if second.confidence >= BELIEVED and surer.texts[0][0] != second.texts[0][0]:
        heard, share = surer.texts + second.texts, 0.5
    sums: defaultdict[str, float] = defaultdict(float)
    for text, confidence in heard:
        sums[text] += confidence * share
    settled = [(text, round(min(confidence, ASKED), 4)) for text, confidence in sums.items()]
    return _Reading(surer.rows, sorted(settled, key=lambda each: -each[1])[:CANDIDATES])


def _looked(straighten: Callable[[float], Image], recogniser: Recognises) -> Texts:
    """Return the texts and probabilities of a first look if that is ``SURE``, else the mean of three.

    The other two are without colour, one of them cut tighter, one with dark and light exchanged.
    """
    first = straighten(1.0)
    seen = texts(recogniser.steps(first))
    if seen and seen[0][1] >= SURE:
        return seen
    others = (_grey(straighten(TIGHTER)), 255 - _grey(first))
    every = [seen, *(texts(recogniser.steps(strip)) for strip in others)]
    means: defaultdict[str, float] = defaultdict(float)
    for text, chance in chain.from_iterable(every):
        means[text] += chance / len(every)
    return list(means.items())


def judged(found: Texts, colour: Ground, home: str, rows: int = 1) -> Texts:
    """Return texts and confidences, likeliest first, for texts and probabilities read in so many ``rows``.

    A confidence is the text's share among all plates that may be read here, times the third root of the likeliest
    one's probability: what a network finds ambiguous is told by the share alone, while a strip that is no plate has a
    tiny probability. By Bayes a plate from ``home`` counts ``HOME`` times; a text that its ground contradicts keeps
    ``DOUBTED`` of its confidence.
    """
    found = [(text, chance) for text, chance in found if _stands(text, rows)]
    weighed = {text: chance * (HOME if home and text.startswith(home) else 1.0) for text, chance in found}
    total, likeliest = sum(weighed.values()), max((chance for _, chance in found), default=0.0)
    if total <= 0:
        return []
    judgements = [
        (text, round(weight / total * likeliest ** (1 / 3) * (DOUBTED if _doubted(text, colour) else 1.0), 4))
        for text, weight in weighed.items()
    ]
    return sorted(judgements, key=lambda each: -each[1])[:CANDIDATES]


def _stands(text: str, rows: int) -> bool:
    form = form_of(text)
    return form is not None and stands_in(form, rows)


def _doubted(text: str, colour: Ground) -> bool:
    form = form_of(text)
    return form is not None and contradicts(form, colour)


def _grey(strip: Image) -> Image:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


class PlateReader:
    """Reads plates from encoded pictures with the engines that it is given (``drivers.api.plates.ReadsPlates``)."""

    def __init__(self, finder: Locates, recogniser: Recognises, home: str = "") -> None:
        """Take what finds and what recognises; ``home`` as in ``plate_reader``."""
        self._finder, self._recogniser, self._home = finder, recogniser, home

    def read(self, picture: bytes) -> list[PlateRead]:
        """Return the plates of an encoded picture; ``NoPicture`` for what cannot be opened."""
        image, scale = opened(picture)
        reads = read_plates(image, self._finder, self._recogniser, self._home)
        return [enlarged(read, scale) for read in reads]

    def read_image(self, image: Image) -> list[PlateRead]:
        """Return the plates of a decoded picture (BGR)."""
        image, scale = handy(image)
        reads = read_plates(image, self._finder, self._recogniser, self._home)
        return [enlarged(read, scale) for read in reads]

    def annotated(self, picture: bytes, reads: Sequence[PlateRead]) -> bytes:
        """Return the picture as JPEG with ``reads`` drawn into it; ``NoPicture`` for what cannot be opened."""
        return annotated(opened(picture), reads)

    def passages(self, *, at_once: bool = False) -> Passages:
        """Return what votes over the frames of one camera; see ``ReadsPlates`` for ``at_once``."""
        return EarlyPassages() if at_once else Passages()
