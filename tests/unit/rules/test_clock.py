"""The engine when the wall clock is set: nothing fires early, nothing is lost, nothing stays deaf."""

import pytest

from tests.unit.rules.making import S, batch, brief, engine, rule

HOUR = 3600


def test_time_going_back_fires_and_loses_nothing() -> None:
    rules = engine(rule("p > 5", for_s=60))
    rules.advance(10_000 * S)
    rules.feed(batch(10_000, p=9))
    assert rules.advance(10_030 * S) == []
    assert rules.advance(6_430 * S) == []
    assert rules.next_due() == 6_460 * S
    assert rules.advance(6_459 * S) == []
    assert brief(rules.advance(6_460 * S)) == [("raised", 6_460)]


def test_readings_dated_by_the_new_clock_are_not_late_for_ever() -> None:
    rules = engine(rule("p > 5"))
    rules.advance(10_000 * S)
    rules.feed(batch(10_000, p=9))
    assert rules.feed(batch(6_400, p=1)) == []
    assert brief(rules.advance(6_401 * S)) == [("cleared", 6_401)]
    assert brief(rules.feed(batch(6_402, p=9))) == [("raised", 6_402)]


def test_readings_that_are_truly_late_are_dropped_by_the_next_tick() -> None:
    rules = engine(rule("p > 5"))
    rules.advance(100 * S)
    rules.feed(batch(100, p=9))
    rules.feed(batch(50, p=1))
    assert rules.advance(101 * S) == []
    assert rules.advance(99 * S) == []


def test_a_step_that_is_told_leaves_periods_their_remainder() -> None:
    rules = engine(rule("p > 5", for_s=60))
    rules.feed(batch(1_000, p=9))
    rules.advance(1_020 * S)
    assert rules.clock_stepped(HOUR * S) == []
    assert rules.next_due() == (1_060 + HOUR) * S
    assert rules.advance((1_059 + HOUR) * S) == []
    assert brief(rules.feed(batch(1_061 + HOUR, p=9))) == [("raised", 1_060 + HOUR)]


def test_a_clock_that_is_set_for_the_first_time_raises_nothing() -> None:
    rules = engine(rule("p > 5", for_s=60), rule("q > 5", name="r2", clear_for_s=60))
    rules.feed(batch(5, p=9, q=9))
    rules.feed(batch(6, p=9, q=1))
    rules.advance(10 * S)
    rules.clock_stepped(1_700_000_000 * S)
    assert rules.advance((1_700_000_000 + 20) * S) == []
    assert [c.rule for c in rules.advance((1_700_000_000 + 70) * S)] == ["r", "r2"]


def test_a_step_back_that_is_told_judges_what_only_looked_late() -> None:
    rules = engine(rule("p > 5"))
    rules.feed(batch(10_000, p=9))
    rules.feed(batch(6_400, p=1))
    assert brief(rules.clock_stepped(-HOUR * S)) == [("cleared", 6_400)]


def test_ids_stay_unique_over_a_step_back() -> None:
    rules = engine(rule("p > 5"))
    ids = set()
    for second in (100, 100, 90, 100):
        rules.clock_stepped(-5 * S)
        ids |= {change.alert for change in rules.feed(batch(second, p=9))}
        rules.feed(batch(second, p=1))
    assert len(ids) == 4


def test_a_period_from_the_future_starts_again() -> None:
    rules = engine(rule("p > 5", for_s=60))
    rules.feed(batch(10_000, p=9))
    after = engine(rule("p > 5", for_s=60))
    after.restore(rules.state())
    after.feed(batch(100, p=9))
    assert after.next_due() == 160 * S


@pytest.mark.parametrize("years", [10, -10, 56])
@pytest.mark.parametrize("after_s", [0, 30, 59, 60, 75])
def test_a_period_ends_after_its_time_and_once_whenever_the_clock_is_set(years: int, after_s: int) -> None:
    rules, wall, told = engine(rule("p > 5", for_s=60, clear_for_s=10)), 0, []
    for second in range(100):
        if second == after_s:
            wall = years * 31_536_000
            told += [(second, *brief([change])[0]) for change in rules.clock_stepped(wall * S)]
        now = 1_000_000_000 + wall + second
        for change in (*rules.feed(batch(now, p=9 if second < 80 else 1)), *rules.advance(now * S)):
            told.append((second, *brief([change])[0]))
    assert [(second, state) for second, state, _ in told] == [(60, "raised"), (90, "cleared")]
    assert [at for _, _, at in told] == [
        1_000_000_000 + second + (wall if second >= after_s else 0) for second in (60, 90)
    ]
