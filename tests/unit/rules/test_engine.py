"""The engine on single stories: raise, hold, clear, latch, unknown, late readings."""

import pytest

from config.tokens import ExpressionError
from tests.unit.rules.making import OFFLINE, STALE, S, batch, brief, engine, rule
from wire.alert import AlertState, Level
from wire.reading import Batch


def test_an_alert_begins_and_ends_with_its_condition() -> None:
    rules = engine(rule("fill >= 80", name="full", level="orange", say={"zh": "{name} {fill}%"}), names={"d1": "1号桶"})
    assert rules.feed(batch(1, fill=79)) == []
    [raised] = rules.feed(batch(2, fill=82.5, other=1))
    assert (raised.alert, raised.rule, raised.device) == (f"g:full:d1:{2 * S:x}", "full", "d1")
    assert (raised.state, raised.level, raised.at, raised.since) == (AlertState.RAISED, Level.ORANGE, 2 * S, 2 * S)
    assert (raised.values, raised.text, raised.latched) == ({"fill": 82.5}, {"zh": "1号桶 82.5%"}, False)
    assert rules.feed(batch(3, fill=90)) == []
    [cleared] = rules.feed(batch(4, fill=10))
    assert (cleared.alert, cleared.state, cleared.at, cleared.since) == (raised.alert, AlertState.CLEARED, 4 * S, 2 * S)
    assert cleared.values == {"fill": 10}


def test_each_occurrence_has_its_own_id() -> None:
    rules = engine(rule("p == 1"))
    changes = [change for value in (1, 0, 1, 0) for change in rules.feed(batch(5, p=value))]
    assert [change.state.value for change in changes] == ["raised", "cleared", "raised", "cleared"]
    assert len({change.alert for change in changes}) == 2


def test_for_waits_and_dates_the_alert_when_the_period_ended() -> None:
    rules = engine(rule("door == open", for_s=60, clear="door == closed"))
    assert rules.feed(batch(10, door="open")) == []
    assert rules.next_due() == 70 * S
    assert rules.advance(69 * S) == []
    [raised] = rules.advance(75 * S)
    assert (raised.at, raised.since) == (70 * S, 10 * S)
    assert rules.next_due() is None
    assert rules.feed(batch(80, door="unknown")) == []
    assert brief(rules.feed(batch(90, door="closed"))) == [("cleared", 90)]


def test_a_condition_that_ends_in_time_raises_nothing() -> None:
    rules = engine(rule("door == open", for_s=60))
    rules.feed(batch(0, door="open"))
    rules.feed(batch(59, door="closed"))
    assert rules.next_due() is None
    assert rules.advance(100 * S) == []
    rules.feed(batch(100, door="open"))
    assert rules.next_due() == 160 * S


def test_readings_alone_also_end_a_period() -> None:
    rules = engine(rule("door == open", for_s=60))
    rules.feed(batch(0, door="open"))
    assert brief(rules.feed(batch(120, door="closed"))) == [("raised", 60), ("cleared", 120)]


def test_clear_has_its_own_condition_and_period() -> None:
    rules = engine(rule("t > 30", clear="t < 25", clear_for_s=10))
    rules.feed(batch(0, t=31))
    assert rules.feed(batch(1, t=28)) == []
    rules.feed(batch(2, t=24))
    rules.feed(batch(8, t=26))
    assert rules.advance(20 * S) == []
    rules.feed(batch(30, t=20))
    assert brief(rules.advance(40 * S)) == [("cleared", 40)]


def test_clear_for_without_clear_waits_for_the_condition_to_stay_away() -> None:
    rules = engine(rule("t > 30", clear_for_s=10))
    rules.feed(batch(0, t=31))
    rules.feed(batch(1, t=29))
    rules.feed(batch(5, t=31))
    rules.feed(batch(6, t=29))
    assert rules.advance(15 * S) == []
    assert brief(rules.advance(16 * S)) == [("cleared", 16)]


def test_where_both_conditions_hold_the_alert_stands() -> None:
    rules = engine(rule("t > 30", clear="t > 10"))
    assert brief(rules.feed(batch(0, t=40))) == [("raised", 0)]
    assert rules.feed(batch(1, t=41)) == []
    assert brief(rules.feed(batch(2, t=20))) == [("cleared", 2)]


def test_a_latched_alert_tells_its_end_and_its_next_beginning() -> None:
    rules = engine(rule("fire == true", latch=True))
    changes = [c for at, fire in enumerate((True, False, True)) for c in rules.feed(batch(at, fire=fire))]
    assert brief(changes) == [("raised", 0), ("cleared", 1), ("raised", 2)]
    assert all(change.latched for change in changes)


def test_unknown_neither_raises_nor_clears() -> None:
    rules = engine(rule("p > 5"))
    assert rules.feed(batch(0, quality=OFFLINE, p=None)) == []
    rules.feed(batch(1, p=9))
    assert rules.feed(batch(2, quality=STALE, p=9)) == []
    assert rules.feed(batch(3, quality=OFFLINE, p=None)) == []
    assert len(rules.open_alerts()) == 1
    assert brief(rules.feed(batch(4, p=1))) == [("cleared", 4)]


def test_an_unknown_condition_keeps_its_period_but_does_not_fire() -> None:
    rules = engine(rule("p > 5", for_s=10))
    rules.feed(batch(0, p=9))
    rules.feed(batch(5, quality=OFFLINE, p=None))
    assert rules.next_due() is None
    assert rules.advance(20 * S) == []
    [raised] = rules.feed(batch(30, p=9))
    assert (raised.at, raised.since) == (30 * S, 0)


def test_an_unknown_end_keeps_its_period_but_does_not_clear() -> None:
    rules = engine(rule("p > 5", clear_for_s=10))
    rules.feed(batch(0, p=9))
    rules.feed(batch(1, p=1))
    rules.feed(batch(2, quality=OFFLINE, p=None))
    assert rules.advance(60 * S) == []
    assert brief(rules.feed(batch(61, p=1))) == [("cleared", 61)]


def test_stale_raises_when_a_value_is_no_longer_had() -> None:
    rules = engine(rule("stale(p)", for_s=5, say={"en": "{name} {p}"}))
    assert rules.feed(batch(0, p=1)) == []
    rules.feed(batch(1, quality=STALE, p=1))
    [raised] = rules.advance(6 * S)
    assert (raised.values, raised.text) == ({"p": None}, {"en": "d1 —"})
    assert brief(rules.feed(batch(7, p=1))) == [("cleared", 7)]


def test_points_may_arrive_in_batches_of_their_own() -> None:
    rules = engine(rule("boom == open and loop == false"))
    assert rules.feed(batch(0, boom="open")) == []
    assert brief(rules.feed(batch(1, loop=False))) == [("raised", 1)]


def test_late_readings_change_nothing() -> None:
    rules = engine(rule("p > 5"))
    rules.feed(batch(10, p=9))
    assert rules.feed(batch(9, p=1)) == []
    assert rules.feed(batch(9.5, q=1)) == []
    assert brief(rules.feed(batch(10, p=1))) == [("cleared", 10)]


def test_rules_of_one_device_are_independent() -> None:
    rules = engine(rule("fill >= 80", name="full"), rule("fill >= 95", name="over", level="orange"))
    assert [c.rule for c in rules.feed(batch(0, fill=99))] == ["full", "over"]
    assert [c.rule for c in rules.feed(batch(1, fill=90))] == ["over"]
    assert [alert.rule for alert in rules.open_alerts()] == ["full"]


def test_unknown_devices_and_points_are_nobodys_business() -> None:
    rules = engine(rule("p > 5"))
    assert rules.feed(batch(0, "stranger", p=9)) == []
    assert rules.feed(batch(0, q=9)) == []
    assert engine().feed(batch(0, p=9)) == []
    assert engine().next_due() is None


def test_a_rule_without_a_sentence_still_says_something() -> None:
    [raised] = engine(rule("p > 5", name="r1"), names={"d1": "门"}).feed(batch(0, p=9))
    assert raised.text == {"zh": "门: r1", "en": "门: r1"}


def test_a_sentence_may_name_points_that_the_condition_does_not() -> None:
    rules = engine(rule("p > 5", say={"zh": "{q} {unheard}"}))
    rules.feed(batch(0, q=3))
    [raised] = rules.feed(batch(1, p=9))
    assert (raised.text, raised.values) == ({"zh": "3 —"}, {"p": 9})


def test_what_cannot_be_meant_is_refused_at_once() -> None:
    with pytest.raises(ExpressionError):
        engine(rule("p >"))
    with pytest.raises(ValueError, match="two rules 'r' watch device 'd1'"):
        engine(rule("p > 1"), rule("p > 2"))
    engine(rule("p > 1"), rule("p > 2", devices=("d2",)))


def test_periods_that_flap_leave_nothing_behind() -> None:
    rules = engine(rule("p > 5", for_s=3600))
    for second in range(2000):
        rules.feed(batch(second, p=9 * (second % 2)))
    assert len(rules._judging.timers) < 100
    assert rules.next_due() == (1999 + 3600) * S


def test_many_kinds_of_batches_cost_bounded_memory() -> None:
    rules = engine(rule("p > 5"))
    for index in range(500):
        rules.feed(Batch("d1", index * S, ("p", f"q{index}"), (1, 2)))
    assert brief(rules.feed(batch(501, p=9))) == [("raised", 501)]
