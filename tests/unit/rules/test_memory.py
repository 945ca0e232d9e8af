"""What is remembered over a restart and a reload, and what becomes of alerts whose rule is gone."""

from typing import Any

import pytest

from rules.errors import RuleStateError
from tests.unit.rules.making import OFFLINE, S, batch, brief, engine, rule
from wire.alert import AlertState
from wire.codec import encode


def test_an_open_alert_is_not_raised_again_and_ends_as_itself() -> None:
    before = engine(rule("p > 5"))
    [raised] = before.feed(batch(1, p=9))
    after = engine(rule("p > 5"))
    after.restore(before.state())
    assert after.open_alerts() == before.open_alerts()
    assert after.feed(batch(2, p=9)) == []
    [cleared] = after.feed(batch(3, p=1))
    assert (cleared.alert, cleared.since) == (raised.alert, raised.since)


def test_a_period_goes_on_once_the_readings_are_back() -> None:
    before = engine(rule("p > 5", for_s=60))
    before.feed(batch(0, p=9))
    after = engine(rule("p > 5", for_s=60))
    after.restore(before.state())
    assert after.next_due() is None
    assert after.advance(3600 * S) == []
    [raised] = after.feed(batch(3601, p=9))
    assert (raised.at, raised.since) == (3601 * S, 0)


def test_nothing_clears_before_the_readings_are_back() -> None:
    before = engine(rule("p > 5", clear_for_s=60))
    before.feed(batch(0, p=9))
    before.feed(batch(1, p=1))
    after = engine(rule("p > 5", clear_for_s=60))
    after.restore(before.state())
    assert after.advance(3600 * S) == []
    assert after.feed(batch(3600, quality=OFFLINE, p=None)) == []
    assert after.feed(batch(3601, p=9)) == []
    assert len(after.open_alerts()) == 1


def test_an_alert_whose_rule_is_gone_is_cleared_once() -> None:
    before = engine(rule("p > 5", level="red", latch=True))
    [raised] = before.feed(batch(1, p=9))
    after = engine(names={"d1": "1号门"})
    after.restore(before.state())
    assert after.dirty
    assert len(after.open_alerts()) == 1
    assert after.next_due() is not None
    again = engine(names={"d1": "1号门"})
    again.restore(after.state())
    [cleared] = again.advance(50 * S)
    assert (cleared.alert, cleared.state, cleared.at) == (raised.alert, AlertState.CLEARED, 50 * S)
    assert (cleared.level, cleared.latched, cleared.text["zh"][:3]) == (raised.level, True, "1号门")
    assert again.dirty
    assert again.advance(51 * S) == []
    assert again.open_alerts() == ()


@pytest.mark.parametrize("change", [{"when": "p > 6"}, {"level": "red"}, {"latch": True}, {"clear": "p < 2"}])
def test_an_alert_whose_rule_differs_is_cleared_and_may_be_raised_anew(change: dict[str, Any]) -> None:
    before = engine(rule("p > 5"))
    [raised] = before.feed(batch(1, p=9))
    after = engine(rule(**{"when": "p > 5", **change}))
    after.restore(before.state())
    [cleared] = after.advance(2 * S)
    assert cleared.alert == raised.alert
    [anew] = after.feed(batch(1, p=9))
    assert anew.alert != raised.alert


def test_a_rule_that_comes_back_does_not_swallow_the_end_of_its_alert() -> None:
    first, other = rule("p > 5"), rule("p > 6")
    rules = engine(first)
    rules.feed(batch(1, p=9))
    between = engine(other)
    between.restore(rules.state())
    back = engine(first)
    back.restore(between.state())
    assert brief(back.advance(3 * S)) == [("cleared", 3)]
    assert brief(back.feed(batch(4, p=9))) == [("raised", 4)]


def test_a_changed_period_or_sentence_keeps_the_alert() -> None:
    before = engine(rule("p > 5", for_s=10))
    before.feed(batch(0, p=9))
    after = engine(rule("p > 5", for_s=5, say={"zh": "新"}))
    after.restore(before.state())
    assert brief(after.feed(batch(7, p=9))) == [("raised", 7)]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"nonsense", encode((2, ())), encode((1,)), encode((1, ((1, 2),))),
     encode((1, (("r", "d1", 0, 9, 0, 0, 0, 0, "red", False, ""),)))],
)  # fmt: skip
def test_bytes_that_are_no_state_leave_the_engine_empty(data: bytes) -> None:
    rules = engine(rule("p > 5"))
    rules.feed(batch(1, p=9))
    with pytest.raises(RuleStateError):
        rules.restore(data)
    assert rules.open_alerts() == ()
    assert brief(rules.feed(batch(2, p=9))) == [("raised", 2)]


def test_state_is_worth_storing_when_an_alert_changed() -> None:
    rules = engine(rule("p > 5"))
    assert not rules.dirty
    rules.feed(batch(1, p=1))
    assert not rules.dirty
    rules.feed(batch(2, p=9))
    assert rules.dirty
    rules.state()
    assert not rules.dirty
    rules.feed(batch(3, p=10))
    assert not rules.dirty
    rules.feed(batch(4, p=1))
    assert rules.dirty


def test_a_door_that_opens_and_shuts_costs_a_write_in_five_minutes() -> None:
    rules = engine(rule("p > 5", for_s=600))
    rules.feed(batch(1, p=9))
    rules.advance(300 * S)
    assert not rules.dirty
    rules.advance(301 * S)
    assert rules.dirty


def test_the_state_of_a_big_community_is_small() -> None:
    devices = tuple(f"device-{index:03}" for index in range(500))
    rules = engine(rule("p > 5", devices=devices))
    for device in devices:
        rules.feed(batch(1_700_000_000, device, p=1))
    assert len(rules.state()) < 20
    for device in devices[:20]:
        rules.feed(batch(1_700_000_001, device, p=9))
    assert len(rules.state()) < 20 * 120


def test_a_reload_takes_readings_along() -> None:
    before = engine(rule("p > 5", for_s=60), rule("q > 5", name="r2"))
    before.advance(0)
    before.feed(batch(0, p=9, q=9))
    after = engine(rule("p > 5", for_s=60), rule("q > 5 and p > 5", name="r3"))
    [raised] = after.inherit(before)
    assert (raised.rule, raised.at) == ("r3", 0)
    assert after.dirty
    assert [(c.rule, c.state.value) for c in after.advance(60 * S)] == [("r2", "cleared"), ("r", "raised")]


def test_a_reload_does_not_take_what_was_never_read() -> None:
    after = engine(rule("stale(p)"), rule("q > 1", devices=("d2",)))
    assert after.inherit(engine(rule("stale(p)"))) == []
    assert after.open_alerts() == ()
