"""A gate's passages: told as soon as they are sure, in doubt later, and once."""

import pytest

from drivers.api import Direction, Passage
from drivers.plates.early import DIRECTION_US, DOUBTED_US, GAP_US, SAME_US, EarlyPassages
from tests.unit.drivers.plates.test_passage import FRAME_US, read

CAR = "浙F8K2Y7"


def drive(
    passages: EarlyPassages, since: int, widths: list[float], confidence: float = 0.95
) -> list[tuple[int, Passage]]:
    """Show one frame after the other, each with another picture; return what was told, and on which frame."""
    told = []
    for number, width in enumerate(widths):
        at = since + number * FRAME_US
        told += [(number, each) for each in passages.see(at, [read(CAR, confidence, width)], f"{since}-{number}")]
    return told


def test_a_car_that_comes_nearer_is_told_with_the_second_sure_frame() -> None:
    ((number, passage),) = drive(EarlyPassages(), 0, [100, 120, 140, 160])
    assert number == 1
    assert (passage.read.text, passage.direction) == (CAR, Direction.approaching)


def test_one_that_stands_is_told_a_moment_later_without_a_direction() -> None:
    ((number, passage),) = drive(EarlyPassages(), 0, [150] * 20)
    assert number * FRAME_US == DIRECTION_US
    assert passage.direction is Direction.unknown


def test_the_same_picture_again_makes_nothing_surer() -> None:
    passages = EarlyPassages()
    assert all(passages.see(number * FRAME_US, [read(CAR)], "one") == [] for number in range(20))


def test_a_car_of_one_frame_is_told_when_it_is_gone() -> None:
    passages = EarlyPassages()
    passages.see(0, [read(CAR)], "one")
    assert passages.until(GAP_US) == []
    assert [each.read.text for each in passages.until(GAP_US + 1)] == [CAR]


def test_what_stays_in_doubt_is_told_so_and_once_more_when_it_is_sure() -> None:
    passages = EarlyPassages()
    ((number, passage),) = drive(passages, 0, [100] * 35, confidence=0.7)
    assert number * FRAME_US == DOUBTED_US
    assert passage.read.confidence == pytest.approx(0.7)
    ((_, sure),) = drive(passages, 35 * FRAME_US, [200, 210, 220, 230], confidence=0.97)
    assert sure.read.confidence >= 0.9
    assert passages.until(10**12) == []


def test_the_same_plate_is_not_told_again_within_a_minute() -> None:
    passages = EarlyPassages()
    drive(passages, 0, [100, 120, 140])
    assert drive(passages, 20_000_000, [100, 120, 140]) == []
    assert passages.until(30_000_000) == []
    assert len(drive(passages, 21_000_000 + SAME_US, [100, 120, 140])) == 1


def test_the_next_of_a_fleet_is_told() -> None:
    passages = EarlyPassages()
    drive(passages, 0, [100, 120, 140])
    at = GAP_US + 10 * FRAME_US
    assert passages.see(at, [read("浙F8K2Y8", width=100)], "a") == []
    assert [each.read.text for each in passages.see(at + FRAME_US, [read("浙F8K2Y8", width=130)], "b")] == ["浙F8K2Y8"]
