"""A bus whose devices tell by themselves: who is heard is there, who is silent too long is not, and it is said once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from drivers.api import Kept, LineLost, Overrun, Presence
from edge_agent.devices import BusLoop
from edge_agent.plan import DevicePlan, PointPlan
from runtime.testing import FakeClock
from tests.fakes.teller import FakeTeller
from wire.event import Event
from wire.reading import Batch, Quality


class _Events:
    """Notes what happened."""

    def __init__(self) -> None:
        self.happened: list[Event] = []
        self.overruns: list[tuple[str, int]] = []

    async def happen(self, events: Sequence[Event]) -> None:
        self.happened += events

    def overrun(self, device: str, count: int, since: int) -> None:
        self.overruns.append((device, count))

    def stored(self) -> Awaitable[object]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class _Bench:
    """A button that may be silent for an hour, and a detector for a minute."""

    def __init__(self) -> None:
        self.clock, self.driver, self.events = FakeClock(), FakeTeller(), _Events()
        self.batches: list[Batch] = []
        self.order: list[object] = []
        point = (PointPlan("t", "float", "Cel", (), 20.0, on_change=False),)
        plans = [DevicePlan("button", "bus", (), 0, 3600.0), DevicePlan("smoke", "bus", point, 0, 60.0)]
        self.loop = BusLoop("bus", plans, self.driver, sink=self._sink, clock=self.clock, events=self.events)

    async def _sink(self, batch: Batch, served: Callable[[], None]) -> None:
        served()
        self.batches.append(batch)

    def state(self, device: str) -> str:
        return self.loop.links[device].state

    def press(self) -> Event:
        return Event("", "button", "pressed", self.clock.now())

    def reading(self, value: float = 20.0) -> Batch:
        return Batch("smoke", self.clock.now(), ("t",), (value,))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[list[str]]:
        with capture_logs() as logs:
            said: list[str] = []
            task = asyncio.create_task(self.loop.run())
            await self.clock.advance(0)
            try:
                yield said
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                said += [f"{line['log_level']} {line['event']}" for line in logs]


async def test_what_is_told_goes_on_in_order_and_its_device_is_there() -> None:
    bench = _Bench()
    async with bench.running():
        assert (bench.state("button"), bench.state("smoke")) == ("starting", "starting")
        await bench.driver.tell(bench.reading(), bench.press(), bench.press())
        assert (bench.state("button"), bench.state("smoke")) == ("online", "online")
    assert (len(bench.batches), len(bench.events.happened)) == (1, 2)
    assert not bench.driver.is_open


async def test_silence_is_offline_once_and_a_word_brings_it_back() -> None:
    bench = _Bench()
    async with bench.running() as said:
        await bench.driver.tell(bench.reading(), bench.press())
        await bench.clock.advance(59)
        assert bench.state("smoke") == "online"
        await bench.clock.advance(120)
        assert (bench.state("smoke"), bench.state("button")) == ("offline", "online")
        assert bench.loop.links["smoke"].error.startswith("silent")
        await bench.driver.tell(bench.reading())
        assert bench.state("smoke") == "online"
    assert [batch.quality for batch in bench.batches] == [(), (Quality.OFFLINE,), ()]
    assert said == ["warning device_offline", "info device_back"]


async def test_one_that_was_never_heard_is_offline_when_its_silence_is_over() -> None:
    bench = _Bench()
    async with bench.running():
        await bench.clock.advance(61)
        assert (bench.state("smoke"), bench.state("button")) == ("offline", "starting")


async def test_an_event_is_a_sign_of_life_and_what_was_kept_is_none() -> None:
    bench = _Bench()
    async with bench.running():
        await bench.driver.tell(Kept(bench.reading()))
        assert bench.state("smoke") == "starting"
        await bench.driver.tell(Event("", "smoke", "smoke_alarm", bench.clock.now()))
        assert bench.state("smoke") == "online"
    assert len(bench.batches) == 1


async def test_who_speaks_for_it_may_say_that_it_is_gone() -> None:
    bench = _Bench()
    async with bench.running() as said:
        await bench.driver.tell(bench.press())
        await bench.driver.tell(Presence("button", False, "said to be gone"))
        assert (bench.state("button"), bench.loop.links["button"].error) == ("offline", "said to be gone")
        await bench.driver.tell(Presence("button", True))
        assert bench.state("button") == "online"
    assert said == ["warning device_offline", "info device_back"]


async def test_a_lost_line_is_said_once_and_whom_it_hid_is_there_again() -> None:
    bench = _Bench()
    async with bench.running() as said:
        await bench.driver.tell(bench.press())
        bench.driver.line = LineLost("no broker")
        bench.driver.lose()
        await bench.clock.advance(300)
        assert (bench.state("button"), bench.state("smoke")) == ("offline", "offline")
        assert bench.loop.links["button"].error.startswith("line_lost")
        bench.driver.line = None
        await bench.clock.advance(60)
        assert (bench.state("button"), bench.state("smoke")) == ("online", "offline")
        assert bench.loop.links["smoke"].error.startswith("silent")
    assert said == ["warning bus_lost", "info bus_back"]
    assert [batch.device for batch in bench.batches] == ["smoke"]


async def test_who_was_not_heard_yet_is_starting_again_when_a_short_outage_is_over() -> None:
    bench = _Bench()
    async with bench.running():
        bench.driver.lose()
        await bench.clock.advance(5)
        assert bench.driver.opened == 2
        assert (bench.state("button"), bench.state("smoke")) == ("starting", "starting")


async def test_tries_for_a_lost_line_become_rare() -> None:
    bench = _Bench()
    bench.driver.line = LineLost("no broker")
    async with bench.running():
        await bench.clock.advance(600)
        bench.driver.line = None
        await bench.clock.advance(31)
        assert bench.driver.opened == 1


async def test_what_was_dropped_unheard_is_counted_and_strangers_are_passed_over() -> None:
    bench = _Bench()
    async with bench.running():
        await bench.driver.tell(Overrun("button", 7, 1), Event("", "stranger", "pressed", 1))
    assert bench.events.overruns == [("button", 7)]
    assert bench.events.happened == []
