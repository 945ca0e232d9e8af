"""What must hold for any readings: alerts alternate, and neither a restart nor anybody's tempo changes what is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from rules.engine import RuleSet
from tests.unit.rules.making import GOOD, OFFLINE, STALE, S, engine, rule
from wire.alert import AlertChange
from wire.reading import Batch, Value

_DEVICES = ("d1", "d2")


@dataclass(frozen=True)
class Step:
    """Readings of a device ``wait`` seconds after the step before; without readings, only time passes."""

    device: str
    wait: int
    points: dict[str, tuple[Value, int]]


_reading = st.one_of(
    st.tuples(st.integers(0, 3), st.just(GOOD)), st.just((None, OFFLINE)), st.tuples(st.integers(0, 3), st.just(STALE))
)
_steps = st.lists(
    st.builds(Step, st.sampled_from(_DEVICES), st.integers(0, 8), st.dictionaries(st.sampled_from("ab"), _reading)),
    max_size=30,
)


def _rules() -> RuleSet:
    return engine(
        rule("a >= 2", name="plain", devices=_DEVICES),
        rule("a >= 2", name="held", devices=_DEVICES, for_s=10),
        rule("a >= 2 and not b == 1", name="both", devices=_DEVICES, for_s=5, clear="a == 0 or b == 1", clear_for_s=7),
        rule("a > 2 or b > 2", name="either", devices=_DEVICES[:1], clear="a < 2", latch=True),
        rule("stale(b)", name="gone", devices=_DEVICES, for_s=3, clear_for_s=3),
    )


def _batches(steps: Sequence[Step]) -> list[Batch]:
    at, found = 0, []
    for step in steps:
        at += step.wait * S
        values, qualities = zip(*step.points.values(), strict=True) if step.points else ((), ())
        found.append(Batch(step.device, at, tuple(step.points), values, qualities))
    return found


def _sorted(changes: Sequence[AlertChange]) -> list[AlertChange]:
    return sorted(changes, key=lambda change: (change.device, change.rule, change.at, change.since, change.state))


def _run(rules: RuleSet, batches: Sequence[Batch], *, tick: bool = True) -> list[AlertChange]:
    changes: list[AlertChange] = []
    for batch in batches:
        if tick:
            changes += rules.advance(batch.at)
        changes += rules.feed(batch)
    return changes


def _end(batches: Sequence[Batch]) -> int:
    return (batches[-1].at if batches else 0) + 60 * S


@given(_steps)
def test_every_alert_is_raised_once_and_cleared_at_most_once_afterwards(steps: list[Step]) -> None:
    batches, rules = _batches(steps), _rules()
    changes = _run(rules, batches) + rules.advance(_end(batches))
    stories: dict[str, list[AlertChange]] = {}
    open_now: dict[tuple[str, str], str] = {}
    for change in changes:
        stories.setdefault(change.alert, []).append(change)
        key = (change.rule, change.device)
        if change.state == "raised":
            assert key not in open_now
            open_now[key] = change.alert
        else:
            assert open_now.pop(key) == change.alert
    for story in stories.values():
        assert [change.state.value for change in story] == ["raised", "cleared"][: len(story)]
        assert story[0].since <= story[0].at <= story[-1].at
        assert len({(change.since, change.level, change.latched) for change in story}) == 1
    assert {alert.alert for alert in rules.open_alerts()} == set(open_now.values())


@given(_steps, st.data())
def test_a_restart_at_any_point_changes_nothing(steps: list[Step], data: st.DataObject) -> None:
    batches = _batches(steps)
    cut = data.draw(st.integers(0, len(batches)))
    steady, before, after = _rules(), _rules(), _rules()
    expected = _run(steady, batches) + steady.advance(_end(batches))

    changes = _run(before, batches[:cut])
    after.restore(before.state())
    for batch in _newest(batches[:cut]):
        assert after.feed(batch) == []
    changes += _run(after, batches[cut:]) + after.advance(_end(batches))
    assert changes == expected or _sorted(changes) == _sorted(expected)
    assert after.open_alerts() == steady.open_alerts()


@given(_steps)
def test_the_order_of_devices_does_not_matter(steps: list[Step]) -> None:
    batches = _batches(steps)
    mixed, apart = _rules(), _rules()
    expected = _run(mixed, batches) + mixed.advance(_end(batches))
    one_by_one = sorted(batches, key=lambda batch: batch.device)
    changes = _run(apart, one_by_one, tick=False) + apart.advance(_end(batches))
    assert _sorted(changes) == _sorted(expected)


@given(_steps, st.lists(st.integers(0, 100)))
def test_how_often_time_is_told_does_not_matter(steps: list[Step], ticks: list[int]) -> None:
    batches = _batches(steps)
    often, never = _rules(), _rules()
    changes: list[AlertChange] = []
    waiting = sorted(ticks)
    for batch in batches:
        while waiting and waiting[0] * S <= batch.at:
            changes += often.advance(waiting.pop(0) * S)
        changes += often.feed(batch)
    changes += often.advance(_end(batches))
    expected = _run(never, batches, tick=False) + never.advance(_end(batches))
    assert _sorted(changes) == _sorted(expected)


@given(_steps)
def test_every_period_that_ends_is_announced(steps: list[Step]) -> None:
    batches, rules = _batches(steps), _rules()
    _run(rules, batches)
    rules.advance(batches[-1].at if batches else 0)
    while (due := rules.next_due()) is not None:
        assert rules.advance(due - 1) == []
        assert all(change.at == due for change in rules.advance(due))
    assert rules.advance(_end(batches)) == []


def _newest(batches: Sequence[Batch]) -> list[Batch]:
    known: dict[str, dict[str, tuple[Value, int]]] = {}
    times: dict[str, int] = {}
    for batch in batches:
        times[batch.device] = batch.at
        readings = zip(batch.points, batch.values, batch.quality, strict=True)
        known.setdefault(batch.device, {}).update({point: (value, quality) for point, value, quality in readings})
    return [
        Batch(device, times[device], tuple(points), *zip(*points.values(), strict=True))
        for device, points in known.items()
        if points
    ]
