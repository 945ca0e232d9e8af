"""Turns on a bus: merged when due together, fair when the bus is slow, never piling up."""

from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.schedule import PollSchedule


def _plan(device: str, **periods: float) -> DevicePlan:
    points = tuple(PointPlan(key, "float", "", (), period, on_change=False) for key, period in periods.items())
    return DevicePlan(device, "bus", points)


def test_the_first_turn_asks_for_everything() -> None:
    schedule = PollSchedule([_plan("a", fast=1.0, slow=10.0)], now=5.0)
    assert schedule.next_due() == 5.0
    assert schedule.take().keys(5.0) is None


def test_points_of_different_periods_are_read_together_when_due_together() -> None:
    schedule = PollSchedule([_plan("a", fast=1.0, slow=2.0)], now=0.0)
    asked = []
    for second in range(5):
        turn = schedule.take()
        asked.append(turn.keys(float(second)))
        schedule.done(turn, float(second), second + 0.01)
    assert asked == [None, ("fast",), None, ("fast",), None]


def test_a_slow_bus_skips_slots_and_serves_everyone_in_turn() -> None:
    schedule = PollSchedule([_plan(name, p=1.0) for name in "abc"], now=0.0)
    now, served = 0.0, []
    for _ in range(9):
        turn = schedule.take()
        served.append(turn.device)
        asked, now = now, now + 0.9
        schedule.done(turn, asked, now)
    assert sorted(served) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    assert schedule.missed > 0
    assert schedule.next_due() > now - 3.0


def test_a_postponed_device_asks_for_everything_when_it_comes_back() -> None:
    schedule = PollSchedule([_plan("a", fast=1.0, slow=60.0)], now=0.0)
    turn = schedule.take()
    schedule.postpone(turn, 30.0)
    assert schedule.next_due() == 30.0
    assert schedule.take().keys(30.0) is None


def test_no_devices_is_no_schedule() -> None:
    assert not PollSchedule([], now=0.0)
