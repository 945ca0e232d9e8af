"""Who goes first on a busy line: what is asked often does not wait behind all that is asked rarely, nor for ever."""

import itertools
from collections import Counter

from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.schedule import PollSchedule

_DOOR_S, _METER_S = 0.05, 0.2


def _plan(device: str, period_s: float) -> DevicePlan:
    return DevicePlan(device, "bus", (PointPlan("p", "float", "", (), period_s, on_change=False),))


def _played(door_period_s: float, until_s: float) -> list[tuple[float, str]]:
    """Return when whom was asked on a line of a door and five meters that are read every 10 s."""
    plans = [_plan("door", door_period_s), *(_plan(f"meter-{number}", 10.0) for number in range(5))]
    schedule, now, asked = PollSchedule(plans, 0.0), 0.0, []
    while (now := max(now, schedule.next_due())) < until_s:
        turn = schedule.take(now)
        asked.append((now, turn.device))
        began, now = now, now + (_DOOR_S if turn.device == "door" else _METER_S)
        schedule.done(turn, began, now)
    return asked


def test_a_door_waits_for_one_meter_at_most() -> None:
    doors = [at for at, device in _played(0.2, 30.0) if device == "door"]
    assert max(after - before for before, after in itertools.pairwise(doors)) < 0.2 + _METER_S + 1e-6


def test_meters_have_their_turn_on_a_line_that_doors_fill() -> None:
    asked = _played(0.01, 60.0)
    meters = Counter(device for _, device in asked if device != "door")
    assert all(count >= 5 for count in meters.values())
    assert len(meters) == 5


def test_equals_go_in_the_order_in_which_they_are_due() -> None:
    schedule = PollSchedule([_plan(name, 1.0) for name in "abc"], 0.0)
    assert [schedule.take(5.0).device for _ in "abc"] == ["a", "b", "c"]
