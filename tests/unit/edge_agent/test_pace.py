"""What a line keeps of its periods, and that one which is asked for too much serves everybody in turn."""

import asyncio
from collections.abc import Callable

from drivers.api import Timeout
from edge_agent.devices import BusLoop
from edge_agent.plan import DevicePlan, PointPlan
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from wire.reading import Batch


def _plan(device: str, **periods: float) -> DevicePlan:
    points = tuple(PointPlan(key, "float", "", (), period, on_change=False) for key, period in periods.items())
    return DevicePlan(device, "bus", points)


async def _run(plans: list[DevicePlan], takes_s: float, seconds: float) -> tuple[BusLoop, FakeClock, FakeDriver]:
    """Return a loop and what it worked with after so many seconds."""
    clock = FakeClock()
    driver = FakeDriver(clock, {plan.id: dict.fromkeys(plan.keys(), 1.0) for plan in plans})
    driver.takes_s = takes_s

    async def sink(batch: Batch, served: Callable[[], None]) -> None:
        served()

    loop = BusLoop("bus", plans, driver, sink=sink, clock=clock)
    task = asyncio.create_task(loop.run())
    await clock.advance(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return loop, clock, driver


async def test_a_line_with_room_keeps_its_period() -> None:
    loop, clock, _ = await _run([_plan(name, p=1.0, q=5.0) for name in "abcd"], 0.05, 130)
    kept = loop.pace.kept(clock.monotonic())
    assert kept is not None
    assert (kept.planned_s, kept.measured_s) == (1.0, 1.0)
    assert 0.19 < kept.load < 0.21


async def test_a_line_that_is_asked_for_too_much_goes_round_fairly_and_says_so() -> None:
    names = [f"u{number:02}" for number in range(32)]
    loop, clock, driver = await _run([_plan(name, p=1.0) for name in names], 0.05, 180)
    polls = [sum(device == name for _, device, _ in driver.polled) for name in names]
    assert max(polls) - min(polls) <= 2
    assert sum(polls) >= 180 / 0.05 - 1
    kept = loop.pace.kept(clock.monotonic())
    assert kept is not None
    assert (kept.planned_s, round(kept.load, 2)) == (1.0, 1.0)
    assert 1.55 < kept.measured_s < 1.65
    assert loop.missed > 0


async def test_points_that_are_due_seldom_are_not_starved_by_those_that_are_due_often() -> None:
    plans = [_plan(f"fast{number}", p=1.0) for number in range(30)] + [_plan("slow", p=20.0)]
    _, _, driver = await _run(plans, 0.05, 200)
    assert sum(device == "slow" for _, device, _ in driver.polled) >= 10


async def test_the_first_minute_is_told_while_it_lasts_and_an_old_one_is_not() -> None:
    loop, clock, _ = await _run([_plan("a", p=1.0)], 0.1, 10)
    kept = loop.pace.kept(clock.monotonic())
    assert kept is not None
    assert kept.measured_s == 1.0
    assert loop.pace.kept(clock.monotonic() + 600) is None


async def test_what_a_silent_device_stays_away_is_not_the_lines_pace() -> None:
    clock = FakeClock()
    driver = FakeDriver(clock, {name: {"p": 1.0} for name in "ab"})

    async def sink(batch: Batch, served: Callable[[], None]) -> None:
        served()

    loop = BusLoop("bus", [_plan("a", p=1.0), _plan("b", p=1.0)], driver, sink=sink, clock=clock)
    task = asyncio.create_task(loop.run())
    await clock.advance(70)
    driver.failing["b"] = Timeout("no answer")
    await clock.advance(40)
    driver.failing.clear()
    await clock.advance(80)
    kept = loop.pace.kept(clock.monotonic())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert kept is not None
    assert kept.measured_s == 1.0
