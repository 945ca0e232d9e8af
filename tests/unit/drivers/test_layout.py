"""What may be read together, and how a device that refuses it teaches where to split, once."""

from collections.abc import Callable, Sequence

import pytest

from config.transport import Transport
from drivers.modbus.layout import ANSWERED, LOST, Layout, Span

HOLDING = 3


def spans(*firsts: int, width: int = 1, function: int = HOLDING) -> list[Span]:
    """Return points that begin at ``firsts``."""
    return [Span(function, first, first + width) for first in firsts]


def layout(**transport: object) -> Layout:
    """Return a layout of a device with these habits."""
    return Layout(Transport(buses=("modbus-rtu",), **transport))  # type: ignore[arg-type]


def asked(blocks: Sequence[Sequence[Span]]) -> list[tuple[int, int]]:
    """Return each request as its first and its last address."""
    return [(block[0].first, max(span.end for span in block) - 1) for block in blocks]


class Device:
    """Refuses what touches a bad address or is too long, and counts what it is asked."""

    def __init__(self, taught: Layout, code_for: Callable[[int, int], int]) -> None:
        self.layout, self.code_for = taught, code_for
        self.requests: list[list[tuple[int, int]]] = []

    def poll(self, points: Sequence[Span]) -> dict[Span, int]:
        """Do as the driver does: ask, learn, ask once more where that helps; return each point's outcome."""
        for _ in range(2):
            blocks = self.layout.blocks(points)
            self.requests.append(asked(blocks))
            outcomes = [(block, self.code_for(*ends)) for block, ends in zip(blocks, asked(blocks), strict=True)]
            if not self.layout.learn(outcomes):
                break
        return {span: code for block, code in outcomes for span in block}


def test_holes_of_the_profile_are_never_read_along() -> None:
    free, bound = layout(max_gap=10), layout(max_gap=10, holes={"holding_register": ((3, 4),)})
    assert asked(free.blocks(spans(0, 1, 6))) == [(0, 6)]
    assert asked(bound.blocks(spans(0, 1, 6))) == [(0, 1), (6, 6)]
    assert asked(bound.blocks(spans(0, 1, 6, function=4))) == [(0, 6)]


def test_one_request_for_each_value_where_the_device_wants_that() -> None:
    assert asked(layout(single_requests=True).blocks(spans(0, 1, 2))) == [(0, 0), (1, 1), (2, 2)]


def test_coils_from_zero() -> None:
    habit = layout(coils_from_zero=True)
    (coils,) = habit.blocks(spans(5, 6, function=1))
    assert habit.start_of(coils[0]) == 0
    assert habit.start_of(Span(2, 5, 6)) == 5


def test_a_refused_block_is_split_at_the_addresses_nobody_asked_for() -> None:
    device = Device(layout(max_gap=10), lambda first, last: 2 if first <= 4 <= last else ANSWERED)
    points = spans(0, 1, 6, 7, 12)
    assert set(device.poll(points).values()) == {ANSWERED}
    assert device.requests == [[(0, 12)], [(0, 1), (6, 7), (12, 12)]]
    device.poll(points)
    device.poll(spans(1, 6))
    assert device.requests[2:] == [[(0, 1), (6, 7), (12, 12)], [(1, 1), (6, 6)]]


def test_points_that_are_refused_on_their_own_are_left_alone_and_the_others_go_together() -> None:
    device = Device(layout(), lambda first, last: 2 if first <= 3 <= last or first <= 6 <= last else ANSWERED)
    points = spans(*range(9))
    outcome = device.poll(points)
    assert [span.first for span, code in outcome.items() if code] == [3, 6]
    device.poll(points)
    assert device.requests[-1] == [(0, 2), (3, 3), (4, 5), (6, 6), (7, 8)]


def test_a_block_whose_points_all_answer_alone_was_too_long() -> None:
    device = Device(layout(), lambda first, last: 2 if last - first >= 10 else ANSWERED)
    points = spans(*range(20))
    assert set(device.poll(points).values()) == {ANSWERED}
    device.poll(points)
    assert device.requests[-1] == [(0, 9), (10, 19)]


def test_a_trial_that_was_cut_short_decides_nothing() -> None:
    taught = layout()
    points = spans(0, 1, 2)
    assert taught.learn([(points, 2)])
    assert taught.on_trial
    assert not taught.learn([([points[0]], ANSWERED), ([points[1]], LOST), ([points[2]], LOST)])
    assert taught.on_trial
    assert asked(taught.blocks(points)) == [(0, 0), (1, 1), (2, 2)]


def test_an_illegal_value_halves_the_longest_request_until_it_fits() -> None:
    device = Device(layout(), lambda first, last: 3 if last - first >= 25 else ANSWERED)
    points = spans(*range(0, 100, 2), width=2)
    for _ in range(3):
        device.poll(points)
    assert device.requests[-1] == [(0, 23), (24, 47), (48, 71), (72, 95), (96, 99)]
    assert device.requests[-1] == device.requests[-2]


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6])
def test_a_single_point_that_is_refused_teaches_nothing(code: int) -> None:
    device = Device(layout(), lambda first, last: code)
    device.poll(spans(5))
    device.poll(spans(5))
    assert device.requests == [[(5, 5)], [(5, 5)]]


@pytest.mark.parametrize("code", [1, 4, 6, 10])
def test_other_exceptions_teach_nothing(code: int) -> None:
    device = Device(layout(max_gap=10), lambda first, last: code)
    device.poll(spans(0, 5))
    assert device.requests == [[(0, 5)]]


def test_what_is_learnt_is_told_once() -> None:
    told: list[str] = []
    taught = Layout(Transport(buses=("modbus-rtu",), max_gap=10), told.append)
    device = Device(taught, lambda first, last: 2 if first <= 4 <= last else 3 if last - first > 1 else ANSWERED)
    for _ in range(5):
        device.poll(spans(0, 1, 2, 3, 6, 7, 8))
    assert told == [
        "does not answer across holding_register 4..5",
        "answers at most 2 at once (refused holding_register 0..3)",
    ]
