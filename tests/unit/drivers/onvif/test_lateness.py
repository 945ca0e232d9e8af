"""How late a message is, by its fellows: a wrong clock is no lateness, a clock that was set is soon known."""

import pytest

from drivers.onvif.events.moments import Belief, Moment
from drivers.onvif.lateness import FORGOTTEN_S, Lateness


def late(lateness: Lateness, offset_s: float | None, now: float, belief: Belief = Belief.NEAR) -> float:
    return lateness.of(Moment(None, belief, offset_s), now)


@pytest.mark.parametrize("wrong_s", [0.0, -3600.0, 28_800.0])
def test_what_is_behind_the_most_punctual_is_late(wrong_s: float) -> None:
    lateness = Lateness()
    assert late(lateness, wrong_s - 1, 0) == 0
    assert late(lateness, wrong_s, 10) == 0
    assert late(lateness, wrong_s - 4, 20) == 0
    assert late(lateness, wrong_s - 300, 30) == 300


def test_a_clock_that_was_set_back_is_known_in_time() -> None:
    lateness = Lateness()
    late(lateness, 0, 0)
    assert late(lateness, -3600, FORGOTTEN_S - 1) == 3600
    assert late(lateness, -3600, FORGOTTEN_S) == 0
    assert late(lateness, -3601, FORGOTTEN_S + 1) == 0


def test_who_does_not_say_when_or_has_no_time_is_taken_at_his_word() -> None:
    lateness = Lateness()
    late(lateness, 0, 0)
    assert late(lateness, None, 1, Belief.UNSAID) == 0
    assert late(lateness, -1e9, 2, Belief.IMPOSSIBLE) == 0
