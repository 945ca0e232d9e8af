"""Voting over the frames of a passage: one answer, no surer than its best frame, doubted where frames contradict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Direction, PlateKind, PlateRead
from drivers.plates.passage import GAP_US, LONGEST_US, MOST, Frame, Passages, apart, vote

FRAME_US = 100_000


def read(text: str, confidence: float = 0.95, width: float = 150, x: float = 300, y: float = 300) -> PlateRead:
    """Return a read of a plate so wide, its upper left corner at x, y."""
    height = width / 3.14
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return PlateRead(text, confidence, PlateKind.blue, corners)


def test_a_passage_is_told_once_when_it_is_over() -> None:
    passages = Passages()
    for number in range(10):
        assert passages.see(number * FRAME_US, [read("浙F8K2Y7", 0.9 + number / 200)], f"frame-{number}") == []
    assert passages.until(9 * FRAME_US + GAP_US) == []
    (passage,) = passages.until(9 * FRAME_US + GAP_US + 1)
    assert passage.read.text == "浙F8K2Y7"
    assert passage.read.confidence == 0.945
    assert (passage.began, passage.ended, passage.frames) == (0, 9 * FRAME_US, 10)
    assert passage.picture == "frame-9"
    assert passages.until(10**9) == []


def test_a_misread_frame_is_outvoted_and_named() -> None:
    passages = Passages()
    for number, text in enumerate(["浙F8K2Y7", "浙F8K2V7", "浙F8K2Y7", "浙F8K2Y7"]):
        passages.see(number * FRAME_US, [read(text)])
    (passage,) = passages.until(10**9)
    assert passage.read.text == "浙F8K2Y7"
    assert passage.read.others[0][0] == "浙F8K2V7"
    assert passage.read.confidence == pytest.approx(0.95 * 0.75, abs=1e-3)


def test_a_blurred_read_from_afar_weighs_little() -> None:
    passages = Passages()
    for number, (text, width) in enumerate([("浙F8K2V7", 60), ("浙F8K2Y7", 120), ("浙F8K2Y7", 240)]):
        passages.see(number * FRAME_US, [read(text, 0.95, width)])
    (passage,) = passages.until(10**9)
    assert passage.read.text == "浙F8K2Y7"
    assert passage.read.confidence > 0.9


@pytest.mark.parametrize(
    ("widths", "direction"),
    [
        ([100, 130, 180], Direction.approaching),
        ([180, 130, 100], Direction.leaving),
        ([150, 155, 152], Direction.unknown),
    ],
)
def test_the_direction_is_how_the_plate_grew(widths: list[float], direction: Direction) -> None:
    passages = Passages()
    for number, width in enumerate(widths):
        passages.see(number * FRAME_US, [read("浙F8K2Y7", width=width)])
    assert passages.until(10**9)[0].direction is direction


def test_two_vehicles_side_by_side_are_two_passages() -> None:
    passages = Passages()
    for number in range(5):
        passages.see(number * FRAME_US, [read("浙F8K2Y7", x=100), read("苏E12345", x=700)])
    assert {passage.read.text for passage in passages.until(10**9)} == {"浙F8K2Y7", "苏E12345"}


def test_the_next_vehicle_in_the_same_place_is_another_passage() -> None:
    passages = Passages()
    passages.see(0, [read("浙F8K2Y7")])
    passages.see(GAP_US, [read("苏E12345")])
    assert {passage.read.text for passage in passages.until(10**9)} == {"浙F8K2Y7", "苏E12345"}


def test_a_plate_read_wholly_otherwise_a_moment_later_in_its_place_is_the_same_vehicle() -> None:
    passages = Passages()
    for number, text in enumerate(["浙F8K2Y7", "浙F8K2Y7", "苏E12345", "浙F8K2Y7"]):
        passages.see(number * FRAME_US, [read(text, x=300 + number * 10)])
    (passage,) = passages.until(10**9)
    assert (passage.read.text, passage.frames) == ("浙F8K2Y7", 4)


def test_a_vehicle_that_waits_is_told_in_time_and_not_again() -> None:
    passages = Passages()
    told = [passages.see(at, [read("浙F8K2Y7")]) for at in range(0, 3 * LONGEST_US, FRAME_US)]
    assert [index * FRAME_US for index, each in enumerate(told) if each] == [LONGEST_US]
    assert passages.until(10**12) == []


def test_a_crowd_is_bounded_and_nobody_is_lost() -> None:
    passages = Passages()
    texts = [f"浙F{first}{second}{first}{second}0" for first in range(1, 10) for second in range(1, 4)]
    reads = [read(text, x=400 * index) for index, text in enumerate(texts)]
    early = passages.see(0, reads)
    late = passages.until(10**9)
    assert len(late) == MOST
    assert len(early) + len(late) == len(reads)


@given(st.lists(st.tuples(st.sampled_from(["浙F8K2Y7", "浙F8K2V7", "浙F8X2Y7"]), st.floats(0.5, 1.0)), min_size=1))
def test_a_vote_is_never_surer_than_its_best_frame(seen: list[tuple[str, float]]) -> None:
    frames = [Frame(number, read(text, confidence), "") for number, (text, confidence) in enumerate(seen)]
    voted = vote(frames)
    best = max(frame.read.confidence for frame in frames if frame.read.text == voted.read.text)
    assert voted.read.confidence <= best + 1e-4
    assert voted.read.text in dict(seen)


def test_how_far_two_plates_are_apart() -> None:
    assert apart("浙F12345", "浙F12345") == 0
    assert apart("浙F12345", "浙F1234") == 1
    assert apart("浙F12345", "浙FD12345") == 1
    assert apart("", "浙F") == 2
