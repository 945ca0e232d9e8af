"""A device's pace is learned, and nobody is out of reach who only keeps to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ble.freshness import LEARNED_FROM, SHORTEST_S, UNKNOWN_S, WOBBLE_S, Freshness


def _paced(*gaps: float) -> tuple[Freshness, float]:
    fresh, now = Freshness(), 100.0
    fresh.heard(now)
    for gap in gaps:
        now += gap
        fresh.heard(now)
    return fresh, now


def test_what_was_never_heard_is_not_stale() -> None:
    fresh = Freshness()
    assert not fresh.is_stale(1e9)
    assert fresh.usual_s is None


def test_until_the_pace_is_known_it_may_be_silent_as_long_as_the_stack_remembers() -> None:
    fresh, now = _paced(*[1.0] * (LEARNED_FROM - 1))
    assert fresh.usual_s is None
    assert not fresh.is_stale(now + UNKNOWN_S)
    assert fresh.is_stale(now + UNKNOWN_S + 0.1)


@pytest.mark.parametrize(("gap", "allowed"), [(1.0, SHORTEST_S), (58.0, 58.0 + WOBBLE_S), (150.0, 150.0 + WOBBLE_S)])
def test_then_its_longest_gap_counts(gap: float, allowed: float) -> None:
    fresh, now = _paced(*[gap] * LEARNED_FROM)
    assert fresh.allowed_s() == pytest.approx(allowed)
    assert not fresh.is_stale(now + allowed)
    assert fresh.is_stale(now + allowed + 0.1)


def test_a_burst_does_not_make_a_slow_device_fast() -> None:
    fresh, now = _paced(*[120.0] * LEARNED_FROM, *[0.2] * 100)
    assert not fresh.is_stale(now + 121)


def test_what_is_slow_no_more_for_two_hours_is_not_waited_for_that_long() -> None:
    fresh, now = _paced(*[120.0] * LEARNED_FROM, *[2.0] * 3700)
    assert fresh.usual_s == 2.0
    assert fresh.is_stale(now + SHORTEST_S + 1)


def test_an_absence_is_no_part_of_the_pace() -> None:
    fresh, now = _paced(*[2.0] * LEARNED_FROM, 5000.0, 2.0)
    assert fresh.usual_s == 2.0
    assert fresh.is_stale(now + SHORTEST_S + 1)


def test_one_breath_on_three_channels_is_one_advertisement() -> None:
    fresh, _ = _paced(*[0.01, 0.01, 0.98] * (LEARNED_FROM - 1))
    assert fresh.usual_s is None
    fresh.heard(fresh.last + 1.0 if fresh.last is not None else 0.0)
    assert fresh.usual_s == pytest.approx(1.0)


def test_a_device_that_is_connected_is_there() -> None:
    fresh, now = _paced(*[1.0] * LEARNED_FROM)
    fresh.touched(now + 500)
    assert not fresh.is_stale(now + 505)
    assert fresh.usual_s == 1.0


@given(st.floats(0.1, 180.0), st.lists(st.floats(0.0, WOBBLE_S), min_size=20, max_size=60))
def test_who_keeps_to_a_pace_is_never_stale(pace: float, late: list[float]) -> None:
    fresh, now = Freshness(), 0.0
    for wobble in late:
        assert not fresh.is_stale(now)
        fresh.heard(now)
        now += pace + wobble
    assert not fresh.is_stale(now - WOBBLE_S)
