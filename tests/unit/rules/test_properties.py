"""What must hold for any readings: alerts alternate, and neither a restart nor anybody's tempo changes what is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.settings import DeviceFacts, EscalateSettings, SiteFacts
from rules.engine import RuleSet
from tests.unit.rules.making import GOOD, OFFLINE, STALE, S, engine, rule
from wire.alert import AlertChange
from wire.event import Event
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


def _told(changes: Sequence[AlertChange]) -> list[AlertChange]:
    """Return what is told without the values: what ran out while nobody watched is told before they are known again."""
    return _sorted([replace(change, values={}) for change in changes])


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


def _long_rules(late_s: float = 0.0) -> RuleSet:
    facts = SiteFacts(devices={device: DeviceFacts(place="p") for device in _DEVICES})
    rules = (
        rule("count(b == 1, 20s) >= 2", name="counted", devices=_DEVICES),
        rule("count(rang, 30s) >= 2", name="events", devices=_DEVICES),
        rule("absent(rang, 15s)", name="absent", devices=_DEVICES),
        rule("absent(a == 1, 15s)", name="condition", devices=_DEVICES),
        rule("a -> 1 without (rang or b) within 5s", name="without", devices=_DEVICES),
        rule("event rang within 10s and a >= 1", name="recent", devices=_DEVICES, for_s=3),
        rule("delta(a, 20s) >= 2", name="rise", devices=_DEVICES),
        rule("max(a, 10s) < 2 or min(b, 10s) > 1", name="extremes", devices=_DEVICES),
        rule("mean(a, 20s) > 1 and a <= 3 * p95(a, 1m)", name="mean", devices=_DEVICES),
        rule("a >= 1", name="readings", devices=_DEVICES, for_readings=3),
        rule("a >= 1", name="steps", devices=_DEVICES, repeat_s=7, escalate=(EscalateSettings(to="red", after_s=9),)),
        rule("count(rang in same place, 20s) >= 3", name="together", devices=_DEVICES),
    )
    return RuleSet(rules, {}, "g", facts, late_s=late_s)


def _happenings(steps: Sequence[Step]) -> list[Batch | Event]:
    """Return the steps as batches and events: where both points of a step are equal, the device rang."""
    found: list[Batch | Event] = []
    for index, one in enumerate(_batches(steps)):
        if len(set(one.values)) == 1 and len(one.points) == 2:
            found.append(Event(f"e{index}", one.device, "rang", one.at))
        else:
            found.append(one)
    return found


def _lived(rules: RuleSet, found: Sequence[Batch | Event]) -> list[AlertChange]:
    changes: list[AlertChange] = []
    for one in found:
        changes += rules.feed(one) if isinstance(one, Batch) else rules.happen(one)
    return changes


@given(_steps, st.data())
def test_a_restart_at_any_point_changes_nothing_of_what_has_a_memory(steps: list[Step], data: st.DataObject) -> None:
    found = _happenings(steps)
    cut = data.draw(st.integers(0, len(found)))
    at = found[cut - 1].at if cut else 0
    asked = [replace(one, at=at) for one in _newest([one for one in found[:cut] if isinstance(one, Batch)])]
    steady, before, after = _long_rules(), _long_rules(), _long_rules()
    for rules in (steady, before):
        rules.advance(0)
    expected = _lived(steady, [*found[:cut], *asked, *found[cut:]]) + steady.advance(_end(_batches(steps)))

    changes = _lived(before, found[:cut]) + before.advance(at)
    after.restore(before.state(), before.windows())
    changes += _lived(after, [*asked, *found[cut:]]) + after.advance(_end(_batches(steps)))
    assert _told(changes) == _told(expected)


@given(_steps, st.randoms(use_true_random=False))
def test_any_order_within_the_tolerance_gives_the_same_alerts(steps: list[Step], random: Random) -> None:
    found = _happenings(steps)
    straight, shuffled = _long_rules(late_s=10), _long_rules(late_s=10)
    late = sorted(enumerate(found), key=lambda each: (each[1].at + random.uniform(0, 10 * S), each[0]))
    end = _end(_batches(steps)) + 20 * S
    expected = _lived(straight, found) + straight.advance(end)
    assert _sorted(_lived(shuffled, [one for _, one in late]) + shuffled.advance(end)) == _sorted(expected)


@given(_steps, st.lists(st.integers(0, 100)))
def test_tempo_does_not_matter_to_what_has_a_memory(steps: list[Step], ticks: list[int]) -> None:
    found = _happenings(steps)
    often, never = _long_rules(), _long_rules()
    changes: list[AlertChange] = []
    waiting = sorted(ticks)
    for rules in (often, never):
        rules.advance(0)
    for one in found:
        while waiting and waiting[0] * S <= one.at:
            changes += often.advance(waiting.pop(0) * S)
        changes += _lived(often, [one])
    changes += often.advance(_end(_batches(steps)))
    expected = _lived(never, found) + never.advance(_end(_batches(steps)))
    assert _sorted(changes) == _sorted(expected)


@given(_steps, st.data())
def test_setting_the_clock_moves_what_has_a_memory_along(steps: list[Step], data: st.DataObject) -> None:
    found = _happenings(steps)
    cut, years = data.draw(st.integers(0, len(found))), data.draw(st.sampled_from([-10, 10]))
    delta = years * 365 * 86_400 * S
    steady, stepped = _long_rules(), _long_rules()
    for rules in (steady, stepped):
        rules.advance(_EPOCH)
    at = _EPOCH + (found[cut - 1].at if cut else 0)
    before = [replace(one, at=one.at + _EPOCH) for one in found[:cut]]
    after = [replace(one, at=one.at + _EPOCH) for one in found[cut:]]
    end = _EPOCH + _end(_batches(steps))
    expected = _lived(steady, before) + steady.advance(at) + _lived(steady, after) + steady.advance(end)
    changes = _lived(stepped, before) + stepped.advance(at) + stepped.clock_stepped(delta)
    moved = _lived(stepped, [replace(one, at=one.at + delta) for one in after]) + stepped.advance(end + delta)
    changes += [replace(change, at=change.at - delta) for change in moved]
    assert sorted(map(_when, changes)) == sorted(map(_when, expected))


_EPOCH = 1_700_000_000 * S


def _when(change: AlertChange) -> tuple[str, str, str, int]:
    """Return what must be equal: an alert that was told before the clock was set back ends no earlier than that."""
    return change.rule, change.device, change.state.value, 0 if change.state == "cleared" else change.at
