"""The load of a line, held against figures worked out by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Cost
from edge_agent.line_load import CostOf, LineLoad, line_load
from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.schedule import PollSchedule


def _plan(device: str, **periods: float) -> DevicePlan:
    points = tuple(PointPlan(key, "float", "", (), period, on_change=False) for key, period in periods.items())
    return DevicePlan(device, "line", points)


def _each(busy_s: float) -> CostOf:
    """Return costs where each point asked for is one request that keeps the line busy for so long."""

    def costs(device: str, points: tuple[str, ...] | None) -> Sequence[Cost]:
        return [Cost(8, 9, 0.0, 0.0, busy_s)] * (2 if points is None else len(points))

    return costs


def _one(busy_s: float) -> CostOf:
    """Return costs where every poll is one request."""
    return lambda device, points: [Cost(8, 9, 0.0, 0.0, busy_s)]


def _load(plans: list[DevicePlan], costs: CostOf) -> LineLoad:
    return line_load("line", plans, costs)


def test_one_device_at_9600_8n1_each_second() -> None:
    load = _load([_plan("a", p=1.0)], _one(0.04171875))
    assert load.load == pytest.approx(0.04171875)
    assert load.requests_per_s == pytest.approx(1.0)
    (group,) = load.groups
    assert (group.requests, group.sent, group.answered, group.points) == (1, 8, 9, 1)
    assert group.worst_s == pytest.approx(1.04171875)
    assert load.fits


def test_shares_add_up_and_everybody_can_stand_in_the_queue() -> None:
    load = _load([_plan("door", p=0.2), _plan("meter", p=1.0), _plan("bin", p=2.0)], _one(0.04))
    assert load.shares == pytest.approx({"door": 0.2, "meter": 0.04, "bin": 0.02})
    assert load.load == pytest.approx(0.26)
    assert load.requests_per_s == pytest.approx(6.5)
    assert load.queue_s == pytest.approx(0.12)
    assert [group.worst_s for group in load.groups] == pytest.approx([0.32, 1.12, 2.12])


def test_what_is_due_together_is_asked_together() -> None:
    # One request serves both where both are due: 10 in 10 s, not 11.
    load = _load([_plan("a", fast=1.0, slow=10.0)], _one(0.1))
    assert load.requests_per_s == pytest.approx(1.0)
    assert load.load == pytest.approx(0.1)
    # Where they are in two tables both are asked for: 9 times one, once two.
    assert _load([_plan("a", fast=1.0, slow=10.0)], _each(0.1)).load == pytest.approx(0.11)


def test_a_door_may_be_asked_for_its_lock_when_it_opens() -> None:
    # Its period, 0.1 s for its own turn and for the meter's, 0.1 s for the lock that is in hand, and 0.05 s because the
    # contact was read along with the lock, that much before it was due.
    load = _load([_plan("door", contact=0.5, lock=1.0), _plan("meter", p=10.0)], _one(0.1))
    assert load.groups[0].worst_s == pytest.approx(0.5 + 0.1 + 0.1 + 0.1 + 0.05)


def test_a_device_without_points_is_asked_for_a_sign_of_life() -> None:
    load = _load([_plan("gate")], _one(0.05))
    assert load.load == pytest.approx(0.01)
    assert [group.period_s for group in load.groups] == [5.0]


def test_a_period_shorter_than_its_own_poll_comes_out_as_the_next_slot_that_is_free() -> None:
    load = _load([_plan("a", p=0.05)], _one(0.08))
    assert load.load == pytest.approx(1.6)
    assert [group.real_s for group in load.groups] == pytest.approx([0.1])
    assert not load.fits


def test_on_a_line_that_is_asked_too_much_everybody_gets_a_turn() -> None:
    # Three devices want 0.6 s each of every second; a round takes 1.8 s, so of their slots each second one passes.
    load = _load([_plan(name, p=1.0) for name in "abc"], _one(0.6))
    assert load.load == pytest.approx(1.8)
    assert [group.real_s for group in load.groups] == pytest.approx([1.8] * 3, rel=0.12)
    assert [group.worst_s for group in load.groups] == pytest.approx([1.0 + 1.8 + 0.6] * 3)


def test_a_slow_device_keeps_its_period_where_only_the_fast_ones_are_too_many() -> None:
    load = _load([_plan("door", p=0.1), _plan("gate", p=0.1), _plan("meter", p=10.0)], _one(0.07))
    late = {group.device: group.late for group in load.groups}
    assert late == {"door": True, "gate": True, "meter": False}


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.5, 1.0, 3.0]), st.sampled_from([0.5, 1.0, 7.0]), st.floats(0.01, 0.3)),
        min_size=1,
        max_size=5,
    )
)
def test_no_change_ever_stays_unknown_for_longer_than_is_said(line: list[tuple[float, float, float]]) -> None:
    plans = [_plan(str(number), fast=fast, slow=slow) for number, (fast, slow, _) in enumerate(line)]
    busy = {str(number): busy_s for number, (_, _, busy_s) in enumerate(line)}
    load = _load(plans, lambda device, points: [Cost(8, 9, 0.0, 0.0, busy[device])])
    said = {(group.device, group.period_s): group.worst_s for group in load.groups}
    schedule, now = PollSchedule(plans, 0.0), 0.0
    asked_last: dict[tuple[str, float], float] = {}
    for _ in range(300):
        now = max(now, schedule.next_due())
        asked, turn = now, schedule.take()
        now += busy[turn.device]
        mask = schedule.done(turn, asked, now)
        for bit, group in enumerate(turn.groups):
            if mask >> bit & 1:
                key = turn.device, group.period_s
                # A change right after the last reading is known when this one is there.
                assert now - asked_last.get(key, asked) <= said[key] + 1e-6
                asked_last[key] = asked


def test_a_line_without_devices_rests() -> None:
    assert _load([], _one(1.0)) == LineLoad("line", 0.0, 0.0, 0.0, {}, ())
