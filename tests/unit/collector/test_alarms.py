"""The states of an alert: every way through the machine, and changes that come late or twice."""

import pytest

from collector.alarms.machine import AlreadyAcknowledged, State, acknowledge, alert_id, apply
from collector.store.records import AlertRow
from wire.alert import AlertChange, AlertState, Level


def change(state: AlertState, at: int, level: Level = Level.YELLOW, *, latched: bool = False) -> AlertChange:
    return AlertChange("a-1", "door_held_open", "door-1", state, level, at, since=at - 5, latched=latched)


def after(*changes: AlertChange, row: AlertRow | None = None) -> AlertRow:
    for item in changes:
        row = apply(row, item, gateway="g-1", received_at=99)
    assert row is not None
    return row


def ack(row: AlertRow) -> AlertRow:
    return acknowledge(row, who="duty", note="seen", now=50)


RAISED = change(AlertState.RAISED, 10)
CLEARED = change(AlertState.CLEARED, 20)


def test_raised_is_unacknowledged() -> None:
    row = after(RAISED)
    assert (row.state, row.raised_at, row.since, row.cleared_at) == (State.UNACKNOWLEDGED, 10, 5, None)


def test_acknowledged_then_cleared_is_closed() -> None:
    row = after(CLEARED, row=ack(after(RAISED)))
    assert (row.state, row.cleared_at, row.acknowledged_by, row.note) == (State.CLOSED, 20, "duty", "seen")


def test_cleared_then_acknowledged_is_closed() -> None:
    row = after(RAISED, CLEARED)
    assert row.state == State.RETURNED
    assert ack(row).state == State.CLOSED


def test_latched_stays_open_until_a_person_resets_it_after_clearing() -> None:
    row = ack(after(change(AlertState.RAISED, 10, latched=True)))
    row = after(CLEARED, row=row)
    assert row.state == State.RETURNED
    assert ack(row).state == State.CLOSED


def test_worse_wants_to_be_acknowledged_again_and_milder_does_not() -> None:
    row = ack(after(RAISED))
    milder = after(change(AlertState.CHANGED, 12, Level.BLUE), row=row)
    assert (milder.state, milder.level) == (State.ACKNOWLEDGED, "blue")
    worse = after(change(AlertState.CHANGED, 13, Level.RED), row=milder)
    assert (worse.state, worse.level) == (State.UNACKNOWLEDGED, "red")


@pytest.mark.parametrize("state", [State.ACKNOWLEDGED, State.CLOSED])
def test_nothing_to_acknowledge(state: State) -> None:
    row = ack(after(RAISED))
    row = after(CLEARED, row=row) if state is State.CLOSED else row
    with pytest.raises(AlreadyAcknowledged):
        ack(row)


def test_a_change_twice_or_late_does_no_harm() -> None:
    row = after(RAISED, RAISED, CLEARED, CLEARED, change(AlertState.CHANGED, 15, Level.RED))
    assert (row.state, row.level, row.cleared_at, row.raised_at) == (State.RETURNED, "yellow", 20, 10)


def test_cleared_before_raised_ends_the_same() -> None:
    row = after(CLEARED, RAISED)
    assert (row.state, row.raised_at, row.cleared_at) == (State.RETURNED, 10, 20)


def test_two_gateways_may_use_the_same_id() -> None:
    assert alert_id("g-1", "a-1") != alert_id("g-2", "a-1")
    assert alert_id("g-1", "a-1") == alert_id("g-1", "a-1")
