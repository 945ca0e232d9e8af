"""Silent units: what a dead one costs its neighbours, who shares its fate, and how soon it is back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

import pytest

from drivers.api import CorruptAnswer, DeviceRefused, DriverError, LineLost, Timeout
from edge_agent.breaker import Ration, units_of
from edge_agent.devices import BusLoop
from edge_agent.plan import DevicePlan, PointPlan
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from wire.reading import Batch, Quality

ANSWER_S, TIMEOUT_S = 0.03, 1.0


class Line:
    """Sixteen devices once a second on one line of 30 ms a request, where a dead one costs the whole timeout."""

    def __init__(self, units: dict[str, int] | None = None) -> None:
        self.clock = FakeClock()
        self.units = units or {f"d{number:02}": number + 1 for number in range(16)}
        self.driver = FakeDriver(self.clock, {device: {"t": 20.0} for device in self.units})
        self.driver.takes_s = ANSWER_S
        self.good: dict[str, list[float]] = {device: [] for device in self.units}
        self.told: list[tuple[str, str]] = []
        plans = [
            DevicePlan(device, "bus", (PointPlan("t", "float", "Cel", (), 1.0, on_change=False),), unit)
            for device, unit in self.units.items()
        ]
        self.loop = BusLoop(
            "bus", plans, self.driver, sink=self._sink, clock=self.clock, incident=lambda *what: self.told.append(what)
        )

    async def _sink(self, batch: Batch, served: Callable[[], None]) -> None:
        served()
        if not batch.quality:
            self.good[batch.device].append(self.clock.monotonic())

    def fails(self, devices: Collection[str], error: DriverError | None, takes_s: float = TIMEOUT_S) -> None:
        """Let ``devices`` answer with ``error`` from now on, or well again."""
        for device in devices:
            if error is None:
                del self.driver.failing[device], self.driver.slow[device]
            else:
                self.driver.failing[device], self.driver.slow[device] = error, takes_s

    def states(self, devices: Collection[str]) -> set[str]:
        """Return the states of ``devices``."""
        return {self.loop.links[device].state for device in devices}

    def asked(self, devices: Collection[str]) -> int:
        """Return how often any of ``devices`` was asked."""
        return sum(device in devices for _, device, _ in self.driver.polled)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.loop.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("dead", ["d00", "d07", "d15"])
@pytest.mark.parametrize("error", [Timeout("no answer"), CorruptAnswer("only garbled bytes came")])
async def test_one_dead_of_sixteen_leaves_the_others_what_is_due(dead: str, error: DriverError) -> None:
    line = Line()
    async with line.running():
        await line.clock.advance(30.5)
        line.fails([dead], error)
        begin = line.clock.monotonic()
        await line.clock.advance(60)
        assert line.states([dead]) == {"offline"}
        await line.clock.advance(240)
    for since in (begin, begin + 60, begin + 240):
        due = [sum(since <= at < since + 60 for at in times) for device, times in line.good.items() if device != dead]
        assert sum(due) >= 0.95 * 60 * len(due), (since, due)


async def test_a_dead_device_is_found_out_within_seconds_and_told_once() -> None:
    line = Line()
    async with line.running():
        await line.clock.advance(10.5)
        line.fails(["d03"], Timeout("no answer"), takes_s=0.2)
        await line.clock.advance(15)
        assert line.states(["d03"]) == {"offline"}
        await line.clock.advance(100)
    assert line.told == [("d03", "timeout: no answer")]


async def test_two_dead_from_the_start_take_no_more_than_their_ration() -> None:
    line = Line()
    line.fails(["d02", "d09"], Timeout("no answer"))
    async with line.running():
        await line.clock.advance(120)
        healthy = [device for device in line.units if device not in ("d02", "d09")]
        assert all(len(line.good[device]) >= 110 for device in healthy)
        line.fails(["d02", "d09"], None)
        await line.clock.advance(60)
        assert line.states(line.units) == {"online"}


async def test_doors_of_one_dead_board_are_one_try() -> None:
    doors = [f"door-{number}" for number in range(8)]
    line = Line({**dict.fromkeys(doors, 1), "meter": 2})
    async with line.running():
        await line.clock.advance(5.5)
        before = line.asked(doors)
        line.fails(doors, Timeout("no answer"))
        await line.clock.advance(60)
        assert line.states(doors) == {"offline"}
        assert line.asked(doors) - before <= 8
        assert line.loop.links["door-5"].error == "timeout: no answer"
        line.fails(doors, None)
        await line.clock.advance(40)
        assert line.states(doors) == {"online"}
        last = max(at for at, device, _ in line.driver.polled if device in doors)
        assert all(line.good[door][-1] >= last - 1 for door in doors)


async def test_a_door_that_its_board_refuses_hurts_no_door_beside_it() -> None:
    line = Line({"door-1": 1, "door-2": 1})
    line.fails(["door-1"], DeviceRefused("exception 2", 2), takes_s=0.02)
    async with line.running():
        await line.clock.advance(60)
    assert line.states(["door-1"]) == {"offline"}
    assert len(line.good["door-2"]) >= 60


async def test_a_device_alone_on_its_line_is_asked_again_soon() -> None:
    line = Line({"only": 1})
    async with line.running():
        await line.clock.advance(5.5)
        line.fails(["only"], Timeout("no answer"))
        await line.clock.advance(6.5)
        assert line.states(["only"]) == {"offline"}


async def test_a_point_that_turns_bad_is_told_once_until_it_is_well_again() -> None:
    line = Line({"d": 1})
    batches = [(1.0, 0), (None, Quality.TIMEOUT), (None, Quality.TIMEOUT), (1.0, 0), (None, 66)]
    plain = line.driver.poll

    async def poll(device: str, points: Collection[str] | None = None) -> Batch:
        batch = await plain(device, points)
        value, quality = batches[min(len(line.driver.polled), len(batches)) - 1]
        return Batch(device, batch.at, ("t",), (value,), (int(quality),) if quality else ())

    line.driver.poll = poll  # type: ignore[method-assign]
    async with line.running():
        await line.clock.advance(6.5)
    assert line.told == [("d", "t bad(timeout)"), ("d", "t bad(exception-2)")]


async def test_a_lost_line_is_an_incident_too() -> None:
    line = Line({"a": 1, "b": 2})
    async with line.running():
        await line.clock.advance(3.5)
        line.driver.line = LineLost("the other end closed the connection")
        await line.clock.advance(60)
    assert line.told == [(device, "line_lost: the other end closed the connection") for device in ("a", "b")]


def test_a_ration_is_saved_up_spent_and_earned() -> None:
    ration = Ration(0.0)
    assert ration.ready_at(100.0) == 100.0
    ration.spend(1.0, 100.0)
    assert ration.ready_at(100.0) == 100.0
    ration.spend(1.0, 101.0)
    assert ration.ready_at(101.0) == pytest.approx(125.0)
    assert ration.ready_at(200.0) == 200.0


def test_devices_without_an_address_are_units_of_their_own() -> None:
    plans = [DevicePlan("a", "bus", ()), DevicePlan("b", "bus", ()), DevicePlan("c", "bus", (), 3)]
    assert [unit.devices for unit in units_of(plans).values()] == [("a",), ("b",), ("c",)]
