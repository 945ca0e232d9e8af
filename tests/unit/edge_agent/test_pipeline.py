"""What a batch meets on its way into the buffer: spans, rules, thinning; and alerts stored with the rules' state."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from edge_agent.onchange import HEARTBEAT_S, OnChange
from edge_agent.pipeline import ALERTS_BEHIND, Pipeline
from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.spans import Spans
from rules.engine import RuleSet
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.unit.edge_agent.making import DOOR_HELD_OPEN
from wire.alert import AlertChange, AlertState, Level
from wire.event import Event
from wire.reading import Batch, Quality

PLAN = DevicePlan(
    "door",
    "bus",
    (
        PointPlan("door_state", "enum", "", ("open", "closed"), 0.5, on_change=True),
        PointPlan("supply_v", "float", "V", (), 60.0, on_change=False, low=0.0, high=60.0),
    ),
)
KEYS = ("door_state", "supply_v")


class _Rules:
    """Raises one alert for each batch whose first value is ``open``; notes what it is told."""

    def __init__(self) -> None:
        self.fed: list[Batch] = []
        self.happened: list[Event] = []
        self.steps: list[int] = []
        self.dirty = False
        self.due: int | None = None

    def feed(self, batch: Batch) -> list[AlertChange]:
        self.fed.append(batch)
        return [self._change(batch.at)] if batch.values[:1] == ("open",) else []

    def happen(self, event: Event) -> list[AlertChange]:
        self.happened.append(event)
        return [self._change(event.at)] if event.name == "duress" else []

    def advance(self, now_us: int) -> list[AlertChange]:
        if self.due is not None and now_us >= self.due:
            self.due = None
            return [self._change(now_us)]
        return []

    def next_due(self) -> int | None:
        return self.due

    def clock_stepped(self, delta_us: int) -> list[AlertChange]:
        self.steps.append(delta_us)
        return []

    def windows(self) -> bytes:
        return b""

    def state(self) -> bytes:
        return b"state %d" % len(self.fed)

    @staticmethod
    def _change(at: int) -> AlertChange:
        return AlertChange("a1", "door_held_open", "door", AlertState.RAISED, Level.YELLOW, at, at)


def test_a_value_outside_its_span_is_kept_and_marked() -> None:
    batch = Spans(PLAN).judge(Batch("door", 1, KEYS, ("open", 61.0)))
    assert batch.values == ("open", 61.0)
    assert batch.quality == (0, Quality.OUT_OF_RANGE)


def test_a_value_that_is_bad_already_keeps_its_reason() -> None:
    batch = Batch("door", 1, KEYS, ("open", 61.0), (0, int(Quality.IMPLAUSIBLE)))
    assert Spans(PLAN).judge(batch).quality == (0, Quality.IMPLAUSIBLE)


def test_good_values_pass_as_the_same_object() -> None:
    batch = Batch("door", 1, KEYS, ("open", 60.0))
    assert Spans(PLAN).judge(batch) is batch


def test_not_a_number_is_out_of_every_span() -> None:
    assert Spans(PLAN).judge(Batch("door", 1, KEYS, ("open", float("nan")))).quality == (0, Quality.OUT_OF_RANGE)


def test_an_unchanged_point_is_stored_only_as_a_heartbeat() -> None:
    filter_ = OnChange(PLAN)
    batch = Batch("door", 1, ("door_state",), ("closed",))
    assert filter_.thin(batch, 0.0) is batch
    assert filter_.thin(batch, 1.0) is None
    assert filter_.thin(batch, HEARTBEAT_S) is batch
    assert filter_.thin(batch, HEARTBEAT_S + 1) is None


def test_a_changed_value_or_quality_is_stored_at_once() -> None:
    filter_ = OnChange(PLAN)
    filter_.thin(Batch("door", 1, ("door_state",), ("closed",)), 0.0)
    assert filter_.thin(Batch("door", 2, ("door_state",), ("open",)), 0.5) is not None
    assert filter_.thin(Batch("door", 3, ("door_state",), ("open",), (1,)), 1.0) is not None
    assert filter_.thin(Batch("door", 4, ("door_state",), ("open",), (1,)), 1.5) is None


def test_periodic_points_go_through_beside_unchanged_ones() -> None:
    filter_ = OnChange(PLAN)
    filter_.thin(Batch("door", 1, KEYS, ("closed", 12.0)), 0.0)
    assert filter_.thin(Batch("door", 2, KEYS, ("closed", 12.0), (0, 1)), 0.5) == Batch(
        "door", 2, ("supply_v",), (12.0,), (1,)
    )


async def test_rules_see_what_is_not_stored() -> None:
    rules, store = _Rules(), FakeBuffer()
    pipeline = Pipeline({"door": PLAN}, rules, store, FakeClock())
    for at in range(3):
        await pipeline.feed(Batch("door", at, ("door_state",), ("closed",)))
    assert (len(rules.fed), len(store.batches), pipeline.polled) == (3, 1, 3)


async def test_an_alert_is_stored_with_the_state_that_raised_it() -> None:
    rules, store = _Rules(), FakeBuffer()
    pipeline = Pipeline({"door": PLAN}, rules, store, FakeClock())
    await pipeline.feed(Batch("door", 1, ("door_state",), ("open",)))
    assert [change.alert for change in store.alerts] == ["a1"]
    assert store.states == [b"state 1"]


class _Hangs(FakeBuffer):
    """A buffer whose disk hangs until it ``goes_on``."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def put_now(self, **given: Any) -> bool:
        await super().put_now(**given)
        await self.goes_on.wait()
        return True


async def test_a_hanging_disk_holds_up_no_reading_until_many_alerts_are_behind() -> None:
    clock, store = FakeClock(), _Hangs()
    pipeline = Pipeline({"door": PLAN}, _Rules(), store, clock)
    for at in range(ALERTS_BEHIND):
        await pipeline.feed(Batch("door", at, ("door_state",), ("open",)))
    assert [batch.at for batch in store.batches] == [0]
    assert len(store.alerts) == len(store.states) == ALERTS_BEHIND
    waiting = asyncio.create_task(pipeline.feed(Batch("door", 99, ("door_state",), ("open",))))
    stopping = asyncio.create_task(pipeline.store_alerts([]))
    await clock.advance(0)
    assert not waiting.done()
    assert not stopping.done()
    store.goes_on.set()
    await asyncio.gather(waiting, stopping)


async def test_timers_run_out_without_readings() -> None:
    clock, rules, store = FakeClock(), _Rules(), FakeBuffer()
    pipeline = Pipeline({"door": PLAN}, rules, store, clock)
    rules.due = clock.now() + 10_000_000
    for _ in range(10):
        await pipeline.tick()
        await clock.advance(1)
    assert store.alerts == []
    await pipeline.tick()
    assert len(store.alerts) == 1


async def test_a_set_clock_is_told_to_the_rules_before_they_judge() -> None:
    clock, rules = FakeClock(), _Rules()
    pipeline = Pipeline({"door": PLAN}, rules, FakeBuffer(), clock)
    await clock.advance(5)
    await pipeline.tick()
    clock.step_wall(3_600_000_000)
    await pipeline.tick()
    await pipeline.tick()
    assert rules.steps == [3_600_000_000]


@pytest.mark.parametrize("years", [56, -56])
async def test_a_door_is_held_open_just_as_long_when_the_clock_is_set_meanwhile(years: int) -> None:
    clock, store = FakeClock(), FakeBuffer()
    held = replace(DOOR_HELD_OPEN, devices=("door",))
    pipeline = Pipeline({"door": PLAN}, RuleSet((held,), {}, "gate"), store, clock)
    await pipeline.tick()
    for tenth in range(99):
        if tenth == 5:
            clock.step_wall(years * 31_536_000_000_000)
        await pipeline.feed(Batch("door", clock.now(), ("door_state",), ("open",)))
        await clock.advance(0.1)
        if tenth % 10 == 9:
            await pipeline.tick()
    assert store.alerts == []
    await clock.advance(0.1)
    await pipeline.tick()
    assert [change.state for change in store.alerts] == [AlertState.RAISED]


async def test_a_batch_without_points_is_no_reading() -> None:
    store = FakeBuffer()
    await Pipeline({"door": DevicePlan("door", "bus", ())}, _Rules(), store, FakeClock()).feed(Batch("door", 1, (), ()))
    assert store.batches == []


async def test_a_dirty_state_is_stored_without_an_alert() -> None:
    rules, store = _Rules(), FakeBuffer()
    rules.dirty = True
    await Pipeline({"door": PLAN}, rules, store, FakeClock()).tick()
    assert (store.alerts, len(store.states)) == ([], 1)


async def test_what_the_gateway_itself_commanded_is_no_surprise() -> None:
    surprise = replace(
        DOOR_HELD_OPEN,
        devices=("door",),
        for_s=0.0,
        when="door_state -> open without pulse_unlock within 10s",
        clear=None,
    )
    for told in (True, False):
        clock, store = FakeClock(), FakeBuffer()
        pipeline = Pipeline({"door": PLAN}, RuleSet((surprise,), {}, "gate"), store, clock)
        await pipeline.feed(Batch("door", clock.now(), ("door_state",), ("closed",)))
        await clock.advance(1)
        if told:
            pipeline.told("door", "pulse_unlock")
        await pipeline.feed(Batch("door", clock.now(), ("door_state",), ("open",)))
        await clock.advance(3)
        await pipeline.tick()
        assert [alert.state for alert in store.alerts] == ([] if told else ["raised"])
