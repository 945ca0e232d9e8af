"""A small plate is sought again in a close-up, and what is seen there counts with what was seen before."""

from collections.abc import Sequence

import numpy as np
import pytest

from drivers.api import OPENING, PlateRead
from drivers.plates.closeup import nearer, small
from drivers.plates.locate import Floats, Found, Image
from drivers.plates.read import read_plates
from tests.unit.drivers.plates.test_read import Says, square

PICTURE = np.zeros((720, 1280, 3), np.uint8)
"""Searched at three quarters of its size."""


class Twice:
    """Finds one thing in the whole picture and another in a close-up (``Locates``)."""

    def __init__(self, first: Found, close: Sequence[Found]) -> None:
        """Take what is found in either."""
        self.first, self.close, self.views = first, list(close), 0

    def find(self, image: Image) -> list[Found]:
        if image.shape == PICTURE.shape:
            return [self.first]
        self.views += 1
        return self.close


def middle(width: float, aside: float = 0.0, score: float = 0.9) -> Found:
    """Return a plate in the middle of a close-up of 384 x 256, or so far beside it."""
    x, y = 192 + aside, 128.0
    half, high = width / 2, width / 6
    corners = [[x - half, y - high], [x + half, y - high], [x + half, y + high], [x - half, y + high]]
    return Found(np.array(corners, np.float32), score)


def corners_of(found: Found) -> Floats:
    again = nearer(PICTURE, found, Twice(found, [middle(140)]))
    assert again is not None
    return again.corners


def test_what_a_close_up_shows_is_told_in_pixels_of_the_picture() -> None:
    found = square(400, 64)
    corners = corners_of(found)
    assert corners.mean(axis=0) == pytest.approx(found.corners.mean(axis=0), abs=0.1)
    assert corners[1][0] - corners[0][0] == pytest.approx(70, abs=0.1)


@pytest.mark.parametrize(
    "close",
    [[], [middle(140, score=0.3)], [middle(140, aside=60)], [middle(60)], [middle(300)]],
    ids=["nothing", "hardly seen", "beside it", "narrower", "wider"],
)
def test_another_thing_than_the_plate_is_not_taken_for_it(close: list[Found]) -> None:
    found = square(400, 64)
    assert nearer(PICTURE, found, Twice(found, close)) is None


def test_small_is_what_few_pixels_were_searched_for() -> None:
    assert small(PICTURE, square(50, 110))
    assert not small(PICTURE, square(50, 130))
    assert not small(np.zeros((360, 640, 3), np.uint8), square(50, 110))


def reads(found: Found, first: tuple[str, float], close: tuple[str, float]) -> tuple[list[PlateRead], int]:
    """Return what is read where the picture shows ``first``, in three looks, and the close-up ``close``."""
    finder = Twice(found, [middle(128)])
    return read_plates(PICTURE, finder, Says(first, first, first, close)), finder.views


def test_a_plate_that_only_the_close_up_shows_is_read_and_opens_nothing() -> None:
    (read,), _ = reads(square(400, 64), ("浙F8K2Y7", 0.5), ("浙F8K2Y7", 0.999))
    assert 0.8 < read.confidence < OPENING


def test_a_plate_read_surely_or_not_small_is_not_looked_at_again() -> None:
    assert reads(square(400, 64), ("浙F8K2Y7", 0.999), ("浙F8K2Y7", 0.999))[1] == 0
    assert reads(square(400, 200), ("浙F8K2Y7", 0.5), ("浙F8K2Y7", 0.999))[1] == 0


def test_a_close_up_that_contradicts_what_was_believed_leaves_neither() -> None:
    assert [read.text for read in reads(square(400, 64), ("浙F8K2Y7", 0.93), ("浙F8K2Y7", 0.93))[0]] == ["浙F8K2Y7"]
    assert reads(square(400, 64), ("浙F8K2Y7", 0.93), ("浙F8K2V7", 0.999))[0] == []
