"""The states of an alert: every way through the machine, and that the order in which changes arrive does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.alarms.machine import (
    SHELF_LIMIT_US,
    DeedRefused,
    State,
    alert_id,
    born,
    check,
    ineffective,
    settle,
    told_by_gateway,
)
from collector.alarms.story import What
from collector.store.alarm_records import AlertRow, ChangeRow
from wire.alert import AlertChange, AlertState, Level

HOUR = 3_600_000_000
LATER = 40 * HOUR
BORN = born(AlertChange("a-1", "door_held_open", "door-1", AlertState.RAISED, Level.YELLOW, 10, 5), "g-1", 99)


def told(state: AlertState, at: int, level: Level = Level.YELLOW, *, latched: bool = False, who: str = "") -> ChangeRow:
    change = AlertChange("a-1", "door_held_open", "door-1", state, level, at, since=at - 5, latched=latched, who=who)
    return told_by_gateway(change, "g-1", 99)


def did(what: What, at: int, who: str = "duty", *, until: int = 0, note: str = "seen") -> ChangeRow:
    return ChangeRow(at, str(what), "yellow", who, note, "console", until, received_at=99)


def after(*changes: ChangeRow, now: int = LATER) -> AlertRow:
    return settle(BORN, changes, now)


RAISED = told(AlertState.RAISED, 10)
WORSE = told(AlertState.CHANGED, 13, Level.RED)
CLEARED = told(AlertState.CLEARED, 20)
ACK = did(What.ACKNOWLEDGED, 12)
LATCHED = told(AlertState.RAISED, 10, latched=True)
SHELVED = did(What.SHELVED, 15, until=HOUR, note="维修")


def test_raised_is_unacknowledged() -> None:
    row = after(RAISED)
    assert (row.state, row.raised_at, row.since, row.cleared_at) == (State.UNACKNOWLEDGED, 10, 5, None)


def test_acknowledged_then_cleared_is_closed() -> None:
    row = after(RAISED, ACK, CLEARED)
    assert (row.state, row.cleared_at, row.acknowledged_by, row.note) == (State.CLOSED, 20, "duty", "seen")


def test_cleared_then_acknowledged_is_closed() -> None:
    assert after(RAISED, CLEARED).state == State.RETURNED
    assert after(RAISED, CLEARED, did(What.ACKNOWLEDGED, 30)).state == State.CLOSED


def test_latched_stays_open_until_a_person_resets_it() -> None:
    assert after(LATCHED, ACK, CLEARED).state == State.LATCHED
    assert after(LATCHED, CLEARED).state == State.RETURNED
    assert after(LATCHED, CLEARED, did(What.ACKNOWLEDGED, 30)).state == State.LATCHED
    row = after(LATCHED, CLEARED, did(What.RESET, 31, "boss"))
    assert (row.state, row.reset_by, row.acknowledged_by) == (State.CLOSED, "boss", "boss")


def test_a_reset_of_what_still_stands_is_none() -> None:
    early = did(What.RESET, 15)
    assert after(LATCHED, ACK, early, CLEARED).state == State.LATCHED
    assert ineffective([LATCHED, ACK, early, CLEARED], LATER) == [early]


def test_worse_wants_to_be_acknowledged_again_and_milder_does_not() -> None:
    milder = after(RAISED, ACK, told(AlertState.CHANGED, 13, Level.BLUE))
    assert (milder.state, milder.level) == (State.ACKNOWLEDGED, "blue")
    worse = after(RAISED, ACK, WORSE)
    assert (worse.state, worse.level, worse.acknowledged_by, worse.first_ack_at) == ("unacknowledged", "red", "", 12)


def test_the_first_acknowledgement_by_its_own_time_counts_and_the_other_is_kept_beside() -> None:
    guard = told(AlertState.ACKNOWLEDGED, 11, who="guard")
    for order in ([RAISED, ACK, guard], [guard, ACK, RAISED]):
        assert after(*order).acknowledged_by == "guard"
        assert ineffective(order, LATER) == [ACK]


def test_shelved_comes_back_as_new_where_it_stands_and_as_normal_where_it_is_over() -> None:
    row = after(RAISED, ACK, SHELVED, now=HOUR - 1)
    assert (row.state, row.aside_until, row.aside_by, row.aside_note) == (State.SHELVED, HOUR, "duty", "维修")
    assert after(RAISED, ACK, SHELVED, CLEARED, now=HOUR - 1).state == State.SHELVED
    back = after(RAISED, ACK, SHELVED, now=HOUR)
    assert (back.state, back.waiting_since, back.aside_until) == (State.UNACKNOWLEDGED, HOUR, None)
    assert after(RAISED, SHELVED, CLEARED, now=HOUR).state == State.CLOSED
    noted = replace(did(What.UNSHELVED, HOUR, ""), source="collector")
    assert after(RAISED, ACK, SHELVED, noted, now=HOUR) == replace(back, changed_at=HOUR)
    assert ineffective([RAISED, ACK, SHELVED, noted], HOUR) == []
    assert after(RAISED, SHELVED, did(What.UNSHELVED, 17), now=18).state == State.UNACKNOWLEDGED


def test_nothing_is_shelved_for_more_than_eight_hours() -> None:
    long = did(What.SHELVED, 15, until=99 * HOUR)
    assert after(RAISED, long, now=15 + SHELF_LIMIT_US - 1).aside_until == 15 + SHELF_LIMIT_US
    assert after(RAISED, long, now=15 + SHELF_LIMIT_US).state == State.UNACKNOWLEDGED


def test_who_shelved_the_milder_did_not_shelve_the_worse() -> None:
    row = after(RAISED, SHELVED, told(AlertState.CHANGED, 16, Level.RED), now=17)
    assert (row.state, row.level) == (State.UNACKNOWLEDGED, "red")


def test_suppressed_comes_back_as_it_was_and_what_ended_meanwhile_is_over() -> None:
    hidden = did(What.SUPPRESSED, 15, "", note="gateway_offline")
    again = did(What.UNSUPPRESSED, 25, "", note="gateway_offline")
    assert after(RAISED, hidden).state == State.SUPPRESSED
    assert after(RAISED, hidden, again).state == State.UNACKNOWLEDGED
    assert after(RAISED, ACK, hidden, again).state == State.ACKNOWLEDGED
    assert after(RAISED, hidden, CLEARED, again).state == State.CLOSED
    assert after(LATCHED, hidden, CLEARED, again).state == State.LATCHED
    other = did(What.SUPPRESSED, 16, note="维护")
    assert after(RAISED, hidden, other, again).aside_note == "维护"


def test_out_of_service_lasts_until_put_back() -> None:
    out, back = did(What.OUT_OF_SERVICE, 15, note="更换探头"), did(What.IN_SERVICE, 16)
    row = after(RAISED, SHELVED, out, now=17)
    assert (row.state, row.aside_note, row.aside_until) == (State.OUT_OF_SERVICE, "更换探头", None)
    assert after(RAISED, out, back, now=17).state == State.UNACKNOWLEDGED


def test_a_step_counts_only_while_nobody_took_note() -> None:
    step = did(What.ESCALATED, 14, "", note="1")
    assert (after(RAISED, step).escalation, after(RAISED, step).escalated_at) == (1, 14)
    assert after(RAISED, step, ACK).escalation == 0
    assert after(RAISED, step, WORSE, now=15).escalation == 1
    assert after(RAISED, step, told(AlertState.CHANGED, 15, Level.RED)).escalation == 0


def test_the_last_word_on_what_it_was_counts() -> None:
    ack = replace(ACK, disposition="real")
    assert after(RAISED, ack, CLEARED).disposition == "real"
    assert after(RAISED, ack, CLEARED, replace(did(What.DISPOSED, 30), disposition="false")).disposition == "false"


@pytest.mark.parametrize(
    ("changes", "what", "word"),
    [
        ((RAISED, ACK), What.ACKNOWLEDGED, "already_acknowledged"),
        ((RAISED, ACK, CLEARED), What.ACKNOWLEDGED, "already_acknowledged"),
        ((RAISED, replace(SHELVED, until=LATER)), What.ACKNOWLEDGED, ""),
        ((RAISED, did(What.OUT_OF_SERVICE, 15)), What.ACKNOWLEDGED, "set_aside"),
        ((RAISED, ACK, CLEARED), What.SHELVED, "not_open"),
        ((RAISED,), What.UNSHELVED, "not_shelved"),
        ((LATCHED,), What.RESET, "still_standing"),
        ((RAISED, CLEARED), What.RESET, "not_latched"),
        ((LATCHED, CLEARED), What.RESET, ""),
    ],
)
def test_what_a_person_may_do(changes: tuple[ChangeRow, ...], what: What, word: str) -> None:
    row = after(*changes)
    if not word:
        check(row, what)
        return
    with pytest.raises(DeedRefused) as refused:
        check(row, what)
    assert refused.value.word == word


def test_two_gateways_may_use_the_same_id() -> None:
    assert alert_id("g-1", "a-1") != alert_id("g-2", "a-1")
    assert alert_id("g-1", "a-1") == alert_id("g-1", "a-1")


ANY_CHANGE = st.builds(
    ChangeRow,
    at=st.integers(10, 60),
    what=st.sampled_from([str(what) for what in What]),
    level=st.sampled_from([str(level) for level in Level]),
    who=st.sampled_from(["", "duty", "guard"]),
    note=st.sampled_from(["", "gateway_offline", "works"]),
    until=st.integers(0, 80),
    disposition=st.sampled_from(["", "real", "false"]),
    latched=st.booleans(),
    text=st.sampled_from([{}, {"zh": "门未关"}]),
)


@given(
    st.lists(ANY_CHANGE, min_size=1, max_size=12, unique_by=lambda one: (one.at, one.what, one.who)),
    st.randoms(use_true_random=False),
    st.integers(0, 100),
)
def test_any_order_of_arrival_ends_the_same(changes: list[ChangeRow], chance: object, now: int) -> None:
    mixed = list(changes)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert settle(BORN, mixed, now) == settle(BORN, changes, now)
    assert ineffective(mixed, now) == ineffective(changes, now)


@given(st.lists(ANY_CHANGE, min_size=1, max_size=12, unique_by=lambda one: (one.at, one.what, one.who)))
def test_what_is_closed_is_over_and_what_is_open_says_why(changes: list[ChangeRow]) -> None:
    row = after(*changes)
    assert row.state != State.SHELVED, "every shelf has ended by then"
    if row.state == State.CLOSED:
        assert row.cleared_at is not None
        assert not row.latched or row.reset_at is not None
    if row.state == State.ACKNOWLEDGED:
        assert row.acknowledged_at is not None
