"""The retry loop: one device's trouble is its own, every outage is said once, and everything comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from drivers.api import LineLost, Misconfigured, NotSupported, Timeout
from edge_agent.devices import BusLoop
from edge_agent.plan import DevicePlan, PointPlan
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from wire.reading import Batch, Quality


def _plan(device: str, period_s: float = 1.0) -> DevicePlan:
    return DevicePlan(device, "bus", (PointPlan("t", "float", "Cel", (), period_s, on_change=False),))


class _Bench:
    def __init__(self, *devices: str) -> None:
        self.clock = FakeClock()
        self.driver = FakeDriver(self.clock, {device: {"t": 20.0} for device in devices})
        self.batches: list[Batch] = []
        plans = [_plan(device) for device in devices]
        self.loop = BusLoop("bus", plans, self.driver, sink=self._sink, clock=self.clock)

    async def _sink(self, batch: Batch, served: Callable[[], None]) -> None:
        served()
        self.batches.append(batch)

    def good(self, device: str) -> int:
        return sum(1 for batch in self.batches if batch.device == device and not batch.quality)

    def offline(self, device: str) -> list[Batch]:
        gone = (int(Quality.OFFLINE),)
        return [batch for batch in self.batches if batch.device == device and batch.quality == gone]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[list[str]]:
        with capture_logs() as logs:
            said: list[str] = []
            task = asyncio.create_task(self.loop.run())
            try:
                yield said
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                said += [f"{line['log_level']} {line['event']}" for line in logs]


async def test_polls_at_the_period_and_closes_on_cancel() -> None:
    bench = _Bench("a", "b")
    async with bench.running() as said:
        await bench.clock.advance(10.5)
    assert bench.good("a") == bench.good("b") == 11
    assert not bench.driver.is_open
    assert said == []
    assert bench.loop.settled


async def test_a_dead_device_is_said_once_and_hurts_nobody_else() -> None:
    bench = _Bench("dead", "well")
    async with bench.running() as said:
        await bench.clock.advance(5)
        bench.driver.failing["dead"] = Timeout("no answer")
        await bench.clock.advance(300)
    assert said == ["warning device_offline"]
    assert len(bench.offline("dead")) == 1
    assert bench.offline("dead")[0].values == (None,)
    assert bench.good("well") >= 300
    asked = [at for at, device, _ in bench.driver.polled if device == "dead" and at > 100]
    assert 4 <= len(asked) <= 14


async def test_a_second_outage_is_said_again() -> None:
    bench = _Bench("a", "b")
    async with bench.running() as said:
        for _ in range(2):
            await bench.clock.advance(5)
            bench.driver.failing["a"] = Timeout("no answer")
            await bench.clock.advance(20)
            bench.driver.failing.clear()
            await bench.clock.advance(60)
            assert bench.loop.links["a"].state == "online"
    assert said == ["warning device_offline", "info device_back"] * 2


async def test_two_missed_answers_are_not_an_outage() -> None:
    bench = _Bench("a")
    async with bench.running() as said:
        await bench.clock.advance(5)
        bench.driver.failing["a"] = Timeout("no answer")
        await bench.clock.advance(2)
        bench.driver.failing.clear()
        await bench.clock.advance(5)
    assert said == []
    assert bench.offline("a") == []
    assert bench.loop.links["a"].failures == 0


async def test_what_only_a_technician_can_mend_is_offline_at_once_and_asked_rarely() -> None:
    bench = _Bench("a", "b")
    bench.driver.failing["a"] = NotSupported("no such register")
    async with bench.running() as said:
        await bench.clock.advance(100)
    assert said == ["warning device_offline"]
    assert sum(device == "a" for _, device, _ in bench.driver.polled) == 1


async def test_a_drivers_bug_in_one_device_stops_no_neighbour() -> None:
    bench = _Bench("a", "b")
    bench.driver.failing["a"] = ZeroDivisionError()
    async with bench.running() as said:
        await bench.clock.advance(60)
    assert bench.good("b") >= 60
    assert said == ["error driver_bug", "warning device_offline"]
    assert "driver_bug" in bench.loop.links["a"].error


async def test_a_lost_line_comes_back_and_is_said_once_each_way() -> None:
    bench = _Bench("a", "b")
    async with bench.running() as said:
        for _ in range(2):
            await bench.clock.advance(3)
            bench.driver.line = LineLost("connection refused")
            await bench.clock.advance(300)
            assert {link.state for link in bench.loop.links.values()} == {"offline"}
            bench.driver.line = None
            await bench.clock.advance(60)
            assert {link.state for link in bench.loop.links.values()} == {"online"}
    assert said == ["warning bus_lost", "info bus_back"] * 2
    assert len(bench.offline("a")) == len(bench.offline("b")) == 2


async def test_a_line_where_nobody_answers_is_reopened() -> None:
    bench = _Bench("a", "b")
    async with bench.running() as said:
        await bench.clock.advance(3)
        bench.driver.failing = {"a": Timeout("no answer"), "b": Timeout("no answer")}
        await bench.clock.advance(100)
        assert bench.driver.opened > 2
        bench.driver.failing.clear()
        await bench.clock.advance(60)
    assert said == ["warning device_offline"] * 2 + ["info device_back"] * 2


async def test_a_bus_that_can_never_work_is_tried_rarely() -> None:
    bench = _Bench("a")
    bench.driver.line = Misconfigured("no such port")
    async with bench.running() as said:
        await bench.clock.advance(290)
        assert bench.loop.links["a"].error.startswith("misconfigured")
    assert said == ["warning bus_lost"]


async def test_after_an_outage_everything_is_read() -> None:
    bench = _Bench("a", "b")
    async with bench.running():
        bench.driver.failing["a"] = Timeout("no answer")
        await bench.clock.advance(60)
    assert all(points is None for _, device, points in bench.driver.polled if device == "a")
