"""Events on their way into the buffer: unique ids, repetitions known, floods cut and counted, no alarm lost."""

import asyncio

import pytest

from edge_agent.occurrences import BURST, FLOOD, NOTE, PER_S, REPEATED_S, TOLD_S, Occurrences
from edge_agent.pipeline import ALERTS_BEHIND, Pipeline
from edge_agent.plan import DevicePlan
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from wire.alert import AlertChange, AlertState, Level
from wire.event import Event
from wire.reading import Batch

DOOR = DevicePlan("door", "bus", (), 0, 60.0, frozenset({"access_granted"}))
BUTTON = DevicePlan("button", "bus", (), 0, 60.0)


class _Rules:
    """Raises an alert for each event called ``duress``, and an automation for each called ``bell``."""

    def __init__(self) -> None:
        self.happened: list[Event] = []
        self.dirty = False

    def feed(self, batch: Batch) -> list[AlertChange]:
        return []

    def happen(self, event: Event) -> list[AlertChange]:
        self.happened.append(event)
        if event.name not in ("duress", "bell"):
            return []
        return [AlertChange("a1", event.name, event.device, AlertState.RAISED, Level.RED, event.at, event.at)]

    def advance(self, now_us: int) -> list[AlertChange]:
        return []

    def next_due(self) -> int | None:
        return None

    def clock_stepped(self, delta_us: int) -> list[AlertChange]:
        return []

    def windows(self) -> bytes:
        return b""

    def state(self) -> bytes:
        return b"state %d" % len(self.happened)


class _Bench:
    def __init__(self, store: FakeBuffer | None = None) -> None:
        self.clock, self.rules, self.store = FakeClock(), _Rules(), store or FakeBuffer()
        self.pipeline = Pipeline(
            {"door": DOOR, "button": BUTTON},
            self.rules,
            self.store,
            self.clock,
            occurrences=Occurrences("gate", self.clock),
            silent={("bell", "button")},
        )

    def event(self, name: str, own: str = "", device: str = "button") -> Event:
        return Event(own, device, name, self.clock.now())


def _counted(floods: list[Event]) -> int:
    counts = [event.fields["count"] for event in floods]
    return sum(count for count in counts if isinstance(count, int))


async def test_an_event_is_stored_with_what_it_raised_and_the_rules_state() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("duress", "17")])
    await bench.pipeline.stored()
    assert [event.name for event in bench.store.events] == ["duress"]
    assert [change.alert for change in bench.store.alerts] == ["a1"]
    assert bench.store.states == [b"state 1"]


async def test_a_silent_rule_is_neither_stored_nor_told_and_its_event_is() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("bell")])
    assert (bench.store.alerts, bench.store.states) == ([], [b"state 1"])
    assert len(bench.store.events) == 1


async def test_a_routine_event_goes_with_the_history_unless_it_raised_something() -> None:
    bench = _Bench()
    await bench.pipeline.happen(
        [bench.event("access_granted", device="door"), bench.event("duress", device="door"), bench.event("pressed")]
    )
    assert [event.name for event in bench.store.routine] == ["access_granted"]
    assert [event.name for event in bench.store.events] == ["duress", "pressed"]


async def test_ids_are_unique_and_the_devices_own_number_is_in_them() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("pressed"), bench.event("pressed"), bench.event("pressed", "17")])
    ids = [event.id for event in bench.store.events]
    assert len(set(ids)) == 3
    assert ids[2] == f"gate:button:pressed:17:{bench.clock.now():x}"
    assert all(one.startswith("gate:button:") for one in ids)
    other = Occurrences("gate", bench.clock).named(bench.event("pressed"))
    assert other is not None
    assert other.id not in ids


async def test_a_repetition_is_one_event_and_much_later_the_number_is_anothers() -> None:
    bench = _Bench()
    first = bench.event("pressed", "17")
    await bench.pipeline.happen([first, first, bench.event("test_pressed", "17")])
    await bench.clock.advance(REPEATED_S - 1)
    await bench.pipeline.happen([bench.event("pressed", "17")])
    assert len(bench.rules.happened) == 2
    await bench.clock.advance(2)
    await bench.pipeline.happen([bench.event("pressed", "17")])
    assert len(bench.rules.happened) == 3
    assert len({event.id for event in bench.store.events}) == 3


async def test_what_was_told_just_before_a_restart_is_known_after_it() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("pressed", "17"), bench.event("pressed")])
    note = bench.store.notes[NOTE]
    await bench.clock.advance(REPEATED_S - 1)
    after = Occurrences("gate", bench.clock)
    after.remember(note)
    assert after.named(bench.event("pressed", "17")) is None
    assert after.named(bench.event("pressed", "18")) is not None
    assert after.named(bench.event("test_pressed", "17")) is not None
    await bench.clock.advance(2)
    later = Occurrences("gate", bench.clock)
    later.remember(note)
    assert later.named(bench.event("pressed", "17")) is not None


@pytest.mark.parametrize(
    "note", [None, b"", b"[]", b"{", b'[["button", "pressed:17"]]', b'[["button", "pressed:17", 9e99]]']
)
def test_a_note_that_makes_no_sense_is_forgotten(note: bytes | None) -> None:
    bench = _Bench()
    after = Occurrences("gate", bench.clock)
    after.remember(note)
    assert after.named(bench.event("pressed", "17")) is not None


async def test_what_has_no_number_needs_no_note() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("pressed")])
    assert NOTE not in bench.store.notes


async def test_a_long_number_still_makes_a_short_id() -> None:
    bench = _Bench()
    await bench.pipeline.happen([bench.event("pressed", "n" * 200), bench.event("pressed", "n" * 199)])
    assert [len(event.id) < 100 for event in bench.store.events] == [True, True]


async def test_ten_thousand_events_in_a_second_lose_no_alarm_and_are_counted() -> None:
    bench = _Bench()
    for second in range(100):
        burst = [bench.event("pressed") for _ in range(99)]
        await bench.pipeline.happen([*burst, bench.event("duress", device="door" if second % 2 else "button")])
        await bench.clock.advance(0.01)
    await bench.clock.advance(2)
    await bench.pipeline.tick()
    assert len(bench.rules.happened) == 10_000
    alarms = [event for event in bench.store.events if event.name == "duress"]
    assert len(alarms) == len(bench.store.alerts) == 100
    floods = [event for event in bench.store.events if event.name == FLOOD]
    pressed = [event for event in bench.store.events if event.name == "pressed"]
    assert {event.device for event in floods} == {"button"}
    dropped = _counted(floods)
    assert len(pressed) + dropped == 9_900
    assert BURST <= len(pressed) <= BURST + 2 * PER_S


async def test_a_flood_that_goes_on_is_told_every_minute_and_its_end_too() -> None:
    bench = _Bench()
    for _ in range(int(2 * TOLD_S)):
        await bench.pipeline.happen([bench.event("pressed") for _ in range(100)])
        await bench.clock.advance(1)
        await bench.pipeline.tick()
    floods = [event for event in bench.store.events if event.name == FLOOD]
    assert len(floods) == 2
    await bench.clock.advance(TOLD_S)
    await bench.pipeline.tick()
    floods = [event for event in bench.store.events if event.name == FLOOD]
    stored = sum(event.name == "pressed" for event in bench.store.events)
    assert _counted(floods) + stored == 100 * int(2 * TOLD_S)
    await bench.clock.advance(10 * TOLD_S)
    await bench.pipeline.tick()
    assert len([event for event in bench.store.events if event.name == FLOOD]) == len(floods)


async def test_what_was_dropped_unheard_is_told_too() -> None:
    bench = _Bench()
    bench.pipeline.overrun("button", 12, 5)
    await bench.clock.advance(2)
    await bench.pipeline.tick()
    assert [event.fields for event in bench.store.events] == [{"count": 12, "since": 5}]


async def test_what_is_not_told_yet_is_told_when_the_program_ends() -> None:
    bench = _Bench()
    bench.pipeline.overrun("button", 12, 5)
    await bench.pipeline.store_alerts([])
    assert [event.fields for event in bench.store.events] == [{"count": 12, "since": 5}]
    assert bench.store.states == [b"state 0"]


class _Hangs(FakeBuffer):
    """A buffer whose disk hangs until it ``goes_on``."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def put_now(self, **given: object) -> bool:
        await super().put_now(**given)  # type: ignore[arg-type]
        await self.goes_on.wait()
        return True


async def test_a_hanging_disk_bounds_what_waits_and_keeps_what_is_not_safe_unacknowledged() -> None:
    store = _Hangs()
    bench = _Bench(store)
    for _ in range(ALERTS_BEHIND):
        await bench.pipeline.happen([bench.event("pressed")])
    safe = asyncio.ensure_future(_wait(bench.pipeline))
    waiting = asyncio.create_task(bench.pipeline.happen([bench.event("pressed")]))
    await bench.clock.advance(1)
    assert not safe.done()
    assert not waiting.done()
    store.goes_on.set()
    async with asyncio.timeout(5):
        await asyncio.gather(safe, waiting)


async def _wait(pipeline: Pipeline) -> None:
    await pipeline.stored()


@pytest.mark.parametrize("years", [56, -56])
async def test_an_event_of_just_before_the_clock_was_set_is_judged_by_the_new_one(years: int) -> None:
    bench = _Bench()
    await bench.pipeline.tick()
    event = bench.event("pressed")
    step = years * 31_536_000_000_000
    bench.clock.step_wall(step)
    await bench.pipeline.happen([event])
    assert bench.rules.happened[0].at == event.at + step
    assert bench.store.events[0].at == event.at
