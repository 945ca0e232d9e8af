"""A clock that is set fires nothing, silences nothing, reorders nothing; a box without the time works at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from edge_agent.buffer import Buffer
from edge_agent.commands import Commands
from edge_agent.pipeline import Pipeline
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from rules.engine import RuleSet
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.fakes.driver import FakeDriver
from tests.unit.edge_agent.making import DOOR_HELD_OPEN, plan
from wire.alert import AlertState
from wire.chunk import ClockState, Content
from wire.codec import unseal
from wire.reading import Batch, Value

NOW_US = 1_800_000_000_000_000
YEAR_US = 31_536_000_000_000

STEPS = {
    "+10 years": (NOW_US, 10 * YEAR_US),
    "-10 years": (NOW_US, -10 * YEAR_US),
    "from 1970": (1_000_000, NOW_US),
    "back to 1970": (NOW_US, 1_000_000 - NOW_US),
}


@dataclass
class _Set:
    """Sets the clock in one of three ways: by hand or NTP, by the collector, or by hand and back again."""

    way: str

    def __call__(self, system: FakeClock, keeper: Timekeeper, by_us: int) -> None:
        if self.way == "collector":
            mono = system.monotonic()
            keeper.heard(max(1_710_000_000_000_000, system.now() + by_us), mono, mono)
        else:
            system.step_wall(by_us)
        if self.way == "twice":
            system.step_wall(-by_us)
            system.step_wall(by_us)


@pytest.mark.parametrize("way", ["wall", "collector", "twice"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [5, 50, 99])
async def test_a_door_held_open_is_told_once_and_cleared_once(step: str, way: str, after: int) -> None:
    wall_us, by_us = STEPS[step]
    system, store = FakeClock(wall_us), FakeBuffer()
    keeper = Timekeeper(system, synced=lambda: False, boot="boot")
    pipeline = Pipeline({"door-1": plan().devices["door-1"]}, RuleSet((DOOR_HELD_OPEN,), {}, "gate"), store, keeper)
    told: list[tuple[int, AlertState]] = []
    await pipeline.tick()
    for tenth in range(300):
        late = keeper.now()
        if tenth == after:
            _Set(way)(system, keeper, by_us)
        state = "open" if tenth < 150 else "closed"
        dated = late if tenth == after else keeper.now()  # read just before the clock was set, judged just after
        await pipeline.feed(Batch("door-1", dated, ("door_state", "lock_state"), (state, "locked")))
        if tenth % 10 == 9:
            await pipeline.tick()
        told += [(tenth, change.state) for change in store.alerts[len(told) :]]
        await system.advance(0.1)
    assert told == [(100, AlertState.RAISED), (150, AlertState.CLEARED)]


@asynccontextmanager
async def _site(folder: Path, wall_us: int) -> AsyncIterator["_Site"]:
    site = _Site(FakeClock(wall_us))
    site.buffer = await Buffer.open(folder / "buffer.db", site.keeper, clock_mark=site.keeper.mark)
    current = CurrentSite(plan(), "gate", site.buffer, site.keeper, site.make_driver)
    await current.remember()
    commands = Commands(
        memory=site.buffer, targets=current, report=current.report, collector_now=lambda: None, clock=site.keeper
    )
    await commands.settle_unfinished()
    jobs = [current.run(), site.buffer.run(), site.keeper.run(lambda fix: site.buffer.put_now(fixes=(fix,)))]
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield site
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await site.buffer.close()


class _Site:
    buffer: Buffer

    def __init__(self, system: FakeClock) -> None:
        self.system = system
        self.keeper = Timekeeper(system, synced=lambda: False, boot="boot")
        self.values: dict[str, dict[str, Value]] = {
            "door-1": {"door_state": "open", "lock_state": "locked"},
            "bin-1": {"distance_mm": 900, "temperature_c": 21.5, "fill_pct": 23.5},
        }

    def make_driver(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> FakeDriver:
        return FakeDriver(clock, self.values)

    async def passes(self, seconds: int) -> None:
        for _ in range(seconds * 4):
            await self.system.advance(0.25)
            await self.buffer.alive()
            await self.system.advance(0)

    async def contents(self) -> list[Content]:
        await self.buffer.flush()
        return [unseal(chunk) for chunk in await self.buffer.peek(100_000_000, 10_000)]


async def test_a_cold_boot_without_network_or_time_works_within_half_a_minute(tmp_path: Path) -> None:
    async with _site(tmp_path, wall_us=0) as site:
        await site.passes(15)
        contents = await site.contents()
        assert {content.clock.state for content in contents} == {ClockState.UNSYNCED}
        assert {batch.device for content in contents for batch in content.batches} == {"door-1", "bin-1"}
        alerts = [change for content in contents for change in content.alerts]
        assert [(change.rule, change.state) for change in alerts] == [("door_held_open", AlertState.RAISED)]
        assert site.buffer.stats.state.value == "durable"


@pytest.mark.parametrize("step", STEPS)
async def test_what_is_stored_over_a_step_is_whole_in_order_and_marked(tmp_path: Path, step: str) -> None:
    wall_us, by_us = STEPS[step]
    async with _site(tmp_path, wall_us) as site:
        await site.passes(20)
        site.system.step_wall(by_us)
        await site.passes(20)
        contents = await site.contents()
    taken = [
        (batch.device, batch.at - content.clock.wall + content.clock.mono)
        for content in contents
        for batch in content.batches
    ]
    for device, period in (("bin-1", 1),):
        monos = [mono for name, mono in taken if name == device]
        assert monos == sorted(set(monos))
        assert len(monos) >= 39 // period
    alerts = [change for content in contents for change in content.alerts]
    assert [change.state for change in alerts] == [AlertState.RAISED]
